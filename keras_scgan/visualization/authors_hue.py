"""The paper's figure 8 as the code of its authors computes it, which differs from its text.

One patch a photo and kind, a quarter of the photo's sides, is drawn by chance, in up to 100 trials. A pixel is salient
where the map is above 20 of 255; a patch is salient when more than half of its pixels are, unsalient when fewer than
half are, and a random one can be any. Hues are OpenCV's half degrees, doubled in 8 bits: what is above 255 degrees
wraps around to 0. Two variances are taken of each patch and averaged over all photos, a photo without such a patch
counting as 0: of the 360 counts of the histogram of these hues, and of the RGB values. Which of them the paper has is
told in `hue`.
"""

import cv2
import numpy as np

from keras_scgan.visualization.hue import KINDS

SALIENT_ABOVE = 20
"""Of 255. Value of the map above which a pixel is salient."""

TRIALS = 100
"""Places that are tried for a patch of a kind."""

BINS = 360


class AuthorsStatistics:
    """Takes photos, and tells the variances of their patches.

    Args:
        seed: int, 0 or more. With a photo's key it decides on the patches.
    """

    def __init__(self, seed=0):
        self.seed = seed
        self.photos = 0
        self._variances = {kind: [] for kind in KINDS}

    def add(self, key, photo, saliency_map):
        """Adds a photo.

        Args:
            key: int, 0 or more.
            photo: `[H, W, 3]` uint8 RGB.
            saliency_map: `[H, W]` uint8.
        """
        self.photos += 1
        rng = np.random.default_rng([self.seed, key])
        salient = saliency_map > SALIENT_ABOVE
        for kind, variances in self._variances.items():
            place = _draw_place(salient, kind, rng)
            if place is not None:
                variances.append(patch_variances(photo[place]))

    def summary(self):
        """Dict by kind of dicts: `patches`, `histogram_variance` and `pixel_variance`."""
        return {
            kind: {"patches": len(found)}
            | {
                name: sum(values) / max(self.photos, 1)
                for name, values in zip(
                    ("histogram_variance", "pixel_variance"), np.reshape(found, (-1, 2)).T.tolist(), strict=True
                )
            }
            for kind, found in self._variances.items()
        }


def patch_variances(patch):
    """The variances of a patch's histogram of hues, and of its RGB values. Args: `patch`, `[h, w, 3]` uint8 RGB."""
    hues = 2 * cv2.cvtColor(np.ascontiguousarray(patch), cv2.COLOR_RGB2HSV)[..., 0]  # in 8 bits
    histogram = np.bincount(hues.ravel(), minlength=BINS)
    return float(np.var(histogram)), float(np.var(patch))


def _draw_place(salient, kind, rng):
    """Slices of a patch of a kind, or `None` where no trial finds one."""
    height, width = (side // 4 for side in salient.shape)
    for _ in range(TRIALS):
        y, x = (
            int(rng.integers(0, side - part + 1)) for side, part in zip(salient.shape, (height, width), strict=True)
        )
        place = slice(y, y + height), slice(x, x + width)
        count, half = np.count_nonzero(salient[place]), height * width / 2
        if kind == "random" or (count > half if kind == "salient" else count < half):
            return place
    return None

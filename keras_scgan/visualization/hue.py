"""Hues of salient, unsalient and random patches: the paper's figure 8.

How its definition is read. Photos are squeezed to 256x256 and cut into patches of 64x64. A pixel is salient where the
map is at least `high`, a half by default. A patch is salient when at least 80 % of its pixels are, and unsalient when
none is (the paper's "no response area"); a random patch can be any. All pixels of all patches of a kind are taken
together.

Its `variance` is of hues in half degrees, OpenCV's scale of [0, 180). That is a reading of the text, not what the
authors computed: `authors_hue` has that. The paper's variances are 3.23e3 (salient), 2.55e3 (unsalient) and 2.73e3
(random). On 500 photos of several sets, with the maps of a salient-object detector, the hues have 2.74e3, 2.07e3 and
2.33e3, 0.81 to 0.85 of the paper's. By the authors' code the RGB values have 2.89e3, 2.50e3 and 2.66e3, 0.90 to 0.98 of
them, and the histograms of hue 3.44e3, 5.44e3 and 4.63e3, in the opposite order: what the paper calls the variance of
hue is most likely that of the RGB values.

Green, cyan and blue are read as three of the six colours of the hue circle, 60 degrees each: hues in [90, 270) degrees.
The same photos have shares of 29.1 %, 34.8 % and 30.7 % there, where the paper has 26.56 %, 31.29 % and 30.52 %; other
limits (75 to 285, 60 to 270 degrees) give 3 to 12 points more. The authors' code has no such share.

Hue is an angle, and red lies at both ends of the scale: where there is much red, the variance of hues taken as numbers
exceeds that of evenly spread ones (2.7e3). The circular variance, which knows no ends, is given beside it, and is not
larger for salient patches of those photos, 0.58, 0.61 and 0.58: their hues are no more varied.
"""

import cv2
import numpy as np
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure

from keras_scgan.visualization.grid import DPI

KINDS = ("salient", "unsalient", "random")
GREEN_TO_BLUE = (90.0, 270.0)
BINS = 36


def measure_hues(samples, *, seed=0, **patch_options):
    """Measures the hues of patches of each kind.

    Args:
        samples: iterable of tuples: an int, which with the seed decides on the patches, the photo, `[H, W, 3]` uint8
            RGB, and its saliency map, `[H, W]` uint8.
        seed: int, 0 or more.
        **patch_options: options of `choose_patches`.

    Returns:
        Dict of `HueStatistics.summary()` by kind.
    """
    statistics = {kind: HueStatistics() for kind in KINDS}
    for key, photo, saliency_map in samples:
        hues = hue_degrees(photo)
        for kind, places in choose_patches(saliency_map, np.random.default_rng([seed, key]), **patch_options).items():
            for place in places:
                statistics[kind].add(hues[place])
    return {kind: found.summary() for kind, found in statistics.items()}


class HueStatistics:
    """Histogram, variances and share of green, cyan and blue of the hues that are added to it."""

    def __init__(self):
        self.patches = 0
        self.pixels = 0
        self.histogram = np.zeros(BINS, np.int64)
        self._hues = 0
        self._green_to_blue = 0
        self._sums = np.zeros(4)  # of h, h squared, cos h, sin h

    def add(self, degrees):
        """Adds a patch. Args: `degrees`, `[H, W]` of hues in [0, 360], NaN where there is none."""
        hues = degrees[~np.isnan(degrees)].astype(np.float64)
        angles = np.radians(hues)
        low, high = GREEN_TO_BLUE
        self.patches += 1
        self.pixels += degrees.size
        self._hues += hues.size
        self._green_to_blue += np.count_nonzero((hues >= low) & (hues < high))
        self.histogram += np.histogram(hues, BINS, (0.0, 360.0))[0]
        self._sums += [hues.sum(), (hues**2).sum(), np.cos(angles).sum(), np.sin(angles).sum()]

    def summary(self):
        """Dict of the results, JSON-serializable; what needs hues is `None` where there are none.

        `variance` is in half degrees squared, `circular_variance` and the shares are in [0, 1]; `histogram` has the
        share of each bin of 10 degrees.
        """
        counts = {"patches": self.patches, "pixels": self.pixels, "pixels_with_hue": self._hues}
        names = ("variance", "variance_degrees", "circular_variance", "green_cyan_blue_share", "histogram")
        if not self._hues:
            return counts | dict.fromkeys(names)
        mean, mean_square, cosine, sine = self._sums / self._hues
        variance = mean_square - mean**2
        values = (variance / 4, variance, 1.0 - np.hypot(cosine, sine), self._green_to_blue / self._hues)
        return counts | dict(
            zip(names, [*map(float, values), (self.histogram / self._hues).round(6).tolist()], strict=True)
        )


def hue_degrees(photo):
    """Hue of HSV.

    Args:
        photo: `[H, W, 3]` uint8 RGB.

    Returns:
        `[H, W]` float32, degrees in [0, 360], NaN where R = G = B: grey has no hue.
    """
    hue = cv2.cvtColor(photo.astype(np.float32) / 255.0, cv2.COLOR_RGB2HSV)[..., 0]
    return np.where(np.ptp(photo, axis=-1) == 0, np.float32(np.nan), hue)


def choose_patches(saliency_map, rng, *, size=64, high=0.5, salient_share=0.8, count=4):
    """Chooses patches of each kind at random, every place that qualifies being as likely as another.

    Args:
        saliency_map: `[H, W]` uint8, 255 = salient.
        rng: `np.random.Generator`.
        size: int. Height and width of a patch.
        high: float in (0, 1]. Value of the map from which a pixel is salient.
        salient_share: float in (0, 1]. Share of such pixels that makes a patch salient. In an unsalient one is none.
        count: int. Patches of each kind; fewer if there are not as many.

    Returns:
        Dict by kind of lists of slices `(rows, columns)`.

    Reference:
        Section V.E and figure 8 of [SCGAN](https://arxiv.org/abs/2011.11377).
    """
    height, width = saliency_map.shape
    if min(height, width) < size:
        return {kind: [] for kind in KINDS}
    total = cv2.integral((saliency_map >= 255 * high).astype(np.uint8))
    salient = total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]
    candidates = (salient >= salient_share * size**2, salient == 0, np.ones_like(salient, bool))
    return {kind: _choose(places, rng, size, count) for kind, places in zip(KINDS, candidates, strict=True)}


def _choose(candidates, rng, size, count):
    places = np.flatnonzero(candidates)
    chosen = rng.choice(places, min(count, len(places)), replace=False)
    corners = zip(*np.unravel_index(chosen, candidates.shape), strict=True)
    return [(slice(int(y), int(y) + size), slice(int(x), int(x) + size)) for y, x in corners]


def draw_histograms(results):
    """Draws the histograms of hue side by side.

    Args:
        results: dict, as of `measure_hues`.

    Returns:
        A Matplotlib figure.
    """
    figure = Figure(figsize=(10.5, 3.0), dpi=DPI, layout="constrained")
    axes = figure.subplots(1, len(results), sharey=True)
    edges = np.linspace(0.0, 360.0, BINS + 1)
    colors = hsv_to_rgb([(center / 360.0, 0.85, 0.9) for center in (edges[:-1] + edges[1:]) / 2])
    for ax, (kind, result) in zip(axes, results.items(), strict=True):
        if result["histogram"]:
            ax.bar(edges[:-1], 100 * np.array(result["histogram"]), 360 / BINS, align="edge", color=colors)
            text = f"variance {result['variance']:,.0f}; green, cyan, blue {result['green_cyan_blue_share']:.1%}"
        else:
            text = "no such patch"
        ax.axvspan(*GREEN_TO_BLUE, color="0.93", zorder=0)
        ax.set_title(f"{kind.capitalize()} patches\n{text}", fontsize=9)
        ax.set_xlabel("Hue (degrees)", fontsize=9)
        ax.set_xlim(0, 360)
        ax.set_xticks(range(0, 361, 60))
        ax.tick_params(labelsize=8)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("Pixels (%)", fontsize=9)
    return figure

"""How training changes its samples at random."""

import dataclasses

import numpy as np

CROP_ASPECT = 4 / 3
"""Random crops have a width to height ratio between this and its inverse."""

NOISE_STDDEV = 0.005
"""Of the noise that training adds to the input, whose range is 2 (the paper, section IV.A)."""


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How training changes samples at random.

    Args:
        noise_stddev: float. Standard deviation of the Gaussian noise added to `gray`.
        stretch_luma: bool. Whether `gray` is stretched to its full contrast first, see `color.stretch_luma`.
        flip: bool. Whether half of the samples are mirrored.
        min_crop_area: float in (0, 1]. Smallest share of the photo's area that a random crop takes, the largest being
            all of it. 1: no crops.
        aging: float in [0, 1]. How much `gray`, and no other array, is made to look like the scan of an old photo (see
            `aging.age`).
    """

    noise_stddev: float = NOISE_STDDEV
    stretch_luma: bool = False
    flip: bool = False
    min_crop_area: float = 1.0
    aging: float = 0.0

    def min_side(self, image_size):
        """Pixels of a photo's shorter side that suffice for crops of a size."""
        return image_size if self.min_crop_area == 1 else image_size / np.sqrt(self.min_crop_area / CROP_ASPECT)

"""What decides how a data set is made of photos."""

import dataclasses

from keras_scgan.preparation.sources import LAYOUTS
from keras_scgan.program.errors import UserError, check

RESIZES = ("squeeze", "crop")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What decides how a data set is made of photos, and is written down in it. No places are among it.

    It is checked when it is made.

    Args:
        name: str. Of the data set, which its shards are named by.
        layout: str, one of `sources.LAYOUTS`.
        every: int. Of the frames of a video, one in so many is taken.
        min_side: int. Photos with fewer pixels on their shorter side are left out.
        min_colorfulness: float. Photos whose CCI (see `metrics.cci`) is lower are left out. `None`: none is.
        sample: int. How many photos are taken of those that are fit, in proportion to the classes; 0: all.
        validation_share: float in [0, 1]. Probability of a photo to be one for validation. Of two or more, at least
            one is for validation and one for training, unless it is 0 or 1.
        seed: int. Key of the sample, the splits and the order.
        image_size: int. Height and width of the images.
        resize: str. `squeeze`: to a square whatever the aspect, as the paper does. `crop`: the central square.
        detector: str. Makes the saliency maps: the name of a detector, `given` for maps from a folder, `none` for none.
        detector_sha256: str. SHA-256 of the detector's file where there is one, in hexadecimal.

    Raises:
        UserError: A value is none of those that are possible, or `every` is given without videos.
    """

    name: str = "photos"
    layout: str = "photos"
    every: int = 1
    min_side: int = 192
    min_colorfulness: float | None = None
    sample: int = 0
    validation_share: float = 0.02
    seed: int = 0
    image_size: int = 256
    resize: str = "squeeze"
    detector: str = "none"
    detector_sha256: str | None = None

    def __post_init__(self):
        check("layout", self.layout, self.layout in LAYOUTS, f"one of {', '.join(LAYOUTS)}")
        check("resize", self.resize, self.resize in RESIZES, f"one of {', '.join(RESIZES)}")
        for name in ("every", "image_size"):
            check(name, getattr(self, name), getattr(self, name) > 0, "1 or more")
        for name in ("min_side", "sample", "seed"):
            check(name, getattr(self, name), getattr(self, name) >= 0, "0 or more")
        check("validation_share", self.validation_share, 0 <= self.validation_share <= 1, "0 to 1")
        if self.every > 1 and not self.is_video:
            raise UserError(f"`every={self.every}` is for videos: `layout=kaist`.")

    @property
    def is_video(self):
        """Whether the photos are frames: all alike, and many of them dark and without colour, as the night is."""
        return self.layout == "kaist"

    @property
    def fields(self):
        """Tuple of the names of the fields that a sample has."""
        fields = {
            "color": True,
            "saliency": self.detector != "none",
            "thermal": self.layout == "kaist",
            "label": self.layout == "class_folders",
        }
        return tuple(name for name, present in fields.items() if present)

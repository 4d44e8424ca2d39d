"""What decides how a data set is made of photos."""

import dataclasses

from keras_scgan.preparation.sources import LAYOUTS
from keras_scgan.program import settings
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import is_file_name
from keras_scgan.program.settings import setting

RESIZES = ("squeeze", "crop")
SPLITS = ("video", "authors")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What decides how a data set is made of photos, and is written down in it. No places are among it.

    Each field says what it is by its help. It is checked when it is made.

    Raises:
        UserError: A value cannot be, or `every` is given without videos. It is named as an argument.
    """

    name: str = setting("Name of the data set, which its shards begin with.", "photos")
    layout: str = setting(
        "photos: any folder; class_folders: CLASS/.../PHOTO.jpg, as ImageNet's train folder, gives labels too; kaist: "
        "setXX/VYYY/visible/NAME.jpg with setXX/VYYY/lwir/NAME.jpg gives thermal images too.",
        "photos",
        choices=LAYOUTS,
    )
    synthetic_thermal: bool = setting(
        "Make thermal images of the photos' colours, red being warm, to try out what takes thermal images. They "
        "are none, and the set says so.",
        False,
    )
    every: int = setting("kaist: one in so many frames of each video is taken.", 1, low=1)
    min_side: int = setting("Pixels that the shorter side must have.", 192, low=0)
    min_colorfulness: float | None = setting(
        "Colourfulness (CCI) that a photo must have, as dull ones teach grey. Default: any.", None, low=0
    )
    sample: int = setting("How many of the usable photos are taken, in proportion to the classes; 0: all.", 0, low=0)
    split: str = setting(
        "What is for validation. video: `validation_share`, drawn at random, and videos whole, so that no neighbour of "
        "a frame is trained on; authors: every 20th photo in the order of the paths, as the paper's authors "
        "divide kaist's frames.",
        "video",
        choices=SPLITS,
    )
    validation_share: float = setting(
        "Share of the photos, or videos, for validation. Unless it is 0 or 1, at least one is and one is not.",
        0.02,
        low=0,
        high=1,
    )
    seed: int = setting("Seed of the sample, of the validation photos and of the order.", 0, low=0, high=2**32 - 1)
    image_size: int = setting("Height and width of the images, in pixels.", 256, low=1)
    resize: str = setting(
        "squeeze: to a square, as the paper does; crop: the central square is kept.", "squeeze", choices=RESIZES
    )
    detector: str = setting("Makes the saliency maps; given: they are from a folder; none: there are none.", "none")
    detector_sha256: str | None = setting("SHA-256 of the detector's file, if it has one, in hexadecimal.", None)

    def __post_init__(self):
        settings.check(self)
        if not is_file_name(self.name):
            raise UserError(f"`name={self.name!r}` cannot be in the name of a file.")
        if self.synthetic_thermal and self.is_video:
            raise UserError("`synthetic_thermal`: `layout=kaist` has thermal images.")
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
            "thermal": self.is_video or self.synthetic_thermal,
            "label": self.layout == "class_folders",
        }
        return tuple(name for name, present in fields.items() if present)

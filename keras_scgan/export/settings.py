"""What decides what a generator is exported as."""

import dataclasses

from keras_scgan.export.exporter import FORMATS
from keras_scgan.export.inference import REFLECT_PADDINGS
from keras_scgan.program import settings
from keras_scgan.program.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What a generator is exported as, and how it is verified: each field says what it is by its help.

    Raises:
        UserError: A value cannot be. It is named as an argument.
    """

    formats: tuple = setting("What to export.", FORMATS, choices=FORMATS)
    image_size: int | None = setting(
        "Pixels of a side of what the network sees. Default: the network's own, at which it was trained.", None, low=1
    )
    verification_dir: str | None = setting("Folder of photos to verify with. Default: the demo photos.", None)
    version: int | None = setting("SavedModel: its version. Default: the one after the latest.", None, low=1)
    saliency_bytes: bool = setting("SavedModel: colorize_bytes gives saliency maps too.", False)
    saliency: bool = setting("LiteRT: predict the saliency map too, at up to twice the time.", False)
    reflect_padding: str = setting(
        "LiteRT: slices for CPUs, mirror_pad for GPU delegates.", "slices", choices=REFLECT_PADDINGS
    )
    calibration_dir: str | None = setting("litert_int8: folder of about 100 photos. Default: the demo photos.", None)

    def __post_init__(self):
        settings.check(self)

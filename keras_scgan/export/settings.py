"""What decides what a generator is exported as."""

import dataclasses

from keras_scgan.export.exporter import FORMATS
from keras_scgan.export.inference import REFLECT_PADDINGS
from keras_scgan.program.errors import check


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What a generator is exported as, and how it is verified. It is checked when it is made.

    Args:
        formats: tuple of names of `exporter.FORMATS`.
        image_size: int. Pixels of a side of what the network sees. Defaults to the network's own size.
        verification_dir: path of a folder of photos to verify with. Defaults to the demo photos.
        version: int. Of the SavedModel, from 1 on. Defaults to the one after the latest.
        saliency_bytes: bool. Whether the SavedModel's signature for photo files gives saliency maps too.
        saliency: bool. Whether LiteRT models predict the saliency map too, at up to twice the time.
        reflect_padding: str, one of `inference.REFLECT_PADDINGS`, of LiteRT models.
        calibration_dir: path of a folder of photos, by which the 8-bit LiteRT model is calibrated. Defaults to the demo
            photos.

    Raises:
        UserError: A value is none of those that are possible.
    """

    formats: tuple = FORMATS
    image_size: int | None = None
    verification_dir: str | None = None
    version: int | None = None
    saliency_bytes: bool = False
    saliency: bool = False
    reflect_padding: str = "slices"
    calibration_dir: str | None = None

    def __post_init__(self):
        for name in self.formats:
            check("formats", name, name in FORMATS, f"{', '.join(FORMATS)}, divided by commas")
        for name in ("image_size", "version"):
            value = getattr(self, name)
            check(name, value, value is None or value > 0, "1 or more")
        padding = self.reflect_padding
        check("reflect_padding", padding, padding in REFLECT_PADDINGS, f"one of {', '.join(REFLECT_PADDINGS)}")

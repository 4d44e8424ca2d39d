"""What decides how colorizations are measured."""

import dataclasses

from keras_scgan.colorizing.colorizer import FITS
from keras_scgan.colorizing.upsampling import METHODS
from keras_scgan.evaluation.metrics import SSIM_WINDOW
from keras_scgan.program.errors import UserError, check


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What is measured, and by which protocol. It is checked when it is made.

    Args:
        data_dir: path of a folder of colour photos, with folders in it or not; or of one with `images/` and, for the
            saliency metrics, `saliency/`.
        model: tuple of strings, `PATH` or `NAME=PATH` of generators.
        pred_dir: tuple of strings, likewise of folders of other systems' results, matched by file name.
        image_size: int. Height and width at which networks run and are measured, in pixels. Defaults to the models' own
            size; where they differ in it, each runs at its own, and the full pipeline alone is measured.
        fit: str, one of `colorizer.FITS`. Like the next three of the full pipeline, see `Colorizer`.
        upsampling: str, one of `upsampling.METHODS`.
        saturation: float, 0 or more.
        flip_average: bool.
        aging: float in [0, 1]. How old what the models see is made to look; the pipeline's colours go onto the true
            photo's luma.
        classifier: str. For Top-1 and Top-5: a `.keras` model of RGB images in [0, 255], the name of a model of
            keras.applications, or `"none"`. Defaults to the judge, else `"VGG16"`, if photos have labels and its
            weights can be had.
        labels: path of a CSV file of the photos' classes, see `classifier.find_labels`. Defaults to the WordNet ids in
            the names of their folders or files.
        class_index: path of `imagenet_class_index.json`, for WordNet ids. Defaults to Keras's own.
        judge: path of a classifier that no training used, for KID and other distances, or `None`.
        judge_layer: str. Layer of the judge's features, see `Judge`.
        judge_size: int. Pixels of a side of what the judge sees, see `Judge`.
        baseline: str. Name of the row that the others' differences are from, see `methods.find_baseline`.
        fid: bool. Whether the FID is measured, by an Inception-v3 that is downloaded once.
        batch_size: int. Photos in memory at a time.

    Raises:
        UserError: A value is none of those that are possible, or one is given that is of no use without another.
    """

    data_dir: str
    model: tuple = ()
    pred_dir: tuple = ()
    image_size: int | None = None
    fit: str = "pad"
    upsampling: str = "guided"
    saturation: float = 1.0
    flip_average: bool = False
    aging: float = 0.0
    classifier: str | None = None
    labels: str | None = None
    class_index: str | None = None
    judge: str | None = None
    judge_layer: str | None = None
    judge_size: int | None = None
    baseline: str | None = None
    fid: bool = False
    batch_size: int = 8

    def __post_init__(self):
        size = self.image_size
        check("image_size", size, size is None or size >= SSIM_WINDOW, f"{SSIM_WINDOW} or more, which SSIM needs")
        check("fit", self.fit, self.fit in FITS, f"one of {', '.join(FITS)}")
        check("upsampling", self.upsampling, self.upsampling in METHODS, f"one of {', '.join(METHODS)}")
        check("saturation", self.saturation, self.saturation >= 0, "0 or more")
        check("aging", self.aging, 0 <= self.aging <= 1, "0 to 1")
        check("judge_size", self.judge_size, self.judge_size is None or self.judge_size > 0, "1 or more")
        check("batch_size", self.batch_size, self.batch_size > 0, "1 or more")
        for name in ("judge_size", "judge_layer"):
            if self.judge is None and getattr(self, name) is not None:
                raise UserError(f"`{name}` is of the judge: name one by `judge=PATH.keras`.")

    @property
    def pipeline(self):
        """The options of `Colorizer` that decide how photos are colorized, a dict."""
        return {name: getattr(self, name) for name in ("fit", "upsampling", "saturation", "flip_average")}

"""What decides how colorizations are measured."""

import dataclasses

from keras_scgan.colorizing.colorizer import FITS, MAX_SATURATION
from keras_scgan.colorizing.upsampling import METHODS
from keras_scgan.evaluation.metrics import SSIM_WINDOW
from keras_scgan.evaluation.protocols import PROTOCOLS
from keras_scgan.evaluation.references import GRAY_RULES
from keras_scgan.program import settings
from keras_scgan.program.errors import UserError
from keras_scgan.program.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What is measured, and by which protocol: each field says what it is by its help. It is checked when it is made.

    Raises:
        UserError: A value cannot be, or is of no use without another. It is named as an argument.
    """

    data_dir: str = setting(
        "Folder of colour photos, with folders in it or not; of images/ and, for the saliency metrics, saliency/, for "
        "models of thermal images thermal/; or of shards."
    )
    model: tuple = setting("Generators (.keras, SavedModel, .tflite, or a name such as scgan): PATH or NAME=PATH.", ())
    pred_dir: tuple = setting("Folders of other systems' results, matched by file name: PATH or NAME=PATH.", ())
    protocol: str | None = setting(
        "How others measure, for the settings that are not given, with their published numbers in the table. scgan: "
        "the paper's, 10 000 photos drawn from ImageNet's validation set, 256 pixels. val5k: the first 5 000 of that "
        "set, the square in their middle, 256 pixels. coco: all photos, as of COCO's val2017, squeezed to 256 pixels.",
        None,
        choices=tuple(PROTOCOLS),
    )
    file_list: str | None = setting(
        "Text file with the photos to measure, a line each: the path in `data_dir`, with or without suffix. The report "
        "has one, photos.txt, of those that it is of.",
        None,
    )
    first: int | None = setting("Measure this number of photos alone, the first by name.", None, low=1)
    sample: int | None = setting(
        "Measure this number of photos, drawn at random; others are drawn for those that are excluded.", None, low=1
    )
    seed: int = setting("Seed of the photos that `sample` draws.", 0, low=0)
    split: str = setting("Shards: which split.", "validation", choices=("train", "validation"))
    gray: str | None = setting(
        "Which photos are excluded as greyscale. "
        + " ".join(f"{name}: {rule}." for name, rule in GRAY_RULES.items())
        + " Default: content; keep where there are thermal images, as frames of the night are grey.",
        None,
        choices=tuple(GRAY_RULES),
    )
    center_crop: bool | None = setting(
        "The square of `image_size` is the middle of a photo. Default: all of it, squeezed.", None
    )
    image_size: int | None = setting(
        "Height and width at which networks run and are measured, in pixels, as many as SSIM needs. Default: the "
        "models' own size; where they differ in it, each runs at its own, and the full pipeline alone is measured.",
        None,
        low=SSIM_WINDOW,
    )
    fit: str = setting("Pipeline: how a photo becomes a square.", "pad", choices=FITS)
    upsampling: str = setting("Pipeline: how chroma gets the photo's size.", "guided", choices=METHODS)
    saturation: float = setting("Pipeline: factor of the chroma.", 1.0, low=0, high=MAX_SATURATION)
    flip_average: bool = setting("Average with the prediction for the mirror image.", False)
    aging: float = setting(
        "How much what the models see looks like the scan of an old photo, the same for all models and runs; 0.5: as "
        "most scans do; 1: as the worst. The pipeline then puts its colours on the true photo's luma, so that its "
        "metrics are of the colours alone; the networks' own outputs are measured as they are, and no other row "
        "changes.",
        0.0,
        low=0,
        high=1,
    )
    classifier: str | None = setting(
        "For Top-1 and Top-5: a .keras model of RGB images in [0, 255], the name of a model of keras.applications "
        "(downloaded once), or none. Default: the judge, else VGG16, if photos have labels and its weights can be had.",
        None,
    )
    labels: str | None = setting(
        "CSV of lines name,class: a class is its index or a WordNet id. ImageNet's LOC_val_solution.csv, or a val.txt "
        "of names and indices, will do for its flat validation folder. Default: the WordNet id in the name of the "
        "photo's folder or file.",
        None,
    )
    class_index: str | None = setting("imagenet_class_index.json, for WordNet ids. Default: downloaded once.", None)
    judge: str | None = setting(
        "Classifier that no training used, for KID and other distances: a .keras model as of `classifier`.", None
    )
    judge_layer: str | None = setting("Layer of the judge's features [B, C]. Default: its last global pooling.", None)
    judge_size: int | None = setting(
        "Pixels of a side of what the judge sees, if it takes any size. Default: its own, else 224.", None, low=1
    )
    baseline: str | None = setting(
        "Name of the row that the others' differences are from. Default: the first model, or folder, where several are "
        "compared, otherwise greyscale.",
        None,
    )
    fid: bool = setting("Measure the FID, by Inception-v3 of keras.applications (downloaded once).", False)
    batch_size: int = setting("Photos in memory at a time.", 8, low=1)

    def __post_init__(self):
        settings.check(self)
        for name, value in {"center_crop": False, **PROTOCOLS.get(self.protocol, {})}.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        for name in ("judge_size", "judge_layer"):
            if self.judge is None and getattr(self, name) is not None:
                raise UserError(f"`{name}` is of the judge: name one by `judge=PATH.keras`.")

    @property
    def pipeline(self):
        """The options of `Colorizer` that decide how photos are colorized, a dict."""
        return {name: getattr(self, name) for name in ("fit", "upsampling", "saturation", "flip_average")}

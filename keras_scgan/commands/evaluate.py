"""Measures colorizations against their originals: of generators, and of any other system's results.

    scgan evaluate --data_dir=DIR --model=generator.keras --output_dir=runs/evaluation
    scgan evaluate --data_dir=DIR --model=small=a.keras,medium=b.keras --pred_dir=ddcolor=RESULTS_DIR

Every method sees the photos' luma alone. The greyscale photos themselves are always measured too, for comparison, and
the truth, for its colourfulness. Two kinds of output are measured: the network's own at --image_size, which is the
paper's protocol, and the full pipeline's at the photos' own sizes. Without --image_size, models of different sizes run
each at its own, and the full pipeline alone is measured. Greyscale references are excluded and counted.

With --judge, a classifier that no training used, the colorizations are compared with the truth by its features too. A
table gives each method's differences from --baseline with 95 % intervals: 0 in an interval means that the photos are
too few to tell the two apart.

--output_dir receives metrics.jsonl (one line a method and kind of output, with the protocol), per_image.csv, table.md,
cci.png (box plot of the colourfulness) and best_and_worst_NAME.png. The exit status is 1 if a file could not be used.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.colorizing import colorizer, upsampling
from keras_scgan.evaluation.run import evaluate
from keras_scgan.evaluation.settings import Settings
from keras_scgan.program import cli

FLAGS = flags.FLAGS

# === What is measured ===
flags.DEFINE_string(
    "data_dir",
    None,
    "Folder of colour photos, with folders in it or not; or of images/ and, for the saliency metrics, saliency/.",
    required=True,
)
flags.DEFINE_list("model", [], "Generators (.keras, SavedModel, .tflite): PATH or NAME=PATH, divided by commas.")
flags.DEFINE_list(
    "pred_dir", [], "Folders of other systems' results, matched by file name: PATH or NAME=PATH, divided by commas."
)
flags.DEFINE_string("output_dir", "runs/evaluation", "Folder of the results.")
flags.DEFINE_bool("overwrite", False, "Replace the results that --output_dir holds.")

# === The protocol ===
flags.DEFINE_integer(
    "image_size",
    None,
    "Height and width at which networks run and are measured, in pixels. Default: the models' own size; where they "
    "differ in it, each runs at its own, and the full pipeline alone is measured.",
    7,
)
flags.DEFINE_enum("fit", Settings.fit, colorizer.FITS, "Pipeline: how a photo becomes a square.")
flags.DEFINE_enum("upsampling", Settings.upsampling, upsampling.METHODS, "Pipeline: how chroma gets the photo's size.")
flags.DEFINE_float("saturation", Settings.saturation, "Pipeline: factor of the chroma.", 0)
flags.DEFINE_bool("flip_average", False, "Average with the prediction for the mirror image.")
flags.DEFINE_float(
    "aging",
    Settings.aging,
    "How much what the models see looks like the scan of an old photo, the same for all models and runs; 0.5: as most "
    "scans do; 1: as the worst. The pipeline then puts its colours on the true photo's luma, so that its metrics "
    "are of the colours alone; the networks' own outputs are measured as they are, and no other row changes.",
    0,
    1,
)
flags.DEFINE_string(
    "classifier",
    None,
    "For Top-1 and Top-5: a .keras model of RGB images in [0, 255], the name of a model of keras.applications "
    "(downloaded once), or none. Default: the judge, else VGG16, if photos have labels and its weights can be had.",
)
flags.DEFINE_string(
    "labels",
    None,
    "CSV of lines name,class: a class is its index or a WordNet id. Default: the WordNet id in the name of the photo's "
    "folder or file.",
)
flags.DEFINE_string("class_index", None, "imagenet_class_index.json, for WordNet ids. Default: downloaded once.")
flags.DEFINE_string(
    "judge", None, "Classifier that no training used, for KID and other distances: a .keras model as of --classifier."
)
flags.DEFINE_string("judge_layer", None, "Layer of the judge's features [B, C]. Default: its last global pooling.")
flags.DEFINE_integer(
    "judge_size", None, "Pixels of a side of what the judge sees, if it takes any size. Default: its own, else 224.", 1
)
flags.DEFINE_string(
    "baseline",
    None,
    "Name of the row that the others' differences are from. Default: the first model, or folder, where several are "
    "compared, otherwise greyscale.",
)
flags.DEFINE_bool("fid", False, "Measure the FID, by Inception-v3 of keras.applications (downloaded once).")
flags.DEFINE_integer("batch_size", Settings.batch_size, "Photos in memory at a time.", 1)


def main(_):
    """Measures all, writes --output_dir, prints the tables."""
    tables, comparison = evaluate(cli.from_flags(Settings), FLAGS.output_dir, overwrite=FLAGS.overwrite)
    print(tables)
    return 1 if comparison.failures else 0

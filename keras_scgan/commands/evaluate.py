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

import pathlib

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags, logging

from keras_scgan import evaluation
from keras_scgan.colorizing import colorizer, upsampling
from keras_scgan.colorizing.runners import DEFAULT_SIZE
from keras_scgan.evaluation import classifier, differences, inception, judge, methods, report
from keras_scgan.program import progress
from keras_scgan.program.errors import UserError

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
flags.DEFINE_enum("fit", "pad", colorizer.FITS, "Pipeline: how a photo becomes a square.")
flags.DEFINE_enum("upsampling", "guided", upsampling.METHODS, "Pipeline: how chroma gets the photo's size.")
flags.DEFINE_float("saturation", 1.0, "Pipeline: factor of the chroma.", 0)
flags.DEFINE_bool("flip_average", False, "Average with the prediction for the mirror image.")
flags.DEFINE_float(
    "aging",
    0.0,
    "How much what the models see looks like the scan of an old photo, the same for all models and runs; 0.5: as most "
    "scans do; 1: as the worst. The pipeline then puts its colours on the true photo's luma, so that its metrics "
    "are of the colours alone; the networks' own outputs are measured as they are, and no other row changes.",
    0,
    1,
)
flags.DEFINE_string(
    "classifier",
    None,
    "For Top-1 and Top-5: a .keras model of RGB images in [0, 255], vgg16 (downloaded once) or none. Default: the "
    "judge, otherwise vgg16, if photos have labels and its weights can be had.",
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
flags.DEFINE_integer("batch_size", 8, "Photos in memory at a time.", 1)


def main(_):
    """Measures all, writes --output_dir, prints the tables."""
    report.check_output_dir(FLAGS.output_dir, FLAGS.overwrite)
    references = evaluation.find_references(FLAGS.data_dir)
    compared = _methods()
    baseline = methods.find_baseline(compared, FLAGS.baseline)
    chosen_judge = _judge()
    chosen_classifier, labels = _classifier(references, chosen_judge)
    comparison = evaluation.Comparison(
        references,
        compared,
        FLAGS.image_size,
        classifier=chosen_classifier,
        labels=labels,
        features=_features(len(references)),
        judge=chosen_judge,
        baseline=baseline,
        aging=FLAGS.aging,
    )
    with progress.progress_bar(desc="measured", total=len(references), unit="img") as bar:
        comparison.run(FLAGS.batch_size, bar.update)
    print(report.write(FLAGS.output_dir, comparison, _protocol(comparison)))
    return _conclude(comparison)


def _methods():
    options = {name: FLAGS[name].value for name in ("fit", "upsampling", "saturation", "flip_average")}
    parsed = methods.parse_methods(FLAGS.model, "model")
    models = [evaluation.Model(name, path, FLAGS.image_size, **options) for name, path in parsed]
    sizes = {model.colorizer.size for model in models} or {DEFAULT_SIZE}
    if FLAGS.image_size is None:
        if len(sizes) > 1:
            own = ", ".join(f"{model.name}: {model.colorizer.size}" for model in models)
            logging.info(
                "The models have sizes of their own (%s): the networks' own outputs are left out. --image_size makes "
                "them comparable.",
                own,
            )
        else:
            (FLAGS.image_size,) = sizes
    parsed = methods.parse_methods(FLAGS.pred_dir, "pred_dir")
    folders = [evaluation.Folder(name, path, FLAGS.image_size) for name, path in parsed]
    compared = [evaluation.Greyscale(), *folders, *models]
    methods.check_names(compared)
    return compared


def _judge():
    if FLAGS.judge is not None:
        return judge.Judge(FLAGS.judge, FLAGS.judge_size, FLAGS.judge_layer)
    for name in ("judge_size", "judge_layer"):
        if FLAGS[name].value is not None:
            raise UserError(f"--{name} is of the judge: name one by --judge=PATH.keras.")
    return None


def _classifier(references, chosen_judge):
    """The classifier, or `None`, and the classes of the photos as indices."""
    if FLAGS.classifier == "none":
        return None, {}
    try:
        labels = classifier.find_labels(references, FLAGS.labels)
        if not labels:
            raise UserError("no photo has a class: name one by its WordNet id in the folder's name, or by --labels")
        if FLAGS.classifier is None and chosen_judge is not None and chosen_judge.classes:
            chosen = chosen_judge
        else:
            chosen = classifier.load_classifier(FLAGS.classifier or "vgg16")
        return chosen, classifier.to_indices(labels, chosen.classes, FLAGS.class_index)
    except UserError as error:
        if FLAGS.classifier is not None or FLAGS.labels is not None or FLAGS.class_index is not None:
            raise
        logging.info("Top-1 and Top-5 are left out: %s", error)
        return None, {}


def _features(count):
    if not FLAGS.fid:
        return None
    if count < inception.ENOUGH_IMAGES:
        logging.warning("The FID of %d photos says little: it needs %d, better 10 000.", count, inception.ENOUGH_IMAGES)
    return inception.InceptionFeatures()


def _protocol(comparison):
    chosen = comparison.classifier
    photos = {record["photo"] for record in comparison.records}
    return {
        "data_dir": FLAGS.data_dir,
        "photos": len(photos),
        "excluded_greyscale_photos": len(comparison.gray),
        "failures": len(comparison.failures),
        "image_size": FLAGS.image_size,
        "resize_filter": report.RESIZE_FILTER,
        "classifier": chosen and f"{chosen.name} at {chosen.size} pixels",
        "labels": chosen and (FLAGS.labels or "WordNet ids in names"),
        "labelled_photos": chosen and len(photos & comparison.labels.keys()),
        "judge": comparison.judge and comparison.judge.protocol,
        "baseline": comparison.baseline,
        "aging": comparison.aging,
        "resamples": differences.RESAMPLES,
        "versions": report.versions(),
        "methods": {method.name: method.protocol for method in comparison.methods},
    }


def _conclude(comparison):
    """Says what was left out; returns the exit status."""
    if comparison.gray:
        logging.info("%d greyscale photos were excluded, the first is %s.", len(comparison.gray), comparison.gray[0])
    for error in comparison.failures:
        logging.error("Could not be used: %s", error)
    logging.info("Wrote %s", pathlib.Path(FLAGS.output_dir) / "table.md")
    return 1 if comparison.failures else 0

"""Measures colorizations against their originals: of generators, and of any other system's results.

    python tools/evaluate.py --data_dir=DIR --model=generator.keras --output_dir=runs/evaluation
    python tools/evaluate.py --data_dir=DIR --model=small=a.keras,medium=b.keras --pred_dir=ddcolor=RESULTS_DIR

Every method sees the photos' luma alone. The greyscale photos themselves are always measured too, for comparison, and
the truth, for its colourfulness. Two kinds of output are measured: the network's own at --image_size, which is the
paper's protocol, and the full pipeline's at the photos' own sizes. Greyscale references are excluded and counted.

--output_dir receives metrics.jsonl (one line a method and kind of output, with the protocol), per_image.csv, table.md,
cci.png (box plot of the colourfulness) and best_and_worst_NAME.png. The exit status is 1 if a file could not be used.
"""

import pathlib

import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags, logging

from keras_scgan import cli, colorizer, evaluation, progress, upsampling
from keras_scgan.errors import UserError
from keras_scgan.evaluation import classifier, inception, methods, report
from keras_scgan.networks import DEFAULT_SIZE

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
    "Height and width at which networks run and are measured, in pixels. Default: the models' own size, if it is one.",
    7,
)
flags.DEFINE_enum("fit", "pad", colorizer.FITS, "Pipeline: how a photo becomes a square.")
flags.DEFINE_enum("upsampling", "guided", upsampling.METHODS, "Pipeline: how chroma gets the photo's size.")
flags.DEFINE_float("saturation", 1.0, "Pipeline: factor of the chroma.", 0)
flags.DEFINE_bool("flip_average", False, "Average with the prediction for the mirror image.")
flags.DEFINE_string(
    "classifier",
    None,
    "For Top-1 and Top-5: a .keras model of RGB images in [0, 255], vgg16 (downloaded once) or none. Default: vgg16 "
    "if photos have labels and its weights can be had.",
)
flags.DEFINE_string(
    "labels",
    None,
    "CSV of lines name,class: a class is its index or a WordNet id. Default: the WordNet id in the name of the photo's "
    "folder or file.",
)
flags.DEFINE_string("class_index", None, "imagenet_class_index.json, for WordNet ids. Default: downloaded once.")
flags.DEFINE_bool("fid", False, "Measure the FID, by Inception-v3 of keras.applications (downloaded once).")
flags.DEFINE_integer("batch_size", 8, "Photos in memory at a time.", 1)


def main(_):
    """Measures all, writes --output_dir, prints the tables."""
    report.check_output_dir(FLAGS.output_dir, FLAGS.overwrite)
    references = evaluation.find_references(FLAGS.data_dir)
    compared = _methods()
    judge, labels = _classifier(references)
    features = _features(len(references))
    comparison = evaluation.Comparison(
        references, compared, FLAGS.image_size, classifier=judge, labels=labels, features=features
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
            raise UserError(
                f"The models have sizes of their own ({own}): choose the one to compare at by --image_size."
            )
        (FLAGS.image_size,) = sizes
    parsed = methods.parse_methods(FLAGS.pred_dir, "pred_dir")
    folders = [evaluation.Folder(name, path, FLAGS.image_size) for name, path in parsed]
    compared = [evaluation.Greyscale(), *folders, *models]
    methods.check_names(compared)
    return compared


def _classifier(references):
    """The classifier, or `None`, and the classes of the photos as indices."""
    if FLAGS.classifier == "none":
        return None, {}
    try:
        labels = classifier.find_labels(references, FLAGS.labels)
        if not labels:
            raise UserError("no photo has a class: name one by its WordNet id in the folder's name, or by --labels")
        judge = classifier.load_classifier(FLAGS.classifier or "vgg16")
        return judge, classifier.to_indices(labels, judge.classes, FLAGS.class_index)
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
    judge = comparison.classifier
    photos = {record["photo"] for record in comparison.records}
    return {
        "data_dir": FLAGS.data_dir,
        "photos": len(photos),
        "excluded_greyscale_photos": len(comparison.gray),
        "failures": len(comparison.failures),
        "image_size": FLAGS.image_size,
        "resize_filter": report.RESIZE_FILTER,
        "classifier": judge and f"{judge.name} at {judge.size} pixels",
        "labels": judge and (FLAGS.labels or "WordNet ids in names"),
        "labelled_photos": judge and len(photos & comparison.labels.keys()),
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


if __name__ == "__main__":
    cli.run(main)

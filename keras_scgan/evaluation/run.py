"""The whole way from photos and models to the report of a comparison."""

import pathlib

from absl import logging

from keras_scgan.colorizing.runners import DEFAULT_SIZE
from keras_scgan.evaluation import classifier, differences, inception, judge, methods, report
from keras_scgan.evaluation.comparison import Comparison
from keras_scgan.evaluation.methods import THERMAL, Folder, Greyscale, Model, Thermal
from keras_scgan.evaluation.references import CONTENT, GRAY_RULES, KEEP, choose, find_references
from keras_scgan.program.arguments import as_flags
from keras_scgan.program.errors import UserError
from keras_scgan.program.progress import progress_bar

SYNTHETIC = "synthetic"
"""What a report says of thermal images that are none."""


def evaluate(settings, output_dir, *, overwrite=False):
    """Measures colorizations against their originals and writes the report. Progress is shown on stderr.

    Args:
        settings: `Settings`.
        output_dir: path of the folder of the report, see `report.write`.
        overwrite: bool. Whether to replace the report that the folder holds, if any.

    Returns:
        Tuple of the tables, a string, and of the `Comparison`.

    Raises:
        UserError: A photo, a model or a folder cannot be used; no photo can; or the folder holds a report.
        OSError: The report cannot be written.
    """
    report.check_output_dir(output_dir, overwrite)
    references = choose(
        find_references(settings.data_dir, settings.split),
        **{name: getattr(settings, name) for name in ("file_list", "first", "sample", "seed")},
    )
    image_size, compared = _methods(settings)
    thermal = any(method.name == THERMAL for method in compared)
    if thermal:
        _check_thermal(settings, references)
    gray = settings.gray or (KEEP if any(reference.has_thermal for reference in references) else CONTENT)
    for folder in compared:
        if isinstance(folder, Folder):
            folder.check_matches([reference.key for reference in references])
    baseline = methods.find_baseline(compared, settings.baseline)
    chosen_judge = _judge(settings)
    chosen_classifier, labels = _classifier(settings, references, chosen_judge)
    comparison = Comparison(
        references,
        compared,
        image_size,
        classifier=chosen_classifier,
        labels=labels,
        features=_features(len(references)) if settings.fid else None,
        judge=chosen_judge,
        baseline=baseline,
        reading={"aging": settings.aging, "crop": settings.center_crop, "gray": gray, "thermal": thermal},
        limit=settings.sample,
    )
    with progress_bar(desc="measured", total=settings.sample or len(references), unit="img") as bar:
        comparison.run(settings.batch_size, bar.update)
    if settings.sample and len(comparison.photos) < settings.sample:
        logging.warning("%d photos can be used, not %d.", len(comparison.photos), settings.sample)
    tables = report.write(output_dir, comparison, _protocol(settings, comparison))
    _log_what_was_left_out(comparison)
    logging.info("Wrote %s", pathlib.Path(output_dir) / "table.md")
    return tables, comparison


def _methods(settings):
    """The size of the protocol, or `None`, and the methods that are compared."""
    image_size = settings.image_size
    parsed = methods.parse_methods(settings.model, "model")
    models = [Model(name, path, image_size, **settings.pipeline) for name, path in parsed]
    sizes = {model.colorizer.image_size for model in models} or {DEFAULT_SIZE}
    if image_size is None and len(sizes) == 1:
        (image_size,) = sizes
    elif image_size is None:
        logging.info(
            "The models have sizes of their own (%s): the networks' own outputs are left out. One image size for all "
            "makes them comparable.",
            ", ".join(f"{model.name}: {model.colorizer.image_size}" for model in models),
        )
    parsed = methods.parse_methods(settings.pred_dir, "pred_dir")
    inputs = [Greyscale(), *([Thermal()] if any(model.is_thermal for model in models) else [])]
    compared = [*inputs, *(Folder(name, path) for name, path in parsed), *models]
    methods.check_names(compared)
    return image_size, compared


def _check_thermal(settings, references):
    """Raises `UserError` if a model of thermal images cannot be measured."""
    if not any(reference.has_thermal for reference in references):
        raise UserError(
            f"`data_dir={settings.data_dir}` has no thermal images, which a model takes: give a folder with "
            "images/ and thermal/, or shards of such."
        )
    if settings.aging:
        raise UserError(f"`aging={settings.aging}` is of photos, and a model takes thermal images.")


def _judge(settings):
    if settings.judge is None:
        return None
    return judge.Judge(settings.judge, settings.judge_size, settings.judge_layer)


def _classifier(settings, references, chosen_judge):
    """The classifier, or `None`, and the classes of the photos as indices."""
    if settings.classifier == "none":
        return None, {}
    try:
        labels = classifier.find_labels(references, settings.labels)
        if not labels:
            raise UserError("no photo has a class: name one by its WordNet id in the folder's name, or by `labels`")
        if settings.classifier is None and chosen_judge is not None and chosen_judge.classes:
            chosen = chosen_judge
        else:
            chosen = classifier.load_classifier(settings.classifier or "VGG16")
        return chosen, classifier.to_indices(labels, chosen.classes, settings.class_index)
    except UserError as error:
        if (settings.classifier, settings.labels, settings.class_index) != (None, None, None):
            raise
        logging.info("Top-1 and Top-5 are left out: %s", as_flags(str(error)))
        return None, {}


def _features(count):
    if count < inception.ENOUGH_IMAGES:
        logging.warning("The FID of %d photos says little: it needs %d, better 10 000.", count, inception.ENOUGH_IMAGES)
    return inception.InceptionFeatures()


def _protocol(settings, comparison):
    chosen = comparison.classifier
    return {
        "protocol": settings.protocol,
        "data_dir": settings.data_dir,
        "photos": len(comparison.photos),
        "file_list": settings.file_list,
        "first": settings.first,
        "sample": settings.sample and f"{settings.sample} by the seed {settings.seed}",
        "greyscale": GRAY_RULES[comparison.reading["gray"]],
        "excluded_greyscale_photos": len(comparison.gray),
        "failures": len(comparison.failures),
        "thermal_images": _kind_of_thermal(comparison),
        "image_size": comparison.image_size,
        "resize_filter": report.RESIZE_FILTERS[settings.center_crop],
        "classifier": chosen and f"{chosen.name} at {chosen.size} pixels",
        "labels": chosen and (settings.labels or "WordNet ids in names"),
        "labelled_photos": chosen and len(comparison.labels.keys() & set(comparison.photos)),
        "judge": comparison.judge and comparison.judge.protocol,
        "baseline": comparison.baseline,
        "aging": settings.aging,
        "resamples": differences.RESAMPLES,
        "versions": report.versions(),
        "methods": {method.name: method.protocol for method in comparison.methods},
    }


def _kind_of_thermal(comparison):
    """What the thermal images are that models took, or `None`."""
    if not comparison.reading["thermal"]:
        return None
    return SYNTHETIC if any(reference.is_thermal_synthetic for reference in comparison.references) else "given"


def _log_what_was_left_out(comparison):
    if comparison.gray:
        logging.info("%d greyscale photos were excluded, the first is %s.", len(comparison.gray), comparison.gray[0])
    for error in comparison.failures:
        logging.error("Could not be used: %s", error)

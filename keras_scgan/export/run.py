"""The whole way from the file of a generator to its verified exports."""

from keras_scgan import data
from keras_scgan.colorizing import shipped
from keras_scgan.colorizing.runners import load_keras
from keras_scgan.export.exporter import SAVED_MODEL, Exporter
from keras_scgan.photos.files import PHOTO_SUFFIXES
from keras_scgan.program.file_jobs import find_files
from keras_scgan.program.files import sha256

VERIFICATION_PHOTOS = 20
"""Photos of a larger folder that exports are verified with, the first ones."""


def export(settings, model, output_dir, *, overwrite=False):
    """Exports a generator in each of the formats that are wanted.

    Args:
        settings: `Settings`.
        model: path of the generator, a `.keras` file, or the name of one that comes with the project.
        output_dir: path of the folder of the exports, whose name is the model's: see `Exporter`.
        overwrite: bool. Whether LiteRT models that exist are replaced. A version of a SavedModel never is.

    Yields:
        Name of a format, and the entry of what is exported in the report of the folder.

    Raises:
        UserError: The generator or a photo cannot be used, an export exists, or one is too far from the generator.
        OSError: An export cannot be written.
    """
    model = shipped.keras_path(model)
    photos = find_files([str(settings.verification_dir or data.demo_dir() / "images")], PHOTO_SUFFIXES)
    exporter = Exporter(
        load_keras(model),
        output_dir,
        [photo.path for photo in photos[:VERIFICATION_PHOTOS]],
        source={"file": model.name, "sha256": sha256(model)},
        image_size=settings.image_size,
        overwrite=overwrite,
    )
    for name in settings.formats:
        if name == SAVED_MODEL:
            entry = exporter.export_saved_model(settings.version, saliency_bytes=settings.saliency_bytes)
        else:
            entry = exporter.export_litert(
                name.removeprefix("litert_"),
                saliency=settings.saliency,
                calibration_dir=settings.calibration_dir,
                reflect_padding=settings.reflect_padding,
            )
        yield name, entry

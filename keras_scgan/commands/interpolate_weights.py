r"""Interpolates the weights of two generators, of which the second was trained from the first.

    scgan interpolate_weights --models=stage1/generator.keras,stage2/generator.keras --share=0.75 \
        --data_dir=DIR --output=generator.keras

Between the generators of stages 1 and 2, it balances colours that are near to the truth and colours that are vivid.
--saturation balances them too.
The batch statistics are taken of the photos of --data_dir, if it is given, which should be prepared as in training.
"""

import pathlib

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan import data
from keras_scgan.colorizing.runners import describe, load_keras, load_network
from keras_scgan.models.loading import save_model
from keras_scgan.models.pretrained import saturate
from keras_scgan.program.errors import UserError
from keras_scgan.training import averaging, run

FLAGS = flags.FLAGS

flags.DEFINE_list("models", None, "Two .keras files of generators of one structure.", required=True)
flags.DEFINE_float("share", 0.5, "Share of the second one: 0 gives the first, 1 the second.", 0, 1)
flags.DEFINE_float("saturation", 1.0, "Factor of the chroma that a result on a pre-trained encoder predicts.", 0.01, 10)
flags.DEFINE_string(
    "data_dir",
    None,
    "Folder or shards of photos, as for scgan train, that the batch statistics are taken of. Default: they are "
    "interpolated like the weights.",
)
flags.DEFINE_string("output", None, "File of the result (.keras).", required=True)
flags.DEFINE_bool("overwrite", False, "Replace --output.")
flags.DEFINE_integer("batch_size", 16, "Photos in a batch.", 1)
flags.DEFINE_bool("flip", False, "Mirror half of the photos.")
flags.DEFINE_float("min_crop_area", 1.0, "Smallest share of a photo that a random crop takes.", 0.001, 1.0)
flags.DEFINE_float("aging", 0.0, "How much the photos are aged, as of scgan train.", 0, 1)
flags.DEFINE_integer("seed", 0, "Seed of the order of the photos and of their crops.", 0, 2**32 - 1)


def main(_):
    """Interpolates."""
    if len(FLAGS.models) != 2:
        raise UserError(f"--models={','.join(FLAGS.models)}: expected two files.")
    output = pathlib.Path(FLAGS.output)
    if output.suffix != ".keras":
        raise UserError(f"--output={output}: expected a .keras file.")
    if output.exists() and not FLAGS.overwrite:
        raise UserError(f"{output} exists: choose another --output, or replace it by --overwrite.")
    first, second = (load_keras(path) for path in FLAGS.models)
    inputs = [_input_of(network) for network in (first, second)]
    if inputs[0] != inputs[1]:
        raise UserError(f"--models={','.join(FLAGS.models)}: the first takes {inputs[0]}, the second {inputs[1]}.")
    sizes = [describe(network).own_size for network in (first, second)]
    if sizes[0] != sizes[1]:
        raise UserError(
            f"--models={','.join(FLAGS.models)}: they are run at different sizes, {sizes[0]} and {sizes[1]} pixels."
        )
    averaging.interpolate(first, second, FLAGS.share)
    if FLAGS.saturation != 1.0:
        if describe(second).architecture != "pretrained":
            raise UserError("--saturation is for generators on a pre-trained encoder.")
        saturate(second, FLAGS.saturation)
    if FLAGS.data_dir is not None:
        _take_batch_statistics(second)
    save_model(second, output)


def _take_batch_statistics(generator):
    network = load_network(generator)
    description = network.description
    batches = data.training_batches(
        data.open_data_set(FLAGS.data_dir, fields=["thermal" if description.is_thermal else "color"]),
        image_size=network.image_size,
        batch_size=FLAGS.batch_size,
        seed=FLAGS.seed,
        flip=FLAGS.flip,
        min_crop_area=FLAGS.min_crop_area,
        aging=FLAGS.aging,
        stretch_luma=description.stretch_luma,
        arrays=("gray",),
    )
    run.reestimate_batch_statistics(generator, batches)


def _input_of(network):
    """What a network takes, in words."""
    description = describe(network)
    return f"stretched {description.network_input}" if description.stretch_luma else description.network_input

"""Measures the speed of training steps, in float32 and in the automatic precision.

    scgan benchmark train --preset=small --image_size=128 --depth=7 --batch_size=16
    scgan benchmark train --encoder=classifier.keras

Steps of both stages, with their share of the speed of this machine's matrix product, and the milliseconds that a batch
takes to read. With --encoder: stage 1 of a generator on that pre-trained encoder at --encoder_image_size, from cached
features and with all, the early or none of the encoder's layers frozen, beside stage 1 of --preset at --image_size.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.benchmarks import train
from keras_scgan.colorizing.descriptions import UNTRAINED_SIZE
from keras_scgan.commands.benchmark import shared
from keras_scgan.models.encoder import STRIDES
from keras_scgan.models.encoder_source import load_encoder_source
from keras_scgan.models.layers import NORMS
from keras_scgan.program.errors import UserError
from keras_scgan.training import precision

FLAGS = flags.FLAGS

shared.define_network()
shared.define_batches()
flags.DEFINE_string("encoder", None, "Classifier that becomes a pre-trained encoder, as of scgan train.")
flags.DEFINE_integer(
    "encoder_image_size", None, f"With --encoder: pixels of a side of what it sees. Default: {UNTRAINED_SIZE}.", 1
)
flags.DEFINE_enum("critic_norm", "batch", NORMS, "Norm of the critics.")
flags.DEFINE_bool("perceptual_loss", True, "Time stage 2 with the perceptual loss.")
shared.define_data_dir("Folder with images/ and saliency/, or of shards")
shared.define_rounds()
shared.define_output()


def main(_):
    """Times the steps, and without an encoder the input too."""
    if FLAGS.image_size % 2 ** int(FLAGS.depth):
        raise UserError(f"--image_size={FLAGS.image_size} is no multiple of {2 ** int(FLAGS.depth)}: see --depth.")
    precisions = ["float32", precision.resolve("auto")]
    if FLAGS.encoder:
        shared.refuse(
            ("critic_norm", "perceptual_loss", "data_dir", "min_crop_area"),
            "is not for --encoder, with which stage 1 alone is timed, without input",
        )
        shared.write(_time_pretrained(precisions))
    else:
        shared.refuse(("encoder_image_size",), "is for --encoder")
        shared.write(_time_stages(precisions) + shared.time_input({"data_dir": shared.open_data_set()}))


def _time_stages(precisions):
    results = train.benchmark_train(
        preset=FLAGS.preset,
        depth=int(FLAGS.depth),
        image_size=FLAGS.image_size,
        batch_size=FLAGS.batch_size,
        critic_norm=FLAGS.critic_norm,
        perceptual_loss=FLAGS.perceptual_loss,
        precisions=precisions,
        rounds=FLAGS.rounds,
    )
    print("stage  precision       images/s (p10..p90)      ratio  GMAC/image  GMAC/s   peak  share")
    for r in results:
        print(
            f"{r['stage']:5}  {r['precision']:14} {r['images_per_second']:9.2f} ({r['p10']:.2f}..{r['p90']:.2f})"
            f"{r['ratio']:10.2f}{r['gmac_per_image']:12.2f}{r['gmac_per_second']:8.0f}"
            f"{r['peak_gmac_per_second']:7.0f}{r['share_of_peak']:7.0%}"
        )
    return results


def _time_pretrained(precisions):
    size = FLAGS.encoder_image_size or UNTRAINED_SIZE
    if size % max(STRIDES):
        raise UserError(f"--encoder_image_size={size} is no multiple of {max(STRIDES)}, which an encoder needs.")
    results = train.benchmark_pretrained(
        load_encoder_source(FLAGS.encoder, "encoder"),
        preset=FLAGS.preset,
        depth=int(FLAGS.depth),
        image_size=FLAGS.image_size,
        encoder_image_size=size,
        batch_size=FLAGS.batch_size,
        precisions=precisions,
        rounds=FLAGS.rounds,
    )
    names = {"paper": FLAGS.preset, "cached": "cached features"}
    print("generator         size  precision       images/s (p10..p90)      ratio")
    for r in results:
        name = names.get(r["generator"], f"frozen: {r['generator']}")
        speed = f"{r['images_per_second']:9.2f} ({r['p10']:.2f}..{r['p90']:.2f})"
        print(f"{name:16}{r['image_size']:6}  {r['precision']:14} {speed}{r['ratio']:10.2f}")
    return results

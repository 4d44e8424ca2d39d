"""Measures a generator on one photo, as every kind of model that it is exported to, and by a plain conversion.

    scgan benchmark infer --model=generator.keras [--saved_model=DIR] [--baseline=other.keras]

Latency, size, memory, the colours' distance from those of Keras, and the operations outside of XNNPACK.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.benchmarks import infer
from keras_scgan.colorizing.runners import load_keras
from keras_scgan.commands.benchmark import shared
from keras_scgan.photos.files import read_photo

FLAGS = flags.FLAGS

flags.DEFINE_string("model", None, "Generator, a .keras file. Default: one of --preset with random weights.")
shared.define_network()
flags.DEFINE_string("saved_model", None, "Exported SavedModel of --model, to be timed too.")
flags.DEFINE_string(
    "baseline", None, "Another generator: each kind of model is timed beside the same kind of it, at its own size."
)
flags.DEFINE_integer("image_size", None, "Pixels of a side of what the network sees. Default: its own.", 1)
flags.DEFINE_integer("threads", 2, "Threads of LiteRT models; TensorFlow takes all cores.", 1)
flags.DEFINE_bool("naive", True, "Time plain conversions too.")
shared.define_data_dir()
shared.define_rounds()
shared.define_output()

PHOTOS = 10
"""Photos that the models' colours are compared on."""

_SPREAD = 100  # places in the data set that they are the first of


def main(_):
    """Times the kinds of models."""
    if FLAGS.model:
        shared.refuse(("preset", "depth"), "is for a generator with random weights, in place of --model")
    results = infer.benchmark_infer(
        load_keras(FLAGS.model) if FLAGS.model else shared.random_generator(),
        [read_photo(path).pixels for path in shared.photo_paths(_SPREAD)[:PHOTOS]],
        FLAGS.saved_model,
        image_size=FLAGS.image_size,
        threads=FLAGS.threads,
        rounds=FLAGS.rounds,
        naive=FLAGS.naive,
        baseline=load_keras(FLAGS.baseline) if FLAGS.baseline else None,
    )
    print(
        "model                ms (p10..p90)             images/s  ratio   MiB  peak MiB  GMAC/s  share  PSNR  outside"
        + "  of baseline" * bool(FLAGS.baseline)
    )
    for r in results:
        size = "" if r["mebibytes"] is None else f"{r['mebibytes']:.1f}"
        memory = "" if r["memory_mib"] is None else f"{r['memory_mib']:.0f}"
        outside = "" if r["outside_delegate"] is None else len(r["outside_delegate"])
        of_baseline = "" if r["baseline_ratio"] is None else f"{r['baseline_ratio']:13.2f}"
        latency = f"{r['median']:.1f} ({r['p10']:.1f}..{r['p90']:.1f})"
        print(
            f"{r['variant']:20} {latency:25}{r['images_per_second']:9.1f}{r['ratio']:7.2f}{size:>6}{memory:>10}"
            f"{r['gmac_per_second']:8.0f}{r['share_of_peak']:7.0%}{r['psnr']:6.1f}{outside:>9}{of_baseline}"
        )
    shared.write([{"benchmark": "infer", "threads": FLAGS.threads, **result} for result in results])

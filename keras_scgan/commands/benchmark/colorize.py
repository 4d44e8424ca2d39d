"""Measures how long a large JPEG file takes to be colorized, by stages, and the memory that it takes.

    scgan benchmark colorize --model=generator.keras

Then a run over many such files, beside the time that it takes to decode and to encode them.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.benchmarks import colorize
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.commands.benchmark import shared

FLAGS = flags.FLAGS

_SPREAD = 100  # photos of the data set that are taken, at most

flags.DEFINE_string("model", None, "Generator, as of scgan colorize. Default: one of --preset with random weights.")
shared.define_network()
flags.DEFINE_float("megapixels", 24.0, "Size of the photos.", 0.01)
flags.DEFINE_integer("files", 24, "Files of the run.", 1)
shared.define_data_dir("Folder with images/, which are enlarged")
shared.define_rounds()
shared.define_output()


def main(_):
    """Times the stages, and the run."""
    if FLAGS.model:
        shared.refuse(("preset", "depth"), "is for a generator with random weights, in place of --model")
    colorizer = Colorizer(FLAGS.model or shared.random_generator())
    paths = shared.photo_paths(_SPREAD)
    result = colorize.benchmark_colorize(colorizer, colorize.large_photo(paths[0], FLAGS.megapixels), FLAGS.rounds)
    for stage, seconds in result["seconds"].items():
        print(f"{stage:12}{seconds:8.3f} s")
    print(f"{'all':12}{result['total_seconds']:8.3f} s for a JPEG file of {result['megapixels']:.1f} megapixels")
    if result["memory_mib"] is not None:
        print(f"{'memory':12}{result['memory_mib']:8.0f} MiB above that before the photo")
    run = colorize.benchmark_run(colorizer, paths, FLAGS.megapixels, FLAGS.files, FLAGS.rounds)
    print(
        f"{'run':12}{run['seconds_a_photo']:8.3f} s a file, of {run['photos']}; decoding and encoding alone "
        f"{run['limit_seconds_a_photo']:.3f} s, {run['share_of_limit']:.0%} of it"
    )
    print(f"{'luma copied':12}{run['lossless_luma_seconds_a_photo']:8.3f} s a file")
    if run["memory_mib"] is not None:
        print(f"{'memory':12}{run['memory_mib']:8.0f} MiB above that before the run")
    shared.write([{"benchmark": "colorize", **result}, {"benchmark": "colorize_run", **run}])

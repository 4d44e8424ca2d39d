"""Measures how long a large JPEG file takes to be colorized, by stages, and the memory that it takes.

scgan benchmark colorize --model=generator.keras
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.benchmarks import colorize
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.commands.benchmark import shared

FLAGS = flags.FLAGS

flags.DEFINE_string("model", None, "Generator, as of scgan colorize. Default: one of --preset with random weights.")
shared.define_network()
flags.DEFINE_float("megapixels", 24.0, "Size of the photo.", 0.01)
shared.define_data_dir("Folder with images/, of which the first is enlarged")
shared.define_rounds()
shared.define_output()


def main(_):
    """Times the stages."""
    if FLAGS.model:
        shared.refuse(("preset", "depth"), "is for a generator with random weights, in place of --model")
    colorizer = Colorizer(FLAGS.model or shared.random_generator())
    (path,) = shared.photo_paths(1)
    result = colorize.benchmark_colorize(colorizer, colorize.large_photo(path, FLAGS.megapixels), FLAGS.rounds)
    for stage, seconds in result["seconds"].items():
        print(f"{stage:12}{seconds:8.3f} s")
    print(f"{'all':12}{result['total_seconds']:8.3f} s for a JPEG file of {result['megapixels']:.1f} megapixels")
    if result["memory_mib"] is not None:
        print(f"{'memory':12}{result['memory_mib']:8.0f} MiB above that before the photo")
    shared.write([{"benchmark": "colorize", **result}])

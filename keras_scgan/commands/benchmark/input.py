"""Measures the speed of the input pipeline alone.

    scgan benchmark input --data_dir=DIR

It reads the same photos from a folder of full-size ones, from one of small JPEGs, and from shards.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import tempfile

from absl import flags

from keras_scgan.benchmarks import input_pipeline
from keras_scgan.commands.benchmark import shared

FLAGS = flags.FLAGS

shared.define_data_dir("Folder with images/ and saliency/, or of shards")
flags.DEFINE_integer("photos", 100, "Photos of --data_dir to measure, from the first on.", 1)
shared.define_batches()
shared.define_rounds()
shared.define_output()


def main(_):
    """Makes the data sets and times them."""
    data_set = shared.open_data_set()
    with tempfile.TemporaryDirectory() as folder:
        shared.write(shared.time_input(input_pipeline.make_sets(data_set, folder, FLAGS.photos)))

"""Measures how true chroma, made small and enlarged again, is to itself.

    scgan benchmark upsampling --data_dir=DIR

By each method of enlargement and several factors.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.benchmarks import upsampling
from keras_scgan.commands.benchmark import shared

FLAGS = flags.FLAGS
FACTORS = (2, 4, 8)

shared.define_data_dir()
shared.define_photos()
flags.DEFINE_integer("image_size", 128, "Height and width that the photos are made small to, in pixels.", 1)
shared.define_output()


def main(_):
    """Measures the methods of enlargement."""
    results = upsampling.benchmark_upsampling(shared.photo_paths(FLAGS.photos), FLAGS.image_size, FACTORS)
    print("factor  method   chroma PSNR (dB)  bleeding")
    for r in results:
        print(f"{r['factor']:6}  {r['method']:8}{r['chroma_psnr']:17.2f}{r['bleeding']:10.2f}")
    shared.write([{"benchmark": "upsampling", "image_size": FLAGS.image_size, **result} for result in results])

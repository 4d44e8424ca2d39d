"""Measures whether to squeeze photos into the network's square or to pad them.

    scgan benchmark fit --data_dir=DIR --model=generator.keras

Photos are cut to several aspect ratios, and their colours compared with the true ones.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.benchmarks import colorize
from keras_scgan.colorizing.colorizer import FITS, Colorizer
from keras_scgan.commands.benchmark import shared

FLAGS = flags.FLAGS

flags.DEFINE_string("model", None, "Generator, as of scgan colorize. Default: scgan.")
shared.define_data_dir()
shared.define_photos()
shared.define_output()


def main(_):
    """Measures both."""
    colorizers = {fit: Colorizer(FLAGS.model, fit=fit) for fit in FITS}
    results = colorize.benchmark_fits(colorizers, shared.photo_paths(FLAGS.photos))
    print("aspect  fit      chroma PSNR (dB)")
    for r in results:
        print(f"{r['aspect']:6.2f}  {r['fit']:8}{r['chroma_psnr']:17.2f}")
    shared.write([{"benchmark": "fit", **result} for result in results])

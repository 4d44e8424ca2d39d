"""Measures how near the maps of detectors come to those of a data set, and how fast they are made.

    scgan benchmark saliency --data_dir=DIR --detector=u2netp,spectral_residual

Maps are compared at the size of the true ones, and not stretched.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.benchmarks import saliency
from keras_scgan.commands.benchmark import shared
from keras_scgan.preparation.detectors import load_detector

FLAGS = flags.FLAGS

shared.define_data_dir("Folder with images/ and saliency/")
shared.define_photos()
flags.DEFINE_list("detector", ["spectral_residual"], "Detectors, as of scgan make_saliency, divided by commas.")
flags.DEFINE_string("model", None, "With the detector scgan: its generator. Default: scgan.")
flags.DEFINE_integer("threads", 2, "Threads of the detectors' networks.", 1)
shared.define_output()


def main(_):
    """Measures the detectors."""
    if "scgan" not in FLAGS.detector:
        shared.refuse(("model",), "is the generator of the detector scgan: see --detector")
    references = saliency.find_mapped(shared.data_dir(), FLAGS.photos)
    models = {"scgan": FLAGS.model}
    detectors = [load_detector(name, model=models.get(name), threads=FLAGS.threads) for name in FLAGS.detector]
    results = saliency.benchmark_saliency(detectors, references)
    print("detector                MAE   max-F  photos/s (p10..p90)")
    for r in results:
        max_f = "" if r["max_f"] is None else f"{r['max_f']:.4f}"
        speed = f"{r['images_per_second']:.2f} ({r['p10']:.2f}..{r['p90']:.2f})"
        print(f"{r['detector']:20}{r['mae']:7.4f}{max_f:>8}  {speed}")
    shared.write([{"benchmark": "saliency", "threads": FLAGS.threads, **result} for result in results])

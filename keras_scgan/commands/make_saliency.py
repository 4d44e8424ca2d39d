"""Makes the saliency maps of photos, which training needs.

    scgan make_saliency --images=DIR/images --output=DIR/saliency --detector=u2netp

Maps have the size of their photos (turned upright), 8 bits of grey, and their places in the folders that are given. A
photo that cannot be read is named at the end, and the exit status is 1. Run again, it does what is not done yet.
"""

import pathlib
import sys

from absl import flags

from keras_scgan.colorizing import planning
from keras_scgan.photos.files import PHOTO_SUFFIXES, read_rgb, write_photo
from keras_scgan.preparation import detectors
from keras_scgan.program import file_jobs
from keras_scgan.program.errors import UserError
from keras_scgan.program.progress import progress_bar

FLAGS = flags.FLAGS

flags.DEFINE_list("images", [], "Photos: files, folders with their subfolders, and patterns.")
flags.DEFINE_string("output", None, "Folder for the maps.")
flags.DEFINE_string(
    "detector",
    "u2netp",
    f"What finds salient places: {', '.join(detectors.DETECTORS)} or keras:PATH. u2net and u2netp need the extra "
    "`saliency`, and download their weights unless they are in the folder that the environment variable U2NET_HOME "
    "names. keras:PATH is any Keras model of RGB in [0, 255] to maps in [0, 1].",
)
flags.DEFINE_string(
    "model",
    None,
    "Generator of the detector scgan: a .keras or .tflite file, a SavedModel folder or a name. Default: scgan.",
)
flags.DEFINE_integer("batch_size", 1, "Photos that a Keras model sees at once, by which a GPU gains.", 1)
flags.DEFINE_integer("threads", None, "Threads of the detector's network. Default: all cores.", 1)
flags.DEFINE_bool("overwrite", False, "Do again what is done.")
flags.DEFINE_enum("format", "png", ["png", "jpg"], "Format of the maps; jpg has quality 95.")


def main(_):
    """Makes the maps of all photos that are named."""
    if not FLAGS.images:
        raise UserError("Give the photos, a folder for example: --images=DIR/images")
    if not FLAGS.output:
        raise UserError("Give a folder for the maps: --output=DIR/saliency")
    if pathlib.Path(FLAGS.output).resolve() in [pathlib.Path(path).resolve() for path in FLAGS.images]:
        raise UserError(f"--output={FLAGS.output} is the folder of the photos: choose another.")
    report = file_jobs.Report("saliency maps made")
    files = file_jobs.find_files(FLAGS.images, PHOTO_SUFFIXES, exclude=FLAGS.output, left_out=report.left_out)
    jobs = planning.plan(
        files,
        FLAGS.output,
        report,
        suffix_of=lambda _: f".{FLAGS.format}",
        overwrite=FLAGS.overwrite,
        long_names=False,  # as a photo and its map are known by their one stem
    )
    if jobs:
        _make_maps(jobs, report)
    sys.exit(report.finish())


def _make_maps(jobs, report):
    detector = detectors.load_detector(FLAGS.detector, model=FLAGS.model, threads=FLAGS.threads)
    with progress_bar(total=len(jobs), unit="photo") as bar:
        for _ in file_jobs.overlap(
            jobs,
            load=lambda job: read_rgb(job.path),
            compute=detector.detect,
            save=lambda job, _, saliency_map: write_photo(job.target, saliency_map),
            report=report,
            batch_size=FLAGS.batch_size,
        ):
            bar.update()

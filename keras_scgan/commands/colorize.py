"""Colorizes photos and videos.

    scgan colorize photo.jpg folder/ "scans/**/*.tif" film.mp4 --output_dir=colorized

Results keep the size, the format, the metadata and the luma of their originals, and their places in the folders that
are given; films of kinds that are only read become .mp4. A file that cannot be colorized is named at the end, and the
exit status is 1. Run again, it does what is not done yet, or has changed, and names what was done with other options.

    scgan colorize - < photo.jpg > colorized.jpg

takes a photo from stdin, and writes its colour version to stdout, in the same format or that of --format.
"""

import functools
import sys

from absl import flags

from keras_scgan import films
from keras_scgan.colorizing import colorize_files, planning, results, video
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.result_log import ResultLog
from keras_scgan.commands import _colorizer_flags
from keras_scgan.photos.files import PHOTO_SUFFIXES
from keras_scgan.program import quiet
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.file_jobs import Report, find_files
from keras_scgan.program.files import sha256
from keras_scgan.program.printable import printable
from keras_scgan.program.progress import progress_bar

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

# === What, with what, where to ===
flags.DEFINE_list("input", [], "Files, folders and patterns, as those that are given without a flag.")
flags.DEFINE_string("output_dir", "colorized", "Folder for the results.")
flags.DEFINE_bool("overwrite", False, "Do again what is done.")

# === How ===
_colorizer_flags.define()
flags.DEFINE_float("smoothing", 0.8, "Videos: share of the earlier frames in the colours of a frame.", 0, 0.99)
flags.DEFINE_integer("threads", None, "Threads of a .tflite model. Default: all cores.", 1)
flags.DEFINE_integer("batch_size", 1, "Photos that the network sees at once.", 1)
flags.DEFINE_integer(
    "workers",
    None,
    "Threads for each of reading and writing photos; memory grows with them. Default: as many as cores, 4 at most.",
    1,
)

# === What is written ===
_colorizer_flags.define_results()
flags.DEFINE_bool(
    "lossless_luma",
    False,
    "Copy the luma of greyscale JPEG files into their results, bit for bit, in place of encoding it again. A warning "
    "names those whose luma cannot be copied.",
)
flags.DEFINE_bool("comparison", False, "Write STEM_comparison too: a photo before and after, side by side.")
flags.DEFINE_bool("saliency_map", False, "Write STEM_saliency.png too: a photo's predicted saliency map.")
flags.DEFINE_bool("print_results", False, "Print the path of each file that is written, and the summary to stderr.")

STDIN = "-"


def main(argv):
    """Colorizes all that is named."""
    arguments = [*argv[1:], *FLAGS.input]
    if not arguments:
        raise UserError("Give the photos: files, folders or patterns, as in: scgan colorize photo.jpg folder/")
    if STDIN in arguments:
        sys.exit(_colorize_stdin(arguments))
    report = Report("colorized")
    files = find_files(
        arguments, PHOTO_SUFFIXES + films.FILM_SUFFIXES, exclude=FLAGS.output_dir, left_out=report.left_out
    )
    if files:
        _colorize(files, report)
    if report.done and not FLAGS["output_dir"].present:
        report.notes.append(f"The results are in {FLAGS.output_dir}")
    sys.exit(report.finish(sys.stderr if FLAGS.print_results else sys.stdout))


def _colorize(files, report):
    colorizer = _load_colorizer()  # also if all is done, as the model or its size may be wrong
    settings = _settings(colorizer)
    of_results = {"quality": FLAGS.quality, "lossless_luma": FLAGS.lossless_luma}
    of_photos = ResultLog(FLAGS.output_dir, settings | of_results)
    of_videos = ResultLog(FLAGS.output_dir, settings | {"smoothing": FLAGS.smoothing})
    videos = [file for file in files if file.path.suffix.lower() in films.FILM_SUFFIXES]
    photos = [file for file in files if file not in videos]
    extras = [name for name, wanted in (("comparison", FLAGS.comparison), ("saliency", FLAGS.saliency_map)) if wanted]
    plan = functools.partial(planning.plan, output_dir=FLAGS.output_dir, report=report, overwrite=FLAGS.overwrite)
    suffix_of = functools.partial(planning.result_suffix, chosen=FLAGS.format)
    photos = plan(photos, suffix_of=suffix_of, extras=extras, log=of_photos)
    videos = plan(videos, suffix_of=films.output_suffix, log=of_videos)
    with progress_bar(total=len(photos), unit="photo", disable=not photos) as bar:
        for job in colorize_files.colorize_photos(
            colorizer,
            photos,
            report,
            quality=FLAGS.quality,
            lossless_luma=FLAGS.lossless_luma,
            batch_size=FLAGS.batch_size,
            workers=FLAGS.workers,
            max_pixels=FLAGS.max_pixels,
            log=of_photos,
        ):
            bar.update()
            _print_results(job, report, bar)
    for job in videos:
        with progress_bar(desc=printable(job.path.name), unit="frame") as bar:

            def show(done, announced, bar=bar):
                bar.total = announced
                bar.update(done - bar.n)

            with report.catch(job.path):
                made = video.colorize_video(colorizer, job.path, job.target, smoothing=FLAGS.smoothing, on_frames=show)
                of_videos.add(job.target, job.path, made.fault)
                if made.fault:
                    raise BadFileError(job.path, planning.damaged(made.fault, job.target))
            _print_results(job, report, bar)


def _settings(colorizer):
    """What decides the results beside their originals, for `ResultLog`."""
    return _colorizer_flags.settings() | {
        "image_size": colorizer.image_size,
        "model": sha256(colorizer.network.path),
    }


def _print_results(job, report, bar):
    if not FLAGS.print_results or report.has_failed(job.path):
        return
    for path in job.results:
        if not report.has_failed(path):
            bar.write(printable(path) if sys.stdout.isatty() else str(path), file=sys.stdout)
    sys.stdout.flush()


def _colorize_stdin(arguments):
    """Colorizes the photo on stdin onto stdout; returns the exit status."""
    if len(arguments) > 1 or FLAGS.comparison or FLAGS.saliency_map:
        raise UserError(f"{STDIN} stands alone: other photos, --comparison and --saliency_map are for files.")
    if sys.stdout.isatty():
        raise UserError(f"{STDIN} writes a photo to stdout, which is a terminal: redirect it, as in > colorized.jpg")
    colorizer, report = _load_colorizer(), Report("colorized")
    data = sys.stdin.buffer.read()
    with report.catch("stdin"):
        colorized, _ = results.colorize_bytes(
            colorizer,
            data,
            name="stdin",
            suffix=None if FLAGS.format == "same" else f".{FLAGS.format}",
            quality=FLAGS.quality,
            lossless_luma=FLAGS.lossless_luma,
            max_pixels=FLAGS.max_pixels,
        )
        sys.stdout.buffer.write(colorized)
    return report.finish(sys.stderr)


def _load_colorizer():
    with quiet.notes_held_back():
        colorizer = Colorizer(**_colorizer_flags.arguments(), threads=FLAGS.threads)
    if FLAGS.lossless_luma and colorizer.is_thermal:
        raise UserError("--lossless_luma: of thermal images no luma is kept.")
    if FLAGS.saliency_map and not colorizer.has_saliency:
        raise UserError(f"--saliency_map: the model {colorizer.network.path} has no saliency branch.")
    return colorizer

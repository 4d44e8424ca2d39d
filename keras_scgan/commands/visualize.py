"""Draws what the networks do with photos, and prints the hues of salient ones.

    scgan visualize figure7 photo.jpg folder/ --output_dir=DIR
    scgan visualize hue --data_dir=DIR --output_dir=DIR
    scgan visualize gradcam photo.jpg folder/ --features=vgg16_gray.keras --output_dir=DIR
    scgan visualize critic photo.jpg folder/ --model=generator.keras --run_dir=RUN --output_dir=DIR
    scgan visualize aging photo.jpg folder/ --strength=0.5 --output_dir=DIR

figure7: greyscale, colorized, true colours, saliency and the image weighted by it, a row for each photo (figure 7 of
the paper). --saliency_dir adds the true map, --baseline another model. Written as figure7_01.png, ...
hue: histogram and variance of the hues of salient, unsalient and random patches, and their share of green, cyan and
blue (figure 8; keras_scgan/visualization/hue.py says how it is read). Written as hue.png and hue.jsonl.
gradcam: where VGG-16-Gray's highest class, or --class, comes from, by Grad-CAM and Grad-CAM++; of a generator's global
feature network, which has no classes, where the mean of its features comes from. Written as gradcam_01.png, ...
critic: the scores that the critics of a run of stage 2 give to each place of the true and of the colorized photo, and
their difference: what a critic objects to. Written as critic_color_01.png, critic_attention_01.png, ...
aging: greyscale photos beside what the flag --aging of training makes of them, scans of old photos, at --image_size.
Written as aging_01.png, ...
"""

import json
import pathlib
import sys

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import numpy as np
from absl import flags, logging

from keras_scgan import data
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.runners import DEFAULT_SIZE
from keras_scgan.data.aging import age_by_name
from keras_scgan.data.decoding import is_gray, read_gray
from keras_scgan.photos import color
from keras_scgan.photos.files import PHOTO_SUFFIXES, read_photo
from keras_scgan.photos.resizing import to_square
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.file_jobs import Report, find_files
from keras_scgan.program.files import atomic_path
from keras_scgan.program.progress import progress_bar
from keras_scgan.visualization import critics, figure7, figures, gradcam, grid, hue

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

flags.DEFINE_string("output_dir", None, "Folder for the figures.", required=True)
flags.DEFINE_bool("overwrite", False, "Replace figures that are there.")
flags.DEFINE_string(
    "model",
    None,
    "Generator: a .keras or .tflite file, a SavedModel folder or a name. figure7: default scgan. critic: the one that "
    "is judged. hue: makes the maps instead of DIR/saliency.",
)
flags.DEFINE_integer(
    "image_size", None, "Height and width at which networks see a photo. Default: the network's own.", 1
)
flags.DEFINE_integer("rows", 6, "Photos on a figure; more than these make further figures.", 1)
flags.DEFINE_integer("panel_size", 320, "Width of each picture on a figure, in pixels.", 64)
flags.DEFINE_bool("names", False, "Write the photos' names beside them.")
flags.DEFINE_string("saliency_dir", None, "figure7, critic: folder with the true saliency maps STEM.SUFFIX.")
flags.DEFINE_string("baseline", None, "figure7: another generator, trained without saliency, to compare with.")
flags.DEFINE_string(
    "features", None, "gradcam: a .keras file: VGG-16-Gray with or without its classifier, or a generator."
)
_CLASS = flags.DEFINE_integer("class", None, "gradcam: the class to explain. Default: the most probable.", 0)
flags.DEFINE_string("run_dir", None, "critic: run folder of stage 2, or any with color_critic.keras.")
flags.DEFINE_string("data_dir", None, "hue: folder with images/ and saliency/.")
flags.DEFINE_integer("patch_size", 64, "hue: height and width of a patch, in pixels.", 1)
flags.DEFINE_integer("patches", 4, "hue: patches of each kind that a photo gives, at most.", 1)
flags.DEFINE_float("high", 0.5, "hue: value of the saliency map, in (0, 1], from which a pixel is salient.", 0.001, 1.0)
flags.DEFINE_float("salient_share", 0.8, "hue: share of salient pixels that makes a patch salient.", 0.001, 1.0)
flags.DEFINE_integer("seed", 0, "hue: key of the random choice of patches.", 0)
flags.DEFINE_float("strength", 0.5, "aging: how old the photos look; 0.5: typical scans; 1: the worst.", 0, 1)
flags.DEFINE_integer("versions", 5, "aging: aged pictures of each photo.", 1)


def main(argv):
    """Draws what is named."""
    commands = {"figure7": _figure7, "hue": _hue, "gradcam": _gradcam, "critic": _critic, "aging": _aging}
    name, *arguments = argv[1:] or ["none"]
    if name not in commands:
        raise UserError(f"name one figure: {', '.join(commands)}. Received: {name}.")
    sys.exit(commands[name](arguments).finish())


def _figure7(arguments):
    colorizer = _colorizer("model", needs_saliency=True)
    baseline = _colorizer("baseline") if FLAGS.baseline else None

    def examine(path):
        photo = read_photo(path).pixels
        return figure7.figure7_row(
            photo,
            _has_colors(photo),
            colorizer,
            true_map=_true_map(path),
            baseline=baseline,
            width=FLAGS.panel_size,
        )

    return _draw_pages(arguments, ["figure7"], examine, lambda _, rows, names: _draw_rows(rows, names))


def _gradcam(arguments):
    network = gradcam.load_cam_network(_required("features"))
    size = FLAGS.image_size or network.size or DEFAULT_SIZE

    def examine(path):
        return gradcam.explain_photo(network, read_photo(path).pixels, size, _CLASS.value, width=FLAGS.panel_size)

    def draw(_, rows, names):
        return _draw_rows(rows, names, {(1, 2): gradcam.SCALE})

    return _draw_pages(arguments, ["gradcam"], examine, draw)


def _critic(arguments):
    judges = critics.load_critics(_required("run_dir"))
    _required("model")
    colorizer = _colorizer("model", needs_saliency="attention" in judges.models)

    def examine(path):
        photo = read_photo(path).pixels
        if not _has_colors(photo):
            raise BadFileError(path, "greyscale, so there is no truth for a critic to compare with")
        return critics.try_photo(judges, colorizer, photo, _true_map(path))

    def draw(figure, trials, names):
        name = figure.removeprefix("critic_")
        return critics.draw_trials(name, [trial[name] for trial in trials], names=names, width=FLAGS.panel_size)

    return _draw_pages(arguments, [f"critic_{name}" for name in judges.models], examine, draw)


def _aging(arguments):
    size = FLAGS.image_size or DEFAULT_SIZE

    def examine(path):
        gray = color.to_gray(figures.rgb_of(grid.fit(read_photo(path).pixels, size)))
        pictures = {"Greyscale": gray}
        for i in range(1, FLAGS.versions + 1):
            pictures[f"Aged {i}"] = age_by_name(gray, f"{path.name} {i}", FLAGS.strength)
        return {heading: grid.Panel(grid.fit(picture, FLAGS.panel_size)) for heading, picture in pictures.items()}

    return _draw_pages(arguments, ["aging"], examine, lambda _, rows, names: _draw_rows(rows, names))


def _draw_pages(arguments, figure_names, examine, draw):
    """Draws figures of up to --rows photos each.

    Args:
        arguments: list of strings, photos and folders.
        figure_names: names of the figures that are drawn of the same photos.
        examine: function from a photo's path to what `draw` needs to know of it.
        draw: function of a figure's name, what `examine` has returned for each photo, and names or `None`.

    Returns:
        `Report`.
    """
    if not arguments:
        raise UserError(
            f"Give the photos: files, folders or patterns, as in: scgan visualize {figure_names[0]} a.jpg b/"
        )
    photos = [file.path for file in find_files(arguments, PHOTO_SUFFIXES, exclude=FLAGS.output_dir)]
    pages = [photos[i : i + FLAGS.rows] for i in range(0, len(photos), FLAGS.rows)]
    outputs = [{name: _output(f"{name}_{i:02d}.png") for name in figure_names} for i in range(1, len(pages) + 1)]
    report = Report("drawn")
    with progress_bar(total=len(photos), unit="photo") as bar:
        for page, paths in zip(pages, outputs, strict=True):
            rows = {}
            for photo in page:
                with report.catch(photo):
                    rows[photo] = examine(photo)
                bar.update()
            if not rows:
                continue
            names = [photo.stem for photo in rows] if FLAGS.names else None
            for name, path in paths.items():
                grid.save(draw(name, list(rows.values()), names), path)
                logging.info("Wrote %s: %s", path, ", ".join(photo.name for photo in rows))
    return report


def _draw_rows(rows, names, scales=None):
    headings = [heading for heading in rows[0] if any(row[heading] for row in rows)]
    panels = [[row[heading] for heading in headings] for row in rows]
    return grid.draw_grid(headings, panels, names=names, scales=scales)


def _hue(arguments):
    if arguments:
        raise UserError(f"unexpected argument {arguments[0]!r}: the photos for hue are those of --data_dir.")
    colorizer = _colorizer("model", needs_saliency=True) if FLAGS.model else None
    size = colorizer.size if colorizer else FLAGS.image_size or DEFAULT_SIZE
    if FLAGS.patch_size > size:
        raise UserError(f"--patch_size={FLAGS.patch_size} is more than the photos' {size} pixels: see --image_size.")
    plot, table = _output("hue.png"), _output("hue.jsonl")
    report = Report("measured")
    fields = ("color",) if colorizer else ("color", "saliency")
    pairs = data.PhotoFolder(_required("data_dir"), fields=fields, bad_files=_BadFiles(report))
    results = hue.measure_hues(
        _hue_samples(pairs, colorizer, size, report),
        seed=FLAGS.seed,
        size=FLAGS.patch_size,
        high=FLAGS.high,
        salient_share=FLAGS.salient_share,
        count=FLAGS.patches,
    )
    if not report.done:
        path, reason = report.failures[0]
        raise UserError(f"None of the photos in {FLAGS.data_dir} can be used. The first, {path}: {reason}")
    _print_hues(results)
    protocol = {name: getattr(FLAGS, name) for name in ("data_dir", "patch_size", "patches", "seed")}
    protocol |= {"photos": report.done, "high": FLAGS.high, "salient_share": FLAGS.salient_share, "image_size": size}
    protocol |= {"maps": FLAGS.model or "saliency/", "variance_unit": "half degrees squared"}
    protocol["green_cyan_blue_degrees"] = hue.GREEN_TO_BLUE
    with atomic_path(table) as path:
        lines = ({"figure": "hue", "kind": kind, **protocol, **result} for kind, result in results.items())
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    grid.save(hue.draw_histograms(results), plot)
    logging.info("Wrote %s and %s", table, plot)
    return report


class _BadFiles:
    """Takes what `data.BadFiles` takes, however many they are, for the report."""

    def __init__(self, report):
        self.report = report

    def add(self, *files, summary=None):
        for file in files:
            self.report.add_failure(file.path, file)


def _hue_samples(pairs, colorizer, size, report):
    """Squeezed photos with their maps, or those that a model makes of them."""
    with progress_bar(total=len(pairs), unit="photo") as bar:
        for index in range(len(pairs)):
            pair = pairs.read_or_skip(index, size)
            bar.update()
            if pair is None:
                continue
            report.done += 1
            photo = to_square(pair["color"], size)
            if colorizer:
                saliency = colorizer.predict(colorizer.prepare(photo)[np.newaxis])["saliency"][0]
                saliency_map = colorizer.saliency_map(photo, saliency)
            else:
                saliency_map = pair["saliency"]
            yield index, photo, to_square(saliency_map, size)


def _print_hues(results):
    print("patches     count  pixels with hue   variance (half degrees^2)  circular variance  green, cyan, blue")
    for kind, r in results.items():
        if not r["pixels_with_hue"]:
            print(f"{kind:10}{r['patches']:7}  no such patches, or no colour in them")
            continue
        print(
            f"{kind:10}{r['patches']:7}{r['pixels_with_hue'] / r['pixels']:17.1%}{r['variance']:28.0f}"
            f"{r['circular_variance']:19.3f}{r['green_cyan_blue_share']:19.2%}"
        )


def _colorizer(flag, needs_saliency=False):
    path = getattr(FLAGS, flag)
    colorizer = Colorizer(path, size=FLAGS.image_size)
    if needs_saliency and not colorizer.has_saliency:
        raise UserError(f"--{flag}={path} has no saliency branch: take a generator trained with --attention_loss.")
    return colorizer


def _required(flag):
    value = getattr(FLAGS, flag)
    if value is None:
        raise UserError(f"--{flag} is missing; --helpshort says what it is.")
    return value


def _output(name):
    path = pathlib.Path(FLAGS.output_dir) / name
    if path.exists() and not FLAGS.overwrite:
        raise UserError(f"{path} exists: choose another --output_dir, or replace it by --overwrite.")
    return path


def _has_colors(photo):
    return photo.ndim == 3 and not is_gray(figures.rgb_of(photo))


def _true_map(photo_path):
    """The map of a photo in --saliency_dir, `[h, w]` uint8; `None` without that flag."""
    if FLAGS.saliency_dir is None:
        return None
    paths = (pathlib.Path(FLAGS.saliency_dir) / f"{photo_path.stem}{suffix}" for suffix in PHOTO_SUFFIXES)
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise BadFileError(photo_path, f"no saliency map of its name in {FLAGS.saliency_dir}")
    return read_gray(path)

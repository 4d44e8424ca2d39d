"""What several figures have: flags, photos with their saliency maps, and the pages that they are drawn on."""

import pathlib

from absl import flags, logging

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.data.decoding import is_gray, read_gray
from keras_scgan.photos.files import PHOTO_SUFFIXES
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.file_jobs import Report, find_files
from keras_scgan.program.progress import progress_bar
from keras_scgan.visualization import figures, grid

flags.disclaim_key_flags()  # those that are defined here are the calling module's

FLAGS = flags.FLAGS


def define_output():
    """Defines --output_dir and --overwrite."""
    flags.DEFINE_string("output_dir", None, "Folder for the figures.", required=True)
    flags.DEFINE_bool("overwrite", False, "Replace figures that are there.")


def define_image_size(default="the network's own"):
    """Defines --image_size. Args: `default`, string."""
    flags.DEFINE_integer(
        "image_size", None, f"Height and width at which networks see a photo, in pixels. Default: {default}.", 1
    )


def define_pages():
    """Defines the flags of figures with a row a photo."""
    flags.DEFINE_integer("rows", 6, "Photos on a figure; more than these make further figures.", 1)
    flags.DEFINE_integer("panel_size", 320, "Width of each picture on a figure, in pixels.", 64)
    flags.DEFINE_bool("names", False, "Write the photos' names beside them.")


def define_true_maps():
    """Defines --saliency_dir."""
    flags.DEFINE_string("saliency_dir", None, "Folder with the true saliency maps STEM.SUFFIX of the photos.")


def colorizer_of(flag, needs_saliency=False, **options):
    """The `Colorizer` of the generator that a flag names. Args: `flag`; `needs_saliency`, bool; `options` of it."""
    path = FLAGS[flag].value
    colorizer = Colorizer(path, image_size=FLAGS.image_size, **options)
    if needs_saliency and not colorizer.has_saliency:
        raise UserError(f"--{flag}={path} has no saliency branch: take a generator trained with --attention_loss.")
    return colorizer


def output(name):
    """Path of a file of --output_dir, which may not exist without --overwrite."""
    path = pathlib.Path(FLAGS.output_dir) / name
    if path.exists() and not FLAGS.overwrite:
        raise UserError(f"{path} exists: choose another --output_dir, or replace it by --overwrite.")
    return path


def has_colors(photo):
    """Whether a photo, `[H, W]`, `[H, W, 3]` or `[H, W, 4]`, is no greyscale one."""
    return photo.ndim == 3 and not is_gray(figures.rgb_of(photo))


def true_map(photo_path):
    """The map of a photo in --saliency_dir, `[h, w]` uint8; `None` without that flag."""
    if FLAGS.saliency_dir is None:
        return None
    paths = (pathlib.Path(FLAGS.saliency_dir) / f"{photo_path.stem}{suffix}" for suffix in PHOTO_SUFFIXES)
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise BadFileError(photo_path, f"no saliency map of its name in {FLAGS.saliency_dir}")
    return read_gray(path)


def draw_pages(arguments, figure_names, examine, draw):
    """Draws figures of up to --rows photos each.

    Args:
        arguments: list of strings, photos and folders.
        figure_names: names of the figures that are drawn of the same photos.
        examine: function from a photo's path to what `draw` needs to know of it.
        draw: function of a figure's name, what `examine` has returned for each photo, and names or `None`.

    Returns:
        The exit status.
    """
    if not arguments:
        raise UserError(
            f"Give the photos: files, folders or patterns, as in: scgan visualize {figure_names[0]} a.jpg b/"
        )
    photos = [file.path for file in find_files(arguments, PHOTO_SUFFIXES, exclude=FLAGS.output_dir)]
    pages = [photos[i : i + FLAGS.rows] for i in range(0, len(photos), FLAGS.rows)]
    outputs = [{name: output(f"{name}_{i:02d}.png") for name in figure_names} for i in range(1, len(pages) + 1)]
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
    return report.finish()


def draw_rows(rows, names, scales=None):
    """Draws rows, dicts of `Panel`s or `None` by heading, without the columns that are empty; see `grid.draw_grid`."""
    headings = [heading for heading in rows[0] if any(row[heading] for row in rows)]
    panels = [[row[heading] for heading in headings] for row in rows]
    return grid.draw_grid(headings, panels, names=names, scales=scales)

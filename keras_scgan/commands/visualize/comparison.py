"""Draws the colorizations of many methods side by side: figures 1, 4, 6, 10 and 12 of the paper.

    scgan visualize comparison photos/ --model=ours=generator.keras --pred_dir=theirs=RESULTS --output_dir=DIR

A row for each photo: greyscale, each folder's result, matched by name, each generator's, and the true colours. Folders
may hold any pictures, so that --pred_dir=detection=A,fixation=B of saliency maps draws figure 13. Written as
comparison_01.png, ... Best and worst photos (figure 14) are drawn by scgan evaluate.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import sys

from absl import flags

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.commands.visualize import shared
from keras_scgan.evaluation import methods
from keras_scgan.photos.files import read_photo, read_rgb
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.visualization.comparison import comparison_row

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

shared.define_output()
flags.DEFINE_list("model", [], "Generators (.keras, SavedModel, .tflite, or a name such as scgan): PATH or NAME=PATH.")
flags.DEFINE_list("pred_dir", [], "Folders of results, matched by file name: PATH or NAME=PATH.")
shared.define_image_size()
shared.define_pages()


def main(argv):
    """Draws the figure."""
    parsed = methods.parse_methods(FLAGS.model, "model")
    colorizers = {name: Colorizer(path, image_size=FLAGS.image_size) for name, path in parsed}
    folders = [methods.Folder(name, path) for name, path in methods.parse_methods(FLAGS.pred_dir, "pred_dir")]
    names = [*colorizers, *(folder.name for folder in folders)]
    if not names:
        raise UserError("name what is compared: --model=NAME=PATH, --pred_dir=NAME=PATH.")
    if len(set(names)) < len(names):
        raise UserError(f"Two columns have one name: {', '.join(names)}.")

    def examine(path):
        photo = read_photo(path).pixels
        results = {folder.name: _result(folder, path) for folder in folders}
        return comparison_row(photo, shared.has_colors(photo), results, colorizers, width=FLAGS.panel_size)

    sys.exit(shared.draw_pages(argv[1:], ["comparison"], examine, lambda _, rows, names: shared.draw_rows(rows, names)))


def _result(folder, photo_path):
    try:
        return read_rgb(folder.find(photo_path.stem))
    except BadFileError as error:
        raise BadFileError(photo_path, f"{folder.folder}: {error.reason}") from None

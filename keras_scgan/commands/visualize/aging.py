"""Draws greyscale photos beside what the flag --aging of training makes of them: scans of old photos.

    scgan visualize aging photo.jpg folder/ --strength=0.5 --output_dir=DIR

Photos are --image_size pixels wide, as they are in training. Written as aging_01.png, ...
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import sys

from absl import flags

from keras_scgan.colorizing.runners import DEFAULT_SIZE
from keras_scgan.commands.visualize import shared
from keras_scgan.data.aging import age_by_name
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo
from keras_scgan.visualization import figures, grid

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

shared.define_output()
flags.DEFINE_float("strength", 0.5, "How old the photos look; 0.5: typical scans; 1: the worst.", 0, 1)
flags.DEFINE_integer("versions", 5, "Aged pictures of each photo.", 1)
shared.define_image_size(DEFAULT_SIZE)
shared.define_pages()


def main(argv):
    """Draws the figure."""
    size = FLAGS.image_size or DEFAULT_SIZE

    def examine(path):
        gray = color.to_gray(figures.rgb_of(grid.fit(read_photo(path).pixels, size)))
        pictures = {"Greyscale": gray}
        for i in range(1, FLAGS.versions + 1):
            pictures[f"Aged {i}"] = age_by_name(gray, f"{path.name} {i}", FLAGS.strength)
        return {heading: grid.Panel(grid.fit(picture, FLAGS.panel_size)) for heading, picture in pictures.items()}

    sys.exit(shared.draw_pages(argv[1:], ["aging"], examine, lambda _, rows, names: shared.draw_rows(rows, names)))

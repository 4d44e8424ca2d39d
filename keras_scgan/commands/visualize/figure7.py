"""Draws what the saliency branch attends to: figure 7 of the paper.

    scgan visualize figure7 photo.jpg folder/ --output_dir=DIR

Greyscale, colorized, true colours, saliency and the image weighted by it, a row for each photo. --saliency_dir adds the
true map, --baseline another model. Written as figure7_01.png, ...
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import sys

from absl import flags

from keras_scgan.commands.visualize import shared
from keras_scgan.photos.files import read_photo
from keras_scgan.visualization import figure7

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

shared.define_output()
flags.DEFINE_string(
    "model", None, "Generator: a .keras or .tflite file, a SavedModel folder or a name. Default: scgan."
)
flags.DEFINE_string("baseline", None, "Another generator, trained without saliency, to compare with.")
flags.DEFINE_bool(
    "own_output",
    False,
    "Show the network's own output for the squeezed photo, as the paper does, not the full pipeline's.",
)
shared.define_image_size()
shared.define_true_maps()
shared.define_pages()


def main(argv):
    """Draws the figure."""
    colorizer = shared.colorizer_of("model", needs_saliency=True, fit="squeeze" if FLAGS.own_output else "pad")
    baseline = shared.colorizer_of("baseline") if FLAGS.baseline else None

    def examine(path):
        photo = read_photo(path).pixels
        return figure7.figure7_row(
            photo,
            shared.has_colors(photo),
            colorizer,
            true_map=shared.true_map(path),
            baseline=baseline,
            own_output=FLAGS.own_output,
            width=FLAGS.panel_size,
        )

    sys.exit(shared.draw_pages(argv[1:], ["figure7"], examine, lambda _, rows, names: shared.draw_rows(rows, names)))

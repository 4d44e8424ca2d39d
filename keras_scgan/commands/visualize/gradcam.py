"""Draws where a class comes from, by Grad-CAM and Grad-CAM++.

    scgan visualize gradcam photo.jpg folder/ --features=vgg16_gray.keras --output_dir=DIR

VGG-16-Gray's highest class, or --class; of a generator's global feature network, which has no classes, where the mean
of its features comes from. Written as gradcam_01.png, ...
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import sys

from absl import flags

from keras_scgan.colorizing.runners import DEFAULT_SIZE
from keras_scgan.commands.visualize import shared
from keras_scgan.photos.files import read_photo
from keras_scgan.visualization import gradcam

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

shared.define_output()
flags.DEFINE_string(
    "features", None, "A .keras file: VGG-16-Gray with or without its classifier, or a generator.", required=True
)
_CLASS = flags.DEFINE_integer("class", None, "The class to explain. Default: the most probable.", 0)
shared.define_image_size(f"the network's own, else {DEFAULT_SIZE}")
shared.define_pages()


def main(argv):
    """Draws the figure."""
    network = gradcam.load_cam_network(FLAGS.features)
    size = FLAGS.image_size or network.image_size or DEFAULT_SIZE

    def examine(path):
        return gradcam.explain_photo(network, read_photo(path).pixels, size, _CLASS.value, width=FLAGS.panel_size)

    def draw(_, rows, names):
        return shared.draw_rows(rows, names, {(1, 2): gradcam.SCALE})

    sys.exit(shared.draw_pages(argv[1:], ["gradcam"], examine, draw))

"""Serves a network by HTTP: photos in, colour versions out.

    scgan serve --port=8501

    curl --data-binary @photo.jpg "http://localhost:8501/colorize?saturation=1.2" > colorized.jpg
    scgan serving_client folder/ --server=localhost:8501 --model_name=scgan --output_dir=colorized

POST /colorize takes a photo's file and returns that of its colour version. Options of the query: saturation, fit,
upsampling, flip_average, size (pixels of the longer side of the result), format and quality, as of scgan colorize. The
REST API of TensorFlow Serving is there too, for scgan serving_client. /healthz and /readyz tell how the server is,
/metrics tells Prometheus. A request that finds no place is refused with 429. SIGTERM stops the server as soon as what
is taken is done.

It takes no password and does not encrypt: for other machines, put a proxy before it, as in deploy/. Needs
pip install "keras-scgan[serve]"
"""

import ipaddress
import pathlib

from absl import flags, logging

from keras_scgan.colorizing import descriptions
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.commands import _settings_flags
from keras_scgan.program import cli, quiet
from keras_scgan.program.errors import UserError
from keras_scgan.serving.server.photo_server import PhotoServer
from keras_scgan.serving.server.settings import ServerSettings

FLAGS = flags.FLAGS

flags.DEFINE_string("model", None, "Generator, as of scgan colorize. Default: scgan.")
flags.DEFINE_enum(
    "network_input",
    descriptions.LUMA,
    descriptions.NETWORK_INPUTS,
    "What is colorized, which the network must be for: luma, photos, or thermal, thermal images.",
)
_settings_flags.define(ServerSettings)
flags.DEFINE_string("web_dir", None, "Folder of a page to serve at /. Default: web/dist of a clone, if it is built.")

_BUILT_PAGE = pathlib.Path(__file__).parents[2] / "web" / "dist"


def main(_):
    """Serves until it is told to stop."""
    web_dir = FLAGS.web_dir or (_BUILT_PAGE if _BUILT_PAGE.is_dir() else None)
    if web_dir is not None and not pathlib.Path(web_dir).is_dir():
        raise UserError(f"--web_dir={web_dir}: there is no such folder.")
    settings = cli.from_flags(ServerSettings)
    with quiet.notes_held_back():
        colorizer = Colorizer(FLAGS.model, threads=1, network_input=FLAGS.network_input)
    server = PhotoServer(colorizer, settings, web_dir)
    logging.info("Serving at %s", server.url)
    if not ipaddress.ip_address(server.host).is_loopback:
        logging.warning("Other machines reach it without a password: put a proxy before it, as in deploy/.")
    server.run()

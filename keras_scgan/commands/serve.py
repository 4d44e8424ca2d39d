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

from absl import flags, logging

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.commands import _colorizer_flags, _settings_flags
from keras_scgan.program import cli, quiet
from keras_scgan.serving.server.photo_server import PhotoServer
from keras_scgan.serving.server.settings import ServerSettings
from keras_scgan.web import server as web

FLAGS = flags.FLAGS

flags.DEFINE_string("model", None, "Generator, as of scgan colorize. Default: scgan.")
_colorizer_flags.define_network_input()
_settings_flags.define(ServerSettings)
flags.DEFINE_string("page_dir", None, "Folder of a page to serve at /. Default: where a clone has it, if it is built.")


def main(_):
    """Serves until it is told to stop."""
    settings = cli.from_flags(ServerSettings)
    with quiet.notes_held_back():
        colorizer = Colorizer(FLAGS.model, threads=1, network_input=FLAGS.network_input)
    page_dir = FLAGS.page_dir or (web.PAGE_DIR if web.has_page() else None)
    server = PhotoServer(colorizer, settings, page_dir)
    logging.info("Serving at %s", server.url)
    if not ipaddress.ip_address(server.host).is_loopback:
        logging.warning("Other machines reach it without a password: put a proxy before it, as in deploy/.")
    server.run()

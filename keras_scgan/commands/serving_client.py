"""Colorizes photos on a TensorFlow Serving server.

    scgan serving_client photo.jpg folder/ --server=localhost:8501 --model_name=scgan --output_dir=colorized

Results are those of scgan colorize: they keep the size, the format, the metadata and the luma of their originals,
and their places in the folders that are given. A photo that cannot be colorized is named at the end, and the exit
status is 1. Run again, it does what is not done yet. gRPC needs tensorflow-serving-api: pip install
"keras-scgan[serving]"
"""

import contextlib
import functools
import importlib
import pathlib
import sys

from absl import flags

from keras_scgan import serving
from keras_scgan.colorizing import planning
from keras_scgan.commands import _colorizer_flags
from keras_scgan.photos.files import PHOTO_SUFFIXES
from keras_scgan.program.errors import UserError
from keras_scgan.program.file_jobs import Report, find_files
from keras_scgan.program.progress import progress_bar

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

# === The server ===
flags.DEFINE_string("server", None, "HOST:PORT. Usual ports: 8501 for rest, 8500 for grpc.", required=True)
flags.DEFINE_enum("protocol", "rest", serving.PROTOCOLS, "API of the server.")
flags.DEFINE_string("model_name", None, "Name under which the server has the model.", required=True)
flags.DEFINE_integer("model_version", None, "Version of the model. Default: the latest.", 0)
flags.DEFINE_float("timeout", 60.0, "Seconds that the answer for a photo may take, with all tries.", 0.001, 1e6)
flags.DEFINE_integer(
    "retries",
    None,
    "How often at most a request is sent again that finds the server not available, or with too much to do. Default: "
    "as often as --timeout allows.",
    0,
)
flags.DEFINE_bool("tls", False, "Encrypt the connection, to a proxy before a server that speaks REST.")
flags.DEFINE_string("ca_file", None, "File of the certificates to trust. Default: those of the system.")
flags.DEFINE_string("token_file", None, "File of the token that the proxy is shown, with --tls.")
flags.DEFINE_integer("concurrency", 4, "Requests at once; memory grows with them.", 1)
flags.DEFINE_integer("max_message_mb", 256, "Largest answer, and request of grpc, in 2^20 bytes.", 1, 2047)
_colorizer_flags.define_network_input()

# === What, where to, and how ===
flags.DEFINE_list("input", [], "Files, folders and patterns, as those that are given without a flag.")
flags.DEFINE_string("output_dir", "colorized", "Folder for the results.")
flags.DEFINE_bool("overwrite", False, "Do again what is done.")
_colorizer_flags.define_results()


def main(argv):
    """Colorizes all that is named."""
    arguments = [*argv[1:], *FLAGS.input]
    if not arguments:
        raise UserError("Give the photos: files, folders or patterns, as in: scgan serving_client photo.jpg folder/")
    report = Report("colorized")
    files = find_files(arguments, PHOTO_SUFFIXES, exclude=FLAGS.output_dir, left_out=report.left_out)
    jobs = planning.plan(
        files,
        FLAGS.output_dir,
        report,
        suffix_of=functools.partial(planning.result_suffix, chosen=FLAGS.format),
        overwrite=FLAGS.overwrite,
    )
    if jobs:
        _colorize(jobs, report)
    sys.exit(report.finish())


def _colorize(jobs, report):
    if FLAGS.protocol == "grpc":  # whose messages are TensorFlow's; if that is missing, the client says what to do
        with contextlib.suppress(ImportError):
            importlib.import_module("keras_scgan.program.quiet_tensorflow")
    client = serving.ServingClient(
        FLAGS.server,
        FLAGS.model_name,
        FLAGS.protocol,
        version=FLAGS.model_version,
        timeout=FLAGS.timeout,
        retries=FLAGS.retries,
        max_message_mb=FLAGS.max_message_mb,
        network_input=FLAGS.network_input,
        tls=FLAGS.tls,
        ca_file=FLAGS.ca_file,
        token=pathlib.Path(FLAGS.token_file).read_text(errors="replace").strip() if FLAGS.token_file else None,
    )
    with client, progress_bar(total=len(jobs), unit="photo") as bar:
        for _ in serving.colorize_photos(
            client, jobs, report, quality=FLAGS.quality, concurrency=FLAGS.concurrency, max_pixels=FLAGS.max_pixels
        ):
            bar.update()

"""Measures how long scgan serve takes to answer, by how much is asked of it.

    scgan benchmark serve --plot=serve.png

Closed loops first: so many clients, each of which waits for its answer. Then open loops: requests come at random times,
at shares of the most that the closed loops got answered, whether or not the server is ready. Every answer is compared
with what the colorizer makes of the photo. The clients take time of the same machine.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import contextlib

from absl import flags

from keras_scgan.benchmarks import serve
from keras_scgan.benchmarks.colorize import large_photo
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.results import colorize_bytes
from keras_scgan.commands.benchmark import shared
from keras_scgan.photos import color
from keras_scgan.photos.files import encode_photo
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path

FLAGS = flags.FLAGS

_PHOTOS = 16  # different ones

flags.DEFINE_string("model", None, "Generator, as of scgan colorize. Default: scgan.")
flags.DEFINE_string("server", None, "HOST:PORT of a server of the same model. Default: one that is started.")
flags.DEFINE_list("server_flags", [], "Flags of scgan serve for the one that is started, such as --queue=8.")
flags.DEFINE_float("megapixels", 0.25, "Size of the photos, greyscale JPEG files.", 0.001)
flags.DEFINE_integer("requests", 500, "Requests of each measurement.", 1)
flags.DEFINE_list("concurrency", ["1", "2", "4", "8"], "Clients of the closed loops.")
flags.DEFINE_list("load", ["0.25", "0.5", "0.75", "0.9", "1", "1.25", "1.5", "2"], "Shares of the open loops.")
flags.DEFINE_string("plot", None, "PNG file of a plot of the open loops.")
shared.define_data_dir("Folder with images/, which are enlarged or shrunk")
shared.define_output()


def main(_):
    """Measures the loops."""
    concurrency, load = _numbers("concurrency", int), _numbers("load", float)
    colorizer = Colorizer(FLAGS.model)
    photos = [_file_of(path) for path in shared.photo_paths(_PHOTOS)]
    expected = [bytes(colorize_bytes(colorizer, photo, name="photo")[0]) for photo in photos]
    model_flags = [f"--model={FLAGS.model}"] if FLAGS.model else []
    with contextlib.ExitStack() as stack:
        address, pid = FLAGS.server, None
        if address is None:
            started = serve.started_server("--port=0", *model_flags, *FLAGS.server_flags)
            address, pid = stack.enter_context(started)
        asker = serve.Asker(address, photos, expected)
        print("loop      load   answered  a second   refused  wrong  failed   p50 ms   p90 ms   p99 ms  MiB")
        results = [_print(serve.benchmark_closed(asker, FLAGS.requests, clients, pid)) for clients in concurrency]
        capacity = max(result["answered_per_second"] for result in results)
        results += [_print(serve.benchmark_open(asker, FLAGS.requests, share * capacity, pid)) for share in load]
    if FLAGS.plot and load:
        with atomic_path(FLAGS.plot) as path:
            serve.draw([result for result in results if result["loop"] == "open"]).savefig(path, dpi=100)
    shared.write([{"benchmark": "serve", "megapixels": FLAGS.megapixels, **result} for result in results])


def _numbers(name, kind):
    try:
        numbers = [kind(text) for text in FLAGS[name].value]
    except ValueError:
        numbers = [0]
    if not all(number > 0 for number in numbers) or (name == "concurrency" and not numbers):
        raise UserError(f"--{name}={','.join(FLAGS[name].value)}: expected numbers above 0, with commas.")
    return numbers


def _file_of(path):
    gray = color.to_gray(large_photo(path, FLAGS.megapixels))
    return bytes(encode_photo("photo.jpg", gray, quality=90))


def _print(result):
    load = f"{result['concurrency']}" if result["loop"] == "closed" else f"{result['offered']:.1f}/s"
    times = "".join(
        "        -" if result[f"p{p}"] is None else f"{1000 * result[f'p{p}']:9.1f}" for p in serve.PERCENTILES
    )
    memory = "" if result["memory_mib"] is None else f"{result['memory_mib']:.0f}"
    print(
        f"{result['loop']:7}{load:>8}{result['answered']:10}{result['answered_per_second']:10.1f}{result['refused']:10}"
        f"{result['wrong']:7}{result['failed']:8}{times}{memory:>6}",
        flush=True,
    )
    return result

"""What several benchmarks have: flags, photos, and the file of the results."""

import json
import pathlib

from absl import flags

from keras_scgan import build_generator, data
from keras_scgan.benchmarks import input_pipeline
from keras_scgan.models import DEPTHS, PRESETS
from keras_scgan.program.errors import UserError

flags.disclaim_key_flags()  # those that are defined here are the calling module's

FLAGS = flags.FLAGS


def define_output():
    """Defines --output."""
    flags.DEFINE_string("output", None, "File that the results are added to, one JSON line each.")


def define_rounds():
    """Defines --rounds."""
    flags.DEFINE_integer("rounds", 10, "Timed steps, turns or photos of each kind.", 1)


def define_data_dir(kinds="Folder with images/"):
    """Defines --data_dir. Args: `kinds`, string, of the folders that it may be."""
    flags.DEFINE_string("data_dir", None, f"{kinds}. Default: the demo.")


def define_photos():
    """Defines --photos."""
    flags.DEFINE_integer("photos", 100, "Photos of --data_dir to measure, evenly spread.", 1)


def define_network():
    """Defines --preset and --depth."""
    flags.DEFINE_enum("preset", "small", list(PRESETS), "Width of the networks.")
    flags.DEFINE_enum("depth", "7", map(str, DEPTHS), "Stride-2 layers of the encoder.")


def define_batches():
    """Defines the flags of batches of photos."""
    flags.DEFINE_integer("image_size", 128, "Height and width of the images, in pixels.", 1)
    flags.DEFINE_integer("batch_size", 16, "Photos a step.", 1)
    flags.DEFINE_float(
        "min_crop_area", 1.0, "Smallest share of a photo that a random crop takes; 1: no crops.", 0.001, 1.0
    )


def refuse(names, reason):
    """Raises `UserError` where one of some flags is given. Args: `names`, without dashes; `reason`, string."""
    given = next((name for name in names if FLAGS[name].present), None)
    if given is not None:
        raise UserError(f"--{given} {reason}.")


def random_generator():
    """A generator of --preset and --depth, with random weights."""
    return build_generator(FLAGS.preset, depth=int(FLAGS.depth))


def data_dir():
    """Path of the data set."""
    return FLAGS.data_dir or data.demo_dir()


def open_data_set():
    """The data set, of photos with saliency."""
    return data.open_data_set(data_dir(), bad_files=data.BadFiles(100))


def photo_paths(count):
    """Paths of so many of the photos, or of all if there are fewer, evenly spread."""
    pairs = data.PhotoFolder(data_dir(), fields=("color",))
    return [pathlib.Path(pairs.photo_path(place)) for place in evenly_spread(count, len(pairs))]


def evenly_spread(count, total):
    """Places in [0, total), so many, or all if there are fewer, evenly spread: a list of ints."""
    count = min(count, total)
    return [i * total // count for i in range(count)]


def time_input(data_sets):
    """Times the input pipeline from data sets by name, prints a table, and returns the results."""
    with data.original_errors():
        results = input_pipeline.benchmark_input(
            data_sets,
            image_size=FLAGS.image_size,
            batch_size=FLAGS.batch_size,
            min_crop_area=FLAGS.min_crop_area,
            rounds=FLAGS.rounds,
        )
    print(f"Batches of {FLAGS.batch_size} at {FLAGS.image_size} pixels:")
    print("data set              images/s (p10..p90)     ratio  ms/batch")
    for r in results:
        speed = f"{r['images_per_second']:.0f} ({r['p10']:.0f}..{r['p90']:.0f})"
        print(f"{r['data_set']:20}{speed:>21}{r['ratio']:10.2f}{r['milliseconds_per_batch']:10.1f}")
    return results


def write(results):
    """Adds results, a list of dicts, to the file of --output, if any."""
    if FLAGS.output:
        with open(FLAGS.output, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(result) + "\n" for result in results)

"""Measures how much colours change from frame to frame where the picture is still, with and without smoothing.

    scgan benchmark flicker --model=generator.keras --video=clip.mp4

Still parts are those whose luma hardly changes; smoothing costs truth where it carries colours over.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.benchmarks import flicker
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.commands.benchmark import shared

FLAGS = flags.FLAGS
SMOOTHINGS = (0.0, 0.5, 0.8, 0.9)

flags.DEFINE_string("model", None, "Generator, as of scgan colorize. Default: scgan.")
flags.DEFINE_string("video", None, "Video that is colorized. Default: an old film, made of a photo of --data_dir.")
flags.DEFINE_integer("frames", 48, "Frames of the video.", 2)
shared.define_data_dir("Folder with images/, of which the first is made into an old film")
shared.define_output()


def main(_):
    """Measures the flicker."""
    if FLAGS.video:
        shared.refuse(("data_dir",), "is for an old film made of a photo, in place of --video")
    colorizer = Colorizer(FLAGS.model)
    if FLAGS.video:
        frames = flicker.read_frames(FLAGS.video, FLAGS.frames)
    else:
        frames = flicker.old_film(shared.photo_paths(1)[0], FLAGS.frames)
    results = flicker.benchmark_flicker(colorizer, list(frames), SMOOTHINGS)
    print("smoothing  flicker  chroma error")
    for r in results:
        print(f"{r['smoothing']:9}{r['flicker']:9.3f}{r['chroma_error']:14.2f}")
    shared.write([{"benchmark": "flicker", "video": FLAGS.video or "old film", **result} for result in results])

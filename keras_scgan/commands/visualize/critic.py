"""Draws what the critics of a run of stage 2 object to in a colorized photo, and where.

    scgan visualize critic photo.jpg folder/ --model=generator.keras --run_dir=RUN --output_dir=DIR

The scores that they give to each place of the true and of the colorized photo, and their difference. Written as
critic_color_01.png, critic_attention_01.png, ...
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import sys

from absl import flags

from keras_scgan.commands.visualize import shared
from keras_scgan.photos.files import read_photo
from keras_scgan.program.errors import BadFileError
from keras_scgan.visualization import critics

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

shared.define_output()
flags.DEFINE_string("run_dir", None, "Run folder of stage 2, or any with color_critic.keras.", required=True)
flags.DEFINE_string(
    "model",
    None,
    "Generator that is judged: a .keras or .tflite file, a SavedModel folder or a name.",
    required=True,
)
shared.define_image_size()
shared.define_true_maps()
shared.define_pages()


def main(argv):
    """Draws a figure a critic."""
    judges = critics.load_critics(FLAGS.run_dir)
    colorizer = shared.colorizer_of("model", needs_saliency="attention" in judges.models)

    def examine(path):
        photo = read_photo(path).pixels
        if not shared.has_colors(photo):
            raise BadFileError(path, "greyscale, so there is no truth for a critic to compare with")
        return critics.try_photo(judges, colorizer, photo, shared.true_map(path))

    def draw(figure, trials, names):
        name = figure.removeprefix("critic_")
        return critics.draw_trials(name, [trial[name] for trial in trials], names=names, width=FLAGS.panel_size)

    sys.exit(shared.draw_pages(argv[1:], [f"critic_{name}" for name in judges.models], examine, draw))

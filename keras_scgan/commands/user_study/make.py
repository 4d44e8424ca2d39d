"""Makes a page on which people judge colorizations without knowing whose they are.

    scgan user_study make --data_dir=PHOTOS --pred_dir=ours=A,theirs=B --output_dir=study

Every group has the greyscale photo, the true one and every method's result, in another order for each rater. Raters
get the folder page/ of --output_dir. They open its index.html in a browser, on a computer or a phone, from a disk or
any web server, answer, and send back the file that the page saves. It keeps what they have answered, and goes on where
they were. key.json, beside page/, tells whose each picture is: keep it from raters; scgan user_study score needs it.

--answers=scores is the paper's protocol. --answers=pairs asks which of two pictures is better: it needs fewer answers.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags, logging

from keras_scgan.commands import _settings_flags
from keras_scgan.user_study import Settings, make

FLAGS = flags.FLAGS

_settings_flags.define(Settings)
flags.DEFINE_string("output_dir", None, "Folder of the study.", required=True)
flags.DEFINE_bool("overwrite", False, "Replace the study that --output_dir holds.")


def main(_):
    """Makes the study."""
    page = make(_settings_flags.make(Settings), FLAGS.output_dir, overwrite=FLAGS.overwrite)
    logging.info("Wrote %s: give its folder to the raters.", page)

"""Measures colorizations against their originals: of generators, and of any other system's results.

    scgan evaluate --data_dir=DIR --model=generator.keras --output_dir=runs/evaluation
    scgan evaluate --data_dir=DIR --model=small=a.keras,medium=b.keras --pred_dir=ddcolor=RESULTS_DIR

Every method sees the photos' luma alone. The greyscale photos themselves are always measured too, for comparison, and
the truth, for its colourfulness. Two kinds of output are measured: the network's own at --image_size, which is the
paper's protocol, and the full pipeline's at the photos' own sizes. Without --image_size, models of different sizes run
each at its own, and the full pipeline alone is measured. Greyscale references are excluded and counted.

With --judge, a classifier that no training used, the colorizations are compared with the truth by its features too. A
table gives each method's differences from --baseline with 95 % intervals: 0 in an interval means that the photos are
too few to tell the two apart.

--protocol measures as the paper or others do, and adds their numbers to the table. --file_list, --first and --sample
choose among the photos.

--output_dir receives metrics.jsonl (one line a method and kind of output, with the protocol), per_image.csv, table.md,
photos.txt (the list of those that were measured), cci.png (box plot of the colourfulness) and best_and_worst_NAME.png.
The exit status is 1 if a file could not be used.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.commands import _settings_flags
from keras_scgan.evaluation.run import evaluate
from keras_scgan.evaluation.settings import Settings

FLAGS = flags.FLAGS

_settings_flags.define(Settings)
flags.DEFINE_string("output_dir", "runs/evaluation", "Folder of the results.")
flags.DEFINE_bool("overwrite", False, "Replace the results that --output_dir holds.")


def main(_):
    """Measures all, writes --output_dir, prints the tables."""
    tables, comparison = evaluate(_settings_flags.make(Settings), FLAGS.output_dir, overwrite=FLAGS.overwrite)
    print(tables)
    return 1 if comparison.failures else 0

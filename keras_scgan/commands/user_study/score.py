"""Scores what raters have answered in a study.

    scgan user_study score study/key.json answers-*.json

Prints, and with --output_dir writes as scores.md and scores.jsonl: of scores, each method's means with 95 % intervals;
of pairs, strengths by the model of Bradley and Terry; and how far the raters agree, by Krippendorff's alpha. The exit
status is 1 if a file could not be used. It needs: pip install "keras-scgan[study]"
"""

from absl import flags, logging

from keras_scgan.program.errors import UserError
from keras_scgan.user_study import scoring

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

flags.DEFINE_string("output_dir", None, "Folder for scores.md and scores.jsonl. Default: they are printed alone.")


def main(argv):
    """Scores the files that the arguments name, the key first."""
    if len(argv) < 3:
        raise UserError("give the key and the raters' files: scgan user_study score study/key.json answers-*.json")
    rows, failures = scoring.score(argv[1], argv[2:])
    print(scoring.format_table(rows))
    if FLAGS.output_dir is not None:
        scoring.write(FLAGS.output_dir, rows)
    for error in failures:
        logging.error("Could not be used: %s", error)
    return 1 if failures else 0

"""Makes a page on which people judge colorizations, and scores what they answer.

    scgan user_study make --data_dir=PHOTOS --pred_dir=ours=A,theirs=B --output_dir=study
    scgan user_study score study/key.json answers-*.json

make: the page, without a server or anything from elsewhere, and the key that tells whose its pictures are.
score: means or strengths with confidence intervals, and how far the raters agree.

Each has flags of its own, which `scgan user_study make --help` lists.
"""

from keras_scgan.program.errors import UserError

SUB_VERBS = ("make", "score")
TAKES_ARGUMENTS = True


def main(argv):
    """Refuses what names no task."""
    raise UserError(f"name one task: {', '.join(SUB_VERBS)}. Received: {' '.join(argv[1:]) or 'none'}.")

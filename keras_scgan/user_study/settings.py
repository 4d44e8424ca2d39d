"""What decides a user study."""

import dataclasses

from keras_scgan.evaluation.metrics import SSIM_WINDOW
from keras_scgan.program import settings
from keras_scgan.program.errors import UserError
from keras_scgan.program.settings import setting

SCORES, PAIRS = KINDS = ("scores", "pairs")
"""The paper's: each picture of a group is scored. And: of two pictures of a photo, the better one is chosen."""

SCALES = {
    "naturalness": {
        "title": "Naturalness",
        "low": "unreal",
        "high": "as a real photo",
        "text": "how much the colours are like those of a real photo. Vivid colours are not better than dull ones.",
    },
    "bleeding_removal": {
        "title": "No colour bleeding",
        "low": "severe bleeding",
        "high": "none",
        "text": "bleeding is colour of one thing that spreads over another. 10 if there is none, 0 if it is severe.",
    },
    "colorfulness": {
        "title": "Colourfulness",
        "low": "no colour",
        "high": "very colourful",
        "text": "how colourful the picture is, even if its colours are not the real ones.",
    },
}
"""What is scored from 0 to 10: the three scales of the paper's section IV.B, and what a rater is told of each."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What is judged and how: each field says what it is by its help. It is checked when it is made.

    Raises:
        UserError: A value cannot be. It is named as an argument.
    """

    data_dir: str = setting("Folder of the colour photos that were colorized, as of scgan evaluate.")
    pred_dir: tuple = setting("Folders of the results, matched by file name: PATH or NAME=PATH.")
    answers: str = setting(
        "scores: every picture of a group is scored from 0 to 10 for naturalness, removal of colour bleeding and "
        "colourfulness, as in the paper. pairs: of two pictures of a photo the better one is chosen, which is quicker.",
        SCORES,
        choices=KINDS,
    )
    groups: int = setting("Photos that are shown, drawn at random; 30 in the paper.", 30, low=1)
    questions: int | None = setting(
        "Pairs: how many each rater is asked, drawn at random for each. Default: all.", None, low=1
    )
    image_size: int | None = setting(
        "Pixels of a side of the square that pictures are squeezed to; 256 in the paper. Default: the photos' own "
        "sizes.",
        None,
        low=SSIM_WINDOW,
    )
    max_side: int = setting("Pixels of the longer side of a picture, at most.", 1024, low=64)
    seed: int = setting("Seed of the choice of photos and of the pictures' names.", 0, low=0)

    def __post_init__(self):
        settings.check(self)
        if self.answers != PAIRS and self.questions is not None:
            raise UserError(f"`questions={self.questions}` is for `answers={PAIRS}`.")

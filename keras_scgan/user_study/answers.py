"""The answers of raters, as the page of a study saves them, and the key that tells of what they are."""

import collections

import numpy as np

from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.json_files import read_object
from keras_scgan.user_study.settings import SCALES, SCORES


class Answers:
    """What raters have answered in a study.

    Args:
        key_path: path of the study's `key.json`.

    Attributes:
        kind: str. `scores` or `pairs`.
        methods: list of the names of the methods, sorted.
        photos: list of the photos' keys, in the order of the study's groups.
        raters: dict from raters to their answers, lists of dicts.

    Raises:
        UserError: The key is missing or no key.
    """

    def __init__(self, key_path):
        try:
            key = read_object(key_path)
            self.kind, self._id, self._pictures = key["kind"], key["id"], key["pictures"]
            self.photos = [self._pictures[group[0]]["photo"] for group in key["groups"]]
            self.methods = sorted({picture["method"] for picture in self._pictures.values()})
        except OSError as error:
            raise UserError(f"{key_path}: {error.strerror}.") from None
        except (ValueError, LookupError, TypeError):
            raise UserError(f"{key_path} is no key of a study, as scgan user_study make writes it.") from None
        self.raters = {}

    def read(self, path):
        """Takes a rater's file in. Of two of one rater, which save at different times, that with more answers counts.

        Raises:
            BadFileError: The file is none of this study.
        """
        try:
            found = read_object(path)
            study, rater, answers = found["study"], str(found["rater"]), found["answers"]
            if study == self._id:
                for answer in answers:
                    self._check(answer)
        except OSError as error:
            raise BadFileError(path, error.strerror) from None
        except (ValueError, LookupError, TypeError):
            raise BadFileError(path, "damaged, or no file of answers") from None
        if study != self._id:
            raise BadFileError(path, "answers of another study")
        if not answers:
            raise BadFileError(path, "no answers")
        if len(answers) > len(self.raters.get(rater, ())):
            self.raters[rater] = answers

    def _check(self, answer):
        if self.kind == SCORES:
            if answer["picture"] not in self._pictures or not all(answer[scale] in range(11) for scale in SCALES):
                raise ValueError
        elif answer["chosen"] not in (answer["left"], answer["right"]) or self._photo_of(answer) is None:
            raise ValueError

    def _photo_of(self, pair):
        """The photo of a pair, `None` where its pictures are of two."""
        photos = {self._pictures[pair[side]]["photo"] for side in ("left", "right")}
        return photos.pop() if len(photos) == 1 else None

    def scores(self, scale):
        """Scores `[raters, photos, methods]` float64, NaN where a rater gave none."""
        scores = np.full((len(self.raters), len(self.photos), len(self.methods)), np.nan)
        for rater, answers in enumerate(self.raters.values()):
            for answer in answers:
                picture = self._pictures[answer["picture"]]
                place = self.photos.index(picture["photo"]), self.methods.index(picture["method"])
                scores[rater, *place] = answer[scale]
        return scores

    def wins(self):
        """How often each method was chosen over each other one, `[raters, methods, methods]` float64."""
        wins = np.zeros((len(self.raters), len(self.methods), len(self.methods)))
        for rater, answers in enumerate(self.raters.values()):
            for answer in answers:
                wins[rater, *self._winner_and_loser(answer)] += 1
        return wins

    def choices(self):
        """Which of two methods was chosen for a photo: `[raters, pairs]`, 1 for the first by name, 0, or NaN.

        The pairs are those that any rater was asked.
        """
        found = collections.defaultdict(dict)
        for rater, answers in enumerate(self.raters.values()):
            for answer in answers:
                winner, loser = self._winner_and_loser(answer)
                unit = self._photo_of(answer), min(winner, loser), max(winner, loser)
                found[unit][rater] = float(winner < loser)
        choices = np.full((len(self.raters), len(found)), np.nan)
        for column, by_rater in enumerate(found.values()):
            for rater, choice in by_rater.items():
                choices[rater, column] = choice
        return choices

    def _winner_and_loser(self, pair):
        chosen = pair["chosen"]
        other = pair["left"] if chosen == pair["right"] else pair["right"]
        return [self.methods.index(self._pictures[picture]["method"]) for picture in (chosen, other)]

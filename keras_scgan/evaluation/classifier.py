"""A classifier of ImageNet or of anything else, and the classes that photos are of."""

import csv
import json
import pathlib
import re

import keras
import numpy as np

from keras_scgan.evaluation import image_models
from keras_scgan.models.loading import load_application, load_model
from keras_scgan.program.errors import UserError

_WORDNET_ID = re.compile(r"(?<![0-9A-Za-z])n\d{8}(?!\d)")


class Classifier:
    """A Keras classifier of photos.

    Args:
        model: Keras model from RGB images `[B, h, w, 3]` in [0, 255] to logits or probabilities `[B, classes]`.
        name: str. What it is called where its numbers are.
        preprocess: function applied to a batch of RGB images in [0, 255] first. Defaults to none.

    Raises:
        UserError: The model does not take such images, or does not give such scores.
    """

    def __init__(self, model, name, preprocess=None):
        image, scores = (image_models.shape_of(tensors) for tensors in (model.inputs, model.outputs))
        if not image_models.is_of_square_images(model) or len(scores) != 2 or scores[1] is None:
            raise UserError(
                f"The classifier {name} must map square RGB images [B, h, h, 3] to scores [B, classes]. "
                f"Received: {image or 'several inputs'} and {scores or 'several outputs'}."
            )
        self.name = name
        self.classes = scores[1]
        self.size = image[1] or image_models.ANY_SIZE
        self._model = model
        self._preprocess = preprocess

    def scores(self, images):
        """Scores `[N, classes]` of a list of `[H, W, 3]` uint8 pictures, each squeezed to the classifier's size."""
        return np.asarray(image_models.predict(self._model, images, self.size, self._preprocess), np.float32)


def load_classifier(name):
    """Loads a classifier.

    Args:
        name: path of a `.keras` model of RGB images in [0, 255], or the name of a model of `keras.applications`, as
            `"VGG16"`, whose ImageNet weights Keras downloads and keeps.

    Raises:
        UserError: There is no such file or name, no classifier in it, or the weights cannot be had.
    """
    if name.endswith(".keras"):
        return Classifier(load_model(name, "classifier"), name)
    model, preprocess = load_application(name, "classifier")
    return Classifier(model, f"{name} of keras.applications", preprocess)


# === Classes of photos ===


def find_labels(references, labels=None):
    """The classes that photos are of, as far as they are known.

    Args:
        references: list of `Reference`s.
        labels: path of a CSV file of lines `name,class`: a key, a file name or a stem, and the index of a class
            or a WordNet id, after which more may follow. Space in place of the comma will do. A first line without a
            class is a header. So ImageNet's flat validation folder can have its ground truth: LOC_val_solution.csv or
            a val.txt. By default the class is the WordNet id in the name of the photo's folder, otherwise of its file.

    Returns:
        Dict from keys to an int, a class's index, or a string, a WordNet id.

    Raises:
        UserError: The CSV file cannot be read.
    """
    if labels is not None:
        table = _read_labels(labels)
        names = {ref.key: (ref.key, f"{ref.key}{ref.path.suffix}", ref.path.name, ref.path.stem) for ref in references}
        found = {key: next((table[name] for name in choices if name in table), None) for key, choices in names.items()}
    else:
        ids = {ref.key: [*_WORDNET_ID.findall(ref.path.parent.name), *_WORDNET_ID.findall(ref.path.name)]
               for ref in references}  # fmt: skip
        found = {key: values[0] if values else None for key, values in ids.items()}
    return {key: value for key, value in found.items() if value is not None}


def to_indices(labels, classes, class_index=None):
    """Turns the classes of `find_labels` into indices.

    Args:
        labels: dict from keys to ints or WordNet ids.
        classes: int. How many the classifier knows.
        class_index: path of `imagenet_class_index.json`, `{"0": ["n01440764", "tench"], ...}`. Defaults to the
            one that Keras downloads and keeps. Only WordNet ids need it.

    Returns:
        Dict from keys to ints.

    Raises:
        UserError: The index cannot be had, or a class is not in it or not among the classifier's.
    """
    index = None
    indices = {}
    for key, label in labels.items():
        if isinstance(label, str):
            if index is None:
                index = _read_class_index(class_index)
                _check_class_count(index, classes)
            if label not in index:
                raise UserError(
                    f"The class {label} of {key} is not one of ImageNet's 1000: give the classes by `labels`."
                )
            label = index[label]
        if not 0 <= label < classes:
            raise UserError(f"The class of {key} is {label}, but the classifier has {classes}, from 0.")
        indices[key] = label
    return indices


def _read_labels(path):
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if "".join(row).strip()]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"`labels={path}` is no CSV file: {error}") from error
    table = {}
    for number, row in enumerate(rows):
        name, *classes = row if len(row) > 1 else row[0].rsplit(maxsplit=1)
        label = (classes or [""])[0].strip().partition(" ")[0]
        if label.isdecimal() or _WORDNET_ID.fullmatch(label):
            table[name.strip()] = int(label) if label.isdecimal() else label
        elif number > 0:
            raise UserError(f"`labels={path}`: expected a name and a class in each line. Received: {','.join(row)}")
    return table


def _read_class_index(path):
    """Dict from WordNet ids to indices."""
    if path is not None:
        try:
            entries = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
            return {wordnet_id: int(index) for index, (wordnet_id, _) in entries.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(f"`class_index={path}` is no imagenet_class_index.json: {error}") from error
    try:
        # The one public way to Keras's own copy.
        decoded = keras.applications.imagenet_utils.decode_predictions(np.eye(1000), top=1)
    except Exception as error:  # Keras raises this very class when a download fails
        raise UserError(
            "WordNet ids name the photos' classes, whose order cannot be downloaded: give it by "
            "`class_index=imagenet_class_index.json`, or the classes by `labels=CSV`."
        ) from error
    return {best[0][0]: index for index, best in enumerate(decoded)}


def _check_class_count(index, classes):
    if len(index) != classes:
        raise UserError(f"WordNet ids name {len(index)} classes, but the classifier has {classes}: give `labels=CSV`.")

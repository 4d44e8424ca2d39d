"""The methods that are compared: generators, folders of anyone's results, and what generators see as it is.

Each has `name`, `protocol` (a dict that says what it is) and `run(samples)`, which yields a `Result` or a
`BadFileError` for each sample.
"""

import dataclasses
import pathlib
import re

import cv2
import numpy as np

from keras_scgan.colorizing import shipped
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.runners import split_batch
from keras_scgan.evaluation.references import find_pictures
from keras_scgan.photos import color
from keras_scgan.photos.files import read_rgb
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.files import sha256

NETWORK, PIPELINE = OUTPUTS = ("network", "pipeline")
"""Kinds of output: at the protocol's size, a network's own; and at the photo's own size, the full pipeline's."""

TRUTH, GREYSCALE = "truth", "greyscale"
"""Names of the rows that are always there."""

THERMAL = "thermal_input"
"""Name of the row of the thermal images, which is there where a model takes them."""


@dataclasses.dataclass(frozen=True)
class Result:
    """What a method makes of a sample.

    Args:
        images: dict from kinds of output to `[h, w, 3]` uint8 RGB.
        saliency: `[S, S]` uint8, the predicted map, or `None`.
    """

    images: dict
    saliency: np.ndarray | None = None


def find_baseline(methods, name=None):
    """Name of the method that others are compared with.

    Args:
        methods: list of methods.
        name: str. Defaults to the first model's, otherwise the first folder's. If it is the only one: to what it sees.

    Raises:
        UserError: No method has this name.
    """
    names = [method.name for method in methods]
    if name is None:
        others = [method for method in methods if method.name not in (GREYSCALE, THERMAL)]
        others.sort(key=lambda method: isinstance(method, Folder))
        return others[0].name if len(others) > 1 else THERMAL if THERMAL in names else GREYSCALE
    if name not in names:
        raise UserError(f"`baseline={name}` is none of the methods: {', '.join(names)}.")
    return name


def true_images(sample):
    """A sample's truth, a dict from the kinds of output that the protocol has to `[h, w, 3]` uint8 RGB."""
    images = {NETWORK: sample.small, PIPELINE: sample.photo}
    return {output: image for output, image in images.items() if image is not None}


class Greyscale:
    """The greyscale photo as it is, which every method has to beat."""

    name = GREYSCALE

    def __init__(self):
        self.protocol = {}

    def run(self, samples):
        for sample in samples:
            images = {PIPELINE: _as_rgb(self._seen(sample))}
            if sample.small is not None:
                images[NETWORK] = (
                    images[PIPELINE] if sample.small is sample.photo else _as_rgb(self._small_seen(sample))
                )
            yield Result(images)

    def _seen(self, sample):
        return sample.gray

    def _small_seen(self, sample):
        return sample.small_gray


class Thermal(Greyscale):
    """The thermal image as it is, which is what models of such see."""

    name = THERMAL

    def _seen(self, sample):
        return sample.thermal

    def _small_seen(self, sample):
        return sample.small_thermal


class Model:
    """A generator. In a protocol without a size, its full pipeline alone is run.

    One of thermal images sees these, and its own colours are what it puts out at any size.

    Args:
        name: str. Name of its row.
        path: path of the generator, see `Colorizer`.
        image_size: int. Pixels of a side at which it is run; `None` for its own size.
        **options: of `Colorizer`.

    Raises:
        UserError: The model cannot be used.
    """

    def __init__(self, name, path, image_size, **options):
        self.name = name
        path = shipped.keras_path(path)
        self.colorizer = Colorizer(path, image_size=image_size, network_input=None, **options)
        self.is_thermal = self.colorizer.is_thermal
        network_input = self.colorizer.description.network_input
        about = {"model": str(path), "sha256": sha256(path), "network_input": network_input}
        self.protocol = {**about, "size": self.colorizer.image_size, **options}

    def run(self, samples):
        if samples[0].small is None:
            return (Result({PIPELINE: image}) for image in self._colorize(samples))
        return self._run_both(samples)

    def _run_both(self, samples):
        wants_saliency = any(sample.saliency is not None for sample in samples)
        seen = [sample.small_thermal if self.is_thermal else sample.small_seen for sample in samples]
        grays = [self.colorizer.prepare(image) for image in seen]
        outputs = split_batch(self.colorizer.predict(np.stack(grays), saliency=wants_saliency))
        others = [sample for sample in samples if sample.small is not sample.photo]
        colorized = iter(self._colorize(others) if others else [])
        for sample, predicted in zip(samples, outputs, strict=True):
            is_small = sample.small is sample.photo
            pipeline = self.colorizer.finish(sample.gray, predicted) if is_small else next(colorized)
            saliency = color.to_uint8(255 * predicted["saliency"][..., 0]) if "saliency" in predicted else None
            own = color.to_uint8(color.denormalize(predicted["color"]))
            yield Result({NETWORK: own, PIPELINE: pipeline}, saliency)

    def _colorize(self, samples):
        """The full pipeline's results: the colours for what is seen, on the photos' luma if that is seen."""
        seen = [sample.thermal if self.is_thermal else sample.seen for sample in samples]
        grays = np.stack([self.colorizer.prepare(image) for image in seen])
        outputs = split_batch(self.colorizer.predict(grays, saliency=False))
        return [
            self.colorizer.finish(sample.gray, predicted) for sample, predicted in zip(samples, outputs, strict=True)
        ]


class Folder:
    """Any system's results, matched to the photos by name.

    A result of the photo's own size counts as the full pipeline's and, resized as the photos are, at the protocol's
    size. One of the protocol's size counts there alone.

    Args:
        name: str. Name of its row.
        folder: path. Photos in folders are looked for in folders of the same names, otherwise by file names alone.

    Raises:
        UserError: The folder is missing or empty, or two files have one name.
    """

    def __init__(self, name, folder):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.protocol = {"pred_dir": str(folder)}
        self._paths = find_pictures(folder)
        self._by_stem = {}
        for path in self._paths.values():
            self._by_stem.setdefault(path.stem, []).append(path)

    def check_matches(self, keys):
        """Raises `UserError` if it holds a result of none of the photos. Args: `keys`, their keys, an iterable."""
        if not any(self._matches(key) for key in keys):
            raise UserError(
                f"`pred_dir={self.folder}`: none of its {len(self._paths)} files has the name of a photo of "
                f"`data_dir`, such as {min(keys)}."
            )

    def run(self, samples):
        for sample in samples:
            try:
                yield self._read(sample)
            except BadFileError as error:
                yield error

    def _read(self, sample):
        path = self.find(sample.key)
        picture = read_rgb(path)
        if picture.shape == sample.photo.shape:
            square = {} if sample.small is None else {NETWORK: sample.square(picture)}
            return Result({**square, PIPELINE: picture})
        if sample.small is not None and picture.shape == sample.small.shape:
            return Result({NETWORK: picture})
        other = "" if sample.small is None else f" nor {_size_of(sample.small)}"
        raise BadFileError(path, f"has {_size_of(picture)} pixels, not {_size_of(sample.photo)} as the photo{other}")

    def _matches(self, key):
        return [self._paths[key]] if key in self._paths else self._by_stem.get(key.rpartition("/")[2], [])

    def find(self, key):
        """Path of the result for a photo. Args: `key`, str, the photo's, or its stem. Raises: `BadFileError`."""
        paths = self._matches(key)
        if len(paths) == 1:
            return paths[0]
        found = "no result" if not paths else f"{len(paths)} results of this name"
        raise BadFileError(self.folder / key, found)


def parse_methods(values, argument):
    """Names and paths from the values of an argument, `NAME=PATH` or `PATH`, whose name is then the path's stem.

    Raises:
        UserError: A value is empty, or a name cannot head a row.
    """
    methods = []
    for value in values:
        name, divided, path = value.partition("=")
        if not divided or pathlib.Path(value).exists():
            name, path = pathlib.Path(value).stem, value
        if not path or not re.fullmatch(r"[\w.-]+", name):
            raise UserError(
                f"`{argument}={value}`: expected PATH or NAME=PATH, the name of letters, digits, '.', '-', '_'."
            )
        methods.append((name, path))
    return methods


def check_names(methods):
    """Raises `UserError` where two methods have one name."""
    names = [TRUTH, *(method.name for method in methods)]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise UserError(f"Two rows would be called {double!r}: name them apart, as `model=NAME=PATH`.")


def _size_of(picture):
    return "{1}x{0}".format(*picture.shape)


def _as_rgb(gray):
    return cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)

"""Exports that are verified before they are kept, and `export.json`, which says what they are."""

import importlib.metadata
import json
import math
import pathlib

import numpy as np
import tensorflow as tf

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.runners import describe, load_network
from keras_scgan.evaluation import metrics
from keras_scgan.export import description_files, litert, logs, saved_model
from keras_scgan.photos import color
from keras_scgan.photos.files import encode_photo, read_bytes, read_photo
from keras_scgan.photos.formats import kind_of
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path, sha256, write_text
from keras_scgan.program.json_files import read_object

SAVED_MODEL = "saved_model"
FORMATS = (SAVED_MODEL, *(f"litert_{kind}" for kind in litert.KINDS))

MAX_DIFFERENCE = {SAVED_MODEL: 1e-4, "litert_float32": 1e-4}
"""Of float32 exports: largest difference of an output value from the generator's. The range of colours is 2."""

MIN_PSNR = {"litert_float16": 45.0, "litert_dynamic": 32.0, "litert_int8": 32.0}
"""Of the others: PSNR of the colours to the generator's, in dB, the mean over the photos."""

MAX_PIPELINE_DIFFERENCE = 2
"""Of 255, rounded up: largest difference of a pixel that `colorize_bytes` makes from what `Colorizer` makes."""

_PIPELINE_PHOTOS = 4
_REPORT = "export.json"
_PACKAGES = ("keras-scgan", "tensorflow", "keras", "ai-edge-litert", "numpy", "opencv-python")


class Exporter:
    """Exports a generator into a folder.

    Args:
        generator: functional model as of `build_generator`.
        output_dir: path of the folder. LiteRT models are `NAME_KIND.tflite` in it, after its own name; SavedModels the
            folders of their versions.
        photos: list of paths of colour photos by which the exports are verified.
        source: dict that tells where the generator came from.
        image_size: int. Height and width of what the network sees. Defaults to the network's own size.
        overwrite: bool. Whether LiteRT models that exist are replaced. A version of a SavedModel never is.

    Raises:
        UserError: A photo cannot be read, or the folder's report is damaged.
    """

    def __init__(self, generator, output_dir, photos, *, source=None, image_size=None, overwrite=False):
        self.generator = generator
        self.output_dir = pathlib.Path(output_dir)
        self.photos = photos
        self.source = source or {}
        self.overwrite = overwrite
        self._colorizer = Colorizer(generator, image_size=image_size, network_input=None)
        self.image_size = self._colorizer.image_size
        pixels = [read_photo(path).pixels for path in photos]
        self._grays = np.stack([self._colorizer.prepare(photo) for photo in pixels])
        self._expected = self._colorizer.predict(self._grays)
        self._entries()  # a report that is damaged is told of before anything is written

    def export_saved_model(self, version=None, **options):
        """Writes the next version of the SavedModel; see `saved_model.export`. Returns its entry of the report."""
        measured = {}

        def verify(folder):
            measured.update(self._verify(SAVED_MODEL, folder))
            measured["largest_pipeline_difference"] = self._verify_pipeline(folder)

        with logs.quiet():
            path = saved_model.export(
                self.generator, self.output_dir, version, image_size=self.image_size, verify=verify, **options
            )
        about = {"signatures": saved_model.signatures(path), "options": _simple(options)}
        return self._record(SAVED_MODEL, path, {**about, **measured})

    def export_litert(self, kind, *, saliency=False, calibration_dir=None, **options):
        """Writes a LiteRT model; see `litert.convert`. Returns its entry of the report.

        Raises:
            UserError: The file exists, there is nothing to calibrate with, or its outputs are too far from the
                generator's.
        """
        path = self.output_dir / f"{self.output_dir.resolve().name}_{kind}.tflite"
        if path.exists() and not self.overwrite:
            raise UserError(f"{path} exists: choose another `output_dir`, or replace it with `overwrite=True`.")
        about = {"options": {"saliency": saliency, **options}}
        calibration = None
        if kind == litert.INT8:
            if calibration_dir is None and self._colorizer.is_thermal:
                raise UserError("An 8-bit model of thermal images has to be calibrated with such: `calibration_dir`.")
            calibration = litert.photo_grays(self._colorizer, calibration_dir)
            about["calibration"] = {"photos": len(calibration), "folder": _name(calibration_dir)}
        with logs.quiet():
            data = litert.convert(
                self.generator, kind, image_size=self.image_size, saliency=saliency, calibration=calibration, **options
            )
            with atomic_path(path) as temporary:
                temporary.write_bytes(description_files.append_to_tflite(data, describe(self.generator)))
                measured = self._verify(f"litert_{kind}", temporary)
        return self._record(f"litert_{kind}", path, {"signatures": litert.signatures(path), **about, **measured})

    def _verify(self, name, path):
        """What an export's outputs are like beside the generator's.

        Raises:
            UserError: They are too far from them.
        """
        network = load_network(path, self.image_size)
        outputs = network.predict(self._grays)
        difference = max(float(np.abs(outputs[key] - self._expected[key]).max()) for key in outputs)
        psnr = mean_psnr(outputs["color"], self._expected["color"])
        if difference > MAX_DIFFERENCE.get(name, np.inf):
            raise UserError(
                f"{name} is not kept: its outputs differ from the generator's by up to {difference:.2g}, "
                f"more than {MAX_DIFFERENCE[name]:g}."
            )
        if psnr < MIN_PSNR.get(name, -np.inf):
            raise UserError(
                f"{name} is not kept: its colours have {psnr:.1f} dB PSNR to the generator's, under "
                f"{MIN_PSNR[name]:g}. Give photos like those that it is to colorize: `calibration_dir`."
            )
        return {"largest_difference": difference, "psnr_to_float32": psnr, "verified_on_photos": len(self._grays)}

    def _verify_pipeline(self, folder):
        name = saved_model.photo_signature(self.generator)
        colorize_bytes = tf.saved_model.load(str(folder)).signatures[name]
        largest = 0
        for path in self.photos[:_PIPELINE_PHOTOS]:
            pixels = read_photo(path).pixels
            result = colorize_bytes(image_bytes=tf.constant([_served_file(path, pixels)]))["image_bytes"]
            found = tf.io.decode_png(result[0], dtype=pixels.dtype).numpy()
            difference = np.abs(found.astype(int) - self._colorizer.colorize(pixels)).max()
            largest = max(largest, math.ceil(difference * 255 / np.iinfo(pixels.dtype).max))
        if largest > MAX_PIPELINE_DIFFERENCE:
            raise UserError(
                f"{SAVED_MODEL} is not kept: {name} differs from the colorizer by up to {largest} of 255, "
                f"more than {MAX_PIPELINE_DIFFERENCE}."
            )
        return largest

    def _record(self, name, path, about):
        """Adds an export to the folder's report."""
        files = sorted(child for child in path.rglob("*") if child.is_file()) if path.is_dir() else [path]
        entry = {
            "path": path.relative_to(self.output_dir).as_posix(),
            "image_size": self.image_size,
            **about,
            "files": {
                file.relative_to(self.output_dir).as_posix(): {"bytes": file.stat().st_size, "sha256": sha256(file)}
                for file in files
            },
            "generator": {"parameters": self.generator.count_params(), **self.source},
            "versions": {package: importlib.metadata.version(package) for package in _PACKAGES},
        }
        key = f"{name}/{path.name}" if name == SAVED_MODEL else name
        write_text(self.output_dir / _REPORT, json.dumps({**self._entries(), key: entry}, indent=2) + "\n")
        return entry

    def _entries(self):
        """What the folder's report holds."""
        path = self.output_dir / _REPORT
        try:
            return read_object(path) if path.exists() else {}
        except ValueError as error:
            raise UserError(f"{path} is damaged ({error}): delete it, or choose another `output_dir`.") from None


def _served_file(path, pixels):
    """A photo as a file that a served model takes, bytes: its own if that is a JPEG or PNG, otherwise a PNG of it."""
    data = read_bytes(path)
    return data if kind_of(data) in ("JPEG", "PNG") else bytes(encode_photo("photo.png", pixels))


def mean_psnr(colors, expected):
    """Mean PSNR in dB of networks' colours, `[B, S, S, 3]` in [-1, 1], to others.

    An image counts 120 dB at most: of equal ones the PSNR is infinite.
    """
    psnrs = [metrics.psnr(*map(_unit, pair)) for pair in zip(colors, expected, strict=True)]
    return float(np.mean(np.minimum(psnrs, 120)))


def _unit(values):
    """The networks' range as [0, 1]."""
    return np.clip(color.denormalize(values) / 255, 0, 1)


def _name(folder):
    return "the demo photos" if folder is None else pathlib.Path(folder).resolve().name


def _simple(options):
    """The options that JSON can hold."""
    return {name: value for name, value in options.items() if isinstance(value, bool | int | float | str | None)}

"""What is to be done with an archive."""

import dataclasses
import functools
import hashlib
import json
import pathlib
import tempfile

from keras_scgan.archive import places
from keras_scgan.beam import running
from keras_scgan.colorizing import shipped
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.photos.decoding import MAX_PIXELS
from keras_scgan.program import quiet
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import fold_name, folds_names, is_remote, sha256

MANIFESTS = ("jsonl", "parquet")
"""Formats of the manifest."""


@dataclasses.dataclass(frozen=True)
class Task:
    """What is to be done with an archive: which photos, where to, and how.

    Args:
        output_dir: string. Folder for the results and the manifest, on any file system of Beam's.
        inputs: tuple of strings. Photos, folders and patterns.
        file_list: string. Text file of paths of photos, one a line, in UTF-8. Defaults to none.
        base_dir: string. Folder from which on results have the paths of their originals. Defaults to that which is
            given, or that before the first wildcard of a pattern. A file list needs it.
        colorizer: dict of the arguments of `Colorizer`. Its model is a LiteRT one.
        format: string. Format of the results, of `planning.FORMATS`.
        quality: int in [1, 100]. Of JPEG, WebP and AVIF.
        max_pixels: int. Pixels of the largest photo that is read.
        overwrite: bool. Whether what is done is done again.
        manifest: string, of `MANIFESTS`. Format of the manifest.
        manifest_shards: int. Files that it is made of.

    Raises:
        UserError: A place cannot be, or is not given.
    """

    output_dir: str
    inputs: tuple = ()
    file_list: str | None = None
    base_dir: str | None = None
    colorizer: dict = dataclasses.field(default_factory=dict)
    format: str = "same"
    quality: int = 95
    max_pixels: int = MAX_PIXELS
    overwrite: bool = False
    manifest: str = "jsonl"
    manifest_shards: int = 1

    def __post_init__(self):
        if not self.inputs and not self.file_list:
            raise UserError("Give the photos: files, folders or patterns, or a `file_list`.")
        if self.file_list and not self.base_dir:
            raise UserError("`file_list` needs `base_dir`, the folder from which on results have the same paths.")
        for name in ("output_dir", "file_list", "base_dir"):
            if getattr(self, name):
                places.check(name, getattr(self, name))
        running.check_folder("output_dir", self.output_dir)
        for place in self.inputs:
            places.check("input", place)
        for folder in (*map(places.base_of, self.inputs), *([self.base_dir] if self.base_dir else [])):
            if places.contains(self.output_dir, folder):
                raise UserError(
                    f"{folder} lies in the folder of the results, {self.output_dir}: choose another `output_dir`."
                )

    @functools.cached_property
    def folds_names(self):
        """Whether the file system of the results takes names for one that differ by case alone."""
        return not is_remote(self.output_dir) and folds_names(self.output_dir)

    def make_output_dir(self):
        """Makes the folder of the results, if it is on this machine. Raises: `OSError`, also as of writing to it."""
        _ = self.folds_names

    def key(self, result):
        """What a result is known by: the same for all paths that are one to the file system. Args: `result`, string."""
        return fold_name(result) if self.folds_names else result

    def target(self, result):
        """Path of a result. Args: `result`, string, its path from the folder of the results on."""
        return places.join(self.output_dir, result)


def load_colorizer(options):
    """Loads what colorizes, from wherever its network is.

    Args:
        options: dict of the arguments of `Colorizer`.

    Raises:
        UserError: The model is no LiteRT one, or as of `Colorizer`.
        BadFileError: It cannot be read.
    """
    model = options.get("model")
    if model is None or not is_remote(model):
        path = shipped.litert_path(model)
        if path.suffix != ".tflite":
            raise UserError(f"The model {path} is no .tflite file: scgan export makes one of a .keras file.")
        with quiet.notes_held_back():
            return Colorizer(**options)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "model.tflite")
        path.write_bytes(places.read(model))
        return load_colorizer(options | {"model": str(path)})


def settings_digest(task, colorizer):
    """What the results of a task are made with, a short string: that of equal networks and options is equal.

    Args:
        task: `Task`.
        colorizer: `Colorizer`, as of `load_colorizer`.
    """
    model = task.colorizer.get("model")
    digest = places.sha256(model) if model and is_remote(model) else sha256(colorizer.network.path)
    options = {name: value for name, value in task.colorizer.items() if name not in ("model", "threads")}
    values = options | {"model": digest, "image_size": colorizer.image_size, "quality": task.quality}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]

"""The photos that colorizations are measured against, and results by their names."""

import dataclasses
import functools
import pathlib

import numpy as np

from keras_scgan.data import decoding
from keras_scgan.data.aging import age_by_name
from keras_scgan.evaluation import metrics
from keras_scgan.photos import color
from keras_scgan.photos.files import PHOTO_SUFFIXES, read_rgb
from keras_scgan.photos.resizing import to_square
from keras_scgan.program import file_jobs
from keras_scgan.program.errors import BadFileError, UserError


@dataclasses.dataclass(frozen=True)
class Reference:
    """A colour photo by its files.

    Args:
        key: str. Path below the folder of photos without the suffix, parts divided by slashes.
        path: path of the photo.
        map_path: path of its saliency map, or `None`.
    """

    key: str
    path: pathlib.Path
    map_path: pathlib.Path | None = None


@dataclasses.dataclass(frozen=True)
class Sample:
    """A reference as pixels, uint8.

    Args:
        key: str. The reference's.
        photo: `[H, W, 3]` RGB at its own size.
        small: `[S, S, 3]` RGB at the protocol's size; the same object as `photo` where that has this size. `None` in a
            protocol without a size.
        saliency: `[S, S]` true map, or `None`.
        aging: float in [0, 1]. How old what generators see is made to look, see `aging.age_by_name`.
    """

    key: str
    photo: np.ndarray
    small: np.ndarray | None
    saliency: np.ndarray | None = None
    aging: float = 0.0

    @property
    def gray(self):
        """`[H, W]` uint8, the luma of `photo`."""
        return color.to_gray(self.photo)

    @property
    def small_gray(self):
        """`[S, S]` uint8, the luma of `small`."""
        return color.to_gray(self.small)

    @functools.cached_property
    def seen(self):
        """`[H, W]` uint8, all that a generator may see: `gray`, aged."""
        return age_by_name(self.gray, self.key, self.aging) if self.aging else self.gray

    @property
    def small_seen(self):
        """`[S, S]` uint8, `seen` at the protocol's size."""
        return to_square(self.seen, self.small.shape[0]) if self.aging else self.small_gray


def find_references(data_dir):
    """Lists the photos of a data set.

    Args:
        data_dir: path of a folder of photos, with folders in it or not; or of one with `images/` and maybe `saliency/`.

    Returns:
        List of `Reference`s, sorted by key.

    Raises:
        UserError: There is no such folder, or no photo in it.
    """
    data_dir = pathlib.Path(data_dir)
    if not (data_dir / "images").is_dir():
        return [Reference(key, path) for key, path in find_pictures(data_dir).items()]
    maps = find_pictures(data_dir / "saliency") if (data_dir / "saliency").is_dir() else {}
    return [Reference(key, path, maps.get(key)) for key, path in find_pictures(data_dir / "images").items()]


def find_pictures(folder):
    """Lists the pictures in a folder and the folders in it.

    Returns:
        Dict from keys (see `Reference`) to paths, sorted.

    Raises:
        UserError: There is no such folder, no picture in it, or two of one key.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise UserError(f"The folder {folder} {'is no folder' if folder.exists() else 'does not exist'}.")
    pictures = {}
    for file in file_jobs.find_files([str(folder)], PHOTO_SUFFIXES):
        key = file.relative.with_suffix("").as_posix()
        if key in pictures:
            raise UserError(f"{file.path} and {pictures[key].name} have one name: keep one of them.")
        pictures[key] = file.path
    return dict(sorted(pictures.items()))


def read_sample(reference, size, aging=0.0):
    """Read a reference's photo, without its map.

    Args:
        reference: `Reference`.
        size: int. Pixels of a side of the protocol's square, or `None`.
        aging: float in [0, 1], see `Sample`.

    Returns:
        `Sample`, or `None` for a greyscale photo.

    Raises:
        BadFileError: The photo cannot be used.
    """
    photo = read_rgb(reference.path)
    if min(photo.shape[:2]) < metrics.SSIM_WINDOW:
        raise BadFileError(reference.path, f"under {metrics.SSIM_WINDOW} pixels a side, which SSIM needs")
    if decoding.is_gray(photo):
        return None
    return Sample(reference.key, photo, None if size is None else to_square(photo, size), aging=aging)


def read_saliency(reference, size):
    """Read a reference's saliency map, `[size, size]` uint8, or `None` where it has none.

    Raises:
        BadFileError: The map cannot be read.
    """
    if reference.map_path is None:
        return None
    return to_square(decoding.read_gray(reference.map_path), size)

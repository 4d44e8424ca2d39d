"""The photos that colorizations are measured against, and results by their names."""

import dataclasses
import functools
import pathlib

import numpy as np

from keras_scgan.data import decoding
from keras_scgan.data.aging import age_by_name
from keras_scgan.data.data_set import INFO_NAME
from keras_scgan.evaluation import metrics
from keras_scgan.photos import color
from keras_scgan.photos.files import PHOTO_SUFFIXES, read_photo, read_rgb
from keras_scgan.photos.resizing import center_square, resize, to_square
from keras_scgan.program import file_jobs
from keras_scgan.program.errors import BadFileError, UserError

CONTENT, CHANNELS, KEEP = "content", "channels", "keep"
GRAY_RULES = {
    CONTENT: "channels, averaged over a 32nd of the sides, that differ nowhere by more than "
    f"{decoding.GRAY_TOLERANCE} of 255",
    CHANNELS: "files of one channel",
    KEEP: "none is excluded",
}
"""Which photos are excluded as greyscale, by the name of the rule."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """A colour photo by its files.

    Args:
        key: str. Path below the folder of photos without the suffix, parts divided by slashes.
        path: path of the photo.
        map_path: path of its saliency map, or `None`.
        thermal_path: path of its thermal image, or `None`.
    """

    key: str
    path: pathlib.Path
    map_path: pathlib.Path | None = None
    thermal_path: pathlib.Path | None = None

    @property
    def has_map(self):
        """Whether it has a saliency map."""
        return self.map_path is not None

    @property
    def has_thermal(self):
        """Whether it has a thermal image."""
        return self.thermal_path is not None

    is_thermal_synthetic = False  # as far as a folder tells

    @property
    def has_one_channel(self):
        """Whether it is stored as a greyscale photo."""
        return read_photo(self.path).pixels.ndim == 2

    def read(self):
        """The photo, `[H, W, 3]` uint8 RGB. Raises: `BadFileError`."""
        return read_rgb(self.path)

    def read_map(self):
        """The saliency map, `[h, w]` uint8. Raises: `BadFileError`."""
        return decoding.read_gray(self.map_path)

    def read_thermal(self):
        """The thermal image, `[h, w]` uint8. Raises: `BadFileError`."""
        return decoding.read_gray(self.thermal_path)


@dataclasses.dataclass(frozen=True)
class Sample:
    """A reference as pixels, uint8.

    Args:
        key: str. The reference's.
        photo: `[H, W, 3]` RGB at its own size.
        small: `[S, S, 3]` RGB at the protocol's size; the same object as `photo` where that has this size. `None` in a
            protocol without a size.
        saliency: `[S, S]` true map, or `None`.
        thermal: `[H, W]` thermal image at the photo's size, or `None`.
        aging: float in [0, 1]. How old what generators see is made to look, see `aging.age_by_name`.
        crop: bool. Whether `small` is of the square in the photo's middle, instead of all of it squeezed.
    """

    key: str
    photo: np.ndarray
    small: np.ndarray | None
    saliency: np.ndarray | None = None
    thermal: np.ndarray | None = None
    aging: float = 0.0
    crop: bool = False

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
        return self.square(self.seen) if self.aging else self.small_gray

    @property
    def small_thermal(self):
        """`[S, S]` uint8, `thermal` at the protocol's size."""
        return self.square(self.thermal)

    def square(self, picture):
        """What becomes of a picture of the whole photo, `[h, w]` or `[h, w, 3]`, at the protocol's size."""
        return _square(picture, self.small.shape[0], self.crop)


def find_references(data_dir, split="validation"):
    """Lists the photos of a data set.

    Args:
        data_dir: path of a folder of photos, with folders in it or not; of one with `images/` and maybe `saliency/` and
            `thermal/`; or of shards, as scgan prepare_data makes them.
        split: str. Which split of shards.

    Returns:
        List of `Reference`s, or of `ShardReference`s, sorted by key.

    Raises:
        UserError: There is no such folder, or no photo in it.
    """
    data_dir = pathlib.Path(data_dir)
    if (data_dir / INFO_NAME).is_file():
        from keras_scgan.evaluation.shard_references import find_in_shards  # needs TensorFlow

        return find_in_shards(data_dir, split)
    if not (data_dir / "images").is_dir():
        return [Reference(key, path) for key, path in find_pictures(data_dir).items()]
    maps, thermals = (
        find_pictures(data_dir / name) if (data_dir / name).is_dir() else {} for name in ("saliency", "thermal")
    )
    photos = find_pictures(data_dir / "images")
    return [Reference(key, path, maps.get(key), thermals.get(key)) for key, path in photos.items()]


def choose(references, *, file_list=None, first=None, sample=None, seed=0):
    """Which photos are measured, and in which order.

    Args:
        references: list of `Reference`s, sorted by key.
        file_list: path of a text file with a photo a line: its key, with or without a suffix. Defaults to all.
        first: int. Takes the first photos alone.
        sample: int. How many photos are drawn of these. All are put in random order, so that the first that can be
            used are.
        seed: int. Key of that order.

    Returns:
        List of `Reference`s.

    Raises:
        UserError: The list cannot be read or names what is no photo, or there are fewer photos than are wanted.
    """
    if file_list is not None:
        by_key = {reference.key: reference for reference in references}
        references = list(dict.fromkeys(_by_name(by_key, name, file_list) for name in _read_lines(file_list)))
    _check_count("first", first, references)
    references = references[:first]
    if sample is None:
        return references
    _check_count("sample", sample, references)
    return [references[place] for place in np.random.default_rng(seed).permutation(len(references))]


def _check_count(name, count, references):
    if count is not None and count > len(references):
        raise UserError(f"`{name}={count}`: there are {len(references)} photos.")


def _read_lines(path):
    """Lines of a text file that are not blank."""
    text = pathlib.Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    names = [line.strip() for line in text.splitlines() if line.strip()]
    if not names:
        raise UserError(f"`file_list={path}` names no photo.")
    return names


def _by_name(references, name, file_list):
    path = pathlib.PurePosixPath(name.replace("\\", "/"))
    without_suffix = path.with_suffix("").as_posix() if path.suffix.lower() in PHOTO_SUFFIXES else None
    for key in (path.as_posix(), without_suffix):
        if key in references:
            return references[key]
    raise UserError(f"`file_list={file_list}`: {name} is no photo of `data_dir`.")


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


def read_sample(reference, size, *, aging=0.0, crop=False, gray=CONTENT, thermal=False):
    """Read a reference's photo, without its map.

    Args:
        reference: `Reference`.
        size: int. Pixels of a side of the protocol's square, or `None`.
        aging: float in [0, 1], see `Sample`.
        crop: bool, see `Sample`.
        gray: str. One of `GRAY_RULES`.
        thermal: bool. Whether the thermal image is wanted.

    Returns:
        `Sample`, or `None` for a greyscale photo that is excluded.

    Raises:
        BadFileError: The photo cannot be used.
    """
    photo = reference.read()
    if min(photo.shape[:2]) < metrics.SSIM_WINDOW:
        raise BadFileError(reference.path, f"under {metrics.SSIM_WINDOW} pixels a side, which SSIM needs")
    if (gray == CONTENT and decoding.is_gray(photo)) or (gray == CHANNELS and reference.has_one_channel):
        return None
    return Sample(
        reference.key,
        photo,
        None if size is None else _square(photo, size, crop),
        thermal=_read_thermal(reference, photo.shape[:2]) if thermal else None,
        aging=aging,
        crop=crop,
    )


def _read_thermal(reference, shape):
    if not reference.has_thermal:
        raise BadFileError(reference.path, "no thermal image of its name")
    return resize(reference.read_thermal(), shape)


def read_saliency(reference, sample):
    """Read a reference's saliency map at the size of a sample's `small`, `[S, S]` uint8; `None` where it has none.

    Raises:
        BadFileError: The map cannot be read.
    """
    return sample.square(reference.read_map()) if reference.has_map else None


def _square(picture, size, crop):
    return to_square(center_square(picture) if crop else picture, size)

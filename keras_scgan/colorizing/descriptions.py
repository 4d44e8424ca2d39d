"""What a generator says of itself, in its configuration and in what is exported of it.

A `.tflite` file has a zip archive with the description behind the model, as TensorFlow Lite Metadata has its files; a
SavedModel has the file in its `assets.extra`.
"""

import dataclasses
import pathlib
import zipfile

from keras_scgan.program.errors import UserError, first_line
from keras_scgan.program.json_files import parse_object

NETWORK_INPUTS = LUMA, THERMAL = ("luma", "thermal")
"""What networks colorize."""

FILE_NAME = "keras_scgan.json"
"""Name of a description, as JSON, in what is exported."""

UNTRAINED_SIZE = 224
"""Pixels of a side at which a network is run that takes any and was not trained yet."""

_MAX_BYTES = 1 << 20  # of a description
_U_NETS = ("paper", "pix2pix", "uresnet")
_TAIL = 1 << 16  # bytes at the end of a file, in which a damaged archive is looked for


def _is_size(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


@dataclasses.dataclass(frozen=True)
class Description:
    """What a generator says of itself.

    Args:
        architecture: string. `"paper"`, `"pretrained"`, `"pix2pix"`, `"uresnet"`, or another name that tells how it was
            built.
        built_from: dict of the arguments that it was built from.
        size_multiple: int. Heights and widths that it takes are multiples of this.
        image_size: int. Pixels of a side at which it is best run, the size that it was trained at. Defaults to `None`:
            not trained yet.
        network_input: string. What it colorizes: `"luma"` or `"thermal"`.
        stretch_luma: bool. Whether it is to see the luma stretched: see `color.stretch_luma`.

    Raises:
        ValueError: A field has a wrong value.
    """

    architecture: str
    built_from: dict
    size_multiple: int
    image_size: int | None = None
    network_input: str = LUMA
    stretch_luma: bool = False

    def __post_init__(self):
        for name, is_right, expected in (
            ("architecture", isinstance(self.architecture, str), "a name"),
            ("built_from", isinstance(self.built_from, dict), "a dict"),
            ("size_multiple", _is_size(self.size_multiple), "an int of 1 or more"),
            ("image_size", self.image_size is None or _is_size(self.image_size), "an int of 1 or more, or None"),
            ("network_input", self.network_input in NETWORK_INPUTS, f"one of {NETWORK_INPUTS}"),
            ("stretch_luma", isinstance(self.stretch_luma, bool), "True or False"),
        ):
            if not is_right:
                raise ValueError(f"`{name}` must be {expected}. Received: {name}={getattr(self, name)!r}")
        if self.image_size is not None and self.image_size % self.size_multiple:
            raise ValueError(
                f"`image_size` must be a multiple of {self.size_multiple}. Received: image_size={self.image_size}"
            )

    @property
    def is_thermal(self):
        """Whether it colorizes thermal images."""
        return self.network_input == THERMAL

    @property
    def own_size(self):
        """Pixels of a side at which it is run unless said otherwise; encoders of U-Nets then end in one pixel."""
        return self.image_size or (self.size_multiple if self.architecture in _U_NETS else UNTRAINED_SIZE)

    @classmethod
    def from_fields(cls, fields):
        """A description of the dict of its fields.

        Raises:
            ValueError: A field is missing, unknown or wrong.
        """
        known = {field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(cls)}
        unknown = [name for name in fields if name not in known]
        if unknown:
            raise ValueError(
                f"its description is of a newer version, with {', '.join(unknown)}: update keras-scgan to use it."
            )
        missing = [name for name, is_needed in known.items() if is_needed and name not in fields]
        if missing:
            raise ValueError(f"its description has no {', '.join(missing)}: it is damaged.")
        return cls(**fields)


UNKNOWN = Description("unknown", {}, 1)
"""Of a network that says nothing of itself."""


def read(path):
    """The description in an exported model.

    Args:
        path: path of a `.tflite` file or of the folder of a SavedModel's version.

    Returns:
        `Description`; `UNKNOWN` where the model has none.

    Raises:
        UserError: The description is damaged, or of a newer version.
    """
    path = pathlib.Path(path)
    try:
        text = _from_saved_model(path) if path.is_dir() else _from_tflite(path)
        if text is None:
            return UNKNOWN
        return Description.from_fields(_parse(text))
    except Exception as error:  # an archive that is damaged can fail in any way
        raise UserError(f"The model {path} cannot be used: {first_line(error)}") from error


def _parse(text):
    try:
        return parse_object(text)
    except ValueError as error:
        raise ValueError(f"its description is damaged: {error}.") from None


def _from_saved_model(folder):
    path = folder / "assets.extra" / FILE_NAME
    return path.read_text(encoding="utf-8") if path.exists() else None


def _from_tflite(path):
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if FILE_NAME not in archive.namelist():
                return None
            if archive.getinfo(FILE_NAME).file_size > _MAX_BYTES:
                raise ValueError("its description is damaged: it is too large.")
            return archive.read(FILE_NAME)
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        if FILE_NAME.encode() in file.read():
            raise ValueError("its end, where its description is, is damaged.")
    return None

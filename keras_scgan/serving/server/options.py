"""What a request for a colour version may ask for: the options of `Colorizer`, and those of the file."""

import dataclasses
import math

from keras_scgan.colorizing.colorizer import FITS, MAX_SATURATION
from keras_scgan.colorizing.planning import FORMATS
from keras_scgan.colorizing.upsampling import METHODS

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class OptionError(ValueError):
    """An option that there is not, or that has none of its values. The message names it."""


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of a request.

    Args:
        of_colorizer: dict for `Colorizer.variant`.
        of_result: dict for `results.colorize_bytes`.
    """

    of_colorizer: dict
    of_result: dict


def parse(pairs):
    """`Options` of the query of a URL.

    Args:
        pairs: list of tuples of two strings, name and value.

    Raises:
        OptionError: One cannot be.
    """
    values = {}
    for name, text in pairs:
        if name not in _OPTIONS:
            raise OptionError(f"there is no option {name!r}; the options are {', '.join(_OPTIONS)}")
        if name in values:
            raise OptionError(f"{name} is given twice")
        read, expected, _ = _OPTIONS[name]
        value = read(text)
        if value is None:
            raise OptionError(f"{name}={text!r}: expected {expected}")
        values[name] = value
    of_colorizer = {name: value for name, value in values.items() if _OPTIONS[name][2] is None}
    of_result = {_OPTIONS[name][2]: value for name, value in values.items() if _OPTIONS[name][2] is not None}
    return Options(of_colorizer, of_result)


def _one_of(choices):
    return lambda text: text if text in choices else None


def _whole(low, high=math.inf):
    return lambda text: (
        int(text) if text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high else None
    )


def _saturation(text):
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= MAX_SATURATION else None


def _suffix(text):
    return f".{text}" if text in FORMATS[1:] else None


def _or(choices):
    return f"one of {', '.join(choices)}"


_OPTIONS = {
    "saturation": (_saturation, f"a number from 0 to {MAX_SATURATION}", None),
    "fit": (_one_of(FITS), _or(FITS), None),
    "upsampling": (_one_of(METHODS), _or(METHODS), None),
    "flip_average": (_BOOLEANS.get, "true or false", None),
    "size": (_whole(1), "pixels of the longer side, from 1 on", "max_side"),
    "format": (_suffix, _or(FORMATS[1:]), "suffix"),
    "quality": (_whole(1, 100), "a whole number from 1 to 100", "quality"),
}
"""By name: a function from its text to its value, or `None` if it has none; what is expected; and what it is called by
`results.colorize_bytes`, or `None` for an option of `Colorizer`."""

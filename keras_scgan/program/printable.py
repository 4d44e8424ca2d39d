"""Text of others, such as the names of files and what servers answer, made fit to be printed."""

import unicodedata

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of control characters, invisible ones (some turn the text round), parts of others, and line ends."""

_BYTE_IN_NAME = range(0xDC80, 0xDD00)
"""What Python reads bytes of a file's name as that are not UTF-8."""


def printable(text):
    r"""A text in which characters that a terminal might obey are written as in Python: a newline as `\n`.

    Args:
        text: string, or a path.
    """
    return "".join(map(_escape, str(text)))


def is_utf8(text):
    """Whether a text can be written in UTF-8. Names of files need not be. Args: `text`, string."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escape(character):
    if unicodedata.category(character) not in _UNPRINTABLE:
        return character
    if ord(character) in _BYTE_IN_NAME:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")

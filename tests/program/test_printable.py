"""What a terminal might obey is escaped."""

import pytest

from keras_scgan.program.printable import is_utf8, printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é 城 🙂.jpg", "plain é 城 🙂.jpg"),
        ("\x1b[31mred\x07.jpg", r"\x1b[31mred\x07.jpg"),
        ("two\nlines\r.jpg", r"two\nlines\r.jpg"),
        ("lat\udce9in.mp4", r"lat\xe9in.mp4"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("c1 \x9b2J", r"c1 \x9b2J"),
    ],
)
def test_control_characters_are_written_as_escapes(text, expected):
    assert printable(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("é 城 🙂", True), ("lat\udce9in", False)])
def test_bytes_that_are_no_utf_8_are_found_in_a_name(text, expected):
    assert is_utf8(text) == expected

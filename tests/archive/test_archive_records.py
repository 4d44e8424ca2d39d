"""Lines of manifests, as they are written and as others may have changed them."""

import pytest

from keras_scgan.archive import records
from keras_scgan.archive.records import Record


@pytest.mark.parametrize(
    "record",
    [
        Record("gs://a/b.tif", "b.tif", 10, "ab" * 32, 0.5, "0123456789abcdef"),
        Record("a\n\u2028ä.jpg", "a.jpg", failure="no readable picture"),
    ],
)
def test_a_record_is_one_line_and_is_read_back(record):
    line = record.as_line()
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert records.from_line(line) == record


@pytest.mark.parametrize(
    "line",
    [
        *("", "{", "[]", "{}", b"\xff", '{"source": "a"}', '{"source": "a", "result": 1}'),
        *('{"source": "a", "result": "b", "c": 1}', r'{"source": "a\udce9", "result": "b"}'),
    ],
)
def test_what_is_no_record_is_passed_over(line):
    assert records.from_line(line) is None

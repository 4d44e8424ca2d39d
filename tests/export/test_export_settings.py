"""What decides an export is checked when it is made."""

import pytest

from keras_scgan.export.exporter import FORMATS
from keras_scgan.export.settings import Settings
from keras_scgan.program.errors import UserError


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"formats": ("litert_int4",)}, f"`formats=litert_int4`: expected some of {', '.join(FORMATS)}."),
        ({"image_size": 0}, "`image_size=0`: expected at least 1."),
        ({"version": 0}, "`version=0`: expected at least 1."),
        ({"reflect_padding": "edge"}, "`reflect_padding=edge`: expected one of slices, mirror_pad"),
    ],
)
def test_a_value_that_cannot_be_is_named(values, message):
    with pytest.raises(UserError) as error:
        Settings(**values)
    assert message in str(error.value)


def test_all_formats_are_exported_unless_some_are_named():
    assert Settings().formats == FORMATS

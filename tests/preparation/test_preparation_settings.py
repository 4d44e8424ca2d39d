"""What decides a data set is checked when it is made."""

import pytest

from keras_scgan.preparation.settings import Settings
from keras_scgan.program.errors import UserError


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layout": "tree"}, "`layout=tree`: expected one of photos, class_folders, kaist"),
        ({"resize": "stretch"}, "`resize=stretch`: expected one of squeeze, crop"),
        ({"image_size": 0}, "`image_size=0`: expected at least 1."),
        ({"sample": -1}, "`sample=-1`: expected at least 0."),
        ({"validation_share": 2.0}, "`validation_share=2.0`: expected at most 1."),
        ({"name": "../x"}, "`name='../x'` cannot be in the name of a file"),
        ({"every": 2}, "`every=2` is for videos: `layout=kaist`"),
    ],
)
def test_a_value_that_cannot_be_is_named(values, message):
    with pytest.raises(UserError) as error:
        Settings(**values)
    assert message in str(error.value)


def test_frames_of_videos_may_be_left_out():
    assert Settings(layout="kaist", every=2).is_video

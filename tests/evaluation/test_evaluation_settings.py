"""What decides an evaluation is checked when it is made."""

import dataclasses

import pytest

from keras_scgan.evaluation import Settings
from keras_scgan.program.errors import UserError


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"image_size": 6}, "`image_size=6`: expected at least 7."),
        ({"fit": "crop"}, "`fit=crop`: expected one of pad, squeeze"),
        ({"upsampling": "nearest"}, "`upsampling=nearest`: expected one of "),
        ({"saturation": -0.5}, "`saturation=-0.5`: expected at least 0."),
        ({"aging": 1.5}, "`aging=1.5`: expected at most 1."),
        ({"judge": "judge.keras", "judge_size": 0}, "`judge_size=0`: expected at least 1."),
        ({"batch_size": 0}, "`batch_size=0`: expected at least 1."),
        ({"judge_size": 64}, "`judge_size` is of the judge: name one by `judge=PATH.keras`"),
        ({"judge_layer": "pool"}, "`judge_layer` is of the judge"),
    ],
)
def test_a_value_that_cannot_be_is_named(values, message):
    with pytest.raises(UserError) as error:
        Settings(data_dir="photos", **values)
    assert message in str(error.value)


def test_settings_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings(data_dir="photos").aging = 0.5


def test_the_pipeline_has_the_options_of_the_colorizer():
    settings = Settings(data_dir="photos", fit="squeeze", saturation=1.25)
    expected = {"fit": "squeeze", "upsampling": "guided", "saturation": 1.25, "flip_average": False}
    assert settings.pipeline == expected

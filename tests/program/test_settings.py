"""Settings of a job: each value is checked when they are made, and named as an argument."""

import dataclasses
import math
import pathlib

import pytest

from keras_scgan.program import settings
from keras_scgan.program.errors import UserError
from keras_scgan.program.settings import argument, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    folder: str = setting("Folder.")
    count: int = setting("Count.", 2, low=1, high=9)
    rate: float = setting("Rate.", 0.5, above=0)
    mode: str = setting("Mode.", "fast", choices=("fast", "slow"))
    layers: tuple | None = setting("Layers.", None)
    share: float | None = setting("Share.", None, high=1)
    kinds: tuple = setting("Kinds.", ("a",), choices=("a", "b"))

    def __post_init__(self):
        settings.check(self)


def test_what_is_given_is_taken_and_paths_become_strings():
    made = Settings(folder=pathlib.Path("a") / "b", rate=1, layers=(pathlib.Path("c"),), share=1, kinds=("b", "a"))
    assert dataclasses.asdict(made) == {
        "folder": str(pathlib.Path("a") / "b"),
        "count": 2,
        "rate": 1,
        "mode": "fast",
        "layers": ("c",),
        "share": 1,
        "kinds": ("b", "a"),
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"count": 0}, "`count=0`: expected at least 1."),
        ({"count": 10}, "`count=10`: expected at most 9."),
        ({"count": 1.5}, "`count=1.5`: expected int. Received: float"),
        ({"count": None}, "`count=None`: expected int. Received: NoneType"),
        ({"rate": 0.0}, "`rate=0.0`: expected more than 0."),
        ({"rate": math.nan}, "`rate=nan`: expected a finite number."),
        ({"rate": math.inf}, "`rate=inf`: expected a finite number."),
        ({"mode": "faster"}, "`mode=faster`: expected one of fast, slow."),
        ({"share": 2}, "`share=2`: expected at most 1."),
        ({"share": "all"}, "`share=all`: expected float | None. Received: str"),
        ({"kinds": ("a", "c")}, "`kinds=a,c`: expected some of a, b."),
        ({"folder": 3}, "`folder=3`: expected str. Received: int"),
        ({"layers": ["a", "b"]}, "`layers=a,b`: expected tuple | None. Received: list"),
    ],
)
def test_a_value_that_cannot_be_is_named(given, message):
    with pytest.raises(UserError) as error:
        Settings(**{"folder": "photos", **given})
    assert str(error.value) == message


def test_settings_without_a_default_have_to_be_given():
    with pytest.raises(TypeError, match="folder"):
        Settings()


def test_several_values_are_named_divided_by_commas():
    assert argument("layers", ("a", "b")) == "`layers=a,b`"

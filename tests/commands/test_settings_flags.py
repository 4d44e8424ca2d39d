"""Flags of settings: those without a default are asked for."""

import dataclasses

import pytest

from keras_scgan.commands import _settings_flags
from keras_scgan.program.errors import UserError
from keras_scgan.program.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    folder: str = setting("Folder.")
    files: tuple = setting("Files.")


@pytest.mark.parametrize("name", ["folder", "files"])
def test_a_flag_without_a_default_must_be_given(name):
    given = {"folder": "--folder=a", "files": "--files=b,c"}
    assert _settings_flags.parse(Settings, given.values()) == Settings(folder="a", files=("b", "c"))
    with pytest.raises(UserError, match=f"--{name} must have a value"):
        _settings_flags.parse(Settings, [flag for of, flag in given.items() if of != name])

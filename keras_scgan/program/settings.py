"""The settings of a job: the fields of a frozen dataclass, each with what it means and what it may be.

A command makes a flag of each (see `commands._settings_flags`), so that both have one name, one default and one help.
"""

import dataclasses
import math
import os
import types

from keras_scgan.program.errors import UserError


def setting(help, default=dataclasses.MISSING, *, low=None, high=None, above=None, choices=None, by_stage=None):
    """A field of a job's settings.

    Args:
        help: string. What it means, with its unit; other settings in backticks.
        default: its default. It has to be given where there is none, neither here nor by stage.
        low: number. The least that it may be.
        high: number. The most that it may be.
        above: number. It has to be more than that.
        choices: sequence of all that it may be, or of all that may be in it where it is a tuple.
        by_stage: tuple of the defaults of stages 1 and 2. A flag of it takes a number for each, or one for both.
    """
    metadata = {"help": help, "low": low, "high": high, "above": above, "choices": choices, "by_stage": by_stage}
    return dataclasses.field(default=None if by_stage else default, metadata=metadata)


def kind_of(field):
    """The type of a field that `setting` made, but for `None`."""
    kinds = [kind for kind in getattr(field.type, "__args__", [field.type]) if kind is not types.NoneType]
    return kinds[0]


def argument(name, value):
    """A setting and its value as errors name them: `` `name=value` ``."""
    return f"`{name}={','.join(map(str, value)) if isinstance(value, tuple | list) else value}`"


def check(settings):
    """Checks the fields of settings, and makes strings of their paths.

    Args:
        settings: instance of a dataclass whose fields `setting` made.

    Raises:
        UserError: A value is of another type, out of its range, or none of the choices.
    """
    for field in dataclasses.fields(settings):
        value = _with_strings(getattr(settings, field.name))
        object.__setattr__(settings, field.name, value)
        if value is None and field.default is None:
            continue
        kinds = float | int if kind_of(field) is float else field.type
        if not isinstance(value, kinds):
            kind = getattr(field.type, "__name__", field.type)
            raise UserError(f"{argument(field.name, value)}: expected {kind}. Received: {type(value).__name__}")
        problem = _problem(value, **{name: field.metadata[name] for name in ("low", "high", "above", "choices")})
        if problem:
            raise UserError(f"{argument(field.name, value)}: {problem}.")


def _with_strings(value):
    """A value with strings for paths."""
    if isinstance(value, tuple):
        return tuple(map(_with_strings, value))
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _problem(value, low, high, above, choices):
    """Why a value cannot be, or `None`."""
    if choices is not None:
        several = isinstance(value, tuple)
        holds = set(value) <= set(choices) if several else value in choices
        return None if holds else f"expected {'some' if several else 'one'} of {', '.join(map(str, choices))}"
    if isinstance(value, float) and not math.isfinite(value):
        return "expected a finite number"
    if above is not None and not value > above:
        return f"expected more than {above}"
    if low is not None and not value >= low:
        return f"expected at least {low}"
    if high is not None and not value <= high:
        return f"expected at most {high}"
    return None

"""A flag for each setting of a job, and the settings that the flags give; what commands have in common that train."""

import dataclasses
import pathlib

from absl import flags

from keras_scgan.program import cli, settings
from keras_scgan.program.errors import UserError

flags.disclaim_key_flags()  # those that are defined here are of the command that calls

FLAGS = flags.FLAGS
_OF_THE_CALL = ("fresh", "overwrite", "dry_run")


def define(kind, leave_out=()):
    """Defines a flag for each field of a class of settings, as a flag of the calling module.

    Args:
        kind: dataclass whose fields `program.settings.setting` made.
        leave_out: names of fields that get no flag.
    """
    fields = [field for field in dataclasses.fields(kind) if field.name not in leave_out]
    for field in fields:
        _define(field, FLAGS)
    for field in fields:
        FLAGS[field.name].help = cli.as_flags(FLAGS[field.name].help)


def parse(kind, arguments):
    """Makes settings of flags that are not those of this process.

    Args:
        kind: as of `define`.
        arguments: list of strings, flags of the fields. A --flagfile may be among them.

    Raises:
        UserError: An argument is no flag of the fields, or a value cannot be.
    """
    values = flags.FlagValues()
    for field in dataclasses.fields(kind):
        _define(field, values)
    try:
        rest = values(["settings", *arguments])[1:]
    except (flags.Error, OSError) as error:
        raise UserError(str(error)) from error
    if rest:
        raise UserError(f"{rest[0]!r} is no flag, which is written --name=value.")
    stage = {"stage": int(values["stage"].value)} if "stage" in values else {}
    return make(kind, values, **stage)


def _define(field, values):
    name, bounds = field.name, {"lower_bound": field.metadata["low"], "upper_bound": field.metadata["high"]}
    text, choices, by_stage = (field.metadata[key] for key in ("help", "choices", "by_stage"))
    kind = settings.kind_of(field)
    is_required = field.default is dataclasses.MISSING
    default = None if is_required else field.default
    if by_stage:
        flags.DEFINE_list(name, list(map(str, by_stage)), text, flag_values=values)
    elif kind is tuple:
        values_given = None if default is None else list(default)
        flags.DEFINE_list(name, values_given, text, required=is_required, flag_values=values)
    elif choices:
        every = list(map(str, choices))
        flags.DEFINE_enum(name, None if default is None else str(default), every, text, flag_values=values)
    elif kind is bool:
        flags.DEFINE_bool(name, default, text, flag_values=values)
    elif kind is int:
        flags.DEFINE_integer(name, default, text, flag_values=values, **bounds)
    elif kind is float:
        flags.DEFINE_float(name, default, text, flag_values=values, **bounds)
    else:
        flags.DEFINE_string(name, default, text, required=is_required, flag_values=values)


def help_of(kind, name):
    """Help of the field of that name of settings, as of `define`, for a flag that is defined apart."""
    return next(field.metadata["help"] for field in dataclasses.fields(kind) if field.name == name)


def make(kind, values=FLAGS, **others):
    """Makes the settings that the flags give.

    Args:
        kind: as of `define`.
        values: `FlagValues`. Defaults to those of the process.
        **others: values of fields that are not those of the flags. Where a flag has a number for each stage of
            training, `stage` says which is taken.

    Raises:
        UserError: A flag has not one or two numbers, or a value cannot be.
    """
    fields = [field for field in dataclasses.fields(kind) if field.name not in others]
    stage = others.get("stage")
    numbers = {field.name: _number(field, values, stage) for field in fields if field.metadata["by_stage"]}
    choices = [field for field in fields if field.metadata["choices"] and values[field.name].value is not None]
    chosen = {field.name: settings.kind_of(field)(values[field.name].value) for field in choices}
    return cli.from_flags(kind, values, **numbers, **chosen, **others)


def _number(field, values, stage):
    texts = values[field.name].value
    try:
        numbers = [field.type(text) for text in texts]
        return numbers[0] if len(numbers) == 1 else dict(zip((1, 2), numbers, strict=True))[stage]
    except ValueError:
        raise UserError(
            f"--{field.name}={','.join(texts)}: expected one number, or two: stage 1's, stage 2's."
        ) from None


def define_call():
    """Defines the flags that say how a run is called and not what it is, as flags of the calling module."""
    flags.DEFINE_bool("fresh", False, "Start anew, not from the latest checkpoint of the run folder, where it has one.")
    flags.DEFINE_bool("overwrite", False, "With --fresh: delete the run that the run folder holds.")
    flags.DEFINE_bool("dry_run", False, "Print what would be trained, and exit.")


def call(command, train, plan):
    """Trains as the flags of a call say, or prints what would be trained, the flags first.

    A signal that stops the run ends the process with a line that says how to go on.

    Args:
        command: name of the command's module.
        train: function of the arguments `fresh`, `overwrite` and `run_flags`, as of `training.train.train`.
        plan: function that gives the lines to print.
    """
    lines = tuple(flag.serialize() for flag in FLAGS.get_key_flags_for_module(command) if _is_kept(flag))
    if FLAGS.dry_run:
        planned = plan()  # before the flags are printed: they may be refused
        print("\n".join([*lines, *planned]))
        return
    run_flags = pathlib.Path(FLAGS.output_dir) / "run.flags"
    with cli.interruptible(f"To go on: {cli.called_as()} --flagfile={run_flags}"):
        train(fresh=FLAGS.fresh, overwrite=FLAGS.overwrite, run_flags=lines)


def _is_kept(flag):
    return flag.name not in _OF_THE_CALL and flag.value is not None

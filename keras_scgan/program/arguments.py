"""How messages name arguments: as a caller in Python writes them, which a command shows as flags."""

import re

from absl import flags

_ARGUMENT = re.compile(r"`(\w+)(?:=([^`]*))?`")


def as_flags(message):
    """What a message says of arguments, said of flags: `init_from` is --init_from; `flip=False`, a switch, is --noflip.

    Args:
        message: string. Arguments in backticks that no flag is named like stay as they are. An underscore at the end of
            a name, which tells it from one of Python's own words, is no part of the flag's.
    """

    def as_flag(argument):
        name, value = argument[1].removesuffix("_"), argument[2]
        if name not in flags.FLAGS:
            return argument[0]
        if flags.FLAGS[name].boolean and value in ("True", "False"):
            return f"--{name}" if value == "True" else f"--no{name}"
        return f"--{name}" if value is None else f"--{name}={value}"

    return _ARGUMENT.sub(as_flag, message)

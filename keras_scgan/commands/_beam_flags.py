"""The flags of Apache Beam, of commands that work on its runners, and what they say."""

import os

from absl import flags

from keras_scgan.beam import running

flags.disclaim_key_flags()  # those that are defined here are of the command that calls

FLAGS = flags.FLAGS


def define(default=running.LOCAL_RUNNER):
    """Defines --runner. Args: `default`, string, the runner that is taken unless another is named."""
    flags.DEFINE_string(
        "runner",
        default,
        f"Runner of Apache Beam, such as {running.LOCAL_RUNNER}, which works on this machine, DataflowRunner, "
        "FlinkRunner or SparkRunner. Flags of its own stand at the end, after --, each written --name=value.",
    )


def split(arguments):
    """Divides arguments into those of the command and the runner's flags, two lists. Args: `arguments`, strings."""
    of_runner = [argument for argument in arguments if argument.startswith("-")]
    return [argument for argument in arguments if argument not in of_runner], of_runner


def cores():
    """Number of the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

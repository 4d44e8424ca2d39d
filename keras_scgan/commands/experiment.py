"""Trains and measures networks by a plan, such as the paper's ablations, and tabulates them.

    scgan experiment experiments/ablation.toml --data_dir=DIR --validation_dir=DIR --output_dir=runs/ablation

A plan names settings, each some flags of scgan train over those of a flagfile. They are trained and measured one
after the other; a call that was stopped goes on when it is given again, and what is done stays as it is. --output_dir
receives a folder for each setting and seed, and table.md, table.tex and results.jsonl: each metric beside the published
number, with the difference from the plan's baseline and its interval over the photos; and, of settings that differ by a
number, curves.svg. Without --seeds=2 or more the spread between runs is unknown, and no difference is claimed.

The plans are made for the paper's scale. A smaller one is --train_flags, which all settings have in common, except
what a setting is about:
--train_flags="--preset=small --depth=7 --image_size=128 --epochs=2".
"""

import pathlib
import shlex

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags, logging

from keras_scgan.commands import _settings_flags
from keras_scgan.evaluation.settings import Settings
from keras_scgan.experiments import plan as plans
from keras_scgan.experiments import run
from keras_scgan.program import cli
from keras_scgan.program.errors import UserError
from keras_scgan.training.train_settings import TrainSettings

TAKES_ARGUMENTS = True
FLAGS = flags.FLAGS

flags.DEFINE_string("data_dir", None, "Photos to train on, a folder or shards, as of scgan train.")
flags.DEFINE_string("validation_dir", None, "Photos to measure on, as --data_dir of scgan evaluate.", required=True)
flags.DEFINE_string("output_dir", None, "Folder of all that comes of it. Default: runs/ and the name of the plan.")
flags.DEFINE_list("inputs", [], "Files and folders that the plan asks for, each NAME=PATH.")
flags.DEFINE_list("only", [], "Settings to run, by name. Default: all of which no input is missing.")
flags.DEFINE_integer("seeds", 1, "Runs of each setting, with the seeds 0, 1, ...", 1)
flags.DEFINE_string(
    "train_flags", "", "Flags of scgan train for all settings, over those of the plan for all, under a setting's own."
)
flags.DEFINE_string("evaluate_flags", "", "Flags of scgan evaluate, over those of the plan.")
flags.DEFINE_bool("dry_run", False, "Train a few steps of each setting, print how long all would take, and exit.")


def main(argv):
    """Runs a plan, and prints its table."""
    if len(argv) != 2:
        raise UserError("Name one plan: scgan experiment PLAN.toml")
    inputs = _inputs()
    plan, lacking = plans.load(argv[1]).with_inputs(inputs)
    for setting in lacking:
        missing = ",".join(f"{name}=PATH" for name in sorted(setting.inputs - inputs.keys()))
        logging.info("%s is left out: it needs --inputs=%s", setting.title or setting.name, missing)
    if FLAGS.data_dir is None and any(setting.is_trained and not setting.data_dir for setting in plan.settings):
        raise UserError("Give the photos to train on: `data_dir=DIR`.")
    call = run.Call(
        train_settings=lambda given: _settings_flags.parse(TrainSettings, given),
        evaluation_settings=lambda given: _settings_flags.parse(Settings, given),
        output_dir=pathlib.Path(FLAGS.output_dir or f"runs/{pathlib.Path(argv[1]).stem}"),
        data_dir=FLAGS.data_dir,
        validation_dir=FLAGS.validation_dir,
        flags=_split("train_flags"),
        evaluation=_split("evaluate_flags"),
        seeds=FLAGS.seeds,
    )
    if FLAGS.dry_run:
        print("\n".join(run.estimate(plan, call, FLAGS.only)))
        return
    with cli.interruptible("To go on, give the same command again."):
        print(run.run(plan, call, FLAGS.only, lacking))


def _split(name):
    """The flags that a flag holds, as a shell would split them."""
    try:
        return tuple(shlex.split(FLAGS[name].value))
    except ValueError as error:  # a quotation mark alone
        raise UserError(f"--{name}={FLAGS[name].value} cannot be read: {error}.") from None


def _inputs():
    pairs = [text.partition("=") for text in FLAGS.inputs]
    for name, _, path in pairs:
        if not path:
            raise UserError(f"`inputs={name}`: expected NAME=PATH.")
    return {name: path for name, _, path in pairs}

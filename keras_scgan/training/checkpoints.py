"""Checkpoints of a training run: everything that decides how it goes on, in one file, whole or absent."""

import pathlib
import re

import keras
import numpy as np
from absl import logging

from keras_scgan.program.errors import BadFileError, UserError, first_line
from keras_scgan.program.files import atomic_path, open_regular

KEEP = 3
_CONSTANT = "constant/"


def checkpoint_dir(run_dir):
    """Where a run folder has its checkpoints."""
    return pathlib.Path(run_dir) / "checkpoints"


def checkpoint_path(folder, step):
    """Path of the checkpoint of a step."""
    return pathlib.Path(folder) / f"step_{step:08d}.npz"


def checkpoint_steps(folder):
    """Steps of the checkpoints in a folder, in order."""
    names = (path.stem.removeprefix("step_") for path in pathlib.Path(folder).glob("step_*.npz"))
    return sorted(int(name) for name in names if name.isdecimal())


def read_checkpoint(path):
    """What a checkpoint holds, a dict of arrays by name.

    Raises:
        PermissionError: It may not be read.
        BadFileError: It is damaged.
    """
    try:
        with open_regular(path) as file, np.load(file) as archive:
            values = {name: np.asarray(archive[name]) for name in archive.files}
        if not values:
            raise ValueError("nothing is in it")
        return values
    except PermissionError:
        raise
    except Exception as error:  # a file that is damaged can fail in any way
        raise BadFileError(path, f"damaged ({first_line(error) or type(error).__name__})") from error


class Checkpoints:
    """The checkpoints of a folder, `step_00001234.npz`, of which the last three are kept.

    A checkpoint holds the weights, the optimizers' and the trackers' state, and in its name the number of steps done.
    It is written under another name first, so that a file of that name is whole.

    Args:
        folder: path. Made when the first checkpoint is written.
        model: compiled `SCGAN`.
        constants: dict of integers by name: what must be the same for a run to go on.
    """

    def __init__(self, folder, model, constants=None):
        self.folder = pathlib.Path(folder)
        self.constants = constants or {}
        self._variables = run_variables(model)
        self._damaged = []

    def steps(self):
        """Steps of the checkpoints there are, in order."""
        return checkpoint_steps(self.folder)

    def path(self, step):
        """Path of the checkpoint of a step."""
        return checkpoint_path(self.folder, step)

    def save(self, step, write=True):
        """Writes the checkpoint of a step and removes the oldest.

        Args:
            step: int.
            write: bool. `False` for all workers but one, which take part as trackers are read from all of them.

        Raises:
            FloatingPointError: a variable holds a value that is not finite; nothing is written.
            OSError: it cannot be written; those that are there stay.
        """
        values = {name: variable.numpy() for name, variable in self._variables.items()}
        for name, value in values.items():
            if not np.isfinite(value).all():
                raise FloatingPointError(f"{name} is not finite")
        if not write:
            return
        while self._damaged:
            damaged = self._damaged.pop()
            damaged.replace(f"{damaged}.damaged")
        with atomic_path(self.path(step)) as path:
            np.savez(path, **values, **self._named_constants())
        for old in self.steps()[:-KEEP]:
            self.path(old).unlink()

    def restore_latest(self):
        """Restores the newest checkpoint that is whole; returns its step, or 0 where there is none at all.

        Damaged ones that are passed over are renamed when the next is saved: `step_00001234.npz.damaged`.

        Raises:
            PermissionError: it may not be read.
            UserError: it belongs to another run, or all are damaged.
        """
        for step in reversed(self.steps()):
            path = self.path(step)
            try:
                values = read_checkpoint(path)
            except BadFileError as error:
                logging.warning("Passed over the checkpoint %s", error)
                self._damaged.append(path)
                continue
            self._assign(values, path)
            return step
        if self._damaged:
            raise UserError(f"All checkpoints in {self.folder} are damaged: start anew with `fresh=True`.")
        return 0

    def _assign(self, values, path):
        for name, value in self._named_constants().items():
            found = values.pop(name, None)
            if found is not None and not np.array_equal(found, value):
                raise UserError(
                    f"{path} was made with {name.removeprefix(_CONSTANT)}={found}, not {value}: go on with that, or "
                    "start another run from generator.keras by `init_from`."
                )
        kinds = {name: (tuple(variable.shape), variable.dtype) for name, variable in self._variables.items()}
        found = {name: (value.shape, value.dtype.name) for name, value in values.items()}
        if kinds != found:
            differing = sorted(name for name in kinds.keys() | found.keys() if kinds.get(name) != found.get(name))
            raise UserError(
                f"{path} is of another model ({len(differing)} variables differ, the first is {differing[0]}): "
                "train with the settings that it was made with (run.flags), or start anew with `fresh=True`."
            )
        for name, variable in self._variables.items():
            variable.assign(values[name])

    def _named_constants(self):
        return {f"{_CONSTANT}{name}": value for name, value in self.constants.items()}


def run_variables(model):
    """Every variable of the run by a name of its own: networks, optimizers, trackers."""
    groups = {
        name: _optimizer_variables(part) if isinstance(part, keras.optimizers.Optimizer) else part.variables
        for name, part in model.state.items()
    }
    groups["trackers"] = [variable for metric in model.metrics for variable in metric.variables]
    return {
        f"{group}/{i:04d}/{_path_of(variable, group)}": variable
        for group, variables in groups.items()
        for i, variable in enumerate(variables)
    }


def _path_of(variable, group):
    """The path of a variable without names that count what the process has made: of optimizers and seed generators."""
    if "optimizer" in group:
        return variable.path.partition("/")[2]
    return re.sub(r"^seed_generator_\d+/", "seed_generator/", variable.path)


def _optimizer_variables(optimizer):
    # The learning rate is for whoever resumes the run to say, as where it has a schedule.
    return [variable for variable in optimizer.variables if variable.name != "learning_rate"]

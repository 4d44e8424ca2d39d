"""The run of a plan: its settings trained and measured one after the other, from where an earlier run stopped."""

import csv
import dataclasses
import json
import pathlib
import tempfile
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from keras_scgan.evaluation.methods import GREYSCALE, NETWORK, THERMAL
from keras_scgan.evaluation.metrics import cci_ratio
from keras_scgan.evaluation.run import SYNTHETIC, evaluate
from keras_scgan.experiments import tables
from keras_scgan.experiments.plan import METRICS
from keras_scgan.models.loading import load_model
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import write_text
from keras_scgan.training import train
from keras_scgan.training.macs import count_macs
from keras_scgan.training.run import open_photos

_GIVEN, _TRAINED, _EVALUATION = "setting.json", "trained.json", "evaluation"
_PROBE_STEPS = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
    """How a plan is run.

    Args:
        train_settings: function from flags to `TrainSettings`.
        evaluation_settings: function from flags to the evaluation's `Settings`.
        output_dir: path. It has a folder for each setting, in it one for each seed, and the tables.
        data_dir: path of the photos to train on.
        validation_dir: path of the photos to measure on.
        flags: flags of training for every setting, over those of the plan for all, and under a setting's own.
        evaluation: flags of the evaluation, likewise.
        seeds: int. Runs of each setting.
    """

    train_settings: Callable
    evaluation_settings: Callable
    output_dir: pathlib.Path
    data_dir: str
    validation_dir: str
    flags: tuple = ()
    evaluation: tuple = ()
    seeds: int = 1


@dataclasses.dataclass(frozen=True)
class Result:
    """What was measured of a setting.

    Args:
        setting: `Setting`.
        photos: list of dicts, one a seed, from the names of metrics to dicts from photos to values.
        trained: list of dicts, one a seed, of `parameters`, `gmac` and `seconds`; empty if nothing was trained.
    """

    setting: object
    photos: list
    trained: list


def run(plan, call, only=(), lacking=()):
    """Runs a plan, and writes its tables whenever a setting is done.

    Args:
        plan: `Plan` with its inputs.
        call: `Call`.
        only: names of the settings to run. Defaults to all. What is done of the others is in the tables too.
        lacking: list of `Setting`s that are in the tables by their published numbers alone.

    Returns:
        The table in Markdown.

    Raises:
        UserError: A setting cannot be trained or measured, or was run with other flags before.
        Interrupted: SIGINT or SIGTERM came while a network was trained; a checkpoint is written.
    """
    names = [setting.name for setting in plan.settings]
    for name in only:
        if name not in names:
            raise UserError(f"`only={name}`: expected one of {', '.join(names)}, which lack no input.")
    jobs = [(setting, seed) for setting in plan.settings for seed in range(call.seeds if setting.is_trained else 1)]
    for setting, seed in jobs:
        if not only or setting.name in only:
            logging.info("%s, seed %d", setting.title or setting.name, seed)
            _run_setting(plan, call, setting, seed)
    results, inputs, note = [], {}, ""
    for setting in plan.settings:
        folders = [_folder(call, setting, seed) for other, seed in jobs if other is setting]
        folders = [folder for folder in folders if (folder / _EVALUATION / "metrics.jsonl").exists()]
        if folders:
            results.append(_result(plan, setting, folders))
            inputs = inputs or {name: _read(plan, name, folders[0]) for name in (GREYSCALE, THERMAL)}
            note = note or _note(folders[0])
    return tables.write(call.output_dir, plan, results, inputs, lacking, note)


def estimate(plan, call, only=()):
    """Estimates how long the settings of a plan train, by a few steps of each. Args and errors: as of `run`.

    Returns:
        List of lines.
    """
    lines, total = [], 0.0
    for setting in plan.settings:
        if setting.is_trained and (not only or setting.name in only):
            stages = stages_of(plan, call, setting, 0)
            seconds = call.seeds * sum(_estimate_stage(settings, stages[0].encoder) for settings in stages)
            total += seconds
            lines.append(f"{setting.name}: {seconds / 3600:.2f} h for {call.seeds} seed{'s' * (call.seeds > 1)}")
    return [*lines, f"All: {total / 3600:.2f} h of training, measuring apart"]


def _estimate_stage(settings, encoder):
    """Seconds that a stage trains, by the second of two short epochs: in the first one, TensorFlow compiles.

    Args: its `TrainSettings`; the encoder that stage 1 starts from, as there is no generator of it yet, or `None`.
    """
    with tempfile.TemporaryDirectory() as folder:
        short = {"epochs": 2, "steps_per_epoch": _PROBE_STEPS, "learning_rate_halving_epochs": 0, "warm_up_steps": 0}
        start = {"init_from": None, "encoder": encoder}
        probe = dataclasses.replace(settings, output_dir=folder, validation_dir=None, **start, **short)
        train.train([probe])
        speed = _epochs(folder)[-1]["images_per_second"]
    photos, _ = open_photos(settings)
    steps = settings.resolved(photos).steps_per_epoch
    keras.backend.clear_session()
    return settings.epochs * steps * settings.batch_size / speed


def _folder(call, setting, seed):
    return pathlib.Path(call.output_dir) / setting.name / f"seed{seed}"


def _run_setting(plan, call, setting, seed):
    folder = _folder(call, setting, seed)
    stages = stages_of(plan, call, setting, seed) if setting.is_trained else []
    path = str(folder / f"stage{len(stages)}" / train.RESULT) if stages else setting.model
    method = f"--pred_dir={setting.name}={setting.results}" if setting.results else f"--model={setting.name}={path}"
    flags = [*plan.evaluation, *call.evaluation, f"--data_dir={call.validation_dir}", method]
    evaluation = call.evaluation_settings(flags)  # before training, so that a wrong flag is no late surprise
    _check_same(folder, [dataclasses.asdict(settings) for settings in (*stages, evaluation)])
    if stages and not (folder / _TRAINED).exists():
        train.train(stages, output_dir=folder)
        _write_json(folder / _TRAINED, _about(stages, path))
        keras.backend.clear_session()
    if not (folder / _EVALUATION / "metrics.jsonl").exists():
        evaluate(evaluation, folder / _EVALUATION, overwrite=True)


def stages_of(plan, call, setting, seed):
    """The `TrainSettings` of the stages of a setting's run, a list. Args: as of `run`, `Setting`, and int."""
    stages = []
    for number, base in enumerate(plan.base, 1):
        flags = (*plan.flags, *call.flags, *setting.flags, *setting.stages.get(str(number), ()))
        folder = _folder(call, setting, seed) / f"stage{number}"
        places = {"data_dir": setting.data_dir or call.data_dir, "output_dir": folder, "seed": seed}
        if stages:
            places["init_from"] = pathlib.Path(stages[-1].output_dir) / train.RESULT
        stages.append(
            call.train_settings(
                [f"--flagfile={base}", *flags, *(f"--{name}={value}" for name, value in places.items())]
            )
        )
    return stages


def _check_same(folder, given):
    """Raises `UserError` if a folder is of other settings; takes note of them otherwise."""
    given = json.loads(json.dumps(given))
    path = folder / _GIVEN
    if not path.exists():
        _write_json(path, given)
    elif (before := json.loads(path.read_text(encoding="utf-8"))) != given:
        old, new = ({(name, str(value)) for one in stages for name, value in one.items()} for stages in (before, given))
        names = sorted({name for name, _ in old ^ new})
        raise UserError(
            f"{folder} is of other settings ({', '.join(names) or 'of other stages'}): choose another `output_dir`, or "
            "delete that folder."
        )


def _about(stages, path):
    """What the table tells of a trained network beside its quality."""
    generator, size = load_model(path, "model"), stages[-1].image_size
    gray = tf.TensorSpec((1, size, size, 1), tf.float32)
    seconds = 0.0
    for settings in stages:
        step = 0
        for line in _epochs(settings.output_dir):
            seconds += (line["step"] - step) * settings.batch_size / line["images_per_second"]
            step = line["step"]
    return {"parameters": generator.count_params(), "gmac": count_macs(generator, gray) / 1e9, "seconds": seconds}


def _epochs(run_dir):
    return [json.loads(line) for line in (pathlib.Path(run_dir) / "metrics.jsonl").read_text().splitlines()]


def _write_json(path, value):
    write_text(path, json.dumps(value, indent=2) + "\n")


def _result(plan, setting, folders):
    trained = [json.loads((folder / _TRAINED).read_text()) for folder in folders] if setting.is_trained else []
    return Result(setting, [_read(plan, setting.name, folder) for folder in folders], trained)


def _read(plan, method, folder):
    """Metrics of a method's photos: at the size of the protocol, otherwise of the full pipeline."""
    with open(folder / _EVALUATION / "per_image.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == method]
    rows = [row for row in rows if row["output"] == NETWORK] or rows
    return {metric: dict(_values(rows, metric)) for metric in plan.metrics}


def _note(folder):
    """What is to be known of the photos that a setting was measured on; mostly empty."""
    (line, *_) = (folder / _EVALUATION / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    is_synthetic = json.loads(line)["protocol"].get("thermal_images") == SYNTHETIC
    return (
        "Thermal images are synthetic, made of the photos' colours: nothing here is of real ones."
        if is_synthetic
        else ""
    )


def _values(rows, metric):
    """Photos and values of a metric, where it is known and finite. Shares are in %."""
    is_ratio = metric == "cci_ratio"
    for row in rows:
        text = row["cci" if is_ratio else metric]
        if text and np.isfinite(float(text)):
            value = cci_ratio([float(text)]) if is_ratio else float(text)
            yield row["photo"], 100 * value if METRICS[metric][0].endswith("%") else value

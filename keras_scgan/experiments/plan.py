"""Plans of experiments, as TOML files: what is trained by which settings, and what was published of them."""

import dataclasses
import pathlib
import re
import tomllib

from keras_scgan.program.errors import UserError

METRICS = {
    "psnr": ("PSNR, dB", "{:.2f}"),
    "ssim": ("SSIM", "{:.4f}"),
    "ssim_data_range_2": ("SSIM, data range 2", "{:.4f}"),
    "chroma_psnr": ("chroma PSNR, dB", "{:.2f}"),
    "top1": ("Top-1, %", "{:.2f}"),
    "cci": ("CCI", "{:.2f}"),
    "cci_distance": ("CCI distance", "{:.2f}"),
    "cosine_distance": ("judge's cosine distance", "{:.4f}"),
    "cci_ratio": ("CCI ratio, %", "{:.2f}"),
}
"""Metrics that a table may have, each a mean over the photos: title, and format. Those in % are 100 times a share."""

_INPUT = re.compile(r"\{(\w+)\}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """A row of the table.

    Args:
        name: string. Name of its folder, and of the row for `only`.
        title: string. What the table calls it. Defaults to the name.
        flags: tuple of flags of training, of all stages.
        stages: dict from numbers of stages, `"1"` and `"2"`, to tuples of flags of these alone.
        data_dir: string. Photos to train on in the place of those of all.
        model: string. Generator that is measured as it is; nothing is trained.
        results: string. Folder of any system's results, likewise.
        published: dict from names of metrics to the numbers that were published.
        at: number above 0. Its place in the plot of the plan, if it has one there.
        line: string. The line of that plot that it is a point of.
    """

    name: str
    title: str = ""
    flags: tuple = ()
    stages: dict = dataclasses.field(default_factory=dict)
    data_dir: str | None = None
    model: str | None = None
    results: str | None = None
    published: dict = dataclasses.field(default_factory=dict)
    at: float | int | None = None
    line: str = ""

    @property
    def is_trained(self):
        """Whether a network is trained for it."""
        return self.model is None and self.results is None

    @property
    def inputs(self):
        """Names of the inputs that it needs, a set."""
        of_stages = (flag for flags in self.stages.values() for flag in flags)
        places = filter(None, (self.data_dir, self.model, self.results))
        return {name for text in (*self.flags, *of_stages, *places) for name in _INPUT.findall(text)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """An experiment.

    Args:
        title: string.
        settings: tuple of `Setting`s.
        baseline: string. Name of the setting that the others' differences are from.
        base: tuple of paths of flag files of training, one a stage.
        flags: tuple of flags of training, of all settings and stages, over those files.
        metrics: tuple of names of `METRICS`, the columns of the table.
        evaluation: tuple of flags of the evaluation.
        inputs: dict from names to what they are: files and folders that settings name as `{name}`.
        at: string. What the numbers are that settings are plotted over.
    """

    title: str
    settings: tuple
    baseline: str
    metrics: tuple
    base: tuple = ()
    flags: tuple = ()
    evaluation: tuple = ()
    inputs: dict = dataclasses.field(default_factory=dict)
    at: str = ""

    def with_inputs(self, given):
        """The plan with the places of its inputs in its settings.

        Args:
            given: dict from names of inputs to paths.

        Returns:
            The plan, and a list of the settings that nothing can be done for, as an input of theirs is not given.

        Raises:
            UserError: An input is given that the plan does not have.
        """
        unknown = [name for name in given if name not in self.inputs]
        if unknown:
            known = ", ".join(self.inputs) or "none"
            raise UserError(f"`inputs={unknown[0]}`: the plan has no such input; it has {known}.")
        complete, lacking = [], []
        for setting in self.settings:
            if setting.inputs <= given.keys():
                complete.append(_filled(setting, given))
            else:
                lacking.append(setting)
        return dataclasses.replace(self, settings=tuple(complete)), lacking


def load(path):
    """Reads a plan.

    Raises:
        UserError: There is no such file, or something in it cannot be.
    """
    path = pathlib.Path(path)
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
        settings = tuple(_made(Setting, setting, "a setting") for setting in fields.pop("settings", []))
        plan = _made(Plan, {**fields, "settings": settings}, "the plan")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is no plan: {error}") from error
    _check(path, plan)
    return dataclasses.replace(plan, base=tuple(str(path.parent / name) for name in plan.base))


def _made(kind, fields, what):
    """A dataclass of the fields of a TOML table, with tuples for its lists."""
    kinds = {field.name: field.type for field in dataclasses.fields(kind)}
    unknown = [name for name in fields if name not in kinds]
    if unknown:
        raise ValueError(f"{what} has no {unknown[0]!r}; it has {', '.join(sorted(kinds))}")
    values = {name: _with_tuples(name, value) for name, value in fields.items()}
    for name, value in values.items():
        if not isinstance(value, kinds[name]):
            raise ValueError(f"{name} of {what} is of another type: {value!r}")
    return kind(**values)


def _with_tuples(name, value):
    """A value of a TOML table with tuples for its lists, which are of strings."""
    if isinstance(value, dict):
        return {key: _with_tuples(name, inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    if not all(isinstance(text, str) for text in value):
        raise ValueError(f"{name} has something else than strings: {value}")
    return tuple(value)


def _check(path, plan):
    names = [setting.name for setting in plan.settings]
    problems = [
        (not names, "it has no settings"),
        (len(set(names)) < len(names), "two settings have one name"),
        (not all(re.fullmatch(r"[\w.-]+", name) for name in names), "names are of letters, digits, '.', '-', '_'"),
        (plan.baseline not in names, f"its baseline {plan.baseline!r} is none of its settings"),
        (not set(plan.metrics) <= METRICS.keys(), f"its metrics are to be of {', '.join(METRICS)}"),
        (not plan.base and any(setting.is_trained for setting in plan.settings), "it has no base to train by"),
    ]
    for setting in plan.settings:
        problems.append((not setting.inputs <= plan.inputs.keys(), f"{setting.name} names an unknown input"))
        problems.append((setting.at is not None and not setting.at > 0, f"{setting.name} is at no number above 0"))
        has_stages = all(stage in ("1", "2") and isinstance(flags, tuple) for stage, flags in setting.stages.items())
        problems.append((not has_stages, f"stages of {setting.name} are to be lists of flags, of 1 and 2"))
        problems.append((not setting.published.keys() <= METRICS.keys(), f"{setting.name} has other published metrics"))
        has_numbers = all(isinstance(number, int | float) for number in setting.published.values())
        problems.append((not has_numbers, f"the published metrics of {setting.name} are no numbers"))
    for is_wrong, message in problems:
        if is_wrong:
            raise UserError(f"{path} is no plan: {message}.")


def _filled(setting, given):
    def fill(value):
        if isinstance(value, str):
            return _INPUT.sub(lambda match: given[match[1]], value)
        if isinstance(value, dict):
            return {name: fill(flags) for name, flags in value.items()}
        return None if value is None else tuple(map(fill, value))

    names = ("flags", "stages", "data_dir", "model", "results")
    return dataclasses.replace(setting, **{name: fill(getattr(setting, name)) for name in names})

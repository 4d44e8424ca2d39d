"""Where the results of many files go, so that none takes another's place, and which of them are there already."""

import dataclasses
import pathlib

from keras_scgan.photos.files import output_suffix
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.files import fold_name, folds_names, is_same_file, remove_temporaries

EXTRAS = ("comparison", "saliency")
"""What can be written beside the colorized photo."""

FORMATS = ("same", "jpg", "png", "webp", "tif")
"""Formats of results; `"same"` is that of the original."""

_NAMED = 10
"""Files that one note names at most."""


@dataclasses.dataclass(frozen=True)
class Job:
    """A photo or film, and where its results go.

    Args:
        path: `pathlib.Path` of the original.
        target: `pathlib.Path` of the colorized one.
        extras: dict of `pathlib.Path` by name, of `EXTRAS`, which are to be written too.
        has_target: bool. Whether the colorized one is there already and stays, as extras alone are missing.
    """

    path: pathlib.Path
    target: pathlib.Path
    extras: dict = dataclasses.field(default_factory=dict)
    has_target: bool = False

    @property
    def results(self):
        """The paths that are written, a list."""
        return [*([] if self.has_target else [self.target]), *self.extras.values()]


def result_suffix(suffix, chosen="same"):
    """Suffix of a photo's result. Args: `suffix` of the original; `chosen`, one of `FORMATS`."""
    return output_suffix(suffix) if chosen == "same" else f".{chosen}"


def damaged(fault, target):
    """What is told of an original of which a part is colorized. Args: `fault`, string; `target`, path of the result."""
    return f"damaged: {fault}. What can be read is in {target}"


def taken(target, owner):
    """What is told of an original whose result has no place. Args: paths of the `target`, and of the `owner` of it."""
    return f"its result {target} would take the place of that of {owner}"


def long_name(path, suffix):
    """The path of a result that keeps its original's suffix too, as in `film.avi.mp4`."""
    return path.with_name(path.name + suffix)


def plan(files, output_dir, report, *, suffix_of=result_suffix, extras=(), overwrite=False, log=None, long_names=True):
    """Decides where results go, and leaves out what is done.

    Results have the relative paths of their originals. Extras lie beside them: `STEM_comparison` with the same suffix,
    `STEM_saliency.png`. What processes that were killed have left among the results is deleted.

    Args:
        files: list of `file_jobs.FoundFile`.
        output_dir: path of the folder for the results.
        report: `file_jobs.Report`, told of files that are done, and of results that would take another's place.
        suffix_of: function from an original's suffix to its result's.
        extras: names of `EXTRAS` that are wanted.
        overwrite: bool. Whether what is done is done again.
        log: `result_log.ResultLog` of the folder. By it results among the files are left out, those of originals that
            have changed since are made again, and those are told that are there already, but made of another original
            or with other settings. `None` for no log.
        long_names: bool. Whether a result that has another suffix than its original keeps that too, as in
            `film.avi.mp4`, if its place is taken otherwise. Defaults to `True`.

    Returns:
        List of `Job`.

    Raises:
        UserError: The folder is a file, or a result would take the place of an original.
    """
    output_dir = pathlib.Path(output_dir)
    if output_dir.exists() and not output_dir.is_dir():
        raise UserError(f"`output_dir={output_dir}` is a file: give a folder.")
    return _Planner(files, output_dir, report, overwrite, log).plan(suffix_of, extras, long_names)


class _Planner:
    """Arguments as of `plan`."""

    def __init__(self, files, output_dir, report, overwrite, log):
        self._output_dir = output_dir
        self._report = report
        self._overwrite = overwrite
        self._log = log
        self._files = [file for file in files if log is None or log.find(file.path) is None]
        if len(self._files) < len(files):
            report.notes.append(f"Left out, as they are results themselves: {len(files) - len(self._files)} files")
        self._originals = {file.path.resolve() for file in self._files}
        self._owners, self._folded = {}, {}
        self._folds_names = None
        self._stale = set()
        self._outdated, self._changes = [], set()

    def plan(self, suffix_of, extras, long_names):
        targets = self._targets(suffix_of, long_names)
        for folder in {target.parent for target in targets.values()}:
            remove_temporaries(folder)
        jobs = [self._job(file, target, extras) for file, target in targets.items()]
        if self._outdated:
            named = ", ".join([*map(str, self._outdated[:_NAMED]), *(["..."] if len(self._outdated) > _NAMED else [])])
            settings = ", ".join(f"`{name}`" for name in sorted(self._changes))
            self._report.notes.append(f"Made with another {settings} (`overwrite=True` does them again): {named}")
        return [job for job in jobs if job is not None]

    def _targets(self, suffix_of, long_names):
        """The place of each file's result, by file; with long names, those that keep their suffix choose first."""
        targets, files = {}, self._files
        if long_names:
            files = sorted(files, key=lambda file: suffix_of(file.path.suffix) != file.path.suffix)
        for file in files:
            place = self._output_dir / file.relative
            target = place.with_suffix(suffix_of(place.suffix))
            owner = self._owner(target, file.path)
            if owner is not None and long_names and target.suffix != place.suffix:
                target = long_name(place, target.suffix)
                owner = self._owner(target, file.path)
            self._check_original(target)
            if owner is None:
                self._claim(target, file.path)
                targets[file] = target
            elif not is_same_file(owner, file.path):
                self._report.add_failure(file.path, BadFileError(file.path, taken(target, owner)))
        return {file: targets[file] for file in self._files if file in targets}

    def _job(self, file, target, extras):
        """The `Job` of a file; `None` if all is there."""
        has_target = self._is_there(target)
        suffixes = {"comparison": target.suffix, "saliency": ".png"}
        missing = {}
        for name in extras:
            path = target.with_name(f"{target.stem}_{name}{suffixes[name]}")
            self._check_original(path)
            owner = self._owner(path, file.path)
            if owner is not None:
                reason = f"the {name} of {file.path} would take the place of what is made of {owner}"
                self._report.add_failure(path, BadFileError(path, reason))
                continue
            self._claim(path, file.path)
            if not self._is_there(path):
                missing[name] = path
        if has_target:
            self._compare(file, target)
        if has_target and not missing:
            self._report.skipped += 1
            return None
        return Job(file.path, target, missing, has_target)

    def _is_there(self, path):
        return path.exists() and not self._overwrite and path not in self._stale

    def _compare(self, file, target):
        """Tells how a result that is there differs from the one that would be made."""
        record = None if self._log is None else self._log.find(target)
        if record is None or self._log.is_edited(record):
            return
        if record.fault:
            self._report.add_failure(file.path, BadFileError(file.path, damaged(record.fault, target)))
        if changes := self._log.changes(record):
            self._outdated.append(target)
            self._changes.update(changes)

    def _check_original(self, path):
        if path.resolve() in self._originals:
            raise UserError(f"The result {path} would take the place of an original: choose another output folder.")

    def _claim(self, path, original):
        self._owners[path] = original
        self._folded.setdefault(fold_name(path), path)

    def _owner(self, path, original):
        """The original whose result has a place, in this run or an earlier one; `None` if it is free.

        It is if what stands there was made of the same original, but before that changed.
        """
        if path in self._owners:
            return self._owners[path]
        other = self._folded.get(fold_name(path))
        if other is not None:
            if self._folds_names is None:
                self._folds_names = folds_names(self._output_dir)
            if self._folds_names:
                return self._owners[other]
        if self._log is not None and self._is_there(path):
            other = self._log.other_original(path, original)
            if other is None or not is_same_file(other, original):
                return other
            self._stale.add(path)
        return None

"""What all tools that work through many files share: finding them, going on past bad ones, overlapping the work."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import glob
import itertools
import os
import pathlib
import sys

import cv2

from keras_scgan.program import progress
from keras_scgan.program.arguments import as_flags
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.printable import printable

_FAILURES = (BadFileError, OSError, MemoryError, cv2.error)


@dataclasses.dataclass(frozen=True)
class FoundFile:
    """A file to work on.

    Args:
        path: `pathlib.Path` of the file.
        relative: `pathlib.Path` of the file from the folder that was given, or its name alone.
    """

    path: pathlib.Path
    relative: pathlib.Path


class LeftOut:
    """What a search for files left out, to be told at the end."""

    def __init__(self):
        self.kinds = collections.Counter()
        """Files of other kinds, by their suffix in lower case."""
        self.places = []
        """What there is to say of folders, each a sentence."""

    def lines(self):
        """What is to be told, a list of strings."""
        kinds = ", ".join(f"{count} {suffix or 'without suffix'}" for suffix, count in self.kinds.most_common())
        return [*self.places, *([f"Left out, as their kinds are not read: {kinds}"] if kinds else [])]


def find_files(arguments, suffixes, exclude=None, left_out=None):
    """Files that a person names: as files, folders or glob patterns.

    Folders are searched with all their subfolders, also through symbolic links, for files with the given suffixes in
    either case; names that begin with a dot are left out. A file that is named is taken whatever its suffix.

    Args:
        arguments: list of strings.
        suffixes: tuple of strings with their dots.
        exclude: path of a folder that is not searched, as for results that lie among the inputs.
        left_out: `LeftOut`, told of files of other kinds, and of folders without such files, which are no error then.

    Returns:
        List of `FoundFile`, in the order of the arguments, each folder sorted.

    Raises:
        UserError: An argument names nothing, or a folder or a pattern holds no such file.
    """
    found, excluded = [], os.path.realpath(exclude) if exclude else None
    for argument in arguments:
        paths = [argument] if os.path.exists(argument) else sorted(glob.glob(argument, recursive=True))
        if not paths:
            raise UserError(f"There is no such file or folder: {argument}")
        of_argument = [file for path in paths for file in _expand(pathlib.Path(path), suffixes, excluded, left_out)]
        if not of_argument and left_out is None:
            raise UserError(f"{argument} holds no file with one of the suffixes {', '.join(suffixes)}.")
        found += of_argument
    return found


def _expand(path, suffixes, excluded, left_out):
    if not path.is_dir():
        return [FoundFile(path, pathlib.Path(path.name))]
    files = sorted(path / name for name in _walk(path, {excluded}))
    found = [FoundFile(file, file.relative_to(path)) for file in files if file.suffix.lower() in suffixes]
    if left_out is not None:
        left_out.kinds.update(file.suffix.lower() for file in files if file.suffix.lower() not in suffixes)
        if os.path.realpath(path) == excluded:
            left_out.places.append(f"{path} is left out, as it is the folder of the results.")
        elif not found:
            left_out.places.append(f"{path} holds no file of a kind that is read.")
    return found


def _walk(folder, seen):
    """Yields the paths of the files in a folder; `seen` holds the real paths of folders that are not entered again."""
    for parent, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.relpath(os.path.join(parent, name), folder) for name in names if not name.startswith("."))


class Report:
    """What became of the files: done, done before, or failed and why.

    Args:
        verb: string. What is done to a file, as in "colorized".

    Attributes:
        done: int. Files that are done.
        skipped: int. Files whose results there are already.
        failures: list of tuples of the path and the reason, a string.
        notes: list of strings. What else is to be told at the end.
        left_out: `LeftOut`, for `find_files`.
    """

    def __init__(self, verb):
        self.verb = verb
        self.done = 0
        self.skipped = 0
        self.failures = []
        self.notes = []
        self.left_out = LeftOut()

    def add_failure(self, path, error):
        """Notes that a file failed. Args: `path`; `error`, the exception."""
        self.failures.append((path, _reason(error)))

    @contextlib.contextmanager
    def catch(self, path):
        """Context in which a file that fails is noted, and one that does not is counted as done."""
        with self.noting(path):
            yield
            self.done += 1

    @contextlib.contextmanager
    def noting(self, path):
        """Context in which a result that cannot be written is noted, and counted nowhere else. Gives its `path`."""
        try:
            yield path
        except _FAILURES as error:
            self.add_failure(path, error)

    def has_failed(self, path):
        """Whether this file failed."""
        return any(failed == path for failed, _ in self.failures)

    def finish(self, summary_to=None):
        """Prints the failures to stderr and, unless the process is to be quiet, a summary.

        Args:
            summary_to: stream for the summary. Defaults to stdout.

        Returns:
            The exit status, 1 if there are failures.
        """
        sys.stdout.flush()
        for path, reason in self.failures:
            print(printable(f"{path}: {as_flags(reason)}"), file=sys.stderr)
        skipped = f", {self.skipped} skipped as done already (`overwrite=True` does them again)" if self.skipped else ""
        if not progress.is_quiet():
            summary = f"{self.done} {self.verb}{skipped}, {len(self.failures)} failed"
            print(as_flags(summary), file=summary_to)
            for line in (*self.notes, *self.left_out.lines()):
                print(printable(as_flags(line)), file=summary_to)
        return 1 if self.failures else 0


def _reason(error):
    if isinstance(error, BadFileError):
        return error.reason
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{place}"
    if isinstance(error, MemoryError):
        return "too large for the memory"
    return " ".join(str(error).split())


def overlap(jobs, load, compute, save, report, batch_size=1, workers=1):
    """Works through jobs in three steps that overlap in time; only so many are in memory as the steps need.

    A job that cannot be loaded or saved (a bad file, a full disk, too little memory) is noted in the report, and the
    others go on. What `compute` raises ends all of them.

    Args:
        jobs: iterable of objects with a `path`.
        load: function of a job, called in threads.
        compute: function of a list of what `load` returned to a list of results, called in the caller's thread.
        save: function of a job, what was loaded for it, and its result, called in threads.
        report: `Report`.
        batch_size: int. Jobs that are computed at once.
        workers: int. Threads for each of loading and saving.

    Yields:
        Each job that is saved or has failed.
    """
    with _threads(workers) as loaders, _threads(workers) as savers:
        loading = _ahead(loaders, load, jobs, workers + batch_size)
        saving = collections.deque()
        while batch := list(itertools.islice(loading, batch_size)):
            good = []
            for job, future in batch:
                if isinstance(future.exception(), _FAILURES):
                    report.add_failure(job.path, future.exception())
                    yield job
                else:
                    good.append((job, future.result()))
            results = compute([loaded for _, loaded in good]) if good else []
            for (job, loaded), result in zip(good, results, strict=True):
                saving.append((job, savers.submit(save, job, loaded, result)))
            del batch, good, results
            while len(saving) > workers:
                yield _saved(*saving.popleft(), report)
        while saving:
            yield _saved(*saving.popleft(), report)


def _ahead(executor, function, jobs, count):
    """Yields (job, future), with `count` futures submitted ahead."""
    submitted = collections.deque()
    for job in jobs:
        submitted.append((job, executor.submit(function, job)))
        if len(submitted) > count:
            yield submitted.popleft()
    while submitted:
        yield submitted.popleft()


def _saved(job, future, report):
    with report.catch(job.path):
        future.result()
    return job


@contextlib.contextmanager
def _threads(workers):
    """An executor that drops what it has not begun when it is left early, as by Ctrl-C."""
    executor = concurrent.futures.ThreadPoolExecutor(workers)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)

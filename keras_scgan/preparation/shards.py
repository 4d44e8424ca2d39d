"""Making the shards of a data set: photos are read and rescaled, their saliency is detected, and all of it written.

A shard is put together from parts, each a job of its own, so that few photos are done again when the work was stopped,
and small sets keep all processes busy.
"""

import dataclasses
import functools
import hashlib
import json
import math
import os
import pathlib
import shutil

from keras_scgan.data import records
from keras_scgan.photos.files import read_rgb
from keras_scgan.photos.resizing import to_square
from keras_scgan.preparation import detectors, own_files
from keras_scgan.preparation.journal import Journal
from keras_scgan.preparation.pictures import central_square, read_companion
from keras_scgan.preparation.settings import Settings
from keras_scgan.preparation.synthetic_thermal import synthetic_thermal
from keras_scgan.preparation.workers import advance, timed_bar
from keras_scgan.program.errors import UserError
from keras_scgan.program.file_jobs import Report
from keras_scgan.program.files import atomic_path, sha256

SHARD_BYTES = 100e6
_BYTES_PER_PIXEL = {"color": 0.53, "saliency": 0.08, "thermal": 0.2, "label": 0}
_PART = 64  # photos
_BATCH = 8  # photos that the detector is given at once


@dataclasses.dataclass(frozen=True)
class Part:
    """Some of the photos of a shard, which are one job.

    Args:
        file: str. Name of its file, which is a shard itself.
        sources: list of `Source`s.
        digest: str. SHA-256 of its name and of what it is made of: where that is the same, so is the file.
    """

    file: str
    sources: list
    digest: str


@dataclasses.dataclass(frozen=True)
class Shard:
    """A shard to make.

    Args:
        file: str. Its name.
        split: str. Of what split it is.
        parts: list of `Part`s, which follow on each other in the shard.
        digest: str. SHA-256, as that of a part.
    """

    file: str
    split: str
    parts: list
    digest: str


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How samples are made.

    Args:
        images: path of the folder of photos.
        saliency_dir: path of the folder of maps that are given, or `None`.
        detector: str. Name of the detector (see `detectors.load_detector`), or `None`.
        model: path of the detector's model, where it has one to be named, or `None`.
        settings: `Settings`.
        classes: tuple of the names of the classes; empty without labels.
    """

    images: str
    saliency_dir: str | None
    detector: str | None
    model: str | None
    settings: Settings
    classes: tuple


def plan_shards(splits, findings, settings, classes):
    """Divide splits into shards of about `SHARD_BYTES` bytes.

    Args:
        splits: dict from the name of a split to its `Source`s in their order.
        findings: dict from the path of each source to a `Finding`.
        settings: `Settings`.
        classes: tuple of the names of the classes.

    Returns:
        List of `Shard`s.
    """
    sample_bytes = settings.image_size**2 * sum(_BYTES_PER_PIXEL[field] for field in settings.fields)
    shards = []
    for split, sources in splits.items():
        count = math.ceil(len(sources) * sample_bytes / SHARD_BYTES)
        for index in range(count):
            file = records.shard_name(settings.name, split, index, count)
            members = sources[index * len(sources) // count : (index + 1) * len(sources) // count]
            parts = []
            for start in range(0, len(members), _PART):
                of_part = members[start : start + _PART]
                contents = [[*dataclasses.astuple(source), findings[source.path].digest] for source in of_part]
                name = f"{file}.part-{len(parts):05d}"
                parts.append(Part(name, of_part, _digest([name, classes, contents])))
            shards.append(Shard(file, split, parts, _digest([file, [part.digest for part in parts]])))
    return shards


def _digest(contents):
    return hashlib.sha256(json.dumps(contents).encode()).hexdigest()


def check_detector(recipe, workers):
    """Raises `UserError` if the detector cannot be loaded, before all photos are scanned for nothing.

    Args:
        recipe: `Recipe`.
        workers: `Workers`, one of which loads it.
    """
    if recipe.detector:
        list(workers.run(_try_detector, [recipe]))


def _try_detector(recipe):
    _load_detector(recipe)


def build_shards(shards, recipe, output_dir, work_dir, workers, replace=False):
    """Make shards, but for those and the parts of those that the journal of the work folder tells of.

    Shards that the journal tells of and that are no more among those are deleted.

    Args:
        shards: list of `Shard`s.
        recipe: `Recipe`.
        output_dir: path of the folder for the shards.
        work_dir: path of the folder for the journal and the parts.
        workers: `Workers`.
        replace: bool. Whether they may take the places of files that are not of this data set.

    Returns:
        dict from the file name of each shard to what it is: a dict of `file`, `samples`, `bytes`, `sha256` and
        `failures`, the paths and reasons of the photos that could not be used after all.

    Raises:
        UserError: The folder holds a file of the name of a shard that is not of this data set.
    """
    with Journal(os.path.join(work_dir, own_files.SHARDS_NAME)) as journal:
        known = own_files.known_shards(journal)
        if not replace:
            _check_places(shards, output_dir, known)
        built = _done(shards, output_dir, known)
        missing = [shard for shard in shards if shard.file not in built]
        shard_of = {part.file: shard for shard in missing for part in shard.parts}
        parts = {}
        for entry in _make_parts(shards, missing, recipe, work_dir, journal, known, workers):
            parts[entry["file"]] = entry
            shard = shard_of[entry["file"]]
            if all(part.file in parts for part in shard.parts):
                of_shard = [parts[part.file] for part in shard.parts]
                built[shard.file] = _join(shard, of_shard, output_dir, work_dir, journal)
    own_files.delete_stale(output_dir, known, built)
    return built


def _check_places(shards, output_dir, known):
    own = {entry["file"] for entry in known.values()}
    for shard in shards:
        path = os.path.join(output_dir, shard.file)
        if shard.file not in own and os.path.lexists(path):
            raise UserError(
                f"{path} is there, and not of this data set: choose another `output_dir` or `name`, or give "
                "`overwrite=True` to replace it."
            )


def _make_parts(shards, missing, recipe, work_dir, journal, known, workers):
    """Yields the entries in the journal of the parts of the shards that are missing; makes those that are not there."""
    parts = [part for shard in missing for part in shard.parts]
    done = _done(parts, work_dir, known)
    yield from done.values()
    jobs = [part for part in parts if part.file not in done]
    total = sum(len(part.sources) for shard in shards for part in shard.parts)
    initial = total - sum(len(part.sources) for part in jobs)
    with timed_bar("Made shards of", total=total, initial=initial) as bar:
        for entries in workers.run(functools.partial(_build, recipe, work_dir), jobs, bar, journal):
            journal.append(entries)
            yield from entries


def _done(files, folder, known):
    """Entries of the journal for those `Shard`s or `Part`s that lie in a folder as it tells, by their names."""
    entries = {file.file: known[file.digest] for file in files if file.digest in known}
    entries = {name: entry for name, entry in entries.items() if entry["file"] == name}
    return {name: entry for name, entry in entries.items() if _size(os.path.join(folder, name)) == entry["bytes"]}


def _size(path):
    return os.path.getsize(path) if os.path.exists(path) else None


def _join(shard, parts, output_dir, work_dir, journal):
    """Makes a shard of its parts; returns its entry in the journal, which knows of it before it is in its place."""
    joined = pathlib.Path(work_dir) / shard.file
    with atomic_path(joined) as temporary, open(temporary, "wb") as file:
        for part in parts:
            with open(os.path.join(work_dir, part["file"]), "rb") as part_file:
                shutil.copyfileobj(part_file, file)
    entry = {
        "digest": shard.digest,
        "file": shard.file,
        "samples": sum(part["samples"] for part in parts),
        "bytes": joined.stat().st_size,
        "sha256": sha256(joined),
        "failures": [failure for part in parts for failure in part["failures"]],
    }
    journal.append([entry])
    os.replace(joined, os.path.join(output_dir, shard.file))
    for part in parts:
        os.unlink(os.path.join(work_dir, part["file"]))
    return entry


def _build(recipe, work_dir, part):
    """Makes a part of a shard; returns its entry in the journal, in a list."""
    report, path = Report("written"), os.path.join(work_dir, part.file)
    samples = records.write_shard(path, _records(recipe, part.sources, report))
    entry = {"digest": part.digest, "file": part.file, "samples": samples, "bytes": os.path.getsize(path)}
    return [entry | {"failures": report.failures}]


def _records(recipe, sources, report):
    """Yields the records of photos; those that cannot be used are noted in the report."""
    for start in range(0, len(sources), _BATCH):
        samples = {}
        for source in sources[start : start + _BATCH]:
            with report.catch(source.path):
                samples[source] = _read(recipe, source)
        if recipe.detector and samples:
            maps = _load_detector(recipe).detect([sample["color"] for sample in samples.values()])
            for sample, saliency_map in zip(samples.values(), maps, strict=True):
                sample["saliency"] = saliency_map
        for source, sample in samples.items():
            yield records.encode(sample, source.key)
        advance(len(sources[start : start + _BATCH]))


@functools.cache
def _load_detector(recipe):
    """The detector, on one thread, loaded once in a process."""
    return detectors.load_detector(recipe.detector, model=recipe.model, threads=1)


def _read(recipe, source):
    """A sample without what is to be detected. Raises: `BadFileError`."""
    size, crop = recipe.settings.image_size, recipe.settings.resize == "crop"
    path = os.path.join(recipe.images, source.path)
    photo = read_rgb(path, min_side=size)
    aspect = photo.shape[1] / photo.shape[0] if crop else 1

    def square(picture):
        return to_square(central_square(picture, aspect), size)

    sample = {"color": square(photo)}
    if source.saliency:
        sample["saliency"] = square(read_companion(recipe.saliency_dir, source.saliency))
    if source.thermal:
        sample["thermal"] = square(read_companion(recipe.images, source.thermal))
    if recipe.settings.synthetic_thermal:
        sample["thermal"] = synthetic_thermal(sample["color"])
    if source.label is not None:
        sample["label"] = recipe.classes.index(source.label)
    return sample

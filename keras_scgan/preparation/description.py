"""What is written beside the shards: `dataset_info.json`, and `dropped.tsv` with the name of every file left out."""

import collections
import json
import pathlib

from keras_scgan.data.records import FORMAT_VERSION, INFO_NAME
from keras_scgan.preparation.own_files import DROPPED_NAME
from keras_scgan.preparation.selection import UNUSABLE, Drop
from keras_scgan.program.errors import BadFileError
from keras_scgan.program.file_jobs import Report
from keras_scgan.program.files import atomic_path

_ONE_LINE = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


def all_drops(selection, built):
    """What is left out in the end, with the photos that could not be used when the shards were made.

    Args:
        selection: `Selection`.
        built: what `build_shards` returned.

    Returns:
        dict from the path of a file to a `Drop`, sorted.
    """
    failed = {path: Drop(UNUSABLE, reason) for shard in built.values() for path, reason in shard["failures"]}
    return dict(sorted((selection.drops | failed).items()))


def describe(settings, options, classes, shards, built, drops):
    """The contents of `dataset_info.json`: neither times nor places, so that the same photos give the same.

    Args:
        settings: `Settings`.
        options: dict of what decided how the set was made.
        classes: names of the classes, whose index is the label; empty without labels.
        shards: list of `Shard`s.
        built: what `build_shards` returned for them.
        drops: dict from the path of a file to a `Drop`.

    Returns:
        dict.
    """
    splits = {}
    for shard in shards:
        split = splits.setdefault(shard.split, {"samples": 0, "shards": []})
        split["samples"] += built[shard.file]["samples"]
        split["shards"].append({name: built[shard.file][name] for name in ("file", "samples", "bytes", "sha256")})
    kept = sum(split["samples"] for split in splits.values())
    kinds = collections.Counter(drop.kind for drop in drops.values())
    return {
        "name": settings.name,
        "format_version": FORMAT_VERSION,
        "fields": list(settings.fields),
        "image_size": settings.image_size,
        **({"synthetic": ["thermal"]} if settings.synthetic_thermal else {}),
        **({"classes": list(classes)} if classes else {}),
        "splits": splits,
        "counts": {"found": kept + len(drops), "kept": kept, "dropped": dict(sorted(kinds.items()))},
        "options": options,
    }


def write_dropped(output_dir, drops):
    """Write `dropped.tsv`: path and reason, a line each. Args: `output_dir`, path; `drops`, dict to `Drop`s."""
    with (
        atomic_path(pathlib.Path(output_dir) / DROPPED_NAME) as path,
        open(path, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file,
    ):
        file.writelines(
            f"{name.translate(_ONE_LINE)}\t{drop.reason.translate(_ONE_LINE)}\n" for name, drop in drops.items()
        )


def write_info(output_dir, info):
    """Write `dataset_info.json`, which says that a set is complete. Args: `output_dir`, path; `info`, dict."""
    with atomic_path(pathlib.Path(output_dir) / INFO_NAME) as path:
        path.write_bytes(json.dumps(info, indent=2).encode() + b"\n")


def report(output_dir, images, info, drops):
    """Print what has become of the photos, to stderr the names of those that could not be used.

    Args:
        output_dir: path of the data set.
        images: path of the folder of photos.
        info: dict, the contents of `dataset_info.json`.
        drops: dict from the path of a file to a `Drop`.

    Returns:
        int. The exit status: 1 if there are files that could not be used, else 0.
    """
    for name, split in info["splits"].items():
        print(f"{output_dir}: {split['samples']} samples for {name} in {len(split['shards'])} shards")
    if "synthetic" in info:
        print(f"Synthetic, made of the photos' colours: {', '.join(info['synthetic'])}")
    print(f"Left out: {count_drops(drops)}{f'; {DROPPED_NAME} there names each' if drops else ''}.")
    result = Report("prepared")
    result.done = info["counts"]["kept"]
    for name, drop in drops.items():
        if drop.kind == UNUSABLE:
            path = pathlib.Path(images) / name
            result.add_failure(path, BadFileError(path, drop.reason))
    return result.finish()


def count_drops(drops):
    """Counts by kind, as in "3 greyscale, 1 too small". Args: `drops`, dict to `Drop`s."""
    kinds = collections.Counter(drop.kind for drop in drops.values())
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "nothing"

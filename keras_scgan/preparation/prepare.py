"""The whole way from a folder of photos to a data set: scanned, chosen, made into shards and described."""

import dataclasses
import hashlib
import json
import pathlib

from keras_scgan.data.records import INFO_NAME
from keras_scgan.preparation import description, own_files
from keras_scgan.preparation.own_files import OPTIONS_NAME, SCAN_NAME, WORK_NAME
from keras_scgan.preparation.scan import scan
from keras_scgan.preparation.selection import select
from keras_scgan.preparation.settings import Settings
from keras_scgan.preparation.shards import Recipe, build_shards, check_detector, plan_shards
from keras_scgan.preparation.sources import add_maps, find_sources
from keras_scgan.preparation.workers import Workers
from keras_scgan.program.arguments import as_flags
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path
from keras_scgan.program.json_files import read_object


def prepare(
    settings, images, output_dir, *, detector=None, model=None, saliency_dir=None, workers=None, overwrite=False
):
    """Make a data set of a folder of photos, or go on with one that is not complete. Progress is shown on stderr.

    Args:
        settings: `Settings`.
        images: path of the folder of photos.
        output_dir: path of the folder for the data set.
        detector: str. Name of the detector (see `detectors.load_detector`), or `None`.
        model: path of the detector's model, where it has one to be named, or `None`.
        saliency_dir: path of a folder of maps at the same paths as the photos, in place of a detector, or `None`.
        workers: context of `workers.Workers`, or of what works like it. Defaults to this process alone.
        overwrite: bool. Whether to delete the data set that the folder holds, if any, and begin anew.

    Returns:
        int. The exit status: 1 if there were files that could not be used, otherwise 0.

    Raises:
        UserError: There are no photos, none is fit, or the folder holds a data set that was made otherwise, or a
            file of the name of a shard.
        OSError: Something cannot be written.
    """
    output_dir = pathlib.Path(output_dir)
    work_dir = output_dir / WORK_NAME
    sources, unusable = find_sources(images, settings.layout, every=settings.every, output_dir=output_dir)
    if overwrite:
        own_files.delete_set(output_dir)
    options = dataclasses.asdict(settings)
    of_names = {"file_names_sha256": _names_sha256([*unusable, *(source.path for source in sources)])}
    if _holds(output_dir, INFO_NAME, options | of_names):
        own_files.delete_work(output_dir)  # which a kill may have left behind
        print(as_flags(f"{output_dir} is complete, so there is nothing to do (`overwrite=True` makes it anew)."))
        return 0
    if not _holds(output_dir, f"{WORK_NAME}/{OPTIONS_NAME}", options):
        with atomic_path(work_dir / OPTIONS_NAME) as path:
            path.write_text(json.dumps({"options": options}))

    classes = tuple(sorted({source.label for source in sources})) if "label" in settings.fields else ()
    if saliency_dir:
        sources, without_map = add_maps(sources, saliency_dir)
        unusable |= without_map
    recipe = Recipe(str(images), saliency_dir, detector, model, settings, classes)
    with workers or Workers(0) as pool:
        check_detector(recipe, pool)
        findings = scan(images, sources, work_dir / SCAN_NAME, pool)
        selection = select(sources, findings, unusable, settings, pool.near_duplicates)
        if not selection.splits:
            dropped = description.count_drops(selection.drops)
            raise UserError(f"None of the photos in `images={images}` can be used: {dropped}.")
        shards = plan_shards(selection.splits, findings, settings, classes)
        built = build_shards(shards, recipe, output_dir, work_dir, pool, replace=overwrite)

    drops = description.all_drops(selection, built)
    info = description.describe(settings, options | of_names, classes, shards, built, drops)
    description.write_dropped(output_dir, drops)
    description.write_info(output_dir, info)
    own_files.delete_work(output_dir)
    return description.report(output_dir, images, info, drops)


def _names_sha256(paths):
    """SHA-256 of names, in hexadecimal. Other photos of the same names are not told apart by it."""
    return hashlib.sha256("\n".join(sorted(paths)).encode("utf-8", "surrogateescape")).hexdigest()


def _holds(output_dir, name, options):
    """Whether a data set, or the beginning of one, has a file that names its options, which must be the same."""
    path = output_dir / name
    try:
        found = read_object(path).get("options")
    except FileNotFoundError:
        return False
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}): `overwrite=True` makes the data set anew.") from None
    if not isinstance(found, dict):
        raise UserError(
            f"{path} is of a data set that scgan prepare_data did not make: choose another `output_dir`, or give "
            "`overwrite=True` to replace it."
        )
    # Of a set that an older version made, settings that it did not have yet are at their defaults.
    found = {field.name: field.default for field in dataclasses.fields(Settings)} | found
    differences = [name for name in sorted(options | found) if options.get(name) != found.get(name)]
    if differences:
        told = ", ".join(f"{name} was {found.get(name)} and is {options.get(name)}" for name in differences)
        raise UserError(
            f"{output_dir} holds a data set that was made otherwise ({told}): choose another `output_dir`, or give "
            "`overwrite=True` to make it anew."
        )
    return True

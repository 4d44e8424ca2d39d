"""Makes the page of a user study, and the key that tells whose pictures it shows."""

import hashlib
import json
import pathlib

import numpy as np
from absl import logging

from keras_scgan.evaluation import methods
from keras_scgan.evaluation.methods import NETWORK, PIPELINE, TRUTH, Folder, Greyscale, true_images
from keras_scgan.evaluation.references import find_references, read_sample
from keras_scgan.photos.files import write_photo
from keras_scgan.photos.resizing import shrink
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.files import write_text
from keras_scgan.program.progress import progress_bar
from keras_scgan.user_study.settings import SCALES

PAGE, KEY = "page", "key.json"
"""The folder that raters get, and the file that they must not."""

_SOURCES = pathlib.Path(__file__).parent / "page"
_QUALITY = 95  # of JPEG


def make(settings, output_dir, *, overwrite=False):
    """Makes a study: greyscale, truth and every method's result of photos drawn by chance, under blind names.

    Args:
        settings: `Settings`.
        output_dir: path of the folder of the study. It receives `page/`, which is all that raters need: index.html and
            its pictures; and `key.json`, which tells whose each picture is.
        overwrite: bool. Whether to replace the study that the folder holds, if any.

    Returns:
        Path of the page, index.html.

    Raises:
        UserError: A folder cannot be used, fewer photos than are wanted have a result of every method, or the folder
            holds a study.
        OSError: The study cannot be written.
    """
    output_dir = pathlib.Path(output_dir)
    pictures_dir = output_dir / PAGE / "pictures"
    if (output_dir / KEY).exists() and not overwrite:
        raise UserError(
            f"There is a study ({output_dir / KEY}): choose another `output_dir`, or replace it: `overwrite=True`."
        )
    compared = [Greyscale()]
    compared += [Folder(*parsed) for parsed in methods.parse_methods(settings.pred_dir, "pred_dir")]
    methods.check_names(compared)
    pictures_dir.mkdir(parents=True, exist_ok=True)
    (output_dir / KEY).unlink(missing_ok=True)  # first: a study without its key is none
    for path in pictures_dir.glob("*.jpg"):  # of an earlier study
        path.unlink()
    groups, key = [], {}
    for photo, pictures in _draw_groups(settings, compared):
        names = {method: _name(settings.seed, photo, method) for method in pictures}
        for method, picture in pictures.items():
            write_photo(pictures_dir / f"{names[method]}.jpg", _fit(picture, settings.max_side), quality=_QUALITY)
            key[names[method]] = {"photo": photo, "method": method}
        groups.append(sorted(names.values()))
    study = {"kind": settings.answers, "groups": groups}
    study["id"] = hashlib.sha256(json.dumps([study, key]).encode()).hexdigest()[:16]
    write_text(output_dir / KEY, json.dumps({**study, "pictures": key}, indent=1))
    scales = [{"name": name, **scale} for name, scale in SCALES.items()]
    page = _page({**study, "questions": settings.questions, "scales": scales})
    write_text(output_dir / PAGE / "index.html", page)
    return output_dir / PAGE / "index.html"


def _draw_groups(settings, compared):
    """Yields photos by chance, each a key and a dict from methods to `[h, w, 3]` uint8 pictures of one size."""
    references = find_references(settings.data_dir)
    output = PIPELINE if settings.image_size is None else NETWORK
    found, failures = 0, []
    with progress_bar(desc="groups", total=settings.groups, unit="photo") as bar:
        for index in np.random.default_rng(settings.seed).permutation(len(references)):
            try:
                pictures = _pictures(references[index], settings.image_size, compared, output)
            except BadFileError as error:
                failures.append(error)
                continue
            if pictures is None:
                continue
            yield references[index].key, pictures
            bar.update()
            found += 1
            if found == settings.groups:
                break
    if failures:
        logging.info("%d photos were passed over, the first for %s.", len(failures), failures[0])
    if found < settings.groups:
        first = f" The first without: {failures[0]}." if failures else ""
        raise UserError(
            f"`groups={settings.groups}`: {found} of the {len(references)} photos are in colour and have a result of "
            f"every method.{first}"
        )


def _pictures(reference, size, compared, output):
    """Pictures of a photo by method, or `None` for a greyscale photo."""
    sample = read_sample(reference, size)
    if sample is None:
        return None
    pictures = {TRUTH: true_images(sample)[output]}
    for method in compared:
        (result,) = method.run([sample])
        if isinstance(result, BadFileError):
            raise result
        if output not in result.images:
            raise BadFileError(reference.path, f"the result of {method.name} has not its size")
        pictures[method.name] = result.images[output]
    return pictures


def _name(seed, photo, method):
    """A name that does not show whose the picture is; the same each time."""
    return hashlib.sha256(f"{seed}\0{photo}\0{method}".encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _fit(picture, max_side):
    scale = min(1.0, max_side / max(picture.shape[:2]))
    return shrink(picture, [max(1, round(scale * side)) for side in picture.shape[:2]])


def _page(study):
    """The page with all that it consists of but the pictures."""
    html, style, script = ((_SOURCES / name).read_text("utf-8") for name in ("index.html", "page.css", "page.js"))
    data = json.dumps(study).replace("<", "\\u003c")
    parts = {"/*STYLE*/": style, "/*SCRIPT*/": script, "/*STUDY*/": data}
    for mark, text in parts.items():
        html = html.replace(mark, text.strip())
    return html

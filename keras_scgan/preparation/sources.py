"""What there is to prepare: the photos of a folder, by its layout, with what belongs to each."""

import collections
import dataclasses
import os
import pathlib
import re

from keras_scgan.photos.files import PHOTO_SUFFIXES
from keras_scgan.program.errors import UserError
from keras_scgan.program.file_jobs import find_files

LAYOUTS = ("photos", "class_folders", "kaist")
_KAIST_PHOTO = re.compile(r"(?:.*/)?set\d+/V\d+/(visible|lwir)/[^/]+")


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A photo and what belongs to it. Paths are relative to their folders, with slashes.

    Args:
        path: str. The colour photo.
        thermal: str. Path of the thermal image, or `None`.
        saliency: str. Path of the saliency map, or `None`.
        label: str. Name of the class, or `None`.
        video: str. The video that it is a frame of, or `None`.
    """

    path: str
    thermal: str | None = None
    saliency: str | None = None
    label: str | None = None
    video: str | None = None

    @property
    def key(self):
        """The path without suffix, a str: what the sample is called."""
        return os.path.splitext(self.path)[0]


def find_sources(images, layout, *, every=1, output_dir=None):
    """Find the photos of a folder.

    Args:
        images: path of the folder.
        layout: str. `photos`: all photos in the folder and its subfolders. `class_folders`: these too, the topmost
            folder being the class. `kaist`: `setXX/VYYY/visible/NAME` with `setXX/VYYY/lwir/NAME`.
        every: int. Of the frames of a video, in sorted order, this one and its multiples are taken, from the first on.
        output_dir: path of a folder that is not searched, as for results that lie among the photos.

    Returns:
        Tuple of a list of `Source`s, sorted by path, and a dict from the path of each file that cannot be used to the
        reason.

    Raises:
        UserError: There is no such folder, or no such photo in it.
    """
    if not pathlib.Path(images).is_dir():
        raise UserError(f"`images={images}`: there is no such folder.")
    paths = [file.relative.as_posix() for file in find_files([str(images)], PHOTO_SUFFIXES, exclude=output_dir)]
    sources, unusable = (_frames if layout == "kaist" else _photos)(paths, layout, every)
    if not sources:
        expected = (
            "setXX/VYYY/visible/NAME.jpg with setXX/VYYY/lwir/NAME.jpg" if layout == "kaist" else "CLASS/NAME.jpg"
        )
        raise UserError(f"`images={images}` holds photos, but none like {expected}, as `layout={layout}` says.")
    return sources, unusable


def add_maps(sources, saliency_dir):
    """Add the saliency maps that lie in a folder at the paths of the photos, whatever their suffixes.

    Args:
        sources: list of `Source`s.
        saliency_dir: path of the folder.

    Returns:
        Tuple of the sources that have a map, and a dict from the paths of the others to the reason.

    Raises:
        UserError: There is no such folder, it holds no picture, or two at one path but for the suffix.
    """
    maps = {}
    for file in find_files([str(saliency_dir)], PHOTO_SUFFIXES):
        path = file.relative.as_posix()
        key = os.path.splitext(path)[0]
        if key in maps:
            raise UserError(f"`saliency_dir={saliency_dir}` has both {maps[key]} and {path}: keep one of them.")
        maps[key] = path
    with_maps = [dataclasses.replace(source, saliency=maps[source.key]) for source in sources if source.key in maps]
    return with_maps, {source.path: "no saliency map of its name" for source in sources if source.key not in maps}


def _photos(paths, layout, every):
    with_labels = layout == "class_folders"
    sources, unusable, taken = [], {}, {}
    for path in paths:
        source = Source(path, label=path.split("/")[0] if with_labels and "/" in path else None)
        if with_labels and source.label is None:
            unusable[path] = "in no folder of a class"
        elif source.key in taken:
            unusable[path] = f"named like {taken[source.key]} but for the suffix: rename it"
        else:
            taken[source.key] = path
            sources.append(source)
    return sources, unusable


def _frames(paths, layout, every):
    videos, unusable = collections.defaultdict(lambda: {"visible": {}, "lwir": {}}), {}
    for path in paths:
        if not _KAIST_PHOTO.fullmatch(path):
            unusable[path] = "not in setXX/VYYY/visible or lwir"
            continue
        video, spectrum, name = path.rsplit("/", 2)
        videos[video][spectrum][os.path.splitext(name)[0]] = path
    sources = []
    for video, frames in sorted(videos.items()):
        for name in sorted(set(frames["visible"]) ^ set(frames["lwir"])):
            path = frames["visible"].get(name) or frames["lwir"][name]
            unusable[path] = "without its thermal image" if name in frames["visible"] else "without its visible photo"
        names = sorted(set(frames["visible"]) & set(frames["lwir"]))[::every]
        sources += [Source(frames["visible"][name], thermal=frames["lwir"][name], video=video) for name in names]
    return sources, unusable

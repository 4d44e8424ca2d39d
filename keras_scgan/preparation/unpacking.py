"""A data set of shards as folders of files, for what takes those."""

import pathlib

from keras_scgan.data.pairs import FOLDERS
from keras_scgan.data.records import INFO_NAME
from keras_scgan.data.shards import PhotoShards
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path
from keras_scgan.program.json_files import read_object


def unpack(data_dir, folder):
    """Writes the images of all samples as the files that the shards hold, one folder a split: `images/`, and so on.

    A file is called as the original in its folder, with `__` for what divides folders. `folder/SPLIT.txt` lists the
    originals. Labels are not written.

    Args:
        data_dir: path of a complete data set of shards.
        folder: path of the folder for the splits. What it holds of those names is replaced, and nothing deleted.

    Raises:
        UserError: Two samples would have one name.
        BadFileError: A record is damaged.
        OSError: Something cannot be written.
    """
    folder = pathlib.Path(folder)
    for split in read_object(pathlib.Path(data_dir) / INFO_NAME)["splits"]:
        shards = PhotoShards(data_dir, fields=(), split=split)
        keys = {}
        for index in range(len(shards)):
            key, images = shards.files(index)
            name = key.replace("/", "__")
            if name in keys:
                raise UserError(f"`folder={folder}`: {keys[name]} and {key} would both be called {name}.")
            keys[name] = key
            for field, content in images.items():
                with atomic_path(folder / split / FOLDERS[field] / f"{name}.jpg") as path:
                    path.write_bytes(content)
        with atomic_path(folder / f"{split}.txt") as path:
            text = "".join(f"{key}\n" for key in sorted(keys.values()))
            path.write_text(text, encoding="utf-8", errors="surrogateescape")

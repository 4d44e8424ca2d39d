"""Which kind of data set a folder is."""

import os

from keras_scgan.data.class_folders import ClassFolders
from keras_scgan.data.data_set import check_folder
from keras_scgan.data.pairs import PhotoFolder
from keras_scgan.data.records import INFO_NAME
from keras_scgan.data.shards import PhotoShards
from keras_scgan.program.files import is_remote


def open_data_set(data_dir, *, fields=("color", "saliency"), split="train", bad_files=None):
    """Open a data set of any kind, which is told by what is in its folder.

    Args:
        data_dir: path of the folder: one with `dataset_info.json` and shards, with `images/` (and `saliency/`,
            `thermal/`), or with folders of photos by class. On a file system of TensorFlow's, such as `gs://`, shards.
        fields: names of the fields that a sample shall have.
        split: str. `train` or `validation`, for sets that are split; `images/` is either.
        bad_files: `BadFiles` that counts what cannot be used. Defaults to one that allows none.

    Returns:
        `PhotoShards`, `PhotoFolder` or `ClassFolders`.

    Raises:
        DataError: The folder is none of these, or has not all of the fields.
    """
    check_folder(data_dir)
    if is_remote(data_dir) or os.path.isfile(os.path.join(data_dir, INFO_NAME)):
        return PhotoShards(data_dir, fields=fields, split=split, bad_files=bad_files)
    if os.path.isdir(os.path.join(data_dir, "images")):
        return PhotoFolder(data_dir, fields=fields, bad_files=bad_files)
    return ClassFolders(data_dir, fields=fields, split=split, bad_files=bad_files)

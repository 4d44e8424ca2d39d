"""Folders of small pictures, no two of them alike, for the tests of preparing data."""

import cv2
import numpy as np

from keras_scgan.photos.files import write_photo

SIZE = (48, 36)


def picture(number, size=SIZE):
    """Colour picture of large patches, `[H, W, 3]` uint8, another one for each number."""
    patches = np.random.default_rng(number).integers(0, 256, (8, 9, 3), np.uint8)
    return cv2.resize(patches, size, interpolation=cv2.INTER_CUBIC)


def write(path, pixels, quality=95):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_photo(path, pixels, quality=quality)


def gray(number):
    return cv2.cvtColor(picture(number), cv2.COLOR_RGB2GRAY)


def mixed_folder(folder, count=24):
    """A folder of good pictures, of every kind of copy and of everything that is left out.

    Returns:
        dict from the paths of those that are left out to their reasons in `dropped.tsv`.
    """
    for number in range(count):
        write(folder / f"{number:03d}.jpg", picture(number))
    write(folder / "copies" / "of_1.jpg", picture(1))
    write(folder / "copies" / "of_2.png", cv2.imread(str(folder / "002.jpg"))[..., ::-1])
    write(folder / "copies" / "worse_3.jpg", picture(3), quality=60)
    write(folder / "copies" / "smaller_4.jpg", cv2.resize(picture(4), (44, 32), interpolation=cv2.INTER_AREA))
    write(folder / "copies" / "mirrored_5.jpg", picture(5)[:, ::-1].copy())
    write(folder / "gray.jpg", gray(100))
    write(folder / "tiny.jpg", picture(101, (24, 16)))
    (folder / "text.jpg").write_text("no picture")
    (folder / "torn.jpg").write_bytes((folder / "000.jpg").read_bytes()[:600])
    return {
        "copies/of_1.jpg": "duplicate of 001.jpg",
        "copies/of_2.png": "duplicate of 002.jpg",
        "copies/worse_3.jpg": "near duplicate of 003.jpg",
        "copies/smaller_4.jpg": "near duplicate of 004.jpg",
        "copies/mirrored_5.jpg": "near duplicate of 005.jpg",
        "gray.jpg": "greyscale",
        "tiny.jpg": "too small: its shorter side has 16 pixels",
        "text.jpg": "no readable picture",
        "torn.jpg": "damaged JPEG, or one of a rare kind (Truncated File Read)",
    }

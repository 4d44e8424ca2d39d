"""Photo files of every kind that a person has, small and made of one demo photo."""

import numpy as np
from PIL import Image

from keras_scgan import data
from keras_scgan.photos.files import read_photo

SIZES = {
    "gray.jpg": (80, 60),
    "cmyk.jpg": (80, 60),
    "rotated.jpg": (60, 80),
    "deep.png": (40, 30),
    "palette.png": (40, 30),
    "one.png": (1, 1),
    "sub/Schloß 城.webp": (80, 60),
}
"""Width and height of what is seen, by name."""


def demo_photo():
    return Image.fromarray(read_photo(sorted((data.demo_dir() / "images").iterdir())[0]).pixels).resize((80, 60))


def write(folder, photo):
    """Writes the files of `SIZES` into a new folder. Args: `folder`, path; `photo`, made by `demo_photo`."""
    (folder / "sub").mkdir(parents=True)
    small = photo.resize((40, 30))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    photo.convert("L").save(folder / "gray.jpg")
    photo.convert("CMYK").save(folder / "cmyk.jpg")
    photo.save(folder / "rotated.jpg", exif=exif)
    Image.fromarray(np.asarray(small.convert("L")).astype(np.uint16) * 257).save(folder / "deep.png")
    small.quantize(16).save(folder / "palette.png", transparency=0)
    Image.new("RGB", (1, 1), "gray").save(folder / "one.png")
    photo.save(folder / "sub" / "Schloß 城.webp")

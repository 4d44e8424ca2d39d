"""HEIC and JPEG XL are read by plugins of Pillow, where they are installed."""

import io
import sys

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401 (registers itself)
import pytest
from PIL import Image
from sample_photos import RGB, read

from keras_scgan.photos.files import PHOTO_SUFFIXES
from keras_scgan.program.errors import BadFileError

pillow_heif.register_heif_opener()
SMOOTH = np.asarray(Image.fromarray(RGB).resize((96, 64), Image.Resampling.BICUBIC))


def encode(name, orientation=1):
    tags = Image.Exif()
    tags[0x112], tags[0x13B] = orientation, "Someone"
    file = io.BytesIO()
    Image.fromarray(SMOOTH).save(file, name, quality=95, exif=tags.tobytes())
    return file.getvalue()


@pytest.mark.parametrize("name", ["HEIF", "JXL"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photo_of_a_phone_stands_upright_and_says_so(name, orientation):
    photo = read(encode(name, orientation))
    expected = SMOOTH if orientation == 1 else np.rot90(SMOOTH, -1)
    assert photo.pixels.shape == expected.shape
    assert np.abs(photo.pixels.astype(int) - expected).mean() < 3
    tags = Image.Exif()
    tags.load(photo.metadata.exif)
    assert (tags[0x112], tags[0x13B]) == (1, "Someone")


def test_folders_are_searched_for_them():
    assert {".heic", ".heif", ".jxl"} <= set(PHOTO_SUFFIXES)


@pytest.mark.parametrize(
    ("name", "module", "package"), [("HEIF", "pillow_heif", "pillow-heif"), ("JXL", "pillow_jxl", "pillow-jxl-plugin")]
)
def test_without_its_plugin_a_photo_is_an_error_that_says_what_to_install(monkeypatch, name, module, package):
    data = encode(name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BadFileError, match=rf'{package} to read: pip install "keras-scgan\[formats\]"'):
        read(data)


@pytest.mark.parametrize("name", ["HEIF", "JXL"])
def test_one_that_is_damaged_is_an_error(name):
    data = encode(name)
    with pytest.raises(BadFileError, match="damaged"):
        read(data[: len(data) // 2])

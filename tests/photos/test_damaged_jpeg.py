"""Of a JPEG that is damaged in its middle, libjpeg makes a picture in silence: its name is told here."""

import cv2
import numpy as np
import pytest
from PIL import Image
from sample_photos import RGB, encode

from keras_scgan.photos.files import read_photo
from keras_scgan.program.errors import BadFileError

LARGE = np.asarray(Image.fromarray(RGB).resize((240, 180), Image.Resampling.BICUBIC))
JPEGS = {
    "grey": encode(LARGE[..., 0], "JPEG"),
    "colour": encode(LARGE, "JPEG"),
    "progressive": encode(LARGE, "JPEG", progressive=True),
    "with restarts": cv2.imencode(".jpg", LARGE, (cv2.IMWRITE_JPEG_RST_INTERVAL, 5))[1].tobytes(),
    "CMYK": encode(Image.fromarray(LARGE).convert("CMYK"), "JPEG"),
}


def damage(data, filling):
    """The file with an eighth of its data lost."""
    start, length = data.rfind(b"\xff\xda") + (len(data) - data.rfind(b"\xff\xda")) // 3, len(data) // 8
    return data[:start] + filling * length + data[start + length :]


@pytest.mark.parametrize("kind", JPEGS)
@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"U"])
@pytest.mark.parametrize("luma_only", [True, False])
def test_a_picture_that_is_lost_in_part_is_told(tmp_path, caplog, capfd, kind, filling, luma_only):
    path = tmp_path / "photo.jpg"
    path.write_bytes(damage(JPEGS[kind], filling))
    try:
        read_photo(path, luma_only)
        told = caplog.text
    except BadFileError as error:
        told = str(error)
    assert f"{path}: " in told
    assert "damaged" in told
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", JPEGS)
def test_what_stands_behind_the_picture_is_not_its_matter(tmp_path, caplog, kind):
    (tmp_path / "photo.jpg").write_bytes(JPEGS[kind] + b"a film, as some phones add" * 9)
    read_photo(tmp_path / "photo.jpg")
    assert caplog.text == ""


def test_padding_at_the_end_is_no_damage_but_is_told(tmp_path, caplog):
    data, path = JPEGS["grey"], tmp_path / "photo.jpg"
    path.write_bytes(data[:-2] + bytes(12) + data[-2:])
    whole = tmp_path / "whole.jpg"
    whole.write_bytes(data)
    np.testing.assert_array_equal(read_photo(path).pixels, read_photo(whole).pixels)
    assert f"{path}: parts of the picture may be damaged (Corrupt JPEG data" in caplog.text
    path.write_bytes(data[:-2] + bytes(100) + data[-2:])
    with pytest.raises(BadFileError, match="96 extraneous bytes"):
        read_photo(path)


def test_stray_bytes_that_are_no_padding_are_damage(tmp_path):
    data, path = JPEGS["grey"], tmp_path / "photo.jpg"
    path.write_bytes(data[:-2] + bytes(range(1, 25)) + data[-2:])
    with pytest.raises(BadFileError, match="extraneous bytes before marker 0xd9"):
        read_photo(path)
    restarted = JPEGS["with restarts"]
    restart = restarted.find(b"\xff\xd3")
    path.write_bytes(restarted[:restart] + bytes(24) + restarted[restart:])
    with pytest.raises(BadFileError, match="extraneous bytes before marker 0xd3"):
        read_photo(path)


def scan_of(kind, parameters):
    """A JPEG whose scan says something else of its coefficients, as some encoders do."""
    data = JPEGS[kind]
    start = data.rfind(b"\xff\xda")
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    return data[: start + length - 1] + parameters + data[start + 2 + length :]


@pytest.mark.parametrize("kind", ["grey", "colour", "CMYK"])
def test_odd_parameters_of_a_scan_are_told_and_hide_no_damage(tmp_path, caplog, kind):
    odd, path = scan_of(kind, bytes(3)), tmp_path / "photo.jpg"
    path.write_bytes(odd)
    (tmp_path / "whole.jpg").write_bytes(JPEGS[kind])
    np.testing.assert_array_equal(read_photo(path).pixels, read_photo(tmp_path / "whole.jpg").pixels)
    assert "Invalid SOS parameters" in caplog.text
    path.write_bytes(damage(odd, b"U"))
    with pytest.raises(BadFileError):
        read_photo(path)
    path.write_bytes(odd[: -len(odd) // 3] + b"\xff\xd9")
    with pytest.raises(BadFileError):
        read_photo(path)


def test_an_unknown_transform_of_adobes_is_told_and_hides_no_damage(tmp_path, caplog):
    data, path = JPEGS["colour"], tmp_path / "photo.jpg"
    data = data[:2] + data[20:]  # without the segment of JFIF, which libjpeg believes first
    adobe = b"\xff\xee\0\x0eAdobe" + bytes([0, 100, 0, 0, 0, 0, 7])
    path.write_bytes(data[:2] + adobe + data[2:])
    (tmp_path / "whole.jpg").write_bytes(data)
    np.testing.assert_array_equal(read_photo(path).pixels, read_photo(tmp_path / "whole.jpg").pixels)
    assert "dobe color transform" in caplog.text
    path.write_bytes(data[:2] + adobe + damage(data, b"U")[2:])
    with pytest.raises(BadFileError):
        read_photo(path)

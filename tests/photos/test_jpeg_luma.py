"""Two components are added to a greyscale JPEG, and the bits of its luma stay."""

import io

import cv2
import numpy as np
import pytest
import simplejpeg
from PIL import Image
from sample_photos import RGB, encode

from keras_scgan.photos import jpeg_luma

SIZE = (83, 61)  # no multiple of 8
COLORS = cv2.resize(RGB, SIZE, interpolation=cv2.INTER_CUBIC)
LUMA, CR, CB = (np.ascontiguousarray(plane) for plane in np.moveaxis(cv2.cvtColor(COLORS, cv2.COLOR_RGB2YCrCb), -1, 0))
KINDS = {
    "sequential": {},
    "optimized": {"optimize": True},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 3},
    "progressive_restarts": {"progressive": True, "restart_marker_rows": 1},
    "coarse": {"quality": 5},
    "comment": {"comment": b"\xff\xd9 in a comment"},
}


def gray_jpeg(**options):
    return encode(LUMA, "JPEG", **{"quality": 92} | options)


def add_chroma(data, cb, cr, **options):
    return jpeg_luma.add_chroma(jpeg_luma.parse(data), cb, cr, **options)


def scans_of(data):
    """Data of the scans of a JPEG, a list, by a search for their marks alone."""
    scans, start = [], data.find(b"\xff\xda")
    while start >= 0:
        end = start + 2
        while data[end] != 0xFF or data[end + 1] in (0, *range(0xD0, 0xD8)):
            end += 1
        header = 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        scans.append(data[start + header : end])
        start = data.find(b"\xff\xda", end)
    return scans


@pytest.fixture(params=KINDS)
def gray(request):
    return gray_jpeg(**KINDS[request.param])


def test_the_luma_s_scans_stand_in_the_result_bit_for_bit(gray):
    scans = scans_of(gray.replace(KINDS["comment"]["comment"], b""))
    assert scans_of(add_chroma(gray, CB, CR))[: len(scans)] == scans


def test_the_greyscale_picture_is_got_back(gray):
    result = add_chroma(gray, CB, CR)
    np.testing.assert_array_equal(simplejpeg.decode_jpeg(result, "GRAY"), simplejpeg.decode_jpeg(gray, "GRAY"))


@pytest.mark.parametrize("decode", ["pillow", "opencv", "simplejpeg"])
def test_every_reader_sees_the_colours(gray, decode):
    result = add_chroma(gray, CB, CR, quality=100)
    pixels = {
        "pillow": lambda: np.asarray(Image.open(io.BytesIO(result))),
        "opencv": lambda: cv2.imdecode(np.frombuffer(result, np.uint8), cv2.IMREAD_COLOR)[..., ::-1],
        "simplejpeg": lambda: simplejpeg.decode_jpeg(result, "RGB"),
    }[decode]()
    luma = simplejpeg.decode_jpeg(gray, "GRAY")[..., 0]
    expected = cv2.cvtColor(cv2.merge([luma, CR, CB]), cv2.COLOR_YCrCb2RGB)
    assert np.abs(pixels.astype(int) - expected).mean() < 1


def test_other_readers_do_not_care_for_sampling_factors_and_marks_of_adobe():
    """A lone component may have any factors, and a mark of Adobe would say that the three are red, green and blue."""
    gray = gray_jpeg()
    frame = gray.index(b"\xff\xc0")
    adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"
    odd = gray[:2] + adobe + gray[2 : frame + 11] + b"\x22" + gray[frame + 12 :]
    assert add_chroma(odd, CB, CR) == add_chroma(gray, CB, CR)


@pytest.mark.parametrize("precision", [0, 1])
def test_tables_that_no_scan_of_the_luma_uses_do_not_spoil_the_chroma(gray, precision):
    """Many encoders write the tables of colour pictures into grey ones, in one segment or in several."""
    others = b"".join(bytes([precision << 4 | number]) + bytes([77]) * (64 << precision) for number in (1, 2))
    start = gray.index(b"\xff\xdb")
    end = start + 2 + int.from_bytes(gray[start + 2 : start + 4], "big")
    own = gray[start + 4 : end]
    for contents in ([others, own], [own, others], [others + own], [own + others]):
        segments = b"".join(b"\xff\xdb" + (2 + len(content)).to_bytes(2, "big") + content for content in contents)
        assert add_chroma(gray[:start] + segments + gray[end:], CB, CR) == add_chroma(gray, CB, CR)


def test_what_stands_behind_the_end_is_left_out(gray):
    assert add_chroma(gray + b"\xff\xd8 a second picture", CB, CR) == add_chroma(gray, CB, CR)


def test_chroma_of_another_size_is_an_error():
    with pytest.raises(ValueError, match="must have the picture's size"):
        add_chroma(gray_jpeg(), CB[1:], CR[1:])


def patched(data, mark, offset, value):
    position = data.index(mark) + offset
    return data[:position] + value + data[position + len(value) :]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JPEG"),
        (encode(LUMA, "PNG"), "no JPEG"),
        (encode(COLORS, "JPEG"), "a JPEG of colours"),
        (encode(Image.fromarray(COLORS).convert("CMYK"), "JPEG"), "a JPEG of colours"),
        (gray_jpeg()[:-2], "breaks off"),
        (gray_jpeg()[:300], "breaks off"),
        (gray_jpeg()[:2] + b"\xff\xd9", "without a picture"),
        (patched(gray_jpeg(), b"\xff\xc0", 1, b"\xc9"), "rare kind, with a marker 0xc9"),  # arithmetic coding
        (patched(gray_jpeg(), b"\xff\xc0", 4, b"\x0c"), "a JPEG of 12 bits"),
        (patched(gray_jpeg(), b"\xff\xc0", 5, b"\0\0"), "height at its end"),
        (patched(gray_jpeg(), b"\xff\xc0", 9, b"\2"), "a JPEG of 2 components"),
        (patched(gray_jpeg(), b"\xff\xc0", 2, b"\0\5"), "a damaged JPEG"),
    ],
)
def test_what_cannot_be_kept_is_told(data, reason):
    with pytest.raises(jpeg_luma.NotKeptError, match=reason):
        jpeg_luma.parse(data)


def test_damage_is_an_error_or_harmless(rng):
    whole = gray_jpeg(restart_marker_blocks=3)
    for _ in range(300):
        data = bytearray(whole)
        for position in rng.integers(2, len(whole), rng.integers(1, 4)):
            data[position] = rng.integers(256)
        data = bytes(data[: rng.integers(len(whole) // 2, len(whole) + 1)])
        try:
            result = add_chroma(data, CB, CR)
        except ValueError:
            continue
        assert result.startswith(b"\xff\xd8\xff\xe0")

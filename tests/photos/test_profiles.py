"""Pixels of any colour profile become those of sRGB, at the depth that they have."""

import io
import struct

import icc
import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from sample_photos import ALPHA, GRAY, RGB, deep, encode, opencv, read

from keras_scgan.photos import profiles
from keras_scgan.photos.files import read_photo, write_photo
from keras_scgan.photos.inputs import to_pixels
from keras_scgan.photos.metadata import Metadata

SRGB_CURVE = icc.parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
SRGB_PRIMARIES = np.array([[0.4360, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
CURVES = {
    "linear": icc.gamma(1.0),
    "identity": b"curv" + bytes(8),
    "gamma 1.8": icc.gamma(1.8),
    "dot gain": icc.table((np.arange(64) / 63) ** 1.75),
    "power": icc.parametric(0, 2.2),
    "power of a part": icc.parametric(1, 2.0, 1.1, -0.1),
    "lifted power": icc.parametric(2, 2.0, 0.9, 0.0, 0.05),
    "like L*": icc.parametric(3, 3.0, 0.8621, 0.1379, 0.1107, 0.08),
    "BT.709": icc.parametric(4, 2.2222, 0.9099, 0.0901, 0.2222, 0.0812, 0.0, 0.0),
}


def encoded(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(("curve", "seen"), [(icc.gamma(1.0), 188), (icc.gamma(1.8), 146)])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_grey_of_another_curve_is_read_as_light_as_it_is_seen(name, curve, seen):
    stored = encode(np.full((16, 16), 128, np.uint8), name, icc_profile=icc.gray_profile(curve))
    photo = read(stored)
    assert abs(int(photo.pixels.ravel()[0]) - seen) <= 1
    if name != "WEBP":
        assert photo.metadata.icc == profiles.srgb()
        assert photo.has_new_colors


def test_a_result_is_seen_as_light_as_its_original(tmp_path):
    (tmp_path / "scan.png").write_bytes(encode(GRAY, "PNG", icc_profile=icc.gray_profile(icc.gamma(1.0))))
    photo = read_photo(tmp_path / "scan.png")
    write_photo(tmp_path / "result.png", np.dstack([photo.pixels] * 3), photo.metadata)
    with Image.open(tmp_path / "result.png") as result:
        assert result.info["icc_profile"] == profiles.srgb()
        np.testing.assert_allclose(np.asarray(result)[..., 1] / 255, encoded(GRAY / 255), atol=0.003)


def curve_of(name, x):
    """Linear light of the curves, by the formulas of the standard."""
    return {
        "linear": lambda: x,
        "identity": lambda: x,
        "gamma 1.8": lambda: x ** (461 / 256),
        "dot gain": lambda: np.interp(x, np.arange(64) / 63, (np.arange(64) / 63) ** 1.75),
        "power": lambda: x**2.2,
        "power of a part": lambda: np.where(x >= 0.1 / 1.1, np.maximum(1.1 * x - 0.1, 0) ** 2, 0),
        "lifted power": lambda: np.minimum((0.9 * x) ** 2 + 0.05, 1),
        "like L*": lambda: np.where(x >= 0.08, (0.8621 * x + 0.1379) ** 3, 0.1107 * x),
        "BT.709": lambda: np.where(x >= 0.0812, (0.9099 * x + 0.0901) ** 2.2222, 0.2222 * x),
    }[name]()


@pytest.mark.parametrize("name", CURVES)
def test_greys_of_any_curve_are_exact(name):
    for dtype, step in ((np.uint8, 1), (np.uint16, 257)):
        ramp = np.arange(0, 256 * step, step, dtype=dtype).reshape(16, 16)
        found, of_result = profiles.to_srgb(ramp, icc.gray_profile(CURVES[name]))
        assert found.dtype == dtype
        assert of_result == profiles.srgb()
        white = np.iinfo(dtype).max
        np.testing.assert_allclose(found / white, encoded(curve_of(name, ramp / white)), atol=0.55 / white + 1.2e-4)


@pytest.mark.parametrize("curve", [icc.gamma(1.0), icc.gamma(2.2)])
def test_16_bits_of_colour_are_those_of_littlecms(curve):
    profile = icc.rgb_profile(curve)
    found, _ = profiles.to_srgb(RGB.astype(np.uint16) * 257, profile)
    expected, _ = profiles.to_srgb(RGB, profile)
    assert found.dtype == np.uint16
    np.testing.assert_allclose(found / 257, expected, atol=1.5)
    assert np.abs(expected.astype(int) - RGB).max() > 10


def test_grey_in_a_wide_profile_of_its_curve_stays_grey():
    profile = icc.rgb_profile(SRGB_CURVE)
    found, _ = profiles.to_srgb(GRAY, profile)
    np.testing.assert_allclose(found.astype(int), GRAY, atol=1)


@pytest.mark.parametrize("depth", [8, 16])
def test_alpha_is_no_colour(depth):
    stored = np.dstack([GRAY, GRAY, GRAY, ALPHA])
    stored = stored if depth == 8 else deep(stored)
    found, _ = profiles.to_srgb(stored, icc.gray_profile(icc.gamma(1.0)))
    np.testing.assert_array_equal(found[..., 3], stored[..., 3])
    np.testing.assert_array_equal(found[..., 0], profiles.to_srgb(stored[..., 0], icc.gray_profile(icc.gamma(1.0)))[0])


def test_srgb_by_another_name_changes_nothing_and_is_kept():
    profile = icc.rgb_profile(SRGB_CURVE, SRGB_PRIMARIES)
    for pixels in (RGB, deep(RGB), GRAY):
        found, of_result = profiles.to_srgb(pixels, profile)
        assert found is pixels
        assert of_result == profile
    found, of_result = profiles.to_srgb(GRAY, icc.gray_profile(SRGB_CURVE))
    assert found is GRAY
    assert of_result == profiles.srgb()


@pytest.mark.parametrize(
    "profile",
    [b"", b"no profile", icc.rgb_profile(icc.gamma(1.0))[:-1], icc.gray_profile(b"none" + bytes(8))],
    ids=["none", "no profile", "cut", "without a curve"],
)
def test_a_profile_that_is_none_is_left_out(profile):
    found, of_result = profiles.to_srgb(RGB, profile)
    assert found is RGB
    assert of_result == b""


def test_a_profile_of_grey_says_nothing_of_colours():
    found, of_result = profiles.to_srgb(RGB, icc.gray_profile(icc.gamma(1.0)))
    assert found is RGB
    assert of_result == b""


def test_a_jpeg_of_another_profile_is_converted_before_its_luma_is_taken(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(encode(RGB, "JPEG", icc_profile=icc.rgb_profile(icc.gamma(1.0))))
    luma, whole = (read_photo(tmp_path / "photo.jpg", luma_only=wanted).pixels for wanted in (True, False))
    assert luma.ndim == 2
    np.testing.assert_allclose(luma, whole @ [0.299, 0.587, 0.114], atol=1)


def test_cmyk_with_a_profile_of_other_colours_is_converted_without():
    inks = np.dstack([GRAY, GRAY, GRAY, GRAY])
    expected = profiles.cmyk_to_rgb(inks, b"")
    np.testing.assert_array_equal(profiles.cmyk_to_rgb(inks, icc.rgb_profile(icc.gamma(1.0))), expected)
    np.testing.assert_array_equal(expected[..., 0], np.asarray(Image.fromarray(inks, "CMYK").convert("RGB"))[..., 0])


def test_the_profile_of_srgb_is_the_same_whenever_it_is_made():
    assert profiles.srgb()[24:36] == bytes(12)
    assert profiles.is_srgb(profiles.srgb())


def test_a_deep_png_with_a_profile_keeps_its_depth(tmp_path):
    write_photo(tmp_path / "wide.png", deep(RGB), Metadata(icc=icc.rgb_profile(icc.gamma(1.8))))
    photo = read_photo(tmp_path / "wide.png")
    assert photo.pixels.dtype == np.uint16
    assert len(np.unique(photo.pixels)) > 256
    assert read(opencv(".png", deep(RGB))).metadata.icc == b""


def with_gamma(pixels, gamma, *chunks):
    """PNG that tells its gamma, and has other chunks, of name and contents."""
    info = PngImagePlugin.PngInfo()
    for name, content in ((b"gAMA", struct.pack(">I", gamma)), *chunks):
        info.add(name, content)
    return encode(pixels, "PNG", pnginfo=info)


@pytest.mark.parametrize("gamma", [100_000, 71_429, 55_556])
@pytest.mark.parametrize("pixels", [GRAY, RGB, deep(GRAY), np.dstack([RGB, ALPHA])])
def test_a_png_that_tells_its_gamma_is_read_as_light_as_it_is_seen(gamma, pixels):
    photo = read(with_gamma(pixels, gamma))
    white = np.iinfo(pixels.dtype).max
    expected = encoded((pixels[..., :3] / white) ** (100_000 / gamma)) * white
    np.testing.assert_allclose(photo.pixels[..., :3], expected, atol=1.5 * white / 255)
    assert photo.metadata.icc == profiles.srgb()


@pytest.mark.parametrize("gamma", [45_455, 45_000, 0, 1, 2**32 - 1])
def test_a_png_of_the_gamma_of_srgb_or_of_none_that_can_be_is_left_as_it_is(gamma):
    np.testing.assert_array_equal(read(with_gamma(GRAY, gamma)).pixels, GRAY)


def test_a_png_that_says_that_it_is_srgb_is_left_as_it_is():
    np.testing.assert_array_equal(read(with_gamma(GRAY, 100_000, (b"sRGB", b"\0"))).pixels, GRAY)


def test_an_image_of_pillow_is_read_by_the_gamma_of_its_file():
    stored = with_gamma(GRAY, 100_000)
    np.testing.assert_array_equal(to_pixels(Image.open(io.BytesIO(stored))), read(stored).pixels)

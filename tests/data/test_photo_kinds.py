import cv2
import numpy as np
import pytest
from sample_photos import RGB, RGBA, encode

from keras_scgan.data import decoding, open_data_set, training_batches
from keras_scgan.program.errors import BadFileError

PHOTO = cv2.resize(RGB, (96, 64), interpolation=cv2.INTER_CUBIC)
MAP = np.ascontiguousarray(PHOTO[..., 0])
LOSSLESS = {"WEBP": {"lossless": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000", "PPM"])
def test_photos_and_maps_are_of_every_kind_that_the_photo_reader_takes(tmp_path, kind):
    suffix = {"TIFF": ".TIF", "JPEG2000": ".jp2"}.get(kind, f".{kind.lower()}")
    for folder, pixels in (("images", PHOTO), ("saliency", MAP), ("thermal", MAP[::2])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"a{suffix}").write_bytes(encode(pixels, kind, **LOSSLESS.get(kind, {})))
    sample = open_data_set(tmp_path, fields=("color", "saliency", "thermal")).read(0)
    limit = {"GIF": 10, "AVIF": 1}.get(kind, 0)  # 256 colours, YUV
    for field, pixels in (("color", PHOTO), ("saliency", MAP), ("thermal", MAP[::2])):
        assert sample[field].shape == pixels.shape
        assert np.abs(sample[field].astype(int) - pixels).mean() <= limit


def test_of_a_transparent_tiff_the_colours_are_read(tmp_path):
    (tmp_path / "a.tif").write_bytes(encode(RGBA, "TIFF"))
    photo = decoding.read_color(str(tmp_path / "a.tif")).astype(int)
    visible = RGBA[..., 3] > 64
    np.testing.assert_allclose(photo[visible], RGBA[..., :3][visible], atol=2)


@pytest.mark.parametrize("min_crop_area", [1.0, 0.3])
def test_a_map_of_another_size_and_aspect_is_cropped_as_its_photo_is(tmp_path, min_crop_area):
    photo = cv2.resize(PHOTO, (160, 160), interpolation=cv2.INTER_CUBIC)
    (tmp_path / "images").mkdir()
    (tmp_path / "saliency").mkdir()
    for name, size in (("square", (96, 96)), ("wide", (120, 60))):
        saliency_map = cv2.resize(photo[..., 0], size, interpolation=cv2.INTER_AREA)
        (tmp_path / "images" / f"{name}.webp").write_bytes(encode(photo, "WEBP", lossless=True))
        (tmp_path / "saliency" / f"{name}.webp").write_bytes(encode(saliency_map, "WEBP", lossless=True))
    batches = training_batches(
        open_data_set(tmp_path), image_size=32, batch_size=2, seed=0, flip=True, min_crop_area=min_crop_area
    )
    for _, color, saliency in batches.take(4).as_numpy_iterator():
        red = (color[..., :1] + 1) / 2  # what the maps are of
        assert np.corrcoef(red.ravel(), saliency.ravel())[0, 1] > 0.98
        assert np.abs(red - saliency).mean() < 0.03


@pytest.mark.parametrize("kind", ["WEBP", "TIFF", "AVIF"])
def test_a_truncated_file_of_another_kind_is_bad(tmp_path, kind):
    (tmp_path / "a").write_bytes(encode(PHOTO, kind)[:-200])
    with pytest.raises(BadFileError):
        decoding.read_color(str(tmp_path / "a"))

"""What is sent of a photo file, and what is made of the answer. A function stands for the server."""

import struct
import types

import cv2
import numpy as np
import pytest
from PIL import Image
from sample_photos import ALPHA, GRAY, RGB, RGBA, deep, encode, opencv

from keras_scgan import serving
from keras_scgan.colorizing import planning
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo
from keras_scgan.program import file_jobs
from keras_scgan.serving import colorize_on_server


@pytest.fixture
def colorize(tmp_path):
    """Function of a photo file's suffix and bytes and of the server's: returns the reports and the result, if any."""

    def run(suffix, data, server):
        job = planning.Job(tmp_path / f"photo{suffix}", tmp_path / "out" / f"photo{suffix}")
        job.path.write_bytes(data)
        report = file_jobs.Report("colorized")
        client = types.SimpleNamespace(colorize=server)
        assert list(serving.colorize_photos(client, [job], report)) == [job]
        return report, read_photo(job.target) if job.target.exists() else None

    return run


def decode(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def sent(colorize, suffix, data):
    requests = []
    colorize(suffix, data, lambda image: requests.append(image) or b"")
    return requests[0]


def test_a_jpeg_is_sent_as_it_is(colorize):
    data = encode(Image.fromarray(RGB).convert("CMYK"), "JPEG")
    assert sent(colorize, ".jpg", data) == data
    assert sent(colorize, ".png", data) == data  # whatever it is called


@pytest.mark.parametrize(
    ("suffix", "data", "luma"),
    [
        (".png", encode(GRAY, "PNG"), GRAY),
        (".png", encode(deep(GRAY), "PNG"), deep(GRAY)),
        (".webp", encode(RGB, "WEBP", lossless=True), color.to_gray(RGB)),
        (".tif", opencv(".tif", deep(RGB)), color.to_gray(deep(RGB))),
    ],
)
def test_of_other_photos_the_luma_is_sent_with_its_depth(colorize, suffix, data, luma):
    received = decode(sent(colorize, suffix, data))
    assert received.dtype == luma.dtype
    np.testing.assert_array_equal(received, luma)


def test_a_photo_is_read_once_so_that_it_cannot_change_meanwhile(colorize, monkeypatch):
    files = [encode(GRAY, "JPEG"), encode(RGB, "JPEG")]
    monkeypatch.setattr(colorize_on_server, "read_bytes", lambda path: files.pop(0))
    assert sent(colorize, ".jpg", b"") == encode(GRAY, "JPEG")
    assert len(files) == 1


def test_what_is_sent_stands_upright(colorize):
    tags = Image.Exif()
    tags[0x0112] = 3
    np.testing.assert_array_equal(decode(sent(colorize, ".png", encode(GRAY, "PNG", exif=tags))), GRAY[::-1, ::-1])


def test_alpha_is_sent_and_what_comes_back_is_written(colorize):
    received = decode(sent(colorize, ".png", encode(RGBA, "PNG")))
    np.testing.assert_array_equal(received, np.dstack([*[color.to_gray(RGBA)] * 3, ALPHA]))
    for pixels in (RGBA, RGB, deep(RGBA)):
        report, result = colorize(".png", encode(RGBA, "PNG"), lambda _, pixels=pixels: opencv(".png", pixels))
        assert report.done == 1
        np.testing.assert_array_equal(result.pixels, pixels)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "the server's answer is no picture in colour"),
        (b"no picture", "the server's answer is no picture in colour"),
        (encode(GRAY, "PNG"), "the server's answer is no picture in colour"),
        (encode(RGB, "JPEG"), "the server's answer is no picture in colour"),
        (encode(RGB, "PNG")[:20], "the server's answer is no picture in colour"),
        (encode(RGB, "PNG")[:-30], "the server's answer: damaged PNG"),
        (encode(RGB[:5, :7], "PNG"), "the server's answer has 7x5 pixels, but the photo 24x16"),
        # 12 gigabytes, were they decoded
        (
            encode(RGB, "PNG").replace(struct.pack(">II", 24, 16), struct.pack(">II", 1 << 16, 1 << 16)),
            "the server's answer has 65536x65536 pixels, but the photo 24x16",
        ),
    ],
)
def test_an_answer_that_is_not_the_photo_in_colour_is_told_and_not_written(colorize, answer, reason):
    report, result = colorize(".png", encode(GRAY, "PNG"), lambda _: answer)
    ((_, text),) = report.failures
    assert text.startswith(reason)
    assert result is None


@pytest.mark.parametrize("error", [serving.RequestError, serving.ServerError])
def test_a_request_that_fails_is_a_failure_of_its_photo(colorize, error):
    def server(_):
        raise error("too large")

    report, _ = colorize(".png", encode(GRAY, "PNG"), server)
    assert [text for _, text in report.failures] == ["too large"]

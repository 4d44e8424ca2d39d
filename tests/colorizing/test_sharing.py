"""One colorizer for many threads and processes, and for photos as they come."""

import concurrent.futures
import io
import multiprocessing
import pickle
import sys

import numpy as np
import pytest
from PIL import Image
from small_encoder import small_pretrained_generator

from keras_scgan import data
from keras_scgan.colorizing import shipped
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.photos.files import read_photo
from keras_scgan.program.errors import BadFileError, UserError

LITERT = shipped.FOLDER / "scgan" / "scgan_int8.tflite"


@pytest.fixture(scope="module")
def paths():
    return sorted((data.demo_dir() / "images").iterdir())


@pytest.fixture(scope="module")
def photo(paths):
    return read_photo(paths[0]).pixels


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer(LITERT)


@pytest.fixture(scope="module")
def keras_colorizer():
    return Colorizer(small_pretrained_generator(image_size=64))


def assert_equal(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


# === Threads ===


def test_four_threads_that_share_it_get_what_one_gets(colorizer, photo):
    photos = [np.roll(photo, 7 * i, axis=1) for i in range(40)]
    expected = [colorizer.colorize(photo) for photo in photos]
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        for _ in range(5):
            assert_equal(list(threads.map(colorizer.colorize, photos)), expected)


def test_threads_share_a_keras_model(keras_colorizer, photo):
    photos = [np.roll(photo, 7 * i, axis=1) for i in range(20)]
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        found = list(threads.map(keras_colorizer.colorize, photos))
    assert_equal(found, [keras_colorizer.colorize(photo) for photo in photos])


def test_calls_one_after_the_other_need_one_interpreter(photo):
    colorizer = Colorizer(LITERT)
    for _ in range(3):
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            thread.submit(colorizer.colorize, photo).result()
    (interpreters,) = colorizer.network._idle.values()
    assert len(interpreters) == 1


# === Processes ===


def _send(colorizer, photo, connection):
    try:
        connection.send(colorizer.colorize(photo))
    except UserError as error:
        connection.send(str(error))


def in_process(method, colorizer, photo):
    context = multiprocessing.get_context(method)
    here, there = context.Pipe()
    process = context.Process(target=_send, args=(colorizer, photo, there))
    process.start()
    assert here.poll(120), "the process hangs"
    result = here.recv()
    process.join(30)
    assert process.exitcode == 0
    return result


@pytest.mark.parametrize(
    "method",
    [pytest.param("fork", marks=pytest.mark.skipif(sys.platform == "win32", reason="no fork on Windows")), "spawn"],
)
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_worker_process_gets_what_this_one_gets(method, colorizer, photo):
    expected = colorizer.colorize(photo)
    np.testing.assert_array_equal(in_process(method, colorizer, photo), expected)
    np.testing.assert_array_equal(colorizer.colorize(photo), expected)


@pytest.mark.skipif(sys.platform == "win32", reason="no fork on Windows")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_keras_model_in_a_forked_process_is_an_error_and_does_not_hang(keras_colorizer, photo):
    assert "does not work in a forked process" in in_process("fork", keras_colorizer, photo)


def test_it_is_pickled_with_its_options_whatever_its_model(keras_colorizer, photo):
    for colorizer in (Colorizer(LITERT, fit="squeeze", saturation=0.5), keras_colorizer):
        copy = pickle.loads(pickle.dumps(colorizer))
        np.testing.assert_array_equal(copy.colorize(photo), colorizer.colorize(photo))
        assert (copy.fit, copy.saturation, copy.image_size) == (
            colorizer.fit,
            colorizer.saturation,
            colorizer.image_size,
        )


# === Photos ===


def test_a_photo_may_be_a_path_a_file_bytes_or_an_image(colorizer, paths):
    expected = colorizer.colorize(read_photo(paths[0], luma_only=True).pixels)
    contents = paths[0].read_bytes()
    found = colorizer.colorize_batch([paths[0], str(paths[0]), io.BytesIO(contents), contents])
    assert_equal(found, [expected] * 4)
    of_image = colorizer.colorize(Image.open(paths[0]))
    assert of_image.shape == expected.shape
    np.testing.assert_array_equal(of_image, colorizer.colorize(read_photo(paths[0]).pixels))
    assert np.abs(of_image.astype(int) - expected).mean() < 1


def test_no_photos_give_none(colorizer):
    assert colorizer.colorize_batch([]) == []


@pytest.mark.parametrize(("photo", "error"), [("missing.jpg", BadFileError), (b"no", BadFileError), (None, TypeError)])
def test_what_is_no_photo_is_an_error(colorizer, photo, error):
    with pytest.raises(error, match=r"missing\.jpg|no readable picture|Received: NoneType"):
        colorizer.colorize(photo)

"""The graph from photo files to their colour versions."""

import io

import cv2
import keras
import numpy as np
import pytest
import sample_photos as samples
import tensorflow as tf
from colorful import chroma_generator, colorful_generator
from PIL import Image

from keras_scgan import data
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.runners import describe
from keras_scgan.export import photo_graph
from keras_scgan.photos import color
from keras_scgan.photos.resizing import cut

SIZE = 64


@pytest.fixture(autouse=True)
def _same_random_numbers():
    """In place of that of all tests: TensorFlow builds its graphs anew, for seconds, after a seed is set."""


def plain_network():
    """A network of strong colours that change from pixel to pixel."""
    keras.utils.set_random_seed(1)
    gray = keras.Input((SIZE, SIZE, 1), name="gray")

    def paint(filters, activation, name):
        layer = keras.layers.Conv2D(
            filters, 7, padding="same", activation=activation, kernel_initializer="glorot_normal", name=name
        )
        return layer(gray)

    return keras.Model(gray, {"color": paint(3, "tanh", "paint"), "saliency": paint(1, "sigmoid", "point_out")})


@pytest.fixture(scope="module", params=["plain", "stretching"])
def network(request):
    return plain_network() if request.param == "plain" else chroma_generator(image_size=SIZE, stretch_luma=True)


@pytest.fixture(scope="module")
def graph(network):
    def colorize_files(image_bytes):
        served = photo_graph.with_stretched_luma(network) if describe(network).stretch_luma else network
        return photo_graph.colorize_files(served, image_bytes, image_size=SIZE, saliency=True)

    return tf.function(colorize_files, [tf.TensorSpec((None,), tf.string)], autograph=False)


@pytest.fixture(scope="module")
def colorize(graph):
    """Function from files to a dict of lists of files."""

    def run(files):
        outputs = graph(tf.constant(files, tf.string, (len(files),)))
        return {name: list(value.numpy()) for name, value in outputs.items()}

    return run


@pytest.fixture(scope="module")
def colorizer(network):
    return Colorizer(network)


def file_of(pixels, kind):
    """A photo, `[H, W, 3]`, as a file of some kind."""
    exif, image, file = Image.Exif(), Image.fromarray(pixels), io.BytesIO()
    exif[274] = 6
    match kind:
        case "jpeg":
            image.save(file, "JPEG", quality=90)
        case "turned_jpeg":
            image.save(file, "JPEG", exif=exif)
        case "gray_jpeg":
            image.convert("L").save(file, "JPEG")
        case "palette_png":
            image.quantize(64).save(file, "PNG")
        case "transparent_png":
            image.putalpha(image.convert("L"))
            image.save(file, "PNG")
        case "deep_png":
            return samples.opencv(
                ".png",
                pixels.astype(np.uint16) * 257 ^ (np.arange(pixels.size) % 256).reshape(pixels.shape).astype(np.uint16),
            )
        case "gray_png":
            image.convert("L").save(file, "PNG")
    return file.getvalue()


def resized(pixels, shape):
    shrinks = pixels.shape[0] > shape[0] and pixels.shape[1] > shape[1]
    return cv2.resize(pixels, shape[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


KINDS = ("jpeg", "turned_jpeg", "gray_jpeg", "palette_png", "transparent_png", "deep_png", "gray_png")
SHAPES = (
    *((1, 1), (1, 300), (300, 1), (2, 700), (3, 5), (64, 64), (63, 65), (128, 128), (256, 256), (129, 127)),
    *(
        (200, 300),
        (300, 200),
        (255, 400),
        (511, 333),
        (40, 50),
        (30, 400),
        (90, 33),
        (480, 640),
        (777, 501),
        (1200, 1000),
    ),
)


def test_colours_of_20_photos_are_those_of_the_colorizer(colorize, colorizer):
    for i, (path, shape) in enumerate(zip(sorted((data.demo_dir() / "images").iterdir()), SHAPES, strict=True)):
        file = file_of(resized(samples.read(path.read_bytes()).pixels, shape), KINDS[i % len(KINDS)])
        photo = samples.read(file).pixels
        white = np.iinfo(photo.dtype).max
        expected = colorizer.colorize(photo)
        outputs = colorize([file])
        result = samples.read(outputs["image_bytes"][0]).pixels
        assert (result.dtype, result.shape) == (photo.dtype, expected.shape), path
        difference = np.abs(result.astype(float) - expected) * (255 / white)
        assert difference.max() < 2.01, path
        assert difference.mean() < 0.05, path  # one grey that is rounded otherwise is seen by 16 pixels around
        assert min(shape) < 10 or np.ptp(expected[..., :3] / white, axis=-1).mean() > 0.05, f"{path} has no colours"

        saliency = colorizer.predict(colorizer.prepare(photo)[np.newaxis])["saliency"][0]
        saliency_map = samples.read(outputs["saliency_bytes"][0]).pixels.astype(int)
        assert saliency_map.shape == photo.shape[:2], path
        assert np.abs(saliency_map - colorizer.saliency_map(photo, saliency)).max() <= 1, path


def test_cmyk_colours_are_those_of_the_colorizer_but_for_their_decoding(colorize, colorizer):
    file = io.BytesIO()
    path = data.demo_dir() / "images" / "citrus.jpg"
    Image.open(path).convert("CMYK").save(file, "JPEG")
    expected = colorizer.colorize(samples.read(file.getvalue()).pixels)
    result = samples.read(colorize([file.getvalue()])["image_bytes"][0]).pixels
    assert np.abs(result.astype(int) - expected).max() <= 4


def test_photos_of_a_batch_do_not_depend_on_each_other(colorize):
    files = [samples.encode(samples.RGB[:height], "PNG") for height in (16, 3, 9)]
    together = colorize(files)
    apart = [colorize([file]) for file in files]
    for name in ("image_bytes", "saliency_bytes"):
        assert together[name] == [result[name][0] for result in apart]


def test_empty_batch_gives_an_empty_batch(colorize):
    assert colorize([]) == {"image_bytes": [], "saliency_bytes": []}


def test_bad_photo_among_good_ones_is_named(colorize):
    good = samples.encode(samples.RGB, "PNG")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[image 2: a damaged or truncated PNG"):
        colorize([good, good, good[:-30], good])


def test_luma_is_stretched_as_for_training(rng):
    grays = (rng.uniform(-1, 1, (4, 50, 60, 1)) * np.reshape([1, 0.5, 0.05, 0], (4, 1, 1, 1))).astype(np.float32)
    np.testing.assert_allclose(photo_graph.stretch_luma(tf.constant(grays)), color.stretch_luma(grays), atol=1e-6)


def test_network_that_stretches_the_luma_is_that_of_the_colorizer(colorizer, network, rng):
    if not describe(network).stretch_luma:
        pytest.skip("it does not")
    grays = rng.uniform(-0.3, 0.4, (2, SIZE, SIZE, 1)).astype(np.float32)
    found = photo_graph.with_stretched_luma(network)(tf.constant(grays))
    for name, expected in colorizer.predict(grays).items():
        np.testing.assert_allclose(found[name], expected, atol=1e-5)


def test_network_that_stretches_the_luma_and_has_no_chroma_is_that_of_the_colorizer(rng):
    network = colorful_generator()
    network.describe(stretch_luma=True)
    grays = rng.uniform(-0.3, 0.4, (1, SIZE, SIZE, 1)).astype(np.float32)
    found = photo_graph.with_stretched_luma(network)(tf.constant(grays))
    np.testing.assert_allclose(found["color"], Colorizer(network).predict(grays)["color"], atol=1e-5)


@pytest.mark.parametrize("content", [(16, 64), (41, 64), (64, 3), (1, 64)])
def test_chroma_is_cut_as_by_the_colorizer(content, rng):
    chroma = rng.uniform(-1, 1, (16, 16, 2)).astype(np.float32)
    found = photo_graph._cut(tf.constant(chroma), tf.constant(content), SIZE)
    np.testing.assert_allclose(found, cut(chroma, [side / 4 for side in content]), atol=1e-6)


def test_all_operations_are_those_of_a_stock_server(graph):
    definition = graph.get_concrete_function().graph.as_graph_def()
    functions = [function.node_def for function in definition.library.function]
    names = {node.op for nodes in (definition.node, *functions) for node in nodes}
    assert {"DecodeJpeg", "DecodePng", "EncodePng", "Conv2D"} <= names
    assert all(
        hasattr(tf.raw_ops, name)
        for name in names - {function.signature.name for function in definition.library.function}
    )
    assert not {name for name in names if "PyFunc" in name}


@pytest.mark.parametrize(
    ("old", "new"), [((7, 9), (5, 3)), ((300, 200), (64, 64)), ((90, 30), (30, 15)), ((5, 8), (5, 1))]
)
def test_shrinking_is_that_of_opencv(old, new, rng):
    image = rng.uniform(0, 1, (*old, 2)).astype(np.float32)
    expected = cv2.resize(image, new[::-1], interpolation=cv2.INTER_AREA).reshape(*new, 2)
    np.testing.assert_allclose(photo_graph._shrink(tf.constant(image), new), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("old", "new"), [((3, 4), (7, 11)), ((64, 64), (300, 200)), ((1, 1), (5, 9)), ((30, 15), (60, 30))]
)
def test_enlarging_is_that_of_opencv(old, new, rng):
    image = rng.uniform(0, 1, (*old, 2)).astype(np.float32)
    expected = cv2.resize(image, new[::-1], interpolation=cv2.INTER_CUBIC).reshape(*new, 2)
    np.testing.assert_allclose(photo_graph._enlarge(tf.constant(image), new), expected, atol=2e-5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_are_rounded_as_by_opencv_where_sides_are_halved(dtype, rng):
    image = rng.integers(0, np.iinfo(dtype).max, (60, 80), dtype)
    expected = cv2.resize(image, (40, 30), interpolation=cv2.INTER_AREA)
    result = photo_graph._shrink_integers(tf.constant(image[..., np.newaxis], tf.float32), (30, 40))
    np.testing.assert_array_equal(result[..., 0], expected)

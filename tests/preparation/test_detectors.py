"""Every detector maps every photo, says what it cannot do, and finds what stands out."""

import importlib.util
import pathlib
import sys

import cv2
import keras
import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_scgan.photos import color
from keras_scgan.preparation import detectors
from keras_scgan.program.errors import UserError

WEIGHTS = pathlib.Path(__file__).parents[3] / "shared" / "models" / "u2netp.onnx"
HAS_REMBG = all(importlib.util.find_spec(package) for package in ("rembg", "onnxruntime"))

needs_rembg = pytest.mark.skipif(not HAS_REMBG, reason="rembg or onnxruntime is not installed")
needs_weights = pytest.mark.skipif(not HAS_REMBG or not WEIGHTS.exists(), reason=f"no rembg, or no {WEIGHTS}")


def save_generator(folder):
    """Path of a generator of two layers, which sees 64x64 pixels."""
    gray = keras.Input((64, 64, 1))
    outputs = {
        "color": keras.layers.Conv2D(3, 3, padding="same", activation="tanh")(gray),
        "saliency": keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")(gray),
    }
    keras.Model(gray, outputs).save(folder / "generator.keras")
    return folder / "generator.keras"


def save(folder, function, shape=(16, 24, 3)):
    """Name of a detector whose model has a function of Keras tensors for its outputs."""
    image = keras.Input(shape)
    path = folder / "detector.keras"
    keras.Model(image, function(image)).save(path)
    return f"keras:{path}"


def mean_of_channels(image):
    return keras.layers.Rescaling(1 / 255)(keras.layers.AveragePooling2D(2)(image))[..., :1]


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A detector whose model sees 16x24 pixels, and gives a map of 8x12."""
    return detectors.load_detector(save(tmp_path_factory.mktemp("model"), mean_of_channels))


@pytest.fixture(scope="module")
def photos():
    rng = np.random.default_rng(0)
    smooth = [rng.integers(0, 256, (4, 5, 3)).astype(np.uint8) for _ in range(3)]
    sizes = [(32, 20), (300, 400), (7, 90)]
    return [cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC) for photo, size in zip(smooth, sizes, strict=True)]


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    return save_generator(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def u2netp():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("U2NET_HOME", str(WEIGHTS.parent))
        return detectors.load_detector("u2netp", threads=1)


def check_maps(maps, photos):
    assert len(maps) == len(photos)
    for saliency_map, photo in zip(maps, photos, strict=True):
        assert saliency_map.shape == photo.shape[:2]
        assert saliency_map.dtype == np.uint8


# === Spectral residual ===


def test_an_odd_patch_in_a_regular_texture_stands_out():
    stripes = np.tile(np.repeat([60, 190], 8), (256, 24)).astype(np.uint8)
    stripes[96:144, 200:248] = stripes[96:144, 200:248].T
    saliency_map = detectors.spectral_residual(stripes)
    row, column = np.unravel_index(saliency_map.argmax(), saliency_map.shape)
    assert 88 <= row < 152
    assert 192 <= column < 256
    patch = saliency_map[96:144, 200:248].mean()
    assert patch > 4 * (saliency_map.sum() - 48 * 48 * patch) / (saliency_map.size - 48 * 48)


def test_spectral_residual_is_what_its_paper_says(rng):
    gray = rng.integers(0, 256, (48, 64)).astype(np.uint8)
    spectrum = np.fft.fft2(gray.astype(float))
    log_amplitude = np.log(np.abs(spectrum))
    residual = log_amplitude - scipy.ndimage.uniform_filter(log_amplitude, 3, mode="nearest")
    energy = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    smooth = scipy.ndimage.gaussian_filter(energy, 2.5, mode="reflect")
    expected = (smooth - smooth.min()) / np.ptp(smooth)
    np.testing.assert_allclose(detectors.spectral_residual(gray), expected, atol=1e-5)


@pytest.mark.parametrize("level", [0, 1, 128, 255])
@pytest.mark.parametrize("shape", [(64, 64), (50, 70), (1, 1)])
def test_nothing_stands_out_of_a_uniform_picture(level, shape):
    np.testing.assert_array_equal(detectors.spectral_residual(np.full(shape, level, np.uint8)), np.zeros(shape))


def test_what_stands_out_does_not_depend_on_the_scale_of_the_picture(rng):
    small = cv2.resize(rng.integers(0, 256, (6, 8)).astype(np.uint8), (64, 48), interpolation=cv2.INTER_CUBIC)
    large = cv2.resize(small, (640, 480), interpolation=cv2.INTER_NEAREST)
    shrunk = cv2.resize(detectors.spectral_residual(large), (64, 48), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(shrunk, detectors.spectral_residual(small), atol=0.05)


# === Every detector ===


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), min_size=1, max_size=3), seed=st.integers(0))
def test_a_photo_of_any_size_gets_a_map_of_its_size(network, sizes, seed):
    rng = np.random.default_rng(seed)
    photos = [rng.integers(0, 256, (*size, 3)).astype(np.uint8) for size in sizes]
    for detector in (detectors.load_detector("spectral_residual"), network):
        check_maps(detector.detect(photos), photos)


@needs_weights
def test_u2netp_maps_photos_of_any_size(u2netp):
    photos = [np.full((*size, 3), 90, np.uint8) for size in [(1, 1), (3, 2000)]]
    check_maps(u2netp.detect(photos), photos)


def test_a_map_does_not_depend_on_the_other_photos(photos, generator, network):
    scgan = detectors.load_detector("scgan", model=generator)
    for detector, levels in ((detectors.load_detector("spectral_residual"), 0), (scgan, 1), (network, 1)):
        alone = [detector.detect([photo])[0] for photo in photos]
        for map_together, map_alone in zip(detector.detect(photos), alone, strict=True):
            assert cv2.absdiff(map_together, map_alone).max() <= levels, detector.name


@needs_weights
def test_u2netp_sees_each_photo_alone(u2netp, photos):
    together = u2netp.detect(photos[:2])
    np.testing.assert_array_equal(together[1], u2netp.detect(photos[1:2])[0])
    assert np.ptp(together[0]) > 0


def test_a_detector_knows_its_name(generator, tmp_path):
    assert detectors.load_detector("scgan", model=generator).name == "scgan"
    assert detectors.load_detector("spectral_residual").name == "spectral_residual"
    name = save(tmp_path, mean_of_channels)
    assert detectors.load_detector(name, threads=1).name == name


@pytest.mark.parametrize("name", ["u3net", "", "keras", "SCGAN"])
def test_an_unknown_detector_is_told_the_known_ones(name):
    with pytest.raises(UserError, match=r"choose one of scgan, u2net, u2netp, spectral_residual or keras:PATH"):
        detectors.load_detector(name)


def test_a_generator_is_for_scgan_alone(generator):
    with pytest.raises(UserError, match="for the detector scgan alone"):
        detectors.load_detector("spectral_residual", model=generator)


# === Keras models ===


def test_a_keras_detector_is_its_model_called_by_hand(tmp_path, rng):
    name = save(tmp_path, lambda image: keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")(image / 255))
    photos = list(rng.integers(0, 256, (3, 16, 24, 3)).astype(np.uint8))
    outputs = keras.models.load_model(name.removeprefix("keras:"))(np.array(photos, np.float32))
    assert np.ptp(outputs) > 0.2
    found = detectors.load_detector(name).detect(photos)
    np.testing.assert_allclose(found, 255 * np.array(outputs)[..., 0], atol=0.51)


def test_a_map_is_stretched_to_its_photo(network):
    photo = np.zeros((60, 80, 3), np.uint8)
    photo[:, 40:] = 200
    (found,) = network.detect([photo])
    np.testing.assert_array_equal(found[:, :36], 0)
    np.testing.assert_array_equal(found[:, 44:], 200)


@pytest.mark.parametrize(
    "outputs",
    [
        lambda image: mean_of_channels(image)[..., 0],
        lambda image: [mean_of_channels(image), keras.layers.Flatten()(image)],
        lambda image: {"map": mean_of_channels(image), "edges": 1 - mean_of_channels(image)},
    ],
    ids=["three axes", "list", "dict"],
)
def test_the_first_output_is_the_map(tmp_path, outputs):
    photo = np.full((16, 24, 3), 51, np.uint8)
    (found,) = detectors.load_detector(save(tmp_path, outputs)).detect([photo])
    np.testing.assert_array_equal(found, np.full((16, 24), 51))


def test_a_model_of_free_size_sees_256_pixels_a_side(tmp_path):
    def share_of_width(image):
        """A map of the sum of a row of ones, 256 for 256 columns, divided by 512."""
        ones = keras.ops.ones_like(image[..., :1])
        return ones * keras.ops.sum(ones, axis=2, keepdims=True) / 512

    (found,) = detectors.load_detector(save(tmp_path, share_of_width, (None, None, 3))).detect(
        [np.zeros((10, 30, 3), np.uint8)]
    )
    np.testing.assert_array_equal(found, np.full((10, 30), 128))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda image: mean_of_channels(image) * 255, "gave values from 100 to 100, and a map has values in"),
        (lambda image: -mean_of_channels(image), "gave values from -0.3922 to -0.3922"),
        (lambda image: keras.ops.log(-mean_of_channels(image)), "gave values from nan to nan"),
    ],
)
def test_values_that_are_no_map_are_refused(tmp_path, function, message):
    detector = detectors.load_detector(save(tmp_path, function))
    with pytest.raises(UserError, match=message):
        detector.detect([np.full((16, 24, 3), 100, np.uint8)])


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (lambda image: image / 255, (16, 24, 3)),
        (lambda image: keras.layers.Flatten()(image), (16, 24, 3)),
        (lambda image: image / 255, (16, 24, 1)),
    ],
    ids=["three channels out", "flat output", "grey input"],
)
def test_a_model_that_is_no_detector_is_refused(tmp_path, function, shape):
    with pytest.raises(UserError, match=r"is no detector: expected an input \[B, H, W, 3\]"):
        detectors.load_detector(save(tmp_path, function, shape))


def test_a_model_that_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(UserError, match=r"missing\.keras`: there is no such file"):
        detectors.load_detector(f"keras:{tmp_path / 'missing.keras'}")
    (tmp_path / "damaged.keras").write_bytes(b"no model")
    with pytest.raises(UserError, match=r"damaged\.keras` is no model that Keras can load"):
        detectors.load_detector(f"keras:{tmp_path / 'damaged.keras'}")


# === A trained generator ===


def test_scgan_is_the_saliency_branch_of_the_generator(generator, rng):
    photo = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    gray = color.normalize(np.float32(color.to_gray(photo)))[np.newaxis, ..., np.newaxis]
    expected = keras.models.load_model(generator)(gray)["saliency"][0, ..., 0]
    (found,) = detectors.load_detector("scgan", model=generator).detect([photo])
    assert np.ptp(found) > 10
    np.testing.assert_allclose(found, 255 * np.array(expected), atol=0.6)


def test_scgan_needs_a_generator_with_a_saliency_branch(tmp_path):
    generator = keras.models.load_model(save_generator(tmp_path))
    keras.Model(generator.input, {"color": generator.output["color"]}).save(tmp_path / "generator.keras")
    with pytest.raises(UserError, match=r"generator\.keras has no saliency branch"):
        detectors.load_detector("scgan", model=tmp_path / "generator.keras")


# === U^2-Net ===


@needs_weights
def test_u2netp_is_its_network_called_by_hand(u2netp, photos):
    import onnxruntime

    photo = cv2.resize(photos[1], (320, 320))
    scaled = (photo / photo.max() - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    session = onnxruntime.InferenceSession(WEIGHTS, providers=["CPUExecutionProvider"])
    batch = scaled.astype(np.float32).transpose(2, 0, 1)[np.newaxis]
    output = session.run(None, {session.get_inputs()[0].name: batch})[0][0, 0]
    expected = 255 * (output - output.min()) / np.ptp(output)
    np.testing.assert_allclose(u2netp.detect([photo])[0], expected, atol=1.01)


@needs_weights
def test_u2netp_finds_an_object(u2netp):
    photo, truth = np.full((120, 160, 3), (70, 120, 60), np.uint8), np.zeros((120, 160), np.uint8)
    cv2.circle(photo, (100, 60), 30, (220, 40, 30), -1)
    cv2.circle(truth, (100, 60), 30, 1, -1)
    (found,) = u2netp.detect([photo])
    assert found[truth == 1].mean() > 200
    assert found[truth == 0].mean() < 30


@needs_weights
def test_weights_in_u2net_home_are_taken_whatever_their_checksum(tmp_path, monkeypatch):
    unknown_field = b"\xc0\x3e\x01"  # of Protocol Buffers, whose readers leave it out
    (tmp_path / "u2netp.onnx").write_bytes(WEIGHTS.read_bytes() + unknown_field)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    check_maps(detectors.load_detector("u2netp").detect([np.zeros((4, 5, 3), np.uint8)]), [np.zeros((4, 5))])


@needs_rembg
@pytest.mark.parametrize("content", [b"", b"no weights"])
def test_weights_that_are_damaged_are_named(tmp_path, monkeypatch, content):
    (tmp_path / "u2netp.onnx").write_bytes(content)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"weights of u2netp cannot be used. Load model from .*u2netp\.onnx failed"):
        detectors.load_detector("u2netp")


@needs_weights
def test_weights_that_are_incomplete_are_named(tmp_path, monkeypatch):
    (tmp_path / "u2netp.onnx").write_bytes(WEIGHTS.read_bytes()[:1_000_000])
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    with pytest.raises(UserError, match="Delete the file and it is downloaded anew"):
        detectors.load_detector("u2netp")


@needs_rembg
@pytest.mark.parametrize("error", [ConnectionError("no network"), ValueError("wrong checksum")])
def test_weights_that_cannot_be_downloaded_are_asked_for(tmp_path, monkeypatch, error):
    import pooch

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(pooch, "retrieve", fail)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    with pytest.raises(UserError, match=rf"\({type(error).__name__}\): put u2net\.onnx into a folder.*{tmp_path}"):
        detectors.load_detector("u2net")


@pytest.mark.parametrize("package", ["rembg", "onnxruntime"])
def test_a_package_that_is_missing_is_asked_for(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=r'pip install "keras-scgan\[saliency\]"'):
        detectors.load_detector("u2netp")

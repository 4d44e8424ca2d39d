"""Metrics against independent computations: scikit-image, the formulas written out, and cases worked out by hand."""

import itertools
import math

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial
import skimage.color
import skimage.metrics

from keras_scgan.data import decoding, demo_dir
from keras_scgan.evaluation import metrics
from keras_scgan.photos import color
from keras_scgan.photos.resizing import to_square


@pytest.fixture(scope="module")
def truth():
    return to_square(decoding.read_color(demo_dir() / "images" / "parrot.jpg"), 96)


@pytest.fixture(scope="module")
def gray(truth):
    return np.repeat(color.to_gray(truth)[..., np.newaxis], 3, axis=-1)


@pytest.fixture
def noisy(truth, rng):
    return np.clip(truth + rng.normal(0, 12, truth.shape), 0, 255).astype(np.uint8)[:, :80]


# === PSNR and SSIM ===


@pytest.fixture
def pairs(truth, gray, noisy):
    return [(gray, truth), (noisy, truth[:, :80]), (noisy / 255, truth[:, :80] / 255)]


def test_psnr_is_that_of_scikit_image(pairs):
    for image, truth in pairs:
        data_range = 255 if truth.dtype == np.uint8 else 1
        expected = skimage.metrics.peak_signal_noise_ratio(truth, image, data_range=data_range)
        assert metrics.psnr(image, truth) == pytest.approx(expected, abs=1e-6)


def test_psnr_of_equal_images_is_infinite(truth):
    assert metrics.psnr(truth, truth) == math.inf
    assert metrics.chroma_psnr(truth, truth) == math.inf


@pytest.mark.parametrize(("function", "data_range"), [(metrics.ssim, 1.0), (metrics.ssim_data_range_2, 2.0)])
def test_ssim_is_that_of_scikit_image(pairs, function, data_range):
    for image, truth in pairs:
        expected = skimage.metrics.structural_similarity(
            skimage.util.img_as_float(image),
            skimage.util.img_as_float(truth),
            win_size=7,
            channel_axis=-1,
            data_range=data_range,
        )
        assert expected < 0.99
        assert function(image, truth) == pytest.approx(expected, abs=1e-6)


def test_ssim_of_the_smallest_picture_is_its_one_window(rng):
    image, truth = rng.uniform(size=(2, 7, 7, 3))
    expected = skimage.metrics.structural_similarity(image, truth, win_size=7, channel_axis=-1, data_range=1.0)
    assert metrics.ssim(image, truth) == pytest.approx(expected, abs=1e-6)
    with pytest.raises(ValueError, match="needs 7 pixels a side"):
        metrics.ssim(image[:6], truth[:6])


# === Colours ===


def test_chroma_psnr_has_the_peak_255_on_a_and_b(pairs):
    for image, truth in pairs:
        difference = (skimage.color.rgb2lab(image) - skimage.color.rgb2lab(truth))[..., 1:]
        expected = 10 * math.log10(255**2 / np.mean(difference**2))
        assert metrics.chroma_psnr(image, truth) == pytest.approx(expected, abs=0.05)  # OpenCV interpolates Lab


def test_luminance_has_no_part_in_chroma_psnr():
    dark, light = (np.full((8, 8, 3), value, np.uint8) for value in (40, 200))
    assert metrics.psnr(dark, light) < 5
    assert metrics.chroma_psnr(dark, light) > 90


def test_cci_is_the_paper_s_formula(truth, noisy):
    for image in (truth, noisy):
        r, g, b = np.moveaxis(image.astype(np.float64), -1, 0)
        rg, yb = r - g, (r + g) / 2 - b
        expected = math.sqrt(rg.var() + yb.var()) + 0.3 * math.sqrt(rg.mean() ** 2 + yb.mean() ** 2)
        assert expected > 10
        assert metrics.cci(image) == pytest.approx(expected, abs=1e-4)
        assert metrics.cci(image / 255) == pytest.approx(expected, abs=1e-4)


def test_cci_of_grey_is_0(gray):
    assert metrics.cci(gray) == 0


def test_absolute_cci_is_that_of_ddcolor_s_code(truth, noisy):
    for image in (truth, noisy):
        r, g, b = np.moveaxis(image.astype(np.float64), -1, 0)
        rg, yb = np.abs(r - g), np.abs((r + g) / 2 - b)
        expected = math.sqrt(rg.var() + yb.var()) + 0.3 * math.sqrt(rg.mean() ** 2 + yb.mean() ** 2)
        assert metrics.cci_absolute(image) == pytest.approx(expected, abs=1e-4)
        assert metrics.cci_absolute(image) != pytest.approx(metrics.cci(image), abs=0.1)


def test_cci_ratio_counts_the_ends_of_its_band():
    assert metrics.cci_ratio([15.99, 16, 18, 20, 20.01]) == pytest.approx(3 / 5)


def test_measure_has_every_metric_of_a_picture(gray, truth):
    names = ("psnr", "ssim", "ssim_data_range_2", "chroma_psnr")
    expected = {name: getattr(metrics, name)(gray, truth) for name in names} | {"cci": 0.0, "cci_absolute": 0.0}
    assert metrics.measure(gray, truth) == expected


def test_pictures_that_cannot_be_compared_are_named(truth):
    with pytest.raises(ValueError, match=r"\(96, 96, 3\) and \(96, 95, 3\)"):
        metrics.psnr(truth, truth[:, 1:])
    with pytest.raises(ValueError, match="int16"):
        metrics.psnr(truth.astype(np.int16), truth)
    with pytest.raises(ValueError, match=r"\(96, 96\)"):
        metrics.chroma_psnr(truth[..., 0], truth[..., 0])


# === Classes ===


def test_hits_are_among_the_first_classes():
    scores = np.array([0.1, 0.5, 0.9, 0.3, 0.2, 0.05, 0.01])
    assert metrics.top_k_hits(scores, 2) == {"top1": True, "top5": True}
    assert metrics.top_k_hits(scores, 0) == {"top1": False, "top5": True}
    assert metrics.top_k_hits(scores, 5) == {"top1": False, "top5": False}


@pytest.mark.parametrize("score", [0.0, math.nan])
def test_classifier_that_says_nothing_is_never_right(score):
    assert metrics.top_k_hits(np.full(10, score), 0) == {"top1": False, "top5": False}


# === Saliency ===


def test_saliency_mae_is_in_0_to_1():
    black, white = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)
    assert metrics.saliency_mae(black, white) == 1
    assert metrics.saliency_mae(white, white) == 0


def test_precision_and_recall_are_counts_of_pixels(rng):
    saliency, truth = rng.integers(0, 256, (2, 9, 7), dtype=np.uint8)
    precision, recall = metrics.precision_recall(saliency, truth)
    for threshold in (0, 100, 254):
        predicted, salient = saliency > threshold, truth >= 128
        hits = np.sum(predicted & salient)
        assert precision[threshold] == pytest.approx(hits / max(predicted.sum(), 1))
        assert recall[threshold] == pytest.approx(hits / salient.sum())


def test_recall_of_a_map_without_a_salient_pixel_is_undefined():
    assert metrics.precision_recall(np.zeros((4, 4), np.uint8), np.full((4, 4), 127, np.uint8)) is None


def test_max_f_is_1_for_the_truth_and_0_for_its_reverse():
    truth = np.repeat(np.array([0, 255], np.uint8), 8).reshape(4, 4)
    assert metrics.max_f([metrics.precision_recall(truth, truth)]) == 1
    assert metrics.max_f([metrics.precision_recall(255 - truth, truth)]) == 0


def test_max_f_averages_the_pictures_before_the_thresholds():
    first, second = np.zeros((2, 2, 255))
    first[:, :100] = 1.0  # perfect at low thresholds
    second[:, 200:] = 1.0  # perfect at high ones
    assert metrics.max_f([first]) == metrics.max_f([second]) == 1
    assert metrics.max_f([first, second]) == pytest.approx(0.5)
    unequal = np.zeros((2, 255))
    unequal[0], unequal[1] = 0.8, 0.5
    assert metrics.max_f([unequal]) == pytest.approx(1.3 * 0.8 * 0.5 / (0.3 * 0.8 + 0.5))


# === Features ===


def test_cosine_distance_is_that_of_scipy_and_1_from_nothing(rng):
    x, y = rng.normal(size=(2, 9)).astype(np.float32)
    assert metrics.cosine_distance(x, y) == pytest.approx(scipy.spatial.distance.cosine(x, y), rel=1e-5)
    assert metrics.cosine_distance(x, 3 * x) == pytest.approx(0, abs=1e-7)
    assert metrics.cosine_distance(x, 0 * x) == 1


def kernel_distance_of_positions(x, y, positions):
    """Mean over the pairs of positions that are of different photos, by loops."""

    def kernel(a, b):
        return (np.dot(a, b) / len(a) + 1) ** 3

    terms = [
        kernel(x[i], x[j]) + kernel(y[i], y[j]) - kernel(x[i], y[j]) - kernel(y[i], x[j])
        for i, j in itertools.product(positions, repeat=2)
        if i != j
    ]
    return np.mean(terms)


@pytest.mark.parametrize("rows", [2, 1024])
def test_kernel_distance_is_the_mean_over_pairs_of_different_photos(rng, monkeypatch, rows):
    monkeypatch.setattr(metrics, "KERNEL_ROWS", rows)
    x, y = rng.normal(size=(2, 7, 3))
    assert metrics.kernel_distance(x, y) == pytest.approx(kernel_distance_of_positions(x, y, range(7)))
    resamples = [[0, 1, 2, 3, 4, 5, 6], [0, 0, 0, 3, 3, 5, 6], [1, 1, 1, 1, 1, 1, 4]]
    counts = [np.bincount(positions, minlength=7) for positions in resamples]
    expected = [kernel_distance_of_positions(x, y, positions) for positions in resamples]
    np.testing.assert_allclose(metrics.kernel_distance(x, y, counts), expected)


def test_kernel_distance_of_few_photos_is_on_average_that_of_all(rng):
    truth = rng.normal(size=(6, 3))
    x = truth + 0.1 * rng.normal(size=(6, 3)) + 0.2  # each near the truth of its own photo
    few = [metrics.kernel_distance(x[list(rows)], truth[list(rows)]) for rows in itertools.combinations(range(6), 3)]
    assert np.mean(few) == pytest.approx(metrics.kernel_distance(x, truth))
    assert metrics.kernel_distance(truth, truth) == pytest.approx(0, abs=1e-12)


# === FID ===


@pytest.mark.parametrize("count", [40, 5])
def test_frechet_distance_is_that_of_the_matrix_square_root(rng, count):
    features = rng.normal(size=(60, 8)) @ rng.normal(size=(8, 8))
    others = rng.normal(size=(count, 8)) @ rng.normal(size=(8, 8)) + 1  # of too few, the covariance is singular
    covariances = [np.cov(values, rowvar=False) for values in (features, others)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    means = features.mean(axis=0) - others.mean(axis=0)
    expected = means @ means + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert metrics.frechet_distance(features, others) == pytest.approx(expected, rel=1e-4)


def test_frechet_distance_of_a_set_to_itself_is_0_and_of_a_shifted_one_the_shift(rng):
    features = rng.normal(size=(50, 4))
    assert metrics.frechet_distance(features, features) == pytest.approx(0, abs=1e-9)
    assert metrics.frechet_distance(features, features + np.array([3, 0, 4, 0])) == pytest.approx(25)

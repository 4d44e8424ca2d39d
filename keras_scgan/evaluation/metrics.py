"""How good a colorization is, one number a picture or a set of them.

Pictures are `[H, W, 3]` RGB, uint8 or floating point in [0, 1]. Only NumPy and OpenCV are used. What a number means
depends on its convention, which each function states.
"""

import cv2
import numpy as np

SSIM_WINDOW = 7
"""Pixels of a side of the window over which SSIM takes its statistics, and the least side of its pictures."""

CCI_BAND = (16.0, 20.0)
"""Where the paper finds natural photos colourful: the CCI ratio is the share of pictures within."""

LAB_PEAK = 255.0
"""Peak of `chroma_psnr`: the span of a and b where they are kept in 8 bits, [-128, 127]."""

TOP_K = (1, 5)
"""Accuracies of a classifier."""

SALIENCY_THRESHOLDS = np.arange(255)
"""Of 255. A pixel is predicted to be salient at a threshold when its value is above it."""

BETA_SQUARED = 0.3
"""Weight of the recall in the F-measure of salient-object detection (Achanta et al., 2009)."""

KERNEL_ROWS = 1024
"""Photos whose kernel with all others is in memory at a time."""


# === A picture and its original ===


def measure(image, truth):
    """All metrics of a picture against its original, a dict of floats: the functions of this module by their names."""
    ssim_1, ssim_2 = _ssim(image, truth, (1.0, 2.0))
    return {
        "psnr": psnr(image, truth),
        "ssim": ssim_1,
        "ssim_data_range_2": ssim_2,
        "chroma_psnr": chroma_psnr(image, truth),
        "cci": cci(image),
        "cci_absolute": cci_absolute(image),
    }


def psnr(image, truth):
    """Peak signal-to-noise ratio in dB over all pixels and channels; infinite where the pictures are equal.

    Args:
        image: `[H, W, 3]`, uint8 or floating point in [0, 1].
        truth: likewise, of the same height and width.
    """
    channels = _channel_pairs(image, truth)
    return _decibels(np.mean([np.mean(np.square(x - y)) for x, y in channels]), peak=1.0)


def ssim(image, truth):
    """Structural similarity with a 7x7 uniform window and the data range 1, the mean of the three channels.

    The window lies wholly in the picture, and its variances are those of a sample (divided by 48): as
    `skimage.metrics.structural_similarity(image, truth, win_size=7, channel_axis=-1, data_range=1.0)`. TensorFlow's
    SSIM has a Gaussian window of 11x11, and other values.

    Args:
        image: `[H, W, 3]`, uint8 or floating point in [0, 1], of at least 7 pixels a side.
        truth: likewise, of the same height and width.

    Reference: Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004.
    """
    return _ssim(image, truth, (1.0,))[0]


def ssim_data_range_2(image, truth):
    """`ssim`, but with the data range 2 for pictures in [0, 1], which makes it higher.

    Old releases of scikit-image took every floating-point picture to be in [-1, 1], and so does the code of the paper's
    authors: this is what the paper's tables have.
    """
    return _ssim(image, truth, (2.0,))[0]


def chroma_psnr(image, truth):
    """Peak signal-to-noise ratio in dB of the colours alone: a and b of CIE Lab, with the peak 255.

    10 log10(255^2 / m), m being the mean over pixels and both of a and b of the squared difference. Lab is that of
    sRGB under D65. A method that keeps the luminance of its input gains nothing by it.

    Args:
        image: `[H, W, 3]`, uint8 or floating point in [0, 1].
        truth: likewise, of the same height and width.
    """
    _check_pair(image, truth)
    lab = [cv2.cvtColor(_as_float(picture, np.float32), cv2.COLOR_RGB2LAB) for picture in (image, truth)]
    return _decibels(np.mean(np.square(lab[0][..., 1:] - lab[1][..., 1:]), dtype=np.float64), peak=LAB_PEAK)


def _decibels(mean_square, peak):
    return float(10 * np.log10(peak**2 / mean_square)) if mean_square else float("inf")


def _ssim(image, truth, data_ranges):
    """SSIM for each data range, which share the statistics."""
    if min(np.shape(image)[:2]) < SSIM_WINDOW:
        raise ValueError(f"SSIM needs {SSIM_WINDOW} pixels a side. Received a picture of shape {np.shape(image)}.")
    channels = [_ssim_of_channel(x, y, data_ranges) for x, y in _channel_pairs(image, truth)]
    return [float(value) for value in np.mean(channels, axis=0)]


def _ssim_of_channel(x, y, data_ranges):
    mean_x, mean_y = _window_means(x), _window_means(y)
    sample = SSIM_WINDOW**2 / (SSIM_WINDOW**2 - 1)
    variances = sample * (_window_means(x * x) + _window_means(y * y) - mean_x * mean_x - mean_y * mean_y)
    products, squares = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
    covariance = sample * (_window_means(x * y) - products)
    values = []
    for data_range in data_ranges:
        c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
        similarity = (2 * products + c1) * (2 * covariance + c2) / ((squares + c1) * (variances + c2))
        values.append(np.mean(similarity))
    return values


def _window_means(channel):
    """Means over the windows that lie wholly in the channel."""
    edge = SSIM_WINDOW // 2
    return cv2.blur(channel, (SSIM_WINDOW, SSIM_WINDOW))[edge:-edge, edge:-edge]


# === How colourful ===


def cci(image):
    """Colour colorfulness index of a picture, 0 for a greyscale one.

    Args:
        image: `[H, W, 3]`, uint8 or floating point in [0, 1].

    Reference: equations 8 to 12 of the paper; Hasler and Suesstrunk, "Measuring colourfulness in natural images", 2003.
    """
    return _colorfulness(_opponent_planes(image))


def cci_absolute(image):
    """Colourfulness as of DDColor's code and others of its kind: `cci` of the opponent channels' absolute values.

    It is lower than `cci` where a channel has both signs, and the two are not comparable.

    Args:
        image: `[H, W, 3]`, uint8 or floating point in [0, 1].

    Reference: Kang et al., "DDColor: towards photo-realistic image colorization via dual decoders", 2023, its code.
    """
    return _colorfulness([np.abs(plane) for plane in _opponent_planes(image)])


def _opponent_planes(image):
    red, green, blue = cv2.split(_as_float(image, np.float32) * np.float32(255))
    return red - green, (red + green) / 2 - blue


def _colorfulness(planes):
    means, deviations = zip(*(cv2.meanStdDev(plane) for plane in planes), strict=True)
    return float(np.linalg.norm(deviations) + 0.3 * np.linalg.norm(means))


def cci_ratio(ccis):
    """Share of pictures whose CCI lies in [16, 20].

    Args:
        ccis: list of floats, one a picture, not empty.
    """
    low, high = CCI_BAND
    return float(np.mean([low <= value <= high for value in ccis]))


# === What a classifier makes of it ===


def top_k_hits(scores, label):
    """Whether a label is among a classifier's first classes, a dict `{"top1": bool, "top5": bool}`.

    A class of the same score as the label's counts as before it, so that a classifier that says nothing is never right.

    Args:
        scores: `[classes]` logits or probabilities.
        label: int in [0, classes).
    """
    rank = np.count_nonzero(~(scores < scores[label]))  # NaN is before all
    return {f"top{k}": bool(rank <= k) for k in TOP_K}


def cosine_distance(features, true_features):
    """1 - the cosine of the angle between two feature vectors `[C]`; 1 where one is 0."""
    x, y = (np.asarray(values, np.float64) for values in (features, true_features))
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return float(1 - x @ y / lengths) if lengths else 1.0


# === Saliency maps ===


def saliency_mae(saliency, truth):
    """Mean absolute error of a saliency map, in [0, 1].

    Args:
        saliency: `[H, W]` uint8.
        truth: `[H, W]` uint8.
    """
    return float(np.mean(cv2.absdiff(saliency, truth)) / 255)


def precision_recall(saliency, truth):
    """Precision and recall of a saliency map at each of the 255 thresholds.

    Args:
        saliency: `[H, W]` uint8, as the network gives it: not stretched to the full range.
        truth: `[H, W]` uint8; salient from 128 on.

    Returns:
        `[2, 255]` float64: precision, which is 0 where no pixel is predicted to be salient, and recall; or `None` for a
        truth without a salient pixel, whose recall is undefined.
    """
    salient = truth >= 128
    if not salient.any():
        return None
    hits, predicted = _counts_above(saliency[salient]), _counts_above(saliency)
    return np.stack([hits / np.maximum(predicted, 1), hits / np.count_nonzero(salient)])


def _counts_above(values):
    """How many uint8 values are above each threshold."""
    counts = np.bincount(values.ravel(), minlength=256)
    return values.size - np.cumsum(counts)[SALIENCY_THRESHOLDS]


def max_f(curves):
    """Greatest F-measure over the thresholds: precision and recall are averaged over the pictures first.

    Args:
        curves: list of the results of `precision_recall`, without `None`.

    Reference: Borji et al., "Salient object detection: a benchmark", 2015, beta^2 = 0.3.
    """
    precision, recall = np.mean(curves, axis=0)
    denominator = BETA_SQUARED * precision + recall
    f = np.divide((1 + BETA_SQUARED) * precision * recall, denominator, out=np.zeros(255), where=denominator > 0)
    return float(f.max())


# === Sets of pictures ===


def frechet_distance(features, other_features):
    """Frechet distance of two sets of feature vectors, each taken for a Gaussian. Of Inception's features: the FID.

    Args:
        features: `[N, C]` floating point, N at least 2.
        other_features: `[M, C]`, likewise.

    Reference: Heusel et al., "GANs trained by a two time-scale update rule", 2017.
    """
    sets = [np.asarray(values, np.float64) for values in (features, other_features)]
    means = [values.mean(axis=0) for values in sets]
    covariance, other_covariance = (np.atleast_2d(np.cov(values, rowvar=False)) for values in sets)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    # The trace of (C1 C2)^(1/2) by a symmetric matrix of the same eigenvalues, which cannot be negative or complex.
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other_covariance @ root), 0)).sum()
    distance = np.sum(np.square(means[0] - means[1])) + np.trace(covariance) + np.trace(other_covariance) - 2 * shared
    return float(max(distance, 0.0))


def kernel_distance(features, other_features, counts=None):
    """Kernel distance (KID): an unbiased estimate of the squared maximum mean discrepancy of two sets of features.

    The kernel is k(x, y) = (x.y / C + 1)^3. The sets are of pairs: pictures of the same place are of one photo. Their
    features depend on each other, so that only pairs of different photos are unbiased, those of both sets as well as
    those across: the mean over i != j of k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(y_i, x_j). The usual estimate, for
    sets that have nothing to do with each other, has k(x_i, y_i) too, and would be too low, by about 2 / N of how much
    greater that is than k(x_i, y_j): below 0 for equal sets.

    Args:
        features: `[N, C]` floating point, N at least 2.
        other_features: likewise.
        counts: `[R, N]`. How often each photo is in each of R resamples. Copies of a photo form no pair, which would
            bias the estimate; there must be two different ones. Defaults to each once.

    Returns:
        Float, or of resamples `[R]` floats.

    Reference: Binkowski et al., "Demystifying MMD GANs", 2018; Gretton et al., "A kernel two-sample test", 2012,
    equation 4.
    """
    x, y = (np.asarray(values, np.float64) for values in (features, other_features))
    weights = np.ones((1, len(x))) if counts is None else np.asarray(counts, np.float64)
    sums = np.zeros(len(weights))
    for start in range(0, len(x), KERNEL_ROWS):
        rows = slice(start, start + KERNEL_ROWS)
        terms = _cubic_kernel(x[rows], x) + _cubic_kernel(y[rows], y)
        terms -= _cubic_kernel(x[rows], y) + _cubic_kernel(y[rows], x)
        terms[np.arange(len(terms)), start + np.arange(len(terms))] = 0
        sums += np.sum(weights[:, rows] * (weights @ terms.T), axis=1)
    distances = sums / (weights.sum(axis=1) ** 2 - np.square(weights).sum(axis=1))
    return float(distances[0]) if counts is None else distances


def _cubic_kernel(x, y):
    return (x @ y.T / x.shape[1] + 1) ** 3


# === Pictures as numbers ===


def _channel_pairs(image, truth):
    """Both pictures a channel at a time, as float64 in [0, 1]: less memory for large photos than all at once."""
    _check_pair(image, truth)
    for x, y in zip(cv2.split(image), cv2.split(truth), strict=True):
        yield _as_float(x, np.float64), _as_float(y, np.float64)


def _check_pair(image, truth):
    for picture in (image, truth):
        if picture.ndim != 3 or picture.shape[-1] != 3:
            raise ValueError(f"A picture is [H, W, 3]. Received the shape {picture.shape}.")
    if image.shape != truth.shape:
        raise ValueError(f"Pictures of one shape are compared. Received: {image.shape} and {truth.shape}.")


def _as_float(pixels, dtype):
    """Pixels as floating point in [0, 1]."""
    if pixels.dtype == np.uint8:
        return pixels.astype(dtype) / dtype(255)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise ValueError(f"Pixels are uint8, or floating point in [0, 1]. Received the type {pixels.dtype}.")
    return pixels.astype(dtype)

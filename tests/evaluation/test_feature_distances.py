"""FID and KID of a whole evaluation, to 1e-4 those of the definitions: a matrix square root, and plain double loops."""

import json

import cv2
import keras
import numpy as np
import pytest
import scipy.linalg

from keras_scgan.evaluation import Settings, evaluate, inception

COUNT, SIZE = 24, 16


def mean_and_deviation(pictures):
    """Six features of each picture, `[N, 6]`."""
    pixels = np.stack(pictures).astype(np.float64)
    return np.concatenate([pixels.mean(axis=(1, 2)), np.abs(pixels - 128).mean(axis=(1, 2))], axis=1)


def judge(path):
    """A classifier whose pooled features are those of `mean_and_deviation`."""
    image = keras.Input((None, None, 3))
    distances = keras.layers.ReLU()(keras.layers.Rescaling([1, -1] * 3, [-128, 128] * 3)(_doubled(image)))
    weights = np.zeros((1, 1, 6, 6), np.float32)
    for channel in range(3):
        weights[0, 0, 2 * channel : 2 * channel + 2, channel] = (1, -1)
        weights[0, 0, 2 * channel : 2 * channel + 2, 3 + channel] = 1
    convolution = keras.layers.Conv2D(6, 1)
    pooled = keras.layers.GlobalAveragePooling2D()(convolution(distances))
    model = keras.Model(image, keras.layers.Dense(2)(pooled))
    convolution.set_weights([weights, np.float32([128] * 3 + [0] * 3)])
    model.save(path)


def _doubled(image):
    """Each channel twice, in turns."""
    convolution = keras.layers.Conv2D(6, 1, use_bias=False)
    doubled = convolution(image)
    convolution.set_weights([np.repeat(np.eye(3, dtype=np.float32), 2, axis=1)[np.newaxis, np.newaxis]])
    return doubled


@pytest.fixture
def pictures(tmp_path, rng):
    """Photos and results for them, as lists of `[S, S, 3]`, in folders; and the judge."""
    truths, results = [], []
    for number in range(COUNT):
        truth = cv2.resize(rng.integers(0, 256, (3, 3, 3), np.uint8), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
        result = np.clip(truth * rng.uniform(0.5, 1) + rng.normal(0, 9, truth.shape), 0, 255).astype(np.uint8)
        for folder, picture, found in (("truths", truth, truths), ("results", result, results)):
            (tmp_path / folder).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / folder / f"{number:02d}.png"), picture[..., ::-1])
            found.append(picture)
    judge(tmp_path / "judge.keras")
    return truths, results


def frechet_distance(x, y):
    """Heusel et al. 2017, as their code computes it."""
    covariances = [np.cov(features, rowvar=False) for features in (x, y)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    return np.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2) + np.trace(sum(covariances) - 2 * root)


def kernel_distance(x, y):
    """Binkowski et al. 2018, with the two pictures of one photo left out among the pairs across the sets too."""

    def kernel(a, b):
        return (sum(s * t for s, t in zip(a, b, strict=True)) / len(a) + 1) ** 3

    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                total += kernel(x[i], x[j]) + kernel(y[i], y[j]) - 2 * kernel(x[i], y[j])
    return total / (len(x) * (len(x) - 1))


def test_distances_in_the_report_are_those_of_the_definitions(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(inception, "InceptionFeatures", lambda: mean_and_deviation)
    settings = Settings(
        data_dir=str(tmp_path / "truths"),
        pred_dir=(f"results={tmp_path / 'results'}",),
        judge=str(tmp_path / "judge.keras"),
        judge_size=SIZE,
        image_size=SIZE,
        classifier="none",
        fid=True,
        gray="keep",
    )
    evaluate(settings, tmp_path / "report")
    lines = [json.loads(line) for line in (tmp_path / "report" / "metrics.jsonl").read_text().splitlines()]
    found = next(line for line in lines if (line["method"], line["output"]) == ("results", "network"))
    truths, results = map(mean_and_deviation, pictures)
    expected = frechet_distance(results, truths)
    assert expected > 10
    assert found["fid"] == pytest.approx(expected, rel=1e-4)
    assert found["frechet_distance"] == pytest.approx(expected, rel=1e-4)
    assert found["kid_x1000"] == pytest.approx(1000 * kernel_distance(results, truths), rel=1e-4)

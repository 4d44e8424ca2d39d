"""A judge finds its features by itself, or by the name of their layer, and says what is wrong with a model."""

import hashlib

import keras
import numpy as np
import pytest

from keras_scgan.evaluation.judge import Judge
from keras_scgan.program.errors import UserError


def build_two_poolings(size=8):
    """A model as with a squeeze-and-excitation block: a global pooling before the last one."""
    image = keras.Input((size, size, 3))
    squeezed = keras.layers.GlobalAveragePooling2D(name="squeeze")(image)
    gate = keras.layers.Reshape((1, 1, 3))(keras.layers.Dense(3, name="gate")(squeezed))
    gated = keras.layers.Conv2D(5, 1)(keras.layers.Multiply()([image, gate]))
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(gated)
    return keras.Model(image, keras.layers.Dense(4, name="logits")(pooled))


@pytest.fixture
def save(tmp_path):
    def save(model):
        model.save(tmp_path / "judge.keras")
        return tmp_path / "judge.keras"

    return save


@pytest.fixture
def pictures(rng):
    return list(rng.integers(0, 256, (3, 8, 8, 3), dtype=np.uint8))


def test_features_are_of_the_last_global_pooling_and_scores_the_output(save, pictures):
    model = build_two_poolings()
    path = save(model)
    judge = Judge(path)
    assert judge.classes == 4
    assert judge.protocol == {
        "model": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "size": 8,
        "layer": "pool",
        "features": 5,
    }
    features, scores = (np.stack(values) for values in zip(*judge(pictures), strict=True))
    np.testing.assert_allclose(scores, model.predict_on_batch(np.stack(pictures).astype("float32")), rtol=1e-5)
    kernel, bias = model.get_layer("logits").get_weights()
    np.testing.assert_allclose(features @ kernel + bias, scores, rtol=1e-4, atol=1e-4)


def test_features_are_of_the_layer_that_is_named(save, pictures):
    judge = Judge(save(build_two_poolings()), layer="squeeze")
    expected = [picture.mean(axis=(0, 1)) for picture in pictures]
    np.testing.assert_allclose([features for features, _ in judge(pictures)], expected, rtol=1e-5)


def test_pooling_is_found_behind_a_model_in_the_model_and_not_within(save, pictures):
    image = keras.Input((8, 8, 3))
    backbone = keras.Model(image, keras.layers.Identity()(image), name="backbone")
    pooling = keras.layers.GlobalMaxPooling2D(name="pool")
    judge = Judge(save(keras.Sequential([keras.Input((8, 8, 3)), backbone, pooling, keras.layers.Dense(2)])))
    assert (judge.protocol["layer"], judge.classes) == ("pool", 2)
    np.testing.assert_allclose([features for features, _ in judge(pictures)], [p.max(axis=(0, 1)) for p in pictures])
    within = keras.Model(image, keras.layers.GlobalMaxPooling2D()(image), name="within")
    dense = keras.layers.Dense(2, name="logits")
    with pytest.raises(UserError, match=r"no global pooling .* such an output: logits\."):
        Judge(save(keras.Sequential([keras.Input((8, 8, 3)), within, dense])))


def test_model_that_ends_in_its_features_has_no_scores(save, pictures):
    image = keras.Input((None, None, 3))
    path = save(keras.Model(image, keras.layers.GlobalAveragePooling2D()(image)))
    judge = Judge(path)
    assert (judge.classes, judge.size) == (0, 224)
    assert Judge(path, size=6).size == 6
    assert [scores for _, scores in judge(pictures)] == [None] * 3


def test_what_is_no_judge_is_refused(save, tmp_path):
    with pytest.raises(UserError, match=r"`judge=.*missing\.keras`: there is no such file"):
        Judge(tmp_path / "missing.keras")
    path = save(build_two_poolings())
    with pytest.raises(UserError, match=r"no layer conv .* with such an output: squeeze, gate, pool, logits\."):
        Judge(path, layer="conv")
    with pytest.raises(UserError, match=r"sees 8 pixels a side alone\. Received: `judge_size=9`"):
        Judge(path, size=9)
    image = keras.Input((8, 8, 3))
    dense = keras.layers.Dense(2, name="logits")(keras.layers.Flatten(name="flat")(image))
    with pytest.raises(UserError, match=r"no global pooling .* `judge_layer`\. .* such an output: flat, logits\."):
        Judge(save(keras.Model(image, dense)))
    gray = keras.Input((8, 8, 1))
    with pytest.raises(UserError, match=r"must take square RGB images .* Received: \(None, 8, 8, 1\)"):
        Judge(save(keras.Model(gray, keras.layers.GlobalAveragePooling2D()(gray))))

"""Training of generators on pre-trained encoders, and what the objective has beside the paper's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_encoder import small_pretrained_generator

from keras_scgan.models import build_critic
from keras_scgan.models.encoder import ENCODER_PREFIX
from keras_scgan.models.pretrained import FROZEN, freeze_encoder, split_at_features
from keras_scgan.photos import color
from keras_scgan.training import losses
from keras_scgan.training.scgan import SCGAN

SIDE = 64


@pytest.fixture(scope="module")
def batch():
    """What the encoder sees, which is not the luma of the truth, colours and maps."""
    rng = np.random.default_rng(0)
    colors = rng.uniform(-0.7, 0.7, (2, SIDE // 8, SIDE // 8, 3)).repeat(8, 1).repeat(8, 2)
    gray = np.clip(1.4 * colors.mean(axis=-1, keepdims=True), -1, 1)
    return tuple(tf.constant(images, "float32") for images in (gray, colors, np.abs(gray)))


def perceptual_features():
    image = keras.Input((None, None, 3))
    model = keras.Model(image, keras.layers.Conv2D(4, 3, activation="relu", dtype="float32")(image))
    model.trainable = False
    return model


def build_model(critics=0, frozen="none", perceptual=None, **kwargs):
    generator = small_pretrained_generator()
    freeze_encoder(generator, frozen)
    critics = [build_critic("testing", norm="instance") for _ in range(critics)]
    model = SCGAN(generator, *critics, perceptual_features=perceptual)
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01) if critics else None, **kwargs)
    return model


def weights_of(model):
    return {weight.path: weight.numpy() for weight in model.generator.weights}


@pytest.mark.parametrize("frozen", FROZEN)
def test_what_is_frozen_of_the_encoder_stays_and_all_else_is_trained(batch, frozen):
    model = build_model(frozen=frozen)
    before = weights_of(model)
    model.train_step(batch)
    changed = {path for path, value in weights_of(model).items() if not np.array_equal(value, before[path])}
    of_encoder = {path for path in changed if path.startswith(ENCODER_PREFIX)}
    expected = {"all": (), "early": (4, 5), "none": (1, 2, 3, 4, 5)}[frozen]
    assert of_encoder == {f"{ENCODER_PREFIX}block{i}_conv/{kind}" for i in expected for kind in ("kernel", "bias")}
    assert changed - of_encoder == {path for path in before if not path.startswith(ENCODER_PREFIX)}


def test_colours_get_the_luma_of_the_truth_whatever_the_encoder_sees(batch):
    model = build_model()
    generated = model.generate(*batch[:2])["color"].numpy()
    inside = np.abs(generated).max(axis=-1) < 1
    assert inside.mean() > 0.3
    np.testing.assert_allclose(color.luma(generated)[inside], color.luma(batch[1].numpy())[inside], atol=1e-5)


def test_a_step_on_features_is_the_step_on_the_grey_that_they_are_of(batch):
    first, second = (build_model(frozen="all") for _ in range(2))
    encoder, _ = split_at_features(second.generator)
    expected = first.train_step(batch)
    found = second.train_step((tuple(encoder(batch[0], training=True)), *batch[1:]))
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5)
    others = weights_of(second)
    for name, value in weights_of(first).items():
        np.testing.assert_allclose(others[name], value, atol=1e-6, err_msg=name)


def test_critics_and_perceptual_features_see_vivid_truths_at_their_own_size(batch):
    seen = []

    class Spy(keras.layers.Layer):
        def call(self, inputs):
            seen.append(inputs)
            return inputs

    image = keras.Input((None, None, 3))
    spy = keras.Model(image, Spy()(image))
    seen.clear()
    model = build_model(critics=2, perceptual=spy, truth_saturation=1.3, judged_size=32)
    model.train_step(batch)
    generated, true = seen
    assert generated.shape == true.shape == (2, 32, 32, 3)
    small = batch[1].numpy().reshape(2, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    vivid = np.clip(color.saturate(small, 1.3), -1, 1)
    middle = (slice(None), slice(2, -2, 4), slice(2, -2, 4))  # the resize smooths across the edges of the blocks
    np.testing.assert_allclose(true.numpy()[middle], vivid[middle], atol=0.02)


def test_perceptual_gradient_is_so_many_times_that_of_the_pixel_loss(batch):
    features = perceptual_features()

    def gradients(**kwargs):
        model = build_model(perceptual=features, **kwargs)
        data = model._unpack(batch)
        generated = dict(model.generate(*batch[:2]))
        enlarge, put_on_luma = (model.generator.get_layer(name) for name in ("chroma_enlarged", "color"))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(generated["chroma"])
            generated["color"] = put_on_luma([enlarge(generated["chroma"]), data["luma"]])
            terms = model._generator_terms(data, generated, model._judged_images(generated), training=True)
            terms["total"] = model._total(terms)
        names = ("pixel_loss", "perceptual_loss", "total")
        return [tape.gradient(terms[name], generated["chroma"]) for name in names]

    pixel, plain, _ = gradients()
    _, scaled, total = gradients(perceptual_gradient_ratio=15.0)
    np.testing.assert_allclose(np.linalg.norm(scaled), 15 * np.linalg.norm(pixel), rtol=1e-4)
    cosine = np.vdot(plain, scaled) / np.linalg.norm(plain) / np.linalg.norm(scaled)
    assert cosine == pytest.approx(1, abs=1e-4)
    for weight in (0.0, 0.1):
        *_, other = gradients(perceptual_gradient_ratio=15.0, perceptual_weight=weight)
        np.testing.assert_allclose(other, total, rtol=1e-3, atol=1e-3 * np.abs(total).max())


def test_colour_terms_are_in_the_loss_only_if_they_are_asked_for(batch):
    plain, colored = build_model(), build_model(chroma_weighting=1.0, colorfulness_weight=0.5)
    terms, others = (model.validation_terms(batch) for model in (plain, colored))
    assert others.keys() - terms.keys() == {"colorfulness_loss"}
    generated = colored.generate(*batch[:2])
    weights = losses.chroma_weights(batch[1], 1.0)
    weighted = losses.pixel_loss(generated["color"], batch[1], "l1", weights)
    np.testing.assert_allclose(others["pixel_loss"], weighted, rtol=1e-5)
    total = others["pixel_loss"] + 0.5 * others["attention_loss"] + 0.5 * others["colorfulness_loss"]
    np.testing.assert_allclose(others["loss"], total, rtol=1e-5)


def test_a_generator_that_was_trained_is_saved_as_any_other(batch, tmp_path):
    model = build_model()
    model.train_step(batch)
    model.generator.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    expected = model.generator(batch[0], training=False)
    for name, value in loaded(batch[0], training=False).items():
        np.testing.assert_allclose(value, expected[name], atol=1e-5, err_msg=name)

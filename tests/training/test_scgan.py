"""A step trains what it should, leaves the rest as it is, and is the same on two replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_scgan.models import build_critic, build_generator
from keras_scgan.training import precision
from keras_scgan.training.averaging import averaged_weights
from keras_scgan.training.scgan import SCGAN

SIDE = 64


@pytest.fixture(scope="module")
def batch():
    """Four photos whose colours depend on their greys."""
    rng = np.random.default_rng(0)
    gray = rng.uniform(-1, 1, (4, SIDE, SIDE, 1))
    color = np.concatenate([gray, gray**2, -gray], axis=-1)
    saliency = rng.uniform(0, 1, gray.shape)
    return tuple(tf.constant(images, "float32") for images in (gray, color, saliency))


def perceptual_features():
    """A stand-in for VGG-16."""
    image = keras.Input((None, None, 3))
    model = keras.Model(image, keras.layers.Conv2D(4, 3, activation="relu", dtype="float32")(image))
    model.trainable = False
    return model


def build_model(critics=("color", "attention"), norm="batch", saliency=True, perceptual=False, **kwargs):
    """An `SCGAN` of the testing preset, compiled with plain gradient descent unless told otherwise."""
    kwargs.setdefault("optimizer", keras.optimizers.SGD(0.01))
    kwargs.setdefault("critic_optimizer", keras.optimizers.SGD(0.01) if critics else None)
    model = SCGAN(
        build_generator("testing", depth=6, saliency=saliency),
        **{f"{name}_critic": build_critic("testing", norm=norm) for name in critics},
        perceptual_features=perceptual_features() if perceptual else None,
    )
    model.compile(**kwargs)
    return model


@pytest.fixture(scope="module")
def model_with_critic():
    return build_model(critics=("color",))


def weights_of(*models):
    """Copies of all weights, of statistics and singular vectors too, by name."""
    return {f"{i} {weight.path}": weight.numpy() for i, model in enumerate(models) for weight in model.weights}


def changed(before, after):
    return {name for name in before if not np.array_equal(before[name], after[name])}


# === What a step changes ===


def test_critics_update_leaves_every_generator_weight_and_changes_every_one_of_theirs(batch):
    model = build_model()
    generated = {"color": tf.zeros_like(batch[1]), "saliency": tf.ones_like(batch[2])}
    critics = model.critics.values()
    generator_before, critics_before = weights_of(model.generator), weights_of(*critics)
    terms = model._update_critics(model._unpack(batch), model._judged_images(generated))
    assert not changed(generator_before, weights_of(model.generator))
    assert changed(critics_before, weights_of(*critics)) == critics_before.keys()
    assert terms.keys() == {term for term in COLOR | ATTENTION if "adversarial" not in term}


def test_generators_update_leaves_every_critic_weight_and_changes_every_one_of_its_own(batch, monkeypatch):
    model = build_model()
    critics = model.critics.values()
    monkeypatch.setattr(model, "_update_critics", lambda batch, judged: {})
    generator_before, critics_before = weights_of(model.generator), weights_of(*critics)
    model.train_step(batch)
    assert not changed(critics_before, weights_of(*critics))
    assert changed(generator_before, weights_of(model.generator)) == generator_before.keys()


def test_validation_leaves_every_weight(batch):
    model = build_model(perceptual=True)
    before = weights_of(model.generator, *model.critics.values())
    model.test_step(batch)
    assert not changed(before, weights_of(model.generator, *model.critics.values()))


def test_critics_are_updated_critic_steps_times_a_step(batch):
    model = build_model(critics=("color",), critic_steps=2)
    model.train_step(batch)
    assert (int(model.optimizer.iterations), int(model.critic_optimizer.iterations)) == (1, 2)


# === The objective ===

STAGE_1 = {"loss", "pixel_loss", "attention_loss"}
COLOR = {"color_adversarial_loss", "color_critic_loss", "color_gradient_penalty"}
ATTENTION = {"attention_adversarial_loss", "attention_critic_loss", "attention_gradient_penalty"}


@pytest.mark.parametrize(
    ("options", "terms"),
    [
        ({"critics": ()}, STAGE_1),
        ({"perceptual": True}, STAGE_1 | COLOR | ATTENTION | {"perceptual_loss"}),
        ({"norm": "instance", "pixel_loss": "l2"}, STAGE_1 | COLOR | ATTENTION),
        ({"norm": "none", "adversarial_loss": "lsgan"}, {t for t in STAGE_1 | COLOR | ATTENTION if "penalty" not in t}),
        ({"critics": (), "saliency_weight": 0.5}, STAGE_1 | {"saliency_loss"}),
        ({"critics": (), "saliency_l1_weight": 0.5}, STAGE_1 | {"saliency_l1_loss"}),
        ({"saliency": False, "critics": ("color",)}, {"loss", "pixel_loss"} | COLOR),
        ({"saliency": False, "critics": (), "perceptual": True}, {"loss", "pixel_loss", "perceptual_loss"}),
    ],
    ids=[
        "stage 1",
        "stage 2",
        "instance norm and l2",
        "no norm and lsgan",
        "saliency loss",
        "l1 of saliency maps",
        "no attention",
        "no attention nor critics",
    ],
)
def test_every_ablation_has_its_own_terms_all_of_them_finite_and_not_zero(batch, options, terms):
    model = build_model(**options)
    results = model.train_step(batch if options.get("saliency", True) else batch[:2])
    assert results.keys() == terms
    assert all(np.isfinite(value) and value != 0 for value in results.values())


def test_loss_is_the_sum_of_its_terms_by_their_weights(batch):
    weights = {"attention_weight": 0.5, "saliency_weight": 2.0, "saliency_l1_weight": 1.5}
    weights |= {"adversarial_weight": 0.25, "perceptual_weight": 3.0}
    terms = {name: float(value) for name, value in build_model(perceptual=True, **weights).train_step(batch).items()}
    adversarial = terms["color_adversarial_loss"] + terms["attention_adversarial_loss"]
    expected = terms["pixel_loss"] + 0.5 * terms["attention_loss"] + 2 * terms["saliency_loss"]
    expected += 1.5 * terms["saliency_l1_loss"] + 0.25 * adversarial + 3 * terms["perceptual_loss"]
    np.testing.assert_allclose(terms["loss"], expected, rtol=1e-5)


def brightness_critic():
    """Scores each pixel with the sum of all its channels, grey included."""
    inputs = {name: keras.Input((None, None, n), name=name) for name, n in (("gray", 1), ("image", 3))}
    x = keras.layers.Concatenate()(list(inputs.values()))
    return keras.Model(inputs, keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")(x))


@pytest.mark.parametrize(("of", "slope"), [("mean", np.sqrt(3) / SIDE), ("sum", np.sqrt(3) * SIDE)])
def test_critics_judge_colours_and_colours_weighted_by_saliency(batch, of, slope):
    gray, color, saliency = (part.numpy() for part in batch)
    model = SCGAN(build_generator("testing", depth=6), brightness_critic(), brightness_critic())
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.0), gradient_penalty_of=of)
    generated = {name: output.numpy() for name, output in model.generator(gray, training=True).items()}
    terms = model.train_step(batch)
    for name, made, true in (
        ("color", generated["color"], color),
        ("attention", generated["color"] * generated["saliency"], color * saliency),
    ):
        np.testing.assert_allclose(terms[f"{name}_critic_loss"], 3 * (made.mean() - true.mean()), atol=1e-5)
        np.testing.assert_allclose(terms[f"{name}_adversarial_loss"], -gray.mean() - 3 * made.mean(), atol=1e-5)
        np.testing.assert_allclose(terms[f"{name}_gradient_penalty"], (slope - 1) ** 2, rtol=1e-4)


def test_interpolation_coefficients_are_new_at_each_update_and_the_same_for_a_seed(model_with_critic):
    model = model_with_critic
    first = model._interpolation_coefficients(5)
    assert first.shape == (5, 1, 1, 1)
    assert 0 <= np.min(first) < np.max(first) <= 1
    np.testing.assert_array_equal(model._interpolation_coefficients(5), first)
    model.critic_optimizer.iterations.assign_add(1)
    assert changed({"mix": first.numpy()}, {"mix": model._interpolation_coefficients(5).numpy()})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"critic_optimizer": None}, "critics need a `critic_optimizer`"),
        ({"critic_steps": 0}, "Received: critic_steps=0"),
        ({"pixel_loss": "l3"}, "'l1', 'l2'.*Received: pixel_loss='l3'"),
        ({"adversarial_loss": "none"}, "'wgan-gp', 'lsgan'.*Received: 'none'"),
    ],
)
def test_options_out_of_range_are_errors(model_with_critic, options, message):
    with pytest.raises(ValueError, match=message):
        model_with_critic.compile(**{"optimizer": "sgd", "critic_optimizer": keras.optimizers.SGD(), **options})


def test_an_attention_critic_needs_a_saliency_branch(model_with_critic):
    generator = build_generator("testing", depth=6, saliency=False)
    with pytest.raises(ValueError, match="attention critic needs a generator with a saliency branch"):
        SCGAN(generator, attention_critic=model_with_critic.critics["color"])


def test_a_batch_of_other_parts_is_an_error_that_names_them(batch):
    with pytest.raises(ValueError, match=r"\('gray', 'color', 'saliency'\). Received a tuple of 2"):
        build_model(critics=()).train_step(batch[:2])
    with pytest.raises(ValueError, match=r"\('gray', 'color'\). Received a tuple of 3"):
        build_model(critics=(), saliency=False).train_step(batch)


# === How it trains ===


def test_bfloat16_step_has_float32_outputs_and_losses_near_those_of_float32(batch):
    results = []
    for policy in ("float32", "mixed_bfloat16"):
        keras.utils.set_random_seed(0)
        with precision.policy(policy):
            model = build_model(critics=("color",), norm="instance", perceptual=True)
        results.append({name: float(value) for name, value in model.train_step(batch).items()})
    assert {output.dtype for output in model(batch[0]).values()} == {tf.float32}
    assert results[1] == pytest.approx(results[0], rel=0.1, abs=0.02)


def test_fit_takes_a_dataset_and_lowers_the_loss(batch):
    model = build_model(critics=(), optimizer=keras.optimizers.Adam(2e-3))
    dataset = tf.data.Dataset.from_tensors(batch)
    history = model.fit(dataset, validation_data=dataset, epochs=8, shuffle=False, verbose=0).history
    assert history.keys() == STAGE_1 | {f"val_{name}" for name in STAGE_1}
    assert history["loss"][-1] < 0.9 * history["loss"][0]


def test_fit_validates_the_moving_average_as_the_loop_does_with_the_callback_of_keras(batch):
    dataset = tf.data.Dataset.from_tensors(batch)

    def fit(callbacks):
        keras.utils.set_random_seed(0)
        model = build_model(critics=(), optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9))
        options = {"validation_data": dataset, "epochs": 1, "shuffle": False, "verbose": 0, "callbacks": callbacks}
        return model, model.fit(dataset.repeat(3), **options).history["val_loss"][0]

    model, of_average = fit([keras.callbacks.SwapEMAWeights()])
    _, of_trained = fit([])
    with averaged_weights(model):
        expected = float(model.validation_terms(batch)["loss"])
    assert of_average == pytest.approx(expected, rel=1e-5)
    assert of_average != pytest.approx(of_trained, rel=1e-4)


def test_two_replicas_with_half_the_batch_each_step_like_one_with_the_whole(batch, two_replicas):
    def build():
        keras.utils.set_random_seed(0)
        return build_model(norm="none", perceptual=True, optimizer=keras.optimizers.SGD(0.1))

    one = build()
    start = weights_of(one.generator, *one.critics.values())
    one.train_step(batch)
    with two_replicas.scope():
        two = build()
    halves = [
        two_replicas.experimental_distribute_values_from_function(
            lambda context, part=part: tf.split(part, 2)[context.replica_id_in_sync_group]
        )
        for part in batch
    ]
    two_replicas.run(two.train_step, args=(tuple(halves),))

    terms = [{metric.name: float(metric.result()) for metric in model.metrics} for model in (one, two)]
    assert terms[1] == pytest.approx(terms[0], rel=1e-4)
    ends = [weights_of(model.generator, *model.critics.values()) for model in (one, two)]
    for name, weight in start.items():
        steps = [end[name] - weight for end in ends]
        scale = np.abs(steps[0]).max()
        assert scale > 0
        np.testing.assert_allclose(steps[1] / scale, steps[0] / scale, atol=1e-3, err_msg=name)

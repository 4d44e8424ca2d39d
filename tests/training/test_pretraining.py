"""Pre-training of the global feature network: what its losses are, what a step changes, how it goes on."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf
from tiny import assert_same_bits, values_of
from tiny_teacher import CLASSES, build_classifier

from keras_scgan.models import build_vgg16_gray
from keras_scgan.models.distillation import build_student, build_teacher
from keras_scgan.training import loop, losses, pretraining

SIZE = 64
BATCH = 4


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    path = tmp_path_factory.mktemp("teacher") / "teacher.keras"
    build_classifier().save(path)
    return build_teacher(str(path))


def build_classification(optimizer=None, **options):
    keras.utils.set_random_seed(5)
    model = pretraining.Classification(build_vgg16_gray("testing", classes=CLASSES, image_size=SIZE), **options)
    model.compile(optimizer or keras.optimizers.SGD(0.01, momentum=0.9))
    return model


def build_distillation(teacher, optimizer=None, **options):
    keras.utils.set_random_seed(5)
    model = pretraining.Distillation(build_student("testing", teacher), teacher, **options)
    model.compile(optimizer or keras.optimizers.Adam(1e-3))
    return model


def batch_of_step(step, labels=False):
    """Tensors gray and color, or gray and label, which only the step decides."""
    seed = tf.stack([tf.cast(step, tf.int64), 0])
    color = tf.random.stateless_uniform((BATCH, SIZE, SIZE, 3), seed, -1.0, 1.0)
    gray = tf.reduce_mean(color, axis=-1, keepdims=True)
    return gray, tf.cast(tf.range(BATCH) % CLASSES, tf.float32) if labels else color


# === Losses ===


def test_soft_target_loss_is_the_divergence_of_the_softened_probabilities_times_the_squared_temperature():
    rng = np.random.default_rng(1)
    student, teacher = rng.normal(size=(2, 5, 7)).astype("float32")
    p, q = (scipy.special.softmax(values / 3.0, axis=-1) for values in (teacher, student))
    expected = 9.0 * scipy.special.rel_entr(p, q).sum(axis=-1).mean()
    assert float(losses.soft_target_loss(student, teacher, 3.0)) == pytest.approx(expected, rel=1e-5)


def test_soft_target_loss_is_zero_for_logits_that_differ_by_a_constant():
    logits = np.random.default_rng(2).normal(size=(4, 6)).astype("float32")
    assert float(losses.soft_target_loss(logits + 3.0, logits, 2.0)) == pytest.approx(0.0, abs=1e-5)


def test_feature_matching_loss_sees_the_direction_of_features_alone():
    features = np.random.default_rng(3).normal(size=(2, 3, 3, 8)).astype("float32")
    assert float(losses.feature_matching_loss(7.0 * features, features)) == pytest.approx(0.0, abs=1e-5)
    assert float(losses.feature_matching_loss(-features, features)) == pytest.approx(2.0, abs=1e-5)


# === Classification ===


def test_terms_of_classification_are_those_of_its_logits():
    model = build_classification()
    gray, label = batch_of_step(0, labels=True)
    terms = {name: float(value) for name, value in model.validation_terms((gray, label)).items()}
    logits = np.asarray(model.network(gray, training=False))
    truth = np.asarray(label, int)
    chosen = scipy.special.log_softmax(logits, axis=-1)[np.arange(BATCH), truth]
    assert terms["loss"] == terms["cross_entropy"] == pytest.approx(-chosen.mean(), rel=1e-5)
    assert terms["top1"] == np.mean(logits.argmax(axis=-1) == truth)
    assert terms["top5"] == 1.0  # of three classes


def test_weight_decay_moves_each_weight_by_its_share_of_itself():
    rate, decay = 0.5, 0.1
    plain, decayed = (build_classification(keras.optimizers.SGD(rate), weight_decay=weight) for weight in (0.0, decay))
    before = [variable.numpy() for variable in plain.network.trainable_variables]
    for model in (plain, decayed):
        keras.utils.set_random_seed(6)  # of the dropout
        model.train_step(batch_of_step(0, labels=True))
    for old, a, b in zip(before, plain.network.trainable_variables, decayed.network.trainable_variables, strict=True):
        np.testing.assert_allclose(a.numpy() - b.numpy(), rate * decay * old, atol=1e-4)


def test_a_few_steps_learn_the_classes_of_a_batch_by_heart():
    model = build_classification(keras.optimizers.Adam(1e-2), weight_decay=0.0)
    batch = batch_of_step(0, labels=True)
    first = float(model.train_step(batch)["loss"])
    step = tf.function(model.train_step)
    for _ in range(30):
        model.reset_metrics()
        last = float(step(batch)["loss"])
    assert last < 0.2 * first


# === Distillation ===


def test_the_teacher_sees_colour_and_the_student_does_not(teacher):
    model = build_distillation(teacher)
    gray, color = batch_of_step(0)
    terms = {name: float(value) for name, value in model.validation_terms((gray, color)).items()}
    wanted = teacher(color, training=False)
    given = model.network(gray, training=False)
    assert terms["soft_target_loss"] == pytest.approx(
        float(losses.soft_target_loss(given["logits"], wanted["logits"], pretraining.TEMPERATURE)), rel=1e-5
    )
    best = [np.argmax(outputs["logits"], axis=-1) for outputs in (given, wanted)]
    assert terms["agreement"] == np.mean(best[0] == best[1])


def test_the_loss_weighs_its_terms_and_leaves_the_agreement_out(teacher):
    terms = build_distillation(teacher, feature_weight=3.0).validation_terms(batch_of_step(0))
    expected = terms["soft_target_loss"] + 3.0 * terms["feature_loss"]
    assert float(terms["loss"]) == pytest.approx(float(expected), rel=1e-6)


def test_a_step_changes_the_student_and_never_the_teacher(teacher):
    model = build_distillation(teacher)
    taught, known = ([v.numpy() for v in network.weights] for network in (model.network, teacher))
    model.train_step(batch_of_step(0))
    assert all((a != b.numpy()).any() for a, b in zip(taught, model.network.weights, strict=True))
    assert all((a == b.numpy()).all() for a, b in zip(known, teacher.weights, strict=True))


def test_features_of_another_size_are_matched_place_by_place(tmp_path):
    build_classifier(size=96).save(tmp_path / "teacher.keras")  # its features are 3x3 where the student's are 1x1
    model = build_distillation(build_teacher(str(tmp_path / "teacher.keras")))
    assert np.isfinite(float(model.validation_terms(batch_of_step(0))["feature_loss"]))


# === The loop ===


def make_trainer(model, run_dir, labels=False, strategy=None, **options):
    strategy = strategy or tf.distribute.get_strategy()

    def batches(step):
        samples = tf.data.Dataset.counter(step).map(lambda number: batch_of_step(number, labels))
        return strategy.experimental_distribute_dataset(samples)

    return loop.Trainer(model, strategy, run_dir, batches=batches, steps_per_epoch=2, epochs=2, **options)


def test_a_resumed_pretraining_ends_with_the_same_bits(tmp_path, teacher):
    whole = build_distillation(teacher)
    make_trainer(whole, tmp_path / "whole").fit()

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            self.model.stop_training = True

    first = build_distillation(teacher)
    make_trainer(first, tmp_path / "parts", callbacks=[Stop()]).fit()
    second = build_distillation(teacher)
    make_trainer(second, tmp_path / "parts").fit()
    assert int(first.optimizer.iterations) == 2
    assert_same_bits(values_of(second), values_of(whole))


@pytest.mark.slow
def test_two_replicas_take_the_steps_of_one(tmp_path, teacher, two_replicas):
    one = build_distillation(teacher, optimizer=keras.optimizers.SGD(1e-4))
    before = values_of(one)
    make_trainer(one, tmp_path / "one").fit()
    with two_replicas.scope():
        two = build_distillation(teacher, optimizer=keras.optimizers.SGD(1e-4))
    make_trainer(two, tmp_path / "two", strategy=two_replicas).fit()
    found = values_of(two)
    for name, value in values_of(one).items():
        moved = value - before[name]
        np.testing.assert_allclose(found[name] - before[name], moved, atol=0.03 * np.abs(moved).max(), err_msg=name)

"""The loop: steps, epochs, resuming, stopping, one device or two."""

import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny
from platforms import needs_posix
from tiny import assert_same_bits, values_of

from keras_scgan.program.errors import UserError
from keras_scgan.training import loop
from keras_scgan.training.averaging import averaged_weights
from keras_scgan.training.build import _adam
from keras_scgan.training.train_settings import TrainSettings


def build(**options):
    keras.utils.set_random_seed(3)
    return tiny.build_model(**options)


class Events(keras.callbacks.Callback):
    """What was called, in order, and the logs of the epochs; `act(model)` is done after a number of steps."""

    def __init__(self, after=None, act=None):
        super().__init__()
        self.events, self.epochs, self.steps = [], {}, 0
        self.after, self.act = after, act

    def on_train_begin(self, logs):
        self.events.append(f"from {int(logs['step'])}")

    def on_epoch_begin(self, epoch, logs=None):
        self.events.append(f"epoch {epoch}")

    def on_train_batch_end(self, batch, logs):
        self.events.append(f"batch {batch}")
        self.steps += 1
        if self.steps == self.after:
            self.act(self.model)

    def on_epoch_end(self, epoch, logs):
        self.epochs[epoch] = dict(logs)

    def on_train_end(self, logs=None):
        self.events.append("end")


class Killed(BaseException):
    """Stands for SIGKILL: nobody may handle it."""


def raise_killed(model):
    raise Killed


# === Steps and epochs ===


def test_callbacks_see_every_epoch_and_batch_and_the_mean_of_each_loss_over_the_epoch(tmp_path):
    events, model = Events(), build()
    means = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: means.append(logs["pixel_loss"]))
    tiny.make_trainer(model, tmp_path, steps_per_epoch=3, callbacks=[events, record]).fit()
    assert events.events == [
        "from 0",
        *("epoch 0", "batch 0", "batch 1", "batch 2"),
        *("epoch 1", "batch 0", "batch 1", "batch 2"),
        "end",
    ]
    assert events.epochs[1].keys() == {metric.name for metric in model.metrics}
    assert events.epochs[1]["pixel_loss"] == means[-1]

    twin, expected = build(), []
    for step in range(6):
        twin.reset_metrics()
        expected.append(float(twin.train_step(tiny.batch_of_step(step))["pixel_loss"]))
    np.testing.assert_allclose(means[3:], [np.mean(expected[3 : i + 1]) for i in range(3, 6)], rtol=1e-4)


def test_early_stopping_stops_and_leaves_a_checkpoint_of_the_last_step(tmp_path):
    stopping = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=1e9)
    trainer = tiny.make_trainer(build(), tmp_path, epochs=9, callbacks=[stopping])
    trainer.fit()
    assert trainer.checkpoints.steps()[-1] == 2 * 2
    trainer = tiny.make_trainer(
        build(), tmp_path, epochs=9, callbacks=[Events(1, lambda m: setattr(m, "stop_training", True))]
    )
    trainer.fit()
    assert trainer.checkpoints.steps()[-1] == 5


def test_validation_terms_are_means_over_photos_not_batches_and_change_no_state(tmp_path):
    validation = tf.data.Dataset.from_generator(
        lambda: iter([tiny.batch_of_step(90, 4), tiny.batch_of_step(91, 1)]),
        output_signature=tuple(tf.TensorSpec((None, tiny.SIZE, tiny.SIZE, c), tf.float32) for c in (1, 3, 1)),
    )
    models, events = [build(stage=1), build(stage=1)], Events()
    tiny.make_trainer(models[0], tmp_path / "a", epochs=1, validation_batches=validation, callbacks=[events]).fit()
    tiny.make_trainer(models[1], tmp_path / "b", epochs=1).fit()
    assert_same_bits(*map(values_of, models))
    terms = [models[0].validation_terms(batch) for batch in validation]
    logs = {name: value for name, value in events.epochs[0].items() if name.startswith("val_")}
    assert logs.keys() == {f"val_{name}" for name in terms[0]}
    for name in terms[0]:
        np.testing.assert_allclose(logs[f"val_{name}"], (4 * terms[0][name] + terms[1][name]) / 5, rtol=1e-5)


@pytest.mark.parametrize(("critic_steps", "halving"), [(2, 2), (1, 0)])
def test_learning_rates_halve_after_the_epochs_that_are_asked_for(critic_steps, halving):
    settings = TrainSettings(
        data_dir="photos",
        learning_rate=0.5,
        learning_rate_halving_epochs=halving,
        epochs=5,
        steps_per_epoch=2,
        precision="float32",
    )
    model = build()
    optimizers = [_adam(settings, updates) for updates in (1, critic_steps)]
    model.compile(*optimizers, critic_steps=critic_steps)
    step, rates = tf.function(model.train_step), []
    for i in range(10):
        rates.append([float(optimizer.learning_rate) for optimizer in optimizers])
        step(tiny.batch_of_step(i))
    expected = [0.5 ** (1 + (i // (2 * settings.steps_per_epoch) if halving else 0)) for i in range(10)]
    np.testing.assert_array_equal(rates, np.transpose([expected, expected]))


# === Stopping and going on ===


@pytest.mark.parametrize("stage", [1, 2])
def test_a_run_that_dies_anywhere_ends_with_the_same_bits(tmp_path, stage):
    whole = build(stage=stage)
    whole_events = Events()
    tiny.make_trainer(whole, tmp_path / "whole", steps_per_epoch=3, callbacks=[whole_events]).fit()
    logs = {}
    for steps in (2, 1, 3, None):  # until death: in an epoch, in the next step, after an epoch's end
        model, events = build(stage=stage), Events(steps, raise_killed)
        trainer = tiny.make_trainer(
            model, tmp_path / "killed", steps_per_epoch=3, callbacks=[events], checkpoint_minutes=0
        )
        if steps is None:
            trainer.fit()
        else:
            with pytest.raises(Killed):
                trainer.fit()
        logs |= events.epochs
    assert events.events[0] == "from 3"
    assert_same_bits(values_of(model), values_of(whole))
    assert logs == whole_events.epochs


def test_a_run_that_is_complete_takes_no_further_step(tmp_path):
    for expected in (["from 0", "epoch 0", "batch 0", "batch 1", "end"], ["from 2", "end"]):
        events = Events()
        tiny.make_trainer(build(), tmp_path, epochs=1, callbacks=[events]).fit()
        assert events.events == expected


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_step_saves_and_gives_the_handlers_back(tmp_path, number):
    before = signal.getsignal(number)
    stop = Events(2, lambda model: os.kill(os.getpid(), number))
    trainer = tiny.make_trainer(build(), tmp_path, steps_per_epoch=4, callbacks=[stop])
    with pytest.raises(loop.Interrupted, match=number.name) as interruption:
        trainer.fit()
    assert interruption.value.signal == number
    assert trainer.checkpoints.steps() == [2]
    assert stop.events[-1] == "end"
    assert signal.getsignal(number) is before


def test_a_second_signal_has_its_usual_effect(tmp_path):
    def interrupt_twice(model):
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        tiny.make_trainer(build(), tmp_path, callbacks=[Events(1, interrupt_twice)]).fit()


def test_checkpoints_are_written_when_it_is_time_and_at_an_epochs_end(tmp_path):
    saved = []
    for minutes in (0.0, 1.0):
        trainer = tiny.make_trainer(build(stage=1), tmp_path / str(minutes), checkpoint_minutes=minutes)
        save = trainer.checkpoints.save
        trainer.checkpoints.save = lambda step, save=save, **options: (saved.append(step), save(step, **options))
        trainer.fit()
    assert saved == [1, 2, 3, 4, 2, 4]


@pytest.mark.parametrize("stage", [1, 2])
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path, stage):
    def spoil(model):
        spoilt = model.critics["color"].get_layer("hidden") if stage == 2 else model.generator.get_layer("color")
        kernel = spoilt.kernel
        kernel.assign(np.full(kernel.shape, np.nan))

    blamed = "color_adversarial_loss is nan" if stage == 2 else "pixel_loss is nan"
    events = Events(3, spoil)
    trainer = tiny.make_trainer(build(stage=stage), tmp_path, steps_per_epoch=2, callbacks=[events])
    with pytest.raises(loop.NonFiniteLossError, match=blamed) as error:
        trainer.fit()
    assert isinstance(error.value, UserError)
    for part in ("at step 4", "step_00000002.npz", "`learning_rate`"):
        assert part in str(error.value)
    assert trainer.checkpoints.steps() == [2]
    assert events.events[-1] == "end"


def test_an_update_that_is_not_finite_is_not_saved(tmp_path):
    model = build(stage=1, learning_rate=1e-3)
    step = Events(2, lambda model: model.generator.get_layer("hidden").bias.assign([np.inf, 0]))
    trainer = tiny.make_trainer(model, tmp_path, callbacks=[step])
    with pytest.raises(loop.NonFiniteLossError, match="hidden/bias is not finite at step 2; there is no checkpoint"):
        trainer.fit()


# === Several replicas ===


def test_two_replicas_end_alike_and_as_one_does_and_go_on_from_their_checkpoint(tmp_path, two_replicas):
    one = build(norm=False)
    tiny.make_trainer(one, tmp_path / "one").fit()

    def replicas(epochs):
        with two_replicas.scope():
            model = build(norm=False)

        def batches(step):
            return two_replicas.distribute_datasets_from_function(
                lambda context: tiny.batches(step).unbatch().batch(tiny.BATCH // 2)
            )

        tiny.make_trainer(model, tmp_path / "two", strategy=two_replicas, batches=batches, epochs=epochs).fit()
        return model

    replicas(1)
    two = replicas(2)
    for variable in two.generator.variables + two.critics["color"].variables:
        first, second = (value.numpy() for value in two_replicas.experimental_local_results(variable.value))
        np.testing.assert_array_equal(first, second, err_msg=variable.path)
    found = values_of(two)
    for name, value in values_of(one).items():
        np.testing.assert_allclose(found[name], value, atol=1e-4, err_msg=name)


# === Moving average of the weights ===


def build_averaging(momentum=0.9):
    keras.utils.set_random_seed(3)
    model = tiny.build_model(stage=1)
    model.compile(keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=momentum))
    return model


def kernel_of(model):
    return model.generator.get_layer("hidden").kernel.numpy()


def test_epochs_end_with_the_moving_average_of_the_weights_and_go_on_from_the_weights(tmp_path):
    after_steps, at_ends, model = [], [], build_averaging()
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: after_steps.append(kernel_of(model)),
        on_epoch_end=lambda epoch, logs: at_ends.append(kernel_of(model)),
    )
    tiny.make_trainer(model, tmp_path, steps_per_epoch=3, epochs=2, callbacks=[record]).fit()

    average, expected = after_steps[0], []
    for step, kernel in enumerate(after_steps):
        average = 0.9 * average + 0.1 * kernel if step else kernel
        expected.append(average)
    np.testing.assert_allclose(at_ends, [expected[2], expected[5]], atol=1e-6)
    assert np.abs(at_ends[1] - after_steps[5]).max() > 1e-3
    np.testing.assert_array_equal(kernel_of(model), after_steps[5])

    twin = build_averaging()
    tiny.make_trainer(twin, tmp_path, steps_per_epoch=3).fit()  # restores the checkpoint, which holds both
    assert_same_bits(values_of(twin), values_of(model))
    with averaged_weights(twin):
        np.testing.assert_array_equal(kernel_of(twin), at_ends[1])


def test_strategies_are_made_by_name(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert loop.make_strategy("none").num_replicas_in_sync == 1
    assert type(loop.make_strategy("none")) is type(tf.distribute.get_strategy())


TWO_NETWORKS = """
import tensorflow as tf
from keras_scgan.training import loop
from keras_scgan.training.averaging import averaged_weights

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
for size in (3, 5):
    strategy = loop.make_strategy("mirrored")
    add_up = tf.function(lambda: tf.distribute.get_replica_context().all_reduce("SUM", tf.ones(size)))
    sums = strategy.experimental_local_results(strategy.run(add_up))
    assert [value.numpy().tolist() for value in sums] == [[2.0] * size] * 2
"""


def test_networks_of_two_shapes_are_trained_by_replicas_of_one_process():
    result = subprocess.run([sys.executable, "-c", TWO_NETWORKS], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr[-2000:]

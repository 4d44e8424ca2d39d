"""A model that trains in no time, for tests of what surrounds it."""

import functools

import keras
import tensorflow as tf

from keras_scgan.models.layers import BatchNormalization, SpectralConv2D
from keras_scgan.training import loop
from keras_scgan.training.checkpoints import run_variables
from keras_scgan.training.scgan import SCGAN

SIZE = 8
BATCH = 4


def build_model(stage=2, learning_rate=1e-2, width=2, norm=True, **options):
    """A compiled `SCGAN` of a few hundred parameters: every kind of state, as small as can be."""
    gray = keras.Input((SIZE, SIZE, 1), name="gray")
    x = keras.layers.Conv2D(width, 3, padding="same", activation="relu", name="hidden")(gray)
    if norm:
        x = BatchNormalization(name="norm")(x)
    outputs = {
        "color": keras.layers.Conv2D(3, 3, padding="same", activation="tanh", name="color")(x),
        "saliency": keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="saliency")(x),
    }
    critics = [_critic(), _critic()] if stage == 2 else []
    model = SCGAN(keras.Model(gray, outputs), *critics)
    model.compile(*(keras.optimizers.Adam(learning_rate) for _ in ([0, 1] if critics else [0])), **options)
    return model


def _critic():
    inputs = {"gray": keras.Input((SIZE, SIZE, 1), name="gray"), "image": keras.Input((SIZE, SIZE, 3), name="image")}
    x = keras.layers.Concatenate(name="both")([inputs["gray"], inputs["image"]])
    x = keras.layers.LeakyReLU(name="activation")(SpectralConv2D(2, 3, name="hidden")(x))
    return keras.Model(inputs, SpectralConv2D(1, 3, name="scores")(x))


def batch_of_step(step, samples=BATCH):
    """Tensors gray, color and saliency, which only the step decides."""
    uniform = functools.partial(tf.random.stateless_uniform, seed=tf.stack([tf.cast(step, tf.int64), 0]))
    color = uniform((samples, SIZE, SIZE, 3), minval=-1.0, maxval=1.0)
    return tf.reduce_mean(color, axis=-1, keepdims=True), color, uniform((samples, SIZE, SIZE, 1))


def batches(step):
    """All batches from a step on."""
    return tf.data.Dataset.counter(step).map(batch_of_step)


def make_trainer(model, run_dir, *, strategy=None, steps_per_epoch=2, epochs=2, **options):
    """A `Trainer` of the model on `batches`, whose checkpoints are a minute apart."""
    strategy = strategy or tf.distribute.get_strategy()
    options = {"batches": lambda step: strategy.experimental_distribute_dataset(batches(step)), **options}
    options.setdefault("checkpoint_minutes", 1.0)
    return loop.Trainer(model, strategy, run_dir, steps_per_epoch=steps_per_epoch, epochs=epochs, **options)


def values_of(model):
    """Copies of all that a checkpoint of the model holds, by name."""
    return {name: variable.numpy() for name, variable in run_variables(model).items()}


def assert_same_bits(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].tobytes() == value.tobytes(), name

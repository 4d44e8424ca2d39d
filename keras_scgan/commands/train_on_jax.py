r"""Trains a generator on one GPU in minutes, with the JAX backend of Keras.

    scgan train_on_jax --init_from=generator.keras --data_dir=DIR --output_dir=runs/gpu \
        --perceptual_weights=efficientnet_lite0.keras,efficientnet_lite1.keras

All photos are held in the memory of the GPU, 0.14 MB each, and a step is one program. The output folder receives
generator.keras, generator_half_way.keras, color_critic.keras and attention_critic.keras. Needs JAX for the GPU: see
https://docs.jax.dev. TensorFlow is not needed.
"""

import os
import sys

if "keras" not in sys.modules:  # otherwise it would be the backend of what this process starts alone
    os.environ["KERAS_BACKEND"] = "jax"

# isort: split
import keras

from keras_scgan.commands import _settings_flags
from keras_scgan.program.errors import UserError
from keras_scgan.training.on_jax import run
from keras_scgan.training.on_jax.settings import Settings

_settings_flags.define(Settings)


def main(_):
    """Trains."""
    if keras.backend.backend() != "jax":
        raise UserError("Keras was imported with another backend: call train_on_jax in a process of its own.")
    run.train(_settings_flags.make(Settings))

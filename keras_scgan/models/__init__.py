"""The networks, as Keras functional models."""

from keras_scgan.models.critic import build_critic
from keras_scgan.models.generator import DEPTHS, build_generator
from keras_scgan.models.global_features import build_vgg16_gray
from keras_scgan.models.presets import PRESETS

__all__ = ["DEPTHS", "PRESETS", "build_critic", "build_generator", "build_vgg16_gray"]

"""The networks, as Keras functional models."""

from keras_scgan.models.critic import build_critic
from keras_scgan.models.efficientnet_lite import build_efficientnet_lite
from keras_scgan.models.encoder import build_encoder
from keras_scgan.models.generator import DEPTHS, build_generator
from keras_scgan.models.generator_model import Description, Generator
from keras_scgan.models.global_features import build_vgg16_gray
from keras_scgan.models.presets import PRESETS
from keras_scgan.models.pretrained import build_pretrained_generator
from keras_scgan.models.translators import build_patch_critic, build_pix2pix, build_uresnet

__all__ = [
    "DEPTHS",
    "PRESETS",
    "Description",
    "Generator",
    "build_critic",
    "build_efficientnet_lite",
    "build_encoder",
    "build_generator",
    "build_patch_critic",
    "build_pix2pix",
    "build_pretrained_generator",
    "build_uresnet",
    "build_vgg16_gray",
]

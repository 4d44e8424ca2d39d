"""A generator whose encoder is a pre-trained classifier, with a light decoder to chroma at a quarter of the size."""

import keras

from keras_scgan.models import folding
from keras_scgan.models.encoder import ENCODER_PREFIX, STRIDES
from keras_scgan.models.fast_training import DepthwiseConv2D, UpSampling2D
from keras_scgan.models.generator_model import Generator
from keras_scgan.models.joint_bilateral import JointBilateralFilter
from keras_scgan.models.layers import BATCH_NORM_MOMENTUM, NORM_EPSILON, BatchNormalization, ChromaOnLuma

_WIDTHS = {32: 256, 16: 160, 8: 112, 4: 64}
_DEPTHWISE = {16: 5, 8: 5, 4: 3}
"""Height and width of the depthwise kernels."""

_SALIENCY_WIDTH = 32

MAX_ACTIVATION = 6.0
"""Of the decoder and the saliency branch, as of the encoder. Without it, activations of a few photos grow from level to
level, and end in a patch of glaring colour.
"""

_OUTPUT_LAYERS = {"color": "color", "chroma": "chroma", "saliency": "saliency_map"}
FROZEN = ("all", "early", "none")
"""Parts of the encoder that can be left untrained."""


def build_pretrained_generator(encoder, *, saliency=True, built_from=None):
    """Builds a generator on a pre-trained encoder; its decoder has random weights.

    Args:
        encoder: model made by `build_encoder`. Its layers become the generator's.
        saliency: bool. Whether to build the saliency branch. Defaults to `True`.
        built_from: dict of what the encoder was built from, for the description.

    Returns:
        A `Generator` from `gray [B, H, W, 1]` in [-1, 1], height and width multiples of 32, to a dict: `color [B, H, W,
        3]` in [-1, 1], whose luma is the input's; `chroma [B, H/4, W/4, 2]` in [-1, 1], from which these colours were
        enlarged (see `color.chroma`); and, with the saliency branch, `saliency [B, H, W, 1]` in [0, 1]. All of them are
        float32.

    Reference:
        A decoder of laterals as in [FPN](https://arxiv.org/abs/1612.03144). The saliency branch sees three levels of
        the decoder, as in section III.A of [SCGAN](https://arxiv.org/abs/2011.11377).
    """
    gray, features = encoder.input, dict(zip(STRIDES, encoder.output, strict=True))

    # === Decoder ===
    x = _relu(_conv(features[32], _WIDTHS[32], 1, "decoder32"), "decoder32")
    levels = {}
    for stride in (16, 8, 4):
        width, name = _WIDTHS[stride], f"decoder{stride}"
        # The convolution comes before the enlargement, where it has a quarter of the pixels.
        x = _enlarged(_conv(x, width, 1, f"{name}_coarse"), 2, f"{name}_coarse")
        x = keras.layers.Add(name=f"{name}_sum")([x, _conv(features[stride], width, 1, f"{name}_lateral")])
        # Separable, as in DeepLabv3+: of the time that a full convolution takes, little buys anything.
        depthwise = DepthwiseConv2D(_DEPTHWISE[stride], padding="same", use_bias=False, name=f"{name}_depthwise")
        x = depthwise(_relu(x, f"{name}_sum"))
        x = levels[stride] = _relu(_conv(x, width, 1, name), name)
    almost_grey = keras.initializers.RandomNormal(stddev=1e-3)
    chroma = keras.layers.Conv2D(2, 3, padding="same", kernel_initializer=almost_grey, name="chroma_conv")(x)
    chroma = keras.layers.Activation("tanh", dtype="float32", name="chroma_tanh")(chroma)
    # What the convolutions predict is noisy within things and blurred between them.
    guide = keras.layers.AveragePooling2D(4, dtype="float32", name="chroma_guide")(gray)
    chroma = JointBilateralFilter(dtype="float32", name="chroma")([chroma, guide])
    color = ChromaOnLuma(dtype="float32", name="color")([_enlarged(chroma, 4, "chroma"), gray])
    outputs = {"color": color, "chroma": chroma}

    # === Saliency branch ===
    if saliency:
        parts = []
        for stride, level in levels.items():
            part = _conv(level, _SALIENCY_WIDTH, 1, f"saliency{stride}")
            parts.append(part if stride == 4 else _enlarged(part, stride // 4, f"saliency{stride}"))
        x = _relu(keras.layers.Add(name="saliency_sum")(parts), "saliency_sum")
        x = _relu(_conv(x, _SALIENCY_WIDTH, 3, "saliency"), "saliency")
        x = keras.layers.Conv2D(1, 1, name="saliency_final")(x)
        x = _enlarged(x, 4, "saliency")
        outputs["saliency"] = keras.layers.Activation("sigmoid", dtype="float32", name="saliency_map")(x)

    description = {"architecture": "pretrained", "built_from": built_from or {}, "size_multiple": max(STRIDES)}
    return Generator(gray, outputs, name="generator", description=description)


def split_at_features(generator):
    """The two halves of a generator on a pre-trained encoder, which share its weights.

    Returns:
        Two functional models: the encoder, from `gray` to a list of features, and the decoder, from the dict of `gray`
        and `features`, that list, to the generator's outputs.
    """
    # By calls of their own: a model that begins amid another's graph leaves that one unable to be saved.
    source, calls = folding.trace(keras.Model(generator.input, generator.output), (None, None, 1))
    by_layer = {call.layer.name: call for call in calls}
    first_layers = (*(f"decoder{stride}_lateral_conv" for stride in STRIDES[:-1]), "decoder32_conv")
    features = [by_layer[name].inputs[0] for name in first_layers]
    encoder = keras.Model(source, features, name="encoder")

    inputs = {
        "gray": keras.Input((None, None, 1), name="gray"),
        "features": [keras.Input(feature.shape[1:]) for feature in features],
    }
    made = {id(source): inputs["gray"], **dict(zip(map(id, features), inputs["features"], strict=True))}
    last_calls = {name: by_layer[_OUTPUT_LAYERS[name]] for name in generator.output}
    for call in folding.needed(calls, made, last_calls.values()):
        args, kwargs = folding.replaced(call, made)
        made[id(call.output)] = call.layer(*args, **kwargs)
    outputs = {name: made[id(call.output)] for name, call in last_calls.items()}
    return encoder, keras.Model(inputs, outputs, name="decoder")


def freeze_encoder(generator, frozen):
    """Sets which layers of a generator's pre-trained encoder are trained.

    Args:
        generator: model made by `build_pretrained_generator`.
        frozen: one of `FROZEN`: `"all"`, `"early"` (those up to the features at stride 8), `"none"`.
    """
    early = True
    last_early = generator.get_layer("decoder8_lateral_conv").input
    for layer in generator.layers:
        if layer.name.startswith(ENCODER_PREFIX):
            layer.trainable = frozen == "none" or (frozen == "early" and not early)
            early = early and layer.output is not last_early


def saturate(generator, factor):
    """Changes the weights of a generator so that the chroma which it predicts is a factor times what it was.

    That is exact for small chroma; strong ones are near the limit of what is predicted, and grow less.

    Args:
        generator: model made by `build_pretrained_generator`.
        factor: float.
    """
    layer = generator.get_layer("chroma_conv")
    layer.set_weights([factor * weight for weight in layer.get_weights()])


def _conv(x, filters, kernel_size, name):
    """A convolution with its batch normalisation, so that what is added to it counts as much."""
    layer = keras.layers.Conv2D(
        filters, kernel_size, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv"
    )
    return BatchNormalization(momentum=BATCH_NORM_MOMENTUM, epsilon=NORM_EPSILON, name=f"{name}_norm")(layer(x))


def _relu(x, name):
    return keras.layers.ReLU(MAX_ACTIVATION, name=f"{name}_relu")(x)


def _enlarged(x, factor, name):
    # In float32: in others Keras would clip what it casts back, which costs as much as the enlargement.
    layer = UpSampling2D(factor, interpolation="bilinear", dtype="float32", name=f"{name}_enlarged")
    return layer(x)

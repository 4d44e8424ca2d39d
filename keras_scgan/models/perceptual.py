"""The frozen feature extractor of the perceptual loss."""

import pathlib

import keras
from keras import ops

from keras_scgan.models import folding
from keras_scgan.models.loading import load_application, load_model
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError, first_line

VGG16_LAYER = "block3_conv3"
VGG16_INPUT_STDDEV = 58.0
"""Standard deviation of the pixels that Keras's VGG-16 takes, on which the scale of its features depends. Dividing by
it gives the scale of a network that takes inputs of unit variance, which the paper's weight of the loss is for."""

_LEAVE_OUT = "leave the perceptual loss out by `perceptual_loss_weight=0`"


def build_perceptual_features(weights="imagenet", layer_name=None):
    """Builds the feature extractor, from colour images `[B, H, W, 3]` in [-1, 1] to float32 features or a list of them.

    Args:
        weights: one of
            - `"imagenet"`: VGG-16 with the ImageNet weights that Keras downloads and keeps;
            - `None`: VGG-16 with random weights, useful for timing alone;
            - path of a `.h5` file with the weights of Keras's VGG-16 without its top;
            - path of a `.keras` model that takes RGB images in [0, 255].
        layer_name: string, or list of strings. The layer whose output is taken: needed for a `.keras` model. Of several
            layers the outputs come as a list. Defaults to VGG-16's third convolution of the third block, after its
            ReLU, as in the paper.

    Raises:
        UserError: the weights cannot be had or read, or there is no such layer.

    Reference:
        Eq. 5 of [SCGAN](https://arxiv.org/abs/2011.11377).
    """
    if str(weights).endswith(".keras"):
        network = load_model(weights, "perceptual_weights")
        preprocess, scale = (lambda pixels: pixels), 1.0
        if not isinstance(network.input, keras.KerasTensor) or network.input.shape != (None, None, None, 3):
            raise UserError(
                f"`perceptual_weights={weights}` must take RGB images of any size, [None, None, None, 3], alone."
            )
    else:
        network, preprocess = _load_vgg16(weights)
        scale = 1.0 / VGG16_INPUT_STDDEV
        layer_name = layer_name or VGG16_LAYER

    source, calls = folding.trace(network, (None, None, 3))
    last_calls = {call.layer.name: call for call in calls}
    layer_names = [layer_name] if isinstance(layer_name, str | None) else list(layer_name)
    for name in layer_names:
        if name not in last_calls:
            raise UserError(
                f"`perceptual_weights={weights}` has no layer {name!r}: "
                f"set `perceptual_layer` to one of {', '.join(last_calls)}."
            )
    image = keras.Input((None, None, 3), name="image")
    made = {id(source): preprocess(color.denormalize(image))}
    features = folding.rebuild(calls, made, [last_calls[name] for name in layer_names])
    outputs = [ops.cast(output, "float32") * scale for output in features]
    model = keras.Model(image, outputs if len(outputs) > 1 else outputs[0], name="perceptual_features")
    model.trainable = False
    return model


def _load_vgg16(weights):
    """VGG-16 without its top, and what its images go through."""
    is_file = weights not in ("imagenet", None)
    if is_file and not pathlib.Path(weights).is_file():
        raise UserError(f"`perceptual_weights={weights}`: there is no such file.")
    options = {"include_top": False, "weights": None if is_file else weights}
    told = {"value": weights, "instead": f"Give a file, or {_LEAVE_OUT}."}
    network, preprocess = load_application("VGG16", "perceptual_weights", **told, **options)
    if is_file:
        try:
            network.load_weights(weights)
        except Exception as error:  # a file can fail in ways of its own
            raise UserError(
                f"`perceptual_weights={weights}` are not those of VGG-16 without its top ({first_line(error)}). "
                f"Give another file, or {_LEAVE_OUT}."
            ) from error
    return network, preprocess

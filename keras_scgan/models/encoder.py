"""A pre-trained classifier of colour photos as an encoder of grey ones: its features at each stride."""

import keras
import numpy as np

from keras_scgan.models import folding
from keras_scgan.models.layers import WithOnes
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError

STRIDES = (4, 8, 16, 32)
"""Of the features: pixels of the photo a pixel of the map, in both directions."""

ENCODER_PREFIX = "encoder_"
"""Of the names of its layers."""

_PROBE_SIZE = 256
_TOLERANCE = 1e-3
_POINTWISE = (keras.layers.Activation, keras.layers.ReLU, keras.layers.BatchNormalization, keras.layers.Dropout)


def build_encoder(classifier, name="the classifier", preprocess=None):
    """Builds an encoder of grey photos that has the weights of a classifier of colour photos.

    Its features are what the classifier computes of the photo in grey, to rounding. A grey photo has the same value in
    three channels, so one channel with the sum of their kernels gives the same; how the classifier scales its pixels is
    part of that. Batch normalisations become part of the convolution before them, or keep their statistics for ever.

    Args:
        classifier: functional Keras model of RGB images `[B, H, W, 3]` in [0, 255].
        name: string. What it is called in errors.
        preprocess: function that is applied to the images first. Defaults to none.

    Returns:
        A functional model from `gray [B, H, W, 1]` in [-1, 1] to a list of features, at the strides of `STRIDES`. Those
        of a stride are what its last layers pass on to the next stride, before their number is expanded.

    Raises:
        UserError: The model has no features at one of the strides, or its first convolution cannot take grey exactly.
    """
    shape = getattr(classifier.input, "shape", ())
    if len(shape) != 4 or shape[-1] != 3:
        raise UserError(f"{name} takes no RGB images [B, H, W, 3]. Received: {shape or 'several inputs'}")
    size = shape[1] or _PROBE_SIZE
    _, calls = folding.trace(classifier, (size, size, 3))
    features = _find_features(calls, size, name)
    gray = keras.Input((None, None, 1), name="gray")
    outputs = _rebuild(classifier, calls, features, gray, name, preprocess)
    encoder = keras.Model(gray, outputs, name="encoder")
    _check_grey(encoder, classifier, [call.layer for call in features], name, preprocess, size)
    return encoder


def _find_features(calls, size, name):
    """For each stride, the call whose output is passed on."""
    last_use = {id(tensor): i for i, call in enumerate(calls) for tensor in call.inputs}
    alive, passes = set(), []
    for i, call in enumerate(calls):
        alive = {key for key in alive | {id(call.output)} if last_use.get(key, -1) > i}
        if alive <= {id(call.output)}:  # all that comes after is computed of it alone
            passes.append(i)
    found = {}
    for stride in STRIDES:
        at_stride = [i for i in passes if _stride(calls[i].output, size) == stride]
        if at_stride:
            chain = [at_stride[-1]]
            while chain[0] > 0 and _is_pointwise(calls[chain[0]].layer) and chain[0] - 1 in at_stride:
                chain.insert(0, chain[0] - 1)
            found[stride] = min(reversed(chain), key=lambda i: calls[i].output.shape[-1])
    if len(found) < len(STRIDES):
        layers = [f"{stride}: {calls[i].layer.name} {calls[i].output.shape[1:]}" for stride, i in found.items()]
        raise UserError(
            f"{name} cannot be an encoder: features at the strides {', '.join(map(str, STRIDES))} are needed, each "
            f"the one result of the layers before it. Found, on images of {size} pixels: {'; '.join(layers) or 'none'}."
        )
    return [calls[found[stride]] for stride in STRIDES]


def _stride(tensor, size):
    """Pixels of the photo a pixel of the map, or `None` where that is no whole number."""
    shape = getattr(tensor, "shape", ())
    if len(shape) != 4 or not shape[1] or shape[1] != shape[2] or size % shape[1]:
        return None
    return size // shape[1]


def _is_pointwise(layer):
    return isinstance(layer, _POINTWISE) or (isinstance(layer, keras.layers.Conv2D) and layer.kernel_size == (1, 1))


def _rebuild(classifier, calls, features, gray, name, preprocess):
    """The classifier's layers anew, on grey, up to the last of the features: their tensors."""
    first = next((i for i, call in enumerate(calls) if isinstance(call.layer, keras.layers.Conv2D)), None)
    if first is None:
        raise UserError(f"{name} cannot be an encoder: it has no convolution.")
    scale, offset = _scaling(classifier, calls[first], name, preprocess)
    made = {id(calls[first].inputs[0]): _entry(calls[:first], gray, scale, offset)}

    def take_grey(call, kernel):
        return _grey_kernel(kernel, scale, offset) if call is calls[first] else kernel

    policy = keras.config.dtype_policy().name
    try:
        return folding.rebuild(calls[first:], made, features, adapt=take_grey, prefix=ENCODER_PREFIX, dtype=policy)
    except UserError as error:
        raise UserError(f"{name} cannot be an encoder: {error}") from error


# === Grey in the place of colour ===


def _scaling(classifier, first, name, preprocess):
    """What the first convolution sees, per channel, of a grey photo in [-1, 1]: scale and offset `[3]`."""
    before = keras.Model(classifier.input, first.layer.input)
    size = classifier.input.shape[1] or 64
    values = []
    for level in (0.0, 127.5, 255.0):
        image = np.full((1, size, size, 3), level, "float32")
        seen = np.asarray(before(preprocess(image) if preprocess else image))
        values.append(seen[0, seen.shape[1] // 2, seen.shape[2] // 2])
    low, middle, high = values
    if low.shape != (3,) or not np.allclose(low + high, 2 * middle, rtol=1e-4, atol=1e-4):
        raise UserError(
            f"{name} cannot be an encoder: it does more than scale its pixels before its first convolution."
        )
    return (high - low) / 2, (high + low) / 2


def _entry(calls, gray, scale, offset):
    """What the first convolution takes: grey and, where channels are scaled apart, ones that carry their offsets."""
    if np.allclose(offset, 0):
        x = gray
    elif _is_uniform(scale, offset):
        # What lies outside is 0 for the convolution: so grey is shifted here, and scaled in the kernel.
        x = keras.layers.Rescaling(1.0, float(offset[0] / scale[0]), name=f"{ENCODER_PREFIX}offset")(gray)
    else:
        x = WithOnes(name=f"{ENCODER_PREFIX}ones")(gray)
    for call in calls:
        if isinstance(call.layer, keras.layers.ZeroPadding2D):
            x = folding.copy(call.layer, ENCODER_PREFIX)(x)
    return x


def _is_uniform(scale, offset):
    return np.allclose(scale, scale[0]) and np.allclose(offset, offset[0])


def _grey_kernel(kernel, scale, offset):
    grey = np.einsum("hwcf,c->hwf", kernel, scale)[:, :, np.newaxis]
    if np.allclose(offset, 0) or _is_uniform(scale, offset):
        return grey
    return np.concatenate([grey, np.einsum("hwcf,c->hwf", kernel, offset)[:, :, np.newaxis]], axis=2)


def _check_grey(encoder, classifier, layers, name, preprocess, size):
    """Raises `UserError` if the encoder's features of a grey image are not the classifier's."""
    if keras.config.dtype_policy().compute_dtype != "float32":
        return
    gray = np.random.default_rng(0).uniform(-1, 1, (1, size // 8, size // 8, 1)).repeat(8, 1).repeat(8, 2)
    image = color.denormalize(gray).repeat(3, axis=-1).astype("float32")
    reference = keras.Model(classifier.input, [layer.output for layer in layers])
    expected = reference(preprocess(image) if preprocess else image)
    for value, other in zip(encoder(gray.astype("float32")), expected, strict=True):
        error = np.abs(np.asarray(value) - np.asarray(other)).max() / np.abs(np.asarray(other)).max()
        if error > _TOLERANCE:
            raise UserError(f"{name} cannot be an encoder: its features of grey differ by {error:.2g} of their range.")

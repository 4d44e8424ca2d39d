"""A pre-trained classifier of colour photos as an encoder of grey ones: its features at each stride."""

import dataclasses

import keras
import numpy as np

from keras_scgan.errors import UserError
from keras_scgan.layers import FrozenBatchNormalization, WithOnes
from keras_scgan.models import folding

STRIDES = (4, 8, 16, 32)
"""Of the features: pixels of the photo a pixel of the map, in both directions."""

ENCODER_PREFIX = "encoder_"
"""Of the names of its layers."""

_PROBE_SIZE = 256
_TOLERANCE = 1e-3
_POINTWISE = (keras.layers.Activation, keras.layers.ReLU, keras.layers.BatchNormalization, keras.layers.Dropout)


@dataclasses.dataclass(frozen=True, eq=False)
class _Call:
    """A call of a layer in a functional model."""

    layer: keras.layers.Layer
    args: tuple
    kwargs: dict
    output: keras.KerasTensor

    @property
    def inputs(self):
        flat = keras.tree.flatten((self.args, self.kwargs))
        return [value for value in flat if isinstance(value, keras.KerasTensor)]


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
    calls = _trace(classifier, size)
    features = _find_features(calls, size, name)
    gray = keras.Input((None, None, 1), name="gray")
    outputs = _rebuild(classifier, calls, features, gray, name, preprocess)
    encoder = keras.Model(gray, outputs, name="encoder")
    _check_grey(encoder, classifier, [call.layer for call in features], name, preprocess, size)
    return encoder


def _trace(model, size):
    """The calls of a functional model on images of a size, in order."""
    calls = []

    def call(layer, *args, **kwargs):
        output = layer(*args, **kwargs)
        calls.append(_Call(layer, args, kwargs, output))
        return output

    image = keras.Input((size, size, 3))
    keras.models.clone_model(model, input_tensors=image, clone_function=lambda layer: layer, call_function=call)
    return calls


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
    norms = {id(call.inputs[0]): call for call in calls if isinstance(call.layer, keras.layers.BatchNormalization)}
    uses = [id(tensor) for call in calls for tensor in call.inputs]
    folded = set()
    made = {id(calls[first].inputs[0]): _entry(calls[:first], gray, scale, offset)}
    wanted = {id(call.output) for call in features}
    for call in calls[first:]:
        layer, source = call.layer, call.inputs[0]
        if id(call.output) in folded or _is_identity(layer):
            made[id(call.output)] = made[id(source)]
        elif isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            norm = norms.get(id(call.output))
            norm = norm if norm is not None and uses.count(id(call.output)) == 1 and _is_linear(layer) else None
            kernel, bias = folding.fold(layer, norm and norm.layer)
            if call is calls[first]:
                kernel = _grey_kernel(kernel, scale, offset)
            if norm is not None:
                folded.add(id(norm.output))
            bias = np.zeros(layer.output.shape[-1]) if bias is None else bias
            made[id(call.output)] = _copy(layer, [kernel, bias], use_bias=True)(made[id(source)])
        else:
            args, kwargs = keras.tree.map_structure(
                lambda value: made[id(value)] if isinstance(value, keras.KerasTensor) else value,
                (call.args, call.kwargs),
            )
            copy = layer  # an operation without weights or configuration
            if isinstance(layer, keras.layers.Layer):
                is_norm = isinstance(layer, keras.layers.BatchNormalization)
                copy = _copy(layer, layer.get_weights(), FrozenBatchNormalization if is_norm else None)
            made[id(call.output)] = copy(*args, **kwargs)
        wanted.discard(id(call.output))
        if not wanted:
            break
    return [made[id(call.output)] for call in features]


class _Copy:
    """A layer of the same configuration, which gets its weights as soon as it has been called."""

    def __init__(self, layer, weights):
        self._layer, self._weights = layer, weights

    def __call__(self, *args, **kwargs):
        output = self._layer(*args, **kwargs)
        self._layer.set_weights(self._weights)
        return output


def _copy(layer, weights, kind=None, **changes):
    config = {**layer.get_config(), "name": f"{ENCODER_PREFIX}{layer.name}", "dtype": keras.config.dtype_policy().name}
    config.pop("renorm", None)
    return _Copy((kind or type(layer)).from_config({**config, **changes}), weights)


def _is_identity(layer):
    return isinstance(layer, keras.layers.Dropout) or (
        isinstance(layer, keras.layers.Activation) and layer.activation is keras.activations.linear
    )


def _is_linear(layer):
    return layer.activation is keras.activations.linear


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
            x = _copy(call.layer, [])(x)
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
    image = ((gray + 1) * 127.5).repeat(3, axis=-1).astype("float32")
    reference = keras.Model(classifier.input, [layer.output for layer in layers])
    expected = reference(preprocess(image) if preprocess else image)
    for value, other in zip(encoder(gray.astype("float32")), expected, strict=True):
        error = np.abs(np.asarray(value) - np.asarray(other)).max() / np.abs(np.asarray(other)).max()
        if error > _TOLERANCE:
            raise UserError(f"{name} cannot be an encoder: its features of grey differ by {error:.2g} of their range.")

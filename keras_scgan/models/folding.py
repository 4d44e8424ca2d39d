"""Functional models for inference: copies in which batch normalisations are part of the convolutions before them."""

import dataclasses

import keras
import numpy as np

from keras_scgan.models.fast_training import DepthwiseConv2D
from keras_scgan.models.layers import FrozenBatchNormalization
from keras_scgan.program.errors import UserError

_KINDS = {
    keras.layers.BatchNormalization: FrozenBatchNormalization,
    keras.layers.DepthwiseConv2D: DepthwiseConv2D,
}


def as_scale_and_offset(norm):
    """What a batch normalisation multiplies each channel by, and what it adds then: `[C]` float64 arrays."""
    mean, variance = (np.asarray(value, "float64") for value in (norm.moving_mean, norm.moving_variance))
    scale = 1 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        scale = scale * np.asarray(norm.gamma, "float64")
    return scale, (np.asarray(norm.beta, "float64") if norm.center else 0) - mean * scale


def fold(conv, norm=None):
    """Weights of a convolution with the batch normalisation after it.

    Args:
        conv: `Conv2D`, `DepthwiseConv2D`, `Conv2DTranspose` or `UpsampleConv2D`, without activation if there is a batch
            normalisation.
        norm: `BatchNormalization`, or `None`.

    Returns:
        Kernel, as the layer's is shaped, and bias `[C]`, or `None` where there is none: float64 arrays.
    """
    kernel = np.asarray(conv.kernel, "float64")
    bias = getattr(conv, "bias", None)
    bias = None if bias is None else np.asarray(bias, "float64")
    if norm is None:
        return kernel, bias
    scale, offset = as_scale_and_offset(norm)
    if isinstance(conv, keras.layers.DepthwiseConv2D):
        kernel = kernel * scale.reshape(kernel.shape[2:])
    elif isinstance(conv, keras.layers.Conv2DTranspose):
        kernel = kernel * scale[:, np.newaxis]
    else:
        kernel = kernel * scale
    return kernel, offset if bias is None else bias * scale + offset


@dataclasses.dataclass(frozen=True, eq=False)
class Call:
    """A call of a layer, or of an operation, in a functional model."""

    layer: keras.layers.Layer
    args: tuple
    kwargs: dict
    output: keras.KerasTensor

    @property
    def inputs(self):
        """Its Keras tensors, in order."""
        flat = keras.tree.flatten((self.args, self.kwargs))
        return [value for value in flat if isinstance(value, keras.KerasTensor)]


def trace(model, shape):
    """The calls of a functional model of one input, in order.

    Args:
        model: functional model.
        shape: shape of an input, without the batch, such as `(224, 224, 3)`.

    Returns:
        The input, a Keras tensor, and a list of `Call`s.
    """
    calls = []

    def call(layer, *args, **kwargs):
        output = layer(*args, **kwargs)
        calls.append(Call(layer, args, kwargs, output))
        return output

    source = keras.Input(shape)
    keras.models.clone_model(model, input_tensors=source, clone_function=lambda layer: layer, call_function=call)
    return source, calls


def rebuild(calls, made, wanted, *, adapt=lambda call, kernel: kernel, prefix="", dtype=None):
    """Calls the layers of a model anew, as copies, with batch normalisations folded or frozen.

    Args:
        calls: list of `Call`s.
        made: dict from the `id`s of tensors of these calls to those that take their places: where to begin.
        wanted: list of those of the calls whose outputs are wanted. Calls that none of them needs are left out.
        adapt: function from a convolution's `Call` and its kernel to the kernel of its copy. Defaults to the same.
        prefix: string, put before the names of the layers.
        dtype: name of the layers' dtype policy. Defaults to their own.

    Returns:
        List of Keras tensors, the outputs that are wanted.

    Raises:
        UserError: A call that is needed takes what is neither of these calls nor `made`.
    """
    calls = needed(calls, made, wanted)
    for call in calls:
        if not {id(tensor) for tensor in call.inputs} <= made.keys() | {id(other.output) for other in calls}:
            raise UserError(f"its layer {call.layer.name!r} takes something from before the layers that are rebuilt.")
    norms = {id(call.inputs[0]): call for call in calls if isinstance(call.layer, keras.layers.BatchNormalization)}
    outputs = [id(call.output) for call in wanted]
    kept = [id(tensor) for call in calls for tensor in call.inputs] + outputs
    made, folded = dict(made), set()
    for call in calls:
        layer, source = call.layer, made[id(call.inputs[0])]
        if id(call.output) in folded or _is_identity(layer):
            result = source
        elif isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            norm = norms.get(id(call.output))
            if norm is not None and (kept.count(id(call.output)) > 1 or not is_linear(layer)):
                norm = None
            kernel, bias = fold(layer, norm and norm.layer)
            if norm is not None:
                folded.add(id(norm.output))
            bias = np.zeros(layer.output.shape[-1]) if bias is None else bias
            new = copy(layer, prefix, dtype, use_bias=True)
            result = new(source)
            new.set_weights([adapt(call, kernel), bias])
        else:
            args, kwargs = replaced(call, made)
            is_layer = isinstance(layer, keras.layers.Layer)  # operations have neither weights nor configuration
            new = copy(layer, prefix, dtype) if is_layer else layer
            result = new(*args, **kwargs)
            if is_layer:
                new.set_weights(layer.get_weights())
        made[id(call.output)] = result
    return [made[output] for output in outputs]


def needed(calls, made, wanted):
    """Those of the calls by which the wanted ones are computed of what is made, in order.

    Args:
        calls: list of `Call`s.
        made: dict whose keys are the `id`s of tensors that are there.
        wanted: some of the calls.
    """
    tensors, found = {id(call.output) for call in wanted}, []
    for call in reversed(calls):
        if id(call.output) in tensors:
            tensors.update(id(tensor) for tensor in call.inputs if id(tensor) not in made)
            found.append(call)
    return found[::-1]


def replaced(call, made):
    """Arguments of a call, positional and by name, with the tensors that are in the place of its own.

    Args:
        call: `Call`.
        made: dict from the `id`s of tensors to those that take their places.
    """
    return keras.tree.map_structure(
        lambda value: made[id(value)] if isinstance(value, keras.KerasTensor) else value, (call.args, call.kwargs)
    )


def copy(layer, prefix="", dtype=None, **changes):
    """A layer of the same configuration except for changes, without its weights. Batch normalisations become frozen."""
    config = {**layer.get_config(), "name": f"{prefix}{layer.name}", **changes}
    if dtype is not None:
        config["dtype"] = dtype
    kind = next((ours for keras_kind, ours in _KINDS.items() if isinstance(layer, keras_kind)), type(layer))
    return kind.from_config(config)


def _is_identity(layer):
    return isinstance(layer, keras.layers.Dropout) or (isinstance(layer, keras.layers.Activation) and is_linear(layer))


def is_linear(layer):
    """Whether a layer has no activation but the linear one."""
    return getattr(layer, "activation", None) in (None, keras.activations.linear)

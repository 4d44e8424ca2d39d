"""PyTorch checkpoints as our networks: the authors', and EfficientNet-Lite's.

A checkpoint is a dict of NumPy arrays by PyTorch name; `read_checkpoint` makes it from a file, and is all that needs
PyTorch. Which network it holds is read off the tensors, and every one of them is accounted for.
"""

import math
import re
import warnings

import keras
import numpy as np
from absl import logging

from keras_scgan.models.efficientnet_lite import SCALES, build_efficientnet_lite, scaled_stages
from keras_scgan.models.generator import build_generator
from keras_scgan.models.global_features import STRIDE, build_vgg16_gray
from keras_scgan.models.layers import UpsampleConv2D
from keras_scgan.models.presets import PRESETS

_GLOBAL_FEATURES = "global_feature_network."
_SALIENCY = "attention_prediction_network."
_CLASSIFIER = {"fc6": "classifier.0", "fc7": "classifier.3", "logits": "classifier.6"}
_VARIABLES = {  # Keras -> PyTorch
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_NESTED = ("state_dict", "model_state_dict", "model", "generator", "net")


def read_checkpoint(path):
    """Reads the state dict that a PyTorch checkpoint is, or has under one of the usual keys.

    Args:
        path: path of a file written by `torch.save`.

    Returns:
        Dict of NumPy arrays by name, floating-point ones as float32.

    Raises:
        ImportError: PyTorch is not installed.
        OSError: the file cannot be read.
        ValueError: it holds no state dict.
    """
    import torch

    try:
        with warnings.catch_warnings(action="ignore"):  # of pickle protocols that torch.save does not write itself
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # bytes that are no checkpoint take the unpickler anywhere
        if "Unsupported global" in str(error):
            reason = "it pickles Python objects, which may run code: save `module.state_dict()`, tensors alone"
        else:
            reason = "it is damaged, or not written by `torch.save`"
        raise ValueError(f"no PyTorch state dict: {reason}.") from error
    if isinstance(content, dict):
        content = next((content[key] for key in _NESTED if isinstance(content.get(key), dict)), content)
    is_state = isinstance(content, dict) and all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in content.items()
    )
    if not is_state:
        raise ValueError(f"no PyTorch state dict: expected a dict of tensors by name, or one under a key of {_NESTED}.")
    return {
        name: (tensor.float() if tensor.is_floating_point() else tensor).numpy() for name, tensor in content.items()
    }


def build_from_pytorch(tensors):
    """Builds the network that a checkpoint holds, with its weights.

    The network's preset, depth and parts, the classifier's classes and its image size, EfficientNet-Lite's version,
    are those of the tensors.

    Args:
        tensors: dict of arrays by PyTorch name: of a generator, of VGG-16-Gray with or without its classifier, or of an
            EfficientNet-Lite as the package `efficientnet-lite-pytorch` names them.

    Returns:
        The model of `build_generator`, `build_vgg16_gray` or `build_efficientnet_lite`. It computes what the
        checkpoint's network did: a generator or VGG-16-Gray that was trained on another range than [-1, 1] expects
        that range.

    Raises:
        ValueError: none of the networks, or tensors that are unknown, missing, of a wrong shape or not finite.
    """
    tensors = _plain_tensors(tensors)
    if any(name.startswith("down") for name in tensors):
        model = build_generator(**_generator_options(tensors))
    elif any(name.startswith("conv1_") for name in tensors):
        model = build_vgg16_gray(**_vgg16_options(tensors))
        bias = tensors.pop("conv1_1.conv2d.bias", None)
        if bias is not None and bias.any():
            logging.warning(
                "conv1_1.conv2d.bias (at most %.3g) is left out: VGG-16-Gray has no bias there, neither here nor in "
                "the authors' generator.",
                np.abs(bias).max(initial=0),
            )
    elif any(name.startswith("_blocks.") for name in tensors):
        model = build_efficientnet_lite(**_efficientnet_lite_options(tensors))
    else:
        raise ValueError(
            "Expected a generator (`down1.conv2d.weight` and so on), VGG-16-Gray (`conv1_1.conv2d.weight` and so on) "
            "or an EfficientNet-Lite (`_blocks.0._depthwise_conv.weight` and so on). "
            f"Received: {len(tensors)} tensors, the first of them {_listed(list(tensors)[:3])}."
        )
    assign_from_pytorch(model, tensors)
    return model


def assign_from_pytorch(model, tensors):
    """Sets every weight of a network from a checkpoint.

    Args:
        model: a generator, VGG-16-Gray, an EfficientNet-Lite, or a critic without spectral normalisation.
        tensors: dict of arrays by PyTorch name.

    Raises:
        ValueError: tensors are unknown, missing, of a wrong shape or not finite. The message lists them.
    """
    tensors = _plain_tensors(tensors)
    variables = _pytorch_names(model)
    shapes = {name: _pytorch_shape(name, variable.shape) for name, variable in variables.items()}
    present = tensors.keys() & variables.keys()
    problems = {
        "unknown": tensors.keys() - variables.keys(),
        "missing": variables.keys() - tensors.keys(),
        "wrong shape": {
            f"{name} {tensors[name].shape}, expected {shapes[name]}"
            for name in present
            if tensors[name].shape != shapes[name]
        },
        "not finite": {name for name in present if not np.isfinite(tensors[name]).all()},
    }
    if any(problems.values()):
        listed = "; ".join(f"{problem}: {_listed(sorted(names))}" for problem, names in problems.items() if names)
        raise ValueError(f"The tensors are not those of the network `{model.name}`: {listed}.")
    for name, variable in variables.items():
        tensor = tensors[name]
        if name == f"{_CLASSIFIER['fc6']}.weight":
            _, height, width, channels = model.get_layer("flatten").input.shape
            # The features are flattened as [C, H, W] there and as [H, W, C] here.
            tensor = tensor.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).reshape(tensor.shape)
        variable.assign(tensor.transpose(np.argsort(_pytorch_axes(name, tensor.ndim))))


def _pytorch_names(model, prefix=""):
    """The Keras variables of a network by their PyTorch names."""
    layers = {layer.name: layer for layer in model.layers if layer.weights}
    names = {}
    for name, layer in layers.items():
        if isinstance(layer, keras.Model):
            names |= _pytorch_names(layer, _GLOBAL_FEATURES if model.name == "generator" else "")
            continue
        if model.name.startswith("efficientnet_lite"):
            path = _efficientnet_lite_path(name)
        elif name in _CLASSIFIER:
            path = _CLASSIFIER[name]
        else:
            block, part = name.rsplit("_", 1)
            inner = ".conv2d" if isinstance(layers[f"{block}_conv"], UpsampleConv2D) else ""
            path = prefix + block.replace("saliency_", _SALIENCY) + inner + {"conv": ".conv2d", "norm": ".norm"}[part]
        names |= {f"{path}.{_VARIABLES[variable.name]}": variable for variable in layer.weights}
    return names


def _efficientnet_lite_path(name):
    """`_blocks.3._bn0` of `blocks_3_bn0`, `_blocks.3._expand_conv` of `block3_expand_conv`, `_bn0` of `bn0`."""
    return "_fc" if name == "logits" else "_" + re.sub(r"^block(?:s_)?(\d+)", r"blocks.\1.", name)


def _pytorch_axes(name, rank):
    """The axes of the Keras variable in the order in which the tensor `name` has them.

    `[kh, kw, in, out]` is `[out, in, kh, kw]` there, of depthwise convolutions `[kh, kw, in, 1]` is `[in, 1, kh, kw]`;
    `[in, out]` is `[out, in]`.
    """
    if rank == 4:
        return (2, 3, 0, 1) if name.endswith("_depthwise_conv.weight") else (3, 2, 0, 1)
    return tuple(reversed(range(rank)))


def _pytorch_shape(name, shape):
    """Shape of the tensor `name`, of a Keras variable's."""
    return tuple(shape[axis] for axis in _pytorch_axes(name, len(shape)))


def _plain_tensors(tensors):
    """The tensors under their plain names: no DataParallel, no counters, no spectral normalisation, no folded biases.

    A bias between a convolution and its batch normalisation is subtracted from the running mean, which is the same.
    """
    if all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
    tensors = {name: tensor for name, tensor in tensors.items() if not name.endswith(".num_batches_tracked")}
    for name in [name for name in tensors if name.endswith(".module.weight_bar")]:
        stem = name.removesuffix(".module.weight_bar")
        tensors[f"{stem}.weight"] = _spectral_kernel(tensors, f"{stem}.module")
        if f"{stem}.module.bias" in tensors:
            tensors[f"{stem}.bias"] = tensors.pop(f"{stem}.module.bias")
    for name in [name for name in tensors if name.endswith(".conv2d.bias")]:
        mean = name.removesuffix("conv2d.bias") + "norm.running_mean"
        if mean in tensors and tensors[mean].shape == tensors[name].shape:
            tensors[mean] = tensors[mean] - tensors.pop(name)
    return tensors


def _spectral_kernel(tensors, stem):
    """Takes `weight_bar`, `weight_u` and `weight_v` out of the tensors and returns `weight_bar / (u @ W @ v)`."""
    names = [f"{stem}.weight_{part}" for part in ("bar", "u", "v")]
    missing = [name for name in names if name not in tensors]
    if missing:
        raise ValueError(f"The spectral normalisation of {stem} is incomplete: missing: {_listed(missing)}.")
    kernel, left, right = (tensors.pop(name) for name in names)
    matrix = kernel.reshape(len(kernel), -1).astype("float64")
    if left.shape + right.shape != matrix.shape:
        raise ValueError(
            f"`weight_u` and `weight_v` of {stem} must have the shapes of a {matrix.shape} matrix's singular vectors. "
            f"Received: {left.shape} and {right.shape}."
        )
    sigma = left @ matrix @ right
    if not sigma > 0:
        raise ValueError(f"The singular value of {stem} must be positive. Received: {sigma}.")
    return (kernel / sigma).astype("float32")


def _generator_options(tensors):
    names = "\n".join(tensors)
    down, up = ([int(index) for index in re.findall(rf"^{block}(\d+)\.", names, re.M)] for block in ("down", "up"))
    return {
        "preset": _preset(tensors, "down1.conv2d.weight"),
        # Both ends are asked: a lost innermost block is missing, not a lower depth.
        "depth": max(max(down) - 1, 9 - min(up, default=9)),
        "saliency": any(name.startswith(_SALIENCY) for name in tensors),
        "global_features": any(name.startswith(_GLOBAL_FEATURES) for name in tensors),
    }


def _vgg16_options(tensors):
    preset = _preset(tensors, "conv1_1.conv2d.weight")
    if not any(name.startswith("classifier.") for name in tensors):
        return {"preset": preset}
    _, inputs = _shape(tensors, "classifier.0.weight", 2)
    classes, _ = _shape(tensors, "classifier.6.weight", 2)
    side = math.isqrt(inputs // (8 * PRESETS[preset]))
    return {"preset": preset, "classes": classes, "image_size": max(side, 1) * STRIDE}


def _efficientnet_lite_options(tensors):
    blocks = {int(index) for index in re.findall(r"^_blocks\.(\d+)\.", "\n".join(tensors), re.M)}
    count = max(blocks, default=-1) + 1  # so that a lost block is missing, not another version
    width = _shape(tensors, "_conv_head.weight", 4)[1]
    sizes = {}
    for version in SCALES:
        stages = scaled_stages(version)
        sizes[sum(stage.repeats for stage in stages), stages[-1].filters] = version
    if (count, width) not in sizes:
        raise ValueError(
            f"The blocks and the channels that `_conv_head.weight` takes must be those of an EfficientNet-Lite, one of "
            f"{tuple(sizes)}. Received: {(count, width)}."
        )
    return {"version": sizes[count, width], "classes": _shape(tensors, "_fc.weight", 2)[0]}


def _preset(tensors, name):
    width = _shape(tensors, name, 4)[0]
    presets = {channels: preset for preset, channels in PRESETS.items()}
    if width not in presets:
        raise ValueError(f"{name} must have the width of a preset, one of {tuple(presets)}. Received: {width}.")
    return presets[width]


def _shape(tensors, name, rank):
    shape = getattr(tensors.get(name), "shape", None)
    if shape is None or len(shape) != rank:
        raise ValueError(f"{name} must be there, with {rank} dimensions. Received: {shape or 'nothing'}.")
    return shape


def _listed(names):
    return ", ".join(names) or "none"

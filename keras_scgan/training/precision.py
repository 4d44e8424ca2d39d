"""In which floating-point type the networks compute."""

import contextlib
import pathlib

import keras

PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")


def resolve(precision="auto"):
    """Name of the Keras dtype policy: `"auto"` becomes the fastest safe one of this machine.

    That is `"mixed_bfloat16"` on a GPU or CPU with bfloat16 instructions, otherwise `"float32"`: without them, bfloat16
    is many times slower. `"mixed_float16"` is never chosen, as it needs its losses scaled.
    """
    if precision != "auto":
        return precision
    import tensorflow as tf  # which the policies themselves do not need

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capabilities = [tf.config.experimental.get_device_details(gpu).get("compute_capability") for gpu in gpus]
        fast = all(capability is not None and capability >= (8, 0) for capability in capabilities)
    else:
        fast = bool(_cpu_flags() & {"amx_bf16", "avx512_bf16"})
    return "mixed_bfloat16" if fast else "float32"


@contextlib.contextmanager
def policy(name):
    """Context in which new layers have the dtype policy `name`."""
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)


def scaling(optimizer, name):
    """The optimizer for the dtype policy `name`: with its losses scaled where that is `"mixed_float16"`."""
    return keras.optimizers.LossScaleOptimizer(optimizer) if name == "mixed_float16" else optimizer


def _cpu_flags():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return set()
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())

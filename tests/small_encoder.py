"""A small classifier, and a generator that has it for an encoder, for tests of what surrounds them."""

import keras
import numpy as np

from keras_scgan.models import build_encoder, build_pretrained_generator

_FILTERS = (4, 6, 8, 12, 16)
_CHROMA_STDDEV = 0.4


def small_classifier(seed=0):
    """An untrained classifier of RGB images in [0, 255], with strides from 2 to 32."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    image = keras.Input((None, None, 3), name="image")
    x = keras.layers.Rescaling(1 / 127.5, -1, name="scale")(image)
    for i, filters in enumerate(_FILTERS, 1):
        x = keras.layers.Conv2D(filters, 3, 2, padding="same", use_bias=False, name=f"block{i}_conv")(x)
        norm = keras.layers.BatchNormalization(name=f"block{i}_norm")
        x = keras.layers.ReLU(name=f"block{i}_relu")(norm(x))
        low, high = ([0.5], [1.5]), ([-0.2], [0.2])
        norm.set_weights([rng.uniform(*bounds, filters) for bounds in (low, high, high, low)])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, keras.layers.Dense(10, name="logits")(x), name="classifier")


def small_pretrained_generator(seed=0, *, classifier=None, saliency=True, **description):
    """An untrained generator of strong colours, which takes multiples of 32 pixels.

    Args:
        seed: int. Key of its weights.
        classifier: model that it has for an encoder. Defaults to `small_classifier`.
        saliency: bool. Whether it has a saliency branch.
        **description: fields of its description.
    """
    encoder = build_encoder(classifier or small_classifier(seed))
    generator = build_pretrained_generator(encoder, saliency=saliency)
    noise = np.random.default_rng(seed).uniform(-1, 1, (4, 8, 8, 1)).astype("float32").repeat(8, 1).repeat(8, 2)
    kernel = generator.get_layer("chroma_conv").kernel
    kernel.assign(kernel * (_CHROMA_STDDEV / np.arctanh(generator(noise)["chroma"]).std()))
    generator.describe(**description)
    return generator


def mobile_classifier(mean=(127.5, 127.5, 127.5), deviation=(127.5, 127.5, 127.5), seed=0):
    """An untrained classifier of RGB images in [0, 255], of the parts that mobile ones have, with strides from 2 to 32.

    Its features, before their number is expanded, are those of `sum4`, `sum8`, `sum16` and `norm32`. What `norm32`
    normalises is no convolution's result.

    Args:
        mean: of red, green and blue, which is taken from them.
        deviation: of red, green and blue, which they are divided by.
        seed: int. Key of its weights.
    """
    keras.utils.set_random_seed(seed)
    image = keras.Input((None, None, 3), name="image")
    x = keras.layers.Normalization(mean=mean, variance=np.square(deviation), name="scale")(image)
    x = _normalized(keras.layers.Conv2D(6, 3, 2, padding="same", use_bias=False, name="stem"), x, relu=True)
    for stride, filters, size in ((4, 6, 3), (8, 8, 5), (16, 10, 5), (32, 12, 3)):
        x = _inverted_bottleneck(x, filters, size, 2, f"down{stride}")
        x = keras.layers.Add(name=f"sum{stride}")([x, _inverted_bottleneck(x, filters, size, 1, f"block{stride}")])
    x = keras.layers.BatchNormalization(name="norm32")(x)
    x = keras.layers.ReLU(name="relu32")(keras.layers.Conv2D(24, 1, name="head")(x))
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(image, keras.layers.Dense(10, name="logits")(x), name="mobile_classifier")
    randomize_norms(model, seed)
    return model


def randomize_norms(model, seed=0):
    """Gives the batch normalisations of a model statistics and scales other than they begin with."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            for weight in layer.weights:
                is_factor = weight.path.rpartition("/")[2] in ("gamma", "moving_variance")
                weight.assign(rng.uniform(0.7, 1.4, weight.shape) if is_factor else rng.normal(0, 0.2, weight.shape))


def _inverted_bottleneck(x, filters, size, strides, name):
    expand = keras.layers.Conv2D(2 * x.shape[-1], 1, use_bias=False, name=f"{name}_expand")
    depthwise = keras.layers.DepthwiseConv2D(size, strides, padding="same", use_bias=False, name=f"{name}_depthwise")
    x = _normalized(depthwise, _normalized(expand, x, relu=True), relu=True)
    return _normalized(keras.layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project"), x)


def _normalized(layer, x, relu=False):
    x = keras.layers.BatchNormalization(name=f"{layer.name}_norm")(layer(x))
    return keras.layers.ReLU(6.0, name=f"{layer.name}_relu")(x) if relu else x

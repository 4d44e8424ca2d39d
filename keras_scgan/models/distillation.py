"""The two networks of distillation: a teacher that sees colour, and VGG-16-Gray as its student."""

import keras
import numpy as np
from keras import ops

from keras_scgan.models.global_features import build_vgg16_gray
from keras_scgan.models.loading import load_application, load_model
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError


def build_student(preset, teacher):
    """Builds VGG-16-Gray with what distillation needs on top of it.

    Args:
        preset: string. One of `keras_scgan.models.PRESETS`.
        teacher: model made by `build_teacher`.

    Returns:
        A functional model from `gray [B, H, W, 1]` in [-1, 1] to a dict of float32: `logits [B, classes]`, linear in
        the mean of the features, and `features [B, H/32, W/32, C]`, linear in those of the same place, both as many as
        the teacher's. The feature network is its layer `global_features`.
    """
    gray = keras.Input((None, None, 1), name="gray")
    features = build_vgg16_gray(preset)(gray)
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(features)
    classes, channels = (teacher.output[name].shape[-1] for name in ("logits", "features"))
    outputs = {
        "logits": keras.layers.Dense(classes, dtype="float32", name="logits")(pooled),
        "features": keras.layers.Conv2D(channels, 1, dtype="float32", name="matched_features")(features),
    }
    return keras.Model(gray, outputs, name="student")


def build_teacher(teacher):
    """Builds the teacher from a classifier of colour photos.

    Args:
        teacher: path of a `.keras` model from RGB images in [0, 255] to logits or probabilities, or the name of a model
            of `keras.applications`, such as `"EfficientNetV2B0"`, whose ImageNet weights Keras downloads and keeps.

    Returns:
        A frozen model from colour images `[B, H, W, 3]` in [-1, 1], which it resizes where the classifier has a size
        of its own, to a dict of float32: `logits [B, classes]` (or logarithms of probabilities, whose softmax is the
        same) and `features [B, h, w, C]`, the output of its last layer at a 32nd of its input's sides.

    Raises:
        UserError: there is no such file or name, the weights cannot be had, or it is no such classifier.
    """
    classifier, preprocess = _load_classifier(teacher)
    features = _last_map(classifier, teacher)
    size = classifier.input_shape[1]
    image = keras.Input((None, None, 3), name="image")
    pixels = color.denormalize(image)
    if size is not None:
        pixels = ops.image.resize(pixels, (size, size))
    outputs = keras.Model(classifier.input, {"logits": classifier.output, "features": features})(preprocess(pixels))
    outputs = {key: ops.cast(value, "float32") for key, value in outputs.items()}
    if _gives_probabilities(classifier):
        outputs["logits"] = ops.log(ops.maximum(outputs["logits"], keras.config.epsilon()))
    model = keras.Model(image, outputs, name="teacher")
    model.trainable = False
    return model


def _load_classifier(name):
    """The classifier and what its input has to go through."""
    if name.endswith(".keras"):
        return load_model(name, "teacher"), lambda pixels: pixels
    return load_application(name, "teacher", classifier_activation=None)  # without its activation: logits


def _last_map(classifier, name):
    """Output of the last layer that has places, `[B, h, w, C]`."""
    shapes = [tuple(getattr(value, "shape", ())) for value in (classifier.input, classifier.output)]
    maps = [layer.output for layer in classifier.layers if _is_map(getattr(layer, "output", None))]
    if len(shapes[0]) != 4 or shapes[0][3] != 3 or len(shapes[1]) != 2 or len(maps) < 2:
        raise UserError(
            f"`teacher={name}` must map RGB images [B, H, W, 3] to scores [B, classes] by convolutions. "
            f"Received: {shapes[0] or 'several inputs'} and {shapes[1] or 'several outputs'}."
        )
    return maps[-1]


def _is_map(output):
    shape = getattr(output, "shape", ())
    return len(shape) == 4 and shape[1:3] != (1, 1)


def _gives_probabilities(classifier):
    size = classifier.input_shape[1] or 64
    scores = np.asarray(classifier.predict_on_batch(np.full((1, size, size, 3), 128.0, "float32")))
    return bool(scores.min() >= 0 and abs(scores.sum() - 1) < 1e-3)

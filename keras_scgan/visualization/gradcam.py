"""Grad-CAM of VGG-16-Gray: where in a photo the global features, or a class, come from."""

import dataclasses
import warnings

import keras
import numpy as np
from keras import ops

from keras_scgan.models.global_features import STRIDE
from keras_scgan.models.loading import load_model
from keras_scgan.photos import color
from keras_scgan.photos.resizing import to_square
from keras_scgan.program.errors import UserError
from keras_scgan.visualization.figures import rgb_of, upsample
from keras_scgan.visualization.grid import Panel, Scale, fit

FEATURES = "global_features"
LAYER = "conv5_3_relu"
"""The last layer before the last loss of resolution, as is usual for VGG-16."""
SCALE = Scale("Share of the largest value in the photo", 0.0, 1.0, "inferno")
_CELL = 16  # pixels from one of its cells to the next; the first has its centre on pixel 0


@dataclasses.dataclass
class CamNetwork:
    """A network that can be asked by Grad-CAM.

    Args:
        model: functional model from `gray [B, H, W, 1]` in [-1, 1] to logits `[B, classes]`, or to global features
            `[B, h, w, C]`, with the layer `conv5_3_relu`.
        image_size: int. Height and width of the photos that it takes, or `None`: any multiple of 32.
        classes: int. 0 where it gives features.
    """

    model: keras.Model
    image_size: int | None
    classes: int


def load_cam_network(path):
    """Loads VGG-16-Gray from its classifier, from its feature network or from a generator that has one.

    Args:
        path: path of a `.keras` file.

    Returns:
        `CamNetwork`.

    Raises:
        UserError: there is no such file, or no such network in it.
    """
    return as_cam_network(load_model(path, "features"))


def as_cam_network(model):
    """Finds VGG-16-Gray in a model; see `load_cam_network`.

    Raises:
        UserError: the model has none.
    """
    names = [layer.name for layer in model.layers]
    features = model.get_layer(FEATURES) if FEATURES in names else model
    if LAYER not in [layer.name for layer in features.layers]:
        raise UserError(
            f"The model {model.name!r} has no global feature network: take VGG-16-Gray, or a generator that was "
            "trained with one."
        )
    if "logits" not in names:
        return CamNetwork(features, None, 0)
    # As one graph: the layers within a nested model are not connected with what follows it.
    logits = features.output
    for layer in model.layers[names.index(FEATURES) + 1 :]:
        logits = layer(logits)
    return CamNetwork(keras.Model(features.input, logits), model.input.shape[1], logits.shape[-1])


def class_activation_maps(network, gray, class_=None):
    """Grad-CAM and Grad-CAM++ of a photo.

    What is asked for is the score of a class, by default the one with the highest; of a network without classes, the
    mean of its features (the layer pool5), so that the maps show what the global features as a whole rise with.

    Args:
        network: `CamNetwork`.
        gray: `[S, S, 1]` float32 in [-1, 1].
        class_: int. The class, of a network that has classes.

    Returns:
        Tuple of the two maps by name, `[S, S]` float32 in [0, 1] each, 1 being the largest value in the photo; the
        class, or `None`; and its probability, or `None`.

    Raises:
        UserError: there is no such class, the size does not fit, or tf-keras-vis cannot be imported.

    Reference:
        [Grad-CAM](https://arxiv.org/abs/1610.02391); [Grad-CAM++](https://arxiv.org/abs/1710.11063).
    """
    methods = _import_methods()
    size = gray.shape[0]
    if size != network.image_size if network.image_size else size % STRIDE:
        wanted = network.image_size or f"a multiple of {STRIDE}"
        raise UserError(f"`image_size={size}` does not fit VGG-16-Gray: it takes {wanted}.")
    batch = gray[np.newaxis]
    probability = None
    if network.classes:
        class_, probability = _classify(network, batch, class_)
    elif class_ is not None:
        raise UserError(f"`class_={class_}`: this network has no classes, only features.")

    def score(outputs):
        if class_ is None:
            return ops.mean(outputs, axis=(1, 2, 3))
        # The constant leaves the gradient as it is and keeps Grad-CAM++, which takes exp(score), from overflowing.
        return outputs[:, class_] - ops.stop_gradient(outputs[:, class_])

    maps = {}
    for name, method in methods.items():
        cells = method(network.model, clone=False)(
            score,
            batch,
            penultimate_layer=network.model.get_layer(LAYER),
            seek_penultimate_conv_layer=False,
            expand_cam=False,  # it would stretch the outermost cells' centres to the photo's border
            normalize_cam=False,
        )
        cells = np.asarray(cells)[0]
        maps[name] = upsample(cells / max(cells.max(), np.finfo(np.float32).tiny), size, first=0, step=_CELL)
    return maps, class_, probability


def explain_photo(network, photo, image_size, class_=None, *, width=320):
    """The pictures of one photo: greyscale, and the maps over it.

    Args:
        network: `CamNetwork`.
        photo: `[H, W]`, `[H, W, 3]` or `[H, W, 4]` uint8 or uint16.
        image_size: int. Height and width at which the network sees it.
        class_: int. See `class_activation_maps`.
        width: int. Pixels of a picture.

    Returns:
        Dict of `Panel`s by heading.
    """
    gray = color.to_gray(rgb_of(photo))
    batch = color.normalize(to_square(gray, image_size).astype(np.float32))[..., np.newaxis]
    maps, class_, probability = class_activation_maps(network, batch, class_)
    shown = fit(gray, width)
    caption = "" if class_ is None else f"class {class_}: {probability:.1%}"
    panels = {"Greyscale": Panel(shown, caption)}
    for name, values in maps.items():
        panels[name] = Panel(SCALE.over(shown, fit(values, width, photo.shape)))
    return panels


def _classify(network, batch, class_):
    if class_ is not None and not 0 <= class_ < network.classes:
        raise UserError(f"`class_={class_}`: the network has classes 0 to {network.classes - 1}.")
    probabilities = np.asarray(ops.softmax(network.model(batch, training=False)))[0]
    if class_ is None:
        class_ = int(probabilities.argmax())
    return class_, float(probabilities[class_])


def _import_methods():
    try:
        with warnings.catch_warnings():
            # It imports SciPy's zoom from a place that SciPy 2 will no longer have.
            warnings.simplefilter("ignore", DeprecationWarning)
            from tf_keras_vis.gradcam import Gradcam
            from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    except ImportError as error:
        raise UserError(f"Grad-CAM needs tf-keras-vis ({error}): pip install tf-keras-vis.") from error
    return {"Grad-CAM": Gradcam, "Grad-CAM++": GradcamPlusPlus}

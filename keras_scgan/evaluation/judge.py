"""The judge: a classifier that no training used, whose features tell how near colorizations are to the truth."""

import keras
import numpy as np

from keras_scgan.evaluation import image_models
from keras_scgan.models.loading import load_model
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import sha256

_POOLING = (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D)


class Judge:
    """The pooled features and the scores that a Keras model gives pictures.

    Args:
        path: path of a `.keras` model of RGB images `[B, h, h, 3]` in [0, 255].
        size: int. Pixels of a side of what it sees. Defaults to the model's own size, 224 for one that takes any.
        layer: str. Name of the layer whose output `[B, C]` the features are. Defaults to the last global pooling.

    Attributes:
        name: str. The path.
        size: int.
        classes: int. How many classes the model's output has scores of; 0 for one that is the features themselves.
        protocol: dict. What it is.

    Raises:
        UserError: There is no such model, it does not take such images, or it has no such layer.
    """

    def __init__(self, path, size=None, layer=None):
        self.name = str(path)
        model = load_model(path, "judge")
        if not image_models.is_of_square_images(model):
            raise UserError(
                f"The judge {path} must take square RGB images [B, h, h, 3]. "
                f"Received: {image_models.shape_of(model.inputs) or 'several inputs'}."
            )
        own_size = model.inputs[0].shape[1]
        if own_size and size not in (None, own_size):
            raise UserError(f"The judge {path} sees {own_size} pixels a side alone. Received: `judge_size={size}`.")
        self.size = own_size or size or image_models.ANY_SIZE
        pooled = _find_features(model, layer, path)
        outputs = {"features": pooled.output}
        scores = image_models.shape_of(model.outputs)
        self.classes = scores[1] if len(scores) == 2 and model.outputs[0] is not pooled.output else 0
        if self.classes:
            outputs["scores"] = model.outputs[0]
        self._model = keras.Model(model.inputs[0], outputs)
        self.protocol = {
            "model": self.name,
            "sha256": sha256(path),
            "size": self.size,
            "layer": pooled.name,
            "features": pooled.output.shape[1],
        }

    def __call__(self, images):
        """Looks at a list of `[H, W, 3]` uint8 pictures, each squeezed to the judge's size.

        Returns:
            List of a pair for each: features `[C]`, and scores `[classes]` or `None`, float32.
        """
        seen = image_models.predict(self._model, images, self.size)
        scores = np.asarray(seen["scores"], np.float32) if self.classes else [None] * len(images)
        return list(zip(np.asarray(seen["features"], np.float32), scores, strict=True))


def _find_features(model, name, path):
    # A model within the model has an output of its own, which is not connected with the model's input.
    layers = [layer for layer in model.layers if not isinstance(layer, keras.Model)]
    vectors = [layer for layer in layers if len(getattr(layer.output, "shape", ())) == 2]
    if name is not None:
        chosen = [layer for layer in vectors if layer.name == name]
        problem = f"has no layer {name} with an output [B, C]"
    else:
        chosen = [layer for layer in vectors if isinstance(layer, _POOLING)]
        problem = "has no global pooling with an output [B, C]: name the layer of its features by `judge_layer`"
    if not chosen:
        listed = ", ".join(layer.name for layer in vectors) or "none"
        raise UserError(f"The judge {path} {problem}. Its layers with such an output: {listed}.")
    return chosen[-1]

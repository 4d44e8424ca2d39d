"""Models are rebuilt of the layers that they need."""

import keras
import numpy as np

from keras_scgan.models import folding


def test_layers_that_no_wanted_output_needs_are_left_out_wherever_they_begin(rng):
    image = keras.Input((8, 8, 3))
    x = keras.layers.Rescaling(2.0, name="scale")(image)
    stem = keras.layers.Conv2D(4, 3, use_bias=False, name="stem")(x)
    branches = [keras.layers.MaxPooling2D(2, name="of_image")(image), keras.layers.ReLU(name="of_stem")(stem)]
    x = keras.layers.BatchNormalization(name="norm")(stem)
    x = keras.layers.Conv2D(2, 1, name="head")(x)
    model = keras.Model(image, [x, *branches])
    _, calls = folding.trace(model, (8, 8, 3))
    by_name = {call.layer.name: call for call in calls}

    scaled = keras.Input((8, 8, 3))
    begin = {id(by_name["stem"].inputs[0]): scaled}
    (head,) = folding.rebuild(calls, begin, [by_name["head"]], prefix="new_")
    rebuilt = keras.Model(scaled, head)
    assert [layer.name for layer in rebuilt.layers][1:] == ["new_stem", "new_head"]
    pixels = rng.uniform(-1, 1, (1, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(rebuilt(2 * pixels), model(pixels)[0], atol=1e-5)

"""A classifier of colour photos that becomes an encoder in no time."""

import keras


def build_classifier():
    """A functional model of RGB images `[B, H, W, 3]` in [0, 255], with features of four channels at each stride."""
    image = keras.Input((None, None, 3))
    x = keras.layers.Rescaling(1 / 127.5, -1)(image)
    for i in range(5):
        x = keras.layers.Conv2D(4, 3, 2, padding="same", use_bias=False, name=f"conv{i}")(x)
        x = keras.layers.BatchNormalization(name=f"norm{i}")(x)
        x = keras.layers.ReLU(name=f"relu{i}")(x)
    return keras.Model(image, keras.layers.Dense(3, name="classes")(keras.layers.GlobalAveragePooling2D()(x)))

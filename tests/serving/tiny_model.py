"""SavedModels with the signatures of the exported colorizer, but for the network."""

import numpy as np
import tensorflow as tf

BYTES = tf.TensorSpec([None], tf.string, name="image_bytes")


class Painter(tf.Module):
    """Makes of a grey picture one whose red is its negative, whose green is the picture, and which has no blue."""

    @tf.function(input_signature=[BYTES])
    def colorize_bytes(self, image_bytes):
        return {"image_bytes": tf.map_fn(_paint, image_bytes, fn_output_signature=tf.string)}

    @tf.function(input_signature=[BYTES])
    def colorize_bytes_with_saliency(self, image_bytes):
        return self.colorize_bytes(image_bytes) | {"saliency_bytes": image_bytes}

    @tf.function(input_signature=[tf.TensorSpec([None, 2, 2, 1], tf.float32, name="gray")])
    def serving_default(self, gray):
        return {"color": tf.repeat(gray, 3, axis=-1), "saliency": gray}


def _paint(data):
    pixels = tf.io.decode_image(data, expand_animations=False)
    gray, alpha = pixels[..., :1], pixels[..., 3:]
    return tf.io.encode_png(tf.concat([255 - gray, gray, tf.zeros_like(gray), alpha], axis=-1))


def paint(gray):
    """What the painter makes of `[H, W]` uint8, by NumPy: `[H, W, 3]`."""
    return np.dstack([255 - gray, gray, 0 * gray])


def save(folder):
    """Writes four models: `scgan` of versions 1 and 2, `with_saliency`, `thermal`, and `other`, for no picture files.

    Returns their folders.
    """
    painter = Painter()
    plain = {"serving_default": painter.serving_default}
    versions = {
        "scgan/1": plain | {"colorize_bytes": painter.colorize_bytes},
        "scgan/2": plain | {"colorize_bytes": painter.colorize_bytes},
        "with_saliency/1": plain | {"colorize_bytes": painter.colorize_bytes_with_saliency},
        "thermal/1": plain | {"colorize_thermal_bytes": painter.colorize_bytes},
        "other/1": plain,
    }
    for name, signatures in versions.items():
        tf.saved_model.save(painter, str(folder / name), signatures=signatures)
    return [folder / name for name in ("scgan", "with_saliency", "thermal", "other")]

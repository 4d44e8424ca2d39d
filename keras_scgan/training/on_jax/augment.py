"""From the photos in the memory of a device to the batches of training: crops, mirror images, what networks see."""

import jax
import jax.numpy as jnp
import numpy as np

from keras_scgan.data.augmentation import CROP_ASPECT, NOISE_STDDEV
from keras_scgan.photos import color

_CUBIC = -0.5
_EVERY = 4
"""Pixels of a row, and of a column, of which one is looked at for the percentiles of a photo's luma."""


def draw(rng, probabilities, settings):
    """Draws what a batch is made of.

    Args:
        rng: NumPy `Generator`.
        probabilities: `[N]`, of the photos.
        settings: `Settings`.

    Returns:
        dict of arrays `[batch_size, ...]`: `photo`, its index; `version`, of its aged luma, or -1; `start` and
        `length` of the crop, `[batch_size, 2]`, rows first, as shares of the photo's sides; `flip` and `sharpness`.
    """
    batch_size = settings.batch_size
    area = rng.uniform(settings.min_crop_area, 1.0, batch_size)
    aspect = np.exp(rng.uniform(-1, 1, batch_size) * np.log(CROP_ASPECT))
    sides = np.minimum(np.stack([np.sqrt(area / aspect), np.sqrt(area * aspect)], axis=1), 1.0)
    aged = rng.random(batch_size) < settings.aged_share
    return {
        "photo": rng.choice(len(probabilities), batch_size, p=probabilities).astype(np.int32),
        "version": np.where(aged, rng.integers(settings.aged_versions, size=batch_size), -1).astype(np.int32),
        "start": (rng.random((batch_size, 2)) * (1 - sides)).astype(np.float32),
        "length": sides.astype(np.float32),
        "flip": rng.random(batch_size) < 0.5,
        "sharpness": np.maximum(rng.uniform(-1.0, 1.5, batch_size), 0).astype(np.float32),
    }


def make_batch(drawn, pictures, key, size):
    """Makes a batch of what `draw` drew. To be compiled.

    Small photos that are enlarged are blurred, as those that are colorized later are not: some are sharpened.

    Args:
        drawn: result of `draw`.
        pictures: dict of the arrays of `Pictures`.
        key: JAX key of the noise.
        size: int. Pixels of a side, S.

    Returns:
        dict of float32 arrays: `gray [B, S, S, 1]`, what the network sees, stretched (see `color.stretch_luma`);
        `color [B, S, S, 3]`, in [-1, 1]; `saliency [B, S, S, 1]`, in [0, 1].
    """
    photo = drawn["photo"]
    colors = pictures["color"][photo].astype(jnp.float32)
    luma = color.luma(colors)
    aged = pictures["aged"][photo, jnp.maximum(drawn["version"], 0)][..., jnp.newaxis].astype(jnp.float32)
    luma = jnp.where((drawn["version"] >= 0)[:, jnp.newaxis, jnp.newaxis, jnp.newaxis], aged, luma)
    cropped = _crop(jnp.concatenate([colors, luma], axis=-1), drawn, size) / 127.5 - 1.0
    cropped = jnp.clip(cropped, -1.0, 1.0)
    colors, gray = cropped[..., :3], cropped[..., 3:]
    gray = _sharpen(gray, drawn["sharpness"])
    gray = _stretch(gray)
    gray += NOISE_STDDEV * jax.random.normal(key, gray.shape)
    saliency = pictures["saliency"][photo][..., jnp.newaxis].astype(jnp.float32)
    saliency = jnp.clip(_crop(saliency, drawn, size) / 255.0, 0.0, 1.0)
    return {"gray": gray, "color": colors, "saliency": saliency}


def _crop(images, drawn, size):
    rows = _resampling(drawn["start"][:, 0], drawn["length"][:, 0], images.shape[1], size)
    columns = _resampling(drawn["start"][:, 1], drawn["length"][:, 1], images.shape[2], size)
    columns = jnp.where(drawn["flip"][:, jnp.newaxis, jnp.newaxis], columns[:, ::-1], columns)
    exact = jax.lax.Precision.HIGHEST
    images = jnp.einsum("bys,bsxc->byxc", rows, images, precision=exact)
    return jnp.einsum("bxs,bysc->byxc", columns, images, precision=exact)


def _resampling(start, length, pixels, size):
    """`[B, size, pixels]` weights by which a crop's pixels are made of a row's, by cubics (Keys 1981)."""
    centers = (jnp.arange(size) + 0.5) / size
    places = pixels * (start[:, jnp.newaxis] + length[:, jnp.newaxis] * centers) - 0.5
    d = jnp.abs(places[..., jnp.newaxis] - jnp.arange(pixels))
    near = (_CUBIC + 2) * d**3 - (_CUBIC + 3) * d**2 + 1
    far = _CUBIC * (d**3 - 5 * d**2 + 8 * d - 4)
    weights = jnp.where(d <= 1, near, jnp.where(d < 2, far, 0.0))
    return weights / jnp.sum(weights, axis=-1, keepdims=True)


def _sharpen(gray, strength):
    """Adds so many times what a mean over 3x3 pixels takes away."""
    padded = jnp.pad(gray, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    size = gray.shape[1]
    blurred = sum(padded[:, i : i + size, j : j + size] for i in range(3) for j in range(3)) / 9
    return jnp.clip(gray + strength[:, jnp.newaxis, jnp.newaxis, jnp.newaxis] * (gray - blurred), -1.0, 1.0)


def _stretch(gray):
    """`color.stretch_luma`, with the percentiles of some of the pixels."""
    ranked = jnp.sort(gray[:, ::_EVERY, ::_EVERY].reshape(gray.shape[0], -1), axis=1)
    tail = ranked.shape[1] // color.STRETCH_TAIL
    low, high = (ranked[:, place, jnp.newaxis, jnp.newaxis, jnp.newaxis] for place in (tail, -1 - tail))
    gain = 2 / jnp.maximum(high - low, color.MIN_STRETCHED_RANGE)
    return jnp.clip((gray - (low + high) / 2) * gain, -1, 1)

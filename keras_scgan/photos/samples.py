"""The samples of picture files, of any depth, as pixels of 8 or 16 bits."""

import numpy as np

from keras_scgan.photos import color


def unpacked(rows, bits, count, order):
    """Samples that are packed in bytes.

    Args:
        rows: `[H, bytes]` uint8.
        bits: int from 1 to 16, of a sample.
        count: int. Samples of a row.
        order: string. `"<"` or `">"`, the order of the bytes of samples of 16 bits.

    Returns:
        `[H, count]` uint8 or, of more than 8 bits, uint16.
    """
    if bits == 8:
        return rows
    if bits == 16:
        return np.ascontiguousarray(rows).view(order + "u2").astype(np.uint16, copy=False)
    size = 8 if bits < 8 else 16
    samples = np.empty((len(rows), count), np.uint8 if size == 8 else np.uint16)
    for strip in color.strips((len(rows), 8 * rows.shape[1])):
        stored = np.unpackbits(rows[strip], axis=1, count=bits * count).reshape(-1, count, bits)
        padded = np.zeros((*stored.shape[:2], size), np.uint8)
        padded[..., size - bits :] = stored
        samples[strip] = np.packbits(padded, axis=-1).view(samples.dtype.newbyteorder(">"))[..., 0]
    return samples


def in_full_range(samples, largest):
    """Samples whose white becomes that of their type.

    Args:
        samples: uint8 or uint16 array.
        largest: int. Their white. What is above it is white too.

    Returns:
        The same shape and type; the same array if there is nothing to do.
    """
    white = np.iinfo(samples.dtype).max
    if largest == white:
        return samples
    levels = np.rint(np.minimum(np.arange(white + 1) / largest, 1) * white)
    return levels.astype(samples.dtype)[samples]


def without_alpha(channels, opacity):
    """Channels into which alpha is multiplied, as they were before. Args: arrays of one type, uint8 or uint16."""
    white = np.iinfo(channels.dtype).max
    whole = channels.astype(np.float32) * white / np.maximum(opacity, 1)
    return np.clip(np.rint(whole), 0, white).astype(channels.dtype)

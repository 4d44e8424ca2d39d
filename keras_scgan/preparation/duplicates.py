"""Near duplicates among any number of photos: what is the same picture encoded, resized or mirrored anew.

A photo is known by its thumbnail. The thumbnail's hash has a bit for every two neighbours in a row among 8 x 9 means of
it, set where the right one is brighter ("dHash"). Two photos are near duplicates when `MAX_BITS` bits at most differ
between their hashes, or between one's and that of the other's mirror image, and their thumbnails correlate by
`MIN_CORRELATION` at least.

No photo is compared with all others: where so few bits differ, some blocks of the hash are equal, so that sorting by
every choice of blocks brings such photos side by side.
"""

import collections
import itertools

import cv2
import numpy as np

THUMBNAIL_SIZE = (18, 16)
"""Width and height."""

MAX_BITS = 6
"""Of 64. Of copies at JPEG quality 60, and of copies resized to nine tenths, 99.6 % and 100 % are so near."""

MIN_CORRELATION = 0.9
"""Copies reach 0.99, framed ones and parts of the same photo 0.9; different photos of like hash stay below 0.8."""

_EDGES = np.linspace(0, 64, 10).astype(int)
_BITS = [np.uint64((1 << int(end)) - (1 << int(start))) for start, end in itertools.pairwise(_EDGES)]
"""The blocks of a hash."""

CHOICES = tuple(itertools.combinations(range(len(_BITS)), len(_BITS) - MAX_BITS))
"""Blocks by which near hashes are found: of two that differ in `MAX_BITS` bits at most, so many blocks are equal."""

_MAX_COMPARED = 1000
"""Photos that follow in sorted order with which one is compared. Only blank pictures have so many of equal hash."""


def thumbnail(photo):
    """Thumbnail of a photo, `[16, 18]` uint8 luma. Args: `photo`, `[H, W, 3]` uint8 RGB."""
    return cv2.resize(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), THUMBNAIL_SIZE, interpolation=cv2.INTER_AREA)


def near_duplicates(thumbnails):
    """Near duplicates of photos that come before them.

    Args:
        thumbnails: `[N, 16, 18]` uint8.

    Returns:
        dict, as of `first_of`.
    """
    indices, of_all = both_ways(thumbnails)
    return first_of({pair for blocks in CHOICES for pair in pairs(thumbnails, indices, of_all, blocks)})


def first_of(near):
    """Of which photo each is a near duplicate.

    Args:
        near: set of pairs (i, j) of indices of photos that are alike, i < j.

    Returns:
        dict from the index of a photo to that of the first one before it of which it is a near duplicate. The latter is
        no key of the dict: what is like a near duplicate alone is none.
    """
    partners = collections.defaultdict(list)
    for first, second in sorted(near):
        partners[second].append(first)
    duplicates = {}
    for index in sorted(partners):
        kept = [partner for partner in partners[index] if partner not in duplicates]
        if kept:
            duplicates[index] = kept[0]
    return duplicates


def both_ways(thumbnails, start=0, stop=None):
    """Hashes of some photos and of their mirror images, but for blank ones, which are like nothing.

    Args:
        thumbnails: `[N, 16, 18]` uint8.
        start: int. The first one of them.
        stop: int. The one after the last of them. Defaults to N.

    Returns:
        Tuple of arrays: indices of the photos and, N higher, of their mirror images, in order, int64; and hashes,
        uint64.
    """
    some = thumbnails[start:stop]
    photos = np.flatnonzero(np.ptp(some, axis=(1, 2)))
    indices = np.concatenate([photos, photos + len(thumbnails)]) + start
    return indices, np.concatenate([hashes(some[photos]), hashes(some[photos, :, ::-1])])


def hashes(thumbnails):
    """Hashes of thumbnails, `[N]` uint64. Args: `thumbnails`, `[N, 16, 18]` uint8."""
    means = thumbnails.reshape(-1, 8, 2, 9, 2).sum(axis=(2, 4), dtype=np.int32)
    bits = (means[:, :, 1:] > means[:, :, :-1]).reshape(-1, 64)
    return np.packbits(bits, axis=1).view(np.uint64)[:, 0]


def pairs(thumbnails, indices, of_all, blocks):
    """Yields pairs (i, j) of near duplicates, i < j, whose hashes are equal in some blocks and in none before these.

    Args:
        thumbnails: `[N, 16, 18]` uint8.
        indices: as of `both_ways`, like all that is compared: all photos, or those of equal hashes in these blocks.
        of_all: the hashes, likewise.
        blocks: tuple of ints, one of `CHOICES`.
    """
    count = len(thumbnails)
    for one, other in _near(of_all, blocks):
        one, other = indices[one], indices[other]
        is_new = np.minimum(one, other) < count  # two mirror images are as like as what they mirror
        one, other = one[is_new], other[is_new]
        alike = _correlation(_images(thumbnails, one), _images(thumbnails, other)) >= MIN_CORRELATION
        found = np.sort(np.stack([one[alike], other[alike]], axis=1) % count, axis=1)
        yield from ((first, second) for first, second in found.tolist() if first != second)


def mask_of(blocks):
    """The bits of blocks, uint64. Args: `blocks`, one of `CHOICES`."""
    return np.bitwise_or.reduce([_BITS[index] for index in blocks])


def _near(of_all, blocks):
    """Yields pairs of arrays of places in `of_all`, of hashes that are near and equal in `blocks`, as of `pairs`."""
    mask = mask_of(blocks)
    others = [_BITS[index] for index in range(blocks[-1]) if index not in blocks]
    order = np.argsort(of_all & mask, kind="stable")
    values = of_all[order]
    keys = values & mask
    places = np.arange(len(keys))
    for step in range(1, _MAX_COMPARED):
        places = places[: np.searchsorted(places, len(keys) - step)]
        places = places[keys[places] == keys[places + step]]
        if not len(places):
            break
        near = places[np.bitwise_count(values[places] ^ values[places + step]) <= MAX_BITS]
        differing = values[near] ^ values[near + step]
        for block in others:  # an equal one would have been chosen before
            near, differing = near[(differing & block) != 0], differing[(differing & block) != 0]
        if len(near):
            yield order[near], order[near + step]


def _images(thumbnails, indices):
    """Thumbnails of photos and, of indices from N on, of mirror images, `[n, 16, 18]` uint8."""
    images = thumbnails[indices % len(thumbnails)]
    mirrored = indices >= len(thumbnails)
    images[mirrored] = images[mirrored, :, ::-1]
    return images


def _correlation(one, other):
    """Correlation of thumbnails, none of them blank, `[N]`. Args: `one` and `other`, `[N, 16, 18]` uint8."""
    one, other = (images.reshape(len(images), np.prod(images.shape[1:])).astype(np.float32) for images in (one, other))
    one, other = (images - images.mean(axis=1, keepdims=True) for images in (one, other))
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.sum(one * other, axis=1) / norms

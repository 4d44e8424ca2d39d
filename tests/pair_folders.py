"""Folders of pairs of small pictures, and the batches that are made of them."""

import cv2
import numpy as np


def write_textured(folder, count=10):
    """Writes pairs of 40x30 random pixels, with the red channel as the saliency map."""
    rng = np.random.default_rng(0)
    for i in range(count):
        photo = rng.integers(0, 256, (30, 40, 3), np.uint8)
        write_pair(folder, f"{i}", photo, photo[..., 0])


def write_pair(folder, stem, photo, saliency_map):
    for name, image in (("images", photo[..., ::-1]), ("saliency", saliency_map)):
        (folder / name).mkdir(exist_ok=True)
        assert cv2.imwrite(str(folder / name / f"{stem}.png"), image)


def numpy_batches(dataset, count=None):
    return list(dataset.take(-1 if count is None else count).as_numpy_iterator())


def assert_same(first, second):
    assert len(first) == len(second)
    for some, others in zip(first, second, strict=True):
        for a, b in zip(some, others, strict=True):
            np.testing.assert_array_equal(a, b)

"""Near duplicates: copies are found, different photos are kept, by a rule that a loop over all pairs checks."""

import itertools

import cv2
import numpy as np
import pytest
from photo_folders import picture

from keras_scgan.preparation import duplicates
from keras_scgan.preparation.duplicates import hashes, near_duplicates, thumbnail

COUNT = 60


def encoded(photo, quality):
    return cv2.imdecode(cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


COPIES = {
    "encoded anew": lambda photo: encoded(photo, 60),
    "resized": lambda photo: cv2.resize(photo, None, fx=0.9, fy=0.8, interpolation=cv2.INTER_AREA),
    "mirrored": lambda photo: encoded(photo[:, ::-1].copy(), 90),
    "brighter": lambda photo: cv2.convertScaleAbs(photo, alpha=0.8, beta=40),
}


@pytest.fixture(scope="module")
def photos():
    return [picture(number, (96, 80)) for number in range(COUNT)]


def found_among(photos):
    return near_duplicates(np.stack([thumbnail(photo) for photo in photos]))


@pytest.mark.parametrize("kind", COPIES)
def test_every_copy_is_a_near_duplicate_of_its_original(photos, kind):
    copies = [COPIES[kind](photo) for photo in photos]
    assert found_among(photos + copies) == {COUNT + index: index for index in range(COUNT)}


def test_different_photos_are_not(photos):
    assert found_among(photos) == {}


def test_a_copy_that_comes_first_is_the_one_to_be_kept(photos):
    assert found_among([photos[1], COPIES["mirrored"](photos[0]), photos[0]]) == {2: 1}


def test_blank_photos_are_no_duplicates_of_each_other():
    assert found_among([np.full((40, 40, 3), (value, 0, 0), np.uint8) for value in (10, 100, 200)]) == {}


def test_what_is_like_a_near_duplicate_alone_is_kept():
    assert duplicates.first_of({(0, 1), (1, 2), (1, 3), (0, 4)}) == {1: 0, 4: 0}


def near(values):
    """Pairs of places of hashes that are near."""
    found = [pairs for blocks in duplicates.CHOICES for pairs in duplicates._near(values, blocks)]
    return [pair for pairs in found for pair in zip(*pairs, strict=True)]


def test_all_pairs_of_near_hashes_are_found(rng):
    values = rng.integers(0, 2**64, 300, np.uint64)
    for index in range(100, 200):  # which differ from others in 0 to 9 bits
        flipped = rng.choice(64, index % 10, replace=False)
        values[index] = values[index - 100] ^ np.uint64(sum(1 << int(bit) for bit in flipped))
    found = [tuple(sorted(pair)) for pair in near(values)]
    expected = {
        (one, other)
        for one, other in itertools.combinations(range(300), 2)
        if (int(values[one]) ^ int(values[other])).bit_count() <= duplicates.MAX_BITS
    }
    assert set(found) == expected
    assert len(found) == len(expected)  # each once
    assert len(expected) >= 70


def test_a_hash_tells_where_the_right_neighbour_is_brighter():
    ramp = np.tile(np.arange(18, dtype=np.uint8), (16, 1))
    assert hashes(np.stack([ramp, ramp[:, ::-1]])).tolist() == [2**64 - 1, 0]


def test_photos_of_equal_hash_in_any_number_take_no_more_than_their_share_of_comparisons(monkeypatch):
    monkeypatch.setattr(duplicates, "_MAX_COMPARED", 5)
    assert len(near(np.zeros(100, np.uint64))) == 99 + 98 + 97 + 96

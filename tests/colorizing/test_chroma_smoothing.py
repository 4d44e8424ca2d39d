"""Chroma over time: what is the same keeps its colour, what is new takes its own."""

import cv2
import numpy as np
import pytest

from keras_scgan.colorizing.chroma_smoothing import ChromaSmoother, flicker

SIZE = 64


def texture(rng, width=SIZE):
    """`[SIZE, width, 1]` luma in [-0.6, 0.6] with detail by which motion can be seen."""
    noise = cv2.GaussianBlur(rng.normal(size=(SIZE, width)).astype(np.float32), (0, 0), 2)
    return (0.6 * noise / np.abs(noise).max())[..., np.newaxis]


def random_chroma(rng, count):
    """`[count, SIZE, SIZE, 2]` noise."""
    return rng.normal(0, 0.1, (count, SIZE, SIZE, 2)).astype(np.float32)


def test_still_content_is_filtered_recursively(rng):
    gray, chroma = texture(rng), random_chroma(rng, 8)
    smoother = ChromaSmoother(0.8)
    expected = chroma[0]
    for new in chroma:
        expected = 0.8 * expected + 0.2 * new
        np.testing.assert_allclose(smoother(gray, new), expected, atol=1e-5)


def test_smoothing_of_0_8_takes_away_85_percent_of_random_changes(rng):
    gray, smoother = texture(rng), ChromaSmoother(0.8)
    chroma = random_chroma(rng, 60)
    smoothed = np.stack([smoother(gray, new) for new in chroma])[30:]
    assert np.diff(smoothed, axis=0).std() / np.diff(chroma, axis=0).std() == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize("stride", [1, 4])
def test_colours_move_with_the_picture(rng, stride):
    """Also those of a map that has but one pixel for 16 of the picture, and by less than one of them."""
    wide = texture(rng, SIZE + 3)
    tint = np.linspace(-0.2, 0.2, SIZE + 3, dtype=np.float32)
    chroma = np.broadcast_to(tint[np.newaxis, :, np.newaxis], (SIZE, SIZE + 3, 2))
    before, after = (chroma[:, start : start + SIZE] for start in (0, 3))
    before, after = (part.reshape(SIZE // stride, stride, -1, stride, 2).mean((1, 3)) for part in (before, after))
    smoother = ChromaSmoother(0.8)
    smoother(wide[:, :SIZE], before)
    smoothed = smoother(wide[:, 3:], np.zeros_like(after))
    inside = slice(8 // stride, -8 // stride)
    np.testing.assert_allclose(smoothed[inside, inside], 0.8 * after[inside, inside], atol=5e-3)


def test_nothing_is_carried_over_a_cut(rng):
    smoother = ChromaSmoother(0.8)
    before, after = texture(rng), texture(rng)
    first, second = random_chroma(rng, 2)
    smoother(before, first)
    np.testing.assert_array_equal(smoother(after, second), second)
    assert smoother.cuts == 1


def test_a_film_whose_brightness_flickers_is_smoothed_like_one_whose_does_not(rng):
    gray, (first, second) = texture(rng), random_chroma(rng, 2)[:, :1, :1].repeat(SIZE, 1).repeat(SIZE, 2)
    smoother = ChromaSmoother(0.8)
    smoother(gray, first)
    smoothed = smoother(0.7 * gray - 0.15, second)
    assert np.abs(smoothed - (0.8 * first + 0.2 * second)).mean() < 0.05 * np.abs(second - first).mean()
    assert smoother.cuts == 0


def test_what_comes_into_view_takes_its_own_colour_at_once(rng):
    gray, (first, second) = texture(rng), random_chroma(rng, 2)
    smoother = ChromaSmoother(0.8)
    smoother(gray, first)
    covered = gray.copy()
    covered[20:40, 20:40] = 0.95
    smoothed = smoother(covered, second)
    inside = np.s_[26:34, 26:34]
    assert np.abs(smoothed - second)[inside].mean() < 0.1 * np.abs(first - second)[inside].mean()
    assert np.abs(smoothed - second)[:10].mean() > 0.7 * np.abs(first - second)[:10].mean()
    assert smoother.cuts == 0


def test_smoothing_of_0_leaves_colours_as_they_are(rng):
    gray, smoother = texture(rng), ChromaSmoother(0.0)
    for chroma in random_chroma(rng, 3):
        np.testing.assert_array_equal(smoother(gray, chroma), chroma)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_smoothing_has_a_range(smoothing):
    with pytest.raises(ValueError, match=rf"from 0 to below 1. Received: {smoothing}"):
        ChromaSmoother(smoothing)


def test_flicker_is_the_mean_change_of_cb_and_cr():
    frames = np.full((3, 4, 4, 3), 100, np.uint8)
    assert flicker(frames) == 0
    frames[1, ..., 2] += 10  # blue: 0.114 * 10 of luma, 0.564 * 8.86 of Cb, -0.713 * 1.14 of Cr
    assert flicker(iter(frames)) == pytest.approx((0.564 * 8.86 + 0.713 * 1.14) / 2, rel=1e-3)


def test_flicker_leaves_out_what_moves():
    frames = np.full((2, 4, 4, 3), 100, np.uint8)
    frames[1, :2] = (200, 50, 0)
    assert flicker(frames) == 0
    assert flicker(frames, still=50.0) > 20


def test_flicker_needs_still_content():
    with pytest.raises(ValueError, match="two frames"):
        flicker(np.zeros((1, 4, 4, 3), np.uint8))

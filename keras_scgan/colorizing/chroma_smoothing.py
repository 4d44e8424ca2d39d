"""Chroma of a video smoothed over time against flicker, and the measure of that flicker."""

import cv2
import numpy as np

from keras_scgan.photos import color
from keras_scgan.photos.resizing import shrink

TOLERANCE = 0.25
"""Difference of luma, in standard deviations of the picture's luma, at which the colour before counts 1/e as much."""

SAME_SCENE = 0.5
"""Share of the picture that must be found again, within `TOLERANCE`, in a frame of the same scene.

Of random pairs of photos at most 0.37 is; of frames that follow each other in one scene 0.64 and more.
"""

MAX_GAIN, MAX_OFFSET = 1.33, 32.0
"""Change of contrast, and of brightness (of 0 to 255), that the flicker of an old film may have."""


class ChromaSmoother:
    """Recursive temporal filter of a network's chroma, along the motion of the picture.

    A network colorizes each frame by itself, so noise makes the colour of a thing change from frame to frame. Here the
    smoothed chroma of the frame before is moved along by dense optical flow of the luma, and mixed with this frame's:

        smoothed(t) = weight * moved(smoothed(t - 1)) + (1 - weight) * chroma(t)
        weight = smoothing * exp(-(d / tolerance)²), tolerance = TOLERANCE * standard deviation of luma

    `d` is the difference of luma between the moved frame and this one, averaged over 5x5 pixels against grain, after
    the brightness and contrast of the two are made equal, so that an old film that flickers is smoothed no less. What
    the frame before did not show (uncovered background, a border that came into view) takes its new colour at once.
    At a cut nothing is carried over: where `d` is within the tolerance on less than `SAME_SCENE` of the picture. The
    filter looks only backwards and holds one frame, so that a video of any length streams through it.

    Args:
        smoothing: float from 0 to below 1. Weight of the frames before, where they agree; 0 leaves colours as they
            are. 0.8 takes away 85% of a change from frame to frame that is random.

    Reference:
        Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search" (the flow). Lai et al. 2018, "Learning
        Blind Video Temporal Consistency", eq. 4-5: the same weight by warping error, there in a loss.
    """

    def __init__(self, smoothing=0.8):
        if not 0.0 <= smoothing < 1.0:
            raise ValueError(f"smoothing must be from 0 to below 1. Received: {smoothing}")
        self.smoothing = smoothing
        self.cuts = 0
        """Cuts found so far."""
        self._flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._gray = None
        self._chroma = None

    def __call__(self, gray, chroma):
        """Smooths the chroma of the next frame.

        Args:
            gray: `[S, S, 1]` floating-point luma of the frame in [-1, 1].
            chroma: `[s, s, 2]` floating-point chroma of the network, of any range, at the same size or a smaller one.

        Returns:
            `[s, s, 2]` float32, the smoothed chroma.
        """
        luma = color.to_uint8(color.denormalize(gray))[..., 0]
        chroma = np.array(chroma, np.float32)
        if self.smoothing and self._gray is not None:
            flow = self._flow.calc(luma, self._gray, None)
            difference = self._difference(luma, flow)
            if (difference < 1).mean() < SAME_SCENE:
                self.cuts += 1
            else:
                weight = shrink(self.smoothing * np.exp(-np.square(difference)), chroma.shape[:2])
                scale = len(chroma) / len(luma)
                moved = _moved(self._chroma, shrink(flow, chroma.shape[:2]) * np.float32(scale))
                chroma += weight[..., np.newaxis] * (moved - chroma)
        self._gray, self._chroma = luma, chroma
        return chroma

    def _difference(self, luma, flow):
        """How far the frame before, moved to where things are in `luma`, differs from it, `[S, S]` in tolerances."""
        height, width = luma.shape
        before = _moved(self._gray, flow)
        gain, offset = _exposure(before[::2, ::2], luma[::2, ::2])
        difference = np.abs(cv2.blur(gain * before + (offset - luma), (5, 5)))
        there = _positions(flow)
        out_of_view = ((there < -0.5) | (there > (width - 0.5, height - 0.5))).any(axis=-1)
        difference[out_of_view] = np.inf
        return difference / np.float32(max(TOLERANCE * luma.std(), 1.0))


def _positions(flow):
    """Where the pixels of an image come from, `[h, w, 2]` as x and y."""
    height, width = flow.shape[:2]
    return flow + np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)


def _moved(image, flow):
    return cv2.remap(image, _positions(flow), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _exposure(before, after):
    """Gain and offset that take `before` to `after`: least squares over that half of the pixels that fit best."""
    before, after = (luma.ravel().astype(np.float32) for luma in (before, after))
    error = np.abs(before - after - np.median(before - after))
    for _ in range(3):
        best = error <= np.median(error)
        x, y = before[best], after[best]
        gain = np.clip(np.mean((x - x.mean()) * (y - y.mean())) / max(x.var(), 1.0), 1 / MAX_GAIN, MAX_GAIN)
        offset = np.clip(y.mean() - gain * x.mean(), -MAX_OFFSET, MAX_OFFSET)
        error = np.abs(gain * before + offset - after)
    return gain, offset


def flicker(frames, still=4.0):
    """Mean frame-to-frame change of chroma on still content: what the eye sees as flicker. Lower is better.

    A pixel is still between two frames when its luma changes by less than `still`. A colorizer keeps the luma, so that
    the same pixels are compared whatever the colours.

    Args:
        frames: iterable of `[H, W, 3]` uint8 RGB frames of one size, two or more. Two are held at a time.
        still: float. Levels of luma, of 0 to 255.

    Returns:
        Mean of the absolute changes of Cb and Cr (of 0 to 255) over all still pixels of all pairs of frames.
    """
    total, count, before = 0.0, 0, None
    for frame in frames:
        ycc = cv2.cvtColor(np.asarray(frame, np.float32), cv2.COLOR_RGB2YCrCb)
        if before is not None:
            change = np.abs(ycc - before)
            changes = change[change[..., 0] < still, 1:]
            total += changes.sum(dtype=np.float64)
            count += changes.size
        before = ycc
    if not count:
        raise ValueError("flicker needs two frames or more with still content between them.")
    return total / count

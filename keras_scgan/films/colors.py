"""How the numbers of a film's picture stand for light and colour, and its chroma in the same numbers."""

import dataclasses

import cv2
import numpy as np

from keras_scgan.photos import color

FULL_RANGE, LIMITED_RANGE = 2, 1
"""FFmpeg's numbers of the ranges: 0 to 255, and 16 to 235 with chroma from 16 to 240."""

_BT709, _BT601 = 1, 6
_LUMA_WEIGHTS = {
    _BT709: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (color.LUMA_WEIGHTS[0], color.LUMA_WEIGHTS[2]),
    _BT601: (color.LUMA_WEIGHTS[0], color.LUMA_WEIGHTS[2]),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
"""Weights of red and blue in the luma by FFmpeg's number of the matrix (ITU-T H.273, table 4)."""

_GRAY = ("gray", "ya", "mono")
"""How the names of formats begin that have luma alone."""

_HD_LINES = 720
_BLACK, _WHITE = 16, 235
_CHROMA_SPAN = 224 / 255


def has_luma(frame):
    """Whether a frame is luma and chroma, or grey, and not red, green and blue or of a palette of these."""
    return not frame.format.is_rgb and frame.format.name != "pal8"


@dataclasses.dataclass(frozen=True)
class Colors:
    """What a film says of its colours, in FFmpeg's numbers, which are those of ITU-T H.273.

    Args:
        matrix: int. Which luma and chroma a colour has.
        range: int. `FULL_RANGE` or `LIMITED_RANGE`.
        primaries: int. Which colours red, green and blue are.
        transfer: int. How light the values are.
    """

    matrix: int
    range: int
    primaries: int
    transfer: int

    @classmethod
    def of(cls, frame):
        """Those of a frame. Where it does not say, players judge by its height, and so is done here."""
        matrix = _BT709 if frame.height >= _HD_LINES else _BT601
        if has_luma(frame) and frame.colorspace in _LUMA_WEIGHTS:
            matrix = frame.colorspace
        is_full = frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj")
        is_full |= frame.color_range != LIMITED_RANGE and frame.format.name.startswith(_GRAY)
        is_full &= has_luma(frame)
        return cls(matrix, FULL_RANGE if is_full else LIMITED_RANGE, frame.color_primaries, frame.color_trc)

    def gray(self, luma):
        """The luma of a frame, `[H, W]` uint8, as grey from 0, black, to 255, white."""
        return luma if self.range == FULL_RANGE else cv2.LUT(luma, _TO_GRAY)

    def luma(self, rgb):
        """The luma of colours, `[H, W, 3]` uint8, in the numbers of a frame: `[H, W]` uint8."""
        red, blue = _LUMA_WEIGHTS[self.matrix]
        gray = cv2.transform(rgb, np.array([[red, 1 - red - blue, blue]]))
        return gray if self.range == FULL_RANGE else cv2.LUT(gray, _FROM_GRAY)

    def yuv420(self, luma, rgb):
        """The numbers of a coloured frame, with a luma that need not be that of the colours.

        Args:
            luma: `[H, W]` uint8, of even height and width, in the numbers of a frame.
            rgb: `[H, W, 3]` uint8, the same frame in colour.

        Returns:
            `[H * 3 // 2, W]` uint8: the luma, and the chroma at half the height and width below it.
        """
        height, width = luma.shape
        result = np.empty((height * 3 // 2, width), np.uint8)
        result[:height] = luma
        small = cv2.resize(rgb, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        chroma = cv2.transform(small, self._chroma_matrix())
        result[height:] = np.moveaxis(chroma, -1, 0).reshape(-1, width)
        return result

    def _chroma_matrix(self):
        """`[2, 4]`: what red, green, blue and one add to Cb and Cr."""
        red, blue = _LUMA_WEIGHTS[self.matrix]
        luma = np.array([red, 1 - red - blue, blue])
        matrix = np.array([(np.eye(3)[2] - luma) / (2 * (1 - blue)), (np.eye(3)[0] - luma) / (2 * (1 - red))])
        span = 1 if self.range == FULL_RANGE else _CHROMA_SPAN
        return np.column_stack([matrix * span, [128, 128]])


_TO_GRAY = color.to_uint8((np.arange(256, dtype=np.float32) - _BLACK) * (255 / (_WHITE - _BLACK)))
_FROM_GRAY = color.to_uint8(np.arange(256, dtype=np.float32) * ((_WHITE - _BLACK) / 255) + _BLACK)

"""Grids of pictures with headings, captions and colour scales, for papers and the screen.

Samples of a training, comparisons and figures are all drawn here.
"""

import dataclasses

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_scgan.photos import color
from keras_scgan.photos.resizing import resize
from keras_scgan.program.files import atomic_path

DPI = 150
TALLEST = 2
"""Height of a panel over its width, at most: a taller photo is drawn narrower."""
_HEADING, _CAPTION, _NAME, _BAR, _GAP = 34, 26, 28, 62, 6  # pixels
_TICK = 60  # pixels from one number of a scale to the next, at least
_FONT = 9.0
_FULL_FONT_WIDTH = 240  # pixels of a panel from which headings have room
_HEAT_SHARE = 0.6


@dataclasses.dataclass
class Panel:
    """A picture of a grid.

    Args:
        image: `[H, W, 3]` or `[H, W]` uint8.
        caption: string. A line below it.
    """

    image: np.ndarray
    caption: str = ""


@dataclasses.dataclass
class Scale:
    """A scale of colours, from `low` to `high`.

    Args:
        title: string. What is measured.
        low: float.
        high: float.
        colormap: string. Name of one of Matplotlib's.
    """

    title: str
    low: float
    high: float
    colormap: str = "viridis"

    def over(self, gray, values):
        """Draws a heat map over a photo.

        Args:
            gray: `[H, W]` uint8.
            values: `[H, W]` floating point.

        Returns:
            `[H, W, 3]` uint8 RGB.
        """
        heat = 255.0 * self.mappable().to_rgba(values)[..., :3]
        return color.to_uint8(_HEAT_SHARE * heat + (1.0 - _HEAT_SHARE) * gray[..., np.newaxis])

    def mappable(self):
        """Matplotlib's object for the scale."""
        high = self.high if self.high > self.low else self.low + 1.0  # where all values are the same
        return ScalarMappable(Normalize(self.low, high), matplotlib.colormaps[self.colormap])


def draw_grid(headings, rows, *, names=None, scales=None):
    """Draws pictures in rows and columns.

    Args:
        headings: list of strings, one a column.
        rows: list of rows, each a list of `Panel`s of one width, made by `fit`, or of `None` where there is nothing.
        names: list of strings, one a row, written beside it. Defaults to `None`: no names.
        scales: dict of `Scale`s by `(first, last)` column, drawn below these.

    Returns:
        A Matplotlib figure.
    """
    width = max(panel.image.shape[1] for row in rows for panel in row if panel)
    heights = [max(panel.image.shape[0] for panel in row if panel) for row in rows]
    captions = [_CAPTION if any(panel and panel.caption for panel in row) else 0 for row in rows]
    left = (_NAME if names else 0) + _GAP
    starts = [left + i * (width + _GAP) for i in range(len(headings))]
    height = _HEADING + sum(heights) + sum(captions) + _GAP * len(rows)
    page = _Page(starts[-1] + width + _GAP, height + (_BAR if scales else 0), min(1.0, width / _FULL_FONT_WIDTH))

    for x, heading in zip(starts, headings, strict=True):
        page.write(x + width / 2, _HEADING / 2, heading, 1.0)
    y = _HEADING
    for i, row in enumerate(rows):
        if names:
            page.write(left / 2, y + heights[i] / 2, shortened(names[i], heights[i] // 10), 0.7, rotation=90)
        for x, panel in zip(starts, row, strict=True):
            if panel:
                page.paint(x, y, width, heights[i], panel.image)
                page.write(x + width / 2, y + heights[i] + captions[i] / 2, panel.caption, 0.8)
        y += heights[i] + captions[i] + _GAP
    for (first, last), scale in (scales or {}).items():
        page.draw_scale(starts[first], y, starts[last] + width - starts[first], scale)
    return page.figure


class _Page:
    """A Matplotlib figure on which places are pixels from its upper left corner."""

    def __init__(self, width, height, font_scale):
        self.size = width, height
        self.font_size = _FONT * font_scale
        # Matplotlib rounds down.
        self.figure = Figure(figsize=((width + 0.1) / DPI, (height + 0.1) / DPI), dpi=DPI)

    def write(self, x, y, text, size, **options):
        place = x / self.size[0], 1.0 - y / self.size[1]
        centered = {"ha": "center", "va": "center", "parse_math": False}
        self.figure.text(*place, text, fontsize=size * self.font_size, **centered, **options)

    def paint(self, x, y, width, height, image):
        """Puts a picture in the middle of a box, pixel for pixel."""
        x, y = x + (width - image.shape[1]) // 2, y + (height - image.shape[0]) // 2
        # From the lower left corner.
        self.figure.figimage(_to_rgb(image), x, self.size[1] - y - image.shape[0])

    def draw_scale(self, x, y, width, scale):
        box = x + 0.1 * width, self.size[1] - y - 16, 0.8 * width, 12  # from the lower left corner
        axes = self.figure.add_axes([pixels / side for pixels, side in zip(box, 2 * self.size, strict=True)])
        bar = self.figure.colorbar(scale.mappable(), cax=axes, orientation="horizontal")
        bar.locator = MaxNLocator(max(1, int(box[2] // _TICK)), steps=[1, 2, 4, 5, 10])
        bar.ax.tick_params(labelsize=0.7 * self.font_size, pad=1, length=2)
        bar.set_label(scale.title, fontsize=0.8 * self.font_size, labelpad=1)


def shortened(text, length):
    """A text that is cut, with an ellipsis, where it has more than so many characters."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def save(figure, path):
    """Writes a Matplotlib figure as a PNG, whole or not at all."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary)


def pixels(figure):
    """What a Matplotlib figure looks like, `[H, W, 3]` uint8 RGB."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def fit(image, width, shape=None):
    """Resizes a picture to a panel's width, with its aspect ratio; narrower where it would be over `TALLEST`.

    Args:
        image: `[H, W]` or `[H, W, C]`, uint8 or float32.
        width: int. Pixels.
        shape: tuple. The first two numbers are the height and width of the photo whose aspect ratio the result has.
            Defaults to the image's own.

    Returns:
        Array of the same type.
    """
    photo_height, photo_width = (shape or image.shape)[:2]
    height = width * photo_height / photo_width
    scale = min(1.0, TALLEST * width / height)
    return resize(image, (max(1, round(scale * height)), max(1, round(scale * width))))


def _to_rgb(image):
    return np.broadcast_to(image[..., np.newaxis], (*image.shape, 3)) if image.ndim == 2 else image

"""Pictures of a comparison: the box plot of the CCI, and the best and worst photos of a method."""

import bisect

import cv2
import numpy as np
from matplotlib.figure import Figure

from keras_scgan.evaluation import metrics
from keras_scgan.photos import color

SHOWN = 6
"""Best photos on a contact sheet, and worst."""

TILE = 192
"""Pixels of a side of a photo on a contact sheet."""

_HEADER = 20


def draw_cci_boxes(groups):
    """Box plot of the CCI with the band of natural photos: figure 5 of the paper.

    Args:
        groups: dict from titles of panels to dicts from methods to lists of CCIs.

    Returns:
        matplotlib figure. Boxes end at the quartiles, whiskers at most 1.5 times the box's height further; photos
        beyond are left out.
    """
    figure = Figure(figsize=(1.5 + sum(1 + len(ccis) for ccis in groups.values()), 5), layout="constrained")
    axes = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for panel, (title, ccis) in zip(axes, groups.items(), strict=True):
        panel.axhspan(*metrics.CCI_BAND, color="tab:green", alpha=0.25, label="natural: 16 to 20")
        panel.boxplot(list(ccis.values()), tick_labels=list(ccis), showfliers=False)
        panel.set_title(title, fontsize="medium")
        panel.tick_params(axis="x", rotation=30)
    axes[0].set_ylabel("CCI (colour colorfulness index)")
    axes[0].legend(loc="upper right")
    return figure


class Extremes:
    """The best and the worst photos so far by a score, as many of each as a contact sheet shows.

    Small copies alone are kept.
    """

    def __init__(self):
        self._entries = []

    def __len__(self):
        return len(self._entries)

    def add(self, score, key, truth, image):
        """Takes a photo into account.

        Args:
            score: float. Higher is better.
            key: str. The photo's name.
            truth: `[H, W, 3]` uint8 RGB.
            image: likewise, the method's result.
        """
        place = bisect.bisect([entry[0] for entry in self._entries], score)
        full = len(self._entries) >= 2 * SHOWN
        if full and SHOWN <= place <= len(self._entries) - SHOWN:
            return
        gray = cv2.cvtColor(color.to_gray(truth), cv2.COLOR_GRAY2RGB)
        row = np.concatenate([_tile(picture) for picture in (gray, truth, image)], axis=1)
        self._entries.insert(place, (score, key, row))
        if full:
            del self._entries[SHOWN]

    def draw(self):
        """The contact sheet, `[H, W, 3]` uint8 RGB: the best on the left, the worst on the right, each with its input,
        the truth and the result. At least one photo must have been added.
        """  # fmt: skip
        count = min(SHOWN, (len(self._entries) + 1) // 2)
        best, worst = self._entries[::-1][:count], self._entries[: min(count, len(self._entries) - count)]
        columns = [_column(title, rows, count) for title, rows in (("best", best), ("worst", worst)) if rows]
        return np.concatenate(columns, axis=1)


def _column(title, entries, count):
    lines = [_header(f"{title}: grey, truth, result")]
    for score, key, row in entries:
        lines += [_header(f"{score:.2f} dB  {key}"), row]
    blank = np.full(((count - len(entries)) * (_HEADER + TILE), 3 * TILE, 3), 255, np.uint8)
    return np.concatenate([*lines, blank])


def _header(text):
    header = np.full((_HEADER, 3 * TILE, 3), 255, np.uint8)
    return cv2.putText(header, text, (4, _HEADER - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)


def _tile(picture):
    """The picture on a white square, its aspect ratio kept."""
    scale = TILE / max(picture.shape[:2])
    height, width = (max(1, round(scale * side)) for side in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    top, left = (TILE - height) // 2, (TILE - width) // 2
    white = (255, 255, 255)
    return cv2.copyMakeBorder(
        small, top, TILE - height - top, left, TILE - width - left, cv2.BORDER_CONSTANT, value=white
    )

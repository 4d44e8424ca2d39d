"""Pictures of a comparison: the box plot of the CCI, and the best and worst photos of a method."""

import bisect

from matplotlib.figure import Figure

from keras_scgan.evaluation import metrics
from keras_scgan.evaluation.methods import TRUTH
from keras_scgan.photos import color
from keras_scgan.visualization import grid

SHOWN = 6
"""Best photos on a contact sheet, and worst."""

TILE = 192
"""Width of a photo on a contact sheet, in pixels."""

_CAPTION_LENGTH = 80  # characters, for which three photos have room


def draw_cci_boxes(groups):
    """Box plot of the CCI with the paper's band of natural photos, in which few are: figure 5 of the paper.

    Args:
        groups: dict from titles of panels to dicts from methods to lists of CCIs.

    Returns:
        matplotlib figure. Boxes end at the quartiles, whiskers at most 1.5 times the box's height further; photos
        beyond are left out.
    """
    figure = Figure(figsize=(1.5 + sum(1 + len(ccis) for ccis in groups.values()), 5), layout="constrained")
    axes = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for panel, (title, ccis) in zip(axes, groups.items(), strict=True):
        label = "the paper's natural band"
        if TRUTH in ccis:
            label += f", with {metrics.cci_ratio(ccis[TRUTH]):.0%} of the true photos"
        panel.axhspan(*metrics.CCI_BAND, color="tab:green", alpha=0.25, label=label)
        panel.boxplot(list(ccis.values()), tick_labels=list(ccis), showfliers=False)
        panel.set_title(title, fontsize="medium")
        panel.tick_params(axis="x", rotation=30)
    axes[0].set_ylabel("CCI (colour colorfulness index)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", fontsize="small")
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
        pictures = [grid.fit(picture, TILE) for picture in (color.to_gray(truth), truth, image)]
        self._entries.insert(place, (score, key, pictures))
        if full:
            del self._entries[SHOWN]

    def draw(self):
        """The contact sheet, a Matplotlib figure: the best on the left, the worst on the right, each with its input,
        the truth and the result. At least one photo must have been added.
        """  # fmt: skip
        count = min(SHOWN, (len(self._entries) + 1) // 2)
        best, worst = self._entries[::-1][:count], self._entries[: min(count, len(self._entries) - count)]
        halves = {title: entries for title, entries in (("Best", best), ("Worst", worst)) if entries}
        headings = [heading for title in halves for heading in (f"{title}: grey", "truth", "result")]
        rows = [[panel for entries in halves.values() for panel in _panels(entries, i)] for i in range(count)]
        return grid.draw_grid(headings, rows)


def _panels(entries, i):
    """The pictures of an entry, with its score and name below that in the middle; blanks where there is none."""
    if i >= len(entries):
        return [None] * 3
    score, key, pictures = entries[i]
    caption = grid.shortened(f"{score:.2f} dB  {key}", _CAPTION_LENGTH)
    return [grid.Panel(picture, text) for picture, text in zip(pictures, ("", caption, ""), strict=True)]

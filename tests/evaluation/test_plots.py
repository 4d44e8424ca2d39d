"""The box plot has a box a method and the band; the contact sheet has the best and the worst."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from keras_scgan.evaluation import plots


def gray_picture(value, shape=(40, 20)):
    return np.full((*shape, 3), value, np.uint8)


def test_box_plot_has_a_panel_a_kind_and_a_box_a_method_over_the_band():
    figure = plots.draw_cci_boxes({"network": {"truth": [10, 20, 30], "mine": [1, 2, 3]}, "pipeline": {"truth": [5]}})
    first, second = figure.axes
    assert [axes.get_title() for axes in (first, second)] == ["network", "pipeline"]
    assert [label.get_text() for label in first.get_xticklabels()] == ["truth", "mine"]
    (band,) = [patch for patch in second.patches if isinstance(patch, Rectangle)]
    assert (band.get_y(), band.get_height()) == (16, 4)
    (legend,) = figure.legends  # beside the panels, so that it covers no box
    assert legend.get_texts()[0].get_text() == "the paper's natural band, with 33% of the true photos"
    medians = [line.get_ydata()[0] for line in first.lines if len(set(line.get_ydata())) == 1]
    assert {20, 2} <= set(medians)


def shown(extremes):
    """Grey values of the results on a sheet: of the best from the top, and of the worst."""
    results = {}
    for picture in extremes.draw().images[2::3]:
        results.setdefault(picture.ox, []).append((-picture.oy, int(picture.get_array()[0, 0, 0])))
    return [[value for _, value in sorted(results[x])] for x in sorted(results)]


@pytest.mark.parametrize("order", [1, -1])
def test_contact_sheet_shows_the_best_and_the_worst_of_many(order):
    extremes = plots.Extremes()
    for score in range(30)[::order]:
        extremes.add(float(score), f"photo {score}", gray_picture(100), gray_picture(score))
    assert len(extremes) == 2 * plots.SHOWN
    assert shown(extremes) == [[29, 28, 27, 26, 25, 24], [0, 1, 2, 3, 4, 5]]


def test_contact_sheet_shows_no_photo_twice():
    extremes = plots.Extremes()
    for score in (3, 1, 2):
        extremes.add(float(score), "photo", gray_picture(100), gray_picture(score))
    assert shown(extremes) == [[3, 2], [1]]


def test_contact_sheet_of_one_photo_has_input_truth_and_result_in_their_shape():
    extremes = plots.Extremes()
    truth = gray_picture(0, (20, 40))
    truth[..., 0] = 255
    extremes.add(1.234, "folder/photo", truth, gray_picture(50, (20, 40)))
    sheet = extremes.draw()
    texts = [text.get_text() for text in sheet.texts]
    assert [text for text in texts if text] == ["Best: grey", "truth", "result", "1.23 dB  folder/photo"]
    pictures = [picture.get_array() for picture in sheet.images]
    assert {picture.shape for picture in pictures} == {(plots.TILE // 2, plots.TILE, 3)}
    assert [tuple(map(int, picture[9, 9])) for picture in pictures] == [(76, 76, 76), (255, 0, 0), (50, 50, 50)]

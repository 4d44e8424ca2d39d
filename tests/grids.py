"""The pictures of a grid that `keras_scgan.visualization.grid` drew."""

import cv2

from keras_scgan.visualization import grid


def pictures_of(path, rows, columns, side=64):
    """Squares of a grid without names and captions, `[rows, columns, side, side, 3]` in OpenCV's order.

    Fails if the file has not just these.
    """
    page = cv2.imread(str(path)).astype(int)
    step = side + grid._GAP
    assert page.shape == (grid._HEADING + rows * step, grid._GAP + columns * step, 3)
    assert (page[: grid._HEADING] < 128).any()
    squares = page[grid._HEADING :, grid._GAP :].reshape(rows, step, columns, step, 3).swapaxes(1, 2)
    return squares[:, :, :side, :side]

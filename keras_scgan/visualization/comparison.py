"""Colorizations of many methods side by side: the paper's figures 1, 4, 6, 10 and 12."""

from keras_scgan.photos import color
from keras_scgan.visualization.figures import rgb_of
from keras_scgan.visualization.grid import Panel, fit


def comparison_row(photo, truth, results, colorizers, *, width=320):
    """The pictures of one photo: greyscale, every method's, the truth.

    Args:
        photo: `[H, W]`, `[H, W, 3]` or `[H, W, 4]` uint8 or uint16.
        truth: bool. Whether its colours are the true ones, to be shown; not so of a greyscale photo.
        results: dict by name of pictures of any size, `[h, w, 3]` or `[h, w]` uint8. They get the photo's aspect ratio.
        colorizers: dict by name of `Colorizer`s.
        width: int. Pixels of a picture.

    Returns:
        Dict by heading of `Panel`s, or of `None` for the truth where there is none.
    """
    original = rgb_of(fit(photo, width))
    images = {"Greyscale": color.to_gray(original)}
    images |= {name: fit(picture, width, photo.shape) for name, picture in results.items()}
    images |= {name: rgb_of(fit(colorizer.colorize(photo), width)) for name, colorizer in colorizers.items()}
    images["Ground truth"] = original if truth else None
    return {heading: None if image is None else Panel(image) for heading, image in images.items()}

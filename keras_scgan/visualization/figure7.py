"""What the saliency branch attends to: the paper's figure 7."""

from keras_scgan.colorizing.runners import split_batch
from keras_scgan.photos import color
from keras_scgan.visualization.figures import rgb_of, weighted
from keras_scgan.visualization.grid import Panel, fit


def figure7_row(photo, truth, colorizer, *, true_map=None, baseline=None, own_output=False, width=320):
    """The pictures of one photo, in the paper's order.

    Args:
        photo: `[H, W]`, `[H, W, 3]` or `[H, W, 4]` uint8 or uint16.
        truth: bool. Whether its colours are the true ones, to be shown; not so of a greyscale photo.
        colorizer: `Colorizer` of a generator with a saliency branch.
        true_map: `[h, w]` uint8 saliency map. Defaults to `None`: none is known.
        baseline: `Colorizer` of another generator, as of one that was trained without saliency, to compare with.
        own_output: bool. Whether the colours are the network's own output, as the paper's are, and not the full
            pipeline's. The colorizer must squeeze photos then.
        width: int. Pixels of a picture.

    Returns:
        Dict by heading of `Panel`s, or of `None` where there is nothing to show.

    Reference:
        Figure 7 of [SCGAN](https://arxiv.org/abs/2011.11377).
    """
    (outputs,) = split_batch(colorizer.predict(colorizer.prepare(photo)[None]))
    if own_output:
        colorized = fit(color.to_uint8(color.denormalize(outputs["color"])), width, photo.shape)
    else:
        colorized = rgb_of(fit(colorizer.finish(photo, outputs), width))
    saliency = fit(colorizer.saliency_map(photo, outputs["saliency"]), width)
    original = rgb_of(fit(photo, width))
    if true_map is not None:
        true_map = fit(true_map, width, photo.shape)
    images = {
        "Greyscale": color.to_gray(original),
        "Baseline": None if baseline is None else rgb_of(fit(baseline.colorize(photo), width)),
        "Colorized": colorized,
        "Ground truth": original if truth else None,
        "Saliency": saliency,
        "True saliency": true_map,
        "Weighted": weighted(colorized, saliency),
        "Weighted truth": weighted(original, true_map) if truth and true_map is not None else None,
    }
    return {heading: None if image is None else Panel(image) for heading, image in images.items()}

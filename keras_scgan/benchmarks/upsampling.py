"""How well chroma is enlarged: true chroma, made small, against itself."""

import cv2
import numpy as np

from keras_scgan.colorizing.upsampling import METHODS, upsample_chroma
from keras_scgan.evaluation import metrics
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo
from keras_scgan.photos.resizing import to_square


def benchmark_upsampling(paths, size, factors):
    """Measures each method of enlargement.

    A photo is made small enough that its chroma, which JPEG files mostly hold at half the resolution, is true at every
    pixel. Its chroma is averaged down by a factor, enlarged, and put on the photo's luma.

    Args:
        paths: list of paths of colour photos.
        size: int. Pixels of a side of the photos.
        factors: list of ints by which chroma is made smaller.

    Returns:
        List of dicts: `factor`, `method`, `chroma_psnr` (dB) and `bleeding` (see there), means over the photos.
    """
    values = {(factor, method): [] for factor in factors for method in METHODS}
    for path in paths:
        photo = to_square(read_photo(path).pixels, size)
        gray = color.to_gray(photo)
        chroma = color.chroma(photo.astype(np.float32) / 255)
        for factor, method in values:
            small = to_square(chroma, size // factor)
            result = color.recolor(gray, *upsample_chroma(small, gray, method))
            values[factor, method].append((metrics.chroma_psnr(result, photo), bleeding(result, photo)))
    return [
        {
            "factor": factor,
            "method": method,
            "chroma_psnr": float(np.mean([psnr for psnr, _ in pairs])),
            "bleeding": float(np.mean([bleeding for _, bleeding in pairs])),
            "photos": len(pairs),
        }
        for (factor, method), pairs in values.items()
    ]


def bleeding(image, truth):
    """How far colours run over the edges between them: root mean square error of a and b of CIE Lab along these.

    The edges are the 5 % of pixels where a and b of the true picture change most (Sobel), and what lies within two
    pixels of them.

    Args:
        image: `[H, W, 3]` uint8 RGB.
        truth: likewise.
    """
    predicted, true = (
        cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[..., 1:] for picture in (image, truth)
    )
    gradients = [cv2.Sobel(true, cv2.CV_32F, *direction) for direction in ((1, 0), (0, 1))]
    steepness = np.sum(np.square(gradients), axis=(0, -1))
    edges = (steepness > np.quantile(steepness, 0.95)).astype(np.uint8)
    near = cv2.dilate(edges, np.ones((5, 5), np.uint8)).astype(bool)
    return float(np.sqrt(np.mean(np.square(predicted[near] - true[near]))))

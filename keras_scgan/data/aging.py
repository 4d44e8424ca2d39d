"""What time, albums and scanners do to photographs: an augmentation of what networks see.

Each effect is a function of `image`, `[H, W]` float32 in [0, 1], `rng`, a NumPy `Generator`, and `amount`, a float in
(0, 1], which returns another image in [0, 1]. Lengths are in pixels of a photo of 224 a side, and grow with the photo.
"""

import cv2
import numpy as np

from keras_scgan.photos import color

CLEAN_SHARE = 1 / 3
"""Of the samples that `age` leaves as they are, since photos without faults shall be colorized as well as ever."""

_SIDE = 224
_LEAST = 0.15
"""Least share of the strength that an effect has where it is there at all."""


def age(gray, rng, strength, clean_share=CLEAN_SHARE):
    """Makes a photo look like the scan of an old one.

    Args:
        gray: `[H, W, 1]` float32 in [-1, 1].
        rng: NumPy `Generator`, which all that is drawn comes from.
        strength: float in [0, 1]. 0 leaves all as it is; 0.5 is what scans of old photos mostly look like; 1 is what
            the worst of a family album do. Both how often an effect is met and how large it is grow with it.
        clean_share: float in [0, 1]. Share of the photos that are left as they are.

    Returns:
        `[H, W, 1]` float32 in [-1, 1]. Where nothing is changed, it is `gray` itself.
    """
    if strength == 0 or rng.random() < clean_share:
        return gray
    image = original = _clip(0.5 * gray[..., 0] + 0.5)
    for effect, probability in _EFFECTS:
        if rng.random() < probability * np.sqrt(strength):
            image = effect(image, rng, float(strength) * rng.uniform(_LEAST, 1.0))
    return gray if image is original else (2.0 * image - 1.0)[..., np.newaxis]


def age_by_name(gray, name, strength):
    """Ages a photo, always in the same way, and none is left as it is.

    Args:
        gray: `[H, W]` uint8.
        name: str. Key of all that is drawn.
        strength: float in [0, 1], as of `age`.

    Returns:
        `[H, W]` uint8.
    """
    rng = np.random.default_rng([*name.encode(errors="surrogateescape")])
    aged = age(color.normalize(gray.astype(np.float32))[..., np.newaxis], rng, strength, clean_share=0.0)
    return color.to_uint8(color.denormalize(aged[..., 0]))


# === When the photo is taken and printed ===


def expose(image, rng, amount):
    """Contrast that is too hard for the material: shadows and highlights are lost."""
    pivot, gain = rng.uniform(0.3, 0.7), 1.0 + 0.6 * amount
    return _clip(gain * (image - pivot) + pivot)


def blur(image, rng, amount):
    """Poor lenses, wrong focus, and moved cameras, which blur along one direction more than across it."""
    sigma = 1.8 * amount * _scale(image)
    blurred = cv2.GaussianBlur(image, (0, 0), max(0.1, sigma))
    if rng.random() < 0.75:
        return _clip(blurred)
    angle, length = rng.uniform(0.0, np.pi), 3.0 * sigma
    return _clip(cv2.filter2D(blurred, -1, _line_kernel(angle, length), borderType=cv2.BORDER_REFLECT_101))


def grain(image, rng, amount):
    """Grain of film and paper: correlated over a pixel or so, and strongest in the middle tones."""
    noise = rng.standard_normal(image.shape, np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.4, 1.0) * _scale(image))
    deviation = 0.045 * amount / max(float(noise.std()), 1e-6)
    return _clip(image + deviation * noise * (0.4 + 2.4 * image * (1.0 - image)))


# === What years do ===


def fade(image, rng, amount):
    """Blacks that have become grey and whites that have yellowed, with other middle tones."""
    black, white = 0.4 * amount * rng.random(), 1.0 - 0.35 * amount * rng.random()
    gamma = 2.0 ** (0.7 * amount * rng.uniform(-1.0, 1.0))
    return (white - black) * cv2.pow(image, gamma) + black


def vignette(image, rng, amount):
    """Corners that are darker, as of old lenses, or paler, as of prints that fade from their edges."""
    height, width = image.shape
    y, x = rng.uniform(0.4, 0.6), rng.uniform(0.4, 0.6)
    rows = np.square(np.arange(height, dtype=np.float32) / height - y)
    columns = np.square(np.arange(width, dtype=np.float32) / width - x)
    share = np.minimum(1.2 * amount * (rows[:, np.newaxis] + columns), 0.7)
    edge = 0.0 if rng.random() < 0.65 else rng.uniform(0.6, 0.9)
    return image + share * (edge - image)


def shade(image, rng, amount):
    """Smooth light and dark areas: uneven development and fading, warped prints under the scanner's light."""
    field = _smooth_noise(rng, image.shape, int(rng.integers(1, 4)))
    return _clip(image * (1.0 + 0.14 * amount * field) + 0.04 * amount * field)


def blotch(image, rng, amount):
    """Stains with irregular outlines, lighter or darker than what they are on."""
    count = int(rng.integers(3, 9))
    field = _smooth_noise(rng, image.shape, count) + 0.4 * _smooth_noise(rng, image.shape, 4 * count)
    mask = np.clip((field - rng.uniform(1.0, 1.8)) / rng.uniform(0.3, 1.2), 0.0, 1.0)
    value = rng.uniform(0.7, 0.95) if rng.random() < 0.5 else 0.2
    return _blend(image, mask, 0.45 * amount * rng.uniform(0.4, 1.0), value)


def scratch(image, rng, amount):
    """Scratches and creases: long thin lines, mostly bright, for there the picture is gone."""
    for _ in range(1 + rng.poisson(3.0 * amount)):
        mask = np.zeros(image.shape, np.uint8)
        _draw_line(mask, _scratch_points(rng))
        mask = mask.astype(np.float32) / 255
        if rng.random() < 0.25:  # a crease, which is wider
            mask = cv2.GaussianBlur(mask, (0, 0), 0.8 * _scale(image))
        value = rng.uniform(0.75, 1.0) if rng.random() < 0.75 else 0.15
        image = _blend(image, mask, amount * rng.uniform(0.2, 0.8), value)
    return image


def dust(image, rng, amount):
    """Specks and fibres on the negative, which print white, and on the scanner's glass, which are dark."""
    for value in (rng.uniform(0.85, 1.0), rng.uniform(0.0, 0.2)):
        mask = np.zeros(image.shape, np.uint8)
        for _ in range(rng.poisson(25.0 * amount)):
            y, x = rng.random(2) * image.shape
            radius = min(2.0, rng.exponential(0.45)) * _scale(image)
            place, opacity = (int(16 * x), int(16 * y)), int(rng.integers(90, 256))
            cv2.circle(mask, place, int(16 * radius), opacity, -1, cv2.LINE_AA, 4)
        for _ in range(rng.poisson(1.0 * amount)):
            turns = np.cumsum(rng.normal(0.0, 0.5, 8)) + rng.uniform(0.0, 2 * np.pi)
            steps = np.stack([np.cos(turns), np.sin(turns)], axis=-1) * rng.uniform(0.004, 0.015)
            _draw_line(mask, rng.random(2) + np.cumsum(steps, axis=0))
        image = _blend(image, mask.astype(np.float32) / 255, min(1.0, 0.4 + 0.6 * amount), value)
    return image


# === When it is scanned ===


def compress(image, rng, amount):
    """JPEG, as scans were sent and kept."""
    quality = int(95 - 65 * amount * rng.uniform(0.5, 1.0))
    _, data = cv2.imencode(".jpg", cv2.convertScaleAbs(image, alpha=255), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


_EFFECTS = (
    (expose, 0.25),
    (blur, 0.7),
    (grain, 0.8),
    (fade, 0.8),
    (vignette, 0.5),
    (shade, 0.6),
    (blotch, 0.4),
    (scratch, 0.4),
    (dust, 0.5),
    (compress, 0.6),
)
"""In the order in which a photo meets them, with the probability of each at strength 1."""


def _scale(image):
    return min(image.shape) / _SIDE


def _clip(image):
    return np.clip(image, 0.0, 1.0)


def _blend(image, mask, opacity, value):
    """Lays a grey value over a picture. Args: `mask`, `[H, W]` float32; `opacity`, `value`, floats; all in [0, 1]."""
    return image + opacity * mask * (value - image)


def _smooth_noise(rng, shape, count):
    """`[H, W]` float32 normal noise of `count` knots a side, which are joined smoothly."""
    knots = rng.standard_normal((count + 1, count + 1), np.float32)
    return cv2.resize(knots, shape[::-1], interpolation=cv2.INTER_CUBIC)


def _line_kernel(angle, length):
    size = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((size, size), np.float32)
    reach = length / 2 * np.array([np.cos(angle), np.sin(angle)])
    ends = [tuple(int(v) for v in np.rint(16 * (size // 2 + sign * reach))) for sign in (-1, 1)]
    cv2.line(kernel, *ends, 1.0, 1, cv2.LINE_8, 4)
    return kernel / kernel.sum()


def _scratch_points(rng):
    """`[12, 2]` points of a long line that is upright, level or neither, slightly bent and not quite smooth."""
    angle = rng.choice([0.0, np.pi / 2, rng.uniform(0.0, np.pi)]) + rng.normal(0.0, 0.08)
    share = np.linspace(0.0, 1.0, 12)
    along = rng.uniform(0.1, 1.2) * share
    across = rng.normal(0.0, 0.015) * np.sin(np.pi * share) + np.cumsum(rng.normal(0.0, 0.0015, 12))
    direction = np.array([np.cos(angle), np.sin(angle)])
    return rng.random(2) + np.outer(along, direction) + np.outer(across, direction[::-1] * [-1, 1])


def _draw_line(mask, points):
    """Draws a thin line through `[N, 2]` points, whose x and y are shares of the mask's sides."""
    pixels = np.rint(16 * points * mask.shape[::-1]).astype(np.int32)
    cv2.polylines(mask, [pixels], False, 255, max(1, round(_scale(mask))), cv2.LINE_AA, 4)

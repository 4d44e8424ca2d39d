"""Any photo in colour: the network sees it small, and its chroma goes onto the photo's own luma.

A thermal image has no luma of what it shows: there the network's colours are the result as they are, enlarged.
"""

import copy

import cv2
import numpy as np

from keras_scgan.colorizing.descriptions import LUMA, NETWORK_INPUTS, THERMAL
from keras_scgan.colorizing.runners import chroma_of, load_network, split_batch
from keras_scgan.colorizing.upsampling import METHODS, upsample_chroma
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo, write_photo
from keras_scgan.photos.inputs import check_pixels, to_pixels
from keras_scgan.photos.resizing import cut, resize, shrink
from keras_scgan.program.errors import UserError

FITS = ("pad", "squeeze")

MAX_SATURATION = 100
"""The largest factor of the chroma. Far below it, colours are as strong as they can be; far above, numbers overflow."""

_KINDS = {LUMA: "photos", THERMAL: "thermal images"}


class Colorizer:
    """Colorizes photos of any size with a trained generator.

    Threads may share one. It can be pickled, for worker processes that are spawned; of a `.tflite` model it works in
    forked ones too.

    Args:
        model: path of the generator, a `.keras` file, a SavedModel folder or a `.tflite` file; or the name of one that
            comes with the project, whose LiteRT file is taken; or a Keras model. Defaults to `"scgan"`.
        image_size: int. Pixels of a side of what the network sees. Defaults to the network's own size: see
            `runners.load_network`.
        fit: string. How a photo becomes a square: `"pad"` (the default) continues it along its longer sides by its
            mirror image, `"squeeze"` changes its aspect ratio, as the paper does.
        upsampling: string. `"guided"` (the default) moves the edges of colours to those of the photo's luma,
            `"bicubic"` does not, nor what is made of thermal images.
        saturation: float in [0, `MAX_SATURATION`]. Factor of the chroma. Defaults to 1.
        flip_average: bool. Whether to average the predictions for the photo and for its mirror image, which takes
            twice the time. Defaults to `False`.
        threads: int. Threads of a `.tflite` model. Defaults to all cores.
        network_input: string. What it is given: `"luma"` (the default), photos, or `"thermal"`, thermal images. `None`
            for what the network takes, whatever that is.

    Attributes:
        network: `network.Network`. The generator.

    Raises:
        UserError: There is no such model, it is no generator, or it does not take such images or images of that size.
        ValueError: An option is not one of its choices.

    Example:
        ```python
        colorizer = Colorizer()
        colorized = colorizer.colorize("photo.jpg")  # [H, W, 3] RGB, uint8
        ```
    """

    def __init__(
        self,
        model=None,
        *,
        image_size=None,
        fit="pad",
        upsampling="guided",
        saturation=1.0,
        flip_average=False,
        threads=None,
        network_input=LUMA,
    ):
        _check_choice("network_input", network_input, (*NETWORK_INPUTS, None))
        self._set_options(fit, upsampling, saturation, flip_average)
        self.network = load_network(model, image_size, threads)
        if network_input not in (None, self.description.network_input):
            raise UserError(_describe_mismatch(self.network, network_input))

    def variant(self, **options):
        """A colorizer with the same network and other options.

        Args:
            **options: any of `fit`, `upsampling`, `saturation` and `flip_average`, as for `Colorizer`. The others are
                those of this one.

        Raises:
            ValueError: An option is not one of its choices.
        """
        other = copy.copy(self)
        names = ("fit", "upsampling", "saturation", "flip_average")
        other._set_options(**{name: getattr(self, name) for name in names} | options)
        return other

    @property
    def image_size(self):
        """Pixels of a side of what the network sees, which is S in shapes."""
        return self.network.image_size

    @property
    def description(self):
        """What the network says of itself, a `descriptions.Description`."""
        return self.network.description

    @property
    def has_saliency(self):
        """Whether the network predicts a saliency map."""
        return self.network.has_saliency

    @property
    def is_thermal(self):
        """Whether the network is one of thermal images."""
        return self.description.is_thermal

    def colorize(self, photo):
        """Colorizes one photo, or one thermal image, if the network is of those.

        Args:
            photo: array, `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA, uint8 or uint16; or path, open binary file
                or bytes of a photo file, or PIL image. Of colours, only the luma is used.

        Returns:
            `[H, W, 3]` RGB of the same type, or `[H, W, 4]` with the photo's own alpha channel. Of a file, or an image
            of PIL's, it is upright.

        Raises:
            BadFileError: The file cannot be read, or is no picture.
            TypeError: It is nothing of these.
            ValueError: The array or image is no such photo.
        """
        return self.colorize_batch([photo])[0]

    def colorize_batch(self, photos):
        """Colorizes a list of photos, of any sizes, in one batch of the network; see `colorize`. None give none."""
        photos = [to_pixels(photo, luma_only=True) for photo in photos]
        if not photos:
            return []
        outputs = self.predict(np.stack([self.prepare(photo) for photo in photos]), saliency=False)
        return [self.finish(photo, predicted) for photo, predicted in zip(photos, split_batch(outputs), strict=True)]

    def colorize_file(self, source, target, quality=95):
        """Colorizes a photo file; see `colorize_files` for many.

        Args:
            source: path of the photo.
            target: path of its colour version, whose suffix chooses the format. Metadata are kept.
            quality: int in [1, 100], of formats that lose something.

        Raises:
            BadFileError: The photo cannot be read, or the format cannot hold it.
            OSError: The colour version cannot be written.
        """
        photo = read_photo(source, luma_only=True)
        write_photo(target, self.colorize(photo.pixels), photo.metadata, quality)

    def prepare(self, photo):
        """What the network sees of a photo, an array as for `colorize`: `[S, S, 1]` luma, float32 in [-1, 1]."""
        gray = color.to_gray(check_pixels(photo))
        height, width = self._content(gray.shape)
        small = resize(gray, (height, width)).astype(np.float32) * (255 / np.iinfo(gray.dtype).max)
        small = cv2.copyMakeBorder(small, 0, self.image_size - height, 0, self.image_size - width, cv2.BORDER_REFLECT)
        return color.normalize(small)[..., np.newaxis]

    def predict(self, grays, saliency=True):
        """Runs the network.

        Args:
            grays: `[B, S, S, 1]` float32 in [-1, 1], as of `prepare`.
            saliency: bool. Whether the map is wanted: without it, a Keras model does less arithmetic.

        Returns:
            Dict of float32 arrays, see `network.Network.predict`: `color [B, S, S, 3]` in [-1, 1], `chroma
            [B, h, w, 2]` if the network has it, and `saliency [B, S, S, 1]` in [0, 1] if it has it and it is
            wanted. `runners.split_batch` makes of it what `finish` takes.
        """
        outputs = self.network.predict(grays, saliency)
        if self.flip_average:
            mirrored = self.network.predict(grays[:, :, ::-1], saliency)
            outputs = {name: (value + mirrored[name][:, :, ::-1]) / 2 for name, value in outputs.items()}
        return outputs

    def paint_of(self, outputs):
        """What `finish` takes of outputs.

        Args:
            outputs: dict of arrays, as of `predict`.

        Returns:
            Name and values of an output in [-1, 1]: `chroma`, `[B, h, w, 2]`, or, of thermal images, `color`,
            `[B, S, S, 3]`.
        """
        return ("color", outputs["color"]) if self.is_thermal else ("chroma", chroma_of(outputs))

    def finish(self, photo, predicted, order="RGB"):
        """Puts predicted colours on the photo that they were predicted for, or in the place of the thermal image.

        Args:
            photo: array, as for `colorize`.
            predicted: dict of the outputs for this photo alone, of which the chroma is taken: `chroma [h, w, 2]` in
                [-1, 1] or, where there is none, `color [S, S, 3]`. See `runners.chroma_of`. For a thermal image
                `color`.
            order: string. Order of the result's channels, `"RGB"` or `"BGR"`.

        Returns:
            As of `colorize`.
        """
        photo = check_pixels(photo)
        result = (
            self._enlarged(photo, predicted["color"], order)
            if self.is_thermal
            else self._recolored(photo, predicted, order)
        )
        return np.dstack([result, photo[..., 3]]) if _has_alpha(photo) else result

    def _enlarged(self, photo, colors, order):
        """The network's colours at the size of a thermal image, and of its type."""
        height, width = self._content(photo.shape)
        rgb = color.saturate(resize(colors[:height, :width], photo.shape[:2]), np.float32(self.saturation))
        white = np.iinfo(photo.dtype).max
        pixels = np.rint(np.clip(color.denormalize(rgb) * (white / 255), 0, white)).astype(photo.dtype)
        return pixels if order == "RGB" else np.ascontiguousarray(pixels[..., ::-1])

    def _recolored(self, photo, predicted, order):
        """The predicted chroma on the photo's own luma."""
        gray = color.to_gray(photo)
        chroma = chroma_of(predicted)
        # In pixels of the chroma, the content's height and width need not be whole.
        scale = len(chroma) / self.image_size
        content = [side * scale for side in self._content(gray.shape)]
        # The networks' range is 2 wide, that of chroma 1.
        chroma = shrink(cut(chroma, content) * np.float32(self.saturation / 2), gray.shape)
        return color.recolor(gray, *upsample_chroma(chroma, gray, self.upsampling), order)

    def saliency_map(self, photo, saliency):
        """The saliency map at a photo's size.

        Args:
            photo: array, as for `colorize`.
            saliency: `[S, S, 1]` in [0, 1], the network's output for it.

        Returns:
            `[H, W]` uint8, 255 is salient.
        """
        height, width = self._content(photo.shape)
        enlarged = resize(saliency[:height, :width, 0], photo.shape[:2], cv2.INTER_LINEAR)
        return np.rint(enlarged * 255).astype(np.uint8)

    def _set_options(self, fit, upsampling, saturation, flip_average):
        _check_choice("fit", fit, FITS)
        _check_choice("upsampling", upsampling, METHODS)
        if not 0 <= saturation <= MAX_SATURATION:
            raise UserError(f"`saturation={saturation}`: expected a number from 0 to {MAX_SATURATION}.")
        self.fit = fit
        self.upsampling = upsampling
        self.saturation = saturation
        self.flip_average = flip_average

    def _content(self, shape):
        """Height and width that a photo takes of the network's square, from the top left corner."""
        if self.fit == "squeeze":
            return self.image_size, self.image_size
        return tuple(max(1, round(self.image_size * side / max(shape[:2]))) for side in shape[:2])


def _check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {choices}. Received: {name}={value!r}")


def _describe_mismatch(network, network_input):
    takes = _KINDS[network.description.network_input]
    return (
        f"The model {network.path} colorizes {takes}, not {_KINDS[network_input]}. To colorize {takes}, give "
        f"`network_input={network.description.network_input}`."
    )


def _has_alpha(photo):
    return photo.ndim == 3 and photo.shape[2] == 4

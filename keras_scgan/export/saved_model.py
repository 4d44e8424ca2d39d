"""SavedModel for TensorFlow Serving: photo files to their colour versions, or greys to colours, in one graph each."""

import contextlib
import dataclasses
import os
import pathlib
import shutil

import keras
import tensorflow as tf

from keras_scgan import data
from keras_scgan.colorizing.runners import describe, load_network
from keras_scgan.export import description_files, photo_graph, serving_files
from keras_scgan.export.inference import build_inference_model
from keras_scgan.photos import files as photo_files
from keras_scgan.program import files
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.serving.status import SIGNATURES

WARM_UP_FILE = pathlib.PurePath("assets.extra", "tf_serving_warmup_requests")
"""Where, in the folder of a version, TensorFlow Serving looks for the requests that it runs before it takes others."""

_MAX_PHOTOS = 999  # a server takes 1000 requests, and one is for greys
_LENGTH_DELIMITED = 2


def export(
    generator,
    folder,
    version=None,
    *,
    image_size=None,
    saliency=True,
    saliency_bytes=False,
    max_pixels=photo_graph.MAX_PIXELS,
    warm_up_photos=None,
    verify=None,
):
    """Writes a generator as a SavedModel for TensorFlow Serving, `folder/version/`, whole or not at all.

    Its signatures are `serving_default`, from `gray [B, image_size, image_size, 1]` in [-1, 1] to `color` and, where
    the generator has them, `chroma` and `saliency`; and `colorize_bytes`, from `image_bytes [B]`, JPEG and PNG files,
    to `image_bytes [B]`, PNG files: see `photo_graph.colorize_files`. Of a generator of thermal images it is called
    `colorize_thermal_bytes`. Both stretch the luma if the generator is to see it so. Beside the versions,
    `folder/README.md` tells how to serve them (`SERVING.md` where there is another README), with
    `folder/batching.config`.

    Args:
        generator: functional model as of `build_generator`, of any dtype policy.
        folder: str or path. Folder of all versions of the model; its name is that of the model.
        version: int, 1 or more. Defaults to the one after the latest.
        image_size: int. Height and width of what the network sees. Defaults to the network's own size.
        saliency: bool. Whether `serving_default` gives the saliency map, if the generator does.
        saliency_bytes: bool. Whether `colorize_bytes` gives `saliency_bytes [B]` too, PNG files of the maps at the
            photos' sizes. It does so in every request, and that takes up to twice the time.
        max_pixels: int. Pixels of the largest photo that `colorize_bytes` takes.
        warm_up_photos: list of paths of JPEG or PNG files, each of which a server colorizes once when it loads the
            model. Defaults to one of the demo photos.
        verify: function of a path, called with the finished folder before it gets its name. If it raises, nothing is
            kept.

    Returns:
        Path of the version's folder.

    Raises:
        UserError: The version exists or is none, the generator cannot be exported, or a photo cannot be read.
    """
    folder = pathlib.Path(folder)
    target = folder / str(_next_version(folder) if version is None else version)
    if not target.name.isdecimal() or int(target.name) < 1:
        raise UserError(f"A version of a served model is a number from 1 on. Received: version={version}")
    if target.exists():
        raise UserError(f"{target} exists: a server may have loaded it. Choose another version.")
    if saliency_bytes and "saliency" not in generator.output:
        raise UserError("The generator has no saliency branch, so there are no `saliency_bytes`.")
    image_size = load_network(generator, image_size).image_size
    description = describe(generator)
    archive, colorize_bytes = _endpoints(generator, image_size, saliency, saliency_bytes, max_pixels)
    photos = _first_demo_photo() if warm_up_photos is None else warm_up_photos
    records = _warm_up_records(photos, image_size, photo_signature(generator), colorize_bytes)
    with _atomic_folder(target) as temporary:
        archive.write_out(temporary, verbose=False)
        (temporary / WARM_UP_FILE).parent.mkdir()
        with tf.io.TFRecordWriter(str(temporary / WARM_UP_FILE)) as writer:
            for record in records:
                writer.write(record)
        # The graph stretches the luma, so that who runs it is not to.
        description_files.write_to_saved_model(temporary, dataclasses.replace(description, stretch_luma=False))
        if verify is not None:
            verify(temporary)
    _write_readme(folder, serving_files.readme(folder.resolve().name, target, max_pixels, description.network_input))
    if not (folder / "batching.config").exists():  # which may have been tuned
        files.write_text(folder / "batching.config", serving_files.BATCHING_CONFIG)
    return target


def photo_signature(generator):
    """Name of the signature for photo files."""
    return SIGNATURES[describe(generator).network_input]


def _write_readme(folder, text):
    """Writes README.md, or SERVING.md where there is a README.md about something else."""
    path = folder / "README.md"
    if path.exists():
        title = path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
        if not title.endswith(serving_files.TITLE_END):
            path = folder / "SERVING.md"
    files.write_text(path, text)


def _endpoints(generator, image_size, saliency, saliency_bytes, max_pixels):
    """An `ExportArchive` with both signatures, and the function of that for photo files."""
    description = describe(generator)
    model = build_inference_model(generator, image_size, saliency=saliency or saliency_bytes)
    colors = keras.Model(model.input, {name: value for name, value in model.output.items() if name != "saliency"})

    def network(with_saliency):
        chosen = model if with_saliency else colors
        if not description.stretch_luma:
            return chosen
        return (
            (lambda gray: chosen(photo_graph.stretch_luma(gray)))
            if description.is_thermal
            else photo_graph.with_stretched_luma(chosen)
        )

    def colorize_bytes(image_bytes):
        return photo_graph.colorize_files(
            network(saliency_bytes),
            image_bytes,
            image_size=image_size,
            max_pixels=max_pixels,
            saliency=saliency_bytes,
            thermal=description.is_thermal,
        )

    archive = keras.export.ExportArchive()
    archive.track(model)
    gray = tf.TensorSpec((None, image_size, image_size, 1), tf.float32, name="gray")
    archive.add_endpoint("serving_default", network(saliency), [gray])
    files = tf.TensorSpec((None,), tf.string, name="image_bytes")
    return archive, archive.add_endpoint(photo_signature(generator), colorize_bytes, [files])


def signatures(folder):
    """Signatures of a SavedModel.

    Args:
        folder: path of the folder of a version.

    Returns:
        Dict of dicts `inputs` and `outputs` by name, and of the tensors in them by name: `shape` and `dtype`.
    """
    found = {}
    for name, signature in tf.saved_model.load(str(folder)).signatures.items():
        sides = {"inputs": signature.structured_input_signature[1], "outputs": signature.structured_outputs}
        found[name] = {
            side: {tensor: {"shape": spec.shape.as_list(), "dtype": spec.dtype.name} for tensor, spec in specs.items()}
            for side, specs in sides.items()
        }
    return found


def _next_version(folder):
    versions = [int(child.name) for child in folder.glob("*") if child.name.isdecimal()]
    return max(versions, default=0) + 1


@contextlib.contextmanager
def _atomic_folder(folder):
    """Gives a temporary folder, which gets its name when the context ends without an exception."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")  # no number, so that a server does not load it
    try:
        yield temporary
        for path in temporary.rglob("*"):
            if path.is_file():
                with open(path, "r+b") as file:
                    os.fsync(file.fileno())
        os.rename(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


# === Warm-up requests ===


def _first_demo_photo():
    return sorted((data.demo_dir() / "images").iterdir())[:1]


def _warm_up_records(photos, image_size, signature, colorize_bytes):
    """Requests for both signatures. Those for photos are tried: one that fails would keep a server from starting."""
    if len(photos) > _MAX_PHOTOS:
        raise UserError(f"A server takes {_MAX_PHOTOS} warm-up photos at most. Received: {len(photos)}")
    gray = tf.make_tensor_proto(0.0, shape=(1, image_size, image_size, 1))
    records = [prediction_log("serving_default", "gray", gray)]
    for photo in photos:
        image_bytes = [photo_files.read_bytes(photo)]
        try:
            colorize_bytes(tf.constant(image_bytes))
        except tf.errors.InvalidArgumentError as error:
            raise BadFileError(photo, error.message.partition("image 0: ")[2].partition("]")[0]) from None
        records.append(prediction_log(signature, "image_bytes", tf.make_tensor_proto(image_bytes)))
    return records


def prediction_log(signature, name, tensor):
    """A request as TensorFlow Serving logs it, encoded by hand: the package of its protocol is not needed to export.

    Args:
        signature: str. Name of the signature.
        name: str. Name of the signature's input.
        tensor: `TensorProto`. The input.

    Returns:
        bytes of a `PredictionLog`.

    Reference:
        `prediction_log.proto`, `predict.proto` and `model.proto` of tensorflow_serving/apis, for the fields' numbers.
    """
    model_spec = _field(3, signature.encode())
    inputs = _field(1, name.encode()) + _field(2, tensor.SerializeToString())
    request = _field(1, model_spec) + _field(2, inputs)
    return _field(6, _field(1, request))


def _field(number, content):
    """A protocol buffer's field of a message, a string or bytes."""
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value):
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])

"""The texts beside a served model: how to serve it, and how the server makes batches."""

import string

from keras_scgan.colorizing.descriptions import THERMAL
from keras_scgan.export import private_api
from keras_scgan.serving.status import SIGNATURES


class _Template(string.Template):
    delimiter = "@"


BATCHING_CONFIG = """\
# For --enable_batching=true --batching_parameters_file: requests of the signature serving_default that arrive within
# batch_timeout_micros are computed together. A request of more than max_batch_size images is refused. Set
# num_batch_threads to the number of CPU cores, or to 1 or 2 with a GPU.
max_batch_size { value: 16 }
batch_timeout_micros { value: 5000 }
max_enqueued_batches { value: 100 }
num_batch_threads { value: 2 }
"""

TITLE_END = ", for TensorFlow Serving"
"""How the first line of the README of any model ends."""

_README = _Template("""\
# @NAME@TITLE_END

A colorizer of @SUBJECT. Each numbered folder is a version; a server loads the latest, and a new one as soon as
it appears. Two signatures:

- `@PHOTO_SIGNATURE`: `image_bytes`, string `[B]`, JPEG and PNG files, to `image_bytes`, string `[B]`, PNG files\
@SALIENCY_BYTES
- `serving_default`: `gray`, float `[B, @SIZE, @SIZE, 1]`, luma in [-1, 1], to `color`, float `[B, @SIZE, @SIZE, 3]`,
  RGB in [-1, 1]@CHROMA@SALIENCY

`@PHOTO_SIGNATURE` takes photos of any size, also in one request. Each comes back upright, at its own size and depth,
with its own luma and alpha. If one of them is no photo, damaged or larger than @MAX_PIXELS pixels, the request fails
with INVALID_ARGUMENT (HTTP status 400) and a text like `image 2: neither a JPEG nor a PNG (17 bytes)`, counted from 0.

## Serve

In this folder, in a container, with [TensorFlow Serving](https://www.tensorflow.org/tfx/guide/serving) 2.21 or later
(`tensorflow/serving:latest-gpu` and `--gpus=all` for NVIDIA GPUs):

```bash
docker run --rm -p 8500:8500 -p 8501:8501 -v "$PWD:/models/@NAME" -e MODEL_NAME=@NAME tensorflow/serving:latest
```

or without one:

```bash
tensorflow_model_server --port=8500 --rest_api_port=8501 --model_name=@NAME --model_base_path="$PWD"
```

gRPC is at port 8500, REST at 8501. `/v1/models/@NAME` tells whether the model is ready: a version colorizes the photos
in `assets.extra/tf_serving_warmup_requests` before it takes requests, so that the first is no slower than others. Large
photos may take longer than the 30 seconds that REST requests have: `--rest_api_timeout_in_ms=120000`.

Servers of `serving_default` alone gain by batching: add `--enable_batching=true` and
`--batching_parameters_file="$PWD/batching.config"`, in a container after the image's name, with the path
`/models/@NAME/batching.config`. Photos gain nothing by it, and one that is bad fails all requests that share its batch.

## Ask

```bash
(printf '{"signature_name": "@PHOTO_SIGNATURE", "instances": [{"b64": "'
  base64 < photo.jpg | tr -d '\\n'
  printf '"}]}') |
  curl -s --data-binary @@- http://localhost:8501/v1/models/@NAME:predict |
  jq -r '@ANSWER' | base64 -d > colorized.png
```

More photos are more elements of `instances`. The Python client of keras-scgan does that, and gRPC:
`scgan serving_client --server=localhost:8501 --protocol=rest --model_name=@NAME@CLIENT_FLAG photo.jpg`.

## Look into it

```bash
saved_model_cli show --dir @VERSION --tag_set serve --signature_def @PHOTO_SIGNATURE
```

```text
@SHOWN_BYTES
```

```bash
saved_model_cli show --dir @VERSION --tag_set serve --signature_def serving_default
```

```text
@SHOWN_DEFAULT
```

```bash
python -c "import numpy; numpy.save('gray.npy', numpy.zeros((1, @SIZE, @SIZE, 1), 'float32'))"
saved_model_cli run --dir @VERSION --tag_set serve --signature_def serving_default --inputs gray=gray.npy --outdir .
```

writes `color.npy`@CHROMA_FILE@SALIENCY_FILE. A photo file is an array of bytes:

```bash
python -c "import numpy, pathlib; numpy.save('photo.npy', [pathlib.Path('photo.jpg').read_bytes()])"
saved_model_cli run --dir @VERSION --tag_set serve --signature_def @PHOTO_SIGNATURE --inputs image_bytes=photo.npy \\
  --outdir .
python -c "import numpy, pathlib
pathlib.Path('colorized.png').write_bytes(numpy.load('image_bytes.npy', allow_pickle=True)[0])"
```
""")


def readme(name, folder, max_pixels, network_input):
    """How to serve a model, and how to ask it: a Markdown text.

    Args:
        name: str. The model's name.
        folder: path of a version of it, whose name is that version.
        max_pixels: int. Pixels of the largest photo that it takes.
        network_input: str. One of `descriptions.NETWORK_INPUTS`.
    """
    photo_signature = SIGNATURES[network_input]
    signatures = private_api.read_signatures(folder)
    default, files = (signatures[key] for key in ("serving_default", photo_signature))
    size = default.inputs["gray"].tensor_shape.dim[1].size
    has_map, has_map_files = "saliency" in default.outputs, "saliency_bytes" in files.outputs
    chroma = default.outputs["chroma"].tensor_shape.dim[1].size if "chroma" in default.outputs else None
    return _README.substitute(
        NAME=name,
        TITLE_END=TITLE_END,
        VERSION=folder.name,
        PHOTO_SIGNATURE=photo_signature,
        SUBJECT="thermal images" if network_input == THERMAL else "greyscale photos",
        CLIENT_FLAG=" --network_input=thermal" if network_input == THERMAL else "",
        SIZE=size,
        MAX_PIXELS=f"{max_pixels:,}",
        CHROMA=f",\n  and `chroma`, float `[B, {chroma}, {chroma}, 2]`, Cb and Cr of it in [-1, 1]" if chroma else "",
        CHROMA_FILE=" and `chroma.npy`" if chroma else "",
        SALIENCY=f", and `saliency`, float `[B, {size}, {size}, 1]` in [0, 1]" if has_map else "",
        SALIENCY_FILE=" and `saliency.npy`" if has_map else "",
        SALIENCY_BYTES=",\n  and `saliency_bytes`, string `[B]`, greyscale PNG files of the maps"
        if has_map_files
        else "",
        ANSWER=".predictions[0].image_bytes.b64" if has_map_files else ".predictions[0].b64",
        SHOWN_BYTES=shown(files),
        SHOWN_DEFAULT=shown(default),
    )


def shown(signature):
    """What `saved_model_cli show` prints of a signature. Args: `signature`, a `SignatureDef`."""
    lines = []
    for kind, tensors in (("input", signature.inputs), ("output", signature.outputs)):
        lines.append(f"The given SavedModel SignatureDef contains the following {kind}(s):")
        for key in sorted(tensors):
            sizes = ", ".join(str(dim.size) for dim in tensors[key].tensor_shape.dim)
            lines += [
                f"  {kind}s['{key}'] tensor_info:",
                f"      dtype: {private_api.type_name(tensors[key].dtype)}",
                f"      shape: ({sizes})",
                f"      name: {tensors[key].name}",
            ]
    return "\n".join([*lines, f"Method name is: {signature.method_name}"])

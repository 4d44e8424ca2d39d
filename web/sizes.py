"""Writes sizes.json: how the page's network is run at other sizes than its own.

    python web/sizes.py EXPORTED.tflite ... > web/sizes.json

Args: LiteRT models of 16 bits of the shipped network, each exported at another size by
`scgan export --model=scgan --image_size=SIZE --formats=litert_float16 --saliency`. They differ from the shipped one in
the sizes of tensors, numbers of 32 bits, which are written here with their places. They fit every network of the same
architecture.
"""

import json
import pathlib
import sys
import zipfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter

SHIPPED = pathlib.Path(__file__).parents[1] / "saved_models" / "scgan" / "scgan_float16.tflite"


LARGEST_SIZE = 1 << 16
"""Numbers that differ and are larger are no sizes, but what the converter calls the model."""


def main(paths):
    """Prints what `sizes.json` holds. Args: `paths`, of the models at other sizes."""
    models = {size_of(path): numbers(path) for path in (SHIPPED, *paths)}
    shipped, *others = models.values()
    differ = np.any([other != shipped for other in others], axis=0)
    places = np.flatnonzero(differ & (shipped > 0) & (shipped < LARGEST_SIZE))
    values = {str(size): models[size][places].tolist() for size in sorted(models)}
    print(json.dumps({"places": places.tolist(), "values": values}))


def size_of(path):
    """Pixels of a side of what a model takes."""
    (details,) = Interpreter(str(path)).get_input_details()
    return int(details["shape"][1])


def numbers(path):
    """The model without the archive of its description, as numbers of 32 bits."""
    with zipfile.ZipFile(path) as archive:
        end = min(entry.header_offset for entry in archive.infolist())
    return np.frombuffer(pathlib.Path(path).read_bytes()[:end], "<i4", end // 4)


if __name__ == "__main__":
    main(sys.argv[1:])

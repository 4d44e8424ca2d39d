"""How others measure: presets of settings by name, and the numbers that they have published."""

import pathlib
import tomllib

PROTOCOLS = {
    "scgan": {"image_size": 256, "sample": 10_000, "center_crop": False, "gray": "content"},
    "val5k": {"image_size": 256, "first": 5_000, "center_crop": True, "gray": "keep"},
    "coco": {"image_size": 256, "center_crop": False, "gray": "keep"},
}
"""Settings by name of the protocol, for those that are not given.

- `scgan`: the paper's, 10 000 photos of ImageNet's validation set, drawn by chance, without greyscale ones.
- `val5k`: the first 5 000 of that set by name, the square in their middle.
- `coco`: all of a folder, such as the 5 000 photos of COCO's val2017, squeezed.
"""

_PATH = pathlib.Path(__file__).with_name("published.toml")


def published(protocol):
    """Numbers of other systems, which were not measured here.

    Args:
        protocol: str, or `None`.

    Returns:
        List of dicts as the rows of a comparison: `method`, which names the source too, and metrics.
    """
    tables = tomllib.loads(_PATH.read_text(encoding="utf-8")).get(protocol, ())
    return [
        {"method": f"{method} ({table['source']})", **numbers}
        for table in tables
        for method, numbers in table.items()
        if method != "source"
    ]

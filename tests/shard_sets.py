"""Sets of shards as scgan prepare_data writes them, small and made of given samples."""

import json

import cv2
import numpy as np

from keras_scgan.data import records

RNG = np.random.default_rng(0)


def colorful_samples(count, shape=(30, 40)):
    """Samples of smooth colours with all fields; the maps are channels of the photo. Labels are 0 and 1 in turn."""
    samples = []
    for i in range(count):
        photo = cv2.resize(RNG.integers(0, 256, (4, 5, 3), np.uint8), shape[::-1], interpolation=cv2.INTER_CUBIC)
        samples.append({"color": photo, "saliency": photo[..., 0], "thermal": photo[..., 1], "label": i % 2})
    return samples


def write_shards(folder, name="set", shards=3, fields=("color", "saliency"), key="photo {}".format, **splits):
    """Writes samples by split, with the keys `photo 0` and so on, as shards with `fields`; returns `folder`."""
    info = {"name": name, "format_version": 1, "fields": list(fields), "classes": ["cat", "dog"], "splits": {}}
    for split, samples in splits.items():
        content = [
            records.encode({field: sample[field] for field in fields}, key(i)) for i, sample in enumerate(samples)
        ]
        parts = [content[len(content) * i // shards : len(content) * (i + 1) // shards] for i in range(shards)]
        paths = [folder / records.shard_name(name, split, i, shards) for i in range(shards)]
        info["splits"][split] = {
            "samples": len(samples),
            "shards": [
                {"file": path.name, "samples": records.write_shard(path, part), "bytes": path.stat().st_size}
                for path, part in zip(paths, parts, strict=True)
            ],
        }
    (folder / records.INFO_NAME).write_text(json.dumps(info))
    return folder

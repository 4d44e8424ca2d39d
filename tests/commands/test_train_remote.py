"""scgan train on shards of a file system of TensorFlow's, here that in memory: it trains what shards here train."""

import numpy as np
import tensorflow as tf
from shard_sets import colorful_samples, write_shards

NETWORK = ("--preset=testing", "--depth=6", "--global_features=none", "--image_size=64", "--strategy=none")
SMALL = (*NETWORK, "--precision=float32", "--batch_size=2", "--steps_per_epoch=2", "--epochs=1", "--deterministic")


def test_remote_shards_are_trained_on_and_validated_with_as_those_here(call_tool, tmp_path):
    here = tmp_path / "set"
    here.mkdir()
    samples = colorful_samples(6, (70, 80))
    write_shards(here, train=samples[:4], validation=samples[4:])
    for path in here.iterdir():
        tf.io.gfile.copy(str(path), f"ram://train/set/{path.name}", overwrite=True)
    checkpoints = []
    for place in (here, "ram://train/set"):
        run = tmp_path / f"run{len(checkpoints)}"
        places = (f"--data_dir={place}", f"--validation_dir={place}", f"--output_dir={run}")
        result = call_tool("train.py", *SMALL, *places)
        assert result.returncode == 0, result.stderr
        with np.load(run / "checkpoints" / "step_00000002.npz") as checkpoint:
            checkpoints.append(dict(checkpoint))
    first, second = checkpoints
    assert first.keys() == second.keys()
    assert all(np.array_equal(value, second[name]) for name, value in first.items())

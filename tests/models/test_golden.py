"""The networks meet outputs that were written down: the authors' implementation's, and this project's own.

`python tests/models/test_golden.py tests/models/data/testing_preset.npz` writes the second anew, after a change of the
architecture that is meant.
"""

import json
import pathlib
import sys
import zlib

import numpy as np
import pytest

from keras_scgan.models import build_critic, build_generator
from keras_scgan.models.pytorch import assign_from_pytorch, build_from_pytorch
from keras_scgan.photos import color

DATA_DIR = pathlib.Path(__file__).parent / "data"
AUTHORS_DIR = DATA_DIR / "authors"
TESTING_PATH = DATA_DIR / "testing_preset.npz"


def by_recipe(name, shape, kind, fan_in):
    """A tensor that its name alone determines, float32. `kind`: kernel, scale, offset, mean or variance."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if kind in ("scale", "variance"):
        return rng.uniform(0.5, 1.5, shape).astype("float32")
    stddev = np.sqrt(2 / fan_in) if kind == "kernel" else 0.1
    return rng.normal(0, stddev, shape).astype("float32")


# === The authors' implementation ===


def authors_tensors(network):
    """The tensors of `generator` or `critic` by the recipe of the files' README, under their names on disk."""
    kinds = {"running_var": "variance", "running_mean": "mean", "norm.weight": "scale", "norm.bias": "offset"}
    tensors = {}
    for name, shape in json.loads((AUTHORS_DIR / "reference_tensors.json").read_text())[network]:
        kind = next((kind for end, kind in kinds.items() if name.endswith(end)), "kernel")
        tensors[name.removeprefix(f"{network}.")] = by_recipe(name, shape, kind, np.prod(shape[1:]))
    return tensors


@pytest.fixture(scope="module")
def authors():
    with np.load(AUTHORS_DIR / "reference_forward.npz") as file:
        arrays = dict(file)
    arrays["gray"] = color.normalize(arrays["gray"].astype("float32"))[None, ..., None]
    arrays["rgb"] = color.normalize(arrays["rgb"].astype("float32"))[None]
    return arrays


def test_generator_and_global_features_are_the_authors(authors):
    generator = build_from_pytorch(authors_tensors("generator"))
    outputs = generator(authors["gray"])
    features = generator.get_layer("global_features")(authors["gray"])
    np.testing.assert_allclose(features, authors["global_features"], rtol=0, atol=1e-3)
    np.testing.assert_allclose(outputs["color"], authors["color"], rtol=0, atol=1e-3)
    np.testing.assert_allclose(outputs["saliency"], authors["saliency"], rtol=0, atol=1e-3)


def test_critic_is_the_authors(authors):
    critic = build_critic("paper", spectral_normalization=False)
    assign_from_pytorch(critic, authors_tensors("critic"))
    scores = critic({"gray": authors["gray"], "image": authors["rgb"]})
    np.testing.assert_allclose(scores, authors["critic_scores"], rtol=0, atol=1e-3)


# === The testing preset ===


def assign_by_recipe(model):
    """Weights keyed by their paths, so that they are the same on every machine and backend."""
    kinds = {
        "gamma": "scale", "beta": "offset", "bias": "offset", "moving_mean": "mean", "moving_variance": "variance",
    }  # fmt: skip
    for weight in model.weights:
        kind = kinds.get(weight.name, "kernel")
        weight.assign(by_recipe(weight.path, weight.shape, kind, np.prod(weight.shape[:-1])))


def outputs_of_testing_preset():
    """Outputs of the testing preset, with every third pixel of the images: phases 0 and 1 of each upsampling."""
    generator = build_generator("testing", depth=7)
    critic = build_critic("testing")
    assign_by_recipe(generator)
    assign_by_recipe(critic)
    rng = np.random.default_rng(0)
    gray = rng.uniform(-1, 1, (1, 128, 128, 1)).astype("float32")
    image = rng.uniform(-1, 1, (1, 128, 128, 3)).astype("float32")
    outputs = {
        **generator.predict_on_batch(gray),
        "global_features": generator.get_layer("global_features").predict_on_batch(gray),
        "critic_scores": critic.predict_on_batch({"gray": gray, "image": image}),
    }
    return {name: output[:, ::3, ::3] if output.shape[1] == 128 else output for name, output in outputs.items()}


def test_testing_preset_computes_what_it_did():
    outputs = outputs_of_testing_preset()
    with np.load(TESTING_PATH) as expected:
        assert outputs.keys() == set(expected)
        for name, output in outputs.items():
            np.testing.assert_allclose(output, expected[name], rtol=0, atol=1e-3, err_msg=name)


if __name__ == "__main__":
    np.savez_compressed(sys.argv[1], **outputs_of_testing_preset())

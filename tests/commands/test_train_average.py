"""The generator that a run with a moving average of its weights writes."""

import itertools

import keras
import numpy as np
import pytest

from keras_scgan import data
from keras_scgan.photos import color

STEPS, SIZE = 3, 64
FLAGS = ["--preset=testing", "--depth=6", "--global_features=none", f"--image_size={SIZE}", "--strategy=none"]
FLAGS += ["--dataset=demo", "--batch_size=2", f"--steps_per_epoch={STEPS}", "--epochs=1", "--learning_rate=1e-2"]
FLAGS += [
    "--precision=float32",
    "--ema_momentum=0.9",
    "--keep_luma",
    "--noise_stddev=0",
    "--min_crop_area=0.5",
    "--seed=5",
]
FLAGS += ["--precision=float32", "--saliency_loss_weight=1", "--saliency_l1_loss_weight=1"]


@pytest.fixture(scope="module")
def run_dir(call_tool, tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("run")
    result = call_tool("train.py", *FLAGS, f"--output_dir={run_dir}")
    assert result.returncode == 0, result.stderr
    return run_dir


@pytest.fixture(scope="module")
def generator(run_dir):
    return keras.models.load_model(run_dir / "generator.keras")


@pytest.fixture(scope="module")
def grays():
    """Those of the batches that come after the last step."""
    pairs = data.open_data_set(data.demo_dir(), fields=("color",))
    batches = data.training_batches(
        pairs,
        image_size=SIZE,
        batch_size=2,
        seed=5,
        start_step=STEPS,
        noise_stddev=0,
        min_crop_area=0.5,
        arrays=("gray",),
    )
    return np.array([gray for (gray,) in itertools.islice(batches.as_numpy_iterator(), 100)])


def test_its_batch_statistics_are_those_of_its_weights(run_dir, generator, grays):
    hidden = keras.Model(generator.input, generator.get_layer("down2_conv").output)  # there is no norm before it
    maps = np.array([hidden(gray) for gray in grays])
    norm = generator.get_layer("down2_norm")
    np.testing.assert_allclose(norm.moving_mean, maps.mean(axis=(0, 1, 2, 3)), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance, maps.var(axis=(1, 2, 3)).mean(axis=0), rtol=1e-3)
    with np.load(run_dir / "checkpoints" / f"step_{STEPS:08d}.npz") as checkpoint:
        (trained,) = (checkpoint[name] for name in checkpoint.files if name.endswith("down2_norm/moving_variance"))
    assert not np.allclose(norm.moving_variance, trained, rtol=0.05)


def test_its_colours_keep_the_luma(generator, grays):
    colors = np.asarray(generator(grays[0])["color"])
    inside = np.abs(colors).max(axis=-1) < 1
    assert inside.mean() > 0.5
    np.testing.assert_allclose(color.luma(colors)[inside], grays[0][inside], atol=1e-5)


def test_it_is_written_anew_with_the_same_weights(run_dir, generator, call_tool):
    (run_dir / "generator.keras").unlink()
    result = call_tool("train.py", f"--flagfile={run_dir / 'run.flags'}")
    assert result.returncode == 0, result.stderr
    again = keras.models.load_model(run_dir / "generator.keras")
    for weight, expected in zip(again.weights, generator.weights, strict=True):
        np.testing.assert_array_equal(weight, expected, err_msg=weight.path)

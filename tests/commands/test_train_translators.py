"""scgan train with the networks that the paper compares itself with, and what their files are good for."""

import json

import keras
import numpy as np
import pytest
from shard_sets import colorful_samples, write_shards

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.descriptions import THERMAL

SMALL = ["--preset=testing", "--depth=6", "--image_size=64", "--strategy=none", "--precision=float32", "--batch_size=2"]
SMALL += ["--steps_per_epoch=1", "--epochs=1", "--perceptual_loss_weight=0"]
DEMO = [*SMALL, "--dataset=demo"]


@pytest.mark.parametrize("architecture", ["pix2pix", "uresnet"])
@pytest.mark.parametrize("guided", [True, False])
def test_stage_1_trains_them_with_and_without_saliency_guidance(call_tool, tmp_path, architecture, guided):
    flags = [f"--architecture={architecture}", *([] if guided else ["--noattention_loss"])]
    result = call_tool("train.py", *DEMO, *flags, f"--output_dir={tmp_path}")
    assert result.returncode == 0, result.stderr
    assert "RANDOM" not in result.stderr
    assert ("attention_loss" in json.loads((tmp_path / "metrics.jsonl").read_text())) == guided
    generator = keras.models.load_model(tmp_path / "generator.keras")
    assert generator.description.architecture == architecture
    assert ("saliency" in generator.output) == guided


def test_pix2pix_has_critics_of_its_own_and_goes_on_exactly(call_tool, tmp_path):
    flags = [
        "--architecture=pix2pix",
        "--stage=2",
        "--adversarial_loss=vanilla",
        "--deterministic",
        "--steps_per_epoch=2",
    ]
    for name, epochs in (("whole", [2]), ("resumed", [1, 2])):
        for count in epochs:
            out = f"--output_dir={tmp_path / name}"
            result = call_tool("train.py", *DEMO, *flags, out, f"--epochs={count}", "--learning_rate_halving_epochs=0")
            assert result.returncode == 0, result.stderr
    assert "RANDOM" not in result.stderr
    for name in ("generator", "color_critic", "attention_critic"):
        whole, resumed = (keras.models.load_model(tmp_path / run / f"{name}.keras") for run in ("whole", "resumed"))
        for value, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
            np.testing.assert_array_equal(value, other)
    assert {layer.name for layer in whole.layers} >= {"block4_conv", "final_conv"}


def test_thermal_images_are_translated(call_tool, tmp_path):
    samples = colorful_samples(4, shape=(64, 64))
    write_shards(tmp_path / "set", fields=["color", "saliency", "thermal"], train=samples)
    flags = [f"--data_dir={tmp_path / 'set'}", "--network_input=thermal", "--architecture=uresnet"]
    result = call_tool("train.py", *SMALL, *flags, f"--output_dir={tmp_path / 'run'}")
    assert result.returncode == 0, result.stderr
    colorizer = Colorizer(tmp_path / "run" / "generator.keras", network_input=THERMAL)
    assert colorizer.colorize(samples[0]["thermal"]).shape == (64, 64, 3)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--global_features=none"],
            "--global_features=none is of the paper's generator, and not of --architecture=pix2pix",
        ),
        (["--keep_luma"], "--keep_luma is of the paper's generator"),
        (["--encoder=MobileNetV2"], "--encoder=MobileNetV2 is for --architecture=pretrained"),
        (["--depth=7"], "--image_size=64 is no multiple of 128, which --depth=7 needs"),
    ],
)
def test_flags_of_other_generators_are_refused(call_tool, error_of, tmp_path, flags, message):
    assert message in error_of(
        call_tool("train.py", *DEMO, "--architecture=pix2pix", *flags, f"--output_dir={tmp_path}")
    )

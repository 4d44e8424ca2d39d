"""What each stage of scgan train starts from, and what is said where that is less than the paper's."""

import numpy as np
import pytest
from keras.models import load_model

from keras_scgan.models import build_vgg16_gray

SMALL = ["--preset=testing", "--depth=6", "--image_size=64", "--strategy=none", "--precision=float32", "--dataset=demo"]
SMALL += ["--batch_size=2", "--steps_per_epoch=1", "--epochs=1", "--perceptual_loss_weight=0"]


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """Path of a global feature network."""
    path = tmp_path_factory.mktemp("features") / "global_features.keras"
    build_vgg16_gray("testing").save(path)
    return path


@pytest.mark.parametrize(("features", "is_told"), [("random", True), ("none", False)])
def test_stage_1_tells_of_global_features_that_are_not_pre_trained(call_tool, tmp_path, features, is_told):
    result = call_tool("train.py", *SMALL, f"--global_features={features}", f"--output_dir={tmp_path}")
    assert result.returncode == 0, result.stderr
    told = "STAGE 1 STARTS FROM RANDOM GLOBAL FEATURES, where the paper's are pre-trained: give some by --global_feat"
    assert (told in result.stderr) == is_told


def test_both_stages_take_the_global_features_that_are_given_once(call_tool, tmp_path, features):
    flags = [f"--global_features={features}", "--freeze_global_features", "--stage=both", "--critic_norm=none"]
    result = call_tool("train.py", *SMALL, *flags, f"--output_dir={tmp_path}")
    assert result.returncode == 0, result.stderr
    assert "RANDOM" not in result.stderr
    for stage in ("stage1", "stage2"):
        found = load_model(tmp_path / stage / "generator.keras").get_layer("global_features").get_weights()
        for value, given in zip(found, load_model(features).get_weights(), strict=True):
            np.testing.assert_array_equal(value, given)


def test_a_start_and_other_global_features_are_refused(call_tool, error_of, tmp_path, features):
    flags = [f"--init_from={tmp_path}/generator.keras", f"--global_features={features}", f"--output_dir={tmp_path}"]
    line = error_of(call_tool("train.py", *SMALL, *flags))
    assert f"--global_features={features}: the generator of --init_from has a global feature network of its own" in line

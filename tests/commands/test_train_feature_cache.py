"""scgan train with the features of a frozen encoder on disk."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import keras
import numpy as np
import pytest
from platforms import needs_posix
from small_encoder import small_classifier

from keras_scgan.data.feature_cache import FeatureCache

CROPS = ["--flip", "--min_crop_area=0.5", "--stretch_luma", "--aging=0.5", "--seed=3"]
RUN = ["--dataset=demo", "--image_size=64", "--batch_size=4", "--precision=float32", "--strategy=none"]
OBJECTIVE = ["--perceptual_loss_weight=0", "--saliency_loss_weight=0.25", "--ema_momentum=0.9", "--preset=testing"]
FLAGS = ["--architecture=pretrained", *CROPS, *RUN, *OBJECTIVE, "--steps_per_epoch=3", "--epochs=2"]
LAST = "checkpoints/step_00000006.npz"


@pytest.fixture(scope="module")
def encoder_flag(tmp_path_factory):
    path = tmp_path_factory.mktemp("encoder") / "classifier.keras"
    small_classifier().save(path)
    return f"--encoder={path}"


@pytest.fixture
def train(call_tool, encoder_flag):
    return lambda *arguments: call_tool("train.py", *FLAGS, encoder_flag, *arguments)


def bits_of(path):
    with np.load(path) as checkpoint:
        return {name: value.tobytes() for name, value in checkpoint.items()}


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_that_was_stopped_goes_on_from_the_cache_with_the_same_bits(train, tmp_path):
    cache, runs = tmp_path / "cache", [tmp_path / "whole", tmp_path / "resumed"]
    flags = [f"--feature_cache={cache}", "--checkpoint_minutes=0", "--deterministic"]
    whole = train(*flags, f"--output_dir={runs[0]}")
    assert whole.returncode == 0, whole.stderr
    assert "features of 40 crops of 40 take 0 MB" in whole.stderr

    shutil.copytree(runs[0], runs[1])
    for path in (LAST, LAST.replace("6", "5"), "generator.keras"):
        (runs[1] / path).unlink()
    made = files_of(cache)
    os.truncate(cache / "features-00000.float16", 1000)
    resumed = train(*flags, f"--output_dir={runs[1]}")
    assert resumed.returncode == 0, resumed.stderr
    assert "Going on from step 4 " in resumed.stderr
    assert "is made anew" not in resumed.stderr
    assert files_of(cache) == made
    assert bits_of(runs[1] / LAST) == bits_of(runs[0] / LAST)
    generators = [keras.models.load_model(folder / "generator.keras") for folder in runs]
    for ours, theirs in zip(*(generator.weights for generator in generators), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=theirs.path)


@pytest.fixture(scope="module")
def both(call_tool, encoder_flag, tmp_path_factory):
    """Folder of a run of both stages."""
    folder = tmp_path_factory.mktemp("both")
    flags = [f"--feature_cache={folder / 'cache'}", f"--output_dir={folder / 'run'}", "--stage=both", "--epochs=1"]
    result = call_tool("train.py", *FLAGS, encoder_flag, *flags)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("features of 40 crops of 40") == 1
    assert "--cached_crops=2: this run needs 1 only, one a pass" in result.stderr
    assert "is made anew" not in result.stderr
    return folder


def test_both_stages_train_the_decoder_alone_from_one_cache(both, encoder_flag):
    first, second = (dict(np.load(both / f"run/stage{i}/checkpoints/step_00000003.npz")) for i in (1, 2))
    names = [name for name in first if name.startswith("generator/") and name.endswith("kernel")]
    changed = {name.split("/")[2] for name in names if (first[name] != second[name]).any()}
    same = {name.split("/")[2] for name in names} - changed
    assert {name for name in same if name.startswith("encoder_")} == same
    assert len(same) == 5
    assert "decoder32_conv" in changed
    lines = (both / "run" / "stage2" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["color_critic_loss"]


def test_the_generator_has_batch_statistics_of_photos(both):
    layers = keras.models.load_model(both / "run" / "stage1" / "generator.keras").layers
    norms = [layer for layer in layers if layer.name.startswith("decoder") and layer.name.endswith("norm")]
    assert len(norms) == 10
    for norm in norms:
        assert (norm.moving_variance.numpy() != 1).all(), norm.name


def test_other_settings_make_the_cache_anew(both, train, tmp_path):
    cache = shutil.copytree(both / "cache", tmp_path / "cache")
    flags = [f"--feature_cache={cache}", f"--output_dir={tmp_path / 'run'}", "--epochs=1", "--cached_crops=1"]
    result = train(*flags)
    assert result.returncode == 0, result.stderr
    assert f"The feature cache {cache} is made anew, as it has crops 2, not 1" in result.stderr


@pytest.mark.slow
def test_stages_of_two_sizes_have_a_cache_each(train, tmp_path):
    flags = [f"--feature_cache={tmp_path / 'cache'}", f"--output_dir={tmp_path / 'run'}", "--stage=both", "--epochs=1"]
    flags += ["--steps_per_epoch=1", "--adversarial_loss=none"]
    for _ in range(2):
        result = train(*flags, "--image_size=64,96", "--fresh", "--overwrite")
        assert result.returncode == 0, result.stderr
        assert "is made anew" not in result.stderr
    assert "features of" not in result.stderr  # the second run has both
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["stage1", "stage2"]


def test_a_dry_run_makes_no_cache(train, tmp_path):
    result = train(f"--feature_cache={tmp_path / 'cache'}", "--dry_run")
    assert result.returncode == 0, result.stderr
    assert f"--feature_cache={tmp_path / 'cache'}" in result.stdout
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("flags", [["--architecture=paper"], ["--freeze_encoder=early"], ["--freeze_encoder=none"]])
def test_an_encoder_that_is_trained_or_none_is_an_error(train, error_of, tmp_path, flags):
    result = train(f"--feature_cache={tmp_path / 'cache'}", f"--output_dir={tmp_path / 'run'}", *flags)
    problem = (
        "is for --architecture=pretrained" if "--architecture=paper" in flags else "--feature_cache is for an encoder"
    )
    assert problem in error_of(result)


def test_a_folder_of_something_else_is_an_error_that_names_it(train, error_of, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "thesis.txt").write_text("mine")
    result = train(f"--feature_cache={tmp_path / 'cache'}", f"--output_dir={tmp_path / 'run'}")
    assert "cache holds thesis.txt, which no feature cache wrote: give the cache a folder" in error_of(result)
    assert (tmp_path / "cache" / "thesis.txt").read_text() == "mine"


@pytest.mark.slow
def test_several_machines_are_an_error(start_tool, encoder_flag, tmp_path):
    cluster = {"cluster": {"worker": ["localhost:23457"]}, "task": {"type": "worker", "index": 0}}
    flags = [*FLAGS, encoder_flag, f"--feature_cache={tmp_path / 'cache'}", f"--output_dir={tmp_path / 'run'}"]
    with start_tool("train.py", *flags, variables={"TF_CONFIG": json.dumps(cluster)}) as process:
        output, _ = process.communicate(timeout=600)
    assert process.returncode == 2, output
    assert "--feature_cache is for one machine" in output.splitlines()[-1]


@pytest.mark.slow
def test_a_run_killed_while_it_makes_the_cache_and_after_ends_with_the_bits_of_one_that_was_not(
    run_tool, start_tool, encoder_flag, tmp_path
):
    flags = [*FLAGS, encoder_flag, "--cached_crops=80", "--checkpoint_minutes=0", "--deterministic"]
    crops = 80 * 20
    assert crops > 2 * FeatureCache.shard_crops

    def folders(name):
        return [f"--feature_cache={tmp_path / name / 'cache'}", f"--output_dir={tmp_path / name / 'run'}"]

    whole = run_tool("train.py", *flags, *folders("whole"))
    assert whole.returncode == 0, whole.stderr

    killed = tmp_path / "killed"
    for stop in ("cache/features-00000.float16", "run/checkpoints/step_00000002.npz"):
        with start_tool("train.py", *flags, *folders("killed"), stdout=subprocess.DEVNULL) as process:
            wait_for(killed / stop, process)
            process.kill()
            process.wait()
    with start_tool("train.py", *flags, *folders("killed")) as process:
        output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    assert "Going on from step" in output
    assert files_of(killed / "cache") == files_of(tmp_path / "whole" / "cache")
    assert bits_of(killed / "run" / LAST) == bits_of(tmp_path / "whole" / "run" / LAST)


@needs_posix
@pytest.mark.slow
def test_a_signal_stops_the_making_of_the_cache_at_once(start_tool, encoder_flag, tmp_path):
    flags = [*FLAGS, encoder_flag, "--cached_crops=5000", f"--feature_cache={tmp_path / 'cache'}"]
    with start_tool("train.py", *flags, f"--output_dir={tmp_path / 'run'}") as process:
        wait_for(tmp_path / "cache" / "features-00000.float16", process)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 143, output
    assert output.splitlines()[-1].startswith("Stopped by SIGTERM. To go on: python ")
    assert not [name for name in files_of(tmp_path / "cache") if name.startswith(".")]


def wait_for(path, process, seconds=600):
    deadline = time.monotonic() + seconds
    while not pathlib.Path(path).exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)

"""scgan pretrain within this process: both ways, what a run leaves behind, and what is said of mistakes."""

import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
from tiny_teacher import CLASSES, build_classifier

from keras_scgan import data
from keras_scgan.data import demo_dir
from keras_scgan.photos import color

NETWORK = ["--preset=testing", "--image_size=32", "--strategy=none", "--precision=float32"]
SMALL = [*NETWORK, "--batch_size=4", "--steps_per_epoch=2", "--epochs=2", "--optimizer=adam", "--learning_rate=1e-3"]


def weights_of(path):
    return [weight.numpy() for weight in keras.models.load_model(path).weights]


@pytest.fixture
def pretrain(call_tool):
    return lambda *arguments: call_tool("pretrain.py", *arguments)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    path = tmp_path_factory.mktemp("teacher") / "teacher.keras"
    build_classifier().save(path)
    return f"--teacher={path}"


@pytest.fixture(scope="module")
def class_folders(tmp_path_factory):
    """The demo photos in folders of two classes."""
    folder = tmp_path_factory.mktemp("classes")
    for i, path in enumerate(sorted((demo_dir() / "images").iterdir())):
        (folder / f"class{i % 2}").mkdir(exist_ok=True)
        shutil.copy(path, folder / f"class{i % 2}")
    return folder


# === Distillation ===


@pytest.fixture(scope="module")
def distilled(call_tool, teacher, tmp_path_factory):
    folder = tmp_path_factory.mktemp("distilled")
    places = [f"--data_dir={demo_dir()}", f"--validation_dir={demo_dir()}", f"--output_dir={folder}"]
    result = call_tool("pretrain.py", *SMALL, *places, teacher)
    assert result.returncode == 0, result.stderr
    return folder


def test_distillation_leaves_networks_metrics_and_what_it_reached(distilled):
    results = json.loads((distilled / "pretraining.json").read_text())
    assert results["preset"] == "testing"
    assert results["before"].keys() == results["after"].keys() == {
        "loss", "soft_target_loss", "feature_loss", "agreement"
    }  # fmt: skip
    lines = [json.loads(line) for line in (distilled / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert lines[-1]["val_feature_loss"] == pytest.approx(results["after"]["feature_loss"], rel=1e-6)
    assert results["after"]["loss"] < results["before"]["loss"]


def test_what_is_seen_stretched_in_training_is_so_in_validation(pretrain, teacher, tmp_path, monkeypatch):
    validated, make = [], data.validation_batches

    def spy(*args, **kwargs):
        validated.append(make(*args, **kwargs))
        return validated[-1]

    monkeypatch.setattr(data, "validation_batches", spy)
    places = [f"--data_dir={demo_dir()}", f"--validation_dir={demo_dir()}", f"--output_dir={tmp_path}"]
    result = pretrain(*SMALL, *places, teacher, "--epochs=1", "--steps_per_epoch=1", "--stretch_luma")
    assert result.returncode == 0, result.stderr
    grays, colors = next(iter(validated[0].as_numpy_iterator()))
    lumas = color.luma(colors)
    np.testing.assert_allclose(grays, [color.stretch_luma(luma) for luma in lumas], atol=1e-5)
    assert np.abs(grays - lumas).max() > 0.01


def test_the_classifier_holds_the_feature_network_that_is_written_too(distilled):
    classifier = keras.models.load_model(distilled / "classifier.keras")
    assert classifier.output_shape == (None, CLASSES)
    features = weights_of(distilled / "global_features.keras")
    for a, b in zip(classifier.get_layer("global_features").weights, features, strict=True):
        np.testing.assert_array_equal(a.numpy(), b)


def test_train_takes_the_feature_network_and_leaves_it_as_it_is_when_frozen(distilled, call_tool, tmp_path):
    run = ["--preset=testing", "--depth=6", "--image_size=64", "--strategy=none", "--dataset=demo", "--batch_size=2"]
    run += ["--steps_per_epoch=1", "--epochs=1", "--precision=float32", "--ema_momentum=0.9", "--noattention_loss"]
    run.append(f"--global_features={distilled / 'global_features.keras'}")
    for name, flag in (("frozen", "--freeze_global_features"), ("tuned", "--nofreeze_global_features")):
        result = call_tool("train.py", *run, flag, f"--output_dir={tmp_path / name}")
        assert result.returncode == 0, result.stderr
    given = weights_of(distilled / "global_features.keras")
    frozen, tuned = (
        keras.models.load_model(tmp_path / name / "generator.keras").get_layer("global_features").weights
        for name in ("frozen", "tuned")
    )
    assert all((a == b.numpy()).all() for a, b in zip(given, frozen, strict=True))
    assert any((a != b.numpy()).any() for a, b in zip(given, tuned, strict=True))


def test_a_run_that_is_complete_is_not_run_again(distilled, pretrain, teacher):
    before = weights_of(distilled / "classifier.keras")
    result = pretrain(f"--flagfile={distilled / 'run.flags'}")
    assert result.returncode == 0, result.stderr
    for a, b in zip(before, weights_of(distilled / "classifier.keras"), strict=True):
        np.testing.assert_array_equal(a, b)


# === Classification ===


def test_labelled_photos_make_a_classifier_and_a_feature_network(pretrain, class_folders, tmp_path):
    places = [f"--data_dir={class_folders}", f"--validation_dir={class_folders}", f"--output_dir={tmp_path}"]
    result = pretrain(*SMALL, *places)
    assert result.returncode == 0, result.stderr
    results = json.loads((tmp_path / "pretraining.json").read_text())
    assert set(results["after"]) == {"loss", "cross_entropy", "top1", "top5"}
    assert results["after"]["top5"] == 1.0
    classifier = keras.models.load_model(tmp_path / "classifier.keras")
    assert classifier.input_shape == (None, 32, 32, 1)
    assert classifier.output_shape == (None, 2)
    assert keras.models.load_model(tmp_path / "global_features.keras").output_shape == (None, None, None, 32)


# === Errors ===


@pytest.fixture
def error_line(pretrain, error_of):
    def refused(*arguments):
        return error_of(pretrain(*SMALL, *arguments))

    return refused


def test_mistakes_are_named_in_one_line(error_line, teacher, class_folders, tmp_path):
    demo = f"--data_dir={demo_dir()}"
    out = f"--output_dir={tmp_path / 'out'}"
    assert "--data_dir" in error_line(out)
    assert "label" in error_line(demo, out)  # photos without labels and no teacher
    assert "absent.keras" in error_line(demo, out, "--teacher=absent.keras")
    assert "--image_size=40" in error_line(demo, out, teacher, "--image_size=40")
    assert "too few" in error_line(demo, out, teacher, "--batch_size=64")
    assert not pathlib.Path(tmp_path / "out").exists()


def test_held_out_photos_of_other_classes_are_refused(error_line, class_folders, tmp_path):
    shutil.copytree(class_folders / "class0", tmp_path / "held_out" / "class7")
    line = error_line(f"--data_dir={class_folders}", f"--validation_dir={tmp_path / 'held_out'}")
    assert "class7" in line


def test_a_dry_run_says_what_would_be_trained_and_leaves_nothing(pretrain, teacher, tmp_path):
    out = tmp_path / "out"
    result = pretrain(*SMALL, f"--data_dir={demo_dir()}", teacher, f"--output_dir={out}", "--dry_run")
    assert result.returncode == 0, result.stderr
    assert "--preset=testing" in result.stdout
    assert "20 photos" in result.stdout
    assert not out.exists()

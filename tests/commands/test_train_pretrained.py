"""scgan train with generators on pre-trained encoders: from a classifier to a network that one goes on from."""

import json
import os
import shutil

import keras
import numpy as np
import pytest
from small_encoder import small_classifier, small_pretrained_generator

from keras_scgan import Colorizer
from keras_scgan.models.encoder import ENCODER_PREFIX
from keras_scgan.training import loop

SMALL = [
    *("--architecture=pretrained", "--dataset=demo", "--image_size=64", "--batch_size=2", "--preset=testing"),
    *("--steps_per_epoch=1", "--epochs=1", "--strategy=none", "--precision=float32", "--stretch_luma"),
]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    path = tmp_path_factory.mktemp("classifier") / "small.keras"
    small_classifier().save(path)
    return path


@pytest.fixture(scope="module")
def run(call_tool, classifier, tmp_path_factory):
    """Folder of a run of both stages, whose encoder is trained, against both critics and a perceptual loss."""
    folder = tmp_path_factory.mktemp("run")
    result = call_tool(
        "train.py",
        *SMALL,
        *("--stage=both", f"--encoder={classifier}", "--freeze_encoder=none", "--aging=0.5", "--ema_momentum=0.5"),
        *(f"--perceptual_weights={classifier}", "--perceptual_layer=block2_relu,block3_relu"),
        *(
            "--perceptual_gradient_ratio=5",
            "--perceptual_loss_weight=0",
            "--truth_saturation=1.2",
            "--judged_size=32",
            "--chroma_weighting=1",
        ),
        *("--colorfulness_loss_weight=0.1", "--learning_rate_schedule=cosine", "--critic_norm=instance"),
        f"--output_dir={folder}",
    )
    assert result.returncode == 0, result.stderr
    return folder


def encoder_of(path):
    weights = keras.models.load_model(path).weights
    return {weight.path: weight.numpy() for weight in weights if weight.path.startswith(ENCODER_PREFIX)}


def test_a_run_ends_with_critics_and_a_generator_that_says_how_it_is_run(run):
    generator = keras.models.load_model(run / "stage2" / "generator.keras")
    assert generator.description.image_size == 64
    assert generator.description.stretch_luma
    assert generator.description.built_from["encoder"] == "small"
    assert all(layer.trainable for layer in generator.layers)
    assert {path.name for path in (run / "stage2").glob("*_critic.keras")} == {
        "color_critic.keras",
        "attention_critic.keras",
    }
    assert Colorizer(run / "stage2" / "generator.keras").colorize(np.zeros((50, 40), np.uint8)).shape == (50, 40, 3)


def test_a_perceptual_loss_may_have_its_gradient_s_size_in_place_of_a_weight(run):
    (line,) = (run / "stage2" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(line)["perceptual_loss"] > 0


def test_both_stages_train_the_encoder(run):
    first, second = (encoder_of(run / stage / "generator.keras") for stage in ("stage1", "stage2"))
    assert all(np.abs(second[path] - value).max() > 0 for path, value in first.items() if path.endswith("kernel"))


def test_a_run_goes_on_from_a_generator_alone_and_may_leave_its_saliency_branch_out(call_tool, run, tmp_path):
    start = run / "stage2" / "generator.keras"
    result = call_tool(
        "train.py", *SMALL, f"--init_from={start}", "--noattention_loss", "--stage=1", f"--output_dir={tmp_path}"
    )
    assert result.returncode == 0, result.stderr
    generator = keras.models.load_model(tmp_path / "generator.keras")
    assert generator.output.keys() == {"color", "chroma"}
    before, after = encoder_of(start), encoder_of(tmp_path / "generator.keras")
    assert all(np.array_equal(after[path], value) for path, value in before.items())


def test_a_generator_with_operations_can_be_gone_on_from_and_is_loaded_once(call_tool, tmp_path, monkeypatch):
    """As MobileNetV3 has them, whose weights are no file here."""
    loaded, load = [], keras.models.load_model
    monkeypatch.setattr(keras.models, "load_model", lambda path, **kwargs: loaded.append(path) or load(path, **kwargs))
    generator = small_pretrained_generator(classifier=classifier_with_operations(), stretch_luma=True)
    generator.save(tmp_path / "start.keras")
    result = call_tool(
        "train.py",
        *(*SMALL, f"--init_from={tmp_path}/start.keras", "--stage=1", f"--output_dir={tmp_path / 'run'}"),
        "--precision=mixed_bfloat16",
    )
    assert result.returncode == 0, result.stderr
    assert loaded == [f"{tmp_path}/start.keras"]
    after = encoder_of(tmp_path / "run" / "generator.keras")
    assert all(np.array_equal(after[path], value) for path, value in encoder_of(tmp_path / "start.keras").items())


def classifier_with_operations():
    classifier = small_classifier()
    x = classifier.get_layer("block2_relu").output * 0.5 + 1.0
    for i in (3, 4, 5):
        for part in ("conv", "norm", "relu"):
            x = classifier.get_layer(f"block{i}_{part}")(x)
    shared = keras.Model(classifier.input, x)
    clone = keras.models.clone_model(shared)  # whose layers are called once
    clone.set_weights(shared.get_weights())
    return clone


def test_files_that_are_gone_when_training_ends_are_not_missed(call_tool, classifier, tmp_path, monkeypatch):
    encoder = shutil.copy(classifier, tmp_path)
    fit = loop.Trainer.fit

    def fit_and_lose(trainer):
        fit(trainer)
        os.remove(encoder)

    monkeypatch.setattr(loop.Trainer, "fit", fit_and_lose)
    result = call_tool("train.py", *SMALL, f"--encoder={encoder}", f"--output_dir={tmp_path}")
    assert result.returncode == 0, result.stderr
    assert keras.models.load_model(tmp_path / "generator.keras").description.built_from["encoder"] == "small"


def test_a_generator_of_stretched_luma_is_not_gone_on_from_without(call_tool, error_of, run, tmp_path):
    start = f"--init_from={run}/stage1/generator.keras"
    flags = [*SMALL, start, "--nostretch_luma", f"--output_dir={tmp_path}"]
    assert f"{start} was trained on stretched luma: give --stretch_luma" in error_of(call_tool("train.py", *flags))


def test_a_generator_of_another_encoder_is_not_gone_on_from(call_tool, error_of, run, classifier, tmp_path):
    start, other = f"--init_from={run}/stage1/generator.keras", shutil.copy(classifier, tmp_path / "other.keras")
    flags = [*SMALL, start, "--stage=1"]
    line = error_of(call_tool("train.py", *flags, f"--encoder={other}", f"--output_dir={tmp_path / 'a'}"))
    assert f"{start} has the encoder small, not other: leave --encoder out" in line
    result = call_tool("train.py", *flags, f"--encoder={classifier}", f"--output_dir={tmp_path / 'b'}")
    assert result.returncode == 0, result.stderr


def test_a_dry_run_of_both_stages_takes_the_encoder_of_the_generator_that_is_gone_on_from(call_tool, run, tmp_path):
    start = f"--init_from={run}/stage1/generator.keras"
    result = call_tool("train.py", *SMALL, start, "--stage=both", f"--output_dir={tmp_path / 'new'}", "--dry_run")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("Parameters: generator") == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--architecture=pretrained: give the classifier that becomes the encoder"),
        (["--encoder=missing.keras"], "--encoder=missing.keras: there is no such file"),
        (["--encoder=NoSuchNet"], "--encoder=NoSuchNet: expected a .keras file, or a name of keras.applications"),
        (["--image_size=72", "--encoder=CLASSIFIER"], "--image_size=72 is no multiple of 32, which an encoder needs"),
        (["--network_input=thermal", "--encoder=CLASSIFIER"], "keeps the luma, which a thermal image does not have"),
        (["--encoder=CLASSIFIER", "--global_features=none"], "--global_features=none is of the paper's generator"),
        (["--encoder=CLASSIFIER", "--freeze_global_features"], "--freeze_global_features is of the paper's generator"),
        (["--encoder=CLASSIFIER", "--keep_luma"], "--keep_luma is of the paper's generator"),
        (["--encoder=CLASSIFIER", "--depth=6"], "--depth=6 is of the paper's generator"),
        (["--init_from=missing.keras", "--dry_run"], "--init_from=missing.keras: there is no such file"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(call_tool, error_of, classifier, tmp_path, arguments, message):
    arguments = [argument.replace("CLASSIFIER", str(classifier)) for argument in arguments]
    result = call_tool("train.py", *SMALL, *arguments, f"--output_dir={tmp_path / 'out'}")
    assert message in error_of(result)

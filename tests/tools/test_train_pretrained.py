"""tools/train.py with generators on pre-trained encoders: from a classifier to a network that one goes on from."""

import keras
import numpy as np
import pytest
from small_encoder import small_classifier

from keras_scgan import Colorizer
from keras_scgan.models.encoder import ENCODER_PREFIX

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
        *("--perceptual_gradient_ratio=5", "--truth_saturation=1.2", "--judged_size=32", "--chroma_weighting=1"),
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--architecture=pretrained: give the classifier that becomes the encoder"),
        (["--encoder=missing.keras"], "--encoder=missing.keras: there is no such file"),
        (["--encoder=NoSuchNet"], "--encoder=NoSuchNet: expected a .keras file, or a name of keras.applications"),
        (["--image_size=72", "--encoder=CLASSIFIER"], "--image_size=72 is no multiple of 32, which an encoder needs"),
        (["--network_input=thermal", "--encoder=CLASSIFIER"], "keeps the luma, which a thermal image has not"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(call_tool, error_of, classifier, tmp_path, arguments, message):
    arguments = [argument.replace("CLASSIFIER", str(classifier)) for argument in arguments]
    result = call_tool("train.py", *SMALL, *arguments, f"--output_dir={tmp_path / 'out'}")
    assert message in error_of(result)

"""What critics and Grad-CAM are shown to see is what they saw, in the right place."""

import os

import keras
import numpy as np
import pytest
import tensorflow as tf
from colorful import colorful_generator
from sample_photos import random_photo
from small_encoder import small_pretrained_generator

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.models import build_critic, build_generator, build_vgg16_gray
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError
from keras_scgan.training.checkpoints import Checkpoints
from keras_scgan.training.scgan import SCGAN
from keras_scgan.visualization import critics, gradcam

# === Critics ===


def gradient_of_cell(model, inputs, name, cell):
    """Rows and columns of the pixels that a cell of a model's output depends on."""
    inputs = {key: tf.constant(value) for key, value in inputs.items()}
    with tf.GradientTape() as tape:
        tape.watch(inputs[name])
        output = model(inputs if len(inputs) > 1 else inputs[name], training=False)
        score = tf.reduce_sum(output[0, cell[0], cell[1]])
    gradient = np.abs(tape.gradient(score, inputs[name]).numpy()[0]).sum(-1)
    rows, columns = (np.flatnonzero(gradient.any(axis=axis)) for axis in (1, 0))
    return rows, columns


def test_a_score_stands_in_the_middle_of_what_the_critic_sees_for_it(rng):
    critic = build_critic("testing", norm="none")
    inputs = {"gray": rng.uniform(-1, 1, (1, 128, 128, 1)), "image": rng.uniform(-1, 1, (1, 128, 128, 3))}
    inputs = {name: value.astype(np.float32) for name, value in inputs.items()}
    rows, columns = gradient_of_cell(critic, inputs, "image", (6, 8))
    assert (rows[0], rows[-1]) == (56 - 34, 56 + 34)
    assert (columns[0], columns[-1]) == (72 - 34, 72 + 34)
    scores, mean = critics.judge(critic, inputs["gray"][0], inputs["image"][0])
    cells = np.asarray(critic(inputs))[0, ..., 0]
    assert scores.shape == (128, 128)
    np.testing.assert_allclose(scores[56, 72], cells[6, 8], rtol=1e-6)
    assert mean == pytest.approx(cells.mean(), rel=1e-5)


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(1)
    names = ("color_critic", "attention_critic")
    model = SCGAN(
        build_generator("testing", depth=6), **{name: build_critic("testing", norm="batch") for name in names}
    )
    model.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    return model


@pytest.fixture
def run_dir(trained, tmp_path):
    (tmp_path / "run.flags").write_text("--stage=both\n--preset=testing\n--critic_norm=batch\n--attention_loss\n")
    checkpoints = Checkpoints(tmp_path / "stage2" / "checkpoints", trained)
    checkpoints.save(3)
    return tmp_path


@pytest.mark.parametrize("folder", [".", "stage2"])
def test_critics_of_a_run_score_as_they_did_in_it(trained, run_dir, rng, folder):
    found = critics.load_critics(run_dir / folder).models
    assert found.keys() == {"color", "attention"}
    inputs = {"gray": rng.uniform(-1, 1, (1, 32, 32, 1)), "image": rng.uniform(-1, 1, (1, 32, 32, 3))}
    scores = {name: np.asarray(critic(inputs)) for name, critic in found.items()}
    for name, critic in trained.critics.items():
        assert (scores[name] == np.asarray(critic(inputs))).all()
    assert (scores["color"] != scores["attention"]).any()


def test_critics_that_a_run_wrote_are_taken_as_they_are(trained, tmp_path, rng):
    for name, critic in trained.critics.items():
        critic.save(tmp_path / f"{name}_critic.keras")
    loaded = critics.load_critics(tmp_path)
    found = loaded.models
    assert (loaded.judged_size, loaded.truth_saturation) == (None, 1)
    assert found.keys() == {"color", "attention"}
    inputs = {"gray": rng.uniform(-1, 1, (1, 32, 32, 1)), "image": rng.uniform(-1, 1, (1, 32, 32, 3))}
    for name, critic in trained.critics.items():
        np.testing.assert_array_equal(found[name](inputs), critic(inputs))


def test_the_later_of_written_critics_and_checkpoint_is_taken(trained, run_dir, rng):
    others = {name: build_critic("testing", norm="batch") for name in ("color", "attention")}
    for name, critic in others.items():
        critic.save(run_dir / "stage2" / f"{name}_critic.keras")
    inputs = {"gray": rng.uniform(-1, 1, (1, 32, 32, 1)), "image": rng.uniform(-1, 1, (1, 32, 32, 3))}
    for seconds, expected in ((-9, others), (9, trained.critics)):
        time = (run_dir / "stage2" / "color_critic.keras").stat().st_mtime + seconds
        os.utime(run_dir / "stage2" / "checkpoints" / "step_00000003.npz", (time, time))
        found = critics.load_critics(run_dir).models
        for name, critic in expected.items():
            np.testing.assert_array_equal(found[name](inputs), critic(inputs))


def damage(run_dir):
    (run_dir / "stage2" / "checkpoints" / "step_00000003.npz").write_bytes(b"PK\3\4 no archive")


def remove_critics(run_dir):
    path = run_dir / "stage2" / "checkpoints" / "step_00000003.npz"
    with np.load(path) as archive:
        values = {name: archive[name] for name in archive.files if "_critic/" not in name}
    np.savez(path, **values)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda run_dir: (run_dir / "run.flags").unlink(), "is no run folder: it has no run.flags"),
        (lambda run_dir: (run_dir / "run.flags").write_text("--preset=testing\n"), "does not say .* 'critic_norm'"),
        (
            lambda run_dir: (run_dir / "run.flags").write_text("--preset=small\n--critic_norm=batch\n"),
            "check the preset",
        ),
        (
            lambda run_dir: (run_dir / "run.flags").write_text(
                "--preset=testing\n--critic_norm=batch\n--judged_size=x"
            ),
            "run.flags does not say what the critics of the run saw: .*'x'",
        ),
        (damage, "step_00000003.npz cannot be read"),
        (remove_critics, "has no critics: they are trained in stage 2"),
        (
            lambda run_dir: (run_dir / "stage2" / "checkpoints" / "step_00000003.npz").unlink(),
            "has no checkpoint",
        ),
    ],
)
def test_a_run_without_critics_that_can_be_read_is_an_error(run_dir, spoil, message):
    spoil(run_dir)
    with pytest.raises(UserError, match=message):
        critics.load_critics(run_dir)


class FixedNetwork:
    """Predicts mid grey, and a saliency of a half."""

    def predict_as_trained(self, gray):
        colors, saliency = np.zeros((1, 32, 32, 3), np.float32), np.full((1, 32, 32, 1), 0.5, np.float32)
        return gray, {"color": colors, "saliency": saliency}


class FixedColorizer:
    """Stands for a `Colorizer`."""

    image_size = 32
    network = FixedNetwork()

    def prepare(self, photo):
        return np.zeros((32, 32, 1), np.float32)


def test_critics_are_shown_the_truth_and_the_colorized_each_weighted_by_its_own_map(trained, rng):
    photo, true_map = random_photo(rng, 32, 32), rng.integers(0, 256, (32, 32), np.uint8)
    judges = critics.Critics(trained.critics)
    trials = critics.try_photo(judges, FixedColorizer(), photo, true_map)
    normalized = photo / np.float32(127.5) - 1
    np.testing.assert_allclose(trials["color"].images[0], normalized, atol=1e-6)
    np.testing.assert_allclose(
        trials["attention"].images[0], normalized * true_map[..., np.newaxis] / np.float32(255), atol=1e-6
    )
    assert not np.any([trials["color"].images[1], trials["attention"].images[1]])
    by_prediction = critics.try_photo(judges, FixedColorizer(), photo)
    np.testing.assert_allclose(by_prediction["attention"].images[0], normalized / 2, atol=1e-6)


@pytest.mark.parametrize("kind", ["chroma", "paper"])
def test_critics_are_shown_what_they_saw_in_training(run_dir, rng, kind):
    with open(run_dir / "run.flags", "a") as file:
        file.write("--judged_size=40\n--truth_saturation=1.5\n")
    judges = critics.load_critics(run_dir)
    if kind == "chroma":
        generator = small_pretrained_generator(image_size=64, stretch_luma=True)
    else:
        generator = colorful_generator()
        generator.describe(stretch_luma=True)
    photo = random_photo(rng, 8, 8).repeat(8, 0).repeat(8, 1)
    if kind == "paper":  # in training, the luma that guides the filter of the chroma is not stretched
        photo = 60 + photo // 3
    trials = critics.try_photo(judges, Colorizer(generator), photo)

    # The same by the training's own model.
    model = SCGAN(generator, **{f"{name}_critic": critic for name, critic in judges.models.items()})
    model.compile(keras.optimizers.Adam(), keras.optimizers.Adam(), judged_size=40, truth_saturation=1.5)
    truth = color.normalize(photo.astype("float32"))[np.newaxis]
    gray = color.stretch_luma(color.normalize(color.to_gray(photo).astype("float32"))[np.newaxis, ..., np.newaxis])
    saliency = generator(gray)["saliency"]
    batch = model._unpack((tf.constant(gray), tf.constant(truth), saliency))
    judged = model._judged_images(model.generate(batch["gray"], batch["color"]))
    for name, critic in judges.models.items():
        for image, expected in zip(trials[name].images, (batch["judged"][name], judged[name]), strict=True):
            assert np.abs(image - expected[0]).mean() < 0.01
        for mean, image in zip(trials[name].means, (batch["judged"][name], judged[name]), strict=True):
            scores = np.asarray(critic({"gray": batch["condition"], "image": image}, training=False))
            assert mean == pytest.approx(scores.mean(), rel=0.02, abs=1e-4)


# === Grad-CAM ===


@pytest.fixture(scope="module")
def classifier():
    keras.utils.set_random_seed(2)
    model = build_vgg16_gray("testing", classes=5, image_size=64)
    for variable in model.trainable_variables:  # far from the small values of a new network, so that maps differ
        if variable.name == "kernel":
            variable.assign(8 * variable)
    return model


@pytest.fixture
def gray(rng):
    return rng.uniform(-1, 1, (64, 64, 1)).astype(np.float32)


def test_classifier_as_one_graph_gives_its_logits(classifier, gray):
    network = gradcam.as_cam_network(classifier)
    assert (network.image_size, network.classes) == (64, 5)
    np.testing.assert_allclose(network.model(gray[None]), classifier(gray[None]), rtol=1e-6)


@pytest.mark.parametrize("class_index", [None, 1])
def test_grad_cam_is_the_activations_weighted_by_their_mean_gradients(classifier, gray, class_index):
    maps, found, probability = gradcam.class_activation_maps(gradcam.as_cam_network(classifier), gray, class_index)
    probabilities = keras.ops.softmax(classifier(gray[None]))[0].numpy()
    assert found == (probabilities.argmax() if class_index is None else class_index)
    assert probability == pytest.approx(probabilities[found], rel=1e-5)

    features = classifier.get_layer("global_features")
    names = [layer.name for layer in features.layers]
    start = names.index("conv5_3_relu")
    activations = keras.Model(features.input, features.get_layer("conv5_3_relu").output)(gray[None])
    with tf.GradientTape() as tape:
        tape.watch(activations)
        x = activations
        for layer in features.layers[start + 1 :] + classifier.layers[2:]:
            x = layer(x)
        score = x[0, found]
    gradient = tape.gradient(score, activations).numpy()[0]
    expected = np.maximum(0, (activations.numpy()[0] * gradient.mean(axis=(0, 1))).sum(-1))
    assert expected.max() > 0
    np.testing.assert_allclose(maps["Grad-CAM"][::16, ::16], expected / expected.max(), atol=1e-5)


def test_grad_cam_maps_are_shares_of_their_largest_value(classifier, gray):
    maps, _, _ = gradcam.class_activation_maps(gradcam.as_cam_network(classifier), gray)
    assert maps.keys() == {"Grad-CAM", "Grad-CAM++"}
    for values in maps.values():
        assert values.shape == (64, 64)
        assert values.min() >= 0
        assert values.max() == 1


def test_a_cell_of_grad_cam_stands_in_the_middle_of_what_it_sees(rng):
    features = build_vgg16_gray("testing")
    layer = keras.Model(features.input, features.get_layer(gradcam.LAYER).output)
    inputs = {"gray": rng.uniform(-1, 1, (1, 256, 256, 1)).astype(np.float32)}
    rows, columns = gradient_of_cell(layer, inputs, "gray", (8, 7))
    assert rows[0] + rows[-1] == 2 * 128
    assert columns[0] + columns[-1] == 2 * 112


def test_global_features_of_a_generator_are_explained_without_classes(gray):
    generator = build_generator("testing", depth=6)
    network = gradcam.as_cam_network(generator)
    assert network.model is generator.get_layer("global_features")
    maps, class_index, probability = gradcam.class_activation_maps(network, gray)
    assert (class_index, probability) == (None, None)
    assert all(np.isfinite(values).all() for values in maps.values())
    with pytest.raises(UserError, match="`class_=3`: this network has no classes"):
        gradcam.class_activation_maps(network, gray, 3)
    with pytest.raises(UserError, match="`image_size=48` does not fit VGG-16-Gray: it takes a multiple of 32"):
        gradcam.class_activation_maps(network, gray[:48, :48])


def test_what_the_classifier_does_not_take_is_an_error(classifier, gray):
    network = gradcam.as_cam_network(classifier)
    with pytest.raises(UserError, match="`class_=5`: the network has classes 0 to 4"):
        gradcam.class_activation_maps(network, gray, 5)
    with pytest.raises(UserError, match="`image_size=32` does not fit VGG-16-Gray: it takes 64"):
        gradcam.class_activation_maps(network, gray[:32, :32])


def test_a_model_without_global_features_is_an_error():
    with pytest.raises(UserError, match="'generator' has no global feature network"):
        gradcam.as_cam_network(build_generator("testing", depth=6, global_features=False))

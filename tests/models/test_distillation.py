"""The teacher and the student of distillation."""

import keras
import numpy as np
import pytest
import scipy.special
from tiny_teacher import CLASSES, build_classifier

from keras_scgan.models import build_vgg16_gray
from keras_scgan.models.distillation import build_student, build_teacher
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError


@pytest.fixture
def image(rng):
    return rng.uniform(-1, 1, (2, 64, 96, 3)).astype("float32")


def teacher_of(model, folder):
    model.save(folder / "teacher.keras")
    return build_teacher(str(folder / "teacher.keras"))


def test_the_teacher_gives_the_logits_and_the_last_map_of_its_classifier(tmp_path, image):
    classifier = build_classifier()
    outputs = teacher_of(classifier, tmp_path)(image)
    pixels = color.denormalize(image)
    np.testing.assert_allclose(outputs["logits"], classifier(pixels), rtol=1e-4, atol=1e-3)
    maps = keras.Model(classifier.input, classifier.get_layer("features").output)(pixels)
    assert outputs["features"].shape == (2, 2, 3, 8)
    np.testing.assert_allclose(outputs["features"], maps, rtol=1e-4, atol=1e-5)


def test_probabilities_become_logits_of_the_same_softmax(tmp_path, image):
    classifier = build_classifier(activation="softmax", scale=5.0)
    logits = np.asarray(teacher_of(classifier, tmp_path)(image)["logits"])
    expected = np.asarray(classifier(color.denormalize(image)))
    np.testing.assert_allclose(scipy.special.softmax(logits, axis=-1), expected, atol=1e-5)
    assert logits.max() < 0


def test_a_classifier_of_a_size_of_its_own_gets_images_of_that_size(tmp_path, image):
    teacher = teacher_of(build_classifier(size=96), tmp_path)
    assert teacher(image)["features"].shape == (2, 3, 3, 8)


def test_the_teacher_is_frozen(tmp_path):
    assert teacher_of(build_classifier(), tmp_path).trainable_variables == []


def test_models_of_keras_applications_are_taken_by_name_with_their_preprocessing(monkeypatch, image):
    def TinyNet(weights, classifier_activation):  # noqa: N802 (as those of Keras)
        assert weights == "imagenet"
        assert classifier_activation is None
        return build_classifier()

    monkeypatch.setattr(keras.applications, "TinyNet", TinyNet, raising=False)
    monkeypatch.setitem(globals(), "preprocess_input", lambda pixels: 255.0 - pixels)
    found = build_teacher("TinyNet")(image)["logits"]
    np.testing.assert_allclose(found, build_classifier()(255.0 - color.denormalize(image)), rtol=1e-4, atol=1e-3)


def test_the_student_has_the_teachers_outputs_and_the_feature_network(tmp_path, rng):
    teacher = teacher_of(build_classifier(), tmp_path)
    student = build_student("testing", teacher)
    outputs = student(rng.uniform(-1, 1, (2, 64, 96, 1)).astype("float32"))
    assert outputs["logits"].shape == (2, CLASSES)
    assert outputs["features"].shape == (2, 2, 3, 8)
    features = student.get_layer("global_features")
    assert [w.shape for w in features.weights] == [w.shape for w in build_vgg16_gray("testing").weights]


# === Errors ===


def test_what_is_no_teacher_is_named(tmp_path):
    with pytest.raises(UserError, match=r"`teacher=.*absent\.keras`: there is no such file"):
        build_teacher(str(tmp_path / "absent.keras"))
    (tmp_path / "text.keras").write_text("no model")
    with pytest.raises(UserError, match=r"`teacher=.*text\.keras` is no model that Keras can load"):
        build_teacher(str(tmp_path / "text.keras"))
    for name in ("NoSuchNet", "imagenet_utils", "vgg16"):
        with pytest.raises(UserError, match=f"`teacher={name}`: expected"):
            build_teacher(name)


def test_a_model_that_classifies_no_colour_photos_is_no_teacher(tmp_path):
    with pytest.raises(UserError, match=r"must map RGB images \[B, H, W, 3\] to scores"):
        teacher_of(build_vgg16_gray("testing", classes=3, image_size=32), tmp_path)
    inputs = [keras.Input((8, 8, 3)) for _ in range(2)]
    with pytest.raises(UserError, match="Received: several inputs and"):
        teacher_of(keras.Model(inputs, keras.layers.Add()(inputs)), tmp_path)


def test_weights_that_cannot_be_downloaded_are_said_to_be_so(monkeypatch):
    def TinyNet(weights, classifier_activation):  # noqa: N802 (as those of Keras)
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "TinyNet", TinyNet, raising=False)
    with pytest.raises(UserError, match=r"`teacher=TinyNet`: the weights of TinyNet cannot be downloaded \(URL"):
        build_teacher("TinyNet")

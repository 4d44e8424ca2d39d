"""Any Keras classifier judges photos, whose classes come from names or from a CSV file."""

import json
import pathlib

import keras
import numpy as np
import pytest

from keras_scgan.evaluation import classifier
from keras_scgan.evaluation.references import Reference
from keras_scgan.program.errors import UserError


def build_red_or_blue(size):
    """Logits: how red and how blue an image is, and -1."""
    image = keras.Input((size, size, 3))
    mean = keras.layers.GlobalAveragePooling2D()(image)
    dense = keras.layers.Dense(3, name="logits")
    model = keras.Model(image, dense(mean))
    dense.set_weights([np.array([[1, 0, 0], [0, 0, 0], [0, 1, 0]], "float32"), np.array([0, 0, -1], "float32")])
    return model


def references_of(*names):
    return [Reference(str(pathlib.Path(name).with_suffix("")), pathlib.Path("data", name)) for name in names]


# === Scores ===


@pytest.mark.parametrize(("size", "seen"), [(8, 8), (None, 224)])
def test_classifier_sees_rgb_in_0_to_255_at_its_own_size(tmp_path, size, seen):
    build_red_or_blue(size).save(tmp_path / "c.keras")
    judge = classifier.load_classifier(str(tmp_path / "c.keras"))
    assert (judge.size, judge.classes) == (seen, 3)
    red = np.broadcast_to(np.array([250, 0, 5], np.uint8), (10, 20, 3))
    np.testing.assert_allclose(judge.scores([red, red[..., ::-1]]), [[250, 5, -1], [5, 250, -1]], rtol=1e-5)


def test_vgg16_gets_the_pixels_that_keras_preprocesses_for_it(monkeypatch):
    image = keras.Input((4, 4, 3))
    pooled = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))

    def vgg16(weights):
        return pooled

    vgg16.__module__ = "keras.applications.vgg16"
    monkeypatch.setattr(keras.applications, "VGG16", vgg16)
    picture = np.broadcast_to(np.array([10, 20, 30], np.uint8), (6, 6, 3))
    bgr_less_means = [30 - 103.939, 20 - 116.779, 10 - 123.68]
    np.testing.assert_allclose(classifier.load_classifier("VGG16").scores([picture]), [bgr_less_means], rtol=1e-4)


def test_what_is_no_classifier_is_refused(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"`classifier=.*missing\.keras`: there is no such file"):
        classifier.load_classifier(str(tmp_path / "missing.keras"))
    (tmp_path / "broken.keras").write_bytes(b"no model")
    with pytest.raises(UserError, match=r"`classifier=.*broken\.keras` is no model that Keras can load"):
        classifier.load_classifier(str(tmp_path / "broken.keras"))
    gray = keras.Input((8, 8, 1))
    keras.Model(gray, keras.layers.Flatten()(gray)).save(tmp_path / "gray.keras")
    with pytest.raises(UserError, match="must map square RGB images"):
        classifier.load_classifier(str(tmp_path / "gray.keras"))

    def offline(weights):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "VGG16", offline)
    with pytest.raises(UserError, match=r"`classifier=VGG16`: the weights of VGG16 cannot be downloaded \(URL fetch"):
        classifier.load_classifier("VGG16")
    with pytest.raises(
        UserError, match=r"`classifier=vgg16`: expected a \.keras file, or a name of keras\.applications"
    ):
        classifier.load_classifier("vgg16")


# === Classes ===


def test_wordnet_ids_are_read_from_the_folder_else_from_the_file():
    found = classifier.find_labels(
        references_of("n01440764/n09999999_5.jpg", "in1k_n02119022-red-fox.jpg", "nn02119022.jpg", "n021190221.jpg")
    )
    assert found == {"n01440764/n09999999_5": "n01440764", "in1k_n02119022-red-fox": "n02119022"}


def test_csv_names_photos_by_stem_file_or_path(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text('file,class\na,3\nb.jpg,n01440764\n   \nfolder/c, 5\n\n""\nother,1\n')
    found = classifier.find_labels(references_of("x/a.png", "x/b.jpg", "folder/c.jpg", "d.jpg"), table)
    assert found == {"x/a": 3, "x/b": "n01440764", "folder/c": 5}


def test_ground_truth_of_imagenet_s_flat_validation_folder_is_read_in_the_forms_that_there_are(tmp_path):
    references = references_of("ILSVRC2012_val_00000001.JPEG", "ILSVRC2012_val_00000002.JPEG")
    table = tmp_path / "val.txt"
    table.write_text("ILSVRC2012_val_00000001.JPEG 65\nILSVRC2012_val_00000002.JPEG 970\n")
    assert list(classifier.find_labels(references, table).values()) == [65, 970]
    table.write_text("ImageId,PredictionString\nILSVRC2012_val_00000002,n03995372 85 1 499 272 n03995372 9 9 9 9\n")
    assert classifier.find_labels(references, table) == {"ILSVRC2012_val_00000002": "n03995372"}


def test_csv_without_header_loses_no_line_and_a_wrong_line_is_named(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("a,3\nb,cat\n")
    with pytest.raises(UserError, match="Received: b,cat"):
        classifier.find_labels(references_of("a.jpg"), table)
    table.write_text("a,3\n")
    assert classifier.find_labels(references_of("a.jpg"), table) == {"a": 3}


@pytest.fixture
def class_index(tmp_path):
    path = tmp_path / "imagenet_class_index.json"
    path.write_text(json.dumps({"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}))
    return path


def test_wordnet_ids_become_the_indices_of_the_class_index(class_index):
    labels = {"a": "n01443537", "b": "n01440764", "c": 1}
    assert classifier.to_indices(labels, 2, class_index) == {"a": 1, "b": 0, "c": 1}


def test_wordnet_ids_become_indices_by_keras_s_own_copy(monkeypatch):
    def decode(scores, top):
        return [[(f"n{row.argmax():08d}", "name", row.max())] for row in scores]

    monkeypatch.setattr(keras.applications.imagenet_utils, "decode_predictions", decode)
    assert classifier.to_indices({"a": "n00000042"}, 1000) == {"a": 42}


def test_classes_that_the_classifier_does_not_know_are_refused(class_index, monkeypatch):
    with pytest.raises(UserError, match="class of a is 7, but the classifier has 2"):
        classifier.to_indices({"a": 7}, 2)
    with pytest.raises(UserError, match="n02119022 of a"):
        classifier.to_indices({"a": "n02119022"}, 2, class_index)
    with pytest.raises(UserError, match="2 classes, but the classifier has 10"):
        classifier.to_indices({"a": "n01440764"}, 10, class_index)
    class_index.write_text("[]")
    with pytest.raises(UserError, match=r"is no imagenet_class_index\.json"):
        classifier.to_indices({"a": "n01440764"}, 2, class_index)

    def offline(scores, top):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications.imagenet_utils, "decode_predictions", offline)
    with pytest.raises(UserError, match=r"`class_index=imagenet_class_index\.json`"):
        classifier.to_indices({"a": "n01440764"}, 1000)

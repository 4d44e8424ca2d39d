"""An encoder computes of a grey photo what its classifier computes of that photo as RGB."""

import keras
import numpy as np
import pytest
from small_encoder import mobile_classifier, randomize_norms

from keras_scgan.models.encoder import STRIDES, build_encoder
from keras_scgan.models.layers import FrozenBatchNormalization
from keras_scgan.program.errors import UserError

APPLICATIONS = {
    "ResNet50": ("resnet50", ["conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"]),
    "MobileNetV2": ("mobilenet_v2", ["block_2_add", "block_5_add", "block_12_add", "block_16_project_BN"]),
    "MobileNetV3Small": (
        "mobilenet_v3",
        ["expanded_conv_project_bn", "expanded_conv_2_add", "expanded_conv_7_add", "expanded_conv_10_add"],
    ),
    "EfficientNetV2B0": ("efficientnet_v2", ["block2b_add", "block3b_add", "block5e_add", "block6h_add"]),
    "VGG16": ("vgg16", ["block3_conv3", "block4_conv3", "block5_conv3", "block5_pool"]),
    "DenseNet121": ("densenet", ["pool2_conv", "pool3_conv", "pool4_conv", "relu"]),
    "ResNet50V2": ("resnet_v2", ["conv2_block2_out", "conv3_block3_out", "conv4_block5_out", "post_relu"]),
}
"""Modules of `keras.applications`, and layers whose outputs are passed on, before their number is expanded."""


def assert_features_of_grey(encoder, classifier, names, size, preprocess=None):
    """Compares features of a photo with those of its RGB version by the layers of the classifier."""
    levels = np.random.default_rng(1).integers(0, 256, (2, size // 4, size // 4, 1)).repeat(4, 1).repeat(4, 2)
    rgb = levels.repeat(3, axis=-1).astype("float32")
    outputs = [classifier.get_layer(name).output for name in names]
    expected = keras.Model(classifier.input, outputs).predict_on_batch(preprocess(rgb.copy()) if preprocess else rgb)
    found = encoder.predict_on_batch(levels.astype("float32") / 127.5 - 1)
    assert len(found) == len(STRIDES)
    for name, stride, feature, other in zip(names, STRIDES, found, expected, strict=True):
        assert feature.shape[1:3] == (size // stride, size // stride), name
        scale = np.std(other)
        assert scale > 0, name
        np.testing.assert_allclose(feature / scale, other / scale, atol=2e-3, rtol=0, err_msg=name)


@pytest.mark.parametrize(
    ("mean", "deviation", "entry"),
    [
        ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5), None),
        ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0), "encoder_offset"),
        ((123.7, 116.3, 103.5), (58.4, 57.1, 57.4), "encoder_ones"),
    ],
)
def test_features_are_the_classifiers_however_it_scales_its_pixels(mean, deviation, entry):
    classifier = mobile_classifier(mean, deviation)
    encoder = build_encoder(classifier)
    assert [layer.name for layer in encoder.layers[1:2]] == [entry or "encoder_stem"]
    assert_features_of_grey(encoder, classifier, ["sum4", "sum8", "sum16", "norm32"], 64)


def test_what_is_done_to_images_first_is_part_of_the_encoder():
    classifier = mobile_classifier()

    def as_bgr_without_means(images):
        return images[..., ::-1] - np.array([103.9, 116.8, 123.7], "float32")

    encoder = build_encoder(classifier, preprocess=as_bgr_without_means)
    assert_features_of_grey(encoder, classifier, ["sum4", "sum8", "sum16", "norm32"], 64, as_bgr_without_means)


@pytest.mark.parametrize(
    "name",
    [name if name == "MobileNetV3Small" else pytest.param(name, marks=pytest.mark.slow) for name in APPLICATIONS],
)
def test_classifiers_of_keras_become_encoders(name):
    module, names = APPLICATIONS[name]
    # VGG16 ends in dense layers of 138 million weights.
    options = {"include_top": False, "input_shape": (None, None, 3)} if name == "VGG16" else {}
    classifier = getattr(keras.applications, name)(weights=None, **options)
    randomize_norms(classifier)
    preprocess = getattr(keras.applications, module).preprocess_input
    encoder = build_encoder(classifier, name, preprocess)
    assert_features_of_grey(encoder, classifier, names, 224, preprocess)


def test_norms_are_folded_where_they_follow_a_convolution_and_frozen_elsewhere(rng):
    encoder = build_encoder(mobile_classifier())
    (norm,) = [layer for layer in encoder.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert isinstance(norm, FrozenBatchNormalization)
    assert norm.name == "encoder_norm32"
    before = [np.array(weight) for weight in norm.weights]
    gray = rng.uniform(-1, 1, (2, 64, 64, 1)).astype("float32")
    for trained, other in zip(encoder(gray, training=True), encoder(gray, training=False), strict=True):
        np.testing.assert_array_equal(trained, other)
    for weight, value in zip(norm.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_classifier_is_left_as_it_is(rng):
    classifier = mobile_classifier()
    before = classifier.get_weights()
    encoder = build_encoder(classifier)
    for weight in encoder.weights:
        weight.assign(weight + 1)
    for weight, other in zip(classifier.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, other)


# === Errors ===


def test_features_that_are_missing_are_an_error_that_lists_those_found():
    image = keras.Input((96, 96, 3))
    x = keras.layers.Conv2D(4, 3, 4, padding="same", name="quarter")(image)
    x = keras.layers.Conv2D(4, 3, 3, padding="same", name="twelfth")(x)
    with pytest.raises(
        UserError, match=r"^tiny cannot .* 4, 8, 16, 32 are needed.* of 96 pixels: 4: quarter \(24, 24, 4\)"
    ):
        build_encoder(keras.Model(image, x), "tiny")


@pytest.mark.slow
def test_classifier_without_whole_strides_is_an_error():
    with pytest.raises(UserError, match=r"InceptionV3 cannot be an encoder.* Found, on images of 299 pixels: none"):
        build_encoder(keras.applications.InceptionV3(weights=None), "InceptionV3")


@pytest.mark.parametrize("channels", [1, 4])
def test_model_of_other_images_is_an_error(channels):
    image = keras.Input((None, None, channels))
    with pytest.raises(UserError, match=rf"^it takes no RGB images .*Received: \(None, None, None, {channels}\)"):
        build_encoder(keras.Model(image, keras.layers.Conv2D(4, 3)(image)), "it")


def test_model_of_several_inputs_is_an_error():
    images = [keras.Input((32, 32, 3)), keras.Input((32, 32, 3))]
    with pytest.raises(UserError, match="several inputs"):
        build_encoder(keras.Model(images, keras.layers.Add()(images)))


def test_branch_of_the_image_that_features_need_is_an_error():
    image = keras.Input((64, 64, 3))
    x = keras.layers.Rescaling(1 / 127.5, -1)(image)
    x = keras.layers.Conv2D(4, 3, 4, padding="same")(x)
    x = keras.layers.Concatenate()([x, keras.layers.MaxPooling2D(4, name="branch")(image)])
    for _ in range(3):
        x = keras.layers.Conv2D(4, 3, 2, padding="same")(x)
    with pytest.raises(UserError, match=r"^it cannot be an encoder: its layer 'branch' takes something from before"):
        build_encoder(keras.Model(image, x), "it")


def test_more_than_scaling_before_the_first_convolution_is_an_error():
    x = image = keras.Input((64, 64, 3))
    x = keras.layers.Multiply()([x, x])
    for i in range(5):
        x = keras.layers.Conv2D(4, 3, 2, padding="same", name=f"conv{i}")(x)
    with pytest.raises(UserError, match="more than scale"):
        build_encoder(keras.Model(image, x))

"""The settings of training and pre-training: defaults by stage, what goes together, and runs from Python."""

import dataclasses

import pytest

from keras_scgan import data
from keras_scgan.program.errors import UserError
from keras_scgan.training.pretrain_settings import PretrainSettings
from keras_scgan.training.train import plan, train
from keras_scgan.training.train_settings import OF_STAGE_2, TrainSettings

SMALL = {"preset": "testing", "depth": 6, "image_size": 64, "precision": "float32", "strategy": "none"}


def settings(**others):
    return TrainSettings(**{"data_dir": data.demo_dir(), **others})


@pytest.mark.parametrize(("stage", "expected"), [(1, (10, 2e-4, 0)), (2, (30, 1e-4, 10))])
def test_defaults_are_those_of_the_paper_s_stages(stage, expected):
    made = settings(stage=stage)
    assert (made.epochs, made.learning_rate, made.learning_rate_halving_epochs) == expected
    assert (made.image_size, made.batch_size) == (256, 8)


def test_what_is_given_stays_when_settings_are_replaced():
    made = dataclasses.replace(settings(stage=2, epochs=3), output_dir="elsewhere")
    assert (made.epochs, made.learning_rate) == (3, 1e-4)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"stage": 3}, "`stage=3`: expected one of 1, 2"),
        ({"image_size": 96}, "`image_size=96` is no multiple of 256, which `depth=8` needs"),
        ({"keep_luma": True, "stretch_luma": True}, "`keep_luma`: with `aging` or `stretch_luma`"),
        ({"encoder": "MobileNetV2"}, "`encoder=MobileNetV2` is for `architecture=pretrained`"),
        ({"architecture": "pretrained"}, "give the classifier that becomes the encoder"),
        ({"attention_loss": False, "saliency_loss_weight": 1.0}, "with `attention_loss=False` there is no saliency"),
        ({"warm_up_steps": 9}, "`warm_up_steps=9` is for `learning_rate_schedule=cosine`"),
        ({"feature_cache": "cache"}, "`feature_cache` is for an encoder that is not trained"),
        ({"freeze_global_features": True, "global_features": "none"}, "with `global_features=none` there are none"),
        (
            {"init_from": "a.keras", "global_features": "b.keras"},
            "`global_features=b.keras`: the generator of `init_from`",
        ),
        ({"stage": 2, "judged_size": 23}, "`judged_size=23`: critics need at least 24 pixels a side"),
        ({"stage": 2, "gradient_penalty_of": "max"}, "`gradient_penalty_of=max`: expected one of mean, sum"),
    ],
)
def test_settings_that_cannot_be_are_named_as_arguments(given, message):
    with pytest.raises(UserError) as error:
        settings(**given)
    assert message in str(error.value)


def test_settings_of_stage_2_say_nothing_else_where_they_are_the_defaults():
    settings().refuse(OF_STAGE_2, "is for stage 2")
    with pytest.raises(UserError, match=r"^`perceptual_layer=a,b` is for stage 2"):
        settings(perceptual_layer=("a", "b")).refuse(OF_STAGE_2, "is for stage 2")


def test_fields_of_the_data_are_what_the_losses_and_the_network_take():
    assert settings().fields == ("color", "saliency")
    assert settings(attention_loss=False, network_input="thermal").fields == ("color", "thermal")
    assert PretrainSettings(data_dir="photos").fields == ("color", "label")
    assert PretrainSettings(data_dir="photos", teacher="EfficientNetV2B0").arrays == ("gray", "color")


def test_a_size_that_does_not_fit_the_feature_network_is_refused():
    with pytest.raises(UserError, match=r"^`image_size=40` is no multiple of 32"):
        PretrainSettings(data_dir="photos", image_size=40)


def test_stages_have_their_data_in_common():
    with pytest.raises(UserError, match=r"^`fields`: both stages of a run have it in common"):
        plan([settings(**SMALL), settings(**SMALL, stage=2, attention_loss=False)])


def test_a_run_from_python_is_planned_trained_and_leaves_no_flags(tmp_path):
    made = settings(
        **SMALL,
        attention_loss=False,
        global_features="none",
        batch_size=2,
        epochs=1,
        steps_per_epoch=1,
        output_dir=tmp_path / "run",
    )
    assert plan([made])[0] == "Stage 1: 20 pairs, 1 steps an epoch, 1 steps, float32, replicas: 1"
    assert not (tmp_path / "run").exists()
    train([made])
    assert (tmp_path / "run" / "generator.keras").exists()
    assert not (tmp_path / "run" / "run.flags").exists()
    with pytest.raises(UserError, match="choose another `output_dir`, or delete it by `overwrite=True`"):
        train([made], fresh=True)

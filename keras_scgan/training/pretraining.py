"""Pre-training of the global feature network: as a classifier of labelled photos, or by distillation without labels."""

import functools

import keras
import tensorflow as tf
from keras import ops

from keras_scgan.training import losses, precision
from keras_scgan.training.base import TrainedModel

WEIGHT_DECAY = 5e-4
"""The paper's (the authors' recipe of VGG-16-Gray)."""

TEMPERATURE = 2.0
"""Of soft targets."""

MOMENTUM = 0.9
"""Of SGD."""

SCHEDULES = ("step", "cosine")

OPTIMIZERS = {
    "sgd": functools.partial(keras.optimizers.SGD, momentum=MOMENTUM),
    "adam": keras.optimizers.Adam,
}


class Pretraining(TrainedModel):
    """What both ways of pre-training share: one network, one optimizer, one step.

    A subclass has the method `terms(data, training)`, which gives a dict of scalars by name.

    Args:
        network: the model that is trained. The feature network is its layer `global_features`.
        term_weights: dict. Weights of the terms that the loss is made of, by name.
        reported: names of the other terms.
        weight_decay: float. Weight of half the sum of all squared weights in the loss.
    """

    def __init__(self, network, term_weights, reported, weight_decay=0.0):
        super().__init__()
        self.network = network
        self.term_weights = dict(term_weights)
        self.reported = tuple(reported)
        self.weight_decay = weight_decay

    def compile(self, optimizer):
        """Sets the optimizer. In the scope of the `tf.distribute` strategy that trains the model, if there is one."""
        super().compile(optimizer=optimizer)
        self._make_trackers(("loss", *self.term_weights, *self.reported))
        # A strategy cannot create an optimizer's variables in the midst of a step.
        optimizer.build(self.network.trainable_variables)

    @property
    def state(self):
        """What a checkpoint holds, by name: networks and optimizers."""
        return {"network": self.network, "optimizer": self.optimizer}

    def train_step(self, data):
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            terms = self._terms(data, training=True)
            decay = 0.5 * self.weight_decay * sum(ops.sum(ops.square(variable)) for variable in variables)
            scaled_loss = self._scaled(self.optimizer, terms["loss"] + decay)
        self.optimizer.apply(tape.gradient(scaled_loss, variables), variables)
        return self._track(terms, ops.shape(data[0])[0])

    def validation_terms(self, data):
        """The loss and every term on a batch, in inference mode, as a dict of scalars by name."""
        return self._terms(data, training=False)

    def _terms(self, data, training):
        terms = self.terms(data, training)
        return {"loss": self._total(terms), **terms}


class Classification(Pretraining):
    """Trains VGG-16-Gray to name the classes of greyscale photos, as the paper does on ImageNet.

    Data are tuples `(gray, label)`: `gray [B, H, W, 1]` in [-1, 1], `label [B]` in [0, classes).

    Args:
        network: model made by `build_vgg16_gray` with classes.
        weight_decay: see `Pretraining`.

    Reference:
        Section IV.A of [SCGAN](https://arxiv.org/abs/2011.11377).
    """

    def __init__(self, network, weight_decay=WEIGHT_DECAY):
        super().__init__(network, {"cross_entropy": 1.0}, ("top1", "top5"), weight_decay)

    def terms(self, data, training):
        gray, label = data
        label = ops.cast(label, "int32")
        logits = self.network(gray, training=training)
        top = min(5, logits.shape[-1])
        return {
            "cross_entropy": ops.mean(ops.sparse_categorical_crossentropy(label, logits, from_logits=True)),
            "top1": ops.mean(ops.cast(ops.in_top_k(label, logits, 1), "float32")),
            "top5": ops.mean(ops.cast(ops.in_top_k(label, logits, top), "float32")),
        }


class Distillation(Pretraining):
    """Trains VGG-16-Gray to see in greyscale photos what a classifier sees in their colours. No labels are needed.

    The student learns the teacher's soft targets, and by a linear map of its features the teacher's features at the
    same places.

    Data are tuples `(gray, color)`: `gray [B, H, W, 1]` and `color [B, H, W, 3]` in [-1, 1].

    Args:
        student: model made by `keras_scgan.models.distillation.build_student`.
        teacher: model made by `build_teacher` there.
        temperature: float. Divides the logits of both before the softmax.
        feature_weight: float. Weight of the feature loss beside the soft targets' own of 1.
        weight_decay: see `Pretraining`.

    Reference:
        [Distilling the Knowledge in a Neural Network](https://arxiv.org/abs/1503.02531);
        [FitNets](https://arxiv.org/abs/1412.6550).
    """

    def __init__(self, student, teacher, *, temperature=TEMPERATURE, feature_weight=1.0, weight_decay=0.0):
        super().__init__(
            student, {"soft_target_loss": 1.0, "feature_loss": feature_weight}, ("agreement",), weight_decay
        )
        self.teacher = teacher
        self.temperature = temperature

    def terms(self, data, training):
        gray, image = data
        wanted = self.teacher(image, training=False)
        given = self.network(gray, training=training)
        features = ops.image.resize(wanted["features"], ops.shape(given["features"])[1:3])
        best = [ops.argmax(outputs["logits"], axis=-1) for outputs in (given, wanted)]
        return {
            "soft_target_loss": losses.soft_target_loss(given["logits"], wanted["logits"], self.temperature),
            "feature_loss": losses.feature_matching_loss(given["features"], features),
            "agreement": ops.mean(ops.cast(ops.equal(*best), "float32")),
        }


def build_optimizer(settings):
    """Builds the optimizer of a run. Args: `settings`, resolved `PretrainSettings`."""
    rate, epoch = settings.learning_rate, settings.steps_per_epoch
    if settings.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, settings.epochs * epoch)
    else:
        rate = keras.optimizers.schedules.ExponentialDecay(rate, settings.step_epochs * epoch, 0.1, staircase=True)
    average = {"use_ema": settings.ema_momentum > 0, "ema_momentum": settings.ema_momentum}
    return precision.scaling(OPTIMIZERS[settings.optimizer](rate, **average), settings.precision)

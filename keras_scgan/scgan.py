"""SCGAN: the generator and its critics, and how one step trains them."""

import tensorflow as tf
from keras import ops

from keras_scgan import losses
from keras_scgan.trained_model import TrainedModel

PIXEL_LOSSES = ("l1", "l2")

# The weights of the paper (section IV.A).
ATTENTION_WEIGHT = 0.5
ADVERSARIAL_WEIGHT = 0.05
PERCEPTUAL_WEIGHT = 5.0
GRADIENT_PENALTY_WEIGHT = 10.0
# What the paper does not have is left out unless it is asked for.
SALIENCY_WEIGHT = SALIENCY_L1_WEIGHT = 0.0


class SCGAN(TrainedModel):
    """Trains a generator, alone (stage 1) or against its critics (stage 2).

    What is given decides what is trained: without critics and perceptual features it is the paper's stage 1, with
    all of them stage 2, and each that is left out is an ablation. A generator without a saliency branch has no
    attention loss and no attention critic.

    A training step runs the generator once. The critics are updated first, on what it made, then the generator, on
    the scores of the updated critics. The update of the one leaves all weights of the other as they are.

    Data are tuples `(gray, color, saliency)`, without the last for a generator without a saliency branch:
    `gray [B, H, W, 1]` and `color [B, H, W, 3]` in [-1, 1], `saliency [B, H, W, 1]` in [0, 1].

    Args:
        generator: model made by `keras_scgan.models.build_generator`.
        color_critic: model made by `build_critic`, which judges colour images. Defaults to `None`: no such term.
        attention_critic: another one, which judges colour images weighted by their saliency maps.
        perceptual_features: model from images `[B, H, W, 3]` in [-1, 1] to float32 features. Defaults to `None`: no
            such term.
        seed: int. Seed of the interpolation coefficients of the gradient penalty.

    Raises:
        ValueError: there is an attention critic but no saliency branch.

    Example:

    ```python
    model = SCGAN(build_generator("small"))
    model.compile(keras.optimizers.Adam(2e-4, beta_1=0.5))
    model.fit(dataset, epochs=10)
    ```

    Reference:
        Section III of [SCGAN](https://arxiv.org/abs/2011.11377).
    """

    def __init__(
        self, generator, color_critic=None, attention_critic=None, *, perceptual_features=None, seed=0, **kwargs
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.has_saliency = "saliency" in generator.output
        if attention_critic is not None and not self.has_saliency:
            raise ValueError("An attention critic needs a generator with a saliency branch.")
        critics = {"color": color_critic, "attention": attention_critic}
        self.critics = {name: critic for name, critic in critics.items() if critic is not None}
        self.perceptual_features = perceptual_features
        self.seed = seed

    def compile(
        self,
        optimizer,
        critic_optimizer=None,
        *,
        pixel_loss="l1",
        adversarial_loss="wgan-gp",
        attention_weight=ATTENTION_WEIGHT,
        saliency_weight=SALIENCY_WEIGHT,
        saliency_l1_weight=SALIENCY_L1_WEIGHT,
        adversarial_weight=ADVERSARIAL_WEIGHT,
        perceptual_weight=PERCEPTUAL_WEIGHT,
        gradient_penalty_weight=GRADIENT_PENALTY_WEIGHT,
        critic_steps=1,
    ):
        """Sets the optimizers and the objective; the defaults are the paper's.

        Must be called in the scope of the `tf.distribute` strategy that trains the model, where there is one.

        Args:
            optimizer: Keras optimizer of the generator.
            critic_optimizer: Keras optimizer of all critics together. Needed where there are critics.
            pixel_loss: `"l1"`, or `"l2"` for the ablation, of colour images and weighted images alike.
            adversarial_loss: `"wgan-gp"`, or `"lsgan"` for the ablation. Of no effect without critics.
            attention_weight: float. Weight of the attention loss (lambda_A).
            saliency_weight: float. Weight of the cross-entropy of the saliency maps, which the paper does not have; 0
                leaves it out.
            saliency_l1_weight: float. Weight of their L1 distance, likewise.
            adversarial_weight: float. Weight of the generator's adversarial loss (lambda_G).
            perceptual_weight: float. Weight of the perceptual loss (lambda_p).
            gradient_penalty_weight: float. Weight of the gradient penalty in the critics' loss (lambda).
            critic_steps: int, at least 1. Updates of the critics for each update of the generator, all on one batch,
                with other interpolation coefficients.

        Raises:
            ValueError: a value is out of range, or critics have no optimizer.
        """
        if pixel_loss not in PIXEL_LOSSES:
            raise ValueError(f"`pixel_loss` must be one of {PIXEL_LOSSES}. Received: pixel_loss={pixel_loss!r}")
        if self.critics and adversarial_loss not in losses.CRITIC_LOSSES:
            known = tuple(losses.CRITIC_LOSSES)
            raise ValueError(f"`adversarial_loss` must be one of {known}. Received: {adversarial_loss!r}")
        if critic_steps < 1:
            raise ValueError(f"`critic_steps` must be at least 1. Received: critic_steps={critic_steps}")
        if self.critics and critic_optimizer is None:
            raise ValueError("The critics need a `critic_optimizer`.")
        super().compile(optimizer=optimizer)
        self.critic_optimizer = critic_optimizer
        self.pixel_loss = pixel_loss
        self.adversarial_loss = adversarial_loss
        self.gradient_penalty_weight = gradient_penalty_weight
        self.critic_steps = critic_steps

        self.term_weights = {"pixel_loss": 1.0}
        if self.has_saliency:
            self.term_weights["attention_loss"] = attention_weight
            own = {"saliency_loss": saliency_weight, "saliency_l1_loss": saliency_l1_weight}
            self.term_weights |= {name: weight for name, weight in own.items() if weight}
        if self.perceptual_features is not None:
            self.term_weights["perceptual_loss"] = perceptual_weight
        for name in self.critics:
            self.term_weights[f"{name}_adversarial_loss"] = adversarial_weight

        tracked = ["loss", *self.term_weights]
        for name in self.critics:
            tracked.append(f"{name}_critic_loss")
            if adversarial_loss == "wgan-gp":
                tracked.append(f"{name}_gradient_penalty")
        self._make_trackers(tracked)

        # A strategy cannot create an optimizer's variables in the midst of a step.
        optimizer.build(self.generator.trainable_variables)
        if self.critics:
            critic_optimizer.build(self._critic_variables())

    @property
    def network(self):
        """What `optimizer` trains: the generator."""
        return self.generator

    @property
    def state(self):
        """What a checkpoint holds, by name: networks and optimizers."""
        parts = {"generator": self.generator, "optimizer": self.optimizer}
        parts |= {f"{name}_critic": critic for name, critic in self.critics.items()}
        return {**parts, "critic_optimizer": self.critic_optimizer} if self.critics else parts

    def train_step(self, data):
        batch = self._unpack(data)
        with tf.GradientTape() as tape:
            generated = self.generator(batch["gray"], training=True)
            judged = self._judged_images(generated)
            with tape.stop_recording():
                terms = self._update_critics(batch, judged)
            generator_terms = self._generator_terms(batch, generated, judged, training=True)
            loss = self._total(generator_terms)
            scaled_loss = self._scaled(self.optimizer, loss)
        variables = self.generator.trainable_variables
        self.optimizer.apply(tape.gradient(scaled_loss, variables), variables)
        return self._track({"loss": loss, **generator_terms, **terms}, ops.shape(batch["gray"])[0])

    def test_step(self, data):
        terms = self.validation_terms(data)
        return self._track(terms, ops.shape(data[0])[0])

    def validation_terms(self, data):
        """Every term of the generator's loss on a batch, in inference mode, as a dict of scalars by name."""
        batch = self._unpack(data)
        generated = self.generator(batch["gray"], training=False)
        terms = self._generator_terms(batch, generated, self._judged_images(generated), training=False)
        return {"loss": self._total(terms), **terms}

    def _unpack(self, data):
        keys = ("gray", "color", "saliency") if self.has_saliency else ("gray", "color")
        if len(data) != len(keys):
            raise ValueError(f"A batch must be a tuple {keys}. Received a tuple of {len(data)}.")
        return dict(zip(keys, data, strict=True))

    def _judged_images(self, images):
        """What each critic sees of true or generated images: colour, and colour weighted by saliency."""
        judged = {"color": images["color"]}
        if self.has_saliency:
            judged["attention"] = images["color"] * images["saliency"]
        return judged

    def _generator_terms(self, batch, generated, judged, training):
        """Every term of the generator's loss, eq. 6 and those of the saliency maps, without its weight."""
        terms = {"pixel_loss": losses.pixel_loss(generated["color"], batch["color"], self.pixel_loss)}
        if self.has_saliency:
            terms["attention_loss"] = losses.attention_loss(
                generated["color"], generated["saliency"], batch["color"], batch["saliency"], self.pixel_loss
            )
        for name, loss in losses.SALIENCY_LOSSES.items():
            if name in self.term_weights:
                terms[name] = loss(generated["saliency"], batch["saliency"])
        if self.perceptual_features is not None:
            terms["perceptual_loss"] = losses.perceptual_loss(
                self.perceptual_features(generated["color"], training=False),
                self.perceptual_features(batch["color"], training=False),
            )
        for name, critic in self.critics.items():
            scores = _score_without_side_effects(critic, batch["gray"], judged[name], training)
            terms[f"{name}_adversarial_loss"] = losses.GENERATOR_LOSSES[self.adversarial_loss](scores)
        return terms

    def _update_critics(self, batch, judged):
        """Updates every critic `critic_steps` times; returns the terms of eq. 4 of the last time."""
        terms = {}
        if not self.critics:
            return terms
        true = self._judged_images(batch)
        loss = losses.CRITIC_LOSSES[self.adversarial_loss]
        variables = self._critic_variables()
        for _ in range(self.critic_steps):
            with tf.GradientTape() as tape:
                total = 0.0
                for name, critic in self.critics.items():

                    def score(image, critic=critic):
                        return critic({"gray": batch["gray"], "image": image}, training=True)

                    term = loss(score(true[name]), score(judged[name]))
                    terms[f"{name}_critic_loss"] = term
                    total += term
                    if self.adversarial_loss == "wgan-gp":
                        mix = self._interpolation_coefficients(ops.shape(batch["gray"])[0])
                        penalty = losses.gradient_penalty(score, true[name], judged[name], mix)
                        terms[f"{name}_gradient_penalty"] = penalty
                        total += self.gradient_penalty_weight * penalty
                scaled_total = self._scaled(self.critic_optimizer, total)
            self.critic_optimizer.apply(tape.gradient(scaled_total, variables), variables)
        return terms

    def _critic_variables(self):
        return [variable for critic in self.critics.values() for variable in critic.trainable_variables]

    def _interpolation_coefficients(self, samples):
        """`[B, 1, 1, 1]` in [0, 1], for both critics; a replica has its part of what one would draw for all."""
        context = tf.distribute.get_replica_context()
        first = samples * context.replica_id_in_sync_group
        seed = tf.stack([tf.cast(self.seed, tf.int64), tf.cast(self.critic_optimizer.iterations.value, tf.int64)])
        mix = tf.random.stateless_uniform((samples * context.num_replicas_in_sync, 1, 1, 1), seed)
        return mix[first : first + samples]


def _score_without_side_effects(critic, gray, image, training):
    """Scores as in `critic(...)`, where training mode updates neither batch statistics nor singular vectors."""
    trainable, fixed = ([v.value for v in vs] for vs in (critic.trainable_variables, critic.non_trainable_variables))
    scores, _ = critic.stateless_call(trainable, fixed, {"gray": gray, "image": image}, training=training)
    return scores

"""SCGAN: the generator and its critics, and how one step trains them."""

import tensorflow as tf
from keras import ops

from keras_scgan.models.critic import score_without_side_effects
from keras_scgan.models.pretrained import split_at_features
from keras_scgan.photos import color
from keras_scgan.training import gradients, losses
from keras_scgan.training.base import TrainedModel

PIXEL_LOSSES = ("l1", "l2")

# The weights of the paper (section IV.A).
ATTENTION_WEIGHT = 0.5
ADVERSARIAL_WEIGHT = 0.05
PERCEPTUAL_WEIGHT = 5.0
GRADIENT_PENALTY_WEIGHT = 10.0
# What the paper does not have is left out unless it is asked for.
SALIENCY_WEIGHT = SALIENCY_L1_WEIGHT = COLORFULNESS_WEIGHT = CHROMA_WEIGHTING = PERCEPTUAL_GRADIENT_RATIO = 0.0
TRUTH_SATURATION = 1.0


class SCGAN(TrainedModel):
    """Trains a generator, alone (stage 1) or against its critics (stage 2).

    What is given decides what is trained: without critics and perceptual features it is the paper's stage 1, with
    all of them stage 2, and each that is left out is an ablation. A generator without a saliency branch has no
    attention loss and no attention critic.

    A training step runs the generator once. The critics are updated first, on what it made, then the generator, on
    the scores of the updated critics. The update of the one leaves all weights of the other as they are.

    Data are tuples `(gray, color, saliency)`, without the last for a generator without a saliency branch:
    `gray [B, H, W, 1]` and `color [B, H, W, 3]` in [-1, 1], `saliency [B, H, W, 1]` in [0, 1]. Of a generator on a
    pre-trained encoder, `gray` is what the encoder sees, and colours get the luma of `color`, which guides the filter
    of their chroma too; in the place of `gray` there may be the encoder's features of it, a tuple.

    Args:
        generator: model made by `build_generator` or `build_pretrained_generator` of `keras_scgan.models`.
        color_critic: model made by `build_critic`, which judges colour images. Defaults to `None`: no such term.
        attention_critic: another one, which judges colour images weighted by their saliency maps.
        perceptual_features: model from images `[B, H, W, 3]` in [-1, 1] to float32 features. Defaults to none.
        seed: int. Seed of the interpolation coefficients of the gradient penalty.

    Attributes:
        encoder: the part of the generator that gives the features, or `None` if it is on no pre-trained encoder.

    Raises:
        ValueError: there is an attention critic but no saliency branch.

    `training.train` is the way to train. `fit`, for experiments, takes the same steps, but does not resume exactly, and
    validates the moving average of the weights, if there is one, only with `keras.callbacks.SwapEMAWeights()`.

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
        self.encoder, self._decoder = split_at_features(generator) if "chroma" in generator.output else (None, None)
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
        gradient_penalty_of="mean",
        critic_steps=1,
        chroma_weighting=CHROMA_WEIGHTING,
        colorfulness_weight=COLORFULNESS_WEIGHT,
        perceptual_gradient_ratio=PERCEPTUAL_GRADIENT_RATIO,
        truth_saturation=TRUTH_SATURATION,
        judged_size=None,
    ):
        """Sets the optimizers and the objective; the defaults are the paper's.

        Must be called in the scope of the `tf.distribute` strategy that trains the model, where there is one.

        Args:
            optimizer: Keras optimizer of the generator.
            critic_optimizer: Keras optimizer of all critics together. Needed where there are critics.
            pixel_loss: `"l1"`, or `"l2"` for the ablation, of colour images and weighted images alike.
            adversarial_loss: `"wgan-gp"`, or `"lsgan"` or `"vanilla"` to compare. Of no effect without critics.
            attention_weight: float. Weight of the attention loss (lambda_A).
            saliency_weight: float. Weight of the cross-entropy of the saliency maps, which the paper does not have; 0
                leaves it out.
            saliency_l1_weight: float. Weight of their L1 distance, likewise.
            adversarial_weight: float. Weight of the generator's adversarial loss (lambda_G).
            perceptual_weight: float. Weight of the perceptual loss (lambda_p).
            gradient_penalty_weight: float. Weight of the gradient penalty in the critics' loss (lambda).
            gradient_penalty_of: `"mean"` or `"sum"` of a sample's patches, see `gradients.gradient_penalty`.
            critic_steps: int, at least 1. Updates of the critics for each update of the generator, all on one batch,
                with other interpolation coefficients.
            chroma_weighting: float. Strength of the pixel loss's weights, see `losses.chroma_weights`; 0: all are 1.
                Their mean is 1 over a replica's part of the batch.
            colorfulness_weight: float. Weight of the colourfulness loss; 0 leaves it out.
            perceptual_gradient_ratio: float. If not 0, the gradient of the perceptual loss at what is predicted, chroma
                or colours, is scaled to this many times that of the pixel loss, whatever its weight, so that no weight
                has to be found. Both are of a replica's part of the batch.
            truth_saturation: float. Factor of the chroma of true images before critics and perceptual features see
                them, as in [DDColor](https://arxiv.org/abs/2212.11613).
            judged_size: int. Pixels of a side at which critics and perceptual features see images. Defaults to the
                network's own.

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
        self.gradient_penalty_of = gradient_penalty_of
        self.critic_steps = critic_steps
        self.chroma_weighting = chroma_weighting
        self.perceptual_gradient_ratio = perceptual_gradient_ratio
        self.truth_saturation = truth_saturation
        self.judged_size = judged_size

        self.term_weights = {"pixel_loss": 1.0}
        if self.has_saliency:
            self.term_weights["attention_loss"] = attention_weight
            own = {"saliency_loss": saliency_weight, "saliency_l1_loss": saliency_l1_weight}
            self.term_weights |= {name: weight for name, weight in own.items() if weight}
        if colorfulness_weight:
            self.term_weights["colorfulness_loss"] = colorfulness_weight
        if self.perceptual_features is not None:
            # Where its gradient is scaled, a weight of 0 would leave nothing to scale.
            self.term_weights["perceptual_loss"] = perceptual_weight or float(perceptual_gradient_ratio > 0)
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
            generated = self._generate(batch["gray"], batch["luma"], training=True)
            judged = self._judged_images(generated)
            with tape.stop_recording():
                terms = self._update_critics(batch, judged)
            generator_terms = self._generator_terms(batch, generated, judged, training=True)
            loss = self._total(generator_terms)
            scaled_loss = self._scaled(self.optimizer, loss)
        variables = self.generator.trainable_variables
        self.optimizer.apply(tape.gradient(scaled_loss, variables), variables)
        return self._track({"loss": loss, **generator_terms, **terms}, ops.shape(batch["color"])[0])

    def test_step(self, data):
        terms = self.validation_terms(data)
        return self._track(terms, ops.shape(data[1])[0])

    def validation_terms(self, data):
        """Every term of the generator's loss on a batch, in inference mode, as a dict of scalars by name."""
        batch = self._unpack(data)
        generated = self._generate(batch["gray"], batch["luma"], training=False)
        terms = self._generator_terms(batch, generated, self._judged_images(generated), training=False)
        return {"loss": self._total(terms), **terms}

    def _unpack(self, data):
        """A batch by name, with what critics see: `condition`, and true images `judged`."""
        keys = ("gray", "color", "saliency") if self.has_saliency else ("gray", "color")
        if len(data) != len(keys):
            raise ValueError(f"A batch must be a tuple {keys}. Received a tuple of {len(data)}.")
        batch = dict(zip(keys, data, strict=True))
        batch["luma"] = self._luma(batch["gray"], batch["color"])
        truth = batch["color"]
        if self.truth_saturation != 1.0:
            truth = ops.clip(color.saturate(truth, self.truth_saturation), -1.0, 1.0)
        batch["judged"] = self._judged_images({**batch, "color": truth})
        batch["condition"] = self._at_judged_size(batch["luma"])
        return batch

    def generate(self, gray, true):
        """What the generator makes of `gray` in inference mode, with the luma that it is compared to `true` with.

        Args:
            gray: `[B, H, W, 1]` in [-1, 1].
            true: `[B, H, W, 3]` in [-1, 1].

        Returns:
            dict of the generator's outputs.
        """
        gray, true = ops.convert_to_tensor(gray), ops.convert_to_tensor(true)
        return self._generate(gray, self._luma(gray, true), training=False)

    def _luma(self, gray, true):
        return gray if self.encoder is None else color.luma(true)

    def _generate(self, gray, luma, training):
        if self.encoder is None:
            return self.generator(gray, training=training)
        features = gray if isinstance(gray, tuple) else self.encoder(gray, training=training)
        return self._decoder({"gray": luma, "features": list(features)}, training=training)

    def _predicted_values(self, batch, generated):
        """What the generator predicts, its chroma if it has one, and the function from that to colours.

        Gradients are to be compared there: at the colours, those of a perceptual loss are mostly noise that the
        enlargement of the chroma averages away.
        """
        if self.encoder is None:
            return generated["color"], lambda color: color
        enlarge, put_on_luma = (self.generator.get_layer(name) for name in ("chroma_enlarged", "color"))
        return generated["chroma"], lambda chroma: put_on_luma([enlarge(chroma), batch["luma"]], training=True)

    def _judged_images(self, images):
        """What critics and perceptual features see of true or generated images: colour, and weighted by saliency."""
        judged = {"color": images["color"]}
        if self.has_saliency:
            judged["attention"] = images["color"] * images["saliency"]
        return {name: self._at_judged_size(image) for name, image in judged.items()}

    def _at_judged_size(self, images):
        if self.judged_size is None:
            return images
        return ops.image.resize(images, (self.judged_size, self.judged_size), antialias=True)

    def _generator_terms(self, batch, generated, judged, training):
        """Every term of the generator's loss, eq. 6 and what the paper does not have, without its weight."""
        weights = losses.chroma_weights(batch["color"], self.chroma_weighting) if self.chroma_weighting else 1.0

        def pixel_loss(colors):
            return losses.pixel_loss(colors, batch["color"], self.pixel_loss, weights)

        terms = {"pixel_loss": pixel_loss(generated["color"])}
        if self.has_saliency:
            terms["attention_loss"] = losses.attention_loss(
                generated["color"], generated["saliency"], batch["color"], batch["saliency"], self.pixel_loss
            )
        for name, loss in losses.SALIENCY_LOSSES.items():
            if name in self.term_weights:
                terms[name] = loss(generated["saliency"], batch["saliency"])
        if "colorfulness_loss" in self.term_weights:
            terms["colorfulness_loss"] = losses.colorfulness_loss(generated["color"], batch["color"])
        if self.perceptual_features is not None:
            image = judged["color"]
            if self.perceptual_gradient_ratio and training:
                values, compose = self._predicted_values(batch, generated)
                norm = gradients.gradient_norm(lambda x: pixel_loss(compose(x)), values)
                norm = self._scaled(self.optimizer, self.perceptual_gradient_ratio * norm)
                image = self._at_judged_size(compose(gradients.with_gradient_norm(values, norm)))
            terms["perceptual_loss"] = losses.perceptual_loss(
                self.perceptual_features(image, training=False),
                self.perceptual_features(batch["judged"]["color"], training=False),
            )
        for name, critic in self.critics.items():
            scores = score_without_side_effects(critic, batch["condition"], judged[name], training)
            terms[f"{name}_adversarial_loss"] = losses.GENERATOR_LOSSES[self.adversarial_loss](scores)
        return terms

    def _update_critics(self, batch, judged):
        """Updates every critic `critic_steps` times; returns the terms of eq. 4 of the last time."""
        terms = {}
        if not self.critics:
            return terms
        true = batch["judged"]
        loss = losses.CRITIC_LOSSES[self.adversarial_loss]
        variables = self._critic_variables()
        for _ in range(self.critic_steps):
            with tf.GradientTape() as tape:
                total = 0.0
                for name, critic in self.critics.items():

                    def score(image, critic=critic):
                        return critic({"gray": batch["condition"], "image": image}, training=True)

                    term = loss(score(true[name]), score(judged[name]))
                    terms[f"{name}_critic_loss"] = term
                    total += term
                    if self.adversarial_loss == "wgan-gp":
                        mix = self._interpolation_coefficients(ops.shape(batch["color"])[0])
                        images = (true[name], judged[name])
                        penalty = gradients.gradient_penalty(score, *images, mix, self.gradient_penalty_of)
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

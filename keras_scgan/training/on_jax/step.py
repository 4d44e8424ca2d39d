"""One step of training as one program: the generator by pixels, features and critics, and the critics."""

import functools

import jax
import jax.numpy as jnp

from keras_scgan.photos import color
from keras_scgan.training import losses
from keras_scgan.training.on_jax.networks import weights_of

_ENLARGEMENT = 4
"""Of the chroma, to the photo's size."""


# === The generator ===


def compose(chroma, luma):
    """Colours of a small chroma `[B, h, w, 2]` and a luma `[B, 4h, 4w, 1]`, as the generator has it."""
    size = (_ENLARGEMENT * chroma.shape[1], _ENLARGEMENT * chroma.shape[2])
    large = jax.image.resize(chroma, (len(chroma), *size, 2), "bilinear")
    return jnp.clip(luma + large @ color.CHROMA_TO_RGB, -1.0, 1.0)


def pixel_terms(settings, batch, chroma, saliency):
    """The terms of the loss that need no other network, by name, and their weights."""
    true, generated = batch["color"], compose(chroma, batch["luma"])
    terms = {
        "pixel_loss": losses.pixel_loss(generated, true, "l1", batch["weights"]),
        "attention_loss": losses.attention_loss(generated, saliency, true, batch["saliency"]),
        "saliency_loss": losses.saliency_loss(saliency, batch["saliency"]),
        "saliency_l1_loss": losses.saliency_l1_loss(saliency, batch["saliency"]),
        "colorfulness_loss": losses.colorfulness_loss(generated, true),
    }
    weights = {
        "pixel_loss": 1.0,
        "attention_loss": settings.attention_loss_weight,
        "saliency_loss": settings.saliency_loss_weight,
        "saliency_l1_loss": settings.saliency_l1_loss_weight,
        "colorfulness_loss": settings.colorfulness_loss_weight,
    }
    return terms, weights


def perceptual_terms(settings, features, generated, true):
    """Distance of features, layer by layer, and of pooled ones.

    Args:
        settings: `Settings`.
        features: list of functions from images `[B, S, S, 3]` in [-1, 1] to a list of features, of which the last is
            pooled, `[B, C]`.
        generated: `[B, H, W, 3]` in [-1, 1].
        true: likewise.
    """
    size = (generated.shape[0], settings.perceptual_size, settings.perceptual_size, 3)
    generated, true = (jax.image.resize(images, size, "bilinear") for images in (generated, true))
    distance = pooled_distance = 0.0
    for extract in features:
        *maps, pooled = extract(generated)
        *true_maps, true_pooled = jax.lax.stop_gradient(extract(true))
        distance += losses.perceptual_loss(maps, true_maps) / len(features)
        pooled_distance += losses.feature_matching_loss(pooled, true_pooled) / len(features)
    return {"perceptual_loss": distance, "pooled_loss": pooled_distance}


# === The critics ===


def judged_images(settings, colors, saliency):
    """What the two critics see: colours, and colours weighted by saliency, at their size."""
    size = (colors.shape[0], settings.judged_size, settings.judged_size, 3)
    return {
        "color": jax.image.resize(colors, size, "bilinear"),
        "attention": jax.image.resize(colors * saliency, size, "bilinear"),
    }


def critic_loss(settings, critic, weights, gray, true, generated, mix):
    """Eq. 4 of a critic with its gradient penalty, and the critic's other weights after it."""
    trainable, fixed = weights

    def score(images):
        inputs = {"gray": gray, "image": images}
        return critic.stateless_call(trainable, fixed, inputs, training=True)

    true_scores, fixed_after = score(true)
    generated_scores, _ = score(generated)
    images = true + mix * (generated - true)
    slopes = jax.grad(lambda images: jnp.sum(jnp.mean(score(images)[0], axis=(1, 2, 3))))(images)
    norms = jnp.sqrt(jnp.sum(jnp.square(slopes), axis=(1, 2, 3)) + 1e-12)
    penalty = jnp.mean(jnp.square(norms - 1.0))
    distance = losses.wasserstein_critic_loss(true_scores, generated_scores)
    return distance + settings.gradient_penalty_weight * penalty, (fixed_after, distance, penalty)


# === Optimizers ===


def adam(gradients, moments, weights, step, rates, betas):
    """A step of Adam.

    Args:
        gradients: list of arrays.
        moments: pair of lists of arrays.
        weights: list of arrays.
        step: int array, from 0.
        rates: list of scalars, the learning rate of each.
        betas: pair of floats.

    Returns:
        The new weights and moments.
    """
    first = [betas[0] * m + (1 - betas[0]) * g for m, g in zip(moments[0], gradients, strict=True)]
    second = [betas[1] * v + (1 - betas[1]) * g * g for v, g in zip(moments[1], gradients, strict=True)]
    corrections = [1 - beta ** (step + 1.0) for beta in betas]
    weights = [
        w - rate * (m / corrections[0]) / (jnp.sqrt(v / corrections[1]) + 1e-7)
        for w, m, v, rate in zip(weights, first, second, rates, strict=True)
    ]
    return weights, (first, second)


def zeros(weights):
    """The moments that Adam begins with."""
    return tuple([jnp.zeros_like(w) for w in weights] for _ in range(2))


# === The step ===


def make_step(generator, critics, extractors, settings, factors, make_batch):
    """The function of a step, to be compiled.

    Args:
        generator: Keras model of `build_pretrained_generator`.
        critics: dict of Keras models of `build_critic` by what they judge, `color` and `attention`, or an empty one.
        extractors: list of functions from weights and images, as for `perceptual_terms`.
        settings: `Settings`.
        factors: list of floats, of the learning rate of each trainable weight of the generator.
        make_batch: function from what was drawn, the pictures and a key to a batch, see `augment.make_batch`.

    Returns:
        A function from the state (see `initial_state`), what was drawn, a dict of the `pictures` and of the weights of
        the `features`' networks, the learning rate and the key of random numbers to the next state and the terms of the
        loss by name.
    """

    def step(state, drawn, fixed, rate, key):
        noise_key, mix_key = jax.random.split(jax.random.fold_in(key, state["step"]))
        batch = make_batch(drawn, fixed["pictures"], noise_key)
        batch["luma"] = color.luma(batch["color"])
        batch["weights"] = losses.chroma_weights(batch["color"], settings.chroma_weighting)
        batch["judged"] = jnp.clip(color.saturate(batch["color"], settings.truth_saturation), -1.0, 1.0)
        weights, others = state["generator"]

        def generate(weights):
            outputs, after = generator.stateless_call(weights, others, batch["gray"], training=True)
            return (outputs["chroma"], outputs["saliency"]), after

        (chroma, saliency), pull, others = jax.vjp(generate, weights, has_aux=True)
        state, critic_terms = _critic_step(state, batch, chroma, saliency, rate, mix_key)
        of_chroma, of_saliency, terms = _gradients(state, fixed["features"], batch, chroma, saliency)
        (gradients,) = pull((of_chroma, of_saliency))

        rates = [rate * factor for factor in factors]
        weights, moments = adam(gradients, state["moments"], weights, state["step"], rates, (0.9, 0.99))
        momentum = jnp.minimum(settings.ema_momentum, (1.0 + state["step"]) / (10.0 + state["step"]))
        average = jax.tree.map(
            lambda old, new: momentum * old + (1 - momentum) * new, state["average"], (weights, others)
        )
        state = {
            **state,
            "generator": (weights, others),
            "moments": moments,
            "average": average,
            "step": state["step"] + 1,
        }
        return state, terms | critic_terms

    def _gradients(state, weights_of_features, batch, chroma, saliency):
        features = [
            functools.partial(extract, weights)
            for extract, weights in zip(extractors, weights_of_features, strict=True)
        ]

        def weighted(chroma, saliency):
            terms, weights = pixel_terms(settings, batch, chroma, saliency)
            return sum(weights[name] * value for name, value in terms.items()), terms

        def of_pixels(chroma):
            return losses.pixel_loss(compose(chroma, batch["luma"]), batch["color"], "l1", batch["weights"])

        def of_features(chroma):
            generated = compose(chroma, batch["luma"])
            terms = perceptual_terms(settings, features, generated, batch["judged"])
            return terms["perceptual_loss"] + settings.pooled_loss_weight * terms["pooled_loss"], terms

        def of_critics(chroma, saliency):
            judged = judged_images(settings, compose(chroma, batch["luma"]), saliency)
            gray = _judged_gray(batch)
            scores = {
                name: critic.stateless_call(*state["critics"][name][0], {"gray": gray, "image": judged[name]})[0]
                for name, critic in critics.items()
            }
            return sum(losses.wasserstein_generator_loss(score) for score in scores.values())

        (_, terms), (total, of_saliency) = jax.value_and_grad(weighted, (0, 1), has_aux=True)(chroma, saliency)
        norm = _norm(jax.grad(of_pixels)(chroma))
        gradient, feature_terms = jax.grad(of_features, has_aux=True)(chroma)
        terms |= feature_terms | {"pixel_gradient": norm, "perceptual_gradient": _norm(gradient)}
        total += settings.perceptual_gradient_ratio * norm / (_norm(gradient) + 1e-12) * gradient
        if critics:
            gradient, saliency_gradient = jax.grad(of_critics, (0, 1))(chroma, saliency)
            scale = settings.adversarial_gradient_ratio * norm / (_norm(gradient) + 1e-12)
            total += scale * gradient
            of_saliency += scale * saliency_gradient
            terms["adversarial_gradient"] = _norm(gradient)
        return total, of_saliency, terms

    def _judged_gray(batch):
        size = (len(batch["luma"]), settings.judged_size, settings.judged_size, 1)
        return jax.image.resize(batch["luma"], size, "bilinear")

    def _critic_step(state, batch, chroma, saliency, rate, key):
        if not critics:
            return state, {}
        gray = _judged_gray(batch)
        true = judged_images(settings, batch["judged"], batch["saliency"])
        made = judged_images(settings, compose(chroma, batch["luma"]), saliency)
        mix = jax.random.uniform(key, (len(gray), 1, 1, 1))
        terms, after = {}, {}
        for name, critic in critics.items():
            (weights, fixed), moments = state["critics"][name]

            def loss(weights, name=name, critic=critic, fixed=fixed):
                return critic_loss(settings, critic, (weights, fixed), gray, true[name], made[name], mix)

            gradients, (fixed, distance, penalty) = jax.grad(loss, has_aux=True)(weights)
            rates = [rate] * len(weights)
            weights, moments = adam(gradients, moments, weights, state["step"], rates, (0.5, 0.999))
            after[name] = ((weights, fixed), moments)
            terms |= {f"{name}_critic_loss": distance, f"{name}_gradient_penalty": penalty}
        return {**state, "critics": after}, terms

    return step


def initial_state(generator, critics):
    """The state that training begins with: weights, their moving average, Adam's moments, the number of the step."""
    own = weights_of(generator)
    of_critics = {name: weights_of(critic) for name, critic in critics.items()}
    return {
        "generator": own,
        "moments": zeros(own[0]),
        "average": jax.tree.map(jnp.copy, own),
        "critics": {name: (weights, zeros(weights[0])) for name, weights in of_critics.items()},
        "step": jnp.zeros((), jnp.int32),
    }


def _norm(gradient):
    return jnp.sqrt(jnp.sum(jnp.square(gradient)))

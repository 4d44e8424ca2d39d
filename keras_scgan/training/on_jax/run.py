"""A training on one GPU: from settings to files."""

import functools
import pathlib
import time

import jax
import jax.numpy as jnp
import numpy as np
from absl import logging

from keras_scgan.data.pairs import PhotoFolder
from keras_scgan.evaluation import metrics
from keras_scgan.models.encoder import ENCODER_PREFIX
from keras_scgan.models.loading import save_model
from keras_scgan.photos import color
from keras_scgan.photos.resizing import to_square
from keras_scgan.program.errors import UserError
from keras_scgan.training.on_jax import augment, networks, step
from keras_scgan.training.on_jax.pictures import load_pictures

RESULT, HALF_WAY = "generator.keras", "generator_half_way.keras"
_SECONDS_OF_A_REPORT = 30.0
_STEPS_IN_FLIGHT = 10
_VALIDATION_BATCH = 50


def train(settings):
    """Trains a generator, and writes its moving average at half of the time and at the end, and the critics.

    Args:
        settings: `Settings`.

    Raises:
        UserError: The output folder has a result, or a network or photo cannot be used.
    """
    output = pathlib.Path(settings.output_dir)
    if (output / RESULT).exists():
        raise UserError(f"`output_dir={output}` has a {RESULT}: choose another folder.")
    generator = networks.load_generator(settings.init_from)
    features = [networks.load_features(path, settings.perceptual_layers) for path in settings.perceptual_weights]
    critics = {}
    if settings.adversarial_gradient_ratio:
        critics = networks.load_critics(settings.critics_from, settings.preset)
    pictures = load_pictures(settings.data_dir, aging=settings.aging, versions=settings.aged_versions)
    odds = probabilities(pictures.names, settings.draws_by_prefix)
    validation = _load_validation(settings)
    output.mkdir(parents=True, exist_ok=True)

    trained = networks.copy_to_train(generator, settings.freeze_encoder)
    extractors, weights_of_features = zip(*features, strict=True)
    make_batch = functools.partial(augment.make_batch, size=settings.image_size)
    factors = _rate_factors(trained, settings)
    one_step = step.make_step(trained, critics, extractors, settings, factors, make_batch)
    take_step = jax.jit(one_step, donate_argnums=0)
    predict = jax.jit(lambda weights, gray: trained.stateless_call(*weights, gray, training=False)[0]["chroma"])
    fixed = {
        "pictures": {name: jnp.asarray(getattr(pictures, name)) for name in ("color", "saliency", "aged")},
        "features": list(weights_of_features),
    }
    state = step.initial_state(trained, critics)
    rng, key = np.random.default_rng(settings.seed), jax.random.key(settings.seed)

    def save(name):
        networks.put(state["average"], trained)
        generator.set_weights(trained.get_weights())
        save_model(generator, output / name)
        if validation is not None:
            _validate(predict, state["average"], validation)

    clock, reported, half_way = _Clock(60.0 * settings.minutes), 0.0, False
    while clock.share < 1.0:
        drawn = augment.draw(rng, odds, settings)
        state, terms = take_step(state, drawn, fixed, np.float32(_rate(settings, clock)), key)
        if clock.steps % _STEPS_IN_FLIGHT == 0:
            jax.block_until_ready(terms)
        clock.tick()
        if clock.seconds - reported >= _SECONDS_OF_A_REPORT:
            reported = clock.seconds
            _report(clock, settings.batch_size, terms)
        if clock.share >= 0.5 and not half_way:
            half_way = True
            save(HALF_WAY)
    _report(clock, settings.batch_size, terms)
    for name, (weights, _) in state["critics"].items():
        networks.put(weights, critics[name])
        save_model(critics[name], output / f"{name}_critic.keras")
    save(RESULT)


def probabilities(names, draws):
    """How often each photo is drawn.

    Args:
        names: names of N photos.
        draws: dict of how often, by the beginning of a name; once for all others.

    Returns:
        `[N]` float64, whose sum is 1.

    Raises:
        UserError: No name begins so, or no photo is ever drawn.
    """
    weights = np.ones(len(names))
    for prefix, times in draws.items():
        of_prefix = np.array([name.startswith(prefix) for name in names])
        if not of_prefix.any():
            raise UserError(f"`draws={prefix}:{times:g}`: no photo's name begins so.")
        weights[of_prefix] = times
    if not weights.any():
        raise UserError("`draws` leaves no photo.")
    return weights / weights.sum()


class _Clock:
    """Steps, and the seconds since the first one was compiled and taken."""

    def __init__(self, duration):
        self.duration, self.steps, self._begun = duration, 0, None

    def tick(self):
        self.steps += 1
        if self._begun is None:
            self._begun = time.monotonic()

    @property
    def seconds(self):
        return 0.0 if self._begun is None else time.monotonic() - self._begun

    @property
    def share(self):
        return self.seconds / self.duration


def _rate(settings, clock):
    warm_up = min(1.0, (clock.steps + 1) / settings.warm_up_steps)
    return settings.learning_rate * warm_up * 0.5 * (1 + np.cos(np.pi * min(1.0, clock.share)))


def _rate_factors(generator, settings):
    factor = settings.encoder_learning_rate_factor
    return [factor if v.path.startswith(ENCODER_PREFIX) else 1.0 for v in generator.trainable_variables]


def _report(clock, batch_size, terms):
    speed = clock.steps * batch_size / max(clock.seconds, 1e-9)
    values = ", ".join(f"{name} {float(value):.4g}" for name, value in sorted(terms.items()))
    logging.info("%d samples, %.0f s, %.0f photos/s: %s", clock.steps * batch_size, clock.seconds, speed, values)


def _load_validation(settings):
    if settings.validation_dir is None:
        return None
    photos, size = PhotoFolder(settings.validation_dir, fields=("color",)), settings.image_size
    return np.stack([to_square(photos.read(index, size)["color"], size) for index in range(len(photos))])


def _validate(predict, weights, photos):
    """Logs the chroma PSNR, the CCI and its distance from the truth's of photos of the network's size."""
    values = []
    for start in range(0, len(photos), _VALIDATION_BATCH):
        truths = photos[start : start + _VALIDATION_BATCH]
        luma = color.luma(color.normalize(truths.astype(np.float32)))
        colors = step.compose(predict(weights, color.stretch_luma(luma)), luma)
        for image, truth in zip(color.to_uint8(color.denormalize(np.asarray(colors))), truths, strict=True):
            cci = metrics.cci(image)
            values.append((metrics.chroma_psnr(image, truth), cci, abs(cci - metrics.cci(truth))))
    logging.info("validation: chroma PSNR %.2f dB, CCI %.1f, its distance from the truth's %.1f", *np.mean(values, 0))

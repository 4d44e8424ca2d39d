"""Speed of training steps."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_scgan.benchmarks.timing import measure_peak, spread, time_in_turns
from keras_scgan.models import build_critic, build_generator, build_pretrained_generator
from keras_scgan.models.perceptual import build_perceptual_features
from keras_scgan.models.pretrained import FROZEN, freeze_encoder, split_at_features
from keras_scgan.training import precision
from keras_scgan.training.macs import count_macs
from keras_scgan.training.scgan import SCGAN


def benchmark_train(*, preset, depth, image_size, batch_size, critic_norm, perceptual_loss, precisions, rounds):
    """Times a training step of either stage in each precision, on one batch in memory.

    Args:
        preset: string. Width of the networks.
        depth: int. Stride-2 layers of the encoder.
        image_size: int. Height and width of the images.
        batch_size: int. Images a step.
        critic_norm: string. Norm of the critics.
        perceptual_loss: bool. Whether stage 2 has it, with a VGG-16 of random weights, which takes no less time.
        precisions: names of Keras dtype policies; `ratio` is the speed against the first.
        rounds: int. Timed steps of each.

    Returns:
        List of dicts, one for each stage and precision. `gmac_per_image` is what the step computes, both passes and
        all updates; `share_of_peak` compares it with this machine's own matrix product in that type.
    """
    batch = _random_batch(batch_size, image_size)
    steps, macs, peaks = {}, {}, {}
    for name in dict.fromkeys(precisions):
        peaks[name] = measure_peak(keras.DTypePolicy(name).compute_dtype)
        for stage in (1, 2):
            with precision.policy(name):
                critics = [build_critic(preset, norm=critic_norm) for _ in range(2)] if stage == 2 else []
                features = build_perceptual_features(weights=None) if stage == 2 and perceptual_loss else None
                model = SCGAN(build_generator(preset, depth=depth), *critics, perceptual_features=features)
            model.compile(keras.optimizers.Adam(), keras.optimizers.Adam() if critics else None)
            step = tf.function(model.train_step)
            steps[stage, name] = functools.partial(_run, step, batch)
            macs[stage, name] = count_macs(step, batch)
    seconds = time_in_turns(steps, rounds)

    results = []
    for stage, name in steps:
        speed = spread(seconds[stage, name], batch_size)
        rate = macs[stage, name] / np.median(seconds[stage, name])
        results.append(
            {
                "benchmark": "train",
                "preset": preset,
                "depth": depth,
                "image_size": image_size,
                "batch_size": batch_size,
                "stage": stage,
                "perceptual_loss": stage == 2 and perceptual_loss,
                "precision": name,
                **speed,
                "ratio": float(np.median(seconds[stage, precisions[0]] / seconds[stage, name])),
                "gmac_per_image": macs[stage, name] / batch_size / 1e9,
                "gmac_per_second": rate / 1e9,
                "peak_gmac_per_second": peaks[name] / 1e9,
                "share_of_peak": rate / peaks[name],
            }
        )
    return results


def benchmark_pretrained(
    encoder_source, *, preset, depth, image_size, encoder_image_size, batch_size, precisions, rounds
):
    """Times a step of stage 1 of the paper's generator, and of one on a pre-trained encoder, on a batch in memory.

    Args:
        encoder_source: `EncoderSource`.
        preset: string. Width of the paper's generator, like all that is not described here as of `benchmark_train`.
        depth: int.
        image_size: int. Height and width of the images of the paper's generator.
        encoder_image_size: int. Height and width of those of the other.
        batch_size: int.
        precisions: names of Keras dtype policies.
        rounds: int.

    Returns:
        List of dicts, for each precision one of the paper's generator and one of each way to train the other: from
        `cached` features, or with `all`, the `early` or `none` of the encoder's layers frozen. `ratio` is the speed
        against the paper's generator in the same precision.
    """
    steps = {}
    for name in dict.fromkeys(precisions):
        with precision.policy(name):
            generators = {"paper": build_generator(preset, depth=depth)}
            for frozen in FROZEN:
                generators[frozen] = build_pretrained_generator(encoder_source.build())
                freeze_encoder(generators[frozen], frozen)
        for kind, generator in generators.items():
            model = SCGAN(generator)
            model.compile(keras.optimizers.Adam())
            gray, *images = _random_batch(batch_size, image_size if kind == "paper" else encoder_image_size)
            steps[name, kind] = functools.partial(_run, tf.function(model.train_step), (gray, *images))
            if kind == "all":
                features = split_at_features(generator)[0](gray)
                features = tuple(tf.cast(feature, tf.float32) for feature in features)
                steps[name, "cached"] = functools.partial(_run, tf.function(model.train_step), (features, *images))
    seconds = time_in_turns(steps, rounds)
    return [
        {
            "benchmark": "train",
            "preset": preset,
            "depth": depth,
            "image_size": image_size if kind == "paper" else encoder_image_size,
            "batch_size": batch_size,
            "stage": 1,
            "generator": kind,
            "precision": name,
            **spread(seconds[name, kind], batch_size),
            "ratio": float(np.median(seconds[name, "paper"] / seconds[name, kind])),
        }
        for name, kind in steps
    ]


def _random_batch(batch_size, image_size):
    shape = (batch_size, image_size, image_size)
    random = functools.partial(tf.random.stateless_uniform, seed=(0, 0))
    gray, color = (random((*shape, channels), minval=-1.0, maxval=1.0) for channels in (1, 3))
    return gray, color, random((*shape, 1))


def _run(step, batch):
    return {name: float(value) for name, value in step(batch).items()}

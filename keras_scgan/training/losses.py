"""The loss functions of SCGAN, by the equations of the paper.

Each takes float32 tensors and returns a scalar: the mean over all of a batch.

Reference:
    Section III.C of [SCGAN](https://arxiv.org/abs/2011.11377).
"""

from keras import ops

from keras_scgan.photos import color


def pixel_loss(generated, true, kind="l1", weights=1.0):
    """Distance of colours: L1 (eq. 1), or L2 for the ablation.

    Args:
        generated: `[B, H, W, C]` images.
        true: `[B, H, W, C]` images.
        kind: `"l1"` or `"l2"`.
        weights: `[B, H, W, 1]`, of pixels, with a mean of 1. Defaults to all the same, as in the paper.
    """
    difference = generated - true
    return ops.mean(weights * (ops.abs(difference) if kind == "l1" else ops.square(difference)))


def chroma_weights(true, strength):
    """Weights of pixels that grow with the chroma of the truth: `[B, H, W, 1]`, with a mean of 1 over all of `true`.

    Most pixels are nearly grey, and what is learnt of them alone is to be grey. The weight is 1 + strength * min(c /
    0.2, 2.5) before it is normalised, where c is the mean distance of red, green and blue from the luma. It is not in
    the paper; the idea is the rebalancing of [Zhang et al. 2016](https://arxiv.org/abs/1603.08511), section 2.2.

    Args:
        true: `[B, H, W, 3]` colour images in [-1, 1].
        strength: float, 0 or more.
    """
    chroma = ops.mean(ops.abs(true - color.luma(true)), axis=-1, keepdims=True)
    weights = 1.0 + strength * ops.minimum(chroma / 0.2, 2.5)
    return weights / ops.mean(weights)


def colorfulness(images):
    """Colourfulness (CCI) of images, `[B]`: `metrics.cci` with a gradient.

    Args:
        images: `[B, H, W, 3]` in [-1, 1].
    """
    red, green, blue = (127.5 * images[..., i] for i in range(3))
    opponents = ops.stack([red - green, 0.5 * (red + green) - blue], axis=-1)
    means = ops.mean(opponents, axis=(1, 2), keepdims=True)
    variances = ops.sum(ops.mean(ops.square(opponents - means), axis=(1, 2)), axis=-1)
    return _root(variances) + 0.3 * _root(ops.sum(ops.square(means), axis=(1, 2, 3)))


def colorfulness_loss(generated, true):
    """How much less colourful each image is than its truth, in hundredths of CCI. It is not in the paper.

    [DDColor](https://arxiv.org/abs/2212.11613), eq. 6, asks for colours without end; here the truth's are enough.

    Args:
        generated: `[B, H, W, 3]` in [-1, 1].
        true: `[B, H, W, 3]` in [-1, 1].
    """
    return ops.mean(ops.relu(colorfulness(true) - colorfulness(generated))) / 100.0


def _root(values):
    return ops.sqrt(values + 1e-6)  # whose gradient is finite at zero


def attention_loss(generated, generated_saliency, true, true_saliency, kind="l1"):
    """Distance of colour images weighted by their saliency maps, L_A (eq. 2), which trains the saliency branch too.

    Args:
        generated: `[B, H, W, 3]` colour images in [-1, 1].
        generated_saliency: `[B, H, W, 1]` in [0, 1].
        true: `[B, H, W, 3]` colour images in [-1, 1].
        true_saliency: `[B, H, W, 1]` in [0, 1].
        kind: `"l1"` or `"l2"`.
    """
    return pixel_loss(generated * generated_saliency, true * true_saliency, kind)


def saliency_loss(generated_saliency, true_saliency):
    """Binary cross-entropy of saliency maps. It is not in the paper.

    The attention loss leaves a map free wherever the colours are close to 0, the middle grey.

    Args:
        generated_saliency: `[B, H, W, 1]` in [0, 1].
        true_saliency: `[B, H, W, 1]` in [0, 1].
    """
    return ops.mean(ops.binary_crossentropy(true_saliency, generated_saliency))


def saliency_l1_loss(generated_saliency, true_saliency):
    """L1 distance of saliency maps, which are then decided where the cross-entropy leaves them in doubt.

    It is not in the paper, and it is for maps that are good already: most pixels are not salient, so that a map of
    zeros is a minimum that training from random weights falls into.

    Args:
        generated_saliency: `[B, H, W, 1]` in [0, 1].
        true_saliency: `[B, H, W, 1]` in [0, 1].
    """
    return pixel_loss(generated_saliency, true_saliency)


def perceptual_loss(generated_features, true_features):
    """L1 distance of the features of a pre-trained network, L_p (eq. 5).

    Args:
        generated_features: `[B, h, w, C]`, or a list of such, of several layers. The distance of each layer is then
            divided by the mean size of the true features, so that all count alike.
        true_features: likewise.
    """
    if not isinstance(true_features, list):
        return pixel_loss(generated_features, true_features)
    pairs = zip(generated_features, true_features, strict=True)
    return ops.mean(ops.stack([pixel_loss(a, b) / (ops.mean(ops.abs(b)) + 1e-6) for a, b in pairs]))


def wasserstein_generator_loss(generated_scores):
    """A critic's part of the generator's loss L_G (eq. 3)."""
    return -ops.mean(generated_scores)


def wasserstein_critic_loss(true_scores, generated_scores):
    """A critic's part of L_D, without the gradient penalty (eq. 4)."""
    return ops.mean(generated_scores) - ops.mean(true_scores)


def least_squares_generator_loss(generated_scores):
    """LSGAN's generator loss, for the ablation: the critic should score generated images 1.

    It is without the factor 1/2 of the LSGAN paper, as in the code of SCGAN's authors, so that its weight means what
    theirs does.

    Reference:
        Eq. 9 of [LSGAN](https://arxiv.org/abs/1611.04076) with a = 0, b = c = 1, twice.
    """
    return ops.mean(ops.square(generated_scores - 1.0))


def least_squares_critic_loss(true_scores, generated_scores):
    """LSGAN's critic loss, for the ablation: true images should score 1, generated ones 0."""
    return 0.5 * (ops.mean(ops.square(true_scores - 1.0)) + ops.mean(ops.square(generated_scores)))


def vanilla_generator_loss(generated_scores):
    """The first GAN's generator loss, in the form that does not saturate; scores are logits of being true.

    Reference:
        Section 3.1 of [Pix2Pix](https://arxiv.org/abs/1611.07004).
    """
    return ops.mean(ops.softplus(-generated_scores))


def vanilla_critic_loss(true_scores, generated_scores):
    """The first GAN's critic loss, halved as Pix2Pix has it: the mean cross-entropy of true and generated images."""
    return 0.5 * (ops.mean(ops.softplus(-true_scores)) + ops.mean(ops.softplus(generated_scores)))


def soft_target_loss(logits, teacher_logits, temperature):
    """Cross-entropy of a student's class probabilities with its teacher's, less the least that it can be.

    Args:
        logits: `[B, classes]`.
        teacher_logits: `[B, classes]`.
        temperature: float. Divides the logits of both; its square multiplies the loss, whose gradients thus stay of one
            size.

    Reference:
        Section 2 of [Distilling the Knowledge in a Neural Network](https://arxiv.org/abs/1503.02531).
    """
    student, teacher = (ops.log_softmax(values / temperature) for values in (logits, teacher_logits))
    divergence = ops.sum(ops.exp(teacher) * (teacher - student), axis=-1)
    return temperature**2 * ops.mean(divergence)


def feature_matching_loss(features, true_features):
    """One minus the cosine of the angle between features and the true ones, both `[..., C]`: the mean over places."""
    cosine = ops.sum(ops.normalize(features, axis=-1) * ops.normalize(true_features, axis=-1), axis=-1)
    return 1.0 - ops.mean(cosine)


SALIENCY_LOSSES = {"saliency_loss": saliency_loss, "saliency_l1_loss": saliency_l1_loss}
GENERATOR_LOSSES = {
    "wgan-gp": wasserstein_generator_loss,
    "lsgan": least_squares_generator_loss,
    "vanilla": vanilla_generator_loss,
}
CRITIC_LOSSES = {
    "wgan-gp": wasserstein_critic_loss,
    "lsgan": least_squares_critic_loss,
    "vanilla": vanilla_critic_loss,
}

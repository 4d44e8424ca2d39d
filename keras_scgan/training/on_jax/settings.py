"""What a training on one GPU takes."""

import dataclasses
import math

from keras_scgan.models.encoder import STRIDES
from keras_scgan.models.presets import PRESETS
from keras_scgan.models.pretrained import FROZEN
from keras_scgan.program import settings as of_jobs
from keras_scgan.program.errors import UserError
from keras_scgan.program.settings import argument, setting


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of `run.train`; the defaults are those of the networks that come with the project.

    Gradients of what is not measured in pixels are set against that of the pixel loss: each is scaled, at the chroma
    that the network predicts, to so many times the norm of the pixel loss's gradient there (see `SCGAN.compile`).

    Raises:
        UserError: A value cannot be.
    """

    data_dir: str = setting("Folder of the photos, with images/ and saliency/.")
    init_from: str = setting("Generator on a pre-trained encoder to train further (.keras).")
    output_dir: str = setting("Folder for generator.keras, and the critics.")
    perceptual_weights: tuple = setting("Classifiers whose features the perceptual loss compares (.keras).")
    perceptual_layers: tuple = setting(
        "Layers of these classifiers that are compared; the last is pooled, [B, C].",
        ("stride8_features", "stride16_features", "pool"),
    )
    critics_from: str | None = setting(
        "Folder with color_critic.keras and attention_critic.keras, to train further. Default: new critics.",
        None,
    )
    validation_dir: str | None = setting("Folder of photos on which the chroma is measured.", None)
    draws: tuple = setting(
        "How often photos are drawn, by how their names begin, as in fsac:4,in1k:2; others once, NAME:0 never.",
        (),
    )
    minutes: float = setting("Length of the training, without loading and compiling.", 6.0, above=0)
    batch_size: int = setting("Photos in a batch.", 128, low=1)
    image_size: int = setting("Pixels of a side, a multiple of 32.", 224, low=32)
    learning_rate: float = setting("Highest learning rate. It follows a cosine to 0.", 5e-4, above=0)
    encoder_learning_rate_factor: float = setting(
        "Learning rate of the encoder, as a share of that of the other layers.", 0.3, low=0
    )
    freeze_encoder: str = setting("Part of the encoder that is not trained.", "none", choices=FROZEN)
    warm_up_steps: int = setting("Steps in which the learning rate rises.", 200, low=1)
    ema_momentum: float = setting("Momentum of the moving average of the weights.", 0.999, low=0, high=1)
    min_crop_area: float = setting("Smallest share of a photo that a random crop takes.", 0.5, low=0.001, high=1)
    aging: float = setting(
        "How much the aged inputs are made to look like the scan of an old photo.", 0.4, low=0, high=1
    )
    aged_share: float = setting("Share of the samples whose input is aged.", 0.3, low=0, high=1)
    aged_versions: int = setting("Aged versions of each photo, which are made once.", 2, low=1)
    chroma_weighting: float = setting("How much more pixels of strong colours count.", 1.0, low=0)
    attention_loss_weight: float = setting("Weight of the attention loss.", 0.5, low=0)
    saliency_loss_weight: float = setting("Weight of the cross-entropy of the saliency maps.", 0.25, low=0)
    saliency_l1_loss_weight: float = setting("Weight of the L1 distance of the saliency maps.", 0.1, low=0)
    colorfulness_loss_weight: float = setting("Weight of the colourfulness loss.", 0.1, low=0)
    perceptual_gradient_ratio: float = setting(
        "Size of the perceptual loss's gradient, as a multiple of the pixel loss's.", 15.0, low=0
    )
    pooled_loss_weight: float = setting(
        "Weight of one minus the cosine of the pooled features, as a part of the perceptual loss.", 0.2, low=0
    )
    perceptual_size: int = setting("Pixels of a side at which the perceptual loss sees photos.", 192, low=32)
    adversarial_gradient_ratio: float = setting(
        "Size of both critics' gradient together, as a multiple of the pixel loss's; 0: no critics.", 1.5, low=0
    )
    gradient_penalty_weight: float = setting("Weight of the critics' gradient penalty.", 10.0, low=0)
    judged_size: int = setting("Pixels of a side at which the critics see photos.", 128, low=32)
    truth_saturation: float = setting(
        "Factor of the chroma of true photos before critics and perceptual loss see them.", 1.1, low=0
    )
    preset: str = setting("Preset of new critics.", "small", choices=tuple(PRESETS))
    seed: int = setting("Seed of all random numbers.", 0, low=0)

    def __post_init__(self):
        of_jobs.check(self)
        if self.image_size % max(STRIDES):
            raise UserError(f"{argument('image_size', self.image_size)}: expected a multiple of {max(STRIDES)}.")
        if not self.perceptual_weights:
            raise UserError("`perceptual_weights`: expected the file of one classifier or more.")
        if len(self.perceptual_layers) < 2:
            raise UserError(
                f"{argument('perceptual_layers', self.perceptual_layers)}: expected a map or more, and the pooled one."
            )
        self.draws_by_prefix  # noqa: B018 (raises)

    @property
    def draws_by_prefix(self):
        """Dict of `draws`: how often, by the beginning of a name."""
        found = {}
        for text in self.draws:
            prefix, _, times = text.rpartition(":")
            try:
                found[prefix] = float(times)
            except ValueError:
                found[prefix] = -1.0
            if not prefix or not 0 <= found[prefix] < math.inf:
                raise UserError(f"{argument('draws', self.draws)}: expected NAME:TIMES. Received: {text}")
        return found

"""The settings of a training run, or of one of its two stages."""

import dataclasses

from keras_scgan.models import DEPTHS, PRESETS, translators
from keras_scgan.models.critic import MIN_SIZE
from keras_scgan.models.encoder import STRIDES
from keras_scgan.models.layers import NORMS
from keras_scgan.models.pretrained import FROZEN
from keras_scgan.program.errors import UserError
from keras_scgan.program.settings import argument, setting
from keras_scgan.training import gradients, losses, optimizers, scgan
from keras_scgan.training.run_settings import RunSettings

_OF_PRETRAINED = ("encoder", "freeze_encoder", "encoder_learning_rate")
_OF_PAPER = ("global_features", "freeze_global_features", "keep_luma")
OF_STAGE_2 = (
    *("perceptual_loss_weight", "perceptual_weights", "perceptual_layer", "perceptual_gradient_ratio"),
    *("truth_saturation", "judged_size"),
)
"""Settings of which stage 1 makes no use, though the settings of both stages may be given alike."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainSettings(RunSettings):
    """What one stage of training is given: each field says what it is by its help.

    Example:

    ```python
    from keras_scgan.training.train import train

    train([TrainSettings(data_dir="photos", preset="small", depth=7, image_size=128, output_dir="runs/mine")])
    ```

    Raises:
        UserError: A value cannot be, or does not go with another. It is named as an argument.
    """

    # === What is trained, on what, and where it goes ===
    stage: int = setting("1: the generator alone; 2: against its critics.", 1, choices=(1, 2))
    data_dir: str = setting(
        "Folder with photos images/STEM.* and maps saliency/STEM.*, or one of shards (its split train)."
    )
    validation_dir: str | None = setting(
        "Folder like `data_dir`, or of shards (validation), evaluated each epoch.", None
    )
    output_dir: str = setting("Run folder. With `stage=both` it has one a stage, stage1 and stage2.", "runs/scgan")
    init_from: str | None = setting("Generator (.keras) to start from: for stage 2, the one of stage 1.", None)

    # === Networks ===
    architecture: str = setting(
        "Generator: the paper's; one whose encoder is a classifier that was trained before; or, for comparison, that "
        "of Pix2Pix, with critics as it has, or a U-Net with residual blocks.",
        "paper",
        choices=("paper", "pretrained", *translators.BUILDERS),
    )
    encoder: str | None = setting(
        "pretrained: a classifier, a .keras file of RGB images or a name of keras.applications; or a generator, whose "
        "encoder is taken. Default: that of `init_from`.",
        None,
    )
    freeze_encoder: str = setting("pretrained: layers of the encoder that stay as they are.", "all", choices=FROZEN)
    feature_cache: str | None = setting(
        "pretrained: folder for the features of the frozen encoder, which are then computed once and not each time. It "
        "may serve many runs on the same photos and settings, one after another; of others it is made anew.",
        None,
    )
    cached_crops: int = setting(
        "Crops of each photo in the feature cache; epochs take them in turns. 0.3 MB each at 224.", 2, low=1
    )
    preset: str = setting("Width of the paper's networks, and of all critics.", "paper", choices=tuple(PRESETS))
    depth: int = setting(
        "Stride-2 layers of an encoder that is not pre-trained; image sizes are multiples of 2^depth.",
        8,
        choices=tuple(DEPTHS),
    )
    global_features: str = setting(
        "Global feature network: random, none, or a .keras file of a trained one, as the paper's stage 1 begins with. "
        "That of `init_from` is taken where there is one.",
        "random",
    )
    keep_luma: bool = setting("Give the generator's colours the luma of its input (noise and all).", False)
    freeze_global_features: bool = setting("Leave the global feature network as it is given.", False)
    critic_norm: str = setting(
        "Norm of the critics. batch is the paper's; see docs/train.md.", "batch", choices=tuple(NORMS)
    )

    # === Objective ===
    pixel_loss: str = setting("Distance of colours.", "l1", choices=scgan.PIXEL_LOSSES)
    chroma_weighting: float = setting(
        "How much more pixels of strong, hence rare, colours count in the pixel loss; 0: all alike, as in the paper.",
        scgan.CHROMA_WEIGHTING,
        low=0,
    )
    colorfulness_loss_weight: float = setting(
        "Weight of what an image lacks of its truth's colourfulness, against dull colours; 0 leaves it out.",
        scgan.COLORFULNESS_WEIGHT,
        low=0,
    )
    attention_loss: bool = setting("Train a saliency branch, in stage 2 with an attention critic.", True)
    attention_loss_weight: float = setting("Weight of the attention loss.", scgan.ATTENTION_WEIGHT, low=0)
    saliency_loss_weight: float = setting(
        "Weight of the cross-entropy of the saliency maps, which the paper does not have; 0 leaves it out.",
        by_stage=(scgan.SALIENCY_WEIGHT,),
        low=0,
    )
    saliency_l1_loss_weight: float = setting(
        "Weight of the L1 distance of the saliency maps, which the paper does not have; 0 leaves it out.",
        by_stage=(scgan.SALIENCY_L1_WEIGHT,),
        low=0,
    )
    adversarial_loss: str = setting("Stage 2: the critics' game.", "wgan-gp", choices=(*losses.CRITIC_LOSSES, "none"))
    adversarial_loss_weight: float = setting(
        "Stage 2: weight of the adversarial loss of each critic.", scgan.ADVERSARIAL_WEIGHT, low=0
    )
    gradient_penalty_weight: float = setting(
        "Stage 2: its weight in the critics' loss.", scgan.GRADIENT_PENALTY_WEIGHT, low=0
    )
    gradient_penalty_of: str = setting(
        "Stage 2: score of an image whose slope is penalised: the mean of its patches', or their sum, as the authors' "
        "code does; see docs/train.md.",
        "mean",
        choices=gradients.PENALTIES_OF,
    )
    critic_steps: int = setting("Stage 2: updates of the critics for one of the generator.", 1, low=1)
    perceptual_loss_weight: float = setting(
        "Stage 2: weight of the perceptual loss; 0 leaves it out.", scgan.PERCEPTUAL_WEIGHT, low=0
    )
    perceptual_weights: str = setting(
        "Stage 2: 'imagenet' (VGG-16, downloaded once), a .h5 file with the weights of Keras's VGG-16 without its top, "
        "or any .keras model of RGB images in [0, 255].",
        "imagenet",
    )
    perceptual_layer: tuple | None = setting(
        "Layer whose output is taken; VGG-16's default is block3_conv3. Of several, divided by commas, each is scaled.",
        None,
    )
    perceptual_gradient_ratio: float = setting(
        "Size of the perceptual loss's gradient at what the network predicts, chroma or colours, as a multiple of the "
        "pixel loss's, in place of its weight. 0: by weight.",
        scgan.PERCEPTUAL_GRADIENT_RATIO,
        low=0,
    )
    truth_saturation: float = setting(
        "Factor of the chroma of true photos before critics and perceptual loss see them, for more vivid colours.",
        scgan.TRUTH_SATURATION,
        low=0,
    )
    judged_size: int = setting("Pixels of a side of what critics and perceptual loss see; 0: `image_size`.", 0, low=0)

    # === Optimization ===
    epochs: int = setting("Epochs.", by_stage=(10, 30), low=1)
    batch_size: int = setting("Photos a step, over all replicas.", by_stage=(8,), low=1)
    learning_rate: float = setting("Learning rate of Adam.", by_stage=(2e-4, 1e-4), above=0)
    learning_rate_halving_epochs: int = setting(
        "Epochs between halvings of the learning rate; 0: none.", by_stage=(0, 10), low=0
    )
    learning_rate_schedule: str = setting(
        "halving, every `learning_rate_halving_epochs`, or cosine, down to 0 at the end.",
        "halving",
        choices=optimizers.SCHEDULES,
    )
    warm_up_steps: int = setting("cosine: steps in which the learning rate rises from 0.", 0, low=0)
    encoder_learning_rate: float = setting(
        "pretrained: learning rate of what is trained of the encoder.", by_stage=(1e-4,), above=0
    )

    # === Data ===
    image_size: int = setting("Height and width of the images, in pixels.", by_stage=(256,), low=1)
    network_input: str = setting(
        "What is colorized: the greyscale photo, or the thermal image of a multispectral set (DIR/thermal, or shards).",
        "luma",
        choices=("luma", "thermal"),
    )

    def __post_init__(self):
        for name, default in self._stage_defaults().items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, default)
        super().__post_init__()
        if self.architecture == "paper":
            self._check_paper()
        else:
            self.refuse(_OF_PAPER, f"is of the paper's generator, and not of `architecture={self.architecture}`")
        if self.architecture == "pretrained":
            self._check_pretrained()
        else:
            self.refuse(_OF_PRETRAINED, "is for `architecture=pretrained`")
            self._check_size(2**self.depth, argument("depth", self.depth))
        if self.feature_cache and (self.architecture != "pretrained" or self.freeze_encoder != "all"):
            raise UserError(
                "`feature_cache` is for an encoder that is not trained: `architecture=pretrained` `freeze_encoder=all`."
            )
        if self.stage == 2 and self.adversarial_loss != "none" and 0 < self.judged_size < MIN_SIZE:
            raise UserError(
                f"{argument('judged_size', self.judged_size)}: critics need at least {MIN_SIZE} pixels a side."
            )
        for name in ("saliency_loss_weight", "saliency_l1_loss_weight"):
            if getattr(self, name) and not self.attention_loss:
                raise UserError(f"`{name}`: with `attention_loss=False` there is no saliency branch.")
        if self.learning_rate_schedule == "halving":
            self.refuse(("warm_up_steps",), "is for `learning_rate_schedule=cosine`")
        else:
            self.refuse(("learning_rate_halving_epochs",), "is for `learning_rate_schedule=halving`")

    def _stage_defaults(self):
        pairs = {field.name: field.metadata["by_stage"] for field in dataclasses.fields(self)}
        return {name: values[-1] if self.stage == 2 else values[0] for name, values in pairs.items() if values}

    def refuse(self, names, reason):
        """Raises `UserError` if one of the fields, which would be of no effect, asks for what is not the default."""
        defaults = {field.name: field.default for field in dataclasses.fields(self)} | self._stage_defaults()
        for name in names:
            value = getattr(self, name)
            if value != defaults[name] and value not in (None, False, 0):
                raise UserError(f"{argument(name, value)} {reason}.")

    @property
    def fields(self):
        """Names of the fields that a sample of the data needs."""
        wanted = {"color": True, "saliency": self.attention_loss, "thermal": self.network_input == "thermal"}
        return tuple(name for name, is_wanted in wanted.items() if is_wanted)

    def _check_pretrained(self):
        self.refuse(("depth",), "is of the paper's generator and of U-Nets, and not of `architecture=pretrained`")
        if not self.encoder and not self.init_from:
            raise UserError(
                "`architecture=pretrained`: give the classifier that becomes the encoder, `encoder=PATH.keras`."
            )
        if self.network_input == "thermal":
            raise UserError(
                "`architecture=pretrained` keeps the luma, which a thermal image does not have: take another."
            )
        self._check_size(max(STRIDES), "an encoder")

    def _check_paper(self):
        if self.init_from and self.global_features not in ("random", "none"):
            raise UserError(
                f"{argument('global_features', self.global_features)}: the generator of `init_from` has a global "
                "feature network of its own. Give one of the two."
            )
        if self.freeze_global_features and self.global_features == "none":
            raise UserError("`freeze_global_features`: with `global_features=none` there are none.")
        if self.keep_luma and self.network_input == "thermal":
            raise UserError("`keep_luma`: a thermal image has no luma. Use it with `network_input=luma`.")
        if self.keep_luma and (self.aging or self.stretch_luma):
            raise UserError(
                "`keep_luma`: with `aging` or `stretch_luma` the luma of the input is not that of the truth."
            )

    def _check_size(self, multiple, needs_it):
        if self.image_size % multiple:
            raise UserError(
                f"{argument('image_size', self.image_size)} is no multiple of {multiple}, which {needs_it} needs."
            )

"""The options of a training run: the flags of tools/train.py, with one value for each stage, and what they allow."""

import math
import pathlib
import types

import tensorflow as tf
from absl import flags

from keras_scgan.models import DEPTHS, PRESETS
from keras_scgan.models.encoder import STRIDES
from keras_scgan.models.layers import NORMS
from keras_scgan.models.pretrained import FROZEN
from keras_scgan.program.errors import UserError
from keras_scgan.training import losses, optimizers, run, scgan

flags.disclaim_key_flags()  # those of `define_flags` are the tool's that calls it

FLAGS = flags.FLAGS
RESULT = "generator.keras"

_BY_STAGE = {
    "epochs": int,
    "batch_size": int,
    "learning_rate": float,
    "learning_rate_halving_epochs": int,
    "encoder_learning_rate": float,
    "image_size": int,
    "saliency_loss_weight": float,
    "saliency_l1_loss_weight": float,
}
_SALIENCY_WEIGHTS = ("saliency_loss_weight", "saliency_l1_loss_weight")
_OF_PRETRAINED = ("encoder", "freeze_encoder", "encoder_learning_rate")
_OF_PAPER = ("depth", "global_features", "freeze_global_features", "keep_luma")
_OF_STAGE_2 = (
    *("perceptual_loss_weight", "perceptual_weights", "perceptual_layer", "perceptual_gradient_ratio"),
    *("truth_saturation", "judged_size"),
)
_MAY_BE_0 = ("learning_rate_halving_epochs", *_SALIENCY_WEIGHTS)


def define_flags():
    """Defines the flags as flags of the calling module."""
    # === What is trained, on what, and where it goes ===
    flags.DEFINE_enum("stage", "1", ["1", "2", "both"], "1: the generator alone; 2: against its critics.")
    flags.DEFINE_string(
        "data_dir",
        None,
        "Folder with photos images/STEM.* and maps saliency/STEM.*, or one of shards (its split train).",
    )
    flags.DEFINE_enum("dataset", None, ["demo"], "A data set that the package carries, in place of --data_dir.")
    flags.DEFINE_string(
        "validation_dir", None, "Folder like --data_dir, or of shards (validation), evaluated each epoch."
    )
    flags.DEFINE_string(
        "output_dir", "runs/scgan", "Run folder. With --stage=both it has one a stage, stage1 and stage2."
    )
    flags.DEFINE_string("init_from", None, "Generator (.keras) to start from: for stage 2, the one of stage 1.")

    # === Networks ===
    flags.DEFINE_enum(
        "architecture",
        "paper",
        ["paper", "pretrained"],
        "Generator: the paper's, or one whose encoder is a classifier that was trained before.",
    )
    flags.DEFINE_string(
        "encoder",
        None,
        "pretrained: a classifier, a .keras file of RGB images or a name of keras.applications; or a generator, whose "
        "encoder is taken. Default: that of --init_from.",
    )
    flags.DEFINE_enum("freeze_encoder", "all", FROZEN, "pretrained: layers of the encoder that stay as they are.")
    flags.DEFINE_string(
        "feature_cache",
        None,
        "pretrained: folder for the features of the frozen encoder, which are then computed once and not each time. It "
        "may serve many runs on the same photos and settings, one after another; of others it is made anew.",
    )
    flags.DEFINE_integer(
        "cached_crops", 2, "Crops of each photo in the feature cache; epochs take them in turns. 0.3 MB each at 224.", 1
    )
    flags.DEFINE_enum("preset", "paper", list(PRESETS), "Width of the paper's networks, and of all critics.")
    flags.DEFINE_enum(
        "depth", "8", map(str, DEPTHS), "Stride-2 layers of the encoder; image sizes are multiples of 2^depth."
    )
    flags.DEFINE_string(
        "global_features", "random", "Global feature network: random, none, or a .keras file of a trained one."
    )
    flags.DEFINE_bool("keep_luma", False, "Give the generator's colours the luma of its input (noise and all).")
    flags.DEFINE_bool("freeze_global_features", False, "Leave the global feature network as it is given.")
    flags.DEFINE_enum("critic_norm", "batch", NORMS, "Norm of the critics. batch is the paper's; see the README.")

    # === Objective ===
    flags.DEFINE_enum("pixel_loss", "l1", scgan.PIXEL_LOSSES, "Distance of colours.")
    flags.DEFINE_float(
        "chroma_weighting",
        scgan.CHROMA_WEIGHTING,
        "How much more pixels of strong, hence rare, colours count in the pixel loss; 0: all alike, as in the paper.",
        0,
    )
    flags.DEFINE_float(
        "colorfulness_loss_weight",
        scgan.COLORFULNESS_WEIGHT,
        "Weight of what an image lacks of its truth's colourfulness, against dull colours; 0 leaves it out.",
        0,
    )
    flags.DEFINE_bool("attention_loss", True, "Train a saliency branch, in stage 2 with an attention critic.")
    flags.DEFINE_float("attention_loss_weight", scgan.ATTENTION_WEIGHT, "Weight of the attention loss.", 0)
    flags.DEFINE_list(
        "saliency_loss_weight",
        [str(scgan.SALIENCY_WEIGHT)],
        "Weight of the cross-entropy of the saliency maps, which the paper does not have; 0 leaves it out.",
    )
    flags.DEFINE_list(
        "saliency_l1_loss_weight",
        [str(scgan.SALIENCY_L1_WEIGHT)],
        "Weight of the L1 distance of the saliency maps, which the paper does not have; 0 leaves it out.",
    )
    flags.DEFINE_enum("adversarial_loss", "wgan-gp", [*losses.CRITIC_LOSSES, "none"], "Stage 2: the critics' game.")
    flags.DEFINE_float(
        "adversarial_loss_weight",
        scgan.ADVERSARIAL_WEIGHT,
        "Stage 2: weight of the adversarial loss of each critic.",
        0,
    )
    flags.DEFINE_float(
        "gradient_penalty_weight", scgan.GRADIENT_PENALTY_WEIGHT, "Stage 2: its weight in the critics' loss.", 0
    )
    flags.DEFINE_integer("critic_steps", 1, "Stage 2: updates of the critics for one of the generator.", 1)
    flags.DEFINE_float(
        "perceptual_loss_weight", scgan.PERCEPTUAL_WEIGHT, "Stage 2: weight of the perceptual loss; 0 leaves it out.", 0
    )
    flags.DEFINE_string(
        "perceptual_weights",
        "imagenet",
        "Stage 2: 'imagenet' (VGG-16, downloaded once), a .h5 file with the weights of Keras's VGG-16 without its top, "
        "or any .keras model of RGB images in [0, 255].",
    )
    flags.DEFINE_list(
        "perceptual_layer",
        None,
        "Layer whose output is taken; VGG-16's default is block3_conv3. Of several, divided by commas, each is scaled.",
    )
    flags.DEFINE_float(
        "perceptual_gradient_ratio",
        scgan.PERCEPTUAL_GRADIENT_RATIO,
        "Size of the perceptual loss's gradient at the colours, in those of the pixel loss, in place of its weight; 0: "
        "by weight.",
        0,
    )
    flags.DEFINE_float(
        "truth_saturation",
        scgan.TRUTH_SATURATION,
        "Factor of the chroma of true photos before critics and perceptual loss see them, for more vivid colours.",
        0,
    )
    flags.DEFINE_integer(
        "judged_size", 0, "Pixels of a side of what critics and perceptual loss see; 0: --image_size.", 0
    )

    # === Optimization ===
    flags.DEFINE_list("epochs", ["10", "30"], "Epochs.")
    flags.DEFINE_list("batch_size", ["8"], "Photos a step, over all replicas.")
    flags.DEFINE_list("learning_rate", ["2e-4", "1e-4"], "Learning rate of Adam.")
    flags.DEFINE_list(
        "learning_rate_halving_epochs", ["0", "10"], "Epochs between halvings of the learning rate; 0: none."
    )
    flags.DEFINE_enum(
        "learning_rate_schedule",
        "halving",
        optimizers.SCHEDULES,
        "halving, every --learning_rate_halving_epochs, or cosine, down to 0 at the end.",
    )
    flags.DEFINE_integer("warm_up_steps", 0, "cosine: steps in which the learning rate rises from 0.", 0)
    flags.DEFINE_list("encoder_learning_rate", ["1e-4"], "pretrained: learning rate of what is trained of the encoder.")

    # === Data ===
    flags.DEFINE_list("image_size", ["256"], "Height and width of the images, in pixels.")
    flags.DEFINE_enum(
        "network_input",
        "luma",
        ["luma", "thermal"],
        "What is colorized: the greyscale photo, or the thermal image of a multispectral set (DIR/thermal, or shards).",
    )

    # === The run ===
    run.define_flags()


def options_of(stage):
    """The flags as a namespace, with one value for the stage where a flag has one for each."""
    options = types.SimpleNamespace(**FLAGS.flag_values_dict())
    options.stage = stage
    for name, parse in _BY_STAGE.items():
        values = FLAGS[name].value
        try:
            numbers = [parse(value) for value in values]
            setattr(options, name, numbers[0] if len(numbers) == 1 else dict(zip("12", numbers, strict=True))[stage])
        except ValueError:
            raise UserError(
                f"--{name}={','.join(values)}: expected one number, or two: stage 1's, stage 2's."
            ) from None
    if FLAGS.stage == "both":
        options.output_dir = str(pathlib.Path(FLAGS.output_dir) / f"stage{stage}")
        if stage == "2":
            options.init_from = str(pathlib.Path(FLAGS.output_dir) / "stage1" / RESULT)
            options.encoder = FLAGS.encoder or FLAGS.init_from  # stage 1's result is not there yet
        if FLAGS.feature_cache and len(set(FLAGS.image_size)) > 1:
            options.feature_cache = str(pathlib.Path(FLAGS.feature_cache) / f"stage{stage}")
    return options


def check(options, strategy):
    """Raises `UserError` where a value is out of range, a file is missing, or flags do not go together."""
    if (options.data_dir is None) == (options.dataset is None):
        raise UserError("Give the photos to train on: either --data_dir=DIR or --dataset=demo.")
    for name in _BY_STAGE:
        value = getattr(options, name)
        if not 0 <= value < math.inf or (value == 0 and name not in _MAY_BE_0):
            raise UserError(f"--{name}={value}: must be positive{', or 0' if name in _MAY_BE_0 else ''}.")
    is_pretrained = options.architecture == "pretrained"
    _check_files(is_pretrained)
    if options.feature_cache and (not is_pretrained or options.freeze_encoder != "all"):
        raise UserError(
            "--feature_cache is for an encoder that is not trained: --architecture=pretrained --freeze_encoder=all."
        )
    if options.feature_cache and isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        raise UserError("--feature_cache is for one machine: several workers would all write it.")
    if is_pretrained:
        _check_pretrained(options)
    else:
        _check_paper(options)
    for name in _SALIENCY_WEIGHTS:
        if getattr(options, name) and not options.attention_loss:
            raise UserError(f"--{name}: with --noattention_loss there is no saliency branch.")
    # A run may be resumed by its run.flags, which name every flag.
    if FLAGS.stage == "1" and not FLAGS["stage"].present:
        _refuse(_OF_STAGE_2, "is for stage 2, and --stage=1 is the default. Give --stage=2 or --stage=both")
    if options.learning_rate_schedule == "halving":
        _refuse(["warm_up_steps"], "is for --learning_rate_schedule=cosine")
    else:
        _refuse(["learning_rate_halving_epochs"], "is for --learning_rate_schedule=halving")
    run.check_flags(options, strategy)


def _check_files(is_pretrained):
    files = {"global_features": FLAGS.global_features}
    if FLAGS.encoder and FLAGS.encoder.endswith(".keras"):
        files["encoder"] = FLAGS.encoder
    if not FLAGS.dry_run or (is_pretrained and not FLAGS.encoder):  # whose encoder is what is to be trained
        files["init_from"] = FLAGS.init_from
    for name, path in files.items():
        if path not in (None, "none", "random") and not pathlib.Path(path).is_file():
            raise UserError(f"--{name}={path}: there is no such file.")


def _check_pretrained(options):
    _refuse(_OF_PAPER, "is of the paper's generator, and not of --architecture=pretrained")
    if not options.encoder and not options.init_from:
        raise UserError(
            "--architecture=pretrained: give the classifier that becomes the encoder, --encoder=PATH.keras."
        )
    if options.network_input == "thermal":
        raise UserError("--architecture=pretrained keeps the luma, which a thermal image has not: take another one.")
    _check_size(options, max(STRIDES), "an encoder")


def _check_paper(options):
    _refuse(_OF_PRETRAINED, "is for --architecture=pretrained")
    if options.freeze_global_features and options.global_features == "none":
        raise UserError("--freeze_global_features: with --global_features=none there are none.")
    if options.keep_luma and options.network_input == "thermal":
        raise UserError("--keep_luma: a thermal image has no luma. Use it with --network_input=luma.")
    if options.keep_luma and (options.aging or options.stretch_luma):
        raise UserError("--keep_luma: with --aging or --stretch_luma the luma of the input is not that of the truth.")
    _check_size(options, 2 ** int(options.depth), f"--depth={options.depth}")


def _check_size(options, multiple, needs_it):
    if options.image_size % multiple:
        raise UserError(f"--image_size={options.image_size} is no multiple of {multiple}, which {needs_it} needs.")


def _refuse(names, reason):
    """Raises `UserError` if one of these flags, which would be of no effect, asks for what is not the default."""
    for flag in (FLAGS[name] for name in names):
        if flag.value != flag.default and flag.value not in (None, False, 0, ["0"]):
            raise UserError(f"{flag.serialize()} {reason}.")

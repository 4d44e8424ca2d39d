"""The critics of a training run, and where in a photo they find what they object to."""

import dataclasses
import pathlib

import numpy as np
from keras import ops

from keras_scgan.colorizing.runners import split_batch
from keras_scgan.models import build_critic
from keras_scgan.models.loading import load_model
from keras_scgan.photos import color
from keras_scgan.photos.resizing import to_square
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.training.checkpoints import checkpoint_dir, checkpoint_path, checkpoint_steps, read_checkpoint
from keras_scgan.visualization.figures import rgb_of, upsample
from keras_scgan.visualization.grid import Panel, Scale, draw_grid, fit

CRITICS = ("color", "attention")
_CELL = 8  # pixels from one score to the next, and of the centre of the first one's receptive field, 69 pixels wide


@dataclasses.dataclass(frozen=True)
class Critics:
    """The critics of a run, and how images were shown to them.

    Args:
        models: dict of Keras models by name: `color` and, if the run has one, `attention`.
        judged_size: int. Pixels of a side of what they see. Defaults to `None`: the generator's.
        truth_saturation: float. Factor of the chroma of true photos.
    """

    models: dict
    judged_size: int | None = None
    truth_saturation: float = 1.0


def load_critics(run_dir):
    """Loads the critics of stage 2 of a run: those that it wrote at its end, or of a later checkpoint.

    Args:
        run_dir: path of the run folder, of stage 2 or of both stages; or of any with `color_critic.keras` and,
            maybe, `attention_critic.keras`. Where there is no `run.flags`, these are taken to have seen photos as they
            are.

    Returns:
        `Critics`.

    Raises:
        UserError: there is no such run, it has no critics, or what holds them is damaged.
    """
    run_dir = pathlib.Path(run_dir)
    flags_path, flags = _read_flags(run_dir)
    written, checkpoint = _written(run_dir), _latest_checkpoint(run_dir)
    # A run that goes on leaves the critics of its former end until it ends again.
    if written and not (checkpoint and _time(checkpoint) > max(map(_time, written.values()))):
        models = {name: load_model(path, "run_dir") for name, path in written.items()}
    else:
        models = _load_from_checkpoint(run_dir, checkpoint, flags_path, flags)
    try:
        return Critics(models, int(flags.get("judged_size", 0)) or None, float(flags.get("truth_saturation", 1)))
    except ValueError as error:
        raise UserError(f"{flags_path} does not say what the critics of the run saw: {error}") from error


def _written(run_dir):
    """Paths of the critics that a run wrote at its end, by name."""
    for folder in (run_dir / "stage2", run_dir):
        paths = {name: folder / f"{name}_critic.keras" for name in CRITICS}
        written = {name: path for name, path in paths.items() if path.exists()}
        if written:
            return written
    return {}


def _time(path):
    return path.stat().st_mtime_ns


def _load_from_checkpoint(run_dir, path, flags_path, flags):
    if not flags:
        raise UserError(f"{run_dir} is no run folder: it has no run.flags. Give the output folder of a training.")
    if path is None:
        raise UserError(f"The run {run_dir} has no checkpoint (checkpoints/step_*.npz) of stage 2.")
    try:
        values = read_checkpoint(path)
    except BadFileError as error:
        raise UserError(f"The checkpoint {path} cannot be read ({error.reason}): go on with the run.") from error
    critics = {}
    for name in CRITICS:
        # The names begin with the variable's number, so that their order is that of the variables.
        own = [values[key] for key in sorted(values) if key.startswith(f"{name}_critic/")]
        if own:
            critics[name] = _build(flags, flags_path)
            _assign(critics[name], own, path)
    if not critics:
        raise UserError(f"The run {run_dir} has no critics: they are trained in stage 2, with an adversarial loss.")
    return critics


@dataclasses.dataclass
class Trial:
    """What a critic says of a photo and of its colorization.

    Args:
        shape: tuple `(H, W)` of the photo.
        images: pair of `[S, S, 3]` float32 in [-1, 1]: what the critic judged, true and colorized, at the size at which
            it did.
        scores: pair of `[S, S]` float32.
        means: pair of floats: the mean scores.
    """

    shape: tuple
    images: tuple
    scores: tuple
    means: tuple


def try_photo(critics, colorizer, photo, true_map=None):
    """Shows a colour photo and its colorization, as the network makes it, to the critics, as they saw them in training.

    Args:
        critics: `Critics`.
        colorizer: `Colorizer`, with a saliency branch if there is an attention critic.
        photo: `[H, W, 3]` or `[H, W, 4]` uint8 or uint16.
        true_map: `[h, w]` uint8 saliency map, by which the attention critic's true image is weighted. Defaults to
            `None`: the predicted map.

    Returns:
        Dict of `Trial`s by the critic's name.
    """
    rgb = rgb_of(photo)
    (gray,), batch = colorizer.network.predict_as_trained(colorizer.prepare(rgb)[np.newaxis])
    (outputs,) = split_batch(batch)
    truth = color.normalize(to_square(rgb, colorizer.image_size).astype(np.float32))
    if critics.truth_saturation != 1:
        truth = np.clip(color.saturate(truth, critics.truth_saturation), -1, 1)
    pairs = {"color": (truth, outputs["color"])}
    if "attention" in critics.models:
        saliency = outputs["saliency"]
        if true_map is not None:
            saliency = to_square(true_map, colorizer.image_size)[..., np.newaxis].astype(np.float32) / 255.0
        pairs["attention"] = pairs["color"][0] * saliency, outputs["color"] * outputs["saliency"]
    trials = {}
    for name, critic in critics.models.items():
        condition, *images = (_at_size(image, critics.judged_size) for image in (gray, *pairs[name]))
        verdicts = [judge(critic, condition, image) for image in images]
        trials[name] = Trial(photo.shape[:2], tuple(images), *zip(*verdicts, strict=True))
    return trials


def _at_size(image, size):
    """An image at the size that critics see, as training makes it."""
    return image if size is None else np.asarray(ops.image.resize(image, (size, size), antialias=True))


def draw_trials(name, trials, *, names=None, width=320):
    """Draws what a critic says of photos, on one scale for all of them.

    Args:
        name: string. The critic.
        trials: list of `Trial`s.
        names: list of strings, one a photo, written beside it.
        width: int. Pixels of a picture.

    Returns:
        A Matplotlib figure: true and colorized image, the score maps over them, and their difference.
    """
    scores = np.array([trial.scores for trial in trials])
    differences = scores[:, 0] - scores[:, 1]
    largest = float(np.abs(differences).max())
    scale = Scale(f"Score of the {name} critic (higher: more like a true photo)", scores.min(), scores.max())
    objection = Scale("Truth minus colorized", -largest, largest, "RdBu_r")
    rows = [
        _draw_trial(trial, difference, scale, objection, width)
        for trial, difference in zip(trials, differences, strict=True)
    ]
    images = ("Weighted truth", "Weighted colorized") if name == "attention" else ("Truth", "Colorized")
    headings = [*images, "Score of the truth", "Score of the colorized", "Objection"]
    return draw_grid(headings, rows, names=names, scales={(2, 3): scale, (4, 4): objection})


def _draw_trial(trial, difference, scale, objection, width):
    images = [color.to_uint8(color.denormalize(image)) for image in trial.images]
    grays = [color.to_gray(image) for image in images]
    means = [*trial.means, trial.means[0] - trial.means[1]]
    heats = [*map(scale.over, grays, trial.scores), objection.over(grays[1], difference)]
    captions = ["", "", f"mean {means[0]:.3f}", f"mean {means[1]:.3f}", f"mean {means[2]:+.3f}"]
    return [
        Panel(fit(image, width, trial.shape), caption)
        for image, caption in zip([*images, *heats], captions, strict=True)
    ]


def judge(critic, gray, image):
    """A critic's opinion of an image, in inference mode: batch normalisation takes its moving statistics.

    The higher a score, the more likely a true photo. The scores of a Wasserstein critic have no zero of their own:
    only their differences mean something, as between a true and a generated image.

    Args:
        critic: model made by `build_critic`.
        gray: `[S, S, 1]` float32 in [-1, 1].
        image: `[S, S, 3]` float32 in [-1, 1].

    Returns:
        Tuple of the scores, `[S, S]` float32, each put where its receptive field has its centre, with bilinear
        interpolation between them, and their mean, a float.
    """
    inputs = {"gray": gray[np.newaxis], "image": image[np.newaxis]}
    scores = np.asarray(critic(inputs, training=False))[0, ..., 0]
    return upsample(scores, gray.shape[0], first=_CELL, step=_CELL), float(scores.mean())


def _read_flags(run_dir):
    """Path and flags by name of a run; of none, neither. Those of both stages lie beside its two run folders."""
    for folder in (run_dir, run_dir.parent):
        path = folder / "run.flags"
        if path.is_file():
            lines = path.read_text().splitlines()
            return path, dict(line.lstrip("-").split("=", 1) for line in lines if "=" in line)
    return None, {}


def _latest_checkpoint(run_dir):
    for folder in (checkpoint_dir(run_dir / "stage2"), checkpoint_dir(run_dir)):
        steps = checkpoint_steps(folder)
        if steps:
            return checkpoint_path(folder, steps[-1])
    return None


def _build(flags, flags_path):
    try:
        return build_critic(flags["preset"], norm=flags["critic_norm"])
    except (KeyError, ValueError) as error:
        raise UserError(f"{flags_path} does not say which critics the run has: {error}") from error


def _assign(critic, values, path):
    shapes = [value.shape for value in values]
    if shapes != [tuple(variable.shape) for variable in critic.variables]:
        raise UserError(f"The critics in {path} are not those that the run's run.flags says: check the preset there.")
    for variable, value in zip(critic.variables, values, strict=True):
        variable.assign(value)

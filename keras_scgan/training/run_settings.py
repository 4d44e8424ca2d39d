"""The settings that all runs have that train networks."""

import dataclasses

from keras_scgan import data
from keras_scgan.program import settings
from keras_scgan.program.settings import setting
from keras_scgan.training import loop, precision


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What all runs have. A subclass has at least `output_dir`, `epochs`, `batch_size` and `image_size` besides.

    Raises:
        UserError: A value cannot be. It is named as an argument.
    """

    num_photos: int = setting(
        "Number of photos to train on, chosen by a hash of their names: always the same ones, and a smaller number's "
        "are among a larger's. 0: all.",
        0,
        low=0,
    )
    steps_per_epoch: int = setting("Steps of an epoch; 0: once over the data.", 0, low=0)
    ema_momentum: float = setting(
        "Momentum of the moving average of the network's weights, which is what is validated and written; 0: none.",
        0.0,
        low=0,
        high=0.99999,  # of 1, it would stay what it was before training
    )
    precision: str = setting("auto: bfloat16 where the hardware is fast at it.", "auto", choices=precision.PRECISIONS)
    strategy: str = setting("none: one device; mirrored: all GPUs, else the CPU.", "mirrored", choices=loop.STRATEGIES)
    seed: int = setting("Seed of all random numbers.", 0, low=0, high=2**32 - 1)
    deterministic: bool = setting("Only TensorFlow kernels that give the same bits each time.", False)
    noise_stddev: float = setting(
        "Standard deviation of the noise added to the input, whose range is 2.", data.NOISE_STDDEV, low=0
    )
    stretch_luma: bool = setting("Stretch the luma that the network sees, from its darkest to its lightest.", False)
    flip: bool = setting("Mirror half of the photos.", False)
    min_crop_area: float = setting(
        "Smallest share of a photo that a random crop takes; 1: no crops.", 1.0, low=0.001, high=1.0
    )
    aging: float = setting(
        "How much the network's input, and nothing else, is made to look like the scan of an old photo: blur, grain, "
        "fading, stains, scratches, ... 0: not at all; 0.5: as such scans mostly are; 1: as the worst. A third of the "
        "photos stays clean.",
        0.0,
        low=0,
        high=1,
    )
    max_bad_files: int = setting("Unusable files to put up with; bad_files.tsv names them.", 100, low=0)
    checkpoint_minutes: float = setting("Minutes between checkpoints, beside the one after each epoch.", 10.0, low=0)

    def __post_init__(self):
        settings.check(self)

    @property
    def crop_arguments(self):
        """What decides the crops of photos, as arguments of `data.training_batches` and `data.cached_crops`."""
        names = ("image_size", "seed", "noise_stddev", "stretch_luma", "flip", "min_crop_area", "aging")
        return {name: getattr(self, name) for name in names}

    def resolved(self, photos):
        """These settings with the precision and the steps per epoch that they come to.

        Args:
            photos: data set to train on.

        Raises:
            DataError: There are fewer photos than a batch takes.
        """
        steps = data.steps_per_epoch(photos, self.batch_size)
        return dataclasses.replace(
            self, precision=precision.resolve(self.precision), steps_per_epoch=self.steps_per_epoch or steps
        )

"""The settings of a pre-training run."""

import dataclasses

from keras_scgan.models import PRESETS
from keras_scgan.models.global_features import STRIDE
from keras_scgan.program.errors import UserError
from keras_scgan.program.settings import argument, setting
from keras_scgan.training import pretraining
from keras_scgan.training.run_settings import RunSettings


@dataclasses.dataclass(frozen=True, kw_only=True)
class PretrainSettings(RunSettings):
    """What pre-training is given: each field says what it is by its help.

    Raises:
        UserError: A value cannot be, or does not go with another. It is named as an argument.
    """

    data_dir: str = setting("Photos to train on: a folder or shards, without `teacher` with labels.")
    validation_dir: str | None = setting("Photos that are not trained on, evaluated after each epoch.", None)
    output_dir: str = setting("Run folder.", "runs/pretraining")
    preset: str = setting("Width of the network.", "paper", choices=tuple(PRESETS))
    image_size: int = setting("Height and width of the images, in pixels.", 224, low=STRIDE)
    dropout: float = setting("Without a teacher: dropout rate between the layers of the head.", 0.5, low=0, high=1)
    teacher: str | None = setting(
        "Distil from this: .keras classifier of RGB images in [0, 255], or the name of a keras.applications model.",
        None,
    )
    temperature: float = setting("Temperature of the teacher's soft targets.", pretraining.TEMPERATURE, low=0.01)
    feature_weight: float = setting(
        "With a teacher: weight of the feature loss beside the soft targets' 1.", 1.0, low=0
    )
    epochs: int = setting("Epochs.", 150, low=1)
    batch_size: int = setting("Photos a step, over all replicas.", 256, low=1)
    optimizer: str = setting(
        f"sgd: with momentum {pretraining.MOMENTUM}.", "sgd", choices=tuple(pretraining.OPTIMIZERS)
    )
    learning_rate: float = setting("Learning rate of the first epoch.", 0.01, low=0)
    schedule: str = setting(
        "step: a tenth every `step_epochs`; cosine: down to 0 at the end.", "step", choices=pretraining.SCHEDULES
    )
    step_epochs: int = setting("Epochs between the steps of the learning rate.", 30, low=1)
    weight_decay: float = setting("Weight of half the sum of all squared weights.", pretraining.WEIGHT_DECAY, low=0)

    def __post_init__(self):
        super().__post_init__()
        if self.image_size % STRIDE:
            raise UserError(f"{argument('image_size', self.image_size)} is no multiple of {STRIDE}.")

    @property
    def fields(self):
        """Names of the fields that a sample of the data needs."""
        return ("color",) if self.teacher else ("color", "label")

    @property
    def arrays(self):
        """Names of the arrays of a batch."""
        return ("gray", "color") if self.teacher else ("gray", "label")

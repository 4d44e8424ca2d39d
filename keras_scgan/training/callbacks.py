"""Keras callbacks by which a person sees a training run: progress bar, logs, TensorBoard, sample pictures."""

import json
import pathlib
import time

import keras
import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from keras_scgan.photos import color
from keras_scgan.program.files import atomic_path
from keras_scgan.program.progress import progress_bar
from keras_scgan.visualization import grid

SCALAR_STEPS = 100
"""Steps between two points of a TensorBoard curve."""


class ProgressBar(keras.callbacks.Callback):
    """A bar an epoch with images/s, time left and losses; now and then a line where stderr is no terminal.

    Args:
        batch_size: int. Global batch size.
        line_seconds: float. Time between lines.
    """

    def __init__(self, batch_size, line_seconds=30.0):
        super().__init__()
        self.batch_size = batch_size
        self.line_seconds = line_seconds
        self._first_place = 0
        self._bar = tqdm.tqdm(disable=True)

    def on_train_begin(self, logs):
        self._first_place = int(logs["step"]) % self.params["steps"]

    def on_epoch_begin(self, epoch, logs=None):
        self._bar = progress_bar(
            self.line_seconds,
            desc=f"epoch {epoch + 1}/{self.params['epochs']}",
            total=self.params["steps"] * self.batch_size,
            initial=self._first_place * self.batch_size,
            unit="img",
        )
        self._first_place = 0

    def on_train_batch_end(self, batch, logs):
        self._bar.set_postfix({name: f"{value:.3g}" for name, value in logs.items()}, refresh=False)
        self._bar.update(self.batch_size)

    def on_epoch_end(self, epoch, logs):
        self._bar.close()
        losses = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        logging.info("Epoch %d: %s", epoch + 1, losses)

    def on_train_end(self, logs=None):
        self._bar.close()


class MetricsLog(keras.callbacks.Callback):
    """One JSON line an epoch in `metrics.jsonl`; TensorBoard scalars after each epoch and every `SCALAR_STEPS` steps.

    What a run that was killed has logged after its last checkpoint is taken out when it is resumed.

    Args:
        run_dir: path. The files are `metrics.jsonl` and `tensorboard/`.
        protocol: dict. What a number's reader must know, repeated in each line.
        batch_size: int. Global batch size.
    """

    def __init__(self, run_dir, protocol, batch_size):
        super().__init__()
        self.path = pathlib.Path(run_dir) / "metrics.jsonl"
        self.protocol = protocol
        self.batch_size = batch_size
        self._writer = tf.summary.create_file_writer(str(pathlib.Path(run_dir) / "tensorboard"))

    def on_train_begin(self, logs):
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        self._lines = [line for line in lines if json.loads(line)["step"] <= logs["step"]]

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        self._start = time.monotonic()
        self._steps = 0

    def on_train_batch_end(self, batch, logs):
        self._steps += 1
        self._seconds = time.monotonic() - self._start
        if self._steps % SCALAR_STEPS == 0:
            self._write_scalars(self._epoch * self.params["steps"] + batch + 1, logs)

    def on_epoch_end(self, epoch, logs):
        logs = {"learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)), **logs}
        step = (epoch + 1) * self.params["steps"]
        speed = round(self._steps * self.batch_size / self._seconds, 3)
        line = {**self.protocol, "epoch": epoch + 1, "step": step, "images_per_second": speed, **logs}
        self._lines.append(json.dumps(line))
        with atomic_path(self.path) as path:
            path.write_text("".join(f"{line}\n" for line in self._lines))
        self._write_scalars(step, logs)

    def _write_scalars(self, step, logs):
        with self._writer.as_default(step=step):
            for name, value in logs.items():
                tf.summary.scalar(name, value)
        self._writer.flush()


class SampleGrid(keras.callbacks.Callback):
    """A picture of the same photos after each epoch, `samples/epoch_0001.png`, and in TensorBoard.

    Rows are photos; columns are greyscale, colorized, truth and, with a saliency branch, predicted and true saliency.

    Args:
        run_dir: path. The files are in `samples/` and `tensorboard/`.
        batch: tuple `(gray, color[, saliency])` of NumPy arrays.
    """

    def __init__(self, run_dir, batch):
        super().__init__()
        self.folder = pathlib.Path(run_dir) / "samples"
        self.batch = batch
        self._writer = tf.summary.create_file_writer(str(pathlib.Path(run_dir) / "tensorboard"))

    def on_epoch_end(self, epoch, logs):
        figure = self.draw()
        grid.save(figure, self.folder / f"epoch_{epoch + 1:04d}.png")
        with self._writer.as_default(step=(epoch + 1) * self.params["steps"]):
            tf.summary.image("samples", grid.pixels(figure)[np.newaxis])
        self._writer.flush()

    def draw(self):
        """The grid, a Matplotlib figure."""
        gray, true, *saliency = self.batch
        generated = {name: np.asarray(image) for name, image in self.model.generate(gray, true).items()}
        columns = {
            "Greyscale": color.denormalize(gray[..., 0]),
            "Colorized": color.denormalize(generated["color"]),
            "Truth": color.denormalize(true),
        }
        if saliency:
            columns["Saliency"] = 255.0 * generated["saliency"][..., 0]
            columns["True saliency"] = 255.0 * saliency[0][..., 0]
        rows = zip(*(color.to_uint8(images) for images in columns.values()), strict=True)
        return grid.draw_grid(list(columns), [[grid.Panel(image) for image in row] for row in rows])

"""What a person sees of a run: bar, metrics, samples."""

import io
import json
import os
import sys
import types

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny
from small_encoder import small_pretrained_generator

from keras_scgan.photos import color
from keras_scgan.training import callbacks
from keras_scgan.training.scgan import SCGAN
from keras_scgan.visualization import grid


class Terminal(io.StringIO):
    def isatty(self):
        return True


def play(callback, epochs=2, steps=3, first_step=0, logs=None):
    """Calls a callback as a run does that starts at a step."""
    callback.set_params({"epochs": epochs, "steps": steps})
    callback.set_model(types.SimpleNamespace(optimizer=types.SimpleNamespace(learning_rate=0.25)))
    callback.on_train_begin({"step": first_step})
    for step in range(first_step, epochs * steps):
        epoch, place = divmod(step, steps)
        if place == 0 or step == first_step:
            callback.on_epoch_begin(epoch)
        callback.on_train_batch_end(place, logs or {"loss": 0.123456})
        if place == steps - 1:
            callback.on_epoch_end(epoch, logs or {"loss": 0.123456})
    callback.on_train_end()


# === Progress ===


def test_a_terminal_shows_a_bar_an_epoch_that_begins_where_the_run_is_resumed(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    play(callbacks.ProgressBar(4), first_step=2)
    bars = [line for line in sys.stderr.getvalue().replace("\n", "\r").split("\r") if "img" in line]
    assert [bar for bar in bars if bar.startswith("epoch 1/2:  67%")]
    assert "8/12" in bars[0]
    for part in ("epoch 2/2: 100%", "12/12", "img/s", "loss=0.123"):
        assert part in bars[-1]


@pytest.mark.parametrize(("line_seconds", "lines"), [(0.0, 2), (30.0, 0)])
def test_no_terminal_gets_a_line_now_and_then_without_control_characters(monkeypatch, line_seconds, lines):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    play(callbacks.ProgressBar(4, line_seconds))
    text = sys.stderr.getvalue()
    assert text.count("2/2: 100%|12/12 [") == lines
    assert "\r" not in text
    assert "\n\n" not in text
    if lines:
        assert "loss=0.123]\n" in text


def test_a_bar_that_was_never_begun_can_be_closed(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    play(callbacks.ProgressBar(4), first_step=6)
    assert sys.stderr.getvalue() == ""


# === metrics.jsonl ===


def lines_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_metrics_repeat_the_protocol_and_a_resumed_run_takes_out_what_it_will_do_again(tmp_path):
    logs = {"loss": 0.1 + 0.2, "val_loss": 1e-30}
    play(callbacks.MetricsLog(tmp_path, {"stage": "1"}, 4), epochs=3, logs=logs)
    assert [line["step"] for line in lines_of(tmp_path)] == [3, 6, 9]
    assert all(line.items() >= {"stage": "1", **logs}.items() for line in lines_of(tmp_path))

    play(callbacks.MetricsLog(tmp_path, {"stage": "again"}, 4), epochs=2, first_step=4)
    assert [(line["step"], line["stage"]) for line in lines_of(tmp_path)] == [(3, "1"), (6, "again")]


def test_speed_is_of_the_steps_of_this_process(tmp_path, monkeypatch):
    clock = iter(np.arange(0.0, 100.0, 0.5))  # half a second at each look
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: float(next(clock)))
    play(callbacks.MetricsLog(tmp_path, {}, 4), epochs=1, steps=10, first_step=5)
    assert lines_of(tmp_path)[0]["images_per_second"] == 8.0


@pytest.mark.parametrize("function", ["pathlib.Path.write_text", "os.replace"])
def test_a_full_disk_leaves_the_metrics_that_were_there(tmp_path, monkeypatch, function):
    log = callbacks.MetricsLog(tmp_path, {}, 4)
    play(log, epochs=1)
    before = lines_of(tmp_path)

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(function, fail)
    with pytest.raises(OSError, match="No space left") as error:
        log.on_epoch_end(1, {"loss": 1.0})
    assert "metrics.jsonl" in str(error.value.filename)
    assert lines_of(tmp_path) == before
    assert sorted(os.listdir(tmp_path)) == ["metrics.jsonl", "tensorboard"]


# === Samples ===


def pictures_of(figure, columns):
    """Pictures on a grid in rows, `[H, W, 3]` uint8."""
    pictures = [np.asarray(picture.get_array()) for picture in figure.images]
    return [pictures[start : start + columns] for start in range(0, len(pictures), columns)]


def test_samples_are_rows_of_photos_and_columns_of_what_is_compared(tmp_path):
    model = tiny.build_model(stage=1)
    gray, true, saliency = (array.numpy() for array in tiny.batch_of_step(0))
    samples = callbacks.SampleGrid(tmp_path, (gray, true, saliency))
    samples.set_model(model)
    samples.set_params({"epochs": 1, "steps": 5})
    samples.on_epoch_end(0, {})
    figure = samples.draw()
    page = cv2.imread(str(tmp_path / "samples" / "epoch_0001.png"))[..., ::-1]
    assert (page == grid.pixels(figure)).all()
    headings = [text.get_text() for text in figure.texts if text.get_text()]
    assert headings == ["Greyscale", "Colorized", "Truth", "Saliency", "True saliency"]

    generated = model.generator(gray, training=False)
    columns = [
        *(color.denormalize(image) for image in (gray, generated["color"].numpy(), true)),
        *(255.0 * image for image in (generated["saliency"].numpy(), saliency)),
    ]
    rows = pictures_of(figure, len(columns))
    assert len(rows) == len(gray)
    for found, expected in zip(rows, zip(*columns, strict=True), strict=True):
        for picture, image in zip(found, expected, strict=True):
            np.testing.assert_allclose(picture, np.broadcast_to(image, picture.shape), atol=0.501)


def test_samples_are_drawn_on_the_luma_of_the_truth_whatever_the_encoder_sees(tmp_path):
    model = SCGAN(small_pretrained_generator())
    true = np.random.default_rng(0).uniform(-0.3, 0.3, (1, 64, 64, 3)).astype("float32")
    gray = np.clip(3 * color.luma(true), -1, 1)  # as if stretched
    samples = callbacks.SampleGrid(tmp_path, (gray, true))
    samples.set_model(model)
    ((_, colorized, truth),) = pictures_of(samples.draw(), 3)
    colorized, truth = (picture.astype("float32") / 127.5 - 1 for picture in (colorized, truth))
    inside = (np.abs(colorized) < 0.99).all(axis=-1)
    assert inside.mean() > 0.3
    np.testing.assert_allclose(color.luma(colorized)[inside], color.luma(truth)[inside], atol=0.01)


def test_samples_without_a_saliency_branch_have_three_columns(tmp_path):
    gray = keras.Input((tiny.SIZE, tiny.SIZE, 1))
    model = SCGAN(keras.Model(gray, {"color": keras.layers.Conv2D(3, 1)(gray)}))
    samples = callbacks.SampleGrid(tmp_path, tuple(array.numpy() for array in tiny.batch_of_step(0)[:2]))
    samples.set_model(model)
    headings = [text.get_text() for text in samples.draw().texts if text.get_text()]
    assert headings == ["Greyscale", "Colorized", "Truth"]
    assert tf.io.gfile.glob(str(tmp_path / "samples" / "*")) == []

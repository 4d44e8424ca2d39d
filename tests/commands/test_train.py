"""scgan train within this process: what a run leaves behind, and what is said when something is wrong."""

import json
import math
import os
import pathlib
import re
import shutil

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from grids import pictures_of
from shard_sets import colorful_samples, write_shards

from keras_scgan.data import demo_dir

ROOT = pathlib.Path(__file__).parents[2]
NETWORK = ["--preset=testing", "--depth=6", "--global_features=none", "--image_size=64"]
NETWORK += ["--perceptual_loss_weight=0", "--strategy=none"]
SMALL = [*NETWORK, "--precision=float32", "--batch_size=2", "--steps_per_epoch=1", "--epochs=1"]
DEMO = [*SMALL, "--dataset=demo"]


def copy_pairs(folder, count):
    """The first pairs of the demo set, as a data set of their own."""
    for part in ("images", "saliency"):
        (folder / part).mkdir(parents=True)
        for path in sorted((demo_dir() / part).iterdir())[:count]:
            shutil.copy(path, folder / part)
    return folder


def files_of(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def weights_of(path):
    return {weight.path: weight.numpy() for weight in keras.models.load_model(path).weights}


@pytest.fixture
def train(call_tool):
    return lambda *arguments: call_tool("train.py", *arguments)


@pytest.fixture
def error_line(train):
    """Function from arguments to the line on stderr, the only one, by which the tool refuses them."""

    def refused(*arguments):
        result = train(*arguments)
        assert result.returncode == 2, result.stderr
        (line,) = result.stderr.splitlines()
        assert line.startswith("train.py: ")
        assert not result.stdout
        return line

    return refused


# === A run of both stages ===


@pytest.fixture(scope="module")
def run(call_tool, tmp_path_factory):
    """Folder of a run of both stages in bfloat16 with validation, a checkpoint a step; its `stderr` is beside it."""
    folder = tmp_path_factory.mktemp("run")
    validation = copy_pairs(folder / "validation", 3)
    small = ["--batch_size=4", "--steps_per_epoch=2", "--epochs=2", "--learning_rate=1e-3", "--checkpoint_minutes=0"]
    data = ["--dataset=demo", f"--validation_dir={validation}", f"--output_dir={folder / 'out'}"]
    result = call_tool("train.py", *NETWORK, *small, *data, "--stage=both", "--precision=mixed_bfloat16")
    assert result.returncode == 0, result.stderr
    (folder / "stderr").write_text(result.stderr)
    return folder / "out"


def test_a_run_leaves_its_flags_and_for_each_stage_its_results_and_nothing_else(run):
    names = [name for name in files_of(run) if "tfevents" not in name]
    steps, samples = (f"step_{i:08d}.npz" for i in (2, 3, 4)), ("epoch_0001.png", "epoch_0002.png")
    results = ("generator.keras", "metrics.jsonl", *(f"samples/{name}" for name in samples))
    stage = [*(f"checkpoints/{name}" for name in steps), *results]
    critics = ["attention_critic.keras", "color_critic.keras"]
    expected = [f"stage1/{name}" for name in stage] + [f"stage2/{name}" for name in (*stage, *critics)]
    assert names == ["run.flags", *sorted(expected)]


def test_the_user_is_told_without_a_terminal_in_lines_without_control_characters(run):
    text = (run.parent / "stderr").read_text()
    assert not [character for character in text if ord(character) < 32 and character != "\n"]
    assert "RANDOM WEIGHTS" not in text
    for part in ("Stage 1: 20 pairs, 2 steps an epoch, 4 steps, mixed_bfloat16", "attention critic", "GMAC", "Epoch 2"):
        assert part in text


@pytest.mark.parametrize("stage", [1, 2])
def test_metrics_are_a_line_an_epoch_with_protocol_and_every_finite_term(run, stage):
    lines = [json.loads(line) for line in (run / f"stage{stage}" / "metrics.jsonl").read_text().splitlines()]
    terms = ["loss", "pixel_loss", "attention_loss"]
    critics = ("color", "attention") if stage == 2 else ()
    terms += [f"{critic}_adversarial_loss" for critic in critics]
    of_critics = [f"{critic}_{name}" for critic in critics for name in ("critic_loss", "gradient_penalty")]
    protocol = {
        "stage": stage,
        "preset": "testing",
        "image_size": 64,
        "batch_size": 4,
        "precision": "mixed_bfloat16",
    }
    for epoch, line in enumerate(lines, 1):
        assert line.items() >= (protocol | {"epoch": epoch, "step": 2 * epoch}).items()
        numbers = {name: value for name, value in line.items() if name not in protocol}
        expected = [
            "epoch",
            "step",
            "learning_rate",
            "images_per_second",
            *terms,
            *of_critics,
            *(f"val_{name}" for name in terms),
        ]
        assert sorted(numbers) == sorted(expected)
        assert all(math.isfinite(value) for value in numbers.values())
        assert line["images_per_second"] > 0
        np.testing.assert_allclose(line["learning_rate"], 1e-3, rtol=1e-6)
    assert len(lines) == 2


def test_samples_show_titled_columns_of_the_validation_photos(run):
    pictures = pictures_of(run / "stage1" / "samples" / "epoch_0002.png", 3, 5)
    gray, _, truth, saliency, true_saliency = np.moveaxis(pictures, 1, 0)
    for image in (gray, saliency, true_saliency):
        assert (np.ptp(image, axis=-1) == 0).all()
    luma = truth @ [0.114, 0.587, 0.299]  # OpenCV's order is blue, green, red
    np.testing.assert_allclose(gray[..., 0], luma, atol=1)
    photo = cv2.imread(str(sorted((run.parent / "validation" / "images").iterdir())[0]))
    assert np.abs(cv2.resize(photo, (64, 64), interpolation=cv2.INTER_AREA).astype(int) - truth[0]).mean() < 2
    assert np.ptp(true_saliency) > 200


def test_tensorboard_has_every_term_and_the_samples(run):
    values = {}
    for path in (run / "stage2" / "tensorboard").iterdir():
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            values |= {(value.tag, event.step): value for value in event.summary.value}
    assert {step for tag, step in values} == {2, 4}
    last = json.loads((run / "stage2" / "metrics.jsonl").read_text().splitlines()[-1])
    for tag in ("loss", "val_pixel_loss", "attention_gradient_penalty"):
        np.testing.assert_allclose(tf.make_ndarray(values[tag, 4].tensor), last[tag], rtol=1e-6)
    assert ("samples", 4) in values


@pytest.mark.parametrize("stage", [1, 2])
def test_the_generator_loads_without_arguments_in_float32_with_the_trained_weights(run, stage):
    generator = keras.models.load_model(run / f"stage{stage}" / "generator.keras")
    assert {layer.compute_dtype for layer in generator.layers} == {"float32"}
    outputs = generator(np.zeros((1, 64, 128, 1), np.float32))
    assert {name: (value.shape, value.dtype) for name, value in outputs.items()} == {
        "color": ((1, 64, 128, 3), tf.float32),
        "saliency": ((1, 64, 128, 1), tf.float32),
    }
    with np.load(run / f"stage{stage}" / "checkpoints" / "step_00000004.npz") as checkpoint:
        trained = [checkpoint[name] for name in checkpoint if name.startswith("generator/")]
    for weight, value in zip(generator.weights, trained, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_stage_2_goes_on_from_the_generator_of_stage_1(run):
    first, second = (weights_of(run / f"stage{i}" / "generator.keras") for i in (1, 2))
    moved = [np.abs(second[name] - first[name]).max() for name in first if name.endswith("kernel")]
    assert 0 < max(moved) < 4 * 1.5e-3  # the steps of Adam are not longer than its learning rate, or little


def test_run_flags_repeat_a_run_in_another_folder(run, train, tmp_path):
    result = train(f"--flagfile={run / 'run.flags'}", f"--output_dir={tmp_path}", "--stage=1")
    assert result.returncode == 0, result.stderr
    expected = weights_of(run / "stage1" / "generator.keras")
    for name, value in weights_of(tmp_path / "generator.keras").items():
        assert value.tobytes() == expected[name].tobytes(), name
    ours, theirs = ((folder / "run.flags").read_text().splitlines() for folder in (tmp_path, run))
    differing = {line.partition("=")[0] for line in set(ours) ^ set(theirs)}
    assert differing == {"--output_dir", "--stage"}


def test_a_multispectral_set_of_shards_is_trained_and_validated_on_its_splits_from_the_thermal_images(train, tmp_path):
    samples = colorful_samples(5, shape=(64, 64))
    write_shards(tmp_path, fields=["color", "saliency", "thermal"], train=samples[:3], validation=samples[3:])
    sets = [f"--data_dir={tmp_path}", f"--validation_dir={tmp_path}", f"--output_dir={tmp_path / 'out'}"]
    result = train(*SMALL, *sets, "--network_input=thermal")
    assert result.returncode == 0, result.stderr
    assert "Stage 1: 3 pairs" in result.stderr
    pictures = pictures_of(tmp_path / "out" / "samples" / "epoch_0001.png", 2, 5)  # the two for validation
    thermal, _, truth, *_ = np.moveaxis(pictures, 1, 0)
    assert np.abs(thermal[..., 0] - truth[..., 1]).mean() < 3  # made of the photos' green
    assert np.abs(thermal[..., 0] - truth[..., 0]).mean() > 10
    line = json.loads((tmp_path / "out" / "metrics.jsonl").read_text())
    assert math.isfinite(line["val_loss"])
    assert "--network_input=thermal" in (tmp_path / "out" / "run.flags").read_text().splitlines()


# === Starting anew, and going on ===


def test_a_run_goes_on_is_not_deleted_unasked_and_when_asked_loses_its_own_files_only(train, error_line, tmp_path):
    out = [f"--output_dir={tmp_path / 'out'}"]
    first = train(*DEMO, *out, "--stage=2", "--adversarial_loss=none")
    assert first.returncode == 0, first.stderr
    assert "STAGE 2 STARTS FROM RANDOM WEIGHTS: give stage 1's generator by --init_from" in first.stderr
    before = {name: (tmp_path / "out" / name).read_bytes() for name in files_of(tmp_path / "out")}

    assert "delete it by --overwrite" in error_line(*DEMO, *out, "--fresh")
    assert {name: (tmp_path / "out" / name).read_bytes() for name in files_of(tmp_path / "out")} == before

    halves = [tmp_path / "out" / name for name in (".metrics.1.1.tmp.jsonl", "checkpoints/.step_00000002.1.1.tmp.npz")]
    for path in halves:
        path.write_text("what a run was writing that was killed")
    second = train(*DEMO, *out, "--stage=2", "--adversarial_loss=none", "--epochs=2", "--learning_rate=3e-4")
    assert second.returncode == 0, second.stderr
    assert "Going on from step 1 " in second.stderr
    assert "Flags differ from those of the run so far: now" in second.stderr
    assert re.search("now .*--epochs=2.*; before .*--epochs=1", second.stderr)
    assert not any(path.exists() for path in halves)
    assert [json.loads(line)["step"] for line in (tmp_path / "out" / "metrics.jsonl").read_text().splitlines()] == [
        1,
        2,
    ]

    error = train(*DEMO, *out, "--stage=1", "--noattention_loss")
    assert error.returncode == 2
    assert "step_00000002.npz is of another model" in error.stderr.splitlines()[-1]
    assert "Traceback" not in error.stderr

    mine = [tmp_path / "out" / name for name in ("samples/mine.png", "notes.txt", "checkpoints/best.npz")]
    for path in mine:
        path.write_text("mine")
    third = train(*DEMO, *out, "--stage=1", "--noattention_loss", "--fresh", "--overwrite")
    assert third.returncode == 0, third.stderr
    assert "Going on" not in third.stderr
    assert [path.read_text() for path in mine] == ["mine"] * 3
    names = [name for name in files_of(tmp_path / "out") if name.startswith(("checkpoints", "samples"))]
    own = ["checkpoints/step_00000001.npz", "samples/epoch_0001.png"]
    assert names == sorted([*own, "checkpoints/best.npz", "samples/mine.png"])
    pictures_of(tmp_path / "out" / "samples" / "epoch_0001.png", 8, 3)


# === Errors of the user ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (SMALL, "either --data_dir=DIR or --dataset=demo"),
        ([*DEMO, "--data_dir=photos"], "either --data_dir=DIR or --dataset=demo"),
        ([*SMALL, "--data_dir=/no/photos"], "/no/photos does not exist"),
        ([*DEMO, "--validation_dir=/no/photos"], "/no/photos does not exist"),
        ([*DEMO, f"--validation_dir={ROOT / 'tests' / 'data'}"], "is no data set: it has neither images/ "),
        ([*DEMO, "--network_input=thermal"], "demo has no subfolder thermal/: put the thermal images"),
        ([*DEMO, "--image_size=96"], "--image_size=96 is no multiple of 64, which --depth=6 needs"),
        ([*DEMO, "--depth=5"], "should be one of <6|7|8>"),
        ([*DEMO, "--epoch=1"], "Unknown command line flag 'epoch'"),
        ([*DEMO, "--flagfile=/no/such.flags"], "/no/such.flags"),
        ([*DEMO, "3"], "unexpected argument '3'"),
        ([*DEMO, "--epochs=1,2,3"], "--epochs=1,2,3: expected one number, or two"),
        ([*DEMO, "--epochs=many"], "--epochs=many: expected one number, or two"),
        ([*DEMO, "--epochs="], "--epochs=: expected one number, or two"),
        ([*DEMO, "--epochs=0"], "--epochs=0: expected at least 1"),
        ([*DEMO, "--learning_rate=nan"], "--learning_rate=nan: expected a finite number"),
        ([*DEMO, "--learning_rate=0"], "--learning_rate=0.0: expected more than 0"),
        ([*DEMO, "--learning_rate_halving_epochs=-1"], "--learning_rate_halving_epochs=-1: expected at least 0"),
        ([*DEMO, "--saliency_loss_weight=-1"], "--saliency_loss_weight=-1.0: expected at least 0"),
        ([*DEMO, "--batch_size=0"], "--batch_size=0: expected at least 1"),
        ([*DEMO, "--stage=both", "--image_size=64,96"], "--image_size=96 is no multiple of 64"),
        ([*DEMO, "--stage=both", "--batch_size=2,21"], "has 20 photos, too few for batches of 21"),
        ([*DEMO, "--noattention_loss", "--saliency_loss_weight=1"], "--saliency_loss_weight: with --noattention_loss"),
        ([*DEMO, "--keep_luma", "--network_input=thermal"], "--keep_luma: a thermal image has no luma"),
        ([*DEMO, "--seed=-1"], "seed"),
        ([*DEMO, "--seed=4294967296"], "seed"),
        ([*DEMO, "--min_crop_area=1.5"], "min_crop_area"),
        ([*DEMO, "--aging=1.5"], "aging"),
        ([*DEMO, "--batch_size=21", "--steps_per_epoch=0"], "has 20 photos, too few for batches of 21"),
        ([*DEMO, "--init_from=/no/generator.keras"], "--init_from=/no/generator.keras: there is no such file"),
        ([*DEMO, "--global_features=/no/vgg.keras"], "--global_features=/no/vgg.keras: there is no such file"),
        (
            [*DEMO, "--stage=2", "--perceptual_loss_weight=1", "--perceptual_weights=/no/vgg.h5"],
            "--perceptual_weights=/no/vgg.h5: there is no such file",
        ),
    ],
)
def test_a_wrong_flag_is_one_line_that_names_it(error_line, tmp_path, arguments, message):
    assert message in error_line(*arguments, f"--output_dir={tmp_path / 'out'}")


def test_a_generator_of_another_architecture_is_no_start(error_line, run, tmp_path):
    generator = run / "stage1" / "generator.keras"
    line = error_line(*DEMO, f"--init_from={generator}", "--keep_luma", "--preset=small", f"--output_dir={tmp_path}")
    assert f"--init_from={generator} is not the network of this run" in line
    (tmp_path / "broken.keras").write_bytes(generator.read_bytes()[:999])
    line = error_line(*DEMO, f"--init_from={tmp_path}/broken.keras", f"--output_dir={tmp_path}")
    assert f"--init_from={tmp_path}/broken.keras is no model that Keras can load" in line


def test_data_that_cannot_be_used_are_one_line_that_says_what_to_do(error_line, tmp_path):
    def line(name, *flags):
        return error_line(*SMALL, f"--data_dir={tmp_path / name}", f"--output_dir={tmp_path / 'out'}", *flags)

    (tmp_path / "empty" / "images").mkdir(parents=True)
    assert "images holds no picture (.jpg" in line("empty")
    photos = copy_pairs(tmp_path / "photos", 4)
    os.remove(next((photos / "images").iterdir()))
    unpaired = line("photos", "--max_bad_files=0")
    for part in ("1 saliency maps have no photo", "Bad files so far: 1, allowed: 0", "bad_files.tsv"):
        assert part in unpaired
    shutil.rmtree(photos / "saliency")
    assert "scgan make_saliency" in line("photos")


def test_broken_photos_are_skipped_and_named_as_far_as_allowed(train, tmp_path):
    photos = copy_pairs(tmp_path / "photos", 6)
    broken = sorted((photos / "images").iterdir())[:2]
    for path in broken:
        os.truncate(path, path.stat().st_size // 2)

    def run_with(allowed):
        limit, out = f"--max_bad_files={allowed}", f"--output_dir={tmp_path / str(allowed)}"
        return train(*SMALL, f"--data_dir={photos}", "--steps_per_epoch=3", limit, out)

    result = run_with(2)
    assert result.returncode == 0, result.stderr
    named = [line.split("\t") for line in (tmp_path / "2" / "bad_files.tsv").read_text().splitlines()]
    assert [path for path, _ in sorted(named)] == [str(path) for path in broken]
    assert all(reason.startswith("damaged JPEG") for _, reason in named)

    result = run_with(1)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "damaged JPEG" in result.stderr.splitlines()[-1]
    assert "Bad files so far: 2, allowed: 1" in result.stderr.splitlines()[-1]

    for path in (photos / "images").iterdir():
        path.write_bytes(b"no photo")
    result = run_with(9)
    assert result.returncode == 2
    assert "can be used" in result.stderr.splitlines()[-1]

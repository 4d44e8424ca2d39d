"""scgan prepare_data, run as a user does."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import time

import cv2
import numpy as np
import pytest
from photo_folders import gray, mixed_folder, picture, write
from PIL import Image

from keras_scgan import data
from keras_scgan.photos.resizing import to_square
from keras_scgan.preparation import scan, shards
from keras_scgan.program.files import sha256

COUNT = 24
SMALL = ("--image_size=32", "--validation_share=0.3", "--workers=0")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A folder, and the reasons for what is left out of it."""
    folder = tmp_path_factory.mktemp("inputs") / "photos"
    return folder, mixed_folder(folder, COUNT)


@pytest.fixture(scope="module")
def prepare(call_tool, inputs):
    """Function that prepares a set within this process."""

    def call(output_dir, *flags, images=inputs[0]):
        return call_tool("prepare_data.py", f"--images={images}", f"--output_dir={output_dir}", *SMALL, *flags)

    return call


@pytest.fixture(scope="module")
def whole(prepare, tmp_path_factory):
    """A set that was made in one go, and what the tool said."""
    output_dir = tmp_path_factory.mktemp("whole") / "set"
    with _small_jobs():
        return output_dir, prepare(output_dir, "--detector=spectral_residual")


@contextlib.contextmanager
def _small_jobs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "_CHUNK", 4)
        patch.setattr(shards, "_PART", 5)
        yield


def info_of(output_dir):
    return json.loads((output_dir / "dataset_info.json").read_text())


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def samples_of(output_dir, fields, split="train"):
    data_set = data.open_data_set(output_dir, fields=fields, split=split)
    return data_set, [data_set.read_good(index) for index in range(len(data_set))]


# === What is made ===


def test_every_file_that_is_left_out_is_named_with_its_reason(whole, inputs):
    output_dir, result = whole
    lines = (output_dir / "dropped.tsv").read_text().splitlines()
    assert dict(line.split("\t") for line in lines) == inputs[1]
    assert result.returncode == 1
    assert [line for line in result.stderr.splitlines() if line.startswith(str(inputs[0]))] == [
        f"{inputs[0]}/text.jpg: no readable picture",
        f"{inputs[0]}/torn.jpg: damaged JPEG, or one of a rare kind (Truncated File Read)",
    ]
    assert "2 duplicate, 1 greyscale, 3 near duplicate, 1 too small, 2 unusable" in result.stdout
    assert f"{COUNT} prepared, 2 failed" in result.stdout


def test_the_set_describes_itself(whole):
    output_dir, _ = whole
    info = info_of(output_dir)
    assert info["fields"] == ["color", "saliency"]
    assert info["image_size"] == 32
    assert info["counts"] == {
        "found": COUNT + 9,
        "kept": COUNT,
        "dropped": {"duplicate": 2, "greyscale": 1, "near duplicate": 3, "too small": 1, "unusable": 2},
    }
    described = {shard["file"]: shard for split in info["splits"].values() for shard in split["shards"]}
    assert sum(shard["samples"] for shard in described.values()) == COUNT
    assert set(contents(output_dir)) == {"dataset_info.json", "dropped.tsv", *described}
    for name, shard in described.items():
        assert shard["sha256"] == sha256(output_dir / name)
        assert shard["bytes"] == (output_dir / name).stat().st_size


def test_its_samples_are_the_photos_at_the_size_asked_for_with_their_maps(whole, inputs):
    colors = []
    for split in ("train", "validation"):
        data_set, samples = samples_of(whole[0], ("color", "saliency"), split)
        assert len(data_set) > 0
        colors += [sample["color"] for sample in samples]
        assert {sample["saliency"].shape for sample in samples} == {(32, 32)}
        assert min(int(np.ptp(sample["saliency"])) for sample in samples) > 200
    for number in range(COUNT):
        original = to_square(cv2.imread(str(inputs[0] / f"{number:03d}.jpg"))[..., ::-1], 32).astype(int)
        errors = [np.abs(color - original).mean() for color in colors]
        assert sorted(errors)[0] < 5 < 20 < sorted(errors)[1]


def test_dull_photos_are_left_out_where_it_is_asked_for(prepare, error_of, tmp_path):
    result = prepare(tmp_path / "set", "--detector=none", "--min_colorfulness=1000")
    assert "can be used: 29 dull, 1 greyscale, 1 too small, 2 unusable" in error_of(result)


def test_it_says_how_fast_it_was(whole):
    assert f"Scanned {COUNT + 9} photos" in whole[1].stderr
    assert f"Made shards of {COUNT} photos" in whole[1].stderr


def test_class_folders_give_labels_in_proportion(prepare, tmp_path):
    for number in range(12):
        write(tmp_path / "in" / ("n01" if number < 8 else "n02") / f"{number}.jpg", picture(number))
    Image.fromarray(picture(20)).convert("CMYK").save(tmp_path / "in" / "n01" / "cmyk.JPEG", "JPEG")
    Image.fromarray(picture(21)).save(tmp_path / "in" / "n02" / "png.JPEG", "PNG")
    flags = ("--detector=none", "--layout=class_folders", "--validation_share=0")
    assert prepare(tmp_path / "all", *flags, images=tmp_path / "in").returncode == 0
    data_set, samples = samples_of(tmp_path / "all", ("color", "label"))
    assert data_set.classes == ["n01", "n02"]
    assert sorted(sample["label"] for sample in samples) == [0] * 9 + [1] * 5
    prepare(tmp_path / "some", *flags, "--sample=3", images=tmp_path / "in")
    assert sorted(sample["label"] for sample in samples_of(tmp_path / "some", ("label",))[1]) == [0, 0, 1]


def test_a_sample_is_written_as_a_folder_too(prepare, tmp_path):
    for number in range(8):
        write(tmp_path / "in" / ("a" if number < 4 else "b") / f"{number}.jpg", picture(number))
        write(tmp_path / "maps" / ("a" if number < 4 else "b") / f"{number}.png", np.full((36, 48), 99, np.uint8))
    flags = (
        f"--saliency_dir={tmp_path / 'maps'}",
        "--sample=5",
        "--validation_share=0",
        f"--folder={tmp_path / 'out'}",
    )
    result = prepare(tmp_path / "set", *flags, images=tmp_path / "in")
    assert result.returncode == 0, result.stderr
    shards, samples = samples_of(tmp_path / "set", ("color", "saliency"))
    by_name = {shards.key(index).replace("/", "__"): sample for index, sample in enumerate(samples)}
    folder = data.open_data_set(tmp_path / "out" / "train")
    assert [folder.key(index) for index in range(len(folder))] == sorted(by_name)
    for index in range(5):
        for field, pixels in folder.read(index).items():
            np.testing.assert_array_equal(pixels, by_name[folder.key(index)][field])
    names = (tmp_path / "out" / "train.txt").read_text().splitlines()
    assert names == sorted(shards.key(index) for index in range(5))


def test_videos_of_kaist_give_thermal_images_and_stay_whole(prepare, tmp_path):
    for video in range(6):
        for frame in range(3):
            folder = tmp_path / "in" / "set00" / f"V{video:03d}"
            write(folder / "visible" / f"I{frame}.jpg", np.dstack([gray(video)] * 3))
            write(folder / "lwir" / f"I{frame}.jpg", np.dstack([np.full((36, 48), 40 * video, np.uint8)] * 3))
    assert prepare(tmp_path / "set", "--detector=none", "--layout=kaist", images=tmp_path / "in").returncode == 0
    videos = []
    for split in ("train", "validation"):
        _, samples = samples_of(tmp_path / "set", ("color", "thermal"), split)
        videos.append({round(sample["thermal"].mean() / 40) for sample in samples})
        assert len(samples) == 3 * len(videos[-1])
    assert videos[0] | videos[1] == set(range(6))
    assert all(videos)


def test_maps_that_are_given_are_taken_and_missing_ones_are_named(prepare, tmp_path):
    for number in range(6):
        write(tmp_path / "in" / f"{number}.jpg", picture(number))
        if number:
            write(tmp_path / "maps" / f"{number}.png", np.full((36, 48), 40 * number, np.uint8))
    (tmp_path / "maps" / "1.png").write_bytes(b"no picture")
    flags = (f"--saliency_dir={tmp_path / 'maps'}", "--validation_share=0")
    result = prepare(tmp_path / "set", *flags, images=tmp_path / "in")
    assert result.returncode == 1
    assert (tmp_path / "set" / "dropped.tsv").read_text().splitlines() == [
        "0.jpg\tno saliency map of its name",
        "1.jpg\t1.png: no readable picture",
    ]
    maps = [round(sample["saliency"].mean()) for sample in samples_of(tmp_path / "set", ("saliency",))[1]]
    assert sorted(maps) == [80, 120, 160, 200]


# === Stopped and begun again ===


class Killed(BaseException):
    """Ends a run where it is."""


@pytest.fixture
def stop(monkeypatch):
    """Function that calls another one, and ends it when one of a module has been called so many times."""

    def stop_after(count, module, name, call, *arguments):
        function, calls = getattr(module, name), iter(range(count))

        def counted(*its_arguments):
            if next(calls, None) is None:
                raise Killed
            return function(*its_arguments)

        with monkeypatch.context() as patch:
            patch.setattr(module, name, counted)
            with pytest.raises(Killed):
                call(*arguments)

    return stop_after


@pytest.mark.parametrize("torn", ["scan.jsonl", "shards.jsonl"])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(prepare, whole, stop, tmp_path, torn):
    command = (prepare, tmp_path / "set", "--detector=spectral_residual")
    with _small_jobs():
        stop(3, scan, "_examine_all", *command)
        stop(2, scan, "_examine_all", *command)
        stop(2, shards, "_build", *command)
        assert not (tmp_path / "set" / "dataset_info.json").exists()
        journal = tmp_path / "set" / "unfinished" / torn
        journal.write_bytes(journal.read_bytes()[:-20])
        stop(2, shards, "_build", *command)
        assert prepare(*command[1:]).returncode == 1
    assert contents(tmp_path / "set") == contents(whole[0])


def test_a_complete_set_is_left_alone_and_one_of_other_flags_is_refused(prepare, whole, error_of):
    before = contents(whole[0])
    again = prepare(whole[0], "--detector=spectral_residual")
    assert (again.returncode, again.stdout) == (
        0,
        f"{whole[0]} is complete, so there is nothing to do (--overwrite makes it anew).\n",
    )
    error = error_of(prepare(whole[0], "--detector=none", "--seed=1"))
    assert "(detector was spectral_residual and is none, seed was 0 and is 1)" in error
    assert contents(whole[0]) == before


def test_a_set_that_was_begun_with_other_flags_is_refused_and_overwritten(prepare, stop, tmp_path, error_of):
    stop(0, shards, "_build", prepare, tmp_path, "--detector=none")
    assert "seed was 0 and is 1" in error_of(prepare(tmp_path, "--detector=none", "--seed=1"))
    (tmp_path / "own.txt").write_text("to be kept")
    prepare(tmp_path, "--detector=none", "--seed=1", "--overwrite")
    assert info_of(tmp_path)["options"]["seed"] == 1
    assert (tmp_path / "own.txt").exists()
    prepare(tmp_path, "--detector=none", "--seed=2", "--name=other", "--overwrite")
    assert {name.partition(".")[0] for name in contents(tmp_path)} == {
        *("own", "dropped", "dataset_info", "other-train", "other-validation")
    }


def test_a_mistake_overwrites_nothing(prepare, whole, error_of, tmp_path):
    before = contents(whole[0])
    error_of(prepare(whole[0], "--detector=none", "--overwrite", images=tmp_path / "missing"))
    assert contents(whole[0]) == before


def test_photos_that_are_new_are_seen(prepare, inputs, tmp_path, error_of):
    shutil.copytree(inputs[0], tmp_path / "in")
    prepare(tmp_path / "set", "--detector=none", images=tmp_path / "in")
    write(tmp_path / "in" / "new.jpg", picture(200))
    assert "file_names_sha256 was" in error_of(prepare(tmp_path / "set", "--detector=none", images=tmp_path / "in"))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="reads /proc")
def test_processes_that_are_killed_leave_none_behind_and_the_next_ones_go_on(
    start_tool, run_tool, inputs, tmp_path, prepare
):
    for number in range(300, 1500):
        write(tmp_path / "in" / f"{number}.jpg", picture(number))
    flags = [f"--images={tmp_path / 'in'}", "--image_size=32", "--detector=spectral_residual"]
    arguments = [*flags, f"--output_dir={tmp_path / 'set'}", "--workers=2"]
    for journal, stop in (
        ("scan.jsonl", signal.SIGKILL),
        ("scan.jsonl", signal.SIGTERM),
        ("shards.jsonl", signal.SIGKILL),
    ):
        with start_tool("prepare_data.py", *arguments) as process:
            _wait_for_growth(tmp_path / "set" / "unfinished" / journal)
            children = _children(process.pid)
            assert len(children) >= 2
            process.send_signal(stop)
            output, _ = process.communicate(timeout=600)
        if stop == signal.SIGTERM:
            assert process.returncode == 128 + signal.SIGTERM
            assert output.splitlines()[-1] == "Stopped by SIGTERM. The same command goes on."
        deadline = time.monotonic() + 60
        while any(os.path.exists(f"/proc/{child}") for child in children):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert not (tmp_path / "set" / "dataset_info.json").exists()
    result = run_tool("prepare_data.py", *arguments)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    result = run_tool("prepare_data.py", *flags, f"--output_dir={tmp_path / 'other'}", "--workers=1")
    assert result.returncode == 0, result.stderr
    assert contents(tmp_path / "set") == contents(tmp_path / "other")


def _wait_for_growth(path):
    size = path.stat().st_size if path.exists() else 0
    deadline = time.monotonic() + 120
    while not path.exists() or path.stat().st_size <= size:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


# === What is wrong ===


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "--detector=NAME"),
        (["--detector=none", "--saliency_dir=maps"], "--detector=NAME"),
        (["--detector=nonsense"], "nonsense"),
        (["--detector=keras:missing.keras"], "missing.keras"),
        (["--detector=none", "--every=2"], "--layout=kaist"),
        (["--detector=none", "--layout=kaist"], "--layout=kaist"),
        (["--detector=none", "--min_side=1000"], "None of the photos"),
        (["--detector=none", "--images=missing"], "missing"),
        (["--saliency_dir=missing"], "missing"),
    ],
)
def test_a_mistake_is_one_line(prepare, error_of, tmp_path, flags, words):
    assert words in error_of(prepare(tmp_path / "set", *flags))
    assert not (tmp_path / "set" / "dataset_info.json").exists()

"""scgan train as a process: killed, interrupted, short of disk, seen on a terminal."""

import json
import os
import random
import signal
import struct
import threading
import time

import numpy as np
import pytest
from platforms import needs_posix

NETWORK = ["--preset=testing", "--depth=6", "--image_size=64", "--perceptual_loss_weight=0", "--precision=float32"]
SMALL = [*NETWORK, "--dataset=demo", "--batch_size=2", "--strategy=none"]
STAGE_1 = [*SMALL, "--global_features=none", "--noattention_loss"]


PATIENCE = 600
"""Seconds after which a process is taken to hang, on a machine that has other work too."""


def wait_for(condition, process):
    """Waits until the condition holds; whether it did before the process ended."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process.poll() is not None:
            return False
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return True


def checkpoints_of(folder):
    return sorted(folder.glob("checkpoints/step_*.npz"))


def assert_same_bits(found, expected):
    with np.load(found) as found, np.load(expected) as expected:
        assert found.files == expected.files
        for name in expected:
            assert found[name].tobytes() == expected[name].tobytes(), name


def metrics_of(folder):
    """Lines of metrics.jsonl without the one number that is of the clock."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "images_per_second"} for line in lines]


@needs_posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_a_checkpoint_and_one_line_that_says_how_to_go_on(start_tool, tmp_path, number, status):
    flags = [*STAGE_1, "--steps_per_epoch=100000", "--epochs=1", f"--output_dir={tmp_path}", "--checkpoint_minutes=0"]
    with start_tool("train.py", *flags) as process:
        assert wait_for(lambda: checkpoints_of(tmp_path), process), process.stdout.read()
        process.send_signal(number)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == status, output
    assert "Traceback" not in output
    last = output.splitlines()[-1]
    assert last.startswith(f"Stopped by {number.name}. To go on: python ")
    assert last.endswith(f"train.py --flagfile={tmp_path / 'run.flags'}")
    step = int(checkpoints_of(tmp_path)[-1].stem.removeprefix("step_"))

    with start_tool("train.py", f"--flagfile={tmp_path / 'run.flags'}") as process:
        assert wait_for(lambda: f"step_{step:08d}.npz" not in map(os.path.basename, checkpoints_of(tmp_path)), process)
        process.kill()
        output = process.stdout.read()
    assert f"Going on from step {step} " in output


@needs_posix
@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_with_the_bits_of_one_that_was_not(run_tool, start_tool, tmp_path):
    flags = [*SMALL, "--stage=both", "--steps_per_epoch=4", "--epochs=3,2", "--checkpoint_minutes=0", "--deterministic"]
    whole = run_tool("train.py", *flags, f"--output_dir={tmp_path / 'whole'}")
    assert whole.returncode == 0, whole.stderr

    rng, out, outputs = random.Random(0), tmp_path / "killed", []
    # Before which checkpoint to die: in stage 1, at its end, in stage 2. And a moment of its own after that.
    stops = [("stage1", 2), ("stage1", 7), ("stage1", 12), ("stage2", 3), ("stage2", 6), None]
    for stop in stops:
        same = f"--flagfile={tmp_path / 'whole' / 'run.flags'}"
        log = (tmp_path / "log").open("w+")
        with log, start_tool("train.py", same, f"--output_dir={out}", stdout=log) as process:
            if stop is None:
                process.wait(timeout=PATIENCE)
            else:
                stage, step = stop

                def reached(stage=stage, step=step):
                    return any(int(path.stem[5:]) >= step for path in checkpoints_of(out / stage))

                assert wait_for(reached, process)
                time.sleep(rng.uniform(0, 0.3))
                process.kill()
                process.wait()
            log.seek(0)
            outputs.append(log.read())
        assert process.returncode == (0 if stop is None else -signal.SIGKILL), outputs[-1]
    assert sum("Going on from step" in output for output in outputs) == len(stops) - 1

    for stage, last in (("stage1", 12), ("stage2", 8)):
        ours, theirs = (folder / stage for folder in (out, tmp_path / "whole"))
        assert_same_bits(*(folder / "checkpoints" / f"step_{last:08d}.npz" for folder in (ours, theirs)))
        assert metrics_of(ours) == metrics_of(theirs)
        for sample in theirs.glob("samples/*.png"):
            assert (ours / "samples" / sample.name).read_bytes() == sample.read_bytes()
        hidden = [path.name for path in ours.rglob(".*")]
        assert not hidden


@pytest.mark.slow
def test_deterministic_runs_give_the_same_bits_at_a_size_at_which_others_do_not(run_tool, tmp_path):
    flags = [*STAGE_1, "--stage=2", "--preset=small", "--image_size=128", "--batch_size=8", "--deterministic"]
    for run in ("a", "b"):
        result = run_tool("train.py", *flags, "--steps_per_epoch=3", "--epochs=1", f"--output_dir={tmp_path / run}")
        assert result.returncode == 0, result.stderr
    assert_same_bits(*(tmp_path / run / "checkpoints" / "step_00000003.npz" for run in ("a", "b")))


@pytest.mark.parametrize("bytes_left", [2_000, 500_000])
def test_a_full_disk_ends_a_run_with_one_line_and_leaves_no_half_file(run_tool, tmp_path, bytes_left):
    """The limit of a file's size stands for the disk: 2 kB are too few for a sample, 500 kB for a checkpoint."""
    resource = pytest.importorskip("resource")
    flags = [*STAGE_1, "--steps_per_epoch=1", "--epochs=1", f"--output_dir={tmp_path}"]

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left))

    result = run_tool("train.py", *flags, preexec_fn=limit)
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    name = "samples/epoch_0001.png" if bytes_left == 2_000 else "checkpoints/step_00000001.npz"
    assert f"train.py: {tmp_path}/{name}: File too large" in result.stderr.splitlines()
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert not [name for name in left if "tmp" in name or name.endswith((".npz", ".keras"))]


def test_a_terminal_sees_a_bar_with_speed_and_time_left(start_tool, tmp_path):
    fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 25, 150, 0, 0))
    read = []

    def collect():
        while True:
            try:
                read.append(os.read(ours, 4096))
            except OSError:  # the other end is closed
                return

    collector = threading.Thread(target=collect)
    flags = [*STAGE_1, "--steps_per_epoch=3", "--epochs=1", f"--output_dir={tmp_path}"]
    with start_tool("train.py", *flags, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        collector.start()
        process.wait(timeout=PATIENCE)
    collector.join()
    os.close(ours)
    text = b"".join(read).decode()
    assert process.returncode == 0, text
    bars = [line for line in text.replace("\n", "\r").split("\r") if line.startswith("epoch 1/1:")]
    assert "  0%|" in bars[0]
    assert "6/6 [" in bars[-1]
    for part in ("100%|███", "pixel_loss="):
        assert part in bars[-1]
    assert "img/s" in bars[-1] or "s/img" in bars[-1]  # as it is more than one a second, or not
    assert max(map(len, bars)) <= 150

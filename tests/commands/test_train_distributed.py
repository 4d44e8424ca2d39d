"""scgan train as two workers on this machine: two processes, described to each other by TF_CONFIG."""

import contextlib
import json
import signal
import socket
import time

import numpy as np
import pytest
from platforms import needs_posix

FLAGS = [
    *("--preset=testing", "--depth=6", "--image_size=64", "--global_features=none", "--precision=float32"),
    *("--dataset=demo", "--batch_size=4", "--steps_per_epoch=3", "--perceptual_loss_weight=0", "--critic_norm=none"),
]


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("localhost", 0))
        return [each.getsockname()[1] for each in sockets]


@pytest.fixture
def start_workers(start_tool):
    """Context of two workers with the same arguments, of which each may have some of its own."""

    @contextlib.contextmanager
    def start(*arguments, own=((), ())):
        cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
        with contextlib.ExitStack() as stack:
            yield [
                stack.enter_context(
                    start_tool(
                        "train.py",
                        *arguments,
                        *own[i],
                        variables={
                            "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": i}})
                        },
                    )
                )
                for i in range(2)
            ]

    return start


def outputs_of(workers):
    return [worker.communicate(timeout=600)[0] for worker in workers]


def last_of(folder):
    with np.load(sorted(folder.glob("checkpoints/step_*.npz"))[-1]) as checkpoint:
        return dict(checkpoint)


@pytest.mark.slow
def test_two_workers_train_as_one_does_and_the_chief_alone_writes(run_tool, start_workers, tmp_path):
    flags = [*FLAGS, "--stage=2", "--noattention_loss", "--epochs=1", "--noise_stddev=0"]
    single = run_tool("train.py", *flags, f"--output_dir={tmp_path / 'one'}")
    assert single.returncode == 0, single.stderr
    with start_workers(*flags, f"--output_dir={tmp_path / 'two'}") as workers:
        outputs = outputs_of(workers)
    assert [worker.returncode for worker in workers] == [0, 0], "\n".join(outputs)
    for output in outputs:
        assert "replicas: 2" in output
        assert "WARNING" not in output.replace("STAGE 2", "").replace("WARNING: All log", "")
    assert "Wrote" in outputs[0]
    assert "Wrote" not in outputs[1]
    assert len((tmp_path / "two" / "metrics.jsonl").read_text().splitlines()) == 1
    one, two = last_of(tmp_path / "one"), last_of(tmp_path / "two")
    assert one.keys() == two.keys()
    for name, value in one.items():
        if "norm" not in name:
            np.testing.assert_allclose(two[name], value, atol=5e-4, err_msg=name)


@needs_posix
@pytest.mark.slow
def test_workers_stop_together_on_a_signal_to_one_and_go_on_from_the_checkpoint(start_workers, tmp_path):
    flags = [*FLAGS, "--stage=1", f"--output_dir={tmp_path}", "--checkpoint_minutes=0"]
    with start_workers(*flags, "--epochs=100000") as workers:
        deadline = time.monotonic() + 200
        while not list(tmp_path.glob("checkpoints/step_*.npz")) and time.monotonic() < deadline:
            time.sleep(0.1)
        workers[1].send_signal(signal.SIGTERM)
        outputs = outputs_of(workers)
    assert [worker.returncode for worker in workers] == [143, 143], "\n".join(outputs)
    for output in outputs:
        assert output.splitlines()[-1].startswith("Stopped by SIGTERM. To go on: ")
    step = max(int(path.stem[5:]) for path in tmp_path.glob("checkpoints/step_*.npz"))

    epochs = step // 3 + 1
    with start_workers(*flags, f"--epochs={epochs}") as workers:
        outputs = outputs_of(workers)
    assert [worker.returncode for worker in workers] == [0, 0], "\n".join(outputs)
    assert all(f"Going on from step {step} " in output for output in outputs)
    assert json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[-1])["step"] == 3 * epochs


@needs_posix
@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_worker_that_is_killed_ends_the_other_and_both_go_on_from_the_checkpoint(start_workers, tmp_path, victim):
    flags = [*FLAGS, "--stage=1", f"--output_dir={tmp_path}", "--checkpoint_minutes=0"]
    with start_workers(*flags, "--epochs=100000") as workers:
        deadline = time.monotonic() + 400
        while not list(tmp_path.glob("checkpoints/step_*.npz")) and time.monotonic() < deadline:
            time.sleep(0.1)
        workers[victim].kill()
        output, _ = workers[1 - victim].communicate(timeout=300)
    step = max(int(path.stem[5:]) for path in tmp_path.glob("checkpoints/step_*.npz"))
    assert workers[1 - victim].returncode == 2, output
    assert "Traceback" not in output
    last = next(line for line in reversed(output.splitlines()) if line.startswith("train.py: "))
    assert last.startswith("train.py: Another worker has ended, or cannot be reached")
    assert last.endswith(f"and they go on from {tmp_path}/checkpoints/step_{step:08d}.npz.")

    with start_workers(*flags, f"--epochs={step // 3 + 1}") as workers:
        outputs = outputs_of(workers)
    assert [worker.returncode for worker in workers] == [0, 0], "\n".join(outputs)
    assert all(f"Going on from step {step} " in output for output in outputs)


@pytest.mark.slow
def test_workers_that_do_not_share_a_run_folder_say_so(run_tool, start_workers, tmp_path):
    flags = [*FLAGS, "--stage=1", "--epochs=1"]
    first = run_tool("train.py", *flags, f"--output_dir={tmp_path / '0'}")
    assert first.returncode == 0, first.stderr
    own = [[f"--output_dir={tmp_path / str(i)}"] for i in range(2)]
    with start_workers(*flags, own=own) as workers:
        outputs = outputs_of(workers)
    assert [worker.returncode for worker in workers] == [2, 2], "\n".join(outputs)
    for output in outputs:
        assert "The workers do not see the same checkpoints" in output.splitlines()[-1]
        assert "Traceback" not in output

"""The precision that is chosen fits the machine."""

import keras
import pytest
import tensorflow as tf

from keras_scgan.training import precision


@pytest.fixture
def machine(monkeypatch):
    """Function that makes this a machine with these flags of its CPU and compute capabilities of its GPUs."""

    def set_machine(cpu_flags=(), gpus=()):
        monkeypatch.setattr(precision, "_cpu_flags", lambda: {"fpu", "avx2", *cpu_flags})
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: list(gpus) if kind == "GPU" else [])
        monkeypatch.setattr(
            tf.config.experimental, "get_device_details", lambda gpu: {"compute_capability": gpu} if gpu else {}
        )

    return set_machine


@pytest.mark.parametrize(
    ("cpu_flags", "gpus", "expected"),
    [
        ([], [], "float32"),
        (["avx512_bf16"], [], "mixed_bfloat16"),
        (["amx_bf16"], [], "mixed_bfloat16"),
        ([], [(8, 0)], "mixed_bfloat16"),
        (["amx_bf16"], [(7, 5)], "float32"),
        ([], [(9, 0), (7, 0)], "float32"),
        ([], [None], "float32"),  # a GPU that does not tell
    ],
)
def test_auto_is_bfloat16_where_the_machine_has_instructions_for_it(machine, cpu_flags, gpus, expected):
    machine(cpu_flags, gpus)
    assert precision.resolve("auto") == expected


def test_a_precision_by_name_is_taken_whatever_the_machine(machine):
    machine([], [])
    for name in ("float32", "mixed_bfloat16", "mixed_float16"):
        assert precision.resolve(name) == name


def test_cpu_flags_are_read_where_the_system_lists_them(monkeypatch):
    listed = "processor\t: 0\nflags\t\t: fpu avx512_bf16\n\nprocessor\t: 1\nflags\t\t: fpu\n"
    monkeypatch.setattr(precision.pathlib.Path, "read_text", lambda path: listed)
    assert {"fpu", "avx512_bf16"} <= precision._cpu_flags()

    def read_nothing(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(precision.pathlib.Path, "read_text", read_nothing)
    assert precision._cpu_flags() == set()


def fail_under(policy):
    with precision.policy(policy):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
        raise OSError("disk full")


def test_policy_ends_with_its_context_though_that_fails():
    before = keras.config.dtype_policy()
    with pytest.raises(OSError, match="disk full"):
        fail_under("mixed_bfloat16")
    assert keras.config.dtype_policy() == before

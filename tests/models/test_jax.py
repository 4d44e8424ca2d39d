"""The networks run on another Keras backend."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import test_pretrained

TESTS_DIR = pathlib.Path(__file__).parent

pytestmark = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")


def outputs_under_jax(script, path):
    """The outputs that one of these tests writes when it is run, under JAX."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # compiles in a quarter of the time
        "PYTHONPATH": os.pathsep.join(map(str, (TESTS_DIR.parents[1], TESTS_DIR.parent))),
    }
    subprocess.run([sys.executable, TESTS_DIR / script, path], env=environment, check=True, timeout=300)
    with np.load(path) as outputs:
        return dict(outputs)


def assert_same(found, expected):
    assert set(found) == set(expected)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-4, err_msg=name)


def test_networks_compute_the_same_under_jax_as_under_tensorflow(tmp_path):
    with np.load(TESTS_DIR / "data" / "testing_preset.npz") as expected:
        assert_same(outputs_under_jax("test_golden.py", tmp_path / "jax.npz"), expected)


def test_generators_on_pre_trained_encoders_compute_the_same_under_jax_as_under_tensorflow(tmp_path):
    found = outputs_under_jax("test_pretrained.py", tmp_path / "jax.npz")
    assert_same(found, test_pretrained.outputs_by_recipe())

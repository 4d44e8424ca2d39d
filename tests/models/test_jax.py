"""The networks run on another Keras backend."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

TESTS_DIR = pathlib.Path(__file__).parent


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_networks_compute_the_same_under_jax_as_under_tensorflow(tmp_path):
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # compiles in a quarter of the time
        "PYTHONPATH": str(TESTS_DIR.parents[1]),
    }
    command = [sys.executable, TESTS_DIR / "test_golden.py", tmp_path / "jax.npz"]
    subprocess.run(command, env=environment, check=True, timeout=300)
    with np.load(tmp_path / "jax.npz") as jax, np.load(TESTS_DIR / "data" / "testing_preset.npz") as tensorflow:
        assert set(jax) == set(tensorflow)
        for name in tensorflow:
            np.testing.assert_allclose(jax[name], tensorflow[name], rtol=0, atol=1e-4, err_msg=name)

"""The table by which the page runs the network at other sizes."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
WEB = ROOT / "web"


def run(*command):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *map(str, command)], env=environment, check=True, capture_output=True).stdout


@pytest.mark.slow
def test_the_table_is_what_tells_an_export_at_another_size_from_the_shipped_network(tmp_path):
    flags = ["--model=scgan", "--image_size=128", "--formats=litert_float16", "--saliency", f"--output_dir={tmp_path}"]
    run("-m", "keras_scgan", "export", *flags)
    (path,) = tmp_path.glob("*.tflite")
    found = json.loads(run(WEB / "sizes.py", path))
    table = json.loads((WEB / "sizes.json").read_text())
    assert found["places"] == table["places"]
    assert found["values"] == {size: table["values"][size] for size in ("128", "224")}

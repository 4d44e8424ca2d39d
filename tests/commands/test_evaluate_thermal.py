"""scgan evaluate on data sets with thermal images."""

import json

import cv2
import numpy as np
import pytest
from colorful import chroma_generator
from shard_sets import colorful_samples, write_shards


@pytest.fixture
def evaluate(call_tool):
    return lambda *arguments: call_tool("evaluate.py", *arguments)


def read_lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture
def multispectral(tmp_path):
    """Three frames of 40x30 pixels, the last grey, with thermal images of half the size, as a folder and as shards."""
    samples = colorful_samples(3)
    samples[2]["color"] = np.dstack([samples[2]["color"][..., 0]] * 3)
    for i, sample in enumerate(samples):
        for name, pixels in (("images", sample["color"][..., ::-1]), ("thermal", sample["thermal"])):
            (tmp_path / "folder" / name).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(tmp_path / "folder" / name / f"photo {i}.png"), pixels)
    (tmp_path / "shards").mkdir()
    write_shards(tmp_path / "shards", fields=["color", "thermal"], validation=samples)
    return tmp_path


@pytest.mark.parametrize("kind", ["folder", "shards"])
def test_model_of_thermal_images_is_measured_by_its_own_colours_on_all_frames(evaluate, multispectral, kind):
    chroma_generator(image_size=32, network_input="thermal").save(multispectral / "net.keras")
    output = multispectral / "results"
    result = evaluate(
        f"--data_dir={multispectral / kind}", f"--model={multispectral / 'net.keras'}", f"--output_dir={output}"
    )
    assert result.returncode == 0, result.stderr
    lines = {(line["method"], line["output"]): line for line in read_lines(output)}
    assert [method for method, kind in lines if kind == "network"] == ["truth", "greyscale", "thermal_input", "net"]
    assert all(line["images"] == 3 for line in lines.values())  # the frame of the night too
    assert lines["net", "network"]["protocol"]["network_input"] == "thermal"
    assert lines["net", "network"]["protocol"]["greyscale"] == "none is excluded"
    assert lines["net", "pipeline"]["psnr"] == pytest.approx(lines["net", "network"]["psnr"], abs=2)
    assert lines["thermal_input", "network"]["psnr"] != lines["greyscale", "network"]["psnr"]


def test_greyscale_frames_are_excluded_where_it_is_asked_for(evaluate, multispectral, error_of):
    chroma_generator(image_size=32, network_input="thermal").save(multispectral / "net.keras")
    arguments = [f"--data_dir={multispectral / 'folder'}", f"--model={multispectral / 'net.keras'}"]
    arguments.append(f"--output_dir={multispectral / 'results'}")
    assert "--aging=0.5 is of photos, and a model takes thermal images" in error_of(evaluate(*arguments, "--aging=0.5"))
    assert evaluate(*arguments, "--gray=content").returncode == 0
    assert {line["images"] for line in read_lines(multispectral / "results")} == {2}

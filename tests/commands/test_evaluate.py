"""scgan evaluate: what it measures, what it leaves behind, and what is said when something is wrong."""

import csv
import json
import math
import shutil

import cv2
import keras
import numpy as np
import pytest
from colorful import chroma_generator
from shard_sets import colorful_samples, write_shards

from keras_scgan.data import demo_dir
from keras_scgan.evaluation import classifier, inception

NAMES = ("balloon", "car", "parrot")
ROWS = ("truth", "greyscale", "copies", "net")


@pytest.fixture
def evaluate(call_tool):
    return lambda *arguments: call_tool("evaluate.py", *arguments)


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "generator.keras"
    chroma_generator(image_size=64, size_multiple=64).save(path)
    return path


@pytest.fixture
def photos(tmp_path):
    """A data set of three photos, with their maps and a CSV file of their classes."""
    for part, suffix in (("images", ".jpg"), ("saliency", ".png")):
        (tmp_path / "photos" / part).mkdir(parents=True)
        for name in NAMES:
            shutil.copy(demo_dir() / part / f"{name}{suffix}", tmp_path / "photos" / part)
    (tmp_path / "photos" / "labels.csv").write_text("balloon,0\ncar,1\n")
    return tmp_path / "photos"


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """A classifier by the mean red."""
    image = keras.Input((8, 8, 3))
    dense = keras.layers.Dense(2)
    model = keras.Model(image, dense(keras.layers.GlobalAveragePooling2D()(image)))
    dense.set_weights([np.array([[1, -1], [0, 0], [0, 0]], "float32"), np.zeros(2, "float32")])
    path = tmp_path_factory.mktemp("judge") / "judge.keras"
    model.save(path)
    return path


def read_lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def files_of(folder):
    return sorted(path.name for path in folder.iterdir())


# === A whole run ===


def test_all_that_is_measured_is_written(evaluate, photos, generator, judge, tmp_path):
    cv2.imwrite(str(photos / "images" / "gray.jpg"), np.full((20, 20), 90, np.uint8))
    (tmp_path / "copies").mkdir()
    for name in NAMES[:2]:
        picture = cv2.imread(str(photos / "images" / f"{name}.jpg"))
        cv2.imwrite(str(tmp_path / "copies" / f"{name}.png"), picture)
    output = tmp_path / "results"
    result = evaluate(
        f"--data_dir={photos}",
        f"--model=net={generator}",
        f"--pred_dir={tmp_path / 'copies'}",
        f"--classifier={judge}",
        f"--labels={photos / 'labels.csv'}",
        f"--output_dir={output}",
    )
    assert result.returncode == 1, result.stderr
    assert f"Could not be used: {tmp_path / 'copies' / 'parrot'}: no result" in result.stderr
    assert "1 greyscale photos were excluded, the first is gray." in result.stderr
    sheets = ["best_and_worst_copies.png", "best_and_worst_net.png"]
    assert files_of(output) == [*sheets, "cci.png", "metrics.jsonl", "per_image.csv", "photos.txt", "table.md"]
    for name in (*sheets, "cci.png"):
        assert cv2.imread(str(output / name)) is not None

    lines = {(line["output"], line["method"]): line for line in read_lines(output)}
    assert list(lines) == [(kind, method) for kind in ("network", "pipeline") for method in ROWS]
    net = lines["network", "net"]
    assert (net["images"], net["saliency_images"], net["labelled_images"]) == (3, 3, 2)
    assert 0 < net["saliency_max_f"] <= 1
    assert lines["pipeline", "copies"]["psnr"] is None  # infinite
    assert lines["pipeline", "copies"]["ssim"] == 1
    assert lines["pipeline", "copies"]["cci_difference"] == 0
    assert lines["pipeline", "net"]["psnr"] > net["psnr"]  # an untrained network, and its chroma on the true luma
    protocol = net["protocol"]
    assert (protocol["photos"], protocol["excluded_greyscale_photos"], protocol["failures"]) == (3, 1, 1)
    assert (protocol["image_size"], protocol["labelled_photos"], protocol["saturation"]) == (64, 2, 1.0)
    assert len(protocol["sha256"]) == 64
    assert protocol["versions"]["keras"] == keras.__version__
    assert "sha256" not in lines["network", "truth"]["protocol"]

    with open(output / "per_image.csv", newline="") as file:
        records = list(csv.DictReader(file))
    assert len(records) == 2 * (3 + 3 + 2 + 3)
    for (kind, method), line in lines.items():
        values = [r["cci"] for r in records if (r["output"], r["method"]) == (kind, method)]
        assert math.isclose(np.mean(np.array(values, float)), line["cci"], rel_tol=1e-6, abs_tol=1e-9)
    assert {r["top1"] for r in records if r["photo"] == "parrot"} == {""}
    assert {r["top1"] for r in records if r["photo"] == "balloon"} <= {"0", "1"}

    table = (output / "table.md").read_text()
    assert result.stdout.strip() in table
    for text in (
        "## The network's own output, at 64x64",
        "## The full pipeline's output, at the photos' own sizes",
        "| copies | 2 | inf | 1.0000 |",
        "- excluded greyscale photos: 1",
        f"sha256 {protocol['sha256']}",
        "parrot: no result",
    ):
        assert text in table


def test_greyscale_alone_is_measured_without_labels_and_maps(evaluate, photos, tmp_path):
    result = evaluate(f"--data_dir={photos / 'images'}", "--image_size=32", f"--output_dir={tmp_path / 'results'}")
    assert result.returncode == 0, result.stderr
    assert "Top-1 and Top-5 are left out: no photo has a class" in result.stderr
    assert files_of(tmp_path / "results") == ["cci.png", "metrics.jsonl", "per_image.csv", "photos.txt", "table.md"]
    assert [line["method"] for line in read_lines(tmp_path / "results")] == ["truth", "greyscale"] * 2
    for absent in ("Top-1 |", "FID |", "saliency MAE |"):
        assert absent not in result.stdout


def test_aging_changes_what_models_see_alone_and_is_the_same_in_each_run(evaluate, photos, generator, tmp_path):
    rows = {}
    for name, aging in (("clean", 0), ("aged", 1), ("again", 1)):
        arguments = [f"--data_dir={photos}", f"--model=net={generator}", "--classifier=none", f"--aging={aging}"]
        result = evaluate(*arguments, "--saturation=0.25", f"--output_dir={tmp_path / name}")
        assert result.returncode == 0, result.stderr
        lines = read_lines(tmp_path / name)
        assert {line["protocol"].pop("aging") for line in lines} == {aging}
        rows[name] = {(line["output"], line["method"]): line for line in lines}
    assert rows["aged"] == rows["again"]
    for row, clean in rows["clean"].items():
        assert (rows["aged"][row] == clean) == (row[1] != "net")
    clean, aged = (rows[name]["pipeline", "net"] for name in ("clean", "aged"))
    assert aged["chroma_psnr"] != clean["chroma_psnr"]
    assert aged["ssim"] == pytest.approx(clean["ssim"], abs=0.02)  # the luma is the true one, but for clipped colours


def test_a_sample_is_drawn_and_named_by_a_list_that_gives_the_same_photos(evaluate, error_of, photos, tmp_path):
    arguments = (f"--data_dir={photos}", "--image_size=32", "--classifier=none")
    result = evaluate(*arguments, "--sample=2", "--seed=3", f"--output_dir={tmp_path / 'drawn'}")
    assert result.returncode == 0, result.stderr
    names = tmp_path / "drawn" / "photos.txt"
    assert len(names.read_text().split()) == 2
    again = evaluate(*arguments, f"--file_list={names}", f"--output_dir={tmp_path / 'listed'}")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "listed" / "photos.txt").read_text() == names.read_text()
    drawn, listed = (read_lines(tmp_path / name) for name in ("drawn", "listed"))
    assert drawn[0]["protocol"]["sample"] == "2 by the seed 3"
    assert listed[0]["protocol"]["file_list"] == str(names)
    for line in (*drawn, *listed):
        del line["protocol"]
    assert drawn == listed
    for wrong in ("--sample=4", "--first=4"):
        assert f"{wrong}: there are 3 photos" in error_of(evaluate(*arguments, wrong, f"--output_dir={tmp_path / 'x'}"))


def test_a_protocol_has_its_settings_and_the_numbers_that_others_published(evaluate, error_of, photos, tmp_path):
    output = tmp_path / "results"
    arguments = (f"--data_dir={photos}", "--classifier=none", f"--output_dir={output}")
    result = evaluate(*arguments, "--protocol=val5k", "--first=3")
    assert result.returncode == 0, result.stderr
    assert "| DDColor-large (Kang et al. 2023 (DDColor)) |" in result.stdout
    (protocol, *_) = (line["protocol"] for line in read_lines(output))
    assert (protocol["protocol"], protocol["image_size"], protocol["first"]) == ("val5k", 256, 3)
    assert protocol["resize_filter"].startswith("the square in the middle")
    assert protocol["greyscale"] == "none is excluded"
    assert "--sample=10000: there are 3 photos" in error_of(evaluate(*arguments, "--protocol=scgan", "--overwrite"))


def test_shards_are_measured(evaluate, tmp_path):
    write_shards(tmp_path / "shards", validation=colorful_samples(2))
    result = evaluate(
        f"--data_dir={tmp_path / 'shards'}", "--image_size=16", "--classifier=none", f"--output_dir={tmp_path / 'out'}"
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out" / "photos.txt").read_text() == "photo 0\nphoto 1\n"


def test_results_are_replaced_when_asked_alone(evaluate, error_of, photos, tmp_path):
    output = tmp_path / "results"
    output.mkdir()
    for name in ("metrics.jsonl", "best_and_worst_old.png", "notes.txt"):
        (output / name).write_text("old")
    arguments = (f"--data_dir={photos}", "--image_size=16", "--classifier=none", f"--output_dir={output}")
    assert "There are results" in error_of(evaluate(*arguments))
    assert (output / "metrics.jsonl").read_text() == "old"
    assert evaluate(*arguments, "--overwrite").returncode == 0
    assert len(read_lines(output)) == 4
    assert not (output / "best_and_worst_old.png").exists()
    assert (output / "notes.txt").read_text() == "old"


# === Judge and differences ===


def test_judge_is_the_classifier_too_and_methods_are_compared_with_a_baseline(
    evaluate, photos, generator, judge, tmp_path
):
    for name in NAMES:
        picture = cv2.imread(str(photos / "images" / f"{name}.jpg"))
        cv2.imwrite(str(photos / "images" / f"{name}.jpg"), cv2.resize(picture, (96, 96)))
    arguments = (f"--data_dir={photos}", f"--judge={judge}", f"--labels={photos / 'labels.csv'}")
    output = tmp_path / "results"
    result = evaluate(*arguments, f"--model=first={generator},second={generator}", f"--output_dir={output}")
    assert result.returncode == 0, result.stderr
    lines = {(line["output"], line["method"]): line for line in read_lines(output)}
    net = lines["pipeline", "first"]
    assert net["kid_x1000"] != 0
    assert 0 < net["cosine_distance"] < 1
    assert net["frechet_distance"] > 0
    assert 0 <= net["agreement"] <= 1
    assert net["labelled_images"] == 2
    assert "differences" not in net
    assert lines["pipeline", "greyscale"]["differences"]["images"] == 3
    same = lines["pipeline", "second"]["differences"]["kid_x1000"]
    assert same == {"difference": 0, "low": 0, "high": 0}
    protocol = net["protocol"]
    assert protocol["classifier"] == f"{judge} at 8 pixels"
    assert (protocol["judge"]["size"], protocol["judge"]["features"]) == (8, 3)
    assert len(protocol["judge"]["sha256"]) == 64
    assert (protocol["baseline"], protocol["resamples"]) == ("first", 1000)

    with open(output / "per_image.csv", newline="") as file:
        records = [r for r in csv.DictReader(file) if (r["output"], r["method"]) == ("pipeline", "first")]
    for name in ("cci_distance", "cosine_distance", "agreement"):
        assert np.mean([float(r[name]) for r in records]) == pytest.approx(net[name])
    table = (output / "table.md").read_text()
    for text in (
        " KID x 1000 |",
        "Differences from first, with 95 % intervals:",
        "| second | 3 | +0.00 [+0.00, +0.00] | +0.00 [+0.00, +0.00] | +0.0000 [+0.0000, +0.0000] |",
        f"- judge: model {judge}, sha256 {protocol['judge']['sha256']}, size 8, layer global_average_pooling2d",
        "- baseline: first",
    ):
        assert text in table

    result = evaluate(*arguments, f"--model={generator}", f"--output_dir={output}", "--overwrite", "--classifier=none")
    assert "Differences from greyscale" in result.stdout
    assert "Top-1" not in result.stdout


def test_models_of_different_sizes_run_each_at_its_own_in_the_full_pipeline(evaluate, photos, generator, tmp_path):
    chroma_generator(image_size=128).save(tmp_path / "larger.keras")
    arguments = (f"--data_dir={photos}", f"--model=a={generator},b={tmp_path / 'larger.keras'}")
    result = evaluate(*arguments, f"--output_dir={tmp_path / 'results'}")
    assert result.returncode == 0, result.stderr
    assert "sizes of their own (a: 64, b: 128): the networks' own outputs are left out" in result.stderr
    lines = read_lines(tmp_path / "results")
    assert [(line["method"], line["output"]) for line in lines] == [
        (method, "pipeline") for method in ("truth", "greyscale", "a", "b")
    ]
    assert [lines[place]["protocol"]["size"] for place in (2, 3)] == [64, 128]
    assert lines[0]["protocol"]["image_size"] is None
    alone = evaluate(arguments[0], f"--model=b={tmp_path / 'larger.keras'}", f"--output_dir={tmp_path / 'alone'}")
    assert alone.returncode == 0, alone.stderr
    assert read_lines(tmp_path / "alone")[-1]["psnr"] == pytest.approx(lines[3]["psnr"], abs=1e-3)
    result = evaluate(*arguments, f"--output_dir={tmp_path / 'common'}", "--image_size=128")
    assert result.returncode == 0, result.stderr
    assert {line["protocol"].get("size", 128) for line in read_lines(tmp_path / "common")} == {128}
    assert "## The network's own output, at 128x128" in result.stdout


# === Classifier and FID ===


def test_classifier_by_default_is_left_out_where_it_cannot_be_had(evaluate, error_of, photos, tmp_path, monkeypatch):
    def offline(weights):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(classifier.keras.applications, "VGG16", offline)
    (photos / "images" / "car.jpg").rename(photos / "images" / "n01440764_car.jpg")
    arguments = (f"--data_dir={photos / 'images'}", "--image_size=16", f"--output_dir={tmp_path / 'results'}")
    result = evaluate(*arguments)
    assert result.returncode == 0, result.stderr
    assert (
        "Top-1 and Top-5 are left out: --classifier=VGG16: the weights of VGG16 cannot be downloaded" in result.stderr
    )
    assert "cannot be downloaded" in error_of(evaluate(*arguments, "--overwrite", "--classifier=VGG16"))


def test_fid_of_few_photos_is_measured_with_a_warning(evaluate, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(
        inception, "InceptionFeatures", lambda: lambda images: np.array([i.mean(axis=(0, 1)) for i in images])
    )
    arguments = (f"--data_dir={photos / 'images'}", "--image_size=16", f"--output_dir={tmp_path / 'results'}")
    result = evaluate(*arguments, "--fid")
    assert result.returncode == 0, result.stderr
    assert "The FID of 3 photos says little: it needs 2048" in result.stderr
    assert [("fid" in line) for line in read_lines(tmp_path / "results")] == [False, True] * 2
    assert " FID |" in result.stdout


@pytest.mark.slow
def test_inception_has_2048_features():
    features = inception.InceptionFeatures(weights=None)
    pictures = [np.zeros((20, 30, 3), np.uint8), np.full((299, 299, 3), 255, np.uint8)]
    first, second = features(pictures)
    assert first.shape == (2048,)
    assert (first != second).any()


# === What is wrong ===


def test_mistakes_are_named(evaluate, error_of, photos, generator, judge, tmp_path):
    chroma_generator(image_size=64, network_input="thermal").save(tmp_path / "thermal.keras")
    arguments = (f"--data_dir={photos}", f"--output_dir={tmp_path / 'results'}", "--image_size=64")
    for wrong, message in (
        (["--model=missing.keras"], "missing.keras does not exist"),
        ([f"--model=truth={generator}"], "Two rows would be called 'truth'"),
        ([f"--model={generator}", "--image_size=100"], "multiples of 64"),
        ([f"--model={tmp_path / 'thermal.keras'}"], f"--data_dir={photos} has no thermal images, which a model takes"),
        (["--pred_dir=missing"], "The folder missing does not exist"),
        (["--data_dir=missing"], "The folder missing does not exist"),
        (
            ["--classifier=missing.keras", f"--labels={photos / 'labels.csv'}"],
            "--classifier=missing.keras: there is no",
        ),
        ([f"--classifier={judge}"], "no photo has a class"),
        ([f"--classifier={judge}", "--labels=missing.csv"], "missing.csv: No such file"),
        (["--judge=missing.keras"], "--judge=missing.keras: there is no such file"),
        ([f"--judge={judge}", "--judge_layer=conv"], "has no layer conv"),
        (["--judge_size=99"], "--judge_size is of the judge"),
        (["--baseline=other"], "--baseline=other is none of the methods: greyscale."),
    ):
        assert message in error_of(evaluate(*arguments, *wrong)), wrong
    assert not (tmp_path / "results").exists()

"""scgan serving_client, run as a user does, on a local server."""

import pathlib
import socket

import cv2
import numpy as np
import pytest
from PIL import Image
from serving import server, tiny_model

from keras_scgan import data
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo

GOOD = ("gray.jpg", "deep.png", "alpha.png", "rotated.png", "palette.gif", "scan.tif", "sub/Schloß 城.webp")
BAD = {
    "zero.jpg": "empty file",
    "text.jpg": "no readable picture",
    "truncated.jpg": "truncated",
    "corrupt.jpg": "damaged JPEG",
    "rotated.jpg": "the server's answer has 40x30 pixels, but the photo 30x40",  # this model does not turn photos
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return server.Models(tiny_model.save(tmp_path_factory.mktemp("models")))


@pytest.fixture(scope="module", params=server.PROTOCOLS)
def served(request, models):
    with server.serve(models, request.param):
        yield models


@pytest.fixture
def colorize(served, call_tool):
    """Function that runs the tool on the server; later flags take the place of its own."""
    served.reset()
    flags = (f"--server={served.address}", f"--protocol={served.protocol}", "--model_name=scgan", "--output_dir=out")
    return lambda *arguments: call_tool("serving_client.py", *flags, *arguments)


@pytest.fixture(scope="module")
def photo():
    pixels = read_photo(sorted((data.demo_dir() / "images").iterdir())[0]).pixels
    return Image.fromarray(pixels).resize((40, 30))


@pytest.fixture
def good(tmp_path, photo, monkeypatch):
    """A folder `in` of photos of many kinds."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    camera = Image.Exif()
    camera[0x010F] = "A camera"
    photo.convert("L").save(folder / "gray.jpg", exif=camera, quality=95)
    Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257).save(folder / "deep.png")
    photo.putalpha(photo.convert("L"))
    photo.save(folder / "alpha.png")
    photo = photo.convert("RGB")
    photo.save(folder / "rotated.png", exif=exif)
    photo.quantize(16).save(folder / "palette.gif")
    photo.save(folder / "scan.tif")
    photo.save(folder / "sub" / "Schloß 城.webp", lossless=True)
    return folder


@pytest.fixture
def bad(good, photo):
    (good / "zero.jpg").touch()
    (good / "text.jpg").write_text("no picture")
    exif = Image.Exif()
    exif[0x0112] = 6
    photo.convert("RGB").save(good / "rotated.jpg", exif=exif)
    whole = (good / "gray.jpg").read_bytes()
    (good / "truncated.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    # A comment holds the mark of the end.
    (good / "corrupt.jpg").write_bytes(whole[: len(whole) * 2 // 3] + b"\xff\xfe\x00\x04\xff\xd9")
    return good


def result_of(name):
    path = pathlib.Path("out", name)
    return path.with_suffix(".png") if path.suffix == ".gif" else path


def test_a_folder_is_colorized_and_each_bad_photo_is_one_line(bad, colorize):
    run = colorize("in", "--concurrency=3")
    assert run.returncode == 1, run.stderr
    assert run.stdout == f"{len(GOOD)} colorized, {len(BAD)} failed\n"
    lines = run.stderr.splitlines()
    for name, reason in BAD.items():
        (line,) = [line for line in lines if line.startswith(f"in/{name}: ")]
        assert reason in line
    assert len(lines) == len(BAD)
    assert {path for path in pathlib.Path("out").rglob("*") if path.is_file()} == {result_of(name) for name in GOOD}

    for name in GOOD:
        original, result = read_photo(f"in/{name}").pixels, read_photo(result_of(name)).pixels
        gray = color.to_gray(original)
        gray = gray if gray.dtype == np.uint8 else (gray // 257).astype(np.uint8)
        difference = result[..., :3].astype(int) - tiny_model.paint(gray)
        if name.endswith((".jpg", ".webp")):  # which lose something, WebP most at the edges of colours
            assert np.abs(difference.mean(axis=(0, 1))).max() < 8, name
        else:
            assert not difference.any(), name
        if original.shape[2:] == (4,):
            np.testing.assert_array_equal(result[..., 3], original[..., 3])
    assert read_photo("out/alpha.png").pixels.shape == (30, 40, 4)
    assert read_photo("out/rotated.png").pixels.shape == (40, 30, 3)
    for name in ("gray.jpg", "rotated.png"):
        with Image.open(f"out/{name}") as image:
            assert image.getexif()[0x010F] == "A camera"


def test_run_again_it_asks_only_for_what_is_not_done(good, served, colorize):
    assert colorize("in").returncode == 0
    result_of("scan.tif").unlink()
    served.requests = 0
    assert f"1 colorized, {len(GOOD) - 1} skipped" in colorize("in").stdout
    assert served.requests == 1
    assert f"{len(GOOD)} colorized, 0 failed" in colorize("in", "--overwrite").stdout


def test_with_nothing_to_do_the_server_is_not_needed(good, colorize):
    assert colorize("in/scan.tif").returncode == 0
    run = colorize("in/scan.tif", "--server=localhost:1", "--retries=0")
    assert (run.returncode, run.stderr) == (0, "")


def test_format_and_version_are_those_that_are_chosen(good, colorize):
    run = colorize("in/gray.jpg", "--input=in/scan.tif", "--format=webp", "--model_version=1")
    assert run.returncode == 0, run.stderr
    assert all(pathlib.Path(f"out/{name}.webp").read_bytes()[8:12] == b"WEBP" for name in ("gray", "scan"))


def test_200_photos_8_at_a_time_are_all_done(tmp_path, served, colorize, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("in").mkdir()
    grays = {f"{i}.png": np.full((1 + i % 5, 2 + i % 3), i, np.uint8) for i in range(200)}
    for name, gray in grays.items():
        cv2.imwrite(f"in/{name}", gray)
    assert colorize("in", "--concurrency=8").stdout == "200 colorized, 0 failed\n"
    assert served.requests == 200
    for name, gray in grays.items():
        np.testing.assert_array_equal(read_photo(f"out/{name}").pixels, tiny_model.paint(gray))


# === One line for what stands in the way ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give the photos"),
        (["missing"], "There is no such file or folder: missing"),
        (["in/alpha.png", "--output_dir=in"], "would take the place of an original"),
        (["in", "--model_name=scagn"], "The model 'scagn' at localhost"),
        (["in", "--model_name=other"], "has no signature colorize_bytes (it has: serving_default)"),
        (["in", "--model_version=3"], "The model 'scgan', version 3, at localhost"),
        (["in", "--server=localhost"], "The server 'localhost' is not HOST:PORT"),
        (["in", "--max_message_mb=2048"], "max_message_mb"),
        (["in", "--token_file=missing"], "missing: No such file"),
    ],
)
def test_a_mistake_in_the_call_is_one_line(good, colorize, error_of, arguments, message):
    run = colorize(*arguments)
    assert message in error_of(run)
    assert len(run.stderr.splitlines()) == 1
    assert run.stdout == ""
    assert not pathlib.Path("out").exists()


def test_a_server_that_stops_half_way_is_one_line_for_each_photo(good, served, colorize):
    assert colorize("in/alpha.png", "in/scan.tif").returncode == 0
    left = len(GOOD) - 2
    served.requests, served.failures = 0, [("UNAVAILABLE", "shutting down")] * 100
    run = colorize("in", "--concurrency=2", "--retries=1")
    assert run.returncode == 1
    lines = run.stderr.splitlines()
    assert len(lines) == left
    assert all("No server is available" in line and "(shutting down; tried 2 times)" in line for line in lines)
    assert run.stdout == f"0 colorized, 2 skipped as done already (--overwrite does them again), {left} failed\n"
    assert served.requests == 2 * left


def test_a_stopped_server_is_all_that_is_on_stderr(good, run_tool, error_of):
    pytest.importorskip("tensorflow_serving.apis")
    with socket.socket() as listener:
        listener.bind(("localhost", 0))  # bound, but nobody listens
        address = f"localhost:{listener.getsockname()[1]}"
        flags = (f"--server={address}", "--protocol=grpc", "--model_name=scgan", "--retries=1")
        run = run_tool("serving_client.py", good, *flags, cwd=good.parent)
    assert f"No server is available at {address} for grpc" in error_of(run)
    assert len(run.stderr.splitlines()) == 1

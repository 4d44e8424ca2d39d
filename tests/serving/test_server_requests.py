"""What the photo server answers: the colorizer's results to the byte, and an error that names what is wrong."""

import base64
import http.client
import io
import json
import socket

import cv2
import numpy as np
import photos_of_kinds
import pytest
from PIL import Image
from serving import running_server
from starlette.exceptions import HTTPException

from keras_scgan.colorizing.results import colorize_bytes
from keras_scgan.serving.server.work import Work

PHOTO = photos_of_kinds.demo_photo()


def encoded(kind, image=PHOTO, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def rotated():
    exif = Image.Exif()
    exif[0x112] = 6
    return encoded("JPEG", exif=exif)


KINDS = {
    "gray.jpg": encoded("JPEG", PHOTO.convert("L")),
    "rotated.jpg": rotated(),
    "color.png": encoded("PNG"),
    "alpha.png": encoded("PNG", PHOTO.convert("LA")),
    "deep.png": cv2.imencode(".png", np.asarray(PHOTO.convert("L")).astype(np.uint16) * 257)[1].tobytes(),
    "photo.webp": encoded("WEBP"),
    "animated.gif": encoded("GIF"),
    "scan.tif": encoded("TIFF", PHOTO.convert("CMYK")),
}
JPEG = KINDS["gray.jpg"]


@pytest.fixture(scope="module")
def served():
    with running_server.serve(
        running_server.colorizer(), max_pixels=200_000, max_request_mb=1, model_name="x"
    ) as served:
        yield served


@pytest.fixture(scope="module")
def colorizer():
    """With the threads that it has by default."""
    return running_server.Colorizer(running_server.MODEL)


def error_of(response, status):
    assert response.status == status, response.data
    return json.loads(response.data)["error"]


# === Bytes in, bytes out ===


@pytest.mark.parametrize("name", KINDS)
def test_results_are_the_colorizer_s_byte_for_byte(served, colorizer, name):
    response = served.colorize(KINDS[name])
    expected, suffix = colorize_bytes(colorizer, KINDS[name], name="photo")
    media_type = {".jpg": "image/jpeg", ".tif": "image/tiff"}.get(suffix, f"image/{suffix[1:]}")
    assert (response.status, response.headers["Content-Type"]) == (200, media_type)
    assert response.data == bytes(expected)


@pytest.mark.parametrize(
    ("query", "of_colorizer", "of_result"),
    [
        ("saturation=1.5", {"saturation": 1.5}, {}),
        ("saturation=0", {"saturation": 0}, {}),
        ("fit=squeeze&upsampling=bicubic", {"fit": "squeeze", "upsampling": "bicubic"}, {}),
        ("flip_average=true", {"flip_average": True}, {}),
        ("flip_average=0", {}, {}),
        ("format=webp&quality=30", {}, {"suffix": ".webp", "quality": 30}),
        ("size=50", {}, {"max_side": 50}),
    ],
)
def test_options_are_those_of_the_colorizer(served, colorizer, query, of_colorizer, of_result):
    response = served.colorize(JPEG, f"?{query}")
    expected, _ = colorize_bytes(colorizer.variant(**of_colorizer), JPEG, name="photo", **of_result)
    assert (response.status, response.data) == (200, bytes(expected))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("saturatio=1", "there is no option 'saturatio'; the options are saturation, fit,"),
        ("saturation=-1", "saturation='-1': expected a number from 0 to 100"),
        ("saturation=1e9", "saturation='1e9': expected a number from 0 to 100"),
        ("saturation=inf", "saturation='inf': expected"),
        ("saturation=nan", "saturation='nan': expected"),
        ("saturation=", "saturation='': expected"),
        ("saturation=1&saturation=2", "saturation is given twice"),
        ("fit=stretch", "fit='stretch': expected one of pad, squeeze"),
        ("flip_average=yes", "flip_average='yes': expected true or false"),
        ("size=0", "size='0': expected pixels of the longer side, from 1 on"),
        ("size=" + "9" * 5000, "expected pixels"),
        ("quality=101", "quality='101': expected a whole number from 1 to 100"),
        ("quality=9.5", "quality='9.5'"),
        ("format=exe", "format='exe': expected one of jpg, png"),
    ],
)
def test_an_option_that_cannot_be_is_named(served, query, message):
    assert message in error_of(served.colorize(JPEG, f"?{query}"), 400)


@pytest.mark.parametrize(
    ("data", "status", "message"),
    [
        (b"", 422, "empty file"),
        (b"no picture", 422, "no readable picture"),
        (JPEG[: len(JPEG) // 2], 422, "Premature end"),
        (KINDS["color.png"][:-40], 422, "PNG"),
        (encoded("PNG", Image.new("L", (1000, 201))), 413, "1000x201 pixels, but 200000 at most are taken"),
        (JPEG + bytes(2**20), 413, "the request is larger than 1048576 bytes"),
        (iter([bytes(2**19)] * 3), 413, "the request is larger than 1048576 bytes"),
    ],
)
def test_a_picture_that_is_not_taken_is_named_and_others_go_on(served, data, status, message):
    assert message in error_of(served.colorize(data), status)
    assert served.colorize(JPEG).status == 200


def test_a_form_is_told_to_send_the_file_alone(served):
    response = served.colorize(b"--x\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert "the photo's file alone" in error_of(response, 415)


def test_paths_and_methods_that_there_are_not_are_told(served):
    assert served.ask("GET", "/colorize").status == 405
    assert served.ask("PUT", "/colorize", b"x" * 2**19).status == 405
    assert served.ask("GET", "/elsewhere").status == 404
    assert served.metric('scgan_requests_total{path="other",status="404"}') > 0


def test_who_waits_for_leave_to_send_is_refused_before(served):
    with socket.create_connection((served.host, served.port)) as connection:
        head = f"POST /colorize HTTP/1.1\r\nHost: x\r\nContent-Length: {2**30}\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


# === TensorFlow Serving's API ===


def b64(data):
    return {"b64": base64.b64encode(data).decode()}


REQUEST = {"signature_name": "colorize_bytes", "inputs": [b64(JPEG)]}


def predict(served, request, target="x:predict"):
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return served.ask("POST", f"/v1/models/{target}", body)


@pytest.mark.parametrize("target", ["x:predict", "x/versions/1:predict"])
@pytest.mark.parametrize(
    ("form", "answer"),
    [
        (lambda files: {"inputs": {"image_bytes": files}}, "outputs"),
        (lambda files: {"inputs": files}, "outputs"),
        (lambda files: {"instances": files}, "predictions"),
        (lambda files: {"instances": [{"image_bytes": file} for file in files]}, "predictions"),
    ],
)
def test_predictions_are_the_colorizer_s_as_png_files(served, colorizer, target, form, answer):
    files = [KINDS[name] for name in ("gray.jpg", "rotated.jpg", "deep.png")]
    request = {"signature_name": "colorize_bytes"} | form([b64(data) for data in files])
    response = predict(served, request, target)
    assert response.status == 200
    found = [base64.b64decode(result["b64"]) for result in json.loads(response.data)[answer]]
    assert found == [bytes(colorize_bytes(colorizer, data, name="photo", suffix=".png")[0]) for data in files]


def test_base64_may_be_of_many_lines(served):
    request = REQUEST | {"inputs": [{"b64": base64.encodebytes(JPEG).decode()}]}
    assert predict(served, request).data == predict(served, REQUEST).data


def test_too_late_there_is_no_answer_with_a_part_of_the_results():
    work = Work(running_server.colorizer(), max_pixels=200_000)
    with pytest.raises(HTTPException) as error:
        work.predict([JPEG, JPEG], iter([False, True]).__next__)
    assert error.value.status_code == 504


def test_status_and_metadata_are_told(served):
    (version,) = json.loads(served.ask("GET", "/v1/models/x").data)["model_version_status"]
    assert (version["version"], version["state"]) == ("1", "AVAILABLE")
    metadata = json.loads(served.ask("GET", "/v1/models/x/metadata").data)["metadata"]
    assert list(metadata["signature_def"]["signature_def"]) == ["colorize_bytes"]


LARGE = encoded("PNG", Image.new("L", (1000, 201)))


@pytest.mark.parametrize(
    ("request_", "target", "status", "message"),
    [
        (REQUEST, "y:predict", 404, "Latest(y); there is x, 1"),
        (REQUEST, "x/versions/2:predict", 404, "Specific(x, 2)"),
        (REQUEST, f"x/versions/{'9' * 5000}:predict", 400, "Malformed request"),
        (REQUEST, "%2578:predict", 404, "Latest(%78)"),
        (REQUEST, "x:classify", 400, "Malformed request"),
        (REQUEST, "x", 400, "Malformed request"),
        (REQUEST, "x/y/z", 400, "Malformed request"),
        (REQUEST | {"signature_name": "serving_default"}, "x:predict", 400, "there is colorize_bytes"),
        ({"inputs": [b64(JPEG)]}, "x:predict", 400, '"serving_default" not found'),
        (REQUEST | {"signature_name": "\ud800"}, "x:predict", 400, '"\\ud800" not found'),
        (REQUEST | {"signature_name": "a" * 1000}, "x:predict", 400, f'name: "{"a" * 200}" not found'),
        (REQUEST | {"inputs": [b64(JPEG), b64(b"x")]}, "x:predict", 400, "image 1: no readable picture"),
        (REQUEST | {"inputs": [b64(LARGE)]}, "x:predict", 413, "image 0: 1000x201 pixels"),
        (REQUEST | {"inputs": []}, "x:predict", 400, "a list of image_bytes"),
        (REQUEST | {"inputs": {"image": []}}, "x:predict", 400, "a list of image_bytes"),
        (REQUEST | {"inputs": ["text"]}, "x:predict", 400, "base64"),
        (REQUEST | {"inputs": [{"b64": "-"}]}, "x:predict", 400, "base64"),
        (REQUEST | {"inputs": [{"b64": [1]}]}, "x:predict", 400, "base64"),
        (REQUEST | {"inputs": [{"b64": None}]}, "x:predict", 400, "base64"),
        (REQUEST | {"instances": 5}, "x:predict", 400, "either `inputs` or `instances`"),
        ({"signature_name": "colorize_bytes", "instances": 5}, "x:predict", 400, "a list of image_bytes"),
        (b"{", "x:predict", 400, "no JSON"),
        (b"\xff", "x:predict", 400, "no JSON"),
        (b"[]", "x:predict", 400, "no object"),
        (b"[" * 200_000, "x:predict", 400, "no JSON"),
        (b'{"inputs": [' + b"{}," * 250_000 + b"{}]}", "x:predict", 400, "not found in signature def"),
    ],
)
def test_a_request_that_is_none_is_told_why(served, request_, target, status, message):
    assert message in error_of(predict(served, request_, target), status)
    assert predict(served, REQUEST).status == 200


@pytest.mark.parametrize(("target", "status"), [("y", 404), ("y/metadata", 404), ("x:predict", 405), ("x/labels", 400)])
def test_models_and_verbs_that_there_are_not_are_told(served, target, status):
    error_of(served.ask("GET", f"/v1/models/{target}"), status)


# === What is no HTTP ===


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"POST /colorize HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /colorize HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx",
        b"POST /colorize HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_ends_its_connection_alone(served, data):
    with socket.create_connection((served.host, served.port), timeout=10) as connection:
        try:
            connection.sendall(data)
            answer = connection.recv(1 << 16)
        except ConnectionError:
            answer = b""
    assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert served.colorize(JPEG).status == 200


def test_requests_of_one_connection_are_answered_in_turn(served):
    connection = http.client.HTTPConnection(served.host, served.port, timeout=30)
    for data, status in ((JPEG, 200), (b"x", 422), (JPEG + bytes(2**20), 413)):
        connection.request("POST", "/colorize", data)
        response = connection.getresponse()
        response.read()
        assert response.status == status
    connection.close()


# === The page ===


def test_the_page_is_served_alone_in_its_origin(tmp_path):
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "index.html").write_text("<title>Colours</title>")
    (folder / "network.wasm").write_bytes(b"\0asm")
    (folder / "_headers").write_text(
        "/*\n  Cross-Origin-Opener-Policy: same-origin\n  Cross-Origin-Embedder-Policy: require-corp\n"
        "/*.wasm\n  Cache-Control: immutable\n"
    )
    (tmp_path / "secret.txt").write_text("secret")
    with running_server.serve(running_server.WaitingColorizer(), folder) as served:
        for path, media_type in (("/", "text/html; charset=utf-8"), ("/network.wasm", "application/wasm")):
            response = served.ask("GET", path)
            assert (response.status, response.headers["Content-Type"]) == (200, media_type)
            assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
            assert response.headers["Cache-Control"] == ("immutable" if path == "/network.wasm" else None)
        assert served.ask("GET", "/../secret.txt").status == 404
        assert served.ask("GET", "/%2e%2e/secret.txt").status == 404
        assert served.ask("GET", "/healthz").status == 200

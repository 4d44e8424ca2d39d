"""The proxy of deploy/nginx.conf, where there is an nginx: TLS, a token, and nothing but what colorizes."""

import http.client
import re
import shutil
import ssl
import subprocess
import time

import certificates
import pytest
from manifests import FOLDER, NGINX
from serving import running_server

from keras_scgan.photos.files import encode_photo, read_photo
from keras_scgan.serving import ServerError, ServingClient

pytestmark = [
    certificates.needs_openssl,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx"),
]

ROOT = FOLDER.parent
TOKEN = {"Authorization": "Bearer a-token"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With a certificate, its key and a token."""
    folder = tmp_path_factory.mktemp("proxy")
    certificates.write(folder)
    (folder / "tokens").write_text('"Bearer a-token" 1;\n')
    return folder


@pytest.fixture(scope="module")
def ask(folder):
    """Function that asks the server through the proxy."""
    with running_server.serve(running_server.colorizer()) as served:
        port = served.port + 1 if served.port < 65535 else served.port - 1
        text = NGINX.replace("/tmp/", f"{folder}/").replace("/run/secrets", str(folder))
        text = text.replace("scgan:8501", served.text).replace("listen 8443", f"listen 127.0.0.1:{port}")
        text = re.sub("worker_processes auto", "daemon off; master_process off", text)
        (folder / "nginx.conf").write_text(text)
        context = ssl.create_default_context(cafile=folder / "tls.crt")

        def ask(method, path, body=None, headers=None):
            connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=30)
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            response.data = response.read()
            connection.close()
            return response

        command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            try:
                _wait_for(ask)
                ask.port = port
                yield ask
            finally:
                process.terminate()


def _wait_for(ask):
    for _ in range(100):
        try:
            return ask("GET", "/healthz")
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the proxy does not answer")


@pytest.fixture(scope="module")
def photo():
    return bytes(encode_photo("photo.jpg", read_photo(ROOT / "examples" / "black_canyon.jpg").pixels))


def test_with_a_token_photos_are_colorized(ask, photo):
    assert ask("POST", "/colorize", photo, TOKEN).data.startswith(b"\xff\xd8")
    assert ask("GET", "/v1/models/scgan", headers=TOKEN).status == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer another"}, {"Authorization": "a-token"}])
@pytest.mark.parametrize("path", ["/colorize", "/v1/models/scgan:predict"])
def test_without_one_they_are_not(ask, photo, headers, path):
    response = ask("POST", path, photo, headers)
    assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("path", ["/metrics", "/", "/readyz", "/v1"])
def test_what_does_not_colorize_is_not_there(ask, path):
    assert ask("GET", path, headers=TOKEN).status == 404


def test_the_client_works_through_it(ask, folder, photo):
    address, options = f"localhost:{ask.port}", {"tls": True, "ca_file": folder / "tls.crt"}
    with ServingClient(address, "scgan", token="a-token", **options) as client:
        assert client.colorize(photo).startswith(b"\x89PNG")
    with pytest.raises(ServerError, match="a token is needed"):
        ServingClient(address, "scgan", **options)


def test_the_health_is_told_to_all(ask):
    assert ask("GET", "/healthz").status == 200

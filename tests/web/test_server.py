"""The server of the page: which files it sends, and with which headers."""

import gzip
import http.client
import socket
import threading

import pytest

from keras_scgan.program.errors import UserError
from keras_scgan.web import headers, server

HEADERS = """# of all
/*
  Content-Security-Policy: default-src 'self'; img-src blob:
  Cache-Control: no-cache

/assets/*
  Cache-Control: immutable
"""


@pytest.fixture
def page_dir(tmp_path):
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "_headers").write_text(HEADERS)
    (folder / "index.html").write_text("<h1>Page</h1>")
    (folder / "assets" / "a b.js").write_text("run();")
    (folder / "assets" / "a b.js.gz").write_bytes(gzip.compress(b"run();"))
    (folder / "net.tflite").write_bytes(b"\0\1")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def ask(page_dir):
    """Function that asks the server for an address: status, headers and body."""
    with server.make_server(page_dir, 0) as page_server:
        thread = threading.Thread(target=page_server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        connection = http.client.HTTPConnection(server.HOST, page_server.server_port, timeout=30)

        def request(address, method="GET", **sent):
            connection.request(method, address, headers=sent)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()

        yield request
        connection.close()
        page_server.shutdown()
        thread.join()


def test_the_page_has_its_headers(ask):
    status, sent, body = ask("/?backend=wasm")
    assert (status, body) == (200, b"<h1>Page</h1>")
    assert sent["Content-Type"] == "text/html; charset=utf-8"
    assert sent["Content-Security-Policy"] == "default-src 'self'; img-src blob:"
    assert sent["Cache-Control"] == "no-cache"


def test_files_are_sent_compressed_to_those_who_take_it(ask):
    status, sent, body = ask("/assets/a%20b.js")
    assert (status, body, "Content-Encoding" in sent) == (200, b"run();", False)
    status, sent, body = ask("/assets/a%20b.js", **{"Accept-Encoding": "br, gzip"})
    assert (status, gzip.decompress(body), sent["Content-Encoding"]) == (200, b"run();", "gzip")
    assert (sent["Content-Type"], sent["Cache-Control"]) == ("text/javascript", "immutable")


def test_head_gets_no_body(ask):
    status, sent, body = ask("/net.tflite", "HEAD")
    assert (status, sent["Content-Length"], sent["Content-Type"], body) == (200, "2", "application/octet-stream", b"")


@pytest.mark.parametrize(
    "address",
    [
        *("/missing", "/assets", "/assets/", "/../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd", "/a%00b"),
        *("/index.html/", f"/{'a' * 5000}"),
    ],
)
def test_what_is_no_file_of_the_page_is_not_found(ask, address):
    assert ask(address)[0] == 404


def test_links_lead_out_of_the_page_nowhere(ask, page_dir):
    try:
        (page_dir / "out.txt").symlink_to(page_dir.parent / "secret.txt")
    except OSError:
        pytest.skip("no links here")
    (page_dir / "circle").symlink_to(page_dir / "circle")
    (page_dir / "assets" / "index.html").symlink_to(page_dir.parent / "secret.txt")
    assert [ask(address)[0] for address in ("/out.txt", "/circle", "/assets/")] == [404] * 3


def test_what_is_no_question_for_a_file_is_refused(ask):
    assert ask("/", "POST")[0] == 501


def test_a_folder_without_a_page_is_an_error_that_says_how_to_build_it(tmp_path):
    with pytest.raises(UserError, match=f"`page_dir={tmp_path}` has no page.*npm ci && npm run build"):
        server.make_server(tmp_path)


def test_headers_that_cannot_be_read_are_an_error_that_names_them(page_dir):
    (page_dir / "_headers").write_text("Cache-Control: no-cache")
    with pytest.raises(UserError, match="_headers: a line that is neither a path nor a header"):
        server.make_server(page_dir)


def test_a_port_that_is_taken_is_named(page_dir):
    with server.make_server(page_dir, 0) as first, pytest.raises(UserError, match=f"`port={first.server_port}`"):
        server.make_server(page_dir, first.server_port)


def test_a_port_is_free_again_at_once(page_dir):
    with server.make_server(page_dir, 0) as first, socket.create_connection(first.server_address):
        first.socket.accept()[0].close()  # which the system remembers for a minute
    server.make_server(page_dir, first.server_port).server_close()


# === Headers ===


def test_later_patterns_take_the_place_of_earlier_ones():
    rules = headers.parse(HEADERS)
    assert [pattern for pattern, _ in rules] == ["/*", "/assets/*"]
    assert headers.of_path(rules, "/index.html")["Cache-Control"] == "no-cache"
    assert headers.of_path(rules, "/assets/x.js")["Cache-Control"] == "immutable"
    assert headers.of_path([], "/") == {}


@pytest.mark.parametrize("text", ["  A: b\n/*", "/*\n  no colon", "words"])
def test_other_lines_are_errors(text):
    with pytest.raises(ValueError, match="neither a path nor a header"):
        headers.parse(text)

"""Serves the files of the page on the loopback address, with the headers that it needs."""

import errno
import functools
import http.server
import os
import pathlib
import urllib.parse

from keras_scgan.program.errors import UserError, first_line
from keras_scgan.web import headers

HOST = "127.0.0.1"

PAGE_DIR = pathlib.Path(__file__).parents[2] / "web" / "dist"
"""Where a clone has the page when it is built. An installed package has none: it is twice as large as all the rest."""

_TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
_COMPRESSED = ".gz"


def make_server(page_dir=PAGE_DIR, port=8000):
    """Makes a server of the page, which listens, and answers once its `serve_forever` is called.

    Args:
        page_dir: path of the folder with the page. Defaults to where a clone has it.
        port: int in [0, 65535]. 0 takes any that is free.

    Returns:
        `http.server.ThreadingHTTPServer`; `server_port` is its port.

    Raises:
        UserError: The page is not there, its headers cannot be read, or the port is taken.
    """
    handler = functools.partial(_Handler, page_dir=pathlib.Path(page_dir).resolve(), rules=read_rules(page_dir))
    try:
        return _Server((HOST, port), handler)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise UserError(f"`port={port}` cannot be listened on ({error.strerror}): choose another one.") from error


def read_rules(page_dir):
    """Reads what headers the files of a page are sent with.

    Args:
        page_dir: path of the folder with the page.

    Returns:
        As of `headers.parse`.

    Raises:
        UserError: The page is not there, or its headers cannot be read.
    """
    page_dir = pathlib.Path(page_dir)
    if not has_page(page_dir):
        raise UserError(
            f"`page_dir={page_dir}` has no page. Build it in a clone of the repository, with Node.js 20 or newer: "
            "cd web && npm ci && npm run build"
        )
    path = page_dir / headers.FILE_NAME
    try:
        return headers.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {first_line(error)}") from error


def has_page(page_dir=PAGE_DIR):
    """Whether a folder has the page."""
    return (pathlib.Path(page_dir) / "index.html").is_file()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name != "nt"
    """So that a port is free again at once, but two servers never share it, as they could on Windows."""


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers requests for files of the page.

    Args:
        page_dir: path, resolved.
        rules: as of `headers.parse`.
    """

    protocol_version = "HTTP/1.1"
    server_version = "scgan"
    sys_version = ""

    def __init__(self, *args, page_dir, rules):
        self._page_dir = page_dir
        self._rules = rules
        super().__init__(*args)

    def do_GET(self):
        path = self._send_head()
        if path is not None:
            with open(path, "rb") as file:
                self.copyfile(file)

    def do_HEAD(self):
        self._send_head()

    def copyfile(self, file):
        """Sends a file. A browser that goes away meanwhile is no error."""
        try:
            while block := file.read(1 << 16):
                self.wfile.write(block)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_):
        """Says nothing of requests."""

    def _send_head(self):
        """Sends status and headers. Returns the path of what is to follow, or `None`."""
        try:
            address = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
            path = self._find(address)
        except (OSError, RuntimeError, ValueError):  # no name that a file can have, or links in a circle
            path = None
        if path is None:
            self.send_error(404)
            return None
        kind = _TYPES.get(path.suffix, "application/octet-stream")
        compressed = path.with_name(path.name + _COMPRESSED)
        is_compressed = compressed.is_file() and "gzip" in self.headers.get("Accept-Encoding", "")
        found = compressed if is_compressed else path
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(found.stat().st_size))
        self.send_header("Vary", "Accept-Encoding")
        if is_compressed:
            self.send_header("Content-Encoding", "gzip")
        for name, value in headers.of_path(self._rules, address).items():
            self.send_header(name, value)
        self.end_headers()
        return found

    def _find(self, address):
        """The file of an address, a path, or `None` where there is none within the page."""
        if address.endswith("/"):
            address += "index.html"
        path = (self._page_dir / address.lstrip("/")).resolve()
        return path if path.is_relative_to(self._page_dir) and path.is_file() else None

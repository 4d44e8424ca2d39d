"""Serves the page that colorizes photos in the browser, on this machine alone.

    scgan web [--port=8000]

Build the page in a clone of the repository, with Node.js 20.19 or newer: cd web && npm ci && npm run build. Photos
stay in the browser. Ctrl-C ends the server.
"""

import webbrowser

from absl import flags, logging

from keras_scgan.web import server

_PORT = flags.DEFINE_integer(
    "port", 8000, "Port of the loopback address to serve the page on; 0 takes one that is free.", 0, 65535
)
_PAGE_DIR = flags.DEFINE_string("page_dir", None, "Folder with the page. Default: where a clone has it, web/dist.")
_OPEN = flags.DEFINE_bool("open", True, "Open the page in a browser.")


def main(_):
    """Serves the page until it is stopped."""
    with server.make_server(_PAGE_DIR.value or server.PAGE_DIR, _PORT.value) as page_server:
        address = f"http://{server.HOST}:{page_server.server_port}/"
        logging.info("The page is at %s until Ctrl-C is pressed.", address)
        if _OPEN.value:
            webbrowser.open(address)
        page_server.serve_forever()

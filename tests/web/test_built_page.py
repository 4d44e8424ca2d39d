"""The files of the page's source agree with the project."""

import json
import pathlib

import pytest

from keras_scgan.colorizing import shipped
from keras_scgan.web import headers

ROOT = pathlib.Path(__file__).parents[2]
WEB = ROOT / "web"


@pytest.mark.parametrize("name", ["scgan", "scgan_all"])
def test_the_sizes_are_those_of_the_shipped_networks(name):
    table = json.loads((WEB / "sizes.json").read_text())
    model = shipped.litert_path(name).read_bytes()
    own = [int.from_bytes(model[4 * place : 4 * place + 4], "little", signed=True) for place in table["places"]]
    assert own == table["values"]["224"]
    assert list(table["values"]) == ["128", "224", "320", "448"]


def test_every_answer_isolates_the_page_and_lets_it_ask_nobody_else():
    rules = headers.parse((WEB / "public" / "_headers").read_text())
    for path in ("/", "/sw.js", "/assets/worker.js", "/litert-1/a.wasm", "/networks/a.tflite"):
        sent = headers.of_path(rules, path)
        assert sent["Cross-Origin-Opener-Policy"] == "same-origin"
        assert sent["Cross-Origin-Embedder-Policy"] == "require-corp"
        policy = dict(part.strip().split(" ", 1) for part in sent["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert set(" ".join(policy.values()).split()) <= {"'none'", "'self'", "'wasm-unsafe-eval'", "blob:"}


def test_packages_come_from_no_private_registry():
    lock = json.loads((WEB / "package-lock.json").read_text())
    resolved = [package["resolved"] for package in lock["packages"].values() if "resolved" in package]
    assert [url for url in resolved if not url.startswith("https://registry.npmjs.org/")] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


@pytest.mark.parametrize("name", ["package.json", "public/manifest.webmanifest"])
def test_descriptions_are_json(name):
    assert json.loads((WEB / name).read_text())["name"]

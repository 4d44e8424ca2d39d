"""Servers of small models, one a protocol."""

import time
import types

import pytest
from serving import server, tiny_model

from keras_scgan.serving import retrying


@pytest.fixture(scope="session")
def model_folders(tmp_path_factory):
    return tiny_model.save(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def models(model_folders):
    return server.Models(model_folders)


@pytest.fixture(scope="module", params=server.PROTOCOLS)
def running(request, models):
    """A server: `server.Models`, with `address` and `protocol`."""
    with server.serve(models, request.param):
        yield models


@pytest.fixture
def served(running):
    """`running`, as it was at its start."""
    running.reset()
    return running


@pytest.fixture
def pauses(monkeypatch):
    """Seconds that the client waited, a list; without having waited, though its clock has gone on."""
    waited = []
    clock = types.SimpleNamespace(sleep=waited.append, monotonic=lambda: time.monotonic() + sum(waited))
    monkeypatch.setattr(retrying, "time", clock)
    return waited

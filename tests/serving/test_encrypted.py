"""The client by an encrypted connection: the server is who it says, sees a token, and has no more time than others."""

import itertools
import ssl
import time

import certificates
import pytest
from serving import raw_server
from serving.raw_server import response

from keras_scgan.program.errors import UserError
from keras_scgan.serving import RequestError, ServerError, ServingClient

pytestmark = certificates.needs_openssl

PNG = b"\x89PNG of colours"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    certificates.write(folder)
    return folder


@pytest.fixture
def connect(folder):
    """Function from the address of an encrypted server to a client of it, with options that go before its own."""

    def connect(address, **options):
        options = {"tls": True, "ca_file": folder / "tls.crt", "timeout": 5.0, "retries": 0} | options
        return ServingClient(address.replace("127.0.0.1", "localhost"), "scgan", **options)

    return connect


@pytest.fixture
def context(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context


def same(number, data):
    return raw_server.colorized(data)


def test_a_photo_goes_there_and_back_with_the_token(connect, context):
    with raw_server.serve(same, tls=context, token="a-token") as address, connect(address, token="a-token") as client:
        large = PNG * 200_000
        assert client.colorize(PNG) == PNG
        assert client.colorize(large) == large


@pytest.mark.parametrize("token", [None, "another"])
def test_a_token_that_is_not_taken_is_told(connect, context, token):
    refused = pytest.raises(ServerError, match=r"cannot be used: HTTP status 401 Reason \(UNAUTHENTICATED\)")
    with raw_server.serve(same, tls=context, token="a-token") as address, refused:
        connect(address, token=token)


@pytest.mark.parametrize(
    ("options", "host", "reason"),
    [({"ca_file": None}, "localhost", "self-signed certificate"), ({}, "127.0.0.1", "IP address mismatch")],
)
def test_a_server_that_may_be_another_is_told(folder, context, options, host, reason):
    options = {"tls": True, "ca_file": folder / "tls.crt"} | options
    with raw_server.serve(same, tls=context) as address, pytest.raises(ServerError) as error:
        ServingClient(address.replace("127.0.0.1", host), "scgan", **options)
    assert "its certificate is not trusted" in str(error.value)
    assert reason in str(error.value)


def test_one_side_alone_that_encrypts_is_told(connect, context):
    with raw_server.serve(same) as address, pytest.raises(ServerError, match="No server is available"):
        connect(address)
    with raw_server.serve(same, tls=context) as address, pytest.raises(ServerError):
        connect(address, tls=False, ca_file=None)


def endless(head, part):
    yield head
    for _ in itertools.count():
        time.sleep(0.05)
        yield part


@pytest.mark.parametrize(
    ("head", "part"), [(b"", b"a"), (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"), (response(b"", length=10**5), b" ")]
)
def test_an_answer_that_drips_takes_no_longer_than_the_timeout(connect, context, head, part):
    answer = lambda *_: endless(head, part)  # noqa: E731
    with raw_server.serve(answer, tls=context) as address, connect(address, timeout=0.6) as client:
        start = time.perf_counter()
        with pytest.raises(RequestError, match=r"within 0.6 s"):
            client.colorize(PNG)
        assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "grpc"}, "`tls` is for `protocol=rest`"),
        ({"tls": False}, "`ca_file` and a token are for an encrypted connection"),
        ({"tls": False, "ca_file": None, "token": "x"}, "`ca_file` and a token are for an encrypted connection"),
        ({"ca_file": __file__}, "holds no certificates that can be read"),
        ({"ca_file": "missing"}, "`ca_file=missing` holds no certificates that can be read"),
        ({"token": ""}, "The token is empty, or holds other characters"),
        ({"token": "a\nb"}, "or holds other characters"),
    ],
)
def test_what_does_not_go_together_is_told(connect, options, message):
    with pytest.raises(UserError, match=message):
        connect("localhost:1", **options)

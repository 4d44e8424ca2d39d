import pytest

from keras_scgan.program import json_files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is no JSON"),
        (b"{", "it is no JSON"),
        (b"\xff\xfe\x00", "it is no JSON"),
        (b"[" * 200_000 + b"]" * 200_000, "it is no JSON"),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "it is no JSON"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "it is no JSON"),
        (b"[1]", "it is no object of JSON"),
        (b"null", "it is no object of JSON"),
    ],
)
def test_what_is_no_object_is_told(tmp_path, content, message):
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{message}$"):
        json_files.read_object(path)


def test_what_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(json_files, "_MAX_BYTES", 100)
    path = tmp_path / "file.json"
    path.write_text('{"a": 1}' + " " * 92)
    assert json_files.read_object(path) == {"a": 1}
    path.write_text('{"a": 1}' + " " * 93)
    with pytest.raises(ValueError, match="it has more than 100 bytes"):
        json_files.read_object(path)

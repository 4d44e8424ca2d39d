"""Files on any file system of Beam's: read with errors that name them, written whole or not at all."""

import pytest
import ram_files
from apache_beam.io.filesystem import BeamIOError

from keras_scgan.archive import places
from keras_scgan.program.errors import BadFileError, UserError


@pytest.mark.parametrize(
    ("place", "base"),
    [
        ("scans", "scans"),
        ("scans/**/*.tif", "scans"),
        ("/a/b[12]/c?.jpg", "/a"),
        ("*.jpg", "."),
        ("gs://bucket/a*/b", "gs://bucket"),
        ("gs://bucket/scans", "gs://bucket/scans"),
    ],
)
def test_the_base_is_the_folder_or_what_a_pattern_begins_with(place, base):
    assert places.base_of(place) == base


@pytest.mark.parametrize(
    ("path", "base", "relative"),
    [
        ("/a/b/c.jpg", "/a", "b/c.jpg"),
        ("/a/b/c.jpg", "/a/", "b/c.jpg"),
        ("/ab/c.jpg", "/a", None),
        ("/a/../b.jpg", "/a", None),
        ("gs://x/a/b.jpg", "gs://x", "a/b.jpg"),
        ("gs://x/a/b.jpg", "gs://x/a/", "b.jpg"),
        ("gs://xy/a.jpg", "gs://x", None),
        ("gs://x/a.jpg", "/", None),
    ],
)
def test_a_path_is_relative_to_a_folder_that_it_lies_in(path, base, relative):
    assert places.relative_to(path, base) == relative


def test_a_remote_file_is_read_and_what_is_wrong_names_it(ram):
    ram["ram://a/b.jpg"] = b"data"
    assert places.read("ram://a/b.jpg") == b"data"
    with pytest.raises(BadFileError, match=r"ram://a/c.jpg: cannot be read \(there is no"):
        places.read("ram://a/c.jpg")
    ram_files.FAULTS["open"] = KeyError("of a client")
    with pytest.raises(BadFileError, match="of a client"):
        places.read("ram://a/b.jpg")


def test_a_remote_file_is_written_whole(ram):
    places.write("ram://a/b.jpg", b"one")
    places.write("ram://a/b.jpg", memoryview(b"two"))
    assert ram == {"ram://a/b.jpg": b"two"}


@pytest.mark.parametrize("step", ["create", "rename"])
def test_a_remote_file_that_cannot_be_written_leaves_nothing(ram, step):
    ram_files.FAULTS[step] = RuntimeError("quota")
    with pytest.raises(OSError, match=r"ram://a/b.jpg cannot be written \(quota\)"):
        places.write("ram://a/b.jpg", b"data")
    assert ram == {}


def test_a_file_system_that_gives_no_name_twice_is_written_to(ram):
    places.write("ram://a/b.jpg", b"one")
    ram_files.FAULTS["rename"] = BeamIOError("it is there")
    places.write("ram://a/b.jpg", b"two")
    assert ram == {"ram://a/b.jpg": b"two"}


def test_files_are_found_but_for_temporary_ones_which_may_be_deleted(ram, tmp_path):
    temporary = ".b.0123456789abcdef.tmp.jpg"
    for name in ("a.jpg", "in/b.jpg", temporary):
        ram[f"ram://x/{name}"] = b"data"
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"data")
    for folder in ("ram://x", str(tmp_path)):
        found = sorted(places.files_in(folder))
        assert [file[:2] for file in found] == [(f"{folder}/{name}", 4) for name in ("a.jpg", "in/b.jpg")]
    assert f"ram://x/{temporary}" in ram
    assert len(list(places.files_in("ram://x", clean=True))) == 2
    assert f"ram://x/{temporary}" not in ram
    assert list(places.files_in("ram://x/a.jpg")) == [("ram://x/a.jpg", 4, 0)]


def test_whether_a_place_exists(ram, tmp_path):
    ram["ram://x/in/a.jpg"] = b"data"
    (tmp_path / "a.jpg").touch()
    there = ("ram://x", "ram://x/in/a.jpg", "ram://x/**.jpg", str(tmp_path), f"{tmp_path}/*.jpg")
    assert [place for place in there if not places.exists(place)] == []
    assert not any(map(places.exists, ("ram://y", "ram://x/*.png", "nowhere", f"{tmp_path}/*.png")))


def test_a_place_of_no_file_system_is_the_argument_s_fault():
    places.check("output_dir", "/anywhere")
    with pytest.raises(UserError, match="`output_dir=nope://x`: Unable to get filesystem"):
        places.check("output_dir", "nope://x")

"""Layouts: which files are the photos, and what belongs to them."""

import pytest

from keras_scgan.preparation.sources import Source, add_maps, find_sources
from keras_scgan.program.errors import UserError


@pytest.fixture
def make(tmp_path):
    """Function that makes empty files in a folder, which it returns."""

    def touch(*paths):
        for path in paths:
            (tmp_path / "in" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / path).touch()
        return tmp_path / "in"

    return touch


def test_photos_are_found_in_subfolders_and_sorted(make):
    sources, unusable = find_sources(make("b.jpg", "a/c.PNG", "notes.txt"), "photos")
    assert sources == [Source("a/c.PNG"), Source("b.jpg")]
    assert [source.key for source in sources] == ["a/c", "b"]
    assert unusable == {}


def test_two_files_of_one_name_but_for_the_suffix_are_one_source_and_one_that_is_named(make):
    sources, unusable = find_sources(make("a.jpg", "a.png"), "photos")
    assert sources == [Source("a.jpg")]
    assert unusable == {"a.png": "named like a.jpg but for the suffix: rename it"}


def test_the_topmost_folder_is_the_class(make):
    sources, unusable = find_sources(make("n01/x.JPEG", "n02/deep/y.JPEG", "stray.JPEG"), "class_folders")
    assert {source.path: source.label for source in sources} == {"n01/x.JPEG": "n01", "n02/deep/y.JPEG": "n02"}
    assert unusable == {"stray.JPEG": "in no folder of a class"}


def test_frames_of_kaist_are_photos_with_their_thermal_images(make):
    folder = make(
        *(f"set00/V000/{kind}/I0000{number}.jpg" for kind in ("visible", "lwir") for number in range(5)),
        "set00/V001/visible/I00000.jpg",
        "set00/V001/lwir/I00001.jpg",
        "set00/V000/annotations/I00000.jpg",
        "other.jpg",
    )
    sources, unusable = find_sources(folder, "kaist", every=2)
    assert sources == [
        Source(f"set00/V000/visible/I0000{n}.jpg", f"set00/V000/lwir/I0000{n}.jpg", video="set00/V000")
        for n in (0, 2, 4)
    ]
    assert unusable == {
        "set00/V001/visible/I00000.jpg": "without its thermal image",
        "set00/V001/lwir/I00001.jpg": "without its visible photo",
        "set00/V000/annotations/I00000.jpg": "not in setXX/VYYY/visible or lwir",
        "other.jpg": "not in setXX/VYYY/visible or lwir",
    }


def test_maps_lie_at_the_paths_of_their_photos(make, tmp_path):
    sources, _ = find_sources(make("a/x.jpg", "y.jpg"), "photos")
    (tmp_path / "maps" / "a").mkdir(parents=True)
    (tmp_path / "maps" / "a" / "x.png").touch()
    assert add_maps(sources, tmp_path / "maps") == (
        [Source("a/x.jpg", saliency="a/x.png")],
        {"y.jpg": "no saliency map of its name"},
    )
    (tmp_path / "maps" / "a" / "x.jpg").touch()
    with pytest.raises(UserError, match=r"has both a/x.jpg and a/x.png"):
        add_maps(sources, tmp_path / "maps")


@pytest.mark.parametrize("layout", ["class_folders", "kaist"])
def test_a_folder_of_another_layout_is_an_error(make, layout):
    with pytest.raises(UserError, match=f"`layout={layout}`"):
        find_sources(make("a.jpg"), layout)


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UserError, match="there is no such folder"):
        find_sources(tmp_path / "missing", "photos")

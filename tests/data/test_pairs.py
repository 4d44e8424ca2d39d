import os
import struct
import tracemalloc

import cv2
import numpy as np
import pytest

from keras_scgan.data import BadFiles, DataError, PhotoFolder, decoding, demo_dir
from keras_scgan.program.errors import BadFileError

RNG = np.random.default_rng(0)
PHOTO = cv2.resize(RNG.integers(0, 256, (6, 9, 3), np.uint8), (96, 64), interpolation=cv2.INTER_CUBIC)  # RGB
MAP = np.ascontiguousarray(PHOTO[..., 0])
GRAY = np.repeat(MAP[..., np.newaxis], 3, axis=-1)


def write_image(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image if image.ndim == 2 else image[..., ::-1])
    return str(path)


def write_pairs(folder, photo_names, map_names=None):
    for name in photo_names:
        write_image(folder / "images" / name, PHOTO)
    for name in photo_names if map_names is None else map_names:
        write_image(folder / "saliency" / name, MAP)
    return folder


def truncate(path, share=0.5):
    os.truncate(path, int(os.path.getsize(path) * share))


# === Listing ===


def test_pairs_are_sorted_by_stem_and_match_across_suffixes(tmp_path):
    write_pairs(tmp_path, ["b.png", "a.JPG", "c.jpeg"], ["c.png", "a.jpg", "b.jpeg"])
    pairs = PhotoFolder(tmp_path)
    assert len(pairs) == 3
    assert [os.path.relpath(pairs.photo_path(i), tmp_path) for i in range(3)] == [
        "images/a.JPG",
        "images/b.png",
        "images/c.jpeg",
    ]
    assert [os.path.basename(pairs.map_path(i)) for i in range(3)] == ["a.jpg", "b.jpeg", "c.png"]


def test_names_beyond_ascii_and_with_dots_survive(tmp_path):
    write_pairs(tmp_path, ["Müller.2.png", "日本.jpg"])
    pairs = PhotoFolder(tmp_path)
    assert {os.path.basename(pairs.photo_path(i)) for i in range(2)} == {"Müller.2.png", "日本.jpg"}
    assert pairs.read(1)["color"].shape == PHOTO.shape


def test_other_files_hidden_files_and_folders_are_passed_over(tmp_path):
    write_pairs(tmp_path, ["a.png"])
    (tmp_path / "images" / "notes.txt").touch()
    (tmp_path / "images" / "._a.png").touch()
    (tmp_path / "images" / "folder.png").mkdir()
    assert len(PhotoFolder(tmp_path)) == 1


def test_listing_opens_no_file_and_keeps_a_few_dozen_bytes_a_pair(tmp_path):
    count = 1000
    for folder in ("images", "saliency"):
        (tmp_path / folder).mkdir()
        for i in range(count):
            (tmp_path / folder / f"photo_{i:020}.jpg").touch()
    tracemalloc.start()
    pairs = PhotoFolder(tmp_path)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(pairs) == count
    assert held < 100 * count


def test_a_missing_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(DataError, match="nowhere does not exist"):
        PhotoFolder(tmp_path / "nowhere")


def test_a_file_instead_of_a_folder_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"a\.png is not a folder"):
        PhotoFolder(write_image(tmp_path / "a.png", PHOTO))


def test_a_folder_without_images_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no subfolder images/"):
        PhotoFolder(tmp_path)


def test_an_empty_folder_of_images_is_an_error(tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(DataError, match=r"images holds no picture \(\.jpg, .*\.png, .*\.webp, "):
        PhotoFolder(tmp_path)


@pytest.mark.parametrize("map_names", [[], ["z.png"]])
def test_a_set_without_any_map_is_an_error_that_names_the_tool_however_many_bad_files_are_allowed(tmp_path, map_names):
    write_pairs(tmp_path, ["a.png"], map_names)
    with pytest.raises(DataError, match=r"scgan make_saliency"):
        PhotoFolder(tmp_path, bad_files=BadFiles(100))


def test_two_photos_of_one_stem_are_an_error(tmp_path):
    write_pairs(tmp_path, ["a.png", "a.jpg"], ["a.png"])
    with pytest.raises(DataError, match=r"has both a\.(png and a\.jpg|jpg and a\.png)"):
        PhotoFolder(tmp_path)


def test_photos_without_a_map_are_an_error_that_names_count_first_stem_and_tool(tmp_path):
    write_pairs(tmp_path, ["a.png", "c.png", "b.png"], ["a.png"])
    with pytest.raises(DataError, match=r"2 photos have no saliency map, the first is b \(scgan make_saliency"):
        PhotoFolder(tmp_path)


def test_maps_without_a_photo_are_an_error_that_names_count_and_first_stem(tmp_path):
    write_pairs(tmp_path, ["a.png"], ["a.png", "c.png", "b.png"])
    with pytest.raises(DataError, match="2 saliency maps have no photo, the first is b"):
        PhotoFolder(tmp_path)


def test_unpaired_files_are_counted_and_logged_and_left_out_as_far_as_allowed(tmp_path):
    write_pairs(tmp_path, ["a.png", "b.png"], ["b.png", "c.png"])
    bad_files = BadFiles(2, tmp_path / "bad_files.log")
    pairs = PhotoFolder(tmp_path, bad_files=bad_files)
    assert len(pairs) == 1
    assert len(bad_files) == 2
    assert (tmp_path / "bad_files.log").read_text() == (
        f"{tmp_path}/images/a.png\tno saliency map\n{tmp_path}/saliency/c.png\tno photo\n"
    )


def test_error_messages_are_one_line(tmp_path):
    write_pairs(tmp_path, ["a.png", "b.png"], ["b.png", "c.png"])
    with pytest.raises(DataError) as error:
        PhotoFolder(tmp_path, bad_files=BadFiles(1, tmp_path / "bad_files.log"))
    assert "\n" not in str(error.value)
    assert "bad_files.log" in str(error.value)


def test_without_saliency_no_map_is_needed_or_read(tmp_path):
    write_pairs(tmp_path, ["a.png", "b.png"], ["c.png"])
    pairs = PhotoFolder(tmp_path, fields=["color"])
    assert len(pairs) == 2
    sample = pairs.read(0)
    assert list(sample) == ["color"]
    np.testing.assert_array_equal(sample["color"], PHOTO)


def test_thermal_images_are_read_where_they_are_wanted_and_those_without_a_photo_counted(tmp_path):
    write_pairs(tmp_path, ["a.png", "b.png"])
    write_image(tmp_path / "thermal" / "a.jpg", MAP[::2])
    write_image(tmp_path / "thermal" / "c.png", MAP)
    assert len(PhotoFolder(tmp_path)) == 2
    pairs = PhotoFolder(tmp_path, fields=["thermal", "color"], bad_files=BadFiles(2, tmp_path / "log"))
    assert len(pairs) == 1
    sample = pairs.read(0)
    assert list(sample) == ["thermal", "color"]
    assert np.abs(sample["thermal"].astype(int) - MAP[::2]).mean() < 3
    assert (tmp_path / "log").read_text() == (
        f"{tmp_path}/images/b.png\tno thermal image\n{tmp_path}/thermal/c.png\tno photo\n"
    )


@pytest.mark.parametrize("fields", [["color"], ["color", "thermal"]])
def test_greyscale_frames_of_a_multispectral_set_are_kept_as_in_shards(tmp_path, fields):
    write_image(tmp_path / "images" / "night.png", GRAY)
    write_image(tmp_path / "thermal" / "night.png", MAP)
    np.testing.assert_array_equal(PhotoFolder(tmp_path, fields=fields).read(0)["color"], GRAY)


def test_photos_need_both_a_map_and_a_thermal_image_where_both_are_wanted(tmp_path):
    write_pairs(tmp_path, ["a.png", "b.png", "c.png"], ["a.png", "b.png"])
    for name in ("b.png", "c.png"):
        write_image(tmp_path / "thermal" / name, MAP)
    pairs = PhotoFolder(tmp_path, fields=["color", "saliency", "thermal"], bad_files=BadFiles(2))
    assert [os.path.basename(pairs.photo_path(i)) for i in range(len(pairs))] == ["b.png"]
    assert len(pairs.bad_files) == 2


def test_a_set_without_thermal_images_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="no subfolder thermal/: put the thermal images of the photos there"):
        PhotoFolder(write_pairs(tmp_path, ["a.png"]), fields=["color", "thermal"])


def test_the_demo_set_lies_in_the_package():
    assert demo_dir().parts[-3:] == ("keras_scgan", "data", "demo")


# === Reading ===


def test_a_pair_is_read_as_8_bit_rgb_and_gray(tmp_path):
    sample = PhotoFolder(write_pairs(tmp_path, ["a.png"])).read(0)
    np.testing.assert_array_equal(sample["color"], PHOTO)
    np.testing.assert_array_equal(sample["saliency"], MAP)


def test_a_photo_is_turned_upright_by_its_exif_orientation(tmp_path):
    jpeg = cv2.imencode(".jpg", PHOTO)[1].tobytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x112, 3, 1, 6, 0, 0)
    (tmp_path / "a.jpg").write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
    assert decoding.read_color(str(tmp_path / "a.jpg")).shape == (96, 64, 3)


@pytest.mark.parametrize(
    ("min_side", "shape"), [(None, (480, 640)), (241, (480, 640)), (240, (240, 320)), (100, (120, 160)), (8, (60, 80))]
)
def test_a_jpeg_is_decoded_at_the_smallest_size_that_is_enough(tmp_path, min_side, shape):
    large = cv2.resize(PHOTO, (640, 480), interpolation=cv2.INTER_CUBIC)
    photo = decoding.read_color(write_image(tmp_path / "a.jpg", large), min_side)
    assert photo.shape[:2] == shape
    averaged = cv2.resize(large, shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(photo.astype(int) - averaged).mean() < 3


def test_a_png_is_decoded_at_full_size(tmp_path):
    assert decoding.read_color(write_image(tmp_path / "a.png", PHOTO), min_side=8).shape == PHOTO.shape


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_bad(tmp_path, suffix, share):
    path = write_image(tmp_path / f"a{suffix}", PHOTO)
    truncate(path, share)
    with pytest.raises(BadFileError):
        decoding.read_color(path)
    with pytest.raises(BadFileError):
        decoding.read_gray(path)


def test_the_end_of_a_thumbnail_is_not_taken_for_the_end_of_a_truncated_jpeg(tmp_path):
    jpeg, thumbnail = (cv2.imencode(".jpg", image)[1].tobytes() for image in (PHOTO, PHOTO[:16, :16]))
    whole = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + jpeg[2:]
    path = tmp_path / "a.jpg"
    path.write_bytes(whole)
    assert decoding.read_color(str(path)).shape == PHOTO.shape
    path.write_bytes(whole[:-200])
    with pytest.raises(BadFileError, match="damaged JPEG"):
        decoding.read_color(str(path))


def test_bytes_after_the_end_of_a_jpeg_are_no_fault(tmp_path):
    path = write_image(tmp_path / "a.jpg", PHOTO)
    with open(path, "ab") as file:
        file.write(b"\xff\xda" + bytes(1000))
    assert decoding.read_color(path).shape == PHOTO.shape


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty file"), (b"no picture" * 9, "no readable picture")])
def test_what_is_no_picture_is_bad(tmp_path, content, reason):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(BadFileError, match=reason):
        decoding.read_color(str(tmp_path / "a.jpg"))


def test_a_file_that_is_gone_is_bad(tmp_path):
    with pytest.raises(BadFileError, match="No such file"):
        decoding.read_color(str(tmp_path / "a.jpg"))


@pytest.mark.parametrize("quality", [30, 95])
def test_a_greyscale_photo_saved_in_colour_is_bad(tmp_path, quality):
    noisy = np.clip(GRAY + RNG.normal(0, 4, GRAY.shape), 0, 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "a.jpg"), noisy, [cv2.IMWRITE_JPEG_QUALITY, quality])
    with pytest.raises(BadFileError, match="greyscale"):
        decoding.read_color(str(tmp_path / "a.jpg"))


def test_a_greyscale_photo_with_one_coloured_spot_is_no_greyscale_photo():
    spot = GRAY.copy()
    spot[20:28, 40:48, 0] ^= 128
    assert decoding.is_gray(GRAY)
    assert not decoding.is_gray(spot)


# === Bad files ===


def test_the_place_of_a_bad_pair_is_taken_by_the_next_good_one_cyclically(tmp_path):
    write_pairs(tmp_path, ["a.png", "b.png", "c.png", "d.png"])
    write_image(tmp_path / "images" / "a.png", PHOTO[::-1])
    (tmp_path / "images" / "c.png").write_bytes(b"")
    (tmp_path / "saliency" / "d.png").write_bytes(b"")
    pairs = PhotoFolder(tmp_path, bad_files=BadFiles(2, tmp_path / "log"))
    np.testing.assert_array_equal(pairs.read_good(1)["color"], PHOTO)
    np.testing.assert_array_equal(pairs.read_good(2)["color"], PHOTO[::-1])
    assert pairs.read_or_skip(2) is None
    assert (tmp_path / "log").read_text() == (
        f"{tmp_path}/images/c.png\tempty file\n{tmp_path}/saliency/d.png\tempty file\n"
    )


def test_a_set_in_which_every_pair_is_bad_is_an_error(tmp_path):
    pairs = PhotoFolder(write_pairs(tmp_path, ["a.png"]), bad_files=BadFiles(9))
    truncate(pairs.photo_path(0))
    with pytest.raises(DataError, match="None of the 1 photos"):
        pairs.read_good(0)


def test_one_bad_file_more_than_allowed_is_an_error_that_names_it_and_the_log(tmp_path):
    bad_files = BadFiles(1, tmp_path / "log")
    bad_files.add(BadFileError("a", "empty file"))
    with pytest.raises(DataError, match=r"b: empty file\. Bad files so far: 2, allowed: 1, all named in .*log"):
        bad_files.add(BadFileError("b", "empty file"))


def test_a_file_counts_and_is_logged_once_over_epochs(tmp_path):
    bad_files = BadFiles(1, tmp_path / "log")
    for _ in range(3):
        bad_files.add(BadFileError("a", "empty file"))
    assert len(bad_files) == 1
    assert (tmp_path / "log").read_text() == "a\tempty file\n"


def test_a_file_is_logged_once_over_runs_and_a_repaired_one_does_not_count(tmp_path):
    BadFiles(1, tmp_path / "log").add(BadFileError("repaired", "empty file"))
    second = BadFiles(1, tmp_path / "log")
    assert len(second) == 0
    second.add(BadFileError("broken", "empty file"))
    third = BadFiles(1, tmp_path / "log")
    third.add(BadFileError("broken", "empty file"))
    assert (tmp_path / "log").read_text() == "repaired\tempty file\nbroken\tempty file\n"

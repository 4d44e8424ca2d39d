"""scgan visualize, run as a user does."""

import functools
import json

import cv2
import keras
import numpy as np
import pytest

from keras_scgan.models import build_critic, build_generator, build_vgg16_gray
from keras_scgan.training.checkpoints import Checkpoints
from keras_scgan.training.scgan import SCGAN

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras reading HDF5


@pytest.fixture
def visualize(call_tool):
    return functools.partial(call_tool, "visualize.py")


def small_generator(*outputs):
    """What has a generator's signature and loads in no time."""
    gray = keras.Input((None, None, 1), name="gray")
    heads = {"color": (3, "tanh"), "saliency": (1, "sigmoid")}
    layers = {name: keras.layers.Conv2D(heads[name][0], 3, 1, "same", activation=heads[name][1]) for name in outputs}
    return keras.Model(gray, {name: layer(gray) for name, layer in layers.items()})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A trained run, models, and a data set of three colour photos."""
    folder = tmp_path_factory.mktemp("visualize")
    keras.utils.set_random_seed(0)
    generator = small_generator("color", "saliency")
    generator.save(folder / "generator.keras")
    small_generator("color").save(folder / "plain.keras")
    build_generator("testing", depth=6).save(folder / "scgan.keras")
    build_vgg16_gray("testing", classes=4, image_size=64).save(folder / "classifier.keras")
    critics = {name: build_critic("testing", norm="instance") for name in ("color_critic", "attention_critic")}
    model = SCGAN(generator, **critics)
    model.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    Checkpoints(folder / "run" / "checkpoints", model).save(2)
    (folder / "run" / "run.flags").write_text("--stage=2\n--preset=testing\n--critic_norm=instance\n")

    rng = np.random.default_rng(0)
    for name in ("images", "saliency"):
        (folder / "photos" / name).mkdir(parents=True)
    for stem, height, width in (("a", 60, 90), ("b", 80, 50), ("c", 64, 64)):
        small = rng.integers(0, 256, (4, 4, 3), np.uint8)
        photo = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        saliency = cv2.resize(small[..., 0] // 128 * 255, (width, height), interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(folder / "photos" / "images" / f"{stem}.png"), photo)
        cv2.imwrite(str(folder / "photos" / "saliency" / f"{stem}.png"), saliency)
    return folder


def width_of(path):
    return cv2.imread(str(path)).shape[1]


def test_figure_7_has_a_page_for_every_two_photos_and_columns_for_what_is_known(visualize, error_of, folder, tmp_path):
    photos = folder / "photos" / "images"
    arguments = ["figure7", photos, f"--model={folder}/generator.keras", "--image_size=64", "--panel_size=64"]
    result = visualize(*arguments, "--rows=2", f"--output_dir={tmp_path}/new")
    assert result.returncode == 0, result.stderr
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"figure7_01.png", "figure7_02.png"}
    assert "figure7_01.png: a.png, b.png" in result.stderr
    assert "figure7_02.png: c.png" in result.stderr
    assert width_of(tmp_path / "new" / "figure7_01.png") == 6 + 5 * 70

    more = [f"--saliency_dir={folder}/photos/saliency", f"--baseline={folder}/plain.keras", "--names"]
    result = visualize(*arguments, *more, f"--output_dir={tmp_path}/more")
    assert result.returncode == 0, result.stderr
    assert width_of(tmp_path / "more" / "figure7_01.png") == 28 + 6 + 8 * 70

    again = visualize(*arguments, f"--output_dir={tmp_path}/more")
    assert "figure7_01.png exists: choose another --output_dir, or replace it by --overwrite" in error_of(again)
    assert width_of(tmp_path / "more" / "figure7_01.png") == 28 + 6 + 8 * 70
    assert visualize(*arguments, "--overwrite", f"--output_dir={tmp_path}/more").returncode == 0
    assert width_of(tmp_path / "more" / "figure7_01.png") == 6 + 5 * 70


def test_a_greyscale_photo_has_no_ground_truth(visualize, folder, tmp_path):
    cv2.imwrite(str(tmp_path / "old.png"), np.arange(0, 256, dtype=np.uint8).reshape(16, 16))
    result = visualize(
        "figure7",
        tmp_path / "old.png",
        f"--model={folder}/generator.keras",
        "--image_size=64",
        "--panel_size=64",
        f"--output_dir={tmp_path}/out",
    )
    assert result.returncode == 0, result.stderr
    assert width_of(tmp_path / "out" / "figure7_01.png") == 6 + 4 * 70


@pytest.mark.parametrize("model", ["classifier", "scgan"])
def test_gradcam_names_the_class_where_there_are_classes(visualize, folder, tmp_path, model):
    result = visualize(
        "gradcam",
        folder / "photos" / "images" / "a.png",
        f"--features={folder}/{model}.keras",
        "--panel_size=64",
        *(["--class=2"] if model == "classifier" else ["--image_size=64"]),
        f"--output_dir={tmp_path}",
    )
    assert result.returncode == 0, result.stderr
    page = cv2.imread(str(tmp_path / "gradcam_01.png"))
    caption = 26 if model == "classifier" else 0
    assert page.shape[:2] == (34 + 43 + caption + 6 + 62, 6 + 3 * 70)


def test_critics_have_a_figure_each_and_photos_without_truth_are_listed(visualize, folder, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "gray.png"), np.full((32, 32), 9, np.uint8))
    result = visualize(
        "critic",
        tmp_path / "broken.jpg",
        folder / "photos" / "images" / "b.png",
        tmp_path / "gray.png",
        f"--model={folder}/generator.keras",
        f"--run_dir={folder}/run",
        "--image_size=64",
        "--panel_size=64",
        f"--output_dir={tmp_path}/out",
    )
    assert result.returncode == 1
    *_, broken, gray = result.stderr.splitlines()
    assert broken.startswith(f"{tmp_path}/broken.jpg: ")
    assert gray.startswith(f"{tmp_path}/gray.png: greyscale, so there is no truth")
    assert result.stdout == "1 drawn, 2 failed\n"
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"critic_color_01.png", "critic_attention_01.png"}
    pages = [cv2.imread(str(tmp_path / "out" / name)) for name in sorted(names)]
    assert {page.shape[:2] for page in pages} == {(34 + 102 + 26 + 6 + 62, 6 + 5 * 70)}
    assert (pages[0] != pages[1]).any()


def test_figure_7_shows_the_network_s_own_output_where_that_is_wanted(visualize, folder, tmp_path):
    arguments = ["figure7", folder / "photos" / "images" / "a.png", f"--model={folder}/generator.keras"]
    pages = []
    for name, more in (("pipeline", []), ("own", ["--own_output"])):
        result = visualize(*arguments, *more, "--panel_size=64", f"--output_dir={tmp_path / name}")
        assert result.returncode == 0, result.stderr
        pages.append(cv2.imread(str(tmp_path / name / "figure7_01.png")))
    assert pages[0].shape == pages[1].shape
    assert (pages[0] != pages[1]).any()


def test_methods_are_compared_in_a_row_a_photo(visualize, error_of, folder, tmp_path):
    photos = folder / "photos" / "images"
    arguments = ["comparison", photos, f"--output_dir={tmp_path}", "--panel_size=64"]
    methods = [f"--model=net={folder}/generator.keras", f"--pred_dir=copy={photos},map={folder}/photos/saliency"]
    result = visualize(*arguments, *methods)
    assert result.returncode == 0, result.stderr
    assert width_of(tmp_path / "comparison_01.png") == 6 + 5 * 70  # greyscale, three methods, truth
    assert "name what is compared" in error_of(visualize(*arguments, "--overwrite"))
    double = [f"--pred_dir=net={photos}", methods[0], "--overwrite"]
    assert "Two columns have one name: net, net." in error_of(visualize(*arguments, *double))


def test_photos_without_a_result_are_named_and_the_others_drawn(visualize, folder, tmp_path):
    (tmp_path / "results").mkdir()
    photos = folder / "photos" / "images"
    (tmp_path / "results" / "b.png").write_bytes((photos / "b.png").read_bytes())
    result = visualize("comparison", photos, f"--pred_dir={tmp_path}/results", f"--output_dir={tmp_path}/out")
    assert result.returncode == 1
    assert f"{photos}/a.png: {tmp_path}/results: no result" in result.stderr
    assert "comparison_01.png: b.png" in result.stderr


@pytest.mark.parametrize("maps", ["saliency/", "model"])
def test_hues_are_printed_and_written_and_the_seed_repeats_them(visualize, folder, tmp_path, maps):
    arguments = ["hue", f"--data_dir={folder}/photos", "--image_size=64", "--patch_size=8", "--salient_share=0.1"]
    if maps == "model":
        arguments.append(f"--model={folder}/generator.keras")
    results = [visualize(*arguments, f"--output_dir={tmp_path}/{i}") for i in range(2)]
    for result in results:
        assert result.returncode == 0, result.stderr
    texts = [(tmp_path / str(i) / "hue.jsonl").read_text() for i in range(2)]
    assert texts[0] == texts[1]
    records = [json.loads(line) for line in texts[0].splitlines()]
    lines, authors = ({record["kind"]: record for record in part} for part in (records[:3], records[3:]))
    assert list(lines) == list(authors) == ["salient", "unsalient", "random"]
    assert (authors["random"]["patches"], authors["random"]["maps"]) == (3, lines["random"]["maps"])
    assert f"{authors['random']['pixel_variance']:.0f}" in results[0].stdout
    line = lines["random"]
    assert (line["patches"], line["pixels"], line["image_size"]) == (12, 12 * 64, 64)
    assert line["maps"] == ("saliency/" if maps == "saliency/" else f"{folder}/generator.keras")
    assert f"{line['variance']:.0f}" in results[0].stdout
    assert f"{line['green_cyan_blue_share']:.2%}" in results[0].stdout
    assert cv2.imread(str(tmp_path / "0" / "hue.png")) is not None


def test_photos_without_a_map_are_listed_after_the_hues_of_the_others(visualize, folder, tmp_path):
    for name in ("images", "saliency"):
        (tmp_path / name).mkdir()
    source = folder / "photos"
    for name in ("images/a.png", "saliency/a.png", "images/b.png"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    result = visualize("hue", f"--data_dir={tmp_path}", "--image_size=64", "--patch_size=8", f"--output_dir={tmp_path}")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == f"{tmp_path}/images/b.png: no saliency map"
    assert result.stdout.splitlines()[-1] == "1 measured, 1 failed"
    assert json.loads((tmp_path / "hue.jsonl").read_text().splitlines()[2])["patches"] == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name one figure: figure7, comparison, hue, gradcam, critic, aging. Received: none"),
        (["figure8"], "Received: figure8"),
        (["figure7", "PHOTO", "--model=no.keras"], "no.keras does not exist"),
        (["figure7", "PHOTO", "--model=DIR/plain.keras"], "plain.keras has no saliency branch"),
        (["figure7", "PHOTO", "--model=DIR/scgan.keras", "--image_size=96"], "multiples of 64"),
        (["figure7", "--model=DIR/generator.keras"], "Give the photos"),
        (["figure7", "DIR/run", "--model=DIR/generator.keras"], "DIR/run holds no file"),
        (["gradcam", "PHOTO"], "Give --features: --help explains it."),
        (["gradcam", "PHOTO", "--features=no.keras"], "no.keras: there is no such file"),
        (["gradcam", "PHOTO", "--features=PHOTO"], "is no model that Keras can load"),
        (["gradcam", "PHOTO", "--features=DIR/plain.keras"], "has no global feature network"),
        (["gradcam", "PHOTO", "--features=DIR/classifier.keras", "--image_size=32"], "it takes 64"),
        (["gradcam", "PHOTO", "--features=DIR/classifier.keras", "--class=4"], "classes 0 to 3"),
        (["critic", "PHOTO", "--model=DIR/generator.keras"], "Give --run_dir: --help explains it."),
        (["critic", "PHOTO", "--run_dir=DIR/run"], "Give --model: --help explains it."),
        (["critic", "PHOTO", "--model=DIR/generator.keras", "--run_dir=DIR"], "it has no run.flags"),
        (["critic", "PHOTO", "--model=DIR/plain.keras", "--run_dir=DIR/run"], "has no saliency branch"),
        (["hue"], "Give --data_dir: --help explains it."),
        (["hue", "PHOTO", "--data_dir=DIR/photos"], "unexpected argument 'PHOTO'"),
        (["hue", "--data_dir=DIR/photos", "--patch_size=300"], "--patch_size=300 is more than the photos' 256"),
        (["hue", "--data_dir=DIR/none"], "none does not exist"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(visualize, error_of, folder, tmp_path, arguments, message):
    places = {"DIR": str(folder), "PHOTO": str(folder / "photos" / "images" / "a.png")}

    def filled(text):
        for name, place in places.items():
            text = text.replace(name, place)
        return text

    result = visualize(*map(filled, arguments), f"--output_dir={tmp_path}/out")
    assert filled(message) in error_of(result)
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_aging_draws_the_versions_of_each_photo_which_are_the_same_each_time(visualize, folder, tmp_path):
    for name, strength in (("new", 1), ("again", 1), ("none", 0)):
        arguments = ["--versions=3", f"--strength={strength}", "--image_size=64", "--panel_size=64"]
        result = visualize("aging", folder / "photos" / "images", *arguments, f"--output_dir={tmp_path / name}")
        assert result.returncode == 0, result.stderr
        assert "aging_01.png: a.png, b.png, c.png" in result.stderr
    new, again, none = (cv2.imread(str(tmp_path / name / "aging_01.png")) for name in ("new", "again", "none"))
    assert new.shape[1] == 6 + 4 * 70
    np.testing.assert_array_equal(new, again)
    assert (new == none)[34:, 6:70].all()  # the photos
    for column in (76, 146, 216):
        assert (none[34:, column : column + 64] == none[34:, 6:70]).all()
        assert (new[34:, column : column + 64] != new[34:, 6:70]).any()


def test_a_process_of_its_own_draws_without_warnings(run_tool, folder, tmp_path):
    photo = folder / "photos" / "images" / "a.png"
    arguments = ["gradcam", photo, f"--features={folder}/classifier.keras", f"--output_dir={tmp_path}"]
    result = run_tool("visualize.py", *arguments)
    assert result.returncode == 0, result.stderr
    assert "gradcam_01.png: a.png" in result.stderr
    assert "Warning" not in result.stderr
    assert len(result.stderr.splitlines()) == 1

"""What the tests of the page need of the Python package, each as JSON.

python tests/reference.py arrays                  what it computes of some photos; arrays in base64, row by row
python tests/reference.py photos FOLDER           writes photos of many kinds, and prints their paths by name
python tests/reference.py compare PHOTO RESULT    how far a result is from that of `Colorizer`, in levels of 255
python tests/reference.py describe FILE           what a picture or a ZIP holds
"""

import base64
import json
import pathlib
import statistics
import sys
import time
import zipfile

import cv2
import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from keras_scgan import Colorizer  # noqa: E402
from keras_scgan.colorizing.runners import split_batch  # noqa: E402
from keras_scgan.photos import color  # noqa: E402

SIZES = [(1, 1), (1, 300), (7, 5), (50, 61), (224, 224), (150, 333), (500, 375), (300, 1100)]
"""Heights and widths: smaller and larger than the network and than its chroma, narrow, and with sides that divide."""

VIVIDNESS = 1.4
ORIENTATION, MAKER = 274, 271


SCENE = ROOT / "examples" / "nagasaki_boats.jpg"


def arrays():
    rng = np.random.default_rng(0)
    colorizer, vivid = Colorizer(threads=1), Colorizer(threads=1, saturation=VIVIDNESS)
    scene = cv2.imread(str(SCENE), cv2.IMREAD_GRAYSCALE)
    rgb = rng.integers(0, 256, (64, 64, 3), np.uint8)
    return {
        "vividness": VIVIDNESS,
        "rgb": encoded(rgb),
        "luma": encoded(color.to_gray(rgb)),
        "photos": [describe_photo(of_size(scene, height, width), colorizer, vivid) for height, width in SIZES],
    }


def of_size(scene, height, width):
    """A part of a scene, and a faded one where it is narrow."""
    part = np.tile(scene, (1, 2))[:height, :width]
    return part if height > 60 else part // 2 + 40


def describe_photo(gray, colorizer, vivid):
    prepared = colorizer.prepare(gray)
    (predicted,) = split_batch(colorizer.predict(prepared[np.newaxis]))
    return {
        "height": gray.shape[0],
        "width": gray.shape[1],
        "gray": encoded(gray),
        "input": encoded(colorizer.network.see(prepared)),
        "chroma": encoded(predicted["chroma"]),
        "saliency": encoded(predicted["saliency"]),
        "color": encoded(colorizer.finish(gray, predicted)),
        "vivid": encoded(vivid.finish(gray, predicted)),
    }


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def photos(folder):
    """Photos of a size that is quickly done, one of 12 and one of 24 megapixels, and files that are bad."""
    folder = pathlib.Path(folder)
    scene = Image.open(SCENE).convert("L")
    small = scene.resize((700, 500))
    see_through = Image.fromarray(np.tile(np.linspace(0, 255, 700).astype(np.uint8), (500, 1)))
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Camera & Sons"
    in_color = Image.merge("RGB", [small, small.transpose(Image.Transpose.FLIP_LEFT_RIGHT), small])
    files = {
        "gray.png": (small, {}),
        "color.png": (in_color, {}),
        "alpha.png": (Image.merge("LA", [small, see_through]), {}),
        "tiny.png": (small.resize((3, 2)), {}),
        "rotated.jpg": (small, {"exif": exif, "dpi": (300, 300), "comment": b"of 1890"}),
        "photo.webp": (small, {}),
        "photo.gif": (small, {}),
        "megapixels_12.jpg": (scene.resize((4000, 3000)), {"quality": 90}),
        "megapixels_24.jpg": (scene.resize((6000, 4000)), {"quality": 90}),
    }
    for name, (image, options) in files.items():
        image.save(folder / name, **options)
    (folder / "no_photo.jpg").write_text("no photo")
    (folder / "empty.png").touch()
    (folder / "cut_off.jpg").write_bytes(SCENE.read_bytes()[:100_000])
    return {path.name: str(path) for path in folder.iterdir()}


def compare(photo, result):
    """Compares the colours of a PNG with those that `Colorizer` gives the same pixels."""
    expected = Colorizer().colorize(photo)
    got = np.asarray(Image.open(result).convert("RGBA"))
    differences = np.abs(got[..., :3].astype(int) - expected[..., :3])
    # What cannot be seen may have any colours.
    differences = differences[got[..., 3] == 255]
    return {"largest": int(differences.max()), "mean": float(differences.mean())}


def describe(path):
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {"damaged": archive.testzip(), "names": archive.namelist()}
    image = Image.open(path)
    exif = image.getexif()
    return {
        "format": image.format,
        "size": image.size,
        "mode": image.mode,
        "colors": bool(np.ptp(np.asarray(image.convert("RGB")), axis=-1).max() > 20),
        "alpha": np.asarray(image.convert("RGBA"))[0, :, 3].tolist()[::100],
        "orientation": exif.get(ORIENTATION),
        "maker": exif.get(MAKER),
        "dpi": [round(float(value)) for value in image.info.get("dpi", ())],
        "comment": image.info.get("comment", b"").decode(),
    }


def time_network(threads):
    colorizer = Colorizer(threads=int(threads))
    gray = np.zeros((1, colorizer.image_size, colorizer.image_size, 1), np.float32)
    durations = []
    for _ in range(50):
        start = time.perf_counter()
        colorizer.predict(gray)
        durations.append(1000 * (time.perf_counter() - start))
    return {"milliseconds": statistics.median(durations)}


TASKS = {"arrays": arrays, "photos": photos, "compare": compare, "describe": describe, "time": time_network}

if __name__ == "__main__":
    task, *arguments = sys.argv[1:]
    print(json.dumps(TASKS[task](*arguments)))

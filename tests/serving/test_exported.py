"""The exported colorizer on a server gives what `Colorizer` gives."""

import numpy as np
import pytest
from colorful import colorful_generator
from PIL import Image
from serving import server

from keras_scgan import data, serving
from keras_scgan.colorizing import planning
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.export import saved_model
from keras_scgan.photos.files import read_photo
from keras_scgan.program import file_jobs

SIZE = 64


@pytest.fixture(scope="module")
def generator():
    return colorful_generator()


@pytest.fixture(scope="module")
def models(generator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "scgan"
    saved_model.export(generator, folder, image_size=SIZE, saliency_bytes=True)
    return server.Models([folder])


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Photo files of many kinds and sizes."""
    target = tmp_path_factory.mktemp("photos")
    exif = Image.Exif()
    exif[0x0112] = 6
    originals = [Image.open(path).convert("RGB") for path in sorted((data.demo_dir() / "images").iterdir())[:8]]
    rgb, turned, gray, alpha, deep, tiff, webp, upright = (
        image.resize((90 + 17 * i, 120 - 13 * i)) for i, image in enumerate(originals)
    )
    rgb.save(target / "rgb.jpg", quality=95)
    turned.save(target / "turned.jpg", exif=exif)
    gray.convert("L").save(target / "gray.jpg")
    alpha.putalpha(alpha.convert("L"))
    alpha.save(target / "alpha.png")
    Image.fromarray(np.asarray(deep.convert("L")).astype(np.uint16) * 257 - 77).save(target / "deep.png")
    tiff.save(target / "tiff.tif")
    webp.save(target / "webp.webp")
    upright.save(target / "turned.png", exif=exif)
    return target


@pytest.mark.slow
@pytest.mark.parametrize("protocol", serving.PROTOCOLS)
def test_photos_of_all_kinds_come_back_as_from_the_colorizer(generator, models, photos, tmp_path, protocol):
    if protocol == "grpc":
        pytest.importorskip("tensorflow_serving.apis")
    report = file_jobs.Report("colorized")
    jobs = planning.plan(
        file_jobs.find_files([str(photos)], (".jpg", ".png", ".tif", ".webp")),
        tmp_path,
        report,
        suffix_of=lambda suffix: f"{suffix}.png",
    )
    with (
        server.serve(models, protocol) as served,
        serving.ServingClient(served.address, "scgan", protocol) as client,
    ):
        assert len(list(serving.colorize_photos(client, jobs, report, concurrency=3))) == 8
        with pytest.raises(serving.RequestError, match=r"damaged or truncated JPEG.*\(INVALID_ARGUMENT\)$") as error:
            client.colorize((photos / "rgb.jpg").read_bytes()[:2000])
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 150
    assert report.failures == []
    colorizer = Colorizer(generator, image_size=SIZE)
    for job in jobs:
        expected, result = colorizer.colorize(read_photo(job.path).pixels), read_photo(job.target).pixels
        assert result.dtype == expected.dtype
        assert result.shape == expected.shape
        difference = np.abs(result.astype(float) - expected).max() * 255 / np.iinfo(result.dtype).max
        assert difference <= 2, job.path
        assert np.ptp(expected[..., :3].astype(float), axis=-1).mean() > 5  # in colour

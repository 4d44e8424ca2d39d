import cv2
import numpy as np
import pytest
from pair_folders import numpy_batches

from keras_scgan.data import aging, decoding, demo_dir, training_batches
from keras_scgan.photos import color
from keras_scgan.photos.resizing import to_square

SIZE = 224
DEMO = [
    to_square(color.to_gray(decoding.read_color(str(path))), SIZE).astype(np.float32) / 255
    for path in sorted((demo_dir() / "images").iterdir())[:8]
]
FLAT = np.full((SIZE, SIZE), 0.5, np.float32)
EFFECTS = [effect for effect, _ in aging._EFFECTS]


def rng(seed=0):
    return np.random.default_rng(seed)


def network_input(image):
    return (2 * image - 1)[..., np.newaxis]


def aged_photos(strength, count=60, **options):
    for seed in range(count):
        gray = network_input(DEMO[seed % len(DEMO)])
        yield gray, aging.age(gray, rng(seed), strength, **options)


def sharpness(image):
    return cv2.Laplacian(image, cv2.CV_32F)[8:-8, 8:-8].var()


def spread(image):
    low, high = np.percentile(image, [1, 99])
    return high - low


# === The whole ===


def test_strength_0_returns_the_photo_itself_and_draws_nothing():
    gray, generator = network_input(DEMO[0]), rng()
    assert aging.age(gray, generator, 0.0) is gray
    assert generator.random() == rng().random()


def test_one_state_of_the_generator_gives_one_photo_and_others_give_others():
    gray = network_input(DEMO[0])
    first, same, other = (aging.age(gray, rng(seed), 1.0, clean_share=0.0) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).mean() > 0.01


@pytest.mark.parametrize("strength", [0.1, 0.5, 1.0, np.float64(1)])
def test_aged_photos_have_the_shape_type_and_range_of_the_contract_and_the_photo_is_untouched(strength):
    gray = network_input(DEMO[0])
    kept = gray.copy()
    for seed in range(20):
        aged = aging.age(gray, rng(seed), strength)
        assert (aged.shape, aged.dtype) == (gray.shape, np.float32)
        assert -1 <= aged.min() < aged.max() <= 1
    np.testing.assert_array_equal(gray, kept)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (31, 64)])
def test_photos_of_any_size_can_be_aged(shape):
    image = rng().random(shape, np.float32)
    for effect in EFFECTS:
        for seed in range(5):
            result = effect(image, rng(seed), 1.0)
            assert (result.shape, result.dtype) == (shape, np.float32)
            assert 0 <= result.min() <= result.max() <= 1


def test_a_third_of_the_photos_stays_as_it_is_at_strength_1_and_none_where_that_is_wanted():
    clean = [aged is gray for gray, aged in aged_photos(1.0, count=600)]
    assert np.mean(clean) == pytest.approx(1 / 3, abs=0.06)
    assert not any(aged is gray for gray, aged in aged_photos(1.0, count=60, clean_share=0.0))


def test_what_is_seen_stays_and_changes_more_the_greater_the_strength():
    means = []
    for strength in (0.1, 0.5, 1.0):
        pairs = [(gray.ravel(), aged.ravel()) for gray, aged in aged_photos(strength, clean_share=0.0)]
        correlations = [np.corrcoef(*pair)[0, 1] for pair in pairs]
        assert min(correlations) > 0.5
        means.append(np.mean(correlations))
    assert means[0] > means[1] > means[2]
    np.testing.assert_array_less([0.99, 0.95, 0.85], means)


# === Each effect ===


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect_changes_a_photo_and_the_more_the_greater_its_amount(effect):
    changes = [
        np.mean([np.abs(effect(image, rng(seed), amount) - image).mean() for seed in range(3) for image in DEMO])
        for amount in (0.2, 1.0)
    ]
    assert 0 < changes[0] < changes[1] < 0.15


def test_blur_takes_detail_and_keeps_the_mean():
    for seed, image in enumerate(DEMO):
        blurred = aging.blur(image, rng(seed), 1.0)
        assert sharpness(blurred) < 0.1 * sharpness(image)
        assert blurred.mean() == pytest.approx(image.mean(), abs=0.005)


def test_blur_by_movement_is_stronger_along_than_across_it():
    point = np.zeros((SIZE, SIZE), np.float32)
    point[SIZE // 2, SIZE // 2] = 1
    ratios = []
    for seed in range(40):
        spot = aging.blur(point, rng(seed), 1.0).astype(float)
        assert spot.sum() == pytest.approx(1, abs=1e-3)
        y, x = np.nonzero(spot)
        low, high = np.linalg.eigvalsh(np.cov(x, y, aweights=spot[y, x]))
        ratios.append(high / low)
    assert 0.1 < np.mean(np.array(ratios) > 1.2) < 0.5


def test_grain_has_mean_0_is_correlated_over_a_pixel_and_strongest_in_the_middle_tones():
    deviations = {}
    for tone in (0.25, 0.5, 0.95):
        noise = aging.grain(np.full_like(FLAT, tone), rng(), 0.5) - tone
        deviations[tone] = noise.std()
        assert abs(noise.mean()) < 0.002
    assert deviations[0.5] > deviations[0.25] > deviations[0.95]
    noise = aging.grain(FLAT, rng(), 1.0) - 0.5
    assert noise.std() == pytest.approx(0.045, rel=0.05)
    correlation = [np.corrcoef(noise[:, shift:].ravel(), noise[:, :-shift].ravel())[0, 1] for shift in (1, 8)]
    assert correlation[0] > 0.1
    assert abs(correlation[1]) < 0.03


def test_fading_lowers_contrast_and_keeps_the_order_of_the_tones():
    ramp = np.linspace(0, 1, SIZE, dtype=np.float32)[np.newaxis].repeat(SIZE, axis=0)
    for seed in range(20):
        faded = aging.fade(ramp, rng(seed), 1.0)
        assert 0.25 <= spread(faded) < 0.98 * spread(ramp)
        assert faded.min() > 0
        assert (np.diff(faded[0]) > 0).all()


def test_hard_contrast_loses_shadows_and_highlights():
    ramp = np.linspace(0, 1, SIZE, dtype=np.float32)[np.newaxis].repeat(SIZE, axis=0)
    exposed = aging.expose(ramp, rng(), 1.0)
    assert np.isin(exposed, (0, 1)).mean() == pytest.approx(1 - 1 / 1.6, abs=0.02)


def test_a_vignette_changes_the_corners_and_hardly_the_centre():
    corner, centre = slice(0, 8), slice(SIZE // 2 - 8, SIZE // 2 + 8)
    signs = []
    for seed in range(20):
        change = aging.vignette(FLAT, rng(seed), 1.0) - FLAT
        assert abs(change[corner, corner].mean()) > 8 * abs(change[centre, centre].mean())
        signs.append(np.sign(change[corner, corner].mean()))
    assert set(signs) == {-1, 1}


def test_uneven_tone_is_smooth():
    for seed in range(10):
        shaded = aging.shade(FLAT, rng(seed), 1.0)
        assert shaded.std() > 0.01
        assert np.abs(np.diff(shaded, axis=0)).max() < 0.02


@pytest.mark.parametrize(("effect", "share"), [(aging.blotch, 0.6), (aging.scratch, 0.12), (aging.dust, 0.05)])
def test_stains_scratches_and_dust_are_on_a_part_of_the_photo_bright_ones_and_dark_ones(effect, share):
    changes = np.array([effect(FLAT, rng(seed), 1.0) - FLAT for seed in range(30)])
    changed = (np.abs(changes) > 1e-3).mean((1, 2))
    assert 0 < changed.mean() < share / 2
    assert changed.max() < share
    assert changes.max() > 0.1
    assert changes.min() < -0.1


def test_scratches_are_long_and_thin():
    for seed in range(20):
        changed = (np.abs(aging.scratch(FLAT, rng(seed), 0.5) - FLAT) > 0.02).astype(np.uint8)
        assert not cv2.erode(changed, np.ones((9, 9))).any()
        assert max(changed.any(axis=0).sum(), changed.any(axis=1).sum()) > 0.1 * SIZE


def test_compression_shows_at_the_borders_of_blocks_of_8_pixels():
    at_borders, between = [], []
    for seed, image in enumerate(DEMO):
        steps = np.abs(np.diff(aging.compress(image, rng(seed), 1.0) - image, axis=1))
        at_borders.append(steps[:, 7::8].mean())
        between.append(np.delete(steps, np.s_[7::8], axis=1).mean())
    assert np.mean(at_borders) > 1.1 * np.mean(between)


# === By name, and in the batches of training ===


def test_a_photo_is_aged_by_its_name_alone():
    gray = (255 * DEMO[0]).astype(np.uint8)
    first, same, other = (aging.age_by_name(gray, name, 1.0) for name in ("Schloß", "Schloß", "b"))
    assert (first.shape, first.dtype) == (gray.shape, np.uint8)
    np.testing.assert_array_equal(first, same)
    assert np.abs(first.astype(int) - other).mean() > 1
    np.testing.assert_array_equal(aging.age_by_name(gray, "a", 0.0), gray)


def test_aging_touches_gray_alone_and_follows_crop_and_mirror(textured):
    arguments = {"image_size": 32, "batch_size": 10, "seed": 1, "flip": True, "min_crop_area": 0.3, "noise_stddev": 0}
    plain, old, again = (
        numpy_batches(training_batches(textured, aging=strength, **arguments), 2) for strength in (0, 1.0, 1.0)
    )
    unchanged = 0
    for (gray, *others), (aged, *old_others), (repeated, *_) in zip(plain, old, again, strict=True):
        for array, old_array in zip(others, old_others, strict=True):
            np.testing.assert_array_equal(array, old_array)
        np.testing.assert_array_equal(aged, repeated)
        unchanged += (aged == gray).all((1, 2, 3)).sum()
    assert 2 <= unchanged <= 12  # of 20


def test_noise_comes_on_top_of_aging(textured):
    arguments = {"image_size": 32, "batch_size": 10, "seed": 1, "aging": 1.0}
    (quiet, *_), (noisy, *_) = (
        numpy_batches(training_batches(textured, noise_stddev=stddev, **arguments), 1)[0] for stddev in (0.0, 0.05)
    )
    np.testing.assert_allclose((noisy - quiet).std((1, 2, 3)), 0.05, rtol=0.1)

"""What the photos and the seeds of runs say of a difference between two settings."""

import warnings

import numpy as np
from scipy import stats

RESAMPLES = 2000
"""How often the photos are drawn anew."""

CONFIDENCE = 0.95


def over_photos(values, base_values):
    """Difference of two settings over the photos, with its interval: a paired bootstrap.

    Args:
        values: `[N]`, a metric of each photo, means over the seeds.
        base_values: `[N]`, likewise, of the same photos by the baseline.

    Returns:
        Difference of the means, and the low and high end of its 95 % interval, three floats. Of fewer than two photos,
        or where all differences are equal, the interval is the difference.
    """
    differences = np.subtract(values, base_values)
    mean = float(differences.mean())
    if len(differences) < 2 or np.ptp(differences) == 0:
        return mean, mean, mean
    options = {"n_resamples": RESAMPLES, "confidence_level": CONFIDENCE, "method": "percentile", "batch": 100}
    interval = stats.bootstrap((differences,), np.mean, rng=np.random.default_rng(0), **options).confidence_interval
    return mean, float(interval.low), float(interval.high)


def over_seeds(means, base_means):
    """Interval of the difference of two settings by Welch's t-test, each seed's run being one number.

    Args:
        means: list of means over the photos, one a seed.
        base_means: likewise, of the baseline.

    Returns:
        Low and high end of the 95 % interval, or `None` where one of them has a single seed.
    """
    if min(len(means), len(base_means)) < 2:
        return None
    difference = float(np.mean(means) - np.mean(base_means))
    if np.ptp(means) == 0 and np.ptp(base_means) == 0:
        return difference, difference
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # of one setting whose seeds are all equal
        interval = stats.ttest_ind(means, base_means, equal_var=False).confidence_interval(CONFIDENCE)
    return float(interval.low), float(interval.high)


def spread(means):
    """Standard deviation between seeds, or `None` of one seed. Args: as of `over_seeds`."""
    return float(np.std(means, ddof=1)) if len(means) > 1 else None


def is_beyond_chance(photos, seeds):
    """Whether a difference is one beyond the choice of photos and of seeds.

    Args:
        photos: low and high end of an interval over photos.
        seeds: likewise, over seeds, or `None`: of one seed, nothing is claimed.
    """
    return seeds is not None and all(not low <= 0 <= high for low, high in (photos, seeds))

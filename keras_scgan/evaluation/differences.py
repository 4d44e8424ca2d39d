"""Differences between methods, with intervals that tell them from noise: a paired bootstrap over the photos."""

import numpy as np

from keras_scgan.evaluation import metrics

RESAMPLES = 1000
"""How often the photos are drawn anew."""

PERCENTILES = (2.5, 97.5)
"""Ends of the intervals: 95 % of the resamples lie within."""

COMPARED_MEANS = ("chroma_psnr", "cci_distance", "cosine_distance")
"""Metrics of a picture whose means are compared."""

COMPARED = (*COMPARED_MEANS, "kid_x1000")

_SEED = 0


def draw(count):
    """How often each photo is in each resample: photos drawn with replacement, as many as there are.

    Resamples of one photo alone, which sets of a few photos have, are left out: they have no distance of sets.

    Args:
        count: int. Photos, at least 2.

    Returns:
        `[R, count]` integers. They are the same ones each time.
    """
    counts = np.random.default_rng(_SEED).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return counts[np.count_nonzero(counts, axis=1) > 1]


def compare(records, base_records, features=None):
    """Differences of a method from a baseline, over the photos that both have.

    The photos are drawn with replacement, the same ones for both methods, so that what is hard in a photo for both
    cancels out. The interval is between percentiles of the resamples' differences: a difference is beyond chance, as
    far as the choice of photos goes, where 0 is not in it. Of the KID see `metrics.kernel_distance`: copies of a photo
    in a resample form no pair, so that resamples have no bias. Close to a KID of 0 the interval is somewhat too wide.

    Args:
        records: dict from photos to dicts of the method's metrics.
        base_records: likewise, of the baseline.
        features: three dicts from photos to features `[C]`: the method's, the baseline's and the truth's. Defaults to
            none.

    Returns:
        Dict of `images`, how many photos both have, and for each metric that all of them have a dict of `difference`,
        `low` and `high`; KIDs are multiplied by 1000. Empty where both have fewer than two photos.
    """
    photos = [photo for photo in records if photo in base_records]
    if len(photos) < 2:
        return {}
    counts = draw(len(photos))
    found = {"images": len(photos)}
    for name in COMPARED_MEANS:
        pairs = [(records[photo].get(name, np.nan), base_records[photo].get(name, np.nan)) for photo in photos]
        if np.isnan(pairs).any():
            continue
        finite = np.isfinite(pairs).all(axis=1)  # without photos of infinite PSNR
        weights = counts[:, finite]
        weights = weights[weights.any(axis=1)]
        if weights.any():
            values = np.subtract(*np.transpose(np.array(pairs)[finite]))
            found[name] = _interval(values.mean(), weights @ values / weights.sum(axis=1))
    if features is not None:
        mine, base, truth = (np.stack([vectors[photo] for photo in photos]) for vectors in features)
        all_counts = np.concatenate([np.ones((1, len(photos))), counts])
        kids = [1000 * metrics.kernel_distance(vectors, truth, all_counts) for vectors in (mine, base)]
        differences = kids[0] - kids[1]
        found["kid_x1000"] = _interval(differences[0], differences[1:])
    return found


def _interval(difference, resampled):
    low, high = np.percentile(resampled, PERCENTILES)
    return {"difference": float(difference), "low": float(low), "high": float(high)}

"""Which photos a data set is made of, and which of its splits each belongs to. The same photos give the same choice."""

import collections
import dataclasses
import fractions

from keras_scgan.data.hashing import keyed_hash
from keras_scgan.preparation import duplicates
from keras_scgan.preparation.scan import thumbnails

UNUSABLE = "unusable"
"""The kind of drops that are failures: files that should have been photos and are not."""

TRAIN, VALIDATION = "train", "validation"

_AUTHORS_STEP = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Drop:
    """Why a file is left out.

    Args:
        kind: str. A few words, the same for all files that are left out for the like.
        reason: str. The reason in this case.
    """

    kind: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which photos a data set is made of.

    Args:
        splits: dict from the name of a split, of those that have samples, to a list of `Source`s in the order in which
            they are written.
        drops: dict from the path of a file to a `Drop`.
    """

    splits: dict
    drops: dict


def select(sources, findings, unusable, settings, near_duplicates=duplicates.near_duplicates):
    """Choose photos.

    Args:
        sources: list of `Source`s, sorted by path.
        findings: dict from the path of each source to a `Finding`.
        unusable: dict from the path of a file to a reason, for files that are left out already.
        settings: `Settings`.
        near_duplicates: function like `duplicates.near_duplicates`.

    Returns:
        `Selection`.
    """
    drops = {path: Drop(UNUSABLE, reason) for path, reason in unusable.items()}
    for source in sources:
        drop = _unfit(findings[source.path], settings)
        if drop:
            drops[source.path] = drop
    if not settings.is_video:
        fit = [source.path for source in sources if source.path not in drops]
        drops |= _exact_duplicates(fit, findings)
        different = [path for path in fit if path not in drops]
        near = near_duplicates(thumbnails([findings[path] for path in different]))
        for index, first in near.items():
            drops[different[index]] = Drop("near duplicate", f"near duplicate of {different[first]}")
    kept = [source for source in sources if source.path not in drops]
    if settings.sample:
        sampled = set(_sample(kept, settings))
        drops |= {source.path: Drop("not sampled", "not sampled") for source in kept if source not in sampled}
        kept = [source for source in kept if source in sampled]
    return Selection(_split(kept, settings), drops)


def _unfit(finding, settings):
    if finding.problem:
        return Drop(UNUSABLE, finding.problem)
    if finding.is_gray and not settings.is_video:
        return Drop("greyscale", "greyscale")
    if finding.side < settings.min_side:
        return Drop("too small", f"too small: its shorter side has {finding.side} pixels")
    if settings.min_colorfulness is not None and finding.colorfulness < settings.min_colorfulness:
        return Drop("dull", f"dull: its colourfulness is {finding.colorfulness:.1f}")
    return None


def _exact_duplicates(paths, findings):
    first, drops = {}, {}
    for path in paths:
        original = first.setdefault(findings[path].digest, path)
        if original != path:
            drops[path] = Drop("duplicate", f"duplicate of {original}")
    return drops


def _sample(sources, settings):
    """Of each class its share of `settings.sample`, rounded by the largest remainders; the order is of no account."""
    if settings.sample >= len(sources):
        return sources
    members = collections.defaultdict(list)
    for source in sources:
        members[source.label or ""].append(source)
    shares = {label: fractions.Fraction(settings.sample * len(of), len(sources)) for label, of in members.items()}
    counts = {label: int(share) for label, share in shares.items()}
    by_remainder = sorted(shares, key=lambda label: (counts[label] - shares[label], label))
    for label in by_remainder[: settings.sample - sum(counts.values())]:
        counts[label] += 1
    return [source for label, of in members.items() for source in _shuffled(of, settings, "sample")[: counts[label]]]


def _split(sources, settings):
    """The sources of each split that has some, in random order."""
    is_chosen = (_every_20th if settings.split == "authors" else _share)(sources, settings)
    splits = {TRAIN: [], VALIDATION: []}
    for source in _shuffled(sources, settings, "order"):
        splits[VALIDATION if is_chosen(source) else TRAIN].append(source)
    return {name: members for name, members in splits.items() if members}


def _every_20th(sources, settings):
    """Function that tells which sources are for validation: the first and each 20th after it in the order of paths."""
    chosen = {source.path for source in sources[::_AUTHORS_STEP]}
    return lambda source: source.path in chosen


def _share(sources, settings):
    """The same by chance, of photos or videos; of two or more, each split that is to have a share gets at least one."""
    share = settings.validation_share
    names = {source.video or source.key for source in sources}
    places = {name: keyed_hash(settings.seed, "split", name) for name in names}
    ranked = sorted(names, key=lambda name: (places[name], name))
    count = sum(place < share for place in places.values())
    if len(ranked) > 1 and 0 < share < 1:
        count = min(max(count, 1), len(ranked) - 1)
    chosen = set(ranked[:count])
    return lambda source: (source.video or source.key) in chosen


def _shuffled(sources, settings, purpose):
    return sorted(sources, key=lambda source: (keyed_hash(settings.seed, purpose, source.key), source.key))

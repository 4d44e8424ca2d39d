"""The run: every method on every photo, and what is measured of it."""

import concurrent.futures
import dataclasses
import itertools
import os

import numpy as np

from keras_scgan.evaluation import metrics
from keras_scgan.evaluation.columns import MEANS
from keras_scgan.evaluation.differences import compare
from keras_scgan.evaluation.methods import GREYSCALE, NETWORK, OUTPUTS, PIPELINE, TRUTH, Result, true_images
from keras_scgan.evaluation.plots import Extremes
from keras_scgan.evaluation.references import read_saliency, read_sample
from keras_scgan.evaluation.scaling import scale_colorfulness
from keras_scgan.program.errors import BadFileError, UserError

FID, FID_EQUAL_CCI, JUDGE = "fid", "fid_equal_cci", "judge"
"""Kinds of features."""


class Comparison:
    """Measures methods on the same photos, in batches.

    Args:
        references: list of `Reference`s.
        methods: list of what `methods.py` defines. The truth is measured as another, named "truth".
        image_size: int. Pixels of a side of the protocol's square. `None` for a protocol without one, in which the full
            pipeline alone is measured, and no saliency map.
        classifier: `Classifier`, or `None`. It may be the judge.
        labels: dict from keys to indices of classes; photos without one are left out of the accuracies.
        features: function from a list of pictures to features `[N, C]`, for the FID, or `None`.
        judge: `Judge`, or `None`.
        baseline: str. Name of the method that the others' differences are from.
        reading: dict. Options of `read_sample`, as `aging`.
        limit: int. The first photos that can be used are measured, so many. Defaults to all.

    Attributes:
        photos: list of the keys of the photos that are measured.
        records: list of dicts, one a photo, method and kind of output.
        gray: list of the keys of greyscale references, which are excluded.
        failures: list of `BadFileError`s.
        extremes: dict from the methods' names to their best and worst photos.
    """

    def __init__(
        self,
        references,
        methods,
        image_size,
        *,
        classifier=None,
        labels=None,
        features=None,
        judge=None,
        baseline=GREYSCALE,
        reading=None,
        limit=None,
    ):
        self.references = references
        self.methods = methods
        self.image_size = image_size
        self.classifier = classifier
        self.labels = labels or {}
        self.features = features
        self.judge = judge
        self.baseline = baseline
        self.reading = reading or {}
        self.limit = limit
        self.photos = []
        self.records, self.gray, self.failures = [], [], []
        self.extremes = {method.name: Extremes() for method in methods}
        self._curves = {method.name: [] for method in methods}
        self._features = {}  # by kind, by method and kind of output, by photo

    def run(self, batch_size, advance):
        """Measures all.

        Args:
            batch_size: int. Photos that are in memory at a time.
            advance: function of the number of references done with, called after each batch; with a limit, of photos
                measured.

        Raises:
            UserError: No photo can be used.
        """
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(self.references), batch_size):
                batch = self.references[start : start + batch_size]
                samples = self._usable(zip(batch, pool.map(self._read, batch), strict=True))
                if samples:
                    self._measure(samples, pool)
                advance(len(batch) if self.limit is None else len(samples))
                if len(self.photos) == self.limit:
                    break
        if not self.records:
            first = f", the first is {self.failures[0]}" if self.failures else ""
            raise UserError(
                f"None of the {len(self.references)} photos can be used: {len(self.gray)} are greyscale, "
                f"{len(self.failures)} files cannot be read{first}."
            )
        self.gray.sort()
        self.failures.sort(key=str)

    def rows(self):
        """The methods' results, a list of dicts: one a method and kind of output, in the order of the methods."""
        truths = {(record["photo"], record["output"]): record for record in self._records_of(TRUTH)}
        rows = []
        for output, method in itertools.product(OUTPUTS, [TRUTH, *self.extremes]):
            records = [record for record in self._records_of(method) if record["output"] == output]
            if records:
                rows.append({"method": method, "output": output, **self._summary(method, output, records, truths)})
                if method not in (TRUTH, self.baseline) and (found := self._differences(method, output)):
                    rows[-1]["differences"] = found
        return rows

    def _summary(self, method, output, records, truths):
        summary = {"images": len(records)}
        for name in MEANS:
            values = [record[name] for record in records if name in record]
            if values:
                summary[name] = _mean(values)
        for name in ("cci", "cci_absolute"):
            true_values = [truths[record["photo"], output][name] for record in records]
            summary[f"{name}_difference"] = summary[name] - float(np.mean(true_values))
        summary["cci_ratio"] = metrics.cci_ratio([record["cci"] for record in records])
        if "top1" in summary:
            summary["labelled_images"] = sum("top1" in record for record in records)
        if "saliency_mae" in summary:
            summary["saliency_images"] = sum("saliency_mae" in record for record in records)
            if self._curves[method]:
                summary["saliency_max_f"] = metrics.max_f(self._curves[method])
        if method != TRUTH and len(records) > 1:
            for kind, features in self._features.items():
                mine, truth = features[method, output], features[TRUTH, output]
                sets = [np.stack([vectors[photo] for photo in mine]) for vectors in (mine, truth)]
                if kind != JUDGE:
                    summary[kind] = metrics.frechet_distance(*sets)
                else:
                    summary["kid_x1000"] = 1000 * metrics.kernel_distance(*sets)
                    summary["frechet_distance"] = metrics.frechet_distance(*sets)
        return summary

    def _differences(self, method, output):
        """Of `differences.compare`."""
        records = [
            {record["photo"]: record for record in self._records_of(name) if record["output"] == output}
            for name in (method, self.baseline)
        ]
        judged = self._features.get(JUDGE)
        features = judged and [judged.get((name, output), {}) for name in (method, self.baseline, TRUTH)]
        return compare(*records, features)

    def _records_of(self, method):
        return (record for record in self.records if record["method"] == method)

    def _usable(self, found):
        """The samples among what was read of references, no more than the limit; takes note of the others."""
        samples = []
        for reference, sample in found:
            if len(self.photos) == self.limit:
                break
            if isinstance(sample, BadFileError):
                self.failures.append(sample)
            elif sample is None:
                self.gray.append(reference.key)
            else:
                samples.append(self._with_map(reference, sample))
                self.photos.append(reference.key)
        return samples

    def _read(self, reference):
        """The sample without its saliency map, `None` for one that is excluded, or the error."""
        try:
            return read_sample(reference, self.image_size, **self.reading)
        except BadFileError as error:
            return error

    def _with_map(self, reference, sample):
        if self.image_size is None:
            return sample
        try:
            return dataclasses.replace(sample, saliency=read_saliency(reference, sample))
        except BadFileError as error:
            self.failures.append(error)
            return sample

    def _measure(self, samples, pool):
        trials = [(TRUTH, sample, Result(true_images(sample))) for sample in samples]
        for method in self.methods:
            for sample, result in zip(samples, method.run(samples), strict=True):
                if isinstance(result, BadFileError):
                    self.failures.append(result)
                else:
                    trials.append((method.name, sample, result))
        # Where the photo has the protocol's size, one picture may be both kinds of output: it is measured once.
        pictures = {
            id(image): (image, true_images(sample)[output], sample.key)
            for _, sample, result in trials
            for output, image in result.images.items()
        }
        measured = dict(zip(pictures, pool.map(_measure_picture, pictures.values()), strict=True))
        for number, (image, truth, _) in pictures.items():
            if image is not truth:
                measured[number]["cci_distance"] = abs(measured[number]["cci"] - measured[id(truth)]["cci"])
        features = self._featurize(pictures, measured, len(samples))
        for trial in trials:
            self._record(*trial, measured, features)

    def _featurize(self, pictures, measured, batch_size):
        """Adds what the judge and the classifier find to the pictures' metrics.

        Returns:
            Dict from kinds of features to dicts from pictures to features.
        """
        images = [image for image, _, _ in pictures.values()]
        features, seen = {}, None
        if self.features is not None:
            scaled = [
                image if image is truth else scale_colorfulness(image, measured[id(truth)]["cci"])
                for image, truth, _ in pictures.values()
            ]
            for kind, seen_images in ((FID, images), (FID_EQUAL_CCI, scaled)):
                found = _in_batches(self.features, seen_images, batch_size)
                features[kind] = dict(zip(pictures, found, strict=True))
        if self.judge is not None:
            seen = dict(zip(pictures, _in_batches(self.judge, images, batch_size), strict=True))
            features[JUDGE] = {number: vector for number, (vector, _) in seen.items()}
            for number, (image, truth, _) in pictures.items():
                if image is not truth:
                    measured[number] |= _compare_as_seen(seen[number], seen[id(truth)])
        self._classify(pictures, measured, seen, batch_size)
        return features

    def _classify(self, pictures, measured, seen, batch_size):
        """Adds the classifier's hits to the pictures' metrics."""
        labelled = {number: picture for number, picture in pictures.items() if picture[2] in self.labels}
        if self.classifier is None or not labelled:
            return
        if self.classifier is self.judge:
            scores = [seen[number][1] for number in labelled]
        else:
            scores = _in_batches(self.classifier.scores, [image for image, _, _ in labelled.values()], batch_size)
        for (number, (_, _, key)), values in zip(labelled.items(), scores, strict=True):
            measured[number] |= metrics.top_k_hits(values, self.labels[key])

    def _record(self, method, sample, result, measured, features):
        for output, image in result.images.items():
            record = {"photo": sample.key, "method": method, "output": output, **measured[id(image)]}
            if output == NETWORK and result.saliency is not None and sample.saliency is not None:
                record["saliency_mae"] = metrics.saliency_mae(result.saliency, sample.saliency)
                curve = metrics.precision_recall(result.saliency, sample.saliency)
                self._curves[method] += [] if curve is None else [curve]
            for kind, vectors in features.items():
                found = self._features.setdefault(kind, {}).setdefault((method, output), {})
                found[sample.key] = vectors[id(image)]
            self.records.append(record)
        if method != TRUTH:
            output = PIPELINE if PIPELINE in result.images else NETWORK
            image, truth = result.images[output], true_images(sample)[output]
            self.extremes[method].add(measured[id(image)]["chroma_psnr"], sample.key, truth, image)


def _measure_picture(picture):
    image, truth, _ = picture
    if image is truth:
        return {"cci": metrics.cci(image), "cci_absolute": metrics.cci_absolute(image)}
    return metrics.measure(image, truth)


def _mean(values):
    """The mean without the infinite PSNR of equal pictures, which is that of pictures that are all equal alone."""
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite or values))


def _compare_as_seen(seen, true):
    """Metrics of a picture by what the judge sees in it and in the truth: features and scores, or `None`."""
    found = {"cosine_distance": metrics.cosine_distance(seen[0], true[0])}
    if seen[1] is not None:
        found["agreement"] = metrics.top_k_hits(seen[1], int(np.argmax(true[1])))["top1"]
    return found


def _in_batches(function, images, batch_size):
    """What a function from a list of pictures to a sequence makes of them, a list."""
    starts = range(0, len(images), batch_size)
    return [value for start in starts for value in function(images[start : start + batch_size])]

"""Measures the hues of salient, unsalient and random patches: figure 8 of the paper.

    scgan visualize hue --data_dir=DIR --output_dir=DIR

Their histogram and variance, and their share of green, cyan and blue, as the paper's text has it; and the variances
that the code of its authors computes. keras_scgan/visualization/hue.py and authors_hue.py say how the two differ.
Written as hue.png and hue.jsonl.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import json
import sys

import numpy as np
from absl import flags, logging

from keras_scgan import data
from keras_scgan.colorizing.runners import DEFAULT_SIZE
from keras_scgan.commands.visualize import shared
from keras_scgan.photos.resizing import to_square
from keras_scgan.program.errors import UserError
from keras_scgan.program.file_jobs import Report
from keras_scgan.program.files import atomic_path
from keras_scgan.program.progress import progress_bar
from keras_scgan.visualization import grid, hue
from keras_scgan.visualization.authors_hue import AuthorsStatistics

FLAGS = flags.FLAGS

shared.define_output()
flags.DEFINE_string("data_dir", None, "Folder with images/ and saliency/.", required=True)
flags.DEFINE_string("model", None, "Generator that makes the maps, instead of DIR/saliency.")
shared.define_image_size(f"that of --model, else {DEFAULT_SIZE}")
flags.DEFINE_integer("patch_size", 64, "Height and width of a patch, in pixels.", 1)
flags.DEFINE_integer("patches", 4, "Patches of each kind that a photo gives, at most.", 1)
flags.DEFINE_float("high", 0.5, "Value of the saliency map, in (0, 1], from which a pixel is salient.", 0.001, 1.0)
flags.DEFINE_float("salient_share", 0.8, "Share of salient pixels that makes a patch salient.", 0.001, 1.0)
flags.DEFINE_integer("seed", 0, "Seed of the random choice of patches.", 0)


def main(_):
    """Measures the hues, and writes their figure and their table."""
    colorizer = shared.colorizer_of("model", needs_saliency=True) if FLAGS.model else None
    size = colorizer.image_size if colorizer else FLAGS.image_size or DEFAULT_SIZE
    if FLAGS.patch_size > size:
        raise UserError(f"--patch_size={FLAGS.patch_size} is more than the photos' {size} pixels: see --image_size.")
    plot, table = shared.output("hue.png"), shared.output("hue.jsonl")
    report = Report("measured")
    fields = ("color",) if colorizer else ("color", "saliency")
    pairs = data.PhotoFolder(FLAGS.data_dir, fields=fields, bad_files=_BadFiles(report))
    authors = AuthorsStatistics(FLAGS.seed)
    results = hue.measure_hues(
        _told(authors, _hue_samples(pairs, colorizer, size, report)),
        seed=FLAGS.seed,
        size=FLAGS.patch_size,
        high=FLAGS.high,
        salient_share=FLAGS.salient_share,
        count=FLAGS.patches,
    )
    if not report.done:
        path, reason = report.failures[0]
        raise UserError(f"None of the photos in {FLAGS.data_dir} can be used. The first, {path}: {reason}")
    authors_results = authors.summary()
    _print_hues(results)
    _print_authors(authors_results)
    protocol = {name: getattr(FLAGS, name) for name in ("data_dir", "patch_size", "patches", "seed")}
    protocol |= {"photos": report.done, "high": FLAGS.high, "salient_share": FLAGS.salient_share, "image_size": size}
    protocol |= {"maps": FLAGS.model or "saliency/", "variance_unit": "half degrees squared"}
    protocol["green_cyan_blue_degrees"] = hue.GREEN_TO_BLUE
    with atomic_path(table) as path:
        lines = [{"figure": "hue", "kind": kind, **protocol, **result} for kind, result in results.items()]
        shared_protocol = {name: protocol[name] for name in ("data_dir", "seed", "photos", "image_size", "maps")}
        lines += [
            {"figure": "hue_by_the_authors_code", "kind": kind, **shared_protocol, **result}
            for kind, result in authors_results.items()
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    grid.save(hue.draw_histograms(results), plot)
    logging.info("Wrote %s and %s", table, plot)
    sys.exit(report.finish())


class _BadFiles:
    """Takes what `data.BadFiles` takes, however many they are, for the report."""

    def __init__(self, report):
        self.report = report

    def add(self, *files, summary=None):
        for file in files:
            self.report.add_failure(file.path, file)


def _hue_samples(pairs, colorizer, size, report):
    """Squeezed photos with their maps, or those that a model makes of them."""
    with progress_bar(total=len(pairs), unit="photo") as bar:
        for index in range(len(pairs)):
            pair = pairs.read_or_skip(index, size)
            bar.update()
            if pair is None:
                continue
            report.done += 1
            photo = to_square(pair["color"], size)
            if colorizer:
                saliency = colorizer.predict(colorizer.prepare(photo)[np.newaxis])["saliency"][0]
                saliency_map = colorizer.saliency_map(photo, saliency)
            else:
                saliency_map = pair["saliency"]
            yield index, photo, to_square(saliency_map, size)


def _told(statistics, samples):
    """The samples, of which statistics are told."""
    for sample in samples:
        statistics.add(*sample)
        yield sample


def _print_authors(results):
    print("\nby the authors' code   patches   variance of the histogram   variance of RGB")
    for kind, r in results.items():
        print(f"{kind:22}{r['patches']:8}{r['histogram_variance']:28.0f}{r['pixel_variance']:18.0f}")


def _print_hues(results):
    print("patches     count  pixels with hue   variance (half degrees^2)  circular variance  green, cyan, blue")
    for kind, r in results.items():
        if not r["pixels_with_hue"]:
            print(f"{kind:10}{r['patches']:7}  no such patches, or no colour in them")
            continue
        print(
            f"{kind:10}{r['patches']:7}{r['pixels_with_hue'] / r['pixels']:17.1%}{r['variance']:28.0f}"
            f"{r['circular_variance']:19.3f}{r['green_cyan_blue_share']:19.2%}"
        )

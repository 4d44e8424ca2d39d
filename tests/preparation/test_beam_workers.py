"""Work on a runner of Beam: the same results as on this machine, and what a killed runner has done stays done."""

import numpy as np
import pytest

pytest.importorskip("apache_beam")

from photo_folders import mixed_folder, picture

from keras_scgan.beam import running
from keras_scgan.preparation import beam_workers, duplicates, own_files, prepare, workers
from keras_scgan.preparation.beam_workers import BeamWorkers
from keras_scgan.preparation.journal import Journal
from keras_scgan.preparation.settings import Settings
from keras_scgan.preparation.shards import Part
from keras_scgan.preparation.sources import Source
from keras_scgan.program.progress import progress_bar


def name(sources):
    workers.advance(len(sources))
    return [{"path": source.path} for source in sources]


def describe(part):
    return [{"file": part.file, "digest": part.digest, "labels": [source.label for source in part.sources]}]


@pytest.fixture
def on_beam(tmp_path):
    return BeamWorkers(running.pipeline_options(running.LOCAL_RUNNER, 1), tmp_path)


def test_results_are_given_and_survive_in_the_journal_until_they_are_taken(on_beam, tmp_path):
    jobs = [[Source(f"{number}.jpg"), Source(f"\udcff{number}.jpg")] for number in range(4)]
    with on_beam as pool, progress_bar(total=8) as bar, Journal(tmp_path / own_files.SCAN_NAME) as journal:
        results = pool.run(name, jobs, bar, journal)
        (first,) = next(results)
        assert len(list(journal.entries_of_parts())) == 8
        rest = [entry for entries in results for entry in entries]
        assert {entry["path"] for entry in [first, *rest]} == {source.path for job in jobs for source in job}
        assert bar.n == 8
        assert list(journal.entries_of_parts()) == []
        assert list(pool.run(name, [], bar, journal)) == []


def test_parts_of_shards_reach_the_workers_whole(on_beam, tmp_path):
    part = Part("file", [Source("a.jpg", label="cat"), Source("b.jpg", thermal="c.jpg")], "digest")
    with on_beam as pool, progress_bar() as bar, Journal(tmp_path / own_files.SHARDS_NAME) as journal:
        assert list(pool.run(describe, [part], bar, journal)) == [
            [{"file": "file", "digest": "digest", "labels": ["cat", None]}]
        ]


def test_what_has_no_journal_runs_here(on_beam):
    assert list(on_beam.run(len, [(), (1,)])) == [0, 1]


@pytest.mark.parametrize("bucket", [50, 500_000])
def test_near_duplicates_are_those_that_this_machine_finds(on_beam, monkeypatch, bucket):
    monkeypatch.setattr(beam_workers, "_HASHED", 30)
    monkeypatch.setattr(beam_workers, "_BUCKET", bucket)
    photos = [picture(number, (96, 80)) for number in range(40)]
    photos += [photo[:, ::-1].copy() for photo in photos[::3]] + [np.zeros((9, 9, 3), np.uint8)] * 3 + photos[::4]
    thumbnails = np.stack([duplicates.thumbnail(photo) for photo in photos])
    expected = duplicates.near_duplicates(thumbnails)
    assert len(expected) > 20
    with on_beam as pool:
        assert pool.near_duplicates(thumbnails) == expected


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_set_has_the_same_bytes_and_goes_on_where_it_was_killed(tmp_path, monkeypatch):
    mixed_folder(tmp_path / "photos", 12)
    settings = Settings(image_size=32, min_side=24, detector="spectral_residual", validation_share=0.3)
    options = {"detector": "spectral_residual"}
    assert prepare.prepare(settings, tmp_path / "photos", tmp_path / "local", **options) == 1

    output_dir, run, runs = tmp_path / "on_beam", running.run, []

    def killed_after(*arguments):
        run(*arguments)
        raise KeyboardInterrupt

    def counted(*arguments):
        runs.append(arguments)
        return run(*arguments)

    def prepare_on_beam():
        pool = BeamWorkers(running.pipeline_options(running.LOCAL_RUNNER, 1), output_dir / own_files.WORK_NAME)
        return prepare.prepare(settings, tmp_path / "photos", output_dir, workers=pool, **options)

    monkeypatch.setattr(running, "run", killed_after)
    with pytest.raises(KeyboardInterrupt):
        prepare_on_beam()
    monkeypatch.setattr(running, "run", counted)
    assert prepare_on_beam() == 1
    assert len(runs) == 2  # to compare and to make shards: the scan was done
    assert contents(output_dir) == contents(tmp_path / "local")

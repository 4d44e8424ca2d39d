"""Where results go: none takes another's place, and what is there stays."""

import pathlib

import pytest

from keras_scgan.colorizing import planning
from keras_scgan.colorizing.result_log import ResultLog
from keras_scgan.films import output_suffix
from keras_scgan.program.errors import UserError
from keras_scgan.program.file_jobs import FoundFile, Report


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Function that plans for files of the folder `in`, and returns the jobs and the report."""
    monkeypatch.chdir(tmp_path)

    def plan(*names, log=None, **options):
        report = Report("colorized")
        files = [FoundFile(pathlib.Path("in", name), pathlib.Path(name)) for name in names]
        for file in files:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            if not file.path.exists():
                file.path.write_text(file.path.name)
        return planning.plan(files, "out", report, log=log, **options), report

    return plan


def write(*paths, log=None, original=None):
    for path in map(pathlib.Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{path} made of {original}")
        if log is not None:
            log.add(path, original)


def results(jobs):
    return [path.as_posix() for job in jobs for path in job.results]


def test_extras_come_after_photos_and_none_is_lost(plan):
    jobs, report = plan("a.jpg", "a.png", "a_comparison.jpg", extras=("comparison", "saliency"))
    found = results(jobs)
    assert len(set(found)) == len(found) == 7
    assert {"out/a.jpg", "out/a.png", "out/a_comparison.jpg"} < set(found)
    assert [(str(path), reason) for path, reason in report.failures] == [
        (
            "out/a_comparison.jpg",
            "the comparison of in/a.jpg would take the place of what is made of in/a_comparison.jpg",
        ),
        ("out/a_saliency.png", "the saliency of in/a.png would take the place of what is made of in/a.jpg"),
    ]


def test_a_file_is_no_folder_for_results(plan):
    write("out")
    with pytest.raises(UserError, match="`output_dir=out` is a file: give a folder"):
        plan("a.jpg")


def test_extras_that_are_added_later_leave_the_photo_as_it_is(plan):
    write("out/a.jpg")
    (job,), report = plan("a.jpg", extras=("comparison",))
    assert results([job]) == ["out/a_comparison.jpg"]
    assert job.has_target
    write("out/a_comparison.jpg")
    assert plan("a.jpg", extras=("comparison",))[0] == []
    jobs, _ = plan("a.jpg", extras=("comparison",), overwrite=True)
    assert results(jobs) == ["out/a.jpg", "out/a_comparison.jpg"]
    assert report.skipped == 0


@pytest.mark.parametrize("folds", [False, True])
def test_names_that_differ_by_case_alone_are_one_where_the_file_system_folds_them(plan, monkeypatch, folds):
    monkeypatch.setattr(planning, "folds_names", lambda folder: folds)
    jobs, report = plan("A.jpg", "sub/a.jpg", "a.JPG", "Sub/A.jpg")
    assert len(jobs) == (2 if folds else 4)
    assert [str(path) for path, _ in report.failures] == (["in/a.JPG", "in/Sub/A.jpg"] if folds else [])


def test_a_file_that_is_named_twice_is_done_once(plan):
    jobs, report = plan("a.jpg", "a.jpg")
    assert results(jobs) == ["out/a.jpg"]
    assert report.failures == []


def test_a_film_whose_place_is_taken_keeps_its_suffix_too(plan):
    options = {"suffix_of": output_suffix}
    jobs, _ = plan("x.3gp", "x.mp4", "x.ts", "y.avi", **options)
    assert results(jobs) == ["out/x.3gp.mp4", "out/x.mp4", "out/x.ts.mp4", "out/y.mp4"]
    log = ResultLog("out", {})
    write("out/z.mp4", log=log, original="in/x.ts")
    jobs, report = plan("z.avi", log=log, **options)
    assert results(jobs) == ["out/z.avi.mp4"]
    assert report.failures == []


@pytest.mark.parametrize("order", [("a.gif", "a.png"), ("a.png", "a.gif")])
def test_a_photo_whose_place_is_taken_keeps_its_suffix_too(plan, order):
    jobs, report = plan(*order, "b.gif", extras=("saliency",))
    targets = {job.path.name: job.target for job in jobs}
    assert {name: target.as_posix() for name, target in targets.items()} == {
        "a.gif": "out/a.gif.png",
        "a.png": "out/a.png",
        "b.gif": "out/b.png",
    }
    assert report.failures == []
    log = ResultLog("out", {})
    for name, target in targets.items():
        write(target, log=log, original=f"in/{name}")
    for names in (order, ("a.gif",), ("a.png",), ("b.gif",)):
        jobs, report = plan(*names, log=log)
        assert (jobs, report.skipped, report.failures) == ([], len(names), [])


def test_without_long_names_the_second_result_of_a_name_is_named(plan):
    jobs, report = plan("a.gif", "a.png", long_names=False)
    assert results(jobs) == ["out/a.png"]
    assert [str(path) for path, _ in report.failures] == ["in/a.png"]


def test_a_result_of_another_original_is_named(plan):
    plan("a.jpg", "b.jpg")
    log = ResultLog("out", {})
    write("out/a_saliency.png", log=log, original="in/b.jpg")
    write("out/c.jpg", log=log, original="in/b.jpg")
    jobs, report = plan("a.jpg", "c.jpg", extras=("saliency",), log=log)
    assert results(jobs) == ["out/a.jpg"]
    named = {str(path): reason for path, reason in report.failures}
    assert "would take the place of what is made of" in named["out/a_saliency.png"]
    assert named["in/c.jpg"].startswith("its result out/c.jpg would take the place of that of")
    jobs, report = plan("a.jpg", "c.jpg", log=log, overwrite=True)
    assert results(jobs) == ["out/a.jpg", "out/c.jpg"]
    assert report.failures == []


def test_what_was_made_before_its_original_changed_is_made_again(plan):
    log = ResultLog("out", {})
    plan("a.jpg")
    write("out/a.jpg", "out/a_saliency.png", log=log, original="in/a.jpg")
    pathlib.Path("in/a.jpg").write_text("another photo")
    jobs, report = plan("a.jpg", extras=("saliency",), log=log)
    assert results(jobs) == ["out/a.jpg", "out/a_saliency.png"]
    assert (report.skipped, report.failures) == (0, [])
    pathlib.Path("out/a.jpg").write_text("edited")
    jobs, report = plan("a.jpg", log=log)
    assert (jobs, report.skipped) == ([], 1)


def test_results_of_other_settings_are_named(plan):
    plan("a.jpg", "b.jpg")
    write("out/a.jpg", log=ResultLog("out", {"saturation": 1.0, "model": "1"}), original="in/a.jpg")
    write("out/b.jpg", log=ResultLog("out", {"saturation": 1.2, "model": "1"}), original="in/b.jpg")
    jobs, report = plan("a.jpg", "b.jpg", log=ResultLog("out", {"saturation": 1.2, "model": "2"}))
    assert jobs == []
    assert report.skipped == 2
    assert report.notes == [
        "Made with another `model`, `saturation` (`overwrite=True` does them again): out/a.jpg, out/b.jpg"
    ]
    assert plan("a.jpg", log=ResultLog("out", {"saturation": 1.0, "model": "1"}))[1].notes == []


def test_an_edited_result_is_nobodys_business(plan):
    plan("a.jpg", "b.jpg")
    write("out/a.jpg", log=ResultLog("out", {"model": "1"}), original="in/b.jpg")
    pathlib.Path("out/a.jpg").write_text("edited")
    jobs, report = plan("a.jpg", log=ResultLog("out", {"model": "2"}))
    assert (jobs, report.skipped, report.notes, report.failures) == ([], 1, [], [])


def test_a_part_of_a_damaged_film_is_named_each_time(plan):
    plan("a.mp4")
    log = ResultLog("out", {})
    write("out/a.mp4")
    log.add("out/a.mp4", "in/a.mp4", "it ends after 1 s of 2 s")
    _, report = plan("a.mp4", suffix_of=output_suffix, log=ResultLog("out", {}))
    assert [reason for _, reason in report.failures] == [
        f"damaged: it ends after 1 s of 2 s. What can be read is in {pathlib.Path('out/a.mp4')}"
    ]


def test_results_among_the_files_are_left_out(plan, tmp_path):
    plan("a.jpg")
    log = ResultLog("in", {})
    write("in/b.jpg", log=log, original="in/a.jpg")
    report = Report("colorized")
    files = [FoundFile(pathlib.Path("in", name), pathlib.Path(name)) for name in ("a.jpg", "b.jpg")]
    with pytest.raises(UserError, match=r"The result .*a.jpg would take the place of an original"):
        planning.plan(files[:1], "in", report, log=log)
    assert planning.plan(files[1:], "in", report, log=log) == []
    assert report.notes == ["Left out, as they are results themselves: 1 files"]


def test_what_a_killed_run_left_among_the_results_is_removed(plan):
    write("out/sub/.b.0123456789abcdef.tmp.jpg", "out/a.jpg", "out/sub/b.jpg")
    assert plan("a.jpg", "sub/b.jpg")[0] == []
    assert [path.name for path in pathlib.Path("out/sub").iterdir()] == ["b.jpg"]

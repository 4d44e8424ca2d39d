"""scgan prepare_data on a runner of Apache Beam, run as a user does."""

import pytest
from photo_folders import mixed_folder

pytest.importorskip("apache_beam")

FLAGS = ("--image_size=32", "--detector=spectral_residual", "--validation_share=0.3")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_two_processes_of_a_runner_make_the_bytes_of_this_one(run_tool, call_tool, tmp_path):
    mixed_folder(tmp_path / "photos", 24)
    call = ("prepare_data.py", f"--images={tmp_path / 'photos'}", *FLAGS)
    local = call_tool(*call, f"--output_dir={tmp_path / 'local'}", "--workers=0")
    on_beam = run_tool(*call, f"--output_dir={tmp_path / 'beam'}", "--workers=2", "--runner=DirectRunner")
    assert local.returncode == on_beam.returncode == 1, on_beam.stderr
    assert on_beam.stdout == local.stdout.replace(str(tmp_path / "local"), str(tmp_path / "beam"))
    assert contents(tmp_path / "beam") == contents(tmp_path / "local")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stray"], "unexpected argument 'stray'"),
        (["--", "--region=x"], "unexpected argument '--region=x'"),
        (["--runner=DirectRunner", "stray"], "unexpected argument 'stray'"),
        (["--runner=DirectRunner", "--output_dir=set*"], "--output_dir=set*: Beam takes it for a pattern"),
        (["--runner=NoRunner"], "--runner=NoRunner: Unexpected pipeline runner"),
    ],
)
def test_what_is_wrong_with_a_call_is_told_in_a_line(call_tool, error_of, tmp_path, arguments, message):
    call = ("prepare_data.py", f"--images={tmp_path}", f"--output_dir={tmp_path / 'set'}", "--detector=none")
    assert message in error_of(call_tool(*call, *arguments))

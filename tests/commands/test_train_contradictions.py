"""Flags of scgan train that would be of no effect, or train on a wrong target, are refused."""

import pytest

SMALL = [
    "--dataset=demo",
    "--preset=testing",
    "--image_size=256",
    "--strategy=none",
    "--precision=float32",
    "--dry_run",
]
COSINE = "--learning_rate_schedule=cosine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--keep_luma", "--aging=0.5"],
            "--keep_luma: with --aging or --stretch_luma the luma of the input is not that",
        ),
        (["--keep_luma", "--stretch_luma"], "--keep_luma: with --aging or --stretch_luma the luma of the input is not"),
        (["--encoder=MobileNetV2"], "--encoder=MobileNetV2 is for --architecture=pretrained"),
        (["--freeze_encoder=none"], "--freeze_encoder=none is for --architecture=pretrained"),
        (["--encoder_learning_rate=1e-5"], "--encoder_learning_rate=1e-05 is for --architecture=pretrained"),
        (["--judged_size=32"], "--judged_size=32 is for stage 2, and --stage=1 is the default"),
        (["--truth_saturation=1.2"], "--truth_saturation=1.2 is for stage 2"),
        (["--perceptual_gradient_ratio=5"], "--perceptual_gradient_ratio=5.0 is for stage 2"),
        (["--perceptual_layer=a,b"], "--perceptual_layer=a,b is for stage 2"),
        (["--warm_up_steps=9"], "--warm_up_steps=9 is for --learning_rate_schedule=cosine"),
        ([COSINE, "--learning_rate_halving_epochs=5"], "--learning_rate_halving_epochs=5 is for --learning_rate_sch"),
    ],
)
def test_a_flag_of_no_effect_is_refused_in_a_line_that_names_it(call_tool, error_of, tmp_path, arguments, message):
    assert message in error_of(call_tool("train.py", *SMALL, *arguments, f"--output_dir={tmp_path}"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--stage=1", "--judged_size=32", "--perceptual_layer=a,b"],  # as of a flagfile of both stages
        [COSINE, "--learning_rate_halving_epochs=0"],
        ["--perceptual_loss_weight=0"],
    ],
)
def test_a_flag_that_says_nothing_else_is_taken(call_tool, tmp_path, arguments):
    result = call_tool("train.py", *SMALL, *arguments, f"--output_dir={tmp_path}")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("flags", [[], ["--keep_luma", COSINE, "--warm_up_steps=3", "--learning_rate=1e-3"]])
def test_every_flag_by_its_resolved_value_is_taken_as_where_a_run_goes_on(call_tool, tmp_path, flags):
    result = call_tool("train.py", *SMALL, *flags, f"--output_dir={tmp_path}")
    assert result.returncode == 0, result.stderr
    resolved = [line for line in result.stdout.splitlines() if line.startswith("--")]
    assert len(resolved) > 40
    again = call_tool("train.py", *resolved, "--dry_run")
    assert again.returncode == 0, again.stderr
    assert again.stdout == result.stdout

"""Checkpoints hold all that decides how a run goes on, and are whole or absent."""

import os
import re
import zipfile

import keras
import numpy as np
import pytest
import tiny
from platforms import needs_posix
from tiny import assert_same_bits, values_of

from keras_scgan.program.errors import UserError
from keras_scgan.training.checkpoints import Checkpoints, run_variables


@pytest.fixture(scope="module")
def trained():
    """A model of stage 2 after a step, all of whose state has moved."""
    keras.utils.set_random_seed(1)
    model = tiny.build_model()
    model.train_step(tiny.batch_of_step(0))
    return model


def damage(path, share=0.6):
    os.truncate(path, int(os.path.getsize(path) * share))


def test_a_checkpoint_restores_every_bit_of_networks_optimizers_and_trackers_in_another_model(trained, tmp_path):
    Checkpoints(tmp_path, trained).save(7)
    other = tiny.build_model()  # whose optimizers have other names, as the later ones of a process
    checkpoints = Checkpoints(tmp_path, other)
    assert checkpoints.restore_latest() == 7
    assert_same_bits(values_of(other), values_of(trained))
    for model in (trained, other):
        model.train_step(tiny.batch_of_step(1))
    assert_same_bits(values_of(other), values_of(trained))


def test_nothing_that_a_step_changes_is_missing(trained):
    before, named = values_of(trained), {id(variable) for variable in run_variables(trained).values()}
    trained.train_step(tiny.batch_of_step(2))
    changed = [name for name, value in values_of(trained).items() if value.tobytes() != before[name].tobytes()]
    groups = ("generator", "optimizer", "color_critic", "attention_critic", "critic_optimizer", "trackers")
    assert {name.partition("/")[0] for name in changed} == set(groups)
    for variable in trained.variables:
        assert id(variable) in named or variable.name in ("learning_rate", "seed_generator_state"), variable.path


def test_the_learning_rate_is_that_of_the_flags_not_of_the_checkpoint(trained, tmp_path):
    Checkpoints(tmp_path, trained).save(1)
    other = tiny.build_model(learning_rate=0.125)
    Checkpoints(tmp_path, other).restore_latest()
    assert float(other.optimizer.learning_rate) == 0.125
    assert int(other.optimizer.iterations) == int(trained.optimizer.iterations)


def test_the_last_three_are_kept_in_the_order_of_their_steps(trained, tmp_path):
    checkpoints = Checkpoints(tmp_path / "new", trained)
    for step in (1, 99_999_999, 100_000_000, 20, 3):
        checkpoints.save(step)
    assert checkpoints.steps() == [20, 99_999_999, 100_000_000]
    assert len(os.listdir(tmp_path / "new")) == 3


def test_a_worker_that_is_not_to_write_does_not(trained, tmp_path):
    Checkpoints(tmp_path / "new", trained).save(1, write=False)
    assert not (tmp_path / "new").exists()


def test_a_folder_without_checkpoints_starts_at_step_0(trained, tmp_path):
    (tmp_path / "step_best.npz").write_text("a name that a person gave")
    (tmp_path / ".step_00000009.123.tmp.npz").write_text("what a killed run was writing")
    assert Checkpoints(tmp_path, trained).restore_latest() == 0
    assert Checkpoints(tmp_path / "nowhere", trained).restore_latest() == 0


@pytest.mark.parametrize("share", [0.0, 0.02, 0.6, 0.999])
def test_a_torn_checkpoint_is_passed_over_for_the_one_before(trained, tmp_path, share):
    checkpoints = Checkpoints(tmp_path, trained)
    checkpoints.save(1)
    checkpoints.save(2)
    damage(checkpoints.path(2), share)
    assert checkpoints.restore_latest() == 1


def foreign_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("generator/0000/x", "no array")


def header_without_end(path):
    with zipfile.ZipFile(path, "w") as archive:
        header = b"{'descr': '<f4', 'shape': " + b"(" * 9000
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)


def nothing_in_it(path):
    zipfile.ZipFile(path, "w").close()


def folder_in_its_place(path):
    path.unlink()
    path.mkdir()


def pipe_in_its_place(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "spoil",
    [
        *(header_without_end, nothing_in_it, folder_in_its_place),
        pytest.param(pipe_in_its_place, marks=needs_posix),
    ],
)
def test_a_checkpoint_that_is_spoilt_in_any_way_is_passed_over_for_the_one_before(trained, tmp_path, spoil):
    checkpoints = Checkpoints(tmp_path, trained)
    checkpoints.save(1)
    checkpoints.save(2)
    spoil(checkpoints.path(2))
    assert checkpoints.restore_latest() == 1
    checkpoints.save(3)
    assert checkpoints.steps() == [1, 3]


def test_a_disk_that_fails_is_passed_over_for_the_checkpoint_before(trained, tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path, trained)
    checkpoints.save(1)
    checkpoints.save(2)
    load = np.load

    def fail(file):
        if file.name.endswith("2.npz"):
            raise OSError(5, "Input/output error")
        return load(file)

    monkeypatch.setattr(np, "load", fail)
    assert checkpoints.restore_latest() == 1


def test_arrays_of_another_kind_are_an_error_that_changes_nothing(trained, tmp_path):
    checkpoints = Checkpoints(tmp_path, trained, {"seed": 1})
    checkpoints.save(1)
    expected, values = values_of(trained), dict(np.load(checkpoints.path(1)))
    name = next(iter(values))
    for change in ({name: values[name].astype(str)}, {"constant/seed": np.ones(3, int)}):
        np.savez(checkpoints.path(1), **values | change)
        with pytest.raises(UserError, match=r"is of another model|was made with seed"):
            checkpoints.restore_latest()
    foreign_archive(checkpoints.path(1))
    with pytest.raises(UserError, match="is of another model"):
        checkpoints.restore_latest()
    assert_same_bits(values_of(trained), expected)


def test_no_flipped_byte_is_restored_in_silence(trained, tmp_path, rng):
    checkpoints = Checkpoints(tmp_path, trained)
    checkpoints.save(1)
    expected, whole = values_of(trained), checkpoints.path(1).read_bytes()
    passed_over = 0
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        checkpoints.path(1).write_bytes(damaged)
        try:
            assert checkpoints.restore_latest() == 1
        except UserError as error:  # or a name in the index
            assert re.search("are damaged|is of another model", str(error))  # noqa: PT017
            passed_over += "are damaged" in str(error)
        assert_same_bits(values_of(trained), expected)
    assert passed_over > 50


def test_damaged_checkpoints_make_room_for_good_ones(trained, tmp_path):
    for step in (1, 2, 3):
        Checkpoints(tmp_path, trained).save(step)
    for step in (2, 3):
        damage(tmp_path / f"step_{step:08d}.npz")
    checkpoints = Checkpoints(tmp_path, trained)
    assert checkpoints.restore_latest() == 1
    checkpoints.save(2)
    assert checkpoints.steps() == [1, 2]
    assert Checkpoints(tmp_path, trained).restore_latest() == 2


def test_a_run_with_nothing_but_damaged_checkpoints_does_not_start_anew_in_silence(trained, tmp_path):
    checkpoints = Checkpoints(tmp_path, trained)
    checkpoints.save(1)
    damage(checkpoints.path(1))
    with pytest.raises(UserError, match=r"All checkpoints in .* are damaged"):
        checkpoints.restore_latest()


def test_a_run_that_would_see_its_data_in_another_order_is_refused(trained, tmp_path):
    Checkpoints(tmp_path, trained, {"seed": 1}).save(1)
    assert Checkpoints(tmp_path, trained, {"seed": 1}).restore_latest() == 1
    with pytest.raises(UserError, match="made with seed=1, not 2"):
        Checkpoints(tmp_path, trained, {"seed": 2}).restore_latest()


@pytest.mark.parametrize("other", [{"width": 3}, {"stage": 1}, {"norm": False}])
def test_a_checkpoint_of_another_model_is_an_error_that_changes_nothing(trained, tmp_path, other):
    Checkpoints(tmp_path, tiny.build_model(**other)).save(1)
    expected = values_of(trained)
    with pytest.raises(UserError, match=r"step_00000001\.npz is of another model \(\d+ variables differ.*`fresh=True`"):
        Checkpoints(tmp_path, trained).restore_latest()
    assert_same_bits(values_of(trained), expected)


@pytest.mark.parametrize("function", ["numpy.savez", "os.replace", "os.fsync"])
def test_a_full_disk_leaves_the_previous_checkpoints_and_nothing_else(trained, tmp_path, monkeypatch, function):
    checkpoints = Checkpoints(tmp_path, trained)
    checkpoints.save(1)
    savez = np.savez

    def fail(path, *args, **kwargs):
        if function == "numpy.savez":
            savez(path, half=np.zeros(9))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(function, fail)
    with pytest.raises(OSError, match="No space left") as error:
        checkpoints.save(2)
    assert str(checkpoints.path(2)) in str(error.value.filename)
    assert os.listdir(tmp_path) == ["step_00000001.npz"]
    assert checkpoints.restore_latest() == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_not_saved(tmp_path, value):
    model = tiny.build_model(stage=1)
    checkpoints = Checkpoints(tmp_path, model)
    checkpoints.save(1)
    kernel = model.generator.weights[0]
    kernel.assign(np.full(kernel.shape, value))
    with pytest.raises(FloatingPointError, match="hidden/kernel is not finite"):
        checkpoints.save(2)
    assert checkpoints.steps() == [1]

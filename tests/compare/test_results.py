"""The folder: what is written is read again to the bit, and nothing is ever mixed or replaced."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from handnn.core import atomic
from handnn.compare import Run, results
from handnn.compare.single_run import run_cell
from handnn.compare.results import ACCURACIES, CURVES, Folder


@pytest.fixture
def begun(plan, tmp_path):
    """A folder with one cell, its plan and that cell's run."""
    p, folder = plan(), Folder(tmp_path / "a" / "b")
    folder.open(p)
    run = run_cell(p, p.cells()[0])
    folder.write(p, run)
    return folder, p, run


def contents(path):
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def same(one, other):
    for name in (*CURVES, *ACCURACIES):
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None) and (a is None or a.tobytes() == b.tobytes()), name
    for name in ("cell", "step_seconds", "slot_bytes", "failed"):
        assert getattr(one, name) == getattr(other, name)


def test_a_run_is_read_as_it_was(begun):
    folder, p, run = begun
    comparison = results.read(folder.path)
    assert comparison.plan == p and list(comparison.runs) == [run.cell]
    same(comparison.runs[run.cell], run)
    assert len(comparison.missing) == len(p.cells()) - 1


def test_numbers_out_of_range_are_kept(begun):
    folder, p, run = begun
    wild = replace(run, val_loss=np.array([1.0, np.inf, np.nan]), cell=p.cells()[1], test_accuracy=None)
    folder.write(p, wild)
    same(folder.run(p, wild.cell), wild)


def test_ctrl_c_while_a_cell_is_written_is_no_error_of_the_zip(begun, monkeypatch):
    folder, p, run = begun
    before = contents(folder.path)

    def savez(*_, **__):
        """As a zip does that is left while a member is open."""
        try:
            raise KeyboardInterrupt
        finally:
            raise ValueError("there is an open writing handle")

    monkeypatch.setattr(np, "savez_compressed", savez)
    with pytest.raises(KeyboardInterrupt):
        folder.write(p, run)
    assert contents(folder.path) == before


def test_failed_cells_are_kept_with_their_reason(begun):
    folder, p, _ = begun
    folder.write(p, Run.failure(p.cells()[2], "ValueError: no"))
    (failed,) = folder.read().failed
    assert (failed.cell, failed.failed, failed.loss.size) == (p.cells()[2], "ValueError: no", 0)


def test_the_same_plan_goes_on(begun):
    folder, p, _ = begun
    before = contents(folder.path)
    folder.open(p)
    assert contents(folder.path) == before


def test_another_plan_is_refused_in_one_line_and_nothing_is_changed(begun):
    folder, p, _ = begun
    before = contents(folder.path)
    with pytest.raises(ValueError, match=r"holds another comparison: epochs 2, not 3; give another --run") as told:
        folder.open(replace(p, epochs=3))
    assert "\n" not in str(told.value) and contents(folder.path) == before


@pytest.mark.parametrize("length", [57, 58, 59, 99])
def test_of_a_long_difference_60_letters_are_shown(plan, length):
    """A text of up to 58 letters, with its quotes, or the first 57 and three dots."""
    told = results.difference(plan(data="a" * length), plan(data="b" * length))
    one, other = (f'"{letter * length}"' if length <= 58 else f'"{letter * 56}...' for letter in "ab")
    assert told == f"data {one}, not {other}"


def test_a_folder_with_something_else_is_refused(plan, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(ValueError, match="holds other files than a comparison"):
            Folder(path).open(plan())
    assert contents(tmp_path) == {tmp_path / "notes.txt": b"mine"}


def test_cells_without_a_plan_are_something_else_and_an_empty_folder_is_none(plan, tmp_path):
    for name in ("cells", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "cells" / "cells").mkdir()
    (tmp_path / "cells" / "cells" / "one.npz").write_bytes(b"mine")
    with pytest.raises(ValueError, match="holds other files than a comparison"):
        Folder(tmp_path / "cells").open(plan())
    Folder(tmp_path / "empty").open(plan())
    assert Folder(tmp_path / "empty").plan() == plan()


def test_a_folder_without_a_plan_is_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no comparison"):
        results.read(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"data": "digits"}', "null"])
def test_a_plan_that_is_none_is_said(begun, text):
    begun[0].plan_file.write_text(text)
    with pytest.raises(ValueError, match="is not the plan of a comparison") as told:
        begun[0].read()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("cut", [0, 10, -1])
def test_a_damaged_cell_is_named_and_not_replaced(begun, cut):
    folder, _, run = begun
    path = folder.file(run.cell)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match=rf"{run.cell.key}.*damaged.*remove it") as told:
        folder.read()
    assert "\n" not in str(told.value)


def test_a_cell_of_another_plan_is_named(begun):
    folder, p, run = begun
    other = replace(p, epochs=7)
    folder.file(run.cell).unlink()
    folder.write(other, run)
    with pytest.raises(ValueError, match="a cell of another comparison"):
        folder.read()
    folder.write(p, run)
    os.rename(folder.file(run.cell), folder.file(p.cells()[1]))
    with pytest.raises(ValueError, match="a cell of another comparison"):
        folder.read()


def test_no_pickle_is_in_a_cell(begun):
    folder, _, run = begun
    with np.load(folder.file(run.cell), allow_pickle=False) as found:
        assert all(found[name].dtype != object for name in found)


def test_what_is_ended_while_writing_leaves_what_was_there(begun, monkeypatch):
    folder, p, run = begun
    before = contents(folder.path)

    def fail(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    for cell in p.cells()[:2]:
        with pytest.raises(OSError, match="no space"):
            folder.write(p, replace(run, cell=cell, slot_bytes=3))
    assert contents(folder.path) == before
    assert list(folder.read().runs) == [run.cell]


def test_an_excluded_optimizer_is_neither_missing_nor_read(begun):
    folder, _, _ = begun
    folder.write_parity({"sgd": {"ok": False, "sentence": "off"}, "adam": {"ok": True, "sentence": "fine"}})
    comparison = folder.read()
    assert (comparison.optimizers, comparison.excluded) == (["adam"], ["sgd"])
    assert not comparison.runs and {cell.optimizer for cell in comparison.missing} == {"adam"}


def test_plan_json_is_for_people(begun):
    text = begun[0].plan_file.read_text()
    assert json.loads(text)["optimizers"] == ["sgd", "adam"] and text.count("\n") > 10


# ---- two comparisons that begin in one folder -----------------------------------------------------------------------


def test_the_second_of_two_plans_hears_what_differs(plan, monkeypatch, tmp_path):
    """Both find the folder empty. The second heard of "other files than a comparison's"."""
    one, other, write_new = plan(), plan(epochs=3), atomic.write_new

    def late(path, content):
        monkeypatch.setattr(atomic, "write_new", write_new)
        Folder(tmp_path / "c").open(one)  # the other process, just before
        return write_new(path, content)

    monkeypatch.setattr(atomic, "write_new", late)
    with pytest.raises(ValueError, match=r"holds another comparison: .*epochs"):
        Folder(tmp_path / "c").open(other)
    assert Folder(tmp_path / "c").plan() == one
    Folder(tmp_path / "c").open(one)


def test_a_folder_in_which_another_process_begins_is_no_strange_one(plan, tmp_path):
    (tmp_path / "c" / "cells").mkdir(parents=True)
    (tmp_path / "c" / f".plan.json.1{atomic.PARTIAL}").write_bytes(b"{")
    Folder(tmp_path / "c").open(plan())
    assert Folder(tmp_path / "c").plan() == plan()

"""Cells that are trained together: which, why, and that nothing but time changes."""

from dataclasses import fields

import numpy as np
import pytest

from handnn.compare import Comparison, runner, together
from handnn.compare.results import Folder
from handnn.compare.sentences import tell
from handnn.compare.single_run import run_cell, train

MEASURED = {"seconds", "step_seconds", "together", "why"}


def assert_same(run, alone):
    """The numbers of two runs are the same, bit by bit."""
    for name in (field.name for field in fields(run) if field.name not in MEASURED):
        one, other = getattr(run, name), getattr(alone, name)
        assert np.array_equal(one, other, equal_nan=True) if isinstance(one, np.ndarray) else one == other, name


@pytest.mark.parametrize("label", ["sgd", "adam(global_clipnorm=0.1)", "muon", "sgd(use_ema=True)"])
def test_a_run_is_what_it_is_alone_also_beside_one_that_diverges(plan, label):
    p = plan(label, rates={label: (0.01, 1e30, 0.1)}, activation="relu")
    runs = train(p, p.cells())
    assert [run.cell for run in runs] == p.cells() and {run.together for run in runs} == {6}
    for run in runs:
        assert_same(run, run_cell(p, run.cell))
    if label == "sgd":
        assert [run.diverged for run in runs] == [False, True, False] * 2


def test_a_regression_and_optimizers_with_other_numbers(plan, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3))
    np.savez(tmp_path / "numbers.npz", x=x, y=x @ rng.normal(size=(3, 2)))
    labels = ("sgd(momentum=0.9)", "sgd(momentum=0.5)")
    p = plan(
        *labels, data=str(tmp_path / "numbers.npz"), layers=(3, 4, 2), output="linear", loss="mean_squared_error",
        rates=dict.fromkeys(labels, (0.1, 0.01)),
    )  # fmt: skip
    for run in train(p, p.cells()):
        assert_same(run, run_cell(p, run.cell))


# ---- which cells --------------------------------------------------------------------------------------------------


@pytest.fixture
def gain(monkeypatch):
    """What `timed` measures, by optimizer; 3 by default."""
    found = {}
    monkeypatch.setattr(together, "timed", lambda plan, cells: (found.get(cells[0].optimizer, 3.0), 1.0))
    return found


def names(groups):
    return [("+".join(dict.fromkeys(cell.optimizer for cell in g.cells)), len(g.cells), g.why) for g in groups]


def test_cells_of_one_rule_are_a_group_if_that_is_measured_to_be_faster(plan, gain):
    p = plan("sgd", "momentum", "nesterov", "adam", "adam(beta_1=0.8)", "muon")
    gain["muon"] = 0.9
    fast, slow = "3.0 times as fast together", "0.9 times as fast together"
    found = names(together.groups(p, p.cells()))
    assert found[:4] == [
        ("sgd", 4, fast),
        ("momentum", 4, fast),
        ("nesterov", 4, fast),
        ("adam+adam(beta_1=0.8)", 8, fast),
    ]
    assert found[4:] == [("muon", 1, slow)] * 4
    assert {cell for group in together.groups(p, p.cells()) for cell in group.cells} == set(p.cells())


def test_there_is_a_group_for_each_job_and_none_is_too_large(plan, gain, monkeypatch):
    p = plan("sgd", seeds=tuple(range(5)))
    sizes = {jobs: [len(g.cells) for g in together.groups(p, p.cells(), jobs)] for jobs in (1, 2, 3, 20)}
    assert sizes == {1: [10], 2: [5, 5], 3: [4, 3, 3], 20: [1] * 10}
    monkeypatch.setattr(together, "MOST_CELLS", 4)
    assert [len(g.cells) for g in together.groups(p, p.cells())] == [4, 3, 3]


def test_what_cannot_be_stacked_is_told(plan, gain, monkeypatch):
    p = plan("sgd")
    assert names(together.groups(p, p.cells()[:1])) == [("sgd", 1, "it is alone")]
    monkeypatch.setattr(together, "MOST_NUMBERS", 40)
    assert {why for _, _, why in names(together.groups(p, p.cells()))} == {"the network is large"}
    monkeypatch.setattr(together, "obstacle", lambda model: "layer own (Own) takes no leading axis")
    assert {why for _, _, why in names(together.groups(p, p.cells()))} == {"layer own (Own) takes no leading axis"}


def test_steps_of_both_are_timed(plan, monkeypatch):
    p = plan("sgd")
    ticks = iter(
        np.cumsum([0.0, 1, 0, 1, *[0, together.STEPS_ALONE * 6.0, 0, together.STEPS_TOGETHER * 4.0] * together.ROUNDS])
    )
    monkeypatch.setattr(together, "clock", lambda: next(ticks))
    assert together.timed(p, p.cells()) == (6.0, 4.0 / 4)


# ---- the runner ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, plan):
    found = Folder(tmp_path / "run")
    found.open(plan())
    return found


def test_groups_are_written_read_and_told(plan, folder, gain):
    p = plan()
    gain["adam"] = 0.5
    runner.run(folder, p, p.cells())
    found = folder.read()
    assert {(run.cell.optimizer, run.together, run.why) for run in found.runs.values()} == {
        ("sgd", 4, "3.0 times as fast together"), ("adam", 1, "0.5 times as fast together")}  # fmt: skip
    for cell, run in found.runs.items():
        assert_same(run, run_cell(p, cell))
    told = " ".join(tell(found).method)
    assert "up to 4 at a time, which gives the same numbers: sgd (3.0 times as fast together)" in told
    assert "Trained one by one: adam (0.5 times as fast together)." in told
    assert {run.step_seconds for run in found.runs.values() if run.cell.optimizer == "sgd"} == {3.0}  # of one alone
    assert together.told(Comparison(p, {p.cells()[0]: run_cell(p, p.cells()[0])})) == []


def test_a_group_that_raises_is_trained_one_by_one(plan, folder, gain, monkeypatch):
    def raises(plan, cells):
        raise MemoryError

    monkeypatch.setattr(runner, "train", raises)
    p = plan()
    runner.run(folder, p, p.cells())
    assert {(run.together, run.why, run.failed) for run in folder.read().runs.values()} == {
        (1, "MemoryError together", None)}  # fmt: skip


def test_a_group_that_is_cut_starts_again(plan, folder, gain, monkeypatch):
    """Nothing of it is kept, so that nothing is mixed; the groups before it are."""
    p, right = plan(), runner.train

    def cut(plan, cells):
        if cells[0].optimizer == "adam":
            raise KeyboardInterrupt
        return right(plan, cells)

    monkeypatch.setattr(runner, "train", cut)
    with pytest.raises(KeyboardInterrupt):
        runner.run(folder, p, p.cells())
    kept = folder.read()
    assert {cell.optimizer for cell in kept.runs} == {"sgd"} and {cell.optimizer for cell in kept.missing} == {"adam"}
    monkeypatch.setattr(runner, "train", right)
    runner.run(folder, p, kept.missing)
    for cell, run in folder.read().runs.items():
        assert run.together == 4
        assert_same(run, run_cell(p, cell))


def test_a_rule_of_second_order_is_alone_and_keeps_no_other_from_a_stack(plan, gain):
    p = plan("sophiah", "sgd", activation="tanh")
    found = names(together.groups(p, p.cells()))
    assert sorted(found) == [("sgd", 4, "3.0 times as fast together"), *[("sophiah", 1, "it is alone")] * 4]

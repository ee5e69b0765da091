"""One cell: what is measured, and that it is what fit and evaluate of the model itself give."""

import itertools

import numpy as np
import pytest

from handnn.compare import plan as planning
from handnn.compare import single_run
from handnn.compare.single_run import run_cell


def cell_of(plan, optimizer, rate=0.1):
    return next(c for c in plan.cells() if c.optimizer == optimizer and c.learning_rate == rate)


def test_losses_are_those_of_every_batch_and_evaluations_those_of_every_epoch(plan):
    p = plan("adam", rates={"adam": (0.1,)})
    cell = cell_of(p, "adam")
    run, model, parts = run_cell(p, cell), p.model(cell), planning.samples(p)
    found, measured = [], [model.evaluate(*parts.validation, batch_size=200)]
    for order in p.orders(cell):
        for start in range(0, 600, p.batch_size):
            rows = order[start : start + p.batch_size]
            found.append(model.train_on_batch(parts.train.x[rows], parts.train.y[rows])[0])
        measured.append(model.evaluate(*parts.validation, batch_size=200))
    assert run.loss.tolist() == found and run.loss.dtype == "float64"
    assert list(zip(run.val_loss, run.val_accuracy, strict=True)) == [tuple(m) for m in measured]
    test = model.evaluate(*parts.test, batch_size=200)
    assert [run.test_loss[-1], run.test_accuracy[-1]] == test
    assert run.evaluated_at.tolist() == [0, 5, 10]
    assert run.failed is None and not run.diverged


def test_a_cell_gives_the_same_bits_again(plan):
    p = plan()
    one, other = (run_cell(p, p.cells()[-1]) for _ in range(2))
    assert one.loss.tobytes() == other.loss.tobytes() and one.test_loss.tobytes() == other.test_loss.tobytes()


def test_times_are_of_steps_alone(plan):
    p = plan(epochs=3)
    run = run_cell(p, p.cells()[0])
    assert run.seconds[0] == 0 and np.all(np.diff(run.seconds) > 0) and len(run.seconds) == 4
    assert 0 < run.step_seconds < run.seconds[-1]


def test_cells_that_are_trained_together_share_the_time_of_a_step(plan, monkeypatch):
    p, ticks = plan("sgd", epochs=3), itertools.count(5.0)
    monkeypatch.setattr(single_run, "clock", lambda: next(ticks))
    for count in (1, 2):
        for run in single_run.train(p, p.cells()[:count]):
            assert run.step_seconds == 1 / count and run.seconds.tolist() == [k * 5 / count for k in range(4)]


def test_the_last_batch_of_an_epoch_may_be_one_sample():
    assert [rows.tolist() for rows in single_run._batches(np.arange(5)[None], 2)] == [[[0, 1]], [[2, 3]], [[4]]]


@pytest.mark.parametrize(("optimizer", "arrays"), [("sgd", 0), ("momentum", 1), ("adam", 2), ("adam(amsgrad=True)", 3)])
def test_slots_are_counted(plan, optimizer, arrays):
    p = plan(optimizer)
    run = run_cell(p, p.cells()[0])
    assert run.slot_bytes == arrays * 4 * p.model(run.cell).count_params()


def test_what_diverges_goes_on_and_says_so(plan):
    p = plan("sgd", rates={"sgd": (1e30,)}, activation="relu")
    run = run_cell(p, p.cells()[0])
    assert run.diverged and run.failed is None
    assert len(run.loss) == 10 and not np.isfinite(run.loss[-1])
    assert np.isfinite(run.val_loss[0])


def test_a_regression_has_no_accuracy(plan, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3))
    np.savez(tmp_path / "numbers.npz", x=x, y=x @ rng.normal(size=(3, 2)))
    p = plan("sgd", data=str(tmp_path / "numbers.npz"), layers=(3, 4, 2), output="linear", loss="mean_squared_error")
    run = run_cell(p, p.cells()[0])
    assert (run.train_accuracy, run.val_accuracy, run.test_accuracy) == (None, None, None)
    assert run.val_loss[-1] < run.val_loss[0]


def test_averaged_weights_are_measured_at_the_end_as_fit_leaves_them(plan):
    plain, averaged = (plan(label, rates={label: (0.1,)}) for label in ("sgd", "sgd(use_ema=True)"))
    one, other = (run_cell(p, p.cells()[0]) for p in (plain, averaged))
    assert one.loss.tobytes() == other.loss.tobytes()
    assert np.array_equal(one.val_loss[:-1], other.val_loss[:-1]) and one.val_loss[-1] != other.val_loss[-1]


def test_a_test_part_that_the_data_bring_is_kept(plan, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 2)), np.arange(80) % 2
    np.savez(tmp_path / "a.npz", x_train=x[:60], y_train=y[:60], x_test=x[60:], y_test=y[60:])
    parts = planning.samples(plan(data=str(tmp_path / "a.npz")))
    assert [len(part.x) for part in parts[:3]] == [48, 12, 20]


@pytest.mark.parametrize("part", ["train", "val", "test"])
def test_a_run_diverged_if_the_last_loss_of_any_part_is_no_number(made_run, part):
    run = made_run(planning.Cell("sgd", 0.1, 0), 1.0, 1.0)
    assert not run.diverged
    getattr(run, f"{part}_loss")[0] = np.nan  # before training
    assert not run.diverged
    getattr(run, f"{part}_loss")[-1] = np.inf
    assert run.diverged

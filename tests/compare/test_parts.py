"""Training, validation and test data in a comparison: each where it belongs."""

from dataclasses import replace

import numpy as np
import pytest

from handnn.compare import plan as planning
from handnn.compare.single_run import run_cell

ARRAYS = [f"{kind}_{part}" for kind in "xy" for part in ("train", "validation", "test")]


@pytest.mark.parametrize("name", ARRAYS)
def test_the_digest_is_another_whichever_array_is(plan, name):
    found = planning.dataset(plan().data, 0, "float32")
    array = getattr(found, name)
    value = array.copy()
    value.flat[-1] = 1 - value.flat[-1]
    others = value, array.astype("float16"), array.reshape(1, *array.shape)
    digests = {planning.digest(replace(found, **{name: other})) for other in (array, *others)}
    assert len(digests) == 4 and planning.digest(found) in digests


def test_each_part_is_measured_on_its_own_samples_before_training_and_after_every_epoch(plan):
    p = plan("sgd", rates={"sgd": (0.1,)})
    cell = p.cells()[0]
    run, model, parts = run_cell(p, cell), p.model(cell), planning.samples(p)
    for epoch in range(p.epochs + 1):
        for part in ("train", "validation", "test"):
            short = part.replace("validation", "val")
            samples = getattr(parts, part)
            loss, accuracy = model.evaluate(samples.x, samples.y, batch_size=len(samples.x))
            assert getattr(run, f"{short}_loss")[epoch] == pytest.approx(loss, rel=1e-6)
            assert getattr(run, f"{short}_accuracy")[epoch] == pytest.approx(accuracy)
        for order in [list(p.orders(cell))[epoch]] if epoch < p.epochs else []:
            for start in range(0, len(order), p.batch_size):
                rows = order[start : start + p.batch_size]
                model.train_on_batch(parts.train.x[rows], parts.train.y[rows])
    assert run.step_seconds > 0 and run.seconds.shape == (p.epochs + 1,)


def test_the_three_parts_share_no_sample(plan):
    rows = [row.tobytes() for part in planning.samples(plan())[:3] for row in part.x]
    assert len(set(rows)) == len(rows) == 1000


def test_a_plan_in_float64_trains_in_float64(plan):
    p = plan(dtype="float64")
    model = p.model(p.cells()[0])
    assert {str(w.dtype) for w in model.get_weights()} == {"float64"} and model.loss.dtype == "float64"
    assert {str(part.x.dtype) for part in planning.samples(p)[:3]} == {"float64"}


def test_cells_may_have_any_rate():
    rates = [0.1 + 0.2, np.nextafter(1.0, 2), 5e-324, 1.7976931348623157e308, 1e-3]
    assert [float(planning.shortest(float(rate))) for rate in rates] == rates
    assert planning.shortest(1e-3) == "1e-03"

"""Large tensors are compared in blocks, and bounded in float32: with the same verdicts and sound bounds."""

from typing import Any

import numpy as np
import pytest

from handnn import optimizers
from handnn.core.variable import Variable
from handnn.rounding import allowance, products
from handnn.rounding.bounded import Bounded
from handnn.verify import optimizer_steps, report
from handnn.verify.optimizer_steps import OptimizerState, optimizer_step, step_taken
from handnn.verify.comparison import Comparison

ODD = (np.nan, np.inf, -np.inf, 0.0, 1e30)


@pytest.mark.parametrize("seed", range(40))
def test_blocks_of_a_tensor_give_the_row_of_the_whole(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    reference = rng.normal(size=(5, 7)).astype("float32")
    found, allowed = reference.copy(), rng.uniform(0.1, 1, reference.shape)
    for array in (found, reference, allowed):
        place = rng.integers(0, 35, rng.integers(0, 4))
        array.reshape(-1)[place] = np.abs(rng.choice(ODD, place.size)) if array is allowed else rng.choice(ODD)
    found.reshape(-1)[rng.integers(0, 35, 3)] += rng.choice([0, 0.3, 5])
    comparison = Comparison("l", "t", "f", found, reference, allowed)
    whole = report.row(comparison)
    monkeypatch.setattr(report, "BLOCK", 6)
    np.testing.assert_equal(vars(report.row(comparison)), vars(whole))


def _stepped(optimizer: Any, rng: Any, places: Any = (), by: Any = 1.0, without: Any = slice(0)) -> list[report.Row]:
    """Return the rows of a second step, whose reference is handnn's own, with elements of a weight and its slots moved.

    Args:
        without: elements of the weight without a gradient but for a number so small that it may count as 0.
    """
    weights = [
        Variable(rng.normal(size=shape), name="kernel", path=f"m/l{i}/kernel") for i, shape in enumerate([(4, 9), (3,)])
    ]
    gradients = [rng.normal(size=w.shape) for w in weights]
    gradients[0].reshape(-1)[without] = 1e-310
    own = optimizer.unbuilt()
    own.build(weights)
    before = OptimizerState([w.value for w in weights], [v.value for v in own.variables])
    for _ in range(2):
        stepped, own = step_taken(optimizer, before, gradients, weights)
        after = OptimizerState([v.value for v in stepped], [v.value for v in own.variables])
        before, start = after, before
    places = np.asarray(places, int)
    after.weights[0].reshape(-1)[places] += by
    for slot in [v for v in after.variables if v.shape == (4, 9)][-1:]:
        slot.reshape(-1)[places[::2]] += by[::2] if np.ndim(by) else 0.0
    return report.merged(map(report.row, optimizer_step(optimizer, start, gradients, after, weights)))


@pytest.mark.parametrize("name", sorted(name for name in optimizers.optimizers if name.islower()))
def test_a_step_bounded_in_blocks_or_end_to_end_has_the_allowances_of_each_weight(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimizer = optimizers.get(name)

    def rows() -> list[Any]:
        found = _stepped(optimizer, np.random.default_rng(1))
        assert all(r.ok for r in found)
        return [(r.where, r.shape, r.allowance, r.ratio) for r in found]

    end_to_end = rows()
    monkeypatch.setattr(optimizer_steps, "BLOCK", 5)
    blocks = rows()
    monkeypatch.setattr(optimizer_steps, "by_element", lambda *arguments: False)
    assert blocks == end_to_end == rows()


@pytest.mark.parametrize("place", [0, 17, 35])
def test_a_wrong_element_in_any_block_is_found_where_it_is(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizer_steps, "BLOCK", 5)
    (wrong,) = [r for r in _stepped(optimizers.Adam(), np.random.default_rng(1), [place]) if not r.ok]
    assert (wrong.where, wrong.outside) == ("l0 kernel stepped", 1)
    assert wrong.index == np.unravel_index(place, (4, 9))


@pytest.mark.parametrize("without", [slice(0), slice(None, None, 8), slice(None)], ids=["dense", "sampled", "none"])
@pytest.mark.parametrize("seed", [0, 3, 20])
@pytest.mark.parametrize("name", ["adam", "sgd", "nadam"])
def test_a_step_bounded_where_the_sides_differ_has_the_verdict_of_every_element(
    name: str, seed: int, without: slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizer_steps, "BLOCK", 5)
    optimizer = optimizers.get(name)

    def rows() -> list[dict[str, Any]]:
        rng = np.random.default_rng(seed)
        places, by = rng.choice(36, seed, replace=False), rng.choice([1e-17, 1e-16, 1.0, np.nan], seed)
        return [vars(r) for r in _stepped(optimizer, rng, places, by, without)]

    whole = rows()
    monkeypatch.setattr(optimizer_steps, "SAMPLE", 5)  # every eighth element
    monkeypatch.setattr(optimizer_steps, "CHUNK", 7)
    for found, expected in zip(rows(), whole, strict=True):
        if expected["ratio"] == 0:  # nothing is off: any element will do
            found = found | {key: expected[key] for key in ("index", "found", "reference", "allowance")}
        np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("size", [1e-42, 1e-20, 1.0, 1e20])
def test_sizes_summed_in_float32_are_upper_bounds(size: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(6, 50)).astype("float32"), (size * rng.normal(size=(50, 8))).astype("float32")
    error = np.abs(x) * rng.uniform(0, 1e-12, x.shape)
    wide = np.dot(Bounded(x, error), Bounded(w)).error
    monkeypatch.setattr(products, "LARGE", 0)
    narrow = np.dot(Bounded(x, error), Bounded(w)).error
    assert (narrow >= wide * (1 - 100 * allowance.unit_roundoff("float64"))).all()
    growth = 4 * allowance.gamma(50 + 4, allowance.unit_roundoff("float32"))
    least = 200 * allowance.smallest_normal("float32") * (1 + np.abs(x).sum() + np.abs(w).sum())
    assert (narrow <= wide * (1 + growth) + least).all()


def test_a_product_too_large_for_float32_is_bounded_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sum of 3e38 - 3e38 + 3e38 may be an infinity in another order; the other rows have finite bounds."""
    monkeypatch.setattr(products, "LARGE", 0)
    x, w = np.array([[3e38, -3e38, 3e38], [1, 2, 3]], "float32"), np.array([[1], [1], [0.5]], "float32")
    with np.errstate(over="ignore"):
        found = np.dot(Bounded(x), w).error
        unread = np.dot(Bounded(x, np.array([[0, 0, 0], [0, 0, 1e39]])), w * np.float32([[1], [1], [0]])).error
    assert found[0] == np.inf
    assert allowance.unit_roundoff("float32") * 4.5 <= found[1] <= 1e-5
    assert unread[1] <= 1e-5

"""What only moves elements moves their bounds; choices, indices and the rest of NumPy's functions."""

import numpy as np
import pytest

import handnn
from handnn.rounding.enclosure import Enclosure, NoRuleError, computing_in, enclosed, precision
from handnn.rounding.explanation import explain
from tests.proof.test_allowance import ELSEWHERE

P = precision("float32")
MOVED = {
    "atleast_1d": np.atleast_1d, "atleast_2d": np.atleast_2d, "atleast_3d": np.atleast_3d, "fliplr": np.fliplr,
    "flipud": np.flipud, "rot90": np.rot90, "rollaxis": lambda x: np.rollaxis(x, 1),
    "matrix_transpose": np.matrix_transpose, "ravel": np.ravel, "reshape": lambda x: np.reshape(x, (3, -1)),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, *x.shape)), "diagonal": np.diagonal, "diag": np.diag,
    "diagflat": np.diagflat, "tril": np.tril, "triu": np.triu, "delete": lambda x: np.delete(x, 1, axis=0),
    "resize": lambda x: np.resize(x, (2, 3)), "copy": np.copy, "real": np.real,
    "split": lambda x: np.split(x, [2])[1], "array_split": lambda x: np.array_split(x, 2)[0],
    "hsplit": lambda x: np.hsplit(x, [1])[1], "vsplit": lambda x: np.vsplit(x, [1])[0],
    "dsplit": lambda x: np.dsplit(x[..., None], [1])[0], "hstack": lambda x: np.hstack([x, x]),
    "vstack": lambda x: np.vstack([x, x * 2]), "dstack": lambda x: np.dstack([x, x]),
    "column_stack": lambda x: np.column_stack([x[0], x[1]]), "zeros_like": lambda x: x + np.zeros_like(x),
    "ones_like": lambda x: x * np.ones_like(x), "empty_like": lambda x: x + 0 * np.zeros_like(np.empty_like(x)),
    "full_like": lambda x: x + np.full_like(x, 2.0), "compress": lambda x: np.compress([True, False, True], x, axis=1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([[1], [0], [2], [1]]), axis=1),
    "shape": lambda x: x * np.shape(x)[0], "ndim": lambda x: x * np.ndim(x), "size": lambda x: x * np.size(x),
    "result_type": lambda x: x * (np.result_type(x, x) == np.float32),
    "array_equal": lambda x: x * np.array_equal(x, x[:1]), "count_nonzero": lambda x: x + np.count_nonzero(x > 0),
    "nan_to_num": np.nan_to_num, "argmax": lambda x: x[np.argmax(x, axis=0)[0]],
    "argmin": lambda x: x[np.argmin(x[:, 0])], "argsort": lambda x: np.take_along_axis(x, np.argsort(x, axis=0), 0),
    "bincount": lambda x: np.bincount([0, 2, 2, 1], x[:, 0]), "det": lambda x: np.linalg.det(x[:2, :2]),
    "conjugate": np.conjugate, "float_power": lambda x: np.float_power(np.abs(x), 3.0).astype("float32"),
    "less_equal": lambda x: np.where(x <= 0.5, x, 1), "greater_equal": lambda x: np.where(x >= x[0], x, 1),
    "isfinite": lambda x: np.where(np.isfinite(x), x, 0), "isnan": lambda x: np.where(np.isnan(x), 0, x),
    "cumulative_sum": lambda x: np.cumulative_sum(x, axis=0),
}  # fmt: skip
REFUSED = {"fmod", "remainder", "interp", "copyto"}


def test_every_function_left_to_this_file_is_here():
    assert set(ELSEWHERE.split()) == set(MOVED) | REFUSED


@pytest.mark.parametrize("name", MOVED)
def test_a_function_gives_the_same_numbers_within_its_bounds(name, rng):
    x = rng.normal(size=(4, 3)).astype("float32")
    plain = np.asarray(MOVED[name](x))
    with computing_in(P):
        found = MOVED[name](enclosed(x, P))
    # No tolerance of a proof: float32 beside the middle of an interval. What is proved, the bounds, stands below.
    assert found.shape == plain.shape and np.allclose(found.mid.astype("float64"), plain, rtol=1e-5, atol=1e-6)
    assert ((found.low <= plain) & (plain <= found.high)).all()


def test_bounds_move_with_their_numbers(rng):
    x = rng.normal(size=(3, 4)) * 0.1
    with computing_in(P):
        own = enclosed(x, P) * enclosed(x, P) * 3
        turned, written = np.moveaxis(own, 0, 1), np.zeros_like(own)
        written[1:] = own[1:]
    assert np.array_equal(turned.low, own.low.T) and np.array_equal(turned.high, own.high.T)
    assert np.array_equal(written.error[1:], own.error[1:]) and not written.error[0].any()
    assert (own.error > 0).all()


def test_a_plain_work_array_cannot_be_read_afterwards():
    """What `out=` left in it would be the numbers of an earlier run."""
    buffer = np.ones(2)
    with computing_in(P):
        found = np.multiply(enclosed(np.ones(2), P), 2, out=buffer)
    assert isinstance(found, Enclosure) and np.isnan(buffer).all()


def softmax_of_some(z, mask):
    z = np.where(mask, z, -np.inf)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bfloat16"])
def test_infinities_of_a_mask_are_numbers(dtype, rng):
    z, mask = rng.normal(size=(5, 8)).astype("float16").astype("float64"), rng.random((5, 8)) > 0.4
    z, mask[:, 0] = np.rint(z * 4) / 4, True  # in every format
    found = handnn.allowance(softmax_of_some, z, mask, dtype=dtype)
    assert np.isfinite(found.bound).all() and found.bound[~mask].max() < 1e-300
    assert explain(softmax_of_some(z, mask), softmax_of_some, z, mask, dtype=dtype).ok


def test_nothing_known_stays_unknown():
    """Infinity less infinity may be NaN, and so may what follows, also where a function has few values."""
    x = np.float32([3e38])
    for f in (
        lambda x: np.tanh(x * 2 - x * 2),
        lambda x: np.maximum(x * 2 - x * 2, 1),
        lambda x: np.max(x * 2 - x * 2),
    ):
        assert np.isinf(handnn.allowance(f, x).bound).all()


def test_pivots_and_roots_that_rounding_may_lose_are_refused():
    with pytest.raises(NoRuleError, match="positive definite"):
        handnn.allowance(np.linalg.cholesky, np.float32([[1, 1], [1, 1]]))
    with pytest.raises(NoRuleError, match="at most 64"):
        handnn.allowance(np.linalg.inv, np.eye(65))

"""The largest eigenvalue of the Hessian along a run, beside a dense matrix of differences of gradients."""

import math
from typing import Any

import numpy as np
import pytest

import handnn
from handnn.callbacks import Sharpness, TensorBoard
from handnn.tensorboard.read import series


def network(dtype: str = "float64") -> tuple[Any, Any, Any]:
    handnn.utils.set_random_seed(2)
    layers = [handnn.Input((3,), dtype=dtype), handnn.layers.Dense(4, "tanh", dtype=dtype)]
    model = handnn.Sequential([*layers, handnn.layers.Dense(2, "softmax", dtype=dtype)])
    model.compile(handnn.optimizers.SGD(0.3), "categorical_crossentropy")
    rng = np.random.default_rng(1)
    return model, rng.normal(size=(12, 3)), np.eye(2)[rng.integers(2, size=12)]


def dense_hessian(model: Any, x: Any, y: Any) -> tuple[Any, float]:
    """Return the matrix of central differences of the gradients, and how far its eigenvalues may be off.

    The step h = 2^-17 makes truncation (h^2 times third derivatives of order 1) about 6e-11 and rounding (u / h) 2e-11
    an element; an eigenvalue moves at most by the Frobenius norm of the error.
    """
    start, h = model.get_weights(), 2.0**-17
    sizes = np.cumsum([w.size for w in start])
    vector = np.concatenate([w.ravel() for w in start])

    def gradient(at: Any) -> Any:
        parts = np.split(at, sizes[:-1])
        model.set_weights([p.reshape(w.shape) for p, w in zip(parts, start, strict=True)])
        return np.concatenate([g.ravel() for g in model.loss_and_gradients(x, y)[1]])

    rows = [(gradient(vector + h * e) - gradient(vector - h * e)) / (2 * h) for e in np.eye(vector.size)]
    model.set_weights(start)
    found = np.array(rows)
    return (found + found.T) / 2, vector.size * 10 * (h * h + 2.0**-53 / h)


class Dense(handnn.callbacks.Callback):
    """The dense eigenvalue after every epoch."""

    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.y = x, y
        self.found: list[tuple[float, float]] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        matrix, off = dense_hessian(self.model, self.x, self.y)
        self.found.append((float(np.linalg.eigvalsh(matrix)[-1]), off))


def test_it_is_the_largest_dense_eigenvalue_in_every_log(tmp_path: Any) -> None:
    model, x, y = network()
    measured, dense = (
        Sharpness(x, y, every=2, steps=26),
        Dense(x, y),
    )  # as many steps as weights: exact but for rounding
    history = model.fit(x, y, batch_size=4, epochs=5, verbose=0, callbacks=[measured, dense, TensorBoard(tmp_path)])
    found = history.history["sharpness"]
    assert measured.epochs == [0, 2, 4] and [math.isnan(v) for v in found] == [False, True, False, True, False]
    for epoch, value in zip(measured.epochs, measured.values, strict=True):
        exact, off = dense.found[epoch]
        assert abs(value - exact) <= off, (value, exact)
        assert found[epoch] == value
    assert abs(measured.values[-1] - measured.values[0]) > 1e-3  # it moves along the run
    logged = dict(series(tmp_path / "train")["epoch_sharpness"])
    np.testing.assert_array_equal([logged[e] for e in measured.epochs], np.float32(measured.values))


def test_a_wrong_product_is_seen(monkeypatch: Any) -> None:
    """The planted mistake: R{delta} without the term of f''."""
    from handnn.models import curvature

    model, x, y = network()
    matrix, off = dense_hessian(model, x, y)
    monkeypatch.setitem(curvature.SECOND, "tanh", lambda z, a: 0 * a)
    assert abs(model.sharpness(x, y, steps=26) - np.linalg.eigvalsh(matrix)[-1]) > 10 * off


def test_what_cannot_be_measured_is_said_before_training() -> None:
    model, x, y = network()
    with pytest.raises(ValueError, match="every must be an integer >= 1; received 0"):
        Sharpness(x, y, every=0)
    other = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2, "gelu"), handnn.layers.Dense(2)])
    other.compile("sgd", "mse")
    before = other.get_weights()
    with pytest.raises(ValueError, match="activations must be of"):
        other.fit(x, y, verbose=0, callbacks=[Sharpness(x, y)])
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))
    del model

"""Networks on which every planted mistake shows, and `verify_model` with TensorFlow's part computed once for each.

All widths differ from each other and from the batch, except for one square layer; biases are not zero, labels soft,
and every activation has a layer of its own.
"""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import handnn
from handnn import losses
from handnn.layers import Dense, Dropout, Input

BATCH = 9


def hidden(dtype: str) -> list:
    return [
        Dense(5, activation="tanh", dtype=dtype, name="tanh"),
        Dense(6, activation="sigmoid", dtype=dtype, name="sigmoid"),
        Dense(6, activation="relu", dtype=dtype, name="square"),
    ]


def classifier(dtype: str) -> tuple[list, Any]:
    return [*hidden(dtype), Dense(4, activation="softmax", dtype=dtype, name="output")], "categorical_crossentropy"


def labelled(dtype: str) -> tuple[list, Any]:
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, dtype=dtype)
    return [*hidden(dtype), Dense(4, dtype=dtype, name="output")], loss


def binary(dtype: str) -> tuple[list, Any]:
    return [*hidden(dtype), Dense(4, activation="sigmoid", dtype=dtype, name="output")], "binary_crossentropy"


def regression(dtype: str) -> tuple[list, Any]:
    softmax = Dense(8, activation="softmax", dtype=dtype, name="softmax")
    dropout = Dropout(0.4, seed=7, dtype=dtype, name="dropout")
    return [*hidden(dtype), softmax, dropout, Dense(4, dtype=dtype, name="output")], "mean_squared_error"


def absolute(dtype: str) -> tuple[list, Any]:
    return [*hidden(dtype), Dense(4, dtype=dtype, name="output")], "mean_absolute_error"


def unfused(dtype: str) -> tuple[list, Any]:
    """Probabilities reach the loss, some of them 0 and 1, because it computes in the other dtype."""
    loss = losses.CategoricalCrossentropy(dtype={"float32": "float64", "float64": "float32"}[dtype])
    return [*hidden(dtype), Dense(4, activation="softmax", dtype=dtype, name="output")], loss


NETWORKS: dict[str, Callable[[str], tuple[list, Any]]] = {
    function.__name__: function for function in (classifier, labelled, binary, regression, absolute, unfused)
}


class Example(NamedTuple):
    """A compiled network and a batch for it."""

    model: handnn.Sequential
    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None


def make(name: str, dtype: str, batch: int = BATCH) -> Example:
    rng = np.random.default_rng(1)
    layers, loss = NETWORKS[name](dtype)
    model = handnn.Sequential([Input((7,), dtype=dtype, name="input"), *layers], name=name)
    model.compile("sgd", loss)
    weights = [rng.normal(size=w.shape) for w in model.weights]
    if name == "unfused":  # saturated outputs
        weights[-2] *= 40
    model.set_weights(weights)
    x, y = rng.normal(size=(batch, 7)), rng.dirichlet(np.ones(4), batch)
    return Example(model, x, y.argmax(axis=1) if name == "labelled" else y, rng.uniform(0.5, 2, batch))


@pytest.fixture(scope="session")
def example() -> Callable[..., Example]:
    """`example("classifier", "float32")`: a fresh identifying network and its batch."""
    return make


class Recorded:
    """Stands in for `KerasTwin`: hands out copies of what the real one traced before any mistake was planted."""

    def __init__(self, trace: Any) -> None:
        self.recorded = trace

    def trace(self, *batch: Any, training: bool) -> Any:
        return copy.deepcopy(self.recorded)


@pytest.fixture(scope="session")
def references(keras: Any) -> Callable[..., Any]:
    """`references(name, dtype, batch)`: TensorFlow's trace of that network, computed once."""
    from tf_reference import KerasTwin

    traces: dict[Any, Any] = {}

    def get(*key: Any) -> Any:
        if key not in traces:
            model, x, y, weight = make(*key)
            twin = KerasTwin(model.get_config(), model.get_weights(), model.loss)
            traces[key] = twin.trace(*model.prepare_batch(x, y, weight), training=True)
        return traces[key]

    return get


@pytest.fixture
def verify(references: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`verify(name, dtype, plant)`: the report of `verify_model` on that network with a mistake planted in handnn."""
    from handnn.verify import verify_model

    def run(name: str, dtype: str, plant: Any = None, batch: int = BATCH) -> Any:
        recorded = Recorded(references(name, dtype, batch))
        model, x, y, weight = make(name, dtype, batch)
        with monkeypatch.context() as patch, np.errstate(all="ignore"):
            patch.setattr("tf_reference.KerasTwin", lambda *arguments: recorded)
            if plant is not None:
                plant(patch, model)
            return verify_model(model, x, y, weight, optimizer=False)

    return run

"""Layers: every step of a network with the layer, computed from Keras' tensors."""

import inspect
from typing import Any

import numpy as np

from ... import config
from ...layers import Dense, Embedding, Flatten, Input, InputLayer
from ...layers.sizes.interpolation import METHODS
from ...models.sequential import Sequential
from ...utils import set_random_seed
from ...verify.model import verify_model
from ..cases.layers import ONLY_FLOAT32, OPTIONS, only_float32, samples_for
from ..keras import attention as keras_attention
from ..keras import layers as keras_layers
from .row import DTYPES, Line

HOW = """z, a, delta, dx and the gradient of every weight, each from Keras' own tensors, in training, for samples of one
and of two axes or as many as the layer needs, with options drawn at random; then both networks whole."""
DRAWS = 2
EACH = {"Resizing": ("interpolation", METHODS), "GRU": ("reset_after", (True, False))}
"""Options of which every value is tried: each has formulas of its own."""


def measure(tf: Any, keras: Any, cls: Any, line: Line) -> None:
    for dtype in DTYPES:
        if dtype == "float64" and cls.__name__ in ONLY_FLOAT32:
            line.remarks.append("TensorFlow has no kernel in float64 on a CPU")
            continue
        rng = np.random.default_rng(2024)
        set_random_seed(2024)  # of the weights
        for model, x in _in_floatx(dtype, _networks(cls, dtype, rng)):
            y = rng.normal(size=(len(x[0] if isinstance(x, list) else x), 3))
            report = verify_model(model, x, y, optimizer=False)
            names = [layer.name for layer in model.layers if type(layer) is cls]
            rows = [r for r in report if r.layer in names and r.dtype in DTYPES]
            for r in rows or [r for r in report if r.check == "end to end"]:
                line.worse(r.dtype, r.ratio)
            if not report.ok:
                line.remarks.append(f"MISMATCH: {report.verdict()}")
                line.worse(dtype, max(r.ratio for r in report))


def _in_floatx(dtype: str, networks: Any) -> Any:
    """Yield networks that are made under this floatx, which is the dtype of the layers inside others."""
    before = config.floatx()
    while True:
        config.set_floatx(dtype)
        try:
            found = next(networks, None)
        finally:
            config.set_floatx(before)
        if found is None:
            return
        yield found


def _networks(cls: Any, dtype: str, rng: Any) -> Any:
    """Return networks with the layer, and inputs for each."""
    if cls in keras_attention.ATTENDING.values():
        return _attending(cls, dtype, rng)
    return _merged(cls, dtype, rng) if cls.merges else _between(cls, dtype, rng)


def _attending(cls: Any, dtype: str, rng: Any) -> Any:
    for case in keras_attention.CASES:
        if case.cls is cls:
            model = keras_layers.filled(keras_attention.network(case, dtype), rng)
            yield model, keras_attention.batch(case, rng)[0]


def _merged(cls: Any, dtype: str, rng: Any) -> Any:
    for case in keras_layers.CASES:
        if case[0] is cls:
            yield keras_layers.filled(keras_layers.merging(case, dtype), rng), keras_layers.batch(case, rng)[0]


def _between(cls: Any, dtype: str, rng: Any) -> Any:
    for sample in samples_for(cls):
        shape = (*sample[:-1], 5)
        name, values = EACH.get(cls.__name__, ("", range(DRAWS if cls.__name__ in OPTIONS else 1)))
        for value in values:
            if cls is Embedding:
                options = OPTIONS["Embedding"](rng, shape) or {}
                yield _table(options, dtype, shape), rng.integers(0, options["input_dim"], (7, *shape))
                continue
            inner = Flatten if cls is InputLayer else cls  # every network has an input layer
            own = {name: value} if name else {}
            if dtype == "float64" and only_float32(inner.__name__, own):
                continue
            drawn = _options(inner, rng, sample)
            while drawn is not None and dtype == "float64" and only_float32(inner.__name__, drawn | own):
                drawn = _options(inner, rng, sample)
            if drawn is not None:
                drawn |= own
                model = _filled(keras_layers.between(inner, drawn, dtype, shape), rng)
                yield model, rng.normal(size=(7, *shape)).astype(dtype)


def _filled(model: Sequential, rng: Any) -> Sequential:
    """Add random numbers to the weights: a bias of 0, as layers start with, shows no mistake."""
    for weight in model.weights:
        if weight.name != "count":  # of samples, an integer
            size = 0.3 * np.abs(weight.value) if weight.name.endswith("variance") else 0.3
            weight.assign(weight.value + size * rng.uniform(-1, 1, weight.shape))
    return model


def _options(cls: Any, rng: Any, shape: tuple[int, ...]) -> dict[str, Any] | None:
    if cls.__name__ in OPTIONS:
        return OPTIONS[cls.__name__](rng, shape)
    plain: dict[str, Any] = {"units": 4, "activation": "sigmoid"}
    return {k: v for k, v in plain.items() if k in inspect.signature(cls).parameters}


def _table(options: dict[str, Any], dtype: str, shape: tuple[int, ...]) -> Sequential:
    stack = [
        Input(shape, dtype="int32"),
        Embedding(**options, dtype=dtype),
        Flatten(dtype=dtype),
        Dense(3, dtype=dtype),
    ]
    model = Sequential(stack, name="net")
    model.compile("sgd", "mse")
    return model

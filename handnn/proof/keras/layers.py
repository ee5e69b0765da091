"""Networks with a layer between others, or merging several inputs, to compare with Keras."""

from typing import Any

import numpy as np

from ... import layers
from ...layers import Input
from ...models.functional import Model
from ...models.sequential import Sequential

Rng = np.random.Generator


def between(cls: Any, given_options: dict[str, Any], dtype: str, input_shape: tuple[int, ...]) -> Sequential:
    """Return a layer between others, compiled."""
    stack = [Input(input_shape, dtype=dtype), layers.Dense(4, "tanh", dtype=dtype, bias_initializer="ones")]
    stack += [cls(**given_options, dtype=dtype), layers.Flatten(dtype=dtype), layers.Dense(3, dtype=dtype)]
    model = Sequential(stack, name="net")
    model.compile("sgd", "mse")
    return model


# ---- layers that merge

SAME: dict[str, list[tuple[int, ...]]] = {
    "two": [(4,), (4,)],
    "three": [(2, 4), (2, 4), (2, 4)],
    "one": [(4,)],
    "repeated along an axis": [(2, 4), (1, 4), (2, 1)],
    "repeated, of fewer axes": [(4,), (3, 1, 4), (2, 1)],
}
ELEMENTWISE: list[Any] = [layers.Add, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum]
CASES: list[Any] = [(cls, {}, shapes) for cls in ELEMENTWISE for shapes in SAME.values()]
CASES += [
    (layers.Subtract, {}, SAME["two"]),
    (layers.Subtract, {}, [(4,), (2, 1)]),
    (layers.Concatenate, {}, [(4,)]),
    (layers.Concatenate, {}, [(4,), (5,), (1,)]),
    (layers.Concatenate, {}, [(2, 4), (2, 3)]),
    (layers.Concatenate, {"axis": 1}, [(2, 4), (3, 4)]),
    (layers.Concatenate, {"axis": -2}, [(2, 4), (3, 4)]),
    *[
        (layers.Dot, {"axes": axes, "normalize": normalize}, shapes)
        for normalize in (False, True)
        for axes, shapes in (
            (1, [(4,), (4,)]),
            (-1, [(4,), (5, 4)]),
            ((1, 2), [(4, 3), (5, 4)]),
            ([2, 1], [(5, 4), (4,)]),
            ((2, -3), [(2, 3, 4), (3, 2, 5)]),
        )
    ],
]
"""Merging layers: class, options, shapes of the inputs without the batch."""


def merging(case: Any, dtype: str, activity: Any = None) -> Model:
    """Return a network: a layer for each input, the merging layer, and a layer after it."""
    cls, options, shapes = case
    inputs = [Input(shape, dtype=dtype, name=f"in_{k}") for k, shape in enumerate(shapes)]
    parts = [
        layers.Dense(shape[-1], "tanh", dtype=dtype, name=f"branch_{k}")(x)
        for k, (x, shape) in enumerate(zip(inputs, shapes, strict=True))
    ]
    merged = cls(**options, dtype=dtype, name="merge", activity_regularizer=activity)(parts)
    top = layers.Dense(3, dtype=dtype, name="top")(layers.Flatten(dtype=dtype, name="flatten")(merged))
    model = Model(inputs, top, name="net")
    model.compile("sgd", "mse")
    return model


def batch(case: Any, rng: Rng, samples: int = 6) -> tuple[list[Any], Any]:
    """Return inputs for a case and labels."""
    return [rng.normal(size=(samples, *shape)) for shape in case[2]], rng.normal(size=(samples, 3))


def filled(model: Any, rng: Rng) -> Any:
    """Return the model with random weights."""
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model

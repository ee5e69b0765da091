"""Comparison of every constraint with Keras, with its arguments and points."""

import inspect
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from ...constraints import constraints as registry
from ...rounding import allowance
from ...rounding.bounded import Bounded

Array = np.ndarray[Any, Any]
Rng = np.random.Generator

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "max_value": (0.7, 3),
    "min_value": (0.0, 0.3),
    "rate": (0.3, 1.0),
    "axis": (0, -1, [0, 1], (0,), None),
}
"""Values to try, by the name of the argument."""
KINDS = ("ordinary", "kinks", "tiny", "huge")


def variants() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return each constraint with its defaults and with each combination of the values above."""
    for name, cls in registry.items():
        known = list(inspect.signature(cls).parameters)
        yield name, {}
        for values in product(*[ARGUMENTS[argument] for argument in known]) if known else ():
            yield name, dict(zip(known, values, strict=True))


def points(kind: str, dtype: str, rng: Rng) -> list[Array]:
    """Return weights of this kind: norms of every size, at and around the limits, 0; the last axis is short."""
    info = np.finfo(dtype)
    if kind == "ordinary":
        found = [
            rng.normal(size=shape) * 10.0 ** rng.uniform(-2, 2, shape[-1]) for shape in ((6, 5), (40, 3), (2, 3, 4))
        ]
    elif kind == "kinks":
        limits = np.array([0, 0.3, 0.7, 1, 2, 3], dtype)
        norms = np.concatenate([limits, np.nextafter(limits, limits.dtype.type(9)), np.nextafter(limits, -1)])
        found = [np.stack([0.6 * norms, -0.8 * norms, 0 * norms]), np.stack([norms, -0.0 * norms])]
    else:
        sizes = {
            "tiny": (info.smallest_subnormal, info.smallest_normal, 1e-30, 1e-7),
            "huge": (1e18, 1e30, info.max / 8),
        }[kind]
        found = [rng.uniform(0.5, 1, (3, 4)) * rng.choice([-1, 1], (3, 4)) * size for size in sizes]
    return [np.asarray(w, dtype) for w in found]


def flushed(w: Array) -> Array:
    """Return w as TensorFlow sees it: denormals are 0."""
    return np.where(np.abs(w) < allowance.smallest_normal(w.dtype), np.zeros_like(w), w)


def check_against_keras(
    agree: Any, tf: Any, keras: Any, ours: Any, name: str, options: dict[str, Any], w: Array
) -> None:
    """Compare the constrained weights with Keras'."""
    theirs = getattr(keras.constraints, registry[name].__name__)(**options)
    expected = np.asarray(theirs(tf.constant(w)))
    w = flushed(w)
    agree(name, ours(w), expected, ours(Bounded(w)))

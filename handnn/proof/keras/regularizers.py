"""Comparison of every regularizer with Keras, with its arguments and points."""

import inspect
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from ...regularizers import regularizers as registry
from ...rounding import allowance
from ...rounding.bounded import Bounded

Array = np.ndarray[Any, Any]
Rng = np.random.Generator

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "l1": (0.1, 0.0),
    "l2": (0.3, 0.0),
    "factor": (0.7,),
    "mode": ("rows", "columns"),
}
"""Values to try, by the name of the argument."""
MATRICES_ONLY = {"orthogonal_regularizer"}
KINDS = ("ordinary", "kinks", "tiny", "huge")


def variants() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return each regularizer with its defaults and with each combination of the values above."""
    for name, cls in registry.items():
        known = [argument for argument in inspect.signature(cls).parameters if argument in ARGUMENTS]
        yield name, {}
        for values in product(*[ARGUMENTS[argument] for argument in known]) if known else ():
            yield name, dict(zip(known, values, strict=True))


def points(name: str, kind: str, dtype: str, rng: Rng) -> list[Array]:
    """Return weights of this kind: matrices whose rows and columns are ordinary, special, orthogonal, parallel or 0."""
    info, eps = np.finfo(dtype), 1e-7
    if kind == "ordinary":
        found = [rng.normal(size=shape) for shape in ((5, 3), (2, 7), (1, 2, 2), (4,), ())]
        found += [10.0 ** rng.uniform(-6, 6, (6, 1)) * rng.normal(size=(6, 5)), rng.normal(size=(40, 30))]
    elif kind == "kinks":
        signs = np.array([[0.0, -0.0, 1.0], [info.smallest_normal * 2, -info.smallest_normal * 2, -1.0]])
        square = np.where(np.eye(3) == 1, rng.normal(size=(3, 3)), 0)  # orthogonal rows and columns
        parallel = np.outer(rng.normal(size=4), rng.normal(size=3))
        found = [signs, square, parallel, rng.normal(size=(4, 4)) * [[1], [0], [1], [1]]]
        found += [rng.normal(size=(3, 2)) * [[1], [share * eps], [1]] for share in (0.5, 1.0, 2.0)]
        found += [np.array([[1.0, 2.0], [0.0, share * eps]]) for share in (0.999, 1.001)]
    else:
        sizes = {"tiny": (info.smallest_subnormal, info.smallest_normal, 1e-30), "huge": (1e12, 1e30, info.max / 8)}
        found = [rng.uniform(0.5, 1, (3, 4)) * rng.choice([-1, 1], (3, 4)) * [[1], [s], [1]] for s in sizes[kind]]
    kept = [np.asarray(x, dtype) for x in found]
    return [x for x in kept if (x.ndim == 2 and min(x.shape) > 1) or name not in MATRICES_ONLY]


def flushed(x: Array) -> Array:
    """Return x as TensorFlow sees it: denormals are 0."""
    return np.where(np.abs(x) < allowance.smallest_normal(x.dtype), np.zeros_like(x), x)


def theirs(keras: Any, name: str, options: dict[str, Any], dtype: Any) -> Any:
    """Return Keras' regularizer."""
    found = getattr(keras.regularizers, registry[name].__name__)(**options)
    if name == "orthogonal_regularizer":  # Keras' factor is always float32, which is an error in float64
        found.factor = keras.ops.cast(found.factor, dtype)
    return found


def tensorflow_pass(tf: Any, regularizer: Any, x: Any, cotangent: Any) -> tuple[Array, Array]:
    """Return TensorFlow's penalty and its gradient times the cotangent."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        penalty = tf.cast(regularizer(x), x.dtype)
    gradient = tape.gradient(penalty, x, tf.constant(cotangent, x.dtype))
    return penalty.numpy(), np.zeros(x.shape, penalty.dtype.name) if gradient is None else gradient.numpy()


def check_against_tensorflow(
    agree: Any, tf: Any, keras: Any, ours: Any, name: str, options: dict[str, Any], x: Array
) -> None:
    """Compare penalty and gradient with Keras'."""
    cotangent = x.dtype.type(np.random.default_rng(x.size).normal())
    penalty, gradient = tensorflow_pass(tf, theirs(keras, name, options, x.dtype), x, cotangent)
    x = flushed(x)
    with np.errstate(over="ignore", invalid="ignore"):
        agree(f"{name} penalty", ours(x), penalty, ours(Bounded(x)))
        agree(f"{name} gradient", ours.gradient(x) * cotangent, gradient, ours.gradient(Bounded(x)) * cotangent)

"""Points at which activations break, and comparisons with TensorFlow there."""

from typing import Any

import numpy as np

from ...activations import Activation
from ...rounding import allowance
from ...rounding.activation_bounds import activation_bound, only_where_keras_is_right, residual_bound

Array = np.ndarray[Any, Any]
Rng = np.random.Generator

WIDTH = 6
KINDS = ("ordinary", "kinks", "saturated", "tiny", "huge")


def around(kinks: Any, dtype: str) -> Array:
    """Return the kinks and the neighbouring floats on both sides; next to 0, those that TensorFlow does not flush."""
    kinks, infinity = np.asarray(kinks, dtype), np.asarray(np.inf, dtype)
    tiny = np.where(kinks == 0, allowance.smallest_normal(dtype), 0).astype(dtype)
    return np.concatenate([kinks, np.nextafter(kinks, infinity) + tiny, np.nextafter(kinks, -infinity) - tiny])


def special(entry: Activation, kind: str, dtype: str) -> Array:
    """Return points of one kind."""
    if kind == "kinks":
        return around([*entry.kinks, 0.0], dtype)
    info = np.finfo(dtype)
    sizes = {
        "ordinary": [],
        "saturated": [30, 100, 1e4],
        "tiny": [0.0, 1e-4, 1e-9, 1e-30, info.smallest_subnormal, info.smallest_normal / 2, info.smallest_normal],
        "huge": [1e12, 1e30, info.max / 4],
    }[kind]
    return np.concatenate([np.asarray(sizes, dtype), -np.asarray(sizes, dtype)])


def rows(entry: Activation, kind: str, dtype: str, rng: Rng) -> Array:
    """Return (n, 6): ordinary rows, or rows with each special point once, twice, and in all places."""
    found = [3 * rng.normal(size=(20, WIDTH))] if kind == "ordinary" else []
    for point in special(entry, kind, dtype).tolist():
        z = rng.normal(size=(3, WIDTH))
        z[0, rng.integers(WIDTH)] = z[1, 1] = z[1, 3] = z[2] = point
        found.append(z)
    return np.concatenate(found).astype(dtype)


def flushed(z: Array) -> Array:
    """Return z as TensorFlow sees it: denormals are 0 (a fact pinned in test_tensorflow.py)."""
    return np.where(np.abs(z) < allowance.smallest_normal(z.dtype), np.copysign(0, z), z).astype(z.dtype)


def cotangent(shape: Any, dtype: str, rng: Rng, huge: bool = False) -> Array:
    """Return random upstream gradients of sizes 1e-3 to 1e3; up to 1 for huge z, to avoid overflow in TensorFlow."""
    return (rng.normal(size=shape) * 10.0 ** rng.uniform(-3, -1 if huge else 3, shape)).astype(dtype)


def referee_points(entry: Activation, dtype: str, rng: Rng) -> Array:
    """Return ordinary, saturated and small z, without kinks, overflow, and points where Keras is wrong."""
    saturated = special(entry, "saturated", dtype)
    small = 10.0 ** rng.uniform(-7, 0, 30) * rng.choice([-1, 1], 30)
    z = np.concatenate([3 * rng.normal(size=150), rng.uniform(-1, 1, 50), small, saturated]).astype(dtype)
    z = z[~np.isin(z, around(entry.kinks, dtype)) & np.isfinite(entry.forward(z))]
    right = entry.keras_right(z)
    return z if right is None else z[right]


def tensorflow_pass(tf: Any, keras: Any, entry: Activation, z: Array, upstream: Array) -> tuple[Array, Array]:
    """Return Keras' a and delta."""
    z = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        a = getattr(keras.activations, entry.name)(z, **entry.get_config())
    return a.numpy(), tape.gradient(a, z, tf.constant(upstream)).numpy()


def hold(agree: Any, theirs: tuple[Array, Array], entry: Activation, z: Array, upstream: Array) -> None:
    """Compare a, delta from TensorFlow's a, and delta from handnn's a with TensorFlow's (a, delta)."""
    a, delta = theirs
    found, reference = only_where_keras_is_right(entry, z, entry.forward(z), a)
    agree(f"{entry.name} a", found, reference, activation_bound(entry, z))
    z = flushed(z)
    spliced = residual_bound(entry, upstream, z, a)
    found, reference = only_where_keras_is_right(entry, z, entry.backward(upstream, z, a), delta)
    agree(f"{entry.name} delta, spliced", found, reference, spliced)
    whole = residual_bound(entry, upstream, z, activation_bound(entry, z))
    found, reference = only_where_keras_is_right(entry, z, entry.backward(upstream, z, entry.forward(z)), delta)
    agree(f"{entry.name} delta", found, reference, whole)

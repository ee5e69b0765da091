"""Resizing along one axis as a matrix A (out, n): z_i = sum_j A_ij x_j, and on the way back dx_j = sum_i A_ij delta_i.

The place of output i is p_i = (i + 1/2) n / out - 1/2 on the axis of the input, and each input weighs in by its
distance from it:

    A_ij = k((j - p_i) / s) / sum of the row        s = max(1, n / out) with antialias, else 1

    bilinear   k(x) = 1 - |x|                                                        |x| < 1
    bicubic    k(x) = 3/2 |x|^3 - 5/2 x^2 + 1, and -1/2 |x|^3 + 5/2 x^2 - 4 |x| + 2  |x| < 1, |x| < 2 (Keys, 1981)
    lanczos    k(x) = sinc(x) sinc(x / r), sinc(x) = sin(pi x) / (pi x)              |x| < r, r = 3 or 5
    nearest    A_ij = 1 for j = floor(p_i + 1/2)
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array

EPS = float(np.finfo("float32").eps)


def _triangle(x: Array) -> Array:
    return np.maximum(1 - np.abs(x), 0)


def _cubic(x: Array) -> Array:
    x = np.abs(x)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(x: Array, radius: int) -> Array:
    return np.where(np.abs(x) < radius, np.sinc(x) * np.sinc(x / radius), 0)


class Kernel(NamedTuple):
    """k(x), its radius, the largest |k'|, and by how many eps TensorFlow's float32 code may miss its value."""

    function: Callable[[Array], Array]
    radius: int
    slope: float
    off: float


KERNELS = {
    "bilinear": Kernel(_triangle, 1, 1, 1),
    "bicubic": Kernel(_cubic, 2, 1.5, 12),  # sums of four terms up to 16 / 2
    "lanczos3": Kernel(partial(_lanczos, radius=3), 3, 1.5, 16),  # eps pi radius in the argument of a sine
    "lanczos5": Kernel(partial(_lanczos, radius=5), 5, 1.5, 16),
}
METHODS = ("nearest", *KERNELS)
TABLE = 1024
"""Without antialias, TensorFlow reads the bicubic kernel from a table: p_i is rounded to 1 / 1024."""


def nearest(n: int, out: int) -> Array:
    """Return for each of `out` elements the index of the nearest of n, with the place in float32 as in TensorFlow."""
    places = (np.arange(out, dtype="float32") + np.float32(0.5)) * (np.float32(n) / np.float32(out))
    return np.minimum(np.floor(places).astype(int), n - 1)


def weights(n: int, out: int, method: str, antialias: bool = False) -> Array:
    """Return A (out, n) in float64."""
    if method == "nearest":
        return (nearest(n, out)[:, np.newaxis] == np.arange(n)).astype("float64")
    A = KERNELS[method].function(_distances(n, out, method, antialias))
    return A / A.sum(axis=1, keepdims=True)


def _distances(n: int, out: int, method: str, antialias: bool) -> Array:
    """Return (j - p_i) / s, (out, n)."""
    scale = n / out
    if method == "bicubic" and not antialias:
        place = _of_table(out, scale)
    else:
        place = (np.arange(out) + 0.5) * scale - 0.5
    return (np.arange(n) - place[:, np.newaxis]) / (max(1.0, scale) if antialias else 1.0)


def _of_table(out: int, scale: float) -> Array:
    """Return the places rounded to 1 / 1024, computed in float32 as in TensorFlow, where they decide the entry."""
    place = np.float32(scale) * (np.arange(out, dtype="float32") + np.float32(0.5)) - np.float32(0.5)
    below = np.floor(place)
    found: Array = below.astype("float64") + np.rint((place - below) * np.float32(TABLE)) / TABLE
    return found


def keras_error(n: int, out: int, method: str, antialias: bool = False) -> Array:
    """Return by how much TensorFlow's weights, computed in float32, may be off A (out, n)."""
    if method == "nearest":
        return np.zeros((out, n))
    kernel, scale = KERNELS[method], n / out
    place = (np.arange(out) + 0.5) * scale - 0.5
    exact = float(np.float32(scale)) == scale and bool((place.astype("float32") == place).all())
    off = 0.0 * place if exact else 1.5 * EPS * (np.abs(place) + 1)
    x = _distances(n, out, method, antialias)
    near = np.abs(x) < kernel.radius + 2 * EPS * (1 + out)
    rounded = not exact or antialias or method != "bilinear"
    s = max(1.0, scale) if antialias else 1.0
    raw = near * (kernel.slope * off[:, np.newaxis] / s + rounded * kernel.off * EPS)
    A = kernel.function(x)
    total = A.sum(axis=1, keepdims=True)
    return (raw + np.abs(A / total) * raw.sum(axis=1, keepdims=True)) / np.abs(total)


def like(array: Any, n: int, out: int, method: str, antialias: bool) -> Any:
    """Return A in an array's dtype; as `Bounded` with the error of TensorFlow's, if the array is and in float32."""
    A = weights(n, out, method, antialias).astype(array.dtype)
    if isinstance(array, np.ndarray):
        return A
    return type(array)(A, keras_error(n, out, method, antialias)) if array.dtype == "float32" else type(array)(A)


def along(array: Any, matrix: Any, axis: int) -> Any:
    """Return an array multiplied by a matrix along one axis."""
    return np.moveaxis(np.matmul(np.moveaxis(array, axis, -1), matrix), -1, axis)

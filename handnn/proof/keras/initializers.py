"""Comparison of an initializer's samples with Keras': their distribution, or the columns of a matrix."""

import inspect
import math
from statistics import NormalDist
from typing import Any

import numpy as np

from ...rounding import allowance

Array = np.ndarray[Any, Any]

SHAPE = (100, 200)
FALSE_ALARM = 1e-9
"""The probability that a comparison of samples fails by chance."""
NORMAL = NormalDist()
ARGUMENTS: dict[str, Any] = {
    "value": 0.25,
    "mean": 0.5,
    "stddev": 2.0,
    "minval": -1.0,
    "maxval": 3.0,
    "seed": 7,
    "scale": 2.5,
    "mode": "fan_avg",
    "distribution": "uniform",
    "input_axes": [0],
    "output_axes": [1],
    "gain": 0.3,
}


def known(cls: Any) -> dict[str, Any]:
    """Return the arguments above that this initializer takes."""
    return {name: value for name, value in ARGUMENTS.items() if name in inspect.signature(cls).parameters}


def distances(ours: Array, theirs: Array) -> dict[str, float]:
    """Return the distances of two samples in mean, variance and distribution (Kolmogorov-Smirnov), allowed: 1."""
    ours, theirs = np.ravel(ours).astype("float64"), np.ravel(theirs).astype("float64")
    quantile, samples = NORMAL.inv_cdf(1 - FALSE_ALARM / 2), (ours, theirs)
    means, variances = [s.mean() for s in samples], [s.var() for s in samples]
    fourth = [((s - s.mean()) ** 4).mean() for s in samples]
    mean_error = math.sqrt(sum(v / s.size for v, s in zip(variances, samples, strict=True)))
    variance_error = math.sqrt(sum((f - v * v) / s.size for f, v, s in zip(fourth, variances, samples, strict=True)))
    everything = np.concatenate(samples)
    shares = [np.searchsorted(np.sort(s), everything, side="right") / s.size for s in samples]
    distance = np.abs(shares[0] - shares[1]).max()
    allowed = math.sqrt(-math.log(FALSE_ALARM / 2) / 2 * (1 / ours.size + 1 / theirs.size))
    return {
        "mean": abs(means[0] - means[1]) / (quantile * mean_error),
        "variance": abs(variances[0] - variances[1]) / (quantile * variance_error),
        "distribution": distance / allowed,
    }


def rounding_of_columns(matrix: Array, dtype: Any, gain: float) -> float:
    """Return the allowed difference between gain^2 I and the products of columns, for an m x n matrix.

    The error of Householder's Q is at most sqrt(n) gamma(6 m n) in float64 in the Frobenius norm (Higham, theorem 19.4,
    with 6 operations for each of the m n elements that a reflection changes). The cast to dtype and the product with
    gain round each element twice, which changes a dot product of unit columns by at most 4 u (Cauchy-Schwarz).
    """
    m, n = matrix.shape
    factor = 2 * math.sqrt(n) * allowance.gamma(6 * m * n, allowance.unit_roundoff("float64"))
    return gain**2 * (factor + 4 * allowance.unit_roundoff(dtype) * (1 + factor))


def off_orthonormal(values: Array, gain: float) -> float:
    """Return the largest error / allowance of the columns' (or rows') products, relative to gain^2 I."""
    flat = values.reshape(-1, values.shape[-1]).astype("longdouble")
    matrix = flat if flat.shape[0] >= flat.shape[1] else flat.T
    off = np.abs(matrix.T @ matrix - np.eye(matrix.shape[1]) * np.longdouble(values.dtype.type(gain)) ** 2)
    return float(off.max() / rounding_of_columns(matrix, values.dtype, gain))

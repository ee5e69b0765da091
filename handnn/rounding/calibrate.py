"""Measure the errors of NumPy's and TensorFlow's elementary functions: `python -m handnn.rounding.calibrate`.

Both libraries evaluate each function at points of all magnitudes, and mpmath does with 50 digits; the printed table is
the one in allowance.py. c is 1.5 times the larger of the two errors, and at least 2.
"""

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from . import allowance

MARGIN = 1.5
LEAST_C = 2.0
DTYPES = ("float32", "float64")

REFERENCE: dict[str, Callable[..., Any]] = {
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "tanh": mpmath.tanh,
    "cos": mpmath.cos,
    "sin": mpmath.sin,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "erfc": mpmath.erfc,
    "power": mpmath.power,
    "rsqrt": lambda z: 1 / mpmath.sqrt(z),
}


def points(function: str, dtype: str, count: int, seed: int = 0) -> tuple[np.ndarray[Any, Any], ...]:
    """Return arguments (z,), or (base, exponent) for 'power', in the range in which handnn uses the function."""
    rng = np.random.default_rng(seed)
    largest = float(np.finfo(dtype).maxexp) * math.log(2) - 2
    sizes = np.exp(rng.uniform(np.log(1e-6), np.log(largest), count))
    if function == "exp":  # softmax and the losses call it on z <= 0, sigmoid on either sign
        z = np.concatenate([-sizes, rng.uniform(-20, 0, count), sizes])
    elif function == "expm1":  # elu and its relatives call it on z <= 0
        small = np.exp(rng.uniform(-16, 0, count))
        z = np.concatenate([-sizes, -small, small, rng.uniform(-20, 0, count), rng.uniform(-2, 2, count)])
    elif function == "erfc":  # gelu calls it on -z/sqrt(2); beyond this range it is 0 or 2
        z = np.concatenate([-sizes, sizes, rng.uniform(-9, 9, 2 * count), rng.uniform(0, 27, count)])
    elif function == "log":  # clipped probabilities, and sums of exp
        z = np.concatenate([rng.uniform(1e-7, 1, count), 1 - sizes[sizes < 0.5], np.exp(rng.uniform(-16, 20, count))])
    elif function == "log1p":  # of exp(-|z|), of ratios, and of -tanh^2 in log-cosh
        z = np.concatenate([rng.uniform(0, 1, count), np.exp(-np.abs(sizes)), sizes, rng.uniform(-0.6, 0, count)])
    elif function == "cos":  # of a share of a half period
        z = rng.uniform(0, math.pi, 2 * count)
    elif function == "sin":  # of a few turns, on Rastrigin's surface
        z = np.concatenate([-sizes[sizes < 1], sizes[sizes < 1], rng.uniform(-40, 40, 2 * count)])
    elif function == "power":  # beta^t; t^-0.8 and the like; sums of squares below 1; p^gamma and p^q in the losses
        beta = rng.choice([0.5, 0.875, 0.9, 0.95, 0.99, 0.999, 0.9999], count).astype("float32")
        t = np.floor(np.exp(rng.uniform(0, math.log(1e5), count)))
        sums, shares = np.exp(rng.uniform(-30, 20, count)), rng.uniform(0, 1, count)
        base = np.concatenate([beta, t, sums, shares, np.exp(rng.uniform(-16, 0, count))]).astype(dtype)
        powers = [t, rng.uniform(-1, 1, count), rng.uniform(0, 2, count), *rng.uniform(-1, 5, (2, count))]
        exponent = np.concatenate(powers).astype(dtype)
        kept = np.abs(exponent * np.log(base)) < largest
        return base[kept], exponent[kept]
    elif function == "rsqrt":  # of a variance and epsilon, and of a sum of squares
        z = np.exp(rng.uniform(-largest, largest, 2 * count))
    else:
        z = np.concatenate([-sizes, sizes, rng.uniform(-8, 8, 2 * count)])
    return (z.astype(dtype),)


def worst_error(found: Any, function: str, arguments: tuple[Any, ...], dtype: str) -> float:
    """Return max |found - exact| / (u |exact|) over the points where the exact value is a normal number of dtype.

    For erfc, which is an exp(-z^2) for large z, return max |found - exact| / (u (1 + z^2) |exact|).
    """
    u, tiny, worst = allowance.unit_roundoff(dtype), allowance.smallest_normal(dtype), 0.0
    with mpmath.workdps(50):
        for value, *given in zip(np.asarray(found).tolist(), *[a.tolist() for a in arguments], strict=True):
            exact = REFERENCE[function](*map(mpmath.mpf, given))
            if tiny < abs(exact) < mpmath.mpf(float(np.finfo(dtype).max)):
                scale = 1 + mpmath.mpf(given[0]) ** 2 if function == "erfc" else 1
                worst = max(worst, float(abs(mpmath.mpf(value) - exact) / (u * scale * abs(exact))))
    return worst


def libraries() -> dict[str, dict[str, Callable[..., Any]]]:
    """Return the functions as handnn and TensorFlow compute them."""
    import tensorflow as tf
    from scipy.special import erfc

    from ..activations import sigmoid, softplus

    own: dict[str, Callable[..., Any]] = {
        "exp": np.exp,
        "expm1": np.expm1,
        "log": np.log,
        "log1p": np.log1p,
        "tanh": np.tanh,
        "cos": np.cos,
        "sin": np.sin,
        "sigmoid": sigmoid,
        "softplus": softplus,
        "erfc": erfc,
        "power": np.power,
        "rsqrt": lambda z: np.power(z, -0.5),
    }
    theirs = {
        "exp": tf.exp,
        "expm1": tf.math.expm1,
        "log": tf.math.log,
        "log1p": tf.math.log1p,
        "tanh": tf.tanh,
        "cos": tf.cos,
        "sin": tf.sin,
        "sigmoid": tf.sigmoid,
        "softplus": tf.math.softplus,
        "erfc": tf.math.erfc,
        "power": tf.pow,
        "rsqrt": tf.math.rsqrt,
    }
    return {"numpy": own, "tensorflow": {n: lambda *a, f=f: f(*map(tf.constant, a)).numpy() for n, f in theirs.items()}}


def measure(function: str, dtype: str, count: int = 2000, seed: int = 0) -> dict[str, float]:
    """Return the worst error of each library in units u |f|."""
    arguments = points(function, dtype, count, seed)
    with np.errstate(all="ignore"):
        return {
            library: worst_error(functions[function](*arguments), function, arguments, dtype)
            for library, functions in libraries().items()
        }


def main() -> None:
    """Print the table for allowance.CALIBRATION."""
    for dtype in DTYPES:
        for function in REFERENCE:
            found = measure(function, dtype, count=20000)
            c = max(LEAST_C, math.ceil(MARGIN * max(found.values()) * 2) / 2)
            print(f'    ("{dtype}", "{function}"): Measured({found["numpy"]:.2f}, {found["tensorflow"]:.2f}, {c}),')


if __name__ == "__main__":
    main()

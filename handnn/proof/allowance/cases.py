"""One case for each rule: a formula, written once for NumPy and for mpmath, and the numbers it is tried on.

`m` is where a formula takes its functions from: `np` for enclosures and for NumPy, `exact` for mpmath's numbers in
arrays of objects. What only moves or adds elements is NumPy's in both.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np

from ...rounding.enclosure.precision import FORMATS, numpy_dtype

Array = np.ndarray[Any, Any]
DIGITS = 60


class Case(NamedTuple):
    """A formula of (m, *inputs), the draw (rng, format name) -> inputs, and the formats in which NumPy computes it."""

    formula: Callable[..., Any]
    draw: Callable[[np.random.Generator, str], tuple[Any, ...]]
    native: tuple[str, ...] = ("float16", "float32", "float64")
    emulated: bool = True


class Exact:
    """The functions of a formula on mpmath's numbers."""

    def __getattr__(self, name: str) -> Any:
        if name in MPMATH:
            return np.frompyfunc(MPMATH[name], 2 if name in TWO else 1, 1)
        return getattr(np, name)


def _sign(x: Any) -> Any:
    return mpmath.mpf((x > 0) - (x < 0))


def _half(x: Any) -> Any:
    """Round half to even."""
    return mpmath.nint(x)


def _power(a: Any, b: Any) -> Any:
    return mpmath.power(a, b)


def _hypot(a: Any, b: Any) -> Any:
    return mpmath.sqrt(a * a + b * b)


def _logaddexp(a: Any, b: Any) -> Any:
    return max(a, b) + mpmath.log1p(mpmath.exp(-abs(a - b)))


def _xlogy(a: Any, b: Any) -> Any:
    return mpmath.mpf(0) if a == 0 else a * mpmath.log(b)


def _rel_entr(a: Any, b: Any) -> Any:
    return mpmath.mpf(0) if a == 0 else a * mpmath.log(a / b)


def _heaviside(a: Any, b: Any) -> Any:
    return b if a == 0 else mpmath.mpf(a > 0)


def _expit(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


TWO = {"power", "hypot", "logaddexp", "xlogy", "rel_entr", "heaviside"}
MPMATH: dict[str, Any] = {
    "exp": mpmath.exp, "exp2": lambda x: mpmath.power(2, x), "expm1": mpmath.expm1, "log": mpmath.log,
    "log2": lambda x: mpmath.log(x, 2), "log10": mpmath.log10, "log1p": mpmath.log1p, "tanh": mpmath.tanh,
    "sinh": mpmath.sinh, "cosh": mpmath.cosh, "sin": mpmath.sin, "cos": mpmath.cos, "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh, "arctanh": mpmath.atanh, "arctan": mpmath.atan, "arcsin": mpmath.asin,
    "arccos": mpmath.acos, "cbrt": lambda x: _sign(x) * mpmath.cbrt(abs(x)), "sqrt": mpmath.sqrt,
    "deg2rad": lambda x: x * mpmath.pi / 180, "rad2deg": lambda x: x * 180 / mpmath.pi, "erf": mpmath.erf,
    "erfc": mpmath.erfc, "expit": _expit, "log_expit": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "entr": lambda x: -_xlogy(x, x), "sign": _sign, "floor": mpmath.floor, "ceil": mpmath.ceil, "rint": _half,
    "trunc": lambda x: _sign(x) * mpmath.floor(abs(x)), "square": lambda x: x * x, "reciprocal": lambda x: 1 / x,
    "absolute": abs, "fabs": abs, "negative": lambda x: -x, "positive": lambda x: x, "power": _power,
    "hypot": _hypot, "logaddexp": _logaddexp, "xlogy": _xlogy, "rel_entr": _rel_entr, "heaviside": _heaviside,
}  # fmt: skip
exact = Exact()


class WithSciPy:
    """NumPy with the functions of scipy.special."""

    def __getattr__(self, name: str) -> Any:
        from scipy import special

        return getattr(special, name) if name in SCIPY else getattr(np, name)


SCIPY = {"erf", "erfc", "expit", "log_expit", "entr", "xlogy", "rel_entr"}
numpy = WithSciPy()


# ---- the numbers -----------------------------------------------------------------------------------------------------


def reals(rng: np.random.Generator, name: str, shape: Any, decades: float = 3.0, specials: bool = True) -> Array:
    """Return numbers of a format over some decades, of both signs, with zeros, ones, denormals and ties among them."""
    form = FORMATS[name]
    narrow = form.lowest > -20
    spread = min(decades, 1.5) if narrow else decades
    x = rng.choice([-1.0, 1.0], shape) * 10 ** rng.uniform(-spread, spread / 2, shape)
    if specials:
        least = 2.0**form.lowest
        odd = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, least, 3 * least / 4, -least, least / 2])
        x = np.where(rng.random(shape) < 0.06, rng.choice(odd, shape), x)
    return x


def within(low: float, high: float) -> Callable[..., Any]:
    """Return a draw of one array in a range, some of it close to the ends and to 0."""

    def draw(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
        x = rng.uniform(low, high, ELEMENTS)
        small = reals(rng, name, ELEMENTS, 4, specials=False)
        small = np.clip(small, low, high)
        ends = np.where(rng.random(ELEMENTS) < 0.5, low, high)
        kind = rng.integers(0, 8, ELEMENTS)
        return (np.where(kind < 3, small, np.where(kind == 3, ends, x)),)

    return draw


ELEMENTS = 200


def one(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    return (reals(rng, name, ELEMENTS),)


def two(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    a, b = reals(rng, name, ELEMENTS), reals(rng, name, ELEMENTS)
    near = rng.random(ELEMENTS) < 0.2  # cancel, or tie
    return a, np.where(near, a * (1 + rng.integers(-3, 4, ELEMENTS) * 2.0 ** -FORMATS[name].bits), b)


def divided(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    """Return two arrays, no number of the second one 0."""
    a, b = two(rng, name)
    b = b.astype(numpy_dtype(name)).astype("float64")
    return a, np.where(b == 0, 1.0, b)


def not_zero(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    return divided(rng, name)[1:]


def positive(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    return tuple(np.abs(x) + 2.0**-6 for x in two(rng, name))


def rows(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    n = int(rng.integers(1, 40))
    shift = rng.choice([0.0, 3.0, 30.0 if FORMATS[name].lowest < -20 else 3.0])
    return (reals(rng, name, (12, n), 1.0) + shift,)


def matrices(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    n = int(rng.integers(1, 32))
    return reals(rng, name, (6, n), 1.0), reals(rng, name, (n, 5), 1.0)


def three_matrices(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    return tuple(reals(rng, name, shape, 0.7) for shape in ((4, 5), (5, 3), (3, 4)))


def vectors(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    n = int(rng.integers(3, 40))
    return reals(rng, name, n, 1.0), reals(rng, name, int(rng.integers(1, n)), 1.0)


def equal_vectors(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    n = int(rng.integers(1, 40))
    return reals(rng, name, n, 1.0), reals(rng, name, n, 1.0)


def square_matrix(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    n = int(rng.integers(2, 6))
    return (rng.uniform(-1, 1, (n, n)) / n + np.diag(rng.choice([-3.0, 3.0], n)),)


def definite(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    (a,) = square_matrix(rng, name)
    a = np.rint((a + a.T) * 2) / 4  # symmetric in every format
    return (a - np.diag(np.diag(a)) + 4 * np.eye(len(a)),)


def pair_of_matrices(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    return reals(rng, name, (2, 3), 1.0), reals(rng, name, (3, 2), 1.0)


def factors(rng: np.random.Generator, name: str) -> tuple[Any, ...]:
    return (rng.choice([-1, 1], (12, 6)) * rng.uniform(0.3, 2.0, (12, 6)),)

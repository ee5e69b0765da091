"""`handnn.allowance`: how much rounding may change the result of a formula on given numbers, element by element.

>>> import numpy as np
>>> import handnn
>>> x = np.float32([1.0, 1e-4])
>>> value, bound, condition = handnn.allowance(lambda x: np.exp(x) - 1, x)
>>> bound / np.abs(value) < 1e-6  # float32 keeps six digits of the first, and three of the second
array([ True, False])
"""

from typing import Any, NamedTuple

import numpy as np

from . import formula_run
from .enclosure import Enclosure, Precision, precision
from .formulas import as_formula

Array = np.ndarray[Any, Any]


class Allowance(NamedTuple):
    """What rounding may do to a result, element by element; three float64 arrays of the result's shape.

    value: the formula evaluated in more digits. bound: no implementation of the formula in this precision, in any
    order of summation that is allowed, is further from value; infinite where nothing is known. condition: by how much
    a relative change of the inputs is amplified in value.
    """

    value: Array
    bound: Array
    condition: Array

    @property
    def digits(self) -> Array:
        """Decimal digits of value that are certain."""
        with np.errstate(all="ignore"):
            return np.maximum(-np.log10(np.maximum(self.bound / np.abs(self.value), 2.0**-60)), 0.0)


def allowance(
    f: Any,
    *inputs: Any,
    dtype: Any = "float32",
    accumulate: str | None = None,
    fma: bool | None = None,
    denormals: bool | None = None,
    rounding: str = "nearest",
) -> Any:
    """Return an `Allowance` for f(*inputs): the value, and how far rounding may move it.

    Args:
        f: plain NumPy, as the mathematics has it: `lambda x, w: np.tanh(x @ w)`. It may also be a handnn layer,
            activation, loss or optimizer step, or `model.loss_and_gradients`. It must take its arguments as they
            come: no np.asarray, no math functions.
        inputs: arrays of NumPy, TensorFlow, PyTorch or JAX, numbers, or lists and dicts of such. Integers are exact.
        dtype: the precision of inputs and operations: 'float64', 'float32', 'tf32', 'bfloat16', 'float16',
            'float8_e4m3fn', 'float8_e5m2', or a NumPy dtype.
        accumulate: the accumulator of sums and matrix products, and their order: 'float32', 'float64', 'tree',
            'sequential', 'blocked:64', or two of them in one string. By default any order in dtype or wider.
        fma: True if products are surely fused into additions. By default both ways are allowed.
        denormals: True if they are surely kept, False if surely flushed to 0. By default both in float32, float64,
            bfloat16; kept in formats of fewer bits.
        rounding: 'any' also allows rounding to either neighbour: truncating accumulators, stochastic rounding.

    Returns:
        One Allowance, or for several results the same tuple, list or dict of them.

    Raises:
        ValueError: an option is not known, or an input holds NaN.
        TypeError: f uses an operation that has no rounding rule (`NoRuleError`, which names it), or is not callable.

    Source: interval arithmetic (Moore, Kearfott, Cloud 2009) over the rounding model of Higham (2002), section 2.2,
    with the bounds of sums of Jeannerod and Rump (2013).
    """
    p = precision(dtype, accumulate, fma, denormals, rounding)
    own, given = as_formula(f), formula_run.inputs_of(inputs)
    results = formula_run.run(own, given, p)
    found = iter(formula_run.conditions(own, given, p, results))
    return formula_run.mapped(lambda leaf: _allowance(leaf, next(found)), results)


def _allowance(result: Any, condition: Array) -> Allowance | None:
    if result is None:
        return None
    if not isinstance(result, Enclosure) or result.is_bool:
        plain = result if not isinstance(result, Enclosure) else result.mid
        bound = np.zeros(np.shape(plain))
        if isinstance(result, Enclosure):
            bound = (result.low != result.high) * 1.0
        return Allowance(np.asarray(plain), bound, condition)
    value, bound = value_and_bound(result)
    return Allowance(value, bound, condition)


def value_and_bound(result: Enclosure) -> tuple[Array, Array]:
    """Return mid in float64, and the largest distance from it to an end of the interval, rounded up."""
    with np.errstate(all="ignore"):
        value = result.mid.astype("float64")
        off = np.maximum(result.high - value, value - result.low)
        bound = np.where(off > 0, np.nextafter(off.astype("float64"), np.inf), 0.0)
        return value, np.where(np.isnan(bound), np.where(result.low == result.high, 0.0, np.inf), bound)


__all__ = ["Allowance", "Precision", "allowance"]

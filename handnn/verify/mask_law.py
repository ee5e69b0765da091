"""Does a layer draw its numbers by the right law?

Gradients are compared under Keras' own mask, so what handnn draws by itself is judged by statistics: of n independent
numbers with distribution function F the share F_n(v) of those up to v lies, for all v at once, within e of F(v) with
probability 1 - 2 exp(-2 n e^2) or more (Dvoretzky, Kiefer & Wolfowitz 1956; the constant: Massart 1990). The laws stand
here a second time, on purpose.
"""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.variable import Array

FALSE_ALARM = 1e-9
"""How often a right draw may be called wrong."""

NUMBERS = 2**14
"""How many numbers are drawn: enough to see a standard deviation that is off by 15 %, a rate off by 0.04."""

Law = tuple[Callable[[Array], Array], bool]
"""F, and whether it is continuous."""


def furthest(n: int, false_alarm: float = FALSE_ALARM) -> float:
    """Return e, which the shares of n numbers stay within."""
    return math.sqrt(math.log(2 / false_alarm) / (2 * n))


def normal(mean: float, stddev: float) -> Law:
    def distribution(v: Array) -> Array:
        scaled = (v.astype("float64") - mean) / (stddev * math.sqrt(2))
        return np.array([0.5 * (1 + math.erf(value)) for value in scaled])

    return distribution, True


def dropped(rate: float) -> Law:
    """Zero with probability `rate`, else something positive."""
    return lambda v: np.where(v > 0, 1.0, rate), False


LAWS: dict[str, Callable[[Any], Law]] = {
    "Dropout": lambda layer: dropped(layer.rate),
    "AlphaDropout": lambda layer: dropped(layer.rate),
    "GaussianDropout": lambda layer: normal(1, math.sqrt(layer.rate / (1 - layer.rate))),
    "GaussianNoise": lambda layer: normal(0, layer.stddev),
}
"""By class; a class that is derived from one of these has its law."""


def law(layer: Any) -> Law:
    return next(LAWS[cls.__name__](layer) for cls in type(layer).__mro__ if cls.__name__ in LAWS)


def drawn(layer: Any, shape: tuple[int, ...]) -> Array:
    """Return `NUMBERS` independent numbers, or some more, that a copy of the layer draws for inputs of this shape."""
    own, found, count = copy.deepcopy(layer), [], 0
    independent = own.drawn_shape(shape)
    lengths = (1,) * (len(shape) - len(independent)) + independent
    once = tuple(slice(1) if length == 1 else slice(None) for length in lengths)
    while count < NUMBERS:
        found.append(own.draw(shape)[once].reshape(-1))
        count += found[-1].size
    return np.concatenate(found)


def shares(numbers: Array, law: Law) -> tuple[Array, Array, float]:
    """Return F_n and F, at the numbers themselves or at 0, and what they may lie apart."""
    distribution, continuous = law
    numbers = np.sort(numbers)
    points = numbers if continuous else np.zeros(1)
    found = np.searchsorted(numbers, points, side="right") / numbers.size
    return found, distribution(points), furthest(numbers.size)

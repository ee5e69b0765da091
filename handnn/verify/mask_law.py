"""Does a layer draw its random numbers from the right distribution?

Gradients are compared under Keras' mask, so handnn's own draws are checked by statistics. For n independent numbers
with distribution function F, the empirical F_n(v) is within e of F(v) for all v at once, with probability at least
1 - 2 exp(-2 n e^2) (Dvoretzky, Kiefer & Wolfowitz 1956; the constant: Massart 1990). The distributions are written here
a second time, independently of the layers.
"""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.variable import Array

FALSE_ALARM = 1e-9
"""Probability that a correct draw is called wrong."""

NUMBERS = 2**14
"""Number of draws: enough to detect a standard deviation wrong by 15 %, or a rate wrong by 0.04."""

Law = tuple[Callable[[Array], Array], bool]
"""F, and whether it is continuous."""


def furthest(n: int, false_alarm: float = FALSE_ALARM) -> float:
    """Return e, the largest difference between F_n and F for n numbers."""
    return math.sqrt(math.log(2 / false_alarm) / (2 * n))


def normal(mean: float, stddev: float) -> Law:
    def distribution(v: Array) -> Array:
        scaled = (v.astype("float64") - mean) / (stddev * math.sqrt(2))
        return np.array([0.5 * (1 + math.erf(value)) for value in scaled])

    return distribution, True


def dropped(rate: float) -> Law:
    """Zero with probability `rate`, otherwise a positive number."""
    return lambda v: np.where(v > 0, 1.0, rate), False


LAWS: dict[str, Callable[[Any], Law]] = {
    "Dropout": lambda layer: dropped(layer.rate),
    "AlphaDropout": lambda layer: dropped(layer.rate),
    "GaussianDropout": lambda layer: normal(1, math.sqrt(layer.rate / (1 - layer.rate))),
    "Attending": lambda layer: dropped(layer.rate),
    "GaussianNoise": lambda layer: normal(0, layer.stddev),
}
"""By class; a derived class has the distribution of its base class."""


def law(layer: Any) -> Law:
    return next(LAWS[cls.__name__](layer) for cls in type(layer).__mro__ if cls.__name__ in LAWS)


def drawn(layer: Any, shape: tuple[int, ...]) -> Array:
    """Return at least `NUMBERS` independent numbers that a copy of the layer draws for inputs of this shape."""
    own, found, count = copy.deepcopy(layer), [], 0
    independent = own.drawn_shape(shape)
    lengths = (1,) * (len(shape) - len(independent)) + independent
    once = tuple(slice(1) if length == 1 else slice(None) for length in lengths)
    while count < NUMBERS:
        found.append(own.draw(shape)[once].reshape(-1))
        count += found[-1].size
    return np.concatenate(found)


def shares(numbers: Array, law: Law) -> tuple[Array, Array, float]:
    """Return F_n and F, at the numbers themselves or at 0, and the allowed difference."""
    distribution, continuous = law
    numbers = np.sort(numbers)
    points = numbers if continuous else np.zeros(1)
    found = np.searchsorted(numbers, points, side="right") / numbers.size
    return found, distribution(points), furthest(numbers.size)

"""What a loss may be multiplied by, and the other forms in which people write it, all of them right."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ...core.naming import snake_case
from ...core.variable import Array
from ..variants import FACTORS, Factor
from .data import Draw

BASE_2 = "the logarithm has base 2: 1/ln 2 = 1.4427 times as large"


def factors(loss: Any) -> Iterator[Factor]:
    """Yield the factors for a loss, the plain one first."""
    yield from FACTORS
    if "entropy" in name(loss) or "divergence" in name(loss):
        for factor in FACTORS[:2]:
            words = "; ".join(filter(None, (BASE_2, factor.words)))
            yield Factor(lambda n, k, factor=factor: factor.of(n, k) / math.log(2), words)  # type: ignore[misc]


def name(loss: Any) -> str:
    return snake_case(type(loss).__name__)


class Form(NamedTuple):
    """Another formula: `of(loss, draw)` gives the values of the samples, or their slopes."""

    of: Callable[[Any, Draw], Array]
    words: str


EPSILONS = (1e-7, 1e-8, 1e-12, 1e-15, 1e-10, 1e-9, 1e-6, 1e-5, 1e-16)
CROSSENTROPIES = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")


def value_forms(loss: Any) -> Iterator[Form]:
    """Yield other formulas for the values."""
    if name(loss) in CROSSENTROPIES and not loss.from_logits:
        for epsilon in EPSILONS:
            words = f"{epsilon:g} is added inside the logarithm, where Keras clips at 1e-7"
            yield Form(lambda loss, at, e=epsilon: _with_epsilon(loss, at, e), words)  # type: ignore[misc]
    if name(loss) == "cosine_similarity":
        yield Form(lambda loss, at: 1 + loss.values(at.y, at.p.astype("float64")), "1 is added: 1 - cosine")


def slope_forms(loss: Any) -> Iterator[Form]:
    """Yield other formulas for the slopes."""
    if name(loss) not in CROSSENTROPIES or loss.from_logits:
        return
    if name(loss) != "binary_crossentropy":
        words = (
            "y_pred is not divided by its sum: the gradient is -y/p, which differs from Keras' by a constant in each "
            "row; the derivative of softmax takes it out"
        )
        yield Form(lambda loss, at: -one_hot(at) / at.p.astype("float64"), words)
    words = "the gradient is that by the logits, p - y: softmax or sigmoid is in it already"
    yield Form(_fused, words)
    for epsilon in EPSILONS:
        words = f"{epsilon:g} is added inside the logarithm, where Keras clips at 1e-7"
        yield Form(lambda loss, at, e=epsilon: _slopes_with_epsilon(loss, at, e), words)  # type: ignore[misc]


def one_hot(at: Draw) -> Array:
    return np.eye(at.outputs)[at.y] if at.y.dtype.kind == "i" else at.y.astype("float64")


def _with_epsilon(loss: Any, at: Draw, e: float) -> Array:
    y, p = one_hot(at), at.p.astype("float64")
    if name(loss) == "binary_crossentropy":
        terms = y * np.log(p + e) + (1 - y) * np.log(1 - p + e)
        return -terms.sum(axis=-1) / at.outputs
    return -(y * np.log(p + e)).sum(axis=-1)


def _slopes_with_epsilon(loss: Any, at: Draw, e: float) -> Array:
    y, p = one_hot(at), at.p.astype("float64")
    if name(loss) == "binary_crossentropy":
        return (-y / (p + e) + (1 - y) / (1 - p + e)) / at.outputs
    return -y / (p + e)


def _fused(loss: Any, at: Draw) -> Array:
    slopes = at.p.astype("float64") - one_hot(at)
    return slopes / at.outputs if name(loss) == "binary_crossentropy" else slopes

"""Mistakes in the other losses."""

import math
from typing import Any

import numpy as np

from .spot import BINARY, CATEGORICAL, SPARSE, Spot, mistake, of, snake


def _cosine(at: Spot) -> tuple[Any, Any, Any]:
    """Return t, u and |y_pred|."""
    length = np.sqrt((at.p * at.p).sum(axis=-1, keepdims=True))
    return at.y / np.sqrt((at.y * at.y).sum(axis=-1, keepdims=True)), at.p / length, length


@mistake("cosine: projection missing", "slopes", "-t / |y_pred|", "-(t - (t . u) u) / |y_pred|",
         "the length of y_pred changes too: the part along u falls out", applies=of("cosine_similarity"))  # fmt: skip
def projection_missing(at: Spot, right: Any) -> Any:
    t, _, length = _cosine(at)
    return -t / length / at.N


@mistake("cosine: 1/|y_pred| missing", "slopes", "-(t - (t . u) u)", "-(t - (t . u) u) / |y_pred|",
         "the factor 1/|y_pred| is missing", applies=of("cosine_similarity"))  # fmt: skip
def length_missing(at: Spot, right: Any) -> Any:
    return right * _cosine(at)[2]


@mistake("1 - cosine", "values", "L = 1 - t . u", "L = -t . u",
         "Keras' loss is the cosine with its sign turned, not 1 - it",
         applies=of("cosine_similarity"))  # fmt: skip
def one_minus(at: Spot, values: Any) -> Any:
    return 1 + values


@mistake("KL: logarithm upside down", "values", "sum y log(p / y)", "sum y log(y / p)",
         "the fraction in the logarithm is upside down: the sign is wrong", applies=of("kl_divergence"))  # fmt: skip
def divergence_sign(at: Spot, values: Any) -> Any:
    return -values


@mistake("KL: of y_true from y_pred", "values", "sum p log(p / y)", "sum y log(y / p)", "the roles are exchanged",
         applies=of("kl_divergence"))  # fmt: skip
def divergence_exchanged(at: Spot, values: Any) -> Any:
    return (at.p * np.log(at.p / at.y)).sum(axis=-1)


@mistake("KL: derivative of the logarithm alone", "slopes", "-1/p", "-y/p", "the factor y is missing",
         applies=of("kl_divergence"))  # fmt: skip
def divergence_without_y(at: Spot, right: Any) -> Any:
    return -1 / at.p / at.N


@mistake("Poisson: 1 missing", "slopes", "-y/p", "1 - y/p", "the derivative of the term p is missing",
         applies=of("poisson"))  # fmt: skip
def rate_missing(at: Spot, right: Any) -> Any:
    return right - 1 / (at.N * at.K)


@mistake("hinge: label missing", "slopes", "-1 where y y_pred < 1", "-y where y y_pred < 1", "the label y is missing",
         applies=of("hinge"))  # fmt: skip
def label_missing(at: Spot, right: Any) -> Any:
    return -np.abs(right)


@mistake("hinge: margin missing", "values", "max(-y y_pred, 0)", "max(1 - y y_pred, 0)", "the margin 1 is missing",
         applies=of("hinge", "squared_hinge"))  # fmt: skip
def margin_missing(at: Spot, values: Any) -> Any:
    lost = np.maximum(-at.y * at.p, 0)
    return (lost * lost if snake(at) == "squared_hinge" else lost).sum(axis=-1) / at.K


@mistake("base-10 logarithm", "values", "log10(...)", "log(...)", "log10 stands where the natural logarithm belongs",
         applies=of(BINARY, CATEGORICAL, SPARSE, "kl_divergence", logits=False))  # fmt: skip
def log10(at: Spot, values: Any) -> Any:
    return values / math.log(10)

"""Mistakes in cross-entropies."""

from typing import Any

import numpy as np

from .spot import BINARY, CATEGORICAL, SPARSE, Spot, mistake, of, snake


@mistake("term of label 0 missing", "slopes", "-y/p", "-y/p + (1 - y)/(1 - p)",
         "the term of label 0, (1 - y)/(1 - p), is missing", applies=of(BINARY, logits=False))  # fmt: skip
def zero_term_missing(at: Spot, right: Any) -> Any:
    return -at.y / at.p / (at.N * at.K)


@mistake("term of label 1 missing", "slopes", "(1 - y)/(1 - p)", "-y/p + (1 - y)/(1 - p)",
         "the term of label 1, -y/p, is missing", applies=of(BINARY, logits=False))  # fmt: skip
def one_term_missing(at: Spot, right: Any) -> Any:
    return (1 - at.y) / (1 - at.p) / (at.N * at.K)


@mistake("sign of the second term", "slopes", "-y/p - (1 - y)/(1 - p)", "-y/p + (1 - y)/(1 - p)",
         "d log(1 - p)/dp = -1/(1 - p): the second term's sign turns round",
         applies=of(BINARY, logits=False))  # fmt: skip
def second_sign(at: Spot, right: Any) -> Any:
    return (-at.y / at.p - (1 - at.y) / (1 - at.p)) / (at.N * at.K)


@mistake("term of label 0 missing in the value", "values", "-y log p", "-y log p - (1 - y) log(1 - p)",
         "the term of label 0, (1 - y) log(1 - p), is missing", applies=of(BINARY, logits=False))  # fmt: skip
def zero_value_missing(at: Spot, values: Any) -> Any:
    return -(at.y * np.log(at.p)).sum(axis=-1) / at.K


@mistake("term of label 1 missing in the value", "values", "-(1 - y) log(1 - p)", "-y log p - (1 - y) log(1 - p)",
         "the term of label 1, y log p, is missing", applies=of(BINARY, logits=False))  # fmt: skip
def one_value_missing(at: Spot, values: Any) -> Any:
    return -((1 - at.y) * np.log(1 - at.p)).sum(axis=-1) / at.K


@mistake("labels and predictions exchanged in the logarithm", "values", "-p log y", "-y log p",
         "the logarithm is taken of the labels", applies=of(CATEGORICAL, BINARY, logits=False))  # fmt: skip
def logarithm_of_labels(at: Spot, values: Any) -> Any:
    terms = at.p * np.log(at.y) + ((1 - at.p) * np.log(1 - at.y) if snake(at) == BINARY else 0)
    return -terms.sum(axis=-1) / (at.K if snake(at) == BINARY else 1)


@mistake("p - y from probabilities", "slopes", "dL/dp = y - p", "dL/dp = -y/p",
         "a sign is wrong, and p - y is dL/dz, not dL/dp",
         applies=of(CATEGORICAL, BINARY, SPARSE, logits=False))  # fmt: skip
def fused_with_wrong_sign(at: Spot, right: Any) -> Any:
    return (at.one_hot - at.p) / (at.N * (at.K if snake(at) == BINARY else 1))


@mistake("minus forgotten", "slopes", "dL/dp = y/p", "dL/dp = -y/p", "the minus before the sum is missing",
         applies=of(CATEGORICAL, SPARSE, logits=False))  # fmt: skip
def minus_forgotten(at: Spot, right: Any) -> Any:
    return at.one_hot / at.p / at.N


@mistake("labels forgotten in -y/p", "slopes", "dL/dp = -1/p", "dL/dp = -y/p", "the labels are not multiplied in",
         applies=of(CATEGORICAL, SPARSE, logits=False))  # fmt: skip
def labels_forgotten(at: Spot, right: Any) -> Any:
    return -1 / at.p / at.N


@mistake("softmax for its difference to the label", "slopes", "dL/dz = softmax(z)", "dL/dz = softmax(z) - y",
         "the labels are not subtracted", applies=of(CATEGORICAL, SPARSE, logits=True))  # fmt: skip
def labels_not_subtracted(at: Spot, right: Any) -> Any:
    return right + at.one_hot / at.N

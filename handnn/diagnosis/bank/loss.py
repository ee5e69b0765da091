"""Mistakes in a loss on its own: its value for each sample (step 'values'), the reduced loss, its gradient ('slopes').

`right` is the gradient of the mean over the samples. Those of `network` in these steps are used too.
"""

import math
from typing import Any

import numpy as np

from .base import table
from .contexts import LossContext
from .network import several_outputs

BINARY, CATEGORICAL, SPARSE = "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"


def of(*names: str, logits: bool | None = None) -> Any:
    return lambda at: at.name in names and (logits is None or at.fused == logits)


def by_the_targets(at: LossContext, right: Any) -> Any:
    h = 1e-6
    found = np.empty(at.p.shape)
    for k in range(at.K):
        step = h * np.eye(at.K)[k]
        found[:, k] = (at.loss.values(at.y + step, at.p) - at.loss.values(at.y - step, at.p)) / (2 * h)
    return found / at.N


def value_branches_exchanged(at: LossContext, values: Any) -> Any:
    size = np.abs(at.e)
    return np.where(size > at.delta, size**2 / 2, at.delta * size - at.delta**2 / 2).sum(axis=-1) / at.K


def not_continuous(at: LossContext, values: Any) -> Any:
    size = np.abs(at.e)
    return np.where(size <= at.delta, size**2 / 2, at.delta * size).sum(axis=-1) / at.K


def half_forgotten(at: LossContext, values: Any) -> Any:
    size = np.abs(at.e)
    return np.where(size <= at.delta, size**2, at.delta * size - at.delta**2 / 2).sum(axis=-1) / at.K


def signed_comparison_of_value(at: LossContext, values: Any) -> Any:
    far = at.delta * np.abs(at.e) - at.delta**2 / 2
    return np.where(at.e <= at.delta, at.e**2 / 2, far).sum(axis=-1) / at.K


def nothing_below(at: LossContext, values: Any) -> Any:
    near = (np.abs(at.e) <= at.delta) * at.e**2 / 2
    return (near + (at.e > at.delta) * (at.delta * np.abs(at.e) - at.delta**2 / 2)).sum(axis=-1) / at.K


def logarithm_of_labels(at: LossContext, values: Any) -> Any:
    terms = at.p * np.log(at.y) + ((1 - at.p) * np.log(1 - at.y) if at.name == BINARY else 0)
    return -terms.sum(axis=-1) / (at.K if at.name == BINARY else 1)


def _cosine(at: LossContext) -> tuple[Any, Any, Any]:
    """Return t, u and |y_pred|."""
    length = np.sqrt((at.p * at.p).sum(axis=-1, keepdims=True))
    return at.y / np.sqrt((at.y * at.y).sum(axis=-1, keepdims=True)), at.p / length, length


def projection_missing(at: LossContext, right: Any) -> Any:
    t, _, length = _cosine(at)
    return -t / length / at.N


def margin_missing(at: LossContext, values: Any) -> Any:
    lost = np.maximum(-at.y * at.p, 0)
    return (lost * lost if at.name == "squared_hinge" else lost).sum(axis=-1) / at.K


# fmt: off
loss_mistakes = table("mistake in a loss", [
    # ---- any loss, squares and absolute values, Huber and log-cosh
    ("slopes", "derivative by y_true", "dL/dy_true", "dL/dy_pred", "the derivative is taken by the targets",
     by_the_targets, lambda at: at.y.shape == at.p.shape and at.loss.targets != "sign"),
    ("slopes", "1/K twice", "dL/dy = ... / (N K^2)", "dL/dy = ... / (N K)", "the mean over the outputs is taken twice",
     lambda at, right: right / at.K, several_outputs),
    ("slopes", "divided neither by N nor by K", "dL/dy = ...", "dL/dy = ... / (N K)",
     "the loss is a mean over samples and outputs, its gradient is not", lambda at, right: right * at.N * at.K,
     several_outputs),
    ("slopes", "only the sign", "dL/dy = sign(y_pred - y_true)", "the derivative", "only the sign is left of it",
     lambda at, right: np.sign(right) / (at.N * at.K),
     lambda at: at.y.shape == at.p.shape and at.name != "mean_absolute_error"),
    ("slopes", "value for gradient", "dL/dy = L", "dL/dy", "the value is returned where the gradient belongs",
     lambda at, right: at.loss.values(at.y, at.p)[:, np.newaxis] / at.N + 0 * right),
    ("values", "square forgotten", "L = sum (y_pred - y_true) / K", "L = sum (y_pred - y_true)^2 / K",
     "the difference is not squared", lambda at, values: at.e.sum(axis=-1) / at.K, of("mean_squared_error")),
    ("values", "root of the mean square", "L = sqrt(mean of e^2)", "L = mean of e^2", "a root is taken",
     lambda at, values: np.sqrt(values), of("mean_squared_error")),
    ("values", "sum for difference", "(y_pred + y_true)^2", "(y_pred - y_true)^2", "the targets are added",
     lambda at, values: ((at.p + at.y) ** 2).sum(axis=-1) / at.K, of("mean_squared_error")),
    ("slopes", "derivative of the square for that of |e|", "dL/dy = (y_pred - y_true) / (N K)",
     "dL/dy = sign(y_pred - y_true) / (N K)", "the derivative of |e| is its sign",
     lambda at, right: at.e / (at.N * at.K), of("mean_absolute_error")),
    ("slopes", "100 forgotten", "sign / |y_true|", "100 sign / |y_true|", "the factor 100 of the per cents is missing",
     lambda at, right: right / 100, of("mean_absolute_percentage_error")),
    ("slopes", "1/(1 + y_pred) forgotten", "2 d / (N K)", "2 d / (1 + y_pred) / (N K)",
     "the derivative of log(1 + y_pred), 1/(1 + y_pred), is missing", lambda at, right: right * (1 + at.p),
     of("mean_squared_logarithmic_error")),
    ("slopes", "Huber: branches exchanged", "e where |e| > delta", "e where |e| <= delta, else delta sign(e)",
     "the branches are exchanged",
     lambda at, right: np.where(np.abs(at.e) > at.delta, at.e, at.delta * np.sign(at.e)) / (at.N * at.K), of("huber")),
    ("values", "Huber: branches of the value exchanged", "e^2/2 where |e| > delta", "e^2/2 where |e| <= delta",
     "the branches are exchanged", value_branches_exchanged, of("huber")),
    ("slopes", "Huber: delta forgotten in the slope", "sign(e) where |e| > delta", "delta sign(e) where |e| > delta",
     "the straight pieces have slope delta",
     lambda at, right: np.where(np.abs(at.e) <= at.delta, at.e, np.sign(at.e)) / (at.N * at.K),
     lambda at: of("huber")(at) and at.delta != 1, "delta = 1"),
    ("values", "Huber: straight piece too high", "delta |e|", "delta |e| - delta^2/2",
     "without - delta^2/2 the value jumps at |e| = delta", not_continuous, of("huber")),
    ("values", "Huber: 1/2 forgotten in the square", "e^2 where |e| <= delta", "e^2/2 where |e| <= delta",
     "the parabola is twice too steep, and the value jumps at |e| = delta", half_forgotten, of("huber")),
    ("slopes", "Huber: 2 e for e", "2 e where |e| <= delta", "e where |e| <= delta",
     "the parabola is e^2/2, its slope e",
     lambda at, right: np.where(np.abs(at.e) <= at.delta, 2 * at.e, at.delta * np.sign(at.e)) / (at.N * at.K),
     of("huber")),
    ("slopes", "Huber: sign forgotten", "delta where |e| > delta", "delta sign(e) where |e| > delta",
     "the left piece falls: its slope is -delta",
     lambda at, right: np.where(np.abs(at.e) <= at.delta, at.e, at.delta) / (at.N * at.K), of("huber")),
    ("slopes", "Huber: e for |e| in the comparison", "e where e <= delta", "e where |e| <= delta",
     "far below the target the slope is e, not -delta",
     lambda at, right: np.where(at.e <= at.delta, at.e, at.delta) / (at.N * at.K), of("huber")),
    ("values", "Huber: e for |e| in the comparison of the value", "e^2/2 where e <= delta", "e^2/2 where |e| <= delta",
     "far below the target the value is a parabola", signed_comparison_of_value, of("huber")),
    ("values", "Huber: nothing below -delta", "delta |e| - delta^2/2 where e > delta",
     "delta |e| - delta^2/2 where |e| > delta", "far below the target no piece of the value is left", nothing_below,
     of("huber")),
    ("slopes", "log-cosh: 1/tanh", "cosh(e) / sinh(e)", "tanh(e) = sinh(e) / cosh(e)", "the fraction is upside down",
     lambda at, right: 1 / np.tanh(at.e) / (at.N * at.K), of("log_cosh")),
    ("slopes", "log-cosh: sinh alone", "sinh(e)", "sinh(e) / cosh(e)", "the derivative of log, 1/cosh(e), is missing",
     lambda at, right: np.sinh(at.e) / (at.N * at.K), of("log_cosh")),
    ("slopes", "log-cosh: 1/cosh alone", "1 / cosh(e)", "sinh(e) / cosh(e)", "the inner derivative sinh(e) is missing",
     lambda at, right: 1 / np.cosh(at.e) / (at.N * at.K), of("log_cosh")),
    # ---- cross-entropies
    ("slopes", "term of label 0 missing", "-y/p", "-y/p + (1 - y)/(1 - p)",
     "the term of label 0, (1 - y)/(1 - p), is missing", lambda at, right: -at.y / at.p / (at.N * at.K),
     of(BINARY, logits=False)),
    ("slopes", "term of label 1 missing", "(1 - y)/(1 - p)", "-y/p + (1 - y)/(1 - p)",
     "the term of label 1, -y/p, is missing", lambda at, right: (1 - at.y) / (1 - at.p) / (at.N * at.K),
     of(BINARY, logits=False)),
    ("slopes", "sign of the second term", "-y/p - (1 - y)/(1 - p)", "-y/p + (1 - y)/(1 - p)",
     "d log(1 - p)/dp = -1/(1 - p): the second term's sign turns round",
     lambda at, right: (-at.y / at.p - (1 - at.y) / (1 - at.p)) / (at.N * at.K), of(BINARY, logits=False)),
    ("values", "term of label 0 missing in the value", "-y log p", "-y log p - (1 - y) log(1 - p)",
     "the term of label 0, (1 - y) log(1 - p), is missing",
     lambda at, values: -(at.y * np.log(at.p)).sum(axis=-1) / at.K, of(BINARY, logits=False)),
    ("values", "term of label 1 missing in the value", "-(1 - y) log(1 - p)", "-y log p - (1 - y) log(1 - p)",
     "the term of label 1, y log p, is missing",
     lambda at, values: -((1 - at.y) * np.log(1 - at.p)).sum(axis=-1) / at.K, of(BINARY, logits=False)),
    ("values", "labels and predictions exchanged in the logarithm", "-p log y", "-y log p",
     "the logarithm is taken of the labels", logarithm_of_labels, of(CATEGORICAL, BINARY, logits=False)),
    ("slopes", "p - y from probabilities", "dL/dp = y - p", "dL/dp = -y/p",
     "a sign is wrong, and p - y is dL/dz, not dL/dp",
     lambda at, right: (at.one_hot - at.p) / (at.N * (at.K if at.name == BINARY else 1)),
     of(CATEGORICAL, BINARY, SPARSE, logits=False)),
    ("slopes", "minus forgotten", "dL/dp = y/p", "dL/dp = -y/p", "the minus before the sum is missing",
     lambda at, right: at.one_hot / at.p / at.N, of(CATEGORICAL, SPARSE, logits=False)),
    ("slopes", "labels forgotten in -y/p", "dL/dp = -1/p", "dL/dp = -y/p", "the labels are not multiplied in",
     lambda at, right: -1 / at.p / at.N, of(CATEGORICAL, SPARSE, logits=False)),
    ("slopes", "softmax for its difference to the label", "dL/dz = softmax(z)", "dL/dz = softmax(z) - y",
     "the labels are not subtracted", lambda at, right: right + at.one_hot / at.N,
     of(CATEGORICAL, SPARSE, logits=True)),
    # ---- other losses
    ("slopes", "cosine: projection missing", "-t / |y_pred|", "-(t - (t . u) u) / |y_pred|",
     "the length of y_pred changes too: the part along u falls out", projection_missing, of("cosine_similarity")),
    ("slopes", "cosine: 1/|y_pred| missing", "-(t - (t . u) u)", "-(t - (t . u) u) / |y_pred|",
     "the factor 1/|y_pred| is missing", lambda at, right: right * _cosine(at)[2], of("cosine_similarity")),
    ("values", "1 - cosine", "L = 1 - t . u", "L = -t . u",
     "Keras' loss is the cosine with its sign turned, not 1 - it", lambda at, values: 1 + values,
     of("cosine_similarity")),
    ("values", "KL: logarithm upside down", "sum y log(p / y)", "sum y log(y / p)",
     "the fraction in the logarithm is upside down: the sign is wrong", lambda at, values: -values,
     of("kl_divergence")),
    ("values", "KL: of y_true from y_pred", "sum p log(p / y)", "sum y log(y / p)", "the roles are exchanged",
     lambda at, values: (at.p * np.log(at.p / at.y)).sum(axis=-1), of("kl_divergence")),
    ("slopes", "KL: derivative of the logarithm alone", "-1/p", "-y/p", "the factor y is missing",
     lambda at, right: -1 / at.p / at.N, of("kl_divergence")),
    ("slopes", "Poisson: 1 missing", "-y/p", "1 - y/p", "the derivative of the term p is missing",
     lambda at, right: right - 1 / (at.N * at.K), of("poisson")),
    ("slopes", "hinge: label missing", "-1 where y y_pred < 1", "-y where y y_pred < 1", "the label y is missing",
     lambda at, right: -np.abs(right), of("hinge")),
    ("values", "hinge: margin missing", "max(-y y_pred, 0)", "max(1 - y y_pred, 0)", "the margin 1 is missing",
     margin_missing, of("hinge", "squared_hinge")),
    ("values", "base-10 logarithm", "log10(...)", "log(...)", "log10 stands where the natural logarithm belongs",
     lambda at, values: values / math.log(10), of(BINARY, CATEGORICAL, SPARSE, "kl_divergence", logits=False)),
])

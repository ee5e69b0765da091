"""Mistakes in a loss on its own: its value for each sample (step 'values'), the reduced loss, its gradient ('slopes').

`right` is the gradient of the mean over the samples. Those of `forward` and `backward` that concern a loss are used
too.
"""

import functools
import math
from typing import Any

import numpy as np

from . import base

mistake = functools.partial(base.mistake, made_in="loss")


class Spot:
    """What a mistake may read: loss, y = y_true, p = y_pred, N samples, K outputs. Named as in `replay.At`."""

    layer, last, l2, output, upstream = 0, 0, 0.0, True, None

    def __init__(self, loss: Any, y: Any, p: Any, samples: int) -> None:
        self.loss, self.y, self.p, self.fused = loss, y, p, loss.from_logits
        self.z = self.a = p
        self.N, self.K, self.layers = samples, p.shape[-1], [self]

    @property
    def e(self) -> Any:
        return self.p - self.y

    @property
    def one_hot(self) -> Any:
        return np.eye(self.K)[self.y] if self.y.dtype.kind == "i" else self.y

    @property
    def delta(self) -> float:
        return float(getattr(self.loss, "delta", 1.0))


def of(*names: str, logits: bool | None = None) -> Any:
    return lambda at: snake(at) in names and (logits is None or at.fused == logits)


def snake(at: Spot) -> str:
    from ...naming import snake_case

    return snake_case(type(at.loss).__name__)


BINARY, CATEGORICAL, SPARSE = "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"


# ---- any loss --------------------------------------------------------------------------------------------------------


@mistake("derivative by y_true", "slopes", "dL/dy_true", "dL/dy_pred", "the derivative is taken by the targets",
         applies=lambda at: at.y.shape == at.p.shape and at.loss.targets != "sign")  # fmt: skip
def by_the_targets(at: Spot, right: Any) -> Any:
    h = 1e-6
    found = np.empty(at.p.shape)
    for k in range(at.K):
        step = h * np.eye(at.K)[k]
        found[:, k] = (at.loss.values(at.y + step, at.p) - at.loss.values(at.y - step, at.p)) / (2 * h)
    return found / at.N


@mistake("1/K twice", "slopes", "dL/dy = ... / (N K^2)", "dL/dy = ... / (N K)",
         "the mean over the outputs is taken twice",
         applies=lambda at: at.K > 1)  # fmt: skip
def outputs_twice(at: Spot, right: Any) -> Any:
    return right / at.K


@mistake("divided neither by N nor by K", "slopes", "dL/dy = ...", "dL/dy = ... / (N K)",
         "the loss is a mean over samples and outputs, its gradient is not", applies=lambda at: at.K > 1)  # fmt: skip
def neither(at: Spot, right: Any) -> Any:
    return right * at.N * at.K


@mistake("only the sign", "slopes", "dL/dy = sign(y_pred - y_true)", "the derivative", "only the sign is left of it",
         applies=lambda at: at.y.shape == at.p.shape and snake(at) != "mean_absolute_error")  # fmt: skip
def only_sign(at: Spot, right: Any) -> Any:
    return np.sign(right) / (at.N * at.K)


@mistake("value for gradient", "slopes", "dL/dy = L", "dL/dy", "the value is returned where the gradient belongs")
def value_for_gradient(at: Spot, right: Any) -> Any:
    return at.loss.values(at.y, at.p)[:, np.newaxis] / at.N + 0 * right


# ---- squares and absolute values -----------------------------------------------------------------------------------


@mistake("square forgotten", "values", "L = sum (y_pred - y_true) / K", "L = sum (y_pred - y_true)^2 / K",
         "the difference is not squared", applies=of("mean_squared_error"))  # fmt: skip
def square_forgotten(at: Spot, values: Any) -> Any:
    return at.e.sum(axis=-1) / at.K


@mistake("root of the mean square", "values", "L = sqrt(mean of e^2)", "L = mean of e^2", "a root is taken",
         applies=of("mean_squared_error"))  # fmt: skip
def root_taken(at: Spot, values: Any) -> Any:
    return np.sqrt(values)


@mistake("sum for difference", "values", "(y_pred + y_true)^2", "(y_pred - y_true)^2", "the targets are added",
         applies=of("mean_squared_error"))  # fmt: skip
def targets_added(at: Spot, values: Any) -> Any:
    return ((at.p + at.y) ** 2).sum(axis=-1) / at.K


@mistake("derivative of the square for that of |e|", "slopes", "dL/dy = (y_pred - y_true) / (N K)",
         "dL/dy = sign(y_pred - y_true) / (N K)", "the derivative of |e| is its sign",
         applies=of("mean_absolute_error"))  # fmt: skip
def square_for_absolute(at: Spot, right: Any) -> Any:
    return at.e / (at.N * at.K)


@mistake("100 forgotten", "slopes", "sign / |y_true|", "100 sign / |y_true|",
         "the factor 100 of the per cents is missing",
         applies=of("mean_absolute_percentage_error"))  # fmt: skip
def per_cent_forgotten(at: Spot, right: Any) -> Any:
    return right / 100


@mistake("1/(1 + y_pred) forgotten", "slopes", "2 d / (N K)", "2 d / (1 + y_pred) / (N K)",
         "the derivative of log(1 + y_pred), 1/(1 + y_pred), is missing",
         applies=of("mean_squared_logarithmic_error"))  # fmt: skip
def inner_forgotten(at: Spot, right: Any) -> Any:
    return right * (1 + at.p)


# ---- Huber, log-cosh -------------------------------------------------------------------------------------------------


@mistake("Huber: branches exchanged", "slopes", "e where |e| > delta", "e where |e| <= delta, else delta sign(e)",
         "the branches are exchanged", applies=of("huber"))  # fmt: skip
def branches_exchanged(at: Spot, right: Any) -> Any:
    return np.where(np.abs(at.e) > at.delta, at.e, at.delta * np.sign(at.e)) / (at.N * at.K)


@mistake("Huber: branches of the value exchanged", "values", "e^2/2 where |e| > delta", "e^2/2 where |e| <= delta",
         "the branches are exchanged", applies=of("huber"))  # fmt: skip
def value_branches_exchanged(at: Spot, values: Any) -> Any:
    size = np.abs(at.e)
    return np.where(size > at.delta, size**2 / 2, at.delta * size - at.delta**2 / 2).sum(axis=-1) / at.K


@mistake("Huber: delta forgotten in the slope", "slopes", "sign(e) where |e| > delta",
         "delta sign(e) where |e| > delta",
         "the straight pieces have slope delta", applies=lambda at: of("huber")(at) and at.delta != 1,
         equivalent="delta = 1")  # fmt: skip
def delta_forgotten(at: Spot, right: Any) -> Any:
    return np.where(np.abs(at.e) <= at.delta, at.e, np.sign(at.e)) / (at.N * at.K)


@mistake("Huber: straight piece too high", "values", "delta |e|", "delta |e| - delta^2/2",
         "without - delta^2/2 the value jumps at |e| = delta", applies=of("huber"))  # fmt: skip
def not_continuous(at: Spot, values: Any) -> Any:
    size = np.abs(at.e)
    return np.where(size <= at.delta, size**2 / 2, at.delta * size).sum(axis=-1) / at.K


@mistake("Huber: 1/2 forgotten in the square", "values", "e^2 where |e| <= delta", "e^2/2 where |e| <= delta",
         "the parabola is twice too steep, and the value jumps at |e| = delta", applies=of("huber"))  # fmt: skip
def half_forgotten(at: Spot, values: Any) -> Any:
    size = np.abs(at.e)
    return np.where(size <= at.delta, size**2, at.delta * size - at.delta**2 / 2).sum(axis=-1) / at.K


@mistake("Huber: 2 e for e", "slopes", "2 e where |e| <= delta", "e where |e| <= delta",
         "the parabola is e^2/2, its slope e", applies=of("huber"))  # fmt: skip
def doubled_slope(at: Spot, right: Any) -> Any:
    return np.where(np.abs(at.e) <= at.delta, 2 * at.e, at.delta * np.sign(at.e)) / (at.N * at.K)


@mistake("Huber: sign forgotten", "slopes", "delta where |e| > delta", "delta sign(e) where |e| > delta",
         "the left piece falls: its slope is -delta", applies=of("huber"))  # fmt: skip
def sign_forgotten(at: Spot, right: Any) -> Any:
    return np.where(np.abs(at.e) <= at.delta, at.e, at.delta) / (at.N * at.K)


@mistake("Huber: e for |e| in the comparison", "slopes", "e where e <= delta", "e where |e| <= delta",
         "far below the target the slope is e, not -delta", applies=of("huber"))  # fmt: skip
def signed_comparison(at: Spot, right: Any) -> Any:
    return np.where(at.e <= at.delta, at.e, at.delta) / (at.N * at.K)


@mistake("Huber: e for |e| in the comparison of the value", "values", "e^2/2 where e <= delta",
         "e^2/2 where |e| <= delta", "far below the target the value is a parabola", applies=of("huber"))  # fmt: skip
def signed_comparison_of_value(at: Spot, values: Any) -> Any:
    far = at.delta * np.abs(at.e) - at.delta**2 / 2
    return np.where(at.e <= at.delta, at.e**2 / 2, far).sum(axis=-1) / at.K


@mistake("Huber: nothing below -delta", "values", "delta |e| - delta^2/2 where e > delta",
         "delta |e| - delta^2/2 where |e| > delta", "far below the target no piece of the value is left",
         applies=of("huber"))  # fmt: skip
def nothing_below(at: Spot, values: Any) -> Any:
    near = (np.abs(at.e) <= at.delta) * at.e**2 / 2
    return (near + (at.e > at.delta) * (at.delta * np.abs(at.e) - at.delta**2 / 2)).sum(axis=-1) / at.K


@mistake("log-cosh: 1/tanh", "slopes", "cosh(e) / sinh(e)", "tanh(e) = sinh(e) / cosh(e)",
         "the fraction is upside down", applies=of("log_cosh"))  # fmt: skip
def upside_down(at: Spot, right: Any) -> Any:
    return 1 / np.tanh(at.e) / (at.N * at.K)


@mistake("log-cosh: sinh alone", "slopes", "sinh(e)", "sinh(e) / cosh(e)",
         "the derivative of log, 1/cosh(e), is missing",
         applies=of("log_cosh"))  # fmt: skip
def sinh_alone(at: Spot, right: Any) -> Any:
    return np.sinh(at.e) / (at.N * at.K)


@mistake("log-cosh: 1/cosh alone", "slopes", "1 / cosh(e)", "sinh(e) / cosh(e)",
         "the inner derivative sinh(e) is missing",
         applies=of("log_cosh"))  # fmt: skip
def inverse_cosh_alone(at: Spot, right: Any) -> Any:
    return 1 / np.cosh(at.e) / (at.N * at.K)


# ---- cross-entropies -------------------------------------------------------------------------------------------------


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


# ---- the others ------------------------------------------------------------------------------------------------------


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

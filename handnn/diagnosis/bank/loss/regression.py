"""Mistakes in any loss, in squares and absolute values, Huber and log-cosh."""

from typing import Any

import numpy as np

from .spot import Spot, mistake, of, snake


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

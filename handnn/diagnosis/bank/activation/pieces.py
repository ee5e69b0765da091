"""Mistakes in activations of pieces, and in smooth ones."""

import math
from typing import Any

import numpy as np

from .spot import Spot, mistake, of, vjp


@mistake("slope of z > 0 everywhere", "delta", "delta = upstream * f'(|z|)", "delta = upstream * f'(z)",
         "the case z < 0 is forgotten", applies=of("elu", "selu", "celu", "leaky_relu"))  # fmt: skip
def positive_everywhere(at: Spot, delta: Any) -> Any:
    return vjp(at, np.abs(at.z))


@mistake("slope of z < 0 everywhere", "delta", "f'(z) = a + alpha", "f'(z) = 1 where z > 0, else a + alpha",
         "the case z > 0 is forgotten", applies=of("elu", "selu"))  # fmt: skip
def negative_everywhere(at: Spot, delta: Any) -> Any:
    low = np.minimum(at.z, 0)
    return vjp(at, low - 1) * math.e * np.exp(at.z - low)  # f'(z) = c exp(z) there


@mistake("alpha forgotten in f'", "delta", "f'(z) = a where z < 0", "f'(z) = a + alpha where z < 0",
         "the derivative of alpha (exp(z) - 1) is alpha exp(z) = a + alpha, not a",
         applies=of("elu", "selu"))  # fmt: skip
def alpha_forgotten(at: Spot, delta: Any) -> Any:
    return np.where(at.z > 0, delta, at.upstream * at.a)


@mistake("scale forgotten in f'", "delta", "f'(z) = 1 or alpha exp(z)", "f'(z) = scale or scale alpha exp(z)",
         "the factor scale is in f, and so in f'", applies=of("selu"))  # fmt: skip
def scale_forgotten(at: Spot, delta: Any) -> Any:
    return delta / slope_at(at, 1.0)


@mistake("scale forgotten", "a", "a = z or alpha (exp(z) - 1)", "a = scale z or scale alpha (exp(z) - 1)",
         "the factor scale is missing", applies=of("selu"))  # fmt: skip
def scale_forgotten_forward(at: Spot, a: Any) -> Any:
    return a / slope_at(at, 1.0)


def slope_at(at: Spot, z: float) -> Any:
    point = np.full_like(at.z, z)
    return at.f.backward(np.ones_like(at.z), point, at.f.forward(point))


@mistake("1 forgotten", "a", "a = alpha exp(z) where z < 0", "a = alpha (exp(z) - 1) where z < 0",
         "1 is not subtracted from exp(z): f jumps at 0", applies=of("elu", "selu", "celu"))  # fmt: skip
def one_forgotten(at: Spot, a: Any) -> Any:
    lowest = at.f.forward(np.full_like(at.z, -1e3))
    return np.where(at.z > 0, a, a - lowest)


@mistake("slope lost between the kinks", "delta", "delta = upstream", "delta = upstream * slope",
         "the slope of the straight piece is not 1", applies=of("hard_sigmoid"))  # fmt: skip
def straight_slope(at: Spot, delta: Any) -> Any:
    return at.upstream * (np.abs(at.z) < 3)


@mistake("hard sigmoid of Keras 2", "a", "a = clip(0.2 z + 0.5, 0, 1)", "a = clip(z/6 + 0.5, 0, 1)",
         "this is the hard sigmoid of Keras 2: since Keras 3 the slope is 1/6, and the kinks are at +-3",
         applies=of("hard_sigmoid"))  # fmt: skip
def old_hard_sigmoid(at: Spot, a: Any) -> Any:
    return np.minimum(np.maximum(0.2 * at.z + 0.5, 0), 1)


@mistake("hard sigmoid of Keras 2, f'", "delta", "f'(z) = 0.2 where |z| < 2.5", "f'(z) = 1/6 where |z| < 3",
         "this is the derivative of Keras 2's hard sigmoid", applies=of("hard_sigmoid"))  # fmt: skip
def old_hard_sigmoid_slope(at: Spot, delta: Any) -> Any:
    return 0.2 * at.upstream * (np.abs(at.z) < 2.5)


# ---- smooth ones -----------------------------------------------------------------------------------------------------


@mistake("softplus' = exp(z)", "delta", "f'(z) = exp(z)", "f'(z) = exp(z) / (1 + exp(z))",
         "the chain rule's 1/(1 + exp(z)) is missing", applies=of("softplus"))  # fmt: skip
def inner_only(at: Spot, delta: Any) -> Any:
    return at.upstream * np.exp(at.z)


@mistake("softplus' = 1/(1 + exp(z))", "delta", "f'(z) = 1 / (1 + exp(z))", "f'(z) = exp(z) / (1 + exp(z))",
         "the inner derivative exp(z) is missing", applies=of("softplus"))  # fmt: skip
def outer_only(at: Spot, delta: Any) -> Any:
    return at.upstream / (1 + np.exp(at.z))


@mistake("softsign' not squared", "delta", "f'(z) = 1 / (1 + |z|)", "f'(z) = 1 / (1 + |z|)^2",
         "the square of the quotient rule is missing", applies=of("softsign"))  # fmt: skip
def not_squared(at: Spot, delta: Any) -> Any:
    return at.upstream / (1 + np.abs(at.z))


@mistake("tanh_shrink' = 1 - tanh^2", "delta", "f'(z) = 1 - tanh(z)^2", "f'(z) = tanh(z)^2",
         "that is the derivative of tanh; of z - tanh(z) it is 1 minus that", applies=of("tanh_shrink"))  # fmt: skip
def of_tanh_alone(at: Spot, delta: Any) -> Any:
    return at.upstream - delta


@mistake("exp' = z exp(z - 1)", "delta", "f'(z) = z exp(z - 1)", "f'(z) = exp(z)",
         "the rule for powers is used on an exponential function", applies=of("exponential"))  # fmt: skip
def power_rule(at: Spot, delta: Any) -> Any:
    return at.upstream * at.z * np.exp(at.z - 1)

"""Mistakes in an activation on its own: the function (step 'a') and its vector-Jacobian product (step 'delta').

Those of `backward` that concern delta = upstream * f'(z), and those of `forward` that concern a = f(z), are used too.
"""

import functools
import math
from typing import Any

import numpy as np

from ...activations import Activation, activations
from . import base


class Spot:
    """What a mistake may read: f, z, a = f(z), upstream; `other` is another activation. Named as in `replay.At`."""

    fused, layer, l2 = False, 0, 0.0
    output = True  # no layer lies above

    def __init__(self, f: Activation, z: Any, upstream: Any, other: Activation | None = None) -> None:
        self.f, self.z, self.upstream, self.a = f, z, upstream, f.forward(z)
        self.other = other or activations["sigmoid" if f.name == "tanh" else "tanh"]
        self.N, self.K, self.layers = len(z), z.shape[-1], [self]


mistake = functools.partial(base.mistake, made_in="activation")

GATED = ("silu", "mish", "gelu", "hard_silu")
"""a = z g(z), so that f' = g + z g'."""


def of(*names: str) -> Any:
    return lambda at: at.f.name in names


def elementwise(at: Spot) -> bool:
    return at.f.elementwise


def curved(at: Spot) -> bool:
    return at.f.name != "linear"


def vjp(at: Spot, z: Any) -> Any:
    """Return upstream * f'(z) at another z."""
    return at.f.backward(at.upstream, z, at.f.forward(z))


def gate(at: Spot) -> Any:
    return at.a / np.where(at.z == 0, 1, at.z)


def slope(at: Spot) -> Any:
    """Return f'(z)."""
    return at.f.backward(np.ones_like(at.upstream), at.z, at.a)


# ---- any activation --------------------------------------------------------------------------------------------------


@mistake(
    "derivative of another activation",
    "delta",
    "delta = upstream * g'(z)",
    "delta = upstream * f'(z)",
    "it is the derivative of {other}",
    applies=lambda at: at.f.elementwise == at.other.elementwise,
)
def of_another(at: Spot, delta: Any) -> Any:
    return at.other.backward(at.upstream, at.z, at.other.forward(at.z))


@mistake(
    "derivative of another activation, in terms of a",
    "delta",
    "delta = upstream * g'(a)",
    "delta = upstream * f'(z)",
    "it is the derivative of {other}, written with this activation's output for that of {other}",
    applies=lambda at: elementwise(at) and at.other.elementwise,
)
def of_another_in_a(at: Spot, delta: Any) -> Any:
    return at.other.backward(at.upstream, at.z, at.a)


@mistake("f itself for f'", "delta", "delta = upstream * f(z)", "delta = upstream * f'(z)",
         "the function is returned where its derivative belongs", applies=elementwise)  # fmt: skip
def not_derived(at: Spot, delta: Any) -> Any:
    return at.upstream * at.a


@mistake("upstream forgotten", "delta", "delta = f'(z)", "delta = upstream * f'(z)",
         "the gradient from above is not multiplied in")  # fmt: skip
def upstream_forgotten(at: Spot, delta: Any) -> Any:
    return slope(at)


@mistake("factor 2 in f'", "delta", "delta = 2 upstream * f'(z)", "delta = upstream * f'(z)",
         "a factor 2 too many")  # fmt: skip
def twice(at: Spot, delta: Any) -> Any:
    return 2 * delta


@mistake("factor 1/2 in f'", "delta", "delta = upstream * f'(z) / 2", "delta = upstream * f'(z)",
         "a factor 2 is missing")  # fmt: skip
def half(at: Spot, delta: Any) -> Any:
    return delta / 2


@mistake("f' at -z", "delta", "delta = upstream * f'(-z)", "delta = upstream * f'(z)",
         "the derivative is taken at -z: a sign is wrong in an exponent or a comparison", applies=curved)  # fmt: skip
def slope_at_minus_z(at: Spot, delta: Any) -> Any:
    return vjp(at, -at.z)


@mistake("factor z too many in f'", "delta", "delta = upstream * z f'(z)", "delta = upstream * f'(z)",
         "z is multiplied in once too often", applies=elementwise)  # fmt: skip
def times_z(at: Spot, delta: Any) -> Any:
    return delta * at.z


@mistake("-f for f", "a", "a = -f(z)", "a = f(z)", "the sign is wrong")
def negated(at: Spot, a: Any) -> Any:
    return -a


@mistake("f(-z) for f(z)", "a", "a = f(-z)", "a = f(z)", "the sign of z is wrong, in an exponent or a comparison",
         applies=curved)  # fmt: skip
def mirrored(at: Spot, a: Any) -> Any:
    return at.f.forward(-at.z)


@mistake("another activation", "a", "a = g(z)", "a = f(z)", "it is {other}",
         applies=lambda at: at.f.elementwise == at.other.elementwise)  # fmt: skip
def another(at: Spot, a: Any) -> Any:
    return at.other.forward(at.z)


@mistake("base 2 for e", "a", "a = f with 2^z for e^z", "a = f(z)", "powers of 2 stand where powers of e belong",
         applies=curved)  # fmt: skip
def powers_of_two(at: Spot, a: Any) -> Any:
    inner = at.f.forward(at.z * math.log(2))
    return inner / math.log(2) if at.f.name in GATED else inner


@mistake("base 10 for e", "a", "a = f with 10^z for e^z", "a = f(z)", "powers of 10 stand where powers of e belong",
         applies=curved)  # fmt: skip
def powers_of_ten(at: Spot, a: Any) -> Any:
    inner = at.f.forward(at.z * math.log(10))
    return inner / math.log(10) if at.f.name in GATED else inner


@mistake("base-2 logarithm", "a", "log2(...)", "log(...)", "log2 stands where the natural logarithm belongs",
         applies=of("softplus", "log_sigmoid", "log_softmax"))  # fmt: skip
def log2(at: Spot, a: Any) -> Any:
    return a / math.log(2)


@mistake("base-10 logarithm", "a", "log10(...)", "log(...)", "log10 stands where the natural logarithm belongs",
         applies=of("softplus", "log_sigmoid", "log_softmax"))  # fmt: skip
def log10(at: Spot, a: Any) -> Any:
    return a / math.log(10)


@mistake("degrees for radians", "a", "a = f(pi z / 180)", "a = f(z)", "z is taken for an angle in degrees",
         applies=curved)  # fmt: skip
def degrees(at: Spot, a: Any) -> Any:
    return at.f.forward(at.z * (math.pi / 180))


@mistake("radians turned into degrees", "a", "a = f(180 z / pi)", "a = f(z)", "z is turned into degrees first",
         applies=curved)  # fmt: skip
def into_degrees(at: Spot, a: Any) -> Any:
    return at.f.forward(at.z * (180 / math.pi))


@mistake("integer division", "a", "a = floor(f(z))", "a = f(z)", "// divides without a remainder; / is meant")
def integer_division(at: Spot, a: Any) -> Any:
    return np.floor(a)


@mistake("2 z for z", "a", "a = f(2 z)", "a = f(z)", "z is doubled", applies=curved)
def doubled_z(at: Spot, a: Any) -> Any:
    return at.f.forward(2 * at.z)


@mistake("z/2 for z", "a", "a = f(z/2)", "a = f(z)", "z is halved: a factor 2 in an exponent is missing",
         applies=curved)  # fmt: skip
def halved_z(at: Spot, a: Any) -> Any:
    return at.f.forward(at.z / 2)


# ---- z times a gate --------------------------------------------------------------------------------------------------


@mistake("product rule: z g'(z) missing", "delta", "f'(z) = g(z)", "f'(z) = g(z) + z g'(z)",
         "f(z) = z g(z) is a product: the term z g'(z) is missing", applies=of(*GATED))  # fmt: skip
def without_second_term(at: Spot, delta: Any) -> Any:
    return at.upstream * gate(at)


@mistake("product rule: g(z) missing", "delta", "f'(z) = z g'(z)", "f'(z) = g(z) + z g'(z)",
         "f(z) = z g(z) is a product: the term g(z) is missing", applies=of(*GATED))  # fmt: skip
def without_first_term(at: Spot, delta: Any) -> Any:
    return delta - at.upstream * gate(at)


@mistake("product rule: factor z missing", "delta", "f'(z) = g(z) + g'(z)", "f'(z) = g(z) + z g'(z)",
         "the factor z before g'(z) is missing", applies=of(*GATED))  # fmt: skip
def without_factor_z(at: Spot, delta: Any) -> Any:
    first = at.upstream * gate(at)
    return first + (delta - first) / np.where(at.z == 0, 1, at.z)


@mistake("product rule: sign of the second term", "delta", "f'(z) = g(z) - z g'(z)", "f'(z) = g(z) + z g'(z)",
         "the terms of the product rule are added, not subtracted", applies=of(*GATED))  # fmt: skip
def second_term_subtracted(at: Spot, delta: Any) -> Any:
    return 2 * at.upstream * gate(at) - delta


@mistake("gate alone", "a", "a = g(z)", "a = z g(z)", "the factor z is missing", applies=of(*GATED))
def gate_alone(at: Spot, a: Any) -> Any:
    return gate(at)


@mistake("sigmoid' for the gate", "delta", "f'(z) = a (1 - a)", "f'(z) = s + z s (1 - s)",
         "a (1 - a) is the derivative of sigmoid, with this activation's output", applies=of(*GATED))  # fmt: skip
def of_sigmoid(at: Spot, delta: Any) -> Any:
    return at.upstream * at.a * (1 - at.a)


@mistake("sigmoid approximation of gelu", "a", "a = z sigmoid(1.702 z)", "a = z P(Z <= z)",
         "this is the sigmoid approximation, off by up to 0.02", applies=of("gelu"))  # fmt: skip
def quick_gelu(at: Spot, a: Any) -> Any:
    return at.z * activations["sigmoid"].forward(1.702 * at.z)


@mistake("tanh approximation for the exact gelu", "delta", "f' of z (1 + tanh(...))/2", "f'(z) = P(Z <= z) + z phi(z)",
         "it is the derivative of the other form of gelu", applies=of("gelu"))  # fmt: skip
def other_gelu(at: Spot, delta: Any) -> Any:
    form: Any = type(at.f)
    twin = form(approximate=not at.f.approximate)  # type: ignore[attr-defined]
    return twin.backward(at.upstream, at.z, twin.forward(at.z))


# ---- pieces ----------------------------------------------------------------------------------------------------------


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


# ---- rows ------------------------------------------------------------------------------------------------------------


@mistake("softmax over everything", "a", "a = exp(z) / sum of all exp(z)", "a = exp(z) / sum over each row",
         "the sum runs over the whole batch", applies=of("softmax"))  # fmt: skip
def over_everything(at: Spot, a: Any) -> Any:
    e = np.exp(at.z - np.max(at.z))
    return e / np.sum(e)


@mistake("log-softmax: softmax forgotten", "delta", "delta = upstream - sum_j upstream_j",
         "delta = upstream - p sum_j upstream_j", "the factor p = softmax(z) is missing",
         applies=of("log_softmax"))  # fmt: skip
def without_softmax(at: Spot, delta: Any) -> Any:
    return at.upstream - at.upstream.sum(axis=-1, keepdims=True)


@mistake("log-softmax: diagonal only", "delta", "delta = upstream (1 - p)", "delta = upstream - p sum_j upstream_j",
         "every output depends on every z of its row: the Jacobian has more than a diagonal",
         applies=of("log_softmax"))  # fmt: skip
def log_diagonal(at: Spot, delta: Any) -> Any:
    return at.upstream * (1 - np.exp(at.a))


@mistake("log-softmax: a for p", "delta", "delta = upstream - a sum_j upstream_j",
         "delta = upstream - exp(a) sum_j upstream_j", "the output is log p, not p",
         applies=of("log_softmax"))  # fmt: skip
def log_for_probability(at: Spot, delta: Any) -> Any:
    return at.upstream - at.a * at.upstream.sum(axis=-1, keepdims=True)


@mistake("glu: halves exchanged", "a", "a = sigmoid(u) v", "a = u sigmoid(v)", "the gate is the second half",
         applies=of("glu"))  # fmt: skip
def halves_exchanged(at: Spot, a: Any) -> Any:
    u, v = np.split(at.z, 2, axis=-1)
    return activations["sigmoid"].forward(u) * v


@mistake("glu: derivative of the gate missing", "delta", "dv = upstream u s", "dv = upstream u s (1 - s)",
         "the derivative of sigmoid is s (1 - s)", applies=of("glu"))  # fmt: skip
def gate_not_derived(at: Spot, delta: Any) -> Any:
    u, v = np.split(at.z, 2, axis=-1)
    s = activations["sigmoid"].forward(v)
    return np.concatenate([at.upstream * s, at.upstream * u * s], axis=-1)


@mistake("glu: u missing in dv", "delta", "dv = upstream s (1 - s)", "dv = upstream u s (1 - s)",
         "the factor u is missing in the gate's gradient", applies=of("glu"))  # fmt: skip
def without_u(at: Spot, delta: Any) -> Any:
    s = activations["sigmoid"].forward(np.split(at.z, 2, axis=-1)[1])
    return np.concatenate([at.upstream * s, at.upstream * s * (1 - s)], axis=-1)


@mistake("sparsemax: mean not subtracted", "delta", "delta = upstream on the support",
         "delta = upstream - its mean over the support", "the threshold moves with every z of the support",
         applies=of("sparsemax"))  # fmt: skip
def mean_not_subtracted(at: Spot, delta: Any) -> Any:
    return at.upstream * (at.a > 0)


@mistake("sparsemax: mean over all", "delta", "delta = upstream - mean of all upstream, on the support",
         "delta = upstream - its mean over the support", "the mean runs over the support only",
         applies=of("sparsemax"))  # fmt: skip
def mean_over_all(at: Spot, delta: Any) -> Any:
    return (at.upstream - at.upstream.mean(axis=-1, keepdims=True)) * (at.a > 0)

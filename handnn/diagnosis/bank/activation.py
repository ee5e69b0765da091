"""Mistakes in an activation on its own: the function (step 'a') and its vector-Jacobian product (step 'delta').

Those of `network` in these steps are used too.
"""

import math
from typing import Any

import numpy as np

from ...activations import activations
from .base import table
from .contexts import ActivationContext
from .network import vjp

GATED = ("silu", "mish", "gelu", "hard_silu")
"""a = z g(z), so that f' = g + z g'."""


def of(*names: str) -> Any:
    return lambda at: at.f.name in names


def elementwise(at: ActivationContext) -> bool:
    return at.f.elementwise


def curved(at: ActivationContext) -> bool:
    return at.f.name != "linear"


def gate(at: ActivationContext) -> Any:
    return at.a / np.where(at.z == 0, 1, at.z)


def slope(at: ActivationContext) -> Any:
    """Return f'(z)."""
    return at.f.backward(np.ones_like(at.upstream), at.z, at.a)


def powers_of_two(at: ActivationContext, a: Any) -> Any:
    inner = at.f.forward(at.z * math.log(2))
    return inner / math.log(2) if at.f.name in GATED else inner


def powers_of_ten(at: ActivationContext, a: Any) -> Any:
    inner = at.f.forward(at.z * math.log(10))
    return inner / math.log(10) if at.f.name in GATED else inner


def without_factor_z(at: ActivationContext, delta: Any) -> Any:
    first = at.upstream * gate(at)
    return first + (delta - first) / np.where(at.z == 0, 1, at.z)


def other_gelu(at: ActivationContext, delta: Any) -> Any:
    form: Any = type(at.f)
    twin = form(approximate=not at.f.approximate)  # type: ignore[attr-defined]
    return twin.backward(at.upstream, at.z, twin.forward(at.z))


def negative_everywhere(at: ActivationContext, delta: Any) -> Any:
    low = np.minimum(at.z, 0)
    return vjp(at, low - 1) * math.e * np.exp(at.z - low)


def slope_at(at: ActivationContext, z: float) -> Any:
    point = np.full_like(at.z, z)
    return at.f.backward(np.ones_like(at.z), point, at.f.forward(point))


def one_forgotten(at: ActivationContext, a: Any) -> Any:
    lowest = at.f.forward(np.full_like(at.z, -1e3))
    return np.where(at.z > 0, a, a - lowest)


def over_everything(at: ActivationContext, a: Any) -> Any:
    e = np.exp(at.z - np.max(at.z))
    return e / np.sum(e)


def halves_exchanged(at: ActivationContext, a: Any) -> Any:
    u, v = np.split(at.z, 2, axis=-1)
    return activations["sigmoid"].forward(u) * v


def gate_not_derived(at: ActivationContext, delta: Any) -> Any:
    u, v = np.split(at.z, 2, axis=-1)
    s = activations["sigmoid"].forward(v)
    return np.concatenate([at.upstream * s, at.upstream * u * s], axis=-1)


def without_u(at: ActivationContext, delta: Any) -> Any:
    s = activations["sigmoid"].forward(np.split(at.z, 2, axis=-1)[1])
    return np.concatenate([at.upstream * s, at.upstream * s * (1 - s)], axis=-1)


# fmt: off
activation_mistakes = table("mistake in an activation", [
    # ---- any activation
    ("delta", "derivative of another activation", "delta = upstream * g'(z)", "delta = upstream * f'(z)",
     "it is the derivative of {other}", lambda at, delta: at.other.backward(at.upstream, at.z, at.other.forward(at.z)),
     lambda at: at.f.elementwise == at.other.elementwise),
    ("delta", "derivative of another activation, in terms of a", "delta = upstream * g'(a)", "delta = upstream * f'(z)",
     "it is the derivative of {other}, written with this activation's output for that of {other}",
     lambda at, delta: at.other.backward(at.upstream, at.z, at.a), lambda at: elementwise(at) and at.other.elementwise),
    ("delta", "f itself for f'", "delta = upstream * f(z)", "delta = upstream * f'(z)",
     "the function is returned where its derivative belongs", lambda at, delta: at.upstream * at.a, elementwise),
    ("delta", "upstream forgotten", "delta = f'(z)", "delta = upstream * f'(z)",
     "the gradient from above is not multiplied in", lambda at, delta: slope(at)),
    ("delta", "factor 2 in f'", "delta = 2 upstream * f'(z)", "delta = upstream * f'(z)", "a factor 2 too many",
     lambda at, delta: 2 * delta),
    ("delta", "factor 1/2 in f'", "delta = upstream * f'(z) / 2", "delta = upstream * f'(z)", "a factor 2 is missing",
     lambda at, delta: delta / 2),
    ("delta", "f' at -z", "delta = upstream * f'(-z)", "delta = upstream * f'(z)",
     "the derivative is taken at -z: a sign is wrong in an exponent or a comparison", lambda at, delta: vjp(at, -at.z),
     curved),
    ("delta", "factor z too many in f'", "delta = upstream * z f'(z)", "delta = upstream * f'(z)",
     "z is multiplied in once too often", lambda at, delta: delta * at.z, elementwise),
    ("a", "-f for f", "a = -f(z)", "a = f(z)", "the sign is wrong", lambda at, a: -a),
    ("a", "f(-z) for f(z)", "a = f(-z)", "a = f(z)", "the sign of z is wrong, in an exponent or a comparison",
     lambda at, a: at.f.forward(-at.z), curved),
    ("a", "another activation", "a = g(z)", "a = f(z)", "it is {other}", lambda at, a: at.other.forward(at.z),
     lambda at: at.f.elementwise == at.other.elementwise),
    ("a", "base 2 for e", "a = f with 2^z for e^z", "a = f(z)", "powers of 2 stand where powers of e belong",
     powers_of_two, curved),
    ("a", "base 10 for e", "a = f with 10^z for e^z", "a = f(z)", "powers of 10 stand where powers of e belong",
     powers_of_ten, curved),
    ("a", "base-2 logarithm", "log2(...)", "log(...)", "log2 stands where the natural logarithm belongs",
     lambda at, a: a / math.log(2), of("softplus", "log_sigmoid", "log_softmax")),
    ("a", "base-10 logarithm", "log10(...)", "log(...)", "log10 stands where the natural logarithm belongs",
     lambda at, a: a / math.log(10), of("softplus", "log_sigmoid", "log_softmax")),
    ("a", "degrees for radians", "a = f(pi z / 180)", "a = f(z)", "z is taken for an angle in degrees",
     lambda at, a: at.f.forward(at.z * (math.pi / 180)), curved),
    ("a", "radians turned into degrees", "a = f(180 z / pi)", "a = f(z)", "z is turned into degrees first",
     lambda at, a: at.f.forward(at.z * (180 / math.pi)), curved),
    ("a", "integer division", "a = floor(f(z))", "a = f(z)", "// divides without a remainder; / is meant",
     lambda at, a: np.floor(a)),
    ("a", "2 z for z", "a = f(2 z)", "a = f(z)", "z is doubled", lambda at, a: at.f.forward(2 * at.z), curved),
    ("a", "z/2 for z", "a = f(z/2)", "a = f(z)", "z is halved: a factor 2 in an exponent is missing",
     lambda at, a: at.f.forward(at.z / 2), curved),
    # ---- z times a gate
    ("delta", "product rule: z g'(z) missing", "f'(z) = g(z)", "f'(z) = g(z) + z g'(z)",
     "f(z) = z g(z) is a product: the term z g'(z) is missing", lambda at, delta: at.upstream * gate(at), of(*GATED)),
    ("delta", "product rule: g(z) missing", "f'(z) = z g'(z)", "f'(z) = g(z) + z g'(z)",
     "f(z) = z g(z) is a product: the term g(z) is missing", lambda at, delta: delta - at.upstream * gate(at),
     of(*GATED)),
    ("delta", "product rule: factor z missing", "f'(z) = g(z) + g'(z)", "f'(z) = g(z) + z g'(z)",
     "the factor z before g'(z) is missing", without_factor_z, of(*GATED)),
    ("delta", "product rule: sign of the second term", "f'(z) = g(z) - z g'(z)", "f'(z) = g(z) + z g'(z)",
     "the terms of the product rule are added, not subtracted", lambda at, delta: 2 * at.upstream * gate(at) - delta,
     of(*GATED)),
    ("a", "gate alone", "a = g(z)", "a = z g(z)", "the factor z is missing", lambda at, a: gate(at), of(*GATED)),
    ("delta", "sigmoid' for the gate", "f'(z) = a (1 - a)", "f'(z) = s + z s (1 - s)",
     "a (1 - a) is the derivative of sigmoid, with this activation's output",
     lambda at, delta: at.upstream * at.a * (1 - at.a), of(*GATED)),
    ("a", "sigmoid approximation of gelu", "a = z sigmoid(1.702 z)", "a = z P(Z <= z)",
     "this is the sigmoid approximation, off by up to 0.02",
     lambda at, a: at.z * activations["sigmoid"].forward(1.702 * at.z), of("gelu")),
    ("delta", "tanh approximation for the exact gelu", "f' of z (1 + tanh(...))/2", "f'(z) = P(Z <= z) + z phi(z)",
     "it is the derivative of the other form of gelu", other_gelu, of("gelu")),
    # ---- activations of pieces, and smooth ones
    ("delta", "slope of z > 0 everywhere", "delta = upstream * f'(|z|)", "delta = upstream * f'(z)",
     "the case z < 0 is forgotten", lambda at, delta: vjp(at, np.abs(at.z)), of("elu", "selu", "celu", "leaky_relu")),
    ("delta", "slope of z < 0 everywhere", "f'(z) = a + alpha", "f'(z) = 1 where z > 0, else a + alpha",
     "the case z > 0 is forgotten", negative_everywhere, of("elu", "selu")),
    ("delta", "alpha forgotten in f'", "f'(z) = a where z < 0", "f'(z) = a + alpha where z < 0",
     "the derivative of alpha (exp(z) - 1) is alpha exp(z) = a + alpha, not a",
     lambda at, delta: np.where(at.z > 0, delta, at.upstream * at.a), of("elu", "selu")),
    ("delta", "scale forgotten in f'", "f'(z) = 1 or alpha exp(z)", "f'(z) = scale or scale alpha exp(z)",
     "the factor scale is in f, and so in f'", lambda at, delta: delta / slope_at(at, 1.0), of("selu")),
    ("a", "scale forgotten", "a = z or alpha (exp(z) - 1)", "a = scale z or scale alpha (exp(z) - 1)",
     "the factor scale is missing", lambda at, a: a / slope_at(at, 1.0), of("selu")),
    ("a", "1 forgotten", "a = alpha exp(z) where z < 0", "a = alpha (exp(z) - 1) where z < 0",
     "1 is not subtracted from exp(z): f jumps at 0", one_forgotten, of("elu", "selu", "celu")),
    ("delta", "slope lost between the kinks", "delta = upstream", "delta = upstream * slope",
     "the slope of the straight piece is not 1", lambda at, delta: at.upstream * (np.abs(at.z) < 3),
     of("hard_sigmoid")),
    ("a", "hard sigmoid of Keras 2", "a = clip(0.2 z + 0.5, 0, 1)", "a = clip(z/6 + 0.5, 0, 1)",
     "this is the hard sigmoid of Keras 2: since Keras 3 the slope is 1/6, and the kinks are at +-3",
     lambda at, a: np.minimum(np.maximum(0.2 * at.z + 0.5, 0), 1), of("hard_sigmoid")),
    ("delta", "hard sigmoid of Keras 2, f'", "f'(z) = 0.2 where |z| < 2.5", "f'(z) = 1/6 where |z| < 3",
     "this is the derivative of Keras 2's hard sigmoid", lambda at, delta: 0.2 * at.upstream * (np.abs(at.z) < 2.5),
     of("hard_sigmoid")),
    ("delta", "softplus' = exp(z)", "f'(z) = exp(z)", "f'(z) = exp(z) / (1 + exp(z))",
     "the chain rule's 1/(1 + exp(z)) is missing", lambda at, delta: at.upstream * np.exp(at.z), of("softplus")),
    ("delta", "softplus' = 1/(1 + exp(z))", "f'(z) = 1 / (1 + exp(z))", "f'(z) = exp(z) / (1 + exp(z))",
     "the inner derivative exp(z) is missing", lambda at, delta: at.upstream / (1 + np.exp(at.z)), of("softplus")),
    ("delta", "softsign' not squared", "f'(z) = 1 / (1 + |z|)", "f'(z) = 1 / (1 + |z|)^2",
     "the square of the quotient rule is missing", lambda at, delta: at.upstream / (1 + np.abs(at.z)), of("softsign")),
    ("delta", "tanh_shrink' = 1 - tanh^2", "f'(z) = 1 - tanh(z)^2", "f'(z) = tanh(z)^2",
     "that is the derivative of tanh; of z - tanh(z) it is 1 minus that", lambda at, delta: at.upstream - delta,
     of("tanh_shrink")),
    ("delta", "exp' = z exp(z - 1)", "f'(z) = z exp(z - 1)", "f'(z) = exp(z)",
     "the rule for powers is used on an exponential function", lambda at, delta: at.upstream * at.z * np.exp(at.z - 1),
     of("exponential")),
    # ---- functions of rows
    ("a", "softmax over everything", "a = exp(z) / sum of all exp(z)", "a = exp(z) / sum over each row",
     "the sum runs over the whole batch", over_everything, of("softmax")),
    ("delta", "log-softmax: softmax forgotten", "delta = upstream - sum_j upstream_j",
     "delta = upstream - p sum_j upstream_j", "the factor p = softmax(z) is missing",
     lambda at, delta: at.upstream - at.upstream.sum(axis=-1, keepdims=True), of("log_softmax")),
    ("delta", "log-softmax: diagonal only", "delta = upstream (1 - p)", "delta = upstream - p sum_j upstream_j",
     "every output depends on every z of its row: the Jacobian has more than a diagonal",
     lambda at, delta: at.upstream * (1 - np.exp(at.a)), of("log_softmax")),
    ("delta", "log-softmax: a for p", "delta = upstream - a sum_j upstream_j",
     "delta = upstream - exp(a) sum_j upstream_j", "the output is log p, not p",
     lambda at, delta: at.upstream - at.a * at.upstream.sum(axis=-1, keepdims=True), of("log_softmax")),
    ("a", "glu: halves exchanged", "a = sigmoid(u) v", "a = u sigmoid(v)", "the gate is the second half",
     halves_exchanged, of("glu")),
    ("delta", "glu: derivative of the gate missing", "dv = upstream u s", "dv = upstream u s (1 - s)",
     "the derivative of sigmoid is s (1 - s)", gate_not_derived, of("glu")),
    ("delta", "glu: u missing in dv", "dv = upstream s (1 - s)", "dv = upstream u s (1 - s)",
     "the factor u is missing in the gate's gradient", without_u, of("glu")),
    ("delta", "sparsemax: mean not subtracted", "delta = upstream on the support",
     "delta = upstream - its mean over the support", "the threshold moves with every z of the support",
     lambda at, delta: at.upstream * (at.a > 0), of("sparsemax")),
    ("delta", "sparsemax: mean over all", "delta = upstream - mean of all upstream, on the support",
     "delta = upstream - its mean over the support", "the mean runs over the support only",
     lambda at, delta: (at.upstream - at.upstream.mean(axis=-1, keepdims=True)) * (at.a > 0), of("sparsemax")),
])

"""Smooth activations of one element: sigmoids, softplus and its relatives.

Each formula avoids overflow and the subtraction of nearly equal numbers. If Keras' formula does not, it is given as
`keras_forward` or `keras_backward`.
"""

import math

import numpy as np

from ..core.variable import Array
from .base import Activation, choose, number, register


def minus_size(z: Array) -> Array:
    """Return -|z|; for complex z, decide by the real part, so that the complex step works."""
    return np.minimum(z, -z)


class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)), f'(z) = a (1 - a). `keras.activations.sigmoid`.

    For very negative z, exp(-z) overflows to infinity, and 1 / infinity = 0 is the correct result.
    """

    name = "sigmoid"
    image = (0.0, 1.0)
    has_logits = True

    @np.errstate(over="ignore")
    def forward(self, z: Array, out: Array | None = None) -> Array:
        a = np.negative(z, out=out)
        np.exp(a, out=a)
        a += 1
        return np.reciprocal(a, out=a)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        delta = np.subtract(1, a, out=out)
        delta *= a
        delta *= upstream
        return delta


class Tanh(Activation):
    """a = tanh(z), f'(z) = 1 - a^2. `keras.activations.tanh`."""

    name = "tanh"
    image = (-1.0, 1.0)

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.tanh(z, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        delta = np.multiply(a, a, out=out)
        np.subtract(1, delta, out=delta)
        delta *= upstream
        return delta


class Exponential(Activation):
    """a = exp(z), f'(z) = a. `keras.activations.exponential`. Overflows to infinity for large z, as in Keras."""

    name = "exponential"

    @np.errstate(over="ignore")
    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.exp(z, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.multiply(upstream, a, out=out)


class Softplus(Activation):
    """a = log(1 + exp(z)), f'(z) = sigmoid(z). `keras.activations.softplus`.

    Computed as max(z, 0) + log(1 + exp(-|z|)), which never overflows and keeps all digits for very negative z.
    """

    name = "softplus"

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.add(np.maximum(z, 0), np.log1p(np.exp(minus_size(z))), out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.multiply(upstream, sigmoid.forward(z), out=out)


class LogSigmoid(Activation):
    """a = log(sigmoid(z)) = -softplus(-z), f'(z) = sigmoid(-z). `keras.activations.log_sigmoid`."""

    name = "log_sigmoid"
    calibrated = "softplus"

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.subtract(np.minimum(z, 0), np.log1p(np.exp(minus_size(z))), out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.multiply(upstream, sigmoid.forward(-z), out=out)


class Softsign(Activation):
    """a = z / (1 + |z|), f'(z) = 1 / (1 + |z|)^2. `keras.activations.softsign`."""

    name = "softsign"
    image = (-1.0, 1.0)

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.divide(z, 1 - minus_size(z), out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        size = 1 - minus_size(z)
        delta = np.divide(upstream, size, out=out)  # size^2 may overflow
        return np.divide(delta, size, out=out)

    def keras_backward(self, upstream: Array, z: Array, a: Array) -> Array:
        return upstream / np.square(1 - minus_size(z))


class Squareplus(Activation):
    """a = (z + r)/2 with r = sqrt(z^2 + b), f'(z) = a/r. `keras.activations.squareplus`. Barron (2021).

    f' = (1 + z/r)/2 = (r + z)/(2 r). For z < 0 the sum cancels; since (z + r)(r - z) = b, use a = b / (2 (r - z)).
    Keras' sum has no digits left for z <= -4096 in float32, and its z^2 can overflow.
    """

    name = "squareplus"
    analytic = False
    examples = ({"b": 0.3},)
    keras_wrong = "the square of z overflows"

    def __init__(self, b: float = 4) -> None:
        if number(b, "b") < 0:
            raise ValueError(f"b must be a number >= 0; received {b!r}")
        self.b = b

    def forward(self, z: Array, out: Array | None = None) -> Array:
        r = np.hypot(z, math.sqrt(self.b))
        far = r + np.abs(z)  # r + z on the right, r - z on the left
        return choose(z >= 0, far / 2, self.b / 2 / np.maximum(far, np.finfo(z.dtype).tiny), out)

    @np.errstate(invalid="ignore")
    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        r = np.hypot(z, math.sqrt(self.b))
        return np.multiply(upstream, a / r, out=out)  # 0/0 at z = 0 if b = 0, as in Keras

    def keras_forward(self, z: Array) -> Array:
        return (z + np.sqrt(z * z + self.b)) / 2

    def keras_backward(self, upstream: Array, z: Array, a: Array) -> Array:
        half = upstream / 2
        return half + half / 2 / np.sqrt(z * z + self.b) * (2 * z)  # in this order: the quotient may be flushed to 0

    def keras_right(self, z: Array) -> Array | None:
        return np.abs(z) < math.sqrt(np.finfo(z.dtype).max)


LAMBERT_TERMS = 11
"""Enough for full float64 precision on |z| < 1."""


class TanhShrink(Activation):
    """a = z - tanh(z), f'(z) = tanh(z)^2. `keras.activations.tanh_shrink`.

    For |z| < 1 the difference cancels. Lambert's continued fraction tanh(z) = z/(1 + w), w = z^2/(3 + z^2/(5 + ...)),
    gives a = z w/(1 + w) without a difference. Keras' difference has no digits left for |z| < 6e-4 in float32.
    """

    name = "tanh_shrink"

    def forward(self, z: Array, out: Array | None = None) -> Array:
        small = np.minimum(np.maximum(z, -1), 1)
        square = small * small
        w = square / (2 * LAMBERT_TERMS + 1)
        for k in range(LAMBERT_TERMS - 1, 0, -1):
            w = square / (2 * k + 1 + w)
        return choose((z > -1) & (z < 1), small * (w / (1 + w)), z - np.tanh(z), out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        t = np.tanh(z)
        return np.multiply(upstream, t * t, out=out)

    def keras_forward(self, z: Array) -> Array:
        return z - np.tanh(z)

    def keras_backward(self, upstream: Array, z: Array, a: Array) -> Array:
        t = np.tanh(z)
        return upstream - upstream * (1 - t * t)


sigmoid: Sigmoid = register(Sigmoid())
tanh: Tanh = register(Tanh())
exponential: Exponential = register(Exponential())
softplus: Softplus = register(Softplus())
log_sigmoid: LogSigmoid = register(LogSigmoid())
softsign: Softsign = register(Softsign())
squareplus: Squareplus = register(Squareplus())
tanh_shrink: TanhShrink = register(TanhShrink())

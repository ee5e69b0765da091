"""Smooth rectifiers: elu, selu, celu, and z times a gate (silu, gelu, mish)."""

import math
from typing import Any

import numpy as np

from ..core.variable import Array
from .base import Activation, choose, held_in_float32, number, register
from .smooth import sigmoid


class Elu(Activation):
    """a = z where z > 0, else alpha (exp(z) - 1); f'(z) = 1, else alpha exp(z) = a + alpha. `keras.activations.elu`.

    At z = 0, a kink unless alpha = 1, TensorFlow's derivative is alpha. TensorFlow computes exp(z) - 1, which loses the
    digits of small z; expm1 does not. Clevert, Unterthiner and Hochreiter (2016).
    """

    name = "elu"
    kinks = (0.0,)
    examples = ({"alpha": 0.3}, {"alpha": -1.7})
    layer = "ELU"

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number(alpha, "alpha")

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return choose(z > 0, z, self.alpha * np.expm1(np.minimum(z, 0)), out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.multiply(upstream, np.where(z > 0, 1, a + self.alpha), out=out)

    def keras_forward(self, z: Array) -> Array:
        return np.where(z > 0, z, self.alpha * (np.exp(np.minimum(z, 0)) - 1))

    def keras_backward(self, upstream: Array, z: Array, a: Array) -> Array:
        of_alpha_1 = np.exp(np.minimum(z, 0)) - 1  # Keras computes elu with alpha = 1 and multiplies
        return np.where(z > 0, upstream, upstream * (self.alpha * (of_alpha_1 + 1)))


class Selu(Activation):
    """a = scale z where z > 0, else scale alpha (exp(z) - 1); f'(z) = scale, else a + scale alpha.

    TensorFlow's f'(0) is scale. With these two constants, mean 0 and variance 1 are a fixed point of the map from layer
    to layer. `keras.activations.selu`. Klambauer et al. (2017).
    """

    name = "selu"
    kinks = (0.0,)
    keras_wrong = "exp(z) - 1 is 0 for z just below 0, where it then takes the slope of z > 0"
    scale = 1.0507009873554805
    scale_alpha = 1.7580993408473768

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return choose(z > 0, self.scale * z, self.scale_alpha * np.expm1(np.minimum(z, 0)), out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.multiply(upstream, np.where(z >= 0, self.scale, a + self.scale_alpha), out=out)

    def keras_forward(self, z: Array) -> Array:
        return np.where(z > 0, self.scale * z, self.scale_alpha * (np.exp(np.minimum(z, 0)) - 1))

    def keras_right(self, z: Array) -> Array | None:
        return (z >= 0) | (z < -np.finfo(z.dtype).eps)


class Celu(Activation):
    """a = max(z, 0) + alpha (exp(min(z, 0)/alpha) - 1); f'(z) = 1 where z > 0, else exp(z/alpha).

    Both one-sided derivatives at z = 0 are 1, but TensorFlow gives 2: at equality its maximum and its minimum both pass
    the gradient. `keras.activations.celu`. Barron (2017).
    """

    name = "celu"
    kinks = (0.0,)
    examples = ({"alpha": 0.3}, {"alpha": 2.7})

    def __init__(self, alpha: float = 1.0) -> None:
        if not number(alpha, "alpha"):
            raise ValueError(f"alpha must be a number other than 0; received {alpha!r}")
        self.alpha = alpha

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return choose(z > 0, z, self.alpha * np.expm1(np.minimum(z, 0) / self.alpha), out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        slope = np.exp(np.minimum(z, 0) / self.alpha)
        return np.multiply(upstream, slope + (z == 0), out=out)


class Silu(Activation):
    """a = z s with s = sigmoid(z), f'(z) = s (1 + z (1 - s)). `keras.activations.silu`, `swish`.

    Ramachandran, Zoph and Le (2017).
    """

    name = "silu"

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.multiply(z, sigmoid.forward(z), out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        s = sigmoid.forward(z)
        return np.multiply(upstream, s * (1 + z * (1 - s)), out=out)


class Mish(Activation):
    """a = z t with t = tanh(softplus(z)), f'(z) = t + z (1 - t^2) sigmoid(z). `keras.activations.mish`. Misra (2019).

    With e = exp(z), softplus(z) = log(1 + e) and tanh(log y) = (y^2 - 1)/(y^2 + 1) give t = n/(n + 2), n = e (e + 2),
    and (1 - t^2) sigmoid(z) = 4 e (e + 1)/(n + 2)^2: only sums of positive numbers. For z >= 24, a = z.
    """

    name = "mish"

    @staticmethod
    def _powers(z: Array) -> tuple[Array, Array, Array]:
        """Return min(z, 24), e and n."""
        y = np.minimum(z, 24)
        e = np.exp(y)
        return y, e, e * (e + 2)

    def forward(self, z: Array, out: Array | None = None) -> Array:
        _, _, n = self._powers(z)
        return np.multiply(z, n / (n + 2), out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        y, e, n = self._powers(z)
        opening = 4 * e * (e + 1) / (n + 2) / (n + 2)
        return np.multiply(upstream, n / (n + 2) + y * opening, out=out)

    def keras_backward(self, upstream: Array, z: Array, a: Array) -> Array:
        y, _, n = self._powers(z)
        t = n / (n + 2)
        slope = upstream * t + upstream * y * (1 - t * t) * sigmoid.forward(z)
        return slope + upstream * z * 0  # NaN where TensorFlow's product overflows before its factor 0


class NormalGate:
    """g(y) = P(Z <= y) = erfc(-y / sqrt 2) / 2 for a standard normal Z; g'(y) = exp(-y^2 / 2) / sqrt(2 pi)."""

    analytic = True
    root_half = held_in_float32(math.sqrt(0.5))

    def forward(self, y: Array) -> Array:
        return 0.5 * _erfc(y * -self.root_half)

    def derivative(self, y: Array, g: Array) -> Array:
        x = y * self.root_half
        return self.root_half / math.sqrt(math.pi) * np.exp(-x * x)

    def keras_forward(self, y: Array) -> Array:
        return self.forward(y)

    def keras_derivative(self, y: Array, g: Array) -> Array:
        return self.derivative(y, g)

    def keras_right(self, z: Array) -> Array | None:
        return None


class TanhGate(NormalGate):
    """g(y) = (1 + tanh s) / 2 with s = sqrt(2/pi) (y + 0.044715 y^3), computed as sigmoid(2 s) to avoid cancellation.

    g'(y) = 2 g (1 - g) s'(y), s'(y) = sqrt(2/pi) (1 + 3 * 0.044715 y^2). TensorFlow computes g with the tanh.
    """

    analytic = False  # its sigmoid's exp overflows, which makes complex z NaN
    cubic = held_in_float32(0.044715)
    root = 0.7978845608028654
    """sqrt(2/pi)"""

    def _s(self, y: Array) -> Array:
        return self.root * (y + self.cubic * y * y * y)

    def forward(self, y: Array) -> Array:
        return sigmoid.forward(2 * self._s(y))

    def derivative(self, y: Array, g: Array) -> Array:
        return 2 * self.root * g * (1 - g) * (1 + 3 * self.cubic * y * y)

    def keras_forward(self, y: Array) -> Array:
        return 0.5 * (1 + np.tanh(self._s(y)))

    def keras_derivative(self, y: Array, g: Array) -> Array:
        t = np.tanh(self._s(y))
        return 0.5 * (1 - t * t) * (self.root + self.root * self.cubic * 3 * y * y)

    def keras_right(self, z: Array) -> Array | None:
        return np.abs(z) < math.sqrt(np.finfo(z.dtype).max) / 2


class Gelu(Activation):
    """a = z g(z), f'(z) = g(z) + z g'(z), with g the normal distribution (`NormalGate`) or its tanh form (`TanhGate`).

    Keras rounds 1/sqrt(2) and 0.044715 to float32, even in a float64 network. docs/derivations/gelu.md.
    `keras.activations.gelu`. Hendrycks and Gimpel (2016).
    """

    name = "gelu"
    examples = ({"approximate": True},)
    keras_wrong = "the cube of z overflows in the gradient of the approximate form"
    far = 40
    """Beyond it the gate is 0 or 1 in every dtype."""

    def __init__(self, approximate: bool = False) -> None:
        if not isinstance(approximate, bool):
            raise ValueError(f"approximate must be True or False; received {approximate!r}")
        self.approximate = approximate
        self.gate = TanhGate() if approximate else NormalGate()
        self.analytic = self.gate.analytic

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.multiply(z, self.gate.forward(self._inside(z)), out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        y = self._inside(z)
        g = self.gate.forward(y)
        return np.multiply(upstream, g + y * self.gate.derivative(y, g), out=out)

    def _inside(self, z: Array) -> Array:
        return np.minimum(np.maximum(z, -self.far), self.far)

    def keras_forward(self, z: Array) -> Array:
        return z * self.gate.keras_forward(self._inside(z))

    def keras_backward(self, upstream: Array, z: Array, a: Array) -> Array:
        y = self._inside(z)
        g = self.gate.keras_forward(y)
        slope = upstream * g + upstream * y * self.gate.keras_derivative(y, g)
        return slope + upstream * z * 0  # NaN where TensorFlow's product overflows before its factor 0

    def keras_right(self, z: Array) -> Array | None:
        return self.gate.keras_right(z)


def _erfc(x: Any) -> Any:
    from scipy.special import erfc  # imported here because SciPy takes longer to load than all of handnn

    return erfc(x)


elu: Elu = register(Elu())
selu: Selu = register(Selu())
celu: Celu = register(Celu())
silu: Silu = register(Silu(), "swish")
mish: Mish = register(Mish())
gelu: Gelu = register(Gelu())

"""Piecewise linear (or quadratic) activations. At each kink the derivative is TensorFlow's, as documented."""

from typing import Any

import numpy as np

from ..core.variable import Array
from .base import Activation, choose, held_in_float32, number, register, without_defaults


class Linear(Activation):
    """a = z, f'(z) = 1. Returns z itself, without a copy. `keras.activations.linear`."""

    name = "linear"

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return z

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return upstream


class Relu(Activation):
    """a = max(z, 0), f'(z) = 1 where z > 0, else 0; TensorFlow's f'(0) is 0. `keras.activations.relu`.

    With arguments s = negative_slope, m = max_value, t = threshold:

        a = min(z if z > t else 0, m) - s max(t - z, 0)       f'(z) = [t < z <= m] + s [z < t]

    At z = m Keras' clip passes the gradient, except for m = 6 and t = 0, where it uses TensorFlow's relu6. With only s
    it uses `leaky_relu`. t and m are rounded to float32, even in a float64 network, except the t in s max(t - z, 0).
    For t < 0, if m is given, the clip also keeps a >= 0.
    """

    name = "relu"
    kinks = (0.0,)
    analytic = False
    examples = (
        {"negative_slope": 0.1},
        {"max_value": 1.3},
        {"max_value": 6},
        {"threshold": 0.7},
        {"negative_slope": 0.1, "max_value": 6.0},
        {"negative_slope": 0.3, "max_value": 2.1, "threshold": 0.7},
        {"max_value": 2.0, "threshold": -1.1},
    )
    layer = "ReLU"

    def __init__(self, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> None:
        self.negative_slope = number(negative_slope, "negative_slope")
        self.max_value = None if max_value is None else number(max_value, "max_value")
        self.threshold = number(threshold, "threshold")
        self._start = held_in_float32(threshold)
        self._end = None if max_value is None else held_in_float32(max_value)
        self._leaky = LeakyRelu(negative_slope) if negative_slope and max_value is None and not threshold else None
        self._plain = not negative_slope and max_value is None and not threshold
        ends = () if self._end is None else (0.0, self._end)
        self.kinks = tuple(sorted({self._start, *((threshold,) if negative_slope else ()), *ends}))

    def forward(self, z: Array, out: Array | None = None) -> Array:
        if self._plain:  # three times as fast as np.maximum(z, 0)
            return np.maximum(z, np.zeros(z.shape, z.dtype), out=out)
        if self._leaky is not None:
            return self._leaky.forward(z, out=out)
        a = np.where(z > self._start, z, 0) if self.threshold else np.maximum(z, 0)
        if self._end is not None:
            a = np.maximum(np.minimum(a, self._end), 0)
        below = np.maximum(self.threshold - z, 0) if self.negative_slope else 0
        return np.subtract(a, self.negative_slope * below, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        if self._plain:
            return np.multiply(upstream, z > 0, out=out)
        if self._leaky is not None:
            return self._leaky.backward(upstream, z, a, out=out)
        passes = z > self._start
        if self._end == 6 and not self.threshold:
            passes &= z < 6
        elif self._end is not None:
            passes &= (z >= 0) & (z <= self._end)
        below = upstream * (z < self.threshold)
        return np.add(upstream * passes, self.negative_slope * below, out=out)


class Relu6(Activation):
    """a = min(max(z, 0), 6), f'(z) = 1 where 0 < z < 6, else 0, including both kinks. `keras.activations.relu6`."""

    name = "relu6"
    image = (0.0, 6.0)
    kinks = (0.0, 6.0)
    analytic = False

    def forward(self, z: Array, out: Array | None = None) -> Array:
        a = np.maximum(z, 0, out=out)
        return np.minimum(a, 6, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.multiply(upstream, (z > 0) & (z < 6), out=out)


class LeakyRelu(Activation):
    """a = z where z > 0, else s z with s = negative_slope; f'(z) = 1 or s. `keras.activations.leaky_relu`.

    TensorFlow's f'(0) is s. It rounds s to float32, even in a float64 network. Maas, Hannun and Ng (2013).
    """

    name = "leaky_relu"
    kinks = (0.0,)
    analytic = False
    examples = ({"negative_slope": 0.1}, {"negative_slope": 1.5}, {"negative_slope": -0.5})
    layer = "LeakyReLU"

    def __init__(self, negative_slope: float = 0.2) -> None:
        self.negative_slope = number(negative_slope, "negative_slope")
        self._slope = held_in_float32(negative_slope)
        self._steeper: Any = np.maximum if self._slope <= 1 else np.minimum

    def forward(self, z: Array, out: Array | None = None) -> Array:
        a = np.multiply(z, self._slope, out=out)
        return self._steeper(z, a, out=out)  # max(z, s z) is z where z > 0, for s <= 1

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return choose(z > 0, upstream, upstream * self._slope, out)


class Threshold(Activation):
    """a = z where z > threshold, else default_value; f'(z) = 1 or 0, 0 at the threshold. `keras.activations.threshold`.

    It has no defaults: use `Threshold(threshold, default_value)`, or the function `threshold(z, threshold,
    default_value)`.
    """

    name = "threshold"
    analytic = False
    examples = ({"threshold": 0.3, "default_value": -0.7}, {"threshold": -1.0, "default_value": 0.0})

    def __init__(self, threshold: float, default_value: float) -> None:
        self.threshold = number(threshold, "threshold")
        self.default_value = number(default_value, "default_value")
        self.kinks = (float(threshold),)

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return choose(z > self.threshold, z, self.default_value, out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return choose(z > self.threshold, upstream, 0, out)


class HardTanh(Activation):
    """a = z clipped to [-1, 1], f'(z) = 1 where -1 <= z <= 1, kinks included, else 0. `keras.activations.hard_tanh`."""

    name = "hard_tanh"
    image = (-1.0, 1.0)
    kinks = (-1.0, 1.0)
    analytic = False

    def forward(self, z: Array, out: Array | None = None) -> Array:
        a = np.minimum(z, 1, out=out)
        return np.maximum(a, -1, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return choose((z < -1) | (z > 1), 0, upstream, out)


class HardSigmoid(Activation):
    """a = relu6(z + 3)/6, f'(z) = 1/6 where 0 < a < 1, else 0, kinks included. `keras.activations.hard_sigmoid`.

    The condition is on a, not z: for the last float below 3, z + 3 rounds to 6, and TensorFlow's gradient is 0 there.
    """

    name = "hard_sigmoid"
    image = (0.0, 1.0)
    kinks = (-3.0, 3.0)
    analytic = False

    def forward(self, z: Array, out: Array | None = None) -> Array:
        a = np.add(z, 3, out=out)
        a = np.maximum(a, 0, out=out)
        a = np.minimum(a, 6, out=out)
        return np.divide(a, 6, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        delta = np.divide(upstream, 6, out=out)
        return np.multiply(delta, (a > 0) & (a < 1), out=out)


class HardSilu(Activation):
    """a = z h with h = relu6(z + 3)/6; f'(z) = h + z/6 [0 < h < 1]. `keras.activations.hard_silu`, `hard_swish`.

    So f'(3) = 1 and f'(-3) = 0, the derivatives of the outer pieces. Howard et al. (2019).
    """

    name = "hard_silu"
    kinks = (-3.0, 3.0)
    analytic = False

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.multiply(z, hard_sigmoid.forward(z), out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        h, shifted = hard_sigmoid.forward(z), z + 3
        return np.multiply(upstream, h + z / 6 * ((shifted > 0) & (shifted < 6)), out=out)

    def keras_backward(self, upstream: Array, z: Array, a: Array) -> Array:
        """upstream h + (upstream z / 6) [0 < h < 1]: the product overflows for large z, and inf times 0 is NaN."""
        shifted = z + 3
        return upstream * hard_sigmoid.forward(z) + upstream * z / 6 * ((shifted > 0) & (shifted < 6))


class HardShrink(Activation):
    """a = z where |z| > threshold, else 0; f'(z) = 1 or 0, 0 at the kinks. `keras.activations.hard_shrink`."""

    name = "hard_shrink"
    analytic = False
    examples = ({"threshold": 1.1},)

    def __init__(self, threshold: float = 0.5) -> None:
        self.threshold = number(threshold, "threshold")
        self.kinks = (-float(threshold), float(threshold))

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return choose(np.abs(z) > self.threshold, z, 0, out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return choose(np.abs(z) > self.threshold, upstream, 0, out)


class SoftShrink(Activation):
    """a = z - t where z > t, z + t where z < -t, else 0, t = threshold; f'(z) = 1 or 0, 0 at the kinks.

    `keras.activations.soft_shrink`.
    """

    name = "soft_shrink"
    analytic = False
    examples = ({"threshold": 1.1},)

    def __init__(self, threshold: float = 0.5) -> None:
        self.threshold = number(threshold, "threshold")
        self.kinks = (-float(threshold), float(threshold))

    def forward(self, z: Array, out: Array | None = None) -> Array:
        t = self.threshold
        return choose(z > t, z - t, np.where(z < -t, z + t, 0), out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return choose((z > self.threshold) | (z < -self.threshold), upstream, 0, out)


class SparseSigmoid(Activation):
    """a = (z + 1)/2 clipped to [0, 1], f'(z) = 1/2 where -1 < z < 1, else 0. `keras.activations.sparse_sigmoid`.

    The derivative of `sparse_plus`. Blondel, Martins and Niculae (2019).
    """

    name = "sparse_sigmoid"
    image = (0.0, 1.0)
    kinks = (-1.0, 1.0)
    analytic = False

    def forward(self, z: Array, out: Array | None = None) -> Array:
        a = np.add(z, 1, out=out)
        a = np.multiply(a, 0.5, out=out)
        a = np.minimum(a, 1, out=out)
        return np.maximum(a, 0, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return choose((z > -1) & (z < 1), upstream * 0.5, 0, out)


class SparsePlus(Activation):
    """a = 0 where z <= -1, (z + 1)^2/4 where -1 < z < 1, z where z >= 1; f'(z) = 0, (z + 1)/2, 1.

    The pieces join without a kink. `keras.activations.sparse_plus`.
    """

    name = "sparse_plus"
    analytic = False

    def forward(self, z: Array, out: Array | None = None) -> Array:
        middle = np.minimum(np.maximum(z, -1), 1) + 1
        return choose(z < 1, middle * middle / 4, z, out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.multiply(choose(z > -1, upstream, 0), sparse_sigmoid.forward(z), out=out)


linear: Linear = register(Linear())
relu: Relu = register(Relu())
relu6: Relu6 = register(Relu6())
leaky_relu: LeakyRelu = register(LeakyRelu())
hard_tanh: HardTanh = register(HardTanh())
hard_sigmoid: HardSigmoid = register(HardSigmoid())
hard_silu: HardSilu = register(HardSilu(), "hard_swish")
hard_shrink: HardShrink = register(HardShrink())
soft_shrink: SoftShrink = register(SoftShrink())
sparse_sigmoid: SparseSigmoid = register(SparseSigmoid())
sparse_plus: SparsePlus = register(SparsePlus())
without_defaults[Threshold.name] = Threshold


def threshold(z: Any, threshold: float, default_value: float) -> Array:
    """Return `Threshold(threshold, default_value)(z)`."""
    return Threshold(threshold, default_value)(z)

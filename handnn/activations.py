"""Activations: a = f(z) and the vector-Jacobian product that carries dL/da back to dL/dz.

`backward(upstream, z, a)` gives the residual delta = dL/dz from upstream = dL/da. For a function of one element
that is upstream * f'(z); softmax mixes the elements of a row and fits the same slot.

To add one: write a class with `forward` and `backward`, declare its kinks, register an instance. Every test, the
command line and `Dense(activation=...)` find it in the registry. `out=` is an array to write into; it never shares
memory with the inputs.
"""

from typing import Any, ClassVar

import numpy as np

from .config import floatx
from .registry import Registry, class_and_config
from .variable import Array, Variable, as_array

activations: Registry["Activation"] = Registry("activation")


class Activation:
    """Base class.

    `kinks` are the z at which f has no derivative; there `backward` returns what TensorFlow returns.
    """

    name: ClassVar[str]
    kinks: ClassVar[tuple[float, ...]] = ()
    analytic: ClassVar[bool] = True
    """Whether forward works on complex z, so that the complex step can check backward."""
    elementwise: ClassVar[bool] = True
    has_logits: ClassVar[bool] = False
    """Keras keeps z of this activation (`_keras_logits`), and its cross-entropies use z in place of a."""

    def forward(self, z: Array, out: Array | None = None) -> Array:
        raise NotImplementedError

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        raise NotImplementedError

    def __call__(self, z: Any) -> Array:
        array = as_array(z)
        keeps = array is z or isinstance(z, Variable)
        return self.forward(array if keeps and array.dtype.kind in "fc" else array.astype(floatx()))

    def __repr__(self) -> str:
        return f"handnn.activations.{self.name}"


class Linear(Activation):
    """a = z, f'(z) = 1. Returns its argument itself, no copy. `keras.activations.linear`."""

    name = "linear"

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return z

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return upstream


class Relu(Activation):
    """a = max(z, 0), f'(z) = 1 where z > 0, else 0; at z = 0 TensorFlow takes 0. `keras.activations.relu`."""

    name = "relu"
    kinks = (0.0,)
    analytic = False

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.maximum(z, 0, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.multiply(upstream, z > 0, out=out)


class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)), f'(z) = a (1 - a). `keras.activations.sigmoid`.

    exp(-z) overflows to infinity for very negative z, and 1 / infinity = 0 is then the right answer.
    """

    name = "sigmoid"
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

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.tanh(z, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        delta = np.multiply(a, a, out=out)
        np.subtract(1, delta, out=delta)
        delta *= upstream
        return delta


class Softmax(Activation):
    """a_j = exp(z_j) / sum_k exp(z_k) over the last axis. `keras.activations.softmax`.

    da_j/dz_k = a_j ([j = k] - a_k), so delta_k = a_k (upstream_k - sum_j upstream_j a_j).
    The row's maximum is taken off first: it changes nothing and keeps exp from overflowing.
    """

    name = "softmax"
    elementwise = False
    has_logits = True

    def forward(self, z: Array, out: Array | None = None) -> Array:
        a = np.subtract(z, np.max(z, axis=-1, keepdims=True), out=out)
        np.exp(a, out=a)
        a /= np.sum(a, axis=-1, keepdims=True)
        return a

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        delta = np.multiply(upstream, a, out=out)
        common = np.sum(delta, axis=-1, keepdims=True)
        np.subtract(upstream, common, out=delta)
        delta *= a
        return delta


linear = activations.add(Linear(), "linear")
relu = activations.add(Relu(), "relu")
sigmoid = activations.add(Sigmoid(), "sigmoid")
tanh = activations.add(Tanh(), "tanh")
softmax = activations.add(Softmax(), "softmax")


def get(identifier: Any) -> Activation:
    """Return an activation from a name, a Keras config, an instance or None (linear)."""
    if identifier is None:
        return linear
    if isinstance(identifier, Activation):
        return identifier
    if isinstance(identifier, dict):
        identifier = class_and_config(identifier, "activation")[0]
    if isinstance(identifier, str):
        return activations[identifier]
    raise TypeError(f"activation must be a name or an Activation; received {type(identifier).__name__}")


def serialize(activation: Activation) -> str:
    """Return Keras' serialised form: the name."""
    return activation.name

"""Activations that mix the elements of a row, or of any axis: softmax, its logarithm, sparsemax, glu."""

from typing import Any

import numpy as np

from ..core.rows import largest, summed
from ..core.variable import Array
from .base import Activation, axes, one_axis, register
from .smooth import sigmoid


class Softmax(Activation):
    """a_j = exp(z_j) / sum_k exp(z_k) over the last axis. `keras.activations.softmax`.

    da_j/dz_k = a_j ([j = k] - a_k), so delta_k = a_k (upstream_k - sum_j upstream_j a_j).
    The row's maximum is subtracted first: a stays the same, and exp cannot overflow.

    `axis` may be another axis, several, or None for all. docs/derivations/softmax.md.
    """

    name = "softmax"
    image = (0.0, 1.0)
    elementwise = False
    has_logits = True
    examples = ({"axis": 0}, {"axis": (0, 1)}, {"axis": None})
    layer = "Softmax"

    def __init__(self, axis: Any = -1) -> None:
        self.axis = axes(axis)

    def forward(self, z: Array, out: Array | None = None) -> Array:
        a = np.subtract(z, largest(z, self.axis), out=out)
        np.exp(a, out=a)
        a /= summed(a, self.axis)
        return a

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        # delta = a * (upstream - sum(upstream * a))
        delta = np.multiply(upstream, a, out=out)
        common = np.sum(delta, axis=self.axis, keepdims=True)
        np.subtract(upstream, common, out=delta)
        delta *= a
        return delta


class LogSoftmax(Activation):
    """a_j = z_j - log sum_k exp(z_k), delta_k = upstream_k - exp(a_k) sum_j upstream_j.

    `keras.activations.log_softmax`. With m the row's maximum, c its number of occurrences, and a sum over the others,

        log sum_k exp(z_k) = m + log c + log(1 + 1/c sum_(z_k < m) exp(z_k - m)).

    If one class has almost all the probability, its a = -log(1 + something small) keeps its digits. Keras takes log of
    the sum and loses all digits of |a| < 6e-8 in float32. `axis` as for softmax.
    """

    name = "log_softmax"
    elementwise = False
    examples = ({"axis": 0}, {"axis": (0, 1)}, {"axis": None})

    def __init__(self, axis: Any = -1) -> None:
        self.axis = axes(axis)

    def forward(self, z: Array, out: Array | None = None) -> Array:
        below = z - largest(z, self.axis)
        top = below == 0
        count = np.sum(np.where(top, np.ones((), z.dtype), 0), axis=self.axis, keepdims=True)
        others = np.sum(np.where(top, 0, np.exp(below)), axis=self.axis, keepdims=True)
        return np.subtract(below - np.log(count), np.log1p(others / count), out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        common = np.sum(upstream, axis=self.axis, keepdims=True)
        return np.subtract(upstream, np.exp(a) * common, out=out)

    def keras_forward(self, z: Array) -> Array:
        below = z - np.max(z, axis=self.axis, keepdims=True)
        return below - np.log(np.sum(np.exp(below), axis=self.axis, keepdims=True))


class Sparsemax(Activation):
    """The projection of z onto the probability simplex: a_j = max(z_j - tau, 0), with tau such that sum_j a_j = 1.

    With z in descending order, tau = max_j (z_(1) + ... + z_(j) - 1)/j; the maximizing j is k, the size of the support
    S = {a > 0}. On S, delta_j = upstream_j - 1/k sum_(i in S) upstream_i; elsewhere 0.
    docs/derivations/sparsemax.md. `keras.activations.sparsemax`. Martins and Astudillo (2016).

    Keras 3.15 adds the first k cumulative sums instead of taking the k-th, so it is wrong unless k = 1.
    """

    name = "sparsemax"
    image = (0.0, 1.0)
    elementwise = False
    examples = ({"axis": 0},)
    keras_wrong = "its threshold adds up cumulative sums, which is wrong where two or more elements are above 0"

    def __init__(self, axis: int = -1) -> None:
        self.axis = one_axis(axis)

    def forward(self, z: Array, out: Array | None = None) -> Array:
        # Subtracting the maximum does not change a. Elements more than 1 below it get 0, so clip at -2.
        below = np.maximum(z - np.max(z, axis=self.axis, keepdims=True), -2)
        down = np.sort(np.moveaxis(below, self.axis, -1), axis=-1)[..., ::-1]
        j = np.arange(1, down.shape[-1] + 1).astype(z.dtype)
        tau = np.max((np.cumsum(down, axis=-1) - 1) / j, axis=-1, keepdims=True)
        return np.maximum(below - np.moveaxis(tau, -1, self.axis), 0, out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        inside = np.where(a > 0, np.ones((), a.dtype), 0)
        k = np.sum(inside, axis=self.axis, keepdims=True)
        mean = np.sum(upstream * inside, axis=self.axis, keepdims=True) / np.maximum(k, 1)  # k = 0: wrong a of Keras
        return np.multiply(upstream - mean, inside, out=out)

    def keras_forward(self, z: Array) -> Array:
        tau = np.max(z, axis=self.axis, keepdims=True) - 1  # where k = 1
        return np.maximum(z - tau, 0)

    def keras_right(self, z: Array) -> Array | None:
        top = np.max(z, axis=self.axis, keepdims=True)
        alone = np.sum(z >= top - 1, axis=self.axis, keepdims=True) == 1
        return np.broadcast_to(alone & (np.abs(top) < 1 / np.finfo(z.dtype).eps), z.shape)


class Glu(Activation):
    """a = u s, s = sigmoid(v), with z = [u, v] split in halves along the axis. `keras.activations.glu`.

    delta = [du, dv] with du = upstream s, dv = du u (1 - s). docs/derivations/glu.md. Dauphin et al. (2017).

    Keras' Dense and Activation do not account for the halved width, so there it works only in the last layer.

    Raises:
        ValueError: z has an odd size along the axis.
    """

    name = "glu"
    elementwise = False
    examples = ({"axis": 1},)

    def __init__(self, axis: int = -1) -> None:
        self.axis = one_axis(axis)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape with half the size along the axis; raise ValueError for an odd size."""
        halved = list(shape)
        size = halved[self.axis]
        if size is not None:
            if size % 2:
                raise ValueError(f"glu needs an even size along axis {self.axis}; received shape {tuple(shape)}")
            halved[self.axis] = size // 2
        return tuple(halved)

    def _halves(self, z: Array) -> tuple[Array, Array]:
        middle = self.compute_output_shape(z.shape)[self.axis]
        before = (slice(None),) * (self.axis % z.ndim)
        return z[(*before, slice(None, middle))], z[(*before, slice(middle, None))]

    def forward(self, z: Array, out: Array | None = None) -> Array:
        u, v = self._halves(z)
        return np.multiply(u, sigmoid.forward(v), out=out)

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        u, v = self._halves(z)
        s = sigmoid.forward(v)
        du = upstream * s
        return np.concatenate([du, du * u * (1 - s)], axis=self.axis, out=out)

    def keras_backward(self, upstream: Array, z: Array, a: Array) -> Array:
        """dv = (upstream u) s (1 - s), whose product may overflow."""
        u, v = self._halves(z)
        s = sigmoid.forward(v)
        return np.concatenate([upstream * s, upstream * u * s * (1 - s)], axis=self.axis)


softmax: Softmax = register(Softmax())
log_softmax: LogSoftmax = register(LogSoftmax())
sparsemax: Sparsemax = register(Sparsemax())
glu: Glu = register(Glu())

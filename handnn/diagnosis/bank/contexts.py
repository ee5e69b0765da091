"""What a mistake may read: the tensors of a layer, an activation on its own, a loss on its own."""

import copy
from typing import Any

import numpy as np

from ...activations import Activation, activations
from ...core.naming import snake_case


class LayerContext:
    """A layer of a network, its tensors so far, and those of the other layers.

    Attributes:
        layer: its number from 0; `last` is the output layer's. N samples, K outputs.
        x, z, a, W, b, upstream, delta, dW, db: of this layer, None before they are computed. slopes: dL/da or dL/dz of
            the output layer.
        f: the activation. y: the targets. fused: whether the loss works on z of the output layer.
        layers: this record for every layer.
    """

    x: Any = None
    z: Any = None
    a: Any = None
    slopes: Any = None
    upstream: Any = None
    delta: Any = None
    dW: Any = None
    db: Any = None
    y: Any = None
    loss: Any = None

    def __init__(self, problem: Any, layer: int, layers: list["LayerContext"]) -> None:
        network = problem.network
        self.layer, self.last, self.layers = layer, network.depth - 1, layers
        self.W, self.b, self.y = problem.kernels[layer], problem.biases[layer], problem.y
        self.f, self.N, self.K = network.activations[layer], problem.samples, problem.outputs
        self.loss, self.fused, self.l2 = network.head, network.fused, network.l2

    def copy(self, layers: list["LayerContext"]) -> "LayerContext":
        """Return the same record in another pass."""
        other = copy.copy(self)
        other.layers = layers
        return other

    @property
    def output(self) -> bool:
        return self.layer == self.last


class ActivationContext:
    """An activation on its own: f, z, a = f(z), upstream; `other` is another activation. Named as in LayerContext."""

    fused, layer, l2 = False, 0, 0.0
    output = True  # no layer is above

    def __init__(self, f: Activation, z: Any, upstream: Any, other: Activation | None = None) -> None:
        self.f, self.z, self.upstream, self.a = f, z, upstream, f.forward(z)
        self.other = other or activations["sigmoid" if f.name == "tanh" else "tanh"]
        self.N, self.K, self.layers = len(z), z.shape[-1], [self]


class LossContext:
    """A loss on its own: y = y_true, p = y_pred, e = p - y, N samples, K outputs. Named as in LayerContext."""

    layer, last, l2, output, upstream = 0, 0, 0.0, True, None

    def __init__(self, loss: Any, y: Any, p: Any, samples: int) -> None:
        self.loss, self.y, self.p, self.fused = loss, y, p, loss.from_logits
        self.name, self.delta = snake_case(type(loss).__name__), float(getattr(loss, "delta", 1.0))
        self.z = self.a = p
        self.N, self.K, self.layers = samples, p.shape[-1], [self]

    @property
    def e(self) -> Any:
        return self.p - self.y

    @property
    def one_hot(self) -> Any:
        return np.eye(self.K)[self.y] if self.y.dtype.kind == "i" else self.y

"""What a planted step may read."""

from typing import Any, Protocol

from ....core.variable import Array


class Problem(Protocol):
    """A network with weights and a batch: `network.problem.Problem`."""

    @property
    def network(self) -> Any: ...
    @property
    def y(self) -> Array: ...
    @property
    def kernels(self) -> tuple[Array, ...]: ...
    @property
    def biases(self) -> tuple[Array, ...]: ...
    @property
    def samples(self) -> int: ...
    @property
    def outputs(self) -> int: ...


class At:
    """What a step may read: the tensors of its layer so far, and of the others.

    Attributes:
        layer: its number from 0; `last` is the output layer's. N samples, K outputs.
        x, z, a, W, b, upstream, delta: of this layer, None before they are computed. slopes: of the output layer.
        f: the activation. y: the targets. fused: whether the loss works on z of the output layer.
        layers: this record for every layer.
    """

    __slots__ = (
        "K",
        "N",
        "W",
        "a",
        "b",
        "dW",
        "db",
        "delta",
        "f",
        "fused",
        "l2",
        "last",
        "layer",
        "layers",
        "loss",
        "slopes",
        "upstream",
        "x",
        "y",
        "z",
    )

    def __init__(self, problem: Problem, layer: int, layers: list["At"]) -> None:
        network = problem.network
        self.layer, self.last, self.layers = layer, network.depth - 1, layers
        self.W: Any = problem.kernels[layer]
        self.b: Any = problem.biases[layer]
        self.f, self.y, self.N, self.K = network.activations[layer], problem.y, problem.samples, problem.outputs
        self.loss, self.fused, self.l2 = network.head, network.fused, network.l2
        self.x: Any = None
        self.z: Any = None
        self.a: Any = None
        self.slopes: Any = None
        self.upstream: Any = None
        self.delta: Any = None
        self.dW: Any = None
        self.db: Any = None

    def copy(self, layers: list["At"]) -> "At":
        """Return the same record in another pass."""
        other = object.__new__(At)
        for name in At.__slots__:
            setattr(other, name, getattr(self, name))
        other.layers = layers
        return other

    @classmethod
    def of_layer(cls, x: Array, W: Array, b: Array, f: Any, upstream: Array) -> "At":
        """Return the record of a hidden layer by itself: its input, its weights and the dL/da that reaches it."""
        at = object.__new__(At)
        for name in At.__slots__:
            setattr(at, name, None)
        at.layer, at.last, at.layers, at.fused, at.l2 = 1, 2, [], False, 0.0
        at.x, at.W, at.b, at.f, at.upstream, at.N, at.K = x, W, b, f, upstream, len(x), W.shape[1]
        return at

    @property
    def output(self) -> bool:
        return self.layer == self.last

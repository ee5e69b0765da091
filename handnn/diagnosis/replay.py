"""Backpropagation written out step by step, so that any one step can be replaced by a known mistake.

    forward    z = a_prev @ W + b        a = f(z)
    loss       values, loss
    backward   slopes (dL/da of the output, or dL/dz where the loss is fused with it)
               delta = upstream * f'(z)   dW = a_prev.T @ delta   db = sum of delta   dx = delta @ W.T

The formulas of f and of the loss are handnn's own; `Plant` says which step of which layer is done otherwise.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..variable import Array
from .problem import Problem

if TYPE_CHECKING:
    from .bank import Mistake

FORWARD = ("z", "a", "values", "loss")
BACKWARD = ("slopes", "delta", "dW", "db", "dx")


class At:
    """What a step may read: the tensors of its layer so far, and of the others.

    Attributes:
        layer: its number from 0; `last` is the output layer's. N samples, K outputs.
        x, z, a, W, b, upstream, delta: of this layer, None before they are computed.
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
        self.upstream: Any = None
        self.delta: Any = None
        self.dW: Any = None
        self.db: Any = None

    @property
    def output(self) -> bool:
        return self.layer == self.last


class Plant(NamedTuple):
    """A mistake in one layer, or with layer None in every layer where it applies."""

    mistake: "Mistake"
    layer: int | None = None

    def __str__(self) -> str:
        return self.mistake.name if self.layer is None else f"{self.mistake.name} in layer {self.layer + 1}"


class Result(NamedTuple):
    """The loss and dW, db of every layer, first layer first; `layers` hold the other tensors."""

    loss: Any
    kernels: list[Any]
    biases: list[Any]
    layers: list[At]

    def tensors(self) -> list[tuple[str, int, Any]]:
        """Return (kind, layer, array) in the order of backpropagation, the last layer first."""
        found: list[tuple[str, int, Any]] = []
        for layer in reversed(range(len(self.kernels))):
            found += [("dW", layer, self.kernels[layer]), ("db", layer, self.biases[layer])]
        return found


class UnlikeError(Exception):
    """A replay was given up, because a tensor is not the one that was looked for."""


def replay(
    problem: Problem,
    plants: Sequence[Plant] = (),
    cast: Callable[[Any], Any] = np.asarray,
    right: Result | None = None,
    expect: Callable[[str, int, Any], bool] | None = None,
) -> Result:
    """Run the whole pass with these mistakes in it.

    Args:
        problem: network, weights and samples. plants: what is done otherwise.
        cast: makes the arrays of weights and samples; they are float64 otherwise.
        right: the pass without mistakes; where it is given, what no mistake reaches is taken from it.
        expect: is asked about loss, dW and db as they come (kind, layer, array); its first no raises UnlikeError.
    """
    by_step: dict[str, list[Plant]] = {}
    for plant in plants:
        by_step.setdefault(plant.mistake.step, []).append(plant)

    def step(name: str, at: At, right: Any) -> Any:
        for mistake, layer in by_step.get(name, ()):
            if (layer is None or layer == at.layer) and mistake.applies(at):
                right = mistake.wrong(at, right)
        return right

    layers: list[At] = []
    for i in range(problem.network.depth):
        layers.append(At(problem, i, layers))
    top = layers[-1]
    if right is not None and not any(name in by_step for name in FORWARD):
        for at, own in zip(layers, right.layers, strict=True):
            at.W, at.b, at.y, at.x, at.z, at.a = own.W, own.b, own.y, own.x, own.z, own.a
        loss = right.loss
    else:
        y = problem.y if problem.y.dtype.kind == "i" else cast(problem.y)
        a = cast(problem.x)
        for at in layers:
            at.W, at.b, at.y = cast(at.W), cast(at.b), y
            at.x = a
            at.z = step("z", at, np.dot(at.x, at.W) + at.b)
            a = at.a = step("a", at, at.f.forward(at.z))
        loss = step("loss", top, _loss(problem, step("values", top, _values(top)), layers))
    if expect is not None and not expect("loss", -1, loss):
        raise UnlikeError
    slopes = step("slopes", top, top.loss.slopes(top.y, top.z if top.fused else top.a) / top.N)
    for at in reversed(layers):
        if at.output:
            at.upstream = None if at.fused else slopes
        at.delta = step("delta", at, slopes if at.output and at.fused else at.f.backward(at.upstream, at.z, at.a))
        at.dW = step("dW", at, _with_l2(problem, np.dot(at.x.T, at.delta), at.W))
        at.db = step("db", at, at.delta.sum(axis=0))
        if expect is not None and not (expect("dW", at.layer, at.dW) and expect("db", at.layer, at.db)):
            raise UnlikeError
        if at.layer:
            layers[at.layer - 1].upstream = step("dx", at, np.dot(at.delta, at.W.T))
    return Result(loss, [at.dW for at in layers], [at.db for at in layers], layers)


def _values(top: At) -> Any:
    return top.loss.values(top.y, top.z if top.fused else top.a)


def _loss(problem: Problem, values: Any, layers: list[At]) -> Any:
    """Return the mean over the samples, and l2 times the sum of the squared kernels."""
    loss = values.sum() / values.size
    if problem.network.l2:
        loss = loss + sum((at.W * at.W).sum() for at in layers) * problem.network.l2
    return loss


def _with_l2(problem: Problem, dW: Array, W: Array) -> Any:
    return dW + 2 * problem.network.l2 * W if problem.network.l2 else dW

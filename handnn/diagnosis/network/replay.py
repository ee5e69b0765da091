"""Backpropagation written out step by step, so that any one step can be replaced by a known mistake.

    forward    z = a_prev @ W + b        a = f(z)
    loss       values, loss
    backward   slopes (dL/da of the output, or dL/dz where the loss is fused with it)
               delta = upstream * f'(z)   dW = a_prev.T @ delta   db = sum of delta   dx = delta @ W.T

The formulas of f and of the loss are handnn's own; `Planted` says which step of which layer is done otherwise.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..bank.base import Mistake
from ..bank.contexts import LayerContext
from .problem import Problem

FORWARD = ("z", "a", "values", "loss")
BACKWARD = ("slopes", "delta", "dW", "db", "dx")


class Planted(NamedTuple):
    """A mistake in one layer, or with layer None in every layer where it applies."""

    mistake: Mistake
    layer: int | None = None

    def __str__(self) -> str:
        return self.mistake.name if self.layer is None else f"{self.mistake.name} in layer {self.layer + 1}"


class Result(NamedTuple):
    """The loss and dW, db of every layer in handnn's notation, first layer first; of a pass, or of a user's function.

    `loss` is None if a function returned gradients only; `layers` hold the other tensors of a pass.
    """

    loss: Any
    kernels: list[Any]
    biases: list[Any]
    layers: list[LayerContext] = []  # noqa: RUF012 (never changed)

    def tensors(self) -> list[tuple[str, int, Any]]:
        """Return (kind, layer, array) in the order of backpropagation, the last layer first."""
        found: list[tuple[str, int, Any]] = []
        for layer in reversed(range(len(self.kernels))):
            found += [("dW", layer, self.kernels[layer]), ("db", layer, self.biases[layer])]
        return found

    def scaled(self, factor: float) -> "Result":
        """Return loss and gradients multiplied by a constant."""
        loss = None if self.loss is None else self.loss * factor
        return Result(loss, [k * factor for k in self.kernels], [b * factor for b in self.biases])

    def numbers(self) -> "Result":
        """Return loss and gradients in float64."""
        kernels, biases = ([np.asarray(a, "float64") for a in arrays] for arrays in (self.kernels, self.biases))
        return Result(float(np.asarray(self.loss)), kernels, biases)


class UnlikeError(Exception):
    """A replay was given up, because a tensor is not the one that was looked for."""


Expect = Callable[[str, int, Any], bool]


def replay(
    problem: Problem,
    plants: Sequence[Planted] = (),
    cast: Callable[[Any], Any] = np.asarray,
    base: Result | None = None,
    expect: Expect = lambda kind, layer, tensor: True,
) -> Result:
    """Run the whole pass with these mistakes in it.

    Args:
        problem: network, weights and samples. plants: what is done otherwise.
        cast: makes the arrays of weights and samples; they are float64 otherwise.
        base: the right pass; what no mistake in the backward part reaches is taken from it.
        expect: is asked about the loss, each dW and db (kind, layer, array); its first no raises UnlikeError.
    """

    def step(name: str, at: LayerContext, right: Any) -> Any:
        for mistake, layer in plants:
            if mistake.step == name and layer in (None, at.layer) and mistake.applies(at):
                right = mistake.wrong(at, right)
        return right

    def expected(kind: str, layer: int, tensor: Any) -> Any:
        if not expect(kind, layer, tensor):
            raise UnlikeError
        return tensor

    moved = base is None or any(plant.mistake.step in FORWARD for plant in plants)
    layers: list[LayerContext] = []
    if moved or base is None:
        layers += [LayerContext(problem, i, layers) for i in range(problem.network.depth)]
        _forward(problem, layers, step, cast)
        loss = _loss(problem, layers, step)
    else:
        layers += [at.copy(layers) for at in base.layers]
        loss = base.loss
    expected("loss", -1, loss)
    top = layers[-1]
    top.slopes = step("slopes", top, top.loss.derivatives(top.y, top.z if top.fused else top.a) / top.N)
    top.upstream = None if top.fused else top.slopes
    for i in reversed(range(len(layers))):
        at = layers[i]
        at.delta = step("delta", at, at.slopes if at.output and at.fused else at.f.backward(at.upstream, at.z, at.a))
        dW = np.dot(at.x.T, at.delta)
        at.dW = expected("dW", i, step("dW", at, dW + 2 * at.l2 * at.W if at.l2 else dW))
        at.db = expected("db", i, step("db", at, at.delta.sum(axis=0)))
        if i:
            layers[i - 1].upstream = step("dx", at, np.dot(at.delta, at.W.T))
    return Result(loss, [at.dW for at in layers], [at.db for at in layers], layers)


def _forward(problem: Problem, layers: list[LayerContext], step: Callable[..., Any], cast: Callable[..., Any]) -> None:
    x, y = cast(problem.x), problem.y if problem.y.dtype.kind == "i" else cast(problem.y)
    for at in layers:
        at.W, at.b, at.y, at.x = cast(at.W), cast(at.b), y, x
        at.z = step("z", at, np.dot(at.x, at.W) + at.b)
        x = at.a = step("a", at, at.f.forward(at.z))


def _loss(problem: Problem, layers: list[LayerContext], step: Callable[..., Any]) -> Any:
    """Return the mean over the samples, and l2 times the sum of the squared kernels."""
    top = layers[-1]
    values = step("values", top, top.loss.values(top.y, top.z if top.fused else top.a))
    loss = values.sum() / values.size
    if problem.network.l2:
        loss = loss + sum((at.W * at.W).sum() for at in layers) * problem.network.l2
    return step("loss", top, loss)

"""Backpropagation written out step by step, so that any one step can be replaced by a known mistake.

    forward    z = a_prev @ W + b        a = f(z)
    loss       values, loss
    backward   slopes (dL/da of the output, or dL/dz where the loss is fused with it)
               delta = upstream * f'(z)   dW = a_prev.T @ delta   db = sum of delta   dx = delta @ W.T

The formulas of f and of the loss are handnn's own; `Plant` says which step of which layer is done otherwise.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array
from ..bank.base import Mistake
from ..bank.contexts import LayerContext
from .problem import Problem

FORWARD = ("z", "a", "values", "loss")
BACKWARD = ("slopes", "delta", "dW", "db", "dx")


class Plant(NamedTuple):
    """A mistake in one layer, or with layer None in every layer where it applies."""

    mistake: Mistake
    layer: int | None = None

    def __str__(self) -> str:
        return self.mistake.name if self.layer is None else f"{self.mistake.name} in layer {self.layer + 1}"


class Result(NamedTuple):
    """The loss and dW, db of every layer, first layer first; `layers` hold the other tensors."""

    loss: Any
    kernels: list[Any]
    biases: list[Any]
    layers: list[LayerContext]

    def tensors(self) -> list[tuple[str, int, Any]]:
        """Return (kind, layer, array) in the order of backpropagation, the last layer first."""
        found: list[tuple[str, int, Any]] = []
        for layer in reversed(range(len(self.kernels))):
            found += [("dW", layer, self.kernels[layer]), ("db", layer, self.biases[layer])]
        return found


class UnlikeError(Exception):
    """A replay was given up, because a tensor is not the one that was looked for."""


Expect = Callable[[str, int, Any], bool]


def replay(
    problem: Problem,
    plants: Sequence[Plant] = (),
    cast: Callable[[Any], Any] = np.asarray,
    base: Result | None = None,
    fresh: Sequence[Plant] | None = None,
    expect: Expect = lambda kind, layer, tensor: True,
) -> Result:
    """Run the whole pass with these mistakes in it.

    Args:
        problem: network, weights and samples. plants: what is done otherwise.
        cast: makes the arrays of weights and samples; they are float64 otherwise.
        base: a pass with all plants but those in `fresh` (all of them if that is not given); what the fresh ones
            do not reach is taken from it.
        expect: is asked about each loss, dW and db that is computed (kind, layer, array); its first no raises
            UnlikeError.
    """
    return _Pass(problem, plants, cast, base, plants if fresh is None else fresh, expect).result()


class _Pass:
    def __init__(
        self,
        problem: Problem,
        plants: Sequence[Plant],
        cast: Callable[[Any], Any],
        base: Result | None,
        fresh: Sequence[Plant],
        expect: Expect,
    ) -> None:
        self.problem, self.plants, self.cast, self.base, self.fresh, self.expect = (
            problem, plants, cast, base, fresh, expect
        )  # fmt: skip
        self.layers: list[LayerContext] = [] if base is None else list(base.layers)
        if base is None:
            for i in range(problem.network.depth):
                self.layers.append(LayerContext(problem, i, self.layers))

    def result(self) -> Result:
        depth = self.problem.network.depth
        if self.base is None:
            lowest = 0
        else:
            lowest = min((p.layer or 0 for p in self.fresh if p.mistake.step in ("z", "a")), default=depth)
        loss = self.forward(lowest)
        self.backward(moved=lowest < depth)
        return Result(loss, [at.dW for at in self.layers], [at.db for at in self.layers], self.layers)

    def step(self, name: str, at: LayerContext, right: Any) -> Any:
        for mistake, layer in self.plants:
            if mistake.step == name and (layer is None or layer == at.layer) and mistake.applies(at):
                right = mistake.wrong(at, right)
        return right

    def planted(self, name: str, layer: int) -> bool:
        """Return whether a fresh mistake may be in this step."""
        return any(plant.mistake.step == name and plant.layer in (None, layer) for plant in self.fresh)

    def own(self, i: int) -> LayerContext:
        """Return a layer's record to be written to."""
        if self.base is not None and self.layers[i] is self.base.layers[i]:
            self.layers[i] = self.layers[i].copy(self.layers)
        return self.layers[i]

    def forward(self, lowest: int) -> Any:
        """Compute the layers from `lowest` on, and the loss."""
        problem = self.problem
        if self.base is None:
            y = problem.y if problem.y.dtype.kind == "i" else self.cast(problem.y)
            for at in self.layers:
                at.W, at.b, at.y = self.cast(at.W), self.cast(at.b), y
            self.layers[0].x = self.cast(problem.x)
        for i in range(lowest, problem.network.depth):
            at = self.own(i)
            at.x = at.x if i == lowest else self.layers[i - 1].a
            at.z = self.step("z", at, np.dot(at.x, at.W) + at.b)
            at.a = self.step("a", at, at.f.forward(at.z))
        top = self.layers[-1]
        new = lowest <= top.last or any(plant.mistake.step in ("values", "loss") for plant in self.fresh)
        if self.base is not None and not new:
            return self.base.loss
        loss = self.step("loss", top, _loss(problem, self.step("values", top, _values(top)), self.layers))
        if not self.expect("loss", -1, loss):
            raise UnlikeError
        return loss

    def backward(self, moved: bool) -> None:
        """Compute what has changed; `moved`: the forward pass has, and with it everything."""
        last, everything = len(self.layers) - 1, moved or self.base is None
        changed = everything or self.planted("slopes", last)
        if changed:
            top = self.own(last)
            top.slopes = self.step("slopes", top, top.loss.derivatives(top.y, top.z if top.fused else top.a) / top.N)
            top.upstream = None if top.fused else top.slopes
        for i in reversed(range(last + 1)):
            changed = self._layer(i, changed, everything)

    def _layer(self, i: int, changed: bool, everything: bool) -> bool:
        """Compute one layer's delta, dW, db and dx where something new is in them; return whether dx has changed."""
        if not changed and not any(self.planted(name, i) for name in BACKWARD):
            return False
        at = self.own(i)
        changed = changed or self.planted("delta", i)
        if changed:
            fused = at.output and at.fused
            at.delta = self.step("delta", at, at.slopes if fused else at.f.backward(at.upstream, at.z, at.a))
        if changed or self.planted("dW", i):
            at.dW = self.step("dW", at, _with_l2(self.problem, np.dot(at.x.T, at.delta), at.W))
            if not self.expect("dW", i, at.dW):
                raise UnlikeError
        if changed or self.planted("db", i):
            at.db = self.step("db", at, at.delta.sum(axis=0))
            if not self.expect("db", i, at.db):
                raise UnlikeError
        if not i or not (changed or self.planted("dx", i)):
            return everything
        self.own(i - 1).upstream = self.step("dx", at, np.dot(at.delta, at.W.T))
        return True


def _values(top: LayerContext) -> Any:
    return top.loss.values(top.y, top.z if top.fused else top.a)


def _loss(problem: Problem, values: Any, layers: list[LayerContext]) -> Any:
    """Return the mean over the samples, and l2 times the sum of the squared kernels."""
    loss = values.sum() / values.size
    if problem.network.l2:
        loss = loss + sum((at.W * at.W).sum() for at in layers) * problem.network.l2
    return loss


def _with_l2(problem: Problem, dW: Array, W: Array) -> Any:
    return dW + 2 * problem.network.l2 * W if problem.network.l2 else dW

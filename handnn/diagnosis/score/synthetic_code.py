"""Derivations as other people would write them: any convention, any mistake planted. The checks are tried on these."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.variable import Array
from ..bank import Mistake
from ..bank.rules import Written
from ..network.problem import Network, Problem
from ..network.replay import Planted, replay


@dataclass(frozen=True)
class Convention:
    """What an author takes: one of `network.layout.CHOICES` each."""

    samples: str = "rows"
    kernel: str = "inputs_units"
    bias: str = "flat"
    bias_sign: str = "added"
    folded: str = "no"
    labels: str = "as drawn"
    parameters: str = "list"


CONTAINERS = ("list", "tuple", "dict", "pairs", "vector")
"""How gradients are returned."""


def written(
    network: Network,
    convention: Convention | None = None,
    plants: Sequence[Planted] = (),
    factor: Callable[[int, int], float] = lambda n, k: 1.0,
    container: str = "list",
    with_loss: bool = True,
) -> Callable[[Any, Array, Array], Any]:
    """Return a function of (parameters, x, y) that computes loss and gradients in this convention with these mistakes.

    Args:
        factor: of N and K; what the loss, and with it every gradient, is multiplied by.
        container: one of `CONTAINERS`. with_loss: whether the loss is returned beside the gradients.
    """
    own = convention or Convention()

    def function(parameters: Any, x: Array, y: Array) -> Any:
        problem = _problem(network, own, parameters, x, y)
        result = replay(problem, plants, cast=lambda array: np.asarray(array, x.dtype))
        scale = x.dtype.type(factor(problem.samples, problem.outputs))
        gradients = []
        for dW, db in zip(result.kernels, result.biases, strict=True):
            gradients += _back(own, dW * scale, db * scale)
        loss = result.loss * scale
        packed = _packed(gradients, container, own)
        return (loss, packed) if with_loss else packed

    return function


def _problem(network: Network, own: Convention, parameters: Any, x: Array, y: Array) -> Problem:
    """Return what the function was given, in handnn's notation."""
    if own.samples == "columns":
        x, y = x.T, y.T
    flat = _arrays(network, own, parameters)
    kernels, biases = [], []
    if own.folded != "no":
        for joined in flat:
            rows = joined if own.kernel == "inputs_units" else joined.T
            kernels.append(rows[1:] if own.folded == "first" else rows[:-1])
            biases.append(rows[0] if own.folded == "first" else rows[-1])
    else:
        kernels = [W if own.kernel == "inputs_units" else W.T for W in flat[::2]]
        biases = [b.reshape(-1) for b in flat[1::2]]
    if own.bias_sign == "subtracted":
        biases = [-b for b in biases]
    loss = network.loss
    if own.labels == "integers" and loss.targets == "one_hot":
        y = np.eye(network.widths[-1], dtype=x.dtype)[y]
    elif own.labels == "one_hot" and loss.targets == "labels":
        y = y.argmax(axis=-1)
    cast = replace(network, loss=type(loss)(**(loss.get_config() | {"dtype": x.dtype.name})))
    return Problem(cast, tuple(kernels), tuple(biases), x, y, x.dtype.name)


def _arrays(network: Network, own: Convention, parameters: Any) -> list[Array]:
    if own.parameters == "list":
        return list(parameters)
    if own.parameters == "pairs" and own.folded == "no":
        return [array for W, b in parameters for array in (W, b)]
    if own.parameters == "pairs":
        return list(parameters)
    found, start = [], 0
    for inputs, units in zip(network.widths, network.widths[1:], strict=False):
        extra = int(own.folded != "no")
        shape = (inputs + extra, units) if own.kernel == "inputs_units" else (units, inputs + extra)
        shapes = [shape] if extra else [shape, (units,)]
        for one in shapes:
            size = int(np.prod(one))
            found.append(parameters[start : start + size].reshape(one))
            start += size
    return found


def _back(own: Convention, dW: Array, db: Array) -> list[Array]:
    """Return one layer's gradients in the author's convention."""
    if own.bias_sign == "subtracted":
        db = -db
    if own.folded != "no":
        rows = np.concatenate([db[np.newaxis], dW] if own.folded == "first" else [dW, db[np.newaxis]])
        return [rows if own.kernel == "inputs_units" else rows.T]
    if db.ndim == 1 and own.bias != "flat":
        db = db[np.newaxis] if own.bias == "row" else db[:, np.newaxis]
    elif db.ndim == 2 and own.samples == "columns":
        db = db.T
    return [dW if own.kernel == "inputs_units" else dW.T, db]


def _packed(gradients: list[Array], container: str, own: Convention) -> Any:
    if container == "tuple":
        return tuple(gradients)
    if container == "vector" and own.parameters == "flat":
        return np.concatenate([gradient.reshape(-1) for gradient in gradients])
    if container == "dict":
        kinds = ("W",) if own.folded != "no" else ("W", "b")
        return {f"d{kinds[i % len(kinds)]}{i // len(kinds) + 1}": g for i, g in enumerate(gradients)}
    if container == "pairs" and own.folded == "no":
        return [(gradients[i], gradients[i + 1]) for i in range(0, len(gradients), 2)]
    return gradients


# ---- optimizers ------------------------------------------------------------------------------------------------------


def stepping(rule: str, h: dict[str, Any], plants: Sequence[Mistake] = ()) -> type:
    """Return a class of optimizers with a method step(params, grads) that makes these mistakes.

    Args:
        rule: its name in `bank.optimizer.rules`. h: hyperparameters by Keras' names.
    """

    class Author:
        def __init__(self) -> None:
            self.written = Written(rule, h, plants)

        def step(self, params: list[Array], grads: list[Array]) -> list[Array]:
            return [np.asarray(x) for x in self.written.step(params, grads)]

    return Author

"""What stands where in Keras' HDF5 file.

    vars                                     the model itself: no arrays
    layers/dense/vars/0, 1                   kernel and bias of the first Dense
    layers/dense_1/vars/0, 1                 of the second: counted by class, whatever the layers' names are
    optimizer/vars/0, 1, ...                 `optimizer.variables`, those of wrapped optimizers included
    optimizer/inner_optimizer/vars/...       those of the wrapped one again
    optimizer/optimizers/adam/vars/...       those of a MultiOptimizer's members again

The name of the layer or optimizer is an attribute of `vars`, which nobody reads.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..core.naming import snake_case
from ..core.variable import Variable
from ..layers import Layer
from ..optimizers import LossScaleOptimizer, Optimizer
from .savable import Savable


class Group(NamedTuple):
    """A folder of the file: its path, the name of whose arrays it holds, and these."""

    path: str
    name: str
    variables: list[Variable]


def counted(parts: list[Any]) -> list[str]:
    """Return a name for each object by its class: dense, dense_1, dropout, dense_2."""
    used: dict[str, int] = {}
    names = []
    for part in parts:
        name = snake_case(type(part).__name__)
        number = used[name] = used.get(name, -1) + 1
        names.append(f"{name}_{number}" if number else name)
    return names


def layer_groups(model: Savable) -> list[tuple[Group, Layer]]:
    """Return the folder of every layer."""
    return [
        (Group(f"layers/{name}", layer.name, layer.weights), layer)
        for name, layer in zip(counted(model.layers), model.layers, strict=True)
    ]


def optimizer_groups(optimizer: Optimizer) -> list[Group]:
    """Return the folder of an optimizer, and those of the optimizers that it wraps."""
    left_out = {id(variable) for variable in unlisted(optimizer)}
    return [
        Group(path, own.name, [variable for variable in own.variables if id(variable) not in left_out])
        for path, own in _nested(optimizer, "optimizer")
    ]


def _nested(optimizer: Optimizer, path: str) -> Iterator[tuple[str, Optimizer]]:
    yield path, optimizer
    inner = optimizer.inner_optimizers
    if isinstance(optimizer, LossScaleOptimizer):
        names = ["inner_optimizer"]
    else:
        names = [f"optimizers/{name}" for name in counted(inner)]
    for name, own in zip(names, inner, strict=True):
        yield from _nested(own, f"{path}/{name}")


def unlisted(optimizer: Optimizer) -> list[Variable]:
    """Return the variables that the Keras optimizer does not know as its own: Nadam's product in a LossScaleOptimizer.

    A file that held them among the others would be refused by Keras, which counts them.
    """
    if not isinstance(optimizer, LossScaleOptimizer):
        return []
    return [slot.variable for slot in optimizer.all_slots() if slot.slot == "u_product"]


def every_optimizer(optimizer: Optimizer) -> list[Optimizer]:
    """Return an optimizer and those that it wraps."""
    return [own for _, own in _nested(optimizer, "optimizer")]


def built(optimizer: Optimizer, model: Savable) -> Optimizer:
    """Return the optimizer, or a copy with fresh slots if it has not met its weights yet."""
    if optimizer.built:
        return optimizer
    fresh = optimizer.unbuilt()
    fresh.build(model.trainable_weights)
    return fresh

"""The layout of Keras' HDF5 file.

    vars                                     the model itself: no arrays
    layers/dense/vars/0, 1                   kernel and bias of the first Dense
    layers/dense_1/vars/0, 1                 of the second: counted by class, whatever the layers' names are
    layers/lstm/cell/vars/0, 1, 2            of an LSTM: Keras keeps them in its cell
    layers/multi_head_attention/query_dense/vars/0, 1    of one projection of a MultiHeadAttention
    layers/sequential/layers/dense/vars/0    of a Dense inside a model that is a layer
    optimizer/vars/0, 1, ...                 `optimizer.variables`, including those of wrapped optimizers
    optimizer/inner_optimizer/vars/...       the wrapped optimizer's again
    optimizer/optimizers/adam/vars/...       those of a MultiOptimizer's members again

The name of the layer or optimizer is an attribute of `vars`, which is never read.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..core.naming import counted
from ..core.variable import Variable
from ..layers import Layer
from ..optimizers import LossScaleOptimizer, Optimizer
from .savable import Savable


class Group(NamedTuple):
    """A group of the file: its path, the name of its layer or optimizer, and the variables."""

    path: str
    name: str
    variables: list[Variable]


def layer_groups(model: Any, path: str = "", reading: bool = False) -> list[tuple[Group, Layer]]:
    """Return the group of every layer; a model that is one has a group without arrays, and those of its layers.

    Args:
        reading: whether the file is one of the Keras model that this one came from, which may count otherwise.
    """
    found: list[tuple[Group, Layer]] = []
    layers = model.layers_as_stored if reading else model.layers
    for name, layer in zip(counted(layers), layers, strict=True):
        own = f"{path}layers/{name}"
        if hasattr(layer, "layers"):
            found += [(Group(own, layer.name, []), layer), *layer_groups(layer, f"{own}/", reading)]
        else:
            for part, weights in layer.stored_parts():
                found.append((Group(f"{own}/{part}" if part else own, layer.name, weights), layer))
    return found


def optimizer_groups(optimizer: Optimizer) -> list[Group]:
    """Return the group of an optimizer, and of each optimizer that it wraps."""
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
    """Return variables that Keras' optimizer does not list: Nadam's product in a LossScaleOptimizer.

    Keras counts the variables and would refuse a file that stored these among them.
    """
    if not isinstance(optimizer, LossScaleOptimizer):
        return []
    return [slot.variable for slot in optimizer.all_slots() if slot.slot == "u_product"]


def every_optimizer(optimizer: Optimizer) -> list[Optimizer]:
    """Return an optimizer and the optimizers that it wraps."""
    return [own for _, own in _nested(optimizer, "optimizer")]


def built(optimizer: Optimizer, model: Savable) -> Optimizer:
    """Return the optimizer, or a built copy if it is not built yet."""
    if optimizer.built:
        return optimizer
    fresh = optimizer.unbuilt()
    fresh.build(model.trainable_weights)
    return fresh

"""Remarks on the steps of a walkthrough: where the inputs come from, what f' is, which loss and optimizer.

The formulas are taken from the docstrings, so that a new activation, loss or optimizer needs no code here.
"""

from typing import Any

from ...core.formulas import about, slope
from ...core.trace import Trace
from ...models.network import Network


def of(model: Network, trace: Trace, layer: str, tensor: str) -> list[str]:
    """Return the remarks on one tensor of one layer."""
    i = next(i for i, node in enumerate(model.nodes) if node.layer.name == layer)
    activation = model.nodes[i].layer.output_activation
    if " " in tensor:  # of a step of a recurrent layer
        return []
    loss, fused, top = model.output_loss(trace.training)[:3]
    inside = fused and i == top and activation.name != "linear"
    if tensor == "z":
        return [*_from_below(model, i), *(["a = z, the activation is linear"] * (activation.name == "linear"))]
    if tensor == "a":
        return [about(activation)]
    if tensor == "values":
        source = f"z: the {activation.name} is part of {loss.name}" if inside else "z" if fused else "a"
        return [f"{loss.name}: {about(loss)}", f"y_pred is the {source}"]
    if tensor == "loss":
        return [f"reduction: {loss.reduction}"]
    return _backward(model, i, tensor, trace)


def _backward(model: Network, i: int, tensor: str, trace: Trace) -> list[str]:
    activation = model.nodes[i].layer.output_activation
    loss, fused, top = model.output_loss(trace.training)[:3]
    if tensor == "delta" and fused and i == top:
        inside = "" if activation.name == "linear" else f" with the {activation.name} inside"
        return [f"{loss.name}{inside}, differentiated by z"]
    if tensor == "delta":
        return [*_from_above(model, i), *slope(activation)]
    if tensor == "upstream" and i == top:
        return [f"{loss.name}, differentiated by a"]
    if activation.name == "linear" and not (fused and i == top) and tensor.startswith("d"):
        return ["delta = upstream, the activation is linear", *_from_above(model, i)]
    return []


def _from_below(model: Network, i: int) -> list[str]:
    layer, parents = model.nodes[i]
    names = [f"x_{k + 1}" if layer.merges else "x" for k in range(len(parents))]
    sources = [f"the a of {model.nodes[p].layer.name}" if p >= 0 else f"{model.input_layers[~p].name}" for p in parents]
    found = [f"{name} is {source}" for name, source in zip(names, sources, strict=True)]
    return [", ".join(found)] if layer.merges or parents[0] >= 0 else []


def _from_above(model: Network, i: int) -> list[str]:
    readers = [node.layer.name for node in model.nodes if i in node.parents]
    if model.nodes[i].layer.activity_regularizer is not None or len(readers) != 1:
        return []
    return [f"upstream is the dx of {readers[0]}"]


def of_optimizer(optimizer: Any) -> str:
    """Return the optimizer's rule from its docstring."""
    return f"{type(optimizer).__name__}: {about(optimizer)}"

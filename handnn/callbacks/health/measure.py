"""The numbers of one training step, per layer with weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from .finding import limit

MEASURES = {
    "gradient_norm": "Euclidean norm of dL/dW",
    "update_ratio": "mean |change of W| / mean |W| in one step",
    "dead": "share of units whose output is below 1e-5 for 95 % of each of the last 10 batches measured",
    "saturated": "mean |a|, scaled to -1..1, of sigmoid and tanh: 1 is saturated",
    "activation_std": "standard deviation of the outputs a",
    "zero_gradients": "share of elements of dL/dW that are 0",
}
"""What is measured of a layer -> in words."""

BOUNDED = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0),
           "hard_tanh": (-1.0, 1.0), "softmax": (0.0, 1.0)}  # fmt: skip
"""The range of activations that have one."""

RECTIFIERS = ("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "celu", "softplus")
CAN_DIE = ("relu", "relu6")


def kernels(model: Any) -> dict[str, Any]:
    """Return {layer name: kernel} of the trainable layers with a matrix of weights, in the order of the network.

    A layer in several places has the name of its first, where its gradients are added up.
    """
    found: dict[str, Any] = {}
    for name, node in zip(model.node_names, model.nodes, strict=True):
        for weight in node.layer.trainable_weights:
            if weight.name in ("kernel", "embeddings") and weight.value.ndim > 1:
                if not any(weight is known for known in found.values()):
                    found[name] = weight
                break
    return found


def activation_name(layer: Any) -> str:
    """Return the name of a layer's activation, "linear" if it has none."""
    return str(getattr(getattr(layer, "activation", None), "name", "linear"))


def measured(model: Any, trace: Any, before: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Return {layer: {measure: number}} of a step, but for "dead", which takes several batches to see.

    Args:
        model: after the step.
        trace: of the step.
        before: {layer: kernel before the step}.
    """
    layers = {name: node.layer for name, node in zip(model.node_names, model.nodes, strict=True)}
    found = {}
    for name, weight in kernels(model).items():
        t, layer = trace[name], layers[name]
        gradient, value = t.gradients.get(weight.name), weight.value
        if gradient is None or t.a is None or name not in before:
            continue
        with np.errstate(all="ignore"):
            size = float(np.mean(np.abs(before[name])))
            step = float(np.mean(np.abs(value - before[name])))
            found[name] = {
                "gradient_norm": float(np.linalg.norm(np.asarray(gradient, dtype=np.float64))),
                "update_ratio": step / size if size else (0.0 if step == 0 else float("inf")),
                "saturated": _saturated(t.a, activation_name(layer)),
                "activation_std": float(np.std(t.a)),
                "zero_gradients": float(np.mean(np.asarray(gradient) == 0)),
            }
    return found


def silent_units(model: Any, trace: Any) -> dict[str, np.ndarray]:
    """Return {layer: (units,) whether a unit is off for 95 % of the batch} of the layers that rectify."""
    found, known = {}, kernels(model)
    for name, node in zip(model.node_names, model.nodes, strict=True):
        if activation_name(node.layer) in CAN_DIE and name in known:
            a = np.abs(trace[name].a)
            found[name] = np.percentile(a.reshape(-1, a.shape[-1]), 95, axis=0) < limit("dead output")
    return found


def _saturated(a: np.ndarray, activation: str) -> float:
    if activation not in BOUNDED or activation == "softmax":
        return 0.0
    low, high = BOUNDED[activation]
    return float(np.mean(np.abs((2 * a - low - high) / (high - low))))

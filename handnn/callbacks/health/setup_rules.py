"""What is wrong before the first step: output and loss, activations, initial weights, inputs, labels, dropout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .finding import Finding, limit
from .measure import BOUNDED, RECTIFIERS, activation_name
from .record import Batch, Record

SYMPTOMS = (
    "loss and output that do not fit", "unscaled targets", "no activation between layers", "softmax between layers",
    "symmetric weights", "weights too large", "weights too small", "biases far from 0", "too much dropout",
    "unscaled inputs", "imbalanced labels",
)  # fmt: skip
"""What is found here: all of it can be seen before the first step."""
LOG_OF_PROBABILITY = ("one_hot", "binary", "labels")
RANGES = {**BOUNDED, "relu": (0.0, np.inf), "relu6": (0.0, 6.0), "softplus": (0.0, np.inf)}


def findings(record: Record) -> Iterator[Finding]:
    """Yield what the model, its initial weights and its first batches say, causes first."""
    model = record.model
    if not isinstance(model.loss, list) and len(model.output_nodes) == 1:
        yield from _output(model, record.batch)
    yield from _hidden(model)
    yield from _initial(model, record)
    yield from _inputs(record)
    yield from _dropout(model)
    yield from _balance(record.batch)


# ---- output and loss -----------------------------------------------------------------------------------------------


def _output(model: Any, batch: Batch) -> Iterator[Finding]:
    """Yield the first reason why output, loss and targets do not fit each other."""
    layer = model.nodes[model.output_nodes[0]].layer
    activation, loss = activation_name(layer), model.loss
    units = int(model.output_shape[-1] or 0)
    found = (
        _constant(activation, units, loss)
        or _cross_entropy(activation, units, loss, batch)
        or _classifier(activation, loss, batch)
        or _reach(activation, loss, batch)
    )
    if found is not None:
        kind, sentence, cure = found
        yield Finding(kind, "loss and output that do not fit", sentence, cure, layer=layer.name)
    elif loss.targets == "real" and max(abs(batch.y_least), abs(batch.y_largest)) > limit("largest target"):
        largest = max(abs(batch.y_least), abs(batch.y_largest))
        yield Finding(
            "scaling", "unscaled targets", f"targets reach {largest:g}, and the first gradients are as large",
            "Standardise the targets, and turn predictions back afterwards", largest, "largest target", layer.name,
        )  # fmt: skip


Reason = tuple[str, str, str] | None


def _constant(activation: str, units: int, loss: Any) -> Reason:
    if units == 1 and activation == "softmax":
        return (
            "activation",
            "softmax over one unit is 1 for every sample",
            "Use sigmoid for one unit, or a unit a class",
        )
    if units == 1 and loss.targets == "one_hot" and loss.name.endswith("crossentropy"):
        sentence = f"{loss.name} of a single output is constant, so that nothing is learned"
        return "loss", sentence, "Use binary_crossentropy with sigmoid for two classes, mean_squared_error for numbers"
    return None


def _cross_entropy(activation: str, units: int, loss: Any, batch: Batch) -> Reason:
    """Judge losses that take the logarithm of a probability."""
    if loss.targets not in LOG_OF_PROBABILITY or "crossentropy" not in loss.name:
        return None
    if batch.kind == "numbers" and (batch.y_least < 0 or batch.y_largest > 1):
        sentence = f"{loss.name} is for labels; the targets are numbers from {batch.y_least:g} to {batch.y_largest:g}"
        return "loss", sentence, "Use mean_squared_error or huber for numbers"
    wanted = "sigmoid" if loss.targets == "binary" else "softmax"
    if loss.from_logits and activation in ("sigmoid", "softmax"):
        sentence = f"from_logits=True applies {wanted} to an output that has had {activation} already"
        return "activation", sentence, "Leave the output linear, or from_logits out"
    if loss.targets == "binary" and activation == "softmax" and batch.kind == "one-hot" and units > 2:
        sentence = f"{loss.name} judges each of {units} exclusive classes alone"
        return "loss", sentence, "Use categorical_crossentropy"
    fine = ("sigmoid", "hard_sigmoid", "softmax", "sparsemax") if loss.targets == "binary" else ("softmax", "sparsemax")
    if activation not in fine and not loss.from_logits:
        sentence = f"{loss.name} takes probabilities; the output is {activation}"
        return "activation", sentence, f"Use {wanted} as the output's activation, or from_logits=True with a linear one"
    return None


def _classifier(activation: str, loss: Any, batch: Batch) -> Reason:
    """Judge losses of differences or margins for outputs that are probabilities of labels."""
    labels = batch.kind in ("one-hot", "binary", "labels")
    if not labels or activation not in ("softmax", "sigmoid"):
        return None
    better = "categorical_crossentropy" if activation == "softmax" else "binary_crossentropy"
    if loss.targets == "sign":
        return "loss", f"{loss.name} wants outputs from -1 to 1; {activation} gives 0 to 1", f"Use {better}, or tanh"
    if loss.targets in ("real", "positive"):
        sentence = f"{loss.name} of {activation} has a gradient near 0 where the network is most wrong"
        return "loss", sentence, f"Use {better} for labels"
    return None


def _reach(activation: str, loss: Any, batch: Batch) -> Reason:
    """Judge whether the output can reach the targets, and the loss takes them."""
    if loss.targets == "positive" and batch.y_least < 0:
        sentence = f"{loss.name} is for targets from 0 on; they begin at {batch.y_least:g}"
        return "loss", sentence, "Use mean_squared_error or huber"
    low, high = RANGES.get(activation, (-np.inf, np.inf))
    if loss.targets == "real" and (batch.y_least < low or batch.y_largest > high):
        sentence = (
            f"targets lie from {batch.y_least:g} to {batch.y_largest:g}, {activation} reaches {low:g} to {high:g}"
        )
        return "activation", sentence, "Use a linear output for numbers, or scale the targets into its range"
    return None


# ---- layers --------------------------------------------------------------------------------------------------------


def _hidden(model: Any) -> Iterator[Finding]:
    dense = [node.layer for node in model.nodes if type(node.layer).__name__ == "Dense"]
    every = [activation_name(node.layer) for node in model.nodes]
    names = [activation_name(layer) for layer in dense[:-1]]
    plain = all(type(node.layer).__name__ in ("Dense", "Dropout", "Flatten", "Reshape") for node in model.nodes)
    if plain and names and all(name == "linear" for name in every[:-1]):
        yield Finding(
            "activation", "no activation between layers",
            f"{len(dense)} Dense layers without an activation between them are a single linear layer",
            "Give the hidden layers an activation, such as relu", len(dense),
        )  # fmt: skip
    for layer in dense[:-1]:
        if activation_name(layer) == "softmax":
            yield Finding(
                "activation", "softmax between layers",
                "the outputs of all its units add up to 1, so that each sees a small share of the signal",
                "Use relu or tanh in hidden layers", layer=layer.name,
            )  # fmt: skip


def _initial(model: Any, record: Record) -> Iterator[Finding]:
    """Judge the weights before the first step."""
    named = {weight.path: value for weight, value in zip(model.weights, record.initial, strict=True)}
    for node in model.nodes:
        last = node.layer is model.nodes[model.output_nodes[0]].layer
        for weight in node.layer.trainable_weights:
            if type(node.layer).__name__ != "Dense":
                continue
            value = named[weight.path]
            found = _kernel(value) if weight.name == "kernel" else None if last else _bias(value)
            if found is not None:
                yield replace(found, layer=node.layer.name)


def _kernel(value: np.ndarray) -> Finding | None:
    inputs, units = value.shape
    cure = "Use the default initializer, glorot_uniform, or he_normal before relu"
    if inputs and units > 1 and value.min() == value.max():
        sentence = f"all {value.size} weights begin as {value.flat[0]:g}, so that all units stay alike"
        return Finding("initialisation", "symmetric weights", sentence, cure, float(value.flat[0]))
    gain = float(np.sqrt(np.mean(value.astype(np.float64) ** 2) * inputs))
    sentence = f"the first weights multiply the size of a signal by {gain:.2g}"
    if gain > limit("widest weights"):
        return Finding("initialisation", "weights too large", sentence, cure, gain, "widest weights")
    if gain < limit("narrowest weights"):
        return Finding("initialisation", "weights too small", sentence, cure, gain, "narrowest weights")
    return None


def _bias(value: np.ndarray) -> Finding | None:
    size = float(np.abs(value).mean()) if value.size else 0.0
    if size <= limit("largest bias"):
        return None
    sentence = f"biases begin at {value.mean():.3g} on average, which decides over the inputs"
    return Finding("initialisation", "biases far from 0", sentence, "Begin with biases of 0", size, "largest bias")


def _dropout(model: Any) -> Iterator[Finding]:
    for node in model.nodes:
        rate = getattr(node.layer, "rate", None)
        if type(node.layer).__name__.endswith("Dropout") and isinstance(rate, float) and rate > limit("dropout"):
            yield Finding(
                "dropout", "too much dropout", f"{100 * rate:.0f} % of the units are dropped in each step",
                "Use a rate from 0.2 to 0.5", rate, "dropout", node.layer.name,
            )  # fmt: skip


# ---- data ----------------------------------------------------------------------------------------------------------


def _inputs(record: Record) -> Iterator[Finding]:
    size = record.batch.x_rms
    if size > limit("largest feature"):
        first = next((activation_name(n.layer) for n in record.model.nodes if type(n.layer).__name__ == "Dense"), "")
        effect = "saturates the first layer" if first in BOUNDED else "makes its gradients outweigh all others"
        effect = effect if first in (*BOUNDED, *RECTIFIERS) else "outweighs the other features"
        yield Finding(
            "scaling", "unscaled inputs", f"a feature is {size:.3g} large (root mean square), which {effect}",
            "Standardise the features, or divide pixels by 255", size, "largest feature",
        )  # fmt: skip


def _balance(batch: Batch) -> Iterator[Finding]:
    total = batch.counts.sum()
    if total < 100 or len(batch.counts) < 2:
        return
    shares = batch.counts / total
    known = shares[shares > 0]
    balance = float(-(known * np.log(known)).sum() / np.log(len(shares)))
    if balance < limit("balance"):
        yield Finding(
            "labels", "imbalanced labels",
            f"{100 * shares.max():.1f} % of the samples have one label: evenness {balance:.2f} of 1",
            "Weight the classes (class_weight), draw the rare ones more often, and do not judge by accuracy",
            balance, "balance",
        )  # fmt: skip

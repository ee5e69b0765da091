"""How people write the same mathematics down: rows or columns, W or its transpose, a bias or a threshold.

A derivation that is right in another convention is right. `Convention` says how a user's function wants its
parameters, samples and labels, and turns its gradients back into handnn's notation: rows, W (inputs, units), b added.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.variable import Array
from ..call.results import UnreadableError, by_name, in_order
from .problem import Problem


@dataclass(frozen=True)
class Convention:
    """Choices that do not change what is computed.

    Attributes:
        samples: 'rows' (N, inputs) or 'columns' (inputs, N).
        kernel: 'inputs_units', z = x W, or 'units_inputs', z = W x.
        bias: 'flat' (units,), 'row' (1, units) or 'column' (units, 1).
        bias_sign: 'added' or 'subtracted' (a threshold).
        folded: 'no', or the bias is the 'first' or 'last' entry of each unit's weights, for an input that is always 1.
        labels: 'as drawn' (soft where the loss allows it), 'one_hot' (hard 0 and 1) or 'integers'.
        parameters: 'list' (also read by name, params["W1"]), 'pairs' [(W, b), ...] or 'flat', one vector.
    """

    samples: str = "rows"
    kernel: str = "inputs_units"
    bias: str = "flat"
    bias_sign: str = "added"
    folded: str = "no"
    labels: str = "as drawn"
    parameters: str = "list"

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}; received {getattr(self, name)!r}")

    # ---- towards the user ---------------------------------------------------------------------------------

    def layer(self, W: Array, b: Array) -> list[Array]:
        """Return W and b of a layer as the user's function wants them."""
        b = -b if self.bias_sign == "subtracted" else b
        if self.folded != "no":
            W = np.concatenate([b[np.newaxis], W] if self.folded == "first" else [W, b[np.newaxis]])
        elif self.bias != "flat":
            b = b[np.newaxis] if self.bias == "row" else b[:, np.newaxis]
        W = W if self.kernel == "inputs_units" else W.T
        return [W] if self.folded != "no" else [W, b]

    def arguments(self, problem: Problem) -> tuple[Any, Array, Array]:
        """Return (parameters, x, y) for the user's function, fresh copies in the problem's dtype."""
        layers = (self.layer(W, b) for W, b in zip(problem.kernels, problem.biases, strict=True))
        arrays = [np.array(array, problem.dtype, order="C") for arrays in layers for array in arrays]
        x, y = np.array(problem.x, problem.dtype), self._labels(problem)
        if self.samples == "columns":
            x, y = np.ascontiguousarray(x.T), np.ascontiguousarray(y.T)
        return self._packed(arrays), x, y

    def _labels(self, problem: Problem) -> Array:
        y = problem.y
        if self.labels == "integers" and y.ndim > 1 and problem.network.loss.targets == "one_hot":
            return y.argmax(axis=-1)
        if self.labels == "one_hot" and y.ndim == 1:
            return np.eye(problem.outputs, dtype=problem.dtype)[y]
        return y.copy() if y.dtype.kind == "i" else y.astype(problem.dtype)

    def _packed(self, arrays: list[Array]) -> Any:
        if self.parameters == "flat":
            return np.concatenate([array.reshape(-1) for array in arrays])
        if self.parameters == "pairs" and self.folded == "no":
            return [(arrays[i], arrays[i + 1]) for i in range(0, len(arrays), 2)]
        return Parameters(arrays, self.folded != "no")

    # ---- and back -----------------------------------------------------------------------------------------

    def gradients(self, given: Any, problem: Problem) -> tuple[list[Array], list[Array]]:
        """Return dW and db of every layer in handnn's notation; raise UnreadableError where a shape does not fit.

        A db that was not summed and a transposed dW come through as they are: they are mistakes with a name.
        """
        arguments = replace(self, parameters="list").arguments(problem)[0]
        shapes = [array.shape for array in arguments]
        folded = self.folded != "no"
        found = in_order(by_name(given, len(shapes), folded), shapes)
        if not folded:
            biases = [self._bias(db, b.size) for db, b in zip(found[1::2], problem.biases, strict=True)]
            return [self._kernel(dW) for dW in found[::2]], biases
        kernels, biases = [], []
        for joined, W in zip(found, problem.kernels, strict=True):
            rows = self._kernel(joined)
            if rows.shape != (W.shape[0] + 1, W.shape[1]):
                raise UnreadableError(
                    f"a gradient of shape {joined.shape} came for folded weights of shape {rows.shape}"
                )
            kernels.append(rows[1:] if self.folded == "first" else rows[:-1])
            db = rows[0] if self.folded == "first" else rows[-1]
            biases.append(-db if self.bias_sign == "subtracted" else db)
        return kernels, biases

    def _kernel(self, dW: Array) -> Array:
        return dW if self.kernel == "inputs_units" or dW.ndim != 2 else dW.T

    def _bias(self, db: Array, units: int) -> Array:
        if db.size == units == 1:  # a number for one unit
            db = db.reshape(1)
        if db.ndim == 2:
            summed = db.size == units or (self.bias != "flat" and units > 1)  # maybe over the wrong axis
            if summed and 1 in db.shape:  # a row, or a column
                db = db.reshape(-1)
            elif self.samples == "columns":
                db = db.T
        return -db if self.bias_sign == "subtracted" else db

    def differences(self, other: "Convention") -> list[str]:
        """Say in words where this convention differs from another."""
        return [WORDS[name][getattr(self, name)] for name in CHOICES if getattr(self, name) != getattr(other, name)]


class Parameters(list[Any]):
    """The weights W1, b1, W2, b2, ... as a list that is also read by name: params["W1"], params.W1."""

    def __init__(self, arrays: list[Array], folded: bool = False) -> None:
        super().__init__(arrays)
        kinds = ("W",) if folded else ("W", "b")
        self._places = {f"{kinds[i % len(kinds)]}{i // len(kinds) + 1}": i for i in range(len(arrays))}

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            if key not in self._places:
                raise KeyError(f"{key}; the parameters are {', '.join(self._places)}")
            key = self._places[key]
        return super().__getitem__(key)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._places:
            raise AttributeError(name)
        return self[name]

    def __contains__(self, key: Any) -> bool:
        return key in self._places if isinstance(key, str) else super().__contains__(key)

    def keys(self) -> list[str]:
        return list(self._places)

    def values(self) -> list[Array]:
        return list(self)

    def items(self) -> list[tuple[str, Array]]:
        return [(key, self[key]) for key in self._places]


WORDS: dict[str, dict[str, str]] = {
    "samples": {"rows": "samples in rows", "columns": "samples in columns"},
    "kernel": {"inputs_units": "W as (inputs, units)", "units_inputs": "W as (units, inputs), z = W x"},
    "bias": {"flat": "b as (units,)", "row": "b as a row (1, units)", "column": "b as a column (units, 1)"},
    "bias_sign": {"added": "b added", "subtracted": "b subtracted (a threshold): z = x W - b, db = -sum of delta"},
    "folded": {
        "no": "b apart from W",
        "first": "b folded into W as the first weight of each unit",
        "last": "b folded into W as the last weight of each unit",
    },
    "labels": {
        "as drawn": "labels as the loss takes them",
        "one_hot": "labels of 0 and 1 only",
        "integers": "integer labels",
    },
    "parameters": {
        "list": "parameters in a list",
        "pairs": "parameters in pairs (W, b)",
        "flat": "parameters in one vector",
    },
}


CHOICES = {name: tuple(words) for name, words in WORDS.items()}


def candidates(declared: dict[str, str], labelled: bool) -> Iterator[Convention]:
    """Yield the conventions that are left when those `declared` are given, the most usual first.

    `labelled`: whether the loss takes labels, which could be soft, one-hot or integers.
    """

    def choices(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
        return (declared[name],) if name in declared else values

    labels = choices("labels", ("as drawn", "one_hot", "integers") if labelled else ("as drawn",))
    for folded in choices("folded", ("no", "last", "first")):
        for parameters in choices("parameters", ("list", "pairs", "flat")):
            for label in labels:
                for samples in choices("samples", ("rows", "columns")):
                    usual = ("inputs_units", "units_inputs") if samples == "rows" else ("units_inputs", "inputs_units")
                    for kernel in choices("kernel", usual):
                        biases = ("flat", "row", "column") if samples == "rows" else ("column", "flat", "row")
                        for bias in choices("bias", biases if folded == "no" else ("flat",)):
                            sign = declared.get("bias_sign", "added")
                            yield Convention(samples, kernel, bias, sign, folded, label, parameters)

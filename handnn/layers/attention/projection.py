"""The projections of MultiHeadAttention: z = x W + b, with x or z split into heads."""

import copy
import math
from typing import Any

import numpy as np

from ... import initializers
from ...core.variable import Variable
from ..base import Layer, alongside
from ..keras_errors import added_elsewhere


class Projection:
    """z = x W + b, summed over the last axes of x that W begins with; dW = x^T delta, db = sum delta, dx = delta W^T.

    Attributes:
        kernel: W, (dim, heads, size) of a query, key or value, (heads, size, *output) of the output.
        bias: b, the sizes of z's last axes; None without one.
    """

    def __init__(
        self, layer: Layer, path: str, name: str, read: tuple[int, ...], written: tuple[int, ...], rules: dict[str, Any]
    ) -> None:
        """Create the weights, for the sizes that are summed over and those of the result."""
        self.name, self.summed, self.written = name, len(read), written
        initializer, *others = rules["kernel"]
        axes = list(range(len(read))), list(range(len(read), len(read) + len(written)))
        self.kernel = self._weight(layer, path, "kernel", (*read, *written), _counted(initializer, *axes), others)
        self.bias: Variable | None = None
        if "bias" in rules:
            initializer, *others = rules["bias"]
            self.bias = self._weight(layer, path, "bias", written, initializer, others)

    def _weight(
        self, layer: Layer, path: str, kind: str, shape: tuple[int, ...], initializer: Any, rules: list[Any]
    ) -> Variable:
        short = self.name.removeprefix("attention_")
        weight = layer.new_weight(path, f"{short}_{kind}", shape, initializer, *rules)
        weight.path = f"{path}/{self.name}/{kind}"
        return weight

    @property
    def weights(self) -> list[Variable]:
        return [self.kernel] if self.bias is None else [self.kernel, self.bias]

    def forward(self, x: Any) -> Any:
        W, outer = alongside(x, self.kernel.value), x.shape[: x.ndim - self.summed]
        inputs = math.prod(self.kernel.shape[: self.summed])
        z = np.dot(x.reshape(-1, inputs), W.reshape(inputs, -1)).reshape(*outer, *self.written)
        return z if self.bias is None else z + self.bias.value

    def keras_misplaces_bias(self, x: Any) -> bool:
        """Return whether Keras adds the bias along another axis of z than its own."""
        shape = () if self.bias is None else (*x.shape[: x.ndim - self.summed], *self.bias.shape)
        return self.bias is not None and added_elsewhere(shape, self.bias.shape)

    def backward(self, x: Any, delta: Any) -> tuple[Any, dict[str, Any]]:
        """Return dx, and dW and db by the weights' names."""
        inputs = math.prod(self.kernel.shape[: self.summed])
        rows, W = delta.reshape(-1, math.prod(self.written)), alongside(delta, self.kernel.value).reshape(inputs, -1)
        gradients = {self.kernel.name: np.dot(x.reshape(-1, inputs).T, rows).reshape(self.kernel.shape)}
        if self.bias is not None:
            gradients[self.bias.name] = np.sum(rows, axis=0).reshape(self.bias.shape)
        return np.dot(rows, W.T).reshape(x.shape), gradients


def _counted(initializer: Any, inputs: list[int], outputs: list[int]) -> Any:
    """Return a copy of an initializer with a seed of its own, which counts fan-in and fan-out over these axes."""
    own = type(initializer).from_config(initializer.get_config())
    if isinstance(own, initializers.VarianceScaling) and None in (own.input_axes, own.output_axes):
        own = copy.copy(own)
        own.input_axes, own.output_axes = inputs, outputs
    return own

"""Embedding: looks up the rows of a table."""

from typing import Any, ClassVar

import numpy as np

from .. import constraints, initializers, regularizers
from ..core.trace import LayerTrace
from ..core.variable import Array, Variable
from .base import IntegerError, Layer, layers, refuse
from .keras_tensor import Shape


@layers.register()
class Embedding(Layer):
    """z = E[x], row x_i of the table E for every index x_i; dE[v] = the sum of delta over all i with x_i = v.

    It is a Dense layer without bias on one-hot rows, z = onehot(x) E, so dE = onehot(x).T delta: each delta is added
    to the row that was looked up. Indices have no derivative: dx is None. docs/derivations/einsum.md

    x has any shape, and z one more axis, of size output_dim. x holds integers in [-input_dim, input_dim); negative
    ones count from the end. Floats are truncated to integers, as in Keras.

    Args:
        input_dim: number of rows of E, one for each index; output_dim: their length.
        embeddings_regularizer, embeddings_constraint: applied to E.
        mask_zero: whether index 0 is padding: the output then has the mask x != 0, which layers above receive.
        weights: initial value of E, used in place of the initializer; not part of the config, as in Keras.

    Raises:
        ValueError: input_dim or output_dim is not an integer >= 1; when called, an index out of range.
    """

    takes_integers = True
    formulas: ClassVar[dict[str, str]] = {"z": "rows x of E", "dembeddings": "deltas of each row, added up"}

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        for argument, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise IntegerError(f"{argument} must be an integer >= 1; received {value!r}")
        refuse("Embedding", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config)
        self.input_dim, self.output_dim = int(input_dim), int(output_dim)
        self.mask_zero = self.supports_masking = self.creates_mask = bool(mask_zero)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self._start = weights
        self.embeddings: Variable
        if weights is not None:
            self.build()

    def build(self, input_shape: Any = None, path: str | None = None) -> None:
        """Create the table; it does not depend on the input's shape."""
        super().build((None,) if input_shape is None else input_shape, path)

    def make_weights(self, path: str) -> None:
        rules = self.embeddings_initializer, self.embeddings_regularizer, self.embeddings_constraint
        self.weights = []
        self.embeddings = self.new_weight(path, "embeddings", (self.input_dim, self.output_dim), *rules)
        if self._start is not None:
            self.set_weights(self._start if isinstance(self._start, list) and len(self._start) == 1 else [self._start])

    def forward(self, t: LayerTrace) -> None:
        indices = _integers(t.x)
        try:
            t.z = np.take(self.embeddings.value, indices, axis=0, out=t.z)
        except IndexError:
            self.check_indices(indices)
            raise

    def backward(self, t: LayerTrace) -> None:
        rows = _integers(t.x).reshape(-1, 1).astype("int64") % self.input_dim
        places = rows * self.output_dim + np.arange(self.output_dim)  # in E as one row
        total = np.bincount(places.reshape(-1), t.delta.reshape(-1), self.input_dim * self.output_dim)
        t.gradients["embeddings"] = total.reshape(self.input_dim, self.output_dim).astype(t.delta.dtype)
        t.dx = None

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return x != 0 if index 0 is padding, otherwise None."""
        return inputs != 0 if self.mask_zero else None

    def check_indices(self, x: Array, argument: str = "x") -> None:
        """Raise ValueError if x holds an index out of range."""
        indices = _integers(x)
        wrong = indices[(indices < -self.input_dim) | (indices >= self.input_dim)]
        if wrong.size:
            raise ValueError(
                f"{argument} must hold indices from 0 to {self.input_dim - 1} (or negative, from the end) for "
                f"{self.name}; received {wrong[0]}"
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": initializers.serialize(self.embeddings_initializer),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
            "quantization_config": None,
        }


def _integers(x: Any) -> Any:
    """Return x as signed integers, floats truncated towards 0."""
    return x if x.dtype in ("int32", "int64") else x.astype("int32")

"""Integers turned into rows of zeros and ones, or of counts: CategoryEncoding, and what lookups share with it."""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ...core.variable import Array, as_array
from ..base import Layer, refuse
from ..in_tf_data import in_tf_data
from ..keras_tensor import is_symbolic

ENCODINGS = ("one_hot", "multi_hot", "count")


def encoded(indices: Array, mode: str, depth: int, weights: Any = None, dtype: Any = "float32") -> Array:
    """Return indices as rows of `depth` numbers; indices outside 0 ... depth - 1 count nowhere.

    Args:
        mode: 'one_hot', a row for each index, (..., depth); 'multi_hot' and 'count', one row for all indices along axis
            1 (of a single sample: axis 0), with 1 for those that occur, or their number.
        weights: in the shape of indices, what an occurrence counts in 'count'.
    """
    if indices.ndim == 0:
        indices = indices[np.newaxis]
    if mode == "one_hot" and indices.ndim > 1 and indices.shape[-1] == 1:
        indices = indices[..., 0]
    rows = indices[..., np.newaxis] == np.arange(depth)
    if mode == "one_hot":
        return rows.astype(dtype)
    axis = 1 if indices.ndim > 1 else 0
    if mode == "multi_hot":
        return rows.any(axis=axis).astype(dtype)
    found = rows if weights is None else rows * np.asarray(weights)[..., np.newaxis]
    return found.sum(axis=axis).astype(dtype)


def _integers(x: Array) -> Array:
    return x.astype("int64", copy=False)


class Preparing(Layer):
    """Base class of layers that are called on arrays only."""

    builds = False

    def on_array(self, x: Any) -> Array:
        """Return what the layer makes of an array."""
        raise NotImplementedError

    def __call__(self, x: Any = None, training: bool = False, mask: Any = None, inputs: Any = None) -> Any:
        """Return the layer's output for an array or list.

        Raises:
            ValueError: x is a `KerasTensor`: prepare the data before the network.
        """
        x = inputs if x is None else x
        if is_symbolic(x):
            raise ValueError(f"{self.name} prepares arrays and has no derivative: call it on data, before the model")
        return self.on_array(as_array(x))


class CategoryEncoding(Preparing):
    """Integers 0 ... num_tokens - 1 as rows of zeros and ones, or of counts; also the first layer of a model.

    Args:
        num_tokens: the length of a row.
        output_mode: 'multi_hot', 'one_hot' or 'count', as in `encoded`.
        sparse: must be False.

    Raises:
        ValueError: num_tokens is missing or < 1, or output_mode is none of these.
    """

    builds, takes_integers, differentiable = True, True, False
    arguments: ClassVar[dict[str, Any]] = {"inputs": ..., "count_weights": None}

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        refuse("CategoryEncoding", sparse=sparse or None)
        output_mode = "multi_hot" if output_mode == "binary" else output_mode
        if output_mode not in ENCODINGS:
            raise ValueError(f"Unknown arg for output_mode: {output_mode}")
        if num_tokens is None:
            raise ValueError("num_tokens must be set to use this layer; IntegerLookup finds it from data")
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        self.num_tokens, self.output_mode = num_tokens, output_mode

    @in_tf_data
    def __call__(self, x: Any, count_weights: Any = None) -> Any:
        """Return the rows of an array of integers, or a `KerasTensor`.

        Args:
            x: integers.
            count_weights: in the shape of x, what an occurrence counts; z_c = sum over the i with x_i = c of w_i.

        Raises:
            ValueError: x holds no integers, or count_weights is given without output_mode='count'.
        """
        if count_weights is not None and self.output_mode != "count":
            raise ValueError("`count_weights` is not used when `output_mode` is not `'count'`")
        if is_symbolic(x):
            self.merges = count_weights is not None
            found = self._connect([x, count_weights] if self.merges else x)
            if self.merges:
                found.arguments = (x,), {"count_weights": count_weights}
            return found
        return encoded(_integers(as_array(x)), self.output_mode, self.num_tokens, count_weights, self.dtype)

    def forward(self, t: LayerTrace) -> None:
        x, weights = t.x if self.merges else (t.x, None)
        t.z = encoded(_integers(x), self.output_mode, self.num_tokens, weights, self.dtype)

    def backward(self, t: LayerTrace) -> None:
        """dw_i = delta_c with c = x_i; integers have no derivative."""
        if not self.merges:
            t.dx = None
            return
        x, w = _integers(t.x[0]), t.x[1]
        known = (x >= 0) & (x < self.num_tokens)
        dw = np.take_along_axis(t.delta, np.where(known, x, 0), axis=-1)
        t.dx = np.zeros(x.shape, t.delta.dtype), np.where(known, dw, 0).reshape(w.shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tuple(input_shape[0] if self.merges else input_shape)
        if self.output_mode == "one_hot" and shape and not (len(shape) > 1 and shape[-1] == 1):
            return (*shape, self.num_tokens)
        return (*shape[:-1], self.num_tokens)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"num_tokens": self.num_tokens, "output_mode": self.output_mode}

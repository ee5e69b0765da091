"""Where Keras' or TensorFlow's own layer is wrong, by the shapes at hand: `verify` does not compare these tensors.

A layer says it in `keras_wrong(t)`: {tensor: why} for a trace of the layer that has x and z. docs/keras-facts.md
"""

from collections.abc import Sequence
from typing import Any

from ..core.reference import computes_with_onednn

ADDED = "keras.ops.add takes an array of one long axis for a bias, and adds it along the last or second axis that fits"
NEAR = "TensorFlow's MaxPool3D takes what is less than 1e-5 below the maximum for the maximum on the way back"
LOWEST = (
    "TensorFlow's max pooling takes NaN and -infinity for the lowest number; MaxPool3D sends nothing to an infinity"
)
CENTRED = "TensorFlow's own Conv3D on a CPU leaves out both ends of an axis where 'same' needs no padding"


def keras_wrong(layer: Any, t: Any) -> dict[str, str]:
    """Return {tensor: why} for the tensors of a layer that Keras computes wrongly."""
    known = getattr(layer, "keras_wrong", None)
    return {} if known is None else known(t)


def added_elsewhere(shape: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether `keras.ops.add` adds an array to one of this shape along another axis than its own."""
    long = [axis for axis, size in enumerate(other) if size > 1]
    if len(long) != 1 or len(shape) < 2 or other[long[0]] not in (shape[1], shape[-1]):
        return False
    theirs = len(shape) - 1 if other[long[0]] == shape[-1] else 1
    return theirs != len(shape) - len(other) + long[0]


def centred(sizes: Sequence[int], places: Sequence[int], layer: Any) -> bool:
    """Return whether TensorFlow's own Conv3D on a CPU reads other windows: of size 1 in steps of 3, the middle of 3."""
    if (
        computes_with_onednn(layer.dtype)
        or layer.rank != 3
        or layer.padding != "same"
        or layer.data_format != "channels_last"
    ):
        return False
    axes = zip(sizes, places, layer.strides, layer.kernel_size, strict=True)
    return any(size - (count - 1) * stride - taps >= 2 for size, count, stride, taps in axes)

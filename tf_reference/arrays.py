"""TensorFlow's tensors from arrays, and arrays from them."""

from typing import Any

import numpy as np
import tensorflow as tf

Array = np.ndarray


def value_of(variable: Any) -> Array:
    """Return a Keras variable's value as a read-only array in TensorFlow's memory.

    TensorFlow gives the variable new memory when it changes while somebody reads the old one. `variable.numpy()`
    copies, and takes four times as long for a small one.
    """
    own = variable.value
    return np.asarray(memoryview(tf.raw_ops.ReadVariableOp(resource=own.handle, dtype=own.dtype)))


def assign(variable: Any, value: Any) -> None:
    """Assign an array to a Keras variable, in a tenth of the time that `variable.assign` takes for a small one.

    Raises:
        ValueError: its shape is another one.
    """
    own, value = variable.value, np.asarray(value)
    if value.shape != tuple(own.shape):
        raise ValueError(f"{variable.path} has the shape {tuple(own.shape)}; received an array of shape {value.shape}")
    value = value.astype(own.dtype.as_numpy_dtype, copy=False)
    tf.raw_ops.AssignVariableOp(resource=own.handle, value=tf.constant(value))


def as_called(x: Any) -> Any:
    """Return x in the form that a Keras model takes: a list if there are several inputs."""
    return list(x) if isinstance(x, tuple) else x


def constant(value: Any) -> Any:
    """Return an array, or each of a tuple, as a constant; None stays None."""
    if isinstance(value, tuple):
        return tuple(constant(part) for part in value)
    return None if value is None else tf.constant(np.asarray(value))


def to_numpy(tensor: Any) -> Any:
    if tensor is None:
        return None
    if isinstance(tensor, tuple | list):
        return tuple(to_numpy(part) for part in tensor)
    if isinstance(tensor, dict):
        return {name: to_numpy(part) for name, part in tensor.items()}
    tensor = tensor if isinstance(tensor, tf.Tensor) else tf.convert_to_tensor(tensor)
    return tensor.numpy()  # for an Embedding, TensorFlow returns slices

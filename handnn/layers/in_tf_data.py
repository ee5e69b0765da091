"""Layers and models inside `tf.data.Dataset.map`: TensorFlow calls them back with arrays, batch by batch.

TensorFlow is not imported here: whoever passes one of its symbolic tensors has imported it.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any


class NotConverted:
    """Base class of what TensorFlow must call as it is: AutoGraph, which rewrites Python code, skips the attribute."""

    autograph_info__ = None


def _leaves(given: Any) -> list[Any]:
    """Return what a structure of dicts, lists and tuples holds, in order."""
    if isinstance(given, dict):
        return [leaf for key in given for leaf in _leaves(given[key])]
    if isinstance(given, list | tuple):
        return [leaf for part in given for leaf in _leaves(part)]
    return [given]


def _filled(given: Any, leaves: Any) -> Any:
    """Return the structure with these leaves."""
    if isinstance(given, dict):
        return {key: _filled(part, leaves) for key, part in given.items()}
    if isinstance(given, list | tuple):
        return [_filled(part, leaves) for part in given]
    return next(leaves)


def _is_symbolic(x: Any) -> bool:
    return type(x).__module__.startswith("tensorflow.") and not hasattr(x, "numpy")


def in_tf_data(call: Callable[..., Any]) -> Any:
    """Return a `__call__` that also takes TensorFlow's symbolic tensors, and then gives one.

    The layer, or model, says the output's dtype (`dtype_of`) and shape (`compute_output_shape`).
    """

    @functools.wraps(call)
    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        if "tensorflow" not in sys.modules:
            return call(self, *args, **kwargs)
        x = args[0] if args else kwargs.get("inputs")
        parts = _leaves(x)
        if not any(map(_is_symbolic, parts)):
            return call(self, *args, **kwargs)
        options = {key: value for key, value in kwargs.items() if key != "inputs"}

        def on_arrays(*arrays: Any) -> Any:
            return call(self, _filled(x, iter(arrays)), *args[1:], **options)

        first = parts[0]
        dtype = self.dtype_of(first.dtype.name)
        found = sys.modules["tensorflow"].numpy_function(on_arrays, parts, dtype)
        shapes = [None if part.shape.rank is None else tuple(part.shape) for part in parts]
        if None not in shapes:
            found.set_shape(self.compute_output_shape(shapes[0] if len(shapes) == 1 else shapes))
        return found

    return called

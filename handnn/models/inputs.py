"""Checks of a model's x, y and weights. Each error names the argument, the expected value and the received one."""

import warnings
from typing import Any

import numpy as np

from ..config import check_dtype
from ..core.variable import Array, as_array, finite_array, real_array
from ..losses import Loss
from ..losses.crossentropy import CategoricalCrossentropy
from . import structures


def inputs(x: Any, layers: list[Any], argument: str = "x", form: Any = None, finite: bool = True) -> Any:
    """Return x for the model's inputs: one array, or a tuple of arrays if there are several inputs.

    Several inputs are given in the structure in which the model was made with them (`form`), as a list in their order,
    or as a dict by their names.

    Raises:
        ValueError: an array does not fit its input, or the numbers of samples differ.
        TypeError: an array holds no real numbers.
    """
    parts = matched(x, layers, argument, form)
    if len(layers) == 1:
        (x,) = parts if isinstance(parts, list) else (parts,)
        if isinstance(x, list | tuple) and len(x) == 1 and getattr(x[0], "ndim", 0) == len(layers[0].batch_shape):
            x = x[0]
        return samples(x, layers[0], argument, finite)
    x, names = parts, [layer.name for layer in layers]
    if not isinstance(x, list | tuple) or len(x) != len(layers):
        raise ValueError(f"{argument} must be a list of {len(layers)} arrays, for {', '.join(names)}")
    pairs = zip(x, layers, strict=True)
    found = tuple(samples(part, layer, f"{argument}[{layer.name}]", finite) for part, layer in pairs)
    if len({len(part) for part in found if part is not None}) > 1:
        counts = ", ".join(str(len(part)) for part in found if part is not None)
        raise ValueError(f"{argument} must hold the same number of samples for every input; received {counts}")
    return found


def matched(x: Any, layers: list[Any], argument: str, form: Any) -> Any:
    """Return the parts of x as a list, in the order of the inputs; x itself if its structure is another one.

    Warns:
        as Keras does, of a dict with more keys than inputs, and of a list for a model that was made with a dict.

    Raises:
        ValueError: a dict has not the keys of the inputs; or a list's order is not that of a dict's keys.
    """
    parts = None if form is structures.LEAF and isinstance(x, dict) else structures.along(form, x)
    firsts = [part[0] for part in parts or () if isinstance(part, list | tuple) and part]
    nested = any(hasattr(first, "ndim") for first in firsts)
    if parts is not None and not (nested and len(layers) > 1):
        if isinstance(form, dict) and len(x) > len(form):
            _warn_of_structure(form, sorted(x))
        return parts
    if isinstance(x, list | tuple) and any(isinstance(part, list | tuple) for part in x):
        flat = structures.flattened(x)
        if len(flat) == len(layers) and all(hasattr(part, "shape") for part in flat):
            return flat
    names = [layer.name for layer in layers]
    if isinstance(x, dict):
        if isinstance(form, dict):
            names = list(form)
        if not set(names) <= set(x) or isinstance(form, dict):
            raise ValueError(f"{argument} must have the keys {', '.join(names)}; received {', '.join(map(str, x))}")
        return [x[name] for name in names]
    if isinstance(form, dict) and (len(layers) == 1 or (isinstance(x, list | tuple) and len(x) == len(layers))):
        if len(layers) > 1 and list(form) != sorted(form):
            raise ValueError(
                f"{argument} must be a dict with the keys {', '.join(form)}; received a {type(x).__name__}"
            )
        _warn_of_structure(form, type(x).__name__)
    return x


def _warn_of_structure(form: Any, received: Any) -> None:
    warnings.warn(
        "The structure of `inputs` doesn't match the expected structure: a dict with the keys "
        f"{', '.join(form)}; received {received}",
        stacklevel=2,
    )


class MissingInputError(ValueError, TypeError):
    """An input is None and not optional: a TypeError, as for other values, and a ValueError, as in Keras."""


def samples(x: Any, layer: Any, argument: str = "x", finite: bool = True) -> Any:
    """Return x in the shape and dtype of an Input; None for an optional one.

    Raises:
        ValueError: x has another shape, no samples, NaN or infinity; or is None, and the input is not optional.
    """
    if x is None or (isinstance(x, list | tuple) and len(x) == 1 and x[0] is None):
        if not layer.optional:
            raise MissingInputError(
                f"{argument} must hold real numbers, since it is not optional; received None, dtype object"
            )
        return None
    input_shape, dtype = layer.batch_shape, layer.dtype
    array = (finite_array if finite else real_array)(x, argument, dtype)
    if array.dtype.kind in "iu" and not np.array_equal(array, as_array(x)):
        raise ValueError(f"{argument} must hold integers that fit {dtype}; received {as_array(x).dtype} values")
    expected = tuple(input_shape[1:])
    if array.ndim == len(expected) and expected and expected[-1] == 1:
        array = array[..., np.newaxis]
    elif array.ndim == len(expected) + 2 and array.shape[-1] == 1:
        array = array[..., 0]  # as Keras does
    shape = array.shape[1:]
    if array.ndim != len(expected) + 1 or any(e not in (None, s) for e, s in zip(expected, shape, strict=True)):
        wanted = ", ".join(["samples", *("any" if e is None else str(e) for e in expected)])
        hint = f"; for one sample give {argument}[np.newaxis]" if array.shape == expected else ""
        raise ValueError(f"{argument} must have shape ({wanted}); received {array.shape}{hint}")
    if not len(array):
        raise ValueError(f"{argument} must hold at least one sample; received shape {array.shape}")
    return array


def targets(
    y: Any, x: Any, loss: Loss, output_shape: tuple[int | None, ...], argument: str = "y", finite: bool = True
) -> Array:
    """Return y in the form that the loss takes, for outputs of shape (samples, *output_shape[1:]).

    Raises:
        ValueError: y does not fit the loss, or has another number of samples than x.
    """
    dtype = "int64" if loss.targets == "labels" and _integers(y) else loss.dtype
    array = (finite_array if finite or loss.targets == "labels" else real_array)(y, argument, dtype)
    count = sample_count(x)
    if array.ndim == 0 or len(array) != count:
        raise ValueError(f"{argument} must hold one row for each of the {count} samples; received shape {array.shape}")
    given = (*array.shape[1:], *(1,) * len(output_shape))  # for axes whose size only the data show
    outputs = tuple(size or given[k] for k, size in enumerate(output_shape[1:]))
    wanted = (count, *outputs)
    if loss.targets == "binary" and array.size and not (array.min() >= 0 and array.max() <= 1):
        warnings.warn(
            f"{argument} should be from 0 to 1 for {type(loss).__name__}; received {array.min():g} to {array.max():g}. "
            "For labels of several classes, use as many outputs with softmax and sparse_categorical_crossentropy",
            stacklevel=4,
        )
    if loss.targets in ("real", "positive") and _is_repeated(array.shape, wanted):
        warnings.warn(
            f"{argument} of shape {array.shape} is repeated along the outputs, of shape {wanted}, as Keras does",
            stacklevel=4,
        )
        array = np.broadcast_to(array, wanted).copy()
    try:
        return loss.prepare(array, np.broadcast_to(np.zeros((), loss.dtype), wanted))[0]
    except ValueError as error:
        raise ValueError(f"{argument} does not fit the loss: {error}") from None


def form_of(x: Any, y: Any) -> Any:
    """Return the shapes and dtypes of a batch of two plain arrays; None for any other batch."""
    plain = type(x) is type(y) is np.ndarray
    return (x.shape, x.dtype, y.shape, y.dtype) if plain else None


def needs_no_values(loss: Loss) -> bool:
    """Return whether targets fit the loss by their shape and dtype alone, whatever their values."""
    return loss.targets in ("real", "one_hot") and type(loss).prepare in (Loss.prepare, CategoricalCrossentropy.prepare)


def _is_repeated(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Return whether an array becomes one of the wanted shape, with as many axes, by repeating elements."""
    return (
        shape != wanted and len(shape) == len(wanted) and all(a in (1, b) for a, b in zip(shape, wanted, strict=True))
    )


def per_output(given: Any, names: list[str], argument: str, wanted: list[bool], one_for_all: bool = False) -> list[Any]:
    """Return one entry per output, from a list in their order or a dict by their names; None where there is none.

    Args:
        wanted: which outputs have a loss; a shorter list holds the entries of these.
        one_for_all: whether one array counts for every output.

    Raises:
        ValueError: the entries do not fit the outputs.
    """
    if given is None:
        return [None] * len(names)
    if (
        not isinstance(given, dict)
        and isinstance(given, list | tuple)
        and any(isinstance(g, list | tuple | dict) for g in given)
    ):
        flat = structures.flattened(given)
        given = flat if len(flat) == len(names) and all(hasattr(g, "shape") for g in flat) else given
    if isinstance(given, dict):
        if unknown := sorted(set(given) - set(names)):
            raise ValueError(f"{argument} must have the keys {', '.join(names)}; received {unknown[0]!r}")
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple) and len(given) == len(names):
        return list(given)
    if isinstance(given, list | tuple) and len(given) == sum(wanted):
        entries = iter(given)
        return [next(entries) if own else None for own in wanted]
    if not isinstance(given, list | tuple | dict):
        if one_for_all:
            return [given] * len(names)
        if sum(wanted) == 1:
            return [given if own else None for own in wanted]
    received = f"a {type(given).__name__} of {len(given)}" if isinstance(given, list | tuple) else type(given).__name__
    raise ValueError(
        f"{argument} must be a list of {len(names)} entries or a dict, for {', '.join(names)}; received {received}"
    )


def shape_of_first(x: Any, argument: str, known: list[Any], nonfinite: bool, several: bool) -> Any:
    """Return the shape of the first data; those of a list of arrays if there may be `several` inputs.

    Args:
        known: the layer whose dtype x is cast to, if there is one.
    """
    if isinstance(x, list | tuple) and several and all(hasattr(part, "shape") for part in x):
        return [part.shape for part in x]
    dtype = known[0].dtype if known else check_dtype(None)
    return (real_array if nonfinite else finite_array)(x, argument, dtype).shape


def weights(
    sample_weight: Any,
    class_weight: dict[int, float] | None,
    y: Array,
    loss: Loss,
    output_shape: tuple[int | None, ...],
    argument: str = "sample_weight",
) -> Array | None:
    """Return the weights of the samples, from `sample_weight` or from `class_weight`; None if neither is given.

    Raises:
        ValueError: both are given, or a weight does not fit y.
        TypeError: class_weight is not a dict.
    """
    if sample_weight is not None and class_weight is not None:
        raise ValueError("give either sample_weight or class_weight, not both (as in Keras)")
    if class_weight is not None:
        classes = _class_weights(class_weight)
        labels = y if y.ndim == 1 else y[:, 0] if y.shape[-1] == 1 else y.argmax(axis=-1)
        array = np.array([classes.get(int(label), 1.0) for label in np.round(labels)])  # rounded as Keras does
    elif sample_weight is None:
        return None
    else:
        array = finite_array(sample_weight, argument, "float64")
    outputs = (len(y), *(size or 1 for size in output_shape[1:]))
    expected = loss.value_shape(outputs)
    try:
        if array.shape[:1] == (len(y),):
            return loss.prepare_weight(array, outputs)
    except ValueError:
        pass  # the error below names the caller's argument
    shape = f", shape {expected}" if len(expected) > 1 else ""
    raise ValueError(
        f"{argument} must hold one weight for each of the {len(y)} samples{shape}; received shape {array.shape}"
    )


def _class_weights(given: Any) -> dict[int, float]:
    if not isinstance(given, dict):
        raise TypeError(f"class_weight must be a dict {{label: weight}}; received {type(given).__name__}")
    for label, weight in given.items():
        if isinstance(label, bool) or not isinstance(label, int | np.integer):
            raise ValueError(f"class_weight must have integer labels as keys; received {label!r}")
        if isinstance(weight, bool) or not isinstance(weight, int | float | np.number):
            raise ValueError(f"class_weight must hold numbers; received {weight!r} for label {label}")
        if not np.isfinite(weight):
            raise ValueError(f"class_weight must be finite; received {weight} for label {label}")
    return {int(label): float(weight) for label, weight in given.items()}


def positive_integer(value: Any, argument: str, least: int = 1) -> int:
    """Return value as an int; raise ValueError if it is not an integer >= least."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{argument} must be an integer >= {least}; received {value!r}")
    return int(value)


def _integers(y: Any) -> bool:
    kind = getattr(y, "dtype", np.asarray(y).dtype).kind
    return kind in "iub"


# ---- one array, or a tuple of arrays if a model has several inputs ---------------------------------------------------


def arrays(x: Any) -> tuple[Array, ...]:
    """Return the arrays of x, one for each input."""
    return x if isinstance(x, tuple) else (x,)


def sample_count(x: Any) -> int:
    """Return the number of samples in x."""
    return next(len(part) for part in x if part is not None) if isinstance(x, tuple) else len(x)


def rows_of(part: Any, rows: Any) -> Any:
    """Return these samples of an array, or of each of a tuple; None stays None."""
    if isinstance(part, tuple):
        return tuple(None if array is None else array[rows] for array in part)
    return None if part is None else part[rows]

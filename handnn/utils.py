"""Seeds, session state and one-hot labels, with the names of `keras.utils`."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .core import custom
from .core.custom import (
    CustomObjectScope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from .core.naming import reset_names
from .core.plotting import model as model_plot

custom_object_scope = custom.CustomObjectScope

__all__ = [
    "CustomObjectScope",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "new_seed",
    "normalize",
    "pack_x_y_sample_weight",
    "plot_model",
    "register_keras_serializable",
    "seeded",
    "set_random_seed",
    "split_dataset",
    "to_categorical",
    "unpack_x_y_sample_weight",
]

_generator = np.random.default_rng()

_LATER = ("pad_sequences", "timeseries_dataset_from_array")


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module("handnn.data.sequences"), name)
    raise AttributeError(f"module 'handnn.utils' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


def set_random_seed(seed: int) -> None:
    """Make all later unseeded draws (initial weights, shuffling, dropout) repeatable.

    Raises:
        ValueError: seed is not an integer >= 0.
    """
    global _generator
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be an integer >= 0; received {seed!r}")
    _generator = np.random.default_rng(int(seed))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw from another stream inside, and leave the global one where it is."""
    global _generator
    before = _generator
    set_random_seed(seed)
    try:
        yield
    finally:
        _generator = before


def new_seed() -> int:
    """Draw a seed from the global stream, for an object without a given seed."""
    return int(_generator.integers(1, 10**9))


def clear_session() -> None:
    """Restart the numbering of unnamed layers, as `keras.utils.clear_session` does."""
    reset_names()


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray[Any, Any]:
    """Return one-hot rows (n, num_classes), float64 as in Keras, for integer labels (n,).

    Raises:
        ValueError: x holds other values than integers from 0 to num_classes - 1.
    """
    given = np.asarray(x)
    labels = given.astype("int64")
    if not np.array_equal(labels, given):
        raise ValueError(f"x must hold integers; received {given.reshape(-1)[0]}")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if labels.size and labels.min() < 0:
        raise ValueError(f"x must hold labels >= 0; received {labels.min()}")
    classes = num_classes or int(labels.max()) + 1
    if labels.size and labels.max() >= classes:
        raise ValueError(f"x must hold labels below num_classes={classes}; received {labels.max()}")
    return np.eye(classes)[labels]


class PyDataset:
    """Base class of data sets in batches: `__getitem__(i)` returns batch i, (x, y) or (x, y, sample_weight).

    `__len__` is the number of batches (or the property `num_batches`, None for an endless data set). `on_epoch_begin`
    and `on_epoch_end` may change the data. `workers`, `use_multiprocessing` and `max_queue_size` are accepted for
    compatibility; batches are made one after the other.
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        return (self[i] for i in (itertools.count() if count is None else range(count)))

    @property
    def num_batches(self) -> int | None:
        """Number of batches; None for an endless data set."""
        own: Any = self
        return len(own) if hasattr(self, "__len__") else None

    def on_epoch_begin(self) -> None: ...
    def on_epoch_end(self) -> None: ...


Sequence = PyDataset


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return x (in a tuple if it is a list), (x, y), or (x, y, sample_weight)."""
    if y is None:
        return (x,) if isinstance(x, list | tuple) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample_weight of x, (x,), (x, y) or (x, y, sample_weight); raise ValueError for longer ones."""
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"a batch must be x, (x,), (x, y) or (x, y, sample_weight); received a tuple of {len(data)} entries"
        )
    return (*data, None, None)[:3]


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray[Any, Any]:
    """Return x divided by its norm of this order along an axis; a norm of 0 counts as 1."""
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"order must be an integer >= 1; received {order!r}")
    x = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(x, order, axis))
    norm[norm == 0] = 1
    return x / np.expand_dims(norm, axis)


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: Any = None,
) -> tuple[Any, Any]:
    """Return the first and the other samples of an array, or of a tuple, list or dict of arrays.

    Args:
        left_size, right_size: a number of samples, or a share below 1; the other side is the rest.
        shuffle: draw the order of the samples first, by `seed`.

    Raises:
        ValueError: neither size is given, or they do not fit the samples.
    """
    first = dataset
    while isinstance(first, list | tuple | dict):
        first = next(iter(first.values())) if isinstance(first, dict) else first[0]
    samples = len(first)
    if left_size is None and right_size is None:
        raise ValueError("left_size or right_size must be given; received None for both")
    sizes = [
        None if s is None else round(s * samples) if isinstance(s, float) else int(s) for s in (left_size, right_size)
    ]
    left = sizes[0] if sizes[0] is not None else samples - (sizes[1] or 0)
    right = sizes[1] if sizes[1] is not None else samples - left
    if left < 0 or right < 0 or left + right > samples:
        raise ValueError(f"left_size and right_size must fit {samples} samples; received {left_size} and {right_size}")
    order = np.random.default_rng(seed).permutation(samples) if shuffle else np.arange(samples)

    def part(data: Any, rows: Any) -> Any:
        if isinstance(data, dict):
            return {key: part(value, rows) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return type(data)(part(value, rows) for value in data)
        return np.asarray(data)[rows]

    return part(dataset, order[:left]), part(dataset, order[left : left + right])


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> None:
    """Draw the layers of a built model and what they read, with matplotlib (Keras needs Graphviz).

    Args:
        to_file: the picture; its ending says the format, such as .png, .svg or .pdf.
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable: what a box says besides the
            class of its layer.
        rankdir: 'TB' draws from top to bottom, 'LR' from left to right.
        expand_nested, splines: accepted for compatibility; the layers of a model inside are drawn, arrows are straight.

    Raises:
        ValueError: the model is not built, rankdir is neither, the format is unknown, or an argument is unknown.
    """
    if kwargs:
        raise ValueError(f"plot_model has no argument {', '.join(map(repr, kwargs))}")
    if not model.built or not model.nodes:
        raise ValueError(f"model must be built and have layers: start {model.name} with an Input, or call it on data")
    if rankdir not in ("TB", "LR"):
        raise ValueError(f"rankdir must be 'TB' or 'LR'; received {rankdir!r}")

    def describe(layer: Any, name: str, given: Any, output: Any) -> list[str]:
        cls = type(layer).__name__
        lines = [f"{name} ({cls})" if show_layer_names else cls]
        activation = getattr(getattr(layer, "activation", None), "name", None)
        if show_layer_activations and activation not in (None, "linear"):
            lines.append(f"activation: {activation}")
        if show_shapes:
            lines.append(f"{_shape(given)} -> {_shape(output)}" if cls != "InputLayer" else _shape(output))
        if show_dtype:
            lines.append(str(layer.dtype))
        if show_trainable and getattr(layer, "weights", None):
            lines.append("trainable" if layer.trainable else "frozen")
        return lines

    model_plot.draw(model, to_file, describe, rankdir == "LR", dpi)


def _shape(shape: Any) -> str:
    several = isinstance(shape, list)
    return ", ".join(map(_shape, shape)) if several else f"({', '.join('-' if n is None else str(n) for n in shape)})"

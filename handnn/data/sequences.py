"""Sequences of unequal lengths as one array, and windows of a time series, with the names of `keras.utils`."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..utils import PyDataset


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray[Any, Any]:
    """Return sequences as rows of equal length, (samples, maxlen, ...).

    Args:
        sequences: lists or arrays of any length, whose entries have one shape.
        maxlen: length of a row; by default that of the longest sequence.
        padding, truncating: 'pre' or 'post': where `value` is put and where a longer sequence is cut.

    Raises:
        ValueError: sequences is no list of sequences, their entries differ in shape, or an option is another word.
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"sequences must be a list of sequences; received {type(sequences).__name__}")
    for name, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise ValueError(f"{name} must be 'pre' or 'post'; received {given!r}")
    for k, own in enumerate(sequences):
        if not hasattr(own, "__len__"):
            raise ValueError(f"sequences must hold sequences; received {own!r} at {k}")
    if isinstance(value, str) and np.dtype(dtype).kind not in "OSU":
        raise ValueError(f"value must be a number for dtype {dtype}; received {value!r}: use dtype=object for text")
    longest = max(map(len, sequences), default=0) if maxlen is None else maxlen
    entry = next((np.asarray(own).shape[1:] for own in sequences if len(own)), ())
    found = np.full((len(sequences), longest, *entry), value, dtype)
    for k, own in enumerate(sequences):
        if not len(own) or not longest:
            continue
        kept = np.asarray(own[-longest:] if truncating == "pre" else own[:longest], dtype)
        if kept.shape[1:] != entry:
            raise ValueError(f"sequences must hold entries of one shape, {entry}; received {kept.shape[1:]} at {k}")
        found[k, slice(-len(kept), None) if padding == "pre" else slice(len(kept))] = kept
    return found


class Windows(PyDataset):
    """Batches of windows of a time series: x, or (x, y), from `timeseries_dataset_from_array`.

    Args:
        starts: the first index of each window. offsets: what is added to it for each step of the window.
    """

    shuffles_itself = True  # as the tf.data.Dataset that it stands for: `fit` keeps its order

    def __init__(self, data: Any, targets: Any, starts: Any, offsets: Any, batch_size: int | None) -> None:
        super().__init__()
        self.data, self.targets, self.starts, self.offsets = data, targets, starts, offsets
        self.batch_size = batch_size

    def __len__(self) -> int:
        return math.ceil(len(self.starts) / (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        if self.batch_size is None:
            rows: Any = self.starts[index]
            x = self.data[rows + self.offsets]
        else:
            rows = self.starts[index * self.batch_size : (index + 1) * self.batch_size]
            x = self.data[rows[:, np.newaxis] + self.offsets]
        return x if self.targets is None else (x, self.targets[rows])

    def take(self, count: int) -> Iterator[Any]:
        """Yield the first `count` batches."""
        return (self[index] for index in range(min(count, len(self))))


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
) -> Windows:
    """Return the windows of a time series in batches (Keras returns a `tf.data.Dataset`; `fit` takes both).

    Args:
        data: (steps, ...). targets: the target of the window that starts at each step, or None for windows alone.
        sequence_length: steps of a window. sequence_stride: steps between the starts of two windows.
        sampling_rate: steps between two of a window.
        batch_size: windows in a batch; None for single windows. shuffle: draw the windows' order, by `seed`.
        start_index, end_index: the part of the data that is used.

    Raises:
        ValueError: a number does not fit the data.
    """
    data = np.asarray(data)
    steps = len(data)
    for name, given in (("sequence_stride", sequence_stride), ("sampling_rate", sampling_rate)):
        if not 0 < given < steps:
            raise ValueError(f"{name} must be above 0 and below the {steps} steps of data; received {given}")
    if start_index is not None and not 0 <= start_index < steps:
        raise ValueError(f"start_index must be in 0 ... {steps - 1}; received {start_index}")
    if end_index is not None and not (start_index or 0) < end_index < steps:
        raise ValueError(f"end_index must be above start_index and below {steps}; received {end_index}")
    first, last = start_index or 0, steps if end_index is None else end_index
    count = last - first - (sequence_length - 1) * sampling_rate
    if targets is not None:
        targets = np.asarray(targets)[first:last]
        count = min(count, len(targets))
    starts = np.arange(0, max(count, 0), sequence_stride)
    if shuffle:
        np.random.default_rng(seed).shuffle(starts)
    offsets = np.arange(sequence_length) * sampling_rate
    return Windows(data[first:last], targets, starts, offsets, batch_size)

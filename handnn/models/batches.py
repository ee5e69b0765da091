"""The batches of `fit`, `evaluate` and `predict`: from arrays, or from generators, PyDatasets and tf.data.

Arrays are checked and cast once, and taken batch by batch into buffers. Any other source is checked batch by batch. It
is known by what it can do: TensorFlow and PyTorch are never imported.
"""

import itertools
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import config
from ..core.variable import Array
from ..saving.progress import Progress
from ..utils import unpack_x_y_sample_weight
from . import inputs

Batch = tuple[Any, Any, Any]
"""x, y and the sample weights, checked and cast."""


class Batches:
    """Base class: `steps` batches an epoch, None if their number is only known at the end.

    With `steps_per_epoch`, an epoch takes so many batches, and the next one continues after them; as in Keras, an epoch
    that reaches the end of the source ends there.
    """

    samples: int | None = None
    batch_size: int | None = None

    def __init__(self, steps_per_epoch: int | None) -> None:
        limit = config.max_steps_per_epoch()
        if limit is not None and limit < (steps_per_epoch or limit + 1):
            said = f"Limiting steps_per_epoch to {limit}, by handnn.config.set_max_steps_per_epoch"
            warnings.warn(said, stacklevel=4)
            steps_per_epoch = limit
        self.steps_per_epoch = steps_per_epoch
        self._running: Iterator[Batch] | None = None
        self._taken = 0

    @property
    def count(self) -> int | None:
        """Number of batches until the source is through; None if it does not say."""
        raise NotImplementedError

    @property
    def steps(self) -> int | None:
        return self.steps_per_epoch or self.count

    def once(self, progress: Progress | None, first: int) -> Iterator[Batch]:
        """Yield the batches of one pass over the source, from number `first` on."""
        raise NotImplementedError

    def reset(self) -> None:
        """Let the next epoch begin at the start of the source."""
        self._running, self._taken = None, 0

    def epoch(self, progress: Progress | None = None, first: int = 0, together: int = 1) -> Iterator[Batch]:
        """Yield the batches of one epoch; `progress` shuffles.

        As in Keras, `together` batches that are executed together are taken whole, also beyond `steps_per_epoch`.
        """
        if self.steps_per_epoch is None:
            yield from self.once(progress, first)
            return
        for _ in range(-(-self.steps_per_epoch // together) * together - first):
            if self._running is not None and self.count and self._taken >= self.count:
                _ran_out()
                break
            if self._running is None:
                self._running, self._taken = self.once(progress, 0), 0
            batch = next(self._running, None)
            if batch is None:
                _ran_out()
                self._running = None
                return
            self._taken += 1
            yield batch
        if self.count and self._taken >= self.count:
            self._running = None


def _ran_out() -> None:
    warnings.warn(
        "Your input ran out of data; interrupting training. It must give at least steps_per_epoch * epochs batches",
        stacklevel=4,
    )


class ArrayBatches(Batches):
    """Arrays: x (or a tuple of several inputs), y (or a tuple of several outputs) and weights, or None of these."""

    def __init__(
        self, x: Any, y: Any, weight: Any, batch_size: int, shuffle: bool = False, steps_per_epoch: int | None = None
    ) -> None:
        super().__init__(steps_per_epoch)
        self.samples, self.batch_size, self.shuffle = inputs.sample_count(x), batch_size, shuffle
        self.x, self.y, self.weight = x, y, weight
        self._buffers: list[Array] = []

    @property
    def count(self) -> int:
        assert self.samples is not None and self.batch_size is not None
        return -(-self.samples // self.batch_size)

    def once(self, progress: Progress | None, first: int) -> Iterator[Batch]:
        size = self.batch_size or 1
        if progress is None:
            for start in range(first * size, self.samples or 0, size):
                part = slice(start, start + size)
                yield tuple(inputs.rows_of(array, part) for array in (self.x, self.y, self.weight))
            return
        order = progress.order(self.shuffle)
        if not self._buffers:
            self._buffers = [np.empty((min(size, len(a)), *a.shape[1:]), a.dtype) for a in self._arrays()]
        for batch in range(first, self.count):
            rows = order[batch * size : (batch + 1) * size]
            drawn = iter(self._buffers)

            def take(array: Array, rows: Array = rows, drawn: Iterator[Array] = drawn) -> Array:
                return array.take(rows, 0, next(drawn)[: len(rows)], "clip")

            yield _mapped(take, self.x), _mapped(take, self.y), _mapped(take, self.weight)

    def _arrays(self) -> list[Array]:
        found: list[Array] = []
        for part in (self.x, self.y, self.weight):
            _mapped(found.append, part)
        return found


def _mapped(function: Callable[[Any], Any], part: Any) -> Any:
    """Apply a function to an array, or to each of a tuple; None stays None."""
    if isinstance(part, tuple):
        return tuple([None if array is None else function(array) for array in part])
    return None if part is None else function(part)


class StreamBatches(Batches):
    """A generator, PyDataset, tf.data.Dataset or DataLoader that yields x, (x,), (x, y) or (x, y, sample_weight).

    Args:
        source: the object.
        prepare: checks and casts (x, y, sample_weight).
        shuffle: shuffle the batches of a PyDataset; other sources shuffle themselves.
    """

    def __init__(
        self, source: Any, prepare: Callable[..., Batch], steps_per_epoch: int | None = None, shuffle: bool = False
    ) -> None:
        super().__init__(steps_per_epoch)
        self.source, self.prepare = source, prepare
        self.shuffle = shuffle and not getattr(source, "shuffles_itself", False)
        self._count = _length(source)
        self.samples, self.batch_size = (self._count, 1) if _is_indexed(source) else (None, None)

    @property
    def count(self) -> int | None:
        return self._count

    def once(self, progress: Progress | None, first: int) -> Iterator[Batch]:
        notify = getattr(self.source, "on_epoch_begin", None)
        if callable(notify):
            notify()
        order = None if progress is None else progress.order(self.shuffle)
        for number, raw in enumerate(_batches(self.source, self._count, order)):
            if number >= first:
                yield self.prepare(*unpack_x_y_sample_weight(raw))
        if callable(notify := getattr(self.source, "on_epoch_end", None)):
            notify()

    @property
    def is_exhausted_by_an_epoch(self) -> bool:
        """Whether a second pass would find nothing: a generator."""
        return hasattr(self.source, "__next__")


def is_stream(x: Any) -> bool:
    """Return whether x gives batches, and is no array."""
    if isinstance(x, types.GeneratorType) or hasattr(x, "__next__"):
        return True
    return _is_indexed(x) or _is_of(x, "tensorflow", "Dataset") or _is_of(x, "torch", "DataLoader")


def _is_indexed(x: Any) -> bool:
    """Return whether x is a PyDataset, or an older Sequence, of handnn or Keras."""
    return hasattr(type(x), "__getitem__") and hasattr(x, "on_epoch_end")


def _is_of(x: Any, library: str, word: str) -> bool:
    """Return whether x belongs to a library that is loaded, and its class is named after the word."""
    if library not in sys.modules:
        return False
    return any(word in cls.__name__ and cls.__module__.split(".", 1)[0] == library for cls in type(x).__mro__)


def _length(source: Any) -> int | None:
    if hasattr(source, "cardinality"):
        known = int(source.cardinality())
        return known if known >= 0 else None
    if _is_indexed(source):
        number: Any = getattr(source, "num_batches", None)
        return len(source) if number is None and hasattr(source, "__len__") and _has_length(source) else number
    return len(source) if hasattr(source, "__len__") else None


def _has_length(source: Any) -> bool:
    try:
        len(source)
    except (NotImplementedError, TypeError):
        return False
    return True


def _batches(source: Any, count: int | None, order: Any) -> Iterator[Any]:
    if not _is_indexed(source):
        return iter(source)
    if count is None:
        return (source[i] for i in itertools.count())
    return (source[int(i)] for i in (range(count) if order is None else order))

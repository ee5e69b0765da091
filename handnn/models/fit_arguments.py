"""The arguments of `fit`, `evaluate` and `predict`: callbacks, sizes, steps, and the samples held back."""

import warnings
from typing import Any

from ..callbacks.base import CallbackList
from . import inputs
from .inputs import sample_count


def hooks_of(
    callbacks: Any, model: Any, verbose: Any, epochs: int, steps: int | None, training: bool = False
) -> CallbackList:
    if isinstance(callbacks, CallbackList):
        return callbacks
    options = {"verbose": verbose, "epochs": epochs, "steps": steps}
    return CallbackList(callbacks, training, training and bool(verbose), model, **options)


def batch_size_of(given: Any, argument: str = "batch_size", default: int = 32) -> int:
    return default if given is None else inputs.positive_integer(given, argument)


def steps_of(given: Any, argument: str = "steps_per_epoch") -> int | None:
    return None if given is None else inputs.positive_integer(given, argument)


def is_due(epoch: int, frequency: Any) -> bool:
    return epoch % frequency == 0 if isinstance(frequency, int) else epoch in frequency


def split_off(x: Any, y: Any, weight: Any, share: float) -> tuple[Any, Any]:
    """Split off the last `share` of the samples for validation."""
    samples = sample_count(x)
    kept = int(samples * (1 - share))
    if not 0 < share < 1 or not 0 < kept < samples:
        raise ValueError(f"validation_split must leave samples on both sides of {samples}; received {share}")
    head, tail = slice(kept), slice(kept, None)
    halves = [tuple(inputs.rows_of(part, rows) for part in (x, y, weight)) for rows in (head, tail)]
    return halves[0], halves[1]


def watches_loss(callbacks: Any) -> bool:
    """Return whether a TerminateOnNaN, of handnn or Keras, is among the callbacks."""
    found = callbacks.callbacks if isinstance(callbacks, CallbackList) else callbacks
    many = found if isinstance(found, list | tuple) else [found]
    return any(cls.__name__ == "TerminateOnNaN" for callback in many for cls in type(callback).__mro__)


def check_generator(source: Any, epochs: int, initial_epoch: int) -> int:
    """Return the epochs that the source can give: a generator without steps_per_epoch ends with the first one."""
    if epochs <= initial_epoch + 1 or source.steps_per_epoch or not getattr(source, "is_exhausted_by_an_epoch", False):
        return epochs
    warnings.warn(
        f"x is a generator, which ends only once: of epochs={epochs} one is trained; give steps_per_epoch for more",
        stacklevel=3,
    )
    return initial_epoch + 1

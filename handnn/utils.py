"""Seeds, session state and one-hot labels, with the names of `keras.utils`."""

from typing import Any

import numpy as np

from .core.naming import reset_names

__all__ = ["clear_session", "new_seed", "set_random_seed", "to_categorical"]

_generator = np.random.default_rng()


def set_random_seed(seed: int) -> None:
    """Make all later unseeded draws (initial weights, shuffling, dropout) repeatable.

    Raises:
        ValueError: seed is not an integer >= 0.
    """
    global _generator
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be an integer >= 0; received {seed!r}")
    _generator = np.random.default_rng(int(seed))


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

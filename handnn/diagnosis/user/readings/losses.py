"""Losses to apply where a network returns its output only: by name, in the scalings that people use."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..source.words import bare

Loss = Callable[[Any, Any], Any]
Scaled = Callable[[Any, Any, int], Any]


class Known(NamedTuple):
    """A loss summed over its elements, and its derivative by the prediction."""

    value: Loss
    slope: Loss


SUMS: dict[str, Known] = {
    "mse": Known(lambda p, y: np.sum((p - y) ** 2), lambda p, y: 2 * (p - y)),
    "binary_crossentropy": Known(
        lambda p, y: -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)), lambda p, y: (1 - y) / (1 - p) - y / p
    ),
    "categorical_crossentropy": Known(lambda p, y: -np.sum(y * np.log(p)), lambda p, y: -y / p),
    "mae": Known(lambda p, y: np.sum(np.abs(p - y)), lambda p, y: np.sign(p - y)),
}
NAMES = {
    "mse": "mse", "meansquarederror": "mse", "squarederror": "mse", "quadratic": "mse", "l2": "mse", "sse": "mse",
    "binarycrossentropy": "binary_crossentropy", "bce": "binary_crossentropy", "logloss": "binary_crossentropy",
    "categoricalcrossentropy": "categorical_crossentropy", "crossentropy": "categorical_crossentropy",
    "cce": "categorical_crossentropy", "nll": "categorical_crossentropy",
    "sparsecategoricalcrossentropy": "categorical_crossentropy",
    "mae": "mae", "meanabsoluteerror": "mae",
}  # fmt: skip
SCALES: tuple[tuple[str, Callable[[int, int], float]], ...] = (
    ("averaged over the samples", lambda size, samples: 1 / samples),
    ("averaged", lambda size, samples: 1 / size),
    ("summed", lambda size, samples: 1.0),
    ("summed and halved", lambda size, samples: 0.5),
    ("averaged over the samples and halved", lambda size, samples: 0.5 / samples),
    ("averaged and halved", lambda size, samples: 0.5 / size),
)


def candidates(reference: str | None) -> Iterator[list[tuple[str, Scaled, Scaled]]]:
    """Yield the scalings of a loss as (words, loss of output, target and number of samples, its derivative).

    Args:
        reference: the name of a loss; without one every loss that is known is yielded.
    """
    known = NAMES.get(bare(reference or ""))
    for name in [known] if known else ["mse", "binary_crossentropy", "categorical_crossentropy"]:
        total, slope = SUMS[name]
        yield [(f"{name}, {words}", _scaled(total, scale), _scaled(slope, scale)) for words, scale in SCALES]


def _scaled(total: Loss, scale: Callable[[int, int], float]) -> Scaled:
    def loss(output: Any, target: Any, samples: int) -> Any:
        p = np.asarray(output)
        y = np.asarray(target)
        if y.dtype.kind in "iu" and y.ndim == 1 and p.ndim == 2:  # labels as integers
            y = np.eye(p.shape[0])[y].T if _in_columns(p, y.size) else np.eye(p.shape[1])[y]
        y = y.reshape(p.shape) if y.size == p.size else y
        return total(p, y) * scale(p.size, samples)

    return loss


def _in_columns(p: Any, samples: int) -> bool:
    """Return whether samples are in columns: there are as many, and of as many classes each sums to 1."""
    square = p.shape[0] == p.shape[1]
    return bool(p.shape[1] == samples and (not square or np.allclose(np.sum(p, axis=0), 1)))

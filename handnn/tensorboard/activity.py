"""What a network does with a few pictures: each beside the units of every layer, brighter the more active they are."""

import math
from collections.abc import Sequence

import numpy as np

from .pictures import GAP, diverging, enlarge

__all__ = ["lit_up", "units_of"]

SIDE = 56
"""Height of a row in pixels, at least: that of 28 x 28 pixels twice as large."""
MOST_UNITS = 256
MOST_IN_COLUMN = 16
"""An output layer of so many units at most is drawn as a column, class by class."""
COLUMN_WIDTH = 4
"""A unit of this column is so many times as wide as high."""
MARGIN = 4
"""Grey pixels between the parts."""


def lit_up(samples: np.ndarray, layers: Sequence[np.ndarray]) -> np.ndarray:
    """Draw samples as rows: the picture, then the units of each layer as a grid, the last layer as a column.

    Args:
        samples: (n, height, width), drawn from black, the smallest number, to white.
        layers: for each layer its output (n, units), on one scale for all samples: from black (0) to white (the
            largest), or, if numbers are below zero, blue below, red above, white at zero.

    Returns:
        uint8 (rows, columns, 3); a row is as high as the tallest of its parts.
    """
    parts = [_greys(samples, samples.min(), samples.max())]
    for i, values in enumerate(layers):
        if i == len(layers) - 1 and values.shape[1] <= MOST_IN_COLUMN:
            parts.append(np.repeat(_grids(values, 1), COLUMN_WIDTH, axis=2))
        else:
            parts.append(_grids(values, math.ceil(math.sqrt(values.shape[1]))))
    parts = [np.stack([enlarge(one, max(1, SIDE // part.shape[1])) for one in part]) for part in parts]
    height = max(part.shape[1] for part in parts) + MARGIN
    width = sum(part.shape[2] + MARGIN for part in parts) + MARGIN
    drawn = np.full((MARGIN + height * len(samples), width, 3), GAP, np.uint8)
    for row in range(len(samples)):
        left, top = MARGIN, MARGIN + row * height
        for part in parts:
            drawn[top : top + part.shape[1], left : left + part.shape[2]] = part[row]
            left += part.shape[2] + MARGIN
    return drawn


def units_of(a: np.ndarray) -> np.ndarray:
    """Return outputs (n, ..., units) as (n, units): the mean over places or steps of time, at most 256 units."""
    axes = tuple(range(1, a.ndim - 1))
    return np.asarray(a.mean(axis=axes), dtype=np.float64)[:, :MOST_UNITS]


def _grids(values: np.ndarray, columns: int) -> np.ndarray:
    """Draw (n, units) as (n, rows, columns, 3), row by row; places without a unit are grey."""
    count, units = values.shape
    rows = math.ceil(units / columns)
    if values.min() < 0:
        coloured = diverging(values)
    else:
        coloured = _greys(values[:, np.newaxis], 0.0, values.max())[:, 0]
    drawn = np.full((count, rows * columns, 3), GAP, np.uint8)
    drawn[:, :units] = coloured
    return drawn.reshape(count, rows, columns, 3)


def _greys(values: np.ndarray, black: float, white: float) -> np.ndarray:
    """Draw (n, h, w) in 32 shades of grey; (n, h, w, 3)."""
    share = np.nan_to_num((values - black) / (white - black) if white > black else np.zeros(values.shape))
    return np.repeat((np.rint(share * 31) * (255 / 31)).astype(np.uint8)[..., np.newaxis], 3, axis=-1)

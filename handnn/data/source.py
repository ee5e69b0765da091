"""`Source`, the result of every reader, and its conversion to a Dataset: split, scaled, cast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .checks import held_by
from .dataset import Dataset
from .split import split

Parts = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Source:
    """Samples as they were read or generated.

    Attributes:
        parts: "train" and, if the source has them, "validation" and "test" -> (x, y);
            x (samples, features) of any real dtype, y labels (samples,) in 0..classes-1 or
            targets (samples, outputs).
        divisor: of the features (255 for pixels in bytes, 1 to leave them unchanged); None standardises
            each feature.
    """

    name: str
    parts: Parts
    task: str
    class_names: tuple[str, ...] | None
    image_shape: tuple[int, int] | None
    divisor: float | None


def divisor_for(features: Iterable[np.ndarray]) -> float | None:
    """Return 1 for features already in 0..1, 255 for bytes (pixels), None (standardise) for others."""
    arrays = list(features)
    if all(array.min() >= 0 and array.max() <= 1 for array in arrays):
        return 1.0
    return 255.0 if all(array.dtype == np.uint8 for array in arrays) else None


def finish(source: Source, seed: int, fractions: dict[str, float], dtype: str) -> Dataset:
    """Split the parts in `fractions` off source's train part, scale the features, and cast.

    Args:
        source: a reader's result.
        seed: decides the split.
        fractions: "test" and "validation" -> fraction above 0; a part that the source has is not split off.
        dtype: of the features and of regression targets.
    """
    x, y = source.parts["train"]
    classification = source.task == "classification"
    strata = y if classification else np.zeros(len(y), dtype=np.int64)
    wanted = {part: share for part, share in fractions.items() if part not in source.parts}
    # A stream of its own beside the [seed, 0] of the generated points.
    where = f"data {source.name!r}"
    indices = split(where, strata, wanted, np.random.default_rng([seed, 1]))
    parts = {**source.parts, **{part: (x[chosen], y[chosen]) for part, chosen in indices.items()}}
    parts.setdefault("test", (x[:0], y[:0]))

    offset, scale, scaling = _scaling(source.divisor, parts["train"][0])
    arrays: dict[str, np.ndarray] = {}
    for part, (features, targets) in parts.items():
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = _scaled(features, offset, scale, np.dtype(dtype))
        arrays[f"x_{part}"] = held_by(f"{where}, x of {part}", scaled, np.dtype(dtype))
        kind = np.dtype("int64") if classification else np.dtype(dtype)
        arrays[f"y_{part}"] = held_by(f"{where}, y of {part}", targets, kind)
    return Dataset(
        name=source.name,
        task=source.task,
        classes=len(source.class_names) if source.class_names else None,
        class_names=source.class_names,
        image_shape=source.image_shape,
        scaling=scaling,
        **arrays,
    )


def _scaling(divisor: float | None, train: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | float, str]:
    """Return offset to subtract, scale to divide by, and both in words; standardising uses only the train part."""
    if divisor is not None:
        words = "features as they are" if divisor == 1 else f"pixels / {divisor:g}"
        return None, divisor, words
    with np.errstate(over="ignore", invalid="ignore"):
        values = train.astype(np.float64)
        # A constant feature: its mean and deviation would be rounding errors of each other.
        constant = values.max(axis=0) == values.min(axis=0)
        mean = np.where(constant, values[0], values.mean(axis=0))
        deviation = values.std(axis=0)
        deviation[constant | (deviation == 0)] = 1  # 0 also where the squares underflow
    return mean, deviation, "features standardised with the train part's mean and deviation"


def _scaled(features: np.ndarray, offset: np.ndarray | None, scale: np.ndarray | float, dtype: np.dtype) -> np.ndarray:
    if offset is not None:
        return (features - offset) / scale
    if features.dtype == np.uint8:  # directly from bytes to `dtype`, without a float64 copy of a large set
        return np.divide(features, scale, dtype=dtype)
    return features if scale == 1 else features / scale

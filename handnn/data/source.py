"""`Source`, the result of every reader, and its conversion to a Dataset: split, scaled, cast."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .checks import held_by
from .dataset import Dataset
from .preparation import Columns, Preparation, Scaling, fit_array
from .split import split

Parts = dict[str, tuple[Any, np.ndarray]]


@dataclass(frozen=True)
class Source:
    """Samples as they were read or generated.

    Attributes:
        parts: "train" and, if the source has them, "validation" and "test" -> (x, y);
            x (samples, features) of any real dtype, or a `Table`; y labels (samples,) in 0..classes-1 or
            targets (samples, outputs).
        divisor: of the features (255 for pixels in bytes, 1 to leave them unchanged); None standardises
            each feature.
        fit: learns the preparation from the train part; by default that of arrays.
        target: name of the target.
        notes: what was left out while reading.
    """

    name: str
    parts: Parts
    task: str
    class_names: tuple[str, ...] | None
    image_shape: tuple[int, int] | None
    divisor: float | None
    fit: Callable[[Any], Columns | Scaling] | None = None
    target: str = "y"
    notes: tuple[str, ...] = ()


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
    where = f"data {source.name!r}"
    indices = split_parts(where, strata, wanted, seed)
    parts = {**source.parts, **{part: (x[chosen], y[chosen]) for part, chosen in indices.items()}}
    parts.setdefault("test", (x[:0], y[:0]))

    train = parts["train"][0]
    inputs = fit_array(source.divisor, train) if source.fit is None else source.fit(train)
    kept = {"seed": seed, "fractions": wanted, "samples": len(x)} if wanted else None
    answers = None if classification else fit_array(None, parts["train"][1])
    preparation = Preparation(inputs, source.target, source.task, source.class_names, kept, answers)
    arrays: dict[str, np.ndarray] = {}
    for part, (features, targets) in parts.items():
        with np.errstate(over="ignore", invalid="ignore"):
            scaled, _ = inputs.apply(features, dtype)
        arrays[f"x_{part}"] = held_by(f"{where}, x of {part}", scaled, np.dtype(dtype))
        kind = np.dtype("int64") if classification else np.dtype(dtype)
        arrays[f"y_{part}"] = held_by(f"{where}, y of {part}", targets, kind)
    return Dataset(
        name=source.name,
        task=source.task,
        classes=len(source.class_names) if source.class_names else None,
        class_names=source.class_names,
        image_shape=source.image_shape,
        scaling=inputs.describe(),
        preparation=preparation,
        notes=source.notes,
        **arrays,
    )


def split_parts(where: str, strata: np.ndarray, fractions: dict[str, float], seed: int) -> dict[str, np.ndarray]:
    """Return the rows of each part, as `split` does, from a stream of their own."""
    # A separate stream, independent of the generated points' [seed, 0].
    return split(where, strata, fractions, np.random.default_rng([seed, 1]))

"""Distinguishing labels from quantities, and numbering the labels 0..K-1."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .checks import finite, wrong


class Targets(NamedTuple):
    """`parts`: part -> labels (n,) int64 in 0..K-1, or quantities (n, outputs) float64."""

    task: str
    parts: dict[str, np.ndarray]
    class_names: tuple[str, ...] | None


def recognise(where: str, raw: dict[str, np.ndarray], task: str | None) -> Targets:
    """Whole numbers, booleans, text and one-hot rows are labels; other floats are quantities.

    Labels are numbered in the sorted order of "train"'s labels (any integers, also negative), one-hot rows by their
    column.

    Args:
        where: the source, for messages.
        raw: part -> y as it was read, (n,), (n, 1) or (n, outputs); "train" decides what y is.
        task: "classification" or "regression", to override the recognition.

    Raises:
        ValueError: NaN or infinity; a dtype, shape or value that does not fit the task; a single class; a label
            in another part that "train" does not have.
    """
    for part, y in raw.items():
        if y.dtype.kind not in "buifUS":
            raise wrong(f"{where}, y of {part}", f"dtype {y.dtype}", "numbers or text")
        if y.ndim not in (1, 2) or 0 in y.shape[1:]:
            raise wrong(f"{where}, y of {part}", f"shape {y.shape}", "(samples,) or (samples, outputs)")
        finite(f"{where}, y of {part}", y)
    if task == "regression" or (task is None and _quantities(raw["train"])):
        return Targets("regression", {part: _values(where, part, y) for part, y in raw.items()}, None)
    labels = {part: _labels(where, part, y) for part, y in raw.items()}
    _same_columns(where, raw)
    return _numbered(where, labels)


def _quantities(y: np.ndarray) -> bool:
    return y.dtype.kind == "f" and not _is_one_hot(y)


def _is_one_hot(y: np.ndarray) -> bool:
    if y.ndim != 2 or y.shape[1] < 2 or y.dtype.kind not in "buif":
        return False
    return bool(np.isin(y, (0, 1)).all() and (np.count_nonzero(y, axis=1) == 1).all())


def _values(where: str, part: str, y: np.ndarray) -> np.ndarray:
    if y.dtype.kind in "US":
        raise wrong(f"{where}, y of {part}", f"text such as {str(y.flat[0])!r}", "numbers for a regression")
    return y.astype(np.float64).reshape(len(y), -1)


def _labels(where: str, part: str, y: np.ndarray) -> np.ndarray:
    """Return labels (n,) of a sortable type: int64, uint64, bool or text."""
    if _is_one_hot(y):
        return y.argmax(axis=1)
    if y.ndim == 2 and y.shape[1] > 1:
        expected = "labels (samples,), one-hot rows, or floats for a regression"
        raise wrong(f"{where}, y of {part}", f"shape {y.shape} of {y.dtype}, not one-hot", expected)
    y = y.reshape(-1)
    if y.dtype.kind == "S":
        return np.char.decode(y, "utf-8", "backslashreplace")
    if y.dtype.kind == "f":
        broken = (y != np.round(y)) | (np.abs(y) > 2**53)
        if broken.any():
            first = int(np.argmax(broken))
            raise wrong(f"{where}, y of {part}", f"{y[first]} at sample {first} (from 0)", "whole labels")
        return y.astype(np.int64)
    return y


def _same_columns(where: str, raw: dict[str, np.ndarray]) -> None:
    """Raise ValueError for one-hot rows of different widths, or for one-hot rows in some parts only."""
    widths = {part: y.shape[1] if y.ndim == 2 and y.shape[1] > 1 else 1 for part, y in raw.items()}
    for part, width in widths.items():
        if width != widths["train"]:
            came = f"{width} columns, but y of train has {widths['train']}"
            raise wrong(f"{where}, y of {part}", came, "the same encoding in every part")


def _numbered(where: str, labels: dict[str, np.ndarray]) -> Targets:
    train = labels["train"]
    known = np.unique(train)
    if len(known) < 2:
        came = f"one class only, {str(known[0])!r} in all {len(train)} samples"
        raise wrong(f"{where}, y of train", came, "at least two classes")
    numbered = {}
    for part, y in labels.items():
        if (y.dtype.kind == "U") != (known.dtype.kind == "U"):
            raise wrong(f"{where}, y of {part}", f"{y.dtype}, but {known.dtype} in train", "the same kind")
        unknown = ~np.isin(y, known)
        if unknown.any():
            came = f"label {str(y[unknown][0])!r}, which no sample of train has"
            raise wrong(f"{where}, y of {part}", came, "only labels that occur in train")
        numbered[part] = np.searchsorted(known, y).astype(np.int64)
    return Targets("classification", numbered, tuple(str(label) for label in known))

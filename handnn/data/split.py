"""Splitting off validation and test parts: shuffled, stratified, decided by the generator."""

from __future__ import annotations

import numpy as np

from .checks import wrong


def split(
    where: str, labels: np.ndarray, fractions: dict[str, float], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return the shuffled indices of each part.

    A part with fraction f gets max(1, round(n f)) of the n samples, and of each class its share of that,
    rounded up or down; the last sample of a class always stays in "train".

    Args:
        where: the source, for messages.
        labels: (n,) int64 in 0..classes-1, each occurring; all zero if there are no classes.
        fractions: part -> fraction in (0, 1), split off in this order; the rest is "train".
        rng: decides the order of the samples, and so the split.

    Returns:
        part -> (samples of the part,) indices; the parts do not overlap and together hold all n.

    Raises:
        ValueError: too few samples for the fractions.
    """
    samples, sizes = len(labels), np.bincount(labels)
    left = sizes - 1
    shuffled = rng.permutation(samples)
    place = _place_in_class(labels[shuffled], sizes)
    begin = np.zeros_like(sizes)
    parts = {}
    for part, fraction in fractions.items():
        wanted = max(1, round(samples * fraction))
        if wanted > left.sum():
            raise _too_few(f"{where}, {part}", fraction, wanted, samples, len(sizes))
        taken = _shares(wanted, sizes, left)
        end = begin + taken
        chosen = (place >= begin[labels[shuffled]]) & (place < end[labels[shuffled]])
        parts[part] = shuffled[chosen]
        begin, left = end, left - taken
    return {"train": shuffled[place >= begin[labels[shuffled]]], **parts}


def _place_in_class(labels: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return how many samples of the same class precede each one; (n,)."""
    by_class = np.argsort(labels, kind="stable")
    first_of_class = np.cumsum(sizes) - sizes
    place = np.empty(len(labels), dtype=np.int64)
    place[by_class] = np.arange(len(labels)) - first_of_class[labels[by_class]]
    return place


def _shares(wanted: int, sizes: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Distribute `wanted` samples in proportion to `sizes`, largest remainder first, at most `most` each."""
    total = int(sizes.sum())
    taken = np.minimum(wanted * sizes // total, most)
    for _ in range(wanted - int(taken.sum())):
        short = np.where(taken < most, wanted * sizes - total * taken, np.iinfo(np.int64).min)
        taken[np.argmax(short)] += 1
    return taken


def _too_few(where: str, fraction: float, wanted: int, samples: int, classes: int) -> ValueError:
    kept = f"one of each of {classes} classes" if classes > 1 else "one sample"
    hint = ", or task='regression' if the labels are quantities" if classes > max(1, samples / 2) else ""
    came = f"{fraction:g} of {samples} samples is {wanted}, which leaves fewer than {kept} to train on"
    return wrong(where, came, f"more samples or a smaller fraction{hint}")

"""What a loss is checked on: labels and predictions of its domain, at random and at delicate places; its readings."""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array
from ...losses import Loss
from ...rounding import allowance
from ...rounding.bounded import Bounded
from ..reference import Expected, bounded

SIZES = ((7, 3), (11, 5))
"""Samples and outputs of the two draws: primes, so that no factor is taken for another."""


class Reading(NamedTuple):
    """One way to understand what a user's functions are given: the loss, how labels come, and that in words."""

    loss: Any
    labels: str
    words: str = ""


class Draw(NamedTuple):
    """Labels and predictions as the user gets them (`given`), and as the formulas want them (`y`)."""

    given: Array
    y: Array
    p: Array
    samples: int
    """How many values the loss has: samples, or 1 where one value is made of all of them (Dice)."""

    @property
    def outputs(self) -> int:
        return self.p.shape[-1]


LABELS = {
    "one_hot": ("soft", "one_hot", "integers"), "binary": ("soft", "one_hot"), "labels": ("integers", "one_hot"),
    "sign": ("plain", "zero_one"),
}  # fmt: skip
"""How labels may be given, by what the loss wants; soft ones first, because they tell more apart."""


def readings(loss: Any) -> Iterator[Reading]:
    """Yield the readings of a loss, as its reference has them first."""
    for each, words in ((loss, ""), *_toggled(loss)):
        for labels in LABELS.get(each.targets, ("plain",)):
            said = [words] if words else []
            if each.targets == "one_hot" and labels == "integers":
                said.append("integer labels for one-hot ones")
            if each.targets == "labels" and labels == "one_hot":
                said.append("one-hot labels for integers")
            if labels == "zero_one":
                said.append("labels 0 and 1 for -1 and 1")
            yield Reading(each, labels, "; ".join(said))


def _toggled(loss: Any) -> list[tuple[Any, str]]:
    if "from_logits" not in loss.get_config():
        return []
    other = copy.copy(loss)
    other.from_logits = not loss.from_logits
    what = "logits z" if other.from_logits else "probabilities p"
    return [(other, f"y_pred holds {what} (from_logits={other.from_logits})")]


def draw(reading: Reading, dtype: str, size: tuple[int, int], seed: int = 0) -> Draw:
    """Return random labels and predictions, nothing of it saturated."""
    rng = np.random.default_rng([seed, *size])
    y, p = _labels(reading, rng, size), _predictions(reading.loss, rng, size)
    return _given(reading, y, p.astype(dtype), dtype)


def _given(reading: Reading, y: Array, p: Array, dtype: str) -> Draw:
    """Hand the labels over in the reading's form."""
    y = y if y.dtype.kind == "i" else y.astype(dtype)
    with np.errstate(all="ignore"):
        n = int(np.size(reading.loss.values(wide(y), p.astype("float64"))))
    if reading.labels == "integers" and y.ndim > 1:
        return Draw(y.argmax(axis=-1), y, p, n)
    if reading.labels == "one_hot" and y.ndim == 1:
        return Draw(np.eye(p.shape[-1], dtype=dtype)[y], y, p, n)
    return Draw((y + 1) / 2 if reading.labels == "zero_one" else y, y, p, n)


def _labels(reading: Reading, rng: np.random.Generator, size: tuple[int, int]) -> Array:
    kind, (samples, outputs) = reading.loss.targets, size
    classes = rng.permutation(np.arange(samples) % outputs)
    if kind == "labels":
        return classes
    if kind == "one_hot":
        return rng.dirichlet(np.ones(outputs), samples) if reading.labels == "soft" else np.eye(outputs)[classes]
    if kind == "binary":
        return rng.random(size) if reading.labels == "soft" else rng.integers(0, 2, size).astype("float64")
    if kind == "sign":
        return rng.choice([-1.0, 1.0], size)
    return rng.exponential(3, size) + 0.1 if kind == "positive" else rng.normal(size=size)


def _predictions(loss: Any, rng: np.random.Generator, size: tuple[int, int]) -> Array:
    if loss.from_logits or loss.predictions == "real":
        return 1.5 * rng.normal(size=size)
    if loss.predictions == "positive":
        return rng.exponential(3, size) + 0.1
    if loss.predictions == "unit":
        rows = rng.normal(size=size)
        return rows / np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
    if loss.targets in ("one_hot", "labels"):
        rows = rng.uniform(0.1, 1, size)
        return rows / rows.sum(axis=-1, keepdims=True)
    return rng.uniform(0.05, 0.95, size)


def delicate(reading: Reading, dtype: str) -> list[Draw]:
    """Return single samples of three outputs at kinks, clips, saturated, tiny and huge; none for losses of pairs."""
    loss, found = reading.loss, []
    if loss.predictions == "unit":
        return []
    if loss.from_logits:
        values = (0.0, 30.0, -30.0, 100.0, -100.0, 1000.0, -1000.0, 1e-8)
        rows = [[v, 0.0, 1.0] for v in values] + [[v, v + 1, v - 1] for v in (100.0, -100.0, 1000.0, -1000.0)]
    elif loss.predictions == "probability":
        rows = [[v, 1 - v, 0.0] for v in (0.0, 1.0, 1e-30, 1e-8, 1e-3)]
    else:
        return [_given(reading, y, p, dtype) for y, p in _apart(loss, dtype)]
    for row in rows:
        for k in range(3):
            one = np.eye(3)[[k]]
            labels = {"labels": np.array([k]), "sign": 2 * one - 1}.get(loss.targets, one)
            found.append(_given(reading, labels, np.array([row], dtype), dtype))
    return found


def _apart(loss: Any, dtype: str) -> Iterator[tuple[Array, Array]]:
    """Yield labels and predictions at special distances: equal, tiny, at the kink of Huber, far."""
    kink = float(getattr(loss, "delta", 1.0))
    for e in (0.0, 1e-8, -1e-8, 1e-4, kink, -kink, 20.0, -20.0, 100.0, -100.0, 1000.0, -1000.0):
        y = np.array([[1.0, 2.0, 0.5]]) if loss.targets == "positive" else np.array([[1.0, -1.0, 1.0]])
        if loss.targets == "one_hot":
            y = np.eye(3)[[0]]
        p = (y + e) if loss.targets != "sign" else y * e + 0.0
        yield y, np.abs(p).astype(dtype) if loss.predictions == "positive" else p.astype(dtype)


# ---- what is right ---------------------------------------------------------------------------------------------------


def values(loss: Loss, at: Draw, dtype: str) -> Expected:
    """Return the loss of each sample."""
    with np.errstate(all="ignore"):
        right = np.asarray(loss.values(wide(at.y), at.p.astype("float64")))
        rounding: Any = loss.values(_exact(at.y), Bounded(at.p))  # type: ignore[arg-type]
    return bounded(right, getattr(rounding, "error", 0.0), dtype)


def total(loss: Loss, at: Draw, dtype: str) -> Expected:
    """Return the mean over the samples."""
    each = values(loss, at, dtype)
    n, u = each.value.size, allowance.unit_roundoff(dtype)
    more = allowance.gamma(2 * n, u) * np.abs(each.value).sum() * 8
    return Expected(each.value.sum() / n, (each.allowed.sum() + more) / n)


def slopes(loss: Loss, at: Draw, dtype: str) -> Expected:
    """Return d values / d y_pred, each sample's by its own predictions."""
    with np.errstate(all="ignore"):
        right = np.asarray(loss.derivatives(wide(at.y), at.p.astype("float64")))
        rounding: Any = loss.derivatives(_exact(at.y), Bounded(at.p))  # type: ignore[arg-type]
    known = bounded(right, getattr(rounding, "error", 0.0), dtype)
    usual = 16 * allowance.unit_roundoff(dtype) * np.abs(np.where(np.isfinite(right), right, 0)).max(initial=0.0)
    return Expected(known.value, known.allowed + usual)


def wide(y: Array) -> Array:
    """Return labels in float64; integers stay."""
    return y if y.dtype.kind == "i" else y.astype("float64")


def _exact(y: Array) -> Any:
    return y if y.dtype.kind == "i" else Bounded(y)

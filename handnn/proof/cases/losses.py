"""Cases of a loss: its options, and labels and predictions at its critical points."""

import inspect
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from ... import config
from ...losses import Loss
from ...verify.sample_data import Array, Rng, predictions, targets

ALTERNATIVES: dict[str, Any] = {
    "label_smoothing": 0.1,
    "apply_class_balancing": True,
    "alpha": 0.3,
    "beta": 0.75,
    "gamma": 1.7,
    "delta": 0.4,
    "margin": 0.25,
    "remove_diagonal": False,
    "ignore_class": 1,
    "q": 0.7,
}
"""A non-default value for each option of a loss, except `from_logits` and `axis`."""


def variants(cls: type[Loss]) -> Iterator[dict[str, Any]]:
    """Yield options: the defaults, each alternative alone, all together; with and without from_logits."""
    known = inspect.signature(cls).parameters
    own = {name: value for name, value in ALTERNATIVES.items() if name in known}
    choices = [{}, *({name: value} for name, value in own.items()), *([own] if len(own) > 1 else [])]
    for options, logits in product(choices, (False, True) if "from_logits" in known else (None,)):
        yield options if logits is None else {**options, "from_logits": logits}


def delicate(loss: Loss) -> tuple[Array, Array]:
    """Return y_true and y_pred of shape (rows, 3) at kinks and both their sides, at clips, +-0, tiny and saturated."""
    if loss.predictions == "unit":
        return _directions(loss.dtype)
    if loss.from_logits:
        points = np.array([0, 1e-30, 30, -30, 100, -100, 1e4, -1e4], loss.dtype)
        rows = np.array(list(product(points, points[:4], points[:3])), loss.dtype)
    elif loss.predictions == "probability":
        p = _clip_edges(loss.dtype)
        rows = np.stack([p, 1 - p, np.zeros_like(p)], axis=-1)  # the sum is exact
        if loss.targets == "binary":  # which does not divide by it
            rows = np.concatenate([rows, np.stack([p, p, p], axis=-1)])
    elif loss.targets == "one_hot":  # scores: equal ones, and margins of exactly 1
        points = np.array([0, -0.0, 1, -1, 2, 0.5, 1e-30, 1e6], loss.dtype)
        rows = np.array(list(product(points, points[:4], points[:3])), loss.dtype)
    else:
        return _apart(loss)
    y_pred, labels = np.repeat(rows, 3, axis=0), np.tile(np.arange(3), len(rows))
    return (labels if loss.targets == "labels" else np.eye(3, dtype=loss.dtype)[labels]), y_pred


def _clip_edges(dtype: str) -> Array:
    """Return 0, 1, and the clip limits 1e-7 and 1 - 1e-7 with their neighbouring numbers."""
    clips = np.array([config.epsilon(), 1 - config.epsilon()], dtype)
    return np.concatenate([np.array([0, 1, 1e-3, 0.999], dtype), *_with_neighbours(clips)])


def _with_neighbours(points: Array) -> tuple[Array, Array, Array]:
    return (
        points,
        np.nextafter(points, np.full_like(points, np.inf)),
        np.nextafter(points, np.full_like(points, -np.inf)),
    )


def _apart(loss: Loss) -> tuple[Array, Array]:
    """Return pairs of numbers at special distances: 0, the smallest, delta, 1, the margin of a hinge, far."""
    least = np.concatenate(_with_neighbours(np.array([config.epsilon(), np.float32(config.epsilon())], loss.dtype)))
    kinks = np.concatenate(_with_neighbours(np.array([1, getattr(loss, "delta", 1.0)], loss.dtype)))
    if loss.targets == "positive":
        y = np.array([0, 1e-7, 1e-3, 1, 3, 1e4], loss.dtype)
        p = np.concatenate([y, least, np.array([1.0001, 1e-30], loss.dtype)])
        y_true, y_pred = np.array(list(product(y, p)), loss.dtype).T
    else:
        y = np.array([1, -1] if loss.targets == "sign" else [0, -0.0, 0.5, -3, 1e-8, 1e-7], loss.dtype)
        small = np.array([0, -0.0, 1e-30, -1e-6, 1e-4, -0.3, 20, 1e4], loss.dtype)
        e = np.concatenate([small, kinks, -kinks, least])
        y_true, y_pred = np.array(list(product(y, e)), loss.dtype).T
        y_pred = y_pred + (0 if loss.targets == "sign" else y_true)
    used = y_true.size // 3 * 3
    return y_true[:used].reshape(-1, 3), y_pred[:used].reshape(-1, 3)


def _directions(dtype: str) -> tuple[Array, Array]:
    """Return labels and rows of length 1: equal, opposite, orthogonal, close; label 3 occurs once."""
    rows = np.array([[1, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, 0.6, 0.8], [0.8, 0.6, 0], [0, 0, -1]], dtype)
    return np.array([0, 0, 1, 1, 2, 2, 3]), rows


def batch(loss: Loss, shape: tuple[int, ...], rng: Rng) -> tuple[Array, Array]:
    """Return y_true and y_pred in the loss' domain; some are equal, where |y_pred - y_true| has its kink."""
    y_true, y_pred = targets(loss, shape, rng), predictions(loss, shape, rng)
    if loss.targets == "labels":
        return y_true, y_pred
    if loss.targets == "real":
        y_true.flat[::5] = y_pred.flat[::5]
    return y_true.astype(loss.dtype), y_pred


KINKS = {
    "mean_absolute_error": "p = y",
    "mean_absolute_percentage_error": "p = y",
    "hinge": "y p = 1",
    "squared_hinge": "y p = 1, of f'",
    "categorical_hinge": "margin 1; equal scores",
    "mean_squared_logarithmic_error": "p = 1e-7",
    "kl_divergence": "p = 1e-7, 1",
    "binary_crossentropy": "p = 1e-7, 1 - 1e-7",
    "sparse_categorical_crossentropy": "p = 1e-7, 1 - 1e-7",
}
"""Where a loss has no derivative, in words: those for which `at_kink` has points."""


def at_kink(loss: Any) -> tuple[Array, Array]:
    """Return rows of y_true and y_pred at a kink of the loss and on both sides of it."""
    with_sides: dict[str, tuple[float, list[Any]]] = {
        "mean_absolute_error": (1, [1]),
        "mean_absolute_percentage_error": (1, [1]),
        "hinge": (-1, [-1]),
        "squared_hinge": (1, [1]),
        "mean_squared_logarithmic_error": (3, [np.float32(1e-7)]),
        "kl_divergence": (0.5, [1e-7, 1]),
        "binary_crossentropy": (0.25, [1e-7, 1 - 1e-7]),
        "sparse_categorical_crossentropy": (0, [1e-7, 1 - 1e-7]),
    }
    if loss.name == "categorical_hinge":  # the margin 1, and equal scores
        rows = np.array([[2, 1, 0], [2, 1, 1], [0, -1, -2], [-1, -1, -1], [0, 0, 0], [1, 0, 0]], loss.dtype)
        first = np.array([2.0**-10, 0, 0])
        rows = np.concatenate([rows, rows + first, rows - first]).astype(loss.dtype)
        return np.eye(3, dtype=loss.dtype)[np.zeros(len(rows), int)], rows
    label, kinks = with_sides[loss.name]
    p = np.array(kinks, loss.dtype)
    p = np.concatenate([p, np.nextafter(p, np.float32(9)), np.nextafter(p, np.float32(-9))])
    if loss.targets == "labels":
        return np.zeros(len(p), int), np.stack([p, np.full_like(p, 0.5)], axis=-1)
    return np.full((len(p), 1), label, loss.dtype), p[:, np.newaxis]

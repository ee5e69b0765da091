"""Labels and predictions at random, of the domain of a loss."""

from typing import Any

import numpy as np

from ..losses import Loss

Array = np.ndarray[Any, Any]
Rng = np.random.Generator


def targets(loss: Loss, shape: tuple[int, ...], rng: Rng) -> Array:
    """Return y_true for a y_pred of this shape, float64 or int64, hard and soft labels mixed."""
    if loss.targets == "labels":
        return rng.integers(0, shape[-1], shape[:-1])
    if loss.targets == "one_hot":
        hard = np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
        soft = rng.dirichlet(np.ones(shape[-1]), shape[:-1])
        return np.where(rng.random((*shape[:-1], 1)) < 0.5, hard, soft)
    if loss.targets == "binary":
        return np.where(rng.random(shape) < 0.5, rng.random(shape), rng.integers(0, 2, shape))
    if loss.targets == "sign":
        return rng.integers(0, 2, shape) * 1.0 if rng.random() < 0.5 else rng.choice([-1.0, 1.0], shape)
    if loss.targets == "positive":
        return np.floor(rng.exponential(3, shape))
    return rng.normal(size=shape)


def predictions(loss: Loss, shape: tuple[int, ...], rng: Rng) -> Array:
    """Return y_pred of this shape, of the loss' dtype."""
    if loss.from_logits or loss.predictions == "real":
        found = 3 * rng.normal(size=shape)
    elif loss.predictions == "probability":
        found = rng.uniform(0.02, 0.98, shape)
    elif loss.predictions == "positive":
        found = rng.exponential(3, shape)
    else:  # 'unit'
        found = rng.normal(size=shape)
        found /= np.linalg.norm(found, axis=-1, keepdims=True)
    return found.astype(loss.dtype)

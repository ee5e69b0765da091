"""Random labels and predictions in the domain of a loss."""

from typing import Any

import numpy as np

from ..losses import Loss

Array = np.ndarray[Any, Any]
Rng = np.random.Generator


def targets(loss: Loss, shape: tuple[int, ...], rng: Rng, kind: str = "mixed") -> Array:
    """Return y_true for a y_pred of this shape, float64 or int64, of the domain of the loss.

    Args:
        kind: "soft" gives probabilities in place of classes, "hard" one-hot rows and 0 or 1, every class about equally
            often; "mixed" gives both, and real numbers of either sign.
    """
    balanced = rng.permutation(np.arange(np.prod(shape[:-1], dtype=int)) % shape[-1]).reshape(shape[:-1])
    if loss.targets == "labels":
        return balanced
    if loss.targets == "one_hot":
        hard, soft = np.eye(shape[-1])[balanced], rng.dirichlet(np.ones(shape[-1]), shape[:-1])
        return {"hard": hard, "soft": soft, "mixed": np.where(rng.random((*shape[:-1], 1)) < 0.5, hard, soft)}[kind]
    if loss.targets == "binary":
        hard, soft = rng.integers(0, 2, shape).astype("float64"), rng.random(shape)
        return {"hard": hard, "soft": soft, "mixed": np.where(rng.random(shape) < 0.5, soft, hard)}[kind]
    if loss.targets == "sign":
        return (
            rng.integers(0, 2, shape) * 1.0
            if kind == "mixed" and rng.random() < 0.5
            else rng.choice([-1.0, 1.0], shape)
        )
    if kind != "mixed":
        return rng.random(shape)
    return np.floor(rng.exponential(3, shape)) if loss.targets == "positive" else rng.normal(size=shape)


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

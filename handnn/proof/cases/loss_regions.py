"""Points at which TensorFlow's formula of a loss loses digits, to compare with mpmath."""

from typing import Any, NamedTuple

import numpy as np

from ...losses import Loss
from ...verify import sample_data

Array = np.ndarray[Any, Any]


def batch(loss: Loss, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return ordinary rows, with labels -1 and 1 for the hinges, as `mpmath_losses` needs them."""
    y_true, y_pred = (f(loss, (4, 3), rng) for f in (sample_data.targets, sample_data.predictions))
    if loss.targets == "sign":
        y_true = 2 * (y_true > 0) - 1.0
    return y_true if y_true.dtype.kind == "i" else y_true.astype(loss.dtype), y_pred


class Region(NamedTuple):
    """A region where TensorFlow's formula loses digits: in its values, its derivatives or both."""

    what: str
    name: str
    options: dict[str, Any]
    y_true: np.ndarray
    y_pred: np.ndarray
    slopes: bool = True


SMALL = np.logspace(-6, -1, 16)[:, np.newaxis]
NEAR_0_AND_1 = np.concatenate([SMALL, 1 - SMALL])
LOGITS = np.linspace(-14, 14, 15)[:, np.newaxis]


def both(p: Array) -> Array:
    """Return p and 1 - p side by side."""
    return np.concatenate([p, 1 - p], axis=-1)


def one_hot(k: int, rows: Array) -> Array:
    """Return the one-hot label k for each row."""
    return np.eye(2)[np.full(len(rows), k)]


REGIONS = [
    Region("near 0", "log_cosh", {}, 0 * SMALL, SMALL),
    Region("between near and far", "log_cosh", {}, 0 * SMALL, np.linspace(0.2, 3, 16)[:, np.newaxis]),
    Region("label 0", "binary_focal_crossentropy", {}, 0 * NEAR_0_AND_1, NEAR_0_AND_1),
    Region("label 0", "binary_focal_crossentropy", {"from_logits": True}, 0 * LOGITS, LOGITS),
    Region("label 1", "binary_focal_crossentropy", {"from_logits": True}, 0 * LOGITS + 1, LOGITS),
    Region("likely class", "categorical_focal_crossentropy", {}, one_hot(0, NEAR_0_AND_1), 1.7 * both(NEAR_0_AND_1)),
    Region(
        "likely class", "categorical_focal_crossentropy", {"from_logits": True}, one_hot(1, LOGITS), both(LOGITS) - 0.5
    ),
    Region("small p", "binary_crossentropy", {}, 0 * SMALL, SMALL, slopes=False),
    Region("close to the labels", "kl_divergence", {}, 0.3 * (1 + SMALL), 0.3 + 0 * SMALL),
    Region("small", "mean_squared_logarithmic_error", {}, 0 * SMALL, SMALL),
    Region("close to the labels", "mean_squared_logarithmic_error", {}, 3 + 0 * SMALL, 3 * (1 + SMALL)),
    Region("sure", "categorical_generalized_cross_entropy", {}, np.zeros(16, int), both(1 - SMALL), slopes=False),
    Region("nearly whole overlap", "dice", {}, np.eye(3), np.eye(3) * (1 - 1e-6) + 1e-7, slopes=False),
    Region("nearly whole overlap", "tversky", {"alpha": 0.3}, np.eye(3), np.eye(3) * (1 - 1e-6) + 1e-7, slopes=False),
]

"""The values of each loss with 50 digits, written from the definitions, to decide which side is right.

Nothing is rearranged for stability, because mpmath has enough digits. mpmath differentiates numerically.
"""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from .. import config
from ..losses import Loss
from .mpmath_activations import DIGITS

Row = list[Any]
mp: Any = mpmath.mpf


def _clip(p: Any, least: Any, most: Any) -> Any:
    return min(max(p, least), most)


def _limits(loss: Any) -> tuple[Any, Any]:
    """Return epsilon and 1 - epsilon as numbers of the loss' dtype."""
    cast = np.dtype(loss.dtype).type
    return mp(float(cast(config.epsilon()))), mp(float(cast(1 - config.epsilon())))


def _mean(terms: Row) -> Any:
    return mpmath.fsum(terms) / len(terms)


def _softmax(z: Row) -> Row:
    e = [mpmath.exp(x) for x in z]
    return [x / mpmath.fsum(e) for x in e]


def _sigmoid(z: Row) -> Row:
    return [1 / (1 + mpmath.exp(-x)) for x in z]


def _huber(loss: Any, e: Any) -> Any:
    delta = mp(loss.delta)
    return e * e / 2 if abs(e) <= delta else delta * abs(e) - delta * delta / 2


def _msle(loss: Any, y: Row, p: Row) -> Any:
    least = mp(float(np.float32(config.epsilon())))
    pairs = zip(y, p, strict=True)
    return _mean([(mpmath.log(1 + max(b, least)) - mpmath.log(1 + max(a, least))) ** 2 for a, b in pairs])


def _kld(loss: Any, y: Row, p: Row) -> Any:
    least = _limits(loss)[0]
    y, p = ([_clip(x, least, mp(1)) for x in row] for row in (y, p))
    return mpmath.fsum([a * mpmath.log(a / b) for a, b in zip(y, p, strict=True)])


def _binary(loss: Any, y: Row, p: Row) -> Row:
    """Return the binary cross-entropy of each element."""
    p = _sigmoid(p) if loss.from_logits else [_clip(x, *_limits(loss)) for x in p]
    return [-a * mpmath.log(b) - (1 - a) * mpmath.log(1 - b) for a, b in zip(y, p, strict=True)]


def _binary_focal(loss: Any, y: Row, p: Row) -> Any:
    inside = _sigmoid(p) if loss.from_logits else p
    weights = [mp(loss.alpha) * a + (1 - mp(loss.alpha)) * (1 - a) if loss.apply_class_balancing else 1 for a in y]
    missed = [1 - a * b - (1 - a) * (1 - b) for a, b in zip(y, inside, strict=True)]
    terms = zip(weights, missed, _binary(loss, y, p), strict=True)
    return _mean([w * m ** mp(loss.gamma) * c for w, m, c in terms])


def _shares(loss: Any, p: Row) -> Row:
    return _softmax(p) if loss.from_logits else [x / mpmath.fsum(p) for x in p]


def _categorical(loss: Any, y: Row, p: Row) -> Any:
    shares = _shares(loss, p)
    held = shares if loss.from_logits else [_clip(x, *_limits(loss)) for x in shares]
    return -mpmath.fsum([a * mpmath.log(b) for a, b in zip(y, held, strict=True)])


def _categorical_focal(loss: Any, y: Row, p: Row) -> Any:
    held = [_clip(x, *_limits(loss)) for x in _shares(loss, p)]
    terms = [(1 - b) ** mp(loss.gamma) * a * mpmath.log(b) for a, b in zip(y, held, strict=True)]
    return -mp(loss.alpha) * mpmath.fsum(terms)


def _sparse(loss: Any, y: Any, p: Row) -> Any:
    held = _softmax(p) if loss.from_logits else [_clip(x, *_limits(loss)) for x in p]
    return -mpmath.log(held[y] / mpmath.fsum(held))


def _cosine(loss: Any, y: Row, p: Row) -> Any:
    least = _limits(loss)[0]
    lengths = [max(mpmath.sqrt(mpmath.fsum([x * x for x in row])), least) for row in (y, p)]
    return -mpmath.fsum([a * b for a, b in zip(y, p, strict=True)]) / (lengths[0] * lengths[1])


def _hinge(y: Row, p: Row) -> Row:
    return [max(1 - a * b, mp(0)) for a, b in zip(y, p, strict=True)]


def _categorical_hinge(loss: Any, y: Row, p: Row) -> Any:
    pairs = list(zip(y, p, strict=True))
    return max(max((1 - a) * b for a, b in pairs) - mpmath.fsum([a * b for a, b in pairs]) + 1, mp(0))


OF_A_ROW: dict[str, Callable[[Any, Any, Row], Any]] = {
    "mean_squared_error": lambda loss, y, p: _mean([(b - a) ** 2 for a, b in zip(y, p, strict=True)]),
    "mean_absolute_error": lambda loss, y, p: _mean([abs(b - a) for a, b in zip(y, p, strict=True)]),
    "mean_absolute_percentage_error": lambda loss, y, p: (
        100 * _mean([abs(b - a) / max(abs(a), _limits(loss)[0]) for a, b in zip(y, p, strict=True)])
    ),
    "mean_squared_logarithmic_error": _msle,
    "huber": lambda loss, y, p: _mean([_huber(loss, b - a) for a, b in zip(y, p, strict=True)]),
    "log_cosh": lambda loss, y, p: _mean([mpmath.log(mpmath.cosh(b - a)) for a, b in zip(y, p, strict=True)]),
    "poisson": lambda loss, y, p: _mean([b - a * mpmath.log(b + _limits(loss)[0]) for a, b in zip(y, p, strict=True)]),
    "kl_divergence": _kld,
    "binary_crossentropy": lambda loss, y, p: _mean(_binary(loss, y, p)),
    "binary_focal_crossentropy": _binary_focal,
    "categorical_crossentropy": _categorical,
    "categorical_focal_crossentropy": _categorical_focal,
    "sparse_categorical_crossentropy": _sparse,
    "categorical_generalized_cross_entropy": lambda loss, y, p: (1 - p[y] ** mp(loss.q)) / mp(loss.q),
    "cosine_similarity": _cosine,
    "hinge": lambda loss, y, p: _mean(_hinge(y, p)),
    "squared_hinge": lambda loss, y, p: _mean([x * x for x in _hinge(y, p)]),
    "categorical_hinge": _categorical_hinge,
}
"""The value of one row, by the loss' name in the registry; hinge labels are signs."""


def _dice(loss: Any, y: list[Row], p: list[Row]) -> list[Any]:
    a, b = ([x for row in rows for x in row] for rows in (y, p))
    common = mpmath.fsum([s * t for s, t in zip(a, b, strict=True)])
    return [1 - 2 * common / (mpmath.fsum(a) + mpmath.fsum(b) + mp(config.epsilon()))]


def _tversky(loss: Any, y: list[Row], p: list[Row]) -> list[Any]:
    pairs = [pair for rows in zip(y, p, strict=True) for pair in zip(*rows, strict=True)]
    common, missed, wrong = (
        mpmath.fsum([f(a, b) for a, b in pairs])
        for f in (lambda a, b: a * b, lambda a, b: a * (1 - b), lambda a, b: (1 - a) * b)
    )
    return [1 - common / (common + mp(loss.alpha) * missed + mp(loss.beta) * wrong + mp(config.epsilon()))]


def _circle(loss: Any, y: Row, p: list[Row]) -> list[Any]:
    gamma, m, found = mp(loss.gamma), mp(loss.margin), []
    for i, anchor in enumerate(p):
        like, unlike = mp(0), mp(0)
        for j, other in enumerate(p):
            d = max(1 - mpmath.fsum([a * b for a, b in zip(anchor, other, strict=True)]), mp(0))
            if y[i] != y[j]:
                unlike += mpmath.exp(gamma * max(1 + m - d, mp(0)) * (1 - m - d))
            elif i != j or not loss.remove_diagonal:
                like += mpmath.exp(gamma * max(m + d, mp(0)) * (d - m))
        found.append(mpmath.log(1 + like * unlike))
    return found


OF_A_BATCH: dict[str, Callable[[Any, Any, list[Row]], list[Any]]] = {
    "dice": _dice,
    "tversky": _tversky,
    "circle": _circle,
}
"""The values of a whole batch, for losses whose rows depend on each other."""


def values(loss: Loss, name: str, y_true: Any, y_pred: Any) -> list[Any]:
    """Return the loss' values at 50 digits for arrays of shape (rows, outputs); y_pred may hold mpmath numbers."""
    with mpmath.workdps(max(DIGITS, mpmath.mp.dps)):  # more while mpmath differentiates
        p = [[mp(x) for x in row] for row in np.asarray(y_pred).tolist()]
        y = y_true.tolist() if y_true.dtype.kind == "i" else [[mp(x) for x in row] for row in y_true.tolist()]
        if name in OF_A_BATCH:
            return OF_A_BATCH[name](loss, y, p)
        return [OF_A_ROW[name](loss, *row) for row in zip(y, p, strict=True)]


def slopes(loss: Loss, name: str, y_true: Any, y_pred: Any, cotangent: Any) -> list[Any]:
    """Return the derivatives of sum_i cotangent_i values_i with respect to each element of y_pred, flat."""
    found = []
    with mpmath.workdps(DIGITS):
        weights = [mp(float(c)) for c in np.ravel(cotangent)]
        for index in np.ndindex(y_pred.shape):

            def moved(x: Any, index: Any = index) -> Any:
                point = y_pred.astype(object)
                point[index] = x
                own = slice(None) if name in OF_A_BATCH else slice(index[0], index[0] + 1)
                terms = zip(weights[own], values(loss, name, y_true[own], point[own]), strict=True)
                return mpmath.fsum([w * v for w, v in terms])

            found.append(mpmath.diff(moved, mp(float(y_pred[index]))))
    return found

"""Mistakes in the gradient of the penalty."""

from typing import Any

from ..base import mistake
from .at import At


def penalized(at: At) -> bool:
    return at.l2 > 0


@mistake(
    "l2 missing in the gradient",
    "dW",
    "dW = x.T delta",
    "dW = x.T delta + 2 l2 W",
    "the penalty is in the loss but not in the gradient",
    applies=penalized,
)
def l2_missing(at: At, dW: Any) -> Any:
    return dW - 2 * at.l2 * at.W


@mistake(
    "l2 doubled in the gradient",
    "dW",
    "dW = x.T delta + 4 l2 W",
    "dW = x.T delta + 2 l2 W",
    "the penalty's gradient is twice what its loss says",
    applies=penalized,
)
def l2_doubled(at: At, dW: Any) -> Any:
    return dW + 2 * at.l2 * at.W


@mistake(
    "l2 halved in the gradient",
    "dW",
    "dW = x.T delta + l2 W",
    "dW = x.T delta + 2 l2 W",
    "the 2 of the square is forgotten: with l2 W in the gradient the loss has l2/2 W^2",
    applies=penalized,
)
def l2_halved(at: At, dW: Any) -> Any:
    return dW - at.l2 * at.W


@mistake(
    "l2 in the gradient divided by N",
    "dW",
    "dW = (x.T delta + 2 l2 W) / N",
    "dW = x.T delta / N + 2 l2 W",
    "the penalty is not a mean over the samples: in the loss it is whole, in the gradient 1/N of it",
    applies=penalized,
    equivalent="one sample",
)
def l2_averaged(at: At, dW: Any) -> Any:
    return dW - 2 * at.l2 * at.W * (1 - 1 / at.N)


@mistake(
    "l2 subtracted in the gradient",
    "dW",
    "dW = x.T delta - 2 l2 W",
    "dW = x.T delta + 2 l2 W",
    "the penalty's gradient has the wrong sign",
    applies=penalized,
)
def l2_sign(at: At, dW: Any) -> Any:
    return dW - 4 * at.l2 * at.W


@mistake(
    "l2 on the bias",
    "db",
    "db = sum of delta + 2 l2 b",
    "db = sum of delta",
    "the biases are not in the penalty, but in its gradient",
    applies=penalized,
)
def l2_on_bias(at: At, db: Any) -> Any:
    return db + 2 * at.l2 * at.b

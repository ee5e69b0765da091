"""What the operations of a formula did to its bounds: where digits are lost, and where nothing is known any more.

A better form is named where one is known, by the operation that lost digits and the one before it.
"""

from typing import Any, NamedTuple

import numpy as np

LOST = 2.0**6
"""An operation loses digits if the relative error grows more than this."""

BETTER = {
    ("log", "add"): "log(1 + x) loses the digits of a small x: np.log1p(x)",
    ("log", "sum"): "log(sum(exp(x))): subtract the largest x first (log-sum-exp)",
    ("subtract", "exp"): "exp(x) - 1 loses the digits of a small x: np.expm1(x)",
    ("subtract", "cos"): "1 - cos(x) cancels for a small x: 2 sin(x/2)^2",
    ("subtract", "mean"): "a difference of means cancels: subtract the mean first (mean((x - mean)^2) for a variance)",
    ("subtract", "sqrt"): "a difference of roots cancels: multiply by their sum, a - b = (a^2 - b^2) / (a + b)",
    ("subtract", "tanh"): "1 - tanh(x) cancels for a large x: 2 / (exp(2 x) + 1)",
    ("subtract", "expit"): "1 - sigmoid(x) cancels for a large x: sigmoid(-x)",
    ("subtract", "square"): "a^2 - b^2 cancels: (a - b) (a + b)",
    ("divide", "exp"): "exp overflows: subtract the largest x first, or take the form in exp(-|x|)",
    ("exp", ""): "exp overflows: subtract the largest x first, or take the form in exp(-|x|)",
    ("sqrt", "sum"): "squares overflow: divide by the largest element first (np.hypot of two)",
    ("log", "expit"): "log(sigmoid(x)) loses all digits at large -x: -log1p(exp(-x))",
    ("log", "divide"): "log(softmax(x)): x - max(x) - log(sum(exp(x - max(x))))",
}
"""(operation, operation that made an input) -> a form that keeps the digits."""

CANCELLING = ("add", "subtract", "sum", "mean", "log")
"""Operations whose result may be far smaller than what was rounded before."""


class Loss(NamedTuple):
    """One kind of operation that lost digits, and the most it did."""

    operation: str
    before: tuple[str, ...]
    factor: float
    opened: bool

    @property
    def better(self) -> str | None:
        """A form that keeps the digits, if one is known."""
        known = [BETTER.get((self.operation, name)) for name in (*self.before, "")]
        return next((form for form in known if form), None)


class Record:
    """The losses of one run of a formula."""

    def __init__(self) -> None:
        self.losses: dict[tuple[str, tuple[str, ...]], Loss] = {}

    def note(self, name: str, before: tuple[str, ...], result: Any, inputs: list[Any]) -> None:
        """Record what an operation did to the relative error of its elements."""
        opened = np.isinf(result.error) & np.isfinite(result.mid)
        known = [~np.isinf(given.error).any() for given in inputs]
        factor = np.inf if opened.any() and all(known) else 1.0
        if name in CANCELLING:
            grown, largest = _relative(result), max((_relative(given).max(initial=0) for given in inputs), default=0)
            factor = max(factor, float(grown.max(initial=0) / max(largest, 2 * result.precision.u, 1e-300)))
        if factor > LOST:
            old = self.losses.get((name, before))
            if old is None or old.factor < factor:
                self.losses[name, before] = Loss(name, before, factor, bool(opened.any()))

    def worst(self) -> Loss | None:
        """Return the first operation after which nothing is known, otherwise the one that lost most digits."""
        losses = list(self.losses.values())
        opened = [loss for loss in losses if loss.opened]
        return opened[0] if opened else max(losses, key=lambda loss: loss.factor, default=None)


def _relative(x: Any) -> Any:
    """Return error / |mid|, 0 where both are."""
    with np.errstate(all="ignore"):
        return np.where(x.error > 0, np.minimum(x.error / np.abs(x.mid).astype("float64"), 1e300), 0.0)

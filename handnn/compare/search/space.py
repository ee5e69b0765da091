"""The ranges in which a quasi-random search looks, from an optimizer's own defaults.

    learning rate       1.5 decades on either side of the usual one, on a logarithmic scale
    share of memory v   from 0.5 up to 1, such as beta_1 = 0.9: 1 - v, a decade on either side, v at least 0.5
    epsilon             two decades on either side
    other numbers > 0   a decade on either side

What the label fixes, whole numbers, 0 and None are not searched: with `adam(beta_1=0.8)` beta_1 stays 0.8, and `sgd`
has no momentum to choose. Choi et al. (2019), arXiv 1910.05446, show that such ranges decide comparisons.
"""

import inspect
import math
from typing import Any, NamedTuple

from ...specs import optimizer as optimizer_spec
from ...specs import own_optimizer

RATE_DECADES, EPSILON_DECADES, DECADES = 1.5, 2.0, 1.0
CONSTANTS = ("muon_a", "muon_b", "muon_c", "gradient_accumulation_steps", "ema_momentum")
"""Numbers that are no choice of a user: coefficients of Newton and Schulz' iteration, and the loop's own."""
EXTRA = ("weight_decay",)
"""Options of every optimizer that are searched where the rule has them by default."""


class Range(NamedTuple):
    """A range on a logarithmic scale, of 1 - value for a share of memory."""

    low: float
    high: float
    memory: bool = False

    def at(self, share: float) -> float:
        """Return the value at a share of the range, 0 to 1, with three digits."""
        found = optimizer_spec.rounded(10 ** (math.log10(self.low) * (1 - share) + math.log10(self.high) * share))
        return round(1 - found, 12) if self.memory else found


def rate_range(label: str, given: tuple[float, ...] = ()) -> Range:
    """Return the range of the learning rate: around the usual one, or from the lowest to the highest that are given."""
    if given:
        return Range(min(given), max(given))
    middle, factor = optimizer_spec.usual_rate(label), 10**RATE_DECADES
    return Range(optimizer_spec.rounded(middle / factor), optimizer_spec.rounded(middle * factor))


def ranges(label: str) -> dict[str, Range]:
    """Return the range of every option of a label that is searched."""
    fixed = optimizer_spec.parse(label)[1]
    return {
        name: _around(name, value)
        for name, value in _defaults(label).items()
        if name not in (*fixed, *CONSTANTS) and isinstance(value, float) and 0 < value < math.inf
    }


def _defaults(label: str) -> dict[str, Any]:
    """Return the options of the rule and their values."""
    if optimizer_spec.is_own(label):
        known = inspect.signature(optimizer_spec.own(label)).parameters
        return {name: own.default for name, own in known.items() if name not in own_optimizer.RATES}
    made = optimizer_spec.make(label)
    return {name: getattr(made, name) for name in (*type(made).hyperparameters, *EXTRA)}


def _around(name: str, value: float) -> Range:
    if 0.5 <= value < 1:
        rest = 1 - value
        return Range(
            optimizer_spec.rounded(rest / 10**DECADES), min(optimizer_spec.rounded(rest * 10**DECADES), 0.5), True
        )
    factor = 10 ** (EPSILON_DECADES if name.startswith("epsilon") else DECADES)
    return Range(optimizer_spec.rounded(value / factor), optimizer_spec.rounded(value * factor))

"""What a rule is called on: one weight, all weights at once, or a block of a large one."""

from operator import is_
from typing import Any, NamedTuple

from ..core.variable import Array

BLOCK = 1 << 15
"""Elements of a block: few enough for the cache, enough to hide the cost of a NumPy call."""

MAX_CACHED = 8
"""How many sets of gradients side by side are known again; a network has one for each batch size."""


class FusedArrays(NamedTuple):
    """What the rule is given in one call: one weight, or all of them where they lie side by side in one memory."""

    gradient: Array
    x: Array
    slots: tuple[Array, ...]
    work: tuple[Array, ...]
    decay: float | None


class CachedFusion(NamedTuple):
    """Gradients and weights of an earlier step that lie side by side, and all of them as one part."""

    gradients: list[Any]
    xs: list[Array]
    part: FusedArrays

    def are(self, gradients: list[Any], xs: list[Array]) -> bool:
        """Return whether these are the very same arrays."""
        same = len(gradients) == len(self.gradients)
        return same and all(map(is_, gradients, self.gradients)) and all(map(is_, xs, self.xs))

"""The arrays of one call of a rule: one weight, all weights at once, or a block of a large one."""

from operator import is_
from typing import Any, NamedTuple

from ..core.variable import Array

BLOCK = 1 << 15
"""Elements of a block: small enough for the cache, large enough to make the overhead of a NumPy call negligible."""

MAX_CACHED = 8
"""Number of sets of contiguous gradients that are recognized again; a network has one for each batch size."""


class FusedArrays(NamedTuple):
    """The arguments of one call of the rule: for one weight, or for all weights if they are contiguous."""

    gradient: Array
    x: Array
    slots: tuple[Array, ...]
    work: tuple[Array, ...]
    decay: float | None


class CachedFusion(NamedTuple):
    """Contiguous gradients and weights of an earlier step, and their fused view."""

    gradients: list[Any]
    xs: list[Array]
    part: FusedArrays

    def are(self, gradients: list[Any], xs: list[Array]) -> bool:
        """Return whether these are the same array objects."""
        same = len(gradients) == len(self.gradients)
        return same and all(map(is_, gradients, self.gradients)) and all(map(is_, xs, self.xs))

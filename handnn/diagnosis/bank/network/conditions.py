"""Where a mistake of the backward pass can be made."""

from typing import Any

from ....activations import Activation
from .at import At


def hidden(at: At) -> bool:
    return not at.output


def computed(at: At) -> bool:
    """Whether delta = upstream * f'(z) is computed in this layer (and not given by a fused loss)."""
    return at.upstream is not None


def with_slope(at: At) -> bool:
    return computed(at) and at.f.name != "linear"


def of(*names: str) -> Any:
    """Return a condition: delta is computed with f' of one of these activations."""
    return lambda at: computed(at) and at.f.name in names


def slope(f: Activation, z: Any, upstream: Any) -> Any:
    """Return upstream * f'(z) with f' at another place than it belongs."""
    return f.backward(upstream, z, f.forward(z))

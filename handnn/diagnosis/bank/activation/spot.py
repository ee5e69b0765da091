"""Mistakes in an activation on its own: the function (step 'a') and its vector-Jacobian product (step 'delta').

Those of `backward` that concern delta = upstream * f'(z), and those of `forward` that concern a = f(z), are used too.
"""

import functools
from typing import Any

import numpy as np

from ....activations import Activation, activations
from .. import base


class Spot:
    """What a mistake may read: f, z, a = f(z), upstream; `other` is another activation. Named as in `replay.At`."""

    fused, layer, l2 = False, 0, 0.0
    output = True  # no layer lies above

    def __init__(self, f: Activation, z: Any, upstream: Any, other: Activation | None = None) -> None:
        self.f, self.z, self.upstream, self.a = f, z, upstream, f.forward(z)
        self.other = other or activations["sigmoid" if f.name == "tanh" else "tanh"]
        self.N, self.K, self.layers = len(z), z.shape[-1], [self]


mistake = functools.partial(base.mistake, made_in="activation")

GATED = ("silu", "mish", "gelu", "hard_silu")
"""a = z g(z), so that f' = g + z g'."""


def of(*names: str) -> Any:
    return lambda at: at.f.name in names


def elementwise(at: Spot) -> bool:
    return at.f.elementwise


def curved(at: Spot) -> bool:
    return at.f.name != "linear"


def vjp(at: Spot, z: Any) -> Any:
    """Return upstream * f'(z) at another z."""
    return at.f.backward(at.upstream, z, at.f.forward(z))


def gate(at: Spot) -> Any:
    return at.a / np.where(at.z == 0, 1, at.z)


def slope(at: Spot) -> Any:
    """Return f'(z)."""
    return at.f.backward(np.ones_like(at.upstream), at.z, at.a)

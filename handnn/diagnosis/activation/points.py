"""Where an activation is checked: ordinary z, each kink and both its sides, saturated, +-0, tiny and huge."""

from typing import NamedTuple

import numpy as np

from ...core.variable import Array

ORDINARY = 48
SATURATED = (12.0, 30.0, 100.0, 1000.0)
SMALL = (1e-2, 1e-5, 1e-8, 1e-30)
HUGE = (1e6, 1e25)
ROUND = (0.5, 1.0, 2.0, 2.5, 3.0, 6.0)
"""Where people put kinks of their own."""
ROWS, WIDTH = 24, 4


class Points(NamedTuple):
    """z of shape (points,), or (rows, 4) for functions of rows; masks of the same length."""

    z: Array
    ordinary: Array
    kink: Array


def elementwise(kinks: tuple[float, ...], dtype: str, seed: int = 0) -> Points:
    """Return points for a function of single numbers, as dtype holds them."""
    rng = np.random.default_rng([seed, 11])
    ordinary = np.concatenate([2 * rng.normal(size=ORDINARY), rng.uniform(-7, 7, ORDINARY // 3)])
    at = np.asarray(kinks, dtype)
    far = np.asarray(np.inf, dtype)
    sides = [np.nextafter(at, far), np.nextafter(at, -far), at + np.asarray(1e-3, dtype), at - np.asarray(1e-3, dtype)]
    plain = np.array([s * v for v in (*ROUND, *SATURATED, *SMALL, *HUGE) for s in (1, -1)] + [0.0, -0.0])
    plain = plain[~np.isin(plain.astype(dtype), at)]
    z = np.concatenate([ordinary.astype(dtype), at, *sides, plain.astype(dtype)])
    first, kink = np.arange(z.size) < ordinary.size, np.isin(z, at)
    return Points(z, first & ~kink, kink)


def rows(dtype: str, seed: int = 0) -> Points:
    """Return rows for functions such as softmax: ordinary ones, then shifted far up and down, equal, and spread out."""
    rng = np.random.default_rng([seed, 12])
    ordinary = 2 * rng.normal(size=(ROWS, WIDTH))
    some = rng.normal(size=(3, WIDTH))
    special = [some + shift for shift in (30, -30, 100, -100, 1000, -1000)]
    special += [some * scale for scale in (30, 300, 1e-5)]
    z = np.concatenate([ordinary, *special]).astype(dtype)
    return Points(z, np.arange(len(z)) < ROWS, np.zeros(len(z), bool))


def cotangents(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    """Return random numbers of either sign, none near 0."""
    rng = np.random.default_rng([seed, 13])
    found: Array = (rng.uniform(0.5, 2, shape) * rng.choice([-1.0, 1.0], shape)).astype(dtype)
    return found

"""Interesting constructor options of layers, drawn at random: `OPTIONS[class name](rng, shape of one sample)`."""

from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator
OPTIONS: dict[str, Callable[[Rng, tuple[int, ...]], dict[str, Any]]] = {}


# ---- normalization --------------------------------------------------------------------------------------------------


def _maybe(rng: Rng, *values: Any) -> Any:
    return values[rng.integers(len(values))]


def _axes(rng: Rng, shape: tuple[int, ...]) -> int | list[int]:
    """Return one axis or several, counted from either end."""
    several = sorted(rng.choice(len(shape), rng.integers(1, len(shape) + 1), replace=False))
    found = [int(a) + 1 if rng.random() < 0.5 else int(a) - len(shape) for a in several]
    return found[0] if len(found) == 1 and rng.random() < 0.5 else found


def _one_axis(rng: Rng, shape: tuple[int, ...]) -> int:
    return -1 if rng.random() < 0.5 else int(rng.integers(1, len(shape) + 1))


def _scale_and_offset(rng: Rng) -> dict[str, Any]:
    return {
        "epsilon": _maybe(rng, 1e-3, 1e-2, 1e-5),
        "center": bool(rng.random() < 0.8),
        "scale": bool(rng.random() < 0.8),
        "gamma_initializer": _maybe(rng, "ones", "random_normal"),
        "beta_initializer": _maybe(rng, "zeros", "random_normal"),
        "gamma_regularizer": _maybe(rng, None, "l2"),
        "beta_regularizer": _maybe(rng, None, "l1"),
    }


def _divisor(rng: Rng, number: int) -> int:
    return int(rng.choice([n for n in range(1, number + 1) if number % n == 0]))


def _batch(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    momentum = _maybe(rng, 0.99, 0.9, 0.0, 1.0)
    return _scale_and_offset(rng) | {"axis": _one_axis(rng, shape), "momentum": momentum}


def _groups(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    axis = _one_axis(rng, shape)
    features = shape[axis - 1 if axis > 0 else axis]
    return _scale_and_offset(rng) | {"axis": axis, "groups": _maybe(rng, -1, _divisor(rng, features))}


def _rms(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    last = int(rng.integers(1, len(shape) + 1))  # scale must fit the last axes
    axis = -1 if last == 1 else list(range(-last, 0))
    return {"axis": axis, "epsilon": _maybe(rng, 1e-6, 1e-3)}


def _rescaling(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"scale": _maybe(rng, 1 / 255, 2, rng.normal(size=shape[-1])), "offset": _maybe(rng, 0.0, -0.3, [0.5])}


def _normalization(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    axis = _maybe(rng, None, _axes(rng, shape))
    given = _maybe(rng, {}, {"mean": float(rng.normal()), "variance": float(rng.uniform(0.1, 4))})
    return {"axis": axis, "invert": bool(rng.random() < 0.3)} | given


OPTIONS |= {
    "BatchNormalization": _batch,
    "LayerNormalization": lambda rng, shape: _scale_and_offset(rng) | {"axis": _axes(rng, shape)},
    "GroupNormalization": _groups,
    "RMSNormalization": _rms,
    "UnitNormalization": lambda rng, shape: {"axis": _axes(rng, shape)},
    "Rescaling": _rescaling,
    "Normalization": _normalization,
}

"""Constructor options to try, by layer class, for tests and random networks.

`OPTIONS[class name](rng, shape)` returns options for a layer that reads samples of this shape (without the batch), or
None where the layer has none that fit.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator
Shape = tuple[int, ...]
Options = Callable[[Rng, Shape], dict[str, Any] | None]

OPTIONS: dict[str, Options] = {}


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

# ---- chance -------------------------------------------------------------------------------------------------------

RATES = (0.0, 0.1, 0.5, 0.75)


def _seed(rng: Rng) -> int:
    return int(rng.integers(1, 10**6))


def _rate(rng: Rng, shape: Shape) -> dict[str, Any]:
    return {"rate": float(rng.choice(RATES)), "seed": _seed(rng)}


def _noise_shape(rng: Rng, shape: Shape) -> dict[str, Any]:
    """Draw a rate and the axes that share their draw; in half of the cases none do."""
    noise_shape = tuple(1 if shared else None for shared in rng.random(len(shape) + 1) < 0.4)
    return _rate(rng, shape) | {"noise_shape": noise_shape if rng.random() < 0.5 else None}


OPTIONS |= {
    "Dropout": _noise_shape,
    "AlphaDropout": _noise_shape,
    "GaussianDropout": _rate,
    "GaussianNoise": lambda rng, shape: {"stddev": float(rng.choice((0.0, 0.1, 1.0))), "seed": _seed(rng)},
    "SpatialDropout1D": lambda rng, shape: _rate(rng, shape) if len(shape) == 2 else None,
    "ActivityRegularization": lambda rng, shape: {
        "l1": float(rng.choice((0.0, 0.01))),
        "l2": float(rng.choice((0.0, 0.1))),
    },
}

# ---- activations that are layers ----------------------------------------------------------------------------------


def _prelu(rng: Rng, shape: Shape) -> dict[str, Any]:
    shared = [axis for axis in range(1, len(shape) + 1) if rng.random() < 0.4]
    return {
        "alpha_initializer": str(rng.choice(("zeros", "ones", "random_normal"))),
        "alpha_regularizer": (None, "l1", "l2")[rng.integers(3)],
        "alpha_constraint": (None, "non_neg")[rng.integers(2)],
        "shared_axes": shared or None,
    }


def _relu(rng: Rng, shape: Shape) -> dict[str, Any]:
    """Draw each argument in half of the cases; for 6, Keras uses another kernel."""
    drawn = {"max_value": (0.7, 6.0)[rng.integers(2)], "negative_slope": 0.2, "threshold": 0.3}
    return {argument: value for argument, value in drawn.items() if rng.random() < 0.5}


def _softmax(rng: Rng, shape: Shape) -> dict[str, Any]:
    axes: list[Any] = [-1, *range(1, len(shape) + 1)]
    if len(shape) > 1:
        axes += [[1], [1, 2], [2, 1]]
    return {"axis": axes[rng.integers(len(axes))]}


OPTIONS |= {
    "PReLU": _prelu,
    "ReLU": _relu,
    "LeakyReLU": lambda rng, shape: {"negative_slope": float(rng.choice((0.0, 0.3, 1.5)))},
    "ELU": lambda rng, shape: {"alpha": float(rng.choice((1.0, 0.3, 2.0)))},
    "Softmax": _softmax,
}

# ---- shapes, tables, equations and merging ------------------------------------------------------------------------


def _reshape(rng: Rng, shape: Shape) -> dict[str, Any]:
    target = [int(size) for size in rng.permutation(shape)]
    if target and rng.random() < 0.5:
        target[rng.integers(len(target))] = -1
    return {"target_shape": (*target, 1) if rng.random() < 0.3 else tuple(target)}


def _einsum(rng: Rng, shape: Shape) -> dict[str, Any] | None:
    """Draw an equation; with three or more axes, without leading dots, because Keras reverses their sizes."""
    units = int(rng.integers(1, 5))
    known: list[tuple[str, Any, tuple[str | None, ...]]] = []
    if len(shape) == 1:
        known += [("ab,bc->ac", units, (None, "c"))]
    if len(shape) == 2:
        known += [
            ("abc,cd->abd", (shape[0], units), (None, "d", "b", "bd")),
            ("abc,bcd->abd", (shape[0], units), (None, "d", "b")),
            ("abc,cde->abde", (shape[0], 2, units), (None, "d", "de", "bde")),
            ("abc,bcd->ad", units, (None, "d")),
            ("abc,cd->ad", units, (None, "d")),
        ]
    if 0 < len(shape) < 3:
        known += [("...x,xy->...y", units, (None, "y"))]
    if len(shape) > 1:
        known += [("ab...,bc->ac...", units, (None, "c"))]
    if not known:
        return None
    equation, output_shape, biases = known[rng.integers(len(known))]
    activation = ("linear", "tanh")[rng.integers(2)]
    bias_axes = biases[rng.integers(len(biases))]
    return {"equation": equation, "output_shape": output_shape, "bias_axes": bias_axes, "activation": activation}


OPTIONS |= {
    "Flatten": lambda rng, shape: {"data_format": (None, "channels_first")[rng.integers(2)]},
    "Reshape": _reshape,
    "Permute": lambda rng, shape: {"dims": tuple(int(axis) + 1 for axis in rng.permutation(len(shape)))},
    "RepeatVector": lambda rng, shape: {"n": int(rng.integers(1, 4))} if len(shape) == 1 else None,
    "Embedding": lambda rng, shape: {
        "input_dim": 7,
        "output_dim": int(rng.integers(1, 4)),
        "embeddings_regularizer": (None, "l2")[rng.integers(2)],
    },
    "EinsumDense": _einsum,
    "Concatenate": lambda rng, shape: {"axis": int(rng.integers(1, len(shape) + 1)) - (len(shape) + 1) * _coin(rng)},
    "Dot": lambda rng, shape: {"axes": int(rng.integers(1, len(shape) + 1)), "normalize": bool(_coin(rng))},
}
"""Concatenate and Dot: for inputs of the same shape."""


def _coin(rng: Rng) -> int:
    return int(rng.integers(2))

"""Constructor options worth trying, by layer class: what tests and random networks draw from.

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

# ---- chance -------------------------------------------------------------------------------------------------------

RATES = (0.0, 0.1, 0.5, 0.75)


def _seed(rng: Rng) -> int:
    return int(rng.integers(1, 10**6))


def _rate(rng: Rng, shape: Shape) -> dict[str, Any]:
    return {"rate": float(rng.choice(RATES)), "seed": _seed(rng)}


def _noise_shape(rng: Rng, shape: Shape) -> dict[str, Any]:
    """Draw a rate and which axes share their draw; in every other case none do."""
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


OPTIONS |= {"PReLU": _prelu}

# ---- shapes, tables, equations and merging ------------------------------------------------------------------------


def _reshape(rng: Rng, shape: Shape) -> dict[str, Any]:
    target = [int(size) for size in rng.permutation(shape)]
    if target and rng.random() < 0.5:
        target[rng.integers(len(target))] = -1
    return {"target_shape": (*target, 1) if rng.random() < 0.3 else tuple(target)}


def _einsum(rng: Rng, shape: Shape) -> dict[str, Any] | None:
    """Draw an equation; with three axes and more no dots in front, because Keras reverses their sizes."""
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

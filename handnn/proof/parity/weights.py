"""Regularizers, constraints and initializers."""

from typing import Any

import numpy as np

from ...constraints import constraints as known_constraints
from ...initializers import RandomInitializer
from ...regularizers import regularizers as known_regularizers
from ..keras import constraints, initializers, regularizers
from .row import DTYPES, Line

HOW = {
    "regularizers": """Penalty and gradient at ordinary, tiny and huge weights and at kinks, with every combination of
arguments.""",
    "constraints": """The constrained weights, with norms of every size, at their limits and beside them, tiny and huge,
with every combination of arguments.""",
    "initializers": f"""Constants bit for bit. Random numbers: distance of two samples of {initializers.SHAPE[0]} x
{initializers.SHAPE[1]} in mean, variance and distribution (Kolmogorov-Smirnov) over the distance that chance exceeds
once in {1 / initializers.FALSE_ALARM:.0e} comparisons; they are not TensorFlow's numbers.""",
}


def regularizer(tf: Any, keras: Any, cls: Any, line: Line) -> None:
    for name, options in regularizers.variants():
        if known_regularizers[name] is cls:
            for dtype in DTYPES:
                rng = np.random.default_rng(2024)
                for kind in regularizers.KINDS:
                    for x in regularizers.points(name, kind, dtype, rng):
                        given = (cls(**options), name, options, x)
                        regularizers.check_against_tensorflow(line.agree, tf, keras, *given)
    if cls.__name__ == "OrthogonalRegularizer":
        line.remarks.append("Keras raises an error in float64: its factor is cast for the comparison")


def constraint(tf: Any, keras: Any, cls: Any, line: Line) -> None:
    for name, options in constraints.variants():
        if known_constraints[name] is cls:
            for dtype in DTYPES:
                rng = np.random.default_rng(2024)
                for kind in constraints.KINDS:
                    for w in constraints.points(kind, dtype, rng):
                        constraints.check_against_keras(line.agree, tf, keras, cls(**options), name, options, w)


def initializer(tf: Any, keras: Any, cls: Any, line: Line) -> None:
    known = {k: v for k, v in initializers.known(cls).items() if k not in ("input_axes", "output_axes", "seed")}
    for dtype in DTYPES:
        for options in ({}, known):
            seed = {"seed": 1} if issubclass(cls, RandomInitializer) else {}
            found = cls(**options, **seed)(initializers.SHAPE, dtype)
            theirs = getattr(keras.initializers, cls.__name__)(**options, **seed)(initializers.SHAPE, dtype).numpy()
            if not seed:
                line.agree(cls.__name__, found, theirs, found)
            elif cls.__name__ == "Orthogonal":
                line.worse(dtype, initializers.off_orthonormal(found, options.get("gain", 1.0)))
            else:
                line.worse(dtype, max(initializers.distances(found, theirs).values()))
    if cls.__name__ == "Orthogonal":
        line.remarks.append("how far the columns are from orthonormal, over what rounding explains")

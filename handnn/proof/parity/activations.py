"""Activations: every kind of point, more axes than two, and mpmath."""

from typing import Any

import numpy as np

from ...activations import Activation, cases
from .. import mpmath_activations
from ..keras import activations as keras_activations
from .row import DTYPES, Line, Units

HOW = """a, delta from TensorFlow's a, and delta from handnn's own a, at ordinary, saturated, tiny and huge z, at kinks
and their neighbours, with the arguments that the class declares. Units: of f(z), at the points of the referee."""


def measure(tf: Any, keras: Any, entry: Any, line: Line) -> None:
    tried = [case for case in cases() if case.name == line.symbol]
    for dtype in DTYPES:
        rng, units = np.random.default_rng(2024), (Units(), Units())
        for case in tried:
            with np.errstate(all="ignore"):
                _hold(tf, keras, case, dtype, rng, line)
                if case.elementwise and line.wants_units:
                    _measure_units(tf, keras, case, dtype, rng, units)
        if tried[0].elementwise and line.wants_units:
            line.units[dtype] = units
    line.kinks = ", ".join(f"{kink:g}" for kink in tried[0].kinks)
    if entry.keras_wrong:
        line.remarks.append(f"Keras is wrong: {entry.keras_wrong}; not compared there")


def _hold(tf: Any, keras: Any, entry: Activation, dtype: str, rng: Any, line: Line) -> None:
    batches = {kind: keras_activations.rows(entry, kind, dtype, rng) for kind in keras_activations.KINDS}
    batches["three axes"] = rng.normal(size=(3, 4, keras_activations.WIDTH)).astype(dtype)
    for kind, z in batches.items():
        upstream = keras_activations.cotangent(entry.compute_output_shape(z.shape), dtype, rng, kind == "huge")
        reference = keras_activations.tensorflow_pass(tf, keras, entry, z, upstream)
        keras_activations.hold(line.agree, reference, entry, z, upstream)


def _measure_units(tf: Any, keras: Any, entry: Activation, dtype: str, rng: Any, units: tuple[Units, Units]) -> None:
    z = keras_activations.referee_points(entry, dtype, rng)
    exact = mpmath_activations.exact(mpmath_activations.of(entry), z)
    theirs = keras_activations.tensorflow_pass(tf, keras, entry, z, z)[0]
    arguments = repr(entry).partition("(")[2]
    where = [f"at z = {v:.3g}" + f" ({arguments}" * bool(arguments) for v in z]
    for side, found in zip(units, (entry.forward(z), theirs), strict=True):
        side.add(mpmath_activations.units_off(found, exact), where)

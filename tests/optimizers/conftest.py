"""Keras' twin of an optimizer, and the splice of its steps."""

from typing import Any

import pytest

from handnn.proof.keras.optimizers import hold_steps
from handnn.verify.keras_optimizer import KerasSide, keras_side


SHAPES = {"float32": ((), (4, 3)), "float64": ((5,), (2, 3, 4))}
HELD = {0, 1, 2, 3, 5, 8, 13, 21, 34, 49}
"""Every day each shape has one dtype, and these of fifty steps are held; with `--all` all."""
TWO = {"float32": ((4, 3),), "float64": ((2, 3, 4),)}
"""Shapes for what does not depend on them: TensorFlow compiles twice as long for twice as many weights."""


@pytest.fixture
def side(tf, keras, rng, quick):
    """`side(optimizer, dtypes)`: Keras' twin of a handnn optimizer over weights of every shape and these dtypes."""

    def make(optimizer: Any, *dtypes: str, two: bool = False) -> KerasSide:
        return keras_side(tf, keras, rng, optimizer, *dtypes, shapes=(TWO if two else SHAPES) if quick else None)

    return make


@pytest.fixture
def spliced(side, assert_within_allowance, rng, quick):
    """`spliced(optimizer, *dtypes)`: hold step after step, each from Keras' own state, against Keras."""

    def check(optimizer: Any, *dtypes: str, count: int = 50, two: bool = False) -> float:
        worst, held = [0.0], HELD if quick else None
        hold_steps(
            lambda c: worst.append(assert_within_allowance(c)),
            side(optimizer, *dtypes, two=two),
            optimizer,
            rng,
            count,
            held,
        )
        return max(worst)

    return check

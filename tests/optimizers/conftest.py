"""Keras' twin of an optimizer, and the splice of its steps."""

from typing import Any

import pytest

from handnn.verify.against.optimizers import KerasSide, hold_steps, keras_side


@pytest.fixture
def side(tf, keras, rng):
    """`side(optimizer, dtypes)`: Keras' twin of a handnn optimizer over weights of every shape and these dtypes."""

    def make(optimizer: Any, *dtypes: str, **options: Any) -> KerasSide:
        return keras_side(tf, keras, rng, optimizer, *dtypes, **options)

    return make


@pytest.fixture
def spliced(side, judge, rng):
    """`spliced(optimizer, *dtypes)`: hold step after step, each from Keras' own state, against Keras."""

    def check(optimizer: Any, *dtypes: str, count: int = 50, **options: Any) -> float:
        worst = [0.0]
        hold_steps(lambda c: worst.append(judge(c)), side(optimizer, *dtypes, **options), optimizer, rng, count)
        return max(worst)

    return check

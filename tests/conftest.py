"""What every test may ask for: TensorFlow and Keras, loaded once and only where used, and the judge of two results."""

import importlib
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("suite", max_examples=20, deadline=None, derandomize=True)
settings.load_profile("suite")

DTYPES = ("float32", "float64")


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    """Keras on TensorFlow; importing it takes some five seconds, once a session."""
    importlib.import_module("tf_reference")  # sets the backend before Keras is loaded
    return importlib.import_module("keras")


@pytest.fixture(scope="session")
def tf(keras: ModuleType) -> ModuleType:
    return importlib.import_module("tensorflow")


@pytest.fixture(params=DTYPES)
def dtype(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2024)


@pytest.fixture(scope="session")
def judge() -> Any:
    """`judge(comparison)`: fail unless the two results of a `verify.steps.Comparison` are within its allowance.

    An allowance must be finite wherever the reference is: an infinite one would let everything pass.
    """
    from handnn.verify.report import row

    def within(comparison: Any) -> float:
        blind = ~np.isfinite(comparison.allowed) & np.isfinite(comparison.reference)
        where = np.argwhere(blind)[:5].tolist()
        assert not blind.any(), f"{comparison.layer} {comparison.tensor}: no finite allowance at {where}"
        result = row(comparison)
        assert result.ok, result.sentence()
        return result.ratio

    return within


@pytest.fixture(scope="session")
def agree(judge: Any) -> Any:
    """`agree(what, found, reference, bounded)`: fail unless found lies within the allowance that `bounded` gives.

    `bounded` is the hand-written formula run on `Bounded` arrays; a plain array there means that the formula does not
    round. Shape and dtype must be equal.
    """
    from handnn.verify.steps import compare

    def judged(what: str, found: Any, reference: Any, bounded: Any) -> float:
        return judge(compare(what, "", "", found, np.asarray(reference), bounded))

    return judged

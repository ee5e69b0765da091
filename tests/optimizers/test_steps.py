"""Single steps of every optimizer of the registry from Keras' own state, against Keras.

Free-running trajectories drift apart, so each hand-written step starts from Keras' weights, slots and gradient, and is
held against Keras' weights and slots after it. From a zero state many mistakes cancel, so there are 50 steps, with
gradients from 1e-8 to 1e4, zeros and changes of sign.
"""

import pytest

from handnn.optimizers import Muon
from handnn.optimizers import optimizers as registry


def settings():
    for name, cls in registry.items():
        yield pytest.param(cls, {}, id=f"{name}-defaults")
        for number, options in enumerate(cls.examples):
            yield pytest.param(cls, {"learning_rate": 0.1} | options, id=f"{name}-{number}")


each_setting = pytest.mark.parametrize(("cls", "options"), list(settings()))


@pytest.mark.quick(cover="cls")
@each_setting
def test_every_step_from_keras_state_is_keras(cls, options, spliced):
    """Weights of both dtypes beside each other: Keras casts what it needs for each. Its Muon cannot."""
    optimizer, elementwise = cls(**options), cls.elementwise
    for dtypes in (("float32",), ("float64",)) if cls is Muon else (("float32", "float64"),):
        spliced(optimizer, *dtypes, two=elementwise)  # every day; what looks at the shape sees each of them

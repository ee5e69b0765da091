"""Optimizers and schedules: every step, from Keras' state."""

from typing import Any

import numpy as np

from ...optimizers import Muon
from ...verify import keras_optimizer
from ..keras import optimizers as keras_optimizers
from .row import DTYPES, Line

STEPS = 20
HOW = {
    "optimizers": f"""Every slot and weight after each of {STEPS} steps, each from Keras' own state, with gradients from
1e-8 to 1e4, zeros and changes of sign; defaults and the options that the class declares. Weights of both dtypes stand
beside each other, except with Muon. Keras has no AdEMAMix, ADOPT, MARS, Prodigy, Shampoo, Signum, SOAP or Sophia: tests
hold them against second derivations.""",
    "schedules": """The learning rate at 68 steps up to 1e5. Keras computes them in float32 only.""",
}


def optimizer(tf: Any, keras: Any, cls: Any, line: Line) -> None:
    for options in ({}, *({"learning_rate": 0.1} | example for example in cls.examples)):
        for dtypes in ([dtype] for dtype in DTYPES) if cls is Muon else (DTYPES,):
            rng, ours = np.random.default_rng(2024), cls(**options)
            side = keras_optimizer.keras_side(tf, keras, rng, ours, *dtypes)
            keras_optimizers.hold_steps(line.judge, side, ours, rng, STEPS)


def schedule(tf: Any, keras: Any, cls: Any, line: Line) -> None:
    for given in keras_optimizers.SCHEDULES[cls.__name__]:
        keras_optimizers.hold_schedule(line.agree, tf, keras, cls.__name__, given)

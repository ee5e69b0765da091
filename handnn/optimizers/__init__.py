"""Optimizers: how one step changes a weight, given dL/dweight. Names and arguments as in `keras.optimizers`.

`base.py` has the loop over the weights, `options.py` the options of all optimizers; the other files hold the rules.
Those of `recent` are not in Keras.
"""

from typing import Any

from . import schedules
from .adafactor import Adafactor
from .adagrad import Adadelta, Adagrad, RMSprop
from .adam import Adam, Adamax, AdamW, Nadam
from .base import Optimizer, optimizers
from .ftrl import Ftrl
from .lamb import Lamb
from .lion import Lion
from .muon import Muon
from .recent import ADOPT, MARS, SOAP, AdEMAMix, Prodigy, Shampoo, Signum, SophiaG, SophiaH, recent
from .schedule_free_adamw import ScheduleFreeAdamW
from .sgd import SGD
from .wrappers import LossScaleOptimizer, MultiOptimizer, OptimizerMap, deserialize, serialize, wrappers

__all__ = [
    "ADOPT",
    "MARS",
    "SGD",
    "SOAP",
    "AdEMAMix",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "Prodigy",
    "RMSprop",
    "ScheduleFreeAdamW",
    "Shampoo",
    "Signum",
    "SophiaG",
    "SophiaH",
    "deserialize",
    "get",
    "optimizers",
    "recent",
    "schedules",
    "serialize",
    "wrappers",
]


def get(identifier: Any) -> Any:
    """Return an optimizer from a name (in any case, as in Keras), a Keras config or an instance; None for None.

    Raises:
        ValueError: the name or class is unknown.
        TypeError: identifier is something else.
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier})
    raise TypeError(f"optimizer must be a name, a config or an Optimizer; received {type(identifier).__name__}")

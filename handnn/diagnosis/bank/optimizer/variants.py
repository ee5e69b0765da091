"""Published variants: another convention."""

from typing import Any

import numpy as np

from ..base import Mistake
from .rules import ADAM, At, having, root_of, taken_by, variant
from .single import with_decay


@variant(
    "epsilon as in the paper",
    "root",
    "sqrt(v_hat) + epsilon",
    "sqrt(v) + epsilon ('epsilon hat')",
    "epsilon is added to the corrected root, as in the paper's Algorithm 1 and PyTorch; Keras adds it before the "
    "correction ('epsilon hat')",
    applies=ADAM,
)
def algorithm_1(at: At, root: Any) -> Any:
    return np.sqrt(at.v) + at.h["epsilon"] * root_of(at.c2)


@variant(
    "epsilon inside the root",
    "root",
    "sqrt(v + epsilon)",
    "sqrt(v) + epsilon",
    "epsilon stands inside the root; Keras adds it outside",
    applies=taken_by("adam", "adamw", "nadam"),
)
def inside(at: At, root: Any) -> Any:
    return np.sqrt((at.v / at.c2 if at.rule == "nadam" else at.v) + at.h["epsilon"])


@variant(
    "epsilon inside the corrected root",
    "root",
    "sqrt(v_hat + epsilon)",
    "sqrt(v) + epsilon",
    "epsilon stands inside the root, with the corrected v; Keras adds it outside",
    applies=ADAM,
)
def inside_corrected(at: At, root: Any) -> Any:
    return np.sqrt(at.v + at.h["epsilon"] * at.c2)


@variant(
    "epsilon outside the root",
    "root",
    "sqrt(v) + epsilon",
    "sqrt(v + epsilon)",
    "epsilon stands outside the root, as in PyTorch; Keras adds it inside",
    applies=taken_by("rmsprop", "adagrad"),
)
def outside(at: At, root: Any) -> Any:
    return np.sqrt(at.v) + at.h["epsilon"]


@variant(
    "no epsilon in Adamax",
    "root",
    "m / (c u)",
    "m / (c (u + epsilon))",
    "the divisor has no epsilon, as in the paper",
    applies=taken_by("adamax"),
)
def adamax_without(at: At, root: Any) -> Any:
    return at.v


@variant(
    "epsilon inside the maximum",
    "root",
    "u = max(beta_2 u, |g| + epsilon)",
    "u + epsilon",
    "epsilon stands inside the maximum, as in PyTorch",
    applies=taken_by("adamax"),
)
def epsilon_in_maximum(at: At, root: Any) -> Any:
    own = at.slots["v"] = np.maximum(at.h["beta_2"] * at.old_v, np.abs(at.g) + at.h["epsilon"])
    return own


@variant(
    "sum starts at 0",
    "start",
    "a = 0",
    "a = initial_accumulator_value",
    "the sum of squares starts at 0, as in the paper and PyTorch; Keras starts it at 0.1",
    applies=taken_by("adagrad"),
)
def starts_at_zero(at: At, start: Any) -> Any:
    return 0.0


@variant(
    "momentum as a running average",
    "m",
    "m = mu m - (1 - mu) lr g",
    "m = mu m - lr g",
    "the momentum is a running average of the gradients, with 1 - mu before the new one",
    applies=taken_by("sgd"),
)
def averaged_momentum(at: At, m: Any) -> Any:
    return at.h["momentum"] * at.old_m - (1 - at.h["momentum"]) * at.lr * at.g


@variant(
    "weight decay as L2",
    "g",
    "g = g + wd x",
    "x = x - lr wd x",
    "the decay is added to the gradient (L2), as in PyTorch; Keras takes it off the weight",
    applies=lambda at: at.rule != "adamw" and bool(at.h.get("weight_decay")),
)
def as_l2(at: At, g: Any) -> Any:
    return with_decay(at, g)


@variant(
    "weight decay not scaled",
    "decay",
    "x = x - wd x",
    "x = x - lr wd x",
    "the decay is not multiplied by the learning rate, as in the paper's Algorithm 2",
)
def unscaled(at: At, x: Any) -> Any:
    return at.x - at.h["weight_decay"] * at.x


@variant(
    "weight decay after the step",
    "x",
    "x = (1 - lr wd) (x - step)",
    "x = (1 - lr wd) x - step",
    "the weight decays after its step, not before",
    applies=having("weight_decay"),
)
def decay_after(at: At, x: Any) -> Any:
    return at.x - (1 - at.lr * at.h["weight_decay"]) * at.moved


@variant(
    "AMSGrad on the corrected v",
    "compared",
    "max(v_hat)",
    "max(v)",
    "the largest of the corrected v is kept; Keras keeps the largest v itself",
    applies=having("amsgrad"),
)
def amsgrad_corrected(at: At, v: Any) -> Any:
    at.plants = at.plants | {"correction": [_PLAIN]}
    return v / at.c2


def _undone(at: Any, right: Any) -> Any:
    return 1 / at.c1


_PLAIN = Mistake("", "correction", _undone, "", "", "")


@variant(
    "slower momentum schedule",
    "speed",
    "mu = beta_1 (1 - 0.96^(0.004 t) / 2)",
    "mu = beta_1 (1 - 0.96^t / 2)",
    "the momentum schedule is the paper's and PyTorch's, 0.96^(0.004 t); Keras has 0.96^t",
    applies=taken_by("nadam"),
)
def paper_schedule(at: At, speed: Any) -> Any:
    return 0.004


@variant(
    "no learning rate",
    "lr",
    "x = x - s",
    "x = x - lr s",
    "it has no learning rate, as in the paper",
    applies=taken_by("adadelta"),
)
def rate_of_one(at: At, lr: Any) -> Any:
    return 1.0

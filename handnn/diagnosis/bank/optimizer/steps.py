"""Mistakes in the step as a whole: its sign, its size, what is kept, how steps are counted."""

from typing import Any

from .rules import FIRST, At, mistake


@mistake("sign of the step", "x", "x = x + step", "x = x - step", "the step goes uphill: it is added to the weight")
def uphill(at: At, x: Any) -> Any:
    return at.x + at.moved


@mistake(
    "learning rate left out",
    "lr",
    "x - s",
    "x - lr s",
    "the step is not multiplied by the learning rate",
    applies=lambda at: at.rule != "adadelta",
)
def rate_left_out(at: At, lr: Any) -> Any:
    return 1.0


@mistake("learning rate squared", "lr", "x - lr^2 s", "x - lr s", "the learning rate is multiplied in twice")
def rate_squared(at: At, lr: Any) -> Any:
    return lr * lr


@mistake(
    "slots reset every step",
    "slots",
    "m = v = 0 in every step",
    "m, v are kept from step to step",
    "the running averages start anew in every step: what is kept is not handed on",
    applies=lambda at: at.rule != "sgd" or bool(at.h["momentum"]),
)
def slots_reset(at: At, slots: Any) -> Any:
    return {}


@mistake(
    "one slot shared between parameters",
    "slots",
    "one m, v for all parameters",
    "m, v of each parameter",
    "all parameters share one running average, which mixes their gradients",
    applies=lambda at: at.rule != "sgd" or bool(at.h["momentum"]),
)
def slot_shared(at: At, slots: Any) -> Any:
    return slots["shared"]


@mistake("t counted from 0", "t", "t = 0, 1, 2, ...", "t = 1, 2, 3, ...", "the step count starts at 0", applies=FIRST)
def from_zero(at: At, t: int) -> int:
    return t - 1


@mistake("t counted from 2", "t", "t = 2, 3, 4, ...", "t = 1, 2, 3, ...", "the step count is one ahead", applies=FIRST)
def from_two(at: At, t: int) -> int:
    return t + 1


@mistake(
    "t counted once for each parameter",
    "t",
    "t = t + 1 for each parameter",
    "t = t + 1 for each step",
    "the step count grows with every parameter, not with every step",
    applies=FIRST,
)
def counted_each(at: At, t: Any) -> Any:
    return -1

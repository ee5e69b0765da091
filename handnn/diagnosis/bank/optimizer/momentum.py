"""Mistakes in momentum."""

from typing import Any

from .rules import At, having, mistake


def with_momentum(at: At) -> bool:
    return at.rule == "sgd" and bool(at.h["momentum"])


@mistake(
    "momentum ignored",
    "momentum",
    "x = x - lr g",
    "m = mu m - lr g; x = x + m",
    "the momentum is not used",
    applies=having("momentum"),
)
def no_momentum(at: At, mu: Any) -> Any:
    return 0


@mistake(
    "sign of the kept momentum",
    "m",
    "m = mu m + lr g; x = x - mu m",
    "m = mu m - lr g; x = x + m",
    "what is kept of the momentum enters with the wrong sign: it brakes",
    applies=with_momentum,
)
def momentum_brakes(at: At, m: Any) -> Any:
    return m - 2 * at.h["momentum"] * at.old_m


@mistake(
    "momentum before the wrong term",
    "m",
    "m = m - mu lr g",
    "m = mu m - lr g",
    "the momentum stands before the gradient: what is kept never decays",
    applies=with_momentum,
)
def never_decays(at: At, m: Any) -> Any:
    return at.old_m - at.h["momentum"] * at.lr * at.g


@mistake(
    "momentum times learning rate",
    "m",
    "m = lr mu m - lr g",
    "m = mu m - lr g",
    "what is kept is multiplied by the learning rate again: hardly anything is left of it",
    applies=with_momentum,
)
def momentum_times_rate(at: At, m: Any) -> Any:
    return m - (1 - at.lr) * at.h["momentum"] * at.old_m


@mistake(
    "first momentum without the learning rate",
    "m",
    "m = -g in the first step",
    "m = -lr g in the first step",
    "the momentum starts as the gradient itself: the first step is 1/lr times as large",
    applies=with_momentum,
)
def first_without_rate(at: At, m: Any) -> Any:
    return -1.0 * at.g if at.t == 1 else m


@mistake(
    "sign of the look-ahead",
    "step",
    "x = x - mu m - lr g",
    "x = x + mu m - lr g",
    "it looks back: the momentum is subtracted where m has the sign of the step already",
    applies=having("nesterov"),
)
def looks_back(at: At, step: Any) -> Any:
    return at.lr * at.g + at.h["momentum"] * at.slots.get("m", 0 * at.g)


@mistake(
    "Nesterov ignored",
    "nesterov",
    "x = x + m",
    "x = x + mu m - lr g",
    "it is momentum without the look-ahead",
    applies=having("nesterov"),
)
def no_nesterov(at: At, nesterov: Any) -> Any:
    return False


@mistake(
    "Nesterov where it is not wanted",
    "nesterov",
    "x = x + mu m - lr g",
    "x = x + m",
    "it looks ahead",
    applies=lambda at: at.rule == "sgd" and bool(at.h["momentum"]) and not at.h["nesterov"],
)
def unwanted_nesterov(at: At, nesterov: Any) -> Any:
    return True

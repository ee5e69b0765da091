"""Mistakes in the running averages, and in which of them are used."""

from typing import Any

import numpy as np

from .rules import ADAM, FIRST, ROOTED, SQUARED, WITH_SQUARE, At, mistake, root_of, taken_by


@mistake(
    "beta_1 and 1 - beta_1 swapped",
    "beta_1",
    "m = (1 - beta_1) m + beta_1 g",
    "m = beta_1 m + (1 - beta_1) g",
    "the old average gets the small share and the new gradient the large one",
    applies=taken_by("adam", "adamw", "nadam", "adamax", "lion"),
)
def swapped_1(at: At, beta: Any) -> Any:
    return 1 - beta


@mistake(
    "beta_2 and 1 - beta_2 swapped",
    "beta_2",
    "v = (1 - beta_2) v + beta_2 g^2",
    "v = beta_2 v + (1 - beta_2) g^2",
    "the old average gets the small share and the new square the large one",
    applies=taken_by("adam", "adamw", "nadam", "rmsprop", "adadelta", "lion"),
)
def swapped_2(at: At, beta: Any) -> Any:
    return 1 - beta


@mistake(
    "beta_2 for beta_1",
    "beta_1",
    "m = beta_2 m + (1 - beta_2) g",
    "m = beta_1 m + (1 - beta_1) g",
    "the average of the gradients runs with beta_2",
    applies=FIRST,
)
def second_for_first(at: At, beta: Any) -> Any:
    return at.h["beta_2"]


@mistake(
    "beta_1 for beta_2",
    "beta_2",
    "v = beta_1 v + (1 - beta_1) g^2",
    "v = beta_2 v + (1 - beta_2) g^2",
    "the second average runs with beta_1",
    applies=lambda at: "beta_1" in at.h,
)
def first_for_second(at: At, beta: Any) -> Any:
    return at.h["beta_1"]


@mistake(
    "1 - beta_1 forgotten",
    "m",
    "m = beta_1 m + g",
    "m = beta_1 m + (1 - beta_1) g",
    "the new gradient enters the average with its full size",
    applies=FIRST,
)
def full_gradient(at: At, m: Any) -> Any:
    return at.h["beta_1"] * at.old_m + at.g


@mistake(
    "1 - beta_2 forgotten",
    "v",
    "v = beta_2 v + g^2",
    "v = beta_2 v + (1 - beta_2) g^2",
    "the new square enters the average with its full size",
    applies=SQUARED,
)
def full_square(at: At, v: Any) -> Any:
    return at.h.get("beta_2", at.h.get("rho")) * at.old_v + at.g * at.g


@mistake(
    "sum of squares starts at 1",
    "start",
    "a = 1",
    "a = initial_accumulator_value",
    "the sum starts at 1, far above the squares of small gradients",
    applies=taken_by("adagrad"),
)
def starts_at_one(at: At, start: Any) -> Any:
    return 1.0


@mistake("squares not added up", "v", "a = g^2", "a = a + g^2", "only the last square is kept", applies=WITH_SQUARE)
def last_square(at: At, v: Any) -> Any:
    return at.g * at.g


@mistake(
    "step before m is updated",
    "m used",
    "x = x - lr m; then m = ...",
    "m = ...; then x = x - lr m",
    "the step uses the m of the step before",
    applies=lambda at: FIRST(at) or (at.rule == "sgd" and bool(at.h["momentum"]) and not at.h["nesterov"]),
)
def old_m_used(at: At, m: Any) -> Any:
    return at.old_m


@mistake(
    "step before v is updated",
    "v used",
    "x = x - lr g / sqrt(v); then v = ...",
    "v = ...; then x = x - lr g / sqrt(v)",
    "the step uses the v of the step before",
    applies=lambda at: ROOTED(at) or at.rule == "adamax",
)
def old_v_used(at: At, v: Any) -> Any:
    return at.old_v


@mistake(
    "step before m and v are updated",
    "step",
    "x = x - step; then m, v = ...",
    "m, v = ...; then x = x - step",
    "the step uses the m and v of the step before",
    applies=ADAM,
)
def both_old_used(at: At, step: Any) -> Any:
    return at.lr * root_of(at.c2) / at.c1 * at.old_m / (np.sqrt(at.old_v) + at.h["epsilon"])


@mistake(
    "gradient for its average",
    "m used",
    "g / (sqrt(v_hat) + eps)",
    "m_hat / (sqrt(v_hat) + eps)",
    "the step takes the gradient instead of its running average",
    applies=FIRST,
)
def gradient_for_m(at: At, m: Any) -> Any:
    return at.g

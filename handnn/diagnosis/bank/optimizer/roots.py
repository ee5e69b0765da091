"""Mistakes in the divisor and in the squares below its root."""

from typing import Any

import numpy as np

from .rules import ADAM, CORRECTED, ROOTED, WITH_SQUARE, At, mistake


@mistake(
    "epsilon forgotten",
    "root",
    "g / sqrt(v)",
    "g / (sqrt(v) + epsilon)",
    "nothing keeps the divisor from 0",
    applies=ROOTED,
)
def no_epsilon(at: At, root: Any) -> Any:
    return np.sqrt(at.v / at.c2) if at.rule == "nadam" else np.sqrt(at.v)


@mistake(
    "root forgotten",
    "root",
    "g / (v + epsilon)",
    "g / (sqrt(v) + epsilon)",
    "the step is divided by the average square, not by its root",
    applies=ROOTED,
)
def noroot_of(at: At, root: Any) -> Any:
    return (at.v / at.c2 if at.rule == "nadam" else at.v) + at.h["epsilon"]


@mistake(
    "root of the corrected square forgotten",
    "step",
    "m_hat / (v_hat + epsilon)",
    "m_hat / (sqrt(v_hat) + epsilon)",
    "the step is divided by the corrected average square, not by its root",
    applies=ADAM,
)
def no_root_of_corrected(at: At, step: Any) -> Any:
    return at.lr * at.m / at.c1 / (at.v / at.c2 + at.h["epsilon"])


@mistake(
    "gradient not squared",
    "square",
    "v = beta_2 v + (1 - beta_2) g",
    "v = beta_2 v + (1 - beta_2) g^2",
    "v averages the gradients instead of their squares",
    applies=WITH_SQUARE,
)
def not_squared(at: At, square: Any) -> Any:
    return at.g


@mistake(
    "size of the gradient for its square",
    "square",
    "v = beta_2 v + (1 - beta_2) |g|",
    "v = beta_2 v + (1 - beta_2) g^2",
    "v averages |g| instead of g^2",
    applies=WITH_SQUARE,
)
def size_for_square(at: At, square: Any) -> Any:
    return np.abs(at.g)


@mistake(
    "momentum squared for the gradient's square",
    "square",
    "v = beta_2 v + (1 - beta_2) m^2",
    "v = beta_2 v + (1 - beta_2) g^2",
    "v averages m^2 instead of g^2",
    applies=CORRECTED,
)
def square_of_m(at: At, square: Any) -> Any:
    return at.m * at.m

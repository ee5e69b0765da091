"""Mistakes in what only one or two rules have."""

from typing import Any

import numpy as np

from .rules import At, having, mistake, taken_by


@mistake(
    "centred ignored",
    "centered",
    "sqrt(v + eps)",
    "sqrt(v - a^2 + eps)",
    "the squared average gradient is not subtracted",
    applies=having("centered"),
)
def not_centred(at: At, centered: Any) -> Any:
    return False


@mistake(
    "average gradient not squared",
    "average squared",
    "v - a",
    "v - a^2",
    "the average gradient itself is subtracted",
    applies=having("centered"),
)
def centre_not_squared(at: At, square: Any) -> Any:
    return at.slots["a"]


@mistake(
    "AMSGrad ignored",
    "amsgrad",
    "sqrt(v)",
    "sqrt(max of all v so far)",
    "the largest v is not kept",
    applies=having("amsgrad"),
)
def no_amsgrad(at: At, amsgrad: Any) -> Any:
    return False


@mistake("weight decay ignored", "decay", "x = x - step", "x = x - lr wd x - step", "the weights do not decay")
def no_decay(at: At, x: Any) -> Any:
    return at.x


@mistake(
    "weight decay with the wrong sign", "decay", "x = x + lr wd x", "x = x - lr wd x", "the decay makes weights grow"
)
def decay_grows(at: At, x: Any) -> Any:
    return at.x + at.lr * at.h["weight_decay"] * at.x


@mistake(
    "weight decay coupled",
    "g",
    "g = g + wd x; then Adam",
    "x = x - lr wd x; then Adam",
    "the decay goes through the averages as L2 would: that is Adam with L2, not AdamW",
    applies=lambda at: at.rule == "adamw" and bool(at.h.get("weight_decay")),
)
def coupled(at: At, g: Any) -> Any:
    return with_decay(at, g)


def with_decay(at: At, g: Any, factor: float = 1.0) -> Any:
    coupling = g + factor * at.h["weight_decay"] * at.x
    at.h = at.h | {"weight_decay": None}
    return coupling


@mistake(
    "bias correction of u",
    "root",
    "m_hat / u_hat",
    "m_hat / u",
    "the largest gradient needs no correction",
    applies=taken_by("adamax"),
)
def corrected_u(at: At, root: Any) -> Any:
    return at.v / (1 - at.h["beta_2"] ** at.t) + at.h["epsilon"]


@mistake(
    "|g| forgotten",
    "size",
    "u = max(beta_2 u, g)",
    "u = max(beta_2 u, |g|)",
    "negative gradients do not count",
    applies=taken_by("adamax"),
)
def signed_u(at: At, size: Any) -> Any:
    return at.g


@mistake(
    "look-ahead forgotten",
    "look ahead",
    "m_hat = mu m / (1 - U)",
    "m_hat = mu m / (1 - U) + (1 - mu) g / (1 - U)",
    "the gradient's own part of the look-ahead is missing",
    applies=taken_by("nadam"),
)
def no_look_ahead(at: At, m_hat: Any) -> Any:
    mu, product = at.h["beta_1"] * (1 - 0.5 * 0.96 ** (at.t)), at.slots["U"]
    return m_hat - (1 - mu) * at.g / (1 - product)


@mistake(
    "gradient squared for the step squared",
    "delta squared",
    "d = rho d + (1 - rho) g^2",
    "d = rho d + (1 - rho) s^2",
    "the second average is of the gradients, not of the steps",
    applies=taken_by("adadelta"),
)
def gradient_for_delta(at: At, square: Any) -> Any:
    return at.g * at.g


@mistake(
    "sign forgotten",
    "sign",
    "x = x - lr c",
    "x = x - lr sign(c)",
    "the step is not reduced to its sign",
    applies=taken_by("lion"),
)
def sign_forgotten(at: At, sign: Any) -> Any:
    return at.h["beta_1"] * at.old_m + (1 - at.h["beta_1"]) * at.g


@mistake(
    "sign of the momentum alone",
    "sign",
    "x = x - lr sign(m)",
    "x = x - lr sign(beta_1 m + (1 - beta_1) g)",
    "the step takes the new m instead of the interpolation with beta_1",
    applies=taken_by("lion"),
)
def sign_of_m(at: At, sign: Any) -> Any:
    return np.sign(at.m)

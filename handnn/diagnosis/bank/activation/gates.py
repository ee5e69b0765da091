"""Mistakes in z times a gate."""

from typing import Any

import numpy as np

from ....activations import activations
from .spot import GATED, Spot, gate, mistake, of


@mistake("product rule: z g'(z) missing", "delta", "f'(z) = g(z)", "f'(z) = g(z) + z g'(z)",
         "f(z) = z g(z) is a product: the term z g'(z) is missing", applies=of(*GATED))  # fmt: skip
def without_second_term(at: Spot, delta: Any) -> Any:
    return at.upstream * gate(at)


@mistake("product rule: g(z) missing", "delta", "f'(z) = z g'(z)", "f'(z) = g(z) + z g'(z)",
         "f(z) = z g(z) is a product: the term g(z) is missing", applies=of(*GATED))  # fmt: skip
def without_first_term(at: Spot, delta: Any) -> Any:
    return delta - at.upstream * gate(at)


@mistake("product rule: factor z missing", "delta", "f'(z) = g(z) + g'(z)", "f'(z) = g(z) + z g'(z)",
         "the factor z before g'(z) is missing", applies=of(*GATED))  # fmt: skip
def without_factor_z(at: Spot, delta: Any) -> Any:
    first = at.upstream * gate(at)
    return first + (delta - first) / np.where(at.z == 0, 1, at.z)


@mistake("product rule: sign of the second term", "delta", "f'(z) = g(z) - z g'(z)", "f'(z) = g(z) + z g'(z)",
         "the terms of the product rule are added, not subtracted", applies=of(*GATED))  # fmt: skip
def second_term_subtracted(at: Spot, delta: Any) -> Any:
    return 2 * at.upstream * gate(at) - delta


@mistake("gate alone", "a", "a = g(z)", "a = z g(z)", "the factor z is missing", applies=of(*GATED))
def gate_alone(at: Spot, a: Any) -> Any:
    return gate(at)


@mistake("sigmoid' for the gate", "delta", "f'(z) = a (1 - a)", "f'(z) = s + z s (1 - s)",
         "a (1 - a) is the derivative of sigmoid, with this activation's output", applies=of(*GATED))  # fmt: skip
def of_sigmoid(at: Spot, delta: Any) -> Any:
    return at.upstream * at.a * (1 - at.a)


@mistake("sigmoid approximation of gelu", "a", "a = z sigmoid(1.702 z)", "a = z P(Z <= z)",
         "this is the sigmoid approximation, off by up to 0.02", applies=of("gelu"))  # fmt: skip
def quick_gelu(at: Spot, a: Any) -> Any:
    return at.z * activations["sigmoid"].forward(1.702 * at.z)


@mistake("tanh approximation for the exact gelu", "delta", "f' of z (1 + tanh(...))/2", "f'(z) = P(Z <= z) + z phi(z)",
         "it is the derivative of the other form of gelu", applies=of("gelu"))  # fmt: skip
def other_gelu(at: Spot, delta: Any) -> Any:
    form: Any = type(at.f)
    twin = form(approximate=not at.f.approximate)  # type: ignore[attr-defined]
    return twin.backward(at.upstream, at.z, twin.forward(at.z))

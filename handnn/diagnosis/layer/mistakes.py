"""The mistakes of the bank that can be made in a dense layer, planted in handnn's Dense and held against the user's."""

from typing import Any

import numpy as np

from ...core.variable import Array
from ...layers import Dense, Layer
from ..bank import Mistake, mistakes
from ..bank.contexts import LayerContext
from ..reference import SAFETY
from .cases import OUTPUT, Case
from .reference import Right, roles_of

STEPS = ("z", "a", "delta", "dW", "db", "dx")
"""What Dense computes; mistakes of the loss have no place here."""


def explaining(reference: Layer | None, cases: list[Case], rights: list[dict[str, Right]], dtype: str) -> list[Mistake]:
    """Return the mistakes which, made in the reference, give the user's numbers on every draw."""
    if type(reference) is not Dense or not reference.use_bias:
        return []
    drawn = list(zip(cases, rights, strict=True))
    entries = [entry for _, entry in mistakes.items() if entry.step in STEPS]
    return [entry for entry in entries if all(_reproduces(entry, reference, *draw, dtype) for draw in drawn)]


def _reproduces(entry: Mistake, reference: Dense, case: Case, right: dict[str, Right], dtype: str) -> bool:
    try:
        with np.errstate(all="ignore"):
            passed = planted(entry, reference, case, dtype)
    except (ValueError, IndexError, AttributeError, TypeError):  # of another layer, or shapes that do not fit
        return False
    if passed is None:
        return False
    mine = case.tensors
    return all(
        mine[name].shape == value.shape and bool((np.abs(mine[name] - value) <= _share(right[name], value)).all())
        for name, value in passed.items()
    )


def planted(entry: Mistake, reference: Dense, case: Case, dtype: str) -> dict[str, Array] | None:
    """Return the tensors of a Dense layer in which the mistake is made, in float64, in the user's arrangement.

    None where the mistake cannot be made. Its own code may raise on shapes that it was not written for.
    """
    roles = roles_of([("kernel", (0, reference.units)), ("bias", ())], case.weights, last_only=True)
    (kernel, turned), (bias, _) = roles["kernel"], roles["bias"]

    def arranged(array: Array) -> Array:
        return np.asarray(array.T if case.turned else array, "float64")

    W = np.asarray(case.weights[kernel].T if turned else case.weights[kernel], "float64")
    b = np.asarray(case.weights[bias], "float64").reshape(-1)
    at = LayerContext.of_layer(arranged(case.x), W, b, reference.activation, arranged(case.upstream(dtype)))
    if not entry.applies(at):
        return None

    def step(name: str, right: Any) -> Any:
        return entry.wrong(at, right) if entry.step == name else right

    at.z = step("z", at.x @ at.W + at.b)
    at.a = step("a", at.f.forward(at.z))
    at.delta = step("delta", at.f.backward(at.upstream, at.z, at.a))
    at.dW = step("dW", at.x.T @ at.delta)
    at.db = step("db", at.delta.sum(axis=0))
    dx = step("dx", at.delta @ at.W.T)
    shape = case.weights[bias].shape
    return {
        OUTPUT: at.a.T if case.turned else at.a,
        "dx": dx.T if case.turned else dx,
        f"d{kernel}": at.dW.T if turned else at.dW,
        f"d{bias}": np.reshape(at.db, shape) if np.size(at.db) == np.prod(shape) else np.asarray(at.db),
    }


def _share(right: Right, value: Array) -> float:
    """Return the allowance of the right tensor as a share of its largest element, times that of another."""
    size = max(float(np.max(np.abs(right.value), initial=0.0)), 1e-300)
    return float(SAFETY * np.max(right.allowed, initial=0.0) / size * np.max(np.abs(value), initial=0.0))

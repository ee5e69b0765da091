"""`check_layer`: somebody's layer, held against handnn's, or its backward pass against its own forward pass."""

import inspect
from typing import Any

import numpy as np

from ...core.variable import Array
from ...layers import Dense, Layer
from ..patterns import of_tensor, sizes, worst
from ..reference import SAFETY
from ..verdict import Verdict, found_right
from . import mistakes as layer_mistakes
from .cases import OUTPUT, Case, Cases
from .reference import Right, made, roles_of

SEEDS = (0, 1)
"""A name must fit on as many draws."""


def check_layer(
    layer: Any,
    reference: Any = None,
    *,
    dtype: str = "float64",
    name: str = "",
    input_shape: Any = None,
    **options: Any,
) -> Verdict:
    """Judge a layer with methods forward(x) -> a and backward(upstream) -> dx.

    Args:
        layer: an object with weights W, b, gamma, ... and, after backward, gradients dW, db, ... as attributes or in
            dicts `params` and `grads`; or its class, made with `options`.
        reference: a handnn or Keras layer, or text such as "Dense(5, activation='tanh')"; without one the layer's own
            forward pass is the judge, by differences in float64.
        dtype: of x and the weights. name: what to call it.
        input_shape: of one sample, where the weights do not tell it.
        options: arguments for the constructor of a class.
    """
    given = layer(**options) if inspect.isclass(layer) else layer
    if options and not inspect.isclass(layer):
        raise TypeError(f"options are for the constructor of a class; received an object and {', '.join(options)}")
    own = None if reference is None else made(reference, dtype)
    subject = name or (layer.__name__ if inspect.isclass(layer) else type(layer).__name__)
    against = "its own forward pass" if own is None else type(own).__name__
    return _judged(Cases(given, own, "float64" if own is None else dtype, input_shape), f"{subject} ({against})")


def _judged(draws: Cases, subject: str) -> Verdict:
    case = draws.draw(SEEDS[0])
    notes = [f"it prints: {' '.join(case.made.printed.split())[:60]}"] if case.made.printed else []
    if case.made.complaint:
        return Verdict(subject, "broken", case.made.complaint, notes=notes)
    if not _equal(case, draws.draw(SEEDS[0], case.samples, passes=2)):
        text = "a second pass gives other numbers: it keeps state between calls (gradients that add up?)"
        return Verdict(subject, "broken", text, notes=notes)
    cases = [case, *(draws.draw(seed, case.samples) for seed in SEEDS[1:])]
    if any(c.made.complaint for c in cases):
        return Verdict(subject, "broken", "it fails on other numbers of the same shapes", notes=notes)
    rights = [draws.right(c) for c in cases]
    wrong, words = _all_wrong(cases, rights), _words(draws.reference, case)
    if any(wrong) and not any(_all_wrong([_summed(c) for c in cases], rights)):
        words.append("the weights' gradients are averaged over the batch (1/N), dx is not")
    elif any(wrong):
        return _mistaken(draws, cases, rights, wrong, Verdict(subject, "wrong", "", convention=words, notes=notes))
    return found_right(subject, "output and gradients agree to rounding", words, notes)


def _mistaken(
    draws: Cases, cases: list[Case], rights: list[dict[str, Right]], wrong: list[list[str]], verdict: Verdict
) -> Verdict:
    """Complete the verdict on a layer that is wrong: the mistake's name, or what can be said without one."""
    first, case = (wrong[0] or wrong[1])[0], cases[0]
    value, right = case.tensors[first], rights[0][first]
    verdict.example = [worst(first, value, right.value)]
    found = layer_mistakes.explaining(draws.reference, cases, rights, draws.dtype)
    if found:
        best = found[0]
        verdict.summary, verdict.where = best.because, {"z": "forward", "a": "forward"}.get(best.step, best.step)
        verdict.mistakes, verdict.alternatives = [best.name], [[other.name] for other in found[1:]]
        verdict.wrong_line, verdict.right_line = best.wrong_line, best.right_line
        return verdict
    tolerance = float(SAFETY * np.max(right.allowed) / max(np.max(np.abs(right.value)), 1e-300))
    fine = [name for name in rights[0] if name not in wrong[0]]
    verdict.summary, verdict.where = f"{first} is wrong, in a way that no known mistake reproduces", first
    verdict.pattern = of_tensor(value, right.value, sizes(case.n_samples, 1.0), tolerance)
    verdict.notes += [f"right: {', '.join(fine)}"] if fine else []
    return verdict


def _words(reference: Layer | None, case: Case) -> list[str]:
    """Return the conventions in which the user's layer differs from handnn's, in words."""
    words = ["samples in columns"] if case.turned else []
    if isinstance(reference, Dense):
        roles = roles_of([("kernel", (0, reference.units))], case.weights, last_only=True)
        words += ["W as (units, inputs)"] if roles["kernel"][1] else []
    return words


def _all_wrong(cases: list[Case], rights: list[dict[str, Right]]) -> list[list[str]]:
    """Return for each draw the names of the tensors that are not right: the output, the weights' gradients, dx."""
    return [_wrong(case, right) for case, right in zip(cases, rights, strict=True)]


def _wrong(case: Case, right: dict[str, Right]) -> list[str]:
    mine = case.tensors
    order = [OUTPUT, *(name for name in right if name not in (OUTPUT, "dx")), "dx"]
    return [name for name in order if not _fits(mine[name], right[name])]


def _fits(mine: Array, right: Right) -> bool:
    return mine.shape == right.value.shape and bool((np.abs(mine - right.value) <= SAFETY * right.allowed).all())


def _summed(case: Case) -> Case:
    """Return the draw with N times the weights' gradients: sums where they were means."""
    gradients = {name: gradient * float(case.n_samples) for name, gradient in case.made.gradients.items()}
    return case._replace(made=case.made._replace(gradients=gradients))


def _equal(one: Case, other: Case) -> bool:
    if other.made.complaint:
        return False
    mine, its = one.tensors, other.tensors
    return mine.keys() == its.keys() and all(np.array_equal(mine[name], its[name]) for name in mine)

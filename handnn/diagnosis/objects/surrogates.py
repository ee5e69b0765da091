"""What a derivative is that is not the derivative of its forward pass: a straight-through estimator, a reversal."""

from collections.abc import Sequence

import numpy as np

from ... import activations
from ..verdict import Verdict
from . import declared
from .declared import Array, Compared, Declared

SPREAD = 4.0
"""How far from 0 the points lie at which a surrogate is looked at."""
HINT = "if it is not meant to be the derivative (a straight-through estimator, a reversal): surrogate=True"


def told(subject: str, code: Declared, judged: declared.Judged) -> Verdict:
    """Return the verdict where a derivative is said to be a surrogate: what it is, if handnn knows it."""
    said, unknown = [], []
    for name in judged.found:
        what = described(code, name, judged.found[name])
        said += [f"the derivative by {name} is {what}"] if what else []
        unknown += [] if what else [name]
    crooked = [name for name in judged.found if not _linear(code, name)]
    if crooked:
        text = f"not linear in the upstream gradient, which no derivative is: {', '.join(crooked)}"
        return Verdict(subject, "wrong", text, where=f"d/d({crooked[0]})")
    if unknown:
        why = "it is no multiple of the derivative, of identity or of an activation's derivative"
        missing = [{"what": f"the surrogate of d/d({name})", "why": why} for name in unknown]
        return Verdict(
            subject, "incomplete", "a surrogate that handnn does not know", convention=said, unchecked=missing
        )
    if not judged.wrong and not judged.unknown:
        notes = ["it is the derivative: surrogate=True is not needed"]
        return Verdict(subject, "match", "its derivatives are those of its own forward pass", notes=notes,
                       checked=judged.right)  # fmt: skip
    text = f"a surrogate: {said[0]}" if len(said) == 1 else "surrogates"
    return Verdict(
        subject, "other convention", text, convention=said if len(said) > 1 else [], checked=list(judged.found)
    )


def described(code: Declared, name: str, made: Compared) -> str:
    """Return what a derivative is, in words; '' if it is nothing that is known."""
    if made.right:
        return "that of the forward pass"
    if made.ratio is not None and made.ratio != 0:
        return f"{made.ratio:.6g} times that of the forward pass"
    leaves = dict(code.draws(0))
    shape = leaves[name].shape
    leaves[name] = np.asarray(np.random.default_rng(8).uniform(-SPREAD, SPREAD, shape), code.dtype)
    upstream = code.upstream(leaves, 1)
    gradient = code.gradients(leaves, upstream).get(name)
    if gradient is None or not np.any(gradient):
        return "0: no gradient passes"
    if len(upstream) != 1 or upstream[0].shape != shape:
        return ""
    z, slope = leaves[name].astype("float64"), np.asarray(gradient, "float64") / upstream[0].astype("float64")
    return _constant(slope, code.eps) or _gate(code, name, z, slope) or _of_activation(z, slope, code.eps)


def _times(factor: float, what: str) -> str:
    rounded = float(f"{factor:.6g}")
    return f"that of {what}" if rounded == 1 else f"{rounded:g} times that of {what}"


def _same(a: Array, b: Array, eps: float) -> bool:
    """Return whether two arrays agree to half of the digits, the most that a formula may lose."""
    return bool(np.all(np.abs(a - b) <= eps ** (1 / 2) * np.maximum(np.abs(b), np.max(np.abs(b), initial=0.0))))


def _constant(slope: Array, eps: float) -> str:
    first = float(slope.reshape(-1)[0])
    return _times(first, "identity") if _same(slope, np.full(slope.shape, first), eps) else ""


def _gate(code: Declared, name: str, z: Array, slope: Array) -> str:
    """Return 'that of identity where |z| is below t' for a slope that is a number there and 0 elsewhere."""
    opened = slope != 0
    if opened.all() or not _same(slope[opened], np.full(int(opened.sum()), slope[opened][0]), code.eps):
        return ""
    factor, size = float(slope[opened][0]), np.abs(z)
    if size[opened].max() < size[~opened].min():
        inner, outer = float(size[opened].max()), float(size[~opened].min())
        where = f"|{name}| is below"
    elif z[~opened].max() < z[opened].min():
        inner, outer, where = float(z[opened].min()), float(z[~opened].max()), f"{name} is above"
    else:
        return ""
    for _ in range(30):
        middle = (inner + outer) / 2
        if _passes(code, name, middle):
            inner = middle
        else:
            outer = middle
    return f"{_times(factor, 'identity')} where {where} {float(f'{inner:.6g}'):g}, and 0 elsewhere"


def _passes(code: Declared, name: str, value: float) -> bool:
    leaves = dict(code.draws(0))
    leaves[name] = np.full(leaves[name].shape, value, code.dtype)
    upstream = [np.ones_like(a, code.dtype) for a in code.forward(leaves)]
    gradient = code.gradients(leaves, upstream).get(name)
    return gradient is not None and bool(np.any(gradient))


def _of_activation(z: Array, slope: Array, eps: float) -> str:
    for known, entry in activations.activations.items():
        if not entry.elementwise:
            continue
        with np.errstate(all="ignore"):
            right = np.asarray(entry.backward(np.ones(z.shape), z, entry.forward(z)), "float64")
        if not np.all(np.isfinite(right)) or not np.any(right):
            continue
        factor = float((slope * right).sum() / (right * right).sum())
        if factor and _same(slope, factor * right, eps):
            return _times(factor, known)
    return ""


def _linear(code: Declared, name: str) -> bool:
    """Return whether the gradient is linear in the upstream one: clipping it is not."""
    leaves = code.draws(1)
    one, other = code.upstream(leaves, 2), code.upstream(leaves, 3)
    both = [a + 2 * b for a, b in zip(one, other, strict=True)]
    found = [code.gradients(leaves, u).get(name) for u in (one, other, both)]
    if any(g is None for g in found):
        return all(g is None for g in found)
    a, b, c = (np.asarray(g, "float64") for g in found)
    size = np.max(np.abs(a), initial=0.0) + 2 * np.max(np.abs(b), initial=0.0)
    return bool(np.all(np.abs(a + 2 * b - c) <= code.eps ** (1 / 2) * size))


def hints(code: Declared, judged: declared.Judged, said: Verdict, inputs: Sequence[str]) -> list[str]:
    """Return notes on wrong derivatives by inputs: what they are instead, and how to say that it is meant."""
    wrong = [name for name in judged.wrong if name in inputs]
    if not wrong:
        return []
    found = {name: described(code, name, judged.found[name]) for name in wrong} if not said.pattern else {}
    return [*(f"the derivative by {name} is {what}" for name, what in found.items() if what), HINT]

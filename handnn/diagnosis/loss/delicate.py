"""A loss that is right at ordinary predictions, at delicate ones: kinks, clips, overflow, lost digits."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.variable import Array
from .. import stable_forms as stable
from ..called import called
from ..high_precision import extended
from ..reference import Expected
from ..variants import Factor
from ..verdict import Verdict
from . import data as loss_data
from .data import Draw, Reading
from .forms import name

ROUNDINGS = 8
"""Errors of so many roundings of numbers of ordinary size are lost digits."""
Case = tuple[Draw, Array, Expected, Array]
"""Where it was called, what came, what is right, and which elements are off."""


def judged(
    found: Verdict,
    whole: Callable[[Any, Any], Any],
    reading: Reading,
    factor: Factor,
    dtype: str,
    form: Any,
    gradient: bool = False,
) -> Verdict:
    """Return the finding with what is found at delicate places: a convention, or that it is unstable or wrong there.

    Args:
        whole: the user's function of any numbers, y_true and y_pred; a value summed.
    """
    loss, words = reading.loss, []
    lost: list[Case] = []
    worse: list[Case] = []
    right = loss_data.slopes if gradient else loss_data.total
    for at in loss_data.delicate(reading, dtype):
        known, own = right(loss, at, dtype), called(whole, y_true=at.given, y_pred=at.p).values
        if own is None:
            continue
        by = factor.of(1, at.outputs)
        known = Expected(by * known.value, abs(by) * known.allowed)
        off = known.off(own)
        if form is not None and off.any():
            with np.errstate(all="ignore"):
                other = np.asarray(form.of(loss, at))
            off &= Expected(by * (other if gradient else other.sum()), known.allowed).off(own)
        if not off.any():
            continue
        if not np.isfinite(own[off]).all():
            lost.append((at, own, known, off))
        elif loss.predictions == "probability" and not loss.from_logits and np.any((at.p < 1e-7) | (at.p > 1 - 1e-7)):
            words.append("outside [1e-7, 1 - 1e-7], where Keras clips y_pred, it goes on")
        elif gradient and _at_kink(loss, at, own / by, off):
            words.append(f"at {_place(at)} the gradient is another than TensorFlow's, but between both sides")
        else:
            better = extended(whole, at.given, at.p, dtype=dtype)
            exact = right(loss, at, "float64")
            exact = Expected(by * exact.value, abs(by) * exact.allowed)
            shaped = better is not None and better.values.shape == own.shape
            fits = better is not None and shaped and bool(better.near(exact.value, exact.allowed, at.p).all())
            slack = ROUNDINGS * np.finfo(dtype).eps * max(1.0, float(np.max(np.abs(at.p), initial=0.0)))
            fits = fits or bool(np.all(np.abs(own - known.value)[off] <= slack))  # constants such as log(2) are rounded
            (lost if fits else worse).append((at, own, known, off))
    found.convention += list(dict.fromkeys(words))
    if words and found.verdict == "match":
        found.verdict = "other convention"
    if worse:
        found.verdict, found.summary = "wrong", "right at ordinary predictions, wrong at special ones"
        found.example = _firsts(worse)
    elif lost:
        found.verdict = "unstable"
        found.summary = f"right, but {dtype} loses it: {stable.told(_lost(lost), dtype)}"
        found.example = _firsts(lost)
        key = name(loss) + (" from logits" if loss.from_logits else "")
        found.right_line = (stable.SLOPES.get(key) if gradient else None) or stable.LOSSES.get(key, "")
    return found


def _at_kink(loss: Any, at: Draw, own: Array, off: Array) -> bool:
    """Return whether the slopes left and right of these predictions differ, and `own` lies between them."""
    h = 1e-6 * np.maximum(np.abs(at.p.astype("float64")), 1)
    for i in map(tuple, np.argwhere(off)):
        step = np.zeros(at.p.shape)
        step[i] = h[i]
        wide = at._replace(p=at.p.astype("float64"))
        left, right = (float(loss.derivatives(wide.y, wide.p + s)[i]) for s in (-step, step))
        if abs(left - right) <= 1e-3 * max(abs(left), abs(right)):
            return False
        if not min(left, right) - 1e-5 <= own[i] <= max(left, right) + 1e-5:
            return False
    return True


def _lost(cases: list[Case]) -> list[stable.Lost]:
    return [
        (float(own[i]), float(known.value[i]), _place(at))
        for at, own, known, off in cases
        for i in map(tuple, np.argwhere(off))
    ]


def _firsts(cases: list[Case]) -> list[str]:
    """Return the first number that is off of the first few cases."""
    return stable.examples([_lost([case])[0] for case in cases])


def _place(at: Draw) -> str:
    rows = [np.array2string(np.asarray(a)[0], precision=6, separator=", ") for a in (at.given, at.p)]
    return f"y_true = {rows[0]}, y_pred = {rows[1]}"

"""`check_loss`: somebody's loss and its gradient, judged and, where they are wrong, explained."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ... import losses
from ...config import check_dtype
from ...core.variable import Array
from ...losses import Loss
from ..called import Called, called
from ..reference import Expected
from ..user.readings.elementwise import loss_orders
from ..variants import FACTORS, Factor, as_far_as_float32
from ..verdict import Verdict, first_of, found_right, together
from . import data as loss_data
from . import delicate as loss_delicate
from . import search as loss_search
from .data import SIZES, Draw, Reading
from .forms import factors, slope_forms, value_forms

NAMES = {"y": "y_true", "p": "y_pred"}


def check_loss(
    value: Any = None,
    gradient: Any = None,
    reference: Any = None,
    *,
    dtype: str = "float64",
    name: str = "",
    without: tuple[str, ...] = (),
    **options: Any,
) -> Verdict:
    """Judge a loss' plain NumPy functions of (y_true, y_pred), in either order.

    Args:
        value: the loss: one number, one for each sample, or one for each element. None: only the gradient is checked.
        gradient: its derivative by y_pred. None: only the value is checked.
        reference: a name of Keras ('huber'), a handnn loss or a Keras loss or function.
        dtype: of what the functions are given.
        name: what to call it. without: names of mistakes to leave out of the bank.
        options: arguments of the reference: from_logits=True, delta=2.0.
    """
    if reference is None and gradient is not None and (not callable(gradient) or isinstance(gradient, Loss | type)):
        gradient, reference = None, gradient  # check_loss(f, "huber")
    if value is None and gradient is None:
        raise TypeError("value or gradient must be a function; received neither")
    if reference is None:
        raise TypeError("check_loss needs a reference such as 'huber'")
    for argument, given in (("value", value), ("gradient", gradient)):
        if given is not None and not callable(given):
            raise TypeError(f"{argument} must be a function of (y_true, y_pred); received {type(given).__name__}")
    loss = resolve(reference, options)
    subject = name or getattr(value if value is not None else gradient, "__name__", "loss")
    checker = _Checker(value, gradient, loss, check_dtype(dtype), without)
    with np.errstate(all="ignore"):
        findings = checker.findings()
    against = f" ({loss.name})" if loss.name != subject else ""
    both = value is not None and gradient is not None
    said = f"{'value and gradient agree' if both else 'it agrees'} to rounding"
    verdict = together(f"{subject}{against}", findings, said, checker.notes)
    again = {"name": name, "without": without, **options}
    return as_far_as_float32(
        verdict, dtype, lambda single: check_loss(value, gradient, reference, dtype=single, **again)
    )


def resolve(reference: Any, options: dict[str, Any]) -> Any:
    """Return the loss meant by a name, a class, a Keras loss or function, or an instance, with these arguments."""
    if isinstance(reference, Loss) and not options:
        return reference
    if isinstance(reference, Loss):
        return type(reference)(**(reference.get_config() | options))
    if isinstance(reference, type) and issubclass(reference, Loss):
        return reference(dtype="float64", **options)
    if not isinstance(reference, str) and hasattr(reference, "get_config"):  # an instance of Keras' class
        options = {k: v for k, v in reference.get_config().items() if k not in ("name", "reduction", "fn")} | options
        reference = type(reference).__name__
    found = losses.losses[reference if isinstance(reference, str) else reference.__name__]
    return found(dtype="float64", **options)


class Attempt(NamedTuple):
    """One of the functions called in one reading and order on the draws, up to the first on which it fails."""

    reading: Reading
    order: tuple[str, ...]
    draws: list[Draw]
    calls: list[Called]

    @property
    def results(self) -> list[Array]:
        return [made.values for made in self.calls if made.values is not None]


class _Checker:
    """Judges value and gradient one after the other; the reading in which the value is right holds for the gradient."""

    def __init__(self, value: Any, gradient: Any, loss: Any, dtype: str, without: Any) -> None:
        self.functions = {"value": value, "gradient": gradient}
        self.loss, self.dtype, self.without = loss, dtype, without
        self.notes: list[str] = []
        self.reading: Reading | None = None
        self.order: tuple[str, ...] = ()
        self.factor: Factor | None = None
        self.each = False
        """Whether the value is one for each sample, so that the gradient may be each sample's own."""

    def findings(self) -> list[Verdict]:
        found: list[Verdict] = []
        for part, function in self.functions.items():
            if function is not None and not any(finding.verdict == "broken" for finding in found):
                found.append(self._judge(part))
        return found

    def _attempts(self, function: Callable[..., Any]) -> list[Attempt]:
        """Call a function in every reading and order that is left, the usual first."""
        kept = [self.reading] if self.reading is not None else list(loss_data.readings(self.loss))
        left = loss_orders(function, self.order)
        if self.order and len(left) > 1:
            left = [self.order] if self.order in left else left
        return [self._attempt(function, reading, order) for reading in kept for order in left]

    def _attempt(self, function: Callable[..., Any], reading: Reading, order: tuple[str, ...]) -> Attempt:
        draws = [loss_data.draw(reading, self.dtype, size) for size in SIZES]
        calls: list[Called] = []
        for at in draws:
            given = {"y": at.given, "p": at.p}
            calls.append(called(function, **{NAMES[role]: given[role] for role in order}))
            if calls[-1].complaint:
                break
        return Attempt(reading, order, draws, calls)

    def _judge(self, part: str) -> Verdict:
        attempts = self._attempts(self.functions[part])
        good = [attempt for attempt in attempts if not attempt.calls[-1].complaint]
        broken = self._broken(part, good[0]) if good else attempts[0].calls[-1].complaint
        if not broken and part == "gradient":
            shapes = f"{good[0].results[0].shape} for y_pred of shape {good[0].draws[0].p.shape}"
            good = [a for a in good if all(m.shape == at.p.shape for m, at in zip(a.results, a.draws, strict=True))]
            broken = "" if good else f"it returns shape {shapes}; expected the shape of y_pred"
        if broken:
            return Verdict(part, "broken", broken)
        for attempt in good:
            loss = attempt.reading.loss
            for form in (None, *(value_forms if part == "value" else slope_forms)(loss)):
                for factor, words in self._factors(part, loss):
                    if self._fits(part, attempt, factor, form):
                        return self._right(part, attempt, factor, form, words)
        return self._wrong(part, good)

    def _broken(self, part: str, good: Attempt) -> str:
        made = good.calls[-1]
        if made.changed:
            return f"it changes its argument {' and '.join(made.changed)} in place"
        self.notes += made.notes
        again = self._attempt(self.functions[part], good.reading, good.order)
        same = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(good.results, again.results, strict=False))
        return "" if same else "two calls with the same arguments differ: it keeps state between calls"

    def _factors(self, part: str, loss: Any) -> list[tuple[Factor, str]]:
        """Return what the value, or the gradient of the mean, may be multiplied by: for a gradient what the value is.

        The gradient of values of each sample may be each sample's own, N times that of the mean.
        """
        if self.factor is None or part == "value":
            return [(factor, factor.words) for factor in factors(loss)]
        own = self.factor
        return [(own, ""), *([(Factor(lambda n, k: n * own.of(n, k), ""), "")] if self.each else [])]

    def _fits(self, part: str, attempt: Attempt, factor: Factor, form: Any) -> bool:
        for at, mine in zip(attempt.draws, attempt.results, strict=True):
            known = self._known(part, attempt.reading.loss, at, mine, form)
            by = factor.of(at.samples, at.outputs)
            own = _folded(mine, at) if part == "value" else mine
            if known is None or not (np.abs(own - by * known.value) <= abs(by) * known.allowed).all():
                return False
        return True

    def _known(self, part: str, loss: Any, at: Draw, mine: Array, form: Any = None) -> Expected | None:
        """Return what a result should be in the shape it came in; None for a shape that is none."""
        if part == "value" and not _kind(mine, at):
            return None
        known = (loss_data.values if part == "value" else loss_data.slopes)(loss, at, self.dtype)
        value = known.value if form is None else form.of(loss, at)
        if part == "gradient":
            return Expected(value / at.samples, known.allowed / at.samples)
        if _kind(mine, at) == "scalar":
            return Expected(np.asarray(value.sum() / at.samples), loss_data.total(loss, at, self.dtype).allowed)
        return Expected(value, known.allowed)

    def _right(self, part: str, attempt: Attempt, factor: Factor, form: Any, words: str) -> Verdict:
        first = part == "value" or self.functions["value"] is None
        said = [words, attempt.reading.words if first else "", form.words if form is not None else ""]
        if part == "value":
            kind = _kind(attempt.results[0], attempt.draws[0])
            self.factor, self.each = factor, kind != "scalar"
            said[0] = "" if kind == "element" and words == OVER_K else words
            if self.each:
                self.notes.append(f"one value for each {kind}, not their mean (reduction='none')")
        if attempt.order == ("p", "y") and (first or self.order != attempt.order):
            said.append("the arguments are (y_pred, y_true)")
        self.reading, self.order = attempt.reading, attempt.order
        said = [word for word in said if word]
        found = found_right(part, "", said)
        function = self.functions[part]

        def whole(y: Any, p: Any) -> Any:
            result = np.asarray(function(*[{"y": y, "p": p}[role] for role in attempt.order]))
            return result.sum() if part == "value" else result

        return loss_delicate.judged(
            found, whole, attempt.reading, factor, self.dtype, form, gradient=part == "gradient"
        )

    def _wrong(self, part: str, attempts: list[Attempt]) -> Verdict:
        choices = list(FACTORS[:2])
        if part == "gradient" and self.factor is not None:
            choices = [factor for factor, _ in self._factors(part, self.loss)][::-1]
        for attempt in attempts:
            for factor in choices:
                if part == "value":
                    shaped = functools.partial(self._known, part)
                    hits = loss_search.values(attempt, factor, shaped, self.dtype, self.without)
                else:
                    hits = loss_search.slopes(attempt, factor, self.dtype, self.without)
                if hits:
                    self.reading, self.order = attempt.reading, attempt.order
                    return first_of(part, hits, self._example(part, attempt, factor))
        first, factor = attempts[0], choices[0]
        at, mine = first.draws[0], first.results[0]
        if part == "value":
            self.order, factor = first.order, FACTORS[0]
            if not _kind(mine, at):
                expected = f"expected one number, ({at.samples},) or {at.p.shape}"
                return Verdict(part, "broken", f"it returns shape {mine.shape} for y_pred of {at.p.shape}; {expected}")
        if not all(np.isfinite(result).all() for result in first.results):
            return Verdict(part, "broken", "it returns NaN or infinity for ordinary y_true and y_pred")
        known, by = self._known(part, first.reading.loss, at, mine), factor.of(at.samples, at.outputs)
        assert known is not None
        own = _folded(mine, at) if part == "value" else mine
        pattern = loss_search.pattern(own, Expected(by * known.value, abs(by) * known.allowed), at)
        said = "wrong, in a way that no known mistake reproduces"
        return Verdict(part, "wrong", said, pattern=pattern, example=self._example(part, first, factor))

    def _example(self, part: str, attempt: Attempt, factor: Factor) -> list[str]:
        at, mine = attempt.draws[0], attempt.results[0]
        known = self._known(part, attempt.reading.loss, at, mine)
        assert known is not None
        if part == "value":
            here, there = _folded(mine, at).flat[0], np.asarray(known.value).flat[0]
            return [f"{float(here):.8g} here, {float(there):.8g} expected"]
        right = known.value * factor.of(at.samples, at.outputs)
        i = np.unravel_index(int(np.abs(mine - right).argmax()), right.shape)
        y = at.given[i] if at.given.shape == at.p.shape else at.given[i[0]]
        where = f"y_true = {y:.5g}, y_pred = {at.p[i]:.5g} (N = {at.samples}, K = {at.outputs}):"
        return [where, f"  {mine[i]:.8g} here, {right[i]:.8g} expected"]


OVER_K = FACTORS[4].words


def _kind(mine: Array, at: Draw) -> str:
    """Return what a value of this shape is: 'scalar', one for each 'sample' or one for each 'element'."""
    if mine.size == 1:
        return "scalar"
    if mine.shape in ((at.samples,), (at.samples, 1)):
        return "sample"
    return "element" if mine.shape == at.p.shape else ""


def _folded(mine: Array, at: Draw) -> Array:
    """Return a value as one number or one for each sample; those of the elements are added up."""
    kind = _kind(mine, at)
    return mine.reshape(()) if kind == "scalar" else mine.reshape(-1) if kind == "sample" else mine.sum(axis=-1)

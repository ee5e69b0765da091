"""`check_loss`: somebody's loss and its gradient, judged and, where they are wrong, explained."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ... import losses
from ...config import check_dtype
from ...core.variable import Array
from ...losses import Loss
from ..activation.calls import numbers
from ..call import arguments as roles
from ..call.call import Call, call
from ..reference import Expected
from ..variants import FACTORS, Factor, as_far_as_float32
from ..verdict import Verdict, first_of, together
from . import data as loss_data
from . import delicate as loss_delicate
from . import search as loss_search
from .data import SIZES, Draw, Reading
from .forms import factors, slope_forms, value_forms

ORDERS = (("true", "pred"), ("pred", "true"))
NAMES = {"true": "y_true", "pred": "y_pred"}


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
    """One of the functions called in one reading and order on every draw, or why it could not be."""

    reading: Reading
    order: tuple[str, ...]
    draws: list[Draw]
    results: list[Array]
    complaint: str
    call: Call


class _Checker:
    """Judges value and gradient one after the other; the reading in which the value is right holds for the gradient."""

    def __init__(self, value: Any, gradient: Any, loss: Any, dtype: str, without: Any) -> None:
        self.value, self.gradient, self.loss, self.dtype, self.without = value, gradient, loss, dtype, without
        self.notes: list[str] = []
        self.reading: Reading | None = None
        self.order: tuple[str, ...] = ()
        self.factor: Factor | None = None
        self.each = False
        """Whether the value is one for each sample, so that the gradient may be each sample's own."""

    def findings(self) -> list[Verdict]:
        found = []
        if self.value is not None:
            found.append(self._judge_value())
            if found[0].verdict == "broken":
                return found
        if self.gradient is not None:
            found.append(self._judge_gradient())
        return found

    def _attempts(self, function: Callable[..., Any]) -> list[Attempt]:
        """Call a function in every reading and order that is left, the usual first."""
        kept = [self.reading] if self.reading is not None else list(loss_data.readings(self.loss))
        orders = roles.orders(function, roles.LOSS, ORDERS)
        left = [order.roles for order in orders]
        if self.order and not orders[0].sure:
            left = [self.order] if self.order in left else left
        return [self._attempt(function, reading, order) for reading in kept for order in left]

    def _attempt(self, function: Callable[..., Any], reading: Reading, order: tuple[str, ...]) -> Attempt:
        draws = [loss_data.draw(reading, self.dtype, size) for size in SIZES]
        results: list[Array] = []
        for at in draws:
            given = {"true": at.given.copy(), "pred": at.p.copy()}
            made = call(function, *[given[role] for role in order], names=tuple(NAMES[role] for role in order))
            result = numbers(made)
            if result.values is None:
                return Attempt(reading, order, draws, [], result.complaint, made)
            results.append(result.values)
        return Attempt(reading, order, draws, results, "", made)

    def _broken(self, part: str, attempts: list[Attempt]) -> Verdict | None:
        if all(attempt.complaint for attempt in attempts):
            return Verdict(part, "broken", attempts[0].complaint)
        good = next(attempt for attempt in attempts if not attempt.complaint)
        if good.call.changed:
            return Verdict(part, "broken", f"it changes its argument {' and '.join(good.call.changed)} in place")
        if good.call.printed:
            self.notes.append(f"it prints: {' '.join(good.call.printed.split())[:60]}")
        again = self._attempt(self.value if part == "value" else self.gradient, good.reading, good.order)
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(good.results, again.results, strict=False)):
            return Verdict(part, "broken", "two calls with the same arguments differ: it keeps state between calls")
        return None

    # ---- the value ------------------------------------------------------------------------------------------------

    def _judge_value(self) -> Verdict:
        attempts = self._attempts(self.value)
        broken = self._broken("value", attempts)
        if broken is not None:
            return broken
        attempts = [a for a in attempts if not a.complaint]
        for attempt in attempts:
            for form in (None, *value_forms(attempt.reading.loss)):
                for factor in factors(attempt.reading.loss):
                    if self._value_fits(attempt, factor, form):
                        return self._value_right(attempt, factor, form)
        return self._value_wrong(attempts)

    def _value_fits(self, attempt: Attempt, factor: Factor, form: Any) -> bool:
        for at, mine in zip(attempt.draws, attempt.results, strict=True):
            known = self._value(attempt.reading.loss, at, mine, form)
            by = factor.of(at.samples, at.outputs)
            if known is None or not (np.abs(_folded(mine, at) - by * known.value) <= abs(by) * known.allowed).all():
                return False
        return True

    def _value(self, loss: Any, at: Draw, mine: Array, form: Any = None) -> Expected | None:
        """Return what the value should be in the shape it came in; None for a shape that is none."""
        kind = _kind(mine, at)
        if not kind:
            return None
        known = loss_data.values(loss, at, self.dtype)
        if form is not None:
            known = Expected(form.of(loss, at), known.allowed)
        if kind == "scalar":
            spread = loss_data.total(loss, at, self.dtype).allowed
            return Expected(np.asarray(known.value.sum() / at.samples), spread)
        return known

    def _value_right(self, attempt: Attempt, factor: Factor, form: Any) -> Verdict:
        self.reading, self.order, self.factor = attempt.reading, attempt.order, factor
        kind = _kind(attempt.results[0], attempt.draws[0])
        self.each = kind != "scalar"
        words = [factor.words, attempt.reading.words, form.words if form is not None else ""]
        if kind == "element" and factor.words == OVER_K:
            words[0] = ""
        if attempt.order == ORDERS[1]:
            words.append("the arguments are (y_pred, y_true)")
        if self.each:
            self.notes.append(f"one value for each {kind}, not their mean (reduction='none')")
        words = [word for word in words if word]
        found = Verdict("value", "other convention" if words else "match", convention=words)
        mine = lambda at: self._one(self.value, at)  # noqa: E731
        return loss_delicate.judged(found, mine, self._call_value, attempt.reading, factor, self.dtype, form)

    def _one(self, function: Callable[..., Any], at: Draw) -> Array | None:
        given = {"true": at.given.copy(), "pred": at.p.copy()}
        return numbers(call(function, *[given[role] for role in self.order])).values

    def _call_value(self, y: Any, p: Any) -> Any:
        return np.asarray(self.value(*[{"true": y, "pred": p}[role] for role in self.order])).sum()

    def _value_wrong(self, attempts: list[Attempt]) -> Verdict:
        for attempt in attempts:
            for factor in FACTORS[:2]:
                hits = loss_search.values(attempt, factor, self._value, self.dtype, self.without)
                if hits:
                    self.reading, self.order = attempt.reading, attempt.order
                    return first_of("value", hits, self._example(attempt))
        first = attempts[0]
        self.order = first.order
        if not _kind(first.results[0], first.draws[0]):
            at, shape = first.draws[0], first.results[0].shape
            expected = f"expected one number, ({at.samples},) or {at.p.shape}"
            return Verdict("value", "broken", f"it returns shape {shape} for y_pred of {at.p.shape}; {expected}")
        if not all(np.isfinite(result).all() for result in first.results):
            return Verdict("value", "broken", "it returns NaN or infinity for ordinary y_true and y_pred")
        at, mine = first.draws[0], first.results[0]
        pattern = loss_search.pattern(_folded(mine, at), self._value(self.loss, at, mine), at)
        said = "wrong, in a way that no known mistake reproduces"
        return Verdict("value", "wrong", said, pattern=pattern, example=self._example(first))

    def _example(self, attempt: Attempt) -> list[str]:
        at, mine = attempt.draws[0], attempt.results[0]
        known = self._value(attempt.reading.loss, at, mine)
        assert known is not None
        return [f"{float(_folded(mine, at).flat[0]):.8g} here, {float(np.asarray(known.value).flat[0]):.8g} expected"]

    # ---- the gradient ---------------------------------------------------------------------------------------------

    def _judge_gradient(self) -> Verdict:
        attempts = self._attempts(self.gradient)
        broken = self._broken("gradient", attempts)
        if broken is not None:
            return broken
        attempts = [a for a in attempts if not a.complaint]
        shaped = [a for a in attempts if all(m.shape == at.p.shape for m, at in zip(a.results, a.draws, strict=True))]
        if not shaped:
            shapes = f"{attempts[0].results[0].shape} for y_pred of shape {attempts[0].draws[0].p.shape}"
            return Verdict("gradient", "broken", f"it returns shape {shapes}; expected the shape of y_pred")
        for attempt in shaped:
            for form in (None, *slope_forms(attempt.reading.loss)):
                for factor, words in self._gradient_factors(attempt.reading.loss):
                    if self._gradient_fits(attempt, factor, form):
                        return self._gradient_right(attempt, factor, form, words)
        return self._gradient_wrong(shaped)

    def _gradient_factors(self, loss: Any) -> list[tuple[Factor, str]]:
        """Return what the gradient of the mean may be multiplied by: what the value is, where that is known."""
        if self.factor is None:
            return [(factor, factor.words) for factor in factors(loss)]
        own, found = self.factor, [(self.factor, "")]
        if self.each:
            found.append((Factor(lambda n, k: n * own.of(n, k), ""), ""))
        return found

    def _gradient_fits(self, attempt: Attempt, factor: Factor, form: Any) -> bool:
        for at, mine in zip(attempt.draws, attempt.results, strict=True):
            known = self._slopes(attempt.reading.loss, at, form)
            by = factor.of(at.samples, at.outputs) / at.samples
            if not (np.abs(mine - by * known.value) <= abs(by) * known.allowed).all():
                return False
        return True

    def _slopes(self, loss: Any, at: Draw, form: Any = None) -> Expected:
        known = loss_data.slopes(loss, at, self.dtype)
        return known if form is None else Expected(form.of(loss, at), known.allowed)

    def _gradient_right(self, attempt: Attempt, factor: Factor, form: Any, words: str) -> Verdict:
        said = [words, form.words if form is not None else ""]
        if self.value is None:
            said.append(attempt.reading.words)
        if attempt.order == ORDERS[1] and self.order != attempt.order:
            said.append("the arguments are (y_pred, y_true)")
        self.reading, self.order = attempt.reading, attempt.order
        said = [word for word in said if word]
        found = Verdict("gradient", "other convention" if said else "match", convention=said)
        mine = lambda at: self._one(self.gradient, at)  # noqa: E731
        whole = lambda y, p: self.gradient(*[{"true": y, "pred": p}[role] for role in attempt.order])  # noqa: E731
        return loss_delicate.judged(found, mine, whole, attempt.reading, factor, self.dtype, form, gradient=True)

    def _gradient_wrong(self, attempts: list[Attempt]) -> Verdict:
        choices = [self.factor] if self.factor is not None else list(FACTORS[:2])
        if self.each and self.factor is not None:
            own = self.factor
            choices = [Factor(lambda n, k: n * own.of(n, k), ""), own]
        for attempt in attempts:
            for factor in choices:
                hits = loss_search.slopes(attempt, factor, self.dtype, self.without)
                if hits:
                    return first_of("gradient", hits, self._gradient_example(attempt, factor))
        first, factor = attempts[0], choices[0]
        if not all(np.isfinite(result).all() for result in first.results):
            return Verdict("gradient", "broken", "it returns NaN or infinity for ordinary y_true and y_pred")
        at = first.draws[0]
        by = factor.of(at.samples, at.outputs) / at.samples
        known = self._slopes(first.reading.loss, at)
        pattern = loss_search.pattern(first.results[0], Expected(by * known.value, abs(by) * known.allowed), at)
        said = "wrong, in a way that no known mistake reproduces"
        return Verdict("gradient", "wrong", said, pattern=pattern, example=self._gradient_example(first, factor))

    def _gradient_example(self, attempt: Attempt, factor: Factor) -> list[str]:
        at, mine = attempt.draws[0], attempt.results[0]
        right = self._slopes(attempt.reading.loss, at).value * factor.of(at.samples, at.outputs) / at.samples
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

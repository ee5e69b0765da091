"""`check_optimizer`: somebody's optimizer, held against handnn's step by step and, where it differs, explained."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import optimizers
from ...core.variable import Array
from ...optimizers import Optimizer
from ...rounding import allowance
from ...rounding.bounded import Bounded
from ..bank import Mistake, optimizer_mistakes, optimizer_variants
from ..bank.rules import STRUCTURAL, StepContext, rules
from ..network.expected import SAFETY
from ..verdict import Verdict
from .adapters import forms, keras_name
from .adapters import taken as hyperparameters_of
from .trajectories import SHAPES, SIZES, Taken, bounded_path, close, course, equal, fits, replay, run, same

NAMES = ("first", "second", "third", "fourth")

HABITS: dict[str, tuple[float, ...]] = {
    "learning_rate": (1e-3, 1e-2, 0.1, 2e-3),
    "epsilon": (1e-8, 1e-7, 1e-6, 1e-5, 1e-10, 1e-4, 1e-3),
    "rho": (0.9, 0.95, 0.99),
    "beta_1": (0.9,),
    "beta_2": (0.999, 0.99),
    "momentum": (0.9,),
}
"""Values that people write into their formulas."""


def check_optimizer(
    step: Any,
    reference: Any = None,
    *,
    dtype: str = "float64",
    name: str = "",
    without: tuple[str, ...] = (),
    **hyperparameters: Any,
) -> Verdict:
    """Judge an optimizer's step.

    Args:
        step: f(x, gradient, state) -> x or (x, state), with each parameter or with lists or dicts of all, or with slots
            and step count as arguments, f(x, gradient, m, v, t) -> (x, m, v); or a class or an object with a method
            step, update, ... (parameters, gradients) that changes arrays in place or returns new ones.
        reference: a name of Keras', or a handnn or Keras optimizer; by default the step's own name says it.
        dtype: of parameters and gradients. name: what to call it. without: names of mistakes to leave out of the bank.
        hyperparameters: by Keras' names; the step gets those that it takes, the reference all.
    """
    subject = name or getattr(step, "__name__", type(step).__name__)
    own = _reference(reference, subject, step, hyperparameters)
    return _Checker(step, own, dtype, without).verdict(f"{subject} ({type(own).__name__})")


def _reference(reference: Any, subject: str, step: Any, given: dict[str, Any]) -> Optimizer:
    if reference is None:
        reference = subject.lower().removesuffix("_step").removesuffix("_update").removesuffix("optimizer").strip("_")
        if reference not in optimizers.optimizers:
            raise ValueError(f"reference must say which optimizer {subject} is meant to be, such as 'adam'")
    if type(reference).__module__.startswith("keras."):
        reference = {"class_name": type(reference).__name__, "config": reference.get_config()}
    own = optimizers.get(reference)
    config = own.get_config()
    wanted = {keras_name(key, config) or key: value for key, value in given.items()}
    for key in wanted:
        if key not in config:
            raise TypeError(f"{type(own).__name__} has no hyperparameter {key!r}; it has {', '.join(config)}")
    if not isinstance(step, type) and not callable(getattr(step, "__code__", None)):
        attributes = {keras_name(key, config): value for key, value in getattr(step, "__dict__", {}).items()}
        said = {k: v for k, v in attributes.items() if k is not None and isinstance(v, int | float)}
        wanted = said | wanted
    made: Optimizer = type(own).from_config(config | wanted)
    rate = config["learning_rate"]
    if isinstance(rate, float):  # rounded to float32; what was meant is the shortest number that rounds to it
        config["learning_rate"] = float(str(np.float32(rate)))
    made.exact = config | wanted  # type: ignore[attr-defined]
    return made


class _Checker:
    def __init__(self, step: Any, reference: Optimizer, dtype: str, without: tuple[str, ...] = ()) -> None:
        self.step, self.reference, self.dtype, self.without = step, reference, dtype, without
        self.h: dict[str, Any] = reference.exact  # type: ignore[attr-defined]
        self.rule = type(reference).__name__.lower()
        self.given = {keras_name(name, self.h) for name in hyperparameters_of(step, self.h)}

    def verdict(self, subject: str) -> Verdict:  # noqa: PLR0911 (one return for each way it may end)
        taken = self.best()
        if taken.complaint or taken.form.apart:
            shared = self.shared()
            if shared is not None:
                return self.named(subject, *shared)
        if taken.complaint:
            return Verdict(subject, "broken", taken.complaint, notes=_notes(taken))
        again = run(taken.form, taken.course)
        if again.complaint or not equal(taken.path, again.path):
            text = "it gives other numbers when it is started anew: it keeps state outside of what it is given"
            return Verdict(subject, "broken", text, notes=_notes(taken))
        words = [taken.form.words] if taken.form.words else []
        for rounded in (False, True):
            if fits(taken.path, bounded_path(self.reference, taken.course, rounded)):
                if rounded:
                    words.append("hyperparameters are rounded to float32, as Keras does it in any dtype")
                kind = "other convention" if words else "match"
                return Verdict(
                    subject,
                    kind,
                    "right, in another convention" if words else SAID,
                    convention=words,
                    notes=_notes(taken),
                )
        found = self.explained(taken)
        if found:
            return self.named(subject, taken, found)
        first = next((t for t, xs in enumerate(taken.path) if not all(np.isfinite(x).all() for x in xs)), None)
        if first is not None:
            return Verdict(subject, "broken", f"it returns NaN or infinity in step {first + 1}", notes=_notes(taken))
        return self.unnamed(subject, taken)

    # ---- running it ---------------------------------------------------------------------------------------------

    def best(self) -> Taken:
        """Return the first form in which it can be stepped; one that is right, if several can."""
        complaint: Taken | None = None
        for shapes in SHAPES[:2]:
            possible: Taken | None = None
            for form in forms(self.step, self.h):
                if possible is not None and not form.words:
                    continue
                taken = run(form, course(shapes, self.dtype))
                complaint = complaint or taken
                if not taken.complaint:
                    if fits(taken.path, bounded_path(self.reference, taken.course, False)):
                        return taken
                    possible = possible or taken
            if possible is not None:
                return possible
        assert complaint is not None
        return complaint

    def shared(self) -> tuple[Taken, list["Explanation"]] | None:
        """Return the explanation of a step that only takes parameters of equal shapes: a shared slot, or nothing."""
        for form in forms(self.step, self.h):
            taken = run(form, course(SHAPES[2], self.dtype))
            if taken.complaint or form.apart:
                continue
            found = [e for e in self.explained(taken) if any(m.step == "slots" for m in e.plants)]
            if found:
                return taken, found
        return None

    # ---- explaining it ------------------------------------------------------------------------------------------

    def explained(self, taken: Taken) -> list["Explanation"]:
        """Return what reproduces the path: the fewest changes that do, all that cannot be told apart."""
        if self.rule not in rules or not _plain(self.h):
            return []
        at: Any = StepContext(self.rule, self.h, ())
        entries = [m for _, m in (*optimizer_variants.items(), *optimizer_mistakes.items()) if m.applies(at)]
        entries = [m for m in entries if m.name not in self.without]
        if not self.h.get("weight_decay"):
            entries = [m for m in entries if m.step != "decay"]
        singles = [Explanation((m,), {}) for m in entries]
        if not all(np.isfinite(x).all() for xs in taken.path for x in xs):  # any division by 0 looks like any other
            return [e for e in singles if self.reproduces(e, taken)]
        values = [Explanation((), {key: value}) for key, value in self.habits()]
        for group in (
            singles,
            values,
            [Explanation(e.plants, v.values) for e in singles for v in values],
            [Explanation(pair, {}) for pair in _pairs(entries)],
        ):
            found = [e for e in group if self.reproduces(e, taken)]
            if found:
                return found
        return []

    def habits(self) -> Iterator[tuple[str, float]]:
        """Yield other values of the hyperparameters that the step does not take."""
        for key, value in HABITS.items():
            if self.h.get(key) and key not in self.given:
                yield from ((key, other) for other in value if other != self.h[key])

    def reproduces(self, explanation: "Explanation", taken: Taken) -> bool:
        path = replay(self.rule, self.h | explanation.values, taken.course, explanation.plants)
        try:
            return all(same(mine, other) for mine, other in zip(taken.path, path, strict=True))
        except (ValueError, ZeroDivisionError, OverflowError):  # shapes that do not fit each other, t = 0
            return False

    # ---- telling it ---------------------------------------------------------------------------------------------

    def named(self, subject: str, taken: Taken, found: list["Explanation"]) -> Verdict:
        best = found[0]
        wrong = [m for m in best.plants if m.name not in optimizer_variants]
        published = [m for m in best.plants if m.name in optimizer_variants]
        words = [taken.form.words] if taken.form.words else []
        words += [m.because for m in published]
        words += [f"{key} is {value:g}, not {self.h[key]:g}" for key, value in best.values.items()]
        others = [e.names(self.h) for e in found[1:]]
        notes = _notes(taken)
        if not wrong:
            text = "right, in another convention"
            return Verdict(subject, "other convention", text, convention=words, alternatives=others, notes=notes)
        where, example, _ = self.first(taken)
        return Verdict(
            subject,
            "wrong",
            "; ".join(m.because for m in wrong),
            where=where,
            mistakes=[m.name for m in wrong],
            alternatives=others,
            wrong_line="; ".join(m.wrong_line for m in wrong),
            right_line="; ".join(m.right_line for m in wrong),
            convention=words,
            example=example,
            notes=notes,
        )

    def first(self, taken: Taken) -> tuple[str, list[str], str]:
        """Return where the path leaves the reference, an element with its numbers, and the pattern of the update."""
        expected = bounded_path(self.reference, taken.course, False)
        before, right_before = taken.course.start, taken.course.start
        for t, (xs, rights) in enumerate(zip(taken.path, expected, strict=True)):
            for i, (x, right) in enumerate(zip(xs, rights, strict=True)):
                if not close(x, right):
                    error = np.abs(np.where(np.isfinite(x), x, np.inf) - right.value)
                    index = np.unravel_index(int(np.argmax(error)), right.shape)
                    g = taken.course.gradients[t][i][index]
                    label = f"x[{', '.join(str(int(k)) for k in index)}]" if index else "x"
                    example = [
                        f"step {t + 1}, {label} of the {NAMES[i]} parameter, gradient {g:.5g}:",
                        f"  moved by {x[index] - before[i][index]:.8g} here,",
                        f"  by {right.value[index] - np.asarray(right_before[i])[index]:.8g} expected",
                    ]
                    pattern = _pattern(x - before[i], right.value - right_before[i], right)
                    return f"step {t + 1}, the {NAMES[i]} parameter, of shape {right.shape}", example, pattern
            before, right_before = xs, [right.value for right in rights]
        return "", [], ""

    def unnamed(self, subject: str, taken: Taken) -> Verdict:
        where, example, pattern = self.first(taken)
        text = "it leaves the reference in a way that no known mistake reproduces"
        return Verdict(subject, "wrong", text, where=where, pattern=pattern, example=example, notes=_notes(taken))


SAID = f"the parameters agree to rounding after each of {len(SIZES)} steps"


class Explanation(NamedTuple):
    """Entries of the bank, and other values of hyperparameters, that together may reproduce a path."""

    plants: tuple[Mistake, ...]
    values: dict[str, float]

    def names(self, h: dict[str, Any]) -> list[str]:
        return [m.name for m in self.plants] + [f"{key} = {value:g}" for key, value in self.values.items()]


def _pairs(entries: Sequence[Mistake]) -> Iterator[tuple[Mistake, ...]]:
    """Yield pairs with a mistake among them, in different lines; a published variant comes first."""
    for one, other in itertools.combinations(entries, 2):
        if one.step != other.step and one.step not in STRUCTURAL and other.step not in STRUCTURAL:
            yield one, other


def _plain(h: dict[str, Any]) -> bool:
    """Return whether the rule is all there is: a number for learning rate, no clipping, averages, accumulation."""
    extras = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "loss_scale_factor", "gradient_accumulation_steps")
    return isinstance(h["learning_rate"], int | float) and not any(h[key] for key in extras)


def _notes(taken: Taken) -> list[str]:
    notes = []
    if taken.call.printed:
        notes.append(f"it prints: {' '.join(taken.call.printed.split())[:60]}")
    if not taken.complaint and taken.course.shapes == SHAPES[1]:
        notes.append("it does not take a single number (an array of shape ())")
    return notes


def _pattern(mine: Array, right: Array, bound: Bounded) -> str:
    """Return what distinguishes an update from the right one, in words."""
    if not mine.any():
        return "the parameter does not move"
    allowed = SAFETY * allowance.of(
        bound.error + allowance.unit_roundoff(bound.dtype) * np.abs(bound.value), bound.dtype
    )
    size = float((right * right).sum())
    ratio = float((mine * right).sum()) / size if size else 0.0
    if ratio and (np.abs(mine - ratio * right) <= allowed * (1 + abs(ratio))).all():
        return f"the update is {ratio:.6g} times what it should be"
    off = np.abs(mine - right) > allowed
    share = f"{int(off.sum())} of {right.size} elements move otherwise"
    if (np.sign(mine) == np.sign(right)).all():
        moving = right != 0
        ratios = mine[moving] / right[moving]
        return f"{share}; all signs are right, the ratios run from {ratios.min():.3g} to {ratios.max():.3g}"
    return f"{share}; some have another sign"

"""`check_optimizer`: somebody's optimizer, held against handnn's step by step and, where it differs, explained."""

import inspect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import optimizers
from ...core.variable import Array
from ...optimizers import Optimizer
from ...rounding import allowance
from ..bank import Mistake, optimizer_mistakes, optimizer_variants
from ..bank.rules import STRUCTURAL, StepContext, rules
from ..patterns import ratios
from ..reference import SAFETY
from ..user.optimizers.forms import Form, forms
from ..user.optimizers.hyper import ALIASES, taken
from ..user.source.words import bare
from ..verdict import Verdict, found_right, named
from .trajectories import SHAPES, SIZES, Path, Taken, bounded_path, close, course, equal, fits, replay, run, same

NAMES = ("first", "second")
FROM_0 = "the step count is given and starts at 0"
HABITS: dict[str, tuple[float, ...]] = {
    "learning_rate": (1e-3, 1e-2, 0.1, 2e-3),
    "epsilon": (1e-8, 1e-7, 1e-6, 1e-5, 1e-10, 1e-4, 1e-3),
    "rho": (0.9, 0.95, 0.99),
    "beta_1": (0.9,),
    "beta_2": (0.999, 0.99),
    "momentum": (0.9,),
}
"""Values that people write into their formulas."""
TOGETHER = ("epsilon", "rho", "learning_rate")
"""What published defaults change together, and with it where epsilon is and how the slots start."""


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

    Raises:
        ValueError: no reference. TypeError: an unknown hyperparameter, or a step that cannot be called.
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
    wanted = {_keras_name(key, config) or key: value for key, value in given.items()}
    for key in wanted:
        if key not in config:
            raise TypeError(f"{type(own).__name__} has no hyperparameter {key!r}; it has {', '.join(config)}")
    if not isinstance(step, type) and not callable(getattr(step, "__code__", None)):
        attributes = {_keras_name(key, config): value for key, value in getattr(step, "__dict__", {}).items()}
        said = {k: v for k, v in attributes.items() if k is not None and isinstance(v, int | float)}
        wanted = said | wanted
    made: Optimizer = type(own).from_config(config | wanted)
    rate = config["learning_rate"]
    if isinstance(rate, float):  # rounded to float32; what was meant is the shortest number that rounds to it
        config["learning_rate"] = float(str(np.float32(rate)))
    made.exact = config | wanted  # type: ignore[attr-defined]
    return made


def _keras_name(name: str, known: Iterable[str]) -> str | None:
    """Return the hyperparameter that is meant by a name, if it is one."""
    return next((key for key in known if bare(name) in (bare(key), *ALIASES.get(key, ()))), None)


class Explanation(NamedTuple):
    """Entries of the bank, and other values of hyperparameters, that together may reproduce a path."""

    plants: tuple[Mistake, ...]
    values: dict[str, float]

    def names(self, h: dict[str, Any]) -> list[str]:
        return [m.name for m in self.plants] + [f"{key} = {value:g}" for key, value in self.values.items()]


class _Checker:
    def __init__(self, step: Any, reference: Optimizer, dtype: str, without: tuple[str, ...] = ()) -> None:
        self.step, self.reference, self.dtype, self.without = step, reference, dtype, without
        self.h: dict[str, Any] = reference.exact  # type: ignore[attr-defined]
        self.rule = type(reference).__name__.lower()
        takes = taken(step, self.h) if inspect.isroutine(step) or inspect.isclass(step) else {}
        self.given = {_keras_name(name, self.h) for name in takes}

    def verdict(self, subject: str) -> Verdict:  # noqa: PLR0911 (one return for each way it may end)
        made = self.best()
        apart = made.form.words.startswith("an object for each")
        found = self.explained(made) if apart and not made.complaint else []
        shared = self.shared() if made.complaint or (apart and not found) else None
        if shared is not None:
            return self.named(subject, *shared)
        if made.complaint:
            return Verdict(subject, "broken", made.complaint)
        again = run(made.form, made.course)
        if again.complaint or not equal(made.path, again.path):
            text = "it gives other numbers when it is started anew: it keeps state outside of what it is given"
            return Verdict(subject, "broken", text)
        words = [FROM_0] if made.form.words == FROM_0 else []
        for rounded in (False, True):
            if fits(made.path, bounded_path(self.reference, made.course, rounded)):
                words += ["hyperparameters are rounded to float32, as Keras does it in any dtype"] * rounded
                return found_right(subject, SAID, words, [])
        found = found or self.explained(made)
        if found:
            return self.named(subject, made, found)
        first = next((t for t, xs in enumerate(made.path) if not all(np.isfinite(x).all() for x in xs)), None)
        if first is not None:
            return Verdict(subject, "broken", f"it returns NaN or infinity in step {first + 1}")
        where, example, pattern = self.first(made)
        text = "it leaves the reference in a way that no known mistake reproduces"
        return Verdict(subject, "wrong", text, where=where, pattern=pattern, example=example)

    # ---- running it ---------------------------------------------------------------------------------------------

    def forms(self) -> Iterator[Form]:
        """Yield the ways to call the step; those in which t starts at 0 last."""
        known = list(forms(self.step, self.h, None))
        yield from known
        yield from (Form(lambda form=form: _from_0(form.start()), FROM_0) for form in known)  # type: ignore[misc]

    def best(self) -> Taken:
        """Return the first form in which it can be stepped; one that is right, if several can."""
        complaint: Taken | None = None
        for shapes in SHAPES:
            possible: Taken | None = None
            for form in self.forms():
                if possible is not None and form.words != FROM_0:
                    continue
                made = run(form, course(shapes, self.dtype))
                complaint = complaint or made
                if not made.complaint:
                    if fits(made.path, bounded_path(self.reference, made.course, False)):
                        return made
                    possible = possible or made
            if possible is not None:
                return possible
        assert complaint is not None
        return complaint

    def shared(self) -> tuple[Taken, list[Explanation]] | None:
        """Return the explanation of a step that only takes parameters of equal shapes: a shared slot, or nothing."""
        for form in forms(self.step, self.h, None):
            made = run(form, course(SHAPES[1], self.dtype))
            if made.complaint or form.words.startswith("an object for each"):
                continue
            found = [e for e in self.explained(made) if any(m.step == "slots" for m in e.plants)]
            if found:
                return made, found
        return None

    # ---- explaining it ------------------------------------------------------------------------------------------

    def explained(self, made: Taken) -> list[Explanation]:
        """Return what reproduces the path: the fewest changes that do, all that cannot be told apart."""
        if self.rule not in rules or not _plain(self.h):
            return []
        at: Any = StepContext(self.rule, self.h, ())
        variants, mistakes = (
            [m for _, m in bank.items() if m.applies(at) and m.name not in self.without and self._decays(m)]
            for bank in (optimizer_variants, optimizer_mistakes)
        )
        singles = [Explanation((m,), {}) for m in variants + mistakes]
        if not all(np.isfinite(x).all() for xs in made.path for x in xs):  # any division by 0 looks like any other
            return [e for e in singles if self.reproduces(e, made.path, made)]
        values = [Explanation((), {key: value}) for key in HABITS for value in self._habits(key)]
        groups = (
            singles,
            values,
            [Explanation(e.plants, v.values) for e in singles for v in values],
            self._published(variants, (), TOGETHER),
            [Explanation(pair, {}) for pair in _pairs(variants + mistakes)],
            [e for m in mistakes for e in self._published(variants, (m,), TOGETHER[:2]) if e.values],
        )
        for group in groups:
            found = [e for e in group if self.reproduces(e, made.path, made)]
            if found:
                return found
        return []

    def _decays(self, mistake: Mistake) -> bool:
        return mistake.step != "decay" or bool(self.h.get("weight_decay"))

    def _habits(self, key: str) -> tuple[float, ...]:
        """Return other values of a hyperparameter that the step does not take."""
        if not self.h.get(key) or key in self.given:
            return ()
        return tuple(value for value in HABITS[key] if value != self.h[key])

    def _published(
        self, variants: Sequence[Mistake], more: tuple[Mistake, ...], keys: tuple[str, ...]
    ) -> Iterator[Explanation]:
        """Yield variants, alone and two at once, with hyperparameters changed together."""
        chosen = [(), *((v,) for v in variants), *_pairs(variants)]
        for kept in chosen:
            if len({m.step for m in (*kept, *more)}) < len(kept) + len(more):
                continue
            options = [({}, *({key: value} for value in self._habits(key))) for key in keys]
            for some in itertools.product(*options):
                yield Explanation((*kept, *more), {key: value for each in some for key, value in each.items()})

    def reproduces(self, explanation: Explanation, path: Path, made: Taken) -> bool:
        replayed = replay(self.rule, self.h | explanation.values, made.course, explanation.plants)
        try:
            return all(same(mine, other) for mine, other in zip(path, replayed, strict=True))
        except (ValueError, ZeroDivisionError, OverflowError):  # shapes that do not fit each other, t = 0
            return False

    # ---- telling it ---------------------------------------------------------------------------------------------

    def named(self, subject: str, made: Taken, found: list[Explanation]) -> Verdict:
        best = found[0]
        wrong = [m for m in best.plants if m.name not in optimizer_variants]
        words = [FROM_0] if made.form.words == FROM_0 else []
        words += [m.because for m in best.plants if m.name in optimizer_variants]
        words += [f"{key} is {value:g}, not {self.h[key]:g}" for key, value in best.values.items()]
        others = [e.names(self.h) for e in found[1:]]
        if not wrong:
            verdict = Verdict(subject, "other convention", "right, in another convention")
        else:
            where, example, _ = self.first(made)
            verdict = named(subject, wrong, where=where, example=example)
        verdict.convention, verdict.alternatives = words, others
        return verdict

    def first(self, made: Taken) -> tuple[str, list[str], str]:
        """Return where the path leaves the reference, an element with its numbers, and the pattern of the update."""
        expected = bounded_path(self.reference, made.course, False)
        before, right_before = made.course.start, made.course.start
        for t, (xs, rights) in enumerate(zip(made.path, expected, strict=True)):
            for i, (x, right) in enumerate(zip(xs, rights, strict=True)):
                if not close(x, right):
                    error = np.abs(np.where(np.isfinite(x), x, np.inf) - right.value)
                    index = np.unravel_index(int(np.argmax(error)), right.shape)
                    g = made.course.gradients[t][i][index]
                    mine, own = x - before[i], right.value - np.asarray(right_before[i])
                    place = f"step {t + 1}, x[{', '.join(str(int(k)) for k in index)}] of the {NAMES[i]} parameter"
                    moved = [f"  moved by {mine[index]:.8g} here,", f"  by {own[index]:.8g} expected"]
                    example = [f"{place}, gradient {g:.5g}:", *moved]
                    u = allowance.unit_roundoff(right.dtype)
                    allowed = SAFETY * allowance.of(right.error + u * np.abs(right.value), right.dtype)
                    said = _pattern(mine, own, allowed)
                    return f"step {t + 1}, the {NAMES[i]} parameter, of shape {right.shape}", example, said
            before, right_before = xs, [right.value for right in rights]
        return "", [], ""


SAID = f"the parameters agree to rounding after each of {len(SIZES)} steps"


def _from_0(step: Any) -> Any:
    return lambda xs, gs, t: step(xs, gs, t - 1)


def _pairs(entries: Sequence[Mistake]) -> Iterator[tuple[Mistake, ...]]:
    """Yield pairs in different lines; a published variant comes first."""
    for one, other in itertools.combinations(entries, 2):
        if one.step != other.step and one.step not in STRUCTURAL and other.step not in STRUCTURAL:
            yield one, other


def _plain(h: dict[str, Any]) -> bool:
    """Return whether the rule is all there is: a number for learning rate, no clipping, averages, accumulation."""
    extras = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "loss_scale_factor", "gradient_accumulation_steps")
    return isinstance(h["learning_rate"], int | float) and not any(h[key] for key in extras)


def _pattern(mine: Array, right: Array, allowed: Array) -> str:
    """Return what distinguishes an update from the right one, in words."""
    if not mine.any():
        return "the parameter does not move"
    size = float((right * right).sum())
    ratio = float((mine * right).sum()) / size if size else 0.0
    if ratio and (np.abs(mine - ratio * right) <= allowed * (1 + abs(ratio))).all():
        return f"the update is {ratio:.6g} times what it should be"
    return ratios(mine, right, np.abs(mine - right) > allowed, "move otherwise")

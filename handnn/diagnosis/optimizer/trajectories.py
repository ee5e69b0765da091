"""An optimizer over a course of steps: a user's, the reference, and a rule written out with mistakes in it."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array, Variable
from ...optimizers import Optimizer
from ...rounding import allowance
from ...rounding.bounded import Bounded
from ...verify.optimizer_steps import _bound
from ..bank import Mistake
from ..bank.rules import STRUCTURAL, Written
from ..call.call import Call, call
from ..reference import SAFETY
from ..user.optimizers.forms import Form, Step

SIZES = (1e-7, 1.0, 1e-4, 3.0, 1e-6, 0.3, 1e-7, 1e-2, 2.0, 1e-3)
"""Sizes of successive gradients; each other parameter gets them the other way round, large before small."""

SHAPES: tuple[tuple[tuple[int, ...], ...], ...] = (((6, 4), (4,)), ((4,), (4,)))
"""Shapes of the parameters: the first that can be stepped. Who shares a slot can step the last only."""

Path = list[list[Array]]


class Course(NamedTuple):
    """Starting parameters and the gradients of each step."""

    shapes: tuple[tuple[int, ...], ...]
    start: list[Array]
    gradients: list[list[Array]]


def course(shapes: tuple[tuple[int, ...], ...], dtype: str) -> Course:
    """Return parameters (some start at 0) and gradients of very different sizes, with sign changes and exact zeros."""
    rng = np.random.default_rng(5)
    start = [np.asarray(rng.normal(size=shape) * (i != 1), dtype) for i, shape in enumerate(shapes)]
    gradients = []
    for sizes in zip(SIZES, reversed(SIZES), strict=True):
        own = [np.asarray(rng.normal(size=shape) * sizes[i % 2], dtype) for i, shape in enumerate(shapes)]
        own[0].reshape(-1)[0] = 0  # never any gradient here
        own[1][int(rng.integers(len(own[1])))] = 0  # and now and then none there
        gradients.append(own)
    return Course(shapes, start, gradients)


class Taken(NamedTuple):
    """What a step did over a course: the parameters after each step, or why there are none."""

    form: Form
    course: Course
    path: Path
    complaint: str
    call: Call


# ---- paths: the user's, the reference's, and those of the rules written out ------------------------------------------


def run(form: Form, given: Course) -> Taken:
    """Take every step; gradients and parameters are copies made for it."""
    path: Path = []
    step: Step | None = None
    made = Call(None, None, "", [])
    xs = [x.copy() for x in given.start]
    for t, gradients in enumerate(given.gradients):
        gs = [g.copy() for g in gradients]
        if step is None:
            made = call(form.start, names=())
            if made.error is not None:
                return Taken(form, given, path, made.error, made)
            step = made.returned
        made = call(step, xs, gs, t + 1, names=("parameters",))
        if made.error is not None:
            return Taken(form, given, path, f"{made.error}", made)
        complaint = _complaint(made.returned, given)
        if not complaint and not all(np.array_equal(g, before) for g, before in zip(gs, gradients, strict=True)):
            complaint = "it changes its gradients in place"
        if complaint:
            return Taken(form, given, path, complaint, made)
        xs = [np.asarray(x) for x in made.returned]  # the same arrays again: an object may hold them
        path.append([x.astype("float64") for x in xs])
    if equal(path, [[x.astype("float64") for x in given.start]] * len(path)):
        return Taken(form, given, path, "it neither returns new parameters nor changes them in place", made)
    return Taken(form, given, path, "", made)


def _complaint(returned: Any, given: Course) -> str:
    for x, shape in zip(returned, given.shapes, strict=True):
        try:
            array = np.asarray(x)
        except ValueError:
            return "it returns rows of different lengths"
        if array.dtype.kind not in "fiu":
            return f"it returns {array.dtype}, not real numbers"
        if array.shape != shape:
            return f"it returns an array of shape {array.shape} for a parameter of shape {shape}"
    return ""


def bounded_path(reference: Optimizer, given: Course, rounded: bool) -> list[list[Bounded]]:
    """Return the reference's parameters after each step with their rounding errors.

    Keras rounds hyperparameters to float32; nobody else does, so that is left out unless `rounded`.
    """
    own: Any = copy.copy(reference)
    own._reset()
    if not rounded:
        own.rounded = lambda value, dtype: own.number(value, dtype)
        if isinstance(own._learning_rate, float):
            own._learning_rate = own.exact["learning_rate"]
    xs = [Variable(x, name=f"x{i}") for i, x in enumerate(given.start)]
    own.build(xs)
    start = own.exact.get("initial_accumulator_value")
    _bound(own)
    for slot in own.all_slots():
        if slot.variable.value.dtype.kind == "f":
            slot.variable.value = Bounded(slot.variable.value)
            if slot.slot == "accumulator" and start is not None and not rounded:
                slot.variable.value = Bounded(np.zeros_like(slot.variable.value.value)) + start
    for x in xs:
        x.value = Bounded(x.value)  # type: ignore[assignment]
    own.collect_slots()
    path = []
    with np.errstate(all="ignore"):
        for gradients in given.gradients:
            own.take_step([Bounded(g.copy()) for g in gradients], xs, [x.value for x in xs])
            path.append([Bounded(x.value.value.copy(), x.value.error.copy()) for x in xs])  # type: ignore[attr-defined]
    return path


def replay(rule: str, h: dict[str, Any], given: Course, plants: Sequence[Mistake]) -> Iterator[list[Bounded]]:
    """Yield the parameters after each step of a rule written out, with these mistakes in it.

    Rules are elementwise, so all parameters are stepped as one vector, unless a mistake is about their being several.
    """
    structural, written = any(plant.step in STRUCTURAL for plant in plants), Written(rule, h, plants)

    def vectors(arrays: list[Array]) -> list[Bounded]:
        joined = arrays if structural else [np.concatenate([array.reshape(-1) for array in arrays])]
        return [Bounded(array) for array in joined]

    xs: list[Any] = vectors(given.start)
    for gradients in given.gradients:
        xs = written.step(xs, vectors(gradients))
        yield list(xs) if structural else _split(xs[0], given.shapes)


def _split(flat: Bounded, shapes: Sequence[tuple[int, ...]]) -> list[Bounded]:
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    return [flat[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes, strict=False)]


# ---- comparing -----------------------------------------------------------------------------------------------------


def fits(path: Path, expected: list[list[Bounded]]) -> bool:
    """Return whether every parameter is within rounding after every step."""
    return all(same(mine, other) for mine, other in zip(path, expected, strict=True))


def same(mine: list[Array], other: list[Bounded]) -> bool:
    return all(close(x, y) for x, y in zip(mine, other, strict=True))


def close(x: Array, other: Bounded) -> bool:
    """Return whether x is `other` up to rounding; NaN and infinity count as equal to each other."""
    if x.shape != other.shape:
        return False
    right, finite = other.value.astype("float64"), np.isfinite(x)
    if not np.array_equal(finite, np.isfinite(right)):
        return False
    error = other.error + allowance.unit_roundoff(other.dtype) * np.abs(right)
    allowed = SAFETY * allowance.of(error, other.dtype)
    return bool((np.abs(x[finite] - right[finite]) <= allowed[finite]).all())


def equal(one: Path, other: Path) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(x, y, equal_nan=True) for a, b in zip(one, other, strict=True) for x, y in zip(a, b, strict=True)
    )

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
from ..reference import SAFETY
from ..user.call.calling import described
from ..user.optimizers.forms import Form
from ..user.optimizers.steps import Course, OptimizerSubject

SIZES = (1e-7, 1.0, 1e-4, 3.0, 1e-6, 0.3, 1e-7, 1e-2, 2.0, 1e-3)
"""Sizes of successive gradients; each other parameter gets them the other way round, large before small."""

SHAPES: tuple[tuple[tuple[int, ...], ...], ...] = (((6, 4), (4,)), ((4,), (4,)))
"""Shapes of the parameters: the first that can be stepped. Who shares a slot can step the last only."""

Path = list[list[Array]]


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
    return Course(start, gradients)


class Taken(NamedTuple):
    """What a step did over a course: the parameters after each step, or why there are none."""

    form: Form
    course: Course
    path: Path
    complaint: str = ""


# ---- paths: the user's, the reference's, and those of the rules written out ------------------------------------------


def run(form: Form, given: Course) -> Taken:
    """Take every step; gradients and parameters are copies made for it."""
    path: Path = []
    found = OptimizerSubject("", form, (), course=given)
    own = Course.of({name: value.copy() for name, value in found.leaves.items()})
    try:
        for t, xs in enumerate(found.path(own)):
            complaint = _complaint(xs, given)
            if not complaint and not all(map(np.array_equal, own.gradients[t], given.gradients[t])):
                complaint = "it changes its gradients in place"
            if complaint:
                return Taken(form, given, path, complaint)
            path.append([x.astype("float64") for x in xs])
    except Exception as error:  # whatever a user's code raises is its verdict
        return Taken(form, given, path, described(error))
    if equal(path, [[x.astype("float64") for x in given.start]] * len(path)):
        return Taken(form, given, path, "it neither returns new parameters nor changes them in place")
    return Taken(form, given, path)


def _complaint(returned: list[Array], given: Course) -> str:
    for x, start in zip(returned, given.start, strict=True):
        if x.dtype.kind not in "fiu":
            return f"it returns {x.dtype}, not real numbers"
        if x.shape != start.shape:
            return f"it returns an array of shape {x.shape} for a parameter of shape {start.shape}"
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
        yield list(xs) if structural else _split(xs[0], [x.shape for x in given.start])


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

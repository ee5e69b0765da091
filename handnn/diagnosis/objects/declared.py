"""A derivative that code declares, held against differences of its own forward pass.

The derivative along a random direction r is compared: <g, r> with (L(x + h r) - L(x - h r)) / 2h, L = sum(u * output).
Nothing is chosen by hand: what the differences leave open is the distance of two extrapolations and the rounding of L,
and both the rounding of L and that of g are measured, by moving the point by a few units in the last place.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..verdict import Verdict

Array = np.ndarray[Any, Any]
Leaves = Mapping[str, Array]
DIRECTIONS, DRAWS = 2, 2
ELEMENTS = 24
"""Elements of a wrong gradient that are compared one by one."""
TELLING = 1 / 8
"""Where the differences leave more than this share of the derivative open, they say nothing."""


class CannotRunError(Exception):
    """The code could not be run: the message says why."""


def raised(error: Exception) -> str:
    """Return what a user's code raised, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


@dataclass
class Declared:
    """Code that declares derivatives.

    Attributes:
        draws: point after point, {name: array}.
        forward: (leaves) -> outputs, the same at every call. gradients: (leaves, upstream) -> {name: array}; a name
            that is missing or None stands for no derivative.
        claimed: the names that must have one. dtype: in which it computes.
    """

    draws: Callable[[int], Leaves]
    forward: Callable[[Leaves], Sequence[Array]]
    gradients: Callable[[Leaves, Sequence[Array]], Mapping[str, Array | None]]
    claimed: Sequence[str]
    dtype: str = "float64"

    @property
    def eps(self) -> float:
        return float(np.finfo(self.dtype).eps)

    def upstream(self, leaves: Leaves, seed: int) -> list[Array]:
        """Return a random derivative of the loss by each output."""
        rng = np.random.default_rng([7, seed])
        return [np.asarray(rng.normal(size=np.shape(a)), self.dtype) for a in self.forward(leaves)]

    def loss(self, leaves: Leaves, upstream: Sequence[Array]) -> tuple[float, float]:
        """Return sum(upstream * output), summed in float64, and the rounding that its terms have at least."""
        terms = [
            u.astype("float64") * np.asarray(a, "float64") for u, a in zip(upstream, self.forward(leaves), strict=True)
        ]
        return float(sum(t.sum() for t in terms)), self.eps / 2 * float(sum(np.abs(t).sum() for t in terms))

    def moved(self, leaves: Leaves, name: str, step: Array) -> dict[str, Array]:
        return {**leaves, name: np.asarray(leaves[name].astype("float64") + step, self.dtype)}

    def nearby(self, leaves: Leaves, rng: np.random.Generator) -> dict[str, Array]:
        """Return the leaves moved by a few units in the last place."""
        found = dict(leaves)
        for name in self.claimed:
            found = self.moved(found, name, 4 * self.eps * leaves[name] * rng.choice([-1.0, 1.0], leaves[name].shape))
        return found


class Slope(NamedTuple):
    """The derivative along a direction, and how far off it may be."""

    value: float
    error: float


class Draw:
    """A point with an upstream, the gradients declared there, and the rounding that was measured around it."""

    def __init__(self, code: Declared, seed: int) -> None:
        self.code, self.seed, self.leaves = code, seed, code.draws(seed)
        first, second = (code.forward(self.leaves) for _ in range(2))
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True)):
            raise CannotRunError("two calls on the same numbers give different outputs")
        if not all(np.all(np.isfinite(a)) for a in first):
            raise CannotRunError("its output is not finite on ordinary numbers")
        self.upstream = code.upstream(self.leaves, seed)
        self.given = code.gradients(self.leaves, self.upstream)
        loss, floor = code.loss(self.leaves, self.upstream)
        self.size = 2 * floor / code.eps
        near = [code.nearby(self.leaves, np.random.default_rng([4, i])) for i in range(2)]
        self.noise = max(floor, *(abs(code.loss(point, self.upstream)[0] - loss) for point in near))
        self.moved = [code.gradients(point, self.upstream) for point in near]

    def rounding(self, name: str, gradient: Array, direction: Array) -> float:
        """Return the rounding of <gradient, direction>: what a few units in the last place change."""
        found = [moved.get(name) for moved in self.moved]
        changes = [
            abs(float(np.sum((np.asarray(g, "float64") - gradient) * direction))) for g in found if g is not None
        ]
        return self.code.eps * float(np.sum(np.abs(gradient * direction))) + 8 * max(changes, default=0.0)

    def slope(self, name: str, direction: Array) -> Slope:
        """Return the derivative of the loss along a direction of one leaf, with the step that leaves least open.

        A kink nearby makes the error of a wide step large; then a narrower one is tried.
        """
        code, leaves = self.code, self.leaves
        size = max(1.0, float(np.max(np.abs(leaves[name]), initial=0.0)))
        longest = max(float(np.max(np.abs(direction), initial=0.0)), 1e-300)
        best = Slope(np.nan, np.inf)
        for shrink in (1.0, 1 / 16, 1 / 256):
            h = code.eps ** (1 / 5) * size / longest * shrink
            d = []
            for step in (h, h / 2, h / 4):
                up, down = (code.loss(code.moved(leaves, name, s * direction), self.upstream)[0] for s in (step, -step))
                d.append((up - down) / (2 * step))
            first, second = (4 * d[1] - d[0]) / 3, (4 * d[2] - d[1]) / 3
            error = abs(second - first) + 8 * self.noise / h  # 4/3 noise / (h/4) + 1/3 noise / (h/2) = 6 noise / h
            if np.isfinite(second) and error < best.error:
                best = Slope(second, error)
            if best.error <= code.eps ** (1 / 2) * abs(best.value):
                break
        return best


@dataclass
class Compared:
    """Whether the gradient by a leaf is right (None: not known), why, and the worst element with what belongs there."""

    right: bool | None
    why: str = ""
    here: float | None = None
    there: float | None = None
    ratio: float | None = None
    index: tuple[int, ...] = ()


@dataclass
class Judged:
    """What was found out about each leaf; `claimed` are their names."""

    found: dict[str, Compared] = field(default_factory=dict)

    @property
    def wrong(self) -> list[str]:
        return [name for name, made in self.found.items() if made.right is False]

    @property
    def unknown(self) -> list[str]:
        return [name for name, made in self.found.items() if made.right is None]

    @property
    def right(self) -> list[str]:
        return [name for name, made in self.found.items() if made.right]


def judge(code: Declared) -> Judged:
    """Compare every claimed derivative on several draws.

    Raises:
        CannotRunError: the code cannot be run.
    """
    judged = Judged()
    for seed in range(DRAWS):
        draw = Draw(code, seed)
        for name in code.claimed:
            known = judged.found.get(name)
            if known is None or known.right is not False:
                made = _compared(draw, name)
                if known is None or known.right is None or made.right is False:
                    judged.found[name] = made
    return judged


def _compared(draw: Draw, name: str) -> Compared:
    shape, given = draw.leaves[name].shape, draw.given.get(name)
    gradient = np.zeros(shape) if given is None else np.asarray(given, "float64")
    if gradient.shape != shape:
        return Compared(False, f"its shape is {gradient.shape}; {name} has {shape}")
    if not np.all(np.isfinite(gradient)):
        return Compared(False, "it is not finite on ordinary numbers")
    code, rng = draw.code, np.random.default_rng([5, draw.seed])
    tested = moves = False
    for _ in range(DIRECTIONS):
        direction = np.asarray(rng.normal(size=shape))
        truth = draw.slope(name, direction)
        mine, largest = float(np.sum(gradient * direction)), float(np.sum(np.abs(gradient * direction)))
        allowed = truth.error + draw.rounding(name, gradient, direction)
        if abs(mine - truth.value) > allowed:
            return _elements(draw, name, gradient)
        tested = tested or allowed <= max(TELLING * max(abs(truth.value), largest), code.eps ** (1 / 2) * draw.size)
        moves = moves or abs(truth.value) > allowed or largest > 0
    if not moves:
        return Compared(None, "the output does not depend on it")
    return Compared(True) if tested else Compared(None, "differences of its forward pass say nothing here")


def _elements(draw: Draw, name: str, gradient: Array) -> Compared:
    """Return the element that is furthest off, and the number by which all are multiplied if there is one."""
    shape = gradient.shape
    order = np.argsort(-np.abs(gradient.reshape(-1)), kind="stable")[: ELEMENTS // 2]
    rest = np.random.default_rng(6).permutation(gradient.size)[: ELEMENTS // 2]
    here, there, errors, places = [], [], [], []
    for flat in dict.fromkeys([*order.tolist(), *rest.tolist()]):
        unit = np.zeros(gradient.size)
        unit[flat] = 1.0
        truth = draw.slope(name, unit.reshape(shape))
        here.append(float(gradient.reshape(-1)[flat]))
        there.append(truth.value)
        errors.append(truth.error)
        places.append(tuple(int(i) for i in np.unravel_index(flat, shape)))
    mine, right, open_ = np.array(here), np.array(there), np.array(errors)
    worst = int(np.nanargmax(np.abs(mine - right) - open_))
    return Compared(False, "", here[worst], there[worst], ratio(mine, right, open_), places[worst])


def ratio(mine: Array, right: Array, error: Array) -> float | None:
    """Return c where mine = c * right, as far as the errors let one say."""
    clear = np.abs(right) > 8 * error
    if not clear.any():
        return None
    c = float(mine[clear] @ right[clear] / (right[clear] @ right[clear]))
    fits = np.abs(mine - c * right) <= 8 * (1 + abs(c)) * np.max(error)
    return c if bool(fits.all()) else None


def verdict(subject: str, judged: Judged, forward: str = "its own forward pass") -> Verdict:
    """Return the verdict on what was compared."""
    unchecked = [{"what": f"d/d({name})", "why": judged.found[name].why} for name in judged.unknown]
    checked = [*judged.right, *judged.wrong]
    if judged.wrong:
        made = Verdict(subject, "wrong", f"not the derivative of {forward}: {', '.join(judged.wrong)}")
        made.where = f"d/d({judged.wrong[0]})"
        made.example = list(_told(judged))
        ratios = {judged.found[name].ratio for name in judged.wrong}
        first = judged.found[judged.wrong[0]].ratio
        if None not in ratios and first is not None and all(abs(r - first) <= 1e-3 * abs(first) for r in ratios if r):
            made.pattern = f"it is {first:.6g} times the derivative" if first else "it is 0 everywhere: not derived?"
    elif unchecked or not checked:
        text = "nothing wrong was found, but not everything could be compared"
        made = Verdict(subject, "incomplete", text)
    else:
        made = Verdict(subject, "match", f"its derivatives are those of {forward}")
    made.checked, made.unchecked = checked, unchecked
    return made


def _told(judged: Judged) -> Iterator[str]:
    for name in judged.wrong:
        made = judged.found[name]
        if made.here is None or made.there is None:
            yield f"{name}: {made.why}"
            continue
        place = f"[{', '.join(map(str, made.index))}]" if made.index else ""
        yield f"dL/d({name}){place} = {made.here:.6g} here, {made.there:.6g} expected"

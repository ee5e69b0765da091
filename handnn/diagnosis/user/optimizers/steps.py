"""Optimizers as subjects: the parameters after some steps on given gradients."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..call.calling import Globals, described, frozen
from ..call.search import NotRunningError
from ..call.subject import Unchecked
from ..protocols import Array, Plain, Probe
from ..source.syntax import used_globals
from .forms import Form, forms
from .holders import NAMES
from .hyper import DEFAULTS

SHAPES = (((4, 3), (3,)), ((4,), (3,)))
"""Shapes of the parameters, the first that can be stepped: some take vectors only."""
MORE = 6
"""Steps that other draws take: what shows late shows there."""

SMALL = 0.01
OF_STEP = " of step "


class Course(NamedTuple):
    """Starting parameters and the gradients of each step, in the order of their names."""

    start: list[Array]
    gradients: list[list[Array]]
    names: tuple[str, ...] = NAMES

    @classmethod
    def of(cls, leaves: Mapping[str, Array]) -> "Course":
        """Return the course that is kept as `W1`, `dW1 of step 1`, ..."""
        names = tuple(name for name in leaves if OF_STEP not in name)
        steps = range(1, len(leaves) // len(names))
        return cls([leaves[n] for n in names], [[leaves[f"d{n}{OF_STEP}{t}"] for n in names] for t in steps], names)

    @property
    def leaves(self) -> dict[str, Array]:
        """The same by name."""
        steps = enumerate(self.gradients, 1)
        given = {f"d{n}{OF_STEP}{t}": g for t, gs in steps for n, g in zip(self.names, gs, strict=True)}
        return dict(zip(self.names, self.start, strict=True)) | given


@dataclass
class OptimizerSubject:
    """An optimizer as a Subject: its leaves are parameters and gradients, its claimed values the parameters after."""

    name: str
    form: Form
    sources: tuple[Path, ...]
    module: ModuleType | None = None
    reference: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    learning_rate: float = DEFAULTS["learning_rate"]
    seed: int = 0
    steps: int = 3
    kind: str = "optimizer"
    notes: list[str] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    target: Any = None
    shapes: tuple[tuple[int, ...], ...] = SHAPES[0]
    course: Course | None = None

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed + 90)
        start = [rng.normal(size=shape) for shape in self.shapes]
        steps = range(1, self.steps + 1)
        gradients = [[_gradient(rng, shape, t) for shape in self.shapes] for t in steps]
        drawn = self.course or Course(start, gradients, self.form.names)
        self.leaves = drawn.leaves
        self.data = Globals(self.module, used_globals(self.module) if self.module else [])

    @property
    def claimed(self) -> Sequence[str]:
        return self.form.claimed or self.form.names

    @property
    def found(self) -> str:
        """Say how it is called."""
        return f"an optimizer, {self.form.words}"

    def run(self, probe: Probe, backward: bool = True) -> tuple[Any, dict[str, Array]]:
        """Take the steps. Returns no loss, and the parameters after the last step."""
        leaves = {name: probe.leaf(name, value.copy()) for name, value in self.leaves.items()}
        course = Course.of(leaves)
        *_, last = self.path(course) if self.form.whole is None else [self.form.whole(course)]
        return None, {n: np.asanyarray(x, "float64") for n, x in zip(course.names, last, strict=True)}

    def path(self, course: Course) -> Iterator[list[Any]]:
        """Yield the parameters after each step, the arrays that the next step is given."""
        with frozen(self.module):
            self.data.restore()
            step, now = self.form.start(), course.start
            for t, given in enumerate(course.gradients, 1):
                now = [np.asanyarray(x) for x in step(now, given, t)]
                yield now

    def draws(self) -> Iterator["OptimizerSubject"]:
        """Yield it with other parameters and gradients."""
        for seed in range(1, 4):
            yield replace(self, seed=self.seed + seed, steps=MORE)


def _gradient(rng: np.random.Generator, shape: tuple[int, ...], step: int) -> Array:
    """Return a gradient away from 0, where it would matter at which place a small epsilon stands.

    Every fourth is small, so that averages of squares fall as well as grow.
    """
    size = 1.0 if step % 4 else SMALL
    return np.asarray(size * rng.choice((-1.0, 1.0), shape) * rng.uniform(0.5, 1.5, shape))


def subject(
    target: Any, name: str, module: ModuleType | None, sources: tuple[Path, ...], reference: str,
    options: dict[str, Any],
) -> OptimizerSubject:  # fmt: skip
    """Return an optimizer as a subject.

    Raises:
        NotRunningError: no way to call it works.
    """
    hyper = {"learning_rate": DEFAULTS["learning_rate"], **options}
    first = ""
    for shapes, form in itertools.product(SHAPES, list(forms(target, hyper, module))):
        found = OptimizerSubject(name, form, sources, module, reference, options, hyper["learning_rate"], shapes=shapes)
        try:
            after = found.run(Plain())[1]
        except Exception as error:
            first = first or described(error, {str(path) for path in sources})
            continue
        fit = all(np.shape(after[n]) == shape for n, shape in zip(NAMES, shapes, strict=True))
        if fit and not any(np.array_equal(after[n], found.leaves[n]) for n in NAMES):
            return found
    raise NotRunningError(first or "no way to call it moves the parameters")

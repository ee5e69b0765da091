"""Paths of optimizers on the test surfaces, by handnn and by Keras from the same start.

Keras uses its own gradients (`tf.GradientTape`) at its own points. The two free paths are overlaid, and their largest
distance is reported. Every single step is checked: the hand-written gradient and the hand-written step, both from
Keras' point and slots, within the rounding allowance.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.variable import Array, Variable
from ...optimizers import Optimizer
from ...specs import optimizer as optimizer_spec
from .functions import Surface, surfaces

if TYPE_CHECKING:
    from ...verify.comparison import Comparison
    from ...verify.report import Row

RATES = tuple(float(f"{10.0**k:.2g}") for k in np.arange(-4, 2.5, 0.5))
"""The learning rates from which every optimizer chooses on every surface: two per decade."""

STEPS = 100


@dataclass(frozen=True)
class Paths:
    """The paths of one optimizer on one surface, of shape (steps + 1, 2)."""

    surface: str
    optimizer: str
    learning_rate: float
    hand: Array
    keras: Array
    worst: "Row"
    """The step with the largest error / allowance."""

    @property
    def ok(self) -> bool:
        """Whether every step agrees with Keras' up to rounding."""
        return self.worst.ok

    @property
    def apart(self) -> float:
        """Largest distance between the two free paths at the same step; infinite if only one of them diverged."""
        with np.errstate(all="ignore"):
            distance = np.hypot(*(self.hand - self.keras).T)
        same = (self.hand == self.keras) | (np.isnan(self.hand) & np.isnan(self.keras))
        return float(np.max(np.where(same.all(axis=1), 0.0, np.where(np.isnan(distance), np.inf, distance))))


def hand_path(surface: Surface, optimizer: Optimizer, steps: int = STEPS, dtype: str = "float64") -> Array:
    """Return the points that an optimizer visits, (steps + 1, 2), the start first."""
    own, point = optimizer.unbuilt(), Variable(np.array(surface.start, dtype), name="point")
    path = np.empty((steps + 1, 2), dtype)
    path[0] = point.value
    with np.errstate(all="ignore"):  # a diverging path runs into infinity
        for step in range(steps):
            own.apply([surface.gradient(point.value)], [point])
            path[step + 1] = point.value
    return path


def chosen(surface: Surface, label: str, steps: int = STEPS, dtype: str = "float64") -> Optimizer:
    """Return the label's optimizer with its own learning rate if it has one, otherwise with the best of RATES.

    The best rate has the lowest mean over the last tenth of a path that stays in the picture. The mean avoids a choice
    by luck in the last step; paths that leave the picture do not count. If all do, the lowest rate is chosen.
    """
    if "learning_rate" in optimizer_spec.parse(label)[1]:
        return optimizer_spec.make(label)
    (left, right), (low, high) = surface.window
    ends = []
    for rate in RATES:
        path = hand_path(surface, optimizer_spec.make(label, rate), steps, dtype)
        x, y = path.T
        inside = np.all((left <= x) & (x <= right) & (low <= y) & (y <= high))
        ends.append(np.mean(surface.value(path[-max(1, steps // 10) :].T)) if inside else np.inf)
    return optimizer_spec.make(label, RATES[int(np.argmin(ends))])


def walk(
    names: Iterable[str],
    steps: int = STEPS,
    dtype: str = "float64",
    progress: Callable[[Paths], None] = lambda paths: None,
) -> list[Paths]:
    """Return the paths of these optimizers, given by labels, on every surface; `progress` is called with each."""
    found = []
    for surface, label in itertools.product(surfaces, names):
        found.append(both_paths(surface, label, chosen(surfaces[surface], label, steps, dtype), steps, dtype))
        progress(found[-1])
    return found


def both_paths(name: str, label: str, optimizer: Optimizer, steps: int = STEPS, dtype: str = "float64") -> Paths:
    """Compute the paths of both sides, and check each of Keras' steps."""
    import tf_reference  # noqa: F401, I001  (first: it chooses Keras' backend)
    import keras
    import tensorflow as tf

    from ...verify.keras_optimizer import keras_side
    from ...verify.optimizer_steps import optimizer_step
    from ...verify.report import row

    surface = surfaces[name]
    slope = _keras_gradient(tf, surface, dtype)
    side = keras_side(tf, keras, np.random.default_rng(0), optimizer, dtype, shapes={dtype: ((2,),)})
    side.variables[0].assign(np.array(surface.start, dtype))
    before = side.state()
    path: list[Array] = [before.weights[0]]
    worst: list[Row] = []
    for _ in range(steps):
        gradient = slope(before.weights[0])
        side.apply([gradient])
        after = side.state()
        found = [gradient_there(surface, before.weights[0], gradient)]
        found += optimizer_step(optimizer, before, [gradient], after, side.ours)
        worst = [max([*worst, *map(row, found)], key=lambda r: r.ratio)]
        before = after
        path.append(after.weights[0])
    rate = float(str(np.float32(optimizer.learning_rate)))  # the intended number, not its float32 rounding
    return Paths(name, label, rate, hand_path(surface, optimizer, steps, dtype), np.array(path), worst[0])


def gradient_there(surface: Surface, p: Array, reference: Array) -> "Comparison":
    """Return the comparison of the hand-written gradient at a point with the reference's."""
    from ...rounding.bounded import Bounded
    from ...verify.comparison import compare

    with np.errstate(all="ignore"):
        bounded = surface.gradient(Bounded(p))
        return compare("surface", "gradient", "df/dx, df/dy", surface.gradient(p), reference, bounded)


def _keras_gradient(tf: Any, surface: Surface, dtype: str) -> Callable[[Array], Array]:
    """Return a function that differentiates the surface by TensorFlow."""

    @tf.function(autograph=False)
    def slope(p: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(p)
            value = surface.value(p, tf)
        return tape.gradient(value, p)

    return lambda p: slope(tf.constant(p, dtype)).numpy()

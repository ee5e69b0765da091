"""A user's layer on random numbers, and what its tensors should be: by handnn's layer, or by its own forward pass."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array
from ...layers import Layer
from ...rounding import allowance
from ...rounding.bounded import Bounded
from ...verify import numeric_gradients as oracles
from . import reference
from .adapter import LayerObject, Pass
from .reference import Right

OUTPUT = "the output"


class Case(NamedTuple):
    """A draw: x and weights in the user's arrangement, the way they are arranged, and the layer's pass."""

    samples: str
    seed: int
    x: Array
    weights: dict[str, Array]
    made: Pass

    @property
    def turned(self) -> bool:
        """Whether samples stand in columns."""
        return self.samples == "columns"

    @property
    def n_samples(self) -> int:
        """N, the number of samples."""
        return self.x.shape[1] if self.turned else len(self.x)

    @property
    def tensors(self) -> dict[str, Array]:
        """The user's output, dx and gradients, by name."""
        gradients = {f"d{name}": gradient for name, gradient in self.made.gradients.items()}
        return {OUTPUT: np.asarray(self.made.a, "float64"), "dx": self.made.dx, **gradients}

    def upstream(self, dtype: str) -> Array:
        """Return dL/da, drawn at random, in the user's arrangement."""
        return drawn_upstream(self.made.a.shape, self.seed, dtype)


class Cases:
    """Draws passes of a layer, and says what is right in them."""

    def __init__(self, layer: Any, reference: Layer | None, dtype: str, input_shape: Any) -> None:
        self.layer, self.reference, self.dtype = layer, reference, dtype
        self.input_shape = None if input_shape is None else tuple(np.atleast_1d(input_shape).tolist())

    def draw(self, seed: int, samples: str = "", passes: int = 1) -> Case:
        """Return a pass on random numbers, the first arrangement of x that the layer takes."""
        first: Case | None = None
        for arrangement, shape in self.shapes(seed):
            if samples and arrangement != samples:
                continue
            rng = np.random.default_rng([seed, *shape])
            x = np.asarray(rng.normal(size=shape), self.dtype)
            own = LayerObject(self.layer, x)
            weights = {n: np.asarray(rng.normal(size=w.shape), self.dtype) for n, w in sorted(own.weights().items())}
            for name, value in weights.items():
                own.set_weight(name, value.copy())
            made = Pass()
            for _ in range(passes):
                made = own.run(x, lambda form, seed=seed: drawn_upstream(form, seed, self.dtype))
            case = Case(arrangement, seed, x, weights, made)
            if not made.complaint and (self.reference is None or self.fits(case)):
                return case
            if first is None or (first.made.complaint and not made.complaint):
                first = case
        assert first is not None
        return first

    def shapes(self, seed: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield arrangements of x: rows are samples, or columns."""
        n = (7, 11)[seed]
        if self.input_shape is not None:
            yield "rows", (n, *self.input_shape)
            return
        weights = LayerObject(self.layer, np.ones((n, 4))).weights()
        sizes = [size for w in weights.values() if w.ndim == 2 for size in w.shape]
        sizes = sizes or [w.size for w in weights.values()] or [4]
        for size in dict.fromkeys(sizes):
            yield "rows", (n + (size == n), size)
        for size in dict.fromkeys(reversed(sizes)):
            yield "columns", (size, n + (size == n))

    def fits(self, case: Case) -> bool:
        """Return whether the reference can be built on this x, with an output of the same shape."""
        try:
            a = self.right(case)[OUTPUT].value
        except ValueError:
            return False
        return a.shape == case.made.a.shape

    def right(self, case: Case) -> dict[str, Right]:
        """Return what output, dx and the weights' gradients should be, in the user's arrangement."""
        return self.of_itself(case) if self.reference is None else self.of_reference(case)

    def of_reference(self, case: Case) -> dict[str, Right]:
        turn = case.turned

        def right(tensor: Any, turned: bool = turn) -> Right:
            value, allowed = reference.right(tensor)
            return Right(value.T, allowed.T) if turned else Right(value, allowed)

        x = case.x.T if turn else case.x
        own = reference.made(self.reference, self.dtype)
        roles = reference.fill(own, x.shape[1:], case.weights)
        t = reference.passed(own, Bounded(x))
        with np.errstate(all="ignore"):
            upstream = drawn_upstream(t.a.shape[::-1] if turn else t.a.shape, case.seed, self.dtype)
            t.upstream = Bounded(upstream.T if turn else upstream)
            own.residual(t)
            own.backward(t)
        found = {OUTPUT: right(t.a), "dx": right(t.dx)}
        for weight in own.trainable_weights:
            name, turned = roles[weight.name]
            shape = case.weights[name].shape
            found[f"d{name}"] = Right(*(a.reshape(shape) for a in right(t.gradients[weight.name], turned)))
        return found

    def of_itself(self, case: Case) -> dict[str, Right]:
        """Differences of sum(upstream * forward), for x and each weight."""
        upstream = case.upstream(self.dtype)
        own = LayerObject(self.layer, case.x)

        def forward(name: str) -> Callable[[Array], Any]:
            def function(point: Array) -> Any:
                for key, value in case.weights.items():
                    own.set_weight(key, point.copy() if key == name else value.copy())
                return np.asarray(own.output((point if not name else case.x).copy()), "float64")

            return function

        found = {OUTPUT: Right(case.made.a, np.zeros(case.made.a.shape))}
        for name, point in {"": case.x, **case.weights}.items():
            value, error = oracles.directional(forward(name), point, upstream, analytic=False)
            u = allowance.unit_roundoff("float64")
            scale = allowance.gamma(8 + upstream.size, u) * (2 * np.abs(value) + np.max(np.abs(value)))
            found[f"d{name}" if name else "dx"] = Right(value, allowance.of(scale, "float64") + error)
        return found


def drawn_upstream(shape: tuple[int, ...], seed: int, dtype: str) -> Array:
    return np.asarray(np.random.default_rng([9, seed]).normal(size=shape), dtype)

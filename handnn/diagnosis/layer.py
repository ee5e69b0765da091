"""`check_layer`: somebody's layer, held against handnn's, or its backward pass against its own forward pass."""

import ast
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .. import layers
from ..layers import Dense, Layer
from ..trace import LayerTrace, gradient_name
from ..variable import Array
from ..verify import allowance, oracles
from ..verify.rounding import Bounded
from . import patterns
from .bank import Mistake, mistakes
from .judge import SAFETY
from .layer_object import ROLES, LayerObject, Pass
from .replay import At
from .verdict import Verdict

SEEDS = (0, 1)
"""A name must fit on as many draws."""

STEPS = ("z", "a", "delta", "dW", "db", "dx")
"""What Dense computes; mistakes of the loss have no place here."""


class Case(NamedTuple):
    """A draw: x and weights in the user's arrangement, the way they are arranged, and the layer's pass."""

    samples: str
    seed: int
    x: Array
    weights: dict[str, Array]
    made: Pass


class Right(NamedTuple):
    """What a tensor should be, its allowance, both in the user's arrangement, by the tensor's name."""

    value: Array
    allowed: Array


def check_layer(
    layer: Any,
    reference: Any = None,
    *,
    dtype: str = "float64",
    name: str = "",
    input_shape: Any = None,
    **options: Any,
) -> Verdict:
    """Judge a layer with methods forward(x) -> a and backward(upstream) -> dx.

    Args:
        layer: an object with weights W, b, gamma, ... and, after backward, gradients dW, db, ... as attributes or in
            dicts `params` and `grads`; or its class, made with `options`.
        reference: a handnn or Keras layer, or text such as "Dense(5, activation='tanh')"; without one the layer's own
            forward pass is the judge, by differences in float64.
        dtype: of x and the weights. name: what to call it.
        input_shape: of one sample, where the weights do not tell it.
        options: arguments for the constructor of a class.
    """
    made = layer(**options) if inspect.isclass(layer) else layer
    if options and not inspect.isclass(layer):
        raise TypeError(f"options are for the constructor of a class; received an object and {', '.join(options)}")
    own = _reference(reference, dtype)
    subject = name or (layer.__name__ if inspect.isclass(layer) else type(layer).__name__)
    against = "its own forward pass" if own is None else type(own).__name__
    return _Checker(made, own, "float64" if own is None else dtype, input_shape).verdict(f"{subject} ({against})")


def _reference(given: Any, dtype: str) -> Layer | None:
    if given is None:
        return None
    if isinstance(given, str):
        name, options = _parsed(given)
        return layers.layers[name](*options[0], **(options[1] | {"dtype": dtype}))
    if not hasattr(given, "get_config"):
        raise TypeError(f"reference must be a layer or text such as 'Dense(5)'; received {type(given).__name__}")
    config = given.get_config() | {"dtype": dtype}
    return layers.from_config({"class_name": type(given).__name__, "config": config})


def _parsed(text: str) -> tuple[str, tuple[list[Any], dict[str, Any]]]:
    """Return name and arguments of a text such as "Dense(5, activation='tanh')"."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Name):
            return tree.id, ([], {})
        assert isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)
        keywords = {word.arg: ast.literal_eval(word.value) for word in tree.keywords if word.arg}
        return tree.func.id, ([ast.literal_eval(argument) for argument in tree.args], keywords)
    except (SyntaxError, ValueError, AssertionError):
        raise ValueError(f"reference must read like \"Dense(5, activation='tanh')\"; received {text!r}") from None


class _Checker:
    def __init__(self, layer: Any, reference: Layer | None, dtype: str, input_shape: Any) -> None:
        self.layer, self.reference, self.dtype = layer, reference, dtype
        self.input_shape = None if input_shape is None else tuple(np.atleast_1d(input_shape).tolist())

    def verdict(self, subject: str) -> Verdict:
        case = self.case(SEEDS[0])
        notes = [f"it prints: {' '.join(case.made.printed.split())[:60]}"] if case.made.printed else []
        if case.made.complaint:
            return Verdict(subject, "broken", case.made.complaint, notes=notes)
        again = self.case(SEEDS[0], case.samples, passes=2)
        if not _equal(case.made, again.made):
            text = "a second pass gives other numbers: it keeps state between calls (gradients that add up?)"
            return Verdict(subject, "broken", text, notes=notes)
        cases = [case, *(self.case(seed, case.samples) for seed in SEEDS[1:])]
        if any(c.made.complaint for c in cases):
            return Verdict(subject, "broken", "it fails on other numbers of the same shapes", notes=notes)
        rights = [self.right(c) for c in cases]
        words = self.words(case)
        wrong = [_wrong(c.made, right) for c, right in zip(cases, rights, strict=True)]
        if any(wrong):
            averaged = [c._replace(made=_times(c.made, _samples(c))) for c in cases]
            if not any(_wrong(c.made, right) for c, right in zip(averaged, rights, strict=True)):
                words.append("the weights' gradients are averaged over the batch (1/N), dx is not")
                wrong = []
        if not any(wrong):
            kind = "other convention" if words else "match"
            text = "right, in another convention" if words else "output and gradients agree to rounding"
            return Verdict(subject, kind, text, convention=words, notes=notes)
        found = [m for m in self.candidates() if all(self.reproduces(m, c) for c in cases)]
        first = (wrong[0] or wrong[1])[0]
        value, right = _tensors(case.made)[first], rights[0][first]
        example = _example(first, value, right.value)
        if found:
            best = found[0]
            return Verdict(
                subject,
                "wrong",
                best.because,
                where={"z": "forward", "a": "forward"}.get(best.step, best.step),
                mistakes=[best.name],
                alternatives=[[m.name] for m in found[1:]],
                wrong_line=best.wrong_line,
                right_line=best.right_line,
                convention=words,
                example=example,
                notes=notes,
            )
        tolerance = float(SAFETY * np.max(right.allowed) / max(np.max(np.abs(right.value)), 1e-300))
        n, fine = float(_samples(case)), [name for name in rights[0] if name not in wrong[0]]
        known = {"N": n, "1/N": 1 / n, "2": 2.0, "1/2": 0.5, "-1": -1.0}
        return Verdict(
            subject,
            "wrong",
            f"{first} is wrong, in a way that no known mistake reproduces",
            where=first,
            pattern=patterns.pattern(value, right.value, known, tolerance),
            convention=words,
            example=example,
            notes=notes + ([f"right: {', '.join(fine)}"] if fine else []),
        )

    # ---- passes -------------------------------------------------------------------------------------------------

    def case(self, seed: int, samples: str = "", passes: int = 1) -> Case:
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
                made = own.run(x, lambda form, seed=seed: _upstream(form, seed, self.dtype))
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
            a = self.right(case)["the output"].value
        except ValueError:
            return False
        return a.shape == case.made.a.shape

    def right(self, case: Case) -> dict[str, Right]:
        """Return what output, dx and the weights' gradients should be, in the user's arrangement."""
        return self.of_itself(case) if self.reference is None else self.of_reference(case)

    def of_reference(self, case: Case) -> dict[str, Right]:
        assert self.reference is not None
        x = case.x.T if case.samples == "columns" else case.x
        own = layers.from_config(
            {"class_name": type(self.reference).__name__, "config": self.reference.get_config() | {"dtype": self.dtype}}
        )
        own.build((None, *x.shape[1:]))
        roles = roles_of([(w.name, w.shape) for w in own.trainable_weights], case.weights)
        for weight in own.trainable_weights:
            name, turned = roles[weight.name]
            weight.value[...] = (case.weights[name].T if turned else case.weights[name]).reshape(weight.shape)
        t = LayerTrace("layer")
        t.training, t.x = True, Bounded(x)
        with np.errstate(all="ignore"):
            own.randomize(t)
            own.forward(t)
            own.activate(t)
            shape = t.a.shape[::-1] if case.samples == "columns" else t.a.shape
            upstream = _upstream(shape, case.seed, self.dtype)
            t.upstream = Bounded(upstream.T if case.samples == "columns" else upstream)
            own.residual(t)
            own.backward(t)
        turn = case.samples == "columns"
        found = {"the output": _right(t.a, turn), "dx": _right(t.dx, turn)}
        for weight in own.trainable_weights:
            name, turned = roles[weight.name]
            gradient = _right(t.gradients[weight.name], turned)
            shape = case.weights[name].shape
            found[f"d{name}"] = Right(gradient.value.reshape(shape), gradient.allowed.reshape(shape))
        return found

    def of_itself(self, case: Case) -> dict[str, Right]:
        """Differences of sum(upstream * forward), for x and each weight."""
        upstream = _upstream(case.made.a.shape, case.seed, self.dtype)
        own = LayerObject(self.layer, case.x)

        def forward(name: str) -> Callable[[Array], Any]:
            def function(point: Array) -> Any:
                for key, value in case.weights.items():
                    own.set_weight(key, point.copy() if key == name else value.copy())
                return np.asarray(own.output((point if not name else case.x).copy()), "float64")

            return function

        found = {"the output": Right(case.made.a, np.zeros(case.made.a.shape))}
        for name, point in {"": case.x, **case.weights}.items():
            value, error = oracles.directional(forward(name), point, upstream, analytic=False)
            u = allowance.unit_roundoff("float64")
            scale = allowance.gamma(8 + upstream.size, u) * (2 * np.abs(value) + np.max(np.abs(value)))
            found[f"d{name}" if name else "dx"] = Right(value, allowance.of(scale, "float64") + error)
        return found

    # ---- words --------------------------------------------------------------------------------------------------

    def words(self, case: Case) -> list[str]:
        words = ["samples in columns"] if case.samples == "columns" else []
        if isinstance(self.reference, Dense):
            roles = roles_of([("kernel", (0, self.reference.units))], case.weights, True)
            if roles["kernel"][1]:
                words.append("W as (units, inputs)")
        return words

    def candidates(self) -> list[Mistake]:
        """Return the bank's entries that may be planted in this layer: those of Dense."""
        if type(self.reference) is not Dense or not self.reference.use_bias:
            return []
        return [entry for _, entry in mistakes.items() if entry.step in STEPS]

    def reproduces(self, entry: Mistake, case: Case) -> bool:
        """Return whether Dense with this mistake gives the numbers."""
        assert isinstance(self.reference, Dense)
        right = self.right(case)
        try:
            with np.errstate(all="ignore"):
                passed = self.planted(entry, case)
        except (ValueError, IndexError, AttributeError, TypeError):  # of another layer, or shapes that do not fit
            return False
        if passed is None:
            return False
        mine = _tensors(case.made)
        return all(
            mine[name].shape == value.shape and bool((np.abs(mine[name] - value) <= _share(right[name], value)).all())
            for name, value in passed.items()
        )

    def planted(self, entry: Mistake, case: Case) -> dict[str, Array] | None:
        assert self.reference is not None
        turn = case.samples == "columns"
        (kernel, turned), (bias, _) = (
            roles_of([("kernel", (0, self.reference.units)), ("bias", ())], case.weights, True)[k]  # type: ignore[attr-defined]
            for k in ("kernel", "bias")
        )
        at = At.__new__(At)
        at.layer, at.last, at.layers, at.fused, at.l2, at.y, at.loss = 1, 2, [], False, 0.0, None, None  # type: ignore[assignment]
        at.x = np.asarray(case.x.T if turn else case.x, "float64")
        at.W = np.asarray(case.weights[kernel].T if turned else case.weights[kernel], "float64")
        at.b = np.asarray(case.weights[bias], "float64").reshape(-1)
        at.f, at.N, at.K = self.reference.activation, len(at.x), at.W.shape[1]
        at.z = at.a = at.delta = at.dW = at.db = None
        upstream = np.asarray(_upstream(case.made.a.shape, case.seed, self.dtype), "float64")
        at.upstream = upstream.T if turn else upstream
        if not entry.applies(at):
            return None

        def step(name: str, right: Any) -> Any:
            return entry.wrong(at, right) if entry.step == name else right

        at.z = step("z", at.x @ at.W + at.b)
        at.a = step("a", at.f.forward(at.z))
        at.delta = step("delta", at.f.backward(at.upstream, at.z, at.a))
        at.dW = step("dW", at.x.T @ at.delta)
        at.db = step("db", at.delta.sum(axis=0))
        dx = step("dx", at.delta @ at.W.T)
        shape = case.weights[bias].shape
        db = np.asarray(at.db).reshape(shape) if np.size(at.db) == int(np.prod(shape)) else np.asarray(at.db)
        return {
            "the output": at.a.T if turn else at.a,
            "dx": dx.T if turn else dx,
            f"d{kernel}": at.dW.T if turned else at.dW,
            f"d{bias}": db,
        }


def roles_of(
    wanted: list[tuple[str, tuple[int, ...]]], given: dict[str, Array], last_only: bool = False
) -> dict[str, tuple[str, bool]]:
    """Return for each weight of the reference the user's name, and whether it is the transpose.

    With `last_only` a kernel's first size is not known. Raises ValueError where a weight has no partner.
    """
    found: dict[str, tuple[str, bool]] = {}
    for role, shape in wanted:
        free = [name for name in given if name not in [used for used, _ in found.values()]]
        bare = {name: name.strip("_").lower().rstrip("0123456789") for name in free}
        by_name = [name for word in ROLES.get(role, ()) for name in free if bare[name] == word]
        for name in (*by_name, *free):
            own = given[name].shape
            if last_only:
                if by_name and (not shape or own[-1] == shape[-1] or own[0] == shape[-1]):
                    found[role] = (name, bool(shape) and own[-1] != shape[-1])
                    break
            elif own == shape or (len(shape) == 1 and given[name].size == shape[0] and max(own, default=0) == shape[0]):
                found[role] = (name, False)
                break
            elif own == shape[::-1]:
                found[role] = (name, True)
                break
        if role not in found:
            raise ValueError(f"the layer has no weight for {gradient_name(role)[1:]} of shape {shape}")
    return found


def _upstream(shape: tuple[int, ...], seed: int, dtype: str) -> Array:
    return np.asarray(np.random.default_rng([9, seed]).normal(size=shape), dtype)


def _right(tensor: Any, turn: bool) -> Right:
    bounded = tensor if isinstance(tensor, Bounded) else Bounded(tensor)
    value = bounded.value.astype("float64")
    allowed = allowance.of(bounded.error + allowance.unit_roundoff(bounded.dtype) * np.abs(value), bounded.dtype)
    return Right(value.T, allowed.T) if turn else Right(value, allowed)


def _share(right: Right, value: Array) -> float:
    """Return the allowance of the right tensor as a share of its largest element, times that of another."""
    size = max(float(np.max(np.abs(right.value), initial=0.0)), 1e-300)
    return float(SAFETY * np.max(right.allowed, initial=0.0) / size * np.max(np.abs(value), initial=0.0))


def _tensors(made: Pass) -> dict[str, Array]:
    named = {f"d{name}": gradient for name, gradient in made.gradients.items()}
    return {"the output": np.asarray(made.a, "float64"), "dx": made.dx, **named}


def _wrong(made: Pass, right: dict[str, Right]) -> list[str]:
    """Return the names of the tensors that are not right: the output, the weights' gradients, dx."""
    mine = _tensors(made)
    order = ["the output", *(name for name in right if name not in ("the output", "dx")), "dx"]
    return [name for name in order if not _fits(mine[name], right[name])]


def _fits(mine: Array, right: Right) -> bool:
    return mine.shape == right.value.shape and bool((np.abs(mine - right.value) <= SAFETY * right.allowed).all())


def _times(made: Pass, factor: float) -> Pass:
    return made._replace(gradients={name: gradient * factor for name, gradient in made.gradients.items()})


def _samples(case: Case) -> int:
    return case.x.shape[1] if case.samples == "columns" else len(case.x)


def _equal(one: Pass, other: Pass) -> bool:
    if other.complaint:
        return False
    mine, its = _tensors(one), _tensors(other)
    return mine.keys() == its.keys() and all(np.array_equal(mine[name], its[name]) for name in mine)


def _example(name: str, mine: Array, right: Array) -> list[str]:
    if mine.shape != right.shape:
        return [f"{name}: shape {mine.shape} here, {right.shape} expected"]
    index = np.unravel_index(int(np.abs(mine - right).argmax()), right.shape)
    place = ", ".join(str(int(i)) for i in index)
    return [f"{name}[{place}] = {mine[index]:.6g} here, {right[index]:.6g} expected"]

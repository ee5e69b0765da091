"""Layers: classes with forward and backward methods, read without a word from their author."""

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..call import binding, inputs
from ..call.calling import Globals, frozen
from ..call.program import Call, Program, Ref, argument, arrays_in, is_array, method_of
from ..call.world import World, plain, walk
from ..source.syntax import used_globals
from ..source.words import BACKWARD, FORWARD, RATES, TRAINING, bare

KEPT = ("output", "out", "a", "y", "activations", "activation", "A", "Y", "Z", "z", "outputs", "h", "result", "value")
ZERO = (
    "zero_grad",
    "zero_grads",
    "zero_gradients",
    "zerograd",
    "reset_gradients",
    "reset_grads",
    "reset_grad",
    "zeroGrad",
)
HOPELESS = 5
INITIALIZE = ("initialize", "init_weights", "initialize_weights", "init_params", "build", "setup")
Sizes = dict[str, tuple[int, ...]]


class _Plain:
    """The optimizer for layers that update themselves: one step with the rate 1."""

    learning_rate = lr = 1.0

    def update(self, w: Any, gradient: Any) -> Any:
        """Return w - gradient."""
        return w - gradient

    step = apply = __call__ = update


def method(target: Any, words: list[str] | tuple[str, ...]) -> str | None:
    """Return the first of a class' or object's methods whose normalised name is one of these words."""
    cls = target if inspect.isclass(target) else type(target)
    own = {bare(name).strip("_"): name for name in dir(cls) if not name.startswith("__")}
    if "__call__" in dir(cls) and cls.__call__ is not type.__call__:
        own["__call__"] = "__call__"
    found = (own[word] for word in words if word in own)
    return next((name for name in found if callable(getattr(cls, name, None))), None)


def readings(
    target: Any,
    name: str,
    kind: str,
    makers: Iterator[Callable[[], Any]],
    module: ModuleType | None,
    sources: tuple[Path, ...],
    shape: Any = None,
) -> Iterator[Program]:
    """Yield the readings of a layer class: ways to build it, inputs, and arguments of backward.

    Raises:
        TypeError: it has no forward or no backward method.
    """
    forward = method(target, FORWARD)
    back = method(target, [word for word in BACKWARD if forward is None or word != bare(forward)])
    if forward is None or back is None:
        raise TypeError(f"a layer needs a forward and a backward method; {name} has {forward or back or 'neither'}")
    data = Globals(module, used_globals(module) if module else [])
    error: Exception | None = None
    ran = False
    for make in makers:
        prepared = _prepared(make)
        try:
            with frozen(module):
                data.restore()
                built = prepared()
        except Exception as raised:
            error = error or raised
            continue
        names = [p.name for p in binding.parameters(getattr(built, forward)) if p.default is p.empty]
        names = [n for n in names if bare(n) not in (*TRAINING, *RATES)] or ["x"]
        common = _Reading(name, kind, prepared, forward, back, module, data, sources)
        hopeless = 0
        indexed = False
        for layout, size in inputs.inputs(built, shape):
            if indexed:  # by integers of several axes: rows that occur again in one sample
                break
            if hopeless >= HOPELESS and layout != "integers":
                continue
            others = itertools.product(*(inputs.more(built, layout, size) for _ in names[1:]))
            for more in itertools.islice(others, 60):
                given = dict(zip(names, (size, *more), strict=True))
                own = common.initialised(built, size)
                problem = own.fails(layout, given)
                if problem is None:
                    ran = True
                    yield from own.programs(layout, given)
                    indexed = layout == "integers"
                    break
                hopeless += isinstance(problem, TypeError | AttributeError | NameError | KeyError)
                error = error or problem
    if not ran and error is not None:
        raise error


def _prepared(make: Callable[[], Any]) -> Callable[[], Any]:
    """Return a maker that also clears gradients and switches to training, where the object can."""

    def build() -> Any:
        built = make()
        for name in ZERO:
            clear = getattr(built, name, None)
            if callable(clear) and not binding.parameters(clear):
                try:
                    clear()
                except Exception:  # nothing to clear yet
                    continue
        return built

    return build


def kept_output(layer: Any, x: Any = None) -> Any:
    """Return the output that a layer keeps instead of returning it.

    Raises:
        ValueError: it keeps none.
    """
    for name in KEPT:
        value = plain(getattr(layer, name, None))
        if is_array(value) and value is not x:
            return value
    raise ValueError("forward returns no array and keeps none under a usual name")


class _Reading:
    """What the readings of one class have in common."""

    def __init__(
        self,
        name: str,
        kind: str,
        make: Callable[[], Any],
        forward: str,
        back: str,
        module: ModuleType | None,
        data: Globals,
        sources: tuple[Path, ...],
    ) -> None:
        self.name, self.kind, self.make, self.forward, self.back = name, kind, make, forward, back
        self.module, self.data, self.sources = module, data, sources

    def initialised(self, built: Any, size: tuple[int, ...]) -> "_Reading":
        """Return the reading with objects that are told their input shape and optimizer, where they want to be."""
        name = next((n for n in INITIALIZE if callable(getattr(built, n, None))), None)
        if name is None and not callable(getattr(built, "set_input_shape", None)):
            return self
        before = self.make

        def make() -> Any:
            layer = before()
            if callable(getattr(layer, "set_input_shape", None)):
                layer.set_input_shape(size[1:])
            if name is not None:
                needed = [p for p in binding.parameters(getattr(layer, name)) if p.default is p.empty]
                getattr(layer, name)(*(_Plain() if "opt" in p.name else size[1:] for p in needed))
            return layer

        return _Reading(self.name, self.kind, make, self.forward, self.back, self.module, self.data, self.sources)

    def built(self) -> Any:
        """Return a new object."""
        with frozen(self.module):
            return self.make()

    def fails(self, layout: str, given: Sizes) -> Exception | None:
        """Return what forward raises on inputs of these shapes; None if it runs and gives finite numbers."""
        try:
            with frozen(self.module):
                layer, arrays = self.make(), self._data(layout, given, 0)
                found = arrays_in(self._call(layer, arrays)) or [kept_output(layer, arrays[0])]
                finite = np.isfinite(np.asarray(found[0], "float64")).all() and np.size(found[0]) > 0
                return None if finite else ValueError("forward gives NaN, infinity or nothing")
        except Exception as problem:
            return problem

    def programs(self, layout: str, given: Sizes) -> Iterator[Program]:
        """Yield a program for each way to call backward, also with the weights that the first call builds."""
        built = self.built()
        grown = self._grows(built, layout, given)
        for warm in (True, False) if grown is None else (grown,):
            make = self._warmed(layout, given) if warm else self.make
            refs: dict[str, Ref] = {n: argument(self._key(n, given)) for n in given}
            for positional, keywords, count in binding.backward(getattr(built, self.back), refs):
                yield self._program(make, layout, given, 0, positional, keywords, count)

    @staticmethod
    def _key(name: str, given: Sizes) -> str:
        """Return the name of an input as a leaf: x if there is one only."""
        return "x" if len(given) == 1 else name

    @staticmethod
    def _data(layout: str, given: Sizes, seed: int) -> list[Any]:
        return [inputs.data(layout, size, seed + 17 * place) for place, size in enumerate(given.values())]

    def _grows(self, built: Any, layout: str, given: Sizes) -> bool | None:
        """Return whether the first call builds the weights; None if both may be."""
        if any(True for _ in walk(built)):
            return False
        layer = copy.deepcopy(built)
        with frozen(self.module):
            self._call(layer, self._data(layout, given, 0))
        return None if any(True for _ in walk(layer)) else False

    def _call(self, layer: Any, arrays: list[Any]) -> Any:
        function = getattr(layer, self.forward)
        return function(*arrays, **dict.fromkeys(binding.flags(function), True))

    def _warmed(self, layout: str, given: Sizes) -> Callable[[], Any]:
        def make() -> Any:
            layer = self.make()
            self._call(layer, self._data(layout, given, 0))
            return layer

        return make

    def _program(
        self, make: Callable[[], Any], layout: str, given: Sizes, seed: int, refs: list[Ref], keywords: dict[str, Ref],
        count: int,
    ) -> Program:  # fmt: skip
        arguments = dict(zip([self._key(n, given) for n in given], self._data(layout, given, seed), strict=True))
        forward, back = self.forward, self.back
        with frozen(self.module):
            built = make()

        def redraw(new: int, samples: int) -> Program:
            sizes = {n: _resized(size, layout, samples, given) for n, size in given.items()}
            return self._program(make, layout, sizes, new, refs, keywords, count)

        first = next(iter(arguments))
        shapes = " and ".join(str(size) for size in given.values())
        inner: list[Ref] = [argument(n) for n in arguments]
        return Program(
            self.name, self.kind, make, arguments,
            [Call(method_of(forward), inner, binding.flags(getattr(built, forward)))],
            [Call(method_of(back), refs, keywords, "backward")],
            output=binding.outputs(count, lambda world: kept_output(world["self"], world["arguments"][first])),
            gradient=_input_gradient, module=self.module, data=self.data, sources=self.sources, redraw=redraw,
            words=(f"{layout} of shape {shapes}",), rate=_rate(built, keywords),
            single=layout.startswith(("one", "list")), batches=True,
        )  # fmt: skip


def _resized(size: tuple[int, ...], layout: str, samples: int, given: Sizes) -> tuple[int, ...]:
    """Return a shape with another number of samples."""
    first = next(iter(given.values()))
    if not samples or layout.startswith(("one", "list")) or len(size) < 2:
        return size
    if layout == "columns":
        return (*size[:-1], samples) if size[-1] == first[-1] else size
    return (samples, *size[1:]) if size[0] == first[0] else size


def _rate(built: Any, keywords: dict[str, Any]) -> float:
    if any(bare(name) in RATES for name in keywords):
        return binding.RATE
    held = {bare(k): v for k, v in getattr(built, "__dict__", {}).items()}
    return next((float(held[r]) for r in RATES if isinstance(held.get(r), int | float) and held[r]), 1.0)


def _input_gradient(world: World) -> Any:
    """Return what backward returned; what it keeps as dinputs is reached through the object."""
    returned = world["backward"]
    if returned is None:
        layer = world["self"]
        for name in (
            "dinputs",
            "dinput",
            "dx",
            "dX",
            "d_input",
            "grad_input",
            "dA_prev",
            "d_inputs",
            "input_grad",
            "dL_dx",
        ):
            value = plain(getattr(layer, name, None))
            if is_array(value):
                return value
        return None
    inner = plain(returned)
    return inner if is_array(inner) else returned

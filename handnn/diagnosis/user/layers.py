"""Layers: classes with forward and backward methods, read without a word from their author."""

import copy
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import binding, inputs
from .calling import Globals, frozen
from .program import Call, Program, arrays_in, is_array
from .protocols import Array
from .source import used_globals
from .words import BACKWARD, FORWARD, INPUTS, RATES, bare
from .world import World, plain, walk

KEPT = ("output", "out", "a", "y", "activations", "activation", "A", "Y", "Z", "z", "outputs", "h", "result", "value")
ZERO = ("zero_grad", "zero_grads", "zero_gradients", "zerograd", "reset_gradients", "reset_grads", "reset_grad", "zeroGrad")
TRAIN_MODES = ("train", "training_mode")
CUES = "wrong"


def method(target: Any, words: list[str] | tuple[str, ...]) -> str | None:
    """Return the first of a class' or object's methods whose normalised name is one of these words."""
    cls = target if inspect.isclass(target) else type(target)
    own = {bare(name).rstrip("_"): name for name in dir(cls) if name == "__call__" or not name.startswith("__")}
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
    error: BaseException | None = None
    built_one = False
    for make in makers:
        prepared = _prepared(make)
        try:
            with frozen(module):
                data.restore()
                built = prepared()
        except Exception as problem:
            error = error or problem
            continue
        built_one = True
        for layout, size in inputs.inputs(built, shape):
            if not _runs(built, forward, inputs.data(layout, size, 0), module):
                continue
            common = _Reading(name, kind, prepared, forward, back, module, data, sources)
            yield from common.programs(built, layout, size)
    if not built_one and error is not None:
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


def _runs(built: Any, forward: str, x: Array, module: ModuleType | None) -> bool:
    """Return whether forward runs on this input and gives finite numbers."""
    try:
        with frozen(module):
            layer = copy.deepcopy(built)
            function = getattr(layer, forward)
            returned = function(*_forward_arguments(function, x), **{k: True for k in _flag_names(function)})
            found = arrays_in(returned) or [kept_output(layer, x)]
            return bool(np.isfinite(np.asarray(found[0], "float64")).all()) and np.size(found[0]) > 0
    except Exception:
        return False


def _forward_arguments(function: Any, x: Any) -> list[Any]:
    needed = [p for p in binding.parameters(function) if p.default is p.empty]
    return [x] if needed or not binding.parameters(function) else [x]


def _flag_names(function: Any) -> list[str]:
    return list(binding.flags(function))


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

    def programs(self, built: Any, layout: str, size: tuple[int, ...]) -> Iterator[Program]:
        """Yield a program for each way to call backward, also with the weights that the first call builds."""
        grown = self._grows(built, layout, size)
        for warm in (False, True) if grown is None else (grown,):
            make = self._warmed(layout, size) if warm else self.make
            given = {self._input_name(built): lambda world: world["arguments"]["x"]}
            for refs, keywords, count in binding.backward(getattr(built, self.back), given):
                yield self._program(make, layout, size, 0, refs, keywords, count)

    def _input_name(self, built: Any) -> str:
        names = [p.name for p in binding.parameters(getattr(built, self.forward))]
        return names[0] if names else "x"

    def _grows(self, built: Any, layout: str, size: tuple[int, ...]) -> bool | None:
        """Return whether the first call builds the weights; None if both may be."""
        before = sum(1 for _ in walk(built))
        if before:
            return False
        layer = copy.deepcopy(built)
        with frozen(self.module):
            self._call(layer, inputs.data(layout, size, 0))
        return None if any(True for _ in walk(layer)) else False

    def _call(self, layer: Any, x: Any) -> Any:
        function = getattr(layer, self.forward)
        return function(x, **{name: True for name in _flag_names(function)})

    def _warmed(self, layout: str, size: tuple[int, ...]) -> Callable[[], Any]:
        def make() -> Any:
            layer = self.make()
            self._call(layer, inputs.data(layout, size, 0))
            return layer

        return make

    def _program(
        self,
        make: Callable[[], Any],
        layout: str,
        size: tuple[int, ...],
        seed: int,
        refs: list[Any],
        keywords: dict[str, Any],
        count: int,
    ) -> Program:
        x = inputs.data(layout, size, seed)
        forward, back = self.forward, self.back
        flagged = {}
        with frozen(self.module):
            built = make()
        flagged = binding.flags(getattr(built, forward))
        words = [f"{layout} of shape {size}"]

        def redraw(new: int, samples: int) -> Program:
            shape = (size if not samples or layout == "one sample" else
                     (*size[:-1], samples) if layout == "columns" else (samples, *size[1:]))  # fmt: skip
            return self._program(make, layout, shape, new, refs, keywords, count)

        return Program(
            self.name, self.kind, make, {"x": x},
            [Call(lambda world: getattr(world["self"], forward), [lambda world: world["arguments"]["x"]], flagged)],
            [Call(lambda world: getattr(world["self"], back), refs, keywords, "backward")],
            output=binding.outputs(count, lambda world: kept_output(world["self"], world["arguments"]["x"])),
            gradient=_input_gradient, module=self.module, data=self.data, sources=self.sources, redraw=redraw,
            words=tuple(words), rate=_rate(built, keywords), single=layout == "one sample",
        )  # fmt: skip


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
        for name in ("dinputs", "dinput", "dx", "dX", "d_input", "grad_input", "dA_prev", "d_inputs", "input_grad", "dL_dx"):
            value = plain(getattr(layer, name, None))
            if is_array(value):
                return value
        grad = getattr(world["arguments"]["x"], "grad", None)
        return grad if is_array(grad) else None
    inner = plain(returned)
    return inner if is_array(inner) else returned


__all__ = ["INPUTS", "kept_output", "method", "readings"]

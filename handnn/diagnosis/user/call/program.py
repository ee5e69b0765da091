"""A reading of a user's program: which calls it makes, with what, and where the loss and the output come from."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ...lines.record.recorder import RECORDER, Catch
from ..protocols import Array
from ..source.words import RATES, bare
from .calling import Globals, frozen, watched
from .world import Path as Place
from .world import World, plain

Ref = Callable[[World], Any]
COUNTS = "handnn_counts"
"""Where a copy of a file has the names of numbers of samples that the file takes from its own data."""


class Several(list[Any]):
    """The outputs of a program that computes one for each sample."""


def argument(name: str) -> Ref:
    """Return a reference to an argument."""
    return lambda world: world["arguments"][name]


def constant(value: Any) -> Ref:
    """Return a reference to a value."""
    return lambda world: value


def method_of(name: str) -> Ref:
    """Return a reference to a method of the object."""
    return lambda world: getattr(world["self"], name)


class Rate(float):
    """The rate that a user's steps are given: a call passes on that of the program in its place."""


@dataclass(frozen=True)
class Call:
    """One call of a user's function. `function` and the arguments are looked up in the world when it is made."""

    function: Ref
    arguments: Sequence[Ref] = ()
    keywords: Mapping[str, Ref] = field(default_factory=dict)
    into: str = "forward"

    def __call__(self, world: World) -> None:
        given = [_passed(ref(world), world) for ref in self.arguments]
        named = {k: _passed(ref(world), world) for k, ref in self.keywords.items()}
        function = self.function(world)
        if named.keys() & set(_names(function)[: len(given)]):  # train(X, rate, y)
            free = [name for name in _names(function) if name not in named]
            given, named = [], dict(zip(free, given, strict=False)) | named
        world[self.into] = function(*given, **named)


def _names(function: Any) -> list[str]:
    """Return the names of a function's arguments, without self of a method."""
    code = getattr(function, "__code__", None)
    names = list(code.co_varnames[: code.co_argcount]) if code is not None else []
    return names[1:] if getattr(function, "__self__", None) is not None else names


def _passed(value: Any, world: World) -> Any:
    return world.get("rate", 1.0) if type(value) is Rate else value


@dataclass
class Program:
    """Calls that make the forward part and the backward part, and what they begin with.

    Attributes:
        name, kind: of the subject.
        make: builds the user's object; None for functions.
        arguments: arrays and containers by argument name, copied for every run.
        passive: arguments that no derivative is taken by, such as labels.
        forward, backward: the calls. Networks in one function have no backward calls.
        loss: finds the loss in the world; None for sum(output * U).
        output: finds the forward output, or a tuple of outputs, in the world.
        gradient: turns what backward returned into the derivative (an activation's f'(z) into U f'(z)).
        watch: qualified names of functions whose results are wanted; with any, also the locals of the last call.
        redraw: makes the same reading of other data, from a seed and a number of samples.
        deeper: makes the programs of the same network with one layer more, where the number of layers is open.
        words: what was assumed.
        rate: by which the program multiplies the gradients in its own steps. rates: constants that may be it, if its
            name does not say so.
        grown: whether a first call made the weights of its object.
        by_steps: whether the gradients are what the weights are moved by, wherever else they may be.
        plain: arguments that are moved by their gradients, times a rate that is given: by nothing else are they judged.
        moved_by: what moves weights is made of, if that is more than their gradients: these are judged then.
        slots: what such rules keep from one step to the next: no gradients.
        caught: by the name of a variable of a loop the site of its values, which the world has under "visits".
        wide: whether weights are drawn in different sizes, so that margins are met on both sides.
        given_rate: what its calls are given for a rate.
        returned: names of the parts of what the last step returns, as its source has them.
        names: names for places, such as those that a function unpacks its parameters into.
        single: it is read for one sample; a reading for many that is as right is preferred, and if `batches`, that its
            source has a number of samples in mind, any reading for many.
        variants: losses that may be meant, with words, if none is in the file, in groups of one loss in several
            scalings; `loss` is the first.
        inputs: arguments that are data, of which no derivative is missed. weights: those that are weights, or numbers.
    """

    name: str
    kind: str
    make: Callable[[], Any] | None
    arguments: dict[str, Any]
    forward: list[Call]
    backward: list[Call] = field(default_factory=list)
    loss: Callable[[World], Any] | None = None
    output: Callable[[World], Any] = lambda world: first_array(world.get("forward"))
    gradient: Callable[[World], Any] | None = None
    passive: frozenset[str] = frozenset()
    watch: frozenset[str] = frozenset()
    module: ModuleType | None = None
    data: Globals = field(default_factory=lambda: Globals(None, []))
    sources: tuple[Path, ...] = ()
    redraw: Callable[[int, int], "Program"] | None = None
    deeper: Callable[[], "Iterator[Program]"] | None = None
    words: tuple[str, ...] = ()
    rate: float | None = None
    rates: tuple[float, ...] = ()
    given_rate: float = 1.0
    single: bool = False
    batches: bool = False
    inputs: frozenset[str] = frozenset()
    weights: frozenset[str] = frozenset()
    variants: tuple[tuple[tuple[str, Ref], ...], ...] = ()
    names: dict[Place, str] = field(default_factory=dict)
    guessed: bool = False
    grown: bool = False
    by_steps: bool = False
    plain: frozenset[str] = frozenset()
    moved_by: dict[str, set[str]] = field(default_factory=dict)
    slots: set[str] = field(default_factory=set)
    caught: dict[str, int] = field(default_factory=dict)
    wide: bool = False
    returned: tuple[str, ...] = ()

    def build(self) -> World:
        """Return a fresh world, before any call."""
        alone = self.make is None and self.kind == "network"  # functions that use objects of the module
        world: World = {
            "module": self.data.restore(),
            "data": [*self.data.kept, *(self.data.objects if alone else ())],
            "compute": lambda function, *arguments: function(*arguments),
            "rate": self.given_rate,
        }
        counted = world["module"].get(COUNTS, ())
        world["module"].update(dict.fromkeys(counted, samples_of(self) if counted else 1))
        memo: dict[int, Any] = {}
        world["arguments"] = {name: copy.deepcopy(value, memo) for name, value in self.arguments.items()}
        if self.make is not None:
            world["self"] = self.make()
        return world

    def ran(self, arguments: Mapping[str, Any], upstream: Any = None) -> World:
        """Return the world after it ran on other arguments; with a gradient from above also its way back."""
        with frozen(self.module):
            world = self.build()
            world["arguments"] |= arguments
            self.go_forward(world)
            world["output"] = plain(self.output(world))
            if upstream is not None:
                world["upstream"] = [np.reshape(upstream, np.shape(world["output"]))]
                self.go_backward(world)
            return world

    def with_rate(self, factor: float) -> "Program":
        """Return the program with another rate, a factor times its own, wherever it is given or kept."""

        def scaled(ref: Ref) -> Ref:
            return lambda world: factor * ref(world)

        def with_own(calls: list[Call]) -> list[Call]:
            named = (
                {k: scaled(ref) if bare(k) in RATES else ref for k, ref in call.keywords.items()} for call in calls
            )
            return [replace(call, keywords=words) for call, words in zip(calls, named, strict=True)]

        def build() -> Any:
            built = self.make() if self.make is not None else None
            held = {n: v for n, v in getattr(built, "__dict__", {}).items() if isinstance(v, int | float)}
            rates = [n for n in held if bare(n) in RATES]
            for name in [n for n in rates if bare(n) != "alpha"] or rates:  # beside a rate alpha is another number
                setattr(built, name, factor * held[name])
            return built

        given = {n: factor * v if bare(n) in RATES and isinstance(v, float) else v for n, v in self.arguments.items()}
        make = None if self.make is None else build
        return replace(
            self, make=make, arguments=given, forward=with_own(self.forward), backward=with_own(self.backward)
        )

    def go_forward(self, world: World) -> None:
        """Make the forward calls."""
        self._go(self.forward, world)

    def go_backward(self, world: World) -> None:
        """Make the backward calls, and turn what they returned into derivatives."""
        self._go(self.backward, world)
        if self.gradient is not None:
            world["backward"] = self.gradient(world)

    def _go(self, calls: list[Call], world: World) -> None:
        visits = {name: world.setdefault("visits", {}).setdefault(name, []) for name in self.caught}
        with RECORDER.planning({site: Catch(visits[name]) for name, site in self.caught.items()}):
            self._call(calls, world)

    def _call(self, calls: list[Call], world: World) -> None:
        if not self.watch:
            for call in calls:
                call(world)
            return
        with watched(set(self.watch), {str(path) for path in self.sources}) as kept:
            for call in calls:
                call(world)
        world["watched"] = kept
        world["locals"] = kept.get("", {})


def samples_of(program: Program) -> int:
    """Return the number of samples: the length of the labels, or the size that they, or two arrays, share with x."""
    if program.single:
        return 1
    shape_of = {n: np.shape(v) for n, v in program.arguments.items() if isinstance(v, np.ndarray)}
    labels = [shape_of.get(n, ()) for n in sorted(program.passive)]
    data = [shape_of.get(n, ()) for n in sorted(program.inputs)]
    pairs = [(one, x) for x in data for one in labels if one]
    shapes = [np.shape(v) for v in program.arguments.values() if is_array(v)]
    pairs += [(shapes[-2], shapes[-1])] if shapes[1:] else []
    return int(next((n for first, second in pairs for n in first if n in second), 1))


def arrays_in(value: Any) -> list[Array]:
    """Return the float arrays at the top of what a function returned, in order."""
    value = plain(value)
    if isinstance(value, tuple | list):
        parts = [plain(part) for part in value]
        return [part for part in parts if is_array(part)]
    return [value] if is_array(value) else []


def first_array(value: Any) -> Any:
    """Return the first float array of what a function returned, or the value itself if it is a number.

    Raises:
        ValueError: there is none.
    """
    value = plain(value)
    if isinstance(value, tuple | list) and value:
        if isinstance(value, list) and not is_array(plain(value[0])):
            return np.asarray(value, "float64")
        return first_array(value[0])
    if is_array(value) or isinstance(value, float | int | np.generic):
        return value
    kind = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
    raise ValueError(
        "it returns None: is a `return` missing?" if value is None else f"it returns {kind}, not real numbers"
    )


def is_array(value: Any) -> bool:
    """Return whether a value is a NumPy array of real numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiub"


def scalar(value: Any) -> Any:
    """Return a loss as a number; arrays of losses are summed.

    Raises:
        ValueError: it is no number.
    """
    array = np.asarray(plain(value))
    if array.dtype.kind not in "fciu":
        raise ValueError(f"the loss must be a number; received {type(value).__name__}")
    return array.reshape(()).item() if array.size == 1 else array.sum().item()

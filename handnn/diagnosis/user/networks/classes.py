"""Networks as classes: their weights are inside, their methods take data and labels."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from ..call import binding
from ..call.binding import RATE
from ..call.calling import Globals, frozen
from ..call.program import Call, Program, Ref, argument, constant, method_of
from ..call.world import World, plain
from ..layers.objects import method
from ..source.directive import Directive
from ..source.syntax import for_batches, used_globals
from ..source.words import BACKWARD, FORWARD, PREDICTED, RATES, TRAIN, TRAINING, UPSTREAM, VALUE, bare
from .data import data_readings
from .roles import ONCE, Tries, role_of

SUMMARY = re.compile("predict|accuracy|score|numer|check|save|load|plot|evaluate", re.IGNORECASE)


def is_network(cls: Any) -> bool:
    """Return whether a class is a network: a method besides the constructor takes data and labels."""
    return bool(_pair_methods(cls)) or _separate(cls) is not None


def _arguments(cls: Any, name: str) -> list[Any]:
    found = binding.parameters(getattr(cls, name))
    static = isinstance(vars(cls).get(name), staticmethod | classmethod)
    return found if static or not found else found[1:]


def _roles(cls: Any, name: str) -> dict[str, str]:
    needed = [p for p in _arguments(cls, name) if p.default is p.empty or bare(p.name) in ("y", "t", "labels")]
    return {p.name: role_of(p.name, [q.name for q in needed]) for p in needed}


def _pair_methods(cls: Any) -> list[str]:
    """Return the methods that take data and labels and that may compute gradients, the most likely first."""
    found = []
    for words in (VALUE, BACKWARD, TRAIN):
        for name in dir(cls):
            if name.startswith("__") or SUMMARY.search(name) or not callable(getattr(cls, name, None)):
                continue
            known = bare(name).strip("_")
            backs = "backprop|gradients?$|backward|(cost|loss).*(prime|deriv|grad)"
            close = known in words or (words is BACKWARD and re.search(backs, known)) or (
                words is TRAIN and re.match("train|fit|learn|update", known))  # fmt: skip
            roles = set(_roles(cls, name).values())
            if close and {"x", "y"} <= roles and name not in found:
                found.append(name)
    return found


def _separate(cls: Any) -> tuple[str, str] | None:
    """Return the forward method, and the backward method that takes labels (or what the loss gave)."""
    forward = method(cls, FORWARD)
    back = method(cls, [w for w in BACKWARD if forward is None or w != bare(forward)])
    if forward is None or back is None or forward == back:
        return None
    roles = _roles(cls, back)
    first = next(iter(roles), "")
    labels = "y" in roles.values() and not (len(roles) == 1 and bare(first) in (*UPSTREAM, "d"))
    return (
        (forward, back)
        if labels and list(_roles(cls, forward).values())[:1] in (["x"], ["container"], ["setting"], ["y"])
        else None
    )


def readings(
    target: Any,
    name: str,
    makers: Iterator[Callable[[], Any]],
    module: ModuleType | None,
    sources: tuple[Path, ...],
    directive: Directive | None = None,
    loss: str | None = None,
) -> Iterator[Program]:
    """Yield the readings of a network class.

    Raises:
        TypeError: it has no methods that take data and labels.
    """
    cls = target if isinstance(target, type) else type(target)
    pairs, separate = _pair_methods(cls), _separate(cls)
    if not pairs and separate is None:
        raise TypeError(f"a network needs a method that takes data and labels; {name} has none that is known")
    reference = loss or (directive.words[-1] if directive and directive.words else None)
    data = Globals(module, used_globals(module) if module else [])
    error: BaseException | None = None
    built_one, tries = False, Tries()
    for made in makers:
        make = _once(made)
        try:
            with frozen(module):
                data.restore()
                built = make()
        except Exception as problem:
            error = error or problem
            continue
        built_one = True
        common = _Network(
            cls, name, make, module, data, sources, built, reference, directive.widths if directive else None
        )
        value = next((n for n in dir(cls) if bare(n).strip("_") in VALUE and callable(getattr(cls, n))), None)
        for pair in pairs:
            if bare(pair) not in VALUE or separate is None:
                yield from tries(common.one(pair, value))
        if separate is not None:
            yield from tries(common.several(*separate, value))
    tries.tell()
    if not built_one and error is not None:
        raise error


def _once(make: Callable[[], Any]) -> Callable[[], Any]:
    """Return a maker of objects that make one pass only: numbers of epochs that they keep are set to 1."""

    def build() -> Any:
        built = make()
        for name, value in list(getattr(built, "__dict__", {}).items()):
            if (
                isinstance(value, int)
                and not isinstance(value, bool)
                and value > 1
                and ONCE.fullmatch(name.strip("_").lower())
            ):
                setattr(built, name, 1)
        return built

    return build


class _Network:
    """What the readings of one network class have in common."""

    def __init__(
        self, cls: Any, name: str, make: Callable[[], Any], module: ModuleType | None, data: Globals,
        sources: tuple[Path, ...], built: Any, reference: str | None, widths: list[int] | None,
    ) -> None:  # fmt: skip
        self.cls, self.name, self.make, self.module, self.data, self.sources = cls, name, make, module, data, sources
        self.built, self.reference, self.widths = built, reference, widths
        shapes = [p.default for p in binding.parameters(cls) if isinstance(p.default, tuple) and len(p.default) == 3]
        self.image = next((s for s in shapes if all(isinstance(n, int) for n in s)), None)

    def one(self, pair: str, value: str | None) -> Iterator[Program]:
        """Yield readings in which one method computes everything."""
        roles = _roles(self.cls, pair)

        def program(arguments: dict[str, Any]) -> Program:
            call = Call(method_of(pair), self._refs(pair, roles), self._keywords(pair))
            return self._program(arguments, [call], [], roles, (pair,))

        forward = method(self.cls, FORWARD)
        qualified = [self._qualified(n) if n and n != pair else "" for n in (forward, value)]
        yield from self._data(program, roles, *qualified)

    def several(self, forward: str, back: str, value: str | None) -> Iterator[Program]:
        """Yield readings with a forward method, a loss method if there is one, and a backward method."""
        names = [n for n in (forward, value, back) if n]
        roles = {k: v for n in reversed(names) for k, v in _roles(self.cls, n).items()}
        inner = next(iter(_roles(self.cls, forward)), None)
        if inner is not None and roles[inner] != "x":
            roles[inner] = "x"
        for with_value in (True, False) if value and value != forward else (False,):

            def program(arguments: dict[str, Any], with_value: bool = with_value) -> Program:
                calls = [Call(method_of(forward), self._refs(forward, roles), self._keywords(forward))]
                if with_value:
                    calls.append(Call(method_of(str(value)), self._refs(str(value), roles), {}, "value"))
                last = Call(method_of(back), self._refs(back, roles), self._keywords(back), "backward")
                return self._program(arguments, calls, [last], roles, (forward, back))

            yield from self._data(program, roles, self._qualified(forward), "")

    def _data(self, program: Any, roles: dict[str, str], forward: str, value: str) -> Iterator[Program]:
        holder: Any = self.built
        if self.image is not None:
            yield from data_readings(program, roles, holder, self.reference, forward, value, self.widths, self.image)
        else:
            yield from data_readings(program, roles, holder, self.reference, forward, value, self.widths)

    def _program(
        self,
        arguments: dict[str, Any],
        forward: list[Call],
        back: list[Call],
        roles: dict[str, str],
        methods: tuple[str, ...],
    ) -> Program:
        held = {bare(k): v for k, v in getattr(self.built, "__dict__", {}).items()}
        rate = next((float(held[r]) for r in RATES if isinstance(held.get(r), int | float) and held[r]), None)
        functions = [getattr(self.cls, n) for n in methods]
        if any(bare(p.name) in RATES for f in functions for p in binding.parameters(f)):
            rate = RATE
        inputs = frozenset(n for n, role in roles.items() if role in ("x", "state"))
        return Program(
            self.name, "network", self.make, arguments, forward, back, passive=frozenset(roles) - inputs,
            module=self.module, data=self.data, sources=self.sources, rate=rate, inputs=inputs,
            batches=any(for_batches(f) for f in functions),
        )  # fmt: skip

    def _qualified(self, name: str) -> str:
        return str(getattr(getattr(self.cls, name), "__qualname__", name))

    def _refs(self, name: str, roles: dict[str, str]) -> list[Ref]:
        refs: list[Ref] = []
        for own in _roles(self.cls, name):
            role = roles.get(own, "setting")
            if role in ("output", "cache") or (role == "setting" and bare(own) in PREDICTED):
                refs.append(_returned)
            elif role == "flag":
                refs.append(constant(True))
            else:
                refs.append(argument(own))
        return refs

    def _keywords(self, name: str) -> dict[str, Ref]:
        found: dict[str, Ref] = {}
        for p in _arguments(self.cls, name):
            if p.default is p.empty:
                continue
            if bare(p.name) in RATES:
                found[p.name] = constant(RATE)
            elif bare(p.name) in TRAINING:
                found[p.name] = constant(True)
            elif ONCE.fullmatch(p.name.lower()):
                found[p.name] = constant(1)
            elif bare(p.name) in ("batchsize", "minibatchsize"):
                found[p.name] = constant(6)
        return found


def _returned(world: World) -> Any:
    """Return what forward returned, without its cache; the output that the object keeps if it returned nothing."""
    returned = plain(world["forward"])
    if isinstance(returned, tuple) and returned:
        return returned[0]
    if returned is None:
        from ..layers.objects import kept_output

        return kept_output(world["self"])
    return returned

"""Networks: functions that return a loss and gradients, or forward, cost and backward functions that go together."""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from . import binding, parameters
from .directive import Directive
from .functions import Context, lookup
from .making import HIDDEN, IN, OUT
from .network_data import data_readings
from .network_loss import output_of, returned_item, with_loss
from .network_roles import ONCE, Tries, needed_by, role_of, sample_count, setting
from .parameters import Layout
from .program import Call, Program, Ref, argument, constant
from .syntax import for_batches, keys, returned_names, unpacked
from .words import RATES, bare, is_bias
from .world import Path as Place


class Parts(NamedTuple):
    """The functions of a network, in the order in which they are called; only `main` if it does everything."""

    main: Any
    value: Any = None
    backward: Any = None


WIDE = 12
"""Widths above this are made smaller where the code allows it."""


def of_functions(
    name: str, parts: Parts, directive: Directive | None, context: Context, loss: str | None = None
) -> Iterator[Program]:
    """Yield the readings of a network that is one function, or forward, cost and backward functions."""
    everything = [part for part in parts if part is not None]
    required = {p.name: function for function in reversed(everything) for p in needed_by(function)}
    roles = {n: role_of(n, list(required)) for n in required}
    if (
        directive is not None
        and len(parts[:1])
        and len(needed_by(parts.main)) == 3
        and not {"x", "y"} <= {*roles.values()}
    ):
        roles = dict(zip([p.name for p in needed_by(parts.main)], ("container", "x", "y"), strict=True))
    rest = [n for n, role in roles.items() if role not in ("x", "y")]
    if directive is not None and len(rest) == 1 and len(roles) == 3 and roles[rest[0]] != "weight":
        roles[rest[0]] = "container"
    if not {"container", "weight"} & set(roles.values()):
        yield from _weights_elsewhere(name, parts, roles, directive, context, loss)
        return
    options = dict(directive.options) if directive else {}
    reference = loss or (directive.words[-1] if directive and directive.words else None)
    container = next((n for n, r in roles.items() if r == "container"), None)
    separate = [n for f in everything for n in (p.name for p in needed_by(f)) if roles[n] == "weight"]
    separate = list(dict.fromkeys(separate))
    main = required[container] if container else parts.main
    unpack = unpacked(main, container) if container else []
    found = list(dict.fromkeys(k for f in everything for k in keys(f, container, context.module))) if container else []
    tries = Tries()
    for widths in _widths(directive, separate or unpack or found, container in ("W", "w", "theta", "beta")):
        known = separate or unpack or [k for k in found if k[-1:] != "*"]
        with_bias = any(is_bias(n) for n in (*known, *found)) if known or found else None
        for layout in parameters.layouts(options, with_bias, True):
            for form in ["separate"] if separate else _forms(found, unpack, options):
                given = (separate, container, unpack, found)
                yield from tries(_reading(name, parts, roles, widths, layout, form, given, context, reference, 0, 0))
    tries.tell()


def _forms(found: list[str], unpack: list[str], options: dict[str, Any]) -> list[str]:
    if "parameters" in options:
        return [{"flat": "vector"}.get(str(options["parameters"]), str(options["parameters"]))]
    if found:
        return ["dict"]
    return ["list"] if unpack else ["list", "array", "vector", "pairs", "lists", "tuple"]


def _smaller(widths: list[int]) -> Iterator[list[int]]:
    """Yield small widths in the place of large ones, equal where those are equal: nothing is proved by size."""
    if max(widths) > WIDE:
        free = (n for n in (5, 6, 7, 4, 8, 3, 9, 10, 11, 12) if n not in widths)
        small = {width: next(free) for width in dict.fromkeys(widths) if width > WIDE}
        yield [small.get(width, width) for width in widths]


def _widths(directive: Directive | None, names: list[str], one_array: bool = False) -> Iterator[list[int]]:
    if directive is not None and directive.widths:
        yield from _smaller(directive.widths)
        yield directive.widths
        return
    stars = any(name.endswith("*") for name in names)
    layers = 0 if stars else sum(not is_bias(n) and not n.lower().startswith("d") for n in names)
    single = one_array and not stars
    for count in [layers] if 0 < layers < 6 else [1, 2, 3] if single else [2, 1, 3]:
        for last in (OUT, 1):
            yield [IN, *(HIDDEN + i for i in range(count - 1)), last][: count + 1]


def _reading(
    name: str, parts: Parts, roles: dict[str, str], widths: list[int], layout: Layout, form: str,
    given: tuple[list[str], str | None, list[str], list[str]], context: Context, reference: str | None, seed: int,
    samples: int,
) -> Iterator[Program]:  # fmt: skip
    """Yield the programs of one layout; several where the loss is not in the file."""
    separate, container, unpack, found = given
    x, y = parameters.network_data(widths, layout, seed, sample_count(widths, samples))
    arguments: dict[str, Any] = {}
    places: dict[Place, str] = {}
    names = separate or unpack or parameters.default_names(widths, layout)
    if form == "dict":
        bare_keys = {bare(k) for k in found}
        names = parameters.keyed(found, widths, layout) or names
        if {"weights", "biases"} <= bare_keys or ({"w", "b"} == bare_keys & {"w", "b"} and len(widths) > 2):
            weights, biases = parameters.packed(
                parameters.arrays(widths, parameters.default_names(widths, layout), layout, seed), "lists"
            )
            arguments[container or ""] = {
                next(k for k in found if is_bias(k)): biases,
                next(k for k in found if not is_bias(k)): weights,
            }
    if form == "array" and len(names) > 1:
        return
    values = parameters.arrays(widths, names, layout, seed)
    if form == "separate":
        arguments |= values
    elif container not in arguments:
        arguments[container or ""] = next(iter(values.values())) if form == "array" else parameters.packed(values, form)
        if form == "list":
            places = {(("[", "arguments"), ("[", container), ("[", i)): n for i, n in enumerate(names)}
    for n, role in roles.items():
        if role in ("x", "y"):
            arguments[n] = x if role == "x" else y
        elif role in ("setting", "rate", "once"):
            arguments[n] = binding.RATE if role == "rate" else 1 if role == "once" else setting(n, widths)

    def again(number: int) -> Callable[[int, int], Program]:
        def redraw(new: int, count: int) -> Program:
            made = _reading(name, parts, roles, widths, layout, form, given, context, reference, new, count)
            return next(itertools.islice(made, number, None))

        return redraw

    for number, program in enumerate(_with_loss(_program(name, parts, roles, arguments, context), roles, reference)):
        program.names, program.single, program.redraw = places, layout.samples.startswith("one"), again(number)
        program.words = (layout.words, *program.words)
        yield program


def _program(name: str, parts: Parts, roles: dict[str, str], arguments: dict[str, Any], context: Context) -> Program:
    returned = returned_names(parts.main) if parts.backward is not None else []

    def refs(function: Any) -> tuple[list[Ref], dict[str, Ref]]:
        positional: list[Ref] = []
        for p in needed_by(function):
            role = roles.get(p.name) or role_of(p.name, list(roles))
            if role == "cache":
                positional.append(lambda world: binding.cache(world | {"output": 0.0}))
            elif p.name in returned and function is not parts.main and role not in ("x", "y"):
                positional.append(returned_item(returned.index(p.name)))
            elif role == "output":
                positional.append(output_of)
            elif role == "flag":
                positional.append(constant(True))
            else:
                positional.append(argument(p.name))
        keywords: dict[str, Ref] = {}
        for p in binding.parameters(function):
            if p.default is not p.empty and ONCE.fullmatch(p.name.lower()):
                keywords[p.name] = constant(1)
            elif p.default is not p.empty and bare(p.name) in RATES:
                keywords[p.name] = constant(binding.RATE)
            elif p.default is not p.empty and isinstance(p.default, bool) and re.search("print|verbose|plot", p.name):
                keywords[p.name] = constant(False)
        return positional, keywords

    forward = [Call(lookup(parts.main), *refs(parts.main))]
    if parts.value is not None:
        forward.append(Call(lookup(parts.value), *refs(parts.value), into="value"))
    backward = [] if parts.backward is None else [Call(lookup(parts.backward), *refs(parts.backward), into="backward")]
    data = frozenset(n for n, role in roles.items() if role in ("x", "state"))
    everything = [part for part in parts if part is not None]
    passive = frozenset(n for n, role in roles.items() if role in ("y", "setting", "rate", "once"))
    return Program(
        name, "network", context.make, arguments, forward, backward, loss=None, passive=passive, module=context.module,
        data=context.data, sources=context.sources, rate=binding.RATE if _has_rate(parts) else None, inputs=data,
        batches=any(for_batches(function) for function in everything),
    )  # fmt: skip


def _has_rate(parts: Parts) -> bool:
    return any(bare(p.name) in RATES for part in parts if part is not None for p in binding.parameters(part))


def _with_loss(program: Program, roles: dict[str, str], reference: str | None) -> Iterator[Program]:
    """Yield the program with the loss that it returns or computes; else with those that it may mean.

    Raises:
        Whatever the user's code raises.
    """
    y_name = next((n for n, role in roles.items() if role == "y"), None)
    yield from with_loss(program, argument(y_name) if y_name else None, reference)


def _weights_elsewhere(
    name: str, parts: Parts, roles: dict[str, str], directive: Directive | None, context: Context, loss: str | None
) -> Iterator[Program]:
    """Yield the readings of functions whose weights are global variables."""
    reference = loss or (directive.words[-1] if directive and directive.words else None)
    yield from data_readings(
        lambda arguments: _program(name, parts, roles, arguments, context), roles, context.data.kept, reference
    )

"""Networks: functions that return a loss and gradients, or forward, cost and backward functions that go together."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from . import binding, losses, parameters
from .calling import frozen
from .directive import Directive
from .functions import Context, lookup
from .inputs import widths as sizes_of
from .making import HIDDEN, IN, OUT, _rule
from .parameters import Layout
from .program import Call, Program, Ref, argument, constant, is_array, scalar
from .source import for_batches, keys, returned_names, unpacked
from .words import CACHE, CONTAINERS, INPUTS, LABELS, PREDICTED, RATES, TRAINING, VALUE, bare, is_bias, is_weight
from .world import Path as Place
from .world import World, plain

LOSS_KEYS = ("loss", "cost", "l", "j", "error", "totalloss", "loss_value", "err", "mse", "e", "totalcost", "c")
OUTPUTS = ("output", "out", "ypred", "yhat", "al", "a3", "a2", "o", "probs", "p", "a", "pred", "prediction", "outputs", "y", "ao",
           "finaloutputs", "predictedoutput", "layer2", "l2", "scores", "h", "hypothesis", "a1", "activation")  # fmt: skip
ONCE = re.compile(r"(n_?|num_?|max_?)?(epochs?|iter(ation)?s?|steps)")


class Tries:
    """Passes readings on and swallows what those raise that do not fit; `tell` raises the first if none did."""

    def __init__(self) -> None:
        self.first: Exception | None = None
        self.any = False

    def __call__(self, readings: Iterator[Program]) -> Iterator[Program]:
        try:
            for program in readings:
                self.any = True
                yield program
        except Exception as error:  # a user's code may raise anything
            self.first = self.first or error

    def tell(self) -> None:
        """Raise what the first reading raised, if there was none that runs."""
        if not self.any and self.first is not None:
            raise self.first


class Parts(NamedTuple):
    """The functions of a network, in the order in which they are called; only `main` if it does everything."""

    main: Any
    value: Any = None
    backward: Any = None


def of_functions(
    name: str, parts: Parts, directive: Directive | None, context: Context, loss: str | None = None
) -> Iterator[Program]:
    """Yield the readings of a network that is one function, or forward, cost and backward functions."""
    everything = [part for part in parts if part is not None]
    required = {p.name: function for function in reversed(everything) for p in _needed(function)}
    roles = {n: _role(n, list(required)) for n in required}
    if directive is not None and len(parts[:1]) and len(_needed(parts.main)) == 3 and "x" not in roles.values():
        roles = dict(zip([p.name for p in _needed(parts.main)], ("container", "x", "y"), strict=True))
    if not {"container", "weight"} & set(roles.values()):
        yield from _weights_elsewhere(name, parts, roles, directive, context, loss)
        return
    options = dict(directive.options) if directive else {}
    reference = loss or (directive.words[-1] if directive and directive.words else None)
    container = next((n for n, r in roles.items() if r == "container"), None)
    separate = [n for f in everything for n in (p.name for p in _needed(f)) if roles[n] == "weight"]
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


def _needed(function: Any) -> list[Any]:
    return [p for p in binding.parameters(function) if p.default is p.empty or bare(p.name) in ("y", "labels")]


def _role(name: str, names: list[str]) -> str:
    """Return what an argument of a network's function is."""
    own, others = bare(name), {bare(n) for n in names if n != name}
    if own in RATES:
        return "rate"
    if own in TRAINING:
        return "flag"
    if ONCE.fullmatch(name.lower()):
        return "once"
    if own in ("x", "inputs", "input", "data", "img", "image") or (own in INPUTS and not is_weight(name)):
        return "x"
    if own in CACHE:
        return "cache"
    if own in CONTAINERS and not any(n != name and is_weight(n) for n in names):
        return "container"
    if is_weight(name) and own not in ("v", "u"):
        return "weight"
    if own in LABELS and not (own == "y" and others & {"t", "d", "target", "targets", "label", "labels", "ytrue"}):
        return "y"
    if own in PREDICTED or own == "y" or re.fullmatch(r"(al|a\d|h\d|z\d|yhat|output\d?)", own):
        return "output"
    if own in ("hprev", "hprevious", "h0"):
        return "state"
    return "setting"


def _forms(found: list[str], unpack: list[str], options: dict[str, Any]) -> list[str]:
    if "parameters" in options:
        return [{"flat": "vector"}.get(str(options["parameters"]), str(options["parameters"]))]
    if found:
        return ["dict"]
    return ["list"] if unpack else ["list", "array", "vector", "pairs", "lists", "tuple"]


def _widths(directive: Directive | None, names: list[str], one_array: bool = False) -> Iterator[list[int]]:
    if directive is not None and directive.widths:
        yield directive.widths
        return
    stars = any(name.endswith("*") for name in names)
    layers = 0 if stars else sum(not is_bias(n) and not n.lower().startswith("d") for n in names)
    single = one_array and not stars
    for count in [layers] if 0 < layers < 6 else [1, 2, 3] if single else [2, 1, 3]:
        for last in (OUT, 1):
            yield [IN, *(HIDDEN + i for i in range(count - 1)), last][: count + 1]


def _samples(widths: list[int], wanted: int) -> int:
    return wanted if wanted else next(n for n in (6, 7, 8, 9, 10, 11, 12) if n not in widths)


def _reading(
    name: str, parts: Parts, roles: dict[str, str], widths: list[int], layout: Layout, form: str,
    given: tuple[list[str], str | None, list[str], list[str]], context: Context, reference: str | None, seed: int, samples: int,
) -> Iterator[Program]:  # fmt: skip
    """Yield the programs of one layout; several where the loss is not in the file."""
    separate, container, unpack, found = given
    x, y = parameters.network_data(widths, layout, seed, _samples(widths, samples))
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
            arguments[n] = binding.RATE if role == "rate" else 1 if role == "once" else _setting(n, widths)

    def again(number: int) -> Callable[[int, int], Program]:
        def redraw(new: int, count: int) -> Program:
            made = _reading(name, parts, roles, widths, layout, form, given, context, reference, new, count)
            return next(itertools.islice(made, number, None))

        return redraw

    for number, program in enumerate(_with_loss(_program(name, parts, roles, arguments, context), roles, reference)):
        program.names, program.single, program.redraw = places, layout.samples.startswith("one"), again(number)
        program.words = (layout.words, *program.words)
        yield program


def _setting(name: str, widths: list[int]) -> Any:
    """Return a number for what is neither data nor weights: sizes, a penalty, layer sizes."""
    own = bare(name)
    if own in ("lambd", "lambda", "reg", "l2", "lam", "regularization", "regstrength", "weightdecay"):
        return 0.1
    if own in ("m", "n", "numsamples", "batchsize"):
        return 6
    if own in ("keepprob",):
        return 0.8
    if re.search("label|class|output|^k$", own):
        return widths[-1]
    if re.search("hid", own):
        return widths[1]
    if re.search("activ|verbose|print|debug", own):
        return False if "act" not in own else "tanh"
    if re.search("layers?dims|dims|sizes|layersizes", own):
        return list(widths)
    return widths[0] if re.search("in", own) else (_rule(name) or (1.0,))[0]


def _program(name: str, parts: Parts, roles: dict[str, str], arguments: dict[str, Any], context: Context) -> Program:
    returned = returned_names(parts.main) if parts.backward is not None else []

    def refs(function: Any) -> tuple[list[Ref], dict[str, Ref]]:
        positional: list[Ref] = []
        for p in _needed(function):
            role = roles.get(p.name) or _role(p.name, list(roles))
            if role == "cache":
                positional.append(lambda world: binding.cache(world | {"output": 0.0}))
            elif p.name in returned and function is not parts.main and role not in ("x", "y"):
                positional.append(_returned_item(returned.index(p.name)))
            elif role == "output":
                positional.append(_output)
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


def _returned_item(index: int) -> Ref:
    return lambda world: world["forward"][index]


def _output(world: World) -> Any:
    """Return the network's output: the first array that forward returned."""
    returned = plain(world["forward"])
    if isinstance(returned, tuple | list) and returned and not is_array(returned):
        return plain(returned[-1] if isinstance(returned, list) else returned[0])
    return returned


# ---- the loss --------------------------------------------------------------------------------------------------------


def _with_loss(program: Program, roles: dict[str, str], reference: str | None) -> Iterator[Program]:
    """Yield the program with the loss that it returns or computes; else with those that it may mean.

    Raises:
        Whatever the user's code raises.
    """
    y_name = next((n for n, role in roles.items() if role == "y"), None)
    yield from with_loss(program, argument(y_name) if y_name else None, reference)


def with_loss(
    program: Program, target: Ref | None, reference: str | None, forward: str = "", value: str = ""
) -> Iterator[Program]:
    """Yield the program with its loss.

    Args:
        forward, value: qualified names of the functions that compute output and loss, to be watched.

    Raises:
        Whatever the user's code raises: the reading does not fit.
    """
    watching = replace(program, watch=frozenset({"", forward, value}))
    with frozen(program.module):
        world = watching.build()
        watching.go_forward(world)
        world |= {"output": _or_none(_output, world), "upstream": [1.0]}
        if watching.backward:
            watching.go_backward(world)
    for ref, watched, words in _losses(value):
        if _is_number(ref, world):
            program = replace(program, watch=watching.watch if watched else frozenset())
            yield replace(program, loss=ref, output=_safe_output(program), words=(*program.words, words))
            return
    if target is None:
        return
    shape = np.shape(target(world))
    output = next((ref for ref in _outputs(forward, shape) if _fits(ref, world, shape, target(world))), None)
    if output is None:
        yield replace(
            program,
            loss=lambda world: None,
            output=_safe_output(program),
            words=(*program.words, "it returns no loss and no output"),
        )
        return
    for group in losses.candidates(reference):
        variants = tuple(
            (f"no loss is returned: {words}", _applied(loss, output, target, program)) for words, loss in group
        )
        yield replace(
            program,
            watch=watching.watch,
            output=output,
            words=(*program.words, variants[0][0]),
            loss=variants[0][1],
            variants=variants,
        )


def _applied(loss: losses.Scaled, output: Ref, target: Ref, program: Program) -> Ref:
    return lambda world: loss(output(world), target(world), _count(program, world))


def _losses(value: str) -> Iterator[tuple[Ref, bool, str]]:
    yield _returned_loss, False, "the loss is returned"
    yield (lambda world: world["watched"][value]), True, f"the loss is what {value} returns"
    yield (lambda world: _by_key(world.get("locals", {}), LOSS_KEYS)), True, "the loss is a local variable"


def _returned_loss(world: World) -> Any:
    for key in ("value", "forward", "backward"):
        returned = plain(world.get(key))
        if isinstance(returned, dict):
            found = _by_key(returned, LOSS_KEYS)
            if found is not None:
                return found
        parts = returned if isinstance(returned, tuple | list) else [returned]
        for part in parts if len(parts) < 12 else ():
            number = plain(part)
            if isinstance(number, float | np.floating) or (
                is_array(number) and np.size(number) == 1 and key != "backward" and np.ndim(number) < 3
            ):
                return number
        if key == "value" and is_array(returned):
            return returned
    return None


def _by_key(found: dict[Any, Any], names: tuple[str, ...]) -> Any:
    known = {bare(k): v for k, v in found.items() if isinstance(k, str)}
    numbers = (known[bare(n)] for n in names if bare(n) in known)
    return next((v for v in numbers if isinstance(v, float | np.floating) or (is_array(v) and v.size == 1)), None)


def _is_number(ref: Ref, world: World) -> bool:
    try:
        value = ref(world)
        return value is not None and np.ndim(scalar(value)) == 0
    except Exception:
        return False


def _safe_output(program: Program) -> Ref:
    return (lambda world: _or_none(_output, world)) if program.backward else (lambda world: 0.0)


def _or_none(ref: Ref, world: World) -> Any:
    found = ref(world)
    return found if is_array(found) else 0.0


def _outputs(forward: str, shape: tuple[int, ...]) -> Iterator[Ref]:
    yield (
        lambda world: (
            world["watched"][forward][0]
            if isinstance(world["watched"][forward], tuple | list)
            else world["watched"][forward]
        )
    )
    yield lambda world: world["watched"][forward][-1]
    yield _output
    for name in OUTPUTS:
        yield _local(name)
    yield lambda world: next(
        v
        for k, v in world["locals"].items()
        if re.fullmatch(r"(a|o|out|output|layer_?)\w?", k) and np.shape(v) == shape
    )


def _local(name: str) -> Ref:
    return lambda world: next(v for k, v in world["locals"].items() if bare(k) == name)


def _fits(ref: Ref, world: World, shape: tuple[int, ...], target: Any) -> bool:
    try:
        found = np.asarray(plain(ref(world)))
    except Exception:
        return False
    if found is target or found.dtype.kind != "f" or np.array_equal(np.squeeze(found), np.squeeze(target)):
        return False
    labels = np.asarray(target).dtype.kind in "iu" and found.ndim == len(shape) + 1
    return found.shape == shape or labels or (found.size == int(np.prod(shape)) and found.size > 1)


def _count(program: Program, world: World) -> int:
    """Return the number of samples: the size that x and y share."""
    shapes = [np.shape(v) for n, v in program.arguments.items() if n not in () and is_array(v)]
    if program.single or len(shapes) < 2:
        return 1
    first, last = shapes[-2], shapes[-1]
    return int(next((n for n in first if n in last), 1))


# ---- weights in the module -------------------------------------------------------------------------------------------


def _weights_elsewhere(
    name: str, parts: Parts, roles: dict[str, str], directive: Directive | None, context: Context, loss: str | None
) -> Iterator[Program]:
    """Yield the readings of functions whose weights are global variables."""
    reference = loss or (directive.words[-1] if directive and directive.words else None)
    yield from data_readings(
        lambda arguments: _program(name, parts, roles, arguments, context), roles, context.data.kept, reference
    )


def data_readings(
    program_of: Any, roles: dict[str, str], holder: Any, reference: str | None, forward: str = "", value: str = "",
    widths: list[int] | None = None, image: tuple[int, ...] | None = None,
) -> Iterator[Program]:  # fmt: skip
    """Yield readings in which only the data is given: the weights are in `holder`, whose sizes say what x and y may be.

    Args:
        image: the shape of one sample, if samples are images.
    """
    sizes = sizes_of(holder)[:8]
    pairs = [(widths[0], widths[-1])] if widths else [(i, o) for o in (*sizes[1:], sizes[0], 1) for i in sizes]
    x_name = next((n for n, role in roles.items() if role == "x"), None)
    y_name = next((n for n, role in roles.items() if role == "y"), None)
    tries = Tries()
    for layout in parameters.layouts({"folded": "no"}, False, True):
        if layout.kernel != ("io" if layout.samples in ("rows", "one row") else "oi"):
            continue
        if image is not None and layout.samples != "rows":
            continue
        for pair in dict.fromkeys(pairs):
            yield from tries(
                _data_reading(
                    program_of, roles, list(pair), layout, (x_name, y_name), reference, forward, value, 0, 0, image
                )
            )
    if x_name and y_name:
        yield from tries(_integer_sequences(program_of, roles, holder, (x_name, y_name), reference))
    tries.tell()


def _data_reading(
    program_of: Any, roles: dict[str, str], widths: list[int], layout: Layout, names: tuple[str | None, str | None],
    reference: str | None, forward: str, value: str, seed: int, samples: int, image: tuple[int, ...] | None = None,
) -> Iterator[Program]:  # fmt: skip
    x, y = parameters.network_data(widths, layout, seed, _samples(widths, samples) if image is None else 2)
    if image is not None:
        x = np.random.default_rng(seed).normal(size=(2, *image))
    arguments: dict[str, Any] = {}
    for n, role in roles.items():
        if role in ("x", "y"):
            arguments[n] = x if role == "x" else y
        elif role in ("setting", "rate", "once"):
            arguments[n] = binding.RATE if role == "rate" else 1 if role == "once" else _setting(n, widths)
    target = argument(names[1]) if names[1] else None

    def again(number: int) -> Callable[[int, int], Program]:
        def redraw(new: int, count: int) -> Program:
            made = _data_reading(program_of, roles, widths, layout, names, reference, forward, value, new, count, image)
            return next(itertools.islice(made, number, None))

        return redraw

    for number, program in enumerate(with_loss(program_of(arguments), target, reference, forward, value)):
        program.single, program.redraw = layout.samples.startswith("one"), again(number)
        program.words = (
            layout.words.replace(", W as (inputs, units), no bias", "").replace(", W as (units, inputs), no bias", ""),
            *program.words,
        )
        yield program


def _integer_sequences(
    program_of: Any, roles: dict[str, str], holder: Any, names: tuple[str, str], reference: str | None
) -> Iterator[Program]:
    """Yield a reading for recurrent networks of characters: lists of integers, and a state."""
    if not isinstance(holder, dict):
        return
    hidden = next((np.shape(v)[0] for k, v in holder.items() if bare(k) in ("whh", "wh", "w")), HIDDEN)
    arguments: dict[str, Any] = {names[0]: [0, 2, 1], names[1]: [2, 1, 0]}
    for n, role in roles.items():
        if role == "state":
            arguments[n] = np.random.default_rng(3).normal(size=(hidden, 1)) * 0.5
        elif role in ("setting", "rate", "once"):
            arguments[n] = 1
    program = program_of(arguments)
    yield from with_loss(program, None, reference)


__all__ = ["CACHE", "VALUE", "Parts", "data_readings", "of_functions", "with_loss"]

"""The programs of a candidate: its ways to be called, on all the data that may be meant."""

import copy
import itertools
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...lines.deadline import over
from ..call.calling import HERE, frozen
from ..call.making import KERNEL
from ..call.program import Program
from ..call.world import walk
from ..source.arguments import lists_of_places
from ..source.directive import Directive
from ..source.syntax import engine, places, returned_names
from ..source.words import bare, gradient_names, is_gradient, is_weight
from .bind import Reader
from .context import Context
from .data import Data, numbers
from .inputs import HOPELESS, of_object, widths
from .keyed import keyed
from .layouts import networks
from .prepared import initialised, prepared, trained_once, with_plain_steps
from .roles import ONCE, is_recurrent, is_scale, parameters, roles_of
from .shapes import families
from .tried import tried, unrolled
from .ways import Parts, Way, callers_of, of_functions
from .ways import of_object as ways_of

WEIGHTS = ("weight", "container", "scale", "wx", "wh", "wy", "by", "wg")
SHORTENED = re.compile("grads?([a-z]{2,})")
"""A gradient of what has a longer name: gradIn, of the input vectors."""
OPEN = ("", "x", "state", "output")
"""Roles of arguments by which a derivative may be taken."""


def furthest(one: Exception | None, other: Exception | None) -> Exception | None:
    """Return which of two errors came later in the user's code; the first of equal ones."""
    if one is None or other is None:
        return one or other
    return other if _line(other) > _line(one) else one


def _line(error: Exception) -> int:
    """Return the line of the first frame in the user's code."""
    frames = traceback.walk_tb(error.__traceback__)  # extract_tb reads every file
    return next((line for frame, line in frames if not frame.f_code.co_filename.startswith(HERE)), 0)


class Tries:
    """Passes programs on and swallows what those raise that do not fit; `tell` raises what came furthest."""

    def __init__(self) -> None:
        self.first: Exception | None = None
        self.any = False
        self.hopeless = 0

    def __call__(self, programs: Iterator[Program]) -> Iterator[Program]:
        try:
            for program in () if over() else programs:
                self.any = True
                yield program
        except Exception as error:  # a user's code may raise anything
            self.first = furthest(self.first, error)
            self.hopeless += isinstance(error, TypeError | AttributeError | NameError | KeyError)

    def tell(self) -> None:
        """Raise what the reading raised that came furthest, if there was none that runs."""
        if not self.any and self.first is not None:
            raise self.first


def functions(
    name: str, kind: str, parts: Parts, context: Context, said: Directive | None, loss: str | None
) -> Iterator[Program]:
    """Yield the programs of functions that go together, or of one that does everything."""
    way, tries = of_functions(parts), Tries()
    reference = loss or (said.words[-1] if said and said.words else None)
    reader = Reader(name, kind, way, context, reference=reference)
    roles = _declared(reader.roles, way, said)
    promised = derived_by(way, roles) if kind == "network" else []
    if kind == "layer":  # one scale and one shift for each feature
        norm = "norm" in name.lower()
        roles |= {n: "scale" for n, role in roles.items() if role == "weight" and (norm or is_scale(n))}
    shape = said.options.get("input_shape") if said else None
    weights = [n for n, role in roles.items() if role in WEIGHTS]
    held = [v for v in context.data.kept.values() if hasattr(v, "shape") or isinstance(v, dict | list)]
    if not weights and held and kind == "network":
        yield from _of_holder(reader, context.data.kept, None, tries, said)
    own = engine(way.forward[0].function) if kind == "network" else None
    if own is not None:  # its operators take arrays if it does; a function of its user, numbers
        for rank in (2, 3, 0) if name.startswith(f"{own.__name__}_") else (0,):
            yield from () if tries.any else tries(reader.programs(numbers(list(way.roles), rank * (KERNEL,))))
    made = set(returned_names(way.forward[0].function)) - set(roles_of(way.forward[0].function))
    recurrent = is_recurrent([n for n in roles if n not in made])
    trains = reader.y is not None or "container" in roles.values()
    dense = trains and not recurrent and kind == "network"
    for data in unrolled(way.forward[0].function, roles, context.module) if dense else ():
        yield from tries(reader.programs(data))
    if weights and dense and not tries.any:
        yield from _dense(reader, tries, partial(networks, way, roles, said, context.module))
        reader.sizes = None
    alone = reader.y is None and "container" not in roles.values() and not recurrent
    same = len(roles) > 2 and all(list(roles_of(step.function)) == list(roles) for step in way.steps)
    alone = alone and (not way.backward or same or "x" not in roles.values())
    of_arguments = kind == "network" and alone  # a loss of its own arguments, which it derives by
    if not (of_arguments or (dense and tries.any)):
        for data in families(way, roles, context.module, shape):
            yield from tries(reader.programs(data))
    if not tries.any and shape is None:
        if kind == "network":
            others = [] if weights else [n for n, role in roles.items() if role in OPEN]
            reader.roles |= dict.fromkeys(promised or others, "weight")
        step = way.backward[-1].function if of_arguments and way.backward and not context.links else None
        given = way.forward[0].function, reader.roles, context.module
        for data in itertools.chain(keyed(*given), tried(given[0], step, *given[1:])):
            yield from tries(reader.programs(data))
    tries.tell()


def _dense(reader: Reader, tries: Tries, several: Callable[[bool], Any]) -> Iterator[Program]:
    """Yield the programs of a dense network; of one with as many units in each layer where no other runs."""
    for square in (False, True):
        for sizes, data in () if square and tries.any else several(square):
            reader.sizes = sizes
            for program in tries(reader.programs(data)):
                program.deeper = partial(_deeper, copy.copy(reader), data.deeper) if data.deeper else None
                yield program


def _deeper(reader: Reader, several: Sequence[Data]) -> Iterator[Program]:
    """Yield the programs of the same network with one layer more."""
    for data in several:
        yield from Tries()(reader.programs(data))


def derived_by(way: Way, roles: dict[str, str]) -> list[str]:
    """Return the arguments whose derivatives are promised: by the names, or by the number, of what is returned."""
    parts = returned_names(way.steps[-1].function)
    returned = {bare(n) for part in parts for n in part.split(", ")}
    open_ = [n for n, role in roles.items() if role in OPEN]
    short = {m[1] for n in returned if (m := SHORTENED.fullmatch(n))}
    named = [n for n in open_ if returned & (gradient_names(n) | gradient_names(n.split("_")[0]))
             or any(bare(n).startswith(one) for one in short)]  # fmt: skip
    weights = [n for n, role in roles.items() if role == "weight"]
    if sum(map(is_gradient, returned)) > len(named) + len(weights) > 0:  # more than the names say
        rows = places(way.forward[0].function)
        return [n for n in open_ if n not in rows]
    return named or (open_ if len(parts) == len(roles) + (not way.backward) else [])


def _declared(roles: dict[str, str], way: Way, said: Directive | None) -> dict[str, str]:
    """Return the roles, with what a `handnn: network` line makes plain: three arguments are weights, x and y."""
    if said is None or said.kind != "network":
        return roles
    first = list(roles_of(way.forward[0].function))
    if len(first) == 3 and not {"x", "y"} <= set(roles.values()):
        roles |= dict(zip(first, ("container", "x", "y"), strict=True))
    rest = [n for n, role in roles.items() if role not in ("x", "y")]
    if len(rest) == 1 and len(roles) == 3 and roles[rest[0]] != "weight":
        roles[rest[0]] = "container"
    return roles


def objects(
    name: str, kind: str, makers: Iterator[Callable[[], Any]], context: Context, said: Directive | None,
    loss: str | None, pair: tuple[str, str] | None = None,
) -> Iterator[Program]:  # fmt: skip
    """Yield the programs of an object: ways to build it, to call it, and data.

    Args:
        pair: the methods of a loss and of its step that are meant, if they are.

    Raises:
        TypeError: no way to call it is known. Whatever the user's code raises, if no way works.
    """
    reference = loss or (said.words[-1] if said and said.words else None)
    shape = said.options.get("input_shape") if said else None
    tries, built_one, any_way = Tries(), False, False
    for made in _with_plain_steps(makers) if kind == "layer" else makers:
        make = once(prepared(made)) if kind == "network" else prepared(made)
        make = _made_ready(make, pair) if pair is not None and not pair[1] else make
        try:
            with frozen(context.module):
                context.data.restore()
                built = make()
        except Exception as problem:
            tries.first = furthest(tries.first, problem)
            continue
        built_one = True
        for way in ways_of(built, kind, pair):
            any_way = True
            held = Context(context.module, context.sources, make)
            reader = Reader(name, kind, way, held, built, reference, said.widths[-1:] if said and said.widths else None)
            with_own_weights(reader)
            taken = [list(roles_of(step.function)) for step in (way.forward[0], *way.backward[-1:])]
            handed = "weight" in reader.roles.values() and reader.y is not None and taken[1:] == taken[:1]
            if kind == "network" and handed:  # loss(w, X, y) and gradient(w, X, y)
                yield from _dense(reader, tries, partial(networks, way, reader.roles, said, context.module))
                reader.sizes = None
            if pair is not None and pair[1] and reader.y is None:
                loss_of, step = way.forward[0].function, way.backward[0].function
                for data in tried(loss_of, step, reader.roles, context.module, widths(built)):
                    yield from tries(reader.programs(data))
                continue
            yield from _of_holder(reader, built, shape or _image(type(built)), tries, said)
            if way.probe is not None and not tries.any:  # what it predicts by may want data of another form
                reader.way = way._replace(probe=None)
                yield from _of_holder(reader, built, shape or _image(type(built)), tries, said)
            first = way.forward[0].function
            rows = kind == "network" and not (way.backward or tries.any) and places(first)  # of its own tables
            for data in tried(first, None, reader.roles, context.module, widths(built)) if rows else ():
                yield from tries(reader.programs(data))
    if built_one and not any_way:
        raise TypeError(f"no methods of {name} are known to go forward and backward, or to take data and labels")
    tries.tell()


def with_own_weights(reader: Reader) -> None:
    """Take what a network with weights of its own is given for data, also if it is called u or w."""
    if reader.kind == "network" and reader.built is not None and any(True for _ in walk(reader.built)):
        kept = {bare(n) for n in getattr(reader.built, "__dict__", {})}  # it may be given those that it keeps
        handed = {n for step in reader.way.backward for n in roles_of(step.function) if bare(n) in kept}
        reader.roles |= {n: "x" for n in reader.inputs if reader.roles[n] in (*WEIGHTS, "upstream") and n not in handed}


def _made_ready(make: Callable[[], Any], pair: tuple[str, str]) -> Callable[[], Any]:
    """Return a maker of objects of which a method that calls the step ran once: it makes weights and samples."""

    def build() -> Any:
        built = make()
        for name in callers_of(type(built), pair[0])[:1]:
            getattr(built, name)()
        return built

    return build


def _with_plain_steps(makers: Iterator[Callable[[], Any]]) -> Iterator[Callable[[], Any]]:
    """Yield makers of objects; those of objects with an optimizer follow ones with plain steps."""
    for make in makers:
        try:
            plain = with_plain_steps(make)
        except Exception:  # it cannot be built so: what it raises is told later
            plain = None
        if plain is not None:
            yield plain
        yield make


def _of_holder(reader: Reader, holder: Any, shape: Any, tries: Tries, said: Directive | None) -> Iterator[Program]:
    """Yield the programs of an object, or of functions whose weights are global, on data that fits its sizes."""
    inputs = {n: reader.roles[n] for n in reader.inputs}
    if said is not None and said.widths and shape is None:
        shape = (said.widths[0],)
    tries.hopeless = 0
    own_data: Any = getattr(reader.context.module, next(iter(inputs), ""), 0) if isinstance(holder, dict) else 0
    many = np.ndim(own_data) > 1 and min(np.shape(own_data)) > 1
    first = set(list(inputs)[:1]) & lists_of_places(reader.way.forward[0].function)
    for kind, choices in of_object(holder, inputs, shape, reader.labelled, bool(first)):
        if (tries.hopeless >= HOPELESS and "integers" not in kind) or (many and kind.startswith(("one", "list"))):
            continue
        if "integers" in kind and tries.any and not first:
            continue  # it takes numbers: whole ones, by which nothing is derived, are not meant
        problems: list[str] = []
        for data in choices:
            if over():
                return
            own, ran = Tries(), False
            for program in own(_on(reader, holder, data)):
                ran = True
                yield program
            tries.first = furthest(tries.first, own.first)
            tries.any = tries.any or own.any
            tries.hopeless += own.hopeless
            problems.append(str(own.first))
            if (ran and not reader.labelled) or (not ran and len(problems) > 2 and len(set(problems)) == 1):
                break  # the first that fits, or one that does not whatever else is given
        if kind == "integers" and ran and not reader.labelled:
            return


def _on(reader: Reader, holder: Any, data: Data) -> Iterator[Program]:
    made_later = reader.labelled and reader.context.make is not None and not _has_weights(holder)
    for one in initialised(reader, holder, data) if reader.kind == "layer" else [reader]:
        for ready in trained_once(one, data) if made_later else [one]:
            yield from ready.programs(data)


def _has_weights(holder: Any) -> bool:
    """Return whether an object holds arrays, or numbers that are called weights."""
    numbers = (n for n, v in getattr(holder, "__dict__", {}).items() if isinstance(v, float) and is_weight(n))
    return any(True for _ in walk(holder)) or any(True for _ in numbers)


def _image(cls: Any) -> Any:
    """Return the shape of an image that a constructor has as a default."""
    image = re.compile("dim|shape|image|input", re.IGNORECASE)
    given = [p for p in parameters(cls) if isinstance(p.default, tuple) and image.search(p.name)]
    shapes = [p.default for p in given if len(p.default) == 3]
    return next((s for s in shapes if all(isinstance(n, int) for n in s)), None)


def once(make: Callable[[], Any]) -> Callable[[], Any]:
    """Return a maker of objects that make one pass only: numbers of epochs that they keep are set to 1."""

    def build() -> Any:
        built = make()
        for name, value in list(getattr(built, "__dict__", {}).items()):
            counts = isinstance(value, int) and not isinstance(value, bool) and value > 1
            if counts and ONCE.fullmatch(name.strip("_").lower()):
                setattr(built, name, 1)
        return built

    return build

"""Programs of a way to call and of data: every argument bound to what it is given."""

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..call.calling import frozen
from ..call.program import Call, Program, Ref, argument, arrays_in, constant, is_array
from ..call.world import plain, walk
from ..source.arguments import goes_through, probabilities
from ..source.starts import moved_by_rules
from ..source.syntax import has_operators, returned_names, tree_of
from ..source.words import INPUTS, LABELS, PREDICTED, UPSTREAM, bare, is_pass
from ..source.written import WRITTEN
from .context import Context
from .data import Data, Labels, guessed, is_sequence, labels_for
from .inputs import widths
from .loss import with_loss
from .results import (
    Output,
    cache,
    first_of,
    input_gradient,
    is_list_of_arrays,
    is_number,
    kept_output,
    outputs,
    upstream,
)  # fmt: skip
from .roles import keywords, named_in, needed, role_of, roles_of, setting, shown, signature_known
from .ways import Step, Way, constants_of, is_value, rate_of, takes_samples

BINDINGS, SAME = 24, 6


class Reader:
    """Makes the programs of one way to call.

    Args:
        kind: of the subject; a network without labels is read as a layer: its output is given a gradient.
        built: an object, to look at; None for functions. reference: the name of a loss, if it is said.
        sizes: that labels may have, the most likely first.
        `links` says what arguments of later steps are known to be, by function; `more` what optional ones are given.
    """

    def __init__(
        self, name: str, kind: str, way: Way, context: Context, built: Any = None, reference: str | None = None,
        sizes: list[int] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.way, self.context, self.built, self.reference = name, way, context, built, reference
        self.links = {way.steps[-1].function.__name__: dict(context.links)}
        self.sizes, self.grown, self.more = sizes, False, dict[int, dict[str, Ref]]()
        self.roles = shown([step.function for step in way.steps], way.roles, context.roles, context.links)
        first = next(iter(roles_of(way.forward[0].function)), None)
        if first is not None and "x" not in self.roles.values() and self.roles[first] not in ("container", "weight"):
            self.roles[first] = "x"
        self.held = next((n for n in vars(built) if bare(n) in LABELS), None) if hasattr(built, "__dict__") else None
        self.y = next((n for n, role in self.roles.items() if role == "y"), None)
        upstream = any(r == "upstream" for s in way.backward for r in roles_of(s.function).values())
        self.held = self.held if not (self.y or upstream) and is_array(getattr(built, self.held or "", None)) else None
        self.labelled = self.y is not None or self.held is not None or not way.backward
        own = not self.labelled and bare(name).endswith(("loss", "cost", "criterion"))  # of its input, derived by that
        value = own or is_value(way.forward[0].function) or any(step.into == "value" for step in way.forward)
        self.labelled |= kind == "network" and value
        self.derived_by_data, self.trains = own and kind == "network", kind == "network"
        self._forward, self.kind = way.forward[0].function, kind if self.labelled or kind != "network" else "layer"
        self.inputs = [n for n in roles_of(way.forward[0].function) if self.roles[n] != "y"]
        self.alone = len(self.inputs) == 1 and built is not None and self.kind == "layer"

    def key(self, name: str) -> str:
        """Return the name of an argument as a leaf: x if it is the only input of an object."""
        return "x" if self.alone and name == self.inputs[0] else name

    def programs(self, data: Data) -> Iterator[Program]:
        """Yield the programs on some data; raise what the user's code raises where that does not fit."""
        arguments = data.draw(0, 0)
        if self.y is None or self.y in arguments:
            yield from self._on(data, None, "")
            return
        errors: list[Exception] = []
        ran = False
        for words, labels in self._label_forms(arguments, data):
            try:
                for program in self._on(data, labels, words):
                    ran = True
                    yield program
            except Exception as problem:
                errors.append(problem)
                if not ran and len(errors) >= SAME and len({str(e) for e in errors}) == 1:  # whatever the labels are
                    break
        if errors and not ran:
            raise errors[0]

    def _label_forms(self, arguments: dict[str, Any], data: Data) -> Iterator[tuple[str, Labels]]:
        outputs_ = self._outputs_before_labels(arguments)
        if outputs_:
            for place, output in enumerate(outputs_):
                for words, labels in labels_for(output, data.axis):
                    yield words, lambda found, seed, labels=labels, place=place: labels(found[place], seed)  # type: ignore[misc]
            return
        held = self.built if self.built is not None else self.context.data.kept
        own = widths(held)[:8]
        sizes = self.sizes or [*own[1:], *own[:1], 1]
        x = next((v for n, v in arguments.items() if self.roles.get(n) == "x"), 0.0)
        if WRITTEN in self.context.data.kept:  # steps after each sample: one label each
            yield "labels -1 and 1", lambda o, seed: np.where((np.arange(np.shape(x)[0]) + seed) % 2, 1.0, -1.0)
        elif isinstance(x, list):
            for size in dict.fromkeys(sizes):
                steps = [np.zeros((size, 1) if np.ndim(x[0]) != 1 else (size,))] * len(x)
                for words, labels in labels_for(steps, data.axis):
                    yield words, lambda o, seed, labels=labels, steps=steps: labels(steps, seed)  # type: ignore[misc]
        else:
            yield from guessed(list(dict.fromkeys(sizes)), x, data.axis)

    def _outputs_before_labels(self, arguments: dict[str, Any]) -> list[Any]:
        """Return what may be the output of a step that takes no labels; nothing if there is no such step."""
        step = self.way.forward[0]
        if "y" in roles_of(step.function).values():
            if self.way.probe is None:
                return []
            step = self.way.probe
        with frozen(self.context.module):
            program = self._program(arguments, [], (), False)
            world = program.build()
            data = [n for n in self.roles if self.roles[n] == "x"][:1]
            given = [argument(self.key(n)) for n in (self.inputs if step is not self.way.probe else data)]
            try:
                Call(step.ref, given, keywords(step.function))(world)
            except Exception:
                if step is self.way.probe and not any(True for _ in walk(self.built)):  # its weights are made later
                    return []
                raise
            first, last = Output(step.function)(world), Output(step.function, True)(world)
            found = [first] if np.shape(first) == np.shape(last) else [first, last]
            return [o for o in found if is_sequence(o) or np.asarray(o).dtype.kind == "f"]  # classes are no output

    def _on(self, data: Data, labels: Labels | None, words: str) -> Iterator[Program]:
        """Yield the programs on data with labels of one form."""
        clipped = probabilities(self._forward) & set(self.inputs) if self.kind == "layer" else set()
        several = data.single and any(goes_through(step.function, self.y) for step in self.way.steps)

        def drawn(seed: int, samples: int) -> dict[str, Any]:
            arguments = data.draw(seed, samples)
            if several and isinstance(label := arguments.get(str(self.y)), np.ndarray):
                arguments[str(self.y)] = [np.roll(label, place) for place in (0, 1)]
            for name in clipped:
                arguments[name] = 0.05 + 0.9 / (1 + np.exp(-arguments[name]))
            if labels is not None:
                found = self._outputs_before_labels(arguments)
                x = next((v for n, v in arguments.items() if self.roles.get(n) == "x"), 0.0)
                arguments[str(self.y)] = labels(found or x, seed)
            return arguments

        said = tuple(part for part in (data.words, words) if part)
        arguments = drawn(0, 0)
        for reader in self._grown(arguments):
            yield from reader._bound(data, drawn, arguments, said)

    def _grown(self, arguments: dict[str, Any]) -> Iterator["Reader"]:
        """Yield a reader of objects whose weights a first call has built, if it builds any, and this one."""
        make = self.context.make
        if make is not None:

            def call() -> Any:
                program = self._program(arguments, [], (), False)
                world = {"self": make(), "arguments": program.arguments}
                program.forward[0](world)
                return world["self"]

            with frozen(self.context.module):
                before = make()
                if not any(True for _ in walk(before)):
                    after = call()
                    numbers = [n for n, v in getattr(before, "__dict__", {}).items() if isinstance(v, float)]
                    spread = any(np.ndim(getattr(after, n, 0.0)) for n in numbers)  # the data is not what is meant
                    if not spread and any(True for _ in walk(after)):
                        yield self.made_by(call, True)
        yield self

    def made_by(self, make: Callable[[], Any], grown: bool = False) -> "Reader":
        """Return a reader of objects that are made in another way; `grown` if by a first call."""
        other = copy.copy(self)
        other.grown = grown
        other.context = copy.copy(self.context)
        other.context.make = make
        return other

    def _bound(
        self, data: Data, drawn: Callable[[int, int], dict[str, Any]], arguments: dict[str, Any], said: tuple[str, ...]
    ) -> Iterator[Program]:
        """Yield the programs in which the arguments of later steps are bound in different ways."""
        for refs, count in itertools.islice(self._bindings(arguments), BINDINGS):
            for each in (False, True) if not self.labelled and count == 1 else (False,):

                def build(seed: int, samples: int, refs: Any = refs, count: int = count, each: bool = each) -> Program:
                    made = self._program(drawn(seed, samples), refs, said, each, count)
                    made.single, made.names, made.guessed = data.single, data.names, data.guessed
                    return made

                kept = self.built is not None  # an object may keep its outputs
                told = not kept or "upstream" in roles_of(self.way.steps[-1].function).values()
                fewer = count > 1 and told and len(arrays_in(self._returned(build))) in range(kept, count)
                if fewer or (each and not is_list_of_arrays(self._returned(build))):
                    continue
                alone = not (count or self.labelled) and is_number(first_of(self._returned(build)))
                if alone or count or self.labelled or not needed(self.way.backward[-1].function):
                    yield from self._finished(build, alone)

    def _returned(self, build: Callable[[int, int], Program]) -> Any:
        """Return what forward returns."""
        with frozen(self.context.module):
            program = build(0, 0)
            program.go_forward(world := program.build())
        return plain(world["forward"])

    def _finished(self, build: Callable[[int, int], Program], alone: bool) -> Iterator[Program]:
        """Yield the program with its loss; `alone` if that is the number which forward returns without labels."""

        def finished(seed: int, samples: int) -> Program:
            program: Program | None = build(seed, samples)
            assert program is not None
            if alone:
                program.loss = program.output = lambda world: first_of(plain(world["forward"]))
                data = {n for n, role in self.roles.items() if role not in ("weight", "container")}
                held = self.context.data.kept if self.built is None else self.built
                if data != set(self.roles) or any(True for _ in walk(held)):
                    program.inputs = frozenset(data)
            elif self.labelled:
                program = with_loss(program, self._target(), self.reference, self.way, Output(self._forward))
            if program is None:
                raise ValueError("it has no loss, and no labels to apply one to")
            program.redraw = finished
            return program

        program = finished(0, 0)
        if not self.labelled:
            self._run_forward(program)
        yield program

    def _target(self) -> Ref | None:
        """Return where the labels are; None if there are none."""
        held = None if self.held is None else (lambda world: getattr(world["self"], str(self.held)))
        return argument(self.y) if self.y else held

    def _run_forward(self, program: Program) -> None:
        """Run the forward part.

        Raises:
            ValueError: it gives no finite numbers. Whatever the user's code raises.
        """
        with frozen(self.context.module):
            world = program.build()
            program.go_forward(world)
            found = program.output(world)
            for part in found if isinstance(found, tuple) else (found,):
                array = np.asarray(part, "float64")
                if not array.size or not np.isfinite(array).all():
                    raise ValueError("forward gives NaN, infinity or nothing")

    def _program(
        self, arguments: dict[str, Any], refs: list[list[Ref]], words: tuple[str, ...], each: bool, count: int = 1
    ) -> Program:
        way, context, steps = self.way, self.context, iter(refs)
        calls: dict[bool, list[Call]] = {True: [], False: []}
        for place, step in enumerate(way.steps):
            given = [argument(self.key(n)) for n in roles_of(step.function)] if place == 0 else next(steps, [])
            calls[place < len(way.forward)].append(
                Call(step.ref, given, keywords(step.function) | self.more.get(place, {}), step.into)
            )
        passive = {n for n, role in self.roles.items() if role in ("y", "settings")}
        if self.labelled:
            passive |= {n for n, role in self.roles.items() if not role and not has_operators(type(arguments.get(n)))}
        named = {self.key(n): v for n, v in arguments.items()}
        whole = (self.labelled or self.trains) and not self.derived_by_data
        kept = self.built is not None
        held = {n: v for n in self.roles if isinstance(v := named_in(context.module, n), dict)} | context.data.kept
        rate = rate_of(way, self.built, held | context.data.objects)
        words = (*words, "all steps are given a gradient") if each else words
        program = Program(
            self.name, self.kind, context.make, named, calls[True], calls[False], passive=frozenset(passive),
            module=context.module, data=context.data, sources=context.sources, words=words, grown=self.grown,
            rate=rate if self.labelled else rate or 1.0, batches=takes_samples(way),
            inputs=frozenset(n for n, role in self.roles.items() if whole and role in ("x", "state")),
            weights=frozenset(n for n, role in self.roles.items() if role == "weight"),
        )  # fmt: skip
        if self.kind != "network":
            first = next(iter(named), "")
            program.output = outputs(
                max(count, 1), each, (lambda w: kept_output(w["self"], w["arguments"].get(first))) if kept else None
            )
            program.gradient = input_gradient if kept else None
        program.rates = constants_of(way, context.data.kept) if rate is None else ()
        last = way.backward[-1] if way.backward else way.forward[-1]
        program.returned = tuple(returned_names(last.function))
        if self.trains and not way.backward:
            program.plain, program.moved_by, program.slots = moved_by_rules(tree_of(last.function), bool(program.rate))
            program.watch = frozenset({""} if program.moved_by else ())
        return program

    def _bindings(self, arguments: Mapping[str, Any]) -> Iterator[tuple[list[list[Ref]], int]]:
        """Yield (references for each later step, the number of gradients from above)."""
        later = self.way.steps[1:]
        first = self.way.forward[0].function
        choices = []
        for step in later:
            claimed: set[int] = set()
            choices.append([self._choices(p.name, step, arguments, first, claimed) for p in needed(step.function)])
        flat = [choice for step in choices for choice in step]
        tried = set()
        for roles in itertools.product(*flat):
            count = roles.count("upstream")
            if roles in tried:
                continue
            tried.add(roles)
            place, refs = 0, iter(roles)
            found: list[list[Ref]] = []
            for own in choices:
                given: list[Ref] = []
                for _ in own:
                    role = next(refs)
                    given.append(upstream(place) if role == "upstream" else self._reference(role))
                    place += role == "upstream"
                found.append(given)
            yield found, count
        if later and not self.labelled and not signature_known(later[-1].function):
            yield [[upstream(0), cache]], 1
            yield [[upstream(0)]], 1

    def _choices(  # noqa: PLR0911, PLR0912 (one return a role)
        self, name: str, step: Step, arguments: Mapping[str, Any], first: Any, claimed: set[int]
    ) -> list[str]:  # fmt: skip
        """Return what an argument of a later step may be, the most likely first."""
        link = self.links.get(step.function.__name__, {}).get(name)
        if link and (link != "upstream" or not self.labelled):
            return ["upstream", link] if link in ("whole", "item:0") and not self.labelled else [link]
        own, given = bare(name), {bare(n): n for n in arguments} | {bare(self.y): self.y for _ in "y" if self.y}
        names = [p.name for p in needed(step.function)]
        role = "upstream" if set(roles_of(step.function).values()) == {"upstream"} else role_of(name, names)
        returned = returned_names(first)
        longer = [n for n in returned if bare(n) in (f"{own}s", f"{own}list", f"all{own}", f"{own}ss")]
        if len(longer) == 1 and name not in returned and own not in given and step.function is not first:
            return [f"item:{returned.index(longer[0])}" if returned[1:] else "whole"]
        held = set(map(self.key, arguments))
        x = next((n for n in self.roles if self.roles[n] == "x" and self.key(n) in held), None)
        is_returned = name in returned and step.function is not first and own not in map(bare, roles_of(first))
        if own in given and (own not in UPSTREAM or self.labelled) and not is_returned:
            alone = len(names) == 1 and not self.labelled and is_pass(step.function.__name__)
            return [f"given:{given[own]}", *(["upstream"] if alone else [])]
        if name in returned and step.function is not first and not (role == "upstream" and not self.labelled):
            claimed.add(returned.index(name))
            return [f"item:{returned.index(name)}" if returned[1:] else "whole"]
        if role == "cache":
            return ["cache"] if self.labelled else ["cache", *(["output"] if own == "state" else [])]
        if role == "y" and self.labelled:
            return [f"given:{self.y}"] if self.y else ["held"]
        if role in ("", "settings") and named_in(self.context.module, name) is not None and own not in given:
            return [f"global:{name}"]
        if role == "container":
            same = [n for n in arguments if self.roles.get(n) == "container"]
            if same:
                return [f"given:{same[0]}"]
        if self.labelled:
            if role == "x" and x:
                return [f"given:{x}"]
            if role in ("output", "upstream"):
                return [*(f"through:{n}" for n in self.context.between(first, step.function)), "output", "last"]
            rest = [i for i, n in enumerate(returned) if i not in claimed and len(returned) > 1 and n not in names]
            if rest and role in ("", "container", "state"):
                claimed.add(rest[-1])
                return [f"item:{rest[-1]}", "output"]
            return [f"value:{name}"]
        if own in INPUTS and own not in UPSTREAM and x:
            return [f"given:{x}", "upstream"]
        if own in (*PREDICTED, "y") and own not in UPSTREAM and role != "upstream":
            return ["output", "upstream"]
        if role == "upstream":
            return ["upstream"]
        return ["upstream", "cache", "output", *([f"given:{x}"] if x else [])]

    def _reference(self, role: str) -> Ref:  # noqa: PLR0911 (one return for each role)
        what, _, name = role.partition(":")
        if what == "given":
            return argument(self.key(name))
        if what == "through":
            link, output = vars(self.context.module)[name], Output(self.way.forward[0].function)
            return lambda world: link(output(world))
        if what == "item":
            return lambda world: world["forward"][int(name)]
        if what == "whole":
            return lambda world: world["forward"]
        if what == "value":
            return constant(setting(name, self.sizes or []))
        if what == "global":
            return constant(named_in(self.context.module, name))
        if what == "held":
            return lambda world: getattr(world["self"], str(self.held))
        return cache if what == "cache" else Output(self.way.forward[0].function, what == "last")

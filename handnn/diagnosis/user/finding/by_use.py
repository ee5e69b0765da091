"""Which functions of a file derive, by what the file does with their results: it takes a step along them.

The source is followed from statement to statement: which function a value comes from, which values are handed to which
function, and which names are moved by what: `W -= rate * g`, `W = W - rate * g`, or a function that does that.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..source.words import NO_PROMISE, STEPS, bare

PASSES = 2
GIVEN = "given:"


class Deriving(NamedTuple):
    """A function whose results weights are moved by.

    Attributes:
        forward: the function whose results it was handed, and that computes with the weights; '' if it is alone.
        roles: what arguments of the two are, where that shows: "weight", "data" or "y".
        links: what its arguments are handed: "whole" or "item:1" of what `forward` returned, "given:x" as that was
            given, or "upstream": computed from its results.
    """

    name: str
    forward: str
    roles: dict[str, str]
    links: dict[str, str]


class _Handed(NamedTuple):
    """An argument of a call: the name that it is a part of, what it comes from, and what it is itself a result of.

    `plain` tells a number that stands in the source.
    """

    base: str
    origins: frozenset[str]
    result: tuple[str, str] | None
    plain: bool


Calls = list[dict[str, _Handed]]


@dataclass
class _Scope:
    """What one function, or the script, does with the functions of the file.

    Attributes:
        made: by name, the functions that its value comes from, and `given:` parameters.
        alias: what a name is a part of.
        results: by name, the function that it is a result of, and which. numbers: names of plain numbers.
        calls: by function, what its parameters were handed.
        steps: what was moved, and by the results of which functions.
    """

    made: dict[str, set[str]] = field(default_factory=dict)
    alias: dict[str, str] = field(default_factory=dict)
    results: dict[str, tuple[str, str]] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    calls: dict[str, Calls] = field(default_factory=dict)
    steps: list[tuple[str, set[str]]] = field(default_factory=list)

    def handed(self, name: str) -> list[_Handed]:
        """Return what a function was handed, in all its calls."""
        return [one for call in self.calls.get(name, ()) for one in call.values()]

    def origins(self, name: str) -> set[str]:
        """Return the functions that what a function was handed comes from."""
        return set().union(*(one.origins for one in self.handed(name)))


class Uses(NamedTuple):
    """What a file does with what its functions return.

    Attributes:
        deriving: the functions whose results its weights are moved by, in the order of the file.
        methods: pairs of methods of objects, the second of which is given something made of what the first returned.
    """

    deriving: Sequence[Deriving] = ()
    methods: Sequence[tuple[str, str]] = ()


def uses_of(tree: ast.Module) -> Uses:
    """Return what a file does with what its functions return."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    methods = [part for node in tree.body if isinstance(node, ast.ClassDef) for part in node.body]
    script = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    reader = _Reader(functions)
    for _ in range(PASSES):  # functions that take steps are known in the second one
        scopes = {name: reader.read(node.body, node.args) for name, node in functions.items()}
        reader.steppers = {name: _steps_of(scope) for name, scope in scopes.items()}
    others = [reader.read(node.body, node.args) for node in methods if isinstance(node, ast.FunctionDef)]
    found: dict[str, Deriving] = {}
    for scope in (*scopes.values(), *others, reader.read(script)):
        for one in _found(scope, functions):
            found.setdefault(one.name, one)
    return Uses([found[name] for name in functions if name in found], list(reader.methods))


def _found(scope: _Scope, functions: Mapping[str, ast.FunctionDef]) -> Iterator[Deriving]:
    """Yield the functions along whose results something is moved that they compute with."""
    for target, origins in scope.steps:
        for name in sorted(origins & set(functions)):
            forwards = sorted(scope.origins(name) & set(functions) - {name})
            forward = next((n for n in forwards if _computes_with(n, target, scope, functions)), "")
            if forward or _computes_with(name, target, scope, functions):
                weights = {base for base, by in scope.steps if name in by}
                yield Deriving(name, forward, *_shown(scope, name, forward, weights))


def _shown(scope: _Scope, name: str, forward: str, weights: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the roles of the arguments of a function that derives and of its forward function, and its links."""
    back = next(iter(scope.calls.get(name, [])), {})
    first = next(iter(scope.calls.get(forward, [])), {})
    roles = {n: "weight" if one.base in weights else "data" for n, one in (first or back).items() if not one.plain}
    links: dict[str, str] = {}
    if not forward:
        return roles, links
    inputs = {one.base: n for n, one in first.items() if one.base}
    for n, one in back.items():
        if one.result is not None and one.result[0] == forward:
            links[n] = one.result[1]
        elif one.base in inputs:
            links[n] = GIVEN + inputs[one.base]
        elif forward in one.origins or any(forward in scope.origins(o) for o in one.origins):
            links[n] = "upstream"
    rest = [n for n, one in back.items() if n not in links and not one.plain and one.base not in weights]
    return roles | (dict.fromkeys(rest, "y") if len(rest) == 1 else {}), links


def _computes_with(name: str, target: str, scope: _Scope, functions: Mapping[str, ast.FunctionDef]) -> bool:
    """Return whether a function was given what is moved, or reads it as a global."""
    names = [part for part in ast.walk(functions[name]) if isinstance(part, ast.Name)]
    own = {part.id for part in names if isinstance(part.ctx, ast.Store)} | _parameters(functions[name].args)
    own -= {n for part in ast.walk(functions[name]) if isinstance(part, ast.Global) for n in part.names}
    given = {one.base for one in scope.handed(name)}
    return target in given or target in {part.id for part in names} - own


def _steps_of(scope: _Scope) -> set[tuple[str, str]]:
    """Return which parameters of a function are moved by which others."""
    return {
        (target, origin.removeprefix(GIVEN))
        for target, origins in scope.steps for origin in origins
        if origin.startswith(GIVEN) and f"{GIVEN}{target}" in scope.made.get(target, ())
        and origin != f"{GIVEN}{target}"
    }  # fmt: skip


def _leaves(target: ast.expr) -> list[ast.expr]:
    """Return the names, or places, that a value is unpacked into."""
    several = isinstance(target, ast.Tuple | ast.List)
    return [leaf for one in target.elts for leaf in _leaves(one)] if several else [target]  # type: ignore[attr-defined]


def _parameters(given: ast.arguments) -> set[str]:
    return {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


class _Reader:
    """Reads scopes; `steppers` has by function which parameters are moved by which, `methods` those of `Uses`."""

    def __init__(self, functions: Mapping[str, ast.FunctionDef]) -> None:
        self.functions, self.steppers = functions, dict[str, set[tuple[str, str]]]()
        self.methods: dict[tuple[str, str], None] = {}
        self.scope = _Scope()

    def read(self, body: Iterable[ast.stmt], given: ast.arguments | None = None) -> _Scope:
        """Return what a body does."""
        self.scope = _Scope(made={n: {GIVEN + n} for n in (_parameters(given) if given else ())})
        for node in body:
            self._statement(node)
        return self.scope

    def _statement(self, node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            return
        if isinstance(node, ast.For | ast.comprehension):
            self._loop(node.target, node.iter)
        if isinstance(node, ast.Assign):
            self._assigned(node.targets[0], node.value)
            return
        if isinstance(node, ast.AugAssign):
            origins, base = self._value(node.value), self._base(node.target)
            self._forget(node.target)
            if isinstance(node.op, ast.Sub | ast.Add):
                self._step(base, origins)
            return
        if isinstance(node, ast.expr):
            self._value(node)
            return
        for part in ast.iter_child_nodes(node):
            self._statement(part)

    def _loop(self, target: ast.expr, over: ast.expr) -> None:
        """Bind the names of a loop: each is a part of what is gone through."""
        zipped = isinstance(over, ast.Call) and isinstance(over.func, ast.Name) and over.func.id == "zip"
        if zipped and isinstance(target, ast.Tuple) and len(target.elts) == len(over.args):  # type: ignore[attr-defined]
            for one, part in zip(target.elts, over.args, strict=True):  # type: ignore[attr-defined]
                self._loop(one, part)
            return
        origins = self._value(over)
        inner = over
        while isinstance(inner, ast.Call) and (inner.args or isinstance(inner.func, ast.Attribute)):  # p.items()
            inner = inner.args[0] if inner.args else inner.func.value  # type: ignore[attr-defined]
        for name in (part.id for part in ast.walk(target) if isinstance(part, ast.Name)):
            self.scope.made[name] = origins
            self.scope.alias[name] = self._base(inner)

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        pairs = isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List)
        if pairs and len(target.elts) == len(value.elts):  # type: ignore[attr-defined]
            for one, part in zip(target.elts, value.elts, strict=True):  # type: ignore[attr-defined]
                self._assigned(one, part)
            return
        origins, result = self._value(value), self._result(value)
        for one in _leaves(target):
            base = self._base(one)
            self._moved(base, value)
            known = self.scope.made.get(base, set()) if isinstance(one, ast.Subscript) else set()
            self.scope.made[base] = origins | known
            self._forget(one)
            if isinstance(one, ast.Name) and isinstance(value, ast.Constant):
                self.scope.numbers.add(one.id)
        if result is not None:
            items = list(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target]
            for place, one in enumerate(items):
                if isinstance(one, ast.Name) and (items[1:] == [] or result[1] == "whole"):
                    self.scope.results[one.id] = (result[0], f"item:{place}") if items[1:] else result

    def _forget(self, target: ast.expr) -> None:
        """Forget what a name was of which a new value is made, or a part changed."""
        self.scope.results.pop(self._base(target), None)
        if isinstance(target, ast.Name):
            self.scope.alias.pop(target.id, None)
            self.scope.numbers.discard(target.id)

    def _result(self, node: ast.expr) -> tuple[str, str] | None:
        """Return the function of the file that a value is a result of, and which: "whole" or "item:0"."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return (node.func.id, "whole") if node.func.id in self.functions else None
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            whole = self._result(node.value)
            return (whole[0], f"item:{node.slice.value!r}") if whole and whole[1] == "whole" else None
        return self.scope.results.get(node.id) if isinstance(node, ast.Name) else None

    def _moved(self, base: str, value: ast.expr) -> None:
        """Note a step if a value is what it was, or parts of it, less something."""
        for part in ast.walk(value):
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub | ast.Add) and self._base(part.left) == base:
                self._step(base, self._value(part.right))

    def _step(self, base: str, origins: set[str]) -> None:
        if base and origins:
            self.scope.steps.append((base, origins))

    def _value(self, node: ast.AST) -> set[str]:
        """Return the functions that a value comes from; calls within it are noted."""
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.comprehension):
            self._loop(node.target, node.iter)
            return set()
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp):
            for loop in node.generators:
                self._loop(loop.target, loop.iter)
        if isinstance(node, ast.Name):
            return self.scope.made.get(node.id, set())
        if isinstance(node, ast.Attribute) and self._base(node) in self.scope.made:
            return self.scope.made[self._base(node)]
        return set().union(*map(self._value, ast.iter_child_nodes(node)))

    def _call(self, node: ast.Call) -> set[str]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        given = {place: part.value if isinstance(part, ast.Starred) else part for place, part in enumerate(node.args)}
        named = {word.arg or "": word.value for word in node.keywords}
        parts = [*given.values(), *named.values()]
        origins = set().union(*map(self._value, parts))
        if name not in self.functions or NO_PROMISE.search(name):
            if isinstance(node.func, ast.Attribute):
                place = f"{self._base(node.func.value)}."
                made = {o.removeprefix(place) for o in origins if o.startswith(place)} - {node.func.attr}
                self.methods.update(dict.fromkeys((first, node.func.attr) for first in sorted(made)))
                origins = origins | self._value(node.func.value) | {place + node.func.attr}
                if bare(node.func.attr) in STEPS:
                    for part in parts:
                        self._step(self._base(part), origins)
            if name not in self.functions:
                return origins
        parameters = [one.arg for one in self.functions[name].args.args]
        bound = {parameters[place]: part for place, part in given.items() if place < len(parameters)} | named
        for moved, by in self.steppers.get(name, ()):
            if moved in bound and by in bound:
                self._step(self._base(bound[moved]), self._value(bound[by]))
        if NO_PROMISE.search(name):
            return origins
        self.scope.calls.setdefault(name, []).append({n: self._handed(part) for n, part in bound.items()})
        return {name}

    def _handed(self, node: ast.expr) -> _Handed:
        plain = isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in self.scope.numbers)
        return _Handed(self._base(node), frozenset(self._value(node)), self._result(node), plain)

    def _base(self, node: ast.AST) -> str:
        """Return the name that an expression is a part of: params of params["W"], self.W of self.W[0]."""
        while isinstance(node, ast.Subscript):
            node = node.value
        if isinstance(node, ast.Attribute):
            return self._base(node.value) if not isinstance(node.value, ast.Name) else ast.unparse(node)
        name = node.id if isinstance(node, ast.Name) else ""
        return self.scope.alias.get(name, name)

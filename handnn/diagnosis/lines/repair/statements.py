"""Statements that change something in place, done in another way: operator, right-hand side, index."""

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from ..blame.causes import Make
from ..record.recorder import PLAIN, RECORDER, Action
from ..record.sites import Site, segment, statement_of
from .edits import edits_of, everywhere
from .expression import Edit, Expression
from .scope import Scope
from .variants import Variant

Operator = Callable[[Any, Any], Any] | None
ALIASED = 0.6
"""A statement that changes an array of two names is more telling than another expression where that is used."""
SIGNS: dict[str, str] = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "matmul": "@", "pow": "**"}


OPPOSITE: dict[Any, Any] = {operator.add: operator.sub, operator.sub: operator.add}


class _Index:
    """Returns an index written in brackets."""

    def __getitem__(self, index: Any) -> Any:
        return index


@dataclass
class Done(Action):
    """Do a statement in another way; an operator of None assigns."""

    operator: Operator
    value: Variant | None = None
    index: Variant | None = None

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """container[index] (op)= value."""
        with RECORDER.using(PLAIN):
            if self.value is not None:
                value = Scope.plain(frame).evaluate(self.value.code)
            if self.index is not None:
                index = Scope.plain(frame, {"_index": _Index()}).evaluate(self.index.code)
        container[index] = value if self.operator is None else self.operator(container[index], value)
        return True


class AddedAt(Done):
    """Add at every index, however often it occurs."""

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """np.add.at(container, index, value)."""
        np.add.at(container, index, value)
        return True


class Left(Done):
    """Leave the statement out."""

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """Do nothing."""
        return True


class Looked(Action):
    """Keep what a statement can name at its first visit."""

    scope: Scope | None = None

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """Look before the statement is done."""
        if self.scope is None:
            with RECORDER.using(PLAIN):
                self.scope = Scope.of(frame)
        return False


class Scaled(Action):
    """Multiply the array after the statement by a number that the line can name."""

    def __init__(self, word: str) -> None:
        self.code = compile(f"({word})", "<factor>", "eval")

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the array times the number."""
        with RECORDER.using(PLAIN):
            return value * Scope.plain(frame).evaluate(self.code)


@dataclass
class Also(Done):
    """Do the statement, and what `index` says with the opposite sign."""

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """container[index] += value; container[other] -= value."""
        assert self.operator is not None and self.index is not None
        with RECORDER.using(PLAIN):
            other = Scope.plain(frame, {"_index": _Index()}).evaluate(self.index.code)
        container[index] = self.operator(container[index], value)
        container[other] = OPPOSITE[self.operator](container[other], value)
        return True


@dataclass(frozen=True)
class Way:
    """One other way: what to do, the text of it, what was written instead."""

    text: str
    did: str
    cost: float
    action: Done


@dataclass(frozen=True)
class Mutation:
    """The statement of a site in parts."""

    site: Site
    target: ast.expr
    value: ast.expr
    operator: Operator

    @classmethod
    def of(cls, site: Site) -> "Mutation | None":
        """Return the statement around a site, None if it has several targets."""
        statement = statement_of(site)
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            return cls(site, statement.targets[0], statement.value, None)
        if isinstance(statement, ast.AugAssign) and site.operator is not None:
            return cls(site, statement.target, statement.value, getattr(operator, site.operator.__name__[1:], None))
        return None

    def source(self, node: ast.expr) -> str:
        """Return the text of a part."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return segment(self.site.path, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)

    @property
    def sign(self) -> str:
        """'=' or '+='."""
        return "=" if self.operator is None else f"{SIGNS.get(self.operator.__name__, '?')}="

    def other_operators(self) -> Iterator[Way]:
        """Yield the statement with another operator."""
        scaled = (operator.mul,) if self.operator is None and isinstance(self.target, ast.Subscript) else ()
        for made in (None, operator.add, operator.sub, *scaled):
            if made is not self.operator:
                other = Mutation(self.site, self.target, self.value, made)
                text = f"{self.source(self.target)} {other.sign} {self.source(self.value)}"
                yield Way(text, f"`{self.sign}` where `{other.sign}` belongs", 1.0, Done(made))
        if self.operator is not None and not isinstance(self.target, ast.Subscript):
            value, target = Expression(self.source(self.value)), self.source(self.target)
            text = f"{target} = {target} {self.sign[:-1]} {value.bracketed(value.tree)}"
            yield Way(text, f"`{self.sign}` changes an array that is used elsewhere too", ALIASED, Done(self.operator))
        if isinstance(self.target, ast.Subscript) and self.operator in (None, operator.add):
            parts = (self.source(p) for p in (self.target.value, self.target.slice, self.value))
            what = "keeps only the last one" if self.operator is None else "adds only once"
            did = f"`{self.sign}` {what} where an index occurs more than once"
            yield Way(f"np.add.at({', '.join(parts)})", did, 1.1, AddedAt(operator.add))

    def other_values(self, scope: Scope) -> Iterator[Way]:
        """Yield the statement with another number, and without it."""
        yield Way("", "a statement too much", 1.3, Left(self.operator))
        value = self.value.operand if isinstance(self.value, ast.UnaryOp) else self.value
        scaled = isinstance(value, ast.Name) and self.operator in (operator.mul, operator.truediv)
        texts: list[tuple[str, str, float]] = []
        itself = isinstance(self.value, ast.Name) and self.source(self.value) == self.source(self.target)
        if isinstance(value, ast.Constant) or scaled or itself:
            made = Expression(self.source(self.value))
            texts = [(made.with_edits(edit), edit.did, edit.cost) for edit in edits_of(made, scope)]
        if isinstance(value, ast.Constant) and isinstance(self.target, ast.Subscript) and self.operator is None:
            minus, owner = "-" if value is not self.value else "", self.source(self.target.value)
            sums = [f"{minus}{owner}.sum(axis={axis})" for axis in range(np.ndim(scope.value(owner)))]
            texts += [(text, f"`{self.source(self.value)}` where `{text}` belongs", 1.2) for text in sums]
        for new, did, cost in texts:
            text = f"{self.source(self.target)} {self.sign} {new}"
            yield Way(text, did, cost, Done(self.operator, Variant(new, did, cost)))

    def other_indices(self, scope: Scope) -> Iterator[Way]:
        """Yield the statement with one part of its index changed, or a name of it everywhere."""
        if not isinstance(self.target, ast.Subscript):
            return
        whole = Expression(self.source(self.target))
        tree = whole.tree
        assert isinstance(tree, ast.Subscript)
        start, stop = whole.span(tree.slice)
        before, tail = whole.text.encode()[:start], len(whole.text.encode()) - stop
        edits = [e for e in edits_of(whole, scope) if e.start >= start and e.end <= stop]
        edits = sorted([*edits, *_counters(whole, tree, scope)], key=lambda e: e.cost)
        for text, did, cost in [*everywhere(whole, scope), *((whole.with_edits(e), e.did, e.cost) for e in edits)]:
            if text.encode()[:start] == before:
                yield self._indexed(text, text.encode()[start : len(text.encode()) - tail].decode(), did, cost)

    def also(self, scope: Scope) -> Iterator[Way]:
        """Yield the statement and its opposite at another place: what one class gets another gives."""
        if not isinstance(self.target, ast.Subscript) or self.operator not in OPPOSITE:
            return
        whole = Expression(self.source(self.target))
        tree = whole.tree
        assert isinstance(tree, ast.Subscript)
        sign = "-" if self.operator is operator.add else "+"
        classes = [n for n, v in scope.numbers.items() if np.ndim(v) == 1 and np.asarray(v).dtype.kind in "iu"]
        others = [f"{name}[{counter}]" for name in classes for counter in scope.counters]
        for part in tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]:
            for name in others if isinstance(part, ast.Name) else ():
                target = whole.with_edits(whole.edit(part, name, "", 1.0))
                index = target[len(whole.of(tree.value)) + 1 : -1]
                text = f"{target} {sign}= {self.source(self.value)}"
                action = Also(self.operator, None, Variant(f"_index[{index}]", "", 1.3))
                yield Way(f"{self.source(self.target)} {self.sign} {self.source(self.value)}; {text}",
                          f"after it `{text}` is missing", 1.3 + 0.01 * len(name), action)  # fmt: skip

    def _indexed(self, target: str, index: str, did: str, cost: float) -> Way:
        """Return the statement with another index; `target` is the whole left-hand side."""
        made = Variant(f"_index[{index}]", did, cost)
        return Way(f"{target} {self.sign} {self.source(self.value)}", did, cost, Done(self.operator, None, made))


def _counters(whole: Expression, tree: ast.Subscript, scope: Scope) -> list[Edit]:
    """Return the edits that put another counter in place of one part of an index, or rows beside classes."""
    parts = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
    vectors = [whole.of(part) for part in parts if not isinstance(part, ast.Slice)]
    vectors = [text for text in vectors if np.ndim(scope.value(text)) == 1]
    rows = [f"range(len({text}))" for text in vectors if len(vectors) == 1]
    return [
        whole.edit(part, name, f"index `{whole.of(part)}` where `{name}` belongs", 1.0 + 0.01 * len(name))
        for part in parts
        for name in (rows if isinstance(part, ast.Slice) else scope.counters)
        if name != whole.of(part)
    ]


def always(action: Action) -> Make:
    """Return what does the same on every draw."""
    return lambda search: action

"""The values that names have at other times: statements that come too early or too late, sums that start anew."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..blame.groups import Group
from ..derive.study import Study
from ..record.sites import SOURCES, Site
from ..record.tape import Event
from .expression import Expression

WHOLE = "value_of_the_expression"
MARK = "_as_of_line_"
DOT = "_dot_"


@dataclass
class Versions:
    """Names that only variants can read, their values by visit, and what it means to use them."""

    values: dict[str, Sequence[Any]] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    whole: str | None = None
    """The text of an expression that may not be evaluated again: variants read its value as WHOLE."""
    last: str | None = None
    """The name of what the expression's own value was at the visit before."""

    def at(self, visit: int, before: Any = None, value: Any = None) -> dict[str, Any]:
        """Return the names' values at a visit of the site, given the own value of the visit before."""
        given = {} if self.last is None else {self.last: 0.0 if before is None else before}
        if self.whole is not None:
            given[WHOLE] = value
        return given | {name: values[min(visit, len(values) - 1)] for name, values in self.values.items()}

    def meaning(self, text: str) -> str | None:
        """Return what a variant with one of the names means, None if it has none of them."""
        return next((told for name, told in self.told.items() if name in text), None)


def versions_of(study: Study, group: Group) -> Versions:
    """Return the values that the names of a group's expression have before they are assigned again, or after."""
    site, made = group.site, Versions()
    if site.mutates:
        return made
    nodes = list(ast.walk(Expression(site.text).tree))
    used = {n.id for n in nodes if isinstance(n, ast.Name)}
    _add_leaves(study, group, used | {ast.unparse(n) for n in nodes if isinstance(n, ast.Attribute)}, made)
    if site.target in used and len(group.events) > 1:
        made.last = f"{site.target}{MARK}0"
        made.told[made.last] = f"`{site.target}` starts anew at each call: what it was after the call before is lost"
    by_site: dict[int, list[Event]] = {}
    for event in study.tape.events:
        place = event.place
        if place.root and place.target in used and (place.path, place.function) == (site.path, site.function):
            by_site.setdefault(event.site, []).append(event)
    by_site.pop(site.number, None)
    changed: dict[str, int] = {}
    for name in used:
        before = [e for events in by_site.values() for e in events if e.place.target == name and e.order < group.order]
        if before:
            now = max(before, key=lambda e: e.order)
            by_site.pop(now.site)
            changed[name] = now.place.line
    for events in by_site.values():
        place, early = events[0].place, events[0].order < group.order
        if len(events) not in (1, len(group.events)):
            continue
        name = f"{place.target}{MARK}{place.line}"
        made.values[name] = [np.array(study.tape.nodes[e.node].value)[()] for e in events]
        if early:
            line = changed.get(place.target or "", place.line)
            made.told[name] = f"statement too early: line {line} changes `{place.target}` before it is used here"
        else:
            made.told[name] = f"statement too late: line {place.line} changes `{place.target}` after it is used here"
    return made


def _add_leaves(study: Study, group: Group, texts: set[str], made: Versions) -> None:
    """Add what attributes and names were before this run changed them: leaves, as far as shapes or names tell."""
    changed = {e.place.target: e for e in study.backward_events if e.order < group.order and e.place.root}
    for target in texts & set(changed):
        event = changed[target]
        for i, (own, leaf) in enumerate(study.tape.leaves.items()):
            value = study.tape.nodes[leaf].array
            if target.isidentifier() and target != own:
                continue
            if value.shape == study.tape.nodes[event.node].array.shape:
                name = f"{target.replace('.', DOT)}{MARK}{i}"
                made.values[name] = [value]
                made.told[name] = (
                    f"statement too early: line {event.place.line} changes `{target}` before it is used here"
                )


def without_marks(text: str) -> str:
    """Return a text with plain names in place of those that only variants can read."""
    while MARK in text:
        begin = text.index(MARK)
        end = begin + len(MARK)
        while text[end : end + 1].isdigit():
            end += 1
        text = text[:begin] + text[end:]
    return text.replace(DOT, ".")


def unchanged_names(study: Study, site: Site) -> list[str]:
    """Return the arrays and zeros that an expression in a loop reads, assigned before the loop and never in it."""
    source = ast.parse(SOURCES[site.path])
    arrays = {e.place.target for e in study.backward_events if e.place.function == site.function}
    for node in ast.walk(source):
        if isinstance(node, ast.For | ast.While) and node.lineno <= site.line <= (node.end_lineno or 0):
            inside = _assigned(node)
            function = _function_around(source, site.line)
            before = (_assigned(function) - inside) & (arrays | _zeros(function)) if function is not None else set()
            used = {n.id for n in ast.walk(Expression(site.text).tree) if isinstance(n, ast.Name)}
            return sorted(used & before)
    read = {ast.unparse(n) for n in ast.walk(Expression(site.text).tree) if isinstance(n, ast.Attribute)}
    return sorted(read & _always_zero(source))


def _always_zero(source: ast.Module) -> set[str]:
    """Return the attributes that are never set to anything but zeros."""
    zero: dict[str, bool] = {}
    for node in ast.walk(source):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else targets:
            base = target.value if isinstance(target, ast.Subscript) else target
            if isinstance(base, ast.Attribute):
                value = node.value if isinstance(node, ast.Assign) else None
                zeros = value is not None and "zeros" in ast.unparse(value)
                zero[ast.unparse(base)] = zero.get(ast.unparse(base), True) and zeros
    return {text for text, always in zero.items() if always}


def ends_of_loops(site: Site) -> list[ast.stmt]:
    """Return the `return` and `break` statements that end a loop of a site's function in its first round."""
    function = _function_around(ast.parse(SOURCES[site.path]), site.line)
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For | ast.While)] if function else []
    return [statement for loop in loops for statement in loop.body if isinstance(statement, ast.Return | ast.Break)]


def uses_of(site: Site, name: str) -> int:
    """Return how often a site's function reads a name."""
    function = _function_around(ast.parse(SOURCES[site.path]), site.line)
    nodes = ast.walk(function) if function is not None else ()
    return sum(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for n in nodes)


def _function_around(source: ast.Module, line: int) -> ast.FunctionDef | None:
    found = None
    for node in ast.walk(source):
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            found = node
    return found


def _zeros(function: ast.FunctionDef) -> set[str]:
    """Return the names that a function sets to 0."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                found |= {
                    t.id for t, v in pairs if isinstance(t, ast.Name) and isinstance(v, ast.Constant) and v.value == 0
                }
    return found


def _assigned(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}

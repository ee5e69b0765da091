"""What loops run over, what they repeat that belongs before them, and what comes after them that belongs in them.

A range one too short, a list without its last, in the wrong order; a counter that is advanced for every parameter.
"""

import ast
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

from ..blame.groups import Group
from ..derive.session import scalar
from ..derive.study import Study
from ..record.recorder import PLAIN, RECORDER, Action, Plan
from ..record.sites import SITES, SOURCES, Site, tree
from .expression import Expression, simplified
from .scope import Scope
from .statements import Done, Left, Mutation, Operator, Way
from .variants import Variant

MOST_LOOPS = 12


class Over(Action):
    """Let a loop run over something else."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return what it runs over."""
        with RECORDER.using(PLAIN):
            return Scope.plain(frame).evaluate(self.variant.code)


class Once(Action):
    """Do a statement at its first visit of each call only."""

    def __init__(self, target: str) -> None:
        self.target = target

    def start(self) -> None:
        """Begin anew."""
        self.frame: FrameType | None = None

    def _again(self, frame: FrameType) -> bool:
        again, self.frame = self.frame is frame, frame
        return again

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """Leave `+=` out."""
        return self._again(frame)

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return what the target of `x = x + a` is already."""
        if self.frame is frame and self.target:
            with RECORDER.using(PLAIN):
                return Scope.plain(frame).evaluate(compile(self.target, "<target>", "eval"))
        self.frame = frame
        return value


def repeated(lines: set[tuple[Any, str]]) -> Iterator[tuple[Site, Once, str]]:
    """Yield the statements of some functions that add to something in each round of a loop, and how to do them once."""
    for site in [s for s in SITES if s.root and s.target and (s.path, s.function) in lines]:
        adds = site.role == "augment" or (site.role == "binary" and site.target in _read(site.text))
        if adds and _loops_around(site):
            told = f"`{site.target}` is added to in each round of the loop: once, before it, belongs there"
            yield site, Once("" if site.role == "augment" else str(site.target)), told


class Followed(Done):
    """Do a statement, and another after it; `text` is the other."""

    def __init__(self, operator: Operator, text: str) -> None:
        super().__init__(operator)
        self.code = compile(text, "<statement>", "exec")

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """container[index] (op)= value; then the other statement."""
        super().perform(container, index, value, frame)
        with RECORDER.using(PLAIN):
            scope = Scope.plain(frame)
            exec(self.code, scope.globals, scope.variables)
        return True


def moved(groups: Sequence[Group]) -> Iterator[tuple[tuple[Group, Way], tuple[Group, Way]]]:
    """Yield the statements after a loop that may belong in it: what to leave out, and what to do where."""
    known = [(g, Mutation.of(g.site)) for g in groups if g.site.mutates]
    adding = [(g, m) for g, m in known if m is not None and m.operator is not None]
    for late, after in adding:
        for early, inner in adding:
            ends = [end for first, end in _loops_around(early.site) if end < late.site.line]
            if not ends or (early.site.path, early.site.function) != (late.site.path, late.site.function):
                continue
            text = f"{after.source(after.target)} {after.sign} {after.source(after.value)}"
            told = f"it belongs in the loop, after line {early.site.line}"
            yield (
                (late, Way("", told, 1.3, Left(after.operator))),
                (early, Way(f"{early.site.text}; {text}", f"after it `{text}` is missing", 1.3,
                            Followed(inner.operator, text))),
            )  # fmt: skip


def _loops_around(site: Site) -> list[tuple[int, int]]:
    """Return the first and last lines of the loops that a site is in."""
    nodes = (n for n in ast.walk(tree(SOURCES[site.path])) if isinstance(n, ast.For | ast.While))
    found = [(n.body[0].lineno, n.end_lineno or 0) for n in nodes]
    return [(first, last) for first, last in found if first <= site.line <= last]


def _read(text: str) -> set[str]:
    return {ast.unparse(n) for n in ast.walk(Expression(text).tree) if isinstance(n, ast.Name | ast.Attribute)}


def other_loops(study: Study, plan: Plan, lines: set[tuple[Any, str]]) -> Iterator[tuple[Site, Variant]]:
    """Yield what the loops of some functions could run over, as far as the forward part stays as it is.

    Args:
        lines: (file, function) of the lines that are looked at.
    """
    loops = [site for site in SITES if site.role == "loop" and (site.path, site.function) in lines]
    for site in loops[:MOST_LOOPS]:
        for variant in _others(site.text):
            ran = study.replay({**plan, site.number: Over(variant)})
            if ran.error is None and scalar(ran.loss) == scalar(study.run.loss):
                yield site, variant


def _others(text: str) -> Iterator[Variant]:
    whole = Expression(text)
    for node in [n for n in ast.walk(whole.tree) if isinstance(n, ast.expr)]:
        for new, cost in _instead(node, whole):
            edit = whole.edit(node, new, "", cost)
            made = simplified(whole.with_edits(edit))
            yield Variant(made, f"the loop over `{text}` where `{made}` belongs", cost)


def _instead(node: ast.expr, whole: Expression) -> Iterator[tuple[str, float]]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        inside = ", ".join(whole.of(a) for a in node.args)
        if node.func.id == "range":
            bounds = [whole.of(a) for a in node.args[:2]]
            rest = [whole.of(a) for a in node.args[2:]]
            for i, bound in enumerate(bounds):
                for other in (_moved(node.args[i], bound, 1), _moved(node.args[i], bound, -1)):
                    yield f"range({', '.join([*bounds[:i], other, *bounds[i + 1 :], *rest])})", 1.1
            if len(bounds) == 1:
                yield f"range(1, {bounds[0]})", 1.1
            yield f"reversed({whole.of(node)})", 1.2
        elif node.func.id == "reversed":
            yield inside, 1.2
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        yield whole.bracketed(node.value), 1.1
    elif node is whole.tree and isinstance(node, ast.Name | ast.Attribute):
        yield f"{whole.of(node)}[::-1]", 1.2


def _moved(node: ast.expr, text: str, by: int) -> str:
    """Return a bound one further: `n` for `n - 1`."""
    number = _whole(node)
    if number is not None:
        return str(number + by)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        left, right = ast.unparse(node.left), _whole(node.right)
        if right is not None:
            total = (right if isinstance(node.op, ast.Add) else -right) + by
            return f"{left} {'+' if total > 0 else '-'} {abs(total)}" if total else left
    return f"{text} {'+' if by > 0 else '-'} 1"


def _whole(node: ast.expr) -> int | None:
    """Return a whole number that is written out."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _whole(node.operand)
        return None if number is None else -number
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None

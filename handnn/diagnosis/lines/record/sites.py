"""Sites: the places of a user's source whose values are recorded."""

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LONGEST, MOST_CONSTANTS = 40, 8
MUTATIONS = ("augment", "set item", "augment item")


@dataclass(frozen=True, slots=True)
class Site:
    """One expression or statement of a user's file; columns count UTF-8 bytes, as in `ast`.

    `root` marks a whole right-hand side, returned value or element of such; `target` is the name it is given. `added`
    marks the right-hand side of `+=`: a part of the value that the statement makes. `passed` marks a value that is only
    handed to a function.
    """

    number: int
    path: Path
    line: int
    column: int
    end_line: int
    end_column: int
    role: str
    function: str
    root: bool = False
    target: str | None = None
    operator: Callable[..., Any] | None = None
    added: bool = False
    passed: bool = False

    @property
    def text(self) -> str:
        """The source text of the expression."""
        return segment(self.path, self.line, self.column, self.end_line, self.end_column)

    @property
    def begin(self) -> tuple[int, int]:
        """Line and column of the start."""
        return self.line, self.column

    @property
    def end(self) -> tuple[int, int]:
        """Line and column of the end."""
        return self.end_line, self.end_column

    @property
    def mutates(self) -> bool:
        """Whether the site is a statement that changes a value in place."""
        return self.role in MUTATIONS


SITES: list[Site] = []
SOURCES: dict[Path, str] = {}


def segment(path: Path, line: int, column: int, end_line: int, end_column: int) -> str:
    """Return the source text between two places."""
    lines = [text.encode() for text in SOURCES[path].splitlines()[line - 1 : end_line]]
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    return b"\n".join(lines).decode()


@cache
def tree(source: str) -> ast.Module:
    return ast.parse(source)


def constants_of(path: Path) -> tuple[float, ...]:
    """Return the few numbers that a file writes out, the most frequent first."""
    nodes = ast.walk(tree(SOURCES[path])) if path in SOURCES else iter(())
    found = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, int | float)]
    return tuple(n for n, _ in Counter(found).most_common(MOST_CONSTANTS))


def factors_of(path: Path) -> tuple[str, ...]:
    """Return the few short texts by which a file multiplies, other than names and numbers, the most frequent first."""
    products = (n for n in ast.walk(tree(SOURCES[path])) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult))
    texts = [ast.unparse(part) for n in products for part in (n.left, n.right) if _computes(part)]
    return tuple(t for t, _ in Counter(t for t in texts if len(t) <= LONGEST).most_common(MOST_CONSTANTS))


def divisors_of(path: Path) -> tuple[str, ...]:
    """Return the few short texts by which a file divides, other than names and numbers, the most frequent first."""
    divided = (n.right for n in ast.walk(tree(SOURCES[path])) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div))
    texts = [ast.unparse(part) for part in divided if isinstance(part, ast.BinOp | ast.Call | ast.Attribute)]
    return tuple(t for t, _ in Counter(t for t in texts if len(t) <= LONGEST).most_common(MOST_CONSTANTS))


def _computes(node: ast.expr) -> bool:
    product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
    drawn = any(getattr(part, "attr", "") == "random" for part in ast.walk(node))
    return isinstance(node, ast.BinOp | ast.Call) and not product and not drawn


def expressions_of(path: Path) -> list[str]:
    """Return the texts of the short expressions of a file that may be evaluated elsewhere in it."""
    sites = (s for s in SITES if s.path == path and s.role in ("binary", "call", "unary") and s.line == s.end_line)
    return list(dict.fromkeys(s.text for s in sites if s.end_column - s.column <= LONGEST))


def is_given(site: Site, name: str) -> bool:
    """Return whether a name is an argument of the function that a site stands in."""
    around = [n for n in ast.walk(tree(SOURCES[site.path])) if isinstance(n, ast.FunctionDef)
              and n.lineno <= site.line <= (n.end_lineno or 0)]  # fmt: skip
    return bool(around) and name in {one.arg for one in around[-1].args.args}


def statement_of(site: Site) -> ast.stmt | None:
    """Return the innermost simple statement around a site, None inside a lambda default or decorator."""
    found = None
    for node in ast.walk(tree(SOURCES[site.path])):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            begin, end = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
            if begin <= (site.line, site.column) and (site.end_line, site.end_column) <= end:
                found = node
    return found


def unpacked(site: Site) -> bool:
    """Return whether a site is in a statement `a, b = f(x)`: what the call gives has no value as a whole."""
    statement = statement_of(site)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Tuple | ast.List) for target in targets)

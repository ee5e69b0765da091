"""Training methods that make their weights anew: made to keep those that the object has."""

import ast
import re
from collections.abc import Iterator

from .words import bare

MADE = ("np.zeros", "np.ones", "np.random.", "np.full", "numpy.zeros", "numpy.random.", "random.")
TRAINS = re.compile("fit|train|learn|descent|optimi")
ACCUMULATES = re.compile("d[a-z]?_?w|db|grad|delta|nabla")


def with_kept_weights(text: str) -> str | None:
    """Return the text of a file in which a training method makes its weights only once; None if none makes them.

    `self.w = np.zeros(n)` before a loop, where the class moves `self.w`, gets `if getattr(self, 'w', None) is None:`
    before it: the method trains what it is given then. Lines keep their numbers.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    lines, changed = text.splitlines(), False
    for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        moved = {name for part in ast.walk(cls) if (name := _stepped(part))}
        for method in (n for n in cls.body if isinstance(n, ast.FunctionDef) and TRAINS.search(bare(n.name))):
            for node, name in _starts(method, moved):
                indent, rest = lines[node.lineno - 1][: node.col_offset], lines[node.lineno - 1][node.col_offset :]
                lines[node.lineno - 1] = f"{indent}if getattr(self, {name!r}, None) is None: {rest}"
                changed = True
    return "\n".join(lines) + "\n" if changed else None


def _starts(method: ast.FunctionDef, moved: set[str]) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements before a loop that make what the class moves, with its name."""
    loops = [node.lineno for node in method.body if isinstance(node, ast.For | ast.While)]
    for node in method.body:
        if node.lineno > max(loops, default=0):
            return
        if isinstance(node, ast.Assign) and node.lineno == node.end_lineno and len(node.targets) == 1:
            name = _own(node.targets[0])
            number = isinstance(node.value, ast.Constant) and isinstance(node.value.value, int | float)
            if (
                name in moved
                and not ACCUMULATES.match(bare(name))
                and (number or ast.unparse(node.value).startswith(MADE))
            ):
                yield node, name


def _own(target: ast.AST) -> str:
    own = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    return target.attr if own and isinstance(target, ast.Attribute) else ""


def _stepped(node: ast.AST) -> str:
    """Return the attribute that a statement moves: self.w -= step, self.w = self.w - step."""
    if isinstance(node, ast.AugAssign):
        return _own(node.target)
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.value, ast.BinOp):
        name = _own(node.targets[0])
        return name if name and _own(node.value.left) == name else ""
    return ""

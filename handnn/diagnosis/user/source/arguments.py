"""What the source of a class says of the arguments of its constructor."""

import ast
from typing import Any

from .syntax import nodes_of

ALIKE = ast.Eq | ast.NotEq | ast.In | ast.NotIn


def words(target: Any, name: str) -> list[str]:
    """Return the words that the source holds an argument, or the attribute of its name, against: mode == 'max'."""
    found: dict[str, None] = {}
    compared = (node for node in nodes_of(target) if isinstance(node, ast.Compare) and isinstance(node.ops[0], ALIKE))
    for node in compared:
        if _named(node.left) == name.strip("_"):
            constants = (part.value for part in ast.walk(node.comparators[0]) if isinstance(part, ast.Constant))
            found.update(dict.fromkeys(word for word in constants if isinstance(word, str)))
    return list(found)


def parts(target: Any, name: str) -> int:
    """Return into how many names the source unpacks an argument, or the attribute of its name; 0 if it does not."""
    for node in nodes_of(target):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and _named(node.value) == name:
            return len(node.targets[0].elts)
    return 0


def _named(node: ast.expr) -> str:
    """Return the name of a variable or attribute, without the method that is called on it; '' if it is neither."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        node = node.func.value
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.strip("_")

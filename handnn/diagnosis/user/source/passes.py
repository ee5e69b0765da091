"""Loops that are written out so that they can be followed: one pass of training, the rows of an array."""

import ast
import re
from collections.abc import Mapping

from .syntax import moves, parsed_text

MOST = 2
"""So many passes take no time."""
COUNTED = re.compile("epoch|iter|step|round|pass|episode|size|len|layer", re.IGNORECASE)
"""Arguments that are known as numbers of passes, or are none."""
GRADIENT = re.compile("grad|deriv|^d?f$")
"""Arguments that are functions of the gradient."""


def with_one_pass(text: str) -> str | None:
    """Return the text of a file in which loops that move weights a given number of times do so once; None without.

    `for epoch in range(1000):`, or `range(n)` after `n = 1000` or for an argument n, where no item is chosen by the
    counter. Lines keep their numbers.
    """
    lines, changed = text.splitlines(), False
    tree = parsed_text(text)
    functions = {f.name: f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)}
    moving = {name for name, function in functions.items() if _moves(function)}
    for function in functions.values():
        numbers = {a.arg: MOST + 1 for a in function.args.args if not COUNTED.search(a.arg)} | {
            ast.unparse(node.targets[0]): node.value.value for node in ast.walk(function)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        }  # fmt: skip
        for loop in (node for node in ast.walk(function) if isinstance(node, ast.For)):
            called = [part.func for part in ast.walk(loop) if isinstance(part, ast.Call)]
            calls = {ast.unparse(function).removeprefix("self.") for function in called}
            if calls & {argument.arg for argument in function.args.args if GRADIENT.search(argument.arg)}:
                continue  # it is given its gradients from outside
            if _passes(loop, numbers) > MOST and (_moves(loop) or calls & moving):
                end, line = loop.iter.end_col_offset or 0, loop.iter.lineno - 1
                lines[line] = f"{lines[line][: loop.iter.col_offset]}range(1){lines[line][end:]}"
                changed = True
    return "\n".join(lines) + "\n" if changed else None


def with_rows(text: str) -> str | None:
    """Return the text of a file with np.apply_along_axis(f, 1, X) as np.array([f(row) for row in X]); None without.

    NumPy copies what it hands on, so that the loss of it would be followed by differences only.
    """
    lines, changed = text.splitlines(), False
    for node in ast.walk(parsed_text(text)):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "np.apply_along_axis" and len(node.args) == 3):
            continue
        function, axis, data = map(ast.unparse, node.args)
        if axis in ("1", "-1") and node.lineno == node.end_lineno and not node.keywords:
            line, end = node.lineno - 1, node.end_col_offset or 0
            made = f"np.array([{function}(row) for row in {data}])"
            lines[line] = lines[line][: node.col_offset] + made + lines[line][end:]
            changed = True
    return "\n".join(lines) + "\n" if changed else None


def _moves(node: ast.AST) -> bool:
    return any(isinstance(sign, ast.Sub | ast.Add) for _, sign, _ in moves(ast.walk(node)))


def _passes(loop: ast.For, numbers: Mapping[str, object]) -> int:
    """Return how many passes a loop makes; 0 if that is not written out, or its counter chooses items."""
    made = loop.iter
    if not (isinstance(made, ast.Call) and ast.unparse(made.func) == "range" and len(made.args) == 1):
        return 0
    chosen = {part.id for node in ast.walk(loop) if isinstance(node, ast.Subscript)
              for part in ast.walk(node.slice) if isinstance(part, ast.Name)}  # fmt: skip
    if not isinstance(loop.target, ast.Name) or loop.target.id in chosen or made.lineno != made.end_lineno:
        return 0
    number = made.args[0].value if isinstance(made.args[0], ast.Constant) else numbers.get(ast.unparse(made.args[0]))
    return number if isinstance(number, int) else 0

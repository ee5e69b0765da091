"""Steps of training without a loss: written down at the error that they go by, for one sample at a time.

`e = r - prediction` within loops over the samples gets `; handnn_written.append(...)` after it, half its square and its
square, `margin >= 1` the hinge; what is a weight's own multiple in its step is the derivative of a penalty. The first
pass of each loop is made. Lines keep their numbers.
"""

import ast
import re
from collections.abc import Iterator

from .syntax import moves, parsed_text
from .words import RATES, bare

WRITTEN = "handnn_written"
ERROR = re.compile(r"(prediction_?)?(e|e_?[a-z]{1,2}|err(or)?s?|diff(erence)?|residual|loss_gradient)")


def with_written_losses(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the text of a file with losses written down, by class the method that takes the step, functions alone.

    None if there is nothing to write, or the file cannot be parsed.
    """
    tree, lines, found = parsed_text(text), text.splitlines(), {}
    for top in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for function in (node for node in top.body if isinstance(node, ast.FunctionDef)):
            if _write(function, lines):
                found[top.name] = function.name
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        if _write(function, lines):
            found[function.name] = ""
    return ("\n".join([*lines, f"{WRITTEN} = []", "import numpy as np"]) + "\n", found) if found else None


def _write(function: ast.FunctionDef, lines: list[str]) -> bool:
    for loops, body, place in _bodies(function):
        error, losses = _losses(body[place])
        steps = [step for node in body[place:] for step in _steps(node, ())]
        if error is None or not steps or any(loop.lineno != loop.iter.end_lineno for loop in loops):
            continue
        penalties: dict[str, str] = {}
        for target, value, inner in steps:
            own = _own_multiple(target, value)
            if own is None:
                return False
            if own:
                penalties[target] = _over(f"({own}) / 2 * np.sum(np.square({target}))", inner)
        said = ", ".join(" + ".join([loss, *penalties.values()]) for loss in losses)
        line = (error.end_lineno or 1) - 1
        end = error.end_col_offset or 0
        note = f"{WRITTEN}.append(({said},))"
        if isinstance(error, ast.stmt):
            lines[line] = f"{lines[line][:end]}; {note}{lines[line][end:]}"
        else:
            start = error.col_offset
            lines[line] = f"{lines[line][:start]}({note} or {lines[line][start:end]}){lines[line][end:]}"
        for loop in loops:
            make_once(loop, lines)
        return True
    return False


def make_once(loop: ast.For, lines: list[str]) -> None:
    """Write into the lines of a file that a loop, with what it goes through in its first line, makes one pass."""
    start, end, line = loop.iter.col_offset, loop.iter.end_col_offset or 0, loop.lineno - 1
    lines[line] = f"{lines[line][:start]}list({lines[line][start:end]})[:1]{lines[line][end:]}"


def _bodies(
    node: ast.AST, loops: tuple[ast.For, ...] = ()
) -> Iterator[tuple[tuple[ast.For, ...], list[ast.stmt], int]]:
    """Yield (loops around it, statements, place) of each statement within loops."""
    for name in ("body", "orelse"):
        body = getattr(node, name, [])
        for place, one in enumerate(body if isinstance(body, list) else []):
            if loops:
                yield loops, body, place
            yield from _bodies(one, (*loops, one) if isinstance(one, ast.For) else loops)


def _losses(node: ast.stmt) -> tuple[ast.stmt | ast.expr | None, list[str]]:
    """Return where an error, or a margin, is known, and the losses that may be meant."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.lineno == node.end_lineno:
        name = node.targets[0].id
        if isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Sub) and ERROR.fullmatch(name):
            return node, [f"0.5 * np.sum(np.square({name}))", f"np.sum(np.square({name}))"]
        margin = _margin(node.value)
        return (node, [f"np.maximum(0, 1 - ({margin}))"]) if margin else (None, [])
    if isinstance(node, ast.If) and node.test.lineno == node.test.end_lineno and (margin := _margin(node.test)):
        return node.test, [f"np.maximum(0, 1 - ({margin}))"]
    return None, []


def _margin(node: ast.expr) -> str:
    """Return what is compared with 1: a product, as of a label and a score."""
    if (
        isinstance(node, ast.Compare)
        and isinstance(node.comparators[0], ast.Constant)
        and isinstance(node.left, ast.BinOp)
    ):
        product = isinstance(node.left.op, ast.Mult)
        return ast.unparse(node.left) if product and node.comparators[0].value == 1 else ""
    return ""


def _steps(node: ast.AST, inner: tuple[ast.For, ...]) -> Iterator[tuple[str, ast.expr, tuple[ast.For, ...]]]:
    """Yield (weight, what is added to it, loops around it) of each step of a weight in a statement."""
    for target, _, by in moves([node]):
        if not isinstance(target, ast.Name):
            yield ast.unparse(target), by, inner
    for part in ast.iter_child_nodes(node):
        yield from _steps(part, (*inner, node) if isinstance(node, ast.For) else inner)


def _own_multiple(target: str, value: ast.expr) -> str | None:
    """Return by what a weight is multiplied in its own step, '' if it is not in it; None if that is not plain."""
    places = [node for node in ast.walk(value) if isinstance(node, ast.expr) and ast.unparse(node) == target]
    products = [
        n for n in ast.walk(value) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult) and n.right in places
    ]
    if len(places) != len(products) or len(places) > 1:
        return None
    own = ast.unparse(products[0].left) if products else ""
    rates = [n for n in re.findall(r"\w+", own) if bare(n) in RATES]
    return None if rates else own


def _over(text: str, loops: tuple[ast.For, ...]) -> str:
    """Return the sum of an expression over loops."""
    for loop in reversed(loops):
        text = f"sum({text} for {ast.unparse(loop.target)} in {ast.unparse(loop.iter)})"
    return text

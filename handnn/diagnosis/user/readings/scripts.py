"""A training loop at module level as a function of the data: one pass, the weights are globals.

`for epoch in range(1000):` becomes `def training_loop(X, y, epoch=0):`, and its first statement `global W; ...`.
"""

import ast
import re

from ..call.script import LOOP
from .roles import roles_among

PRODUCT = re.compile(r"\.T\b|\bdot\(|matmul\(|transpose\(| @ ")
LOSS = re.compile(r"\w*(loss|cost|mse|bce|nll|cross_?entropy|err|error)|J|e", re.IGNORECASE)
HISTORY = re.compile(r"(loss|cost)|J_?hist", re.IGNORECASE)
"""An array of losses, one each pass."""
DIFFERENCE = re.compile(r"\w*(err|error)|e", re.IGNORECASE)
"""A loss if it is added up, or made a number; otherwise a difference from the labels."""
NUMBERS = re.compile(r"(sum|mean)\((?!.*abs)")
NUMBER = re.compile(r"^\w+ = (-?[\d.]+(e-?\d+)?|\[\]|len\(\w+\)|\w+\.(shape\[-?\d\]|size))$")
"""A number, or an empty list, not data; a number of samples is counted again."""


def as_function(loop: ast.For | ast.While, before: list[ast.stmt], lines: list[str]) -> bool:
    """Write a loop as a function into the lines that it has; return whether that could be done.

    Args:
        loop: at module level. before: the statements before it. lines: of the file, changed in place.
    """
    body, first = loop.body, loop.body[0]
    if isinstance(first, ast.For) and not loop.orelse and first.lineno > loop.lineno:
        if not as_function(first, before, lines):  # passes over the samples within passes over the data
            return False
        lines[loop.lineno - 1] = ""
        for number in range(first.end_lineno or 0, loop.end_lineno or 0):
            lines[number] = ""
        return True
    known = {name for node in before for name in _stored(node)}
    weights = sorted({name for node in body for name in _updated(node)} & known)
    plain = {name: node for node in before if NUMBER.search(ast.unparse(node)) for name in _stored(node)}
    read, losses = set().union(*map(_names, body)), [n for node in body for n in _losses(node) if n not in weights]
    losses = losses or [name for name in _told_only(body) if name not in weights]
    data = _data(loop, known - set(weights) - set(plain))
    own = not data and bool(losses)  # all that it reads, as the file has it
    data = sorted(read & known - set(weights) - _numbers(before)) if own else data
    simple = not isinstance(first, ast.For | ast.While | ast.If | ast.With | ast.Try | ast.FunctionDef | ast.ClassDef)
    derives = len(PRODUCT.findall(ast.unparse(loop))) > 1
    jumps = any(isinstance(part, ast.Break | ast.Continue) for node in body for part in ast.walk(node))
    if not (weights and data and simple and derives) or first.lineno <= loop.lineno or loop.orelse or jumps:
        return False
    counter = f", {loop.target.id}=0" if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) else ""
    roles = roles_among(data)
    given = data if own or [roles[name] for name in data] in (["x", "y"], ["x"]) else ["x", "y"]
    lines[loop.lineno - 1] = f"def {LOOP}({', '.join(given)}{counter}):"
    for number in range(loop.lineno, first.lineno - 1):
        lines[number] = ""
    text = lines[first.lineno - 1]
    indent = text[: first.col_offset]
    start = [f"global {', '.join(weights)}", *([] if given is data else [f"{', '.join(data)} = x, y"])]
    start += [ast.unparse(node) for name, node in plain.items() if name in read and _names(node) & set(data)]
    lines[first.lineno - 1] = f"{indent}{'; '.join(start)}; {text[first.col_offset :]}"
    last, end = body[-1], body[-1].end_lineno or 0
    if losses and isinstance(last, ast.If) and "print" in ast.unparse(last) and not _stored(last):  # it tells only
        lines[last.lineno - 1 : end] = [f"{indent}return {losses[-1]}", *[""] * (end - last.lineno)]
    elif losses and last.col_offset == first.col_offset and not hasattr(last, "body"):
        lines[end - 1] += f"; return {losses[-1]}"
    elif losses and not "".join(lines[end : end + 1]).strip():
        lines[end : end + 1] = [f"{indent}return {losses[-1]}"]
    return True


def _data(loop: ast.For | ast.While, known: set[str]) -> list[str]:
    """Return the data and the labels that a loop reads; none if that is not plain."""
    target = loop.target if isinstance(loop, ast.For) else None
    if isinstance(target, ast.Tuple):
        names = [part.id for part in target.elts if isinstance(part, ast.Name)]
    else:
        names = sorted(set().union(*map(_names, loop.body)) & known)
    roles = roles_among(names)
    if isinstance(target, ast.Tuple) and len(names) == 2 and _is_zip(loop):
        return names  # data and labels, whatever their names
    found = [name for wanted in ("x", "y") for name in names if roles[name] == wanted]
    if len(found) == 2 and {roles[name] for name in found} == {"x", "y"}:
        return found
    sides = {id(side) for part in ast.walk(loop) if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub)
             for side in (part.left, part.right)}  # fmt: skip
    compared = {name for part in ast.walk(loop) if id(part) in sides and (name := _base(part)) in names}
    if len(names) == 2 and len(compared) == 1:
        return [*sorted(set(names) - compared), *compared]
    rebuilt = [name for name in compared if roles[name] == "x"]  # the output is held against the data itself
    return rebuilt if len(rebuilt) == 1 and "y" not in roles.values() else []


def _losses(node: ast.stmt) -> list[str]:
    """Return the names of losses that a statement computes, in the order of the lines; differences are none."""
    made = [part for part in ast.walk(node) if isinstance(part, ast.Assign | ast.AugAssign)]
    found = []
    for part in sorted(made, key=lambda part: part.lineno):
        target = part.target if isinstance(part, ast.AugAssign) else part.targets[0]
        name = target.id if isinstance(target, ast.Name) else ""
        number = isinstance(part, ast.AugAssign) or NUMBERS.search(ast.unparse(part.value))
        if LOSS.fullmatch(name) and (number or DIFFERENCE.fullmatch(name) is None):
            found.append(name)
        elif isinstance(target, ast.Subscript) and HISTORY.match(_base(target)):
            found.append(ast.unparse(target))
    return found


def _told_only(body: list[ast.stmt]) -> list[str]:
    """Return the names of sums and means that a loop computes and does nothing with but tell them."""
    made = [node for node in body if isinstance(node, ast.Assign) and NUMBERS.search(ast.unparse(node.value))]
    work = [node for node in body if not isinstance(node, ast.If | ast.Expr)]
    names = [node.targets[0].id for node in made if isinstance(node.targets[0], ast.Name)]
    read = [part.id for node in work for part in ast.walk(node) if isinstance(part, ast.Name)]
    return [name for name in names if read.count(name) == 1]


def _numbers(before: list[ast.stmt]) -> set[str]:
    """Return the names of plain numbers, and of what is imported or empty."""
    plain = [node for node in before if isinstance(node, ast.Assign) and NUMBER.search(ast.unparse(node))]
    pairs = [node for node in before if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
             and all(isinstance(part, ast.Constant) for part in node.value.elts)]  # fmt: skip
    return set().union(*map(_stored, [*plain, *pairs]))


def _base(node: ast.AST) -> str:
    """Return the name that an expression takes a part of: labels[i : i + 1]."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_zip(loop: ast.For | ast.While) -> bool:
    called = getattr(getattr(loop, "iter", None), "func", None)
    return isinstance(called, ast.Name) and called.id == "zip"


def _names(node: ast.stmt) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _stored(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return set()
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _updated(node: ast.stmt) -> set[str]:
    """Return the names that a statement makes new values of from the old ones."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
            found.add(part.target.id)
        elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            name = part.targets[0].id
            if any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(part.value)):
                found.add(name)
    return found

"""A training loop at module level as a function of the data: one pass, the weights are globals.

`for epoch in range(1000):` becomes `def training_loop(X, y, epoch=0):`, and its first statement `global W; ...`.
"""

import ast
import re
from collections.abc import Iterator

from ..source.syntax import moves
from ..source.words import LOOP, WAYS_BACK
from ..source.written import make_once
from .roles import roles_among

PRODUCT = re.compile(r"\.T\b|\bdot\(|matmul\(|transpose\(| @ ")
GRADIENT = re.compile(r"d[A-Z_]|d(w|b|m)\d?$|grad|nabla")
LOSS = re.compile(r"\w*(loss|cost|mse|bce|nll|cross_?entropy|err|error)|J|e", re.IGNORECASE)
HISTORY = re.compile(r"(loss|cost)|J_?hist", re.IGNORECASE)
"""An array of losses, one each pass."""
DIFFERENCE = re.compile(r"\w*(err|error)|e", re.IGNORECASE)
"""A loss if it is added up, or made a number; otherwise a difference from the labels."""
NUMBERS = re.compile(r"(sum|mean)\((?!.*abs)")
NUMBER = re.compile(r"^\w+ = (-?[\d.]+(e-?\d+)?|\[\]|len\(\w+\)|\w+\.(shape\[-?\d\]|size))$")
"""A number, or an empty list, not data; a number of samples is counted again."""


def as_function(loop: ast.For | ast.While, before: list[ast.stmt], lines: list[str], column: int = -1) -> bool:
    """Write a loop as a function into the lines that it has; return whether that could be done.

    Args:
        loop: at module level. before: the statements before it. lines: of the file, changed in place.
        column: where the function begins; that of the loop if it is not given.
    """
    body, first, column = loop.body, loop.body[0], loop.col_offset if column < 0 else column
    if _holds_all(first, loop) and not loop.orelse and first.lineno > loop.lineno:
        assert isinstance(first, ast.For)  # passes over the samples within passes over the data
        if not as_function(first, before, lines, loop.col_offset):
            return False
        lines[loop.lineno - 1] = ""
        for number in range(first.end_lineno or 0, loop.end_lineno or 0):
            lines[number] = ""
        return True
    known = {name for node in before for name in _stored(node)}
    weights = sorted({name for node in body for name in _updated(node)} & known)
    plain = {name: node for node in before if NUMBER.search(ast.unparse(node)) for name in _stored(node)}
    read, losses = set().union(*map(_names, body)), [n for n in _losses(body) if n not in weights]
    losses = losses or [name for name in _told_only(body) if name not in weights] or _printed(body[-1])
    data = _data(loop, known - set(weights) - set(plain))
    own = not data and bool(losses)  # all that it reads, as the file has it
    data = sorted(read & known - set(weights) - _numbers(before)) if own else data
    gradients = {name for node in body for name in _stored(node) if GRADIENT.match(name)}
    products = len(PRODUCT.findall(ast.unparse(loop)))
    derives = products > 1 or len(gradients) > 1 or (products and any(map(_goes_back, ast.walk(loop))))
    derives = derives or len(set(_stepped(loop, _numbers(before)))) > 1
    line = _free_line(loop, lines)
    jumps = list(_jumps(body))
    if not (weights and data and line and derives) or loop.orelse or any(isinstance(j, ast.Continue) for j in jumps):
        return False
    named = isinstance(loop, ast.For) and isinstance(loop.target, ast.Name)
    counter = f", {loop.target.id}={_first(loop.iter)}" if named else ""  # type: ignore[union-attr]
    roles = roles_among(data)
    given = data if own or [roles[name] for name in data] in (["x", "y"], ["x"]) else ["x", "y"]
    for jump in jumps:
        text = lines[jump.lineno - 1]
        lines[jump.lineno - 1] = f"{text[: jump.col_offset]}pass{text[jump.col_offset + len('break') :]}"
    for inner in _batches(loop):
        make_once(inner, lines)
    start = [f"global {', '.join(weights)}", *([] if given is data else [f"{', '.join(data)} = x, y"])]
    start += [ast.unparse(node) for name, node in plain.items() if name in read and _names(node) & set(data)]
    indent, rest = lines[first.lineno - 1][: first.col_offset], lines[first.lineno - 1][first.col_offset :]
    for number in range(min(line, loop.lineno) - 1, first.lineno - 1):
        lines[number] = ""
    lines[min(line, loop.lineno) - 1] = f"{' ' * column}def {LOOP}({', '.join(given)}{counter}):"
    number = max(line, loop.lineno) - 1
    lines[number] = indent + "; ".join([*start, *([rest] if number == first.lineno - 1 else [])])
    last, end = body[-1], body[-1].end_lineno or 0
    if losses and isinstance(last, ast.If) and "print" in ast.unparse(last) and not _stored(last):  # it tells only
        lines[last.lineno - 1 : end] = [f"{indent}return {losses[-1]}", *[""] * (end - last.lineno)]
    elif losses and last.col_offset == first.col_offset and not hasattr(last, "body"):
        lines[end - 1] += f"; return {losses[-1]}"
    elif losses and not "".join(lines[end : end + 1]).strip():
        lines[end : end + 1] = [f"{indent}return {losses[-1]}"]
    return True


def _first(numbers: ast.expr) -> str:
    """Return the number that a loop counts from: of `range(1, 1001)` 1."""
    counts = isinstance(numbers, ast.Call) and ast.unparse(numbers.func) == "range" and len(numbers.args) > 1
    first = numbers.args[0] if counts and isinstance(numbers, ast.Call) else None
    return str(first.value) if isinstance(first, ast.Constant) and isinstance(first.value, int) else "0"


def _stepped(loop: ast.AST, numbers: set[str]) -> Iterator[str]:
    """Yield what code takes a product with one of these numbers away from: `w[0] -= rate * g0`."""
    for target, sign, step in moves(ast.walk(loop)):
        if isinstance(sign, ast.Sub) and isinstance(step, ast.BinOp) and isinstance(step.op, ast.Mult | ast.Div):
            yield from [ast.unparse(target)] if _names(step) & numbers else []


def _goes_back(node: ast.AST) -> bool:
    """Return whether a statement calls an engine's way back: loss.backward()."""
    called = node.func if isinstance(node, ast.Call) and not node.args else None
    return isinstance(called, ast.Attribute) and called.attr in WAYS_BACK


def _free_line(loop: ast.For | ast.While, lines: list[str]) -> int:
    """Return the line, from 1, that what a loop begins with may be written into: that of its first statement.

    If that cannot follow others in a line, the one before the loop, or before it, without code; 0 if there is none.
    """
    first = loop.body[0]
    if first.lineno > loop.lineno and not hasattr(first, "body"):
        return first.lineno
    free = [n for n in (loop.lineno + 1, loop.lineno - 1) if n and lines[n - 1].split("#")[0].strip() == ""]
    return free[0] if free and first.lineno > loop.lineno else 0


def _holds_all(inner: ast.AST, loop: ast.For | ast.While) -> bool:
    """Return whether a loop within another has all its steps and products: passes over the samples."""
    if not isinstance(inner, ast.For):
        return False
    steps = [set().union(*map(_updated, one.body)) for one in (inner, loop)]
    return steps[0] == steps[1] and len({len(PRODUCT.findall(ast.unparse(one))) for one in (inner, loop)}) == 1


def _batches(loop: ast.For | ast.While) -> Iterator[ast.For]:
    """Yield the loops within a loop that have all its steps and products: over parts of the data."""
    for node in loop.body:
        if isinstance(node, ast.For) and _holds_all(node, loop):
            yield node
            yield from _batches(node)


def _jumps(body: list[ast.stmt]) -> Iterator[ast.Break | ast.Continue]:
    """Yield the statements that end a pass of a loop, or all."""
    for node in body:
        if isinstance(node, ast.Break | ast.Continue):
            yield node
        elif not isinstance(node, ast.For | ast.While | ast.FunctionDef):
            yield from _jumps([part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)])


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


def _losses(body: list[ast.stmt]) -> list[str]:
    """Return the names of losses that statements compute, in the order of the lines; differences are none.

    A total that a loss is added to, whatever its weight, is none either.
    """
    made = [part for node in body for part in ast.walk(node) if isinstance(part, ast.Assign | ast.AugAssign)]
    found: list[str] = []
    for part in sorted(made, key=lambda part: part.lineno):
        target = part.target if isinstance(part, ast.AugAssign) else part.targets[0]
        name = target.id if isinstance(target, ast.Name) else ""
        number = isinstance(part, ast.AugAssign) or NUMBERS.search(ast.unparse(part.value))
        if isinstance(part, ast.AugAssign) and _names(part.value) & set(found):  # total += loss * size
            continue
        if LOSS.fullmatch(name) and (number or DIFFERENCE.fullmatch(name) is None):
            found.append(name)
        elif isinstance(target, ast.Subscript) and HISTORY.match(_base(target)):
            found.append(ast.unparse(target))
    return found


def _told_only(body: list[ast.stmt]) -> list[str]:
    """Return the names of sums and means that a loop computes, or adds up, and does nothing with but tell them."""
    parts = [part for node in body for part in ast.walk(node)]
    made = [part for part in parts if isinstance(part, ast.Assign | ast.AugAssign)]
    targets = [(part.target if isinstance(part, ast.AugAssign) else part.targets[0], part) for part in made]
    names = [
        t.id
        for t, part in targets
        if isinstance(t, ast.Name) and (NUMBERS.search(ast.unparse(part.value)) or _adds_up(part))
    ]
    tell: list[ast.AST] = [part for part in parts if isinstance(part, ast.Expr)]
    tell += [part for part in parts if isinstance(part, ast.If) and "print" in ast.unparse(part) and not _stored(part)]
    told = {inner for part in tell for inner in ast.walk(part)}
    read = {part.id for part in parts
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part not in told}  # fmt: skip
    return [name for name in dict.fromkeys(names) if name not in read]


def _adds_up(node: ast.Assign | ast.AugAssign) -> bool:
    """Return whether a statement adds up what is computed: a count and what compares are none."""
    adds = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add)
    return adds and isinstance(node.value, ast.BinOp | ast.Call) and _plain(node.value)


def _printed(last: ast.stmt) -> list[str]:
    """Return the sum or mean that a last statement prints without a name, if it is one; of what is compared none."""
    calls = [part for part in ast.walk(last) if isinstance(part, ast.Call) and ast.unparse(part.func) == "print"]
    said = [part for call in calls for argument in call.args for part in (argument, *ast.walk(argument))]
    shown = [part.value if isinstance(part, ast.FormattedValue) else part for part in said]
    found = {
        ast.unparse(part)
        for part in shown
        if isinstance(part, ast.BinOp | ast.Call) and NUMBERS.search(ast.unparse(part)) and _plain(part)
    }
    return [f"({text})" for text in found if not any(text != other and text in other for other in found)][:1]


def _plain(node: ast.AST) -> bool:
    """Return whether an expression compares nothing, rounds nothing and writes nothing: it may be a loss."""
    names = {ast.unparse(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    return not any(isinstance(part, ast.Compare | ast.JoinedStr) for part in ast.walk(node)) and not any(
        name.endswith(("argmax", "round", "format", "str")) for name in names
    )


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


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _stored(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return set()
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _updated(node: ast.stmt) -> set[str]:
    """Return the names that a statement makes new values of from the old ones, of their items too."""
    found, items = set[str](), set[str]()
    loops = [part for part in ast.walk(node) if isinstance(part, ast.For)]
    for part in ast.walk(node):
        if isinstance(part, ast.AugAssign):
            items.add(_base(part.target))
        elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name | ast.Subscript | ast.Attribute):
            own, whole = ast.unparse(part.targets[0]), isinstance(part.targets[0], ast.Name)
            if any(isinstance(inner, ast.Name | ast.Subscript | ast.Attribute) and ast.unparse(inner) == own
                   for inner in ast.walk(part.value)):  # fmt: skip
                (found if whole else items).add(_base(part.targets[0]))
    found |= items
    held = [name for loop in loops if items & _names(loop.target) for name in _names(loop.iter)]
    return found | set(held)  # of what a loop goes through

"""Losses that are told of weights which have moved: taken before the step, of the weights its gradients belong to.

`self.W -= step` and then `self.losses.append(self.loss(X, y))` becomes `loss_value = self.loss(X, y); self.W -= step`
and `self.losses.append(loss_value)`; what is told before the step is given that name. Lines keep their numbers.
"""

import ast
import re
from collections.abc import Iterable, Iterator

from .starts import ACCUMULATES
from .syntax import moves, parsed_text
from .words import bare

VALUE = "loss_value"
LOSS = re.compile(r"\w*(loss|cost|mse|bce|nll|cross_?entropy|error)|J|err", re.IGNORECASE)
TOLD = re.compile(r"(self\.)?_?\w*(loss|cost|error|hist|J)\w*", re.IGNORECASE)
TOTALS = ("sum", "mean")
DECIDES = re.compile(r"argmax|accura|score\b|round\(|np\.sign|np\.where|[<>]=? ?0?\.\d|==")
Place = tuple[ast.stmt, ast.expr]


def with_told_losses(text: str) -> str | None:
    """Return the text of a file with losses taken before the weights move; None if none is told after that."""
    tree, lines, changed = parsed_text(text), text.splitlines(), False
    functions = {f.name: f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)}
    moving = {name for name, function in functions.items() if any(_moves(node, set()) for node in function.body)}
    for body, given in _bodies(functions.values()):
        first = next((i for i, node in enumerate(body) if _moves(node, given) or _called(node) & moving), None)
        if first is None:
            continue
        for last, value in _told(body, functions):
            between = [node for node in _flat(body[first:]) if node.lineno < last.lineno]
            before = _before(value, between)
            if _calls(value, functions) or _reads(value, before or [], between, given):
                break
        else:
            continue
        if value.lineno == value.end_lineno and before is not None:
            changed = _write(lines, body, first, last, value, before) or changed
    return "\n".join(lines) + "\n" if changed else None


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, and those in branches in place of the branches."""
    for node in body:
        yield from _flat(node.body) if isinstance(node, ast.If) else [node]


def _before(value: ast.expr, between: list[ast.stmt]) -> list[str] | None:
    """Return the statements that a value needs of those between the step and it; None if they cannot be taken before.

    A forward pass that is made anew for the loss is one.
    """
    moved = {ast.unparse(target) for node in between for target, *_ in moves(ast.walk(node))}
    needed, found = _names(value, ast.Load), list[str]()
    for node in reversed(between):
        stored = _names(node, ast.Store) - moved
        if not stored & needed:
            continue
        if not isinstance(node, ast.Assign) or node.lineno != node.end_lineno:
            return None
        needed = (needed - stored) | _names(node.value, ast.Load)
        found.insert(0, ast.unparse(node))
    return found


def _reads(value: ast.expr, needed: list[str], between: list[ast.stmt], given: set[str]) -> bool:
    """Return whether a value, or a statement that it needs, reads weights that were moved before it."""
    targets = [target for node in between for target in _moved(node) if {"self", *given} & _names(target, ast.Load)
               or ast.unparse(target) in given]  # fmt: skip
    parts = [part for tree in (value, ast.parse("\n".join(needed))) for part in ast.walk(tree)]
    read = {ast.unparse(part) for part in parts if isinstance(getattr(part, "ctx", None), ast.Load)}
    return bool(read & {ast.unparse(target) for target in targets})


def _names(node: ast.AST, context: type) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, context)}


def _bodies(functions: Iterable[ast.FunctionDef]) -> Iterator[tuple[list[ast.stmt], set[str]]]:
    """Yield the statements of functions, and of the loops in them, with the arguments and globals that are given."""
    for function in functions:
        given = {argument.arg for argument in function.args.args}
        given |= {name for node in function.body if isinstance(node, ast.Global) for name in node.names}
        yield function.body, given
        yield from ((node.body, given) for node in ast.walk(function) if isinstance(node, ast.For | ast.While))


def _moves(node: ast.stmt, given: set[str]) -> bool:
    """Return whether a statement takes something from weights, or adds a step to them: of an object, or given ones."""
    return any(isinstance(t, ast.Attribute | ast.Subscript) or ast.unparse(t) in given for t in _moved(node))


def _moved(node: ast.stmt) -> list[ast.expr]:
    """Return what a statement adds something to, or takes something from, but for what is added up."""
    found = [target for target, sign, _ in moves(ast.walk(node)) if isinstance(sign, ast.Sub | ast.Add)]
    return [t for t in found if not ACCUMULATES.match(bare(ast.unparse(t).removeprefix("self.")))]


def _called(node: ast.stmt) -> set[str]:
    """Return the functions and methods that a statement calls."""
    calls = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    return {func.attr if isinstance(func, ast.Attribute) else ast.unparse(func) for func in calls}


def _told(body: list[ast.stmt], functions: dict[str, ast.FunctionDef]) -> Iterator[Place]:
    """Yield the statements, with its expression, that compute a loss."""
    for node in body:
        value: ast.expr | None = None
        if isinstance(node, ast.If):
            yield from _told(node.body, functions)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named = node.targets[0].id
            value = node.value if LOSS.fullmatch(named) and not _derived_from(named, body, node) else None
        elif isinstance(node, ast.Return) and node.value is not None:
            value = node.value if any(LOSS.search(name) or name in TOTALS for name in _called(node)) else None
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            func, given = node.value.func, node.value.args
            appends = isinstance(func, ast.Attribute) and func.attr == "append" and len(given) == 1
            told = isinstance(func, ast.Attribute) and TOLD.fullmatch(ast.unparse(func.value))
            value = given[0] if appends and told else None
        if value is not None and not isinstance(value, ast.Tuple):
            texts = [ast.unparse(value), *map(ast.unparse, _calls(value, functions))]
            if not any(DECIDES.search(text) for text in texts):  # a loss, not an accuracy
                yield node, value


def _derived_from(name: str, body: list[ast.stmt], told: ast.stmt) -> bool:
    """Return whether later statements compute something other than losses of a name: the error of a layer is none."""
    later = (n for n in _flat(body) if n.lineno > told.lineno and isinstance(n, ast.Assign | ast.AugAssign))
    reads = [n for n in later if name in _names(n.value, ast.Load)]
    sums = [n for n in reads if isinstance(n, ast.AugAssign) and TOLD.fullmatch(ast.unparse(n.target))]
    kept = [n for n in reads if isinstance(n, ast.Assign) and TOLD.fullmatch(ast.unparse(n.targets[0]))]
    kept = [n for n in kept if "err" not in ast.unparse(n.targets[0]).lower()]
    return len(reads) > len(sums) + len(kept)


def _calls(value: ast.expr, functions: dict[str, ast.FunctionDef]) -> list[ast.FunctionDef]:
    """Return the functions of the file that an expression calls."""
    return [functions[name] for name in _called(ast.Expr(value)) if name in functions]


def _write(
    lines: list[str], body: list[ast.stmt], first: int, last: ast.stmt, value: ast.expr, needs: list[str]
) -> bool:
    """Write that a value is computed before the first statement that moves weights; return whether that was done."""
    node, before = body[first], body[first - 1] if first else None
    line, start, end = value.lineno - 1, value.col_offset, value.end_col_offset or 0
    early = last.lineno < node.lineno
    if early:
        if not isinstance(last, ast.Assign):
            lines[line] = f"{lines[line][:start]}({VALUE} := {lines[line][start:end]}){lines[line][end:]}"
        return not isinstance(last, ast.Assign)
    place, compound = node.lineno - 1, hasattr(node, "body")
    alone = compound and (before is None or hasattr(before, "body"))
    if alone and not (isinstance(node, ast.For) and node.iter.lineno == node.iter.end_lineno):
        return False
    if alone and any(not need.split(" = ")[0].isidentifier() for need in needs):
        return False
    lines[line] = lines[line][:start] + VALUE + lines[line][end:]
    made = [*needs, f"{VALUE} = {ast.unparse(value)}"]
    if alone and isinstance(node, ast.For):  # computed before what it goes through
        begin, stop = node.iter.col_offset, node.iter.end_col_offset or 0
        told = ", ".join(one.replace(" = ", " := ", 1) for one in made)
        lines[place] = f"{lines[place][:begin]}({told}, {lines[place][begin:stop]})[-1]{lines[place][stop:]}"
    elif compound and before is not None:
        place, column = (before.end_lineno or 1) - 1, before.end_col_offset or 0
        lines[place] = f"{lines[place][:column]}; {'; '.join(made)}{lines[place][column:]}"
    else:
        lines[place] = f"{lines[place][: node.col_offset]}{'; '.join(made)}; {lines[place][node.col_offset :]}"
    return True

"""What the source of a class says of the arguments of its constructor."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import Any

from .syntax import nodes_of, places, slices, source_of
from .words import bare

LOSS = re.compile("loss|cost|error|nll|mse|l|j|totalloss|objective")
ALIKE = ast.Eq | ast.NotEq | ast.In | ast.NotIn


def words(target: Any, name: str) -> list[str]:
    """Return the words that the source holds an argument, or the attribute of its name, against: mode == 'max'."""
    found: dict[str, None] = {}
    for node in nodes_of(target):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ALIKE) and _named(node.left) == name.strip("_"):
            constants = (part.value for part in ast.walk(node.comparators[0]) if isinstance(part, ast.Constant))
            found.update(dict.fromkeys(word for word in constants if isinstance(word, str)))
        elif isinstance(node, ast.Match) and _named(node.subject) == name.strip("_"):
            values = (
                part.value for case in node.cases for part in ast.walk(case.pattern) if isinstance(part, ast.Constant)
            )
            found.update(dict.fromkeys(word for word in values if isinstance(word, str)))
        elif isinstance(node, ast.Subscript) and _named(node.slice) == name.strip("_"):  # ACTIVATIONS[kind]
            found.update(dict.fromkeys(_keys(node.value, target)))
    return list(found)


def _keys(node: ast.expr, target: Any) -> list[str]:
    """Return the words by which a dict of functions is written out, here or in the module."""
    if isinstance(node, ast.Dict):
        return [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    held = vars(sys.modules.get(getattr(target, "__module__", ""), ast)).get(_named(node))
    called = isinstance(held, dict) and all(callable(part) or isinstance(part, tuple) for part in held.values())
    return [key for key in held if isinstance(key, str)] if called else []  # type: ignore[union-attr]


def numbers_read(function: Any) -> dict[str, float]:
    """Return the numbers that a function reads of its module, by their last name: LR, args.lr, Config.lr."""
    held, found = getattr(function, "__globals__", {}), dict[str, Any]()
    for node in nodes_of(function):
        if isinstance(node, ast.Name):
            found[node.id] = held.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found[node.attr] = getattr(held.get(node.value.id), node.attr, None)
    return {bare(n): float(v) for n, v in found.items() if isinstance(v, int | float)}


POSITIVE = ("log", "log2", "log10", "sqrt")


def probabilities(function: Any) -> set[str]:
    """Return the names of what must be positive: kept away from 0, as p.clip(1e-8), or a logarithm is taken of it."""
    found = set()
    for node in nodes_of(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in POSITIVE:
            found |= {_named(argument) for argument in node.args[:1]}
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("clip", "maximum")
        ):
            whole = _named(node.func.value) in ("np", "numpy")
            given = [*([] if whole else [node.func.value]), *node.args, *(word.value for word in node.keywords)]
            text = ast.unparse(given[1]) if len(given) > 1 else ""
            if re.fullmatch(r"(self\.)?\w*eps\w*|\d?\.?\d*e-\d+|0?\.0+1", text, re.IGNORECASE):
                found.add(_named(given[0]))
    return found


def lists_of_places(function: Any) -> set[str]:
    """Return the names of which each element is a row of an array: words of u[words[t]], or of u[w] for w in words."""
    parts = (part.value for part in slices(function) if isinstance(part, ast.Subscript))
    found, rows = {part.id for part in parts if isinstance(part, ast.Name)}, places(function)
    for node in nodes_of(function):
        if isinstance(node, ast.For | ast.comprehension):
            found |= {whole for name, whole in _elements(node.target, node.iter) if name in rows}
    return found


def _elements(target: ast.expr, over: ast.expr) -> Iterator[tuple[str, str]]:
    """Yield (name, what it is an element of) of a loop, also over zip and enumerate."""
    name = over.func.id if isinstance(over, ast.Call) and isinstance(over.func, ast.Name) else ""
    names = target.elts if isinstance(target, ast.Tuple) else []
    given = over.args if isinstance(over, ast.Call) else []
    if name == "enumerate" and len(names) > 1 and given:
        yield from _elements(names[1], given[0])
    elif name == "zip":
        for one, part in zip(names, given, strict=False):
            yield from _elements(one, part)
    elif isinstance(target, ast.Name) and isinstance(over, ast.Name):
        yield target.id, over.id


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


def is_handed_on(function: Any, argument: str) -> bool:
    """Return whether an argument is a factor of products and sums only: a gradient, whatever its name, no labels."""
    used: list[bool] = []
    for node in nodes_of(function):
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.Name) and part.id == argument and isinstance(part.ctx, ast.Load):
                product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult)
                own = isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("np.", "numpy."))
                rows = isinstance(node, ast.Subscript) and node.value is part
                used.append(product or own or rows or isinstance(node, ast.Attribute))
    return bool(used) and all(used)


def compared_with(function: Any, argument: str) -> list[str]:
    """Return the variables that a function holds against its labels, or what a call or index makes of those: h - t."""
    labels = {argument}
    for node in 2 * nodes_of(function):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            for one, of in zip(target.elts, value.elts, strict=False) if several else [(target, value)]:  # type: ignore[attr-defined]
                first = of.args[0] if isinstance(of, ast.Call) and of.args else of
                made = isinstance(of, ast.Call | ast.Subscript) and labels & {
                    part.id for part in ast.walk(first) if isinstance(part, ast.Name)
                }
                labels |= {one.id} if made and isinstance(one, ast.Name) else set()
    found = []
    for node in nodes_of(function):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            sides = [side.id if isinstance(side, ast.Name) else "" for side in (node.left, node.right)]
            found += [one for one, other in (sides, sides[::-1]) if other in labels and one and one not in labels]
    return found


def goes_through(function: Any, argument: str | None) -> bool:
    """Return whether a function has a loop over an argument itself: for t in targets."""
    loops = (node.iter for node in nodes_of(function) if isinstance(node, ast.For | ast.comprehension))
    return any(isinstance(over, ast.Name) and over.id == argument for over in loops)


def goes_on(built: Any, forward: str | None, back: str | None) -> bool:
    """Return whether a method goes on from what another keeps in its object, and does not call it."""
    before, text = (source_of(getattr(built, n)) if n else "" for n in (forward, back))
    stored = set(re.findall(r"\bself\.(\w+)\b(?=[^()\[\]=\n]* = )", before))
    return bool(stored & set(re.findall(r"\bself\.(\w+)", text))) and not re.search(rf"\.{forward}\(|loss", text)


def is_loss(returned: list[str]) -> bool:
    """Return whether the first of what a function returns is called a loss."""
    return bool(returned) and LOSS.fullmatch(bare(returned[0])) is not None

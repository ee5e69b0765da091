"""Training methods and functions that make their weights anew: made to keep, or to be given, them."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .syntax import moves, parsed_text
from .words import RATES, bare

SOLVES = re.compile(r"\b(p?inv|solve|lstsq)\(")
OF_RULES = re.compile(rf"{SOLVES.pattern}|sqrt|\bv\b|\b[vms]_?(hat|[dD]?[a-zA-Z]\d*)\b|vel|mom")
"""What an optimizer's step has that is more than a gradient."""
START = r"\b(zeros|ones|full|randn?|normal|uniform|standard_normal|random|random_sample)(_like)?\("
TRAINS = re.compile("fit|train|learn|descent|optimi")
ACCUMULATES = re.compile(
    "d[a-z]?_?w|db|grad|delta|nabla|.*loss|.*cost|.*err|count|total|sum|acc|lr|rate|eta|alpha|v[wbd]|vel|mom"
)

ONCE = "not vars(self).get('made') and not vars(self).update(made=True)"


def with_kept_weights(text: str) -> str | None:
    """Return the text of a file in which a training method makes its weights only once; None if none makes them.

    `self.w = np.zeros(n)` before a loop, where the class moves `self.w`, gets `if getattr(self, 'w', None) is None:`
    before it: the method trains what it is given then. So does what a method has that is called there, such as
    `self.build(n)`; if that makes lists, it is called once. Lines keep their numbers.
    """
    lines, tests = text.splitlines(), dict[ast.stmt, str]()
    for cls in (node for node in parsed_text(text).body if isinstance(node, ast.ClassDef)):
        moved = {name for target, _, _ in moves(ast.walk(cls)) if (name := _own(_whole(target)))}
        methods = {n.name: n for n in cls.body if isinstance(n, ast.FunctionDef)}
        for method in (made for name, made in methods.items() if TRAINS.search(bare(name))):
            body = list(_before_training(method))
            tests |= dict(_starts(body, moved))
            for node in body:
                calls = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
                for name in {*map(_own, calls)} & methods.keys() - {"__init__"}:
                    if _lists(methods[name], moved):
                        tests[node] = ONCE
                    else:
                        tests |= dict(_starts(methods[name].body, moved))
    for node, test in tests.items():
        line, column = node.lineno - 1, node.col_offset
        lines[line] = f"{lines[line][:column]}if {test}: {lines[line][column:]}"
    return "\n".join(lines) + "\n" if tests else None


def with_given_weights(text: str) -> str | None:
    """Return the text of a file in which functions are given the weights that they make before a loop moves them.

    `def train(X, y, rate=0.1):` becomes `def train(X, y, w, b, rate=0.1):`, without `w = np.zeros(n)` and `b = 0.0`.
    Lines keep their numbers. None if no function makes weights.
    """
    lines, changed = text.splitlines(), False
    functions = {node.name: node for node in parsed_text(text).body if isinstance(node, ast.FunctionDef)}
    for function in functions.values():
        given = function.args.args
        made = _made(function, functions)
        plain = not any(isinstance(node.value, ast.Call | ast.BinOp | ast.Tuple) for node in made)
        if not given or not made or (plain and not _all_rated(function, made)):
            continue
        names = ", ".join(part.id for node in made for target in node.targets for part in _names(target))
        free = given[: len(given) - len(function.args.defaults)]
        last, comma = (free[-1], f", {names}") if free else (given[0], f"{names}, ")
        line, column = last.lineno - 1, (last.end_col_offset or 0) if free else last.col_offset
        lines[line] = lines[line][:column] + comma + lines[line][column:]
        for node in made:
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
        changed = True
    return "\n".join(lines) + "\n" if changed else None


def _made(function: ast.FunctionDef, functions: Mapping[str, ast.FunctionDef]) -> list[ast.Assign]:
    """Return the statements before the loops of a function that make weights which the loops move.

    Args:
        functions: of the file; some make weights, or move those that they are given.
    """
    loops = [node for node in function.body if isinstance(node, ast.For | ast.While)]
    moved = set().union(*(moved_in(loop) | _handed(loop, functions) for loop in loops))
    stepped = list(rated_steps(function))
    moved -= set().union(*(names for _, names in stepped)) - {name for name, _ in stepped}  # `w - rate * slope`
    found = []
    for node in function.body:
        if not loops or node.lineno > loops[0].lineno:
            break
        parts = [part for target in node.targets for part in _names(target)] if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.Assign) and parts and {part.id for part in parts} <= moved:
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value] * len(node.targets)
            starts = len(values) == len(parts) and all(map(_is_start, values))
            if (starts or len(_made_by(node.value, functions)) == len(parts)) and _once(node, function):
                found.append(node)
    others = {number for part in ast.walk(function) if isinstance(part, ast.stmt) and part not in (function, *found)
              for number in (part.lineno, part.end_lineno)}  # fmt: skip
    return [node for node in found if not others & set(range(node.lineno, (node.end_lineno or 0) + 1))]


def _handed(loop: ast.AST, functions: Mapping[str, ast.FunctionDef]) -> set[str]:
    """Return the names that a function of the file, which moves what it is given, has new values of."""
    found = set[str]()
    for node in ast.walk(loop):
        called = _called(node.value, functions) if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and called is not None and moved_in(called):
            found |= {part.id for part in _names(node.targets[0])} & {ast.unparse(given) for given in node.value.args}  # type: ignore[attr-defined]
    return found


def _made_by(value: ast.expr, functions: Mapping[str, ast.FunctionDef]) -> list[ast.expr]:
    """Return the parts of what a function of the file returns that makes weights to begin with, and nothing else."""
    called = _called(value, functions)
    last = called.body[-1] if called is not None else None
    text = ast.unparse(called) if called is not None else ""
    if not isinstance(last, ast.Return) or not re.search(START, text) or re.search(r" @ |dot\(|\.T\b", text):
        return []
    return last.value.elts if isinstance(last.value, ast.Tuple) else []


def _called(value: ast.expr, functions: Mapping[str, ast.FunctionDef]) -> ast.FunctionDef | None:
    return functions.get(ast.unparse(value.func)) if isinstance(value, ast.Call) else None


def _rated(step: ast.expr) -> bool:
    """Return whether a step has a rate, or a number that may be one, or goes down."""
    parts = list(ast.walk(step))
    numbers = any(isinstance(part, ast.Constant) and isinstance(part.value, float) for part in parts)
    named = any(isinstance(part, ast.Name) and bare(part.id) in RATES for part in parts)
    return numbers or named or ast.unparse(step).startswith("-")


def _all_rated(function: ast.FunctionDef, made: list[ast.Assign]) -> bool:
    """Return whether all that begins as a number is moved by a rate times something: `m = 0`, no counter."""
    rated = {ast.unparse(target) for target, _, step in moves(ast.walk(function)) if _rated(step)}
    return all(part.id in rated for node in made for target in node.targets for part in _names(target))


def _once(node: ast.Assign, function: ast.FunctionDef) -> bool:
    """Return whether a statement makes its names only, and no other statement does."""
    names = {part.id for target in node.targets for part in _names(target)}
    again = [part for part in function.body if isinstance(part, ast.Assign) and part is not node
             and names & {one.id for one in _names(part.targets[0])}]  # fmt: skip
    return not again


def _names(target: ast.expr) -> list[ast.Name]:
    """Return the names that are assigned; none if anything else is."""
    parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    return [part for part in parts if isinstance(part, ast.Name)] if all(isinstance(p, ast.Name) for p in parts) else []


def _is_start(value: ast.expr) -> bool:
    """Return whether a value is one that weights begin with: a number, zeros, random numbers."""
    text = ast.unparse(value)
    return re.fullmatch(r"-?[\d.]+", text) is not None or re.search(START, text) is not None


def moved_in(tree: ast.AST) -> set[str]:
    """Return the names that code takes something away from, or adds a rate times something to, or -a times it."""
    found = {
        target.id for target, sign, step in moves(ast.walk(tree))
        if isinstance(target, ast.Name)
        and (isinstance(sign, ast.Sub) or (isinstance(sign, ast.Add) and _rated(step)))
    }  # fmt: skip
    return {name for name in found if not ACCUMULATES.match(bare(name)) and not re.match("d[a-z]{1,2}$|d[A-Z_]", name)}


def rated_steps(tree: ast.AST | None) -> Iterator[tuple[str, set[str]]]:
    """Yield the names that code takes something times a rate from, or adds it to, and the names in that."""
    nodes = list(ast.walk(tree)) if tree is not None else []
    steps = [(node.left, node.op, node.right) for node in nodes if isinstance(node, ast.BinOp)]
    steps += [(node.target, node.op, node.value) for node in nodes if isinstance(node, ast.AugAssign)]
    for target, sign, by in steps:
        names = {part.id for part in ast.walk(by) if isinstance(part, ast.Name)}
        if isinstance(sign, ast.Add | ast.Sub) and any(bare(name) in RATES for name in names):
            yield ast.unparse(target), names


def factor_of_steps(nodes: Iterable[ast.AST], built: Any) -> float | None:
    """Return the value of the name by which all steps are multiplied, if it is computed of an object's numbers.

    For example c in `c = 1 / (self.iteration + 10)`, `self.w -= c * g`. None if there is none, or several.
    """
    nodes = list(nodes)
    steps = [by for _, sign, by in moves(nodes) if isinstance(sign, ast.Sub)]
    names = [{part.id for part in ast.walk(by) if isinstance(part, ast.Name)} for by in steps]
    shared = set.intersection(*names) if names else set()
    made = [n for n in nodes if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) in shared]
    parts = [p for n in made for p in ast.walk(n.value) if isinstance(p, ast.Call | ast.Subscript | ast.Name)]
    if len(made) != 1 or not all(ast.unparse(part) == "self" for part in parts):
        return None
    try:
        return float(eval(ast.unparse(made[0].value), {"self": built}))
    except Exception:  # an attribute that is an array, or is not there yet
        return None


def moved_by_rules(tree: ast.AST | None, rated: bool) -> tuple[frozenset[str], dict[str, set[str]], set[str]]:
    """Return the names, or attributes, that code moves by multiples of gradients if rated, and those it moves by rules.

    A rule has a velocity, a root, or what is kept from one pass to the next. By name: what its step is made of, the
    gradient in it. A step with the weight itself in it, a penalty, is neither, unless it has a root. Returns as well
    the names of what is kept.
    """
    found, others, rules, slots = set[str](), set[str](), dict[str, set[str]](), set[str]()
    nodes = list(ast.walk(tree)) if tree is not None else []
    made, begun = _made_of(nodes)
    around, others_of = _around(tree), _gone_through(nodes)
    steps = [(target, by) for target, sign, by in moves(nodes) if isinstance(sign, ast.Add | ast.Sub)]
    moved = {ast.unparse(target) for target, _ in steps}
    for target, by in steps:
        own, step, parts = ast.unparse(target), ast.unparse(by), set[str]()
        left, rule = set(map(ast.unparse, ast.walk(by))), bool(OF_RULES.search(step))

        def kept(part: str, before: int = around.get(target, 0)) -> bool:
            starts = begun.get(part, ())
            return part in made.get(part, ()) and all(_is_start(n.value) and n.lineno < before for n in starts)

        while left:
            part = left.pop()
            parts.add(part)
            if kept(part):
                rule, slots = True, slots | {part}
            inner = made.get(part, set())
            solved = any(SOLVES.search(text) for text in inner)
            rule |= solved
            if solved or kept(part) or OF_RULES.fullmatch(part) or any(kept(n) for n in inner - moved):
                left |= inner - parts
        named = {other for part in {_base(target), *parts} for other in others_of.get(part, ())}
        for name in (others_of.get(_base(target)) or {_base(target)}) if rule else ():
            if own not in parts or any("sqrt" in part for part in parts):
                rules.setdefault(name, set()).update(parts, named)
        (others if rule or own in parts else found).add(_base(target))
    held = {_base(ast.parse(slot, mode="eval").body) for slot in slots}
    held |= {other for slot in held for other in others_of.get(slot, ())}
    return frozenset(found - others if rated else ()), rules, held - rules.keys()


def _gone_through(nodes: Sequence[ast.AST]) -> dict[str, set[str]]:
    """Return what the variables of loops over several lists at once stand for: of zip([W, b], grads) the first W, b."""
    found: dict[str, set[str]] = {}
    for loop in (node for node in nodes if isinstance(node, ast.For)):
        zipped, target = loop.iter, loop.target
        if isinstance(zipped, ast.Call) and ast.unparse(zipped.func) == "enumerate" and isinstance(target, ast.Tuple):
            zipped, target = zipped.args[0], target.elts[-1]
        if not (isinstance(zipped, ast.Call) and ast.unparse(zipped.func) == "zip" and isinstance(target, ast.Tuple)):
            continue
        for name, over in zip(target.elts, zipped.args, strict=False):
            each = over.elts if isinstance(over, ast.List | ast.Tuple) else [over]
            found.setdefault(ast.unparse(name), set()).update(map(_base, each))
    return found


def _base(target: ast.expr) -> str:
    """Return what is moved: of `params[i]` params, of an attribute its name."""
    whole = target.value if isinstance(target, ast.Subscript) else target
    return whole.attr if isinstance(whole, ast.Attribute) else ast.unparse(whole)


def _made_of(nodes: Sequence[ast.AST]) -> tuple[dict[str, set[str]], dict[str, list[ast.Assign]]]:
    """Return what each variable is made of, and where it begins anew."""
    made, begun = dict[str, set[str]](), dict[str, list[ast.Assign]]()
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                name, parts = ast.unparse(target), set(map(ast.unparse, ast.walk(node.value)))
                if isinstance(node, ast.Assign) and name not in parts:
                    begun.setdefault(name, []).append(node)
                    parts = set() if _is_start(node.value) else parts
                made.setdefault(name, set()).update(parts, {name} if isinstance(node, ast.AugAssign) else ())
    return made, begun


def _around(tree: ast.AST | None) -> dict[ast.AST, int]:
    """Return for what is in a loop of a function's own statements the line where the loop begins."""
    loops = [node for node in getattr(tree, "body", ()) if isinstance(node, ast.For | ast.While)]
    return {part: loop.lineno for loop in loops for part in ast.walk(loop)}


def compared_in(tree: ast.AST) -> set[str]:
    """Return the names that code takes something from, or takes away: labels, beside other things."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)]
    return {side.id for node in nodes for side in (node.left, node.right) if isinstance(side, ast.Name)}


def _before_training(method: ast.FunctionDef) -> Iterator[ast.stmt]:
    """Yield the statements of a method before its first loop, or before it calls a method that trains."""
    rest = [node for node in method.body if isinstance(node, ast.For | ast.While) or _calls_training(node)]
    yield from (node for node in method.body if rest and node.lineno < rest[0].lineno)


def _calls_training(node: ast.stmt) -> bool:
    return any(TRAINS.search(bare(_own(part.func))) for part in ast.walk(node) if isinstance(part, ast.Call))


def _starts(body: list[ast.stmt], moved: set[str]) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements that make what the class moves, or an item of it, with the test that it is not there."""
    for node in body:
        if not (isinstance(node, ast.Assign) and node.lineno == node.end_lineno and len(node.targets) == 1):
            continue
        target, value = node.targets[0], node.value
        name = _own(_whole(target))
        starts = re.search(START, ast.unparse(value)) is not None
        number = isinstance(value, ast.Constant) and isinstance(value.value, int | float)
        if name not in moved or not (number or starts) or ACCUMULATES.match(bare(name)):
            continue
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            yield node, f"{ast.unparse(target.slice)} not in {ast.unparse(target.value)}"
        elif isinstance(target, ast.Attribute):
            yield node, f"getattr(self, {name!r}, None) is None"


def _lists(method: ast.FunctionDef, moved: set[str]) -> bool:
    """Return whether a method makes lists of what the class moves, and nothing that is added up."""
    calls = [part.func for part in ast.walk(method) if isinstance(part, ast.Call)]
    named = {_own(part) for part in ast.walk(method) if isinstance(getattr(part, "ctx", None), ast.Store)}
    filled = {_own(func.value) for func in calls if isinstance(func, ast.Attribute) and func.attr == "append"}
    return bool(filled & moved) and not any(ACCUMULATES.match(bare(name)) for name in (filled | named) - {""})


def _whole(target: ast.AST) -> ast.AST:
    """Return what a target is an item, or a slice, of."""
    return target.value if isinstance(target, ast.Subscript) else target


def _own(target: ast.AST) -> str:
    own = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    return target.attr if own and isinstance(target, ast.Attribute) else ""

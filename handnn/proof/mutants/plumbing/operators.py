"""The kinds of change of plumbing: those of the formulas, and mistakes of order, memory, state and arguments."""

import ast
import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..operators import replace, replacements

CARRIED = {"sample_weight", "class_weight", "weight", "weights", "sample_weights", "mask", "masks", "bw"}
"""Arguments that a call must carry along."""
PARTS = (("train", "val"), ("val", "test"), ("train", "test"), ("training", "validation"), ("validation", "test"))
"""Parts of the data, as names have them: x_val, validation_data, test_loss."""
CHOICES = {"min": "max", "any": "all", "floor": "ceil", "argmin": "argmax"}
CHOICES |= {other: one for one, other in CHOICES.items()}
COPIES = {"copy", "deepcopy"}
EITHER_WAY = {"add", "multiply", "maximum", "minimum", "array_equal", "max", "min", "is_", "gcd"}
"""Functions whose two arguments may change places."""
SAFEGUARDS = {"strict", "copy"}
"""Flags of zip and astype that change nothing where all is right."""
CONTAINERS = {"list", "dict", "set", "tuple"}


class Mutation(NamedTuple):
    """One change of a function: its kind, the first line of its statement, the source before and after.

    `place` is the number of the node among the function's, `replacement` what comes there (None: nothing).
    """

    kind: str
    line: int
    before: str
    after: str
    place: int
    replacement: Any

    def __str__(self) -> str:
        return f"{self.before}  ->  {self.after}"

    def apply(self, function: ast.FunctionDef) -> None:
        """Change a function, which must have the source of the one that the mutation is of."""
        replace(function, list(_places(function))[self.place], self.replacement)
        ast.fix_missing_locations(function)


def mutations(function: ast.FunctionDef, known: frozenset[str] | None = None) -> Iterator[Mutation]:
    """Yield every change of one place of the function; `known` are the names that an attribute may have (None: all)."""
    places = list(_places(function))
    outside = {id(node) for root in _left_alone(function) for node in ast.walk(root)} | {id(function)}
    parents = {id(child): node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    for place, node in enumerate(places):
        if id(node) in outside:
            continue
        line, told = _statement(node, parents), set()
        for kind, replacement in _changes(node, names, known):
            if isinstance(node, ast.Constant | ast.Name) and replacement is not None:
                before, after = _in_its_parent(node, replacement, parents[id(node)])  # alone it says little
            else:
                before, after = _source(node), _source(replacement)
            if before != after and after not in told:
                told.add(after)
                yield Mutation(kind, line, before, after, place, replacement)


def _in_its_parent(node: ast.AST, replacement: ast.AST, parent: ast.AST) -> tuple[str, str]:
    """Return the parent's source with the node, and with the replacement."""
    before = _source(parent)
    replace(parent, node, replacement)
    after = _source(parent)
    replace(parent, replacement, node)
    return before, after


def _places(function: ast.FunctionDef) -> Iterator[ast.AST]:
    kinds = ast.expr | ast.stmt | ast.Slice | ast.keyword | ast.comprehension
    return (node for node in ast.walk(function) if isinstance(node, kinds))


def _source(node: ast.AST | None) -> str:
    if node is None:
        return "nothing"
    if isinstance(node, ast.If | ast.While | ast.For | ast.With):
        return ast.unparse(node).partition("\n")[0]
    return " ".join(ast.unparse(node).split())


def _statement(node: ast.AST, parents: dict[int, ast.AST]) -> int:
    """Return the first line of the statement that a node is in."""
    while not isinstance(node, ast.stmt):
        node = parents[id(node)]
    return node.lineno


def _left_alone(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield decorators, defaults, annotations, errors and warnings with their conditions, and texts."""
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef):
            yield from [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
            if ast.get_docstring(node) is not None:
                yield node.body[0]
        elif isinstance(node, ast.Lambda):
            yield node.args
        elif isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise):
            yield node.test
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("warnings.warn", "super", "isinstance", "cast"):
            yield node


def _changes(node: ast.AST, names: set[str], known: frozenset[str] | None) -> Iterator[tuple[str, Any]]:
    """Yield the kind and the replacement of a node; None to remove it."""
    for replacement in replacements(node):
        yield ("line left out" if replacement is None else "formula"), replacement
    yield from _branches(node)
    yield from _left_out(node)
    yield from _off_by_one(node)
    yield from _memory(node)
    yield from _single_precision(node)
    yield from _arguments(node)
    yield from _other_part(node, names, known)


def _branches(node: ast.AST) -> Iterator[tuple[str, Any]]:
    if isinstance(node, ast.If) and not isinstance(node.body[0], ast.Raise):
        for value in (True, False):
            yield "branch", ast.copy_location(ast.If(ast.Constant(value), node.body, node.orelse), node)
    elif isinstance(node, ast.BoolOp):
        for left_out in node.values:
            rest = [value for value in node.values if value is not left_out]
            yield "branch", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        yield "branch", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield "branch", ast.comprehension(node.target, node.iter, [], node.is_async)


def _left_out(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Yield calls and stores left out: a state not reset, a buffer not written."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "line left out", None
    elif isinstance(node, ast.Assign) and all(isinstance(t, ast.Attribute | ast.Subscript) for t in node.targets):
        yield "not stored", None
    elif isinstance(node, ast.Continue | ast.Break | ast.Delete):
        yield "line left out", None


def _off_by_one(node: ast.AST) -> Iterator[tuple[str, Any]]:
    one = ast.Constant(1)
    if isinstance(node, ast.Slice):
        if node.lower is not None:
            yield "off by one", ast.Slice(ast.BinOp(node.lower, ast.Add(), one), node.upper, node.step)
        if node.upper is not None:
            yield "off by one", ast.Slice(node.lower, ast.BinOp(node.upper, ast.Sub(), one), node.step)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id == "range":
            last = 0 if len(node.args) == 1 else 1
            args = list(node.args)
            args[last] = ast.BinOp(args[last], ast.Sub(), one)
            yield "off by one", ast.Call(node.func, args, [])
        elif node.func.id == "enumerate" and len(node.args) == 1:
            yield "off by one", ast.Call(node.func, node.args, [ast.keyword("start", one)])


def _memory(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Yield calls that share memory in place of a copy."""
    if not isinstance(node, ast.Call):
        if isinstance(node, ast.List) and len(node.elts) == 1 and isinstance(node.elts[0], ast.Starred):
            yield "missing copy", node.elts[0].value
        return
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in COPIES and not node.keywords:
        yield "missing copy", node.args[0] if node.args else function.value
    elif ast.unparse(function) == "np.array" and isinstance(node.args[0], ast.Name | ast.Attribute | ast.Subscript):
        assert isinstance(function, ast.Attribute)
        shared = ast.Attribute(function.value, "asarray", ast.Load())
        yield "missing copy", ast.Call(shared, node.args, [k for k in node.keywords if k.arg != "copy"])
    elif isinstance(function, ast.Name) and function.id in CONTAINERS and _are_names(node.args) and len(node.args) == 1:
        yield "missing copy", node.args[0]


def _single_precision(node: ast.AST) -> Iterator[tuple[str, Any]]:
    single = ast.Constant("float32")
    if isinstance(node, ast.keyword) and node.arg == "dtype" and ast.unparse(node.value) not in ("bool", "object"):
        yield "float32", ast.keyword("dtype", single)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "astype":
        yield "float32", ast.Call(node.func, [single], node.keywords)
    elif isinstance(node, ast.Attribute) and ast.unparse(node) == "np.float64":
        yield "float32", ast.Attribute(node.value, "float32", ast.Load())
    elif isinstance(node, ast.Constant) and node.value == "float64":
        yield "float32", single


def _arguments(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Yield calls with another axis, another flag, without weights, or with two names exchanged."""
    if isinstance(node, ast.keyword):
        if node.arg == "axis":
            other = 1 if ast.unparse(node.value) == "0" else 0
            yield "wrong axis", ast.keyword("axis", ast.Constant(other))
        if node.arg in CARRIED and ast.unparse(node.value) != "None":
            yield "weights dropped", ast.keyword(node.arg, ast.Constant(None))
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool) and node.arg not in SAFEGUARDS:
            yield "flag", ast.keyword(node.arg, ast.Constant(not node.value.value))
    if not isinstance(node, ast.Call):
        return
    for i, value in enumerate(node.args):
        name = value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""
        if name in CARRIED:
            yield "weights dropped", _with_argument(node, i, ast.Constant(None))
        if isinstance(value, ast.Constant) and isinstance(value.value, bool):
            yield "flag", _with_argument(node, i, ast.Constant(not value.value))
    chosen = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if len(node.args) >= 2 and _are_names(node.args[:2]) and chosen not in EITHER_WAY:
        yield "exchanged", ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    if chosen in CHOICES:
        function = copy.copy(node.func)
        setattr(function, "attr" if isinstance(function, ast.Attribute) else "id", CHOICES[chosen])
        yield "formula", ast.Call(function, node.args, node.keywords)


def _are_names(nodes: list[ast.expr]) -> bool:
    return all(isinstance(node, ast.Name | ast.Attribute) for node in nodes)


def _with_argument(node: ast.Call, place: int, value: ast.expr) -> ast.Call:
    return ast.Call(node.func, [value if i == place else old for i, old in enumerate(node.args)], node.keywords)


def _other_part(node: ast.AST, names: set[str], known: frozenset[str] | None) -> Iterator[tuple[str, Any]]:
    """Yield the name of another part of the data: test for validation, training for test."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for other in _exchanged(node.id):
            if other in names:
                yield "other part", ast.Name(other, ast.Load())
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        for other in _exchanged(node.attr):
            if known is None or other in known:
                yield "other part", ast.Attribute(node.value, other, ast.Load())
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        for other in _exchanged(node.value):
            yield "other part", ast.Constant(other)


def _exchanged(name: str) -> Iterator[str]:
    words = name.split("_")
    for pair in PARTS:
        for one, other in (pair, pair[::-1]):
            if one in words:
                yield "_".join(other if word == one else word for word in words)

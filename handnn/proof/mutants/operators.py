"""The changes: all mutations of one place of one function, as syntax trees."""

import ast
import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

BINARY_CALLS = {"add": ast.Add, "subtract": ast.Sub, "multiply": ast.Mult, "divide": ast.Div}
"""np.multiply(x, y, out=z) is x * y."""
UNARY_CALLS = ("abs", "square", "sqrt", "sign", "negative", "reciprocal", "exp", "expm1", "log", "log1p")
"""np.abs(x) becomes x."""
CHOICES = {"maximum": "minimum", "minimum": "maximum"}
SUMS = {"sum": "mean", "mean": "sum"}
TURNED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
COMPARED = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
SHAPING = ("reshape", "transpose", "empty", "expand_dims")
JOINED = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}


class Change(NamedTuple):
    """One change of a function: the line in its file, and the place's source before and after."""

    line: int
    before: str
    after: str
    tree: ast.FunctionDef

    def __str__(self) -> str:
        return f"{self.before}  ->  {self.after}"


def changes(function: ast.FunctionDef) -> Iterator[Change]:
    """Yield every mutation of one place of the function."""
    places = list(_places(function))
    outside = {id(node) for node in _not_of_the_formula(function)}
    for i, node in enumerate(places):
        if id(node) in outside:
            continue
        for replacement in replacements(node):
            tree = copy.deepcopy(function)
            parent = replace(tree, list(_places(tree))[i], replacement)
            before: ast.AST = node
            after: ast.AST | None = replacement
            if isinstance(node, ast.Constant):  # a number alone says little
                before, after = next(n for n in ast.walk(function) if node in ast.iter_child_nodes(n)), parent
            told = ast.unparse(after) if after is not None else "nothing"
            yield Change(node.lineno, ast.unparse(before), told, ast.fix_missing_locations(tree))


def _places(function: ast.FunctionDef) -> Iterator[ast.expr | ast.stmt]:
    return (node for node in ast.walk(function) if isinstance(node, ast.expr | ast.stmt))


def _not_of_the_formula(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield nodes that are not mathematics: decorators, annotations, defaults, subscripts, `raise`, `assert`."""
    roots: list[Any] = [function, *function.decorator_list, function.args, function.returns]
    for node in ast.walk(function):
        if isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr):
            roots.append(node)
        elif isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise):
            roots.append(node.test)
        elif isinstance(node, ast.Subscript):
            roots.append(node.slice)
        elif isinstance(node, ast.AnnAssign):
            roots.append(node.annotation)
        elif isinstance(node, ast.Call):
            roots += [keyword.value for keyword in node.keywords if keyword.arg in ("axis", "keepdims", "out", "dtype")]
            if isinstance(node.func, ast.Attribute) and node.func.attr in SHAPING:
                roots += node.args
    yield function
    for root in roots[1:]:
        if root is not None:
            yield from ast.walk(root)


def replacements(node: ast.AST) -> Iterator[Any]:
    """Yield replacements of a node; None to remove it."""
    if isinstance(node, ast.BinOp):
        yield from _without_a_term(node)
    elif isinstance(node, ast.AugAssign):
        yield None
        if type(node.op) in TURNED:
            yield ast.AugAssign(node.target, TURNED[type(node.op)](), node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARED.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Constant) and not isinstance(node.value, bool) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)


def _without_a_term(node: ast.BinOp) -> Iterator[ast.AST]:
    kind = type(node.op)
    yield node.left
    if kind in (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr):
        yield node.right
    elif kind is ast.Sub:
        yield ast.UnaryOp(ast.USub(), node.right)
    if kind in TURNED:
        yield ast.BinOp(node.left, TURNED[kind](), node.right)
    elif kind in JOINED:
        yield ast.BinOp(node.left, JOINED[kind](), node.right)


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    """Yield a NumPy call without one of its terms; its out= stays."""
    function = node.func
    if not isinstance(function, ast.Attribute):
        return
    if not (isinstance(function.value, ast.Name) and function.value.id == "np"):
        if function.attr == "sum":
            yield function.value
        return
    if function.attr in BINARY_CALLS and len(node.args) == 2:
        for term in node.args:
            yield _call("positive", [term], node.keywords)
        turned = {kind: name for name, kind in BINARY_CALLS.items()}[TURNED[BINARY_CALLS[function.attr]]]
        yield _call(turned, node.args, node.keywords)
    elif function.attr in UNARY_CALLS and len(node.args) == 1:
        yield _call("positive", node.args, node.keywords)
    elif function.attr in CHOICES and len(node.args) == 2:
        yield _call(CHOICES[function.attr], node.args, node.keywords)
        for term in node.args:
            yield _call("positive", [term], node.keywords)
    elif function.attr in SUMS:
        yield node.args[0]
        yield _call(SUMS[function.attr], node.args, node.keywords)
    elif function.attr == "where" and len(node.args) == 3:
        yield node.args[1]
        yield node.args[2]


def _call(name: str, args: list[ast.expr], keywords: list[ast.keyword]) -> ast.Call:
    return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load()), args, keywords)


def replace(tree: ast.AST, there: ast.AST, replacement: Any) -> ast.AST:
    """Replace the node `there` by `replacement`; return its parent node."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is there:
                setattr(parent, field, replacement)
                return parent
            if isinstance(value, list) and any(item is there for item in value):
                at = next(i for i, item in enumerate(value) if item is there)
                value[at] = ast.Pass() if replacement is None else replacement
                return parent
    raise AssertionError("the node is not in the tree")

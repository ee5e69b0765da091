"""The small edits of calls: another function, none, exchanged arguments, another axis, a sum forgotten."""

import ast
from itertools import combinations

import numpy as np

from .expression import Edit
from .places import Edits, Place

ALIKE = [
    {"sum", "mean"}, {"max", "min"}, {"maximum", "minimum"}, {"argmax", "argmin"},
    {"zeros", "ones"}, {"zeros_like", "ones_like"},
    {"sin", "cos", "tanh", "cosh", "sinh", "exp", "log", "expm1", "log1p", "sqrt", "square", "sign", "abs"},
    {"var", "std"}, {"dot", "multiply", "outer"}, {"hstack", "vstack"}, {"floor", "ceil"},
    {"correlate", "convolve"}, {"correlate2d", "convolve2d"},
]  # fmt: skip
RARE = ("abs", "sign")
"""Functions that are seldom what belongs in place of another."""
TURNING = ("rot90", "flip", "fliplr", "flipud")
MOST_AXES = 6
AXES = {"axis": ("0", "1", "2", "-1", "None"), "keepdims": ("True", "False")}
SUMS = ("axis=0", "axis=1", "axis=0, keepdims=True", "axis=1, keepdims=True", "axis=-1, keepdims=True")


def _word(node: ast.Call) -> str:
    """Return the last name of the function."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def products(p: Place) -> Edits:
    """A matrix product where the elementwise one belongs, or the other way round."""
    if not isinstance(p.node, ast.Call):
        return
    word, operands = _word(p.node), list(p.node.args)
    if word == "dot" and len(operands) == 1 and isinstance(p.node.func, ast.Attribute):
        operands = [p.node.func.value, *operands]
    if len(operands) != 2:
        return
    a, b = (p.expression.bracketed(part) for part in operands)
    if word in ("dot", "matmul"):
        yield p.put(f"{a} * {b}", f"`{word}` where `*` belongs", 1.0)
        plain = [text.removesuffix(".T") for text in (a, b)]
        if plain != [a, b]:
            yield p.swap(f"{plain[0]}**2" if plain[0] == plain[1] else f"{plain[0]} * {plain[1]}", 1.05)
    if word == "multiply":
        yield p.put(f"{a} @ {b}", "`multiply` where `@` belongs", 1.0)


def outers(p: Place) -> Edits:
    """The outer product of a vector with itself, where its squares stand, alone or on a diagonal."""
    node = p.node
    if isinstance(node, ast.Call) and _word(node) in ("diag", "diagflat") and len(node.args) == 1:
        node = node.args[0]
    if isinstance(node, ast.BinOp):
        left, right = p.expression.of(node.left), p.expression.of(node.right)
        square = isinstance(node.op, ast.Pow) and right == "2"
        if (square or (isinstance(node.op, ast.Mult) and left == right)) and np.ndim(p.scope.value(left)) == 1:
            yield p.swap(f"np.outer({left}, {left})", 1.1)


def functions(p: Place) -> Edits:
    """Another function of its kind, or the function too much."""
    if not isinstance(p.node, ast.Call):
        return
    node, e, word = p.node, p.expression, _word(p.node)
    if len(node.args) == 1 and not node.keywords:
        inner = e.bracketed(node.args[0])
        yield p.put(inner, f"`{e.of(node.func)}` too much", 1.2)
        for slope in ("{x} * (1 - {x})", "(1 - {x}**2)", "({x} > 0)"):  # of an output: the same slip in several lines
            did = f"`{e.of(node.func)}(x)` where `{slope.format(x='x')}` belongs"
            yield p.put(slope.format(x=inner), did, 1.3)
    if isinstance(node.func, ast.Attribute):
        owner, rest = e.bracketed(node.func.value), p.text[len(e.of(node.func)) :]
        for family in ALIKE:
            for other in sorted(family - {word}) if word in family else ():
                cost = 1.1 + 0.15 * (other in RARE)
                yield p.put(f"{owner}.{other}{rest}", f"`{word}` where `{other}` belongs", cost)
        if word == "swapaxes":
            yield p.swap(owner, 1.0)
        if word in TURNING and node.args:
            yield p.swap(e.of(node.args[0]), 1.1)
        if word in ("reshape", "transpose"):
            yield from _moves(p, word, owner)


def _moves(p: Place, word: str, owner: str) -> Edits:
    """A transpose forgotten before a reshape; axes parted in the wrong order; axes exchanged in the wrong way."""
    e, given = p.expression, list(p.node.args)
    if word == "reshape":
        yield p.put(f"{owner}.T{p.text[len(owner) :]}", f"`.T` forgotten after `{owner}`", 1.1)
        axes = range(np.ndim(p.scope.value(owner)))
        for i, j in ((i, j) for i in axes for j in (axes[-1], 0) if i != j and len(axes) > 2):
            order = [n for n in axes if n != i]
            order.insert(j, i)
            turned = f"{owner}.transpose({', '.join(map(str, order))})"
            yield p.put(f"{turned}{p.text[len(owner) :]}", f"the axes of `{owner}` not moved before `reshape`", 1.15)
    if len(given) == 1 and isinstance(given[0], ast.Tuple):
        given = list(given[0].elts)
    texts = [e.of(part) for part in given]
    if not 3 <= len(texts) <= MOST_AXES or any(isinstance(part, ast.Starred) for part in given):
        return
    for i, j in combinations(range(len(texts)), 2):
        other = [*texts]
        other[i], other[j] = other[j], other[i]
        if word == "transpose" and other != texts:
            yield p.swap(f"{owner}.transpose({', '.join(other)})", 1.1)
        elif word == "reshape":
            text = f"{owner}.reshape({', '.join(other)}).swapaxes({i}, {j})"
            yield p.swap(text, 1.1 + 0.05 * (j - i - 1))


def arguments(p: Place) -> Edits:
    """Two arguments exchanged."""
    if isinstance(p.node, ast.Call) and len(p.node.args) in (2, 3):
        texts = [p.expression.of(a) for a in p.node.args]
        *first, a, b = texts
        yield p.put(f"{p.expression.of(p.node.func)}({', '.join([*first, b, a])})", f"`{a}` and `{b}` exchanged", 1.1)


def axes(p: Place) -> Edits:
    """Another axis, or the axis forgotten."""
    if not isinstance(p.node, ast.Call):
        return
    order = p.node.args[-1:] if _word(p.node) in ("transpose", "permute") else []
    if order and isinstance(order[0], ast.Name | ast.Attribute):  # axes go back in the inverse order
        yield p.at(order[0]).swap(f"np.argsort({p.expression.of(order[0])})", 0.9)
    for keyword in p.node.keywords:
        old = p.expression.of(keyword.value)
        for new in AXES.get(keyword.arg or "", ()):
            if new != old:
                did = f"`{keyword.arg}={old}` where `{keyword.arg}={new}` belongs"
                yield p.at(keyword.value).put(new, did, 1.0)
                if keyword.arg == "axis" and new != "None" and not any(k.arg == "keepdims" for k in p.node.keywords):
                    kept = f"{new}, keepdims=True"
                    yield p.at(keyword.value).put(kept, f"`axis={old}` where `axis={kept}` belongs", 1.2)
    if isinstance(p.node.func, ast.Name) and p.node.func.id == "sum" and len(p.node.args) == 1:  # Python's, over axis 0
        inner = p.expression.of(p.node.args[0])
        if np.ndim(p.scope.value(inner)) == 2:
            summed = f"np.sum({inner}, axis=1, keepdims=True)"
            yield p.put(summed, "`sum` of the rows where `axis=1, keepdims=True` belongs", 1.1)
    elif _word(p.node) in ("sum", "mean", "max") and not any(k.arg == "axis" for k in p.node.keywords):
        close = p.expression.span(p.node)[1] - 1
        for axis in SUMS:
            comma = ", " if p.node.args or p.node.keywords else ""
            yield Edit(close, close, comma + axis, f"`{axis}` forgotten", 1.1)


def sums(p: Place) -> Edits:
    """A sum or a mean forgotten."""
    if p.is_value:
        for axis in (*SUMS, ""):
            yield p.put(f"{p.tight}.sum({axis})", f"`.sum({axis})` forgotten after `{p.text}`", 1.2)
            yield p.put(f"{p.tight}.mean({axis})", f"`.mean({axis})` forgotten after `{p.text}`", 1.4)

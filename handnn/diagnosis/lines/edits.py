"""The small edits of an expression: each a slip that people make, read backwards."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .expression import Edit, Expression
from .scope import Scope

OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**"}
EXCHANGED = {"+": "-", "-": "+", "*": "/@", "/": "*", "@": "*", "**": "*"}
FUNCTIONS = [
    {"sum", "mean"}, {"max", "min"}, {"maximum", "minimum"}, {"sin", "cos"}, {"exp", "log", "expm1", "log1p"},
    {"tanh", "cosh", "sinh"}, {"sqrt", "square"}, {"zeros_like", "ones_like"}, {"argmax", "argmin"}, {"var", "std"},
    {"dot", "multiply", "outer"}, {"hstack", "vstack"}, {"floor", "ceil"},
]  # fmt: skip
Edits = Iterator[Edit]
Edits_ = Iterator[tuple[str, str, float]]


def _is_atom(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Load)


def _names(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """Another name: of the same shape first."""
    text = e.of(node)
    if node in called:
        for other, function in scope.functions.items():
            if text in scope.functions and other != text and _arity(function) == _arity(scope.functions[text]):
                yield e.edit(node, other, f"`{text}` where `{other}` belongs", 1.2)
        return
    if isinstance(node, ast.Name) and isinstance(scope.variables.get(text), list | dict | tuple):
        for other, value in scope.variables.items():
            if other != text and isinstance(value, type(scope.variables[text])):
                yield e.edit(node, other, f"`{text}` where `{other}` belongs", 1.0 + 0.01 * len(other))
    if not _is_atom(node) or scope.value(text) is None:
        return
    own = np.shape(scope.value(text))
    for other, value in scope.numbers.items():
        if other != text and (np.shape(value) == own or (own and np.ndim(value) == len(own))):
            cost = 1.0 + 0.2 * (np.shape(value) != own) + 0.01 * len(other)
            yield e.edit(node, other, f"`{text}` where `{other}` belongs", cost)


def _is_value(node: ast.expr, scope: Scope, called: set[ast.expr]) -> bool:
    """Whether a node is a number or an array, as far as its text shows."""
    if node in called or not (_is_atom(node) or isinstance(node, ast.BinOp | ast.Call)):
        return False
    return not isinstance(node, ast.Name) or node.id in scope.numbers


def _arity(function: Any) -> int:
    return function.__code__.co_argcount


def _operators(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """Another operator, the operands exchanged, one of them left out, brackets forgotten."""
    if not isinstance(node, ast.BinOp) or type(node.op) not in OPERATORS:
        return
    sign, left, right = OPERATORS[type(node.op)], e.bracketed(node.left), e.bracketed(node.right)
    for other in EXCHANGED[sign]:
        yield e.edit(node, f"{left} {other} {right}", f"`{sign}` where `{other}` belongs", 1.0)
    if sign in "-/@**":
        yield e.edit(node, f"{right} {sign} {left}", f"the operands of `{sign}` exchanged", 1.1)
    yield e.edit(node, left, f"`{sign} {e.of(node.right)}` too much", 1.2)
    yield e.edit(node, right, f"`{e.of(node.left)} {sign}` too much", 1.25)
    if sign in "*/" and isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Div):
        a, b = e.bracketed(node.left.left), e.bracketed(node.left.right)
        other = "*" if sign == "*" else "/"
        yield e.edit(node, f"{a} / ({b} {other} {right})", "brackets around the divisor forgotten", 1.1)


def _calls(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """Another function, no function, arguments exchanged, another axis."""
    if not isinstance(node, ast.Call):
        return
    word = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    texts = [e.of(a) for a in node.args]
    if word in ("dot", "matmul") and len(texts) in (1, 2):
        operands = [node.func.value, *node.args] if isinstance(node.func, ast.Attribute) and len(texts) == 1 else node.args
        a, b = (e.bracketed(part) for part in operands)
        yield e.edit(node, f"{a} * {b}", f"`{word}` where `*` belongs", 1.0)
        plain = [p.removesuffix(".T") for p in (a, b)]
        if plain != [a, b]:
            text = f"{plain[0]}**2" if plain[0] == plain[1] else f"{plain[0]} * {plain[1]}"
            yield e.edit(node, text, f"`{e.of(node)}` where `{text}` belongs", 1.05)
    if word == "multiply" and len(texts) == 2:
        yield e.edit(node, f"{e.bracketed(node.args[0])} @ {e.bracketed(node.args[1])}", "`multiply` where `@` belongs", 1.0)
    if len(texts) == 2:
        yield e.edit(node, f"{e.of(node.func)}({texts[1]}, {texts[0]})", "the arguments exchanged", 1.1)
    if len(texts) == 3:
        a, b, c = texts
        yield e.edit(node, f"{e.of(node.func)}({a}, {c}, {b})", f"`{b}` and `{c}` exchanged", 1.1)
    if len(texts) == 1 and not node.keywords:
        inner = e.bracketed(node.args[0])
        yield e.edit(node, inner, f"`{e.of(node.func)}` too much", 1.2)
        for slope in (f"{inner} * (1 - {inner})", f"(1 - {inner}**2)", f"({inner} > 0)"):
            yield e.edit(node, slope, f"`{e.of(node)}` where `{slope}` belongs", 1.3)
    if isinstance(node.func, ast.Attribute):
        owner = e.of(node.func.value)
        rest = ", ".join([*texts, *(e._bytes[e._starts[k.lineno - 1] + k.col_offset : e.span(k.value)[1]].decode() for k in node.keywords)])
        for family in FUNCTIONS:
            for other in sorted(family - {word}) if word in family else ():
                yield e.edit(node, f"{owner}.{other}({rest})", f"`{word}` where `{other}` belongs", 1.1)
        if word == "swapaxes":
            yield e.edit(node, owner, "transposed", 1.0)
    for keyword in node.keywords:
        if keyword.arg in ("axis", "keepdims"):
            old = e.of(keyword.value)
            for new in ("0", "1", "2", "-1", "None") if keyword.arg == "axis" else ("True", "False"):
                if new != old:
                    yield e.edit(keyword.value, new, f"`{keyword.arg}={old}` where `{keyword.arg}={new}` belongs", 1.0)
    if word in ("sum", "mean", "max") and not any(k.arg == "axis" for k in node.keywords):
        close = e.span(node)[1] - 1
        for axis in ("axis=0", "axis=1", "axis=-1, keepdims=True", "axis=0, keepdims=True", "axis=1, keepdims=True"):
            yield Edit(close, close, f", {axis}" if texts else axis, f"`{axis}` forgotten", 1.1)


def _transposed(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """A transpose too much or forgotten."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield e.edit(node, e.of(node.value), f"`{e.of(node)}` where `{e.of(node.value)}` belongs", 1.0)
    elif _is_value(node, scope, called) and not isinstance(node, ast.Call):
        text = e.bracketed(node)
        ndim = np.ndim(scope.numbers.get(text, np.zeros((1, 1)) if isinstance(node, ast.BinOp) else 0.0))
        if ndim >= 2:
            yield e.edit(node, f"{text}.T", f"`.T` forgotten after `{text}`", 1.05)
        if ndim >= 3:
            yield e.edit(node, f"{text}.swapaxes(-1, -2)", f"`{text}` not transposed", 1.1)


def _signs_and_powers(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """A sign, x for 1 - x, x for x**2 and the slopes made of them."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield e.edit(node, e.bracketed(node.operand), "a minus sign too much", 1.0)
    if not _is_value(node, scope, called):
        return
    text = e.bracketed(node)
    yield e.edit(node, f"(-{text})", f"the minus sign of `{text}` forgotten", 1.05)
    yield e.edit(node, f"(1 - {text})", f"`{text}` where `1 - {text}` belongs", 1.1)
    yield e.edit(node, f"{text}**2", f"`{text}` where its square belongs", 1.1)
    yield e.edit(node, f"(1 - {text}**2)", f"`{text}` where `1 - {text}**2` belongs", 1.3)
    yield e.edit(node, f"({text} * (1 - {text}))", f"`{text}` where `{text} * (1 - {text})` belongs", 1.3)
    yield e.edit(node, f"({text} > 0)", f"`{text}` where `{text} > 0` belongs", 1.3)
    for name in scope.functions:
        if _arity(scope.functions[name]) == 1:
            yield e.edit(node, f"{name}({e.of(node)})", f"`{name}(...)` forgotten around `{text}`", 1.3)
    for name in ("np.tanh", "np.exp", "np.sqrt"):
        yield e.edit(node, f"{name}({e.of(node)})", f"`{name}(...)` forgotten around `{text}`", 1.5)


def _constants(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """A number one off, twice or half of what it should be, or of the other sign; a counter one off."""
    if isinstance(node, ast.Name) and type(scope.numbers.get(node.id)) is int:
        for new in (f"{node.id} + 1", f"{node.id} - 1"):
            yield e.edit(node, new, f"`{node.id}` where `{new}` belongs", 1.2)
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool | str | bytes) or node.value is None:
        return
    n = node.value
    if not isinstance(n, int | float):
        return
    for other in dict.fromkeys((n + 1, n - 1, 2 * n, n / 2, -n, 0, -1, 1, 2, 3, 1 - n)):
        new = int(other) if float(other).is_integer() and isinstance(n, int) else other
        if new != n:
            yield e.edit(node, f"{new}", f"`{e.of(node)}` where `{new}` belongs", 1.1)
    if isinstance(n, float):
        for name, value in scope.numbers.items():
            if np.ndim(value):
                yield e.edit(node, f"{n} * {name}", f"the factor `{name}` missing", 1.4)


def _indices(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """An index one off, another index, a part where the whole belongs."""
    if not isinstance(node, ast.Subscript):
        return
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    counters = [name for name, v in scope.numbers.items() if isinstance(v, int) and name.isidentifier() and len(name) <= 2]
    for part in parts:
        if isinstance(part, ast.Slice):
            for name in counters:
                new = f"{name}:-{name}"
                if new != e.of(part):
                    yield replace(e.edit(part, new, f"`{e.of(part)}` where `{new}` belongs", 1.15), structural=True)
        bounds = [b for b in (part.lower, part.upper) if b is not None] if isinstance(part, ast.Slice) else [part]
        for bound in bounds:
            if not isinstance(bound, ast.Name | ast.Constant | ast.BinOp | ast.UnaryOp):
                continue
            text = e.of(bound)
            others = [f"{text} + 1", f"{text} - 1", *(c for c in counters if c != text), "-1", "0"]
            for other in others:
                if other != text:
                    yield e.edit(bound, other, f"index `{text}` where `{other}` belongs", 1.1)
        if not isinstance(part, ast.Slice):
            yield e.edit(part, ":", f"index `{e.of(part)}` where `:` belongs", 1.3)
    yield e.edit(node, e.of(node.value), f"`{e.of(node)}` where all of `{e.of(node.value)}` belongs", 1.3)


def _choices(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """The comparison or the branches the wrong way round."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = e.of(node.left), e.of(node.comparators[0])
        for sign in (">", "<", ">=", "<=", "==", "!="):
            yield e.edit(node, f"{left} {sign} {right}", f"the comparison `{e.of(node)}` where `{sign}` belongs", 1.1)
    if isinstance(node, ast.IfExp):
        a, b, test = e.of(node.body), e.of(node.orelse), e.of(node.test)
        yield e.edit(node, f"({b} if {test} else {a})", "the branches exchanged", 1.1)
        yield e.edit(node, e.bracketed(node.body), f"`{b}` where `{a}` belongs", 1.2)
        yield e.edit(node, e.bracketed(node.orelse), f"`{a}` where `{b}` belongs", 1.2)


def _reductions(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """A sum forgotten."""
    if not _is_value(node, scope, called):
        return
    text = e.bracketed(node)
    for axis in ("axis=0", "axis=1", "axis=0, keepdims=True", "axis=1, keepdims=True", "axis=-1, keepdims=True", ""):
        yield e.edit(node, f"{text}.sum({axis})", f"`.sum({axis})` forgotten after `{text}`", 1.2)
        yield e.edit(node, f"{text}.mean({axis})", f"`.mean({axis})` forgotten after `{text}`", 1.4)


def _factors(e: Expression, node: ast.expr, scope: Scope, called: set[ast.expr]) -> Edits:
    """A factor or a term missing."""
    if not _is_value(node, scope, called):
        return
    text, inner = e.bracketed(node), 0.0 if node is e.tree else 0.15
    for number in ("2", "0.5", "4", "0.25"):
        yield e.edit(node, f"{number} * {text}", f"the factor {number} missing", 1.2 + inner)
    for name, value in scope.numbers.items():
        cost = 1.3 + inner + 0.01 * len(name)
        if name == text or (isinstance(value, int) and abs(value) < 2):
            continue
        yield e.edit(node, f"{text} * {name}", f"the factor `{name}` missing", cost)
        yield e.edit(node, f"{text} / {name}", f"the division by `{name}` missing", cost)
        if np.ndim(value):
            yield e.edit(node, f"{text} + {name}", f"the term `{name}` missing", cost)
            yield e.edit(node, f"{text} - {name}", f"the term `-{name}` missing", cost)
            yield e.edit(node, f"{text} * (1 - {name})", f"the factor `1 - {name}` missing", cost + 0.1)
            yield e.edit(node, f"{text} * (1 - {name}**2)", f"the factor `1 - {name}**2` missing", cost + 0.1)
            yield e.edit(node, f"{text} * {name} * (1 - {name})", f"the factor `{name} * (1 - {name})` missing", cost + 0.1)
            yield e.edit(node, f"{text} * ({name} > 0)", f"the factor `{name} > 0` missing", cost + 0.1)
    for function, made in scope.functions.items():
        for name, value in scope.numbers.items():
            if np.ndim(value) and _arity(made) == 1:
                slope = f"{function}({name})"
                yield e.edit(node, f"{text} * {slope}", f"the factor `{slope}` missing", 1.5 + inner)


KINDS: tuple[Callable[[Expression, ast.expr, Scope, set[ast.expr]], Edits], ...] = (
    _names, _operators, _calls, _transposed, _signs_and_powers, _constants, _indices, _choices, _reductions, _factors,
)  # fmt: skip


STRUCTURAL = (_operators, _calls, _transposed, _constants)


def everywhere(e: Expression, scope: Scope) -> Edits_:
    """Yield texts in which something that is written several times is changed each time, and what was written."""
    spans: dict[str, list[ast.expr]] = {}
    called = {node.func for node in ast.walk(e.tree) if isinstance(node, ast.Call)}
    for node in ast.walk(e.tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call) and not isinstance(node, ast.Call):
            if node not in called and scope.value(e.of(node)) is not None:
                spans.setdefault(e.of(node), []).append(node)
        elif isinstance(node, ast.Call):
            spans.setdefault(e.of(node), []).append(node)
    names = sorted({text for text, nodes in spans.items() if isinstance(nodes[0], ast.Name)})
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            if np.shape(scope.value(a)) == np.shape(scope.value(b)):
                pairs = [(node, b) for node in spans[a]] + [(node, a) for node in spans[b]]
                whole = e.with_edits(*(e.edit(node, new, "", 1.1) for node, new in pairs))
                yield whole, f"`{a}` and `{b}` exchanged", 1.1
    for text, nodes in spans.items():
        if len(nodes) < 2:
            continue
        first = {edit.new: edit for kind in (_names, _calls, _signs_and_powers) for edit in kind(e, nodes[0], scope, called)}
        for new, edit in first.items():
            whole = e.with_edits(*(e.edit(node, new, edit.did, edit.cost) for node in nodes))
            yield whole, edit.did, edit.cost + 0.1


def edits_of(e: Expression, scope: Scope) -> list[Edit]:
    """Return the small edits of an expression, the smallest first, each new text once."""
    called = {node.func for node in ast.walk(e.tree) if isinstance(node, ast.Call)}
    found: dict[str, Edit] = {}
    for node in ast.walk(e.tree):
        if isinstance(node, ast.expr) and not isinstance(node, ast.Tuple | ast.Slice):
            for kind in KINDS:
                for edit in kind(e, node, scope, called):
                    if kind in STRUCTURAL:
                        edit = replace(edit, structural=True)
                    text = e.with_edits(edit)
                    if text not in found or edit.cost < found[text].cost:
                        found[text] = edit
    found.pop(e.text, None)
    return sorted(found.values(), key=lambda edit: edit.cost)

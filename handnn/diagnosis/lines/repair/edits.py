"""The small edits of an expression: each a slip that people make, read backwards."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile
from typing import Any

import numpy as np

from .edits_of_calls import arguments, axes, functions, outers, products, sums
from .edits_of_indices import counted, counts, indices
from .expression import Edit, Expression, operand
from .places import Edits, Place, places
from .scope import Scope

OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**"}
EXCHANGED = {"+": ("-",), "-": ("+",), "*": ("/", "@", "**"), "/": ("*",), "@": ("*",), "**": ("*",)}
SHARES = re.compile("beta|rho|decay|moment|gamma|mu$|alpha|b1|b2")
MODES = ("full", "valid", "same")
SLOPES = ("(1 - {a})", "(1 - {a}**2)", "{a} * (1 - {a})", "({a} > 0)")


def names(p: Place) -> Edits:
    """Another name: of the same shape first; another container; another function of as many arguments."""
    text, scope = p.text, p.scope
    if p.node in p.called:
        for other, function in scope.functions.items():
            if text in scope.functions and other != text and _arity(function) == _arity(scope.functions[text]):
                yield p.swap(other, 1.2)
        return
    if isinstance(p.node, ast.Name) and isinstance(scope.variables.get(text), list | dict | tuple):
        for other, value in scope.variables.items():
            if other != text and isinstance(value, type(scope.variables[text])):
                yield p.swap(other, 1.0 + 0.01 * len(other))
    called = isinstance(p.node, ast.Call) and p.expression.repeatable  # dout.reshape(n, -1) for dg
    if not (p.is_atom or called) or scope.value(text) is None:
        return
    own, inside = np.shape(scope.value(text)), {n.id for n in ast.walk(p.node) if isinstance(n, ast.Name)}
    for other, value in scope.numbers.items():
        shape = np.shape(value)
        if called:
            if own and shape == own and other not in inside:
                yield p.swap(other, 1.08 + 0.01 * len(other))
        elif other != text and (shape == own or (own and len(shape) == len(own)) or (shape and shape == own[1:])):
            yield p.swap(other, 1.0 + 0.2 * (shape != own) + 0.01 * _unlike(text, other))


def _unlike(text: str, other: str) -> int:
    """Return how long what another name has of its own is: another item of the same container is no longer a name."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(text, other, strict=False))
    return len(other) - sum(1 for _ in alike)


def _arity(function: Any) -> int:
    return function.__code__.co_argcount


def operators(p: Place) -> Edits:
    """Another operator, the operands exchanged, one of them left out, brackets forgotten."""
    node, e = p.node, p.expression
    if not isinstance(node, ast.BinOp) or type(node.op) not in OPERATORS:
        return
    sign, left, right = OPERATORS[type(node.op)], e.bracketed(node.left), e.bracketed(node.right)
    for other in EXCHANGED[sign]:
        if other == "**" and not isinstance(node.right, ast.Name | ast.Attribute):
            continue
        yield p.put(f"{left} {other} {right}", f"`{sign}` where `{other}` belongs", 1.0)
    if sign in "-/@**":
        yield p.put(f"{right} {sign} {left}", f"the operands of `{sign}` exchanged", 1.05)
    yield p.put(left, f"`{sign} {e.of(node.right)}` too much", 1.2)
    yield p.put(right, f"`{e.of(node.left)} {sign}` too much", 1.25)
    if sign == "**" and isinstance(node.left, ast.BinOp) and type(node.left.op) in OPERATORS:
        inner, a, b = OPERATORS[type(node.left.op)], e.bracketed(node.left.left), e.bracketed(node.left.right)
        yield p.put(f"{a} {inner} {b}**{right}", "the brackets under the power", 1.05)
    if sign in "+-" and isinstance(node.right, ast.BinOp) and isinstance(node.right.op, ast.Pow):
        base, power = e.bracketed(node.right.left), e.bracketed(node.right.right)
        yield p.put(f"({left} {sign} {base})**{power}", "brackets under the power forgotten", 1.1)
    for divisor in p.scope.divisors if sign == "/" else ():
        if divisor != e.of(node.right):
            yield p.at(node.right).swap(operand(divisor), 1.1)
    for divisor in p.scope.divisors if sign == "*" and isinstance(node.right, ast.Name | ast.Attribute) else ():
        if e.of(node.right) in divisor:  # `x * p` for `x / (1 - p)`
            yield p.put(f"{left} / {operand(divisor)}", f"`* {right}` where `/ {operand(divisor)}` belongs", 1.1)
    if sign in "*/" and isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Div):
        a, b = e.bracketed(node.left.left), e.bracketed(node.left.right)
        yield p.put(f"{a} / ({b} * {right})", "brackets around the divisor forgotten", 1.1)


def sides(p: Place) -> Edits:
    """A factor of the other operand of a matrix product: `(r * h).T @ d` where `h.T @ (r * d)` belongs."""
    if not (isinstance(p.node, ast.BinOp) and isinstance(p.node.op, ast.MatMult)):
        return
    turned = [isinstance(n, ast.Attribute) and n.attr == "T" for n in (p.node.left, p.node.right)]
    inner = [n.value if isinstance(n, ast.Attribute) and n.attr == "T" else n for n in (p.node.left, p.node.right)]
    for i, product in enumerate(inner):
        if isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult):
            for kept, moved in ((product.left, product.right), (product.right, product.left)):
                texts = [p.expression.bracketed(kept), f"({p.expression.of(moved)} * {p.expression.of(inner[1 - i])})"]
                left, right = (
                    text + ".T" * t for text, t in zip(texts if i == 0 else texts[::-1], turned, strict=True)
                )
                yield p.put(f"{left} @ {right}", f"the factor `{p.expression.of(moved)}` of the other operand", 1.15)


def transposes(p: Place) -> Edits:
    """A transpose too much or forgotten."""
    if isinstance(p.node, ast.Attribute) and p.node.attr == "T":
        yield p.swap(p.expression.of(p.node.value), 1.0)
    elif p.is_value and not isinstance(p.node, ast.Call):
        ndim = 2 if isinstance(p.node, ast.BinOp) else np.ndim(p.scope.value(p.text))
        if ndim >= 2:
            counted = 0.5 * (f"len({p.text})" in p.expression.text)
            yield p.put(f"{p.tight}.T", f"`.T` forgotten after `{p.text}`", 1.05 + counted)
        if ndim >= 3:
            yield p.put(f"{p.tight}.swapaxes(-1, -2)", f"`{p.text}` not transposed", 1.1)
        if ndim >= 2 and p.is_atom:
            yield p.put(f"{p.tight}[..., ::-1, ::-1]", f"`{p.text}` not turned by 180 degrees", 1.25)
        if ndim == 3 and p.is_atom:
            yield p.put(f"{p.tight}[..., ::-1]", f"`{p.text}` not reversed", 1.2)


def signs_and_powers(p: Place) -> Edits:
    """A sign, x for 1 - x, x for x**2, the slopes made of them, a function forgotten."""
    if isinstance(p.node, ast.UnaryOp) and isinstance(p.node.op, ast.USub):
        yield p.put(p.expression.bracketed(p.node.operand), "a minus sign too much", 1.0)
    if not p.is_value:
        return
    handed = 0.2 * isinstance(p.node, ast.Name | ast.Attribute | ast.Call)  # what is handed on as it is
    whole = 0.1 + handed if p.node is p.expression.tree else 0.0
    yield p.put(f"-{p.tight}", f"the minus sign of `{p.text}` forgotten", 1.15 + whole)
    number = p.is_atom and isinstance(p.scope.value(p.text), int | float)
    given = p.is_atom and type(p.scope.value(p.text)) is float  # a rate: of no use as a power
    if not given:
        yield p.swap(f"{p.tight}**2", 1.1)
    if p.is_atom and not given:
        yield p.swap(f"{p.tight}**3", 1.25)
    for i, slope in enumerate((*SLOPES[:-1], "1") if number else SLOPES):  # a number is on one side of 0
        yield p.swap(slope.format(a=p.tight), 1.3 if i else 1.2)
    own = [name for name, function in p.scope.functions.items() if _arity(function) == 1]
    for name in (*own, "np.tanh", "np.exp", "np.sqrt"):
        yield p.put(f"{name}({p.text})", f"`{name}(...)` forgotten around `{p.text}`", 1.3 if name in own else 1.5)


def slopes(p: Place) -> Edits:
    """The slope of another function: `a * (1 - a)` where `1 - a**2` belongs, also within a product."""
    node, e = p.node, p.expression
    if not isinstance(node, ast.BinOp):
        return
    if isinstance(node.op, ast.Mult):
        a = _of_one_minus(p, node.right)
        left = node.left
        if a is not None and isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mult) and e.of(left.right) == a:
            yield p.put(e.bracketed(left.left), f"`{a} * (1 - {a})` too much", 1.05)
            for slope in (f"(1 - {a}**2)", f"({a} > 0)"):
                yield p.put(f"{e.bracketed(left.left)} * {slope}", f"`{a} * (1 - {a})` where `{slope}` belongs", 1.1)
        if a is not None and e.of(left) == a:
            yield p.swap(f"(1 - {a}**2)", 1.1)
    a = _of_one_minus(p, node)
    if a is not None and a.replace(" ", "").endswith("**2"):
        base = a.replace(" ", "").removesuffix("**2")
        yield p.swap(f"{base} * (1 - {base})", 1.1)
        yield p.swap(f"({base} > 0)", 1.2)


def _of_one_minus(p: Place, node: ast.expr) -> str | None:
    """Return the a of `1 - a`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and p.expression.of(node.left) in ("1", "1.0"):
        return p.expression.of(node.right)
    return None


def constants(p: Place) -> Edits:
    """A number one off, twice or half of what it should be, or of the other sign; a counter one off."""
    if isinstance(p.node, ast.Name) and type(p.scope.numbers.get(p.node.id)) is int:
        for text in (f"{p.text} + 1", f"{p.text} - 1"):
            yield p.swap(text, 1.2)
    yield from counted(p)
    n = p.node.value if isinstance(p.node, ast.Constant) else None
    if n in MODES:
        for mode in MODES:
            if mode != n:
                yield p.swap(repr(mode), 1.1)
    if not isinstance(n, int | float) or isinstance(n, bool):
        return
    for new in dict.fromkeys((n + 1, n - 1, 2 * n, n / 2, -n, 0, -1, 1, 2, 3, 1 - n, *p.scope.constants)):
        made = int(new) if isinstance(n, int) and float(new).is_integer() else new
        if made != n:
            added = 0.2 * (made == 0 and f"+ {p.text}" in p.expression.text)
            yield p.swap(f"{made}", 1.1 + added)
    if isinstance(n, float):
        for name, value in p.scope.numbers.items():
            if np.ndim(value):
                yield p.put(f"{n} * {name}", f"the factor `{name}` missing", 1.4)


def choices(p: Place) -> Edits:
    """The comparison or the branches the wrong way round; a comparison too much."""
    node, e = p.node, p.expression
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        if e.of(node.comparators[0]) in ("0", "0.0") and np.ndim(p.scope.value(e.of(node.left))):
            chosen = 0.4 * (f"where({p.text}" in e.text)
            yield p.put(e.bracketed(node.left), f"`{p.text}` where `{e.of(node.left)}` belongs", 0.95 + chosen)
        for sign in (">", "<", ">=", "<=", "==", "!="):
            yield p.swap(f"{e.of(node.left)} {sign} {e.of(node.comparators[0])}", 1.1)
    if isinstance(node, ast.IfExp):
        yield p.put(f"{e.of(node.orelse)} if {e.of(node.test)} else {e.of(node.body)}", "the branches exchanged", 1.1)
        yield p.swap(e.bracketed(node.body), 1.2)
        yield p.swap(e.bracketed(node.orelse), 1.2)


def missing(p: Place) -> Edits:
    """A factor or a term missing."""
    if not p.is_value:
        return
    top = p.expression.tree.operand if isinstance(p.expression.tree, ast.UnaryOp) else p.expression.tree
    text, inner = p.tight, 0.0 if p.node is top else 0.15
    handed = inner + 0.3 * isinstance(top, ast.Name | ast.Attribute)
    for number, odd in (("2", 0.0), ("0.5", 0.0), ("3", 0.05), ("4", 0.05), ("0.25", 0.05)):
        yield p.put(f"{number} * {text}", f"the factor {number} missing", 1.2 + odd + handed)
    for name in _rests(p.scope):
        if name != text:
            yield p.put(f"(1 - {name}) * {text}", f"the factor `1 - {name}` missing", 1.25 + inner + 0.01 * len(name))
    for name, value in p.scope.numbers.items():
        if name == text or (isinstance(value, int) and abs(value) < 2):
            continue
        cost = 1.3 + inner + 0.5 * isinstance(top, ast.Name) + 0.01 * len(name)
        yield p.put(f"{text} * {name}", f"the factor `{name}` missing", cost)
        yield p.put(f"{text} / {name}", f"the division by `{name}` missing", cost)
        if np.ndim(value) or isinstance(value, float):
            more = 0.0 if np.ndim(value) else 0.1
            yield p.put(f"{text} + {name}", f"the term `{name}` missing", cost + more)
            yield p.put(f"{text} - {name}", f"the term `-{name}` missing", cost + more)
        if np.ndim(value) or isinstance(value, float):
            own = [f"{f}({name})" for f, function in p.scope.functions.items() if _arity(function) == 1]
            for slope in (*(form.format(a=name) for form in SLOPES), *own, *_sums(name, value)):
                yield p.put(f"{text} * {slope}", f"the factor `{slope}` missing", cost + 0.1)
        if np.ndim(value) == 2 and len({*np.shape(value)}) == 1:
            yield p.put(f"{name} @ {text}", f"the matrix `{name}` missing", cost + 0.05)
            yield p.put(f"{text} @ {name}", f"the matrix `{name}` missing", cost + 0.05)
    for factor in p.scope.factors:
        yield p.put(f"{text} * {operand(factor)}", f"the factor `{factor}` missing", 1.45 + inner)
    for divisor in p.scope.divisors:
        yield p.put(f"{text} / {operand(divisor)}", f"the division by `{divisor}` missing", 1.45 + inner)


def _rests(scope: Scope) -> list[str]:
    """Return the names of shares, such as beta_1, of which the rest, 1 - beta_1, has no name."""
    shares = {n: v for n, v in scope.numbers.items() if isinstance(v, float) and 0 < v < 1}
    named = {round(v, 12) for v in shares.values()}
    return [n for n, v in shares.items() if SHARES.search(n) and (v == 0.5 or round(1 - v, 12) not in named)]


def _sums(name: str, value: Any) -> list[str]:
    return [f"{name}.sum(axis={i}, keepdims=True)" for i in (0, 1)] if np.ndim(value) == 2 else []


STRUCTURAL = (operators, products, functions, arguments, axes, transposes, constants)
KINDS: tuple[Callable[[Place], Edits], ...] = (
    names, operators, sides, slopes, products, outers, functions, arguments, axes, transposes, signs_and_powers,
    constants, indices, counts, choices, sums, missing,
)  # fmt: skip


def edits_of(expression: Expression, scope: Scope) -> list[Edit]:
    """Return the small edits of an expression, the smallest first, each new text once."""
    found: dict[str, Edit] = {}
    for place in places(expression, scope):
        for kind in KINDS:
            for edit in kind(place):
                text = expression.with_edits(edit)
                if text not in found or edit.cost < found[text].cost:
                    found[text] = replace(edit, structural=True) if kind in STRUCTURAL else edit
    found.pop(expression.text, None)
    return sorted(found.values(), key=lambda edit: edit.cost)


def everywhere(expression: Expression, scope: Scope) -> Iterator[tuple[str, str, float]]:
    """Yield texts in which two names are exchanged, or all of what is written several times is changed; did; cost."""
    spans: dict[str, list[Place]] = {}
    for place in places(expression, scope):
        if isinstance(place.node, ast.Call) or (place.is_atom and scope.value(place.text) is not None):
            spans.setdefault(place.text, []).append(place)
    known = sorted(text for text in spans if scope.value(text) is not None)
    for i, a in enumerate(known):
        for b in known[i + 1 :]:
            if np.shape(scope.value(a)) == np.shape(scope.value(b)):
                edits = [*(p.put(b, "", 1.1) for p in spans[a]), *(p.put(a, "", 1.1) for p in spans[b])]
                if not any(x.overlaps(y) for j, x in enumerate(edits) for y in edits[:j]):
                    yield expression.with_edits(*edits), f"`{a}` and `{b}` exchanged", 1.1
    for group in spans.values():
        if len(group) > 1:
            for edit in {e.new: e for kind in (names, functions, signs_and_powers) for e in kind(group[0])}.values():
                text = expression.with_edits(*(p.put(edit.new, edit.did, edit.cost) for p in group))
                yield text, edit.did, edit.cost + 0.1

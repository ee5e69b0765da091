"""The small edits of indices: one off, another counter, another margin, windows without their stride."""

import ast
import re
from dataclasses import replace

import numpy as np

from .expression import Edit
from .places import Edits, Place

ENDS = ("1:", ":-1")
STRIDE = re.compile("strid|step|^s$")


def indices(p: Place) -> Edits:
    """An index one off, another index, another margin, a part where the whole belongs."""
    if not isinstance(p.node, ast.Subscript):
        return
    whole = p.node.slice
    counters = p.scope.counters
    parts = whole.elts if isinstance(whole, ast.Tuple) else [whole]
    turned = any(isinstance(part, ast.Slice) and part.step is not None for part in parts)
    for part in parts:
        bounds = [part]
        if isinstance(part, ast.Slice):
            bounds = [b for b in (part.lower, part.upper) if b is not None]
            for name in counters:
                yield replace(p.at(part).swap(f"{name}:-{name}", 1.15), structural=True)
            if not bounds and turned:  # in one axis of two, or too much
                yield p.at(part).swap("::-1" if part.step is None else ":", 1.0)
            if p.expression.of(part) in ENDS:  # the ones stand at the other end
                yield p.at(part).swap(next(end for end in ENDS if end != p.expression.of(part)), 1.05)
        else:
            yield p.at(part).swap(":", 1.3)
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub) and isinstance(part.left, ast.Name):
            told = f"`{p.expression.of(part)}` is negative at first: that takes the last one"
            own = np.shape(p.scope.value(p.text))
            starts = [n for n, v in p.scope.numbers.items() if own and n.isidentifier() and np.shape(v) == own]
            for start in (f"0 * {p.text}", *starts):
                yield p.put(f"{p.text} if {p.expression.of(part)} >= 0 else {start}", told, 1.2 + 0.001 * len(start))
        for bound in bounds:
            if isinstance(bound, ast.Name | ast.Constant | ast.BinOp | ast.UnaryOp):
                text = p.expression.of(bound)
                for other in (f"{text} + 1", f"{text} - 1", *counters, "-1", "0"):
                    yield p.at(bound).swap(other, 1.15 if other in ("-1", "0") else 1.1)
    yield from _cuts(p)
    yield from _windows(p)
    yield p.swap(p.expression.of(p.node.value), 1.3)


def _cuts(p: Place) -> Edits:
    """All ranges of an index cut at another margin: `[:, :h, :w]` where `[:, p : p + h, p : p + w]` belongs."""
    e, parts = p.expression, _parts(p)
    if sum(isinstance(part, ast.Slice) and part.upper is not None for part in parts) < 2:
        return
    for name, value in p.scope.numbers.items():
        if type(value) is not int or value < 1 or not name.replace(".", "").isidentifier():
            continue
        for form in ("{n}:-{n}", "{n}:{n} + {u}"):
            texts = [
                form.format(n=name, u=e.of(part.upper)) if isinstance(part, ast.Slice) and part.upper else e.of(part)
                for part in parts
            ]
            yield _of_all(p, texts, 1.2 - 0.05 * ("pad" in name) + 0.01 * len(name))


def _windows(p: Place) -> Edits:
    """All windows of an index begin a stride further each: `[i : i + h]` where `[i * s : i * s + h]` belongs."""
    texts = [p.expression.of(part) for part in _parts(p)]
    begins = {i: low for i, part in enumerate(_parts(p)) if (low := _window(p, part)) is not None}
    for name, value in p.scope.numbers.items() if begins else ():
        if type(value) is int and value > 1 and name.replace(".", "").isidentifier():
            strided = [re.sub(rf"\b{begins[i]}\b", f"{begins[i]} * {name}", t) if i in begins else t
                       for i, t in enumerate(texts)]  # fmt: skip
            yield _of_all(p, strided, 0.9 + 0.3 * (STRIDE.search(name) is None) + 0.01 * len(name))


def _window(p: Place, part: ast.expr) -> str | None:
    """Return the counter that begins a part of an index: i of `i : i + h`; None if it is no such window."""
    if not (isinstance(part, ast.Slice) and isinstance(part.lower, ast.Name) and isinstance(part.upper, ast.BinOp)):
        return None
    return part.lower.id if p.expression.of(part.upper.left) == part.lower.id else None


def _parts(p: Place) -> list[ast.expr]:
    whole = p.node.slice
    return whole.elts if isinstance(whole, ast.Tuple) else [whole]


def _of_all(p: Place, texts: list[str], cost: float) -> Edit:
    """Return the edit that puts texts in place of all parts of an index."""
    parts, new = _parts(p), ", ".join(texts)
    begin, end = p.expression.span(parts[0])[0], p.expression.span(parts[-1])[1]
    old = p.expression.text.encode()[begin:end].decode()
    first = p.expression.edit(parts[0], new, f"`[{old}]` where `[{new}]` belongs", cost)
    return replace(first, start=begin, end=end, new=new)


def counted(p: Place) -> Edits:
    """Another counter, or one off, in place of a whole number that is counted from another: `l + 1` for `L - 1`."""
    node = p.node.left if isinstance(p.node, ast.BinOp) and isinstance(p.node.op, ast.Add | ast.Sub) else p.node
    if not isinstance(node, ast.Name) or type(p.scope.numbers.get(node.id)) is not int:
        return
    if node is not p.node and not isinstance(p.node.right, ast.Constant):
        return
    for name in p.scope.counters:
        for text in (name, f"{name} + 1", f"{name} - 1") if name != node.id else ():
            yield p.swap(text, (1.05 if node is not p.node else 1.25) + 0.05 * (text != name))


def counts(p: Place) -> Edits:
    """Another number of elements: of another axis, of several, of all but one; the weights of the elements summed."""
    node = p.node
    if isinstance(node, ast.Call) and p.expression.of(node.func) == "len":
        vectors = (name for name, value in p.scope.numbers.items() if np.ndim(value) == 1 and name in p.expression.text)
        yield from (p.swap(f"{name}.sum()", 1.1) for name in vectors)
    if isinstance(node, ast.Attribute) and node.attr == "size" and "axis" in p.scope.variables:
        yield p.swap(f"np.size({p.expression.of(node.value)}, axis)", 1.0)  # of all elements too, where it is None
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "shape"):
        return
    owner = p.expression.of(node.value.value)
    ndim = np.ndim(p.scope.value(owner))
    for i in range(ndim):
        if f"{owner}.shape[{i}]" != p.text:
            yield p.swap(f"{owner}.shape[{i}]", 1.0)
        for j in range(i + 1, ndim):
            yield p.swap(f"{owner}.shape[{i}] * {owner}.shape[{j}]", 1.15)
        yield p.swap(f"{owner}.size // {owner}.shape[{i}]", 1.2)

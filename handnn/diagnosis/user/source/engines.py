"""An engine of numbers, whose operators keep how to go back: each operator as a function of two numbers."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from .syntax import engine, parsed_text
from .words import LOOP, WAYS_BACK

SIGNS = {
    "__add__": "w1 + w2", "__sub__": "w1 - w2", "__mul__": "w1 * w2", "__truediv__": "w1 / w2", "__neg__": "-w1",
    "__pow__": "w1 ** 3", "__radd__": "2.0 + w1", "__rsub__": "2.0 - w1", "__rmul__": "2.0 * w1",
    "__rtruediv__": "2.0 / w1", "__matmul__": "w1 @ w2",
}  # fmt: skip
POSITIVE = ("log", "ln", "sqrt")
ARRAYS = re.compile(r"\b(np|numpy|xp|cp)\.|\.T\b|\.shape")
GRADIENTS = ("grad", "gradient", "g", "adjoint", "derivative")
"""What people call the gradient that a number of an engine holds."""


def with_operators(text: str) -> str | None:
    """Return the text of a file with a function for each operator of its engine; None if it has none that needs them.

    It does if a class has operators, a gradient and a way back, and no function of the file goes back itself. Each
    function uses its operator twice, so that a gradient that is not added shows. One more is for the way back: what it
    computes with is used in several places, near the end and far from it.
    """
    tree = parsed_text(text)
    cls = next((node for node in tree.body if isinstance(node, ast.ClassDef) and _is_engine(node)), None)
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name != LOOP)
    kept = None if cls is None else _kept(cls)
    back = "" if cls is None else next((name for name in WAYS_BACK if name in _methods(cls)), "")
    if cls is None or kept is None or any(f".{back}()" in ast.unparse(node) for node in functions):
        return None
    value, gradient, made = kept
    lines: list[str] = []
    total = f"out.{value}.sum()" if ARRAYS.search(ast.unparse(cls)) else f"out.{value}"
    for name, one in _uses(cls):
        names = [n for n in ("w1", "w2") if n in one or (n, "s.") == ("w1", one[:2])]
        lines += ["", "", f"def {cls.name}_{name.strip('_')}({', '.join(names)}):"]
        lines += [f"    {n} = {made.format(n)}" for n in names]
        one_more, less = (made.format(f"{number} + 0 * w1.{value}") for number in (0.1, -1.3))  # of its shape
        sides = f"    s, t = w1 + {one_more}, w1 + {less}"  # on both sides of 0
        other = one.replace("s.", "t.")  # twice, or the value of exp is what is left of a gradient that is not added
        lines += [
            *([sides] if "s." in one else []),
            f"    out = ({one}) * ({one}) + ({other}) + ({other})",
            f"    out.{back}()",
        ]
        lines += [f"    return {', '.join([total, *(f'{n}.{gradient}' for n in names)])}"]
    lines += ["", "", f"def {cls.name}_{back}(w1, w2):", *(f"    {n} = {made.format(n)}" for n in ("w1", "w2"))]
    lines += ["    u = w1 * w2", "    v = u * w2 + u", "    out = v * v * u + v + u"]  # ways of many lengths
    lines += [f"    out.{back}()", f"    return {total}, w1.{gradient}, w2.{gradient}"]
    return "\n".join([text.rstrip("\n"), *lines, ""])


def _methods(cls: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in cls.body if isinstance(node, ast.FunctionDef)}


def _is_engine(cls: ast.ClassDef) -> bool:
    """Return whether a class adds and multiplies, holds a gradient, and goes back without being given anything."""
    own = _methods(cls)
    back = next((own[name] for name in WAYS_BACK if name in own), None)
    free = back is not None and len(back.args.args) - len(back.args.defaults) == 1
    return free and {"__add__", "__mul__", "__init__"} <= set(own) and bool(_gradient(own["__init__"]))


def _gradient(start: ast.FunctionDef) -> str:
    """Return the attribute that holds the gradient; '' if there is none of a usual name."""
    held = {node.attr for node in ast.walk(start) if isinstance(node, ast.Attribute)}
    return next((name for name in GRADIENTS if name in held), "")


def _kept(cls: ast.ClassDef) -> tuple[str, str, str] | None:
    """Return the attributes that keep the number and its gradient, and how an object is made of one."""
    start = _methods(cls)["__init__"]
    names = [argument.arg for argument in start.args.args[1:]]
    if not names or len(names) - len(start.args.defaults) > 1:
        return None
    wanted = ", requires_grad=True" if "requires_grad" in names else ""
    for target, value in _assigned(start):
        read = {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
        if isinstance(target, ast.Attribute) and names[0] in read:
            return target.attr, _gradient(start), f"{cls.name}({{}}{wanted})"
    return None


def _assigned(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what a function assigns to what, those of tuples one by one."""
    for node in ast.walk(function):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            pairs = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            yield from zip(target.elts, value.elts, strict=False) if pairs else [(target, value)]  # type: ignore[attr-defined]


def _uses(cls: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Yield the name of each operator, and of each function of one or two numbers, with an expression of it."""
    for name, method in _methods(cls).items():
        inner = (node for node in ast.walk(method) if node is not method)
        makes = any(isinstance(node, ast.FunctionDef | ast.Lambda) for node in inner)
        needed = len(method.args.args) - len(method.args.defaults)
        if name in SIGNS:
            yield name, SIGNS[name]
        elif makes and not name.startswith("_") and name not in WAYS_BACK and needed in (1, 2):
            turned = "2, 0, 1" if method.args.vararg is not None else ""  # of three axes: no order is its own inverse
            yield name, f"{'w1' if name in POSITIVE else 's'}.{name}({'w2' if needed == 2 else turned})"


def operator_of(function: Any) -> tuple[Any, ...]:
    """Return what a function was written to try, as Tensor.__add__, and the way back of its engine; () if nothing."""
    cls, name = engine(function), getattr(function, "__name__", "")
    word = name.removeprefix(f"{cls.__name__}_") if cls is not None else name
    own = [vars(cls)[n] for n in (f"__{word}__", word) if word != name and n in vars(cls)]
    return (*own[:1], *(vars(cls)[n] for n in WAYS_BACK if n in vars(cls))) if own else ()

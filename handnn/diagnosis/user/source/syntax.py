"""What the source of a user's functions says: names, keys, what is returned, which globals are used."""

import ast
import functools
import inspect
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CellType, ModuleType
from typing import Any

import numpy as np

from .words import is_weight


def parsed(file: Path) -> ast.Module:
    """Return the syntax tree of a file; an empty one if it cannot be read."""
    try:
        return parsed_text(file.read_bytes())
    except OSError:
        return ast.Module([], [])


def parsed_text(text: str | bytes) -> ast.Module:
    """Return the syntax tree of a source; an empty one if it is none."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _nodes(file: str) -> dict[Any, ast.AST]:
    """Return the functions of a file by first line and name, and its classes by name; parsed once a version."""
    try:
        state = os.stat(file)
    except OSError:
        return {}
    return _nodes_of(file, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=64)
def _nodes_of(file: str, changed: int, size: int) -> dict[Any, ast.AST]:
    found: dict[Any, ast.AST] = {}
    for node in ast.walk(parsed(Path(file))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found[first, node.name] = node
        elif isinstance(node, ast.ClassDef):
            found.setdefault(node.name, node)
    return found


def undecorated(function: Any) -> Any:
    """Return the function that a decorator hides behind (*args, **kwargs), as one without functools.wraps does."""
    function = inspect.unwrap(getattr(function, "__func__", function)) if callable(function) else function
    code = getattr(function, "__code__", None)
    if code is None or code.co_argcount or code.co_kwonlyargcount or not code.co_flags & inspect.CO_VARARGS:
        return function
    cells = [cell.cell_contents for cell in function.__closure__ or () if cell != CellType()]
    inner = [content for content in cells if inspect.isfunction(content) and content is not function]
    return undecorated(inner[0]) if len(inner) == 1 else function


@functools.lru_cache(maxsize=1024)
def tree_of(function: Any) -> ast.AST | None:
    """Return the syntax tree of a function or class; None if it has no source."""
    function = undecorated(function)
    code = getattr(function, "__code__", None)
    if code is not None:
        return _nodes(code.co_filename).get((code.co_firstlineno, code.co_name))
    file = getattr(sys.modules.get(getattr(function, "__module__", "")), "__file__", None)
    return _nodes(file).get(function.__name__) if inspect.isclass(function) and file else None


@functools.lru_cache(maxsize=1024)
def nodes_of(function: Any) -> tuple[ast.AST, ...]:
    """Return every node of the syntax tree of a function or class, walked once; () if it has no source."""
    tree = tree_of(function)
    return tuple(ast.walk(tree)) if tree else ()


def unpacked(function: Any, argument: str) -> list[str]:
    """Return the names that a function unpacks an argument into: `W1, b1 = parameters`."""
    for node in nodes_of(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.List):
            named = node.value
            if isinstance(named, ast.ListComp | ast.GeneratorExp):
                named = named.generators[0].iter
            if isinstance(named, ast.Name) and named.id == argument:
                return [e.id for e in node.targets[0].elts if isinstance(e, ast.Name)]
    return []


def indices(function: Any, argument: str) -> set[int]:
    """Return the numbers by which a function reads an argument: p[0], p[1]."""
    return {
        node.slice.value for node in nodes_of(function)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == argument
        and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int)
    }  # fmt: skip


def attributes(function: Any, argument: str) -> set[str]:
    """Return the attributes by which a function reads an argument: state.m, state.t."""
    return {
        node.attr for node in nodes_of(function)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == argument
    }  # fmt: skip


def attributes_of_parts(target: Any) -> tuple[set[str], set[str]]:
    """Return the attributes that a function or class reads of what it is given, and those among them that it calls.

    Those of `self` and of modules are left out, as are the methods of arrays and containers.
    """
    classes = [c for c in target.__mro__ if c.__module__ == target.__module__] if inspect.isclass(target) else [target]
    nodes = [node for one in classes for node in nodes_of(one)]
    read = {
        node.attr: node for node in nodes
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id in OWN)
    }  # fmt: skip
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    called = {node.func.attr for node in calls if isinstance(node.func, ast.Attribute)}
    asked = [
        node.args[1] for node in calls if isinstance(node.func, ast.Name) and node.func.id in ASKS and node.args[1:]
    ]
    found = read.keys() | {node.value for node in asked if isinstance(node, ast.Constant)}
    if not all(isinstance(node, ast.Constant) for node in asked):  # getattr(layer, "d" + name)
        names = {
            n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) and is_weight(n.value)
        }
        found |= names | {f"{start}{name}" for name in names for start in ("d", "d_", "grad_")}
    return {str(name) for name in found} - METHODS, called


def is_array(function: Any, argument: str) -> bool:
    """Return whether a function reads an argument as one array: w.shape, x @ w, w[i, :]."""
    sides = [side for node in nodes_of(function) if isinstance(node, ast.BinOp) for side in (node.left, node.right)]
    several = [n for n in nodes_of(function) if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Tuple)]
    sides += [node.value for node in several if any(isinstance(i, ast.Slice) for i in ast.walk(node.slice))]
    products = any(isinstance(side, ast.Name) and side.id == argument for side in sides)
    return products or bool(attributes(function, argument) & {"shape", "T", "dot", "ndim", "reshape", "transpose"})


def places(function: Any, of: str = "") -> set[str]:
    """Return the names by which a function takes rows of arrays, or of one: i and j of u[i] and v[j, :]."""
    return {part.id for part in slices(function, of) if isinstance(part, ast.Name)}


def slices(function: Any, of: str = "") -> list[ast.expr]:
    found = [node for node in nodes_of(function) if isinstance(node, ast.Subscript)]
    slices = [node.slice for node in found if not of or (isinstance(node.value, ast.Name) and node.value.id == of)]
    return [part for one in slices for part in (one.elts if isinstance(one, ast.Tuple) else [one])]


def moved(function: Any) -> set[str]:
    """Return the names that a function changes in place, or parts of: w -= step, u[i] += step."""
    targets = [node.target for node in nodes_of(function) if isinstance(node, ast.AugAssign)]
    whole = {target.id for target in targets if isinstance(target, ast.Name)}
    rows = [target.value for target in targets if isinstance(target, ast.Subscript)]
    return whole | {row.id for row in rows if isinstance(row, ast.Name)}


def moved_by(file: Path) -> dict[str, set[str]]:
    """Return by what a file moves each attribute: {"c": {"rate", "slope"}} for self.c -= self.rate * self.slope."""
    state = os.stat(file)
    return _moved_by(str(file), state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=64)
def _moved_by(file: str, changed: int, size: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    nodes = (part for node in _nodes_of(file, changed, size).values() for part in ast.walk(node))
    for target, sign, by in moves(nodes):
        if isinstance(target, ast.Attribute) and isinstance(sign, ast.Sub):
            names = {part.attr for part in ast.walk(by) if isinstance(part, ast.Attribute)}
            found.setdefault(target.attr, set()).update(names)
    return found


def moves(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, ast.operator, ast.expr]]:
    """Yield (what is moved, how, by what) of the statements among nodes that move something: w -= a, w = w - a + b."""
    for node in nodes:
        if isinstance(node, ast.AugAssign):
            yield node.target, node.op, node.value
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            target, made, terms = node.targets[0], node.value, [node.value]
            while isinstance(made.left, ast.BinOp) and isinstance(made.left.op, ast.Add | ast.Sub):
                made = made.left
                terms.append(made)
            if ast.unparse(made.left) == ast.unparse(target):
                yield from ((target, term.op, term.right) for term in terms)


OWN, ASKS = ("self", "np", "numpy", "math"), ("hasattr", "getattr", "setattr")
HELD = {"data", "value", "values", "val", "array"}
METHODS = {*dir(dict), *dir(list), *dir(np.ndarray)} - {"data", "values"}


def moves_own(function: Any) -> set[str]:
    """Return the attributes of `self` that a method changes in place, or parts of them: self.w -= step."""
    targets: list[ast.expr] = [node.target for node in nodes_of(function) if isinstance(node, ast.AugAssign)]
    targets += [
        node.targets[0] for node in nodes_of(function)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ast.unparse(node.value)
    ]  # fmt: skip
    own = (re.match(r"self\.(\w+)(\[|$)", ast.unparse(target)) for target in targets)
    return {found[1] for found in own if found}


GETTERS = ("get", "setdefault")


def keys(function: Any, argument: str, module: ModuleType | None = None, defaults: bool = True) -> list[str]:
    """Return the string keys by which a function, or one that it hands the argument to, reads an argument.

    Args:
        defaults: whether keys that may be missing, read by get(key, default), count too.
    """
    found: dict[str, None] = {}
    bound = {
        loop.target.id: [k.value for k in loop.iter.elts if isinstance(k, ast.Constant) and isinstance(k.value, str)]
        for loop in nodes_of(function)
        if isinstance(loop, ast.comprehension | ast.For)
        and isinstance(loop.target, ast.Name) and isinstance(loop.iter, ast.Tuple | ast.List)
    }  # fmt: skip
    for node in nodes_of(function):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == argument:
            found.update(dict.fromkeys(_strings(node.slice)))
            if isinstance(node.slice, ast.Name):
                found.update(dict.fromkeys(bound.get(node.slice.id, ())))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GETTERS:
            known = isinstance(node.func.value, ast.Name) and node.func.value.id == argument and node.args
            if known and (defaults or len(node.args) < 2):
                found.update(dict.fromkeys(_strings(node.args[0])))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and module is not None:
            inner = getattr(module, node.func.id, None)
            if inspect.isfunction(inner) and inner is not function and inner.__module__ == module.__name__:
                names = list(inspect.signature(inner).parameters)
                for place, given in enumerate(node.args):
                    if isinstance(given, ast.Name) and given.id == argument and place < len(names):
                        found.update(dict.fromkeys(keys(inner, names[place], module, defaults)))
    return list(found)


def keys_of_elements(function: Any, argument: str) -> list[str]:
    """Return the string keys by which a function reads each element of an argument: layer["W"] for layer in params."""
    loops = [node for node in nodes_of(function) if isinstance(node, ast.For | ast.comprehension)]
    over = [node for node in loops if argument in {n.id for n in ast.walk(node.iter) if isinstance(n, ast.Name)}]
    names = {n.id for node in over for n in ast.walk(node.target) if isinstance(n, ast.Name)}
    return list(dict.fromkeys(key for name in sorted(names) for key in keys(function, name)))


@functools.lru_cache(maxsize=1024)
def source_of(function: Any) -> str:
    """Return the source of a function or class without comments; '' if there is none."""
    tree = tree_of(function)
    return ast.unparse(tree) if tree else ""


def _strings(node: ast.AST) -> Iterator[str]:
    """Yield the key of a subscript; 'W' + str(l), f'W{l}', 'W%d' % l and 'W{}'.format(l) give 'W*'."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        yield (node.left.value.partition("%")[0] if isinstance(node.op, ast.Mod) else node.left.value) + "*"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        form = node.func.value
        if isinstance(form, ast.Constant) and isinstance(form.value, str):
            yield form.value.partition("{")[0] + "*"
    elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        yield str(node.values[0].value) + "*"


def used_globals(module: ModuleType) -> list[str]:
    """Return the names of a module's globals that hold data and are mentioned in its functions."""
    mentioned: set[str] = set()

    def collect(code: Any) -> None:
        mentioned.update(code.co_names)
        for constant in code.co_consts:
            if inspect.iscode(constant):
                collect(constant)

    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        parts = vars(value).values() if inspect.isclass(value) else [value]
        for part in parts:
            function = getattr(part, "__func__", part)
            if inspect.isfunction(function):
                collect(function.__code__)
    return [name for name in vars(module) if name in mentioned and not name.startswith("__")]


def returned_names(function: Any) -> list[str]:
    """Return the names of the parts that a function's last return statement gives back; '?' for expressions.

    Those of a tuple or list among them are joined: "dW, db". What another function of the file returns has its names,
    and an expression the one that the file gives it where it calls the function: `dW, db = self._gradient(X, y)`.
    """
    values = [node.value for node in nodes_of(function) if isinstance(node, ast.Return)]
    value = values[-1] if values else None
    if value is None:
        return []
    if isinstance(value, ast.Call) and len(value.keywords) > 1 and "grad" in ast.unparse(value.func).lower():
        return [f"d{word.arg}" for word in value.keywords]  # Gradients(W=..., b=...)
    inner = _called(function, value) if isinstance(value, ast.Call) else None
    if inner is not None:
        return returned_names(inner) or ["?"]
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    names = [_said(part) for part in parts]
    if "?" not in names or len(names) < 2:
        return names
    code = getattr(undecorated(function), "__code__", None)
    given = _given_names(code.co_filename).get(code.co_name, []) if code is not None else []
    if any(len(other) != len(names) or other != given[0] for other in given):
        return names
    return [other if name == "?" else name for name, other in zip(names, given[0] if given else names, strict=True)]


def _given_names(file: str) -> dict[str, list[list[str]]]:
    try:
        state = os.stat(file)
    except OSError:
        return {}
    return _given_names_of(file, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=64)
def _given_names_of(file: str, changed: int, size: int) -> dict[str, list[list[str]]]:
    """Return by function, or method of `self`, the names that its results get where a file calls it."""
    found: dict[str, list[list[str]]] = {}
    for node in ast.walk(parsed(Path(file))):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Call):
            called = ast.unparse(node.value.func)
            if called.removeprefix("self.").isidentifier():
                found.setdefault(called.removeprefix("self."), []).append(list(map(_said, node.targets[0].elts)))
    return found


def _called(function: Any, call: ast.Call) -> Any:
    """Return the function of the same file, or the method of the same class, that a call in a function calls."""
    function = undecorated(function)
    known, own = getattr(function, "__globals__", {}), None
    if isinstance(call.func, ast.Name):
        own = known.get(call.func.id)
    elif isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self":
        own = getattr(known.get(function.__qualname__.partition(".")[0]), call.func.attr, None)
    if not inspect.isfunction(own) or own.__module__ != function.__module__ or own.__name__ == function.__name__:
        return None
    return own


def _said(part: ast.expr) -> str:
    """Return the name that an expression has by itself: `w.grad` is w_grad, `self.dW` dW; '?' if none."""
    if isinstance(part, ast.Attribute) and part.attr.startswith("grad") and isinstance(part.value, ast.Name):
        return f"{part.value.id}_{part.attr}"
    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.attr not in METHODS | HELD:
        return part.attr
    if isinstance(part, ast.Tuple | ast.List) and part.elts:
        return ", ".join(map(_said, part.elts))
    return part.id if isinstance(part, ast.Name) else "?"


def engine(function: Any) -> Any:
    """Return the class of numbers that a function makes, with operators of its own; None if it makes none."""
    known = getattr(function, "__globals__", {})
    return next((known[name] for name in sorted(mentioned(function)) if has_operators(known.get(name))), None)


def has_operators(value: Any) -> bool:
    """Return whether a value is a user's class of numbers with operators of its own."""
    own = inspect.isclass(value) and value.__module__ not in ("builtins", "numpy")
    return own and bool({"__add__", "__mul__"} & set(vars(value)))


def mentioned(function: Any) -> set[str]:
    """Return the names that a function mentions."""
    return {node.id for node in nodes_of(function) if isinstance(node, ast.Name)}


def stub(cls: Any, words: tuple[str, ...]) -> bool:
    """Return whether a class' own method of these names only raises NotImplementedError or passes."""
    return any(is_stub(cls, name) for name in vars(cls) if re.sub("_", "", name).lower() in words)


def is_stub(cls: Any, name: str) -> bool:
    """Return whether a class' own method only raises or passes, or hands on to an inherited one that does."""
    value = vars(cls).get(name)
    body = getattr(tree_of(value), "body", []) if inspect.isfunction(value) else [ast.Break()]
    body = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if re.match(rf"(return )?super\(\)\.{name}\(", "; ".join(map(ast.unparse, body))):
        return any(is_stub(base, name) for base in cls.__mro__[1:])
    return all(isinstance(s, ast.Pass | ast.Raise) for s in body)

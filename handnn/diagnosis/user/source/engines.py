"""An engine of numbers, whose operators keep how to go back: each operator as a function of two numbers."""

import ast
from collections.abc import Iterator

SIGNS = {
    "__add__": "w1 + w2", "__sub__": "w1 - w2", "__mul__": "w1 * w2", "__truediv__": "w1 / w2", "__neg__": "-w1",
    "__pow__": "w1 ** 3", "__radd__": "2.0 + w1", "__rsub__": "2.0 - w1", "__rmul__": "2.0 * w1",
    "__rtruediv__": "2.0 / w1", "__matmul__": "w1 @ w2",
}  # fmt: skip
POSITIVE = ("log", "ln", "sqrt")


def with_operators(text: str) -> str | None:
    """Return the text of a file with a function for each operator of its engine; None if it has none that needs them.

    It does if a class has operators, a gradient and a way back, and no function of the file goes back itself. Each
    function uses its operator twice, so that a gradient that is not added shows, beside products and sums.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    cls = next((node for node in tree.body if isinstance(node, ast.ClassDef) and _is_engine(node)), None)
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    kept = None if cls is None else _kept(cls)
    if cls is None or kept is None or any(".backward()" in ast.unparse(node) for node in functions):
        return None
    value, made = kept
    lines: list[str] = []
    for name, one in _uses(cls):
        lines += ["", "", f"def {cls.name}_{name.strip('_')}(w1, w2):"]
        lines += [f"    w1, w2 = {made.format('w1')}, {made.format('w2')}"]
        lines += [f"    s = w1 + {made.format(-0.7)}"] if "s." in one else []  # on both sides of 0
        lines += [f"    out = w2 * ({one}) + ({one}) + w1 * w2", "    out.backward()"]
        lines += [f"    return out.{value}, w1.grad, w2.grad"]
    return "\n".join([text.rstrip("\n"), *lines, ""])


def _methods(cls: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in cls.body if isinstance(node, ast.FunctionDef)}


def _is_engine(cls: ast.ClassDef) -> bool:
    """Return whether a class adds and multiplies, holds a gradient, and goes back without being given anything."""
    own = _methods(cls)
    back = own.get("backward")
    free = back is not None and len(back.args.args) - len(back.args.defaults) == 1
    return free and {"__add__", "__mul__", "__init__"} <= set(own) and "self.grad" in ast.unparse(own["__init__"])


def _kept(cls: ast.ClassDef) -> tuple[str, str] | None:
    """Return the attribute that keeps the number, and how an object is made of one."""
    start = _methods(cls)["__init__"]
    names = [argument.arg for argument in start.args.args[1:]]
    if not names or len(names) - len(start.args.defaults) > 1:
        return None
    for node in ast.walk(start):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        if isinstance(target, ast.Attribute) and names[0] in read:
            wanted = ", requires_grad=True" if "requires_grad" in names else ""
            return target.attr, f"{cls.name}({{}}{wanted})"
    return None


def _uses(cls: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Yield the name of each operator, and of each function of one or two numbers, with an expression of it."""
    for name, method in _methods(cls).items():
        makes = any(isinstance(node, ast.FunctionDef) for node in ast.walk(method) if node is not method)
        needed = len(method.args.args) - len(method.args.defaults)
        if name in SIGNS:
            yield name, SIGNS[name]
        elif makes and not name.startswith("_") and name != "backward" and needed in (1, 2):
            yield name, f"{'w1' if name in POSITIVE else 's'}.{name}({'w2' if needed == 2 else ''})"

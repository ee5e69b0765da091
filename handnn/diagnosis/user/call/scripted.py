"""Objects made as the file's own script makes them: a network that is given its layers one after the other."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

ADDS = re.compile("(add|append|push|register)(_?layer)?", re.IGNORECASE)


def by_script(cls: Any, module: ModuleType | None) -> Iterator[Callable[[], Any]]:
    """Yield a way to build an object as the file's script does, if that adds parts to it after it is made."""
    try:
        tree = ast.parse(inspect.getsource(module)) if module is not None else ast.Module([], [])
    except (OSError, TypeError, SyntaxError):
        return
    for body in (tree.body, *(node.body for node in tree.body if isinstance(node, ast.If))):
        for place, statement in enumerate(body):
            name = _made(statement, cls.__name__)
            kept = [s for s in body[place + 1 :] if name and _adds(s, name)]
            if not kept:
                continue
            code = _with_needed(body[:place], [statement, *kept])
            compiled = compile(ast.Module(code, []), "script", "exec")

            def make(compiled: Any = compiled, name: str = name) -> Any:
                names = dict(vars(module)) if module is not None else {}
                exec(compiled, names)
                return names[name]

            yield make


def _made(statement: ast.stmt, cls: str) -> str:
    """Return the name that an object of the class is given in a statement; '' if it is none."""
    if not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)):
        return ""
    made = isinstance(statement.value.func, ast.Name) and statement.value.func.id == cls
    target = statement.targets[0]
    return target.id if made and isinstance(target, ast.Name) else ""


def _adds(statement: ast.stmt, name: str) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    method = call.func if isinstance(call, ast.Call) else None
    own = isinstance(method, ast.Attribute) and isinstance(method.value, ast.Name) and method.value.id == name
    return own and isinstance(method, ast.Attribute) and ADDS.fullmatch(method.attr) is not None


def _with_needed(before: list[ast.stmt], kept: list[ast.stmt]) -> list[ast.stmt]:
    """Return statements behind the assignments of what they read."""
    for statement in reversed(before):
        read = {node.id for s in kept for node in ast.walk(s) if isinstance(node, ast.Name)}
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if read & {node.id for t in targets for node in ast.walk(t) if isinstance(node, ast.Name)}:
            kept = [statement, *kept]
    return kept

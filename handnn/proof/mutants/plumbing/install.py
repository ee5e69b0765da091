"""Puts changed functions in the place of the right ones, in a process that has loaded them already."""

import ast
import functools
import gc
import inspect
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

Name = tuple[str, int]
"""A qualified name, and the number among its namesakes in the file, such as the setter of a property."""


class Patch(NamedTuple):
    """A file and its changed syntax tree."""

    path: Path
    module: ast.Module


class Living:
    """The functions of this process by the code that they were made from."""

    def __init__(self) -> None:
        self.functions: dict[CodeType, list[FunctionType]] = defaultdict(list)
        self.caches: list[Any] = []
        gc.unfreeze()  # what is frozen is not listed
        for thing in gc.get_objects():
            if type(thing) is FunctionType:
                self.functions[thing.__code__].append(thing)
            elif type(thing) is functools._lru_cache_wrapper:
                self.caches.append(thing)

    def install(self, patch: Patch) -> int:
        """Give every living function the code that the changed file gives it; return how many have changed.

        Objects, classes and names stay, so whoever holds a function calls the changed one.
        """
        path, module = patch
        right = codes(compile(path.read_text(encoding="utf-8"), str(path), "exec"))
        changed, count = _codes_of(path, module), 0
        for name, code in right.items():
            own = changed.get(name, code)  # a function inside may be gone
            if own != code and (fitting := _with_cells(own, code, patch, name)) is not None:
                for function in self.functions.get(code, ()):
                    function.__code__ = fitting
                    count += 1
        for cached in self.caches:
            if getattr(getattr(cached.__wrapped__, "__code__", None), "co_filename", "") == str(path):
                cached.cache_clear()
        return count


def codes(code: CodeType) -> dict[Name, CodeType]:
    """Return the code of the functions and methods of a file, and of named functions inside them."""
    found: dict[Name, CodeType] = {}
    for function in _functions(code):
        name = function.co_qualname
        found[name, sum(known == name for known, _ in found)] = function
    return found


def _functions(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_flags & inspect.CO_NEWLOCALS:  # the body of a class has none
                yield inner
                yield from (
                    own for own in _functions(inner) if not own.co_name.startswith("<")
                )  # such as a decorator's
            else:
                yield from _functions(inner)


def _codes_of(path: Path, module: ast.Module) -> dict[Name, CodeType]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # such as 1.0[0], which fails where it is run
        return codes(compile(ast.fix_missing_locations(module), str(path), "exec"))


def _with_cells(code: CodeType, right: CodeType, patch: Patch, name: Name) -> CodeType | None:
    """Return the code with the free variables of the right one, some of which may have gone with the change.

    None if it cannot have them: the variable of a function outside has gone.
    """
    if code.co_freevars == right.co_freevars:
        return code
    nodes = [node for node in ast.walk(patch.module) if isinstance(node, ast.FunctionDef)]
    node = next(
        node for node in nodes if code.co_firstlineno in (node.lineno, *(d.lineno for d in node.decorator_list))
    )
    unused: list[ast.stmt] = [ast.Expr(ast.Name(own, ast.Load())) for own in right.co_freevars]
    node.body.append(ast.If(ast.Constant(False), unused, []))
    found = _codes_of(*patch)[name]
    return found if found.co_freevars == right.co_freevars else None

"""The plumbing families: which sources are changed, and which tests must notice."""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .operators import Mutation, mutations

ROOT = Path(__file__).parents[4]
EVERYWHERE = ("tests/test_plumbing.py",)
"""Tests of every family, beside those of its mirrored folder."""


class Family(NamedTuple):
    """Sources below handnn/, and tests below tests/ (files or folders)."""

    sources: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()


FAMILIES = {
    "optimizers": Family(("optimizers",), ("optimizers", "models/test_stacked.py"), ("optimizers/schedules.py",)),
    "schedules": Family(("optimizers/schedules.py",), ("optimizers/test_schedules.py",)),
    "regularizers": Family(("regularizers.py",), ("test_regularizers.py",)),
    "constraints": Family(("constraints.py",), ("test_constraints.py",)),
    "metrics": Family(("metrics",), ("metrics",)),
    "initializers": Family(("initializers",), ("initializers",)),
    "training": Family(("models",), ("models", "optimizers/test_sophia.py")),
    "progress": Family(
        ("saving/progress.py", "saving/training_state.py"), ("callbacks/test_resume.py", "models", "saving")
    ),
    "callbacks": Family(("callbacks",), ("callbacks",)),
    "saving": Family(
        ("saving",), ("saving", "callbacks/test_resume.py"), ("saving/progress.py", "saving/training_state.py")
    ),
    "data": Family(("data",), ("data",)),
    "lockstep": Family(
        ("verify/lockstep.py",), ("verify/test_lockstep.py", "cli/test_train.py", "cli/test_save_and_resume.py")
    ),
    "tensorboard": Family(("tensorboard",), ("tensorboard", "callbacks/test_tensorboard.py")),
    "compare": Family(
        tuple(
            f"compare/{name}.py" for name in ("plan", "runner", "run", "single_run", "results", "statistics", "curves")
        ),
        ("compare",),
    ),
}
NO_BEHAVIOUR = ("__repr__", "__dir__", "__getattr__")
"""Functions whose result no other part reads."""
OF_KERAS = ("keras_", "_keras_")
"""Prefixes of functions that describe Keras' rounding."""


def sources(family: str) -> list[Path]:
    """Return the family's files."""
    own = FAMILIES[family]
    left_out = {ROOT / "handnn" / path for path in own.without}
    found = [path for source in own.sources for path in files(ROOT / "handnn" / source, "*.py")]
    return [path for path in found if path not in left_out]


def tests(family: str) -> list[str]:
    """Return the arguments of pytest: the family's test files, those of its mirrored folder first."""
    own = [
        str(path.relative_to(ROOT))
        for test in FAMILIES[family].tests
        for path in files(ROOT / "tests" / test, "test_*.py")
    ]
    return list(dict.fromkeys([*own, *EVERYWHERE]))


def files(path: Path, pattern: str) -> list[Path]:
    """Return the file itself, or all files of the folder."""
    return sorted(path.rglob(pattern)) if path.is_dir() else [path]


class Planned(NamedTuple):
    """A change of one function of one file.

    `function` is the function's line. `key` names the change as long as the function's source stays the same.
    """

    family: str
    path: Path
    title: str
    function: int
    mutation: Mutation
    key: str


def planned(family: str, titles: set[str] | None = None) -> Iterator[Planned]:
    """Yield every change of a family, or of the functions with these titles."""
    texts = {path: path.read_text(encoding="utf-8") for path in sources(family)}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    known = frozenset(name for tree in trees.values() for node in ast.walk(tree) for name in _names(node))
    for path, tree in trees.items():
        text = texts[path]
        for name, function in functions(tree):
            if function.name in NO_BEHAVIOUR or function.name.startswith(OF_KERAS):
                continue
            title = f"{path.stem if path.stem != '__init__' else path.parent.name}.{name}"
            if titles is not None and title not in titles:
                continue
            source = ast.get_source_segment(text, function) or ""
            digest = hashlib.sha256(source.encode()).hexdigest()[:16]
            seen: Counter[str] = Counter()
            for mutation in mutations(function, known):
                seen[str(mutation)] += 1
                times = seen[str(mutation)]
                told = mutation if times == 1 else mutation._replace(after=f"{mutation.after}  (place {times})")
                yield Planned(family, path, title, function.lineno, told, f"{family} {title} {digest} {told}")


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.FunctionDef):
        yield node.name


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions and methods with their qualified names; nested ones belong to the outer function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield inside + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{inside}{node.name}.")
        elif isinstance(node, ast.If):
            yield from functions(node, inside)


def sample(changes: list[Planned], count: int | None) -> list[Planned]:
    """Return `count` changes (None: all), drawn by the hash of their keys: a change elsewhere draws no others."""
    drawn = sorted(changes, key=lambda change: hashlib.sha256(change.key.encode()).digest())[:count]
    chosen = {change.key for change in drawn}
    return [change for change in changes if change.key in chosen]

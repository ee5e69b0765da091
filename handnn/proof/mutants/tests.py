"""The second judge: the everyday tests that execute a changed formula, in forked copies of a process (`plumbing/`)."""

import ast
import inspect
import re
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from .operators import Change
from .plumbing.families import ROOT, files
from .plumbing.install import Patch
from .plumbing.run import ask, load
from .plumbing.worker import Asked
from .record import Noticed, Record
from .targets import Target, plain, symbols_of, table_of, targets

Place = tuple[int, int]
"""The number of a target of a family, and of one of its changes."""


def noticed(family: str, changes: dict[Place, float], record: str | None) -> dict[Place, Noticed]:
    """Return the test that notices each change ('' for none) and the CPU seconds, from a new process.

    This one has run TensorFlow, so that no copies of it can be made.

    Args:
        changes: with the seconds that they took so far. record: gets each result at once.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_noticed, family, changes, record).result()


def _noticed(family: str, changes: dict[Place, float], record: str | None) -> dict[Place, Noticed]:
    load()
    known, found, kept, places = targets(family), dict[Place, Noticed](), Record(record), list(changes)
    own = {(number, place): known[number].changes()[place] for number, place in places}
    keys = {(number, place): kept.key(family, known[number], place) for number, place in places}
    trying = [asked(known[place[0]], own[place]) for place in places]

    def told(number: int, by: str, seconds: float) -> None:
        place = places[number]
        found[place] = Noticed(by, round(changes[place] + seconds, 2))
        kept.add(keys[place], str(own[place]), found[place])

    tests = [str(path.relative_to(ROOT)) for path in tests_of(family)]
    ask(trying, tests, list(dict.fromkeys(change.patch.path for change in trying)), told, lambda text: None)
    return found


def tests_of(family: str) -> list[Path]:
    """Return the test files of a family; of a folder of layers, those that name it or one of its layers."""
    every = files(ROOT / "tests" / table_of(family), "test_*.py")
    if table_of(family) == family:
        return every
    names = re.compile("|".join([family, *(cls.__name__ for cls in symbols_of(family).values())]))
    return [path for path in every if names.search(f"{path}\n{path.read_text(encoding='utf-8')}")]


def asked(target: Target, change: Change) -> Asked:
    """Return a change of a formula as the worker takes it: its file with the changed function."""
    function = plain(target.owner.__dict__[target.name])
    path, first = Path(inspect.getfile(function)), inspect.getsourcelines(function)[1]
    module = ast.parse(path.read_text(encoding="utf-8"))
    node = next(node for node in ast.walk(module) if isinstance(node, ast.FunctionDef) and _first(node) == first)
    line = first + change.line - 1
    statement = max(_starts(node.body, line))
    node.body = ast.increment_lineno(change.tree, first - 1).body
    return Asked(target.title, {(str(path), statement)}, Patch(path, module))


def _first(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _starts(body: Iterable[ast.stmt], line: int) -> list[int]:
    """Return the first lines of the statements that hold a line."""
    every = [part for statement in body for part in ast.walk(statement) if isinstance(part, ast.stmt)]
    return [part.lineno for part in every if part.lineno <= line <= (part.end_lineno or part.lineno)]

"""Which test executes which statement: recorded once, by a call in front of every statement of the family."""

import ast
import builtins
import functools
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from .copies import Tell, in_a_copy
from .families import ROOT, functions
from .install import Living, Patch

Line = tuple[str, int]
"""The file, and the first line of the statement."""
PROBE = "_statement_of_handnn_"


class Covered(NamedTuple):
    """The CPU seconds of a test that passes, and the statements that it executes."""

    seconds: float
    lines: frozenset[Line]


class Coverage:
    """The statements of some files that each test executes.

    Args:
        paths: the files. kept: a file that keeps what is known; a test file that is as it was is not run again.
    """

    def __init__(self, paths: Iterable[Path], kept: Path | None) -> None:
        self.paths, self.kept = list(paths), kept
        self.tests: dict[str, Covered] = {}
        self.failed: list[str] = []
        self._lines: set[Line] = set()
        self._shared: dict[int, set[Line]] = {}

    def measure(self, items: list[Any], living: Living, run: Callable[[Any, Any], bool]) -> None:
        """Run the items of every changed test file in a copy of this process; `run(item, following)`: did it pass?"""
        before = {} if self.kept is None or not self.kept.exists() else json.loads(self.kept.read_text("utf-8"))
        by_file: dict[str, list[Any]] = {}
        for item in items:
            by_file.setdefault(_name(item.path), []).append(item)
        known = {path: before[path] for path in by_file if path in before and self._is_current(path, before[path])}
        stale = [item for path in by_file if path not in known for item in by_file[path]]
        found: dict[str, list[Any]] = {path: [] for path in by_file if path not in known}
        for line in in_a_copy(lambda tell: self._run(stale, living, run, tell), None).lines if stale else ():
            path, *rest = json.loads(line)
            found[path].append(rest)
        if sum(map(len, found.values())) < len(stale):
            raise RuntimeError("what the tests execute could not be recorded: their process died")
        known |= {path: {"files": self._digests(path, told), "tests": told} for path, told in found.items()}
        if self.kept is not None:
            self.kept.write_text(json.dumps(known), "utf-8")
        for path in by_file:
            for name, seconds, lines in known[path]["tests"]:
                if lines is None:
                    self.failed.append(name)
                else:
                    self.tests[name] = Covered(seconds, frozenset((self._path(i), line) for i, line in lines))

    def _path(self, number: int) -> str:
        return str(self.paths[number])

    def _is_current(self, test: str, known: dict[str, Any]) -> bool:
        """Return whether the test file is as it was, what it uses of tests/, and the sources that it executes."""
        found: bool = known.get("files") == self._digests(test, known["tests"])
        return found

    def _digests(self, test: str, told: list[Any]) -> dict[str, str]:
        """Return a digest of each file that decides which statements a test file executes."""
        executed = {self._path(number) for _, _, lines in told for number, _ in lines or ()}
        if any(lines is None for _, _, lines in told):  # a failing test may pass after any change
            executed = set(map(str, self.paths))
        files = sorted({*used_by(ROOT / test), *map(Path, executed)})
        return {_name(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def _run(self, items: list[Any], living: Living, run: Callable[[Any, Any], bool], tell: Tell) -> None:
        for number, path in enumerate(self.paths):
            living.install(Patch(path, with_probes(path, number)))
        setattr(builtins, PROBE, lambda number, line: self._lines.add((number, line)))
        self._keep_shared_fixtures_apart()
        found = []
        for item, following in zip(items, [*items[1:], None], strict=True):
            self._lines, began = set(), time.process_time()
            passed = run(item, following)
            found.append((item, time.process_time() - began, self._lines if passed else None))
        for item, seconds, lines in found:
            fixtures = [f for fs in item._fixtureinfo.name2fixturedefs.values() for f in fs]
            every = None if lines is None else sorted(lines.union(*(self._shared.get(id(f), ()) for f in fixtures)))
            tell(json.dumps([_name(item.path), item.nodeid, round(seconds, 3), every]))

    def _keep_shared_fixtures_apart(self) -> None:
        """What the fixture of a module or session executes counts for each test that uses it."""
        from _pytest.fixtures import FixtureDef

        execute: Any = FixtureDef.execute

        def apart(fixture: Any, request: Any) -> Any:
            if fixture.scope == "function":
                return execute(fixture, request)
            own, self._lines = self._lines, set()
            try:
                return execute(fixture, request)
            finally:
                self._shared.setdefault(id(fixture), set()).update(self._lines)
                self._lines = own

        FixtureDef.execute = apart  # type: ignore[method-assign, assignment]


@functools.cache
def used_by(test: Path) -> set[Path]:
    """Return a test file, the conftest.py of its folders, and what these import from tests/, directly or not."""
    found: set[Path] = set()
    waiting = [test, *(folder / "conftest.py" for folder in test.parents if folder.is_relative_to(ROOT / "tests"))]
    while waiting:
        path = waiting.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [part.name for part in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{part.name}" for part in node.names)]
            waiting += [ROOT / f"{name.replace('.', '/')}.py" for name in names if name.partition(".")[0] == "tests"]
    return found


def _name(path: Path) -> str:
    """Return a file's path from the repository, so that another checkout finds what is known of it."""
    return os.path.relpath(path, ROOT)


def with_probes(path: Path, number: int) -> ast.Module:
    """Return the file with a call of the probe in front of each statement of its functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for _, function in functions(tree):
        for node in list(ast.walk(function)):
            for field in ("body", "orelse", "finalbody"):
                statements = getattr(node, field, None)
                if isinstance(statements, list) and statements and isinstance(statements[0], ast.stmt):
                    setattr(node, field, [part for s in statements for part in (_probe(number, s), s)])
    return tree


def _probe(number: int, statement: ast.stmt) -> ast.stmt:
    arguments: list[ast.expr] = [ast.Constant(number), ast.Constant(statement.lineno)]
    call = ast.Expr(ast.Call(ast.Name(PROBE, ast.Load()), arguments, []))
    return ast.fix_missing_locations(ast.copy_location(call, statement))

"""Functions and classes as they are in memory, in a notebook or a test, judged line by line.

Their source, and that of what they call beside them, is written to a file that is judged as any other; other values
that they use come from memory. Lines are then named as they stand in the notebook's cell or in the original file.
"""

import ast
import copy
import inspect
import linecache
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .. import check, lines
from ..user.call.noticed import noticed
from ..user.call.subject import ProgramSubject, Unchecked
from ..user.finding.pairing import Candidate
from ..user.reading import Found, read
from ..verdict import Verdict

HOME = "_handnn_live"
SECONDS = 10.0


class Written(NamedTuple):
    """The text of a file, and where each of its lines is from: (file, line)."""

    text: str
    origins: list[tuple[str, int]]

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Keep the text in a file meanwhile."""
        with tempfile.TemporaryDirectory(prefix="handnn-live-") as folder:
            file = Path(folder) / "live.py"
            file.write_text(self.text, encoding="utf-8")
            try:
                yield file
            finally:
                sys.modules.pop(HOME, None)

    def placed(self, said: Verdict) -> Verdict:
        """Return the verdict with its lines as they stand in the cell or the original file."""
        for item in [*said.blamed, *said.lines]:
            length = max(item.get("end_line") or 0, item["line"]) - item["line"]
            item["file"], item["line"] = self.origins[item["line"] - 1]
            if item.get("end_line"):
                item["end_line"] = item["line"] + length
        return said


def judged(target: Any, what: str | None = None, seconds: float = SECONDS) -> Verdict | None:
    """Return the verdict on a function or class, with its lines; None if there is no source, or nothing is read in it.

    Args:
        what: what it is said to be, as after `handnn check --as`.
    """
    try:
        made = written(target)
        with made.file() as file:
            found = list(check.verdicts(str(file), seconds, as_=what, only=target.__name__))
    except Exception:  # no source: compiled, or typed into a plain interpreter; or it raises when it is loaded anew
        return None
    if not found:
        return None
    return made.placed(Verdict.from_dict(found[0]["verdict"]))


def judged_layer(given: Candidate, seconds: float = SECONDS) -> Verdict:
    """Return the verdict on an object or a class, with its lines if its source is known."""
    with ExitStack() as files, np.errstate(all="ignore"):
        try:
            made = written(given.target if inspect.isclass(given.target) else type(given.target))
            file = files.enter_context(made.file())
            module = lines.load(file)
            found = _read(given._replace(target=_of(module, given.target)), module, (file,))
        except Exception:  # as above
            found = None
        if isinstance(found, ProgramSubject):
            return made.placed(check.judged(found, seconds))
        return check.judged(_read(given, None, ()), seconds)


def _read(given: Candidate, module: ModuleType | None, sources: tuple[Path, ...]) -> Found:
    """Return a layer as it is read: whoever asks about it wants the gradients of all that it is given."""
    found = read(given, module, sources)
    found.target = given.target
    if isinstance(found, ProgramSubject):
        found.notes += noticed(found)
        missing = [leaf.name for leaf in found.parts if leaf.name not in found.claimed]
        known = {item.what for item in found.unchecked}
        found.unchecked += [Unchecked(n, "backward gives no gradient of it") for n in missing if n not in known]
    return found


def _of(module: ModuleType, given: Any) -> Any:
    """Return the class of the same name in a module, or a copy of an object with all that it holds of such classes."""
    if inspect.isclass(given):
        return getattr(module, given.__name__)
    copies: dict[int, Any] = {}
    made = copy.deepcopy(given, copies)
    for part in copies.values():
        cls = getattr(module, type(part).__name__, None)
        if inspect.isclass(cls) and cls.__module__ == module.__name__:
            part.__class__ = cls
    return made


def with_lines(said: Verdict, target: Any, what: str | None = None) -> Verdict:
    """Return a wrong verdict with the lines that break it, where its source tells them."""
    if said.verdict == "wrong" and not said.blamed:
        found = judged(target, what)
        if found is not None and found.verdict == "wrong":
            said.blamed, said.lines = found.blamed, found.lines
            said.checked = said.checked or found.checked
    return said


def written(target: Any) -> Written:
    """Return the source of a function or class with what it needs.

    Raises:
        OSError, TypeError: there is no source.
    """
    parts = list(_needed(target))
    names = {part.__name__ for part in parts}
    values: dict[str, Any] = {}
    for part in parts:
        known = _globals(part)
        values |= {name: known[name] for name in _mentioned(part) if name in known and name not in names}
    home = ModuleType(HOME)
    vars(home).update(values)
    sys.modules[HOME] = home
    lines = [f"from {HOME} import {', '.join(sorted(values))}" if values else ""]
    origins = [("", 1)]
    for part in parts:
        file, first, own = _source(part)
        origins += [(file, first + i) for i in range(len(own))]
        lines += own
    return Written("\n".join(lines) + "\n", origins)


def _needed(target: Any) -> Iterator[Any]:
    """Yield the functions and classes of the target's module that it uses, and those that they use, first; then it."""
    found: dict[str, Any] = {}

    def visit(part: Any) -> None:
        for name in _mentioned(part):
            other: Any = _globals(part).get(name)
            own = inspect.isfunction(other) or inspect.isclass(other)
            if own and other.__module__ == target.__module__ and other is not target and other.__name__ not in found:
                try:
                    _source(other)
                except (OSError, TypeError):
                    continue  # it comes from memory
                found[other.__name__] = None  # its place is kept: they may call each other
                visit(other)
                found[other.__name__] = found.pop(other.__name__) or other

    visit(target)
    yield from found.values()
    yield target


def _source(part: Any) -> tuple[str, int, list[str]]:
    """Return the file or cell of a function or class, its first line there, and its lines.

    Raises:
        OSError, TypeError: there is no source.
    """
    if inspect.isfunction(part):
        text, first = inspect.getsourcelines(part)
        return inspect.getsourcefile(part) or part.__code__.co_filename, first, _dedented(text)
    methods = [value for value in vars(part).values() if inspect.isfunction(value)]
    file = methods[0].__code__.co_filename if methods else inspect.getsourcefile(part) or ""
    lines = linecache.getlines(file)  # inspect does not find the classes of notebooks
    for node in ast.walk(ast.parse("".join(lines))):
        if isinstance(node, ast.ClassDef) and node.name == part.__name__:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            return file, first, _dedented(lines[first - 1 : node.end_lineno])
    raise OSError(f"{part.__name__}: no source")


def _dedented(lines: list[str]) -> list[str]:
    return textwrap.dedent("".join(lines)).splitlines()


def _mentioned(part: Any) -> set[str]:
    tree = ast.parse("\n".join(_source(part)[2]))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _globals(part: Any) -> dict[str, Any]:
    """Return what a function, or the methods of a class, can name outside of themselves."""
    if inspect.isfunction(part):
        return {**part.__globals__, **inspect.getclosurevars(part).nonlocals}
    found = dict(vars(sys.modules[part.__module__])) if part.__module__ in sys.modules else {}
    for method in filter(inspect.isfunction, vars(part).values()):
        found |= _globals(method)
    return found

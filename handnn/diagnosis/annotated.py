"""The source that was judged, with what every line is: for pages, notebooks and the terminal."""

import linecache
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..core.html import Line

WIDTH = 80
CONTEXT = 2
QUIET = ("", "forward", "helper", "not examined")


class Source(NamedTuple):
    """A file's lines; `whole` is False where the file is gone and only the judged lines are known."""

    file: str
    lines: list[Line]
    whole: bool


def sources(verdicts: Sequence[Any], file: str = "") -> list[Source]:
    """Return the source of every file that the verdicts speak of, the checked one first.

    Args:
        file: the checked one, also as `module.py:Class`. Notes on copies of it are notes on it.
    """
    path, _, name = file.rpartition(":")
    main = path if path and not Path(file).exists() and name.replace(".", "").isidentifier() else file
    notes: dict[str, list[dict[str, Any]]] = {main: []} if main else {}
    blames: dict[str, list[dict[str, Any]]] = {}
    for verdict in verdicts:
        for kept, found in ((notes, verdict.lines), (blames, verdict.blamed)):
            for item in found:
                kept.setdefault(_owner(item.get("file", ""), main), []).append(item)
    files = dict.fromkeys([*notes, *blames])
    return [_source(one, notes.get(one, []), blames.get(one, [])) for one in files if one in blames or one == main]


def _owner(file: str, main: str) -> str:
    path = Path(file)
    return main if main and (path.stem == Path(main).stem or not path.is_file()) else file


def _source(file: str, notes: list[dict[str, Any]], blames: list[dict[str, Any]]) -> Source:
    what: dict[int, dict[str, str]] = {}
    hover: dict[int, list[str]] = {}
    for note in notes:
        if note["what"] != "breaks here":
            what.setdefault(note["line"], {})[note["what"]] = note["code"]
        if note.get("value"):
            hover.setdefault(note["line"], []).append(f"{note['code']} = {note['value']}")
    loud = {n for b in blames for n in range(b["line"], max(b.get("end_line") or 0, b["line"]) + 1)}
    told: dict[int, list[list[tuple[str, str]]]] = {}
    for blame in blames:
        several = sum(other["line"] == blame["line"] for other in blames) > 1
        told.setdefault(max(blame.get("end_line") or 0, blame["line"]), []).append(details(blame, several))
    text = _text(file)
    codes = dict(enumerate(text, 1)) or {i["line"]: i["code"] for i in [*notes, *blames]}

    def line(n: int) -> Line:
        said = "breaks here" if n in loud else _what(what.get(n, {}))
        return Line(n, codes[n], said, "\n".join(hover.get(n, ())), n in loud, said in QUIET, told.get(n, ()))

    return Source(file, [line(n) for n in sorted(codes)], bool(text))


def _what(found: dict[str, str]) -> str:
    """Return what a line is; of several results in it, each with its expression."""
    derivatives = [what for what in found if what.startswith("is ")]
    if len(derivatives) > 1:
        return "; ".join(f"{found[what]} {what}" for what in derivatives)
    return derivatives[0] if derivatives else next(iter(found), "")


def details(blame: dict[str, Any], with_code: bool = False) -> list[tuple[str, str]]:
    """Return what is known of a place that breaks results, by labels."""
    pairs = [("this", blame["code"] if with_code else ""), ("must be", blame.get("must_be"))]
    pairs += [("write", blame.get("fix")), ("mistake", blame.get("mistake"))]
    if blame.get("here") is not None and blame.get("there") is not None:
        values = blame.get("values") or [(blame["here"], blame["there"])]
        texts = [[f"{number:.6g}" for number in pair] for pair in values]
        pairs += [(label, "  ".join(f"{pair[i]:>{max(map(len, pair))}}" for pair in texts))
                  for i, label in enumerate(("is here", "belongs"))]  # fmt: skip
    return [(label, text) for label, text in pairs if text]


def _text(file: str) -> list[str]:
    """Return the lines of a Python file or of a notebook's cell; none if it is gone."""
    path = Path(file)
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.suffix == ".py" else []
    except OSError:
        return [line.rstrip("\n") for line in linecache.getlines(file)]


def judged(lines: Iterable[Line]) -> list[Line]:
    """Return the lines from the first to the last that something is said of."""
    found = list(lines)
    told = [i for i, line in enumerate(found) if line.what or line.loud]
    return found[told[0] : told[-1] + 1] if told else []


def excerpt(verdict: Any, file: str = "") -> list[str]:
    """Return the lines around those that break something, with what they are, in 80 columns."""
    found = []
    for source in sources([verdict], file):
        loud = [line.number for line in source.lines if line.loud]
        shown = [line for line in source.lines if any(abs(line.number - n) <= CONTEXT for n in loud)]
        if shown and source.whole:
            found += ["", f"  {_short(source.file)}"]
        column = max((len(_numbered(line)) for line in shown if line.what not in QUIET), default=0) + 2
        last = 0
        for line in shown if source.whole else ():
            found += ["    ..."] if last and line.number > last + 1 else []
            last = line.number
            fits = line.what not in QUIET and column + len(line.what) <= WIDTH
            text = _numbered(line)
            found.append(f"{text:<{column}}{line.what}" if fits else text if len(text) <= WIDTH else f"{text[:77]}...")
    return found


def _numbered(line: Line) -> str:
    return f"{'>' if line.loud else ' '}{line.number:>5} | {line.code.expandtabs()}".rstrip()


def _short(file: str) -> str:
    """Return a path from here on, where that is shorter."""
    try:
        inside = str(Path(file).resolve().relative_to(Path.cwd()))
    except (OSError, ValueError):
        return file
    return inside if len(inside) < len(file) else file

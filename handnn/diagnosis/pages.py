"""What was found in files, for people and machines: text, JSON, CSV, pages with the source, SARIF."""

import csv as csv_module
import io
import json
import re
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from .. import __version__
from ..core import html as page
from .annotated import excerpt, judged, sources

Verdict = Any
"""Of verdict.py, which imports this module for its picture."""
WORST_FIRST = ("wrong", "unstable", "broken", "incomplete", "other convention", "match")
KINDS = dict.fromkeys(WORST_FIRST[:2], "bad") | dict.fromkeys(WORST_FIRST[2:4], "doubt")


class Checked(NamedTuple):
    """A file: its verdicts, or why it has none; the seconds that it took."""

    file: str
    verdicts: list[Verdict]
    error: str | None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.error is None and all(verdict.ok for verdict in self.verdicts)

    @property
    def verdict(self) -> str:
        """The worst of its verdicts; broken if there is none."""
        said = {verdict.verdict for verdict in self.verdicts}
        return next((name for name in WORST_FIRST if name in said), "broken")


def as_dict(found: list[Checked]) -> dict[str, Any]:
    """Return everything as plain Python, for JSON."""
    files = [
        {"file": c.file, "ok": c.ok, "error": c.error, "verdicts": [v.to_dict() for v in c.verdicts]} for c in found
    ]
    return {"ok": all(c.ok for c in found), "files": files}


def text(found: list[Checked], hint: int | None = None) -> str:
    """Return the verdicts for a terminal, 80 columns wide; `hint` tells less."""
    parts = []
    for checked in found:
        if len(found) > 1:
            parts.append(f"{checked.file}: {checked.error}" if checked.error else checked.file)
        for verdict in checked.verdicts:
            whole = [str(verdict), *excerpt(verdict, checked.file)]
            parts.append("\n".join(whole) if hint is None else hinted(verdict, hint))
    verdicts = [verdict for checked in found for verdict in checked.verdicts]
    right = sum(verdict.ok for verdict in verdicts)
    plural = "derivation is" if len(verdicts) == 1 else "derivations are"
    return "\n\n".join([*parts, f"{right} of {len(verdicts)} {plural} right"])


COLOURS = (
    (re.compile(r"^(\S.*: )(WRONG|UNSTABLE)$", re.MULTILINE), r"\1" "\033[1;31m" r"\2" "\033[0m"),
    (re.compile(r"^(\S.*: )(INCOMPLETE|BROKEN)$", re.MULTILINE), r"\1" "\033[33m" r"\2" "\033[0m"),
    (re.compile(r"^(\S.*: )(match|other convention)$", re.MULTILINE), r"\1" "\033[32m" r"\2" "\033[0m"),
    (re.compile(r"^(  line \d+ .*|> *\d+ \|.*)$", re.MULTILINE), "\033[31m" r"\1" "\033[0m"),
    (re.compile(r"^(    write .*)$", re.MULTILINE), "\033[32m" r"\1" "\033[0m"),
    (re.compile(r"^(  *\d+ \|.*)$", re.MULTILINE), "\033[2m" r"\1" "\033[0m"),
)


def coloured(shown: str) -> str:
    """Return a text with colours: what is wrong red, what belongs there green."""
    for pattern, replacement in COLOURS:
        shown = pattern.sub(replacement, shown)
    return shown


def hinted(verdict: Verdict, hint: int) -> str:
    """Return the place (1), the kind of mistake too (2), or the fix too (3)."""
    lines = [f"{verdict.subject}: {verdict.verdict if verdict.ok else verdict.verdict.upper()}"]
    for blame in verdict.blamed:
        lines.append(f"  look at line {blame['line']}")
        if hint > 1:
            lines.append(f"    {blame.get('mistake') or blame.get('must_be') or 'no known mistake explains it'}")
        if hint > 2 and blame.get("fix"):
            lines.append(f"    write {blame['fix']}")
    if not verdict.blamed and verdict.where:
        lines.append(f"  look at {verdict.where}")
        if hint > 1 and verdict.mistakes:
            lines.append(f"    {', '.join(verdict.mistakes)}")
        if hint > 2 and verdict.right_line:
            lines.append(f"    it should be {verdict.right_line}")
    for missing in verdict.unchecked:
        lines.append(f"  not compared: {missing['what']}: {missing['why']}")
    return "\n".join(lines)


# ---- tables ---------------------------------------------------------------------------------------------------------

COLUMNS = ("file", "verdict", "right", "lines", "mistake", "fix", "summary", "seconds")


def rows(found: list[Checked], hint: int | None = None) -> list[dict[str, str]]:
    """Return a row for each file, whatever became of it; `hint` tells less: lines, mistakes, then fixes."""
    table = []
    for checked in found:
        bad = [verdict for verdict in checked.verdicts if not verdict.ok]
        blames = [blame for verdict in bad for blame in verdict.blamed]
        mistakes = [b.get("mistake") for b in blames] if blames else [m for v in bad for m in v.mistakes]
        summaries = dict.fromkeys(_reason(verdict) for verdict in bad)
        row = {
            "file": checked.file,
            "verdict": checked.verdict,
            "right": f"{len(checked.verdicts) - len(bad)} of {len(checked.verdicts)}",
            "lines": " ".join(str(line) for line in dict.fromkeys(blame["line"] for blame in blames)),
            "mistake": "; ".join(filter(None, dict.fromkeys(mistakes))) if hint is None or hint > 1 else "",
            "fix": "; ".join(filter(None, (b.get("fix") for b in blames))) if hint is None or hint > 2 else "",
            "summary": (_error(checked) or "; ".join(summaries)) if hint is None or not blames else "",
            "seconds": f"{checked.seconds:.2f}",
        }
        table.append(row)
    return table


def _reason(verdict: Verdict) -> str:
    missing = [f"{item['what']}: {item['why']}" for item in verdict.unchecked]
    return verdict.summary if verdict.verdict == "wrong" or not missing else "; ".join(missing)


def _error(checked: Checked) -> str:
    """Return why a file has no verdict, without its name."""
    return (checked.error or "").removeprefix(f"{checked.file}: ")


def terminal_table(found: list[Checked], hint: int | None = None) -> str:
    """Return a line for each file in 80 columns, and how many are right."""
    table = rows(found, hint)
    file = min(max(len(row["file"]) for row in table), 30)
    lines = [f"{'file':<{file}}  {'verdict':<16}  {'lines':<9}  seconds"]
    for row in table:
        told = row["mistake"] or row["summary"]
        name = row["file"] if len(row["file"]) <= file else f"...{row['file'][3 - file :]}"
        start = f"{name:<{file}}  {row['verdict']:<16}  {row['lines'][:9]:<9}  {float(row['seconds']):>6.1f}"
        lines.append(start)
        lines += [f"  {told}" if len(told) <= 78 else f"  {told[:75]}..."] if told else []
    right = sum(checked.ok for checked in found)
    return "\n".join([*lines, "", f"{right} of {len(found)} files are right"])


def csv(found: list[Checked], hint: int | None = None) -> str:
    """Return the rows as CSV."""
    out = io.StringIO()
    writer = csv_module.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(found, hint))
    return out.getvalue()


# ---- SARIF ----------------------------------------------------------------------------------------------------------

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULES = {
    "wrong-derivative": ("WrongDerivative", "A line of a backward pass is not the derivative of the forward pass."),
    "not-judged": ("NotJudged", "A derivation could not be compared, or not all of it."),
}


def sarif(found: list[Checked], hint: int | None = None) -> str:
    """Return SARIF 2.1.0: a result for each line that breaks something, and for each derivation that is not right."""
    results = []
    for checked in found:
        if checked.error is not None:
            results.append(_result("not-judged", "error", _error(checked), checked.file))
        for verdict in checked.verdicts:
            name = verdict.name or verdict.subject
            for blame in verdict.blamed:
                told = [
                    (hint is None or hint > 1) and blame.get("mistake"),
                    blame.get("must_be") and hint is None and f"must be {blame['must_be']}",
                    blame.get("fix") and (hint is None or hint > 2) and f"write {blame['fix']}",
                ]
                message = "; ".join(text for text in told if text) or verdict.summary
                results.append(_result("wrong-derivative", "error", f"{name}: {message}", checked.file, blame))
            if not verdict.ok and not verdict.blamed:
                wrong = verdict.verdict in ("wrong", "unstable")
                rule, level = ("wrong-derivative", "error") if wrong else ("not-judged", "warning")
                results.append(_result(rule, level, f"{name}: {verdict.verdict}: {_reason(verdict)}", checked.file))
    rules = [{"id": rule, "name": name, "shortDescription": {"text": said}} for rule, (name, said) in RULES.items()]
    driver = {
        "name": "handnn check", "version": __version__, "rules": rules,
        "informationUri": "https://github.com/handnn/handnn",
    }  # fmt: skip
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(rule: str, level: str, message: str, file: str, blame: dict[str, Any] | None = None) -> dict[str, Any]:
    path = Path(file if Path(file).exists() else file.rpartition(":")[0] or file)
    if blame is not None and Path(blame.get("file", "")).is_file() and Path(blame["file"]).stem != path.stem:
        path = Path(blame["file"])  # a module beside it
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(path)}}
    if blame is not None and path.suffix != ".ipynb":  # a notebook has no lines
        place["region"] = {"startLine": blame["line"], "endLine": max(blame["line"], blame.get("end_line") or 0)}
    return {
        "ruleId": rule, "ruleIndex": list(RULES).index(rule), "level": level, "message": {"text": message},
        "locations": [{"physicalLocation": place}],
    }  # fmt: skip


def _uri(path: Path) -> str:
    """Return a path from here on, as code hosts want it; the whole one if it is elsewhere."""
    whole = path.resolve()
    here = Path.cwd()
    return quote(whole.relative_to(here).as_posix()) if whole.is_relative_to(here) else whole.as_uri()


SHOWN = ("file", "verdict", "lines", "seconds", "mistake")
"""The columns of a page's table."""

# ---- pages ----------------------------------------------------------------------------------------------------------


def html(found: list[Checked], hint: int | None = None) -> str:
    """Return a page that needs no other file: a table of all files, then each source with the verdict beside."""
    single = len(found) == 1
    right = sum(checked.ok for checked in found)
    title = f"handnn check: {_name(found[0])}" if single else "handnn check"
    parts: list[str] = []
    if not single:
        parts += [page.box([f"{right} of {len(found)} files are right"], "told" if right == len(found) else "but")]
        parts += [page.table(SHOWN, [_row(row, i) for i, row in enumerate(rows(found, hint))])]
    for i, checked in enumerate(found):
        heading = page.Markup() if single else page.element("h2", _name(checked))
        parts.append(page.anchor(f"file-{i}", page.joined([heading, *_file(checked, hint, not single)])))
    return page.page(title, parts, f"handnn {__version__}")


def fragment(verdict: Verdict) -> str:
    """Return a verdict for a notebook: what it says, and the source with what every line is."""
    listings = [page.listing(judged(source.lines)) for source in sources([verdict]) if judged(source.lines)]
    return page.fragment([_verdict(verdict), *listings])


def _row(row: dict[str, str], i: int) -> list[str]:
    shown = row | {
        "file": page.link(f"#file-{i}", row["file"]),
        "verdict": page.element("span", row["verdict"], KINDS.get(row["verdict"], "good")),
    }
    shown["mistake"] = row["mistake"] or row["summary"]
    return [shown[column] for column in SHOWN]


def _file(checked: Checked, hint: int | None, fold: bool) -> list[str]:
    """Return the verdicts on a file and its source, which is folded away if it has no line to show."""
    parts: list[str] = [page.element("p", checked.file, "note")]
    if checked.error is not None:
        return [*parts, page.box([_error(checked)], "but")]
    if hint is not None:
        return [*parts, *(page.box(hinted(v, hint).splitlines(), "told" if v.ok else "but") for v in checked.verdicts)]
    parts += [_verdict(verdict) for verdict in checked.verdicts]
    for i, source in enumerate(sources(checked.verdicts, checked.file)):
        parts += [page.element("p", source.file, "note")] if i else []
        quiet = fold and not any(line.loud for line in source.lines)
        shown = page.listing(source.lines) if source.lines else page.Markup()
        parts.append(page.folded("source", shown) if quiet and source.lines else shown)
    return parts


def _verdict(verdict: Verdict) -> page.Markup:
    """Return a box: the verdict, why, and what was compared."""
    word = page.element("span", verdict.verdict, KINDS.get(verdict.verdict, "good"))
    pairs = [("first wrong", verdict.where if not verdict.blamed else "")]
    pairs += [("it is", verdict.wrong_line), ("it should be", verdict.right_line), ("pattern", verdict.pattern)]
    pairs += [("same numbers", " | ".join(" and ".join(names) for names in verdict.alternatives))]
    pairs += [("convention", "; ".join(verdict.convention)), ("numbers", "\n".join(verdict.example))]
    pairs += [("compared", ", ".join(verdict.checked))]
    pairs += [("not compared", "; ".join(f"{item['what']}: {item['why']}" for item in verdict.unchecked))]
    pairs += [("read as", verdict.found), ("note", "; ".join(verdict.notes))]
    head = page.element("p", page.joined([verdict.subject, ": ", word]))
    parts = [head, page.element("p", verdict.summary), page.facts((label, said) for label, said in pairs if said)]
    return page.element("div", page.joined(parts), "told" if verdict.ok else "but")


def _name(checked: Checked) -> str:
    return Path(checked.file).name

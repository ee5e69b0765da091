"""What was found in files, for people and machines: text, JSON, CSV, a page with the source, SARIF."""

import csv as csv_module
import io
import json
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from .. import __version__
from .verdict import Verdict


class Checked(NamedTuple):
    """A file: its verdicts, or why it has none."""

    file: str
    verdicts: list[Verdict]
    error: str | None

    @property
    def ok(self) -> bool:
        return self.error is None and all(verdict.ok for verdict in self.verdicts)


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
        parts += [str(verdict) if hint is None else hinted(verdict, hint) for verdict in checked.verdicts]
    verdicts = [verdict for checked in found for verdict in checked.verdicts]
    right = sum(verdict.ok for verdict in verdicts)
    plural = "derivation is" if len(verdicts) == 1 else "derivations are"
    return "\n\n".join([*parts, f"{right} of {len(verdicts)} {plural} right"])


def hinted(verdict: Verdict, hint: int) -> str:
    """Return the place (1), the kind of mistake too (2), or the fix too (3)."""
    lines = [f"{verdict.subject}: {verdict.verdict}"]
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
    return "\n".join(lines)


COLUMNS = ("file", "name", "kind", "verdict", "lines", "mistake", "fix", "summary", "seconds")


def rows(found: list[Checked]) -> list[dict[str, Any]]:
    """Return a row for each derivation, and one for each file without any."""
    table = []
    for checked in found:
        if not checked.verdicts:
            table.append({"file": checked.file, "verdict": "broken", "summary": checked.error or ""})
        for v in checked.verdicts:
            table.append(
                {
                    "file": checked.file,
                    "name": v.name,
                    "kind": v.kind,
                    "verdict": v.verdict,
                    "lines": " ".join(str(blame["line"]) for blame in v.blamed),
                    "mistake": "; ".join(filter(None, (blame.get("mistake") for blame in v.blamed))),
                    "fix": "; ".join(filter(None, (blame.get("fix") for blame in v.blamed))),
                    "summary": v.summary,
                    "seconds": f"{v.seconds:.2f}",
                }
            )
    return table


def csv(found: list[Checked]) -> str:
    """Return the rows as CSV."""
    out = io.StringIO()
    writer = csv_module.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(found))
    return out.getvalue()


def sarif(found: list[Checked]) -> str:
    """Return SARIF 2.1.0: a result for each line that breaks something."""
    results = []
    for checked in found:
        for verdict in checked.verdicts:
            for blame in verdict.blamed:
                told = [
                    blame.get("must_be") and f"must be {blame['must_be']}",
                    blame.get("fix") and f"write {blame['fix']}",
                ]
                message = "; ".join(filter(None, [blame.get("mistake"), *told])) or verdict.summary
                region = {"startLine": blame["line"], "endLine": blame.get("end_line", blame["line"])}
                place = {"artifactLocation": {"uri": Path(checked.file).as_posix()}, "region": region}
                results.append(
                    {
                        "ruleId": "wrong-derivative",
                        "level": "error",
                        "message": {"text": f"{verdict.name}: {message}"},
                        "locations": [{"physicalLocation": place}],
                    }
                )
    rule = {
        "id": "wrong-derivative",
        "shortDescription": {"text": "A backward pass is not the derivative"},
    }
    driver = {"name": "handnn check", "version": __version__, "rules": [rule]}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}, indent=2) + "\n"


STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:1.5em auto;max-width:70em;padding:0 1em;color:#222}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2em .6em;border-bottom:1px solid #ddd}
pre{margin:0;white-space:pre-wrap;font:13px/1.45 ui-monospace,monospace}
.code td{border:0;padding:0 .6em;vertical-align:top}.code .n{color:#999;text-align:right}
.code .what{color:#777;font-size:13px}.bad{background:#fde8e6}.bad .what{color:#a3150b;font-weight:600}
.match,.other{color:#1a7f37}.wrong,.unstable{color:#a3150b;font-weight:600}.incomplete,.broken{color:#8a6100}
.scroll{overflow-x:auto}@media print{.scroll{overflow:visible}}
"""


def html(found: list[Checked]) -> str:
    """Return a page that needs no other file: a table of all verdicts, then each source with the verdict beside."""
    head = "".join(f"<th>{column}</th>" for column in COLUMNS)
    body = "".join("<tr>" + "".join(_cell(row, column) for column in COLUMNS) + "</tr>" for row in rows(found))
    sources = "".join(_source(checked) for checked in found if checked.verdicts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>handnn check</title><style>{STYLE}</style></head><body><h1>handnn check</h1>"
        f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>{sources}'
        f"<footer>handnn {__version__}</footer></body></html>\n"
    )


def _cell(row: dict[str, Any], column: str) -> str:
    text, kind = escape(str(row.get(column, ""))), ""
    if column == "verdict":
        kind = f' class="{text.split(" ")[0]}"'
    return f"<td{kind}>{text}</td>"


def _source(checked: Checked) -> str:
    """Return the lines of a file; what breaks is loud, what is right quiet."""
    path = Path(checked.file.rpartition(":")[0] if not Path(checked.file).exists() else checked.file)
    if path.suffix != ".py":
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    quiet: dict[int, str] = {}
    loud: dict[int, list[str]] = {}
    for verdict in checked.verdicts:
        for note in verdict.lines:
            quiet.setdefault(note["line"], note["what"])
        for blame in verdict.blamed:
            told = [blame.get("must_be") and f"must be {blame['must_be']}", blame.get("mistake")]
            told.append(blame.get("fix") and f"write {blame['fix']}")
            if blame.get("here") is not None and blame.get("there") is not None:
                told.append(f"{blame['here']:.6g} here, {blame['there']:.6g} belongs there")
            loud.setdefault(blame["line"], []).extend(filter(None, told))
    table = []
    for number, line in enumerate(lines, start=1):
        what = "<br>".join(map(escape, loud.get(number, []))) or escape(quiet.get(number, ""))
        mark = ' class="bad"' if number in loud else ""
        table.append(
            f'<tr{mark}><td class="n">{number}</td><td><pre>{escape(line)}</pre></td><td class="what">{what}</td></tr>'
        )
    return f'<h2>{escape(checked.file)}</h2><div class="scroll"><table class="code">{"".join(table)}</table></div>'

"""The results as text for the terminal, and as a section of docs/parity.md."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

from . import rules

COMMAND = "python -m handnn.proof.keras_tests"
HEADING = "## Keras' own unit tests"
TITLE = "A script written for Keras runs by changing its import"


def line(result: Any) -> str:
    """Return one family's line."""
    return f"{result.family:20} {len(result.passed):4} of {result.counted:4} pass, {len(result.left_out):4} left out"


def total(results: list[Any]) -> str:
    passed, counted = sum(len(r.passed) for r in results), sum(r.counted for r in results)
    left_out = sum(len(r.left_out) for r in results)
    return f"{'all':20} {passed:4} of {counted:4} pass, {left_out:4} left out"


def reasons(results: list[Any]) -> list[tuple[str, int]]:
    """Return the reasons for what is left out, the most frequent first; names that are missing count together."""
    found: Counter[str] = Counter()
    for result in results:
        for reason, count in result.reasons.items():
            found[_grouped(reason)] += count
    return found.most_common()


def _grouped(reason: str) -> str:
    if reason.startswith("keras."):
        return "uses a name that is listed as not supported"
    if reason.startswith("uses a name that Keras does not export"):
        return "uses a name that Keras does not export"
    return reason


def section(results: list[Any], version: str) -> str:
    """Return the section of the page."""
    rows = [f"| {r.family} | {len(r.passed)} | {r.counted} | {len(r.left_out)} |" for r in results]
    passed, counted = sum(len(r.passed) for r in results), sum(r.counted for r in results)
    left_out = sum(len(r.left_out) for r in results)
    failing = [
        f"| {r.family} | `{name}` | {_cell(rules.why(name, said))} |"
        for r in results
        for name, said in r.failed.items()
    ]
    return "\n".join(
        [
            HEADING,
            "",
            f"Written by `{COMMAND} --output docs/parity.md`: the tests in the wheel of Keras {version}, with",
            "handnn in the place of Keras. Errors are compared by type. A test that is left out counts nowhere.",
            "",
            "| family | passed | counted | left out |",
            "| --- | --- | --- | --- |",
            *rows,
            f"| all | {passed} | {counted} | {left_out} |",
            "",
            "| left out because | tests |",
            "| --- | --- |",
            *(f"| {_cell(reason)} | {count} |" for reason, count in reasons(results)),
            "",
            "| family | fails | since |",
            "| --- | --- | --- |",
            *failing,
            "",
        ]
    )


PLACE = re.compile(r"(?<![\w./:])/(?:[\w.+-]+/)+")
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def _cell(text: str) -> str:
    """Return a cell of a table, without the folders and addresses of the machine."""
    text = ADDRESS.sub("", PLACE.sub("", text))
    return text.replace("|", "\\|").replace("<", "&lt;")


def split(page: str) -> tuple[str, str, str]:
    """Return a page's text before, in and after the section; the section is '' if there is none."""
    before, heading, rest = page.partition(HEADING)
    if not heading:
        return page, "", ""
    own, next_heading, after = rest.partition("\n## ")
    return before, heading + own + ("\n" if next_heading else ""), next_heading[1:] + after


def joined(before: str, section: str, after: str = "") -> str:
    """Return a page with the section between other text, an empty line apart."""
    return "\n\n".join(part.strip("\n") for part in (before, section, after) if part) + "\n"


def write(path: Path, text: str) -> None:
    """Put the section into a page: in the place of the one before, or at the end."""
    before, _, after = split(path.read_text(encoding="utf-8") if path.exists() else "")
    path.write_text(joined(before, text, after), encoding="utf-8")

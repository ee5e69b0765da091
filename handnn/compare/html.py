"""The report as one self-contained HTML page, and as Markdown with separate pictures."""

import re
from typing import NamedTuple

from ..core import html as page
from .context import heading
from .report_tables import Table
from .results import Comparison
from .sentences import tell


class Picture(NamedTuple):
    """A picture: its path below the report's folder, its PNG, and its caption."""

    name: str
    content: bytes
    caption: str


FILES = (
    ("steps.csv", "the loss of every step of every run"),
    ("summary.csv", "the numbers of the tables with all their digits"),
    ("summary.json", "the same and the plan; null is infinity: diverged, or never reached"),
)


def html(comparison: Comparison, tables: list[Table], pictures: list[Picture]) -> str:
    """Return the page; it needs no other file and no network."""
    told = tell(comparison)
    parts = [
        page.facts(heading.facts(comparison)),
        page.box(told.conclusions),
        page.box(told.warnings, "but"),
        *[table_of(table) for table in tables[:1]],
        *[page.picture(picture.content, picture.caption) for picture in pictures],
        *[table_of(table) for table in tables[1:]],
        page.element("h2", "How it was done"),
        page.bullets(told.method),
        page.element("h2", "Files"),
        page.bullets(page.joined((page.link(name), f": {what}")) for name, what in FILES),
    ]
    return page.page(heading.title(comparison), parts, _footer(comparison))


def markdown(comparison: Comparison, tables: list[Table], pictures: list[Picture]) -> str:
    """Return the report in Markdown."""
    told = tell(comparison)
    parts = [f"# {plain(heading.title(comparison))}"]
    parts.append(markdown_facts(heading.facts(comparison)))
    parts += [*[f"**{plain(line)}**" for line in told.conclusions], *[f"> {plain(line)}" for line in told.warnings]]
    parts += [markdown_table(table) for table in tables[:1]]
    parts += [f"![{plain(picture.caption)}]({picture.name})\n\n{plain(picture.caption)}" for picture in pictures]
    parts += [markdown_table(table) for table in tables[1:]]
    parts.append("## How it was done\n\n" + "\n".join(f"- {plain(line)}" for line in told.method))
    parts.append("## Files\n\n" + "\n".join(f"- [{name}]({name}): {what}" for name, what in FILES))
    parts.append(plain(_footer(comparison)))
    return "\n\n".join(parts) + "\n"


def markdown_facts(facts: list[tuple[str, str]]) -> str:
    """Return a list of facts in Markdown; a command as code, to be copied as it stands."""
    return "\n".join(f"- {name}: {_code(text) if name == 'command' else plain(text)}" for name, text in facts)


def _code(text: str) -> str:
    """Return text as code in Markdown, between more backticks than stand in it."""
    ticks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def plain(text: str) -> str:
    """Escape text for Markdown."""
    return re.sub(r"([\\`*_\[\]<>|&~#])", r"\\\1", " ".join(text.split()))


def _footer(comparison: Comparison) -> str:
    return f"handnn {comparison.plan.version}, plan {comparison.plan.fingerprint}"


def table_of(table: Table) -> page.Markup:
    """Return a table with its title and note."""
    title, note = page.element("h2", table.title), page.element("p", table.note, "note")
    return page.joined((title, note, page.table(table.headings, table.rows, cards=True)))


def markdown_table(table: Table) -> str:
    """Return a table with its title and note in Markdown."""
    rows = [table.headings, ["---"] * len(table.headings), *table.rows]
    lines = [f"| {' | '.join(cell if cell == '---' else plain(cell) for cell in row)} |" for row in rows]
    return f"## {plain(table.title)}\n\n{plain(table.note)}\n\n" + "\n".join(lines)

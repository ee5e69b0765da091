"""The report as one self-contained HTML page, and as Markdown with separate pictures."""

import base64
import re
from html import escape
from typing import NamedTuple

from .report_tables import Table
from .results import Comparison
from .sentences import count, number, tell


class Picture(NamedTuple):
    """A picture: its path below the report's folder, its PNG, and its caption."""

    name: str
    content: bytes
    caption: str


STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.2rem 1rem 3rem; background: #fff; color: #222;
       font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .3rem 0 .6rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .3rem; }
p, ul { margin: .4rem 0; }
ul { padding-left: 1.2rem; }
.result { border-left: 4px solid #0072b2; background: #f1f7fb; padding: .7rem 1rem; margin: 1rem 0; }
.result p:first-child { font-weight: 600; }
.but { border-left: 4px solid #d55e00; background: #fdf4ee; padding: .7rem 1rem; margin: 1rem 0; }
.note, figcaption, dl, footer { color: #555; font-size: .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .8rem 0; }
dt { color: #777; } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; margin: .5rem 0;
        width: 100%; }
th, td { padding: .35rem .7rem .35rem 0; text-align: left; white-space: nowrap; border-bottom: 1px solid #e4e4e4; }
th { vertical-align: bottom; border-bottom: 2px solid #999; font-weight: 600; }
td:first-child { font-weight: 600; }
td.long { white-space: normal; min-width: 14rem; }
figure { margin: 1.2rem 0; break-inside: avoid; }
img { display: block; max-width: 100%; height: auto; }
@media (max-width: 40rem) { body { font-size: 15px; } figure .wide img { width: 40rem; max-width: none; }
  dl { grid-template-columns: 1fr; } dt { margin-top: .3rem; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } .wide { overflow: visible; }
  table { font-size: 7.5pt; } th, td { white-space: normal; padding-right: .4rem; } h2 { break-after: avoid; } }
"""

LONG = 40
"""Longer table cells may be broken into lines."""

FILES = (
    ("steps.csv", "the loss of every step of every run"),
    ("summary.csv", "the numbers of the tables with all their digits"),
    ("summary.json", "the same and the plan; null is infinity: diverged, or never reached"),
)


def html(comparison: Comparison, tables: list[Table], pictures: list[Picture]) -> str:
    """Return the page; it needs no other file and no network."""
    told, title = tell(comparison), _title(comparison)
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in _facts(comparison))
    files = "".join(f'<li><a href="{name}">{name}</a>: {escape(what)}</li>' for name, what in FILES)
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<div class="result">{_paragraphs(told.conclusions)}</div>',
        f'<div class="but">{_paragraphs(told.warnings)}</div>' if told.warnings else "",
        f"<dl>{facts}</dl>",
        *[_html_table(table) for table in tables[:1]],
        *[_html_figure(picture) for picture in pictures],
        *[_html_table(table) for table in tables[1:]],
        f"<h2>How it was done</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in told.method)}</ul>",
        f"<h2>Files</h2><ul>{files}</ul>",
        f"<footer>handnn {escape(comparison.plan.version)}, plan {comparison.plan.fingerprint}</footer>",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def markdown(comparison: Comparison, tables: list[Table], pictures: list[Picture]) -> str:
    """Return the report in Markdown."""
    told = tell(comparison)
    parts = [f"# {plain(_title(comparison))}", *[f"**{plain(line)}**" for line in told.conclusions]]
    parts += [f"> {plain(line)}" for line in told.warnings]
    parts.append("\n".join(f"- {name}: {plain(text)}" for name, text in _facts(comparison)))
    parts += [_markdown_table(table) for table in tables[:1]]
    parts += [f"![{plain(picture.caption)}]({picture.name})\n\n{plain(picture.caption)}" for picture in pictures]
    parts += [_markdown_table(table) for table in tables[1:]]
    parts.append("## How it was done\n\n" + "\n".join(f"- {plain(line)}" for line in told.method))
    parts.append("## Files\n\n" + "\n".join(f"- [{name}]({name}): {what}" for name, what in FILES))
    parts.append(f"handnn {plain(comparison.plan.version)}, plan {comparison.plan.fingerprint}")
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """Escape text for Markdown."""
    return re.sub(r"([\\`*_\[\]<>|&~#])", r"\\\1", " ".join(text.split()))


def _title(comparison: Comparison) -> str:
    return f"{count(len(comparison.plan.optimizers), 'optimizer')} on {comparison.plan.data}"


def _facts(comparison: Comparison) -> list[tuple[str, str]]:
    plan = comparison.plan
    rates = len(next(iter(plan.rates.values()), ()))
    widths = "-".join(map(str, plan.layers))
    return [
        ("network", f"{widths}, {plan.activation} then {plan.output}, {plan.loss}, {plan.dtype}"),
        ("training", f"{count(plan.epochs, 'epoch')} in batches of {plan.batch_size}"),
        ("runs", f"{count(len(plan.optimizers), 'optimizer')} x {count(rates, 'learning rate')} x "
                 f"{count(len(plan.seeds), 'seed')}, {len(comparison.runs)} of {len(plan.cells())} finished"),
        ("target", f"validation loss {number(plan.target)}"),
    ]  # fmt: skip


def _paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _html_table(table: Table) -> str:
    def cell(text: str) -> str:
        return f'<td class="long">{escape(text)}</td>' if len(text) > LONG else f"<td>{escape(text)}</td>"

    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in table.headings)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>\n" for row in table.rows)
    return (
        f'<h2>{escape(table.title)}</h2><p class="note">{escape(table.note)}</p>\n'
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'
    )


def _html_figure(picture: Picture) -> str:
    data, caption = base64.b64encode(picture.content).decode(), escape(picture.caption)
    image = f'<img src="data:image/png;base64,{data}" alt="{caption}">'
    return f'<figure><div class="wide">{image}</div><figcaption>{caption}</figcaption></figure>'


def _markdown_table(table: Table) -> str:
    rows = [table.headings, ["---"] * len(table.headings), *table.rows]
    lines = [f"| {' | '.join(cell if cell == '---' else plain(cell) for cell in row)} |" for row in rows]
    return f"## {plain(table.title)}\n\n{plain(table.note)}\n\n" + "\n".join(lines)

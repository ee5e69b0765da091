"""Pages that need no other file and no network: `check --html`, reports, notebooks.

Every text is escaped unless it is `Markup`, which only the functions of this module make.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

WIDE_CELL = 40
"""Longer table cells may be broken into lines."""


class Markup(str):
    """HTML that is not escaped again."""

    __slots__ = ()


COLOURS = """
--paper:#fff;--ink:#222;--pale:#6b6b6b;--line:#e2e2e2;--rule:#999;--good:#1a7f37;--bad:#a3150b;--doubt:#8a6100;
--loud:#fdecea;--told:#f1f7fb;--but:#fdf4ee;--code:#f7f7f7;
""".strip()
DARK = """
--paper:#16181b;--ink:#e4e4e4;--pale:#9b9b9b;--line:#33373c;--rule:#777;--good:#57c274;--bad:#ff8a80;--doubt:#e0b050;
--loud:#3d1d1b;--told:#16252f;--but:#30231a;--code:#1f2226;
""".strip()
BLOCK = """
.h-page,.h-page *{box-sizing:border-box}
.h-page{color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.h-page h1{font-size:1.6em;line-height:1.2;margin:.3em 0 .5em;overflow-wrap:anywhere}
.h-page h2{font-size:1.15em;margin:2em 0 .3em;overflow-wrap:anywhere}
.h-page p,.h-page ul{margin:.4em 0}.h-page ul{padding-left:1.2em}.h-page a{color:inherit}
.h-page .told,.h-page .but{border-left:4px solid #0072b2;background:var(--told);padding:.6em 1em;margin:1em 0}
.h-page .told p:first-child{font-weight:600}
.h-page .but{border-color:#d55e00;background:var(--but)}
.h-page .note,.h-page figcaption,.h-page dl,.h-page footer{color:var(--pale);font-size:.9em}
.h-page footer{margin-top:2.5em}
.h-page dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em;margin:.8em 0}
.h-page dd{margin:0;overflow-wrap:anywhere;white-space:pre-line;color:var(--ink)}
.h-page summary{color:var(--pale);cursor:pointer}
.h-page .wide{overflow-x:auto}
.h-page table{border-collapse:collapse;font-size:.88em;font-variant-numeric:tabular-nums;margin:.5em 0;width:100%}
.h-page th,.h-page td{padding:.35em .7em .35em 0;text-align:left;white-space:nowrap;vertical-align:top;
border:0;border-bottom:1px solid var(--line);background:none}
.h-page th{white-space:normal;vertical-align:bottom;border-bottom:2px solid var(--rule)}
.h-page td:first-child{font-weight:600}
.h-page td.long{white-space:normal;min-width:14em;overflow-wrap:anywhere}
.h-page figure{margin:1.2em 0;break-inside:avoid}
.h-page img{display:block;max-width:100%;height:auto;background:#fff;border-radius:4px}
.h-page img[hidden]{display:none}
.h-page .good{color:var(--good)}.h-page .bad{color:var(--bad);font-weight:600}.h-page .doubt{color:var(--doubt)}
.h-code{font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:.5em 0;
border:1px solid var(--line);border-radius:4px;overflow:hidden}
.h-code>div{display:grid;grid-template-columns:3.2em minmax(0,1fr) minmax(0,26em);column-gap:.8em;padding:0 .6em 0 0}
.h-code .n{color:var(--pale);text-align:right;user-select:none}
.h-code .c{white-space:pre-wrap;overflow-wrap:anywhere}.h-code .w{color:var(--pale);overflow-wrap:anywhere}
.h-code .loud{background:var(--loud);box-shadow:inset 4px 0 var(--bad)}
.h-code .loud .n,.h-code .loud .w{color:var(--bad)}.h-code .loud .c{font-weight:600}
.h-code .more{background:var(--loud);box-shadow:inset 4px 0 var(--bad);padding:.2em 0 .6em}
.h-code .more dl{grid-column:2/-1;margin:0;font-size:1em;color:var(--ink)}
.h-code .more dt{color:var(--bad)}.h-code .more dd{white-space:pre-wrap}
.h-code .gap{color:var(--pale);grid-column:2}
.h-code .c:empty::before{content:" "}
.h-page .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(21em,100%),1fr));gap:0 1.2em}
.h-page .grid figure{margin:.6em 0}.h-page pre{font-size:.8em;overflow-x:auto;white-space:pre-wrap}
.h-page .frames .grid{grid-template-columns:repeat(auto-fill,minmax(min(15em,100%),1fr))}
.h-page .frames label{position:sticky;top:0;background:var(--paper);padding:.5em 0}
.h-page .frames label{display:flex;gap:1em;align-items:center}
.h-page .frames input{flex:1;min-width:0}
@media(max-width:44em){.h-page{font-size:15px}.h-page figure .wide img{width:40em;max-width:none}
.h-page dl{grid-template-columns:1fr}.h-page dt{margin-top:.3em}
.h-code>div{grid-template-columns:2.2em minmax(0,1fr);column-gap:.6em}.h-code .w{grid-column:2}
.h-code .c+.w:not(:empty){padding-left:1.2em}.h-code .w:empty,.h-code .w.little{display:none}
.h-code .more dl{grid-template-columns:max-content 1fr}.h-code .more dt{margin:0}}
@media screen and (max-width:44em){.h-page .cards thead,.h-page .cards td:empty{display:none}
.h-page .cards tr{display:block;border-bottom:1px solid var(--rule);padding:.4em 0}
.h-page .cards td,.h-page .cards td.long{display:flex;justify-content:space-between;gap:1em;white-space:normal;
min-width:0;border:0;padding:.1em 0;text-align:right}
.h-page .cards td[data-label]::before{content:attr(data-label);color:var(--pale);text-align:left;flex:none;
max-width:45%}}
@media print{.h-page{font-size:10pt}.h-page .wide{overflow:visible}.h-page table{font-size:7.5pt}
.h-page th,.h-page td{white-space:normal;padding-right:.4em}.h-page h2{break-after:avoid}.h-code>div{break-inside:avoid}
.h-code{font-size:8pt}.h-page figure img{max-height:21cm;width:auto}.h-page .frames input{display:none}
.h-page details::details-content{content-visibility:visible;block-size:auto}.h-page tr{break-inside:avoid}
.h-page details pre{columns:2}}
""".strip()
STYLE = (
    f":root{{color-scheme:light dark;{COLOURS}}}\n"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{DARK}}}}}\n"
    "body{margin:0;background:var(--paper)}.h-page{margin:0 auto;max-width:72rem;padding:1.2rem 1rem 3rem}\n"
    f"@media print{{.h-page{{max-width:none;padding:0}}}}\n{BLOCK}\n"
)


def page(title: str, parts: Iterable[str], footer: str = "") -> str:
    """Return a whole page: its title as heading, the parts, a footer in small letters."""
    body = [element("h1", title), *(part for part in parts if part), element("footer", footer) if footer else ""]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        '<body class="h-page">\n' + "\n".join(map(escaped, body)) + "\n</body>\n</html>\n"
    )


def fragment(parts: Iterable[str]) -> str:
    """Return parts with their own style, in light colours, for inside another page such as a notebook."""
    scope = f".h-page{{{COLOURS}background:var(--paper);padding:.4em .8em}}"
    inner = "\n".join(escaped(part) for part in parts if part)
    return f'<div class="h-page"><style>{scope}\n{BLOCK}</style>\n{inner}\n</div>'


def escaped(text: str) -> str:
    """Return text as HTML; markup stays as it is."""
    return text if isinstance(text, Markup) else escape(text)


def element(tag: str, content: str, kind: str = "", hover: str = "") -> Markup:
    """Return one element; `kind` is its class, `hover` is shown where the pointer rests on it."""
    attributes = (f' class="{escape(kind)}"' if kind else "") + (f' title="{escape(hover)}"' if hover else "")
    return Markup(f"<{tag}{attributes}>{escaped(content)}</{tag}>")


def joined(parts: Iterable[str]) -> Markup:
    """Return the parts one after another."""
    return Markup("".join(map(escaped, parts)))


def box(lines: Sequence[str], kind: str = "told") -> Markup:
    """Return a box of paragraphs, 'told' or 'but'; nothing without lines."""
    return element("div", joined(element("p", line) for line in lines), kind) if lines else Markup()


def bullets(items: Iterable[str]) -> Markup:
    """Return a list."""
    return element("ul", joined(element("li", item) for item in items))


def link(target: str, text: str = "") -> Markup:
    """Return a link."""
    return Markup(f'<a href="{escape(target)}">{escaped(text or target)}</a>')


def anchor(name: str, content: str) -> Markup:
    """Return a section that `link("#name")` leads to."""
    return Markup(f'<section id="{escape(name)}">{escaped(content)}</section>')


def folded(summary: str, content: str) -> Markup:
    """Return content that is shown when its summary is clicked."""
    return element("details", joined((element("summary", summary), content)))


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Return names and what they are."""
    return element("dl", joined(part for name, text in pairs for part in (element("dt", name), element("dd", text))))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], cards: bool = False) -> Markup:
    """Return a table that scrolls sideways where it is too wide; a cell may be markup of its own.

    Of `cards`, each row becomes a list of its headings and cells on a narrow screen.
    """
    head = "".join(f'<th scope="col">{escaped(heading)}</th>' for heading in headings)
    labels = ["", *headings[1:]] if cards else [""] * len(headings)
    body = "".join(f"<tr>{''.join(map(_cell, row, labels))}</tr>\n" for row in rows)
    kind = ' class="cards"' if cards else ""
    return Markup(f'<div class="wide"><table{kind}><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>')


def _cell(text: str, label: str = "") -> str:
    kind = ' class="long"' if not isinstance(text, Markup) and len(text) > WIDE_CELL else ""
    named = f' data-label="{escape(label)}"' if label else ""
    return f"<td{kind}{named}>{escaped(text)}</td>"


def figure(png: bytes, caption: str) -> Markup:
    """Return a picture with its caption."""
    image, text = _image(png, caption), escape(caption)
    return Markup(f'<figure><div class="wide">{image}</div><figcaption>{text}</figcaption></figure>')


def picture(png: bytes, caption: str, alt: str = "") -> Markup:
    """Return a picture that shrinks with the page, with its caption."""
    return Markup(f"<figure>{_image(png, alt or caption)}<figcaption>{escape(caption)}</figcaption></figure>")


def grid(parts: Sequence[str]) -> Markup:
    """Return parts side by side, as many as there is room for."""
    return element("div", joined(parts), "grid") if parts else Markup()


def frames(labels: Sequence[str], panels: Iterable[tuple[str, Sequence[bytes]]]) -> Markup:
    """Return pictures that one slider moves through: for each panel its caption and a PNG for each label.

    Without scripts, and in print, the last ones are seen.
    """
    last = len(labels) - 1
    figures = []
    for caption, pngs in panels:
        images = [
            _image(png, f"{caption}, {label}", i != last)
            for i, (label, png) in enumerate(zip(labels, pngs, strict=True))
        ]
        figures.append(Markup(f"<figure>{''.join(images)}<figcaption>{escape(caption)}</figcaption></figure>"))
    told = escape(json.dumps(list(labels)))
    control = (
        f'<label><input type="range" min="0" max="{last}" value="{last}" oninput="handnnFrame(this)" '
        f'data-labels="{told}" aria-label="step"><output>{escape(labels[last])}</output></label>'
    )
    return joined((Markup(f'<div class="frames">{control}'), grid(figures), Markup(f"<script>{FRAMES}</script></div>")))


FRAMES = """
function handnnFrame(slider){
  const box=slider.closest(".frames"),chosen=Number(slider.value);
  box.querySelector("output").value=JSON.parse(slider.dataset.labels)[chosen];
  for(const figure of box.querySelectorAll("figure"))
    figure.querySelectorAll("img").forEach((image,i)=>{image.hidden=i!==chosen});
}
""".strip()


def _image(png: bytes, alt: str, hidden: bool = False) -> str:
    data = base64.b64encode(png).decode()
    return f'<img src="data:image/png;base64,{data}" alt="{escape(alt)}"{" hidden" if hidden else ""}>'


class Line(NamedTuple):
    """A line of source: what it is, its values for the pointer, whether it is loud, and what is told below it.

    What is `little` is left out where there is no room beside the source.
    """

    number: int
    code: str
    what: str = ""
    hover: str = ""
    loud: bool = False
    little: bool = False
    told: Sequence[Sequence[tuple[str, str]]] = ()


def listing(lines: Iterable[Line]) -> Markup:
    """Return source with what each line is beside it, and what is told of a loud one below it.

    Where line numbers jump, a gap is shown.
    """
    rows: list[Markup] = []
    last = 0
    for line in lines:
        if last and line.number != last + 1:
            rows.append(element("div", element("span", "...", "gap"), "jump"))
        last = line.number
        number = element("span", str(line.number), "n")
        beside = element("span", line.what, "w little" if line.little else "w", line.hover)
        cells = (number, element("span", line.code, "c", line.hover), beside)
        rows.append(element("div", joined(cells), "loud" if line.loud else ""))
        rows += [element("div", facts(group), "more") for group in line.told]
    return element("div", joined(rows), "h-code")

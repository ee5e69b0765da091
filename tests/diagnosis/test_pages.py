"""Pages, tables and SARIF of what was found: whole, escaped, and the same numbers in all of them."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

from handnn.core import html
from handnn.diagnosis import Verdict, pages
from handnn.diagnosis.annotated import excerpt, sources

NASTY = '<script>alert(1)</script> & "quoted"'
SOURCE = """import numpy as np


def f(z):
    return np.tanh(z)  # <b>


def f_prime(z):
    a = np.tanh(z)
    return (1 +
            a**2)
"""


class Page(HTMLParser):
    """Tags that fit together, and the text in elements of each class."""

    VOID = {"meta", "img", "link", "br"}  # noqa: RUF012

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.texts, self.by_class = [], [], [], {}
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append((tag, dict(attributes).get("class", "")))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.texts.append(data)
        for _, kind in self.open:
            self.by_class.setdefault(kind, []).append(data)


@pytest.fixture
def wrong(tmp_path):
    """A file with one wrong derivative, which breaks in lines 10 and 11."""
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    blame = {
        "file": str(path), "line": 10, "end_line": 11, "code": "(1 + a**2)", "must_be": "da/dz", "fix": "(1 - a**2)",
        "mistake": NASTY, "here": 1.5, "there": 0.5, "values": [[1.5, 0.5], [1.25, 0.75]],
    }  # fmt: skip
    lines = [
        {"file": str(path), "line": 5, "code": "np.tanh(z)", "what": "forward", "value": "(2,) 0.1 0.2"},
        {"file": str(path), "line": 9, "code": "np.tanh(z)", "what": "is a", "value": "(2,) 0.1 0.2"},
        {"file": str(path), "line": 10, "code": "(1 + a**2)", "what": "breaks here", "value": "(2,) 1.5 1.25"},
    ]
    verdict = Verdict("f", "wrong", f"not it: {NASTY}", name="f", checked=["z"], blamed=[blame], lines=lines)
    return pages.Checked(str(path), [verdict], None, 1.25)


@pytest.fixture
def found(wrong, tmp_path):
    right = pages.Checked("right.py", [Verdict("g", "match", "right", name="g", checked=["z"])], None, 0.5)
    half = Verdict("h", "incomplete", "not all", name="h", unchecked=[{"what": "dW", "why": "it was not found"}])
    broken = pages.Checked(f"{NASTY}.py", [], f"{NASTY}.py: no derivation found", 0.1)
    return [wrong, right, pages.Checked("half.py", [half], None, 0.2), broken]


def test_a_page_of_one_file(wrong):
    text = pages.html([wrong])
    page = Page(text)
    assert "script" not in page.seen and not re.search(r"https?://|url\(|@import", text)
    assert "".join(page.texts).count("mine.py") == 3  # title, heading, and the path below it
    assert "handnn check: mine.py" in page.texts
    loud = "".join(page.by_class["loud"])
    assert "return (1 +" in loud and "a**2)" in loud and "np.tanh" not in loud
    more = page.by_class["more"]
    assert more[:6] == ["must be", "da/dz", "write", "(1 - a**2)", "mistake", NASTY]
    assert more[6:] == ["is here", "1.5  1.25", "belongs", "0.5  0.75"]
    assert 'title="np.tanh(z) = (2,) 0.1 0.2"' in text


def test_a_page_of_many_files(found):
    page = Page(pages.html(found))
    assert "script" not in page.seen and page.seen.count("tr") == 1 + len(found)
    seen = "".join(page.texts)
    assert "1 of 4 files are right" in seen and "no derivation found" in seen and "dW: it was not found" in seen
    assert page.by_class["bad"] == ["wrong", "wrong"] and page.by_class["doubt"][0] == "incomplete"


@pytest.mark.parametrize(
    ("hint", "kind", "fix"), [(1, False, False), (2, True, False), (3, True, True), (None, True, True)]
)
def test_hints_tell_the_place_then_the_kind_then_the_fix(hint, kind, fix, found):
    for text in (pages.html(found, hint), pages.csv(found, hint), pages.sarif(found, hint), pages.text(found, hint)):
        assert ("quoted" in text.replace(NASTY + ".py", "")) >= kind
        assert ("1 - a**2" in text) == fix or fix
        if not fix:
            assert "1 - a**2" not in text
    (row, *_) = pages.rows(found, hint)
    assert row["lines"] == "10" and bool(row["mistake"]) == kind and bool(row["fix"]) == fix


def test_every_file_has_a_row(found):
    rows = list(csv.DictReader(io.StringIO(pages.csv(found))))
    assert [row["file"] for row in rows] == [checked.file for checked in found]
    assert [row["verdict"] for row in rows] == ["wrong", "match", "incomplete", "broken"]
    assert rows[0]["lines"] == "10" and rows[0]["fix"] == "(1 - a**2)" and float(rows[0]["seconds"]) == 1.25
    assert rows[2]["summary"] == "dW: it was not found" and rows[3]["summary"] == "no derivation found"
    table = pages.terminal_table(found)
    assert all(len(line) <= 80 for line in table.splitlines()) and "1 of 4 files are right" in table


def test_sarif_is_what_the_standard_asks_for(found, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = json.loads(pages.sarif(found))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] and len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error") and result["message"]["text"]
        for location in result["locations"]:
            place = location["physicalLocation"]
            assert re.fullmatch(r"[\w%./:-]+", place["artifactLocation"]["uri"])
            region = place.get("region")
            assert region is None or 1 <= region["startLine"] <= region["endLine"]
    first, *rest = run["results"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "mine.py"
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 10, "endLine": 11}
    assert [result["level"] for result in rest] == [
        "warning",
        "error",
    ]  # what was not compared, and what has no verdict


def test_the_terminal_shows_the_source_around(wrong, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    lines = excerpt(wrong.verdicts[0], wrong.file)
    assert lines[1] == "  mine.py" and all(len(line) <= 80 for line in lines)
    assert [line.startswith(">") for line in lines[2:]] == [False, False, True, True]
    assert "is a" in lines[3] and "breaks here" in lines[4]
    plain = pages.text([wrong])
    coloured = pages.coloured(plain)
    assert "\033" not in plain and re.sub(r"\033\[[\d;]*m", "", coloured) == plain
    assert "\033[1;31mWRONG\033[0m" in coloured and "\033[31m>   10 |" in coloured


def test_a_file_that_is_gone_leaves_the_judged_lines(wrong, tmp_path):
    (tmp_path / "mine.py").unlink()
    (source,) = sources(wrong.verdicts, wrong.file)
    assert not source.whole and [line.number for line in source.lines] == [5, 9, 10]
    assert "breaks here" in pages.html([wrong])


def test_a_verdict_in_a_notebook(wrong):
    text = wrong.verdicts[0]._repr_html_()
    page = Page(text)
    assert "script" not in page.seen and "html" not in page.seen and "body" not in page.seen
    assert "return (1 +" in "".join(page.by_class["loud"]) and "import numpy" not in "".join(page.texts)


def test_text_is_escaped_and_markup_is_not():
    assert html.escaped(NASTY) == NASTY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace(
        '"', "&quot;"
    )
    inner = html.element("b", NASTY, hover=NASTY)
    assert html.escaped(inner) == inner and "<script>" not in inner
    assert "<script>" not in html.table([NASTY], [[NASTY]]) + html.link(NASTY) + html.anchor(NASTY, "") + html.facts(
        [(NASTY, NASTY)]
    )
    jump = html.listing([html.Line(1, "a"), html.Line(7, "b")])
    assert "..." in jump

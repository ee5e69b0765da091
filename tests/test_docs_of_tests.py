"""The tests that docs name exist."""

import functools
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
PAGES = [DOCS / "keras-facts.md", *sorted((DOCS / "derivations").glob("*.md"))]
DEFINED = re.compile(r"^\s*def (test_\w+)", re.MULTILINE)
NAMED = re.compile(r"(?P<path>(?:tests/)?(?:\w+/)*test_\w+\.py)?(?:::)?(?P<name>\btest_\w+\b(?!\.py))?")


@functools.cache
def defined():
    """Return the names of the tests of each file, by its path from here."""
    sources = {path.relative_to(TESTS).as_posix(): path.read_text() for path in TESTS.rglob("test_*.py")}
    return {path: set(DEFINED.findall(source)) for path, source in sources.items()}


def missing(text):
    """Return the files and tests that a page names and that do not exist; a name without a file may be in any."""
    functions = defined()
    named = [match.groups() for match in NAMED.finditer(text) if match.group()]
    absent = []
    for path, name in ((path and path.removeprefix("tests/"), name) for path, name in named if path or name):
        known = functions.get(path) if path else set().union(*functions.values())
        if known is None or (name and name not in known):
            absent.append("::".join(part for part in (path, name) if part))
    return absent


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_tests_that_a_page_names_exist(page):
    assert not missing(page.read_text())


def test_names_that_do_not_exist_are_seen():
    text = """`test_docs.py::test_gone`, `losses/test_gone.py`, (`tests/test_docs.py`), `test_nowhere`,
    `test_docs_of_tests.py::test_names_that_do_not_exist_are_seen`"""
    assert missing(text) == ["test_docs.py::test_gone", "losses/test_gone.py", "test_nowhere"]

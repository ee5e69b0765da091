"""What the documentation says runs: Python blocks of the README, examples in docstrings, names of files."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def with_examples() -> list[str]:
    """Modules that have an example in a docstring."""
    found = [path for path in (ROOT / "handnn").rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted(found)]
    return [name.removesuffix(".__init__") for name in names]


def test_the_readme_runs(tmp_path, monkeypatch, capsys, keras):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    blocks = python_blocks(ROOT / "README.md")
    assert len(blocks) > 1
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert names["report"].ok
    assert "verified" in capsys.readouterr().out


@pytest.mark.parametrize("name", with_examples())
def test_examples_in_docstrings(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted and not found.failed


def test_a_wrong_example_is_seen():
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(wrong, out=lambda text: None).failed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_of_a_page_exist(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    paths = re.findall(r"`((?:handnn|tests|examples|docs|benchmarks|tf_reference)/[\w/.]+\.(?:py|md))", text)
    missing += [path for path in paths if not (ROOT / path).exists()]
    assert not missing

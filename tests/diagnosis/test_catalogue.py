"""docs/mistakes.md lists the banks."""

from pathlib import Path

import pytest

from handnn.diagnosis.score import catalogue
from handnn.diagnosis.bank import REGISTRIES
from handnn.diagnosis.score.catalogue import SOURCES

PAGE = Path(__file__).parents[2] / "docs" / "mistakes.md"


def test_the_page_is_that_of_the_banks():
    written = PAGE.read_text().split("## How good")[0].rstrip()
    assert written == catalogue.page(0, 0).rstrip(), (
        "run: python -m handnn.diagnosis.score.catalogue > docs/mistakes.md"
    )
    entries = sum(len(registry.items()) for registry in REGISTRIES.values())
    assert entries == sum(line.startswith("| ") for line in written.split("\n")) - 2 * len(REGISTRIES)


@pytest.mark.parametrize("made_in", REGISTRIES)
def test_every_entry_says_what_it_is(made_in):
    for name, mistake in REGISTRIES[made_in].items():
        assert mistake.name == name and mistake.because and mistake.wrong_line != mistake.right_line


def test_threads_name_entries_that_there_are():
    known = {name for registry in REGISTRIES.values() for name in registry}
    assert {name for names in SOURCES.values() for name in names} <= known


@pytest.mark.slow
def test_the_score_on_peoples_cases_comes_first(tmp_path, monkeypatch):
    (tmp_path / "slope.py").write_text(
        "import numpy as np\n\n\ndef tanh(z):\n    return np.tanh(z)\n\n\n"
        "def tanh_backward(upstream, z):\n    return upstream * (1 - np.tanh(z))\n"
    )
    (tmp_path / "truth.json").write_text('{"slope.py": {"tanh": [[9]]}}')
    monkeypatch.setattr(catalogue.score, "table", lambda scores: "the planted ones")
    monkeypatch.setattr(catalogue.score, "measure", lambda *a, **k: {})
    text = catalogue.page(1, 0, folders=[str(tmp_path)]).split("## How good")[1]
    assert f"| {tmp_path.name} | 1 | 1 | 1 | 1 | 0 | 0 | 0 | 0 | 0 |" in text
    assert text.index(tmp_path.name) < text.index("### On its own mistakes") < text.index("the planted ones")

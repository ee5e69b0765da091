"""Keras' own unit tests with handnn in its place: the command, the page, and that a mistake in handnn fails one."""

import re
from pathlib import Path

import pytest

import handnn
from handnn.proof.keras_tests import page, rules
from handnn.proof.keras_tests.families import FAMILIES, expanded

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
DAILY = "constraints"


def counts(text):
    """{family: (passed, counted)} of the page's section."""
    rows = [line.strip("| ").split(" | ") for line in page.split(text)[1].splitlines() if line.startswith("| ")]
    return {row[0]: (int(row[1]), int(row[2])) for row in rows if len(row) == 4 and row[1].isdigit()}


@pytest.fixture
def run_family(keras, request):
    for own in ("requires_trainable_backend", "multi_device"):
        request.config.addinivalue_line("markers", f"{own}: a mark in Keras' own tests")
    from handnn.proof.keras_tests.run import run_family

    return run_family


@pytest.mark.parametrize(
    "family", [name if name == DAILY else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES]
)
def test_a_family_passes_what_the_page_says(family, run_family):
    result = run_family(family)
    passed, counted = counts(PAGE.read_text(encoding="utf-8"))[family]
    assert (len(result.passed), result.counted) == (passed, counted), result.failed


def test_a_mistake_in_handnn_fails(run_family, monkeypatch):
    monkeypatch.setattr(handnn.constraints.NonNeg, "__call__", lambda self, w: w)
    assert "constraints_test.py" not in run_family(DAILY).failed
    assert any("non_neg" in name for name in run_family(DAILY).failed)


def test_a_name_that_is_missing_fails_and_one_that_is_listed_is_left_out(run_family, monkeypatch):
    monkeypatch.delattr(handnn.constraints, "NonNeg")
    assert any("NonNeg" in said for said in run_family(DAILY, only="non_neg").failed.values())
    monkeypatch.setitem(handnn.proof.not_supported.ABSENT["constraints"], "NonNeg", "planted")
    result = run_family(DAILY, only="non_neg")
    assert not result.counted and all("NonNeg" in reason for reason in result.left_out.values())


def test_files_and_rules():
    assert expanded("a/{b, c}") == ["a/b_test.py", "a/c_test.py"]
    assert rules.reason(rules.LEFT_OUT, "dense.T.test_x\n    x.quantize('int8')").startswith("quantisation")
    assert rules.reason(rules.LEFT_OUT, "dense.T.test_x\n    layer(x)") is None


def test_the_section_is_replaced_in_its_place(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"# A\n\n{page.HEADING}\n\nold\n\n## Left out\n\nx\n")
    page.write(path, f"{page.HEADING}\n\nnew\n")
    page.write(path, f"{page.HEADING}\n\nnewer\n")
    assert path.read_text() == f"# A\n\n{page.HEADING}\n\nnewer\n\n## Left out\n\nx\n"


def test_the_page_names_no_folder_or_address_of_a_machine():
    said = "ValueError: /tmp/a.1/b/model.h5: no file; received <X object at 0x7f1a2b3c>, https://keras.io/api"
    assert page._cell(said) == "ValueError: model.h5: no file; received &lt;X object>, https://keras.io/api"
    section = page.split(PAGE.read_text(encoding="utf-8"))[1]
    assert "/tmp/" not in section and " at 0x" not in section


@pytest.mark.parametrize("family", FAMILIES)
def test_each_failing_test_has_its_reason(family):
    section = page.split(PAGE.read_text(encoding="utf-8"))[1]
    rows = [line for line in section.splitlines() if line.startswith(f"| {family} | `")]
    passed, counted = map(int, re.search(rf"\| {family} \| (\d+) \| (\d+) \|", section).groups())
    assert len(rows) == counted - passed and not [row for row in rows if re.search(r"\w+Error: ", row)]

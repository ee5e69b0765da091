"""docs/parity.md has a row for every symbol; the command that writes it measures something in each family."""

from pathlib import Path

import numpy as np
import pytest

from handnn import activations, layers
from handnn.activations import activations as registry
from handnn.proof.parity import table
from handnn.proof.parity.__main__ import run
from handnn.proof.parity.symbols import FAMILIES, symbols

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
UNITS = ("activations", "losses")


@pytest.fixture(scope="module")
def few(quick):
    """How many symbols of each family."""
    return 1 if quick else 2


@pytest.fixture(scope="module")
def lines(keras, few, quick):
    """Every day with weights of one shape: TensorFlow compiles four times as long for four times as many."""
    with pytest.MonkeyPatch.context() as patch:
        if quick:
            patch.setattr("handnn.verify.keras_optimizer.SHAPES", ((4, 3),))
        return run(FAMILIES, only=few)


def test_the_page_lists_exactly_the_symbols_that_there_are():
    wrong = table.missing(PAGE.read_text(encoding="utf-8"))
    assert not wrong, wrong


def test_a_symbol_without_a_row_is_seen(monkeypatch):
    monkeypatch.setattr(registry, "_canonical", [*registry, "mine"])
    monkeypatch.setitem(registry._entries, "mine", activations.tanh)
    wrong = table.missing(PAGE.read_text(encoding="utf-8"))
    assert wrong == (
        "docs/parity.md lacks activations.mine: run `python -m handnn.proof.parity --output docs/parity.md`"
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.quick(1)
def test_every_family_is_measured(family, lines, few):
    assert [line.symbol for line in lines[family]] == list(symbols()[family])[:few]
    for line in lines[family]:
        expected = {"float32"} if family == "schedules" else {"float32", "float64"}
        assert line.ok and set(line.ratios) == expected, line
        assert set(line.units) == (expected if family in UNITS else set())
        assert all(np.isfinite(side.worst) for sides in line.units.values() for side in sides)


def test_the_page_of_a_run_is_compared_without_its_numbers(lines, few):
    text = table.page(lines)
    assert table.listed(text) == {family: list(symbols()[family])[:few] for family in FAMILIES}
    other = text.replace(f"{table.share(lines['losses'][0].ratios['float32'])}", "0.999")
    assert other != text and table.without_numbers(other) == table.without_numbers(text)
    name = lines["activations"][0].symbol
    assert table.without_numbers(text.replace(f"`{name}`", "`another`")) != table.without_numbers(text)


def test_a_wrong_symbol_is_seen(monkeypatch, keras, tf):
    right = type(activations.tanh).forward
    monkeypatch.setattr(type(activations.tanh), "forward", lambda self, z, out=None: right(self, z) * (1 + 2e-6))
    line = table.measured("activations", "tanh", activations.tanh, tf, keras)
    assert not line.ok and line.ratios["float64"] > 1


@pytest.mark.slow
def test_a_layer_that_spoils_another_is_seen(monkeypatch, keras, tf):
    """What the symbol's own tensors do not show, the rest of the network does."""
    right = layers.Dense.forward

    def wrong(self, t):
        right(self, t)
        t.z = t.z * (1 + 2e-5)

    monkeypatch.setattr(layers.Dense, "forward", wrong)
    line = table.measured("layers", "Flatten", layers.Flatten, tf, keras)
    assert not line.ok and line.remarks[0].startswith("MISMATCH")

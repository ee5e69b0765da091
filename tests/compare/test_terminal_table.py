"""The closing table."""

import io

import pytest
from rich.console import Console

from handnn.compare import terminal_table as table
from handnn.compare.statistics import Difference


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.01214, 0.03456, "0.0121..0.0346"),
        (-0.6081, 0.6612, "-0.608..0.661"),
        (-11.13, 11.52, "-11.1..11.5"),
        (-185.1, 187.6, "-185..188"),
        (-362673.8, 645531.5, "-3.6e+05..6.5e+05"),
        (1e-5, 2e-4, "1.0e-05..2.0e-04"),
        (0.0, 0.0, "0..0"),
    ],
)
def test_intervals_are_short(low, high, text):
    assert table.interval(Difference("loss", (), 0.0, low, high, "undecided")) == text


def test_no_interval_is_a_dash_and_the_leader_has_none():
    assert table.interval(Difference("loss", (), 0.0, None, None, "", "one seed")) == "-"
    assert table.interval(None) == ""


@pytest.mark.parametrize(("n", "text"), [(0, "0"), (999, "999"), (11856, "11.9 kB"), (5.93e6, "5.93 MB")])
def test_sizes_are_for_people(n, text):
    assert table.size(n) == text


@pytest.mark.parametrize(("seconds", "text"), [(85e-6, "85 us"), (2.3e-3, "2.3 ms"), (1.4, "1.4 s")])
def test_durations_are_for_people(seconds, text):
    assert table.duration(seconds) == text


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_it_fits_80_columns_and_loses_nothing(plan, made_up, scale):
    long = "adam(beta_1=0.875, beta_2=0.96875, epsilon=1e-05)"
    p = plan("sgd", long, rates={"sgd": (0.00316, 0.01), long: (0.00316, 0.01)}, seeds=(0, 1, 2), target=0.01)
    losses = {"sgd": [0.11 * scale, 0.12 * scale, 0.1 * scale], long: [0.5 * scale, 0.41 * scale, 0.43 * scale]}
    summary = made_up(p, losses).summary()
    out = io.StringIO()
    Console(file=out, width=80).print(table.table(summary))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80 and "…" not in text
    difference = summary[long].to_leader["loss"]
    assert all(part in text for part in ["epsilon=1e-05)", "0.00316*", table.interval(difference), "never", "250 ms"])
    assert "* the lowest or highest rate tried" in table.legend(summary)

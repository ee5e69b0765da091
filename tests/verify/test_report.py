"""Rows, tables and dictionaries of a verification."""

import json
import re

import numpy as np
import pytest

from handnn.verify.report import TABLE_WIDTH, Report, row
from handnn.verify.comparison import Comparison

LONG = "a_layer_whose_name_is_far_longer_than_any_column_of_a_table"


def comparison(found, reference, allowed=1e-6, layer="dense", tensor="dW", formula="x.T @ delta"):
    found, reference = np.asarray(found), np.asarray(reference)
    return Comparison(layer, tensor, formula, found, reference, np.broadcast_to(allowed, reference.shape))


def report_of(*comparisons, check="splice"):
    report = Report("net")
    report.add(comparisons, check)
    return report


RIGHT = comparison([1.0, 2.0], [1.0, 2.0 + 5e-7])
WRONG = comparison([1.0, 3.0, 2.0], [1.0, 2.0, 2.0], tensor="db")
WORSE = comparison([[1.0, 9.0]], [[1.0, 2.0]], tensor="dx")


def test_row_is_the_worst_element():
    found = row(comparison([[1.0, 2.0], [3.0, 4.5]], [[1.0, 2.1], [3.0, 4.0]], allowed=[[1.0, 0.01], [1.0, 0.25]]))
    assert found.index == (0, 1)
    assert (found.found, found.reference, found.allowance, found.outside) == (2.0, 2.1, 0.01, 2)
    assert found.error == abs(2.0 - 2.1)
    assert found.ratio == found.error / 0.01
    assert not found.ok
    assert found.where == "dense dW"
    assert found.shape == (2, 2)


def test_ratio_up_to_1_is_rounding():
    assert row(comparison([1.5], [1.0], allowed=0.5)).ok
    assert not row(comparison([1.5], [1.0], allowed=np.nextafter(0.5, 0))).ok


def test_scalar():
    found = row(comparison(np.float32(2), np.float32(2)))
    assert (found.index, found.shape, found.ok) == ((), (), True)


def test_empty_array():
    assert row(comparison(np.zeros((0, 3)), np.zeros((0, 3)))).ok


@pytest.mark.parametrize("reference", [np.zeros((3, 2)), np.zeros(6), np.zeros((2, 3), "float32"), np.float64(0)])
def test_other_shape_or_dtype_is_wrong(reference):
    found = row(comparison(np.zeros((2, 3)), reference, allowed=np.inf))
    assert not found.ok
    assert found.outside == reference.size
    assert "float64" in found.formula
    assert str(reference.shape) in found.formula


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("allowed", [1e-6, 0.0])
def test_not_finite_on_one_side_is_wrong(odd, allowed):
    for found, reference in (([1.0, odd], [1.0, 2.0]), ([1.0, 2.0], [1.0, odd])):
        result = row(comparison(found, reference, allowed))
        assert not result.ok
        assert result.ratio == np.inf
        assert result.outside == 1
        assert result.index == (1,)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_not_finite_is_wrong_under_any_allowance(odd):
    assert row(comparison([1.0, odd], [1.0, 2.0], np.inf)).ratio == np.inf


def test_infinite_allowance_is_not_agreement_nor_a_mismatch():
    found = row(comparison([5.0], [1.0], np.inf))
    assert not found.ok and found.undecided and found.status == "open"
    assert "rounding alone may change it altogether" in found.sentence()
    assert report_of(RIGHT, comparison([5.0], [1.0], np.inf)).verdict().startswith("UNDECIDED in 1 of 2 tensors")
    assert report_of(comparison([5.0], [1.0], np.inf), WRONG).verdict().startswith("MISMATCH in 1 of 2 tensors")


def test_an_allowance_as_large_as_the_tensor_is_said():
    vague = comparison([1.0, 2.0], [1.5, 2.0], allowed=2.0)
    assert row(vague).ok and row(vague).vague and not row(RIGHT).vague
    assert "no digit of dense dW is certain" in " ".join(str(report_of(vague)).split())
    assert "no digit" not in str(report_of(RIGHT))


def test_both_ends_of_a_long_name_stay():
    first, second = (comparison([1.0], [1.0], layer=f"batch_normalization_of_branch_{i}") for i in (1, 2))
    lines = [line for line in str(report_of(first, second)).splitlines() if "batch_n" in line]
    assert lines[0].split()[0] != lines[1].split()[0]


@pytest.mark.parametrize("wrong", [[5.0, 2.0], [5.0, np.inf]])
def test_what_is_wrong_for_certain_is_shown_before_what_is_open(wrong):
    found = row(comparison(wrong, [1.0, 1.0], np.array([np.inf, 1e-6])))
    assert not found.undecided and found.index == (1,)


def test_the_same_nan_and_infinity_on_both_sides_agree():
    both = [np.nan, np.inf, -np.inf, 1.0]
    assert row(comparison(both, both, 0.0)).ratio == 0
    assert not row(comparison([np.inf], [-np.inf], 0.0)).ok


def test_zero_allowance_is_equality():
    assert row(comparison([1.0, -0.0], [1.0, 0.0], 0.0)).ok
    with np.errstate(divide="ignore"):
        assert row(comparison([1.0], [np.nextafter(1.0, 2)], 0.0)).ratio == np.inf


def test_zero_allowance_without_a_warning():
    assert not row(comparison([1.0], [2.0], 0.0)).ok


def test_huge_error_without_a_warning():
    assert not row(comparison([1e300], [1.0], 1e-30)).ok


def test_empty_report_is_not_ok():
    report = Report("net")
    assert not report.ok
    assert not report
    assert report.worst is report.first_failure is None
    assert "nothing was compared" in str(report)
    assert report.to_dict()["ok"] is False


def test_ok_report():
    report = report_of(RIGHT)
    assert report.ok
    assert bool(report)
    assert report.failures == []
    assert report.first_failure is None
    assert report.verdict().startswith("verified: 1 tensors")


def test_first_failure_is_in_the_order_of_computation_and_worst_by_ratio():
    report = report_of(RIGHT, WRONG, WORSE)
    assert report.first_failure.tensor == "db"
    assert report.worst.tensor == "dx"
    assert [r.tensor for r in report.failures] == ["db", "dx"]
    assert report.verdict().startswith("MISMATCH in 2 of 3 tensors, first dense: db")


def test_sentence_says_what_where_and_how_much():
    said = row(WRONG).sentence()
    for part in ("dense: db = x.T @ delta", "1 of 3", "[1]", "3 here", "2 in TensorFlow", "error 1", "allowed 1e-06"):
        assert part in said


def test_lookup_by_name():
    report = report_of(RIGHT, WRONG)
    assert report["dense db"].tensor == "db"
    with pytest.raises(KeyError, match="dense dW, dense db"):
        report["dense dX"]
    assert [r.tensor for r in report] == ["dW", "db"]


def long_report():
    big = np.zeros((11, 12, 13, 14, 15))
    return report_of(
        comparison(big, big, layer=LONG, tensor=f"{LONG} velocity_hat", formula="a very long formula of many terms"),
        comparison(np.full(3, 1e250), np.zeros(3), layer=LONG, tensor=LONG, formula=LONG),
        comparison(np.zeros((2, 3)), np.zeros((3, 2)), layer=LONG, tensor=LONG),
        comparison([np.nan], [1.0], layer="ä" * 40, tensor="dW"),
        RIGHT,
    )


def table(report):
    return str(report).split("\n\n")[0].splitlines()


def test_table_is_at_most_80_columns():
    lines = table(long_report())
    assert len(lines) == 2 + 5
    assert max(map(len, lines)) <= TABLE_WIDTH == 80


def test_everything_printed_is_at_most_80_columns():
    assert max(map(len, str(long_report()).splitlines())) <= TABLE_WIDTH


def test_columns_stand_below_each_other():
    head, rule, *rows = table(report_of(RIGHT, WRONG, WORSE))
    assert set(rule) == {"-"}
    for line in rows:
        assert line[: head.index("tensor")].strip() == "dense"
        assert line.rstrip().endswith(("ok", "WRONG"))
    assert [line.split()[-1] for line in rows] == ["ok", "WRONG", "WRONG"]


def test_right_rows_of_the_wiring_check_are_counted_not_shown():
    report = report_of(RIGHT, check="wiring")
    assert len(table(report)) == 2
    assert "wiring: 1 tensors" in str(report)
    report.add([WRONG], "wiring")
    assert len(table(report)) == 3


def test_notes_are_printed():
    report = report_of(RIGHT)
    report.notes.append("The batch has 64 samples.")
    assert "The batch has 64 samples." in str(report)
    assert "The batch has 64 samples." in report.to_markdown()
    assert report.to_dict()["notes"] == ["The batch has 64 samples."]


def test_markdown_is_a_table_of_whole_names():
    head, rule, *rows = long_report().to_markdown().split("\n\n")[0].splitlines()
    assert re.fullmatch(r"(\| --- )+\|", rule)
    assert len({line.count("|") for line in (head, rule, *rows)}) == 1
    assert LONG in rows[0]


def test_markdown_escapes_bars():
    report = report_of(comparison([1.0], [1.0], formula="|z| / (1 + |z|)"))
    assert (
        len({line.count("|") - line.count(r"\|") for line in report.to_markdown().split("\n\n")[0].splitlines()}) == 1
    )


def test_dict_goes_through_json():
    found = json.loads(json.dumps(report_of(RIGHT, WRONG).to_dict(), allow_nan=False))
    assert found["ok"] is False
    assert [r["ok"] for r in found["rows"]] == [True, False]
    assert found["rows"][1] == {
        "layer": "dense",
        "tensor": "db",
        "formula": "x.T @ delta",
        "shape": [3],
        "dtype": "float64",
        "index": [1],
        "found": 3.0,
        "reference": 2.0,
        "error": 1.0,
        "allowance": 1e-6,
        "ratio": 1.0 / 1e-6,
        "outside": 1,
        "check": "splice",
        "vague": False,
        "ok": False,
        "undecided": False,
    }


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_dict_with_infinities_goes_through_json(odd):
    json.dumps(report_of(comparison([odd], [1.0])).to_dict(), allow_nan=False)


def test_numbers_of_a_dict_are_pythons():
    rows = report_of(RIGHT, comparison(np.float32(1), np.float32(2))).to_dict()["rows"]
    assert {type(value) for found in rows for value in found.values()} <= {str, float, int, bool, tuple}

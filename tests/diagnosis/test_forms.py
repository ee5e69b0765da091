"""Forms in which people write derivations: each right one is a match, and its planted mistake is found at its line."""

from pathlib import Path

import pytest

from handnn.diagnosis import check

CASES = Path(__file__).parent / "cases"
FORMS = {
    "functions with a context": (
        "fresh_4/463_functions_with_a_context_division.py",
        "Div",
        35,
        "grad_output * a / b**2",
        "-grad_output * a / b**2",
    ),
    "a forward function that returns the way back": (
        "fresh_4/464_closures_glu_gate_slope.py",
        "glu",
        14,
        "dout * a * (1 - g)",
        "dout * a * g * (1 - g)",
    ),
    "cost and gradient apart": (
        "fresh_4/455_linear_regression_loops_db_not_averaged.py",
        "compute_gradient",
        23,
        "dj_db + err",
        "dj_db + err / m",
    ),
    "an engine of numbers": (
        "fresh_7/525_engine_subtraction_sign.py",
        "loss_of_a_line",
        29,
        "other.grad += 1.0 * out.grad",
        "other.grad += -1.0 * out.grad",
    ),
    "a block that adds its input": (
        "fresh_7/544_residual_mlp_skip_past_the_relu.py",
        "forward",
        32,
        'dout + dh @ params["W1"].T',
        'df + dh @ params["W1"].T',
    ),
    "a loop over samples within a loop": (
        "fresh_7/523_script_columns_output_without_slope.py",
        "training_loop",
        23,
        "delta_o = o - l",
        "delta_o = (o - l) * o * (1 - o)",
    ),
    "a rule with decay of its own": (
        "public/193_adamw_decay_through_the_moments.py",
        "AdamW",
        20,
        "            grad = grad + self.weight_decay * param\n",
        "            param *= 1 - self.lr * self.weight_decay\n",
    ),
}


def verdict_on(path, name):
    return next(found["verdict"] for found in check.verdicts(str(path), 10.0) if found["name"] == name)


LONG = ("a rule with decay of its own", "a loop over samples within a loop", "a block that adds its input")


@pytest.mark.parametrize("form", [pytest.param(f, marks=pytest.mark.slow) if f in LONG else f for f in FORMS])
@pytest.mark.quick(2)
def test_a_form_is_read_and_its_mistake_located(form, tmp_path):
    file, name, line, wrong, right = FORMS[form]
    source = (CASES / file).read_text()
    assert wrong in source
    blamed = verdict_on(CASES / file, name)["blamed"]
    assert [blame["line"] for blame in blamed] == [line]
    (tmp_path / "mended.py").write_text(source.replace(wrong, right))
    mended = verdict_on(tmp_path / "mended.py", name)
    assert mended["verdict"] in ("match", "other convention"), mended

"""The small edits of an expression: what people leave out, and how a report writes it."""

from typing import Any

import numpy as np
import pytest

from handnn.diagnosis.lines.repair.edits import edits_of
from handnn.diagnosis.lines.repair.expression import Expression
from handnn.diagnosis.lines.repair.scope import Scope
from handnn.diagnosis.lines.repair.variants import Variant
from handnn.diagnosis.lines.repair.versions import WHOLE

VALUES: dict[str, Any] = {
    "dout": np.ones((2, 3, 4, 5)), "f": 3, "y": 0.25, "d": 0.5, "h": 0.75, "c": np.full((2, 3), 0.5),
    "grad": np.ones((2, 3)), "p": np.full((2, 3), 0.25), "s": np.ones(3), "l": 1, "L": 3, "stride": 2,
    "states": [np.ones(3), np.zeros(3)], "alpha": 0.3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("dout.reshape(-1, f)", "dout.transpose(0, 2, 3, 1).reshape(-1, f)"),
        ("d * h", "(d * h) * y * (1 - y)"),
        ("grad - p", "grad - (p * grad.sum(axis=1, keepdims=True))"),
        ("1 - np.tanh(c)**2", "1 - c**2"),
        ("d * h", "(d * h) * f(y + 1)"),
        ("np.transpose(dout, order)", "np.transpose(dout, np.argsort(order))"),
        ("dout[:, :, :, ::-1] * d", "dout[:, :, ::-1, ::-1] * d"),
        ("c[:, 1:] * d", "c[:, :-1] * d"),
        ("g['d' + str(L - 1)]", "g['d' + str((l + 1))]"),
        ("np.diag(s) - np.diag(s ** 2)", "np.diag(s) - np.outer(s, s)"),
        ("np.diag(s) - s * s", "np.diag(s) - np.outer(s, s)"),
        ("dout[:, :, l:l + f, L:L + f]", "dout[:, :, l * stride:l * stride + f, L * stride:L * stride + f]"),
        ("(grad * c).T @ p", "grad.T @ (c * p)"),
        ("grad @ p.T", "(grad @ p.T) / np.sqrt(f)"),
        ("np.where(c > 0, 1.0, p)", "np.where(c > 0, 1.0, (p + alpha))"),
        ("states[l - 1] * d", "(states[l - 1] if l - 1 >= 0 else s) * d"),
    ],
)
def test_what_was_left_out_is_among_the_edits(text: str, right: str) -> None:
    scope = Scope(dict(VALUES), {"np": np}, dict(VALUES), factors=("f(y + 1)",), divisors=("np.sqrt(f)",))
    expression = Expression(text)
    found = {expression.with_edits(edit) for edit in edits_of(expression, scope)}
    assert right in found, sorted(found)


def test_a_function_too_much_comes_before_a_rare_one() -> None:
    scope, expression = Scope(dict(VALUES), {"np": np}, dict(VALUES)), Expression("1 - np.tanh(c)**2")
    texts = [expression.with_edits(edit) for edit in edits_of(expression, scope)]
    assert texts.index("1 - c**2") < texts.index("1 - np.abs(c)**2")


def test_an_expression_that_is_not_evaluated_again_stays_whole_in_a_fix() -> None:
    assert Variant(f"{WHOLE} * g", "", 1.0, whole="a + f(b)").fix == "(a + f(b)) * g"
    assert Variant(f"{WHOLE} * g", "", 1.0, whole="f(b)").fix == "f(b) * g"

"""Outputs that are changed in place under another name, and numbers of samples that a script counts."""

import pytest

from handnn.diagnosis.user.source.aliases import with_kept_outputs
from handnn.diagnosis.user.source.copies import counts

BACK = "def back(x, y):\n    p = np.exp(x)\n    d = p\n    d[0, y] -= 1\n    return d\n"


def test_an_output_that_is_changed_is_copied():
    assert with_kept_outputs(BACK) == BACK.replace("d = p\n", "d = p.copy()\n")


@pytest.mark.parametrize(
    "text",
    [BACK.replace("return d", "return d, p"), BACK.replace("[0, y] -= 1", " -= 1"), BACK.replace("p = np.exp(x)", "0")],
    ids=["it is read after that", "it may be a number", "an argument"],
)
def test_what_is_read_again_or_given_is_left_alone(text):
    assert with_kept_outputs(text) is None


def test_numbers_of_samples_are_those_that_functions_divide_by():
    text = (
        "m, n = data.shape\nk = len(ys)\nc = 3\ndef f(x):\n    return x / m + x / c\ndef g(n, x):\n    return x / n\n"
    )
    assert counts(text) == ["m"]

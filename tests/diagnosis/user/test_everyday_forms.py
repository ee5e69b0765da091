"""Everyday forms: what is right is right, and of each planted mistake the line is named."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts

PROGRAMS = Path(__file__).parent / "programs" / "everyday"
FORMS = {
    "layers_by_number": [
        ('(params["W" + str(i)].T @ dz)', '(params["W" + str(count)].T @ dz)'),  # right with two layers
        ("np.sum(dz, axis=1, keepdims=True)", "np.sum(dz)"),  # right of one bias for all units
    ],
    "samples_counted_outside": [
        ("db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)", "db2 = 1 / m * np.sum(dZ2)"),
        ("W2.T.dot(dZ2)", "W2.dot(dZ2)"),  # runs on layers of as many units only
        ("dZ1 = W2.T.dot(dZ2) * (Z1 > 0)", "dZ1 = W2.T.dot(dZ2)"),
    ],
    "model_with_a_penalty": [
        ("(1 - np.power(a1, 2))", "(1 - a1)"),
        ("dW1 = np.dot(X.T, delta2)", "dW1 = np.dot(X.T, delta3.dot(W2.T))"),
        ("(a1.T).dot(delta3)", "(a1.T).dot(delta3) / 2"),
    ],
}  # fmt: skip


def judged(path):
    return [found["verdict"] for found in verdicts(str(path))]


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_what_is_right_is_called_right(name):
    found = judged(PROGRAMS / f"{name}.py")
    assert found and all(one["ok"] and one["checked"] for one in found)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new"), [(name, *pair) for name, pairs in FORMS.items() for pair in pairs])
def test_the_line_of_a_planted_mistake_is_named(tmp_path, name, old, new):
    text = (PROGRAMS / f"{name}.py").read_text()
    assert text.count(old) == 1
    (tmp_path / f"{name}.py").write_text(text.replace(old, new))
    line = text[: text.index(old)].count("\n") + 1
    assert line in {blame["line"] for one in judged(tmp_path / f"{name}.py") for blame in one["blamed"]}

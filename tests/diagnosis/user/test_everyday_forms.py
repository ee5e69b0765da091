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
    "losses_of_classes": [
        ("onehot[np.arange(len(y)), y] = 1", "onehot[:, y] = 1"),
        ("dW += 2 * reg * W", "dW += reg * W"),
    ],
    "tied_autoencoder": [
        ("np.dot(dz, self.W) * h * (1 - h)", "np.dot(dz, self.W) * z[:, :4] * (1 - z[:, :4])"),
        ("np.sum(dh, axis=0)", "np.mean(dh, axis=0)"),
        ("dW = np.dot(x.T, dh) + np.dot(dz.T, h)", "dW = np.dot(x.T, dh)"),
    ],
    "masked_factors": [
        ("-2 * err.dot(self.Q) + 2 * self.reg * self.P", "-2 * err.dot(self.Q) + self.reg * self.P"),
        ("-2 * err.T.dot(self.P) + 2 * self.reg * self.Q", "2 * err.T.dot(self.P) + 2 * self.reg * self.Q"),
    ],
    "line_of_numbers": [
        ("d_theta1 = (1 / m) * np.sum((y_pred - y) * x)", "d_theta1 = (1 / m) * np.sum(y_pred - y) * np.sum(x)"),
        ("d_theta0 = (1 / m) * np.sum(y_pred - y)", "d_theta0 = (2 / m) * np.sum(y_pred - y)"),
    ],
    "normalized_and_dropped": [
        ("dX_norm = dout * gamma", "dX_norm = dout * beta"),  # not where it is taken out of the cache
        ("dX = dout * cache", "dX = dout * (cache > 0)"),
    ],
    "model_with_a_penalty": [
        ("(1 - np.power(a1, 2))", "(1 - a1)"),
        ("dW1 = np.dot(X.T, delta2)", "dW1 = np.dot(X.T, delta3.dot(W2.T))"),
        ("(a1.T).dot(delta3)", "(a1.T).dot(delta3) / 2"),
    ],
}  # fmt: skip


MENDS = [
    ("losses_of_classes", "                dW[:, y[i]] -= X[i]\n", "", "after it `dW[:, y[i]] -= X[i]` is missing"),
    ("losses_of_classes", "onehot[np.arange(len(y)), y]", "onehot[:, y]", "index `:` where `range(len(y))` belongs"),
    ("tied_autoencoder", " + np.dot(dz.T, h)", "", "the term `dz.T @ h` missing"),
]  # fmt: skip


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


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new", "said"), MENDS)
def test_a_planted_mistake_is_explained(tmp_path, name, old, new, said):
    text = (PROGRAMS / f"{name}.py").read_text()
    assert text.count(old) == 1
    (tmp_path / f"{name}.py").write_text(text.replace(old, new))
    assert said in {blame["mistake"] for one in judged(tmp_path / f"{name}.py") for blame in one["blamed"]}

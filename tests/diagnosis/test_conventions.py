"""What a gradient is divided by, or has besides, is told from a mistake: it is another convention."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts

LAYER = """
import numpy as np
class Scale:
    def __init__(self, width=4):
        self.w, self.b, self.rate = np.linspace(1.0, 2.0, width), np.zeros(width), 0.1
    def forward(self, x):
        self.x = x
        return x * self.w + self.b
    def backward(self, dout):
        self.dw = (dout * self.x).sum(0)
        self.db = dout.sum(0)
        return dout * self.w
"""
LISTS = """
import numpy as np
class Scale:
    def __init__(self, width=4):
        self.weights, self.biases = [np.linspace(1.0, 2.0, width)], [np.zeros(width)]
    def forward(self, x):
        self.x = x
        return x * self.weights[0] + self.biases[0]
    def backward(self, dout):
        dx = dout * self.weights[0]
        self.weights[0] -= (dout * self.x).sum(0)
        self.biases[0] -= dout.mean(0)
        return dx
"""
COLUMNS = """
import numpy as np
class Mix:
    def build(self, prev_shape): self.w = np.random.randn(3, prev_shape[-1])
    def forward(self, x):
        self.x = x
        return self.w @ x
    def backward(self, dout): return self.w.T @ dout, dout @ self.x.T / self.x.shape[1]
"""
PICKED = """
import numpy as np
class Softmax:
    def forward(self, x):
        self.p = np.exp(x) / np.exp(x).sum()
        return self.p
    def backward(self, dout):
        for k, g in enumerate(dout):
            if g == 0:
                continue
            slope = -self.p[k] * self.p
            slope[k] += self.p[k]
            return g * slope
"""
LOSS = """
import numpy as np
def quadratic_loss(y_true, y_pred): return np.sum((y_pred - y_true) ** 2)
def quadratic_loss_prime(y_true, y_pred): return y_pred - y_true
"""
LOGITS = """
import numpy as np
def cross_entropy(y_true, y_pred): return -np.sum(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))
def cross_entropy_prime(y_true, y_pred): return y_pred - y_true
"""
SUMMED = """
import numpy as np
class PixelLoss:
    def __call__(self, predictions, labels): return np.mean((predictions - labels) ** 2)
    def gradient(self, predictions, labels): return 2 * (predictions - labels)
"""
EPSILON = """
import numpy as np
def pixel_loss(y_true, y_pred):
    return -np.sum(y_true * np.log(y_pred + 1e-8) + (1 - y_true) * np.log(1 - y_pred + 1e-8))
def pixel_loss_prime(y_true, y_pred): return -y_true / (y_pred + 1e-8) + (1 - y_true) / (1 - (y_pred + 1e-8))
"""


def verdict_on(folder: Path, text: str) -> dict[str, object]:
    """Return the verdict on the only derivation of a text."""
    (folder / "one.py").write_text(text)
    (found,) = verdicts(str(folder / "one.py"))
    fields = found["verdict"]
    assert isinstance(fields, dict)
    return fields


@pytest.mark.parametrize(
    ("changes", "verdict", "word"),
    [
        ({"self.x).sum(0)": "self.x).mean(0)", "dout.sum(0)": "dout.mean(0)"}, "other convention", "means"),
        ({"dout.sum(0)": "dout.mean(0)"}, "wrong", ""),
        ({"self.x).sum(0)": "self.x).sum(0) + self.rate * self.w"}, "other convention", "penalty"),
        ({"self.x).sum(0)": "self.x).sum(0) + self.rate * self.x.sum(0)"}, "wrong", ""),
        ({"self.x).sum(0)": "self.x).sum(0) + self.rate * np.sign(self.w)"}, "other convention", "penalty"),
        ({"self.x).sum(0)": "self.x).sum(0) + self.w"}, "wrong", ""),
        ({"self.x).sum(0)": "self.x).sum(0) - self.rate * self.w"}, "wrong", ""),
        ({"self.x).sum(0)": "self.x).sum(0) + self.b"}, "wrong", ""),
        ({"self.x).sum(0)": "self.x).sum(0) + self.rate"}, "wrong", ""),
    ],
    ids=[
        "all are means",
        "one is a mean",
        "a penalty",
        "a term of the data",
        "a penalty on sizes",
        "a weight as it stands",
        "a penalty of the wrong sign",
        "another weight",
        "a number",
    ],
)
@pytest.mark.quick(2)
def test_means_and_penalties_of_a_layer(tmp_path, changes, verdict, word):
    text = LAYER
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    said = verdict_on(tmp_path, text)
    assert said["verdict"] == verdict
    assert word in " ".join(said["convention"])


def test_a_mean_beside_a_sum_in_lists_is_a_mistake(tmp_path):
    assert verdict_on(tmp_path, LISTS)["verdict"] == "wrong"


def test_means_of_a_layer_that_is_told_the_shape_of_its_columns(tmp_path):
    assert verdict_on(tmp_path, COLUMNS)["verdict"] == "other convention"


@pytest.mark.slow
@pytest.mark.parametrize(("change", "verdict"), [("", "other convention"), ("+= self.p[k]", "wrong")], ids=str)
def test_a_layer_that_expects_one_gradient_that_is_not_zero(tmp_path, change, verdict):
    text = PICKED.replace(change, "+= 1") if change else PICKED
    assert verdict_on(tmp_path, text)["verdict"] == verdict


@pytest.mark.parametrize(
    ("text", "words"),
    [(LOSS, "1/2 times the derivative"), (LOGITS, "into a sigmoid"), (SUMMED, "times the derivative")],
    ids=["half", "logits", "a sum beside a mean"],
)
def test_a_wrong_derivative_of_a_loss_says_of_what_it_is_a_multiple(tmp_path, text, words):
    said = verdict_on(tmp_path, text)
    assert said["verdict"] == "wrong" and words in str(said["summary"])


def test_an_epsilon_on_the_other_side_of_a_minus(tmp_path):
    assert verdict_on(tmp_path, EPSILON)["verdict"] == "match"


WIDER = """
import numpy as np
class Softplus:
    def __init__(self, beta=2.0):
        self.beta = beta
    def forward(self, x):
        return np.logaddexp(0, self.beta * x) / self.beta
    def derivative(self, x):
        return 1 / (1 + np.exp(-self.beta * x))
"""


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [("", "", "other convention"), ("x) / self.beta", "x)", "wrong"), ("exp(-self.beta * x)", "exp(-x)", "wrong")],
    ids=["right", "forward without its division", "slope without it"],
)
@pytest.mark.quick(2)
def test_an_activation_with_a_number_of_its_own_is_what_it_is_said_to_be_at_one(tmp_path, old, new, verdict):
    assert old in WIDER
    said = verdict_on(tmp_path, WIDER.replace(old, new))
    assert said["verdict"] == verdict
    assert verdict == "wrong" or "beta = 2" in " ".join(said["convention"])

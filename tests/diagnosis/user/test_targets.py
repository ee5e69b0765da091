"""The targets that a loss is held to: numbers far from its predictions where it is one of differences."""

import numpy as np
import pytest

from handnn.diagnosis.check import verdicts
from handnn.diagnosis.user.call.making import makers

LOSSES = """
import numpy as np
def huber(pred, target, delta=1.0):
    e = pred - target
    return np.mean(np.where(np.abs(e) <= delta, 0.5 * e**2, delta * (np.abs(e) - 0.5 * delta)))
def huber_grad(pred, target, delta=1.0):
    e = pred - target
    return np.where(np.abs(e) <= delta, e, delta * np.sign(e)) / e.size
def tukey(pred, target, c=4.685):
    u = np.clip((pred - target) / c, -1, 1)
    return np.mean(c**2 / 6 * (1 - (1 - u**2) ** 3))
def tukey_grad(pred, target, c=4.685):
    e = pred - target
    return np.where(np.abs(e) <= c, e * (1 - (e / c) ** 2) ** 2, 0) / e.size
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", [True, True]),
        ("np.abs(e) <= delta, e,", "e <= delta, e,", [False, True]),  # quadratic far below the target
        ("np.abs(e) <= delta, e,", "e >= -delta, e,", [False, True]),  # and far above it
        ("np.abs(e) <= c", "e <= c", [True, False]),
    ],
    ids=["right", "huber below the target", "huber above the target", "tukey below the target"],
)
@pytest.mark.quick(2)
def test_a_loss_of_differences_is_held_to_targets_on_both_sides(tmp_path, old, new, expected):
    assert old in LOSSES
    (tmp_path / "losses.py").write_text(LOSSES.replace(old, new))
    assert [found["verdict"]["ok"] for found in verdicts(str(tmp_path / "losses.py"))] == expected


def test_heads_that_share_keys_are_made_so_that_counts_differ():
    class Attention:
        def __init__(self, dim, n_heads, n_kv_heads):
            assert n_heads % n_kv_heads == 0
            self.counts = dim // n_heads, n_heads // n_kv_heads, n_kv_heads

    made = next(iter(makers(Attention, None)))()
    assert np.all(np.greater(made.counts, 1))
    assert made.counts[1] != made.counts[2]


WEIGHTED = """
import numpy as np
class WeightedLoss:
    def __init__(self, class_weights=(1.0, 3.0, 0.5)):
        self.class_weights = np.asarray(class_weights)
    def value(self, outputs, targets):
        logp = outputs - np.log(np.exp(outputs).sum(axis=1, keepdims=True))
        w = self.class_weights[targets]
        return -(w * logp[np.arange(len(targets)), targets]).sum() / w.sum()
    def gradient(self, outputs, targets):
        grad = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
        grad[np.arange(len(targets)), targets] -= 1
        w = self.class_weights[targets]
        return grad * w[:, None] / w.sum()
"""


@pytest.mark.parametrize(("count", "ok"), [("w.sum()", True), ("len(targets)", False)])
def test_a_loss_with_weights_of_its_classes_is_given_as_many_classes(tmp_path, count, ok):
    (tmp_path / "losses.py").write_text(WEIGHTED.replace("None] / w.sum()", f"None] / {count}"))
    (found,) = verdicts(str(tmp_path / "losses.py"))
    assert found["verdict"]["ok"] is ok
    assert ok or found["verdict"]["blamed"][0]["fix"].endswith("w.sum()")

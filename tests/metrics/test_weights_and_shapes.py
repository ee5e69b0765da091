"""Sample weights on the way through a model, and labels of more axes; in exact or plain NumPy, without Keras."""

import numpy as np
import pytest

import handnn
from handnn import layers, metrics
from handnn.rounding.explanation import explain
from handnn.testing import assert_explained_by_rounding


@pytest.mark.parametrize(
    ("output", "units", "name"),
    [
        ("softmax", 3, "categorical_crossentropy"),
        ("softmax", 3, "sparse_categorical_crossentropy"),
        ("sigmoid", 1, "binary_crossentropy"),
    ],
)
def test_weighted_crossentropies_of_logits(output, units, name, rng):
    """The metric gets the logits of the output, and the weights."""
    x, labels = rng.normal(size=(12, 4)).astype("float32"), rng.integers(0, 2, 12)
    y = np.eye(units)[labels] if name == "categorical_crossentropy" else labels[:, None]
    weight = np.arange(12) / 4
    model = handnn.Sequential([handnn.Input((4,)), layers.Dense(units, output)])
    model.compile("sgd", "mse" if units == 1 else name, metrics=[name], weighted_metrics=[name])
    z = model.trace(x, y).layers[-1].z
    signs = np.where(labels == 1, -1, 1).astype("float32")

    def mean(z, weight):
        if units == 1:
            values = np.log1p(np.exp(signs * z[:, 0]))
        else:
            values = np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(12), labels]
        return np.sum(weight * values) / np.sum(weight)

    ones, weight = (w.astype("float32") for w in (np.ones(12), weight))
    for batch in (12, 5):
        _, plain, weighted = model.evaluate(x, y, batch_size=batch, sample_weight=weight, verbose=0)
        for found, own, other in ((plain, ones, weight), (weighted, weight, ones)):
            assert_explained_by_rounding(np.float32(found), mean, z, own)
            assert not explain(np.float32(found), mean, z, other).ok


@pytest.mark.parametrize("cls", [metrics.SparseCategoricalAccuracy, metrics.SparseTopKCategoricalAccuracy])
@pytest.mark.parametrize("steps", [1, 4])
def test_labels_of_sequences_may_have_a_last_axis(cls, steps, rng):
    """(samples, steps) and (samples, steps, 1) are the same labels, also for a single step."""
    labels, y_pred = rng.integers(0, 6, (5, steps)), rng.random((5, steps, 6))
    found = []
    for y_true in (labels, labels[..., None]):
        metric = cls()
        metric.update_state(y_true, y_pred)
        found.append(metric.result())
    order = np.argsort(-y_pred, axis=-1)[..., : 1 if cls is metrics.SparseCategoricalAccuracy else 5]
    assert found[0] == found[1] == pytest.approx(np.mean((order == labels[..., None]).any(axis=-1)))
    with pytest.raises(ValueError, match="one label per row"):
        cls().update_state(labels[:, :, None].repeat(2, axis=2), y_pred)


def test_precision_and_recall_show_the_two_counts_of_their_ratio():
    for name, counts in (
        ("Precision", {"true_positives", "false_positives"}),
        ("Recall", {"true_positives", "false_negatives"}),
    ):
        assert {variable.name for variable in getattr(metrics, name)().variables} == counts

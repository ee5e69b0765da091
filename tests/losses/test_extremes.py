"""Labels and predictions near the largest number: what overflows in TensorFlow's order alone is open, not wrong."""

import numpy as np
import pytest

from handnn import losses
from handnn.losses import losses as registry
from handnn.proof.cases import losses as loss_cases
from handnn.proof.keras.losses import value_and_gradient
from handnn.rounding import loss_bounds
from handnn.rounding.reading import as_read
from handnn.verify.comparison import compare
from handnn.verify.report import row

VARIANTS = [(name, options) for name, cls in registry.items() for options in loss_cases.variants(cls)]
PLACES = [(True, True), (True, False), (False, True)]


@np.errstate(over="ignore")
def large(numbers, size):
    """Return numbers of this size, none of them infinite."""
    largest = np.finfo(numbers.dtype).max
    return np.clip(numbers * numbers.dtype.type(size), -largest, largest)


@np.errstate(all="ignore")
def rows(loss, twin, tf, y_true, y_pred):
    """The values and the gradient as verification has them."""
    y, p = loss.prepare(y_true, y_pred)
    known = y if y.dtype.kind == "i" else as_read(y)
    values = np.asarray(twin(loss).call(tf.constant(y_true), tf.constant(y_pred)))
    _, gradient = value_and_gradient(tf, twin(loss), y_true, y_pred, None)
    own, bound = loss.values(y, p), loss_bounds.values(loss, known, as_read(p))
    found = [row(compare("", "values", loss.name, own, values.reshape(own.shape), bound))]
    own, bound = loss.gradient_of_reduced(y, p.copy()), loss_bounds.slopes(loss, known, as_read(p), None)
    return [*found, row(compare("", "gradient", loss.name, own, gradient.reshape(own.shape), bound))]


@pytest.mark.quick(4, cover={"name": lambda name: name})
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=str)
def test_what_overflows_is_never_wrong(name, options, dtype, twin, tf, rng):
    loss, largest = registry[name](dtype=dtype, **options), float(np.finfo(dtype).max)
    for share in (0.99, 0.5, 1 / 16, 1e-4, largest**-0.25, 4 * largest**-0.5):
        for of_labels, of_predictions in PLACES:
            y_true, y_pred = loss_cases.batch(loss, (5, 4), rng)
            if of_labels and y_true.dtype.kind == "f":
                y_true = large(y_true, share * largest)
            if of_predictions:
                y_pred = large(y_pred, share * largest)
            for told in rows(loss, twin, tf, y_true, y_pred):
                assert told.ok or told.undecided, (share, of_labels, of_predictions, told.sentence())


def test_a_mistake_is_seen_up_to_there(twin, tf, rng, monkeypatch):
    loss = losses.MeanSquaredError(dtype="float64")
    right = losses.MeanSquaredError.derivatives
    monkeypatch.setattr(losses.MeanSquaredError, "derivatives", lambda self, *a, out=None: 2 * right(self, *a))
    y_true, y_pred = rng.normal(size=(2, 5, 4)) * 1e305
    _, gradient = rows(loss, twin, tf, y_true, y_pred)
    assert not gradient.ok and not gradient.undecided

"""Bounds of activations for either library, and what verification says where Keras is no reference."""

import numpy as np
import pytest

from handnn import Sequential, activations, layers
from handnn.activations import LeakyRelu
from handnn.rounding import allowance
from handnn.verify import verify_model
from handnn.rounding.activation_bounds import activation_bound, only_where_keras_is_right, residual_bound
from handnn.rounding.bounded import Bounded


def network(activation, units=6, outputs=2, last=False, dtype="float64"):
    rng = np.random.default_rng(4)
    stack = [layers.Dense(units, activation=activation, dtype=dtype, name="hidden")]
    stack += [] if last else [layers.Dense(outputs, dtype=dtype, name="output")]
    model = Sequential([layers.Input((3,), dtype=dtype, name="input"), *stack], name="net")
    model.compile("sgd", "mse")
    model.set_weights([2 * rng.normal(size=w.shape) for w in model.weights])
    return model, rng.normal(size=(8, 3)), rng.normal(size=(8, model.output_shape[-1]))


# ---- the larger bound counts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [e for e in activations.cases() if hasattr(e, "keras_forward")], ids=repr)
def test_what_keras_loses_is_in_the_bound(entry, dtype, rng):
    z = (0.01 * rng.normal(size=(6, 4))).astype(dtype)
    own = entry.forward(Bounded(z)).error
    theirs = np.broadcast_to(getattr(entry.keras_forward(Bounded(z)), "error", 0.0), z.shape)
    found = activation_bound(entry, z)
    assert np.array_equal(found.value, entry.forward(z))
    assert np.all(found.error >= np.maximum(own, theirs))


def test_the_difference_of_keras_is_far_more_than_handnns():
    z = np.float32([1e-3])
    entry = activations.tanh_shrink
    assert activation_bound(entry, z).error > 1e5 * entry.forward(Bounded(z)).error


def test_a_measured_kernel_is_in_the_bound():
    z = np.float32([1.5])
    softplus = allowance.c("softplus", "float32") * allowance.unit_roundoff("float32")
    for entry in (activations.softplus, activations.log_sigmoid):
        assert activation_bound(entry, z).error >= softplus * abs(float(entry(z)[0]))


def test_arrays_and_bounded_arrays_are_taken(rng):
    z, upstream = rng.normal(size=(2, 5))
    entry = activations.squareplus
    a = entry.forward(z)
    exact = residual_bound(entry, upstream, z, a)
    moved = residual_bound(entry, upstream, Bounded(z), Bounded(a, 1e-3))
    assert np.array_equal(exact.value, moved.value) and np.all(moved.error > exact.error)


# ---- where Keras is wrong -------------------------------------------------------------------------------------------


def test_what_keras_gets_wrong_is_not_called_a_match(keras):
    model, x, y = network("sparsemax")
    report = verify_model(model, x, y)
    assert report.ok, report.verdict()
    (note,) = report.notes
    assert note.startswith("hidden: Keras' sparsemax is wrong in ")
    assert activations.sparsemax.keras_wrong in note and note in str(report).replace("\n", " ")
    assert report["hidden a"].formula == "sparsemax(z), where Keras is right"
    assert not [row for row in report if row.check == "end to end"]
    assert [row for row in report if row.check == "wiring"]


def test_where_it_is_right_there_is_nothing_to_say(keras):
    model, x, y = network("sparsemax", units=1)
    report = verify_model(model, x, y)
    assert report.ok and not report.notes
    assert [row for row in report if row.check == "end to end"]
    assert report["hidden a"].formula == "sparsemax(z)"


def test_a_mistake_is_seen_where_keras_is_right(keras, monkeypatch):
    model, x, y = network("sparsemax")
    right = activations.Sparsemax.forward
    monkeypatch.setattr(activations.Sparsemax, "forward", lambda self, z, out=None: 0.99 * right(self, z))
    assert verify_model(model, x, y, optimizer=False).first_failure.where == "hidden a"


def test_only_wrong_elements_are_left_out():
    z = np.array([[3.0, 0.0], [1.0, 1.0]])
    found, reference = only_where_keras_is_right(activations.sparsemax, z, z, 2 * z)
    assert np.isnan(found).tolist() == np.isnan(reference).tolist() == [[False, False], [True, True]]
    assert np.array_equal(reference[0], 2 * z[0])
    assert only_where_keras_is_right(activations.tanh, z, z)[0] is z


# ---- arguments and widths -------------------------------------------------------------------------------------------


def test_an_activation_that_a_config_cannot_hold_is_refused_in_one_line():
    model, x, y = network(LeakyRelu(0.1))
    model.train_on_batch(x, y)  # handnn has no need of a config
    with pytest.raises(ValueError, match=r"leaky_relu with negative_slope=0.1 cannot be serialised.*LeakyReLU$"):
        verify_model(model, x, y)


def test_glu_is_verified_as_the_last_activation(dtype, keras):
    model, x, y = network("glu", last=True, dtype=dtype)
    assert model.output_shape == (None, 3)
    report = verify_model(model, x, y)
    assert report.ok, report.verdict()
    assert report["hidden a"].shape == (8, 3) and report["hidden delta"].shape == (8, 6)

"""What a notebook shows of a model, a trace, a report and a History."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.verify.report import Report, Row


@pytest.fixture
def model():
    made = handnn.Sequential(
        [handnn.Input((3,)), layers.Dense(4, "tanh", name="a<b"), layers.Dense(1, name="out")], name="n"
    )
    made.compile("sgd", "mse")
    return made


def test_a_model_shows_its_layers(model):
    shown = model._repr_html_()
    assert "a&lt;b (Dense)" in shown and "Total params: 21" in shown and "a<b" not in shown


def test_a_trace_shows_formulas_and_tensors(model, rng):
    trace = model.trace(rng.normal(size=(5, 3)), rng.normal(size=(5, 1)))
    shown = trace._repr_html_()
    assert "dW = a_{prev}^T" in shown and "a&lt;b dW" in shown and "3 x 4" in shown
    assert f"{np.abs(trace['out'].delta).mean():.4g}" in shown
    assert "out" not in trace["a<b"]._repr_html_() and "5 x 4" in trace["a<b"]._repr_html_()


def test_a_report_shows_its_verdict_and_marks_what_is_wrong():
    right = Row("h", "z", "", (2,), "float32", (0,), 1.0, 1.0, 0.0, 1e-7, 0.0, 0)
    wrong = Row("h", "a", "", (2,), "float32", (0,), 2.0, 1.0, 1.0, 1e-7, 1e7, 2)
    good, bad = Report("n", [right])._repr_html_(), Report("n", [right, wrong])._repr_html_()
    assert "verified: 1 tensors agree" in good and 'class="bad"' not in good.split("</style>")[1]
    assert "MISMATCH in 1 of 2" in bad and '<span class="bad">' in bad


def test_a_history_is_a_plot(model, rng):
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    history = model.fit(x, y, epochs=2, verbose=0, validation_data=(x, y))
    shown = history._repr_html_()
    assert "data:image/png;base64," in shown and "after 2 epochs: loss " in shown
    assert "no epoch yet" in handnn.callbacks.History()._repr_html_()

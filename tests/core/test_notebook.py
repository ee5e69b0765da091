"""What a notebook shows of a model, a trace, a report and a History."""

import numpy as np
import pytest

import handnn
from handnn import activations, layers
from handnn.core import formulas
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
    assert r"dW &amp;= x^T\,\delta" in shown and r"a &amp;= \tanh(z)" in shown and "f&#x27;(z) &amp;= 1 - a^2" in shown
    assert "a&lt;b, Dense</h2>" in shown and "3 x 4" in shown and "a<b" not in shown
    assert f"{np.abs(trace['out'].delta).mean():.4g}" in shown
    numbers = np.array2string(trace["out"].dW, precision=5)
    own = trace["a<b"]._repr_html_()
    assert numbers in shown and numbers not in own and "5 x 4" in own


def parsed(line):
    """Whether matplotlib reads a line of LaTeX."""
    from matplotlib.mathtext import MathTextParser

    return MathTextParser("path").parse(f"${line}$".replace(r"\textstyle", "").replace(r"\operatorname", r"\mathrm"))


@pytest.mark.slow
def test_every_formula_is_latex():
    """Of all activations and layers, with braces that close; none is cut off."""
    found = [line for name in activations.activations for line in formulas._of_activation(activations.get(name), False)]
    stated = {text for name in dir(layers) for text in getattr(getattr(layers, name), "formulas", {}).values()}
    assert len(stated) > 60
    for line in [*found, *map(formulas.latex, stated)]:
        assert parsed(line) and "_{" not in line.replace("_{", "", line.count("}")) and "`" not in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x @ W + b", r"x\,W + b"),
        ("x.T @ delta", r"x^T\,\delta"),
        ("delta.sum(axis=0)", r"\delta\text{ summed over the batch}"),
        ("a_j = exp(z_j) / sum_k exp(z_k)", r"a_{j} = \exp(z_{j}) / \textstyle\sum_{k}\ \exp(z_{k})"),
        ("mean of each window", r"\text{mean of each window}"),
        ("sum of h_(t-1).T delta_t", r"\text{sum of}\ h_{t-1}^T\ \delta_{t}"),
        ("r (g - mean(g))", r"r\ (g - \operatorname{mean}(g))"),
        ("x * mask", r"x \odot \text{mask}"),
    ],
)
def test_formulas_in_latex(text, expected):
    assert formulas.latex(text) == expected


def test_layers_without_weights_have_formulas_too(rng):
    stack = [handnn.Input((3,)), layers.Dropout(0.5, name="d"), layers.Activation("relu", name="r"),
             layers.BatchNormalization(name="n"), layers.Dense(2, "softmax", use_bias=False, name="out")]  # fmt: skip
    made = handnn.Sequential(stack, name="n")
    made.compile("sgd", "categorical_crossentropy")
    trace = made.trace(rng.normal(size=(5, 3)), np.eye(2)[[0, 1, 0, 1, 1]])
    told = {t.name: formulas.of_layer(t.layer, t.upstream is None) for t in trace}
    assert told["d"] == [r"z = x \odot \text{mask}", "a = z", r"\delta = {\frac{\partial L}{\partial a}}",
                         r"dx = \delta \odot \text{mask}"]  # fmt: skip
    assert told["out"][0] == r"z = x\,W" and r"\text{with the activation inside}" in told["out"][2]
    assert [line.partition(" =")[0] for line in told["n"]][-3:] == [
        r"\text{moving mean}", r"\text{moving variance}", "dx"
    ]  # fmt: skip


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


def test_the_gradient_of_a_weight_is_d_before_its_name():
    from handnn import layers

    lstm = layers.LSTM(2)
    lstm.build((None, 3, 2))
    assert any(line.startswith(r"d\text{recurrent kernel} = ") for line in formulas.of_layer(lstm))

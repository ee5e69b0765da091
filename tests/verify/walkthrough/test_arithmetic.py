"""The arithmetic that `handnn.verify.walkthrough` writes out, for every entry of the registries."""

import math

import numpy as np
import pytest

from handnn import activations, losses, optimizers
from handnn.verify import sample_data
from handnn.verify import walkthrough
from handnn.verify.walkthrough.expression import Writer, number
from handnn.verify.walkthrough.symbolic_array import Written, named


FUNCTIONS = {
    "add": lambda *args: sum(args), "multiply": lambda *args: math.prod(args), "divide": lambda a, b: a / b,
    "negative": lambda a: -a, "maximum": max, "minimum": min, "absolute": abs,
    "bitwise_and": lambda a, b: a and b, "bitwise_or": lambda a, b: a or b, "invert": lambda a: not a,
}  # fmt: skip


def recomputed(expression):
    """What the written arithmetic comes to, recomputed with Python's floats from names and constants alone."""
    if not expression.computed:
        return expression.value
    args = [recomputed(arg) for arg in expression.args]
    function = FUNCTIONS.get(expression.op) or getattr(np, expression.op, None) or getattr(math, expression.op)
    return float(function(*args))


def check_recomputed(array, expected):
    assert isinstance(array, Written)
    np.testing.assert_array_equal(array.value, expected)
    for index in np.ndindex(array.shape):
        terms = array.at(index)
        scale = 1 + abs(terms.value)
        # whether it is the same expression is asked: math and NumPy round the functions in it each in their own way
        assert abs(recomputed(terms) - terms.value) <= 1e-10 * scale, (Writer().symbols(terms), index)


@pytest.mark.parametrize("name", list(activations.activations))
def test_the_arithmetic_of_every_activation_comes_to_its_value(name, rng):
    f, z = activations.activations[name], rng.normal(size=(2, 4))
    a = f.forward(z)
    upstream = rng.normal(size=a.shape)
    check_recomputed(f.forward(named("z", z)), a)
    written = f.backward(named("upstream", upstream), named("z", z), named("a", a))
    check_recomputed(written, f.backward(upstream, z, a))


@pytest.mark.parametrize("name", list(losses.losses))
def test_the_arithmetic_of_every_loss_comes_to_its_value(name, rng):
    loss = losses.losses[name](dtype="float64")
    p = sample_data.predictions(loss, (2, 3), rng)
    y = np.array([0, 2]) if loss.targets == "labels" else np.eye(3)[[0, 2]]
    labels = y if loss.targets == "labels" else named("y", y)
    check_recomputed(loss.values(labels, named("p", p)), loss.values(y, p))
    check_recomputed(loss.gradient_of_reduced(labels, named("p", p)), loss.gradient_of_reduced(y, p))


NO_RULE = {"adafactor": {"bias r", "bias c"}, "nadam": {"u_product"}}
"""Slots that are kept and not used (of vectors), or that belong to no weight."""


@pytest.mark.parametrize("name", list(optimizers.optimizers))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_optimizer_is_written_out(name, dtype, tiny):
    model, x, y = tiny(optimizer=name, dtype=dtype)
    steps = [step for step in walkthrough(model, x, y, reference=False) if step.phase == "optimizer"]
    unwritten = {step.tensor for step in steps if step.element() is None}
    assert steps and unwritten <= NO_RULE.get(name, set())
    assert all(step.remarks for step in steps)


@pytest.mark.quick(21)
@pytest.mark.parametrize("hidden", ["tanh", "relu", "linear", "softmax"])
@pytest.mark.parametrize("loss", list(losses.losses))
def test_every_step_of_a_network_is_written_out(hidden, loss, tiny):
    output = "softmax" if losses.losses[loss].predictions == "probability" else "linear"
    walk = walkthrough(*tiny(hidden, output, loss), reference=False)
    for step in walk:
        assert step.given or step.element() is not None, f"{step.layer} {step.tensor}"


def test_code_that_is_not_written_out_shows_its_numbers_alone(monkeypatch, tiny):
    def forward(self, z, out=None):
        if isinstance(z, Written):
            raise TypeError("not for arrays of this kind")
        return np.tanh(z, out=out)

    monkeypatch.setattr(type(activations.tanh), "forward", forward)
    walk = walkthrough(*tiny(), reference=False)
    assert walk["hidden a"].element() is None
    assert "a = tanh(z)" in str(walk)


# ---- expressions -----------------------------------------------------------------------------------------------------

X = named("x", np.array([0.5, -0.3, 2.0]))
EXPRESSIONS = {
    "x[0] + x[1]": X[0] + X[1],
    "x[0] - x[1]": X[0] - X[1],
    "x[0] - (x[1] + x[2])": X[0] - (X[1] + X[2]),
    "x[0] x[1] + 3": X[0] * X[1] + 3,
    "2 x[0]": X[0] * 2,
    "(x[0] + x[1]) * x[2]": (X[0] + X[1]) * X[2],
    "x[0] / (x[1] x[2])": X[0] / (X[1] * X[2]),
    "x[0] / x[1] / x[2]": X[0] / X[1] / X[2],
    "(x[0] + 1)^2": np.square(X[0] + 1),
    "1 / (exp(-x[0]) + 1)": np.reciprocal(np.exp(-X[0]) + 1),
    "x[0] * [x[0] > 0]": X[0] * (X[0] > 0),
    "max(x[0], x[1], x[2])": X.max(),
    "(x[0] + x[1] + x[2]) / 3": np.mean(X),
    "|x[0]|": np.abs(X[0]),
    "x[2]": np.where(np.array([True, False, True]), X, 0.0)[2],
}


@pytest.mark.parametrize("text", list(EXPRESSIONS))
def test_expressions_read_as_one_writes_them(text):
    assert Writer().symbols(EXPRESSIONS[text].at(())) == text


def test_negative_numbers_stand_in_brackets_behind_an_operator():
    writer = Writer()
    assert writer.stages((X[0] * X[1] - X[1]).at(())) == ["0.5*(-0.3) + 0.3", "-0.15 + 0.3"]
    assert number(-0.0) == "0" and number(np.nan) == "nan"


def test_long_expressions_name_what_they_repeat():
    z = named("z", np.array([[0.1, 0.2, 0.3, 0.4]]))
    terms, writer = activations.softmax.forward(z).at((0, 1)), Writer()
    (name, shared), *_ = writer.shared(terms)
    assert Writer().symbols(shared) == "max(z[0,0], z[0,1], z[0,2], z[0,3])"
    assert f"(exp(z[0,0] - {name}) + " in writer.symbols(terms) and len(writer.symbols(terms)) <= 72

"""`handnn trace` and `handnn.verify.walkthrough`: numbers, the arithmetic beside them, planted mistakes, bad input."""

import json
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import handnn
from handnn import activations, cli, layers, losses, optimizers
from handnn.cli.network import parse_layers
from handnn.verify import loss_cases, walkthrough
from handnn.verify.blackboard import lines
from handnn.verify.expression import Writer, number
from handnn.verify.written import Written, named

HAND = ["trace", "--no-keras"]


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run a command in this process; return exit status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments):
        monkeypatch.setattr(sys, "argv", ["handnn", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run_command


def tiny(hidden="tanh", output="softmax", loss="categorical_crossentropy", optimizer="sgd", dtype="float64", rows=2):
    """A 2-3-2 network with round weights, and a batch."""
    rng = np.random.default_rng(3)
    stack = [layers.Dense(3, hidden, name="hidden", dtype=dtype), layers.Dense(2, output, name="output", dtype=dtype)]
    model = handnn.Sequential([handnn.Input((2,), dtype=dtype, name="input"), *stack], name="tiny")
    model.compile(optimizer, losses.get(loss, dtype=dtype))
    model.set_weights([rng.integers(1, 10, w.shape) / 10 for w in model.weights])
    y = np.arange(rows) % 2 if model.loss.targets == "labels" else np.eye(2)[np.arange(rows) % 2]
    return model, rng.integers(1, 10, (rows, 2)) / 10, y


# ---- what is printed -------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_trace():
    model, x, y = tiny()
    trace, walk = model.trace(x, y, training=True), walkthrough(model, x, y, reference=False)
    for t in trace:
        for name, array in t.tensors():
            if name != "upstream":  # the dx of the layer above, no step of its own
                np.testing.assert_array_equal(walk[f"{t.name} {name}"].found, array)
    assert walk["output loss"].found == trace.loss
    model.train_on_batch(x, y)
    for layer in model.layers:
        for weight in layer.weights:
            np.testing.assert_array_equal(walk[f"{layer.name} {weight.name} stepped"].found, weight.value)


def test_one_element_is_written_out_to_be_recomputed():
    model, x, y = tiny()
    written = walkthrough(model, x, y, reference=False)["hidden z"].element()
    w, b = model.layers[0].get_weights()
    assert written.symbols == "x[0,0] W[0,1] + x[0,1] W[1,1] + b[1]"
    assert written.stages[0] == f"{x[0, 0]:g}*{w[0, 1]:g} + {x[0, 1]:g}*{w[1, 1]:g} + {b[1]:g}"
    assert written.stages[1] == f"{x[0, 0] * w[0, 1]:.5g} + {x[0, 1] * w[1, 1]:.5g} + {b[1]:.5g}"
    assert written.value == x[0] @ w[:, 1] + b[1]


def test_both_sides_stand_beside_each_other_with_their_verdict(run):
    status, out, _ = run("trace", "2-3-2")
    assert status == 0
    assert out.count("ok     error") == out.count("    handnn ") == 18
    for heading in ("FORWARD", "LOSS", "BACKWARD", "OPTIMIZER"):
        assert len(re.findall(f"^{heading} ", out, re.MULTILINE)) == 1
    assert "f'(z) = 1 - a^2" in out
    assert re.search(r"^verified: 18 tensors agree with TensorFlow", out, re.MULTILINE)
    for line in re.findall(r"handnn +TensorFlow\n(.*)\n", out):
        ours, theirs = np.array_split(line.split(), 2)
        np.testing.assert_allclose(ours.astype(float), theirs.astype(float), rtol=1e-4, atol=1e-7)


NETWORKS = [
    ["2-3-2"],
    ["4-5-3", "tanh", "softmax", "categorical_crossentropy"],
    ["4-5-3 relu linear mse", "--optimizer", "adam"],
    ["3-12-2 sigmoid sigmoid", "--dtype", "float64", "--digits", "12"],
    ["40-30-20", "--batch-size", "16"],
    ["40-30-20", "--full", "--digits", "3"],
    ["1-1", "--batch-size", "1", "--optimizer", "momentum", "--learning-rate", "0.5"],
    ["3-4 linear sparse_categorical_crossentropy"],
]


@pytest.mark.parametrize("arguments", NETWORKS, ids=" ".join)
def test_no_line_is_wider_than_80_columns(run, arguments):
    status, out, err = run(*HAND, *arguments)
    assert status == 0, err
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out and "\0" not in out  # no colours where there is no terminal


def test_a_large_network_is_cut_to_corners_unless_it_is_wanted_whole(run):
    cut, whole = (run(*HAND, "40-30-20", *more)[1] for more in ([], ["--full"]))
    assert "too large to print whole" in cut and "… 32 more rows" in cut
    assert "too large" not in whole and "…" not in whole and "columns 0 to" in whole
    assert len(whole) > 5 * len(cut)
    assert "+ ... +" in cut


def test_json_holds_everything(run):
    status, out, _ = run("trace", "2-3-2 tanh softmax", "--json", "--digits", "7", "--dtype", "float64")
    result = json.loads(out)
    assert status == 0 and result["ok"] and result["compared"]
    assert set(result) == {"network", "name", "ok", "compared", "verdict", "steps"}
    keys = {"phase", "layer", "tensor", "given", "formula", "remarks", "shape", "dtype", "handnn", "tensorflow",
            "error", "allowance", "ratio", "outside", "ok", "element"}  # fmt: skip
    assert all(set(step) == keys for step in result["steps"])
    computed = [step for step in result["steps"] if not step["given"]]
    assert [step["tensor"] for step in computed[:4]] == ["z", "a", "z", "a"]
    for step in computed:
        assert np.shape(step["handnn"]) == np.shape(step["tensorflow"]) == tuple(step["shape"])
        assert step["ok"] and step["ratio"] <= 1 and step["error"] <= step["allowance"]
        element = step["element"]
        assert set(element) == {"name", "index", "symbols", "stages", "value", "definitions"}
        assert np.asarray(step["handnn"])[tuple(element["index"])] == element["value"]


def test_a_planted_mistake_is_shown_wrong_with_the_arithmetic_that_made_it(run, monkeypatch):
    right = layers.Dense.backward

    def wrong(self, t):
        right(self, t)
        t.gradients["bias"] = t.gradients["bias"] / len(t.x)

    monkeypatch.setattr(layers.Dense, "backward", wrong)
    status, out, _ = run("trace")
    assert status == 1
    assert "WRONG  output: db = delta.sum(axis=0) is off in 2 of 2 elements" in out
    assert re.search(r"db\[\d\] = \(delta\[0,\d\] \+ delta\[1,\d\]\) / 2$", out, re.MULTILINE)
    assert re.search(r"^ +(-?[\d.]+! +){4}$", out.replace("!\n", "! \n"), re.MULTILINE)
    assert "MISMATCH in 2 of 18 tensors" in out
    assert out.count("WRONG  ") == 2
    status, out, _ = run("trace", "--json")
    assert status == 1 and not json.loads(out)["ok"]


def test_a_planted_shape_is_shown_wrong(run, monkeypatch):
    right = layers.Dense.backward

    def wrong(self, t):
        right(self, t)
        t.gradients["kernel"] = t.gradients["kernel"].T

    monkeypatch.setattr(layers.Dense, "backward", wrong)
    status, out, _ = run("trace")
    assert status == 1 and "shape (2, 3) float32, expected (3, 2) float32" in " ".join(out.split())


def test_a_step_left_out_between_correct_ones_is_shown_wrong(monkeypatch):
    model, x, y = tiny()
    right = handnn.Sequential.backward_pass

    def wrong(self, y, trace, weight=None):
        right(self, y, trace, weight)
        trace.layers[0].gradients["bias"][...] = 0

    monkeypatch.setattr(handnn.Sequential, "backward_pass", wrong)
    walk = walkthrough(model, x, y)
    assert not walk.ok
    assert [(step.phase, step.layer, step.tensor) for step in walk if not step.ok] == [
        ("wiring", "hidden", "db chained")
    ]
    assert "WRONG  hidden: db chained" in str(walk)


def test_without_keras_tensorflow_is_not_imported_and_the_answer_comes_at_once(tmp_path):
    code = (
        "import sys; from handnn import cli; sys.argv = ['handnn', 'trace', '--no-keras']\n"
        "try: cli.main()\nexcept SystemExit as e: print(e.code, 'tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    start = time.perf_counter()
    settings = os.environ | {"PYTHONPATH": str(Path(handnn.__file__).parents[1])}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=settings)
    assert time.perf_counter() - start < 15  # under half a second on a machine of its own
    assert done.stdout.splitlines()[-1] == "0 False False"
    assert "not held against TensorFlow" in done.stdout


def test_a_network_saved_by_keras(run, keras, tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "tanh"), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.keras")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)).astype("float32"), rng.normal(size=(5, 1))
    np.savez(tmp_path / "b.npz", x=x, y=y)
    status, out, err = run("trace", "m.keras", "--data", "b.npz", "--json")
    assert status == 0, err
    steps = json.loads(out)["steps"]
    np.testing.assert_array_equal(np.float32(steps[0]["handnn"]), x[:2])
    np.testing.assert_allclose(next(s for s in steps if s["tensor"] == "y")["handnn"], y[:2], rtol=1e-6)
    assert run("trace", "m.keras", "--activation", "relu")[0] == 2


def test_branches_masks_penalties_and_sample_weights():
    x = handnn.Input((4,), name="x")
    h = layers.Dense(4, "relu", kernel_regularizer="l2", activity_regularizer="l1", name="first")(x)
    h = layers.Dropout(0.5, seed=1, name="dropout")(h)
    out = layers.Dense(3, "sigmoid", name="last")(layers.Add(name="add")([x, h]))
    model = handnn.Model(x, out)
    model.compile("adam", "mse")
    rng = np.random.default_rng(1)
    walk = walkthrough(model, rng.normal(size=(2, 4)), np.eye(3)[:2], sample_weight=[1.0, 2.0])
    assert walk.ok
    assert "x_1 is x, x_2 is the a of dropout" in str(walk)
    assert {"penalty", "total", "mask", "weight"} <= {step.tensor for step in walk}
    assert "first.dx" not in str(walk) and "dropout.dx[" in walk["first upstream"].element().symbols
    assert walk["add z"].element().symbols == "x_1[0,1] + x_2[0,1]"
    assert max(len(line.text) for line in lines(walk)) <= 80


# ---- the arithmetic, for every entry of the registries ---------------------------------------------------------------

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
    p = loss_cases.predictions(loss, (2, 3), rng)
    y = np.array([0, 2]) if loss.targets == "labels" else np.eye(3)[[0, 2]]
    labels = y if loss.targets == "labels" else named("y", y)
    check_recomputed(loss.values(labels, named("p", p)), loss.values(y, p))
    check_recomputed(loss.scaled_slopes(labels, named("p", p)), loss.scaled_slopes(y, p))


NO_RULE = {"adafactor": {"bias r", "bias c"}, "nadam": {"u_product"}}
"""Slots that are kept and not used (of vectors), or that belong to no weight."""


@pytest.mark.parametrize("name", list(optimizers.optimizers))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_optimizer_is_written_out(name, dtype):
    model, x, y = tiny(optimizer=name, dtype=dtype)
    steps = [step for step in walkthrough(model, x, y, reference=False) if step.phase == "optimizer"]
    unwritten = {step.tensor for step in steps if step.element() is None}
    assert steps and (name == "muon" or unwritten <= NO_RULE.get(name, set()))
    assert all(step.remarks for step in steps)


@pytest.mark.parametrize("hidden", ["tanh", "relu", "linear", "softmax"])
@pytest.mark.parametrize("loss", list(losses.losses))
def test_every_step_of_a_network_is_written_out(hidden, loss):
    output = "softmax" if losses.losses[loss].predictions == "probability" else "linear"
    walk = walkthrough(*tiny(hidden, output, loss), reference=False)
    for step in walk:
        assert step.given or step.element() is not None, f"{step.layer} {step.tensor}"


def test_code_that_is_not_written_out_shows_its_numbers_alone(monkeypatch):
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


# ---- what is asked for -----------------------------------------------------------------------------------------------


def test_layer_strings():
    assert parse_layers("4-5-3") == ([4, 5, 3], [], "")
    text = "4-5-3 tanh softmax categorical_crossentropy"
    assert parse_layers(text) == ([4, 5, 3], ["tanh", "softmax"], "categorical_crossentropy")
    assert parse_layers("2-3-3-1 relu tanh linear mse")[1] == ["relu", "tanh", "linear"]


CHOSEN = {
    "2-3-2": ("tanh", "softmax", "categorical_crossentropy"),
    "2-3-1": ("tanh", "sigmoid", "binary_crossentropy"),
    "2-3-2 relu": ("relu", "softmax", "categorical_crossentropy"),
    "2-3-2 relu mse": ("relu", "linear", "mean_squared_error"),
    "2-3-2 relu linear": ("relu", "linear", "mean_squared_error"),
    "2-3-2 relu linear binary_crossentropy": ("relu", "linear", "binary_crossentropy from logits"),
    "2-3-2 sigmoid sigmoid": ("sigmoid", "sigmoid", "binary_crossentropy"),
}


@pytest.mark.parametrize("text", list(CHOSEN))
def test_what_is_not_said_is_chosen(run, text):
    _, out, _ = run(*HAND, text, "--json")
    hidden, output, loss = CHOSEN[text]
    kinds = hidden if hidden == output else f"{hidden} then {output}"
    assert f", {kinds}, {loss}, sgd" in json.loads(out)["network"]


BAD = [
    (["2-3-2 tahn"], "'tanh'"),
    (["2-3-2 tanh softmax categorical"], "'categorical_crossentropy'"),
    (["2-3-2 mse tanh"], "'mse'"),
    (["wide"], "such as 4-5-3"),
    (["2"], "such as 4-5-3"),
    (["2-0-2"], "such as 4-5-3"),
    (["2-3-2 tanh tanh softmax"], "3 activations for 2 layers"),
    (["2-3-2 tanh", "--activation", "relu"], "--activation"),
    (["2-3-2 tanh softmax", "--output", "relu"], "--output"),
    (["2-3-2 mse", "--loss", "mae"], "--loss"),
    (["--optimizer", "adm"], "adam"),
    (["--activation", "rellu"], "relu"),
    (["--loss", "mean_square"], "mean_squared_error"),
    (["--digits", "0"], "digits"),
    (["--batch-size", "0"], "batch-size"),
    (["--data", "missing.npz"], "missing.npz"),
    (["missing.keras"], "missing.keras"),
    (["missing.keras", "--dtype", "float64"], "--dtype"),
]


@pytest.mark.parametrize(("arguments", "named_in_it"), BAD, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_bad_input_is_one_line(run, arguments, named_in_it):
    status, out, err = run("trace", *arguments)
    assert status == 2 and out == ""
    assert named_in_it in err
    assert len(err.strip().splitlines()) == 1


def test_data_that_does_not_fit(run, tmp_path):
    np.savez(tmp_path / "b.npz", x=np.ones((3, 5)), y=np.ones((3, 2)))
    status, _, err = run("trace", "2-3-2", "--data", "b.npz")
    assert status == 2 and "(samples, 2)" in err and "(2, 5)" in err


# ---- a user's own numbers --------------------------------------------------------------------------------------------

OWN = """
import numpy as np


def backprop(parameters, x, y):
    '''handnn: network {network}'''
    W1, b1, W2, b2 = parameters
    z1 = W1 @ x + b1
    a1 = np.tanh(z1)
    e = np.exp(W2 @ a1 + b2)
    p = e / e.sum(axis=0)
    loss = -(y * np.log(p)).sum()
    delta2 = p - y
    delta1 = (W2.T @ delta2) * (1 - a1{square})
    return {{"loss": loss, "W1": delta1 @ x.T, "b1": delta1.sum(axis=1, keepdims=True),
            "W2": delta2 @ a1.T, "b2": delta2.{sum}, "delta1": delta1, "a1": a1}}
"""
SMALL = "3-4-2 tanh softmax categorical_crossentropy"


@pytest.fixture
def own(tmp_path):
    def write(**changes):
        said = {"network": SMALL, "square": "**2", "sum": "sum(axis=1, keepdims=True)"} | changes
        path = tmp_path / "mine.py"
        path.write_text(OWN.format(**said))
        return path

    return write


def test_a_users_numbers_stand_beside_both(run, own):
    """Columns, W as (units, inputs), sums for means: shown in handnn's notation."""
    status, out, _ = run("trace", own())
    assert status == 0, out
    assert out.count("    yours ") == len(re.findall("^    yours +handnn +TensorFlow$", out, re.MULTILINE)) >= 7
    assert "yours    samples in columns" in out and "summed over the samples" in " ".join(out.split())
    assert "verified: 18 tensors" in out and "yours: 7 tensors agree" in out
    assert max(map(len, out.splitlines())) <= 80 and "!" not in out
    for line in re.findall(r"yours +handnn +TensorFlow\n(.*)\n", out):
        for side in np.array_split(line.split(), 3)[1:]:
            np.testing.assert_allclose(
                side.astype(float), np.array_split(line.split(), 3)[0].astype(float), rtol=1e-4, atol=1e-7
            )


def test_what_differs_is_marked(run, own):
    status, out, _ = run(*HAND, own(square=""))
    assert status == 1
    assert "YOURS  differs in 8 of 8 elements, marked !" in out and out.count("YOURS") == 3
    assert "yours: 3 of 7 tensors differ; the first is hidden_1 delta" in out
    assert f"why: handnn check {own(square='')}" in out.replace("\n", " ")
    assert "WRONG" not in out and max(len(line) for line in out.splitlines() if "handnn check" not in line) <= 80


def test_another_shape_is_shown_apart(run, own):
    status, out, _ = run(*HAND, own(sum="sum()"), "--json")
    assert status == 2 or not json.loads(out)["ok"]
    status, out, _ = run(*HAND, own(sum="copy()"))
    assert status == 1 and "YOURS  has shape 2 x 2, expected 2" in out and "    yours, 2 x 2" in out


def test_a_users_numbers_in_json(run, own):
    _, out, _ = run(*HAND, own(square=""), "--json")
    steps = {f"{s['layer']} {s['tensor']}": s for s in json.loads(out)["steps"]}
    assert steps["output dW"]["yours_ok"] and not steps["hidden_1 dW"]["yours_ok"] and "yours" not in steps["output z"]
    assert np.shape(steps["hidden_1 dW"]["yours"]) == np.shape(steps["hidden_1 dW"]["yours_off"]) == (3, 4)


@pytest.mark.parametrize("name", ["wrong/two_at_once", "published/video_digits", "published/forum_columns"])
def test_the_examples_are_traced(run, name):
    status, out, _ = run(*HAND, Path(__file__).parents[1] / "examples" / f"{name}.py")
    assert status == name.startswith("wrong") and "yours: " in out


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("x = 1", [], "no derivation of a network"),
        ("x = 1 / 0", [], "ZeroDivisionError"),
        ("def f(p, x, y):\n    'handnn: network 3-2 softmx mse'", [], "'softmax'"),
        ("def f(p, x, y):\n    'handnn: network 3-2 softmax mse'", [], "the function returned None"),
        ("def f(p, x, y):\n    'handnn: network 3-2 softmax mse, sample=rows'", [], "unknown convention 'sample'"),
        ("x = 1", ["--loss", "mse"], "--loss describes a fresh network"),
    ],
)
def test_a_file_that_cannot_be_traced(run, tmp_path, text, more, said):
    (tmp_path / "mine.py").write_text(text)
    status, out, err = run("trace", "mine.py", *more)
    assert status == 2 and out == "" and said in err and len(err.strip().splitlines()) == 1


def test_help_has_examples(run):
    status, out, _ = run("trace", "--help")
    assert status == 0 and "Examples:" in out and "handnn trace 4-5-3 tanh softmax" in out

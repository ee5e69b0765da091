"""`handnn trace`: what it prints, planted mistakes, what is chosen where nothing is said, bad input."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.specs.network import parse
from handnn.verify import walkthrough
from handnn.verify.walkthrough.text import lines

HAND = ["trace", "--no-keras"]


# ---- what is printed -------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_trace(tiny):
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


def test_one_element_is_written_out_to_be_recomputed(tiny):
    model, x, y = tiny()
    written = walkthrough(model, x, y, reference=False)["hidden z"].element()
    w, b = model.layers[0].get_weights()
    assert written.symbols == "x[0,0] W[0,1] + x[0,1] W[1,1] + b[1]"
    assert written.stages[0] == f"{x[0, 0]:g}*{w[0, 1]:g} + {x[0, 1]:g}*{w[1, 1]:g} + {b[1]:g}"
    assert written.stages[1] == f"{x[0, 0] * w[0, 1]:.5g} + {x[0, 1] * w[1, 1]:.5g} + {b[1]:.5g}"
    assert written.value == x[0] @ w[:, 1] + b[1]


def test_both_sides_stand_beside_each_other_with_their_verdict(run, assert_printed_alike):
    status, out, _ = run("trace", "2-3-2")
    assert status == 0
    assert out.count("ok     error") == out.count("    handnn ") == 18
    for heading in ("FORWARD", "LOSS", "BACKWARD", "OPTIMIZER"):
        assert len(re.findall(f"^{heading} ", out, re.MULTILINE)) == 1
    assert "f'(z) = 1 - a^2" in out
    assert re.search(r"^verified: 18 tensors agree with TensorFlow", out, re.MULTILINE)
    for line in re.findall(r"handnn +TensorFlow\n(.*)\n", out):
        ours, theirs = np.array_split(line.split(), 2)
        assert_printed_alike(ours, theirs)


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


@pytest.mark.quick(2)
@pytest.mark.parametrize("arguments", NETWORKS, ids=" ".join)
def test_no_line_is_wider_than_80_columns(run, arguments):
    status, out, err = run(*HAND, *arguments)
    assert status == 0, err
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out and "\0" not in out  # no colours where there is no terminal


@pytest.mark.slow
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


def test_a_step_left_out_between_correct_ones_is_shown_wrong(monkeypatch, tiny):
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
    assert "not compared with TensorFlow" in done.stdout


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
    np.testing.assert_array_equal(np.float32(next(s for s in steps if s["tensor"] == "y")["handnn"]), np.float32(y[:2]))
    assert run("trace", "m.keras", "--activation", "relu")[0] == 2


@pytest.mark.slow
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


# ---- what is asked for -----------------------------------------------------------------------------------------------


def test_layer_strings():
    assert parse("4-5-3") == ([4, 5, 3], [], "")
    text = "4-5-3 tanh softmax categorical_crossentropy"
    assert parse(text) == ([4, 5, 3], ["tanh", "softmax"], "categorical_crossentropy")
    assert parse("2-3-3-1 relu tanh linear mse")[1] == ["relu", "tanh", "linear"]


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


def test_help_has_examples(run):
    status, out, _ = run("trace", "--help")
    assert status == 0 and "Examples:" in out and "handnn trace 4-5-3 tanh softmax" in out

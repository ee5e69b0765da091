"""`handnn.allowance`, `explain_difference`, `assert_explained_by_rounding` and the fixture: what they pass and say."""

import math
import subprocess
import sys

import numpy as np
import pytest

import handnn
from handnn.rounding.enclosure import FORMATS, NoRuleError, increasing, precision, rule
from handnn.rounding.enclosure.precision import numpy_dtype
from handnn.rounding.enclosure.record import BETTER
from handnn.rounding.enclosure.rules import FUNCTIONS, UFUNCS
from handnn.rounding.explanation import explain
from handnn.testing import assert_explained_by_rounding

NATIVE = [name for name in FORMATS if name == "float32" or numpy_dtype(name) != np.float32]


def layer(x, w):
    return np.tanh(x @ w)


def draw(rng, dtype="float32"):
    return rng.normal(size=(5, 7)).astype(dtype), rng.normal(size=(7, 3)).astype(dtype)


@pytest.mark.parametrize("name", NATIVE)
def test_what_a_precision_computes_is_explained_in_it(name, rng):
    x, w = draw(rng, numpy_dtype(name))
    found = assert_explained_by_rounding(layer(x, w), layer, x, w, dtype=name)
    assert 0 <= found.share <= 1


@pytest.mark.parametrize("name", [name for name in NATIVE if FORMATS[name].bits > 8])
def test_a_wrong_factor_is_not_explained(name, rng):
    x, w = draw(rng, numpy_dtype(name))
    with pytest.raises(AssertionError, match="not what"):
        assert_explained_by_rounding(layer(x, w) * x.dtype.type(1.03125), layer, x, w, dtype=name)


def test_allowance_holds_value_bound_and_condition(rng):
    x, w = draw(rng)
    value, bound, condition = handnn.allowance(layer, x, w)
    assert value.shape == bound.shape == condition.shape == (5, 3)
    exact = layer(x.astype("longdouble"), w.astype("longdouble"))
    assert (np.abs(value - exact) < 1e-6 * bound).all()
    assert (np.abs(layer(x, w) - value) <= bound).all() and (bound < 1e-5).all()


def test_condition_is_what_the_problem_amplifies():
    """tan'(x) x / tan(x) and its like: here of log near 1, and of a difference."""
    x = np.float32([1.0009765625, 3.0])
    _, _, condition = handnn.allowance(np.log, x)
    assert condition == pytest.approx(1 / np.log(x.astype("float64")), rel=1e-3)


def test_a_result_that_does_not_round_has_no_allowance():
    found = handnn.allowance(lambda x: np.maximum(x, 0) * 2 + 1, np.float32([-1, 0.5, 3]))
    assert found.value.tolist() == [1, 2, 7] and (found.bound < 1e-14).all()


def test_several_results_keep_their_structure(rng):
    x, w = draw(rng)
    found = handnn.allowance(lambda x, w: {"z": x @ w, "rest": [x.sum(), x.shape[0]]}, x, w)
    assert found["z"].value.shape == (5, 3) and found["rest"][1].bound == 0
    assert explain({"z": x @ w, "rest": [x.sum(), 5]}, lambda x, w: {"z": x @ w, "rest": [x.sum(), 5]}, x, w).ok
    with pytest.raises(ValueError, match="only one of them has rest"):
        explain({"z": x @ w}, lambda x, w: {"z": x @ w, "rest": x.sum()}, x, w)


# ---- what is said ----------------------------------------------------------------------------------------------------

SAID = {
    "factor": (lambda a: a * np.float32(1.0001), ["all of them are 1.0001", "times the formula"]),
    "constant": (lambda a: a + np.float32(0.01), ["all of them are the formula +0.01"]),
    "one element": (lambda a: np.where(np.arange(15).reshape(5, 3) == 7, a + 1, a), ["1 of 15", "at [2, 1]"]),
    "NaN": (lambda a: np.where(a > 0, np.nan, a), ["of them are NaN"]),
    "narrow": (lambda a: a.astype("float16").astype("float32"), ["tf32 would explain it"]),
    "stored": (
        lambda a: a.astype("float16"),
        ["actual is float16, the formula computes in float32", "output='float16'"],
    ),
    "shape": (lambda a: a.T, ["actual has shape (3, 5), the formula gives (5, 3)"]),
}


@pytest.mark.parametrize("case", SAID)
def test_a_failure_says_what_the_difference_is(case, rng):
    change, words = SAID[case]
    x, w = draw(rng)
    with pytest.raises(AssertionError) as failed:
        assert_explained_by_rounding(change(layer(x, w)), layer, x, w)
    said = str(failed.value)
    assert all(word in said for word in words), said
    assert max(map(len, said.splitlines())) <= 120


def test_what_is_stored_narrower_on_purpose_is_explained(rng):
    x, w = draw(rng)
    assert explain(layer(x, w).astype("float16"), layer, x, w, output="float16").ok


def variance(x):
    return (x * x).mean() - x.mean() ** 2


UNSTABLE = {
    ("log", "add"): (lambda x: np.log(1 + x), np.float32([1e-6])),
    ("subtract", "exp"): (lambda x: np.exp(x) - 1, np.float32([1e-6])),
    ("subtract", "cos"): (lambda x: 1 - np.cos(x), np.float32([1e-3])),
    ("subtract", "mean"): (variance, np.float32([1000.1, 1000.2, 1000.4, 1000.7])),
    ("subtract", "sqrt"): (lambda x: np.sqrt(x + 1) - np.sqrt(x), np.float32([1e6])),
    ("subtract", "tanh"): (lambda x: 1 - np.tanh(x), np.float32([7.0])),
    ("exp", ""): (lambda x: np.exp(x) / np.exp(x).sum(), np.float32([90.0, 1.0])),
    ("log", "sum"): (lambda x: np.log(np.exp(x).sum()), np.float32([90.0, 1.0])),
}


@pytest.mark.parametrize("case", UNSTABLE, ids=" of ".join)
def test_an_unstable_formula_is_told_apart_and_a_better_one_named(case):
    f, x = UNSTABLE[case]
    with np.errstate(all="ignore"):
        said = str(explain(f(x), f, x))
    assert "unstable" in said or "nothing is known" in said, said
    assert (BETTER[case] if case != ("log", "sum") else "exp overflows") in said, said


def test_a_difference_that_is_only_exponentiated_is_not_called_unstable(rng):
    """z - max z has no certain digit near 0, and exp does not care."""
    q, k = (rng.normal(size=(20, 16)).astype("float32") for _ in range(2))

    def weights(q, k):
        z = q @ k.T
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    found = explain(weights(q, k), weights, q, k)
    assert found.ok and found.loss is not None and "unstable" not in str(found)


def test_a_hard_problem_is_not_called_unstable():
    x = np.float32([1e4, 1.0, -1e4, 0.3])
    said = str(explain(np.float32(1.5), np.sum, x))
    assert "ill-conditioned" in said and "unstable" not in said


def test_two_results_are_told_apart(rng):
    x = rng.normal(size=100).astype("float32") + 1000
    both = handnn.explain_difference(np.var(x), np.var(x.astype("float64")).astype("float32"), np.var, x)
    assert both.ok and "explains both" in str(both)
    one = handnn.explain_difference(np.var(x), variance(x), np.var, x)
    assert not one.ok and one.first.ok and "b is not explained" in str(one)


def test_without_a_finite_allowance_nothing_passes():
    found = explain(np.float32([1.0]), lambda x: 1 / (x - x.mean()), np.float32([2.0]))
    assert found.verdict == "unknown" and not found.ok and "no finite allowance" in str(found)


# ---- what may be asked -----------------------------------------------------------------------------------------------


def test_orders_of_summation_are_told_apart(rng):
    """The allowance of a tree is smaller than that of any order; a float64 accumulator leaves one rounding."""
    x = (rng.normal(size=512) + 1).astype("float32")
    bounds = {how: handnn.allowance(np.sum, x, accumulate=how).bound for how in (None, "tree", "blocked:64", "float64")}
    assert bounds["float64"] < bounds["tree"] < bounds["blocked:64"] < bounds[None]
    running = np.cumsum(x, dtype="float32")[-1]
    assert explain(running, np.sum, x, accumulate="sequential").ok
    assert not explain(running, np.sum, x, accumulate="float64").ok


def test_denormals_may_be_flushed_or_not():
    x = np.float32([1e-39])
    double = lambda x: x * 2  # noqa: E731
    assert explain(np.float32([0]), double, x).ok and explain(2 * x, double, x).ok
    assert not explain(np.float32([0]), double, x, denormals=True).ok
    assert not explain(np.float16([0]), double, np.float16([1e-6]), dtype="float16").ok


def test_truncation_is_covered_if_it_is_said():
    x = np.float32([1, 2**-24 * 1.5])
    assert not explain(np.float32(1), np.sum, x).ok and explain(np.float32(1), np.sum, x, rounding="any").ok


def test_fused_products_are_always_covered(rng):
    x, w = draw(rng)
    fused = np.zeros((5, 3), "float32")
    for k in range(7):
        fused = (fused + x[:, k, None].astype("float64") * w[k].astype("float64")).astype("float32")
    shares = [
        explain(fused, np.matmul, x, w, accumulate=how, fma=fma).share
        for how, fma in ((None, None), ("sequential", True))
    ]
    assert shares[0] < shares[1] <= 1


BAD = {
    "dtype": (lambda x: handnn.allowance(np.exp, x, dtype="bfloat"), "dtype must be one of .*did you mean 'bfloat16'"),
    "accumulate": (lambda x: handnn.allowance(np.exp, x, accumulate="trees"), "accumulate must be made of any, tree"),
    "narrow accumulator": (lambda x: handnn.allowance(np.exp, x, accumulate="float16"), "hold every float32"),
    "rounding": (lambda x: handnn.allowance(np.exp, x, rounding="up"), "rounding must be 'nearest' or 'any'"),
    "fma": (lambda x: handnn.allowance(np.exp, x, fma="yes"), "fma must be True, False or None"),
    "NaN": (lambda x: handnn.allowance(np.exp, x * np.nan), r"inputs\[0\] must hold no NaN"),
    "complex": (lambda x: handnn.allowance(np.exp, x * 1j), r"inputs\[0\] must hold real numbers"),
    "no function": (lambda x: handnn.allowance(x, x), "f must be a function"),
    "two results": (lambda x: explain([x], lambda x: (x, x), x), "actual must be what f returns, 2 arrays"),
    "empty": (lambda x: explain(x[:0], lambda x: x[:0], x), "actual is empty"),
    "words": (lambda x: explain(np.array(["a"]), np.exp, x), "actual must hold real numbers"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_in_one_line(case):
    call, words = BAD[case]
    with pytest.raises((ValueError, TypeError), match=words) as raised:
        call(np.float32([1, 2]))
    assert len(str(raised.value).splitlines()) == 1


REFUSED = {
    "fmod": (lambda x: np.fmod(x, 0.7), "remainder and fmod jump"),
    "fft": (np.fft.fft, "numpy.fft.fft has no rounding rule; a rule is one function with @handnn"),
    "nextafter": (lambda x: np.nextafter(x, 2), "numpy.nextafter has no rounding rule"),
    "asarray": (lambda x: np.asarray(x) + 1, "must use its arguments as they come"),
    "math": (lambda x: math.exp(x[0]), "must use its arguments as they come"),
    "branch": (lambda x: x if (x * 0.1 > 0.1).any() else -x, "a branch depends on a comparison"),
    "index": (lambda x: x[x * 0.1 > 0.1], "an index depends on a comparison"),
    "argmax": (lambda x: np.argmax(x * 0 + 0.1 * (x / x)), "argmax depends on rounding"),
    "where=": (lambda x: np.add(x, 1, where=x > 0), "use np.where"),
    "pivot": (lambda x: np.linalg.solve(np.outer(x, x / 3) + np.eye(2) * 1e-9, x), "another pivot"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_sound_bound_is_refused_by_name(case):
    f, words = REFUSED[case]
    with pytest.raises(NoRuleError, match=words):
        handnn.allowance(f, np.float32([1.0, 0.5]))


def test_a_rule_can_be_added():
    x = np.float32([0.5, 2.0])
    assert "spence" not in UFUNCS and np.unwrap not in FUNCTIONS
    try:
        increasing(np.spacing, units=4)  # any increasing function
        rule(np.unwrap)(lambda x: x * x)
        assert handnn.allowance(np.unwrap, x).value.tolist() == [0.25, 4.0]
        assert (handnn.allowance(np.spacing, x).bound > 0).all()
    finally:
        del UFUNCS["spacing"], FUNCTIONS[np.unwrap]


# ---- handnn's own, and the rest of the door --------------------------------------------------------------------------


def objects(rng):
    x, _ = draw(rng)
    y = np.eye(3, dtype="float32")[rng.integers(0, 3, 5)]
    net = [handnn.Input((7,)), handnn.layers.Dense(4, "tanh"), handnn.layers.Dense(3, "softmax")]
    model = handnn.Sequential(net)
    model.compile("sgd", "categorical_crossentropy")
    normal = handnn.layers.LayerNormalization()
    sigmoid, focal = handnn.activations.sigmoid, handnn.losses.MeanSquaredError()
    adam, weight = handnn.optimizers.Adam(0.01), x[0].copy()
    adam.apply([x[1]], [weight])
    before = weight.copy()
    state = [np.array(v.value) for v in adam.variables]
    adam.apply([x[2]], [weight])
    again = handnn.optimizers.Adam(0.01)
    again.build([handnn.Variable(before, name="w")])
    again.set_weights(state)
    return {
        "activation": (sigmoid, sigmoid(x), (x,)),
        "loss": (focal, focal(x, 2 * x), (x, 2 * x)),
        "layer": (normal, normal(x), (x,)),
        "optimizer": (again, weight, (x[2], before)),
        "model": (model, model(x), (x,)),
        "gradients": (model.loss_and_gradients, model.loss_and_gradients(x, y), (x, y)),
    }


@pytest.mark.quick(2)
@pytest.mark.parametrize("kind", ["activation", "loss", "layer", "optimizer", "model", "gradients"])
def test_handnns_own_objects_are_formulas(kind, rng):
    f, actual, inputs = objects(rng)[kind]
    assert_explained_by_rounding(actual, f, *inputs)
    wrong = actual if isinstance(actual, tuple) else [actual]
    flat = [np.asarray(a) * np.float32(1.001) for part in wrong for a in (part if isinstance(part, list) else [part])]
    with pytest.raises(AssertionError, match=r"times the formula|not what"):
        assert_explained_by_rounding(flat if len(flat) > 1 else flat[0], f, *inputs)


def test_the_fixture_is_the_assertion(explained_by_rounding, rng):
    x, w = draw(rng)
    assert explained_by_rounding(layer(x, w), layer, x, w).ok


def test_tensors_of_tensorflow_are_read(tf, rng):
    x, w = draw(rng)
    assert explain(tf.tanh(tf.constant(x) @ tf.constant(w)), layer, tf.constant(x), w).ok


def test_the_assertion_is_light_to_import():
    code = "import sys, handnn.testing; handnn.allowance; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "handnn.rounding.enclosure" in loaded
    assert not {"scipy", "ml_dtypes", "handnn.layers", "handnn.diagnosis", "mpmath"} & set(loaded)


def test_bfloat16_needs_no_ml_dtypes(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    found = handnn.allowance(lambda x: x * x + x, np.float32([1.0078125]), dtype="bfloat16")
    assert found.value == pytest.approx(2.0235, abs=1e-4) and 1e-3 < found.bound < 1e-2


def test_precision_knows_what_users_write():
    assert precision(np.float16).name == "float16" and precision("half").name == "float16"
    own = precision("bfloat16", "float32 tree")
    assert (own.accumulator.name, own.order) == ("float32", "tree")

"""Recurrent layers: against Keras whole and step by step, against differences."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.rounding.bounded import Bounded
from handnn.verify import numeric_gradients, verify_model

CASES = {
    "SimpleRNN": [{}, {"return_sequences": True, "activation": "relu"}, {"use_bias": False, "go_backwards": True}],
    "LSTM": [
        {},
        {"return_sequences": True},
        {"return_sequences": True, "go_backwards": True, "use_bias": False},
        {"recurrent_activation": "hard_sigmoid", "activation": "relu", "unit_forget_bias": False},
        {"unroll": True, "kernel_regularizer": "l2", "recurrent_regularizer": "l1", "activity_regularizer": "l2"},
    ],
    "GRU": [
        {},
        {"return_sequences": True},
        {"reset_after": False, "return_sequences": True},
        {"reset_after": False, "use_bias": False},
        {"use_bias": False, "go_backwards": True, "recurrent_activation": "hard_sigmoid"},
    ],
}
ALL = [(name, options) for name, cases in CASES.items() for options in cases]
each_case = pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case[0]} {case[1]}")
TIMES, INPUTS, UNITS = 5, 3, 4


def network(case, dtype, times=TIMES):
    """The layer between two Dense layers."""
    name, options = case
    stack = [handnn.Input((times, INPUTS), dtype=dtype), layers.Dense(INPUTS, "tanh", dtype=dtype, name="below")]
    stack += [getattr(layers, name)(UNITS, **options, dtype=dtype, name="rnn")]
    stack += [layers.Flatten(dtype=dtype), layers.Dense(2, dtype=dtype, name="top")]
    model = handnn.Sequential(stack, name="net")
    model.compile("sgd", "mse")
    return model


def batch(model, rng, samples=3, times=TIMES):
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return rng.normal(size=(samples, times, INPUTS)), rng.normal(size=(samples, 2))


@pytest.mark.quick(6, cover={"dtype": None, "case": lambda case: (case[0], case[1].get("reset_after"))})
@each_case
def test_formulas_are_keras(case, dtype, rng):
    model = network(case, dtype)
    report = verify_model(model, *batch(model, rng), optimizer=False)
    assert report.ok, report.verdict()
    assert {"rnn z", "rnn dW", "rnn drecurrent_kernel", "rnn dx"} <= {row.where for row in report}


@pytest.mark.quick(4, cover={"case": lambda case: (case[0], case[1].get("reset_after"))})
@each_case
def test_gradients_are_the_derivatives_of_the_loss(case, rng):
    model = network(case, "float64")
    ratios = numeric_gradients.network(model, *batch(model, rng), elements=8)
    assert max(ratios.values()) <= 1, ratios


@pytest.mark.quick(1)
@pytest.mark.parametrize("times", [1, 30])
@pytest.mark.parametrize("name", CASES)
def test_short_and_long_sequences(name, times, rng):
    model = network((name, {"return_sequences": True}), "float32", times)
    x, y = batch(model, rng, times=times)
    model.set_weights([w / 4 for w in model.get_weights()])
    report = verify_model(model, x, y, optimizer=False)
    assert report.ok, report.verdict()


# ---- every step of time, from TensorFlow's own state ----------------------------------------------------------------

GATES = {
    "SimpleRNN": {"output"},
    "LSTM": {"input", "forget", "candidate", "output"},
    "GRU": {"update", "reset", "candidate"},
}


@pytest.mark.quick(3, cover={"name": None})
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("options", [{}, {"dropout": 0.4, "recurrent_dropout": 0.3, "return_sequences": True}])
def test_every_step_of_time_is_compared_from_tensorflows_own_state(name, options, dtype, rng):
    """Rounding of the steps before is not carried along: each starts from what Keras' cell gave."""
    model = network((name, options), dtype)
    report = verify_model(model, *batch(model, rng), optimizer=False)
    assert report.ok, report.verdict()
    rows = {row.tensor: row for row in report if row.layer == "rnn"}
    for gate in GATES[name]:
        assert rows[f"z {gate}"].shape == rows[f"delta {gate}"].shape == (TIMES, 3, UNITS)
    assert rows["h"].shape == rows["dh before"].shape and ("dc before" in rows) == (name == "LSTM")


def test_steps_are_in_the_trace(rng, assert_agrees):
    model = network(("LSTM", {}), "float64")
    x, y = batch(model, rng)
    trace = model.trace(x, y)
    t = trace["rnn"]
    assert len(t.steps) == TIMES and trace["below"].steps is None
    assert set(t.steps[0].of(t.steps[0].delta)) == {"input", "forget", "candidate", "output"}
    total = sum(x_t.T @ s.delta for x_t, s in zip(np.moveaxis(t.x, 1, 0), t.steps, strict=True))
    rows = np.stack([s.delta for s in t.steps], axis=1).reshape(-1, 4 * UNITS)
    assert_agrees("dW", t.gradients["kernel"], total, np.dot(Bounded(t.x.reshape(-1, INPUTS).T), rows))
    assert np.array_equal(t.steps[-1].h, t.z)


def test_a_forget_gate_starts_open(keras):
    for module in (handnn, keras):
        for bias, value in ((True, 1), (False, 0)):
            layer = module.layers.LSTM(2, unit_forget_bias=bias)
            layer.build((None, 3, 2))
            assert np.asarray(layer.get_weights()[2]).tolist() == [0, 0, value, value, 0, 0, 0, 0]


def test_other_lengths_than_built_for(keras, rng, assert_agrees):
    ours, theirs = (module.layers.GRU(3) for module in (handnn, keras))
    short, long = (rng.normal(size=(2, n, 2)).astype("float32") for n in (3, 7))
    ours(short), theirs(short)
    theirs.set_weights(ours.get_weights())
    t = LayerTrace("gru")
    t.x = Bounded(long)
    ours.forward(t)
    assert_agrees("z", ours(long), theirs(long).numpy(), t.z)


# ---- bad input ------------------------------------------------------------------------------------------------------

BAD = {
    "units": (lambda: layers.LSTM(0), "units must be an integer >= 1; received 0"),
    "dropout": (lambda: layers.LSTM(2, dropout="0.1"), "dropout must be a number from 0 to 1; received '0.1'"),
    "merge_mode": (lambda: layers.Bidirectional(layers.GRU(2), merge_mode="max"), "merge_mode must be one of 'concat'"),
    "layer": (lambda: layers.Bidirectional(layers.Dense(2)), "layer must be a recurrent layer; received Dense"),
    "state": (
        lambda: layers.LSTM(2, name="g")(np.ones((2, 3, 4)), initial_state=[np.ones((2, 2))]),
        "initial_state of g must hold 2 arrays; received 1",
    ),
    "stateful": (
        lambda: handnn.Sequential([handnn.Input((3, 2)), layers.GRU(2, stateful=True, name="g")]),
        "g is stateful and needs a fixed batch size",
    ),
    "steps": (lambda: layers.TimeDistributed(layers.Dense(2), name="t")(np.ones((2, 3))), "t needs inputs"),
    "rank": (lambda: layers.GRU(2, name="g")(np.ones((2, 3))), r"g needs inputs \(batch, time, features\)"),
    "features": (
        lambda: (g := layers.GRU(2, name="g"))(np.ones((2, 3, 4))) is g(np.ones((2, 3, 5))),
        "g is built for inputs of shape",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_penalties_of_outputs_are_keras(name, keras, rng):
    """Keras' SimpleRNN drops its activity_regularizer."""
    ours, theirs = (getattr(of.layers, name)(3, activity_regularizer="l2") for of in (handnn, keras))
    assert (ours.activity_regularizer is None) == (theirs.activity_regularizer is None) == (name == "SimpleRNN")
    model = handnn.Sequential([handnn.Input((4, 2)), ours, handnn.layers.Dense(2)])
    model.compile("sgd", "mse")
    report = verify_model(model, rng.normal(size=(5, 4, 2)), rng.normal(size=(5, 2)), optimizer=False)
    assert report.ok, report.verdict()


@pytest.mark.parametrize("frozen", [False, True])
def test_cells_are_frozen_and_freed_with_their_layer_as_in_keras(frozen, keras):
    """But by the constructor: Keras leaves the cell's own `trainable` then, and a model trains it."""

    def states(library, stacked):
        def cell(**options):
            own = library.layers.SimpleRNNCell(2, **options)
            return library.layers.StackedRNNCells([own, library.layers.SimpleRNNCell(3)]) if stacked else own

        rnn, found = library.layers.RNN(cell(trainable=not frozen)), []
        rnn.build((None, 3, 4))
        for value in (None, False, True):
            if value is not None:
                rnn.trainable = value
            config = rnn.get_config()["cell"]["config"]
            cells = [own["config"]["trainable"] for own in config.get("cells", ())]
            found.append((len(rnn.trainable_weights), config["trainable"], cells))
        return found, library.layers.RNN(cell(), trainable=False).get_config()["cell"]["config"]["trainable"]

    for stacked in (False, True):
        (theirs, left), (ours, followed) = states(keras, stacked), states(handnn, stacked)
        assert ours == theirs and left and not followed

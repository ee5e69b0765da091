"""Recurrent layers written out: every gate, the state and every delta of one step, in the numbers of that step."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.layers.recurrent import lstm
from handnn.verify import walkthrough
from tests.verify.walkthrough.test_arithmetic import check_recomputed

KINDS = {
    "SimpleRNN": lambda: layers.SimpleRNN(3, name="rnn"),
    "LSTM": lambda: layers.LSTM(2, name="rnn"),
    "GRU": lambda: layers.GRU(2, return_sequences=True, name="rnn"),
    "reset before": lambda: layers.GRU(2, reset_after=False, go_backwards=True, name="rnn"),
    "stacked": lambda: layers.RNN([layers.LSTMCell(2), layers.SimpleRNNCell(2)], name="rnn"),
}
LSTM_STEP = [*(f"z {gate}" for gate in lstm.LSTMCell.gates), "i", "f", "o", "g", "h", "c", "dc"]
LSTM_STEP += [*(f"delta {gate}" for gate in lstm.LSTMCell.gates), "dh before", "dc before"]


def walk_of(kind, rng, **options):
    handnn.config.set_floatx("float64")
    try:
        stack = [layers.Input((3, 2)), KINDS[kind](), layers.Dense(1, name="out")]
    finally:
        handnn.config.set_floatx("float32")
    model = handnn.Sequential(stack, name="net")
    model.compile("sgd", "mse")
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return walkthrough(model, rng.normal(size=(2, 3, 2)), rng.normal(size=(2, *model.output_shape[1:])), **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_every_tensor_of_a_step_is_written_out(kind, rng):
    """And what is written comes to its value, for every step of time."""
    walk = walk_of(kind, rng, reference=False)
    steps = [step for step in walk if step.at is not None]
    assert {step.phase for step in steps} == {"forward", "backward"} and all(step.element() for step in steps)
    for step in steps:
        check_recomputed(step._written[0], step.found)
        assert step.element().index[0] == 1  # of the second step of time: in the first the state is 0


def test_an_lstm_step_is_written_in_the_order_of_its_computation(rng):
    walk = walk_of("LSTM", rng, reference=False)
    assert [step.tensor for step in walk if step.at is not None] == LSTM_STEP
    written = {step.tensor: step.element().symbols for step in walk if step.at is not None}
    assert written["c"] == "f[1,0,1] c_prev[1,0,1] + i[1,0,1] g[1,0,1]"
    assert written["h"] == "o[1,0,1] * tanh(c[1,0,1])"
    assert written["delta forget"] == "(1 - f[1,0,1]) * f[1,0,1] * dc[1,0,1] * c_prev[1,0,1]"
    assert written["dc before"] == "dc[1,0,1] f[1,0,1]"
    assert "delta_output[1,0,1] recurrent_kernel[1,7]" in written["dh before"]
    assert "x_t[1,0,1] W[1,3]" in written["z forget"] and "h_prev[1,0,0] recurrent_kernel[0,3]" in written["z forget"]
    assert all(len(line) <= 80 for line in str(walk).splitlines())


def test_a_wrong_step_is_written_wrong(rng, monkeypatch):
    """What the code did is printed, not what its documentation claims."""
    right = lstm.LSTMCell.step_back
    monkeypatch.setattr(lstm.LSTMCell, "step_back", lambda self, s, up: (right(self, s, up)[0], up[1] * s.i))
    walk = walk_of("LSTM", rng, reference=False)
    assert walk["rnn dc before"].element().symbols == "dc_t[1,0,1] i[1,0,1]"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_tensorflows_numbers_are_beside_them(kind, keras, rng):
    walk = walk_of(kind, rng)
    assert walk.ok, walk.verdict()
    compared = [step for step in walk if step.at is not None and step.reference is not None]
    assert len(compared) >= 4 and all(step.element() for step in compared)
    assert not np.array_equal(compared[0].found[0], compared[0].found[1])

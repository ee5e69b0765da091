"""Cells, stacks of them, states that are returned, given and kept, dropout, and layers made of layers, as in Keras."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.testing import assert_explained_by_rounding
from handnn.verify import numeric_gradients, verify_model

TIMES, INPUTS = 4, 3


def stacked(module, dtype, dropout):
    cells = [module.layers.LSTMCell(3, dropout=dropout, dtype=dtype, name="one")]
    cells += [module.layers.GRUCell(2, recurrent_dropout=dropout, dtype=dtype, name="two")]
    cells += [module.layers.LSTMCell(2, dtype=dtype, name="three")]
    return module.layers.RNN(
        module.layers.StackedRNNCells(cells, dtype=dtype), return_sequences=True, dtype=dtype, name="rnn"
    )


def one_cell(module, dtype, dropout):
    own = module.layers.SimpleRNNCell(3, dropout=dropout, recurrent_dropout=dropout, dtype=dtype)
    return module.layers.RNN(own, go_backwards=True, dtype=dtype, name="rnn")


def both_ways(mode):
    def make(module, dtype, dropout):
        own = module.layers.LSTM(3, return_sequences=mode != "sum", dropout=dropout, dtype=dtype, name="own")
        return module.layers.Bidirectional(own, merge_mode=mode, dtype=dtype, name="both")

    return make


def two_kinds(module, dtype, dropout):
    ahead = module.layers.LSTM(3, recurrent_dropout=dropout, dtype=dtype, name="ahead")
    back = module.layers.GRU(3, go_backwards=True, reset_after=False, dtype=dtype, name="back")
    return module.layers.Bidirectional(ahead, backward_layer=back, dtype=dtype, name="both")


def every_step(module, dtype, dropout):
    own = module.layers.Dense(4, "tanh", dtype=dtype, name="own")
    return module.layers.TimeDistributed(own, dtype=dtype, name="each")


def a_model_every_step(module, dtype, dropout):
    """Its layers read the input, the first and the second layer, and both of them."""
    own = module.layers
    x = module.Input((INPUTS,), dtype=dtype, name="x")
    first = own.Dense(2, "relu", dtype=dtype, name="inner_1")(x)
    second = own.Dense(2, dtype=dtype, name="inner_2")(first)
    found = own.Concatenate(dtype=dtype, name="joined")([second, own.Activation("tanh", dtype=dtype)(second), first])
    own = module.Model(x, found, name="own")
    return module.layers.TimeDistributed(own, dtype=dtype, name="each")


MADE = {
    "stacked cells": stacked,
    "one cell": one_cell,
    **{f"both ways, {mode}": both_ways(mode) for mode in ("concat", "sum", "mul", "ave")},
    "two kinds": two_kinds,
    "every step": every_step,
    "a model every step": a_model_every_step,
}


def network(made, dtype, dropout=0.0, module=handnn):
    stack = [module.Input((TIMES, INPUTS), dtype=dtype), module.layers.Masking(dtype=dtype, name="masking")]
    stack += [MADE[made](module, dtype, dropout), module.layers.Dense(2, dtype=dtype, name="top")]
    model = module.Sequential(stack, name="net")
    model.compile("sgd", "mse")
    return model


def filled(model, rng):
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model


def batch(model, rng, samples=3):
    x = rng.normal(size=(samples, TIMES, INPUTS))
    x[0, 2:] = x[1, 0] = 0
    return x, rng.normal(size=(samples, *model.output_shape[1:]))


def outermost(made):
    """The name of the layer that holds the others."""
    return "rnn" if "cell" in made else "time_distributed" if "step" in made else "bidirectional"


@pytest.mark.quick(6, cover={"made": lambda made: (outermost(made), "model" in made), "dtype": None})
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("made", MADE)
def test_layers_made_of_others_are_keras(made, dropout, dtype, rng):
    model = filled(network(made, dtype, dropout), rng)
    report = verify_model(model, *batch(model, rng), optimizer=False)
    assert report.ok, report.verdict()


@pytest.mark.quick(2)
@pytest.mark.parametrize("made", MADE)
def test_gradients_are_the_derivatives_of_the_loss(made, rng):
    model = filled(network(made, "float64"), rng)
    ratios = numeric_gradients.network(model, *batch(model, rng), elements=5)
    assert max(ratios.values()) <= 1, ratios


@pytest.mark.quick(1)
@pytest.mark.parametrize("made", MADE)
def test_files_go_to_keras_and_back(made, keras, rng, tmp_path):
    """And the parts that are verified make up what Keras' own layer computes."""
    ours = filled(network(made, "float32"), rng)
    ours.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    again = handnn.models.load_model(tmp_path / "theirs.keras")
    x, y = batch(ours, rng)
    assert all(map(np.array_equal, again.get_weights(), ours.get_weights()))
    assert np.array_equal(again.predict(x), ours.predict(x))
    report = verify_model(theirs, x, y, optimizer=False)
    assert report.ok, report.verdict()
    theirs_twin = keras.models.clone_model(network(made, "float32", module=keras))
    assert [w.shape for w in theirs_twin.weights] == [w.shape for w in ours.weights]
    theirs_twin.set_weights(ours.get_weights())
    assert np.array_equal(theirs_twin.predict(x, verbose=0), theirs.predict(x, verbose=0))


def with_states(module, dtype="float64"):
    """States that are returned go into other layers as their first states, and to the output."""
    x = module.Input((TIMES, INPUTS), dtype=dtype)
    y, h, c = module.layers.LSTM(3, return_state=True, return_sequences=True, dtype=dtype, name="a")(x)
    z = module.layers.GRU(3, dtype=dtype, name="b")(y, initial_state=[h])
    both = module.layers.LSTM(2, return_state=True, return_sequences=True, dtype=dtype, name="own")
    w, *states = module.layers.Bidirectional(both, dtype=dtype, name="c")(y)
    own = module.layers.LSTM(2, dtype=dtype, name="again")
    v = module.layers.Bidirectional(own, dtype=dtype, name="d")(w, initial_state=states)
    met = module.layers.Concatenate(dtype=dtype, name="met")([z, c, v, states[1]])
    model = module.Model(x, [module.layers.Dense(2, dtype=dtype, name="top")(met), h], name="net")
    model.compile("sgd", ["mse", "mse"])
    return model


def test_states_go_through_the_graph(keras, rng):
    ours = filled(with_states(handnn), rng)
    x, y = rng.normal(size=(3, TIMES, INPUTS)), [rng.normal(size=(3, n)) for n in (2, 3)]
    report = verify_model(ours, x, y, optimizer=False)
    assert report.ok, report.verdict()
    ratios = numeric_gradients.network(ours, x, y, elements=3)
    assert max(ratios.values()) <= 1, ratios
    theirs = with_states(keras)
    again = handnn.Model.from_config(theirs.get_config())
    assert [w.path for w in again.weights] == [w.path for w in theirs.weights] == [w.path for w in ours.weights]
    assert keras.Model.from_config(again.get_config()).count_params() == ours.count_params()


def test_states_are_given_and_returned_as_arrays(keras, rng):
    x, first = rng.normal(size=(2, TIMES, INPUTS)), [rng.normal(size=(2, 3)) for _ in range(2)]
    found = []
    weights = None
    for module in (handnn, keras):
        layer = module.layers.LSTM(3, return_state=True, return_sequences=True, dtype="float64")
        layer(x)
        weights = layer.get_weights() if weights is None else weights
        layer.set_weights(weights)
        found.append([np.asarray(part) for part in layer(x, initial_state=first)])
    ours, theirs = found
    assert np.array_equal(ours[0][:, -1], ours[1]) and len(ours) == len(theirs) == 3
    for own, other in zip(ours, theirs, strict=True):
        assert np.abs(own - other).max() <= 100 * np.finfo("float64").eps  # four steps of sums of three numbers


@pytest.mark.quick(1)
@pytest.mark.parametrize("wrapped", [False, True])
def test_stateful_layers_go_on_where_the_last_batch_ended(wrapped, keras, rng):
    def make(module):
        own = module.layers.LSTM(3, stateful=True, dtype="float64", name="own")
        own = module.layers.Bidirectional(own, dtype="float64", name="both") if wrapped else own
        stack = [module.Input(batch_shape=(2, TIMES, INPUTS), dtype="float64"), own]
        model = module.Sequential([*stack, module.layers.Dense(1, dtype="float64", name="top")])
        model.compile("sgd", "mse")
        return model

    ours, theirs = filled(make(handnn), rng), make(keras)
    theirs.set_weights(ours.get_weights())
    x, y = rng.normal(size=(2, TIMES, INPUTS)), rng.normal(size=(2, 1))
    first = ours.predict(x)
    second = ours.predict(x)
    report = verify_model(ours, x, y)
    assert report.ok, report.verdict()
    reference = [np.asarray(theirs(x)) for _ in range(2)]
    for own, other in zip((first, second), reference, strict=True):
        assert np.abs(own - other).max() <= 100 * np.finfo("float64").eps
    assert not np.array_equal(first, second)
    ours.layers[0].reset_states()
    assert np.array_equal(ours.predict(x), first)


@pytest.mark.parametrize("form", [lambda new: new, lambda new: [new], lambda new: (new,)], ids=["one", "list", "tuple"])
def test_a_cell_of_ones_own_is_run_but_not_trained(form, rng):
    """It returns its new state alone, or in a list or tuple."""

    class Sum(layers.Layer):
        state_size = 2

        def call(self, inputs, states):
            new = states[0] + inputs
            return new, form(new)

    layer = layers.RNN(Sum(), return_sequences=True)
    x = rng.normal(size=(2, 3, 2)).astype("float32")
    assert np.array_equal(layer(x), np.cumsum(x, axis=1, dtype="float32"))
    model = handnn.Sequential([handnn.Input((3, 2)), layer])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="has no derivative, so it cannot be trained: only built-in cells"):
        model.train_on_batch(x, x)


class Adding(layers.Layer):
    """A cell without `output_size`: the size of its output is that of its state, an integer or a list."""

    def __init__(self, state_size, **options):
        super().__init__(**options)
        self.state_size = state_size

    def build(self, input_shape):
        size = np.ravel(self.state_size)[0]
        self.kernel = self.add_weight(shape=(input_shape[-1], int(size)), initializer="ones", name="kernel")

    def call(self, inputs, states):
        new = states[0] + inputs @ self.kernel.value
        return new, [new]


@pytest.mark.parametrize("several", [list, tuple])
def test_stacked_cells_of_ones_own_take_and_return_what_keras_says(several, rng):
    layer = layers.RNN([Adding(3), Adding(several([2]))], return_state=True)
    x = rng.integers(-3, 4, size=(2, 4, 5)).astype("float32")
    output, first, (second,) = layer(x)
    steps = np.cumsum(x.sum(axis=2, keepdims=True), axis=1)
    assert np.array_equal(first, np.repeat(steps[:, -1], 3, axis=1))
    assert np.array_equal(output, np.repeat(3 * steps.sum(axis=1), 2, axis=1)) and np.array_equal(second, output)
    assert layer.compute_output_shape((2, 4, 5)) == [(2, 2), (2, 3), [(2, 2)]]


class Whole(Adding):
    """Its output is one number, the sum of its state."""

    output_size = 1

    def call(self, inputs, states):
        _, new = super().call(inputs, states)
        return np.sum(new[0], axis=1, keepdims=True), new


def test_the_output_of_a_cell_of_ones_own_may_have_another_size_than_its_state():
    x = np.ones((2, 3, 2), "float32")
    assert layers.RNN(Whole(4)).compute_output_shape((2, 3, 2)) == (2, 1)
    assert np.array_equal(layers.RNN([Whole(4), Adding(3)], return_sequences=True)(x)[0, :, 0], [8, 24, 48])


def test_gradients_of_stacked_cells_are_in_the_order_of_their_weights(rng):
    cells = [layers.LSTMCell(3), layers.GRUCell(2)]
    model = handnn.Sequential([handnn.Input((TIMES, INPUTS)), layers.RNN(cells, name="rnn")])
    model.compile("sgd", "mse")
    trace = model.trace(rng.normal(size=(2, TIMES, INPUTS)), rng.normal(size=(2, 2)))
    assert list(trace["rnn"].gradients) == [weight.name for weight in model.weights]


def ours_of(layer, x, h, c, mask):
    """The last output of a built layer, for the allowance."""
    t = LayerTrace(layer.name)
    t.x, t.input_mask, t.options = (x, h, c), (mask, None, None), {"mask_given": True}
    layer.forward(t)
    return t.z


def test_a_mask_that_is_given_counts_beside_initial_states(keras, rng):
    """And they may come in any nesting."""
    x, first = rng.normal(size=(2, TIMES, INPUTS)), [rng.normal(size=(2, 3)) for _ in range(2)]
    mask = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)
    ours, theirs = (module.layers.LSTM(3, dtype="float64") for module in (handnn, keras))
    ours(x), theirs(x)
    theirs.set_weights(ours.get_weights())
    found = [ours(x, initial_state=given, mask=mask) for given in (first, tuple(first), [first], (tuple(first),))]
    assert all(np.array_equal(one, found[0]) for one in found)
    assert not np.array_equal(found[0], ours(x, initial_state=first))
    reference = np.asarray(theirs(x, initial_state=first, mask=mask))
    assert_explained_by_rounding(reference, lambda x, h, c: ours_of(ours, x, h, c, mask), x, *first, dtype="float64")


@pytest.mark.parametrize("return_sequences", [True, False])
def test_which_mask_a_loop_hands_on(return_sequences):
    layer, mask = layers.GRU(2, return_sequences=return_sequences), np.ones((2, 3), bool)
    for given in (mask, [mask, None], (mask, None)):
        assert (layer.compute_mask(None, given) is mask) == return_sequences
    assert layer.compute_mask(None, None) is None


@pytest.mark.parametrize("first", [True, False])
def test_a_cell_of_ones_own_beside_one_that_drops(first, rng):
    """The masks are drawn for the built-in cell alone, for the size that the cell before it gives."""
    dropping = layers.LSTMCell(2, dropout=0.5, recurrent_dropout=0.5, seed=1)
    layer = layers.RNN([dropping, Adding(3)] if first else [Adding(3), dropping], return_sequences=True)
    x = rng.integers(-3, 4, size=(2, 4, 5)).astype("float32")
    layer(x)
    alone = layers.RNN(layers.LSTMCell(2, dropout=0.5, recurrent_dropout=0.5, seed=1), return_sequences=True)
    h = x if first else np.repeat(np.cumsum(x.sum(axis=2, keepdims=True), axis=1), 3, axis=2)
    alone(h)
    alone.set_weights(dropping.get_weights())
    found, drawn = layer(x, training=True), alone(h, training=True)
    wanted = np.repeat(np.cumsum(drawn.sum(axis=2, keepdims=True), axis=1), 3, axis=2) if first else drawn
    assert np.array_equal(found, wanted) and not np.array_equal(found, layer(x))


def test_a_masked_step_leaves_the_state_of_a_cell_of_ones_own():
    layer, mask = layers.RNN(Adding(2), return_sequences=True), np.array([[1, 0, 1, 1], [0, 1, 1, 0]], bool)
    x = np.arange(24.0).reshape(2, 4, 3).astype("float32")
    found = layer(x, mask=mask)
    assert np.array_equal(found[..., 0], np.cumsum(x.sum(axis=2) * mask, axis=1))
    assert np.array_equal(found[..., 1], found[..., 0])


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("argument", ["dropout", "recurrent_dropout"])
def test_only_simple_rnn_drops_everything(name, argument, keras, rng):
    """At a rate of 1 Keras' other cells drop nothing."""
    x = rng.normal(size=(2, 3, 2)).astype("float32")
    for module in (handnn, keras):
        layer = getattr(module.layers, name)(3, **{argument: 1.0})
        same = np.array_equal(np.asarray(layer(x, training=True)), np.asarray(layer(x)))
        assert same == (name != "SimpleRNN")


def test_a_stateful_layer_in_a_model_wants_its_batch_size(rng):
    model = handnn.Sequential([handnn.Input(batch_shape=(4, 3, 2)), layers.LSTM(2, stateful=True, name="lstm")])
    model(rng.normal(size=(4, 3, 2)))
    with pytest.raises(ValueError, match="lstm is stateful with a batch size of 4 samples; received 1"):
        model(rng.normal(size=(1, 3, 2)))


@pytest.mark.parametrize("use_cudnn", [True, False])
def test_both_ways_keep_use_cudnn(use_cudnn):
    both = layers.Bidirectional(layers.LSTM(2, use_cudnn=use_cudnn))
    assert both.forward_layer.use_cudnn == both.backward_layer.use_cudnn == use_cudnn

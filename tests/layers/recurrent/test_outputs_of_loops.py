"""What a loop gives at each step where samples are masked, and how what it returns besides reaches the graph."""

from itertools import product

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.layers.recurrent.loop import held, held_back
from handnn.verify import verify_model

MASK = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0]], bool)
"""(samples, times); no row is the same backwards."""


@pytest.mark.parametrize("zeroed", [False, True], ids=["repeated", "zeroed"])
def test_held_back_is_the_transpose_of_held(zeroed, rng):
    """d . held(x) = held_back(d) . x, in whole numbers, so that nothing is rounded."""
    x, d = rng.integers(-9, 10, (2, *MASK.shape, 2)).astype("float64")
    counts = [MASK[:, k, np.newaxis] for k in range(MASK.shape[1])]
    kept = counts if zeroed else None
    found = held(x, counts, kept)
    back = held_back([d[:, k] for k in range(MASK.shape[1])], counts, kept)
    assert np.sum(d * np.stack(found, 1)) == np.sum(x * np.stack(back, 1)) != 0
    last = held_back([None] * 3 + [d[:, 3]], counts, kept)  # where only the last output is returned
    assert np.sum(d[:, 3] * found[3]) == np.sum(x * np.stack(last, 1))


@pytest.mark.parametrize("order", [*product([False, True], repeat=3)], ids=str)
def test_which_masked_steps_are_zero(order, keras, rng):
    """With `zero_output_for_mask`; nothing else is exactly 0. Keras errs where it unrolls a sequence backwards."""
    unroll, go_backwards, return_sequences = order
    x, zero = rng.normal(size=(*MASK.shape, 2)), []
    for module in (handnn, keras):
        options = {"unroll": unroll, "go_backwards": go_backwards, "return_sequences": return_sequences}
        layer = module.layers.RNN(module.layers.SimpleRNNCell(3), zero_output_for_mask=True, **options)
        zero.append(np.asarray(layer(x, mask=MASK)) == 0)
    assert np.array_equal(*zero)
    if return_sequences and not (unroll and go_backwards):
        assert np.array_equal(zero[0].all(axis=2), ~(MASK[:, ::-1] if go_backwards else MASK))


def returning_states(module):
    """A masked sequence, read by a loop of which every output has a loss."""
    x = module.Input((4,), dtype="int32", name="words")
    h = module.layers.Embedding(9, 2, mask_zero=True, name="table")(x)
    found = module.layers.LSTM(3, return_sequences=True, return_state=True, name="own")(h)
    return module.Model(x, found, name="net")


def test_only_the_sequence_is_masked(keras, rng):
    """The loss leaves out the masked steps of the sequence, and no state of a sample."""
    model = returning_states(handnn)
    model.compile("sgd", ["mse"] * 3)
    x, y = rng.integers(1, 9, MASK.shape) * MASK, [rng.normal(size=shape) for shape in ((3, 4, 3), (3, 3), (3, 3))]
    report = verify_model(model, x, y, optimizer=False)
    assert report.ok, report.verdict()
    masks = [trace.output_mask for trace in model.trace(x, y).layers if trace.name.startswith("own[")]
    assert [mask is None for mask in masks] == [False, True, True] and np.array_equal(masks[0], MASK)


def test_states_of_stacked_cells_in_the_graph_and_steps_in_the_trace(keras, rng):
    shapes = []
    for module in (handnn, keras):
        x = module.Input((4, 2), name="x")
        cells = [module.layers.SimpleRNNCell(5, name="one"), module.layers.LSTMCell(3, name="two")]
        z, *states = module.layers.RNN(cells, return_state=True, name="own")(x)
        flat = [s for own in states for s in (own if isinstance(own, list | tuple) else [own])]
        shapes.append([tuple(s.shape) for s in (z, *flat)])
    assert shapes[0] == shapes[1] == [(None, 3), (None, 5), (None, 3), (None, 3)]
    loop = layers.RNN([layers.SimpleRNNCell(5), layers.LSTMCell(3)], name="own")
    model = handnn.Sequential([handnn.Input((4, 2)), loop])
    model.compile("sgd", "mse")
    steps = model.trace(rng.normal(size=(6, 4, 2)), rng.normal(size=(6, 3)))["own"].steps
    assert [[step.h.shape for step in of_time] for of_time in steps] == [[(6, 5), (6, 3)]] * 4

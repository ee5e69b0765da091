"""Padding and windows: the arrays of Keras, bit for bit."""

import numpy as np
import pytest

import handnn
from handnn.layers import LSTM, Dense

RAGGED = [[1, 2, 3], [4], [], [5, 6, 7, 8, 9]]


@pytest.mark.parametrize("maxlen", [None, 2, 4, 7])
@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_padding_is_keras(maxlen, padding, truncating, keras):
    options = {"maxlen": maxlen, "padding": padding, "truncating": truncating, "value": -1}
    ours, theirs = (m.utils.pad_sequences(RAGGED, **options) for m in (handnn, keras))
    assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)


def test_padding_of_vectors_and_of_text_is_keras(keras):
    vectors, words = [np.ones((2, 3)), np.zeros((1, 3))], [["a"], ["b", "cd"]]
    for given, options in ((vectors, {"dtype": "float32"}), (words, {"dtype": object, "value": "-"})):
        ours, theirs = (m.utils.pad_sequences(given, **options) for m in (handnn, keras))
        assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)


WINDOWS = [
    {"sequence_length": 3},
    {"sequence_length": 4, "sequence_stride": 3, "batch_size": 2},
    {"sequence_length": 3, "sampling_rate": 2, "batch_size": 5, "start_index": 2, "end_index": 17},
    {"sequence_length": 2, "batch_size": None},
]


@pytest.mark.parametrize("options", WINDOWS, ids=str)
@pytest.mark.parametrize("with_targets", [True, False])
def test_windows_are_keras(options, with_targets, keras, rng):
    data, targets = rng.normal(size=(20, 2)), rng.normal(size=15) if with_targets else None
    ours, theirs = (list(m.utils.timeseries_dataset_from_array(data, targets, **options)) for m in (handnn, keras))
    assert len(ours) == len(theirs)
    for own, other in zip(ours, theirs, strict=True):
        pairs = zip(own, other, strict=True) if with_targets else [(own, other)]
        assert all(np.array_equal(a, b) for a, b in pairs)


def test_shuffled_windows_are_the_same_ones_by_seed():
    made = [
        handnn.utils.timeseries_dataset_from_array(np.arange(30), None, 3, batch_size=4, shuffle=True, seed=seed)
        for seed in (1, 1, 2)
    ]
    first, again, other = (np.concatenate(list(own)) for own in made)
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert np.array_equal(first[np.argsort(first[:, 0])], np.arange(28)[:, None] + np.arange(3))


def test_a_network_trains_on_windows(rng):
    series = np.sin(np.arange(60) / 3)[:, None]
    data = handnn.utils.timeseries_dataset_from_array(series[:-4], series[4:], 4, batch_size=16)
    x, y = next(data.take(1))
    assert x.shape == (16, 4, 1) and y.shape == (16, 1)
    model = handnn.Sequential([handnn.Input((4, 1)), LSTM(4), Dense(1)])
    model.compile("adam", "mse")
    losses = model.fit(data, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


BAD = [
    (lambda: handnn.utils.pad_sequences(3), "sequences must be a list"),
    (lambda: handnn.utils.pad_sequences([1, 2]), "sequences must hold sequences; received 1 at 0"),
    (lambda: handnn.utils.pad_sequences([[1]], padding="left"), "padding must be 'pre' or 'post'"),
    (lambda: handnn.utils.pad_sequences([["a"]], value="-"), "use dtype=object for text"),
    (lambda: handnn.utils.pad_sequences([np.ones((1, 2)), np.ones((1, 3))]), r"of one shape, \(2,\); received \(3,\)"),
    (lambda: handnn.utils.timeseries_dataset_from_array(np.ones(9), None, 3, sampling_rate=0), "sampling_rate must"),
    (lambda: handnn.utils.timeseries_dataset_from_array(np.ones(9), None, 3, start_index=9), "start_index must"),
    (lambda: handnn.utils.timeseries_dataset_from_array(np.ones(9), None, 3, end_index=9), "end_index must"),
]


@pytest.mark.parametrize(("call", "words"), BAD, ids=[words for _, words in BAD])
def test_bad_input_is_one_line(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_fit_keeps_the_order_of_windows(monkeypatch):
    """As of the tf.data.Dataset that Keras returns; a PyDataset of one's own is shuffled. Planted: it is, too."""
    series, seen = np.arange(12.0), []
    windows = handnn.utils.timeseries_dataset_from_array(series[:-2], series[2:], 2, batch_size=2)
    model = handnn.Sequential([handnn.Input((2,)), Dense(1)])
    model.compile("sgd", "mse")

    def order():
        seen.clear()
        monkeypatch.setattr(type(windows), "__getitem__", lambda self, k, get=get: (seen.append(k), get(self, k))[1])
        model.fit(windows, epochs=3, verbose=0)
        return list(seen)

    get = type(windows).__getitem__
    assert order() == list(range(len(windows))) * 3
    monkeypatch.setattr(type(windows), "shuffles_itself", False)
    assert order() != list(range(len(windows))) * 3

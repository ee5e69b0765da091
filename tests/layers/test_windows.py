"""Sizes of outputs for every choice of window, and parts of a batch: what convolutions and poolings stand on."""

import itertools

import numpy as np
import pytest

from handnn import layers
from handnn.layers.convolution import windows as module
from handnn.layers.convolution.windows import Windows, padded_axis
from handnn.rounding.bounded import Bounded

SIZES, TAPS = (None, 4, 5, 7), (1, 2, 3, 4)
STEPS = ((1, 1), (2, 1), (3, 1), (1, 2))
"""Strides and dilations; Keras takes only one of them with more than 1."""


def same_sizes(keras, name, sizes, *given, **options):
    """Compare the shapes that both sides say."""
    ours, theirs = (getattr(side, name)(*given, **options) for side in (layers, keras.layers))
    for size in sizes:
        shape = (None, size, 2)
        wanted = tuple(theirs.compute_output_shape(shape))  # a list, of transposed convolutions
        if fits(keras, name, size, wanted[1], *given, **options):
            assert ours.compute_output_shape(shape) == wanted, (name, given, options, size)
        else:
            with pytest.raises(ValueError, match="does not fit"):
                ours.compute_output_shape(shape)


def fits(keras, name, size, spread, *given, output_padding=None, **options):
    """Whether a convolution of the output of a transposed one gives the input's size; TensorFlow computes no other."""
    if size is None or "Transpose" not in name:
        return True
    back = keras.layers.Conv1D(*given, **options).compute_output_shape((None, spread, 3))
    return back[1] == size


def test_sizes_of_convolutions_are_keras(keras):
    for padding, taps, (stride, dilation) in itertools.product(("valid", "same", "causal"), TAPS, STEPS):
        sizes = [n for n in SIZES if padding != "valid" or n is None or n >= (taps - 1) * dilation + 1]
        same_sizes(keras, "Conv1D", sizes, 3, taps, strides=stride, padding=padding, dilation_rate=dilation)


def test_sizes_of_poolings_are_keras(keras):
    for padding, taps, stride in itertools.product(("valid", "same"), TAPS, (1, 2, 3)):
        same_sizes(keras, "MaxPooling1D", SIZES, taps, stride, padding)


@pytest.mark.slow
def test_sizes_of_transposed_convolutions_are_keras(keras):
    for padding, taps, (stride, dilation) in itertools.product(("valid", "same"), TAPS, STEPS):
        for more in (None, *range(stride)):
            options = {"strides": stride, "padding": padding, "output_padding": more, "dilation_rate": dilation}
            same_sizes(keras, "Conv1DTranspose", SIZES, 3, taps, **options)


@pytest.mark.parametrize("most", [1, 100, 288, 289, 700, 10**6])
@pytest.mark.parametrize("taps", [None, 1])
def test_parts_of_a_batch_are_as_large_as_the_cache_allows(most, taps, monkeypatch):
    monkeypatch.setattr(module, "PATCHES" if taps is None else "PARTS", most)
    windows, channels, x = Windows([padded_axis(4, 3, 1, 1, "same"), padded_axis(4, 2, 1, 1, "valid")]), 2, np.zeros(9)
    one = 4 * 3 * (3 * 2 if taps is None else 1) * channels
    parts = [x[part] for part in windows.chunks(x, channels, taps)]
    sizes = [len(part) for part in parts]
    assert sum(sizes) == len(x) and set(sizes[:-1]) <= {max(1, most // one)} and sizes[-1] <= max(1, most // one)
    assert list(windows.chunks(Bounded(x), channels, taps)) == [slice(0, len(x))]
    assert list(windows.chunks(x[:0], channels, taps)) == []

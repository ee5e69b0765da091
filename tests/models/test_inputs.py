"""What `fit` is given, brought into the form of the inputs and outputs: lists, dicts, nested; sizes that data show."""

import re

import numpy as np
import pytest

from handnn import losses
from handnn.models import inputs, named

NAMES = ["a", "b", "c"]
PARTS = [np.zeros(1), np.ones(1), np.full(1, 2.0)]
A, B, C = PARTS


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (None, [True] * 3, [None] * 3),
        ([A, B, C], [True] * 3, PARTS),
        ((A, [B, C]), [True] * 3, PARTS),
        ([A, C], [True, False, True], [A, None, C]),
        ({"c": C, "a": A}, [True, False, True], [A, None, C]),
        (B, [False, True, False], [None, B, None]),
    ],
    ids=["none", "list", "nested", "of those with a loss", "dict", "the only one"],
)
def test_targets_by_output(given, wanted, expected):
    found = inputs.per_output(given, NAMES, "y", wanted)
    assert len(found) == 3 and all(one is other for one, other in zip(found, expected, strict=True))


def test_one_array_for_all_outputs():
    assert all(one is B for one in inputs.per_output(B, NAMES, "sample_weight", [True] * 3, one_for_all=True))


@pytest.mark.parametrize("given", [B, [A, B], [A, [B]], [A, [B, 1.0]]], ids=["array", "two", "nested two", "a number"])
def test_targets_that_do_not_fit_the_outputs(given):
    with pytest.raises(ValueError, match="y must be a list of 3 entries or a dict, for a, b, c; received"):
        inputs.per_output(given, NAMES, "y", [True] * 3)


@pytest.mark.parametrize(
    ("shape", "output_shape", "found"),
    [((4, 5, 2), (None, None, 2), (4, 5, 2)), ((4, 5, 7), (None, None, None), (4, 5, 7)), ((4, 2), (None, 2), (4, 2))],
)
def test_targets_of_a_size_that_only_the_data_show(shape, output_shape, found):
    x = np.zeros((4, 1), "float32")
    assert inputs.targets(np.zeros(shape), x, losses.MeanSquaredError(), output_shape).shape == found


def test_targets_of_a_wrong_size_are_refused():
    with pytest.raises(ValueError, match="y does not fit the loss"):
        inputs.targets(np.zeros((4, 5, 3)), np.zeros((4, 1), "float32"), losses.MeanSquaredError(), (None, None, 2))
    with pytest.raises(ValueError, match="one row for each of the 4 samples"):
        inputs.targets(np.zeros((3, 2)), np.zeros((4, 1), "float32"), losses.MeanSquaredError(), (None, 2))


def test_weights_of_every_step_are_for_sizes_that_are_known():
    y, weights = np.zeros((4, 5, 2), "float32"), np.arange(20.0).reshape(4, 5)
    given = y, losses.MeanSquaredError(), (None, 5, 2)
    assert np.array_equal(inputs.weights(weights, None, *given), weights)
    with pytest.raises(ValueError, match=r"each of the 4 samples, shape \(4, 5\); received shape \(4, 3\)"):
        inputs.weights(weights[:, :3], None, *given)


NETWORK = "import handnn\nmodel = handnn.Sequential([handnn.Input(({},)), handnn.layers.Dense({})])\n"


@pytest.mark.parametrize(
    ("text", "arrays", "words"),
    [
        (NETWORK.format(6, 3), (), ""),
        (NETWORK.format("2, 3", 3).replace("handnn.layers.D", "handnn.layers.Flatten(), handnn.layers.D"), (), ""),
        (NETWORK.format(5, 3), (), "takes inputs of shape (None, 5), and a sample has 6 numbers"),
        (NETWORK.format(6, 2), (), "gives (None, 2), and the data ask for 3 outputs"),
        (NETWORK.format(6, 3), (("a", (6,)),), "and the data have inputs a (6,)"),
        ("model = 3", (), "must define a handnn network"),
        ("1 / 0", (), "fails: ZeroDivisionError: division by zero"),
    ],
    ids=["rows", "pictures", "inputs", "outputs", "names", "no network", "an error"],
)
def test_the_network_of_a_file_must_fit_the_data(text, arrays, words, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(text)
    if not words:
        assert named.from_file(str(path), 6, 3, arrays).output_shape == (None, 3)
        return
    with pytest.raises(ValueError, match=re.escape(words)):
        named.from_file(str(path), 6, 3, arrays)

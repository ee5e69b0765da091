"""The kinds of model that examples train build, train and verify."""

import pytest
from click.testing import CliRunner

import handnn
from handnn import layers
from handnn.proof.kinds import table
from handnn.proof.kinds.__main__ import main
from handnn.proof.kinds.base import batch, kinds, result
from handnn.verify import verify_model

NOT_SUPPORTED = ("next_frame",)
each_kind = pytest.mark.parametrize("name", [name for name in kinds if name not in NOT_SUPPORTED])
pytestmark = pytest.mark.filterwarnings("ignore:Layer ")  # some drop masks


def test_all_kinds_are_there():
    assert len(list(kinds)) == 38 and all(build.__doc__ for _, build in kinds.items())


@each_kind
@pytest.mark.slow
def test_a_kind_is_verified(name, keras):
    found = result(name)
    assert found.ok, found.wrong
    assert found.tensors > 40 and found.layers


@pytest.mark.quick(1)
@each_kind
def test_keras_builds_the_same_network(name, keras):
    ours, theirs = kinds[name](handnn), kinds[name](keras)
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]


@pytest.mark.parametrize("name", NOT_SUPPORTED)
def test_what_is_not_supported_is_said_with_its_reason(name, keras):
    found = result(name)
    assert found.not_supported and not found.ok and "ConvLSTM2D convolves in each step" in found.wrong
    assert "0 of 1 kinds" in table.counted([found])


@pytest.mark.slow
def test_the_command_fails_where_a_kind_is_not_verified(keras, monkeypatch):
    done = CliRunner().invoke(main, ["fraud", "next_frame"])
    assert done.exit_code == 0 and "1 of 2 kinds of model build, train and verify" in done.output
    right = layers.Dropout.backward
    monkeypatch.setattr(layers.Dropout, "backward", lambda self, t: (right(self, t), setattr(t, "dx", 2 * t.dx)))
    done = CliRunner().invoke(main, ["fraud"])
    assert done.exit_code == 1 and "0 of 1 kinds" in done.output and ": dx = " in done.output, done.output


@pytest.mark.slow
def test_statistics_of_a_layer_in_two_places_move_twice(keras, rng, monkeypatch):
    """The second time from where the first one left them."""
    model = kinds["pairs_of_pictures"](handnn)
    given = model, *batch(model, rng)
    report = verify_model(*given, whole=False, optimizer=False)
    assert report.ok, report.verdict()
    assert sum(row.tensor == "moving_mean" for row in report) == 5
    monkeypatch.setattr(layers.BatchNormalization, "assign_statistics", lambda self, new: None)
    report = verify_model(*given, whole=False, optimizer=False)
    assert {row.tensor for row in report.failures} == {"moving_mean", "moving_variance"}
    assert len(report.failures) == 4

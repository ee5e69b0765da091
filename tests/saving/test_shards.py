"""Weights in several files, written by either side and read by the other."""

import json
import re

import numpy as np
import pytest

import handnn

GIGABYTE = 1024**3


def network(module):
    stack = [module.Input((7,)), module.layers.Dense(5, name="a"), module.layers.Dense(40, name="b")]
    model = module.Sequential([*stack, module.layers.BatchNormalization(name="c")], name="net")
    model.compile(module.optimizers.Adam(), "mse", run_eagerly=True)
    return model


@pytest.fixture
def trained(keras, rng):
    """Models of both sides after a step."""
    models = [network(module) for module in (handnn, keras)]
    for model in models:
        model.train_on_batch(rng.normal(size=(4, 7)), rng.normal(size=(4, 40)))
    return models


def slots(model):
    return [np.array(variable) for variable in model.optimizer.variables]


@pytest.mark.parametrize("side", [0, 1], ids=["by handnn", "by Keras"])
@pytest.mark.slow
def test_either_side_reads_the_shards_of_the_other(side, trained, keras, tmp_path):
    path = tmp_path / "m.weights.json"
    trained[side].save_weights(path, max_shard_size=1000 / GIGABYTE)
    names = sorted(found.name for found in tmp_path.iterdir())
    assert len(names) > 3 and names[:2] == ["m.weights.json", "m_00000.weights.h5"]
    index = json.loads(path.read_text())
    assert index["metadata"]["total_size"] == sum(
        a.nbytes for a in [*trained[side].get_weights(), *slots(trained[side])]
    )
    assert any(isinstance(places, list) for places in index["weight_map"].values())  # a layer that was cut
    for module in (handnn, keras):
        other = network(module)
        other.train_on_batch(np.ones((4, 7)), np.ones((4, 40)))
        other.load_weights(path)
        pairs = zip(other.get_weights() + slots(other), trained[side].get_weights() + slots(trained[side]), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)


def changed(path, change):
    index = json.loads(path.read_text())
    change(index)
    path.write_text(json.dumps(index))


BAD = {
    "no index": (lambda p: p.write_text("[]"), "it has no weight_map"),
    "a shard is missing": (lambda p: (p.parent / "m_00000.weights.h5").unlink(), "lacks the shard m_00000.weights.h5"),
    "a damaged shard": (lambda p: (p.parent / "m_00000.weights.h5").write_bytes(b"1"), "damaged"),
    "another folder": (
        lambda p: changed(p, lambda i: i["weight_map"].update({"/layers/dense/vars": "../m.weights.h5"})),
        "must name .weights.h5 files beside it; received '../m.weights.h5'",
    ),
    "a group is not there": (
        lambda p: changed(p, lambda i: i["weight_map"].update({"/layers/dense_7/vars": "m_00000.weights.h5"})),
        "the shard m_00000.weights.h5 lacks layers/dense_7/vars",
    ),
    "an array is left out": (
        lambda p: changed(p, lambda i: i["weight_map"].pop("/layers/dense/vars")),
        "lacks array 0",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_shards_get_one_line_and_change_nothing(case, tmp_path):
    spoil, words = BAD[case]
    model, path = network(handnn), tmp_path / "m.weights.json"
    model.save_weights(path, max_shard_size=1)
    spoil(path)
    before = model.get_weights()
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        model.load_weights(path)
    assert "\n" not in str(caught.value)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("m.weights.h5", 1, ".weights.json"),
        ("m.weights.json", 0, "max_shard_size must be a number > 0 of gigabytes, or None; received 0"),
        ("m.weights.json", 10 / GIGABYTE, "max_shard_size must be at least the"),
    ],
)
def test_nothing_is_written_for_a_bad_size(name, size, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        network(handnn).save_weights(tmp_path / name, max_shard_size=size)
    assert not list(tmp_path.iterdir())

"""What a `Model` says of graphs that it cannot be, of configs that are none of its own, and of wrong data."""

import json

import numpy as np
import pytest

import handnn
from handnn import layers


def graph():
    """A graph without a fault, to be given one."""
    x = handnn.Input((4,), name="x")
    a = layers.Dense(4, "relu", name="a")(x)
    total = layers.Add(name="sum")([x, a, layers.Dense(4, "tanh", name="inside")(a)])
    return handnn.Model(x, layers.Dense(3, "softmax", name="out")(total), name="net")


def two_inputs(dtype="float32"):
    """Of numbers or of integers, compiled."""
    given = [handnn.Input((4,), dtype=dtype, name=name) for name in ("x", "y")]
    read = given
    if dtype == "int32":
        tables = [layers.Embedding(5, 3, name=name) for name in ("users", "items")]
        read = [layers.Flatten()(table(x)) for table, x in zip(tables, given, strict=True)]
    model = handnn.Model(given, layers.Dense(2, name="out")(layers.Concatenate(name="join")(read)), name="net")
    model.compile("sgd", "mse")
    return model


def ends(shape=(3,), name="x"):
    x = handnn.Input(shape, name=name)
    return x, layers.Dense(2)(x)


def ranks():
    layer = layers.LayerNormalization(name="shared")
    return layer(handnn.Input((3,))), layer(handnn.Input((2, 3)))


def missing_input():
    (x, a), (_, b) = ends(), ends(name="other")
    return handnn.Model(x, layers.Add()([a, b]))


def same_names():
    x = handnn.Input((3,), name="x")
    return handnn.Model(x, layers.Dense(2, name="one")(layers.Dense(2, name="one")(x)))


def changed_config(change):
    config = json.loads(json.dumps(graph().get_config()))
    change(config)
    return handnn.Model.from_config(config)


def loop(config):
    by_name = {entry["name"]: entry for entry in config["layers"]}
    by_name["a"]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = "inside"


def called_in_training(config):
    config["layers"][1]["inbound_nodes"][0]["kwargs"] = {"training": True}


def unknown_layer(config):
    config["layers"][1]["class_name"] = "ConvLSTM2D"


def inputs_by_number(config):
    config["input_layers"] = 3


def without_outputs(config):
    del config["output_layers"]


BAD = {
    "a shared layer of two ranks": (ranks, ValueError, "shared is called on inputs of different ranks"),
    "missing input": (missing_input, ValueError, "inputs must hold every Input .*'other' is missing"),
    "no output": (lambda: handnn.Model(ends()[0], []), ValueError, "outputs must hold at least one tensor"),
    "same names": (same_names, ValueError, "layer names must differ; received 'one' 2 times"),
    "an array": (lambda: handnn.Model(np.ones(3), ends()[1]), TypeError, "inputs must be returned by Input or a layer"),
    "a dict": (lambda: handnn.Model({"x": np.ones(3)}, ends()[1]), TypeError, "inputs must be returned by Input"),
    "a slice of the batch": (lambda: ends()[1][1:], ValueError, "batch axis of a symbolic tensor must be kept"),
    "a slice by a name": (
        lambda: ends()[1][:, "a"],
        TypeError,
        "integers, slices, None and ...; received str",
    ),
    "an index too far": (lambda: ends()[1][:, 7], ValueError, "shape .None, 2.: index 7 is out of bounds"),
    "a + another rank": (lambda: ends()[1] + ends((2, 3))[1], ValueError, "needs tensors with as many axes"),
    "another dict": (
        lambda: handnn.Model({"b": handnn.Input((2,)), "a": handnn.Input((2,))}, ends()[1]),
        ValueError,
        "inputs must hold every Input",
    ),
    "a + array": (
        lambda: ends()[1] + np.ones(7),
        ValueError,
        r"and an array \(7,\) needs an array that is broadcast over a sample",
    ),
    "a / array": (
        lambda: ends()[1] / np.ones(2),
        TypeError,
        "needs a tensor of a layer, or a number; received ndarray",
    ),
    "a ** b": (lambda: ends()[1] ** ends()[1], TypeError, r"no layer computes a \*\* b of two tensors"),
    "an array of it": (lambda: np.asarray(ends()[1]), TypeError, "has no values yet"),
    "arrays and tensors": (lambda: layers.Add()([ends()[1], np.ones((1, 2))]), TypeError, "must be called on KerasT"),
    "a list for one": (lambda: layers.Dense(2)([ends()[1]]), TypeError, "must be called on KerasTensors"),
    "truth of a tensor": (lambda: bool(ends()[1]), TypeError, "has no values yet"),
    "loop": (lambda: changed_config(loop), ValueError, "config must not have loops; "),
    "call in training": (lambda: changed_config(called_in_training), ValueError, "called with training=True"),
    "unknown layer": (lambda: changed_config(unknown_layer), ValueError, "holds a layer ConvLSTM2D"),
    "inputs by number": (
        lambda: changed_config(inputs_by_number),
        ValueError,
        "inputs and outputs in a list; received int",
    ),
    "without outputs": (lambda: changed_config(without_outputs), ValueError, "config must be a functional Model"),
    "merge in a stack": (
        lambda: handnn.Sequential([handnn.Input((3,)), layers.Add(name="sum")]),
        ValueError,
        "sum merges several inputs; a Sequential has one",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, error, words = BAD[case]
    with pytest.raises(error, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)


WRONG_X = {
    "one array": (np.ones((6, 4)), ValueError, "x must be a list of 2 arrays, for x, y"),
    "three arrays": ([np.ones((6, 4))] * 3, ValueError, "x must be a list of 2 arrays"),
    "other keys": (
        {"x": np.ones((6, 4)), "z": np.ones((6, 4))},
        ValueError,
        "x must have the keys x, y; received x, z",
    ),
    "samples": ([np.ones((6, 4)), np.ones((5, 4))], ValueError, "number of samples for every input; received 6, 5"),
    "shape": ([np.ones((6, 4)), np.ones((6, 3))], ValueError, r"x\[y\] must have shape \(samples, 4\)"),
    "NaN": ([np.ones((6, 4)), np.full((6, 4), np.nan)], ValueError, r"x\[y\] must be finite"),
}


@pytest.mark.parametrize("case", WRONG_X)
@pytest.mark.parametrize("method", ["fit", "predict"])
def test_wrong_x_gets_one_line(case, method):
    model = two_inputs()
    x, error, words = WRONG_X[case]
    with pytest.raises(error, match=words) as raised:
        getattr(model, method)(x, *([np.ones((6, 2))] if method == "fit" else []))
    assert "\n" not in str(raised.value)


def test_integers_must_be_integers():
    model = two_inputs("int32")
    with pytest.raises(ValueError, match=r"x\[x\] must hold integers that fit int32"):
        model.predict([np.full((2, 4), 0.5), np.zeros((2, 4))])
    with pytest.raises(ValueError, match=r"x\[y\] must hold indices from 0 to 4 .* for items; received 5"):
        model.predict([np.zeros((2, 4), int), np.full((2, 4), 5)])


WRONG_LATER = {
    "NaN in x": (lambda x, y: (np.where(x == x[0, 0], np.nan, x).astype(x.dtype), y), "x must be finite"),
    "infinity in y": (lambda x, y: (x, np.where(y == y[0, 0], np.inf, y).astype(y.dtype)), "y must be finite"),
    "another width": (lambda x, y: (x[:, 1:], y), "x must have shape"),
    "another number of targets": (lambda x, y: (x, y[1:]), "y must hold one row for each"),
    "text": (lambda x, y: (x.astype(str), y), "x must hold real numbers"),
}


@pytest.mark.parametrize(("change", "message"), WRONG_LATER.values(), ids=WRONG_LATER)
@pytest.mark.parametrize("loss", ["mse", "categorical_crossentropy"])
def test_a_batch_is_checked_after_right_ones_too(change, message, loss):
    """Batches of the shapes and dtypes of the last one are recognised, but not trusted."""
    rng, model = np.random.default_rng(0), handnn.Sequential([handnn.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("sgd", loss)
    x, y = rng.normal(size=(5, 4)).astype("float32"), rng.dirichlet(np.ones(3), 5).astype("float32")
    for _ in range(2):
        model.train_on_batch(x, y)
    weights = model.get_weights()
    with pytest.raises((ValueError, TypeError), match=message):
        model.train_on_batch(*change(x, y))
    assert all(map(np.array_equal, model.get_weights(), weights))
    assert model.test_on_batch(x.astype("float64"), y) == model.test_on_batch(x, y)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="one-hot"):
        model.train_on_batch(x, y)

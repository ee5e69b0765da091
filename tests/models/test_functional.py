"""`Model`: graphs drawn at random and by hand, against Keras in configs, weights, every tensor, and training."""

import json

import numpy as np
import pytest

import handnn
from handnn.proof.random.layers import MADE_OF_LAYERS
from handnn import cli, layers
from handnn.layers.operations import arithmetic, shapes
from handnn.models import model_from_config
from handnn.rounding import allowance
from tests.models.graphs import (
    GRAPHS,
    at_random,
    batch,
    by_hand,
    cut,
    frozen,
    logits_with_several_readers,
    mixed,
    of_softmaxes,
    operations,
    penalized,
    plain,
    residual,
    tables,
    towers,
    twice,
)
from handnn.verify import numeric_gradients, verify_model


# ---- configs and weights ------------------------------------------------------------------------------------------


def described(model):
    return [(w.path, tuple(w.shape), str(w.dtype), w.trainable) for w in model.weights], model.count_params()


def check_same(keras, build):
    handnn.utils.clear_session()
    keras.utils.clear_session()
    (ours, _), (theirs, _) = build(handnn), build(keras)
    assert plain(ours.get_config()) == plain(theirs.get_config())
    assert json.loads(ours.to_json())["config"] == json.loads(theirs.to_json())["config"]
    assert described(ours) == described(theirs)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    back = handnn.Model.from_config(plain(theirs.get_config()))
    there = keras.Model.from_config(plain(ours.get_config()))
    assert plain(back.get_config()) == plain(theirs.get_config()) == plain(there.get_config())
    assert described(back) == described(theirs) == described(there)


@pytest.mark.quick(5)
@by_hand
def test_graphs_go_to_keras_and_back(build, dtype, keras):
    if build is cut:  # Keras names its new Input after a counter of all tensors
        return
    check_same(keras, lambda module: build(module, dtype))


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(10, GRAPHS, 10))])
@pytest.mark.slow
def test_random_graphs_go_to_keras_and_back(first, keras):
    for seed in range(first, first + 10):
        check_same(keras, at_random(seed))


CALLED = [
    (name, cls)
    for name, cls in layers.layers.items()
    if not cls.merges and not hasattr(cls, "state_size") and cls not in MADE_OF_LAYERS
]
"""But cells, which are no layers of a graph, and layers made of others: layers/test_recurrent_networks.py."""


@pytest.mark.quick(14)
@pytest.mark.parametrize(("name", "cls"), CALLED)
def test_the_call_of_every_layer_is_written_as_keras_does(name, cls, keras):
    from handnn.proof.cases.layers import OPTIONS, samples_for

    if cls is layers.InputLayer:
        return
    options = {"units": 2} if cls is layers.Dense else {"activation": "tanh"} if cls is layers.Activation else {}
    shape = samples_for(cls)[0]
    options = OPTIONS[cls.__name__](np.random.default_rng(1), shape) if cls.__name__ in OPTIONS else options
    for given in ("float32", "float64"):  # where x must be cast, Keras notes no options of the call
        check_same(
            keras,
            lambda m, given=given: (
                m.Model(x := m.Input(shape, dtype=given, name="x"), getattr(m.layers, cls.__name__)(**options)(x)),
                None,
            ),
        )


# ---- every tensor -------------------------------------------------------------------------------------------------


@pytest.mark.quick(2)
@by_hand
def test_formulas_and_wiring_are_keras(build, dtype):
    model, loss = build(handnn, dtype)
    x, y = batch(model, loss)
    model.compile("adam", loss)
    report = verify_model(model, x, y)
    assert report.ok, report.verdict()


def _in_another_place(self, t, right=shapes.GetItem.backward):
    right(self, t)
    t.dx = t.dx[..., ::-1]


PLANTED = {
    "a slice": (shapes.GetItem, _in_another_place),
    "a number on the left": (arithmetic.SubtractNumber, lambda self, t: setattr(t, "dx", t.delta)),
    "a quotient": (arithmetic.DivideByNumber, lambda self, t: setattr(t, "dx", t.delta * np.float32(self.number))),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_wrong_derivative_of_an_operation_is_seen(planted, monkeypatch):
    cls, backward = PLANTED[planted]
    model, loss = operations(handnn, "float32")
    x, y = batch(model, loss)
    model.compile("sgd", loss)
    monkeypatch.setattr(cls, "backward", backward)
    report = verify_model(model, x, y, whole=False, optimizer=False)
    assert report.first_failure.tensor == "dx" and report.first_failure.check == "splice"


def test_an_input_may_be_an_output_and_may_be_none():
    x, y = handnn.Input((2,), name="x"), handnn.Input((2,), name="y", optional=True)
    model = handnn.Model([x, y], {"doubled": 2 * x, "x": x})
    model.compile("sgd", "mse")
    found = model.predict([np.ones((3, 2)), None], verbose=0)
    assert np.array_equal(found["doubled"], 2 * found["x"]) and found["x"].sum() == 6
    targets = {"doubled": np.zeros((3, 2)), "x": np.zeros((3, 2))}
    assert verify_model(model, [np.ones((3, 2)), np.ones((3, 2))], targets).ok
    with pytest.raises(ValueError, match=r"x\[x\] must hold real numbers, since it is not optional; received None"):
        model.predict([None, np.ones((3, 2))])


@pytest.mark.parametrize("build", [tables, logits_with_several_readers, penalized], ids=lambda build: build.__name__)
def test_inference_is_keras(build):
    model, loss = build(handnn, "float32")
    x, y = batch(model, loss)
    model.compile("adam", loss)
    report = verify_model(model, x, y, training=False, optimizer=False)
    assert report.ok, report.verdict()


@pytest.mark.quick(1)
@pytest.mark.parametrize("seed", range(0, GRAPHS, 5))
def test_random_graphs_are_verified(seed):
    model, loss = at_random(seed)(handnn)
    x, y = batch(model, loss)
    model.compile("sgd", loss)
    report = verify_model(model, x, y, np.linspace(0.5, 2, 6) if seed % 10 else None, training=bool(seed % 4))
    assert report.ok, report.verdict()


@pytest.mark.quick(5)
@by_hand
def test_gradients_are_the_derivatives_of_the_loss(build):
    if build is mixed:
        return
    model, loss = build(handnn, "float64")
    x, y = batch(model, loss)
    model.compile("sgd", loss)
    for layer in model.layers:
        layer.trainable = True
    ratios = numeric_gradients.network(model, *model.prepare_batch(x, y)[:2], elements=6)
    assert max(ratios.values()) <= 1, ratios


def test_paths_are_added_up(rng):
    """By hand: of a + 2 a + a, the upstream of a is 4 times what comes down."""
    x = handnn.Input((3,), dtype="float64")
    a = layers.Dense(3, dtype="float64", name="a")(x)
    twofold = layers.Add(dtype="float64", name="twofold")([a, a])
    total = layers.Add(dtype="float64", name="total")([a, twofold, a])
    model = handnn.Model(x, total)
    model.compile("sgd", "mse")
    trace = model.trace(rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))
    assert np.array_equal(trace["a"].upstream, 4 * trace["total"].delta)


@pytest.mark.parametrize(
    ("build", "fused"),
    [(residual, True), (logits_with_several_readers, False), (of_softmaxes, False), (penalized, True)],
)
def test_the_loss_is_fused_where_keras_keeps_the_logits(build, fused):
    model, loss = build(handnn, "float32")
    model.compile("sgd", loss)
    assert model.fused == fused
    assert model.output_loss(training=False)[1] == (fused or build is logits_with_several_readers)


# ---- training -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [residual, twice, towers], ids=lambda build: build.__name__)
@pytest.mark.slow
def test_training_follows_keras(build, keras):
    """fit, evaluate, predict and train_on_batch on the same data, from the same weights: the same course."""
    results = []
    for module in (handnn, keras):
        model, loss = build(module, "float64")
        ours, _ = build(handnn, "float64")
        x, y = batch(ours, loss, samples=20)
        model.set_weights(ours.get_weights())
        kind = {"mse": "MeanSquaredError", "categorical_crossentropy": "CategoricalCrossentropy"}
        loss = getattr(module.losses, kind.get(loss, "BinaryCrossentropy"))(dtype="float64")
        model.compile(module.optimizers.SGD(0.125), loss, run_eagerly=True)
        shown = model.fit(x, y, batch_size=8, epochs=2, validation_split=0.2, shuffle=False, verbose=0).history
        numbers = [np.asarray(shown["loss"]), np.asarray(shown["val_loss"])]
        numbers += [np.asarray(model.train_on_batch(x, y)), np.asarray(model.evaluate(x, y, verbose=0))]
        results.append([*numbers, np.asarray(model.predict(x, verbose=0)), *model.get_weights()])
    for ours, theirs in zip(*results, strict=True):
        # Nine steps in float64 drift apart by far less than the float32 in which Keras keeps its running means.
        growth = allowance.gamma(8, allowance.unit_roundoff("float32"))
        assert np.abs(ours - theirs).max() <= allowance.of(growth * np.abs(theirs).max(), "float32")


def test_inputs_come_as_a_list_or_by_name(rng):
    model, loss = twice(handnn, "float32")
    (x, y), target = batch(model, loss)
    model.compile("sgd", loss)
    for given in ([x, y], (x, y), {"y": y, "x": x}):
        assert np.array_equal(model.predict(given), model.predict([x, y]))
        assert model.evaluate(given, target) == model.evaluate([x, y], target)
        assert np.array_equal(model(given), model([x, y]))
    assert model.input_shape == [(None, 4), (None, 4)]
    assert model.fit({"x": x, "y": y}, target, validation_data=([x, y], target), verbose=0).history["val_loss"]


def test_a_weight_is_frozen_in_a_graph():
    model, loss = frozen(handnn, "float32")
    x, y = batch(model, loss)
    model.compile("sgd", loss)
    before = model.get_layer("b").get_weights()
    model.fit(x, y, epochs=2, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_layer("b").get_weights(), strict=True))
    model.trainable = False
    assert not model.trainable_weights and len(model.non_trainable_weights) == 6


# ---- models saved by Keras ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [residual, towers, tables], ids=lambda build: build.__name__)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.slow
def test_a_graph_saved_by_keras_is_verified(build, form, keras, tmp_path, capsys, monkeypatch):
    model, loss = build(keras, "float32")
    model.compile("adam", loss)
    model.save(tmp_path / "model.keras")
    arguments = ["handnn", "verify", str(tmp_path / "model.keras"), "--batch-size", "5", *form]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr()
    assert not ended.value.code, printed
    assert json.loads(printed.out)["ok"] if form else "5 samples" in printed.out and "MISMATCH" not in printed.out


def test_model_from_config_knows_both_kinds(keras):
    graph, _ = residual(keras, "float32")
    stack = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert isinstance(model_from_config(graph.get_config()), handnn.Model)
    assert isinstance(model_from_config(stack.get_config()), handnn.Sequential)


@pytest.mark.parametrize("count", [1, 2])
def test_operations_on_lists_come_back_from_their_config(count, rng):
    inputs = [handnn.Input((3,), name=name) for name in "ab"[:count]]
    model = handnn.Model(inputs, handnn.ops.stack(inputs, axis=1))
    x = [rng.normal(size=(4, 3)) for _ in inputs]
    again = model_from_config(model.get_config())
    assert again.output_shape == (None, count, 3) and np.array_equal(again.predict(x), model.predict(x))


def test_a_config_may_hold_more_than_a_model_needs(keras):
    """As that of another version of Keras may."""
    graph, _ = residual(keras, "float32")
    config = graph.get_config()
    for module in (handnn, keras):
        assert module.Model.from_config(config | {"more": 1}).name == graph.name

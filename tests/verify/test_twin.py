"""The Keras twin opened up is the Keras model itself: same bits out of the trace as out of the model called whole."""

import numpy as np
import pytest

import handnn
from handnn import layers, losses, optimizers
from handnn.proof.random import networks as random_networks
from handnn.verify import report, steps

SEED, COUNT = 23, 6
WIDE = {"max_width": 60, "max_batch": 40}


@pytest.fixture(scope="module")
def twin_of(keras):
    from tf_reference import KerasTwin

    def make(model, loss=None, optimizer=None, **options):
        return KerasTwin(model.get_config(), model.get_weights(), loss or model.loss, optimizer, **options)

    return make


@pytest.fixture(params=[0, 1, *(pytest.param(number, marks=pytest.mark.slow) for number in range(2, COUNT))])
def drawn(request):
    return random_networks.network(SEED, request.param, **WIDE)


def batch_of(drawn):
    return drawn.model.prepare_batch(drawn.x, drawn.y, drawn.sample_weight)


def net(dtype="float32", activation="softmax", loss="categorical_crossentropy"):
    rng = np.random.default_rng(5)
    stack = [
        layers.Input((5,), dtype=dtype, name="input"),
        layers.Dense(4, activation="tanh", dtype=dtype, name="hidden"),
        layers.Dropout(0.5, seed=3, dtype=dtype, name="dropout"),
        layers.Dense(3, activation=activation, dtype=dtype, name="output"),
    ]
    model = handnn.Sequential(stack, name="net")
    model.compile("sgd", loss)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model, rng.normal(size=(7, 5)), rng.dirichlet(np.ones(3), 7)


@pytest.mark.quick(1)
def test_trace_ends_in_the_models_own_output(drawn, twin_of):
    twin, (x, y, weight) = twin_of(drawn.model), batch_of(drawn)
    trace = twin.trace(x, y, weight)
    assert np.array_equal(trace.y_pred, twin.predict(x))
    inputs = x if isinstance(x, tuple) else (x,)
    for place, t in zip(twin.places, trace, strict=True):
        for parent, read in zip(place.parents, t.x if place.from_list else (t.x,), strict=True):
            given = trace.layers[parent].a if parent >= 0 else inputs[~parent]
            assert np.array_equal(given.astype(read.dtype), read)


def test_gradients_of_the_trace_are_the_models(drawn, twin_of):
    twin, (x, y, weight) = twin_of(drawn.model), batch_of(drawn)
    trace, (loss, gradients) = twin.trace(x, y, weight), twin.loss_and_gradients(x, y, weight)
    if all(t.penalty is None for t in trace):  # penalties may be added up in another order
        assert np.array_equal(trace.loss, loss)
    assert len(trace.gradients) == len(gradients)
    assert all(map(np.array_equal, trace.gradients, gradients))


def test_names_and_shapes_are_handnns(drawn, twin_of):
    x, y, weight = batch_of(drawn)
    theirs, ours = twin_of(drawn.model).trace(x, y, weight), drawn.model.trace(x, y, weight)
    assert [t.name for t in theirs] == [t.name for t in ours]
    for t, own in zip(theirs, ours, strict=True):
        assert list(t.gradients) == [name for name in own.gradients if name in t.gradients]  # none of a frozen layer
        for name, tensor in own.tensors():
            if name not in dict(t.tensors()):
                continue
            reference = dict(t.tensors())[name]
            assert (reference.shape, reference.dtype) == (tensor.shape, tensor.dtype)


def test_training_pass_is_the_models_under_the_same_mask(dtype, twin_of):
    """Reading the mask must not use up the layer's random numbers."""
    model, x, y = net(dtype)
    trace = twin_of(model).trace(x, y, training=True)
    loss, gradients = twin_of(model).loss_and_gradients(x, y, training=True)
    assert set(np.unique(trace["dropout"].mask)) == {0.0, 2.0}
    assert np.array_equal(trace["dropout"].z, trace["hidden"].a * trace["dropout"].mask)
    assert np.array_equal(trace.loss, loss)
    assert all(map(np.array_equal, trace.gradients, gradients))


def test_every_traced_pass_draws_anew(twin_of):
    model, x, y = net()
    twin = twin_of(model)
    masks = [twin.trace(x, y, training=True)["dropout"].mask for _ in range(6)]
    assert len({mask.tobytes() for mask in masks}) > 1


def exact_net(dtype):
    """A network of small integers and powers of two: nothing is rounded, in whatever order it is computed."""
    rng = np.random.default_rng(5)
    stack = [
        layers.Input((5,), dtype=dtype, name="input"),
        layers.Dense(4, activation="relu", dtype=dtype, name="hidden"),
        layers.Dense(2, dtype=dtype, name="output"),
    ]
    model = handnn.Sequential(stack, name="net")
    model.compile("sgd", "mse")
    model.set_weights([rng.integers(-3, 4, w.shape) for w in model.weights])
    return model, rng.integers(-3, 4, (8, 5)), rng.integers(-3, 4, (8, 2))


@pytest.mark.quick(1)
def test_compiled_trace_is_the_eager_one(dtype, twin_of):
    """One graph for each batch size. Graphs round otherwise, by up to ten units measured: so nothing is rounded."""
    model, x, y = exact_net(dtype)
    eager, twin = twin_of(model), twin_of(model, compiled=True)
    for rows in (8, 4, 8):
        ours, theirs = eager.trace(x[:rows], y[:rows]), twin.trace(x[:rows], y[:rows])
        assert ours.loss == theirs.loss
        for t, compiled in zip(ours, theirs, strict=True):
            for (name, tensor), (same, other) in zip(t.tensors(), compiled.tensors(), strict=True):
                assert name == same
                assert np.array_equal(tensor, other), f"{t.name} {name}"


GATED = {
    "LSTM": lambda: layers.LSTM(3, return_sequences=True, name="rnn"),
    "GRU backwards": lambda: layers.GRU(2, go_backwards=True, name="rnn"),
    "not unrolled": lambda: layers.GRU(
        2, go_backwards=True, return_sequences=True, zero_output_for_mask=True, name="rnn"
    ),
}


@pytest.mark.parametrize("kind", GATED)
@pytest.mark.slow
def test_the_compiled_twin_has_every_gate_at_every_step(kind, twin_of, rng):
    """Its loop is unrolled for that, where unrolling changes nothing; `unroll` of the layer stays.

    Of a loop that is not unrolled it has every delta, but no z to compare.
    """
    model = handnn.Sequential(
        [layers.Input((4, 3)), layers.Masking(), GATED[kind](), layers.Dense(2, name="dense_top")], name="net"
    )
    model.compile("sgd", "mse")
    x = rng.normal(size=(5, 4, 3)).astype("float32")
    x[0, 2:] = x[1, 0] = 0
    y = rng.normal(size=(5, *model.output_shape[1:]))
    x, y, _ = model.prepare_batch(x, y)
    eager, twin = (twin_of(model, compiled=compiled) for compiled in (False, True))
    found = twin.trace(x, y, training=True)
    deltas, known = found["rnn"].gate_deltas(), eager.trace(x, y, training=True)["rnn"].gate_deltas()
    for own in (eager, twin):
        assert own.inner(x)["dense_top"][0].shape == own.predict(x).shape  # no tape records any more
    assert not twin.model.get_layer("rnn").unroll
    assert set(known) == set(model.get_layer("rnn").cell.gates)
    assert set(deltas) == set(known)
    rows = {comparison.tensor: report.row(comparison) for comparison in steps.network(model, found, y, None)}
    assert all(own.ok for own in rows.values()), rows
    for gate, delta in deltas.items():
        assert delta.shape == known[gate].shape and delta.any()
        if kind != "not unrolled":
            assert f"delta {gate}" in rows  # each gate's delta is within its allowance, and so is its z


def exact_loop(kind, dtype, **options):
    """A loop with activations made of lines, integer weights and three masked steps: nothing is rounded."""
    lines = {"activation": "relu6"} | ({} if kind == "SimpleRNN" else {"recurrent_activation": "relu6"})
    x = layers.Input((4, 2), dtype=dtype)
    h = layers.Dense(3, dtype=dtype)(layers.Masking(dtype=dtype)(x))
    h = getattr(layers, kind)(2, name="loop", dtype=dtype, **lines, **options)(h)
    model = handnn.Model(x, layers.Flatten(dtype=dtype)(h), name="net")
    rng = np.random.default_rng(19)
    model.set_weights([rng.integers(-1, 2, w.shape) for w in model.weights])
    x, y = rng.integers(-2, 3, (8, 4, 2)), rng.integers(-2, 3, (8, *model.output_shape[1:]))
    x[0, 2:] = x[1, 0] = 0
    model.compile("sgd", losses.MeanSquaredError(reduction="sum", dtype=dtype))
    return model, x.astype(dtype), y.astype(dtype)


LOOPS = [
    ("LSTM", {}),
    ("GRU", {"go_backwards": True}),
    ("GRU", {"reset_after": False, "return_sequences": True}),
    ("SimpleRNN", {"go_backwards": True, "return_sequences": True}),
    ("LSTM", {"implementation": 1, "return_sequences": True, "go_backwards": True}),
]


@pytest.mark.parametrize("loop", LOOPS, ids=str)
@pytest.mark.slow
def test_a_loop_too_long_to_be_unrolled_has_every_gates_delta(loop, twin_of, monkeypatch):
    """The same bits as step by step, and everything else as before."""
    model, x, y = exact_loop(loop[0], "float64", **loop[1])
    eager = twin_of(model).trace(x, y)
    monkeypatch.setattr("tf_reference.recurrent.MOST_UNROLLED", 3)
    twin = twin_of(model, compiled=True)
    found, known, ours = twin.trace(x, y), eager["loop"].gate_deltas(), model.trace(x, y)["loop"].gate_deltas()
    deltas = found["loop"].gate_deltas()
    assert not found["loop"].cache["keras_steps"] and set(deltas) == set(known) == set(ours)
    for gate, delta in deltas.items():
        assert np.array_equal(delta, known[gate]) and np.array_equal(delta, ours[gate]) and delta.any()
    for t, stepwise in zip(found, eager, strict=True):
        assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(t.tensors(), stepwise.tensors(), strict=True))
    assert np.array_equal(twin.predict(x), eager.y_pred)  # the layer is as it was


def test_fused_output_has_no_upstream(twin_of):
    model, x, y = net()
    assert twin_of(model).trace(x, y).layers[-1].upstream is None
    other, x, y = net(loss=losses.CategoricalCrossentropy(dtype="float64"))
    assert twin_of(other).trace(x, y).layers[-1].upstream is not None


def test_weights_come_back_in_handnns_order(drawn, twin_of):
    twin = twin_of(drawn.model)
    assert all(map(np.array_equal, twin.get_weights(), drawn.model.get_weights()))
    both_ways = [layer for layer in drawn.model.layers if isinstance(layer, layers.Bidirectional)]
    inside = {id(w) for layer in both_ways for w in layer.weights}  # Keras builds these before the layer around them
    for theirs, own in zip(twin.model.weights, drawn.model.weights, strict=True):
        assert theirs.path == own.path or (id(own) in inside and own.path.endswith(f"/{theirs.path}"))
    twin.set_weights([w + 1 for w in drawn.model.get_weights()])
    assert all(np.array_equal(w, own + 1) for w, own in zip(twin.get_weights(), drawn.model.get_weights(), strict=True))


def loss_forms(keras):
    own = losses.CategoricalCrossentropy(label_smoothing=0.125, reduction="sum")
    return {
        "name": ("categorical_crossentropy", losses.CategoricalCrossentropy()),
        "alias": ("mse", losses.MeanSquaredError()),
        "object": (own, own),
        "config": (losses.serialize(own), own),
        "keras": (keras.losses.CategoricalCrossentropy(label_smoothing=0.125, reduction="sum"), own),
    }


@pytest.mark.parametrize("form", ["name", "alias", "object", "config", "keras"])
@pytest.mark.quick(2)
def test_loss_in_every_form(form, twin_of, keras):
    given, same = loss_forms(keras)[form]
    model, x, y = net()
    twin, other = twin_of(model, given), twin_of(model, same)
    assert type(twin.loss).__name__ == type(same).__name__
    assert (twin.loss.reduction, twin.loss.dtype) == (same.reduction, "float32")
    assert np.array_equal(twin.trace(x, y).loss, other.trace(x, y).loss)


def test_loss_by_name_computes_in_the_networks_dtype_and_an_object_in_its_own(twin_of, keras):
    model, *_ = net("float64")
    assert twin_of(model, "mse").loss.dtype == "float64"
    assert twin_of(model, losses.MeanSquaredError()).loss.dtype == "float32"
    assert twin_of(model, losses.serialize(losses.MeanSquaredError())).loss.dtype == "float64"


@pytest.mark.quick(12)
@pytest.mark.parametrize("name", list(losses.losses))
def test_every_registered_name_is_understood(name, twin_of):
    model, *_ = net()
    assert type(twin_of(model, name).loss).__name__ == losses.losses[name].__name__


# ---- the optimizer's state ------------------------------------------------------------------------------------------


def gradients_like(twin, seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=w.shape).astype(w.dtype) for w in twin.get_weights()]


OPTIMIZERS = [cls(0.125) for _, cls in optimizers.optimizers.items()]
OPTIMIZERS += [
    optimizers.Adam(0.125, amsgrad=True, use_ema=True, gradient_accumulation_steps=2),
    optimizers.LossScaleOptimizer(optimizers.Nadam(0.125)),
    optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD(0.125), {".*bias": optimizers.Adam(0.125)})),
]


@pytest.mark.quick(1, cover={"dtype": None, "optimizer": lambda optimizer: hasattr(optimizer, "inner_optimizers")})
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: type(optimizer).__name__)
def test_state_can_be_read_and_put_back(optimizer, dtype, twin_of):
    """A twin put into another's state takes the same step, to the bit."""
    model, *_ = net(dtype)
    twin, other = twin_of(model, optimizer=optimizer), twin_of(model, optimizer=optimizer)
    for seed in range(3):
        twin.apply(gradients_like(twin, seed))
    own = optimizer.unbuilt()
    own.build(model.trainable_weights)
    assert [v.shape for v in twin.optimizer_state()] == [v.shape for v in own.variables]
    other.set_weights(twin.get_weights())
    other.set_optimizer_state(twin.optimizer_state())
    for side in (twin, other):
        side.apply(gradients_like(twin, 9))
    for one, two in ((twin.get_weights(), other.get_weights()), (twin.optimizer_state(), other.optimizer_state())):
        assert all(map(np.array_equal, one, two))
    assert twin.iterations == other.iterations == own.iterations + 4 // (optimizer.gradient_accumulation_steps or 1)


def test_a_twin_spares_the_same_weights(twin_of):
    """What is excluded from weight decay stands in no config."""
    model, *_ = net()
    optimizer = optimizers.AdamW(0.5, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[model.weights[0]], var_names=["bias"])
    twin = twin_of(model, optimizer=optimizer)
    before = twin.get_weights()
    twin.apply([np.zeros_like(w) for w in before])
    kept = [np.array_equal(a, b) for a, b in zip(before, twin.get_weights(), strict=True)]
    assert kept == [w is model.weights[0] or w.name == "bias" for w in model.weights]


@pytest.mark.quick(1)
def test_train_on_batch_is_trace_and_apply(dtype, twin_of):
    model, x, y = exact_net(dtype)
    one, two = (twin_of(model, optimizer=optimizers.SGD(0.125, momentum=0.5)) for _ in range(2))
    trace = two.trace(x, y, training=True)
    two.apply(trace.gradients)
    assert one.train_on_batch(x, y) == trace.loss
    assert all(map(np.array_equal, one.get_weights(), two.get_weights()))
    assert not any(map(np.array_equal, one.get_weights(), model.get_weights()))
    assert one.iterations == two.iterations == 1


def test_config_without_a_shape_is_refused(keras):
    from tf_reference import KerasTwin

    model = handnn.Sequential([layers.Dense(2, name="dense")], name="net")
    with pytest.raises(ValueError, match="Input"):
        KerasTwin(model.get_config(), [], "mse")

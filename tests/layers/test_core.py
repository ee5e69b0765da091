"""Layers: Keras' arguments, configs, names and weights, there and back; and every layer's formulas against Keras."""

import inspect
import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import handnn
from handnn import activations, initializers, layers
from handnn.core.trace import LayerTrace
from handnn.layers import layers as registry
from handnn.verify import verify_model
from handnn.proof.not_supported import ABSENT
from handnn.proof.random.layers import MADE_OF_LAYERS
from handnn.proof.keras.layers import between
from handnn.proof.cases.layers import OPTIONS, only_float32, samples_for
from handnn.rounding.bounded import Bounded

TYPES = st.sampled_from(["float32", "float64"])
SIZES = st.integers(1, 5)
INITIALIZERS = st.sampled_from([name for name in initializers.initializers if name != "constant"])  # Keras: KeyError
ARGUMENTS = {
    "units": SIZES,
    "activation": st.sampled_from([n for n in activations.activations if n != "glu"]),  # Keras: its Dense has no shape
    "use_bias": st.booleans(),
    "kernel_initializer": INITIALIZERS,
    "bias_initializer": st.sampled_from(["zeros", "ones", "random_normal"]),
    "rate": st.floats(0, 1),
    "groups": st.sampled_from([1, -1]),
    "scale": st.sampled_from([0, 1, 2.5, True, False]),
    "stddev": st.floats(0, 1),
    "l1": st.floats(0, 1),
    "l2": st.floats(0, 1),
    "alpha_initializer": INITIALIZERS,
    "alpha": st.floats(-2, 2),
    "negative_slope": st.floats(0, 2),
    "max_value": st.none() | st.floats(0, 10),
    "threshold": st.floats(0, 2),
    "seed": st.none() | st.integers(0, 10**6),
    "shape": st.lists(SIZES, max_size=3).map(tuple),
    "data_format": st.sampled_from([None, "channels_last", "channels_first"]),
    "target_shape": st.lists(SIZES | st.just(-1), max_size=3).map(tuple).filter(lambda sizes: sizes.count(-1) < 2),
    "dims": st.integers(0, 3).flatmap(lambda n: st.permutations(range(1, n + 1))).map(tuple),
    "n": SIZES,
    "input_dim": SIZES,
    "output_dim": SIZES,
    "embeddings_initializer": INITIALIZERS,
    "embeddings_regularizer": st.sampled_from([None, "l1", "l2"]),
    "embeddings_constraint": st.sampled_from([None, "non_neg", "max_norm"]),
    "equation": st.sampled_from(["ab,bc->ac", "...ab,bc->...ac", "ab...,bc->ac..."]),
    "output_shape": SIZES | st.lists(st.none() | SIZES, min_size=1, max_size=2).map(tuple),
    "bias_axes": st.none() | st.just("c"),
    "axes": st.integers(-3, 3) | st.tuples(SIZES, SIZES),
    "normalize": st.booleans(),
    "name": st.text("abcxyz_0123456789", min_size=1, max_size=8),
    "trainable": st.booleans(),
    "dtype": TYPES,
}
"""What is drawn for an argument of this name; a new layer's other required arguments need a line here."""

SINGLE = {n: cls for n, cls in registry.items() if not hasattr(cls, "state_size") and cls not in MADE_OF_LAYERS}
"""But cells, which are no layers of a network, and layers made of others: test_recurrent_networks.py."""
each_layer = pytest.mark.parametrize(("name", "cls"), SINGLE.items(), ids=list(SINGLE))
HIDDEN = {name: cls for name, cls in SINGLE.items() if cls is not layers.InputLayer and not cls.merges}
WINDOWED = [name for name in OPTIONS if name[-1] == "D" or name.endswith("Transpose")] + ["SimpleRNN", "LSTM", "GRU"]
WINDOWED += ["Attention", "AdditiveAttention", "MultiHeadAttention", "Resizing"]
SHAPED = ("EinsumDense", "Permute", "RepeatVector", "Reshape", *WINDOWED)
"""Layers whose required arguments must fit the shape that comes in."""
each_hidden = pytest.mark.parametrize(("name", "cls"), HIDDEN.items(), ids=list(HIDDEN))


def arguments_of(cls):
    """Names of the constructor's arguments, the base class' among them."""
    own = dict(inspect.signature(cls.__init__).parameters)
    if any(p.kind is p.VAR_KEYWORD for p in own.values()):
        own = dict(inspect.signature(layers.Layer.__init__).parameters) | own
    return {k: p for k, p in own.items() if k != "self" and p.kind is not p.VAR_KEYWORD}


def options(cls):
    """Random arguments of one layer: all required ones, any of the others."""
    if cls.__name__ in WINDOWED and "Spatial" not in cls.__name__:
        return st.integers(0, 10**6).map(lambda seed: drawn_for(cls, np.random.default_rng(seed)))
    known = arguments_of(cls)
    required = {k for k, p in known.items() if p.default is p.empty} | ({"shape", "name", "groups"} & set(known))
    known = {k: p for k, p in known.items() if k != "input_dim" or cls is layers.Embedding}  # else Keras warns
    drawn = {k: ARGUMENTS[k] for k in known if k in ARGUMENTS}
    return st.fixed_dictionaries(
        {k: drawn[k] for k in required}, optional={k: s for k, s in drawn.items() if k not in required}
    )


def plain(config):
    """A config as it is after a round trip through a file, tuples turned to lists."""
    return json.loads(json.dumps(config))


def check_layer_config(keras, cls, given_options):
    ours, theirs = cls(**given_options), getattr(keras.layers, cls.__name__)(**given_options)
    assert plain(ours.get_config()) == plain(theirs.get_config())
    serialised = keras.layers.serialize(theirs)
    again = layers.from_config(serialised)
    assert type(again) is cls
    assert plain(again.get_config()) == plain(theirs.get_config())
    back = keras.layers.deserialize(plain(serialised | {"config": ours.get_config()}))
    assert plain(back.get_config()) == plain(theirs.get_config())


@pytest.mark.quick(18)
@each_layer
@given(data=st.data())
def test_config_goes_to_keras_and_back(name, cls, keras, data):
    check_layer_config(keras, cls, data.draw(options(cls)))


def missing(keras):
    """Public names of keras.layers that are neither here nor in the table of reasons."""
    here = {cls.__name__ for _, cls in registry.items()} | {name for name in layers.__all__ if name[0].islower()}
    here |= {"Input", "Lambda", "Layer"} | {name for name in registry.names if name[0].isupper()}
    here |= {cls.__name__ for cls in vars(layers.preparing).values() if inspect.isclass(cls)}  # without a derivative
    return {name for name in dir(keras.layers) if name[0] != "_"} - here - set(ABSENT["layers"])


def test_every_layer_of_keras_is_here_or_has_a_reason(keras):
    assert sorted(missing(keras)) == []
    assert not {name for name in ABSENT["layers"] if hasattr(layers, name)}, "it is here: take it out of the table"
    assert not {name for name in ABSENT["layers"] if not hasattr(keras.layers, name)}, "Keras has it no more"


def test_a_layer_that_is_missing_is_seen(keras, monkeypatch):
    monkeypatch.setattr(registry, "_canonical", [name for name in registry if name != "dense"])
    monkeypatch.setattr(registry, "_entries", {k: v for k, v in registry._entries.items() if k != "Dense"})
    monkeypatch.delitem(ABSENT["layers"], "ConvLSTM2D")
    assert missing(keras) >= {"Dense", "ConvLSTM2D"}


def one_for_all(default):
    """Return 2 for (2, 2): along several axes, one number stands for all of them."""
    while isinstance(default, tuple) and len(default) > 1 and len(set(default)) == 1:
        default = default[0]
    return default


@pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
def test_arguments_and_defaults_are_keras(name, cls, keras):
    theirs = inspect.signature(getattr(keras.layers, cls.__name__).__init__).parameters
    ours = arguments_of(cls)
    for argument, parameter in theirs.items():
        if argument != "self" and parameter.kind is not parameter.VAR_KEYWORD:
            assert argument in ours, f"{cls.__name__} lacks Keras' argument {argument}"
            assert one_for_all(ours[argument].default) == one_for_all(parameter.default), argument


def drawn_for(cls, rng):
    """Random arguments that fit the sample shape of a layer that reads windows."""
    return OPTIONS[cls.__name__](rng, samples_for(cls)[0]) | {
        "name": "windows",
        "dtype": str(rng.choice(["float32", "float64"])),
    }


@st.composite
def networks(draw):
    """(class name, arguments) of some layers that fit each other."""
    dtype = draw(TYPES)
    names = draw(st.lists(st.sampled_from(list(HIDDEN)), min_size=1, max_size=4))
    found = [("InputLayer", {"shape": draw(st.lists(SIZES, min_size=1, max_size=3).map(tuple)), "dtype": dtype})]
    found[0][1]["name"] = "start"
    shape = found[0][1]["shape"]
    for i, name in enumerate(names):
        cls = HIDDEN[name]
        rng = np.random.default_rng(draw(st.integers(0, 10**6)))
        fitting = OPTIONS[cls.__name__](rng, shape) if cls.__name__ in OPTIONS else {}
        if fitting is None:
            continue  # it does not fit this shape
        drawn = fitting if cls.__name__ in SHAPED else draw(options(cls))
        drawn = drawn | {"name": f"layer_{i}", "dtype": dtype}
        found.append((cls.__name__, drawn))
        shape = cls(**drawn).compute_output_shape((None, *shape))[1:]
    assume(len(found) > 1)
    return found


def described(model, prefix=""):
    weights = [(w.name, prefix + w.path, tuple(w.shape), str(w.dtype), w.trainable) for w in model.weights]
    return weights, [prefix + w.path for w in model.trainable_weights], model.output_shape, model.count_params()


def check_same_network(ours, theirs, prefix=""):
    """Config and weights; `prefix` is what Keras left out of its weights' paths."""
    assert plain(ours.get_config()) == plain(theirs.get_config())
    assert described(ours) == described(theirs, prefix)


@given(drawn=networks())
def test_networks_go_to_keras_and_back(drawn, keras):
    ours, theirs = (
        module.Sequential([getattr(module.layers, name)(**chosen) for name, chosen in drawn], name="net")
        for module in (handnn, keras)
    )
    check_same_network(ours, theirs)
    check_same_network(handnn.Sequential.from_config(plain(theirs.get_config())), theirs)
    twin = keras.Sequential.from_config(plain(ours.get_config()))
    assert not [w.path for w in twin.weights if w.path.startswith("net/")]
    check_same_network(ours, twin, prefix="net/")  # a fact: built from a config, Keras' paths lack the model's name


def test_unnamed_layers_and_models_are_numbered_as_in_keras(keras):
    names = []
    for module in (handnn, keras):
        module.utils.clear_session()
        of = module.layers
        models = [
            module.Sequential([module.Input((3,)), of.Dense(2), of.Dense(2), of.Dropout(0.5), of.Activation("relu")])
            for _ in range(2)
        ]
        names.append([(m.name, [layer.name for layer in m.layers], [w.path for w in m.weights]) for m in models])
    assert names[0] == names[1]


FITTING = [(name, cls, shape) for name, cls in HIDDEN.items() for shape in samples_for(cls)]


@pytest.mark.parametrize(
    ("name", "cls", "input_shape"), FITTING, ids=[f"{n} of rank {len(s) + 1}" for n, _, s in FITTING]
)
def test_formulas_are_keras(name, cls, input_shape, dtype, rng):
    """z, a, delta, dW, db, dx of the layer, spliced, in training, for batches of every rank that it takes."""
    chosen = {"units": 4, "activation": "sigmoid"}
    fitting = OPTIONS.get(cls.__name__, lambda rng, shape: {k: v for k, v in chosen.items() if k in arguments_of(cls)})
    drawn = fitting(rng, input_shape)
    if dtype == "float64" and only_float32(cls.__name__, drawn):
        pytest.skip("Keras has no kernel for it")
    model = between(cls, drawn, dtype, input_shape)
    x, y = rng.normal(size=(7, *input_shape)), rng.normal(size=(7, 3))
    report = verify_model(model, x.astype(dtype), y.astype(dtype), optimizer=False)
    assert report.ok, report.verdict()
    assert {row.layer for row in report} >= {model.layers[0].name, model.layers[-1].name}


@pytest.mark.parametrize("mistake", ["bias forgotten", "dW transposed", "W for W^T"])
def test_a_wrong_formula_is_seen(mistake, monkeypatch, rng):
    def backward(self, t):
        kernel = np.dot(t.delta.T, t.x) if mistake == "dW transposed" else np.dot(t.x.T, t.delta)
        t.gradients |= {"kernel": kernel, "bias": np.add.reduce(t.delta, axis=0)}
        t.dx = np.dot(t.delta, self.kernel.value if mistake == "W for W^T" else self.kernel.value.T)

    def forward(self, t):
        t.z = np.dot(t.x, self.kernel.value)

    planted = forward if mistake == "bias forgotten" else backward
    monkeypatch.setattr(layers.Dense, planted.__name__, planted)
    model = handnn.Sequential([handnn.Input((4,)), layers.Dense(4), layers.Dense(4, bias_initializer="ones")])
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    report = verify_model(model, x, y, optimizer=False, whole=False)
    expected = {"bias forgotten": "z", "dW transposed": "dW", "W for W^T": "dx"}[mistake]
    assert {row.tensor for row in report.failures} == {expected}


@pytest.mark.parametrize("shape", [(4, 5), (4, 3, 5)], ids=["rank 2", "rank 3"])
def test_dense_called_alone_is_keras(shape, keras, assert_agrees, rng):
    x = rng.normal(size=shape).astype("float32")
    ours, theirs = (m.layers.Dense(3, activation="relu", bias_initializer="ones") for m in (handnn, keras))
    ours(x), theirs(x)
    weights = [rng.normal(size=w.shape).astype("float32") for w in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    z = np.dot(Bounded(x), weights[0]) + weights[1]
    assert_agrees("dense", ours(x), theirs(x).numpy(), activations.relu.forward(z))
    for a, b in zip(ours.get_weights(), weights, strict=True):
        assert np.array_equal(a, b)


# Frozen layers


def two_dense(module, frozen=False):
    first = module.layers.Dense(3, activation="tanh", name="first", trainable=not frozen)
    second = module.layers.Dense(2, name="second")
    model = module.Sequential([module.Input((4,), name="start"), first, second], name="net")
    model.compile(module.optimizers.SGD(0.1), "mse")
    return model


def freeze_first(model):
    model.layers[0].trainable = False


def freeze_all(model):
    model.trainable = False


def changed_by_a_step(model, rng):
    before = model.get_weights()
    model.train_on_batch(rng.normal(size=(6, 4)), rng.normal(size=(6, 2)))
    return [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]


def test_a_frozen_layer_is_trained_by_neither_side(keras, rng):
    ours, theirs = two_dense(handnn, frozen=True), two_dense(keras, frozen=True)
    check_same_network(ours, theirs)
    assert changed_by_a_step(ours, rng) == changed_by_a_step(theirs, rng) == [False, False, True, True]


def test_a_layer_frozen_later_is_trained_by_neither_side(keras, rng):
    ours, theirs = two_dense(handnn), two_dense(keras)
    freeze_first(ours)
    freeze_first(theirs)
    assert [w.path for w in ours.trainable_weights] == [w.path for w in theirs.trainable_weights]
    assert changed_by_a_step(ours, rng) == changed_by_a_step(theirs, rng) == [False, False, True, True]


@pytest.mark.parametrize(
    "freeze",
    [
        freeze_first,
        freeze_all,
    ],
)
def test_freezing_later_shows_in_weights_and_config(freeze, keras):
    ours, theirs = two_dense(handnn), two_dense(keras)
    freeze(ours)
    freeze(theirs)
    check_same_network(ours, theirs)


def test_a_frozen_model_is_not_trained(rng):
    model = two_dense(handnn)
    freeze_all(model)
    assert not any(changed_by_a_step(model, rng))


def test_a_frozen_layer_can_be_verified(rng):
    model = two_dense(handnn, frozen=True)
    assert verify_model(model, rng.normal(size=(6, 4)), rng.normal(size=(6, 2))).ok


def test_a_thawed_layer_is_seen(monkeypatch, rng):
    monkeypatch.setattr(layers.Layer, "trainable", property(lambda self: True, lambda self, value: None), raising=False)
    assert all(changed_by_a_step(two_dense(handnn, frozen=True), rng))


def test_a_wrong_config_is_seen(monkeypatch, keras):
    original = layers.Dense.get_config
    monkeypatch.setattr(layers.Dense, "get_config", lambda self: original(self) | {"use_bias": True})
    with pytest.raises(AssertionError):
        check_layer_config(keras, layers.Dense, {"units": 2, "use_bias": False, "name": "d"})


def test_a_lambda_without_a_derivative_is_asked_only_where_something_below_trains(rng):
    layer, t = layers.Lambda(lambda x: 2 * x), LayerTrace("lambda")
    t.x, t.delta, t.wants_dx = np.ones((2, 3)), rng.normal(size=(2, 3)), False
    layer.forward(t)
    layer.backward(t)
    assert t.dx is None
    t.wants_dx = True
    with pytest.raises(TypeError, match="no derivative"):
        layer.backward(t)

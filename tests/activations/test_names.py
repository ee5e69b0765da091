"""Names, arguments and call conventions of `keras.activations`; `out=`; what bad arguments get."""

import inspect

import numpy as np
import pytest

from handnn import activations, layers
from handnn.activations import Activation, Celu, Elu, Gelu, Glu, LeakyRelu, Relu, Softmax, Squareplus, Threshold
from handnn.activations import activations as registry
from handnn.activations.base import without_defaults
from handnn.proof.not_supported import ABSENT

CASES = list(activations.cases())
each_activation = pytest.mark.parametrize(("name", "entry"), registry.items(), ids=list(registry))
each_case = pytest.mark.parametrize("entry", CASES, ids=lambda entry: repr(entry).removeprefix("handnn.activations."))
CLASSES = {name: type(entry) for name, entry in registry.items()} | without_defaults
ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}


def public(keras):
    return {name for name in dir(keras.activations) if not name.startswith("_")}


def test_every_public_name_of_keras_is_there(keras):
    functions = {"get", "serialize", "deserialize"}
    assert public(keras) - set(ABSENT["activations"]) == set(CLASSES) | set(ALIASES) | functions
    assert not set(ABSENT["activations"]) & set(CLASSES)
    for name in public(keras) - set(ABSENT["activations"]):
        assert callable(getattr(activations, name))


def test_a_name_that_is_missing_is_seen(keras, monkeypatch):
    monkeypatch.delitem(CLASSES, "mish")
    with pytest.raises(AssertionError):
        test_every_public_name_of_keras_is_there(keras)


@pytest.mark.parametrize("name", CLASSES)
def test_arguments_and_defaults_are_keras(name, keras):
    theirs = list(inspect.signature(getattr(keras.activations, name)).parameters.values())[1:]  # without x
    ours = list(inspect.signature(CLASSES[name]).parameters.values())
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


def test_another_default_is_seen(keras, monkeypatch):
    monkeypatch.setattr(LeakyRelu.__init__, "__defaults__", (0.3,))
    with pytest.raises(AssertionError):
        test_arguments_and_defaults_are_keras("leaky_relu", keras)


@each_activation
def test_names_are_keras(name, entry, keras):
    theirs = keras.activations.get(name)
    assert activations.get(name) is entry
    assert activations.get(entry) is entry
    assert activations.serialize(entry) == keras.activations.serialize(theirs) == name
    assert activations.get(keras.saving.serialize_keras_object(theirs)) is entry
    assert activations.deserialize(keras.activations.serialize(theirs)) is entry
    assert getattr(activations, name) is entry
    assert keras.activations.get(activations.serialize(entry)) is theirs


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_aliases_are_keras(alias, name, keras):
    assert activations.get(alias) is getattr(activations, alias) is registry[name]
    assert activations.serialize(activations.get(alias)) == keras.activations.serialize(keras.activations.get(alias))


@pytest.mark.parametrize("name", ["ReLU", "LeakyReLU", "Swish", "hswish"])
def test_names_of_classes_are_no_activations_in_keras_either(name, keras):
    for module in (activations, keras.activations):
        with pytest.raises(ValueError, match=name):
            module.get(name)


def test_none_is_linear_as_in_keras(keras):
    assert activations.get(None) is activations.linear
    assert keras.activations.get(None) is keras.activations.linear


# ---- called as Keras' functions -------------------------------------------------------------------------------------


@pytest.mark.quick(20)
@each_case
def test_a_call_with_arguments_is_that_of_keras_function(entry, dtype, points, assert_agrees, keras, rng):
    z = (3 * rng.normal(size=(4, points.width))).astype(dtype)
    function, config = getattr(activations, entry.name), entry.get_config()
    assert np.array_equal(function(z, **config), entry.forward(z))
    assert np.array_equal(function(z, *config.values()), entry(z))
    assert entry(z).shape == getattr(keras.activations, entry.name)(z, **config).shape
    assert entry(z).dtype == dtype


def test_a_call_changes_only_what_it_names():
    z = np.array([-1.0, 5.0])
    capped = Relu(negative_slope=0.5, max_value=3.0)
    assert capped(z, max_value=4.0).tolist() == [-0.5, 4.0]
    assert capped(z).tolist() == [-0.5, 3.0]


@each_activation
def test_call_keeps_the_dtype_of_arrays(name, entry, dtype, keras):
    z = np.array([[-1.5, 0.25, 2.0, 1.0]], dtype)
    assert entry(z).dtype == dtype == np.asarray(keras.activations.get(name)(z)).dtype


@each_activation
def test_call_on_a_list_computes_in_floatx(name, entry, keras):
    z = [[-1.5, 0.25, 2.0, 1.0]]
    assert entry(z).dtype == keras.activations.get(name)(keras.ops.convert_to_tensor(z)).numpy().dtype == "float32"


def test_threshold_needs_its_arguments(keras):
    z = [-1.0, 0.5, 2.0]
    assert activations.threshold(z, 1.0, -3.0).tolist() == [-3, -3, 2]
    assert keras.activations.threshold(keras.ops.convert_to_tensor(z), 1.0, -3.0).numpy().tolist() == [-3, -3, 2]
    with pytest.raises(ValueError, match=r"needs its arguments: activations.Threshold\(threshold, default_value\)"):
        activations.get("threshold")


@each_case
def test_repr_says_how_to_make_it(entry):
    shown = repr(entry).removeprefix("handnn.activations.")
    again = eval(shown, vars(activations).copy())
    assert type(again) is type(entry) and again.get_config() == entry.get_config()


# ---- out ------------------------------------------------------------------------------------------------------------


@each_case
def test_out_arrays_get_the_same_bits_and_inputs_stay(entry, dtype, points, rng):
    z = np.concatenate([points.rows(entry, kind, dtype, rng) for kind in points.kinds])
    a = entry.forward(z)
    upstream = points.cotangent(a.shape, dtype, rng, huge=True)
    z.flags.writeable = upstream.flags.writeable = False  # a write would raise
    delta = entry.backward(upstream, z, a)
    a.flags.writeable = False
    for value in (np.nan, 7):
        found = entry.forward(z, out=(out := np.full_like(a, value)))
        assert found is out or found is z  # linear hands its argument on
        assert found.tobytes() == a.tobytes()
        found = entry.backward(upstream, z, a, out=(out := np.full_like(z, value)))
        assert found is out or found is upstream
        assert found.tobytes() == delta.tobytes()
    assert a.dtype == delta.dtype == dtype
    assert a.shape == entry.compute_output_shape(z.shape)


@pytest.mark.parametrize(
    ("mistake", "error"),
    [(lambda self, z, out=None: np.tanh(z, out=z), ValueError), (lambda self, z, out=None: np.tanh(z), AssertionError)],
    ids=["input overwritten", "out ignored"],
)
def test_a_wrong_use_of_arrays_is_seen(mistake, error, monkeypatch, points, rng):
    monkeypatch.setattr(activations.Tanh, "forward", mistake)
    with pytest.raises(error):
        test_out_arrays_get_the_same_bits_and_inputs_stay(activations.tanh, "float32", points, rng)


# ---- arguments in a layer -------------------------------------------------------------------------------------------

NOT_KERAS_DEFAULTS = [e for e in CASES if e.name not in registry or registry[e.name].get_config() != e.get_config()]


@pytest.mark.parametrize("entry", NOT_KERAS_DEFAULTS, ids=repr)
def test_arguments_work_in_a_layer_but_have_no_place_in_a_config(entry):
    layer = layers.Dense(4, activation=entry)
    assert layer.activation is entry
    with pytest.raises(ValueError, match=f"activation {entry.name} with .* use ") as caught:
        layer.get_config()
    assert "\n" not in str(caught.value)


def test_the_layer_class_is_named():
    for entry, layer in ((LeakyRelu(0.1), "LeakyReLU"), (Relu(0.1), "ReLU"), (Elu(2), "ELU"), (Softmax(0), "Softmax")):
        with pytest.raises(ValueError, match=f"use layers.{layer}$"):
            activations.serialize(entry)
    assert activations.serialize(LeakyRelu(0.2)) == "leaky_relu"


def test_an_activation_of_ones_own_is_its_name():
    class Cube(Activation):
        name = "cube"

    assert activations.serialize(Cube()) == "cube"


def test_glu_halves_the_width():
    dense = layers.Dense(6, activation="glu")
    assert dense(np.ones((2, 3))).shape == (2, 3)
    assert dense.compute_output_shape((None, 3)) == (None, 3)
    assert activations.glu.compute_output_shape((None, None)) == (None, None)
    for call in (lambda: activations.glu(np.ones((2, 3))), lambda: layers.Dense(5, "glu").compute_output_shape((1, 2))):
        with pytest.raises(ValueError, match="glu needs an even size along axis -1"):
            call()


BAD = {
    "slope": (lambda: LeakyRelu("a"), ("negative_slope", "'a'")),
    "slope None": (lambda: LeakyRelu(None), ("negative_slope", "None")),
    "NaN": (lambda: Elu(float("nan")), ("alpha", "nan")),
    "True": (lambda: Elu(True), ("alpha", "True")),
    "celu of 0": (lambda: Celu(0), ("alpha", "0")),
    "max_value": (lambda: Relu(max_value="6"), ("max_value", "'6'")),
    "b": (lambda: Squareplus(-1), ("b", ">= 0", "-1")),
    "approximate": (lambda: Gelu("tanh"), ("approximate", "'tanh'")),
    "axis": (lambda: Softmax(1.5), ("axis", "1.5")),
    "axis twice": (lambda: Softmax((0, 0)), ("axis", "(0, 0)")),
    "axis of glu": (lambda: Glu(None), ("axis", "None")),
    "threshold": (lambda: Threshold(None, 0), ("threshold", "None")),
    "too many": (lambda: activations.leaky_relu([1.0], 1, 2), ("leaky_relu", "1", "2")),
    "unknown": (lambda: activations.tanh([1.0], alpha=1), ("alpha",)),
    "kind": (lambda: activations.get(3), ("activation", "int")),
}


@pytest.mark.parametrize(("case", "words"), BAD.values(), ids=list(BAD))
def test_bad_arguments_get_one_clear_line(case, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        case()
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words)

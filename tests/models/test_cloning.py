"""Models made of configs and of other models, nested and shared layers: what is in the config, and what is computed."""

import numpy as np
import pytest

import handnn
from handnn import layers, optimizers
from handnn.models import clone_model, model_from_config


def stack():
    model = handnn.Sequential([handnn.Input((2,)), layers.Dense(3, "tanh"), layers.Dense(1)], name="stack")
    model.compile(optimizers.Adam(0.25), "mae")
    return model


def branched():
    x = handnn.Input((2,), name="x")
    hidden = layers.Dense(2, name="hidden")(x)
    return handnn.Model(x, layers.Add()([hidden, layers.Dense(2, name="other")(hidden)]), name="branched")


@pytest.mark.parametrize("make", [stack, branched])
def test_a_clone_is_of_the_same_kind_and_computes_the_same_with_the_same_weights(make, rng):
    model, x = make(), rng.normal(size=(3, 2))
    other = clone_model(model)
    assert type(other) is type(model) and other.get_config() == model.get_config()
    assert not np.array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))
    other.set_weights(model.get_weights())
    assert np.array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))
    assert not {id(layer) for layer in model.layers} & {id(layer) for layer in other.layers}


def test_a_clone_is_compiled_like_the_model():
    other = clone_model(stack())
    assert (other.compiled, other.loss.name, other.optimizer.get_config()["learning_rate"]) == (
        True,
        "mean_absolute_error",
        0.25,
    )
    assert not clone_model(branched()).compiled


def test_a_clone_on_other_inputs():
    x = handnn.Input((2,), name="mine")
    assert clone_model(branched(), input_tensors=x).inputs == [x]


@pytest.mark.parametrize("recursive", [True, False])
def test_layers_of_models_inside_are_cloned_only_if_recursive(recursive):
    seen = []

    def clone(layer):
        seen.append(layer.name)
        return type(layer).from_config(layer.get_config())

    outer = handnn.Sequential([handnn.Input((2,)), branched(), layers.Dense(1, name="last")])
    clone_model(outer, clone_function=clone, recursive=recursive)
    assert ("hidden" in seen) == recursive and ("branched" in seen) != recursive and "last" in seen


def test_a_model_inside_computes_as_alone(rng):
    inner, x = branched(), rng.normal(size=(3, 2))
    outside = handnn.Input((2,))
    outer = handnn.Model(outside, inner(layers.Rescaling(2.0)(outside)))
    assert np.array_equal(outer.predict(x, verbose=0), inner.predict(2 * x, verbose=0))


def test_a_shared_layer_is_numbered_in_each_model():
    dense, x, y = layers.Dense(2, name="shared"), handnn.Input((2,)), handnn.Input((2,))
    thrice = dense(dense(dense(x)))
    once = dense(y)
    found = {entry["name"]: entry for entry in handnn.Model(y, once).get_config()["layers"]}
    assert len(found["shared"]["inbound_nodes"]) == 1
    config = handnn.Model(x, thrice).get_config()
    assert config["output_layers"] == ["shared", 2, 0]
    again = handnn.Model.from_config(config)
    again.set_weights([np.full((2, 2), 0.5), np.zeros(2)])
    assert np.array_equal(again.predict(np.array([[2.0, 4.0]]), verbose=0), [[3.0, 3.0]])


def test_a_config_that_says_nothing_of_it_is_trainable():
    config = {name: value for name, value in branched().get_config().items() if name != "trainable"}
    assert handnn.Model.from_config(config).trainable
    assert not handnn.Model.from_config(config | {"trainable": False}).trainable


def test_what_is_no_config_is_named():
    with pytest.raises(ValueError, match="'input_layers'; received \\['a', 'b'\\]"):
        handnn.Model.from_config({"b": 1, "a": 2})
    with pytest.raises(ValueError, match="config must"):
        model_from_config(stack().to_json())


def test_an_input_of_integers_may_be_an_output():
    x = handnn.Input((2,), dtype="int32")
    model = handnn.Model(x, [x, layers.Embedding(5, 1)(x)])
    assert np.array_equal(model.predict(np.array([[3, 4]]), verbose=0)[0], [[3, 4]])


def test_an_output_may_have_several_losses():
    x = handnn.Input((2,))
    model = handnn.Model(x, [layers.Dense(1, name="a")(x), layers.Dense(1, name="b")(x)])
    model.compile("sgd", [["mse", "mae"], "mse"])
    assert [len(loss) if isinstance(loss, list) else loss.name for loss in model.loss] == [2, "mean_squared_error"]

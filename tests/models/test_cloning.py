"""Models made of configs and of other models, nested and shared layers: what is in the config, and what is computed."""

import numpy as np
import pytest

import handnn
from handnn import layers, optimizers
from handnn.models import clone_model, inputs, model_from_config, named


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


# ---- models inside models: shapes and masks -----------------------------------------------------------------------


def test_a_model_inside_is_built_by_its_call_and_checks_what_it_reads():
    inner = handnn.Sequential([layers.Dense(2)])
    assert inner(handnn.Input((4, 3))).shape == (None, 4, 2) and inner.built
    with pytest.raises(ValueError, match="takes inputs of shape"):
        handnn.Sequential([handnn.Input((4, 3)), layers.Dense(2)])(handnn.Input((5, 3)))
    parts = [handnn.Input((2,)), handnn.Input((2,))]
    two = handnn.Model(parts, layers.Add()(parts))
    assert two([handnn.Input((2,)), handnn.Input((2,))]).shape == (None, 2)
    assert two.compute_output_shape([[None, 2], [None, 2]]) == (None, 2)


def test_a_mask_made_inside_is_known_outside():
    masking = handnn.Sequential([handnn.Input((3, 1)), layers.Masking()])
    x = handnn.Input((3, 1))
    assert masking(x).masked and not handnn.Sequential([handnn.Input((3, 1)), layers.Dense(1)])(x).masked
    mean = handnn.Sequential([handnn.Input((3, 1)), layers.Masking(), layers.GlobalAveragePooling1D()])
    assert mean.predict(np.array([[[0.0], [2.0], [4.0]]]), verbose=0)[0, 0] == 3


def test_an_empty_stack_is_compiled():
    model = handnn.Sequential()
    model.compile("sgd", "mse")
    model.add(layers.Dense(1))
    assert model.predict(np.ones((2, 3)), verbose=0).shape == (2, 1)


def test_samples_are_counted_where_an_optional_input_is_missing():
    assert inputs.sample_count((None, np.zeros((3, 1)))) == 3


# ---- networks by name ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(named.NAMED))
def test_a_named_network_computes_in_one_dtype(name):
    model = named.NAMED[name]((14, 16), 3, "softmax", "float64")
    assert {layer.dtype for layer in model.layers} | {w.dtype for w in model.weights} == {"float64"}
    assert (model.input_shape, model.output_shape) == ((None, 14 * 16), (None, 3))


@pytest.mark.parametrize(("side", "kernel"), [(14, 5), (13, 3)])
def test_the_kernels_of_lenet_fit_its_picture(side, kernel):
    assert named.lenet((side, side), 3, "softmax", "float32").get_layer("conv_1").kernel.shape[:2] == (kernel, kernel)


def test_a_row_fills_a_sample():
    model = handnn.Sequential([handnn.Input((2, 3)), layers.Flatten()])
    assert named.rows_shape(model, 6) == (2, 3) and named.rows_shape(model, 5) is None
    assert named.rows_shape(handnn.Sequential([handnn.Input((None, 3)), layers.Dense(1)]), 6) is None


# ---- clones with other calls ----------------------------------------------------------------------------------------


def with_dropout(module):
    def call(layer, *args, **kwargs):
        out = layer(*args, **kwargs)
        return module.layers.Dropout(0.5)(out) if isinstance(layer, module.layers.Dense) else out

    return call


def shared(module):
    """A layer in two places, an operation, a model inside, and attention's two outputs."""
    own, x = module.layers, module.Input((3, 4), name="x")
    twice = own.Dense(4, name="twice")
    a, scores = own.MultiHeadAttention(2, 2, name="own")(twice(x), twice(x), return_attention_scores=True)
    inner = module.Sequential([module.Input((3, 4)), own.Dense(2, name="inner_top")], name="inner")
    return module.Model(x, [inner(a) * 2, scores], name="net")


@pytest.mark.parametrize("recursive", [False, True])
def test_a_call_function_puts_layers_between_as_in_keras(recursive, keras, rng):
    """The copy has Keras' layers in Keras' order, and the same output, since its Dropout does nothing in inference."""
    found = []
    for module in (handnn, keras):
        other = module.models.clone_model(
            shared(module),
            clone_function=lambda layer: layer,
            call_function=with_dropout(module),
            recursive=recursive,
        )
        found.append([type(layer).__name__ for layer in other.layers])
    assert found[0] == found[1] and found[0].count("Dropout") == 2
    model, x = shared(handnn), rng.normal(size=(2, 3, 4))
    other = clone_model(model, clone_function=lambda layer: layer, call_function=with_dropout(handnn))
    assert all(map(np.array_equal, model.predict(x, verbose=0), other.predict(x, verbose=0)))
    assert len(model.nodes) + 2 == len(other.nodes)


def test_a_clone_keeps_what_the_graph_shares(rng):
    model, x = shared(handnn), rng.normal(size=(2, 3, 4))
    other = clone_model(model)
    assert other.get_config() == model.get_config() and not set(map(id, model.layers)) & set(map(id, other.layers))
    other.set_weights(model.get_weights())
    assert all(map(np.array_equal, model.predict(x, verbose=0), other.predict(x, verbose=0)))


def test_a_call_function_is_not_for_a_sequential():
    with pytest.raises(ValueError, match="call_function must be None for a Sequential, which stack is"):
        clone_model(stack(), call_function=lambda layer, x: layer(x))


# ---- the state as a tree --------------------------------------------------------------------------------------------


def named_net(module=handnn):
    own = module.layers
    x = module.Input((2,), name="x")
    model = module.Model(x, own.Dense(1, name="top")(own.Dense(3, "tanh", name="hidden")(x)), name="net")
    model.compile(module.optimizers.Adam(name="adam"), "mae", metrics=["mse"])
    return model


def trained(rng):
    model = named_net()
    model.fit(rng.normal(size=(6, 2)), rng.normal(size=(6, 1)), verbose=0)
    return model


def leaves(tree, before=()):
    for key, value in tree.items():
        yield from leaves(value, (*before, key)) if isinstance(value, dict) else [((*before, key), value)]


def test_the_state_tree_is_keras(keras, rng):
    model = trained(rng)
    theirs = named_net(keras)
    theirs.optimizer.build(theirs.trainable_variables)
    wanted = dict(leaves(theirs.get_state_tree("numpy_array")))
    found = dict(leaves(model.get_state_tree()))
    of_metrics = {path for path in found if path[0] == "metrics_variables" and path[1] != "loss"}
    assert {path: value.shape for path, value in found.items() if path not in of_metrics} == {
        path: value.shape for path, value in wanted.items() if path[:2] != ("metrics_variables", "mse")
    }
    theirs.set_state_tree(model.get_state_tree())
    assert all(np.array_equal(a, b) for a, b in zip(theirs.get_weights(), model.get_weights(), strict=True))


def test_a_state_tree_restores_weights_slots_and_metrics(rng):
    model, other = trained(rng), named_net()
    other.compiled_metrics.build(np.ones((1, 1)), np.ones((1, 1)))  # as the first batch does
    other.set_state_tree(model.get_state_tree())
    for a, b in zip(other.optimizer.variables, model.optimizer.variables, strict=True):
        assert np.array_equal(a.numpy(), b.numpy())
    assert np.array_equal(other.get_weights()[0], model.get_weights()[0])
    assert other.get_metrics_result() == model.get_metrics_result()


def test_a_state_tree_that_does_not_fit_changes_nothing(rng):
    model = trained(rng)
    before, tree = model.get_weights(), model.get_state_tree()
    tree["trainable_variables"]["hidden"] = {"kernel": np.ones((2, 3)), "bias": np.ones(4)}
    with pytest.raises(ValueError, match="bias has shape \\(3,\\); received an array of shape \\(4,\\)"):
        model.set_state_tree(tree)
    assert all(map(np.array_equal, before, model.get_weights()))
    with pytest.raises(ValueError, match=r"state_tree must be a dict with .*received \['weights'\]"):
        model.set_state_tree({"weights": {}})
    with pytest.warns(UserWarning, match="net has no trainable_variables other/kernel: skipped"):
        model.set_state_tree({"trainable_variables": {"other": {"kernel": 1.0}}})
    with pytest.raises(ValueError, match="value_format must be"):
        model.get_state_tree("list")

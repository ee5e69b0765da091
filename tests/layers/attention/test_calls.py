"""Calls of attention layers in graphs and on arrays: forms, configs, masks handed on by the layers below, bad input."""

import json

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.proof.keras.attention import CASES
from handnn.rounding.explanation import explain
from handnn.testing import assert_explained_by_rounding
from handnn.verify import verify_model
from tests.layers.attention.pass_forward import traced
from tf_reference import KerasTwin

MHA = layers.MultiHeadAttention


def plain(config):
    return json.loads(json.dumps(config))


def several_forms(module):
    """A graph with every form of call."""
    x, mask = module.Input((5, 4), name="x"), module.Input((5, 5), dtype="bool", name="mask")
    keys = module.Input((5,), dtype="bool", name="keys")
    own = module.layers
    h = own.MultiHeadAttention(2, 3, name="a")(x, x, use_causal_mask=True)
    h = own.MultiHeadAttention(2, 3, name="b")(value=x, query=h, key=x, attention_mask=mask)
    h = own.MultiHeadAttention(2, 3, name="c", attention_axes=-2)(h, own.Dense(3, name="d")(x), key=h, value_mask=keys)
    h = own.Attention(name="e")([h, x], mask=[None, keys])
    h = own.AdditiveAttention(name="f")([h, x, h], use_causal_mask=True)
    return module.Model([x, mask, keys], h, name="net")


def test_calls_go_to_keras_and_back(keras):
    ours, theirs = several_forms(handnn), several_forms(keras)
    assert plain(ours.get_config()) == plain(theirs.get_config())
    assert [(w.path, w.shape) for w in ours.weights] == [(w.path, tuple(w.shape)) for w in theirs.weights]
    again = handnn.Model.from_config(plain(theirs.get_config()))
    assert plain(again.get_config()) == plain(theirs.get_config())
    assert plain(keras.Model.from_config(ours.get_config()).get_config()) == plain(theirs.get_config())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_configs_are_keras(case, keras):
    ours, theirs = (getattr(m.layers, case.cls.__name__)(**case.options, name="own") for m in (handnn, keras))
    assert plain(ours.get_config()) == plain(theirs.get_config())
    assert plain(layers.from_config(keras.layers.serialize(theirs)).get_config()) == plain(theirs.get_config())


@pytest.mark.slow
def test_a_layer_in_two_places(rng):
    x = handnn.Input((5, 4), name="x")
    shared = layers.MultiHeadAttention(2, 2, name="shared", dtype="float64")
    out = layers.Dense(2, name="top", dtype="float64")(layers.Flatten(dtype="float64")(shared(shared(x, x), x)))
    model = handnn.Model(x, out, name="net")
    model.compile("sgd", "mse")
    report = verify_model(model, rng.normal(size=(3, 5, 4)), rng.normal(size=(3, 2)))
    assert report.ok, report.verdict()


def test_scores_of_symbolic_tensors(keras, rng):
    """They have a shape; a model whose output does not depend on them computes as without."""
    x = [rng.normal(size=(2, 5, 3))]
    for module in (handnn, keras):
        given = module.Input((5, 3), name="x")
        z, scores = module.layers.MultiHeadAttention(2, 2, name="own")(given, given, return_attention_scores=True)
        assert tuple(scores.shape) == (None, 2, 5, 5)
        x.append(module.Model(given, module.layers.Dense(1, name="top")(z), name="net"))
    given, ours, theirs = x
    assert plain(ours.get_config()) == plain(theirs.get_config())
    assert plain(handnn.Model.from_config(plain(ours.get_config())).get_config()) == plain(ours.get_config())
    ours.compile("sgd", "mse")
    assert verify_model(ours, given, rng.normal(size=(2, 5, 1)), optimizer=False).ok


def with_scores(module):
    """A model whose outputs are made of the context, and the weights themselves."""
    x = module.Input((5, 3), name="x")
    h, scores = module.layers.MultiHeadAttention(2, 2, name="own")(x, x, return_attention_scores=True)
    return module.Model(x, [module.layers.Dense(1, name="top")(h), scores], name="net")


@pytest.mark.slow
def test_scores_as_an_output_train_as_in_keras(keras, rng, tmp_path):
    ours, theirs = with_scores(handnn), with_scores(keras)
    x, y = rng.normal(size=(8, 5, 3)), [rng.normal(size=(8, 5, 1)), rng.normal(size=(8, 2, 5, 5))]
    histories = []
    for model in (ours, theirs):
        model.compile("adam", ["mse", "mse"], loss_weights=[1.0, 3.0], run_eagerly=True)
        histories.append(model.fit(x, y, verbose=0).history)
    assert histories[0].keys() == histories[1].keys() and ours.output_names == theirs.output_names
    assert verify_model(ours, x, y).ok
    ours.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert plain(again.get_config()) == plain(ours.get_config())


SHOWING = {
    "scaled dot": lambda x: layers.Attention(use_scale=True, score_mode="dot", name="own")([x, x], **SCORES),
    "concat": lambda x: layers.Attention(use_scale=True, score_mode="concat", name="own")([x, x], **SCORES),
    "additive": lambda x: layers.AdditiveAttention(name="own")([x, x], **SCORES),
    "heads": lambda x: MHA(2, 2, name="own")(x, x, **SCORES),
}
SCORES = {"return_attention_scores": True}


@pytest.mark.parametrize("kind", SHOWING)
def test_a_loss_of_the_weights_reaches_what_they_are_made_of(kind, rng):
    """Every tensor with a loss on the weights and on the context: a wrong sign at either shows."""
    x = handnn.Input((5, 3), name="x")
    h, scores = SHOWING[kind](layers.Dense(3, name="below")(x))
    model = handnn.Model(x, [layers.Dense(1, name="top")(h), scores], name="net")
    model.compile("sgd", ["mse", "mse"], loss_weights=[1.0, 9.0])
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    report = verify_model(model, rng.normal(size=(4, 5, 3)), [rng.normal(size=(4, *s[1:])) for s in model.output_shape])
    assert report.ok, report.verdict()


@pytest.mark.slow
def test_the_compiled_twin_returns_scores_too(keras, rng):
    ours = with_scores(handnn)
    x, y = rng.normal(size=(8, 5, 3)), (rng.normal(size=(8, 5, 1)), rng.normal(size=(8, 2, 5, 5)))
    plain_twin, compiled = (
        KerasTwin(ours.get_config(), ours.get_weights(), loss=["mean_squared_error"] * 2, compiled=own)
        for own in (False, True)
    )
    of_both = [twin.trace(x, y)["own"] for twin in (plain_twin, compiled)]
    assert of_both[0].shapes == of_both[1].shapes == ((5, 3), (2, 5, 5))


def test_a_loss_that_is_left_out_leaves_nothing_behind(rng):
    """Compiled again without a loss of the weights, nothing arrives at them from the loss before."""
    model, x = with_scores(handnn), rng.normal(size=(8, 5, 3))
    y = [rng.normal(size=(8, 5, 1)), rng.normal(size=(8, 2, 5, 5))]
    model.compile("sgd", "mse")
    model.train_on_batch(x, y)
    model.compile("sgd", ["mse", None])
    other = handnn.models.clone_model(model)
    other.set_weights(model.get_weights())
    other.compile("sgd", ["mse", None])
    for own in (model, other):
        own.train_on_batch(x, [y[0], None])
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))


def test_keras_gets_the_shape_of_the_scores_wrong(keras):
    """It takes the queries' number for the keys' too."""
    q, v = keras.Input((5, 3)), keras.Input((7, 3))
    _, scores = keras.layers.MultiHeadAttention(2, 2)(q, v, return_attention_scores=True)
    assert tuple(scores.shape) == (None, 2, 5, 5)
    q, v = handnn.Input((5, 3)), handnn.Input((7, 3))
    assert MHA(2, 2)(q, v, return_attention_scores=True)[1].shape == (None, 2, 5, 7)


X = np.ones((2, 4, 3))
BAD = {
    "no list": (lambda: layers.Attention()(X), "must be called on a list"),
    "four": (lambda: layers.Attention()([X] * 4), "length 2 or 3; received length 4"),
    "mask": (lambda: layers.Attention()([X, X], mask=X), "mask must be a list"),
    "dims": (lambda: layers.Attention()([X, X[..., :2]]), "needs query and key of the same dim"),
    "keys": (lambda: layers.Attention()([X, X, X[:, :2]]), "needs as many keys as values"),
    "mask shape": (
        lambda: layers.Attention()([X, X], mask=[None, np.ones((2, 3), bool)]), "value_mask of .* must have shape",
    ),
    "score": (lambda: layers.Attention(score_mode="sum"), "Invalid value for argument score_mode"),
    "dropout": (lambda: layers.Attention(dropout=1.0), r"dropout must be a number in \[0, 1\); received 1.0"),
    "heads": (lambda: MHA(0, 2), "argument `num_heads` must be an integer >= 1; received 0"),
    "window": (lambda: MHA(1, 2, sliding_window=0), "sliding_window must be None or an integer >= 1"),
    "output": (lambda: MHA(1, 2, output_shape=8.0), "Invalid `output_shape`: 8.0"),
    "axes": (lambda: MHA(1, 2, attention_axes="a"), "`attention_axes` must be an int, list, or tuple"),
    "axis": (lambda: MHA(1, 2, attention_axes=3)(X, X), "attention_axes must lie in 1 ... 1; received"),
    "rows": (lambda: MHA(1, 2)(X, X, X[:, :2]), "must be equal"),
    "attention mask": (lambda: MHA(1, 2)(X, X, attention_mask=np.ones((2, 3, 3))), "the masks must fit scores"),
    "flash": (lambda: MHA(1, 2, flash_attention=True), "flash_attention is not supported"),
}  # fmt: skip
MISCALLED = {
    "no value": (lambda: MHA(1, 2)(X), "must be called with value"),
    "unknown": (lambda: MHA(1, 2)(X, X, keys=X), "was called with 'keys'; its arguments are query, value"),
    "mixed": (lambda: MHA(1, 2)(handnn.Input((4, 3)), X), "must be called on KerasTensors only, or on arrays only"),
}


@pytest.mark.parametrize("case", BAD | MISCALLED)
def test_bad_input_gets_one_line(case):
    call, words = (BAD | MISCALLED)[case]
    with pytest.raises(TypeError if case in MISCALLED else ValueError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)


# ---- masks of time steps, handed on by the layers below ----


def reading(module, kind, dtype):
    """Words with padding, read by an attention layer."""
    words = module.Input((6,), dtype="int32", name="words")
    own = module.layers
    h = own.Embedding(9, 4, mask_zero=True, dtype=dtype, name="table")(words)
    if kind == "lists":
        h = own.Attention(dtype=dtype, name="a")([h, own.Dense(4, dtype=dtype, name="d")(h)], use_causal_mask=True)
        h = own.AdditiveAttention(dtype=dtype, name="b")([h, h, h])
    if kind == "heads":
        h = own.MultiHeadAttention(2, 3, dtype=dtype, name="a")(h, h, use_causal_mask=True)
    if kind == "dropout":
        keys = own.Dense(3, dtype=dtype, name="d")(h)
        h = own.MultiHeadAttention(2, 3, dropout=0.2, dtype=dtype, name="a")(h, h, key=keys)
    return module.Model(words, own.Dense(2, dtype=dtype, name="top")(h), name="net")


@pytest.mark.quick(1, cover={"kind": None})
@pytest.mark.parametrize("kind", ["lists", "heads", "dropout"])
def test_masks_of_time_steps_are_keras(kind, dtype, keras, rng):
    """Of the query, the value and the key; the output keeps the query's, and the loss leaves out what is masked."""
    model = reading(handnn, kind, dtype)
    model.compile("sgd", "mse")
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    x = np.array([[3, 1, 4, 1, 0, 0], [2, 7, 1, 8, 2, 8], [5, 0, 0, 0, 0, 0]])
    report = verify_model(model, x, rng.normal(size=(3, 6, 2)), optimizer=False)
    assert report.ok, report.verdict()
    assert plain(model.get_config()) == plain(reading(keras, kind, dtype).get_config())
    masked = model.trace(x, np.zeros((3, 6, 2)))["a"].output_mask
    assert np.array_equal(masked, x != 0)


@pytest.mark.parametrize("kind", ["query mask of a list", "value mask of heads"])
def test_masks_that_are_given_take_the_place_of_those_handed_on(kind, rng):
    words, own = handnn.Input((6,), dtype="int32", name="words"), handnn.Input((6,), dtype="bool", name="own")
    h = layers.Embedding(9, 4, mask_zero="heads" in kind, name="table")(words)
    if kind == "query mask of a list":  # where no other layer makes a mask
        h = layers.Attention(name="a")([layers.Dense(4, name="d")(h), h], mask=[own, None])
    else:
        h = MHA(2, 3, name="a")(h, h, value_mask=own, query_mask=own)
    model = handnn.Model([words, own], layers.Dense(2, name="top")(h), name="net")
    model.compile("sgd", "mse")
    words = np.array([[3, 1, 4, 1, 0, 0], [2, 7, 1, 8, 2, 8]])
    own = np.array([[1, 1, 0, 1, 1, 0], [0, 1, 1, 0, 1, 1]], bool)
    x, y = [words, own], rng.normal(size=(2, 6, 2))
    report = verify_model(model, x, y, optimizer=False)
    assert report.ok, report.verdict()
    trace = model.trace(x, y)["a"]
    assert np.array_equal(trace.output_mask, own if "list" in kind else words != 0)
    other = model.trace([words, ~own], y)["a"]
    assert np.array_equal(trace.attention.scores, other.attention.scores) == ("list" in kind)


@pytest.mark.parametrize("cls", [layers.Attention, layers.AdditiveAttention])
def test_masks_that_are_handed_on_are_as_if_they_were_given(cls, rng):
    """Of the query, of the value, of both; a causal mask beside them stays in force."""
    words, x = np.array([[3, 1, 4, 0, 0], [2, 7, 0, 8, 2]]), handnn.Input((5,), dtype="int32")
    table = rng.normal(size=(9, 4)).astype("float32")
    kinds = [layers.Embedding(9, 4, weights=[table], mask_zero=masked)(x) for masked in (True, False)]
    for query, value in ((0, 0), (0, 1), (1, 0)):
        masks = [None if kind else words != 0 for kind in (query, value)]
        found = handnn.Model(x, cls(use_scale=False)([kinds[query], kinds[value]], use_causal_mask=True)).predict(
            words, verbose=0
        )
        expected = cls(use_scale=False)([table[words]] * 2, mask=masks, use_causal_mask=True)
        plain = cls(use_scale=False)([table[words]] * 2, mask=masks)
        assert np.array_equal(found, expected) and not np.array_equal(found, plain)


def test_the_mask_of_a_list_is_its_querys():
    mask = np.array([[True, False]])
    assert layers.Attention().compute_mask([X, X], [mask, None]) is mask
    for none in (None, [None, mask]):
        assert layers.Attention().compute_mask([X, X], none) is None


def test_arrays_carry_their_mask(keras, rng):
    x = np.array([[3, 1, 4, 0, 0]])
    found = []
    table, own, ours = rng.normal(size=(9, 4)), None, None
    for module in (handnn, keras):
        h = module.layers.Embedding(9, 4, mask_zero=True, weights=[table])(x)
        layer = module.layers.MultiHeadAttention(1, 2)
        layer(h, h)
        own, ours = own or layer.get_weights(), ours or layer
        layer.set_weights(own)
        h = module.layers.Embedding(9, 4, mask_zero=True, weights=[table])(x)
        found.append(layer(h, h))
    assert np.array_equal(found[0]._keras_mask, found[1]._keras_mask)
    h = table[x].astype("float32")
    assert_explained_by_rounding(found[1], lambda q, v: traced(ours, (q, v), [x != 0, x != 0]).z, h, h)
    assert not explain(found[1], lambda q, v: traced(ours, (q, v)).z, h, h).ok, "the mask is not read"

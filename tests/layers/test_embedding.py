"""Embedding: rows looked up, deltas added up; alone, behind other layers, frozen, regularized, with wrong indices."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.verify import numeric_gradients, verify_model
from handnn.rounding.bounded import Bounded

ROWS, WIDTH = 6, 3
OPTIONS = {
    "plain": {},
    "regularized": {"embeddings_regularizer": "l2", "activity_regularizer": "l1"},
    "constrained": {"embeddings_constraint": "max_norm", "embeddings_initializer": "ones"},
    "frozen": {"trainable": False},
}
SHAPES = [(1,), (4,), (2, 3)]


def network(dtype, options=None, shape=(4,), inputs="int32"):
    start = handnn.Input(shape, dtype=inputs, name="start")
    table = layers.Embedding(ROWS, WIDTH, dtype=dtype, name="table", **(options or {}))(start)
    top = layers.Dense(2, dtype=dtype, name="top")(layers.Flatten(dtype=dtype, name="flatten")(table))
    model = handnn.Model(start, top, name="net")
    model.compile(handnn.optimizers.Adam(0.1), "mse")
    return model


@pytest.mark.quick(2)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("options", OPTIONS)
def test_formulas_are_keras(options, shape, dtype, rng):
    model = network(dtype, OPTIONS[options], shape)
    x, y = rng.integers(-2, ROWS, (7, *shape)), rng.normal(size=(7, 2))
    report = verify_model(model, x, y, optimizer=options != "constrained")
    assert report.ok, report.verdict()
    assert ("table dembeddings" in {row.where for row in report}) == (options != "frozen")


@pytest.mark.quick(2)
@pytest.mark.parametrize("kind", ["int32", "int64", "uint8", "float32", "float64"])
def test_every_kind_of_index(kind, keras, rng):
    """Floats are cut off towards 0, as Keras casts them."""
    x = rng.uniform(0, ROWS - 0.01, (7, 4)) if kind.startswith("float") else rng.integers(0, ROWS, (7, 4))
    x = x.astype(kind)
    model = network("float32", inputs=kind)
    assert verify_model(model, x, rng.normal(size=(7, 2))).ok
    ours, theirs = layers.Embedding(ROWS, WIDTH), keras.layers.Embedding(ROWS, WIDTH)
    theirs.build()
    ours(x)
    ours.set_weights(theirs.get_weights())
    assert np.array_equal(ours(x), theirs(x))
    assert np.array_equal(ours(np.array([[-0.9, 0.9]])), theirs(np.array([[-0.9, 0.9]])))


def test_negative_indices_count_from_the_end(keras):
    x = np.array([[-1, -ROWS, 0]])
    ours, theirs = layers.Embedding(ROWS, WIDTH), keras.layers.Embedding(ROWS, WIDTH)
    theirs.build()
    ours(x)
    ours.set_weights(theirs.get_weights())
    assert np.array_equal(ours(x), theirs(x))
    assert np.array_equal(ours(x)[0, 0], ours.embeddings.value[-1])


def test_behind_other_layers_the_path_ends(dtype, rng):
    """What is looked up has no derivative: the layer below gets gradients of 0, as in TensorFlow."""
    start = handnn.Input((4,), dtype=dtype, name="start")
    index = layers.Dense(3, "sigmoid", dtype=dtype, name="below", kernel_regularizer="l2")(start)
    table = layers.Embedding(ROWS, WIDTH, dtype=dtype, name="table")(index)
    model = handnn.Model(start, layers.Dense(2, dtype=dtype)(layers.Flatten(dtype=dtype)(table)))
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(7, 4)), rng.normal(size=(7, 2))
    assert verify_model(model, x, y).ok
    assert not model.trace(x, y)["below"].db.any()


def dense_gradient(x, delta, rows):
    """The definition, with one-hot rows."""
    return np.eye(rows)[x.reshape(-1)].T @ delta.reshape(-1, delta.shape[-1])


def test_deltas_of_one_row_are_added_up(assert_agrees, rng, dtype):
    layer = layers.Embedding(ROWS, WIDTH, dtype=dtype)
    x, delta = rng.integers(0, ROWS, (50, 4)), rng.normal(size=(50, 4, WIDTH)).astype(dtype)
    layer(x)
    results = []
    for kind in (np.asarray, Bounded):
        t = LayerTrace("table")
        t.x, t.delta = x, kind(delta)
        layer.backward(t)
        results.append(t.gradients["embeddings"])
        assert t.dx is None
    assert_agrees("dE", results[0], dense_gradient(x, delta.astype("float64"), ROWS).astype(dtype), results[1])


def test_gradient_is_the_derivative_of_the_loss(rng):
    model = network("float64", OPTIONS["regularized"])
    ratios = numeric_gradients.network(model, rng.integers(0, ROWS, (7, 4)), rng.normal(size=(7, 2)))
    assert max(ratios.values()) <= 1, ratios


def test_weights_may_be_given(keras):
    table = np.arange(ROWS * WIDTH, dtype="float32").reshape(ROWS, WIDTH)
    for given in (table, [table]):
        ours, theirs = (m.layers.Embedding(ROWS, WIDTH, weights=given, name="table") for m in (handnn, keras))
        assert np.array_equal(ours(np.array([2, -1])), theirs(np.array([2, -1])))
        assert ours.get_config() == theirs.get_config()


def test_training_moves_the_rows_that_were_looked_up(rng):
    model = network("float32")
    before = model.get_weights()[0]
    model.fit(np.array([[1, 2, 2, 4]] * 3), rng.normal(size=(3, 2)), verbose=0)
    moved = (model.get_weights()[0] != before).any(axis=1)
    assert moved.tolist() == [False, True, True, False, True, False]


def test_keras_squares_slices_of_one_row_apart(keras, tf):
    """A fact: of an index that is there twice, Adam's velocity is the sum of squares, not the square of the sum."""
    x, y = np.array([[0, 1, 1]]), np.ones((1, 3, 2), "float32")
    tables = []
    for whole in (False, True):
        model = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Embedding(4, 2)])
        model.set_weights([np.zeros((4, 2))])
        optimizer = keras.optimizers.Adam(0.5)
        optimizer.build(model.trainable_variables)
        for _ in range(2):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x) - y) ** 2)
            (slices,) = tape.gradient(loss, model.trainable_variables)
            optimizer.apply([tf.convert_to_tensor(slices) if whole else slices])
        tables.append(model.get_weights()[0])
    assert isinstance(slices, tf.IndexedSlices)
    apart = np.abs(tables[0] - tables[1])
    assert apart[0].max() == 0 and apart[1].min() > 0.01


# ---- planted mistakes ---------------------------------------------------------------------------------------------


def last_delta_only(self, t):
    rows = np.zeros_like(self.embeddings.value)
    rows[t.x.reshape(-1)] = np.asarray(getattr(t.delta, "value", t.delta)).reshape(-1, self.output_dim)
    t.gradients["embeddings"], t.dx = rows, None


def averaged(self, t):
    right(self, t)
    t.gradients["embeddings"] = t.gradients["embeddings"] / np.maximum(np.bincount(t.x.reshape(-1), None, ROWS), 1)[
        :, np.newaxis
    ].astype(t.delta.dtype)


def one_off(self, t):
    t.z = np.take(self.embeddings.value, (t.x + 1) % ROWS, axis=0)


right = layers.Embedding.backward
MISTAKES = {last_delta_only: "dembeddings", averaged: "dembeddings", one_off: "z"}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_wrong_formula_is_seen_where_it_is(mistake, dtype, monkeypatch, rng):
    monkeypatch.setattr(layers.Embedding, "forward" if mistake is one_off else "backward", mistake)
    report = verify_model(network(dtype), rng.integers(0, ROWS, (7, 4)), rng.normal(size=(7, 2)), optimizer=False)
    assert {row.where for row in report.failures} == {f"table {MISTAKES[mistake]}"}


# ---- bad input ----------------------------------------------------------------------------------------------------

BAD = {
    "input_dim": (lambda: layers.Embedding(0, 3), "input_dim must be an integer >= 1"),
    "output_dim": (lambda: layers.Embedding(3, 1.5), "output_dim must be an integer >= 1"),
    "lora_rank": (lambda: layers.Embedding(3, 2, lora_rank=1), "lora_rank is not supported by handnn's Embedding"),
    "weights": (lambda: layers.Embedding(3, 2, weights=np.ones((2, 2)))(np.array([0])), "has shape"),
    "index": (lambda: layers.Embedding(3, 2, name="e")(np.array([[0, 3]])), "from 0 to 2 .* for e; received 3"),
    "below": (lambda: layers.Embedding(3, 2, name="e")(np.array([[0, -4]])), "for e; received -4"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_an_index_beyond_32_bits_is_not_cut_off():
    layer = layers.Embedding(ROWS, WIDTH)
    layer.build((None, 1))
    with pytest.raises(ValueError, match=f"received {2**32}"):
        layer.check_indices(np.array([[2**32]]))


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "predict"])
def test_a_wrong_index_is_refused_before_anything_is_trained(method, rng):
    model, x = network("float32"), rng.integers(0, ROWS, (40, 4))
    x[-1, -1] = ROWS
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"x must hold indices from 0 to 5 .* for table; received 6"):
        getattr(model, method)(x, *([] if method == "predict" else [rng.normal(size=(40, 2))]))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))

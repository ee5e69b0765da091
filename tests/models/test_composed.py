"""Layers of one's own whose `call` is made of other layers: followed, trained and verified, as Keras computes them."""

from types import SimpleNamespace

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.verify import verify_model

STEPS, WORDS, WIDTH = 5, 11, 4
NOISE = np.random.default_rng(1)


def blocks(module):
    """The layers of Keras' text classification with a Transformer, of handnn or of Keras."""

    class TransformerBlock(module.layers.Layer):
        def __init__(self, width, heads, hidden, rate=0.0, **options):
            super().__init__(**options)
            self.attention = module.layers.MultiHeadAttention(heads, width)
            inside = [module.layers.Dense(hidden, activation="relu"), module.layers.Dense(width)]
            self.dense = module.Sequential(inside)
            self.first, self.second = (module.layers.LayerNormalization(epsilon=1e-6) for _ in range(2))
            self.dropout = module.layers.Dropout(rate)

        def call(self, inputs, training=None):
            attended = self.dropout(self.attention(inputs, inputs), training=training)
            a = self.first(inputs + attended)
            return self.second(a + self.dropout(self.dense(a), training=training))

    class TokenAndPosition(module.layers.Layer):
        def __init__(self, steps, words, width, **options):
            super().__init__(**options)
            self.tokens = module.layers.Embedding(words, width)
            self.positions = module.layers.Embedding(steps, width)

        def call(self, x):
            positions = module.ops.arange(start=0, stop=module.ops.shape(x)[-1], step=1)
            return self.tokens(x) + self.positions(positions)

    class Mix(module.layers.Layer):
        """Of two inputs, with a layer of one's own inside."""

        def __init__(self, **options):
            super().__init__(**options)
            self.block, self.dense = TransformerBlock(WIDTH, 1, 3, name="inner"), module.layers.Dense(WIDTH)

        def call(self, inputs):
            a, b = inputs
            return self.block(a) * self.dense(b) + 1

    return SimpleNamespace(block=TransformerBlock, embedding=TokenAndPosition, mix=Mix)


def network(module, rate=0.0, twice=False):
    own = blocks(module)
    embedding, block = own.embedding(STEPS, WORDS, WIDTH, name="embedding"), own.block(WIDTH, 2, 6, rate, name="block")
    x = module.layers.Input((STEPS,), name="x")
    a = block(embedding(x))
    a = block(a) if twice else a
    pooled = module.layers.GlobalAveragePooling1D(name="mean")(a)
    model = module.Model(x, module.layers.Dense(2, activation="softmax", name="out")(pooled), name="net")
    model.compile(module.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model, embedding, block


def batch(rng, count=6):
    return rng.integers(0, WORDS, (count, STEPS)), rng.integers(0, 2, count)


def filled(model, rng):
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def parts(embedding, block, model):
    return [embedding.tokens, embedding.positions, block.attention, block.dense, block.first, block.second,
            model.layers[-1]]  # fmt: skip


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.quick(1)
def test_it_is_verified_layer_by_layer(rng, twice):
    model = filled(network(handnn, 0.2, twice)[0], rng)
    report = verify_model(model, *batch(rng), optimizer=False)
    assert report.ok, report.verdict()
    places = {(row.layer.partition("/")[0], row.tensor) for row in report.rows}
    assert {("block", "dgamma"), ("block", "dW"), ("embedding", "dembeddings")} <= places


@pytest.fixture
def in_float64(keras):
    """Both sides compute in float64, so that float32 shows no rounding."""
    for dtype in ("float64", "float32"):
        handnn.config.set_floatx(dtype)
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        if dtype == "float64":
            yield


@pytest.mark.usefixtures("in_float64")
@pytest.mark.slow
def test_a_step_is_that_of_keras_own_class(rng, keras):
    """The script with its import changed: the same prediction before and after a step, and the same weights."""
    (ours, *own), (theirs, *other) = network(handnn), network(keras)
    filled(ours, rng)
    both = list(zip(parts(*own, ours), parts(*other, theirs), strict=True))
    for a, b in both:
        b.set_weights(a.get_weights())
    x, y = batch(rng)
    assert ours.count_params() == theirs.count_params()
    for _ in range(2):
        assert np.array_equal(ours.predict(x).astype("float32"), theirs.predict(x, verbose=0).astype("float32"))
        before = ours.get_weights()
        ours.train_on_batch(x, y)
        theirs.train_on_batch(x, y)
        still = {w.path for w, b in zip(ours.weights, before, strict=True) if np.array_equal(w.numpy(), b)}
        assert all("key/bias" in path for path in still)  # a softmax does not change with it
    for a, b in both:
        for w, v in zip(a.get_weights(), b.get_weights(), strict=True):
            assert np.array_equal(w.astype("float32"), v.astype("float32"))


def test_a_mistake_inside_is_located(rng, monkeypatch):
    right = layers.LayerNormalization.backward

    def wrong(self, t):
        right(self, t)
        t.dx = t.dx * 1.01

    monkeypatch.setattr(layers.LayerNormalization, "backward", wrong)
    first = verify_model(filled(network(handnn)[0], rng), *batch(rng), optimizer=False).first_failure
    assert first.layer.startswith("block/layer_normalization") and first.tensor == "dx"


def test_several_inputs_and_a_layer_of_ones_own_inside(rng):
    own = blocks(handnn)
    inputs = [handnn.Input((STEPS, WIDTH)) for _ in range(2)]
    model = handnn.Model(inputs, layers.Flatten()(own.mix(name="mix")(inputs)))
    model.compile("sgd", "mse")
    x = [rng.normal(size=(3, STEPS, WIDTH)) for _ in range(2)]
    report = verify_model(model, x, rng.normal(size=(3, STEPS * WIDTH)), optimizer=False)
    assert report.ok, report.verdict()
    assert any(row.layer.startswith("mix/inner/") for row in report.rows)


@pytest.mark.slow
def test_in_a_sequential(rng):
    stack = [handnn.Input((STEPS,)), blocks(handnn).embedding(STEPS, WORDS, WIDTH), blocks(handnn).block(WIDTH, 1, 3)]
    model = handnn.Sequential([*stack, layers.Flatten(), layers.Dense(2)])
    model.compile("adam", "mse")
    x, _ = batch(rng)
    before = model.get_weights()
    model.fit(x, rng.normal(size=(6, 2)), epochs=1, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True) if a.ndim)
    assert verify_model(model, x, rng.normal(size=(6, 2)), optimizer=False).ok


def test_frozen_before_and_after(rng):
    model, _, block = network(handnn)
    count = len(model.trainable_weights)
    block.trainable = False
    assert len(model.trainable_weights) == count - len(model.get_layer("block").weights) > 0
    frozen = blocks(handnn).block(WIDTH, 1, 3, trainable=False)
    x = handnn.Input((STEPS, WIDTH))
    assert not handnn.Model(x, frozen(x)).trainable_weights


def test_its_file_is_read_without_the_class(rng, keras, tmp_path):
    model = filled(network(handnn)[0], rng)
    model.save(tmp_path / "a.keras")
    x, _ = batch(rng)
    back, theirs = handnn.load_model(tmp_path / "a.keras"), keras.models.load_model(tmp_path / "a.keras")
    assert np.array_equal(back.predict(x), model.predict(x))
    assert all(map(np.array_equal, theirs.get_weights(), model.get_weights()))


class Own(layers.Layer):
    def __init__(self, call, **options):
        super().__init__(**options)
        self.dense, self.rule = layers.Dense(3), call

    def call(self, x, training=None):
        return self.rule(self, x, training)


class WithWeight(Own):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(3,), name="scale")

    def call(self, x, training=None):
        return self.dense(x)


NOT_FOLLOWED = {
    "another graph in training": (lambda: Own(lambda s, x, training: s.dense(x) * 2 if training else s.dense(x)),
                                  "it is another graph each time, or in training"),
    "another number in training": (lambda: Own(lambda s, x, training: s.dense(x) * (2 if training else 3)),
                                   "it is another graph each time, or in training"),
    "noise of NumPy": (lambda: Own(lambda s, x, training: s.dense(x) + NOISE.normal(size=3)),
                       "it is another graph each time, or in training"),
    "a weight of a layer in it": (lambda: Own(lambda s, x, training: [s.dense(x), s.dense.bias * s.dense(x)][1]),
                                  "received Variable"),
    "a weight of its own": (lambda: WithWeight(None), "it has weights of its own, scale"),
    "an array in a product": (lambda: Own(lambda s, x, training: s.dense(x) @ np.ones((3, 3), "float32")),
                                  "a @ b needs a tensor of a layer"),
    "a function without an operation": (lambda: Own(lambda s, x, training: np.cumsum(s.dense(x), axis=1)),
                                        "no operation for cumsum"),
    "an array of another length": (lambda: Own(lambda s, x, training: s.dense(x) + s.dense(np.ones((1, 5, 4)))[0, :1]),
                                   r"a layer in it is called on an array of shape \(1, 5, 4\)"),
}  # fmt: skip


def test_weights_that_a_file_would_lack_are_said(tmp_path):
    """The layer is not followed, and lists its own weights only."""
    x = handnn.Input((4,))
    own = WithWeight(None, name="own")
    own.more = {"a": handnn.Sequential([handnn.Input((2,)), layers.Dense(1)], name="stack")}
    model = handnn.Model(x, own(x))
    model.predict(np.ones((1, 4)))
    for save in (model.save, model.save_weights):
        with pytest.raises(
            ValueError, match=r"own holds layers whose weights would not be in the file: dense.*, stack;"
        ):
            save(tmp_path / ("a.keras" if save == model.save else "a.weights.h5"))
    assert not list(tmp_path.iterdir())


def test_layers_made_in_the_call_are_no_other_graph(rng):
    x = handnn.Input((4,))
    model = handnn.Model(x, Own(lambda s, x, training: layers.concatenate([s.dense(x), layers.ReLU()(x)]))(x))
    model.compile("sgd", "mse")
    assert verify_model(model, rng.normal(size=(5, 4)), np.ones((5, 7))).ok


@pytest.mark.parametrize("case", NOT_FOLLOWED)
def test_what_is_not_made_of_layers_needs_a_derivative(case, rng):
    make, words = NOT_FOLLOWED[case]
    x = handnn.Input((4,))
    own = make()
    model = handnn.Model(x, layers.Dense(1)(own(x)))
    assert model.predict(rng.normal(size=(5, 4))).shape == (5, 1)
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=rf"write backward\(self, t\).*its call is not made of layers alone: .*{words}"):
        model.train_on_batch(rng.normal(size=(5, 4)), np.ones((5, 1)))


def subclass(module):
    """A model of one's own in Keras' usual form: its layers are called in `call`, and built by the first data."""

    class Perceptron(module.Model):
        def __init__(self, units=4, **options):
            super().__init__(**options)
            self.hidden = module.layers.Dense(units, activation="tanh")
            self.dropout = module.layers.Dropout(0.0)
            self.out = module.layers.Dense(2)

        def call(self, x, training=False):
            return self.out(self.dropout(self.hidden(x), training=training)) + x[:, :2]

    return Perceptron


@pytest.mark.usefixtures("in_float64")
@pytest.mark.slow
def test_a_model_of_ones_own_trains_as_keras_does(rng, keras):
    x, y = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
    curves, found, start = [], [], None
    for module in (handnn, keras):
        model = subclass(module)()
        model(x[:1])
        start = model.get_weights() if start is None else start
        model.set_weights(start)
        options = {"run_eagerly": True} if module is keras else {}
        model.compile(module.optimizers.SGD(0.1), "mse", metrics=["mae"], **options)
        history = model.fit(x, y, epochs=2, batch_size=4, shuffle=False, validation_split=0.25, verbose=0)
        curves.append({name: np.float32(values).tolist() for name, values in history.history.items()})
        found.append([w.astype("float32") for w in model.get_weights()])
    assert curves[0] == curves[1]
    assert all(map(np.array_equal, *found))


def test_a_model_of_ones_own_is_built_by_data_and_verified(rng, tmp_path):
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    model = subclass(handnn)(name="own")
    model.compile("adam", "mse")
    assert not model.built and model.layers == []
    with pytest.raises(ValueError, match="own is not built yet: call it on data"):
        model.build()
    model.fit(x, y, verbose=0)
    assert model.name == "own" and model.built and [len(layer.weights) for layer in model.layers] == [0, 2, 0, 2]
    assert verify_model(model, x, y).ok
    model.save(tmp_path / "own.keras")
    assert np.array_equal(handnn.load_model(tmp_path / "own.keras").predict(x), model.predict(x))
    model.save_weights(tmp_path / "own.weights.h5")
    other = subclass(handnn)()
    other.build((None, 3))
    other.load_weights(tmp_path / "own.weights.h5")
    assert np.array_equal(other.predict(x), model.predict(x))


def test_a_model_of_ones_own_as_a_layer_and_of_several_inputs(rng):
    inputs = handnn.Input((3,))
    outer = handnn.Model(inputs, layers.Dense(1)(subclass(handnn)(5)(inputs)))
    assert outer.count_params() == (3 + 1) * 5 + (5 + 1) * 2 + 3

    class Two(handnn.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = layers.Dense(2), layers.Dense(2)

        def call(self, inputs):
            first, second = inputs
            return self.a(first) + self.b(second)

    model, x = Two(), [rng.normal(size=(4, 3)), rng.normal(size=(4, 5))]
    model.compile("sgd", "mse")
    model.fit(x, np.ones((4, 2)), verbose=0)
    assert model.predict(x).shape == (4, 2) and verify_model(model, x, np.ones((4, 2))).ok


def test_a_model_whose_call_cannot_be_followed(rng):
    class Cumulative(handnn.Model):
        def call(self, x):
            return np.cumsum(x, axis=1)

    model = Cumulative()
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="there is no operation for cumsum"):
        model.fit(rng.normal(size=(4, 3)), np.ones((4, 3)))


@pytest.mark.parametrize("module", ["handnn", "keras"])
def test_a_model_of_ones_own_is_written_as_the_graph_of_its_layers(module, rng, keras):
    """So that Keras builds it without the class."""
    model = subclass(handnn)(name="own")
    model.build((None, 3))
    made = (handnn if module == "handnn" else keras).models.model_from_json(model.to_json())
    made.set_weights(model.get_weights())
    assert made.name == "own" and sum(len(layer.weights) for layer in made.layers) == 4


def test_an_array_of_positions_is_one_row_for_every_sample(rng):
    """Of sequences with features, too, from whose shape alone it is made."""
    table = layers.Embedding(STEPS, 3)

    class Placed(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.table = table

        def call(self, x):
            return x + self.table(np.arange(STEPS))

    given = handnn.Input((STEPS, 3))
    model = handnn.Model(given, Placed(name="placed")(given))
    x = rng.normal(size=(4, STEPS, 3)).astype("float32")
    assert "Embedding" in str(model.get_config())
    assert np.array_equal(model.predict(x), x + table.get_weights()[0])


def test_a_number_is_no_data_for_a_model_of_ones_own():
    for make in (subclass(handnn), lambda: handnn.Sequential([layers.Dense(2)])):
        with pytest.raises(ValueError, match=r"^x must|known last axis"):
            make().predict(np.float32(3))

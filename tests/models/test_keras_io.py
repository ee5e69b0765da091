"""Scripts of keras.io's kind for dense networks, run twice: `import keras` and `import handnn as keras`.

Own code on made data. Both runs start from the same weights, take the same batches without shuffling, and compute in
float64. What rounding may do to a loss curve is measured, as in test_training.py: the run of handnn is repeated from a
start that is moved by one unit in the last place.
"""

import numpy as np
import pytest

import handnn
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded
from tests.models.test_training import DRAWS, largest_difference

EPOCHS, SAMPLES, BATCH = 2, 24, 8
STEPS = EPOCHS * SAMPLES // BATCH
ROUNDINGS = 200
"""Of a weight in one step, on both sides: more than the terms of any sum in these networks."""
RNG = np.random.default_rng(5)


def imbalanced(keras):
    """Imbalanced classification: dropout of rate 0, class weights, counts of the confusion matrix."""
    layers = keras.layers
    x = RNG_DATA["x"]
    y = (x[:, :1] + x[:, 1:2] > 1.0) * 1.0
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, activation="tanh"),
            layers.Dropout(0.0),
            layers.Dense(8, activation="tanh"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    metrics = [keras.metrics.FalseNegatives(name="fn"), keras.metrics.Precision(name="precision")]
    model.compile(keras.optimizers.Adam(1e-2, epsilon=2.0**-10), keras.losses.BinaryCrossentropy(), metrics=metrics)
    return model, x, y, {"class_weight": {0: 0.5, 1: 2.0}}


def structured(keras):
    """Structured data: embeddings of categories beside numbers, and a cross of two of them."""
    layers = keras.layers
    number = keras.Input((3,), name="number")
    kind = keras.Input((1,), dtype="int32", name="kind")
    place = keras.Input((1,), dtype="int32", name="place")
    a = layers.Flatten()(layers.Embedding(5, 3)(kind))
    b = layers.Flatten()(layers.Embedding(4, 3)(place))
    cross = layers.Multiply()([a, b])
    deep = layers.Dense(6, activation="softplus")(layers.Concatenate()([number, a, b]))
    out = layers.Dense(1)(layers.Concatenate()([deep, cross]))
    model = keras.Model({"number": number, "kind": kind, "place": place}, out)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.5), keras.losses.MeanSquaredError(), metrics=["mae"])
    x = {"number": RNG_DATA["x"][:, :3], "kind": RNG_DATA["k"] % 5, "place": RNG_DATA["k"] % 4}
    return model, x, RNG_DATA["y"], {}


def collaborative(keras):
    """Collaborative filtering: the dot product of two embeddings, plus their biases, through a sigmoid."""
    layers = keras.layers
    user, item = (keras.Input((1,), dtype="int32", name=name) for name in ("user", "item"))
    vectors = [layers.Flatten()(layers.Embedding(n, 4)(x)) for n, x in ((6, user), (7, item))]
    biases = [layers.Flatten()(layers.Embedding(n, 1)(x)) for n, x in ((6, user), (7, item))]
    score = layers.Add()([layers.Dot(axes=1)(vectors), *biases])
    model = keras.Model([user, item], layers.Activation("sigmoid")(score))
    # With Adam, Keras squares the slices of an embedding's gradient one by one: a fact of docs/keras-facts.md.
    model.compile(keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy())
    return model, [RNG_DATA["k"] % 6, RNG_DATA["k"] % 7], (RNG_DATA["y"] > 0) * 1.0, {}


def autoencoder(keras):
    """An autoencoder of two models, one inside the other."""
    layers = keras.layers
    encoder = keras.Sequential([keras.Input((6,)), layers.Dense(3, activation="tanh")], name="encoder")
    decoder = keras.Sequential([keras.Input((3,)), layers.Dense(6)], name="decoder")
    x = keras.Input((6,))
    model = keras.Model(x, decoder(encoder(x)), name="autoencoder")
    model.compile(keras.optimizers.SGD(0.1), keras.losses.MeanSquaredError())
    return model, RNG_DATA["x"], RNG_DATA["x"], {"validation_split": 0.25}


def siamese(keras):
    """Node embeddings: one embedding in two places, whose dot product says whether two nodes are neighbours."""
    layers = keras.layers
    target, context = (keras.Input((1,), dtype="int32", name=name) for name in ("target", "context"))
    table = layers.Embedding(8, 4, name="nodes")
    u, v = (layers.Flatten()(table(x)) for x in (target, context))
    model = keras.Model([target, context], layers.Dot(axes=1)([u, v]))
    model.compile(keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy(from_logits=True))
    return model, [RNG_DATA["k"] % 8, (RNG_DATA["k"] + 3) % 8], (RNG_DATA["y"] > 0) * 1.0, {}


def residual(keras):
    """A residual network of mixing blocks: along the patches (transposed), then along the channels."""
    layers = keras.layers
    x = keras.Input((3, 4))
    a = layers.Permute((2, 1))(layers.LayerNormalization()(x))
    a = layers.Permute((2, 1))(layers.Dense(3, activation="tanh")(a))
    x1 = layers.Add()([x, a])
    x2 = layers.Add()([x1, layers.Dense(4, activation="tanh")(layers.LayerNormalization()(x1))])
    model = keras.Model(x, layers.Dense(2, activation="softmax")(layers.Flatten()(x2)))
    model.compile(keras.optimizers.RMSprop(0.01, epsilon=2.0**-10), keras.losses.CategoricalCrossentropy())
    return model, RNG_DATA["p"], np.eye(2)[(RNG_DATA["y"][:, 0] > 0) * 1], {}


RNG_DATA = {
    "x": RNG.integers(-64, 64, (SAMPLES, 6)) / 64,
    "y": RNG.integers(-64, 64, (SAMPLES, 1)) / 64,
    "k": RNG.integers(0, 1000, (SAMPLES, 1)),
    "p": RNG.integers(-64, 64, (SAMPLES, 3, 4)) / 64,
}
EXAMPLES = (imbalanced, structured, collaborative, autoencoder, siamese, residual)


def run(example, module, move=None):
    """The curves of the script, from fixed weights; `move` draws the last place of each."""
    before = module.config.floatx()
    module.config.set_floatx("float64")
    try:
        module.utils.clear_session()
        model, x, y, options = example(module)
        model.run_eagerly = True  # Keras compiles longer than it takes to run
        rng = np.random.default_rng(7)
        start = [rng.integers(-48, 48, w.shape) / 64 for w in model.get_weights()]
        if move is not None:
            start = [np.nextafter(w, move.choice([-np.inf, np.inf], w.shape)) for w in start]
        model.set_weights(start)
        history = model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0, **options)
        return history.history, model.get_weights()
    finally:
        module.config.set_floatx(before)


@pytest.mark.quick(1)
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_script_trains_the_same(example, keras, assert_agrees):
    history, weights = run(example, handnn)
    drift, rng = 0.0, np.random.default_rng(1)
    for _ in range(DRAWS):
        again, moved = run(example, handnn, rng)
        pairs = [*zip(history.values(), again.values(), strict=True), *zip(weights, moved, strict=True)]
        drift = max(drift, *(largest_difference(*pair) for pair in pairs))
    drift *= 2 * STEPS * ROUNDINGS
    expected, known = run(example, keras)
    assert set(history) == set(expected)
    unit = allowance.unit_roundoff("float32")  # Keras keeps its means in float32
    for name, values in expected.items():
        for value, reference in zip(history[name], values, strict=True):
            bound = Bounded(np.float32(value), drift + allowance.gamma(2 * SAMPLES, unit) * abs(value))
            assert_agrees(f"{example.__name__} {name}", np.float32(value), np.float32(reference), bound)
    for k, (found, value) in enumerate(zip(weights, known, strict=True)):
        assert_agrees(f"{example.__name__} weight {k}", found, value, Bounded(found, drift))


@pytest.mark.slow
def test_a_mistake_in_a_script_is_seen(keras, monkeypatch):
    """Planted: a layer in two places that is trained by one of them only."""
    _, known = run(siamese, keras)
    monkeypatch.setattr(handnn.models.network.Network, "add_places", lambda self, i, trace: None)
    _, weights = run(siamese, handnn)
    assert largest_difference(weights[0], known[0]) > 1e-3

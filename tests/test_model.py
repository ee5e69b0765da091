"""`Model`: graphs drawn at random and by hand, against Keras in configs, weights, every tensor, and training."""

import json

import numpy as np
import pytest

import handnn
from handnn import cli, layers
from handnn.models import model_from_config
from handnn.rounding import allowance
from handnn.verify import numeric_gradients as oracles, verify_model

GRAPHS = 20
"""Random graphs whose configs are compared; every fifth of them is verified as well."""


def plain(config):
    """A config as it is after a round trip through a file."""
    return json.loads(json.dumps(config))


# ---- graphs by hand -----------------------------------------------------------------------------------------------
# Each takes the module (handnn or keras) and a dtype, and returns the model and its loss.


def residual(m, dtype):
    """Blocks whose input goes round them, twice over; one output is read by three layers."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    a = of.Dense(4, "relu", dtype=dtype, name="a")(x)
    b = of.Add(dtype=dtype, name="sum_1")([x, of.Dense(4, "tanh", dtype=dtype, name="inside")(a)])
    c = of.Add(dtype=dtype, name="sum_2")([b, a, of.Dense(4, dtype=dtype, name="outside")(a)])
    return m.Model(x, of.Dense(3, "softmax", dtype=dtype, name="out")(c), name="net"), "categorical_crossentropy"


def twice(m, dtype):
    """The same tensor twice in one merge, and inputs directly into merges."""
    of = m.layers
    x, y = m.Input((4,), dtype=dtype, name="x"), m.Input((4,), dtype=dtype, name="y")
    a = of.Dense(4, "sigmoid", dtype=dtype, name="a")(x)
    both = [of.Add(dtype=dtype, name="doubled")([a, a]), of.Multiply(dtype=dtype, name="squared")([a, a])]
    merged = of.Concatenate(dtype=dtype, name="join")([*both, of.Subtract(dtype=dtype, name="apart")([x, y]), y, y])
    return m.Model([x, y], of.Dense(2, dtype=dtype, name="out")(merged), name="net"), "mse"


def penalized(m, dtype):
    """Penalties on outputs that have other ways to the loss, on the fused output too."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    a = of.Dense(3, "tanh", activity_regularizer="l2", kernel_regularizer="l1", dtype=dtype, name="a")(x)
    b = of.Dense(3, dtype=dtype, activity_regularizer="l1", name="b")(a)
    c = of.Average(dtype=dtype, name="mean", activity_regularizer="l2")([a, b])
    out = of.Dense(3, "softmax", activity_regularizer="l2", dtype=dtype, name="out")(c)
    return m.Model(x, of.Identity(dtype=dtype, name="end")(out), name="net"), "categorical_crossentropy"


def frozen(m, dtype):
    """Below and beside layers that are trained."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    a = of.Dense(4, "tanh", dtype=dtype, name="a")(x)
    b = of.Dense(4, "tanh", trainable=False, kernel_regularizer="l2", dtype=dtype, name="b")(a)
    return m.Model(x, of.Dense(2, dtype=dtype, name="out")(of.Maximum(dtype=dtype, name="max")([a, b]))), "mse"


def mixed(m, dtype):
    """Neighbours of different dtypes."""
    of, other = m.layers, {"float32": "float64", "float64": "float32"}[dtype]
    x = m.Input((4,), dtype=dtype, name="x")
    a = of.Dense(4, "tanh", dtype=other, name="a")(x)
    b = of.Add(dtype=dtype, name="sum")([x, a])
    c = of.Multiply(dtype=other, name="product")([a, b])
    return m.Model(x, of.Dense(2, dtype=dtype, name="out")(of.Add(dtype=dtype, name="end")([b, c])), name="net"), "mse"


def towers(m, dtype):
    """Two tables of vectors and their cosine, as in a recommender."""
    of = m.layers
    user, item = (m.Input((1,), dtype="int32", name=name) for name in ("user", "item"))
    left = of.Embedding(7, 3, dtype=dtype, name="users")(user)
    right = of.Embedding(5, 3, dtype=dtype, name="items")(item)
    rows = [of.Flatten(dtype=dtype, name=f"flat_{k}")(part) for k, part in enumerate((left, right))]
    score = of.Dot(1, normalize=True, dtype=dtype, name="score")(rows)
    return m.Model([user, item], of.Dense(1, "sigmoid", dtype=dtype, name="out")(score)), "binary_crossentropy"


def tables(m, dtype):
    """One index looked up in two tables, an einsum, dropout, shapes."""
    of = m.layers
    index, x = m.Input((3,), dtype="int32", name="index"), m.Input((2, 3), dtype=dtype, name="x")
    rows = of.Reshape((3, 1), dtype=dtype, name="column")(index)
    a = of.Reshape((3, 4), dtype=dtype, name="rows")(of.Embedding(6, 4, dtype=dtype, name="first")(rows))
    b = of.Embedding(6, 4, dtype=dtype, name="second")(index)
    c = of.Dropout(0.3, seed=1, dtype=dtype, name="drop")(of.Multiply(dtype=dtype, name="gate")([a, b]))
    d = of.EinsumDense("abc,cd->abd", (2, 4), "tanh", "d", dtype=dtype, name="einsum")(x)
    e = of.Dot((2, 2), dtype=dtype, name="match")([c, d])
    f = of.Permute((2, 1), dtype=dtype, name="turn")(e)
    return m.Model([index, x], of.Dense(2, dtype=dtype, name="out")(of.Flatten(dtype=dtype, name="flat")(f))), "mse"


def logits_with_several_readers(m, dtype):
    """A softmax that is read by two layers, and a softmax behind a merge that the loss fuses with."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    gate = of.Dense(3, "softmax", dtype=dtype, name="gate")(x)
    merged = of.Add(dtype=dtype, name="sum")([gate, of.Dense(3, dtype=dtype, name="beside")(gate)])
    out = of.Activation("softmax", dtype=dtype, name="out")(merged)
    return m.Model(x, of.Dropout(0.5, dtype=dtype, name="drop")(out), name="net"), "categorical_crossentropy"


def of_softmaxes(m, dtype):
    """A mixture: the sum of two softmaxes is no softmax, so nothing is fused."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    parts = [of.Dense(3, "softmax", dtype=dtype, name=f"expert_{k}")(x) for k in range(2)]
    return m.Model(x, of.Average(dtype=dtype, name="mean")(parts), name="net"), "categorical_crossentropy"


BY_HAND = [residual, twice, penalized, frozen, mixed, towers, tables, logits_with_several_readers, of_softmaxes]
by_hand = pytest.mark.parametrize("build", BY_HAND, ids=lambda build: build.__name__)


# ---- graphs at random ---------------------------------------------------------------------------------------------


class Draw:
    """Layers on randomly chosen tensors; the same seed gives the same graph of either module."""

    def __init__(self, module, seed, mixed_dtypes=False):
        self.module, self.rng = module, np.random.default_rng(seed)
        self.dtype, self.mixed = ("float32", "float64")[seed % 2], mixed_dtypes
        self.pool, self.unread, self.made = [], set(), 0

    def layer(self, cls, *arguments, **options):
        self.made += 1
        dtype = ("float32", "float64")[self.rng.integers(2)] if self.mixed else self.dtype
        return getattr(self.module.layers, cls)(*arguments, dtype=dtype, name=f"{cls.lower()}_{self.made}", **options)

    def push(self, tensor):
        self.unread.add(len(self.pool))
        self.pool.append(tensor)

    def pick(self, fits=lambda shape: True):
        k = int(self.rng.choice([k for k, tensor in enumerate(self.pool) if fits(tensor.shape[1:])]))
        self.unread.discard(k)
        return self.pool[k]

    def start(self, k):
        if self.rng.random() < 0.25:
            given = self.module.Input((3,), dtype="int32", name=f"in_{k}")
            self.push(self.layer("Embedding", 5, 4)(given))
        else:
            given = self.module.Input([(4,), (3, 4)][self.rng.integers(2)], dtype=self.dtype, name=f"in_{k}")
            self.push(given)
        return given

    def dense(self):
        options = {"kernel_regularizer": "l2"} if self.rng.random() < 0.2 else {}
        options |= {"activity_regularizer": "l1"} if self.rng.random() < 0.2 else {}
        activation = ("relu", "tanh", "linear", "softmax", "sigmoid")[self.rng.integers(5)]
        trainable = bool(self.rng.random() < 0.85)
        self.push(self.layer("Dense", 4, activation, trainable=trainable, **options)(self.pick()))

    def merge(self):
        parts = [self.pick()]
        for _ in range(self.rng.integers(0, 3)):
            parts.append(self.pick(lambda shape: broadcast([part.shape[1:] for part in parts], shape)))
        if self.rng.random() < 0.3:
            parts.append(parts[0])
        cls = ("Add", "Multiply", "Average", "Maximum", "Minimum")[self.rng.integers(5)]
        self.push(self.layer(cls)(parts))

    def other(self):
        x, chance = self.pick(), self.rng.random()
        if chance < 0.3:
            self.push(self.layer("Concatenate")([x, self.pick(lambda shape: shape[:-1] == x.shape[1:-1])]))
        elif chance < 0.5:
            turns = len(x.shape) > 2 and bool(self.rng.integers(2))  # the cosine of a row with itself is always 1
            self.push(self.layer("Dot", 1, normalize=turns)([x, x]))
        else:
            self.push((self.layer("Identity") if chance < 0.75 else self.layer("Dropout", 0.3, seed=3))(x))

    def model(self):
        inputs = [self.start(k) for k in range(self.rng.integers(1, 4))]
        for _ in range(self.rng.integers(2, 9)):
            (self.dense, self.merge, self.other)[self.rng.choice(3, p=[0.4, 0.4, 0.2])]()
        loose = [self.layer("Flatten")(self.pool[k]) for k in sorted(self.unread)]
        joined = self.layer("Concatenate")(loose) if len(loose) > 1 else loose[0]
        activation, loss = (
            ("softmax", "categorical_crossentropy"),
            ("sigmoid", "binary_crossentropy"),
            ("linear", "mse"),
        )[self.rng.integers(3)]
        out, chance = self.layer("Dense", 3, activation)(joined), self.rng.random()
        if chance < 0.2:
            out = self.layer("Identity")(out)
        elif chance < 0.4:
            out = self.layer("Add")([out, *([self.layer("Dense", 3)(loose[0])] if chance < 0.3 else [])])
        return self.module.Model(inputs if len(inputs) > 1 else inputs[0], out, name="net"), loss


def broadcast(shapes, other):
    try:
        np.broadcast_shapes(*shapes, other)
    except ValueError:
        return False
    return True


def at_random(seed):
    return lambda module: Draw(module, seed, mixed_dtypes=seed % 5 == 0).model()


def batch(model, loss, samples=6, seed=0):
    """Random weights in the model; x and y for it."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    x = []
    for layer in model.input_layers:
        shape = (samples, *layer.batch_shape[1:])
        x.append(rng.integers(0, 5, shape) if layer.dtype == "int32" else rng.normal(size=shape))
    outputs = model.output_shape[1:]
    y = rng.normal(size=(samples, *outputs))
    if loss != "mse":
        y = rng.integers(0, 2, y.shape) if outputs == (1,) else np.eye(*outputs)[rng.integers(0, *outputs, samples)]
    return x if len(x) > 1 else x[0], y


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


@pytest.mark.few(5)
@by_hand
def test_graphs_go_to_keras_and_back(build, dtype, keras):
    check_same(keras, lambda module: build(module, dtype))


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.everything) for n in range(10, GRAPHS, 10))])
def test_random_graphs_go_to_keras_and_back(first, keras):
    for seed in range(first, first + 10):
        check_same(keras, at_random(seed))


@pytest.mark.few(14)
@pytest.mark.parametrize(("name", "cls"), [(n, c) for n, c in layers.layers.items() if not c.merges])
def test_the_call_of_every_layer_is_written_as_keras_does(name, cls, keras):
    from handnn.proof.cases.layers import OPTIONS

    if cls is layers.InputLayer:
        return
    options = {"units": 2} if cls is layers.Dense else {"activation": "tanh"} if cls is layers.Activation else {}
    options = OPTIONS[cls.__name__](np.random.default_rng(1), (4,)) if cls.__name__ in OPTIONS else options
    shape = (4,) if options is not None else (3, 4)
    options = options if options is not None else OPTIONS[cls.__name__](np.random.default_rng(1), shape)
    for given in ("float32", "float64"):  # where x must be cast, Keras notes no options of the call
        check_same(
            keras,
            lambda m, given=given: (
                m.Model(x := m.Input(shape, dtype=given, name="x"), getattr(m.layers, cls.__name__)(**options)(x)),
                None,
            ),
        )


# ---- every tensor -------------------------------------------------------------------------------------------------


@pytest.mark.few(2)
@by_hand
def test_formulas_and_wiring_are_keras(build, dtype):
    model, loss = build(handnn, dtype)
    x, y = batch(model, loss)
    model.compile("adam", loss)
    report = verify_model(model, x, y)
    assert report.ok, report.verdict()


@pytest.mark.parametrize("build", [tables, logits_with_several_readers, penalized], ids=lambda build: build.__name__)
def test_inference_is_keras(build):
    model, loss = build(handnn, "float32")
    x, y = batch(model, loss)
    model.compile("adam", loss)
    report = verify_model(model, x, y, training=False, optimizer=False)
    assert report.ok, report.verdict()


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", range(0, GRAPHS, 5))
def test_random_graphs_are_verified(seed):
    model, loss = at_random(seed)(handnn)
    x, y = batch(model, loss)
    model.compile("sgd", loss)
    report = verify_model(model, x, y, np.linspace(0.5, 2, 6) if seed % 10 else None, training=bool(seed % 4))
    assert report.ok, report.verdict()


@pytest.mark.few(5)
@by_hand
def test_gradients_are_the_derivatives_of_the_loss(build):
    if build is mixed:
        return
    model, loss = build(handnn, "float64")
    x, y = batch(model, loss)
    model.compile("sgd", loss)
    for layer in model.layers:
        layer.trainable = True
    ratios = oracles.network(model, *model._batch(x, y)[:2], elements=6)
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
    assert model.head(training=False)[1] == (fused or build is logits_with_several_readers)


# ---- training -----------------------------------------------------------------------------------------------------


@pytest.mark.few(1)
@pytest.mark.parametrize("build", [residual, twice, towers], ids=lambda build: build.__name__)
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


@pytest.mark.few(1)
@pytest.mark.parametrize("build", [residual, towers, tables], ids=lambda build: build.__name__)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
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

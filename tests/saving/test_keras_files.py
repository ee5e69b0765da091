"""Files by handnn read by Keras and the other way round, equal to the bit: weights, slots, configs, predictions."""

import json
import warnings
import zipfile

import h5py
import numpy as np
import pytest

import handnn
from handnn import optimizers as of
from handnn.layers import layers as registry
from handnn.optimizers import optimizers as optimizer_registry
from handnn.proof.random import networks as random_networks
from handnn.proof.keras.attention import ATTENDING
from handnn.proof.keras.attention import CASES as ATTENTION
from handnn.proof.keras.attention import network as attention_network
from handnn.proof.keras.layers import CASES, between, merging
from handnn.proof.cases.layers import OPTIONS, only_float32, samples_for

EVERYTHING = {"use_ema": True, "gradient_accumulation_steps": 3, "weight_decay": 0.1, "global_clipnorm": 2.0}
WITH_OPTIONS = [
    pytest.param(cls, options, id=f"{name}-{i}")
    for name, cls in optimizer_registry.items()
    for i, options in enumerate(({}, *cls.examples, EVERYTHING))
]
SCHEDULE = of.schedules.ExponentialDecay(0.1, 3, 0.5)
WRAPPED = {
    "schedule": lambda: of.Adam(SCHEDULE),
    "loss scale": lambda: of.LossScaleOptimizer(of.Adam(0.1, weight_decay=0.1), 64.0, 3),
    "loss scale of Nadam": lambda: of.LossScaleOptimizer(of.Nadam(0.1), 8.0, 2),
    "loss scale of several": lambda: of.LossScaleOptimizer(
        of.MultiOptimizer(of.OptimizerMap(of.SGD(0.1), {".*bias": of.Adam()})), 8.0, 2
    ),
    "two of one class": lambda: of.MultiOptimizer(of.OptimizerMap(of.SGD(0.1), {".*bias": of.SGD(momentum=0.5)})),
    "three": lambda: of.MultiOptimizer(
        of.OptimizerMap(of.RMSprop(0.1), {".*beta": of.Lion(0.1), ".*bias|.*gamma": of.Nadam(SCHEDULE)}), 4.0
    ),
}


MASKS_END = "(?s).*was passed an input with a mask"
"""Keras' warning where a mask reaches a layer that takes none."""


@pytest.fixture
def load(keras):
    """Load a file with Keras; what it warns of is an error."""

    def read(path):
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            warnings.filterwarnings("ignore", MASKS_END)
            return keras.models.load_model(path)

    return read


def state(optimizer):
    return [v.value if isinstance(v, handnn.Variable) else v.numpy() for v in optimizer.variables]


def same(one, other):
    """Both lists hold arrays of the same shapes, dtypes and bits."""
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(one, other, strict=True)]
    return all(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in pairs)


def network(optimizer, seed=1, **compiled):
    handnn.utils.set_random_seed(seed)
    layers = handnn.layers
    model = handnn.Sequential(
        [
            handnn.Input((6,)),
            layers.Dense(5, "tanh", name="first"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(3, "softmax", name="last"),
        ],
        name="net",
    )
    model.compile(optimizer, **({"loss": "categorical_crossentropy"} | compiled))
    return model


@pytest.fixture
def data(rng):
    return rng.normal(size=(12, 6)).astype("float32"), np.eye(3)[rng.integers(0, 3, 12)]


def there_and_back(model, x, load, tmp_path, keras=None):
    """handnn -> Keras -> handnn, through files of both kinds."""
    path, again = str(tmp_path / "ours.keras"), str(tmp_path / "theirs.keras")
    model.save(path)
    theirs = load(path)
    assert same(theirs.get_weights(), model.get_weights())
    if keras is not None:
        assert same([theirs(x)], [rebuild(keras, model)(x)])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("ignore", MASKS_END)
        theirs.save(again)
    for written in (path, again):
        ours = handnn.load_model(written)
        assert same(ours.get_weights(), model.get_weights())
        assert same(ours.predict(x), model.predict(x))
        assert json.dumps(ours.get_config()) == json.dumps(model.get_config())
        if model.optimizer is not None:
            assert ours.optimizer.get_config() == model.optimizer.get_config()
            assert type(ours.loss) is type(model.loss)
            if written == path or not isinstance(ours.loss, handnn.losses.Huber):
                assert ours.loss.get_config() == model.loss.get_config()
    return theirs, ours


def rebuild(keras, model):
    from tf_reference.objects import keras_model

    twin = keras_model(json.loads(json.dumps(model.get_config())))
    twin.set_weights(model.get_weights())
    for layer in twin.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return twin


@pytest.mark.quick(1, cover="cls")
@pytest.mark.parametrize(("cls", "options"), WITH_OPTIONS)
def test_slots_of_every_optimizer(cls, options, load, data, tmp_path):
    model = network(cls(**options))
    for _ in range(4):
        model.train_on_batch(*data)
    theirs, ours = there_and_back(model, data[0], load, tmp_path)
    assert same(state(theirs.optimizer), state(model.optimizer))
    assert same(state(ours.optimizer), state(model.optimizer))
    assert [v.name for v in model.optimizer.variables][:1] == ["iteration"]
    assert int(theirs.optimizer.iterations) == model.optimizer.iterations


@pytest.mark.parametrize("name", WRAPPED)
@pytest.mark.slow
def test_slots_of_wrapped_optimizers(name, load, data, tmp_path):
    model = network(WRAPPED[name]())
    for _ in range(4):
        model.train_on_batch(*data)
    theirs, ours = there_and_back(model, data[0], load, tmp_path)
    kept = [
        v for v in model.optimizer.variables if not (name == "loss scale of Nadam" and v.name.startswith("variable"))
    ]
    assert same(state(theirs.optimizer), [v.value for v in kept])
    own = handnn.load_model(str(tmp_path / "ours.keras"))
    assert same(state(own.optimizer), state(model.optimizer))
    for other in (own, *([] if name == "loss scale of Nadam" else [ours])):
        other.layers[2].generator.bit_generator.state = model.layers[2].generator.bit_generator.state
        twin = network(WRAPPED[name]())
        twin.load_weights(str(tmp_path / "ours.keras"))
        twin.train_on_batch(*data)
        other.train_on_batch(*data)
        assert same(other.get_weights(), twin.get_weights())


def kept(name):
    """The layer's name if it keeps numbers of its own: all others are saved alike."""
    return name if name in WITH_NUMBERS or "norm" in name or "drop" in name else ""


WITH_NUMBERS = ("p_re_lu", "dense", "einsum_dense", "embedding", "gaussian_noise")


LISTED = [name for name, cls in registry.items() if name != "input_layer" and not hasattr(cls, "state_size")]
"""But cells, which are no layers of a network."""


@pytest.mark.filterwarnings(f"ignore:{MASKS_END}")
@pytest.mark.quick(2, cover={"name": kept})
@pytest.mark.parametrize("name", LISTED)
def test_weights_of_every_layer(name, load, keras, rng, tmp_path):
    cls, dtype = registry[name], ("float32", "float64")[list(registry).index(name) % 2]
    if cls in ATTENDING.values():
        case = next(case for case in ATTENTION if case.cls is cls and len(case.shapes) > 1 and not case.masks)
        model, shapes = attention_network(case, dtype), case.shapes
    elif cls.merges:
        case = next(case for case in CASES if case[0] is cls and len(case[2]) > 1)
        model, shapes = merging(case, dtype), case[2]
    else:
        shape = samples_for(cls)[-1]
        options = OPTIONS.get(cls.__name__, lambda rng, shape: {})(rng, shape)
        model, shapes = None, [(*shape[:-1], 6)]
        dtype = "float32" if only_float32(cls.__name__, options) else dtype
        if cls is handnn.layers.Dense or cls is handnn.layers.Activation:
            options = {"Dense": {"units": 2}, "Activation": {"activation": "relu"}}[cls.__name__]
        if cls is handnn.layers.Embedding:
            stack = [handnn.Input((3,), dtype="int32"), cls(5, 2, dtype=dtype), handnn.layers.Flatten(dtype=dtype)]
            model, shapes = handnn.Sequential(stack, name="net"), [(3,)]
            model.compile("sgd", "mse")
        model = model or between(cls, options, dtype, shapes[0])
    for weight in model.weights:
        weight.value[...] = rng.uniform(0.1, 2, weight.shape) if weight.name != "count" else 7
    x = [rng.integers(0, 5, (4, *s)) if name == "embedding" else rng.normal(size=(4, *s)) for s in shapes]
    there_and_back(model, x if len(x) > 1 else x[0], load, tmp_path, keras)


@pytest.mark.filterwarnings(f"ignore:{MASKS_END}")
@pytest.mark.parametrize("number", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 10))])
@pytest.mark.slow
def test_random_networks(number, load, keras, tmp_path):
    drawn = random_networks.network(31, number, max_width=20, max_batch=8)
    model = drawn.model
    with np.errstate(all="ignore"):
        for _ in range(2):
            model.train_on_batch(drawn.x, drawn.y, drawn.sample_weight)
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        pytest.skip("its weights ran away, and a file of those is refused")
    theirs, ours = there_and_back(model, drawn.x, load, tmp_path, keras)
    if len(theirs.optimizer.variables) == len(model.optimizer.variables):  # Nadam's product in a LossScaleOptimizer
        assert same(state(theirs.optimizer), state(model.optimizer))
        assert same(state(ours.optimizer), state(model.optimizer))


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.quick(1)
def test_files_by_a_keras_run(trained, keras, data, tmp_path):
    """Trained, saved and gone on with in Keras; or saved before the first step, without slots."""
    layers = keras.layers
    inputs = layers.Input((6,), name="x")
    hidden = layers.Dense(6, "tanh")(layers.Normalization()(inputs))
    model = keras.Model(inputs, layers.Dense(3, "softmax")(layers.Add()([inputs, hidden])))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="area")])
    model.layers[1].adapt(data[0])
    model.run_eagerly = True
    if trained:
        model.fit(*data, epochs=2, verbose=0)
    model.save(tmp_path / "theirs.keras")
    ours = handnn.load_model(tmp_path / "theirs.keras")
    assert same(ours.get_weights(), model.get_weights())
    assert ours.optimizer.built == trained
    if trained:
        assert same(state(ours.optimizer), state(model.optimizer))
    assert set(ours.evaluate(*data, return_dict=True)) == {"loss", "accuracy", "area"}
    ours.fit(*data, verbose=0)
    assert set(handnn.load_model(tmp_path / "theirs.keras", compile=False).get_config()) == set(ours.get_config())
    assert handnn.load_model(tmp_path / "theirs.keras", compile=False).optimizer is None


def test_weights_files(keras, data, tmp_path):
    """`.weights.h5` both ways, and into a network compiled with another optimizer or not at all."""
    path, again = str(tmp_path / "ours.weights.h5"), str(tmp_path / "theirs.weights.h5")
    model = network(of.Adam(0.01))
    model.train_on_batch(*data)
    model.save_weights(path)
    theirs = rebuild(keras, model)
    theirs.compile(keras.optimizers.Adam(0.5), "mse")
    theirs.optimizer.build(theirs.trainable_variables)
    theirs.load_weights(path)
    assert same(theirs.get_weights(), model.get_weights()) and same(state(theirs.optimizer), state(model.optimizer))
    theirs.save_weights(again)
    for written in (path, again):
        ours = network(of.Adam(0.5), seed=2)
        ours.load_weights(written)
        assert same(ours.get_weights(), model.get_weights()) and same(state(ours.optimizer), state(model.optimizer))
        bare = handnn.Sequential.from_config(model.get_config())
        bare.load_weights(written)
        assert same(bare.get_weights(), model.get_weights())
        other = network("sgd", seed=2)
        with pytest.warns(UserWarning, match="sgd.* is skipped: it has 2 variables, the file holds 14"):
            other.load_weights(written)
        assert same(other.get_weights(), model.get_weights()) and other.optimizer.iterations == 0


def test_layout_is_keras(keras, data, tmp_path):
    """The same members, folders, arrays and attributes as in a file by Keras, and one text more."""
    model = network(of.MultiOptimizer(of.OptimizerMap(of.SGD(0.1), {".*bias": of.Adam()})), metrics=["accuracy"])
    model.train_on_batch(*data)
    model.save(tmp_path / "ours.keras")
    keras.models.load_model(tmp_path / "ours.keras").save(tmp_path / "theirs.keras")
    found = []
    for name in ("ours", "theirs"):
        with zipfile.ZipFile(tmp_path / f"{name}.keras") as archive:
            assert archive.testzip() is None
            names, config = archive.namelist(), json.loads(archive.read("config.json"))
            assert set(json.loads(archive.read("metadata.json"))) == {"keras_version", "date_saved"}
            with archive.open("model.weights.h5") as member, h5py.File(member) as file:
                tree = {}
                file.visititems(lambda path, part, tree=tree: tree.update({path: _described(part)}))
        compiled = config.pop("compile_config")
        compiled["loss"].pop("registered_name", None)
        config.pop("config")
        found.append((names, config, sorted(compiled), compiled["optimizer"], compiled["metrics"], tree))
    assert found[0][5].pop("handnn")[0] == ()
    assert found[0] == found[1]


def _described(part):
    return (part.shape, part.dtype.str) if hasattr(part, "shape") else dict(part.attrs)


def test_what_keras_forgets_stays(data, tmp_path):
    """Weights spared from decay and the dtype of the loss are in no config of Keras."""
    optimizer = of.AdamW(0.1, weight_decay=0.5)
    model = network(optimizer, loss=handnn.losses.CategoricalCrossentropy(dtype="float64"))
    optimizer.exclude_from_weight_decay([model.weights[0]], ["gamma"])
    model.train_on_batch(*data)
    model.save(tmp_path / "a.keras")
    again = handnn.load_model(tmp_path / "a.keras")
    assert again.loss.dtype == "float64"
    for _ in range(3):
        model.train_on_batch(*data)
        again.train_on_batch(*data)
    assert same(model.get_weights(), again.get_weights())
    assert again.optimizer.excluded_names == ("gamma",) and again.optimizer.excluded[0] is again.weights[0]


def test_keras_forgets_the_delta_of_huber(keras, tmp_path):
    assert "delta" not in keras.losses.Huber(delta=2.0).get_config()
    ours = network("sgd", loss=handnn.losses.Huber(delta=2.0))
    ours.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    found = [handnn.load_model(tmp_path / f"{name}.keras").loss.get_config()["delta"] for name in ("ours", "theirs")]
    assert found == [2.0, 1.0]


def test_names_are_those_of_keras(keras):
    import inspect

    assert handnn.load_model is handnn.saving.load_model is handnn.models.load_model
    for name in ("load_model", "save_model", "load_weights", "save_weights"):
        theirs = [p.name for p in inspect.signature(getattr(keras.saving, name)).parameters.values()]
        ours = [p.name for p in inspect.signature(getattr(handnn.saving, name)).parameters.values()]
        named = [n for n in theirs if n != "kwargs"]  # what Keras takes as a keyword besides may have a name here
        assert ours[: len(named)] == named
    for name in ("save", "save_weights", "load_weights"):
        theirs = [p.name for p in inspect.signature(getattr(keras.Model, name)).parameters.values()]
        ours = [p.name for p in inspect.signature(getattr(handnn.Model, name)).parameters.values()]
        named = [n for n in theirs if n != "kwargs"]  # what Keras takes as a keyword besides may have a name here
        assert ours[: len(named)] == named
    for name in ("ModelCheckpoint", "BackupAndRestore"):
        theirs = inspect.signature(getattr(keras.callbacks, name)).parameters.values()
        ours = inspect.signature(getattr(handnn.callbacks, name)).parameters.values()
        assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]

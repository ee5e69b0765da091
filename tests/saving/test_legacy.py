"""Older and other forms of files: `.h5`, folders, open files, a lambda's code, parts left out; classes of one's own."""

import io
import warnings

import h5py
import numpy as np
import pytest

import handnn
from handnn import layers

X = np.random.default_rng(7).normal(size=(6, 3)).astype("float32")
Y = np.random.default_rng(8).normal(size=(6, 2)).astype("float32")


def stack(m, optimizer="adam"):
    """Weights that are trained and others, a model inside, compiled, after a step."""
    inner = m.Sequential([m.Input((4,)), m.layers.Dense(4, name="deep")], name="inner")
    x = m.Input((3,), name="x")
    a = m.layers.BatchNormalization(name="norm")(m.layers.Dense(4, "tanh", name="first")(x))
    model = m.Model(x, m.layers.Dense(2, name="out")(inner(a) + 0.5 * a), name="net")
    model.compile(optimizer, m.losses.Huber(0.7), metrics=["mae"])
    model.train_on_batch(X, Y)
    return model


def same(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(np.asarray(a), np.asarray(b))


def close(one, other):
    """Predictions of one network, twice: a few units of float32 apart, as sums are ordered otherwise."""
    found, expected = (np.asarray(model.predict(X, verbose=0)) for model in (one, other))
    assert np.abs(found - expected).max() <= 64 * np.finfo("float32").eps * max(1, np.abs(expected).max())


@pytest.mark.slow
def test_h5_of_keras_is_read_with_its_optimizer(keras, tmp_path):
    theirs = stack(keras)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.save(tmp_path / "a.h5")
    ours = handnn.models.load_model(tmp_path / "a.h5")
    same(ours.get_weights(), theirs.get_weights())
    same([v.numpy() for v in ours.optimizer.variables], theirs.optimizer.variables)
    assert isinstance(ours.loss, handnn.losses.Huber)  # its delta is not in the file
    close(ours, theirs)
    fresh = stack(handnn)
    fresh.load_weights(tmp_path / "a.h5", by_name=True)
    same(fresh.get_weights(), theirs.get_weights())


def test_h5_is_read_by_keras_with_its_optimizer(keras, tmp_path):
    ours = stack(handnn)
    ours.save(tmp_path / "a.h5")
    theirs = keras.models.load_model(tmp_path / "a.h5")
    same(theirs.get_weights(), ours.get_weights())
    assert theirs.optimizer.iterations == 1  # of a functional model, Keras restores no slots from this format
    close(theirs, ours)
    back = handnn.models.load_model(tmp_path / "a.h5")
    same(back.get_weights(), ours.get_weights())
    same([v.numpy() for v in back.optimizer.variables], [v.numpy() for v in ours.optimizer.variables])
    assert handnn.models.load_model(tmp_path / "a.h5", compile=False).optimizer is None


def damaged(change):
    def write(path):
        with h5py.File(path, "r+") as file:
            change(file)

    return write


def _shape(file):
    del file["model_weights/first/first/kernel"]
    file["model_weights/first/first/kernel"] = np.zeros((2, 2), "float32")


def _link(file):
    del file["model_weights/first"]
    file["model_weights/first"] = h5py.ExternalLink("other.h5", "/")


BAD = {
    "no model": (damaged(lambda file: file.attrs.pop("model_config")), "holds no model, only weights"),
    "another shape": (damaged(_shape), r"first/kernel of shape \(2, 2\); expected \(3, 4\)"),
    "a link": (damaged(_link), "is a link"),
    "text": (lambda path: path.write_text("no HDF5"), "damaged|no HDF5"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_damaged_h5_gets_one_line(case, tmp_path):
    write, words = BAD[case]
    stack(handnn).save(tmp_path / "a.h5")
    write(tmp_path / "a.h5")
    with pytest.raises(ValueError, match=words) as raised:
        handnn.models.load_model(tmp_path / "a.h5")
    assert "\n" not in str(raised.value)


def test_folders_and_open_files(keras, tmp_path):
    model, buffer = stack(handnn), io.BytesIO()
    for _ in range(2):  # the second time it is replaced
        model.save(tmp_path / "folder", zipped=False)
    model.save(buffer)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder"]
    for source in (tmp_path / "folder", io.BytesIO(buffer.getvalue())):
        same(handnn.models.load_model(source).get_weights(), model.get_weights())
    theirs = keras.models.load_model(tmp_path / "folder")
    same(theirs.get_weights(), model.get_weights())
    with pytest.raises(FileExistsError, match="folder already exists"):
        model.save(tmp_path / "folder", overwrite=False, zipped=False)
    with pytest.raises(ValueError, match=r"must not end in \.keras"):
        model.save(tmp_path / "a.keras", zipped=False)


def test_layers_are_left_out_of_files(tmp_path):
    model, other = stack(handnn), stack(handnn)
    before = other.get_weights()
    model.save_weights(tmp_path / "a.weights.h5", objects_to_skip=[model.get_layer("first")])
    with pytest.raises(ValueError, match="lacks array 0, kernel"):
        other.load_weights(tmp_path / "a.weights.h5")
    other.load_weights(tmp_path / "a.weights.h5", objects_to_skip=[other.get_layer("first")])
    same(other.get_weights(), [*before[:2], *model.get_weights()[2:]])


def test_a_lambda_is_only_run_where_it_is_trusted(keras, tmp_path):
    shift = 2.0
    theirs = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x * 3.0 + shift)])
    ours = handnn.Sequential([handnn.Input((3,)), layers.Lambda(lambda x: np.abs(x) + shift)])
    theirs.save(tmp_path / "theirs.keras")
    ours.save(tmp_path / "ours.keras")
    for name, expected in (("theirs", X * 3.0 + shift), ("ours", np.abs(X) + shift)):
        path = tmp_path / f"{name}.keras"
        with pytest.raises(ValueError, match="is a lambda, code that would be run: give safe_mode=False"):
            handnn.models.load_model(path)
        same([handnn.models.load_model(path, safe_mode=False)(X)], [expected])
        with pytest.raises(ValueError, match="is a lambda"):
            handnn.models.load_model(path)  # the permission was for one call


# ---- classes of one's own: no get_config need be written ------------------------------------------------------------


@handnn.saving.register_keras_serializable("tests")
class Scale(layers.Layer):
    def __init__(self, factor, *, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.factor, self.offset = factor, offset

    def call(self, x):
        return x * self.factor + self.offset

    def backward(self, t):
        t.dx = t.delta * self.factor


@handnn.saving.register_keras_serializable("tests")
class Classifier(handnn.Model):
    def __init__(self, units, **kwargs):
        x = handnn.Input((3,), name="x")
        super().__init__(x, layers.Dense(units, name="out")(Scale(2.0, name="scale")(x)), **kwargs)
        self.units = units


@handnn.saving.register_keras_serializable("tests")
class Fixed(layers.Layer):
    def __init__(self, table, **kwargs):
        super().__init__(**kwargs)
        self.table = table


def test_classes_of_ones_own_are_saved_with_their_arguments(tmp_path):
    model = Classifier(2, name="mine")
    model.compile("sgd", "mse")
    model.save(tmp_path / "a.keras")
    back = handnn.models.load_model(tmp_path / "a.keras")
    assert type(back) is Classifier and back.units == 2 and back.name == "mine"
    same(back.get_weights(), model.get_weights())
    same([back.predict(X, verbose=0)], [model.predict(X, verbose=0)])
    assert Scale(2.0, offset=1.0, name="s").get_config() == {
        "name": "s", "trainable": True, "dtype": layers.policy("float32"), "factor": 2.0, "offset": 1.0,
    }  # fmt: skip
    assert type(handnn.models.model_from_json(model.to_json())) is Classifier
    assert handnn.models.clone_model(model).count_params() == model.count_params()
    with pytest.raises(ValueError, match="Fixed must define get_config to be saved: table is a ndarray"):
        Fixed(np.ones(3)).get_config()


def test_a_model_of_ones_own_is_verified_as_its_network(keras):
    x = handnn.Input((3,))
    plain = handnn.Model(x, layers.Dense(2, "tanh")(2 * x))

    class Mine(handnn.Model):
        def __init__(self, units):
            super().__init__(plain.input, plain.output)
            self.units = units

    mine = Mine(2)
    mine.compile("sgd", "mse")
    assert mine.get_config() == {"units": 2} and handnn.verify.verify_model(mine, X, Y).ok


UNKNOWN = {
    "save_format": (lambda m, p: m.save(p / "a.keras", save_format="keras"), "no argument 'save_format'"),
    "load": (lambda m, p: m.load_weights(p / "a.weights.h5", bad=1), "no argument 'bad'"),
    "by_name": (lambda m, p: m.load_weights(p / "a.keras", by_name=True), "by_name is only for .h5"),
    "objects_to_skip": (lambda m, p: m.load_weights(p / "a.h5", objects_to_skip=[]), "only for .weights.h5 files"),
    "no file": (lambda m, p: handnn.models.load_model(p / "a.h5"), "a.h5: no such file"),
    "no folder": (lambda m, p: handnn.models.load_model(p / "a"), "filepath must end in .keras or .h5"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_arguments_that_cannot_be(case, tmp_path):
    call, words = UNKNOWN[case]
    with pytest.raises(ValueError, match=words):
        call(handnn.Sequential([handnn.Input((3,)), layers.Dense(2)]), tmp_path)

"""`handnn verify MODEL.keras`: networks that Keras saved."""

import functools
import json

import numpy as np
import pytest


@pytest.fixture
def verify(command):
    return functools.partial(command, "verify")


def _model(keras, dtype="float32", output="softmax"):
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((4, 3), dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(7, "tanh", bias_initializer="random_normal", name="first", dtype=dtype),
            layers.Dropout(0.3, seed=1, dtype=dtype),
            layers.Dense(5, dtype=dtype),
            layers.Activation(output, dtype=dtype),
        ],
        name="saved",
    )


@pytest.mark.quick(1)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("loss", "optimizer"),
    [("categorical_crossentropy", "adam"), ("sparse_categorical_crossentropy", "sgd"), ("mse", "adam"), (None, None)],
)
def test_a_saved_network_is_verified(keras, verify, dtype, loss, optimizer):
    model = _model(keras, dtype)
    if loss is not None:
        model.compile(optimizer, loss)
    model.save("model.keras")
    status, out, err = verify("model.keras", "--json")
    assert status == 0, err
    report = json.loads(out)
    assert report["ok"] and report["name"] == "saved"
    wheres = {f"{row['layer']} {row['tensor']}" for row in report["rows"]}
    assert {"first dW", "first db", "first z", "first delta", "dropout z", "first kernel stepped"} <= {
        where.replace("dropout_1", "dropout").replace("dropout_2", "dropout") for where in wheres
    } | {"dropout z"}


@pytest.mark.slow
def test_its_data_are_taken_as_they_are(keras, verify):
    model = _model(keras, output="linear")
    model.compile("sgd", "mse")
    model.save("model.keras")
    rng = np.random.default_rng(0)
    np.savez("batch.npz", x=rng.normal(50, 10, size=(9, 4, 3)), y=rng.normal(size=(9, 5)))
    status, out, _ = verify("model.keras", "--data", "batch.npz")
    assert status == 0
    assert "batch    9 samples" in out and "9 x 7" in out
    np.savez("wrong.npz", x=rng.normal(size=(9, 4, 2)), y=rng.normal(size=(9, 5)))
    status, _, err = verify("model.keras", "--data", "wrong.npz")
    assert status == 2 and "x must have shape (samples, 4, 3)" in err


def test_files_that_are_no_such_network(keras, verify, tmp_path):
    layers = keras.layers
    keras.Sequential([layers.Input((4, 8, 8, 1)), layers.ConvLSTM2D(2, 3, name="conv")]).save("conv.keras")
    whole = (tmp_path / "conv.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.keras").write_text("not a network")
    (tmp_path / "empty.keras").write_bytes(b"")
    np.savez(tmp_path / "arrays.npz", x=[1.0])
    (tmp_path / "arrays.keras").write_bytes((tmp_path / "arrays.npz").read_bytes())
    for name, said in {
        "conv.keras": "ConvLSTM2D",
        "cut.keras": "truncated",
        "text.keras": "not a .keras file",
        "empty.keras": "not a .keras file",
        "arrays.keras": "arrays.keras",
        "absent.keras": "no such file",
    }.items():
        status, out, err = verify(name)
        assert status == 2, name
        assert said in err and (name in err or said == "ConvLSTM2D"), (name, err)
        assert out == "" and len(err.strip().splitlines()) == 1, err


def test_a_functional_model_is_verified(keras, verify):
    layers = keras.layers
    x = layers.Input((4,), name="x")
    a = layers.Dense(4, activation="tanh", name="inner", kernel_regularizer="l2")(x)
    model = keras.Model(x, layers.Dense(2, name="output")(layers.Add(name="add")([x, a])))
    model.save("functional.keras")
    status, out, _ = verify("functional.keras")
    assert status == 0
    assert "add" in out and "dx[0]" not in out  # delta handed on is no computation
    assert "penalty" in out and "total" in out


@pytest.mark.slow
def test_a_keras_file_of_packed_zeros_is_refused_before_keras_reads_it(command, tmp_path, monkeypatch, keras):
    import zipfile

    import handnn

    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.save(tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        config = archive.read("config.json")
    with zipfile.ZipFile(tmp_path / "b.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", bytes(80 * 2**20))
    monkeypatch.setattr(keras.saving, "load_model", lambda *_, **__: pytest.fail("it was read"))
    status, out, err = command("verify", "b.keras")
    assert (status, out) == (2, "") and "83,886,080 bytes" in err and len(err.strip().splitlines()) == 1

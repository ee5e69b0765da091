"""What is in a file, and what comes back: wrapped optimizers, metrics, layers that are not in the model; no Keras."""

import io
import json
import zipfile
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

import handnn
from handnn import layers, losses, optimizers
from handnn.saving import archive, weights


def net(optimizer=None, *more, dtype="float32", loss="mse", **options):
    stack = [handnn.Input((3,), dtype=dtype), layers.Dense(4, "tanh", dtype=dtype, name="a"), *more]
    model = handnn.Sequential([*stack, layers.Dense(2, dtype=dtype, name="b")], name="net")
    model.compile(optimizer or optimizers.SGD(0.125), loss, **options)
    return model


def step(model, times=1):
    rng = np.random.default_rng(0)
    for _ in range(times):
        model.train_on_batch(rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
    return model


def groups(path):
    """The groups of variables in a file, and how many each has."""
    found = {}
    with h5py.File(path, "r") as file:
        file.visititems(
            lambda name, item: (
                found.update({name: len(item)}) if name.endswith("vars") and isinstance(item, h5py.Group) else None
            )
        )
    return found


PLAIN = {"vars": 0, "layers/dense/vars": 2, "layers/dense_1/vars": 2}
"""Variables of the layers: a kernel and a bias each."""


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: optimizers.SGD(0.1), {"": 2}),  # steps and learning rate
        (lambda: optimizers.Adam(0.1), {"": 2 + 2 * 4}),
        (lambda: optimizers.Nadam(0.1), {"": 3 + 2 * 4}),
        (lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.1)), {"": 3 + 2, "/inner_optimizer": 2}),
    ],
    ids=["sgd", "adam", "nadam", "loss scale"],
)
def test_groups_of_a_file(make, expected, tmp_path):
    step(net(make())).save_weights(tmp_path / "a.weights.h5")
    found = groups(tmp_path / "a.weights.h5")
    own = {name: count for name, count in found.items() if name.startswith("optimizer")}
    assert {name: count for name, count in found.items() if name not in own} == PLAIN
    assert set(own) == {f"optimizer{name}/vars" for name in expected}
    assert own["optimizer/vars"] > 0 and all(own[f"optimizer{n}/vars"] == c for n, c in expected.items() if n)
    if len(expected) == 1:
        assert own["optimizer/vars"] == expected[""]


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.Nadam(0.1),
        lambda: optimizers.LossScaleOptimizer(optimizers.Nadam(0.1), initial_scale=8.0),
        lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.1), dynamic_growth_steps=3),
    ],
    ids=["nadam", "nadam in loss scale", "adam in loss scale"],
)
@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_training_goes_on_with_the_same_bits(make, ending, tmp_path):
    path = tmp_path / f"a{ending}"
    model = step(net(make()), 4)
    if ending == ".keras":
        model.save(path)
        other = handnn.saving.load_model(path)
    else:
        model.save_weights(path)
        other = net(make())
        other.load_weights(path)
    assert all(map(np.array_equal, step(model, 3).get_weights(), step(other, 3).get_weights()))
    assert model.optimizer.iterations == other.optimizer.iterations


def described(path):
    with zipfile.ZipFile(path) as file:
        return json.loads(file.read("config.json"))


def test_what_was_not_given_to_compile_is_none_in_the_file(tmp_path):
    net().save(tmp_path / "a.keras")
    net(metrics=["mae"], weighted_metrics=["mse"]).save(tmp_path / "b.keras")
    none, some = (described(tmp_path / name)["compile_config"] for name in ("a.keras", "b.keras"))
    assert (none["metrics"], none["weighted_metrics"]) == (None, None)
    assert (some["metrics"], some["weighted_metrics"]) == (["mae"], ["mse"])
    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(1)])
    model.save(tmp_path / "c.keras")
    assert described(tmp_path / "c.keras")["compile_config"] == {}
    assert handnn.saving.load_model(tmp_path / "c.keras").optimizer is None
    assert handnn.saving.load_model(tmp_path / "b.keras", compile=False).optimizer is None


def test_layers_that_the_model_does_not_have_are_refused_or_skipped(tmp_path):
    net(None, layers.Dense(4, name="c")).save_weights(tmp_path / "a.weights.h5")
    model = net()
    before = model.get_weights()
    with pytest.raises(ValueError, match="layer"):
        model.load_weights(tmp_path / "a.weights.h5")
    assert all(map(np.array_equal, model.get_weights(), before))
    with pytest.warns(UserWarning, match="b is skipped"):
        model.load_weights(tmp_path / "a.weights.h5", skip_mismatch=True)
    assert not np.array_equal(model.get_weights()[0], before[0])
    assert np.array_equal(model.get_weights()[2], before[2])


def test_more_layers_of_other_kinds_in_the_file(tmp_path):
    """The layer that is not in the model is the only thing wrong."""
    net(None, layers.LayerNormalization(name="n")).save_weights(tmp_path / "a.weights.h5")
    source = net(None, layers.LayerNormalization(name="n"))
    source.load_weights(tmp_path / "a.weights.h5")
    model = net()
    with pytest.raises(ValueError, match="it holds weights of a layer layer_normalization, but net has dense, dense_1"):
        model.load_weights(tmp_path / "a.weights.h5")
    with pytest.warns(UserWarning, match="variables"):  # the optimizer's, whose slots do not fit
        net(optimizers.Adam(0.1)).load_weights(tmp_path / "a.weights.h5", skip_mismatch=True)
    model.load_weights(tmp_path / "a.weights.h5", skip_mismatch=True)
    stored = {weight.path: weight.numpy() for weight in source.weights}
    assert all(np.array_equal(weight.numpy(), stored[weight.path]) for weight in model.weights)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_file_that_says_nothing_of_the_loss_gets_that_of_the_layers(dtype, tmp_path):
    """As in Keras' files; handnn's text beside the weights is taken out."""
    model = net(dtype=dtype, loss=handnn.losses.MeanSquaredError(dtype="float32"))
    model.save(tmp_path / "a.keras")
    assert handnn.saving.load_model(tmp_path / "a.keras").loss.dtype == "float32"
    with zipfile.ZipFile(tmp_path / "a.keras") as file:
        members = {name: file.read(name) for name in file.namelist()}
    buffer = io.BytesIO(members[archive.WEIGHTS])
    with h5py.File(buffer, "r+") as file:
        del file[weights.TEXT]
    members[archive.WEIGHTS] = buffer.getvalue()
    with zipfile.ZipFile(tmp_path / "b.keras", "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    assert handnn.saving.load_model(tmp_path / "b.keras").loss.dtype == dtype


def test_large_models_may_have_large_files():
    """Eight bytes for a weight, for each of three slots, and for what is once more as text."""
    for size in (1, 10**6, 10**9):
        model = SimpleNamespace(weights=[SimpleNamespace(size=size), SimpleNamespace(size=size)])
        assert archive.most_bytes(model) > 2 * size * 8 * 4
        assert archive.most_bytes(model) < 10**8 + 1000 * size


@pytest.mark.parametrize("given", ["weights", "names", "both", "none"])
def test_weights_spared_from_decay_are_spared_after_loading(given, tmp_path):
    """With a gradient of 0, decay alone moves a weight."""
    model = net(optimizers.SGD(0.5, weight_decay=0.5))
    kernel, bias = model.weights[2:]
    bias.value[...] = 1.0
    model.optimizer.exclude_from_weight_decay(
        [kernel] if given in ("weights", "both") else None, [bias.path] if given in ("names", "both") else None
    )
    model.save(tmp_path / "a.keras")
    other = handnn.saving.load_model(tmp_path / "a.keras")
    before = [weight.numpy() for weight in other.weights]
    other.optimizer.apply([np.zeros_like(weight) for weight in before], other.trainable_weights)
    moved = [not np.array_equal(w.numpy(), b) for w, b in zip(other.weights, before, strict=True)]
    assert moved == [True, False, given not in ("weights", "both"), given not in ("names", "both")]


def two_outputs(loss, **options):
    x = handnn.Input((3,), name="x")
    model = handnn.Model(x, [layers.Dense(2, name="p")(x), layers.Dense(1, name="q")(x)], name="net")
    model.compile("sgd", loss, **options)
    return model


@pytest.mark.parametrize(
    ("loss", "options", "weights"),
    [
        ("mse", {}, None),
        ("mse", {"loss_weights": 2.0}, [2.0]),
        (["mse", None], {}, [1.0, 1.0]),
        (["mse", "mae"], {"loss_weights": [0.5, 2.0]}, [0.5, 2.0]),
        ({"p": "mse", "q": "mae"}, {}, [1.0, 1.0]),
    ],
    ids=str,
)
def test_losses_and_their_weights_come_back(loss, options, weights, tmp_path):
    model = net(loss=loss, **options) if isinstance(loss, str) else two_outputs(loss, **options)
    model.save(tmp_path / "a.keras")
    found = described(tmp_path / "a.keras")["compile_config"]
    assert found["loss_weights"] == weights
    assert not isinstance(loss, list) or [own is None for own in found["loss"]] == [own is None for own in loss]
    back = handnn.load_model(tmp_path / "a.keras")
    assert back.loss_weights == model.loss_weights
    x = np.random.default_rng(0).normal(size=(4, 3))
    y = np.zeros((4, 2)) if isinstance(loss, str) else [np.zeros((4, 2)), np.ones((4, 1))]
    assert back.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_what_a_file_says_of_raw_samples_comes_back(tmp_path):
    model = net()
    model.save(tmp_path / "without.keras")
    model.preparation = {"some": [1, "text", 0.5]}
    model.save(tmp_path / "with.keras")
    assert handnn.saving.read_preparation(tmp_path / "without.keras") is None
    assert handnn.saving.read_preparation(tmp_path / "with.keras") == model.preparation
    assert handnn.load_model(tmp_path / "with.keras").preparation == model.preparation


def test_a_file_with_more_weights_than_its_network_needs_is_refused(tmp_path, monkeypatch):
    net().save(tmp_path / "a.keras")
    archive.check_size(str(tmp_path / "a.keras"))
    monkeypatch.setattr(archive, "most_bytes", lambda model: 100)
    with pytest.raises(ValueError, match="100"):
        archive.check_size(str(tmp_path / "a.keras"))


def test_losses_of_outputs_by_name_keep_their_dtype(tmp_path):
    model = two_outputs({"q": losses.MeanSquaredError(dtype="float64"), "p": losses.MeanAbsoluteError()})
    model.save(tmp_path / "a.keras")
    back = handnn.load_model(tmp_path / "a.keras")
    for own in (model, back):
        found = [(type(output.loss).__name__, output.loss.dtype) for output in own.output_losses(True)]
        assert found == [("MeanAbsoluteError", "float32"), ("MeanSquaredError", "float64")]

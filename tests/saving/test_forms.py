"""The forms inside files, part by part: names in attributes, shards, older configs, links, what may not be saved."""

import io
import json
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

import handnn
from handnn import layers, metrics, optimizers
from handnn.core.variable import Variable
from handnn.saving import archive, hdf5_paths, legacy, members, older, shards, weights


def memory(*content):
    """An HDF5 file in memory with these (path, array)."""
    file = h5py.File(io.BytesIO(), "w")
    for path, array in content:
        file[path] = array
    return file


def net(*names, dtype="float32", optimizer="sgd", **options):
    stack = [layers.Dense(2, name=name, dtype=dtype) for name in names or ("a", "b")]
    model = handnn.Sequential([handnn.Input((2,), dtype=dtype), *stack], name="net")
    model.compile(optimizer, "mse", **options)
    return model


def same(one, other):
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# ---- .h5


@pytest.mark.parametrize("count", [0, 3, 80])
def test_names_in_attributes_are_in_keras_form(count, keras):
    """Those that an attribute cannot hold are in several."""
    of_keras = keras.src.legacy.saving.legacy_h5_format
    names, file = [f"{k}_{'name' * 500}" for k in range(count)], memory()
    legacy._write_names(file, "names", names)
    assert set(file.attrs) == ({"names0", "names1", "names2"} if count > 3 else {"names"})
    assert all(value.nbytes <= legacy.MOST_OF_ATTRIBUTE for value in file.attrs.values())
    assert legacy._names(file, "names") == of_keras.load_attributes_from_hdf5_group(file, "names") == names


def test_weights_of_one_path_are_numbered():
    file, pair = memory(), [Variable(np.full(2, k), name="w", path="layer/w") for k in (1, 2)]
    legacy._write(file, pair)
    assert [file[name][0] for name in legacy._names(file, "weight_names")] == [1, 2]
    file = memory()
    legacy._write(file, pair[:1])
    assert legacy._names(file, "weight_names") == ["layer/w"]


def test_an_h5_file_without_an_optimizer(tmp_path):
    for model, options in ((net(), {"include_optimizer": False}), (net(optimizer=None), {})):
        handnn.saving.save_model(model, tmp_path / "a.h5", **options)
        with h5py.File(tmp_path / "a.h5") as file:
            assert "training_config" not in file.attrs and "optimizer_weights" not in file
        back = handnn.load_model(tmp_path / "a.h5")
        assert back.optimizer is None and same(back.get_weights(), model.get_weights())


def test_an_h5_file_whose_slots_are_gone_starts_the_optimizer_anew(tmp_path):
    net(optimizer=optimizers.Adam(0.25)).save(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["optimizer_weights"]
    assert handnn.load_model(tmp_path / "a.h5").optimizer.learning_rate == 0.25


def test_slots_of_no_optimizer_are_passed_over(tmp_path):
    model = net(optimizer=optimizers.Adam())
    model.save(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        config = json.loads(file.attrs["training_config"])
        file.attrs["training_config"] = json.dumps(config | {"optimizer_config": None}).encode()
    back = handnn.load_model(tmp_path / "a.h5")
    assert back.optimizer is None and same(back.get_weights(), model.get_weights())


def test_an_h5_file_keeps_float64_and_is_read_in_the_order_of_the_layers(tmp_path):
    model = net("a", "b", dtype="float64")
    model.save(tmp_path / "a.h5")
    assert same(handnn.load_model(tmp_path / "a.h5").get_weights(), model.get_weights())
    for names, by_name in ((("c", "a"), False), (("b", "a"), True)):
        other = net(*names, dtype="float64")
        other.load_weights(tmp_path / "a.h5", by_name=by_name)
        assert same(other.get_weights(), model.get_weights()[2:] + model.get_weights()[:2] if by_name else
                    model.get_weights())  # fmt: skip


def test_tuples_in_an_h5_config():
    assert legacy._as_now({"a": {"class_name": "__tuple__", "items": [1, {"b": [2]}]}}) == {"a": (1, {"b": [2]})}


def test_links_in_an_h5_file_are_refused(tmp_path):
    net().save(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        folder = file["model_weights/a"]
        name = legacy._names(folder, "weight_names")[1]
        file["elsewhere"] = folder[name][()]
        del folder[name]
        folder[name] = h5py.SoftLink("/elsewhere")
    with pytest.raises(ValueError, match=f"{name} is a link"):
        handnn.load_model(tmp_path / "a.h5")


# ---- what unpacks to more than a file may hold, links


def test_declared_bytes_are_counted_before_anything_is_read(tmp_path, monkeypatch):
    file = memory(("a", np.zeros(100)), ("b/c", np.zeros(25, "float32")))
    weights.check_declared(file, 900)
    with pytest.raises(ValueError, match="take 900 bytes unpacked, of which the network needs at most 899"):
        weights.check_declared(file, 899)
    file.create_dataset("grows", (1,), "int8", chunks=(1000, 10)[:1], maxshape=(None,))
    with pytest.raises(ValueError, match="take 1,900 bytes"):
        weights.check_declared(file, 1800)
    net().save(tmp_path / "a.h5")
    monkeypatch.setattr(legacy, "most_bytes", lambda model: 10)
    with pytest.raises(ValueError, match="needs at most 10"):
        handnn.load_model(tmp_path / "a.h5")


def test_a_link_anywhere_in_a_path_is_refused():
    file = memory(("a/vars/0", np.zeros(2)), ("a/vars/b", np.zeros(2)))
    file["linked"], file["a/link"] = h5py.SoftLink("/a"), h5py.SoftLink("/a/vars")
    file["a/vars/1"] = h5py.SoftLink("/a/vars/0")
    weights.refuse_links(file, "a/vars/0")
    for path, named in (("linked/vars/0", "linked"), ("a/link/0", "a/link"), ("a/vars/1", "a/vars/1")):
        with pytest.raises(ValueError, match=f"^{named} is a link"):
            weights.refuse_links(file, path)
    pair = [Variable(np.zeros(2), name=name, path=name) for name in "ab"]
    for read in (lambda: weights._names(file, "linked"), lambda: weights._arrays(file, "a", "a", pair)):
        with pytest.raises(ValueError, match="is a link"):
            read()


# ---- shards


def test_shards_are_filled_one_after_the_other(tmp_path):
    """Each takes what fits, its limit included; the index is laid out as Keras does it."""
    model = net("a", "b", "c")
    data = weights.content(model)
    with h5py.File(io.BytesIO(data)) as whole:
        sizes = [dataset.nbytes for _, _, dataset in shards._arrays_of(whole)]
    for limit in (16, 24, 40, 10**6):
        expected, room = [], 0
        for size in sizes:
            expected, room = ([*expected, 0], limit) if size > room else (expected, room)
            expected[-1], room = expected[-1] + size, room - size
        found = shards.split(data, str(tmp_path / "m.weights.json"), limit / 1024**3)
        *files, index = found
        assert files == [str(tmp_path / f"m_{k:05}.weights.h5") for k in range(len(expected))]
        for path, content in found.items():
            (tmp_path / path).write_bytes(content)
        totals = [0] * len(files)
        for k, path in enumerate(files):
            with h5py.File(path) as shard:
                totals[k] = sum(dataset.nbytes for _, _, dataset in shards._arrays_of(shard))
                assert (weights.TEXT in shard) == (k == 0)
        assert totals == expected
        text = found[index].decode()
        said = json.loads(text)
        assert said["metadata"] == {"total_size": sum(sizes)} and text == json.dumps(said, indent=4)
        places = said["weight_map"].values()
        assert all(isinstance(place, str) or len(place) > 1 for place in places)
        assert limit > 16 or any(isinstance(place, list) for place in places)  # a layer that was cut
        back = net("a", "b", "c")
        back.load_weights(index)
        assert same(back.get_weights(), model.get_weights())


def test_weights_of_keras_have_no_text_to_be_split(tmp_path):
    buffer = io.BytesIO(weights.content(net()))
    with h5py.File(buffer, "r+") as file:
        del file[weights.TEXT]
    for content in shards.split(buffer.getvalue(), "m.weights.json", 1).values():
        assert weights.TEXT.encode() not in content


def test_what_a_shard_may_not_hold(tmp_path):
    def write(change, compression=None):
        with h5py.File(tmp_path / "m_00000.weights.h5", "w") as file:
            file.create_dataset("layers/dense/vars/0", data=np.zeros(20000), compression=compression)
            change(file)
        index = {"weight_map": {"/layers/dense/vars": "m_00000.weights.h5"}}
        (tmp_path / "m.weights.json").write_text(json.dumps(index))
        return h5py.File(io.BytesIO(shards.joined(str(tmp_path / "m.weights.json"), 170_000)))

    virtual = h5py.VirtualLayout((2,), "int8")
    for change in (lambda file: None, lambda file: file.create_virtual_dataset(weights.TEXT, virtual)):
        assert list(write(change)) == ["layers"]
    with pytest.raises(ValueError, match="layers/dense/vars/1 is a link"):
        write(lambda file: file.__setitem__("layers/dense/vars/1", h5py.SoftLink("/layers/dense/vars/0")))
    with pytest.raises(ValueError, match="take 320,000 bytes unpacked"):
        write(lambda file: file.create_dataset("more", data=np.zeros(20000), compression="gzip"), "gzip")


# ---- configs of Keras 2


def form(name, config):
    return {"class_name": name, "config": config}


FORMS = {
    "no name": (form(None, {"ragged": False}), form(None, {"ragged": False})),
    "no config": (form("Dense", 5), form("Dense", 5)),
    "a function": (form("MeanMetricWrapper", {"fn": "mse", "name": "m"}), form("MeanSquaredError", {"name": "m"})),
    "an unknown function": (form("MeanMetricWrapper", {"fn": "own"}), form("MeanMetricWrapper", {"fn": "own"})),
    "a function's config": (form("MeanMetricWrapper", {"fn": {}}), form("MeanMetricWrapper", {"fn": {}})),
    "another class with fn": (form("Own", {"fn": "mse"}), form("Own", {"fn": "mse"})),
    "an axis": (form("BatchNormalization", {"axis": [1]}), form("BatchNormalization", {"axis": 1})),
    "two axes": (form("BatchNormalization", {"axis": [1, 2]}), form("BatchNormalization", {"axis": [1, 2]})),
    "an axis elsewhere": (form("LayerNormalization", {"axis": [1]}), form("LayerNormalization", {"axis": [1]})),
    "an input": (
        form("InputLayer", {"batch_input_shape": [None, 3], "dtype": "float32"}),
        form("InputLayer", {"batch_shape": [None, 3], "dtype": "float32"}),
    ),
    "nothing": (form("Sequential", None), form("Sequential", {"layers": []})),
    "a list of layers": (form("Sequential", [form("Dense", {})]), form("Sequential", {"layers": [form("Dense", {})]})),
}


@pytest.mark.parametrize("case", FORMS)
def test_older_forms(case):
    given, expected = FORMS[case]
    before = json.dumps(given)
    assert older.of_keras_3(given) == expected and json.dumps(given) == before


def test_older_calls():
    """A call names layer, call, output and, from Keras 2.4 on, arguments; one input or output is in a list alone."""
    tensor = lambda name: form(  # noqa: E731
        "__keras_tensor__", {"shape": None, "dtype": "float32", "keras_history": [name, 0, 0]}
    )
    called = [[["a", 0, 0, {}], ["b", 0, 0]]], [[["c", 0, 0, {"training": True}]]], [{"args": []}], []
    ends = {"input_layers": [["a", 0, 0], ["b", 0, 0]], "output_layers": [["c", 0, 0]]}
    config = {"layers": [{"inbound_nodes": nodes} for nodes in called]}
    found = older.of_keras_3(form("Functional", config | ends))["config"]
    assert [layer["inbound_nodes"] for layer in found["layers"]] == [
        [{"args": [[tensor("a"), tensor("b")]], "kwargs": {}}],
        [{"args": [tensor("c")], "kwargs": {"training": True}}],
        [{"args": []}],
        [],
    ]
    assert (found["input_layers"], found["output_layers"]) == (ends["input_layers"], ["c", 0, 0])
    named = older.of_keras_3(form("Model", config | {"input_layers": {"x": ["a", 0, 0]}, "output_layers": "c"}))
    assert (named["config"]["input_layers"], named["config"]["output_layers"]) == ({"x": ["a", 0, 0]}, "c")


def test_arguments_of_older_optimizers_are_left_out():
    given = form("SGD", {"lr": 0.5, "jit_compile": True, "is_legacy_optimizer": False, "momentum": 0.5})
    assert older.optimizer(given) == form("SGD", {"learning_rate": 0.5, "momentum": 0.5})


# ---- compile arguments, and what else is in a file


def config_of(model):
    return json.loads(archive._parts(model)[members.CONFIG])["compile_config"]


def test_metrics_as_objects_and_configs_come_back(tmp_path):
    x = handnn.Input((3,), name="x")
    model = handnn.Model(x, [layers.Dense(2, name="p")(x), layers.Dense(1, name="q")(x)], name="net")
    recall = metrics.Recall(thresholds=0.25)
    for given in ([recall, "mae"], {"p": metrics.serialize(recall), "q": ["mae", None][:1]}, [[recall], None]):
        model.compile("sgd", "mse", metrics=given)
        model.save(tmp_path / "a.keras")
        back, y = handnn.load_model(tmp_path / "a.keras"), [np.ones((4, 2)), np.ones((4, 1))]
        x = np.arange(12.0).reshape(4, 3)
        assert back.evaluate(x, y, verbose=0, return_dict=True) == model.evaluate(x, y, verbose=0, return_dict=True)
    alone = net(metrics=[recall])
    alone.save(tmp_path / "a.keras")
    assert handnn.load_model(tmp_path / "a.keras").compiled_metrics.wanted[0].thresholds == [0.25]


def test_compile_arguments_are_in_keras_form(tmp_path):
    found = config_of(net())
    assert {name: found[name] for name in ("run_eagerly", "steps_per_execution", "jit_compile")} == {
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }
    net(optimizer=None).save(tmp_path / "a.keras")
    assert handnn.load_model(tmp_path / "a.keras").optimizer is None


def test_what_is_no_number_is_not_written_into_a_preparation():
    model = net()
    model.preparation = {"mean": float("nan")}
    with pytest.raises(ValueError, match="not JSON compliant"):
        archive._parts(model)


class Holding(layers.Layer):
    """A layer with a weight, and things that it holds."""

    def __init__(self, held, listed=(), **options):
        super().__init__(**options)
        self.held, self.listed = held, listed

    def build(self, shape):
        self.own = self.add_weight((), "ones", name="w")
        self.weights += self.listed

    def call(self, x):
        return x * self.own


def test_layers_whose_weights_would_be_lost_are_named():
    deep = layers.Dense(2, name="deep")
    deep.build((None, 2))
    others = SimpleNamespace(weights=[1], name="list"), SimpleNamespace(count_params=lambda: 1)
    for held in (deep, [deep], (deep, layers.Dropout(0.5)), {"a": deep}):
        with pytest.raises(ValueError, match="whose weights would not be in the file: deep; only"):
            archive._check_built(handnn.Sequential([handnn.Input((2,)), Holding(held)]))
    for held, listed in (([layers.Dropout(0.5), *others, 5], []), (deep, deep.weights)):
        archive._check_built(handnn.Sequential([handnn.Input((2,)), Holding(held, listed)]))


def test_empty_groups_of_other_layers_are_passed_over(tmp_path):
    """As Keras writes them for layers without weights."""
    model = net()
    model.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5", "r+") as file:
        file.create_group("layers/dropout/vars")
    model.load_weights(tmp_path / "a.weights.h5")


@pytest.mark.parametrize("trained_first", [0, 1])
def test_slots_of_another_choice_of_trained_weights_are_left_out(trained_first, tmp_path):
    """Trained with one weight or all, and the layers frozen or thawed since."""
    model = handnn.Sequential([handnn.Input((2,)), *(layers.Dense(2, use_bias=False, name=n) for n in "abc")])
    for layer in model.layers[trained_first:]:
        layer.trainable = not trained_first
    model.compile(optimizers.Adam(), "mse")
    model.train_on_batch(np.ones((2, 2)), np.zeros((2, 2)))
    for layer in model.layers[1:]:
        layer.trainable = bool(trained_first)
    model.save(tmp_path / "a.keras")
    with pytest.warns(UserWarning, match="adam.* is skipped: it has"):
        back = handnn.load_model(tmp_path / "a.keras")
    assert back.optimizer.iterations == 0 and same(back.get_weights(), model.get_weights())


def test_a_file_by_keras_before_the_first_step_has_no_slots(tmp_path):
    model = net(optimizer=optimizers.Adam())
    model.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5", "r+") as file:
        del file[weights.TEXT]
        for key in list(file["optimizer/vars"]):
            if int(key) > 1:
                del file["optimizer/vars"][key]
    net(optimizer=optimizers.Adam()).load_weights(tmp_path / "a.weights.h5")
    model.train_on_batch(np.ones((2, 2)), np.zeros((2, 2)))
    with pytest.warns(UserWarning, match="adam.* is skipped: it has 10 variables, the file holds 2"):
        model.load_weights(tmp_path / "a.weights.h5")


def test_groups_are_counted_as_the_keras_model_of_the_file_counts_them():
    """Where Keras' list has another order; what handnn writes is in its own."""
    own = [layers.Dense(2, name=name) for name in "ab"]
    model = SimpleNamespace(layers=own, layers_as_stored=own[::-1])
    for reading, expected in ((False, own), (True, own[::-1])):
        found = hdf5_paths.layer_groups(model, reading=reading)
        assert [(group.path, layer) for group, layer in found] == [
            ("layers/dense", expected[0]),
            ("layers/dense_1", expected[1]),
        ]


def test_the_product_of_nadam_is_not_listed_inside_a_loss_scale():
    optimizer = optimizers.LossScaleOptimizer(optimizers.Nadam())
    optimizer.build(net().trainable_weights)
    plain = optimizers.Nadam()
    plain.build(net().trainable_weights)
    outer, inner = hdf5_paths.optimizer_groups(optimizer)
    (product,) = hdf5_paths.unlisted(optimizer)
    assert len(inner.variables) == len(plain.variables) - 1
    assert all(variable is not product for group in (outer, inner) for variable in group.variables)


def test_open_files_that_are_written_or_read():
    assert members.is_file(SimpleNamespace(write=print)) and members.is_file(SimpleNamespace(read=print))
    assert not members.is_file("a.keras")


def test_a_reason_is_one_line_of_300_characters():
    with pytest.raises(ValueError, match=r"^the open file: (x ){150}$"), members.explained(io.BytesIO()):
        raise ValueError("x \n" * 200)

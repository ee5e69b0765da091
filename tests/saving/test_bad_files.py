"""Files and paths that cannot be: one line that says what is wrong, and nothing is changed."""

import io
import json
import re
import zipfile

import h5py
import numpy as np
import pytest

import handnn


def network(widths=(4, 5, 3), optimizer="adam", name="net", dtype="float32", **options):
    handnn.utils.set_random_seed(2)
    handnn.utils.clear_session()
    dense = [handnn.layers.Dense(w, name=f"d{i}", dtype=dtype, **options) for i, w in enumerate(widths[1:])]
    model = handnn.Sequential([handnn.Input((widths[0],), dtype=dtype), *dense], name=name)
    model.compile(optimizer, "mse")
    model.train_on_batch(np.ones((2, widths[0])), np.ones((2, widths[-1])))
    return model


def ending(model):
    slots = [v.value.copy() for v in model.optimizer.variables]
    return [*model.get_weights(), *slots, repr(model.progress)]


def refused(model, read, *words):
    before = ending(model)
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        read()
    line = str(raised.value)
    assert "\n" not in line and all(re.search(word, line) for word in words), line
    for one, other in zip(before, ending(model), strict=True):
        assert np.array_equal(one, other)


def changed(path, change):
    """Rewrite the HDF5 part of a `.keras` file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        change(file)
    members["model.weights.h5"] = buffer.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def replace(file, name, value):
    del file[name]
    file[name] = value


def link(file, name, target):
    del file[name]
    file[name] = target


CHANGES = {
    "a missing slot": (
        lambda f: f.__delitem__("optimizer/vars/3"),
        r"optimizer \(adam\) lacks array 3, .*kernel_velocity",
    ),
    "no slots": (lambda f: f.__delitem__("optimizer"), r"optimizer \(adam\) lacks array 0, iteration"),
    "a slot too many": (lambda f: f.__setitem__("optimizer/vars/10", 1.0), "holds 11 arrays; expected 10"),
    "a slot of another shape": (
        lambda f: replace(f, "optimizer/vars/2", np.zeros((4, 6))),
        r"holds net_d0_kernel_momentum of shape \(4, 6\); expected \(4, 5\)",
    ),
    "a weight of another shape": (
        lambda f: replace(f, "layers/dense/vars/0", np.zeros((5, 4))),
        r"layers/dense \(d0\) holds kernel of shape \(5, 4\); expected \(4, 5\)",
    ),
    "a missing weight": (
        lambda f: f.__delitem__("layers/dense_1/vars/1"),
        r"layers/dense_1 \(d1\) lacks array 1, bias",
    ),
    "a missing layer": (lambda f: f.__delitem__("layers/dense_1"), r"layers/dense_1 \(d1\) lacks array 0, kernel"),
    "a layer too many": (
        lambda f: f.__setitem__("layers/dense_2/vars/0", np.zeros(3)),
        "weights of a layer dense_2, but net has dense, dense_1",
    ),
    "words": (lambda f: replace(f, "layers/dense/vars/1", "five words"), r"bias of shape \(\)|plain numbers"),
    "NaN": (lambda f: replace(f, "layers/dense/vars/1", [0, np.nan, 0, 0, 0]), "net/d0/bias must be finite"),
    "a link out": (
        lambda f: link(f, "layers/dense", h5py.ExternalLink("/etc/passwd", "layers")),
        "layers/dense is a link",
    ),
    "an array that is a link": (
        lambda f: link(f, "layers/dense/vars/1", h5py.SoftLink("/layers/dense_1/vars/0")),
        r"layers/dense/vars/1 is a link",
    ),
    "text that is none": (lambda f: replace(f, "handnn", "{"), "damaged"),
    "no weights": (lambda f: (f.__delitem__("layers"), f.__delitem__("vars")), "no weights of Keras 3"),
}


@pytest.mark.quick(8)
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_file(name, tmp_path):
    change, words = CHANGES[name]
    path = tmp_path / "a.keras"
    model = network()
    model.save(path)
    changed(path, change)
    with pytest.raises(ValueError, match=words) as raised:
        handnn.load_model(path)
    assert str(raised.value).startswith(str(path)) and "\n" not in str(raised.value)
    other = network()
    if "slot" not in name or name == "a slot of another shape":
        refused(other, lambda: other.load_weights(path), words)


def test_truncated_anywhere(tmp_path):
    model, path = network(), tmp_path / "a.keras"
    model.save(path)
    model.save_weights(tmp_path / "a.weights.h5")
    for file in (path, tmp_path / "a.weights.h5"):
        whole = file.read_bytes()
        for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
            file.write_bytes(whole[:length])
            refused(model, lambda file=file: model.load_weights(file), re.escape(str(file)))


def test_a_flipped_bit_is_noticed(tmp_path):
    model, path = network(), tmp_path / "a.keras"
    model.save(path)
    content = bytearray(path.read_bytes())
    place = content.index(model.get_weights()[0].tobytes())
    content[place] ^= 1
    path.write_bytes(content)
    refused(model, lambda: model.load_weights(path), "Bad CRC")
    with pytest.raises(ValueError, match="Bad CRC"):
        handnn.load_model(path)


def test_foreign_files(tmp_path):
    np.savez(tmp_path / "arrays.npz", x=[1.0])
    for name, content, words in (
        ("text.keras", b"no network", "not a .keras file"),
        ("arrays.keras", (tmp_path / "arrays.npz").read_bytes(), "has no config.json"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=words):
            handnn.load_model(tmp_path / name)
    with h5py.File(tmp_path / "other.weights.h5", "w") as file:
        file["x"] = 1.0
    model = network()
    refused(model, lambda: model.load_weights(tmp_path / "other.weights.h5"), "no weights of Keras 3")
    for path in ("absent.keras", tmp_path):
        with pytest.raises((FileNotFoundError, ValueError), match=r"no such file|no config\.json"):
            handnn.load_model(path)
    with pytest.raises(FileNotFoundError, match=r"absent\.weights\.h5: no such file"):
        model.load_weights(tmp_path / "absent.weights.h5")


def test_configs_that_cannot_be(tmp_path):
    model, path = network(), tmp_path / "a.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        config, weights = json.loads(archive.read("config.json")), archive.read("model.weights.h5")

    def written(change):
        own = json.loads(json.dumps(config))
        change(own)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", json.dumps(own))
            archive.writestr("model.weights.h5", weights)
        return path

    for change, words in (
        (
            lambda c: c["config"]["layers"][1].update(class_name="ConvLSTM2D"),
            "a layer ConvLSTM2D, which handnn does not have",
        ),
        (lambda c: c["compile_config"]["loss"].update(class_name="MyLoss"), "unknown loss 'MyLoss'"),
        (lambda c: c["compile_config"].update(optimizer="adma"), "unknown optimizer 'adma'; did you mean"),
        (lambda c: c["compile_config"].update(loss_weights=[1.0, 2.0]), "loss_weights must hold one entry"),
        (lambda c: c.pop("config"), "damaged"),
    ):
        with pytest.raises(ValueError, match=words):
            handnn.load_model(written(change))
    assert handnn.load_model(written(lambda c: c["compile_config"]["loss"].update(class_name="MyLoss")), compile=False)


def test_other_architectures(tmp_path):
    path = tmp_path / "a.weights.h5"
    network().save_weights(path)
    for model, words in (
        (network((4, 6, 3)), r"layers/dense \(d0\) holds kernel of shape \(4, 5\); expected \(4, 6\)"),
        (network((4, 5, 3, 2)), r"layers/dense_2 \(d2\) lacks array 0, kernel"),
        (network((4, 5)), "weights of a layer dense_1, but net has dense"),
        (network(use_bias=False), r"layers/dense \(d0\) holds 2 arrays; expected 1"),
    ):
        refused(model, lambda model=model: model.load_weights(path), words)
    wider, weights = network((4, 5, 2), "sgd"), network().get_weights()
    kept = wider.get_weights()
    with pytest.warns(UserWarning, match="is skipped") as warned:
        wider.load_weights(path, skip_mismatch=True)
    assert [str(w.message).split(":")[0] for w in warned] == ["d1 is skipped", "sgd is skipped"]
    for one, other in zip(wider.get_weights(), [*weights[:2], *kept[2:]], strict=True):
        assert np.array_equal(one, other)
    wide = network(dtype="float64", optimizer="sgd")
    with pytest.warns(UserWarning, match="sgd is skipped"):
        wide.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(wide.get_weights(), weights, strict=True))


def test_arguments(tmp_path):
    model = network()
    model.save(tmp_path / "a.keras")
    unbuilt = handnn.Sequential([handnn.layers.Dense(2)], name="unbuilt")
    for call, words in (
        (lambda: model.save(tmp_path / "a.txt"), "filepath must end in .keras"),
        (lambda: model.save_weights(tmp_path / "a.h5"), "filepath must end in .weights.h5; received"),
        (lambda: model.load_weights(tmp_path / "a.txt"), "filepath must end in"),
        (lambda: handnn.load_model(tmp_path / "a.txt"), "filepath must end in .keras"),
        (lambda: unbuilt.save(tmp_path / "b.keras"), "unbuilt has no weights to save yet"),
        (lambda: unbuilt.load_weights(tmp_path / "a.keras"), "unbuilt has no weights yet"),
        (lambda: model.save(tmp_path / "a.keras", zipped=False), r"a folder .* must not end in \.keras"),
        (lambda: model.save_weights(tmp_path / "a.weights.h5", max_shard_size=1), "must end in .weights.json"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(FileExistsError, match="already exists"):
        model.save(tmp_path / "a.keras", overwrite=False)
    with pytest.raises(OSError, match="a file in an existing folder"):
        model.save(tmp_path / "nowhere" / "a.keras")


# ---- files that are far larger than what they are packed into -------------------------------------------------------


def zeros(path, name, size):
    """Put a member of so many zeros in a zip file's place; they are packed a thousandfold."""
    with zipfile.ZipFile(path) as archive:
        members = {other: archive.read(other) for other in archive.namelist() if other != name}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in members.items():
            archive.writestr(other, content)
        with archive.open(name, "w") as member:
            for _ in range(size // 2**20):
                member.write(bytes(2**20))


@pytest.fixture
def memory():
    """`memory(function)`: the most that it allocates, in bytes."""
    import tracemalloc

    def measured(function):
        tracemalloc.start()
        try:
            function()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return measured


@pytest.mark.parametrize("member", ["model.weights.h5", "config.json"])
def test_zeros_in_a_keras_file_are_not_read(member, memory, tmp_path):
    model = network()
    model.save(tmp_path / "a.keras")
    zeros(tmp_path / "a.keras", member, 80 * 2**20)
    read = lambda: refused(model, lambda: handnn.load_model(tmp_path / "a.keras"), member, "83,886,080 bytes")  # noqa: E731
    assert memory(read) < 10 * 2**20
    if member != "config.json":
        load = lambda: refused(model, lambda: model.load_weights(tmp_path / "a.keras"), "nothing was read")  # noqa: E731
        assert memory(load) < 10 * 2**20


def test_zeros_in_a_file_of_weights_are_not_read(memory, tmp_path):
    model = network()
    model.save_weights(tmp_path / "a.weights.h5")
    with open(tmp_path / "a.weights.h5", "r+b") as file:
        file.truncate(10**10)  # a hole: it takes no room on the disk
    read = lambda: refused(model, lambda: model.load_weights(tmp_path / "a.weights.h5"), "10,000,000,000 bytes")  # noqa: E731
    assert memory(read) < 10 * 2**20


def test_an_array_that_declares_too_much_is_not_read(memory, tmp_path):
    model = network()
    model.save(tmp_path / "a.keras")

    def grow(file):
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", (10**5, 10**4), "f4", chunks=True, compression="gzip")

    changed(tmp_path / "a.keras", grow)
    read = lambda: refused(model, lambda: model.load_weights(tmp_path / "a.keras"), r"\(100000, 10000\)")  # noqa: E731
    assert memory(read) < 10 * 2**20


def test_a_text_that_declares_too_much_is_not_read(memory, tmp_path):
    model = network()
    model.save(tmp_path / "a.keras")

    def grow(file):
        del file["handnn"]
        file.create_dataset("handnn", (1,), "S100000000", chunks=True, compression="gzip")

    changed(tmp_path / "a.keras", grow)
    read = lambda: refused(model, lambda: model.load_weights(tmp_path / "a.keras"), "100,000,000 bytes")  # noqa: E731
    assert memory(read) < 10 * 2**20

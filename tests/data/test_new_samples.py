"""Samples for a trained network: labels in the forms in which files have them, parts, arrays that do not fit."""

from types import SimpleNamespace

import numpy as np
import pytest

from handnn import data
from handnn.data import new_samples, npz
from handnn.data.new_samples import read_new
from handnn.data.table import Table

LARGE = str(2**53)
LABELS = {
    "numbers in other forms": (("1", "2"), ["1.0", "2", "1e0"], [0, 1, 0]),
    "fractions": (("1.5", "a"), ["a", "1.5"], [1, 0]),
    "texts that are numbers, too": (("01", "1"), ["01", "1", "1.0"], [0, 1, 1]),
    "the largest whole number": ((LARGE, "1"), [f"{LARGE}.0"], [0]),
}


def answers(names, cells, **changes):
    table = Table("here", ("t",), True, (np.array(cells, dtype=object),), np.arange(2, 2 + len(cells)))
    own = {"target": "t", "task": "classification", "class_names": names, "split": None}
    return new_samples._answers(table, SimpleNamespace(**own | changes))


@pytest.mark.parametrize("case", LABELS)
def test_labels_are_numbered_as_in_training(case):
    names, cells, expected = LABELS[case]
    assert answers(names, cells).tolist() == expected


def test_labels_that_training_had_not_are_named():
    for cell, named in (("1.5", "'1.5'"), ("3.0", "'3'"), ("inf", "'inf'"), ("b", "'b'")):
        with pytest.raises(ValueError, match=f"label {named} at sample 1 .*: '1', '2'"):
            answers(("1", "2"), ["2", cell])
    assert answers(None, ["1.5", "2"], task="regression").tolist() == [[1.5], [2.0]]


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (np.array([[2], [0], [1]]), ("0", "1", "2")),
        (np.array([2.0, 0.0, 1.0]), ("0", "1", "2")),
        (np.array(["c", "a", "b"]), ("a", "b", "c")),
        (np.array([b"c", b"a", b"b"]), ("a", "b", "c")),
        (np.eye(3)[[2, 0, 1]], ("a", "b", "c")),
    ],
    ids=["a column", "floats", "text", "bytes", "one-hot"],
)
def test_labels_of_arrays_are_numbered_as_in_training(y, names):
    preparation = SimpleNamespace(task="classification", class_names=names)
    assert new_samples._array_answers("here", y, preparation).tolist() == [2, 0, 1]


def test_arrays_without_targets_and_parts_that_nobody_knows(npz_file):
    path = str(npz_file(x=np.ones((3, 2))))
    found = read_new(path, None, {"input": (2,)}, "float32")
    assert found.y is None and found.answered.size == 0 and found.rows.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="--part must be all: the network's file knows of no such part"):
        read_new(path, None, {"input": (2,)}, "float32", "validation")


def test_arrays_that_do_not_fit_a_network_are_named(npz_file):
    for arrays, words in (
        ({"x": np.array([[1.0, np.nan]])}, "1 NaN of 2 values"),
        ({}, "holds nothing; expected 'input', or x, and optionally y"),
        ({"x": np.ones((3, 2)), "y": np.ones(2)}, r"arrays of \[2, 3\] samples"),
    ):
        with pytest.raises(ValueError, match=words):
            read_new(str(npz_file(**arrays)), None, {"input": (2,)}, "float32")


def test_an_input_of_training_that_the_network_has_not_is_named(npz_file, rng):
    arrays = {"left": rng.normal(size=(20, 2)), "right": rng.normal(size=(20, 3)), "y": np.arange(20) % 2}
    path = str(npz_file(**arrays))
    dataset = data.load(path)
    assert dataset.inputs == 5 and [name for name, _ in dataset.arrays] == ["left", "right"]
    with pytest.raises(ValueError, match=r"'right'.*shape .20, 3."):
        read_new(path, dataset.preparation, {"left": (2,)}, "float32")


def test_the_fewest_samples_of_a_generated_set():
    assert len(data.load("moons", samples=4).x_train) == 3
    assert len(data.load("spiral", samples=6).x_train) == 5


def test_what_is_no_zip_is_said_to_be_none(tmp_path):
    (tmp_path / "a.npz").write_text("text")
    with pytest.raises(ValueError, match=r"expected an .npz file as np.savez writes it"):
        npz.read_arrays("here", str(tmp_path / "a.npz"))


def test_large_arrays_that_are_not_packed_are_read(npz_file, monkeypatch):
    path = str(npz_file(x=np.ones((20, 9)), y=np.arange(20) % 2))
    monkeypatch.setattr(npz, "LARGE", 10)
    assert data.load(path).inputs == 9
    np.savez_compressed(path, x=np.zeros((9000, 9)), y=np.zeros(9000))
    with pytest.raises(ValueError, match="which is no data; nothing was read"):
        data.load(path)

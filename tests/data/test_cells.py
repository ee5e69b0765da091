"""How a table is read, function by function: separators, headers, targets; and what messages count."""

import numpy as np
import pytest

from handnn import data
from handnn.data import checks, csv_file
from handnn.data.datasets import mnist
from handnn.data.table import Table

SEPARATED = {
    "a;b\nc;d": ";",
    "1,5;2,5\n3,5;4,5\n": ";",  # decimal commas
    "1,5;2,5;x,y,z,u,v": ",",  # five of seven cells without a ;
    '"a;b";c,d': ";",  # a cell may hold its own separator, in quotes
    "a;b;c\n1;2\n": ";",  # rows of unequal length: the widest first row
    "alone": ",",
    "": ",",
}


@pytest.mark.parametrize("text", SEPARATED)
def test_the_separator_is_that_of_which_cells_are_clean(text):
    assert csv_file._separator(text) == SEPARATED[text]


@pytest.mark.parametrize(("most", "expected"), [(8, ";"), (9, ","), (100, ",")])
def test_the_separator_of_a_long_text_is_that_of_its_first_whole_rows(most, expected, monkeypatch):
    monkeypatch.setattr(csv_file, "SAMPLE", most)
    assert csv_file._separator("1,2;3\n4,5") == expected


def test_rows_of_empty_cells_are_rows_and_blank_lines_are_none():
    assert list(csv_file._rows(",\n1, 2\n\n  \n3,4", ",")) == [(1, ["", ""]), (2, ["1", "2"]), (5, ["3", "4"])]


def test_the_place_of_a_target_that_a_first_row_tells():
    found = {given: csv_file._target_place(["a", "b", "c"], given) for given in (0, "1", -1, -3, 3, -4, "b", None)}
    assert found == {0: 0, "1": 1, -1: 2, -3: 0, 3: 2, -4: 2, "b": 2, None: 2}


@pytest.mark.parametrize(
    ("first", "below", "header"),
    [
        ("x y 2020", ["1 2 5"], True),  # the target alone is a number there
        ("x y z", ["1 2 5"], True),
        ("x y z", ["1 2 u"], True),
        ("1 2 z", ["1 2 5"], True),  # its target alone is no number
        ("1 2 z", ["1 2 u"], False),
        ("1 2 z", [], False),
        ("x y z", ["u v 5"], True),
        ("x y z", ["u v w"], True),
        ("x y z", ["u y w"], False),  # a name that comes again
        ("1 2 3", ["4 5 6"], False),
    ],
)
def test_the_first_row_is_a_header_if_its_cells_are_others(first, below, header):
    assert csv_file._is_header([row.split() for row in (first, *below)], 2, False) == header


def test_points_in_words_are_no_decimals():
    assert csv_file._has_decimal_commas("here", [(1, ["1,5", "a.b"])])
    assert not csv_file._has_decimal_commas("here", [(1, ["1.5", "a,b"])])
    with pytest.raises(ValueError, match=r"with a comma .*and with a point"):
        csv_file._has_decimal_commas("here", [(1, ["1,5", ".5"])])


@pytest.mark.parametrize(("cell", "kind"), [(str(2**53), "i"), (str(2**53 + 2), "f"), ("-3", "i"), ("0.5", "f")])
def test_whole_targets_are_integers_as_long_as_they_are_exact(cell, kind):
    table = Table("here", ("t",), True, (np.array(["1", cell], dtype=object),), np.array([2, 3]))
    found = csv_file._typed_target(table, 0, None)
    assert found.dtype.kind == kind and found[1] == float(cell)


def test_only_what_there_is_counts_in_a_message():
    for array, words in (
        (np.array([1, np.nan]), "1 NaN of 2 values, the first at sample 1"),
        (np.array([[np.inf, 1, -np.inf]]), "2 infinite of 3 values, the first at sample 0, position 0"),
        (
            np.array([[[1, np.inf], [np.nan, 1]]]),
            "1 NaN and 1 infinite of 4 values, the first at sample 0, position (",
        ),
    ):
        with pytest.raises(ValueError, match="here") as told:
            checks.finite("here", array)
        assert words in str(told.value)


def test_parts_without_samples_are_not_described():
    assert data.load("moons", samples=20).describe().count(" + ") == 1
    assert "16 train + 2 validation + 2 test" in data.load("moons", samples=20, validation=0.1, test=0.1).describe()
    with pytest.raises(ValueError, match=r"test must be .*received 1.5"):
        data.load("moons", test=1.5)


def test_mnist_as_keras_has_it(mnist_file):
    with np.load(mnist_file) as held:
        for part, (x, y) in zip(("train", "test"), mnist.load_data(), strict=True):
            assert x.dtype == y.dtype == "uint8" and x.shape[1:] == (28, 28)
            assert np.array_equal(x, held[f"x_{part}"]) and np.array_equal(y, held[f"y_{part}"])


def test_a_file_of_other_pictures_is_no_mnist(mnist_file):
    with np.load(mnist_file) as held:
        small = {name: array[:, :14] if name.startswith("x") else array for name, array in held.items()}
    np.savez(mnist_file, **small)
    with pytest.raises(ValueError, match=r"28, 28\) as x_train, y_train, x_test, y_test$"):
        data.load("mnist")

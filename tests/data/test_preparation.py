"""What is learned of the train part and applied to samples, and what is said of it; without files."""

import os

import numpy as np
import pytest

from handnn.data import pictures
from handnn.data.preparation import (
    Columns,
    NumberColumn,
    Preparation,
    Scaling,
    TextColumn,
    _check_variety,
    _mean_and_scale,
    fit_table,
)
from handnn.data.scores import labels, score
from handnn.data.split import split
from handnn.data.table import Table, features_of
from handnn.data.targets import _is_one_hot


def table(**columns):
    cells = tuple(np.array(list(map(str, own)), dtype=object) for own in columns.values())
    return Table("here", tuple(columns), True, cells, np.arange(2, 2 + len(cells[0])))


def test_columns_are_described_as_they_are():
    a, b = NumberColumn("a", 0, 0.0, 1.0, False), NumberColumn("b", 0, 1.0, 2.0, True)
    words = TextColumn("c", "x", ("x", "y"), False)
    for columns, told in (
        ((a,), "1 column: 1 number as they are"),
        ((a, b), "2 columns: 2 numbers standardised by the train part, gaps of 1 column filled and marked"),
        ((b, a, words), "3 columns: 2 numbers standardised by the train part, 1 text one-hot, gaps of 1 column"),
        ((words,), "1 column: 1 text one-hot"),
    ):
        said = Columns(columns, True, 4).describe()
        assert said.startswith(told) and ("gaps" in said) == (b in columns)
    assert Columns((NumberColumn("a", 0, 1.0, 1.0, False),), True, 1).describe().endswith("by the train part")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_answers_are_scaled_and_come_back(dtype):
    scaled = Preparation(Scaling(1.0), "t", "regression", None, answers=Scaling(None, (2.0, 0.0), (4.0, 0.5)))
    y = np.array([[6.0, 1.0], [2.0, 0.0]], dtype)
    found = scaled.scaled_answers(y)
    assert found.tolist() == [[1, 2], [0, 0]] and found.dtype == dtype
    assert scaled.in_own_unit(found).tolist() == y.tolist()
    plain = Preparation(Scaling(1.0), "t", "regression", None)
    assert plain.scaled_answers(y) is plain.in_own_unit(y) is y


def test_deviations_of_0_and_numbers_so_small_that_their_squares_are_0():
    train = np.array([[0.1, 0.0, 1.0], [0.1, 1e-200, 3.0], [0.1, 0.0, 1.0], [0.1, 1e-200, 3.0]])
    mean, scale = _mean_and_scale(train)
    assert mean.tolist() == [0.1, 5e-201, 2.0] and scale.tolist() == [1, 1, 1]
    assert _mean_and_scale(2 * train)[1].tolist() == [1, 1, 2]


def test_columns_of_numbers_are_standardised_unless_all_are_shares():
    found = fit_table(table(a=[0.1, 0.1, 0.1], b=[0, 2, 4]), [0, 1], []).columns
    assert [(c.mean, c.scale) for c in found] == [(0.1, 1.0), (2.0, np.sqrt(8 / 3))]
    found = fit_table(table(a=[0.1, 0.1, 0.1], b=[0, 0.5, 1]), [0, 1], []).columns
    assert [(c.mean, c.scale) for c in found] == [(0.0, 1.0)] * 2


def test_gaps_are_no_text_that_tells_rows_apart():
    words = [f"w{i}" for i in range(21)]
    _check_variety(table(a=[*words, *words, "", ""]), 0)
    with pytest.raises(ValueError, match="holds 21 different texts in 41 rows"):
        _check_variety(table(a=[*words, *words[:-1], ""]), 0)


def test_scores_are_computed_in_float64():
    assert score("regression", np.array([1.0, 2.0]), np.array([1.0, 2.0 + 2**-40]))["MAE"] == 2**-41
    assert labels(np.array([[0.2], [0.7]])).dtype == labels(np.eye(2)).dtype == "int64"


def test_keras_cache_without_keras_home(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert pictures.mnist_cache() == str(tmp_path / ".keras/datasets/mnist.npz")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert pictures.mnist_cache() == "/tmp/.keras/datasets/mnist.npz"


def test_packages_that_fail_and_packages_that_are_missing():
    missing = pictures._package_missing("iris", "scikit-learn", "sklearn", ImportError(name="sklearn.datasets"))
    assert str(missing) == "--data iris needs the package scikit-learn: pip install scikit-learn"
    for error in (ImportError("broken"), ImportError("broken", name="scipy")):
        told = str(pictures._package_missing("iris", "scikit-learn", "sklearn", error))
        assert told == "--data iris: the package scikit-learn cannot be imported: broken"


def test_the_last_sample_of_a_class_stays_with_training():
    """The first part takes two of one class; the second must not take its third."""
    labels_of = np.array([0, 0, 0, 1, 1, 1])
    for seed in range(5):
        parts = split("here", labels_of, {"validation": 0.5, "test": 1 / 6}, np.random.default_rng(seed))
        assert {part: len(rows) for part, rows in parts.items()} == {"train": 2, "validation": 3, "test": 1}
        assert set(labels_of[parts["train"]]) == {0, 1}
        assert sorted(np.concatenate(list(parts.values()))) == list(range(6))


def test_the_hint_about_a_header_is_for_a_first_row_without_one():
    cells = (np.array(["x", "1", "2", "3"], dtype=object),)
    for named in (True, False):
        with pytest.raises(ValueError, match="expected a number, as in other rows") as told:
            Table("here", ("a",), named, cells, np.arange(1, 5)).kind(0)
        assert ("if row 1 is a header" in str(told.value)) != named


def test_a_column_whose_name_begins_with_a_minus_is_chosen_by_it():
    own = table(**{"-a": [1, 2], "b": [1, 2], "t": [1, 2]})
    assert features_of(own, 2, ["-a"]) == [0] and features_of(own, 2, ["-b"]) == [0]


def test_rows_of_one_1_are_one_hot():
    found = {case: _is_one_hot(np.array(case)) for case in (((1, 0), (0, 1)), ((1, 0), (1, 1)), ((2, 0), (0, 3)))}
    assert list(found.values()) == [True, False, False]
    assert not _is_one_hot(np.array([[1], [1]])) and not _is_one_hot(np.array([["0", "1"]]))

"""Data sets by name or path: what bad input gets."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handnn import data

REPOSITORY = Path(__file__).resolve().parents[2]


# Bad input: one line that names the argument, what came and what was expected


def refusal(*arguments, error=ValueError, **options):
    with pytest.raises(error) as caught:
        data.load(*arguments, **options)
    assert type(caught.value) is error
    said = str(caught.value)
    assert "\n" not in said
    return said


def loaded_or_refused(path):
    """The data set, or None if it was refused in one line."""
    try:
        return data.load(path)
    except ValueError as error:
        said = str(error)
    assert path.name in said
    assert "\n" not in said
    return None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name_or_path": "digitz"}, "digitz;did you mean 'digits';.csv"),
        ({"name_or_path": ""}, "unknown data set '';spiral"),
        ({"name_or_path": None}, "data must be;None"),
        ({"name_or_path": str(REPOSITORY)}, "directory;.npz"),
        ({"name_or_path": __file__}, "test_bad_input.py;unknown kind;.npz"),
        *[({"validation": v}, f"validation must be;received {v!r}") for v in (0, 1, -0.1, 2, True, "0.2", None)],
        ({"validation": float("nan")}, "validation must be;nan"),
        *[({"test": v}, f"test must be;received {v!r}") for v in (-0.1, 1, "a", False)],
        ({"test": 0.6, "validation": 0.5}, "validation + test must be;1.1"),
        (
            {"validation": 0.99, "samples": 20},
            "validation: 0.99 of 20 samples is 20;one of each of 2 classes",
        ),
        *[({"seed": v}, f"seed must be;received {v!r}") for v in (-1, 1.0, "0", None, True)],
        *[({"dtype": v}, "dtype must be;float64") for v in ("float16", "int32", np.int64, "bfloat", 3)],
        *[({"samples": v}, f"samples must be;{v!r}") for v in (0, 3, -5, 1.5, 10**9, True)],
        *[({"noise": v}, f"noise must be;{v!r}") for v in (-1, float("inf"), "loud", True)],
        ({"noise": 1e300}, "data 'moons', x of;float32 cannot hold;3.4e+38"),
        *[({"name_or_path": "spiral", "classes": v}, f"classes must be;{v!r}") for v in (1, 2.0, 10**6)],
        ({"classes": 3}, "classes: given for data 'moons';only for spiral"),
        ({"target": "y"}, "target: given for data 'moons';only for FILE.csv"),
        ({"name_or_path": "digits", "samples": 9}, "samples: given for data 'digits';moons, circles"),
        ({"name_or_path": "a.csv", "task": "ranking"}, "task must be;'regression';'ranking'"),
    ],
)
def test_bad_arguments(options, words):
    said = refusal(**{"name_or_path": "moons", **options})
    assert all(word in said for word in words.split(";")), said


@pytest.mark.parametrize("name", ["absent.npz", "absent.csv", "folder/absent"])
def test_missing_file(name, tmp_path):
    assert name in refusal(tmp_path / name, error=FileNotFoundError)


X, Y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
HOLES = np.where(np.arange(20).reshape(10, 2) == 7, np.nan, X)
HOLES[9, 0] = np.inf


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({}, "no arrays;x and y"),
        ({"features": X, "labels": Y}, "'features', 'labels';x and y"),
        ({"x": X}, "'x';one x and one y"),
        ({"x": X, "y": Y, "x_test": X}, "'x_test';for test"),
        ({"x": X, "y": Y, "x_train": X, "y_train": Y}, "'x_train';one x and one y for train"),
        ({"x": X, "X": X, "y": Y}, "both 'x' and 'X'"),
        ({"x": X, "y": Y[:7]}, "'x' has 10 samples and 'y' has 7"),
        ({"x": X[:0], "y": Y[:0]}, "zero samples"),
        ({"x": X[:, :0], "y": Y}, "(10, 0);features"),
        ({"x": Y, "y": Y}, "shape (10,);(samples, features)"),
        ({"x": np.zeros((10, 4, 4, 3)), "y": Y}, "(10, 4, 4, 3);pictures"),
        ({"x": X.astype(str), "y": Y}, "'x';<U32;numbers"),
        ({"x": X.astype(complex), "y": Y}, "'x';complex128;numbers"),
        ({"x": HOLES, "y": Y}, "'x': 1 NaN and 1 infinite of 20;sample 3, position 1;finite"),
        ({"x": X, "y": HOLES}, "y of train: 1 NaN and 1 infinite of 20;sample 3"),
        ({"x": X, "y": np.array(5)}, "'y';not an array"),
        ({"x": X, "y": X[:, :, None]}, "y of train;shape (10, 2, 1)"),
        ({"x": X, "y": Y.astype("M8[s]")}, "y of train;datetime64"),
        ({"x": X, "y": np.ones(10, dtype=int)}, "one class only, '1' in all 10"),
        ({"x": X, "y": np.ones((10, 3), dtype=int)}, "shape (10, 3);not one-hot"),
        ({"x": X, "y": np.arange(10)}, "validation: 0.2 of 10;one of each of 10 classes;task='regression'"),
        ({"x": X[:1], "y": Y[:1] / 3}, "of 1 samples;one sample to train on"),
        ({"x": X * 1e38, "y": Y / 3, "x_test": X * 1e300, "y_test": Y / 3}, "x of test;cannot hold"),
        ({"x": X, "y": Y + 1e39}, "y of;float32 cannot hold"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y + 1}, "y of test;label '2';occur in train"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y.astype(str)}, "y of test;the same kind"),
        ({"x": X, "y": Y, "x_test": X, "y_test": np.eye(2)[Y]}, "y of test: 2 columns;train has 1"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y / 2}, "y of test: 0.5 at sample 1;whole"),
        ({"x": X, "y": Y, "x_test": X[:, :1], "y_test": Y}, "x of test;(1,);(2,)"),
        ({"x": X, "y": Y, "x_val": X.astype("u1"), "y_val": Y}, "x of validation;uint8;float64"),
        ({"x": X, "y": X / 3, "x_val": X, "y_val": Y.astype(str)}, "y of validation;text;regression"),
    ],
)
def test_bad_npz(contents, words, npz_file):
    said = refusal(npz_file(**contents))
    assert all(word in said for word in ["a.npz", *words.split(";")]), said


def test_an_npz_that_brings_a_test_part_takes_no_test_fraction(npz_file):
    path = npz_file(x=X, y=Y, x_test=X, y_test=Y)
    assert "test must be 0 for data 'a.npz'" in refusal(path, test=0.1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"hello, world", "not a zip archive;hello"),
        (b"PK\x03\x04 and so on", "truncated"),
        (b"\x93NUMPY\x01\x00", "single .npy"),
        (pickle.dumps([1, 2]), "not a zip archive"),
    ],
)
def test_files_that_are_no_npz(content, words, tmp_path):
    (tmp_path / "a.npz").write_bytes(content)
    said = refusal(tmp_path / "a.npz")
    assert all(word in said for word in ["a.npz", *words.split(";")]), said


def test_a_directory_called_npz(tmp_path):
    (tmp_path / "a.npz").mkdir()
    assert "a directory" in refusal(tmp_path / "a.npz")


def test_pickled_objects_are_never_loaded(npz_file):
    path = npz_file(x=X, y=np.array([{}] * 10))
    assert "pickled Python objects" in refusal(path)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.slow
def test_damaged_npz_is_refused_in_one_line_or_still_right(npz_file, draw):
    path = npz_file(x=X, y=Y)
    content = bytearray(path.read_bytes())
    if draw.draw(st.booleans(), "truncate"):
        del content[draw.draw(st.integers(1, len(content) - 1), "length") :]
    else:
        content[draw.draw(st.integers(0, len(content) - 1), "place")] ^= draw.draw(st.integers(1, 255), "bits")
    path.write_bytes(content)
    dataset = loaded_or_refused(path)
    if dataset:
        assert np.isfinite(dataset.x_train).all()
        assert dataset.classes == 2


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", {}, "empty"),
        ("\n\n", {}, "no rows;comma-separated"),
        ("a/b\n1/2\n", {}, "one column, 'a/b' in row 1"),
        ("a,b\n", {}, "zero samples"),
        ("a,b\n1,0\n2,0,3\n", {}, "row 3 has 3 cells;2"),
        ("a,b\n1,0\n2\n", {}, "row 3 has 1 cells;2"),
        ("wide,b\n1,0\n\nx,1\n", {}, "'x' in row 4, column 1 ('wide');a number"),
        ("b,wide\n0,1\n1,x\n", {"target": "b"}, "'x' in row 3, column 2 ('wide')"),
        ("a,b\n,0\n,1\n,0\n,1\n", {}, "no column but the target has a value in the train part"),
        ("a,b\n1.234.567,0\n9.234.567,1\n", {}, "'1.234.567', with thousands set apart, in row 2"),
        ("a;b\n1,234;0\n9,234;1\n".replace(";", "\t"), {}, "'1,234' can be a number of thousands or of decimals"),
        ("a\tb\n1,5\t0\n1.5\t1\n", {}, "a comma ('1,5') and with a point ('1.5')"),
        ("a,b,c\n1,2024-01-31,0\n2,2024-02-01,1\n", {}, "'2024-01-31', a date or time, in row 2, column 2 ('b')"),
        ("a,b,c\n1,31.12.2024,0\n2,1.1.2025,1\n", {}, "'31.12.2024', a date or time, in row 2, column 2 ('b')"),
        ("a,a,b\n1,1,0\n2,2,1\n", {}, "several columns are called 'a'"),
        ("a,b,c\n1,2,0\n2,1,1\n", {"features": ["a", "-b"]}, "features must be;a,-b"),
        ("a,b,c\n1,2,0\n2,1,1\n", {"features": ["c"]}, "features must be;other than the target 'c'"),
        ("a,b,c\n1,2,0\n2,1,1\n", {"features": ["d"]}, "features must be;'a' or 'b';'d'"),
        ("a,b\n1,0\n2,1\n", {"features": ["-a"]}, "features must be;a column is left"),
        ("1,x,0\n1,2,1\n", {}, "'x' in row 1, column 2;header;target="),
        ("a,b\n1,0\nnan,1\ninf,1\n", {}, "'inf' in row 4, column 1 ('a'); a finite number"),
        ("a,b\n1,\n2,\n", {}, "the target 'b' is empty in every row;labels or numbers"),
        ("a,b\n1,0.5\n2,x\n", {}, "target in row 3 is 'x';number"),
        ("a,b\n1,nan\n2,\n", {}, "the target 'b' is 'nan' or empty in every row"),
        ("a,b\n1,x\n2,y\n", {"task": "regression"}, "target in row 2 is 'x'"),
        ("a,b\n1,0.5\n2,1\n", {"task": "classification"}, "0.5 at sample 0;whole labels"),
        ("a,b\n1,x\n2,x\n", {}, "one class only, 'x' in all 2"),
        ("a,b\n1,0\n2,1\n", {}, "validation;2 samples"),
        ("wide,b\n1,0\n2,1\n", {"target": "wild"}, "target must be;'wide';'wild'"),
        ("a,a,b\n1,1,0\n2,2,1\n", {"target": "a"}, "target must be;the name of one column"),
        ("a,b\n1,0\n2,1\n", {"target": 2}, "target must be;number from 0 to 1;received 2"),
        ('a,b\n1,"0\n2,1\n', {}, "not a CSV file"),
    ],
)
def test_bad_csv(text, options, words, csv_file):
    said = refusal(csv_file(text), **options)
    words = [word.replace("?", ";") for word in words.split(";")]
    assert all(word in said for word in words), said


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe1,2\n")
    assert "UTF-8" in refusal(tmp_path / "a.csv")


@given(st.text(alphabet='0123456789.,eE+-nax"; \n\r\t\0', max_size=60))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_in_one_line(csv_file, text):
    dataset = loaded_or_refused(csv_file(text))
    if dataset:
        assert np.isfinite(dataset.x_train).all()
        assert np.isfinite(dataset.y_train).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x_train": np.zeros((60, 8, 8), dtype=np.uint8), "x_test": np.zeros((20, 8, 8), "u1")}, "(8, 8)"),
        ({"x_train": np.zeros((60, 28, 28)), "x_test": np.zeros((20, 28, 28))}, "float64"),
        ({"x_test": None, "y_test": None}, "in train;x_test"),
    ],
)
def test_files_that_are_no_mnist(mnist_file, change, words):
    with np.load(mnist_file) as held:
        contents = {key: held[key] for key in held.files}
    contents.update(change)
    np.savez(mnist_file, **{key: array for key, array in contents.items() if array is not None})
    said = refusal("mnist")
    assert all(word in said for word in ["data 'mnist'", "28, 28", *words.split(";")]), said


def test_handnn_mnist_must_name_a_file(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDNN_MNIST", str(tmp_path))
    assert "HANDNN_MNIST must" in refusal("mnist", error=FileNotFoundError)


@pytest.mark.parametrize(
    ("labels", "classes", "words"),
    [
        ([0, 3], 3, "got 3 at position 1; expected labels in 0..2"),
        ([-1], 3, "got -1"),
        ([0.5], 3, "float64"),
        ([[1]], 3, "(1, 1)"),
        ([0], 0, "classes must be"),
        ([0], True, "classes must be"),
    ],
)
def test_bad_labels_for_one_hot(labels, classes, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        data.one_hot(labels, classes)


def test_packed_zeros_in_an_npz_file_are_not_read(tmp_path, monkeypatch):
    """Their sizes stand in the archive's directory."""
    from handnn.data import npz

    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((5000, 1000)), y=np.zeros(5000))
    monkeypatch.setattr(npz, "LARGE", 10**6)
    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", lambda *_: pytest.fail("it was read"))
    with pytest.raises(ValueError, match=r"40,040,256 bytes packed into .* nothing was read"):
        npz.read_arrays("data", str(tmp_path / "a.npz"))

"""Tables: separators, gaps and texts; what is learned from the train part, saved with a network and applied again."""

import json

import numpy as np
import pytest

import handnn
from handnn import data
from handnn.data.csv_file import read_table
from handnn.data.new_samples import read_new
from handnn.data.preparation import Columns, Preparation, fit_table, raw_columns, transformer
from handnn.data.scores import baselines, labels, score
from handnn.saving import read_preparation

KINDS = ("flat", "house", "loft")


def cells(rows=60, seed=0):
    """Rows of (rooms, kind, price, area) as text, with gaps; the price is a whole number."""
    rng = np.random.default_rng(seed)
    rooms, kind, area = rng.integers(1, 7, rows), rng.integers(0, 3, rows), rng.uniform(20, 200, rows).round(2)
    price = (10 * area + 100 * rooms + 300 * kind).astype(int)
    gap = rng.random((3, rows)) < 0.1
    columns = (
        ["" if g else str(v) for v, g in zip(rooms, gap[0], strict=True)],
        ["NA" if g else KINDS[v] for v, g in zip(kind, gap[1], strict=True)],
        [str(v) for v in price],
        ["nan" if g else repr(float(v)) for v, g in zip(area, gap[2], strict=True)],
    )
    return list(zip(*columns, strict=True))


def written(separator=",", comma=False, header=True, rows=None):
    lines = [("rooms", "kind", "price", "area")] if header else []
    lines += cells() if rows is None else rows
    swap = (lambda cell: cell.replace(".", ",")) if comma else (lambda cell: cell)
    return "\n".join(separator.join(map(swap, line)) for line in lines) + "\n"


FORMS = {
    "comma": (written(), "a.csv", "price"),
    "semicolon": (written(";", comma=True), "a.csv", "price"),
    "tab": (written("\t", comma=True), "a.tsv", 2),
    "bar": (written("|"), "a.csv", "-2"),
    "no header": (written(header=False), "a.csv", 2),
}


def same(first, second):
    return all(
        np.array_equal(getattr(first, f"{kind}_{part}"), getattr(second, f"{kind}_{part}"))
        for kind in "xy"
        for part in ("train", "validation")
    )


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_gives_the_same_samples(form, csv_file):
    expected = data.load(csv_file(FORMS["comma"][0], "first.csv"), target="price", task="regression")
    text, name, target = FORMS[form]
    found = data.load(csv_file(text, name), target=target, task="regression")
    assert same(expected, found)
    assert found.inputs == 2 + 3 + 3
    assert "3 columns: 2 numbers standardised by the train part, 1 text one-hot" in found.describe()


@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_files_of_pandas_give_the_same_samples(ending, csv_file, tmp_path):
    pytest.importorskip("pyarrow")
    import pandas as pd

    path = csv_file(written())
    frame = pd.read_csv(path)
    getattr(frame, f"to_{ending}")(tmp_path / f"a.{ending}")
    expected, found = (
        data.load(p, target="price", task="regression", dtype="float64") for p in (path, tmp_path / f"a.{ending}")
    )
    assert same(expected, found)
    (tmp_path / f"b.{ending}").write_bytes(b"PAR1 nothing")
    with pytest.raises(ValueError, match="cannot be read"):
        data.load(tmp_path / f"b.{ending}")


def test_columns_are_what_scikit_learns_column_transformer_makes_of_them(csv_file):
    """Also for rows that it has not seen: of unknown texts, and with gaps where there were none."""
    table = read_table(str(csv_file(written())), "price")
    numbers, texts = [0, 3], [1]
    train = table[:40]
    ours = fit_table(train, numbers, texts)
    theirs = transformer(train, numbers, texts)
    for rows in (train, table[40:]):
        x, notes = ours.apply(rows, "float64")
        expected = theirs.transform(raw_columns(rows, numbers, texts))
        assert np.array_equal(x, expected.astype(float))
        assert notes == []
    strange = read_table(str(csv_file("rooms,kind,area\n3,castle,\n", "b.csv")), header=True)
    x, notes = ours.apply(strange, "float64")
    expected = theirs.transform(np.array([[3.0, "castle", np.nan]], dtype=object)[:, [0, 2, 1]])
    assert np.array_equal(x, expected.astype(float))
    assert notes == [
        "1 of 1 texts in column 'kind', such as 'castle', did not occur in training and count as none of its values"
    ]


def test_only_the_train_part_is_learned_from(csv_file):
    found = data.load(csv_file(written()), target="price", task="regression", dtype="float64")
    numbers = found.x_train[:, :2]
    assert np.abs(numbers.mean(axis=0)).max() < 1e-12 < np.abs(found.x_validation[:, :2].mean(axis=0)).max()


def test_features_are_chosen_by_name_number_or_left_out(csv_file):
    path = csv_file(written())
    load = {"target": "price", "task": "regression"}
    chosen = [data.load(path, **load, features=names) for names in (["rooms", "area"], [0, 3], ["-kind"])]
    assert all(same(chosen[0], other) for other in chosen)
    assert chosen[0].inputs == 2 + 2


def test_texts_that_tell_rows_apart_are_refused(csv_file):
    rows = [(f"person {i}", *row) for i, row in enumerate(cells())]
    path = csv_file("name,rooms,kind,price,area\n" + "\n".join(",".join(row) for row in rows))
    with pytest.raises(ValueError, match=r"column 1 \('name'\) holds 48 different texts in 48 rows .*--features=-name"):
        data.load(path, target="price", task="regression")
    assert data.load(path, target="price", task="regression", features=["-name"]).inputs == 8


@pytest.mark.parametrize(
    ("text", "named", "samples"),
    [
        ("red,1\nblue,2\nred,1\nblue,2\n", False, 4),
        ("colour,size\nred,1\nblue,2\n", True, 2),
        ("red,small\nblue,large\nred,large\n", False, 3),
        ("colour,size\nred,small\nblue,large\n", True, 2),
        ("1,2,label\n1,2,0\n3,4,1\n", True, 2),
        ("a b;c\n1;2\n3;4\n", True, 2),
        ('"a;b",c\n"x;y",1\n"x;z",2\n', True, 2),
    ],
)
def test_headers_are_told_from_rows(text, named, samples, csv_file):
    table = read_table(str(csv_file(text)))
    assert (table.named, len(table)) == (named, samples)


def test_a_row_that_has_the_target_by_name_is_a_header(csv_file):
    """Its texts do not tell it from the rows below."""
    path = str(csv_file("hot,sweet\nmild,sour\nhot,sweet\nmild,sour\n"))
    assert (read_table(path).named, read_table(path, target="sweet").named) == (False, True)


# ---- with a network ------------------------------------------------------------------------------------------------


def saved(dataset, path, outputs=1):
    model = handnn.Sequential([handnn.Input((dataset.inputs,)), handnn.layers.Dense(outputs, name="output")], name="n")
    model.preparation = dataset.preparation.to_dict()
    model.save(path)
    return model


INPUTS = {"input": (8,)}


@pytest.mark.parametrize("form", FORMS)
def test_a_saved_network_takes_raw_rows(form, csv_file, tmp_path):
    """In any order of the columns, with or without the target, also written otherwise."""
    text, name, target = FORMS[form]
    path = csv_file(text, name)
    dataset = data.load(path, target=target, task="regression")
    saved(dataset, tmp_path / "a.keras")
    preparation = Preparation.from_dict(read_preparation(tmp_path / "a.keras"))
    assert preparation == dataset.preparation
    assert handnn.load_model(tmp_path / "a.keras").preparation == dataset.preparation.to_dict()
    for part in ("train", "validation"):
        found = read_new(str(path), preparation, INPUTS, "float32", part)
        assert np.array_equal(found.x, getattr(dataset, f"x_{part}"))
        assert np.array_equal(found.y, getattr(dataset, f"y_{part}"))
    everything = read_new(str(path), preparation, INPUTS, "float32")
    bare = csv_file("\n".join(",".join(row[:2] + row[3:]) for row in cells()), "bare.csv")
    if form != "no header":
        turned = [("area", "kind", "rooms"), *((row[3], row[1], row[0]) for row in cells())]
        bare = csv_file("\n".join(";".join(row) for row in turned), "bare.csv")
    found = read_new(str(bare), preparation, INPUTS, "float32")
    assert np.array_equal(found.x, everything.x)
    assert found.y is None and len(everything.y) == 60


def test_labels_come_back_as_they_were(csv_file, tmp_path):
    rows = [(a, b, "yes" if len(a) > 2 else "no") for a, b, *_ in cells()]
    path = csv_file("a,b,c\n" + "\n".join(",".join((r or "1", k, str(i % 3 * 10))) for i, (r, k, _) in enumerate(rows)))
    dataset = data.load(path)
    assert dataset.class_names == ("0", "10", "20")
    found = read_new(str(path), dataset.preparation, INPUTS, "float32", "validation")
    assert np.array_equal(found.y, dataset.y_validation)
    other = csv_file("b,a,c\nflat,1,10\n", "other.csv")
    assert read_new(str(other), dataset.preparation, INPUTS, "float32").y.tolist() == [1]


def test_keras_reads_the_file_and_computes_the_same(keras, csv_file, tmp_path):
    dataset = data.load(csv_file(written()), target="price", task="regression")
    model = saved(dataset, tmp_path / "a.keras")
    theirs = keras.saving.load_model(tmp_path / "a.keras")
    assert all(map(np.array_equal, theirs.get_weights(), model.get_weights()))


@pytest.mark.parametrize(
    ("text", "part", "words"),
    [
        ("rooms,kind\n1,flat\n", "all", "no column 'area' among 'rooms', 'kind'"),
        ("rooms,kind,area\nmany,flat,3\n", "all", "'many' in row 2, column 1 ('rooms'); expected a number"),
        ("rooms,kind,area\n1,flat,3\n", "validation", "no targets, so not the file of the training"),
        ("rooms,kind,area\n1,flat,3\n", "test", "--part must be all"),
        ("rooms,kind,area,price\n1,flat,3,5\n2,flat,3,\n", "validation", "1 samples, so not the file of the training"),
    ],
)
def test_rows_that_do_not_fit_the_network_are_refused(text, part, words, csv_file):
    preparation = data.load(csv_file(written()), target="price", task="regression").preparation
    with pytest.raises(ValueError) as told:  # noqa: PT011
        read_new(str(csv_file(text, "b.csv")), preparation, INPUTS, "float32", part)
    assert words in str(told.value) and "\n" not in str(told.value)


def test_rows_without_a_target_and_columns_without_a_value_are_left_out_with_a_note(csv_file):
    """The rest is what the file without them gives, in training and afterwards."""
    full = [row for row in cells() if row[2]]
    holes = [(*row[:2], "" if i % 7 == 3 else row[2], row[3], "NA") for i, row in enumerate(full)]
    path = str(csv_file("rooms,kind,price,area,remark\n" + "\n".join(map(",".join, holes)), "holes.csv"))
    known = csv_file(written(rows=[row[:4] for row in holes if row[2]]), "known.csv")
    found = data.load(path, target="price", task="regression")
    expected = data.load(known, target="price", task="regression")
    assert same(found, expected)
    assert "column 'remark' left out, without a value in the train part" in found.describe()
    assert "9 rows whose target is empty left out, the first (row 5 of the file)" in found.describe()
    assert "left out" not in expected.describe()

    part = read_new(path, found.preparation, INPUTS, "float32", "validation")
    assert np.array_equal(part.x, found.x_validation) and np.array_equal(part.y, found.y_validation)
    assert all(holes[row][2] == str(int(y)) for row, (y,) in zip(part.rows, part.y, strict=True))
    everything = read_new(path, found.preparation, INPUTS, "float32")
    assert len(everything.x) == len(holes) and everything.rows.tolist() == list(range(len(holes)))
    assert [holes[i][2] for i in everything.answered] == [str(int(y)) for (y,) in everything.y]
    assert everything.notes == ["9 of 60 rows have no target; only the others can be compared with it"]
    told = read_new(
        str(csv_file("rooms,kind,area,remark\n1,flat,3,7\n", "b.csv")), found.preparation, INPUTS, "float32"
    )
    assert told.notes == ["column 'remark' had no value in training and is not read"]


def test_a_column_whose_values_are_all_in_the_validation_part_is_left_out(csv_file):
    rows = [(str(i), "", str(i % 2)) for i in range(10)]
    free = data.load(csv_file("a,b,c\n" + "\n".join(map(",".join, rows)), "free.csv"))
    for i in range(10):
        one = [(a, "5" if k == i else b, c) for k, (a, b, c) in enumerate(rows)]
        found = data.load(csv_file("a,b,c\n" + "\n".join(map(",".join, one)), f"{i}.csv"))
        names = [column.name for column in found.preparation.inputs.columns]
        assert names == (["a"] if found.preparation.inputs.left_out else ["a", "b"])
    assert free.preparation.inputs.left_out == ("b",)


def test_arrays_are_scaled_as_in_training(npz_file):
    x, y = np.random.default_rng(0).normal(5, 3, size=(30, 4)), np.arange(30) % 3 * 2
    path = npz_file(x=x, y=y)
    dataset = data.load(path)
    found = read_new(str(path), dataset.preparation, {"input": (4,)}, "float32", "validation")
    assert np.array_equal(found.x, dataset.x_validation)
    assert np.array_equal(found.y, dataset.y_validation)
    raw = read_new(str(path), None, {"input": (4,)}, "float32")
    assert np.array_equal(raw.x, x) and np.array_equal(raw.y, y)


def test_several_inputs_are_found_by_their_names(npz_file):
    left, right = np.ones((5, 2)), np.zeros((5, 3))
    path = str(npz_file(right=right, left=left, y=np.arange(5)))
    found = read_new(path, None, {"left": (2,), "right": (3,)}, "float32")
    assert [a.shape for a in found.x] == [(5, 2), (5, 3)] and np.array_equal(found.y, np.arange(5))
    with pytest.raises(ValueError, match="holds 'right', 'left', 'y'; expected 'left', 'up'"):
        read_new(path, None, {"left": (2,), "up": (3,)}, "float32")


@pytest.mark.parametrize("damage", [{"format": "other"}, {"inputs": {}}, {"inputs": 3}, {"class_names": 5}])
def test_damaged_preparations_are_one_line(damage, csv_file):
    whole = json.loads(
        json.dumps(data.load(csv_file(written()), target="price", task="regression").preparation.to_dict())
    )
    assert isinstance(Preparation.from_dict(whole).inputs, Columns)
    with pytest.raises(ValueError, match="the preparation of the data"):
        Preparation.from_dict(whole | damage)


# ---- scores --------------------------------------------------------------------------------------------------------


def test_scores_are_those_of_scikit_learn(rng):
    from sklearn.metrics import mean_absolute_error, r2_score

    y, guess = rng.normal(size=(20, 2)), rng.normal(size=(20, 2))
    found = score("regression", y, guess)
    assert found == pytest.approx({"R2": r2_score(y, guess), "MAE": mean_absolute_error(y, guess)})
    assert score("classification", np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2])) == {"accuracy": 0.75}
    assert labels(np.array([[0.2], [0.7]])).tolist() == [0, 1]
    assert labels(np.array([[-0.2], [0.3]]), from_logits=True).tolist() == [0, 1]
    assert labels(np.eye(3)).tolist() == [0, 1, 2]


def test_baselines(csv_file):
    found = baselines(data.load("moons", samples=200))
    assert found["most frequent class"]["accuracy"] == 0.5
    assert 0.75 < found["logistic regression"]["accuracy"] < 1
    numbers = baselines(data.load(csv_file(written()), target="price", task="regression"))
    assert numbers["mean"]["R2"] <= 0 and numbers["linear regression"]["R2"] > 0.9


def test_answers_of_arrays_are_columns_of_numbers_or_classes(npz_file):
    x = np.random.default_rng(0).normal(size=(24, 3))
    for y, task, expected in (
        (np.linspace(0, 1, 24), "regression", (24, 1)),
        (np.arange(24) % 3, "classification", (24,)),
        (np.eye(3)[np.arange(24) % 3], "classification", (24,)),
    ):
        path = str(npz_file(x=x, y=y))
        preparation = data.load(path, task=task).preparation
        found = read_new(path, preparation, {"input": (3,)}, "float32")
        assert found.y.shape == expected
        assert np.array_equal(found.y.reshape(-1), y.argmax(1) if y.ndim > 1 else y)


def test_pickled_samples_for_a_network_are_never_loaded(npz_file):
    path = str(npz_file(x=np.array([{"a": 1}, None], dtype=object)))
    with pytest.raises(ValueError, match="pickled Python objects"):
        read_new(path, None, {"input": (1,)}, "float32")


def test_gaps_become_the_median_and_the_most_frequent_text(csv_file):
    table = read_table(str(csv_file("a,b\n1,x\n,y \n9,\n2, y\n")))
    number, text = fit_table(table, [0], [1]).columns
    assert (number.fill, text.fill, text.values) == (2.0, "y", ("x", "y"))
    assert number.has_gaps and text.has_gaps

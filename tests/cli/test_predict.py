"""`handnn predict` and `verify` on raw rows: the score of training comes back from the file alone."""

import csv
import json

import pytest

from tests.data.test_tables import written

GIVEN = ("--data", "a.csv", "--target", "price", "--task", "regression")


@pytest.fixture
def trained(command, csv_file):
    csv_file(written())
    status, out, err = command(
        "train", *GIVEN, "--layers", "8", "--epochs", "3", "--no-keras", "--save", "a.keras", "--run", "a", "--json"
    )
    assert status == 0, err
    return json.loads(out)


@pytest.mark.slow
def test_predict_gives_the_validation_score_of_training_again(trained, command, tmp_path):
    status, out, _ = command("predict", "a.keras", "--data", "a.csv", "--part", "validation", "--json")
    found = json.loads(out)
    assert status == 0
    assert found["score"] == pytest.approx(trained["scores"]["handnn"])
    assert set(trained["baselines"]) == {"mean", "linear regression"}
    status, out, _ = command("predict", "a.keras", "--data", "a.csv", "--out", "p.csv")
    assert status == 0 and "60 rows of price" in out and "R2" in out
    with open(tmp_path / "p.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["row"]) for row in rows] == list(range(60))
    put_aside = [float(rows[i]["price"]) for i in range(60)]
    assert {row["price"] for row in found["predictions"]} <= set(put_aside)
    status, _, err = command("predict", "a.keras", "--data", "a.csv", "--out", "p.csv")
    assert status == 2 and "p.csv already exists" in err


def test_labels_are_predicted_by_name(command, csv_file):
    rows = [f"{a},{b},{'yes' if a > b else 'no'}" for a in range(8) for b in range(8)]
    csv_file("a,b,answer\n" + "\n".join(rows), "b.csv")
    trained = (
        "train",
        "--data",
        "b.csv",
        "--layers",
        "6",
        "--epochs",
        "2",
        "--no-keras",
        "--save",
        "b.keras",
        "--json",
    )
    result = json.loads(command(*trained)[1])
    assert set(result["baselines"]) == {"most frequent class", "logistic regression"}
    status, out, _ = command("predict", "b.keras", "--data", "b.csv", "--part", "validation", "--json")
    found = json.loads(out)
    assert found["score"]["accuracy"] == pytest.approx(result["epochs"]["handnn"][-1]["val_accuracy"])
    first = found["predictions"][0]
    assert set(first) == {"answer", "p(no)", "p(yes)"} and first["answer"] in ("yes", "no")
    assert (first["answer"] == "yes") == (first["p(yes)"] > first["p(no)"])
    csv_file("b,a\n1,7\n", "new.csv")
    status, out, _ = command("predict", "b.keras", "--data", "new.csv")
    assert status == 0 and "p(yes)" in out and "score" not in out


@pytest.mark.usefixtures("eagerly", "one_optimizer_step")
def test_verify_takes_raw_rows(trained, command):
    status, out, _ = command("verify", "a.keras", "--data", "a.csv", "--batch-size", "5", "--json")
    assert status == 0 and json.loads(out)["ok"]


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("predict", "b.keras", "--data", "a.csv"), "b.keras: no such file"),
        (("predict", "a.keras", "--data", "moons"), "data 'moons': a file of unknown kind"),
        (("predict", "a.keras", "--data", "a.csv", "--out", "none/p.csv"), "--out must be FILE.csv"),
        (("train", *GIVEN, "--seed", "1", "--epochs", "5", "--resume", "a.keras"), "other columns or rows"),
        (("train", "--data", "a.csv", "--target", "prise"), "target must be a column's number"),
        (("train", "--data", "digits", "--target", "y"), "only for FILE.csv"),
    ],
)
def test_bad_input_is_one_line(given, words, command):
    status, out, err = command(*given)
    assert (status, out) == (2, "")
    assert words in err and len(err.splitlines()) == 1

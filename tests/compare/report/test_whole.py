"""The command from beginning to end, with nothing left out: what lies in the folder afterwards."""

import json
import sys

import numpy as np
import pytest

from handnn import cli
from handnn.compare import tensorboard_logs
from handnn.compare.results import read
from handnn.tensorboard.read import series


@pytest.mark.slow
def test_a_comparison_leaves_everything(keras, monkeypatch, capsys, tmp_path):
    options = [
        "--optimizers",
        "sgd,adam",
        "--rates",
        "2",
        "--seeds",
        "2",
        "--epochs",
        "2",
        "--layers",
        "6",
        "--extend",
        "0",
    ]
    places = ["--logdir", str(tmp_path), "--run", "c", "--jobs", "1", "--json"]
    monkeypatch.setattr(sys, "argv", ["handnn", "compare", "--data", "circles", *options, *places])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    assert ended.value.code == 0, err
    result = json.loads(out)
    folder, comparison = tmp_path / "c", read(tmp_path / "c")
    assert sorted(path.name for path in folder.iterdir()) == [
        "bands", "cells", "parity.json", "plan.json", "plots", "report.html", "report.md", "runs", "steps.csv",
        "summary.csv", "summary.json",
    ]  # fmt: skip
    assert str(folder / "report.html") in result["written"]
    assert len(comparison.runs) == 12
    for cell, run in comparison.runs.items():
        logged = [value for _, value in series(folder / tensorboard_logs.RUNS / cell.key)["batch_loss"]]
        np.testing.assert_array_equal(logged, run.loss.astype("float32"))
    rows = (folder / "steps.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + sum(len(run.loss) for run in comparison.runs.values())

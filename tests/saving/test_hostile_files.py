"""Files that ask for far more memory than they should: one line says so, and the process hardly grows (hostile.py)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.saving.hostile import FILES

ROOT = Path(__file__).resolve().parents[2]
HARMLESS = ("members outside", "two arrays of 45 MB")
BEFORE_KERAS = (
    "1.5 GB of zeros as weights",
    "a kernel of 4 GB",
    "a kernel in one chunk of 1.6 GB",
    "a slot of 4 GB",
    "a layer that is not there",
    "a text of 2 GB",
    "a kernel of long strings",
)
"""Those that Keras would read whole."""

QUICK = ("a kernel of 4 GB", "a shape of 10^12 numbers", "members outside")


@pytest.mark.slow
def test_no_file_takes_more_than_a_gigabyte(quick, tmp_path, record_property):
    record_property("faults", len(QUICK if quick else FILES))
    command = [sys.executable, "-m", "tests.saving.hostile", *(QUICK if quick else FILES)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    found = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert set(found) >= set(QUICK if quick else FILES)
    for name, line in found.items():
        own, _, by_keras = name.partition(", before Keras")
        assert 0 <= line["bytes"] < 10**9, line
        assert "\n" not in line["error"]
        if not by_keras and name in FILES:
            assert bool(line["error"]) == (own not in HARMLESS), line
            assert not line["error"] or line["error"].startswith("ValueError: "), line
        elif own in BEFORE_KERAS:
            assert "unpacked" in line["error"] or "nothing was read" in line["error"], line
    assert {path.name for path in tmp_path.iterdir()} <= {"a.keras", "a.npz"}
    assert not (tmp_path.parent / "outside").exists()


@pytest.mark.slow
def test_code_in_a_file_of_keras_is_not_run(command, keras, tmp_path):
    """Keras' safe mode refuses a Lambda."""
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Lambda(lambda x: x), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.save(tmp_path / "lambda.keras")
    for given in (("verify", "lambda.keras"), ("trace", "lambda.keras"), ("train", "--resume", "lambda.keras")):
        status, out, err = command(*given)
        assert (status, out) == (2, "") and len(err.splitlines()) == 1, err

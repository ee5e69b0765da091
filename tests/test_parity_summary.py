"""The table at the end of pytest, printed by runs of its own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

JUDGED = """
import numpy as np
import pytest
from handnn.verify.report import Report
from handnn.rounding.bounded import Bounded
from handnn.verify.comparison import compare

ONE = np.ones(3)

@pytest.mark.parametrize("name", ["relu", "swish", "tanh"][::2])
@pytest.mark.parametrize("times", [1, 2])
def test_named(name, times, assert_agrees):
    for _ in range(times):
        assert_agrees(name, ONE, ONE + 2e-16 * (name == "tanh"), Bounded(ONE, 2e-16))

def test_without_a_name(assert_agrees):
    assert_agrees("something", ONE, ONE, Bounded(ONE, 1e-16))

def test_planted(assert_agrees):
    with pytest.raises(AssertionError):
        assert_agrees("wrong", ONE, 2 * ONE, Bounded(ONE, 1e-16))
    report = Report("wrong")
    report.add([compare("l", "z", "", ONE, 2 * ONE, Bounded(ONE, 1e-16))])
"""
REPORTED = """
import numpy as np
from handnn.verify.report import Report
from handnn.rounding.bounded import Bounded
from handnn.verify.comparison import compare

def test_report():
    report = Report("right")
    report.add([compare("l", "z", "", np.ones(3), np.ones(3), Bounded(np.ones(3), 1e-16))] * 5)
    report.add([compare("l", "z chained", "", np.ones(3), np.ones(3), Bounded(np.ones(3)))], "wiring")
"""
NOTHING = "def test_nothing(): pass"


@pytest.fixture
def ended(tmp_path):
    """`ended(options, "test_a.py"=source)`: the lines that a run of pytest prints."""

    def run(*options, **files):
        for name in ("conftest.py", "parity_summary.py", "selection.py"):
            shutil.copy(HERE / name, tmp_path / name)
        for name, source in files.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(source)
        command = [sys.executable, "-m", "pytest", "--import-mode=importlib", "-p", "no:cacheprovider"]
        command += ["--disable-plugin-autoload", "-p", "xdist", "--all", *options]
        settings = {"PYTHONPATH": str(HERE.parent), "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | settings
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()

    return run


FILES = {"test_activations": JUDGED, "losses/test_values": JUDGED, "verify/test_whole": REPORTED}


OTHERS = (["-n", "2"], ["-q", "-n", "0"])
FORMS = [["-q", "-p", "no:xdist"], *(pytest.param(form, marks=pytest.mark.slow) for form in OTHERS)]


@pytest.mark.parametrize("options", FORMS, ids=" ".join)
@pytest.mark.slow
def test_families_names_cases_and_the_worst(ended, options):
    lines = ended(*options, **FILES)
    start = next(i for i, line in enumerate(lines) if "proved against TensorFlow" in line)
    _, activations, losses, networks = lines[start + 1 : start + 5]
    assert re.fullmatch(r"activations +2 of \d+ +7   0\.5\d\d  \(tanh\)", activations)
    assert re.fullmatch(r"losses +7   0\.5\d\d", losses)  # relu and tanh are no losses: they have no name here
    assert re.fullmatch(r"networks +5   0\.000", networks)


@pytest.mark.slow
def test_nothing_is_printed_where_nothing_was_compared(ended):
    lines = ended("-q", "-p", "no:xdist", test_activations=NOTHING)
    assert any("1 passed" in line for line in lines)
    assert not any("proved" in line for line in lines)

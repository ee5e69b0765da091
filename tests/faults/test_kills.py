"""SIGKILL at random moments of training, saving and comparing: see kills.py. 50 moments of each with `--all`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "kind", ["save", *(pytest.param(k, marks=pytest.mark.slow) for k in ("train", "fit", "compare"))]
)
@pytest.mark.slow
def test_kills_at_random_moments(kind, tmp_path, request, record_property):
    moments = 50 if request.config.option.all else 3
    record_property("faults", moments)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kills", kind, str(moments), "1"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr[-3000:]

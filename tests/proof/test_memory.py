"""Memory comes back: after 300 different models, and after 2,000 steps."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handnn.proof import memory

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_memory_comes_back(request):
    counts = ("300", "2000") if request.config.option.all else ("40", "200")
    command = [sys.executable, "-m", "handnn.proof.memory", "--models", counts[0], "--steps", counts[1]]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


@pytest.mark.slow
def test_what_stays_behind_is_seen(monkeypatch, capsys):
    kept = []

    def leaking(count):
        for _ in range(count):
            kept.append(bytearray(b"x" * 2**20))
            yield memory.resident()

    monkeypatch.setattr(memory, "models", leaking)
    assert memory.main(["--models", "200", "--steps", "0"]) == 1
    assert "200 models" in capsys.readouterr().out


def test_kernels_are_forgotten_after_some_twins(keras, monkeypatch):
    import tf_reference
    from tf_reference import twin

    calls = []
    monkeypatch.setattr(twin, "forget_kernels", lambda: calls.append(1))
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    for _ in range(2 * twin.TWINS_OF_KERNELS):
        tf_reference.KerasTwin(model.get_config(), model.get_weights(), "mse")
    assert len(calls) == 2

"""A write that is killed or fails leaves the previous file as it was."""

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import handnn
from handnn.core import atomic
from handnn.saving import members

ROOT = Path(__file__).resolve().parents[2]
KILLED = '''
import os, signal, sys
import handnn
from handnn.core import atomic

model = handnn.load_model(sys.argv[1])
model.set_weights([w + 1 for w in model.get_weights()])
die = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "halfway":
    class Half:
        """A file of which half the bytes arrive."""
        def __init__(self, *given): self.file = open(*given)
        def __enter__(self): return self
        def __exit__(self, *given): pass
        def write(self, content):
            self.file.write(content[: len(content) // 2])
            self.file.flush()
            die()
    atomic.open = Half
else:
    setattr(os, sys.argv[2], die)
model.save(sys.argv[1])
'''


@pytest.fixture
def model():
    handnn.utils.set_random_seed(1)
    stack = [handnn.Input((3,)), handnn.layers.Dense(4, "tanh"), handnn.layers.Dense(2)]
    model = handnn.Sequential(stack, name="net")
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    return model


@pytest.mark.quick(1)
@pytest.mark.parametrize("moment", ["halfway", "fsync", "replace"])
def test_a_killed_write(moment, model, tmp_path):
    path = tmp_path / "a.keras"
    model.save(path)
    before = path.read_bytes()
    command = [sys.executable, "-c", KILLED, str(path), moment]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert path.read_bytes() == before
    again = handnn.load_model(path)
    assert all(np.array_equal(a, b) for a, b in zip(again.get_weights(), model.get_weights(), strict=True))
    left = [name for name in os.listdir(tmp_path) if name != "a.keras"]
    assert len(left) == 1 and left[0].startswith(".a.keras.") and left[0].endswith(atomic.PARTIAL)
    atomic.remove_partial(str(tmp_path))
    assert os.listdir(tmp_path) == ["a.keras"]


@pytest.mark.parametrize("name", ["a.keras", "a.weights.h5"])
@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "ctrl-c"])
def test_a_failing_write(name, function, error, model, tmp_path, monkeypatch):
    path = tmp_path / name
    save = model.save if name.endswith(".keras") else model.save_weights
    save(path)
    before = path.read_bytes()

    def fail(*given):
        raise error

    monkeypatch.setattr(os, function, fail)
    model.set_weights([w + 1 for w in model.get_weights()])
    with pytest.raises(type(error)):
        save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [name]


def test_a_model_that_cannot_be_told_touches_nothing(model, tmp_path):
    path = tmp_path / "a.keras"
    model.save(path)
    before = path.read_bytes()
    model.compile(handnn.optimizers.SGD(lambda: 0.1), "mse")
    with pytest.raises(ValueError, match="learning_rate is a function"):
        model.save(path)
    model.compile("sgd", "mse", metrics=[lambda y_true, y_pred: np.mean(y_pred, axis=-1)])
    with pytest.raises(ValueError, match="metrics holds a custom function"):
        model.save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a.keras"]
    model.save_weights(tmp_path / "a.weights.h5")


def test_links_are_followed_and_modes_kept_usual(model, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "a.keras").symlink_to(tmp_path / "there" / "b.keras")
    model.save(tmp_path / "a.keras")
    assert (tmp_path / "a.keras").is_symlink() and os.listdir(tmp_path / "there") == ["b.keras"]
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "there" / "b.keras").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_ctrl_c_while_a_zip_is_written_stays_ctrl_c(monkeypatch):
    """It may come while a member is open, and closing the zip then raises a ValueError."""

    def leave():
        """As a zip file does whose member is open when the interrupt comes."""
        try:
            raise KeyboardInterrupt
        finally:
            raise ValueError("there is an open writing handle")

    with pytest.raises(KeyboardInterrupt), atomic.writing_zip():
        leave()
    with pytest.raises(ValueError, match="mine"), atomic.writing_zip():
        raise ValueError("mine")
    monkeypatch.setattr(zipfile.ZipFile, "writestr", lambda *_: leave())
    with pytest.raises(KeyboardInterrupt):
        members.zipped({"a": b"1"})

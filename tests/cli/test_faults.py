"""A disk that is full, a folder that is gone, a pipe that is closed: one line, exit status 2, and nothing is lost."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from handnn import callbacks, cli, load_model
from handnn.core import atomic
from handnn.tensorboard import writer
from handnn.tensorboard.read import read_events, series

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--no-keras", "--data", "moons", "--layers", "5", "--epochs", "3", "--run", "r")
FULL, READ_ONLY = errno.ENOSPC, errno.EROFS


def failing(number, path=None):
    raise OSError(number, os.strerror(number), path)


def one_line(err, *words):
    assert len(err.strip().splitlines()) == 1 and "Traceback" not in err, err
    assert all(word in err for word in words), err


@pytest.fixture
def full_after(monkeypatch):
    """`full_after(n)`: event files take so many records, then the disk is full."""

    def start(count, number=FULL):
        write, seen = writer._WholeWrites.write, []

        class Disk:
            def __init__(self, file):
                self.file, self.name = file, file.name

            def write(self, data):
                seen.append(1)
                return failing(number) if len(seen) > count else self.file.write(data)

            def close(self):
                self.file.close()

        opened = writer._open_new_file
        monkeypatch.setattr(writer, "_open_new_file", lambda directory: Disk(opened(directory)))
        assert write is writer._WholeWrites.write

    return start


@pytest.mark.parametrize(("number", "words"), [(FULL, "no space left"), (READ_ONLY, "read-only")])
def test_event_files_on_a_disk_that_fails(number, words, command, full_after, tmp_path):
    full_after(60, number)
    status, _, err = command("train", *SMALL)
    assert status == cli.FAILED
    one_line(err, words, "events.out.tfevents")
    steps = [step for step, _ in series(tmp_path / "logs/r/handnn/train")["batch_loss"]]
    assert steps and steps == list(range(1, len(steps) + 1))
    assert read_events(tmp_path / "logs/r/handnn/train").trailing_bytes == 0


def replace_fails(monkeypatch, ending, number=FULL, after=0):
    replace, seen = os.replace, []

    def partly(source, target):
        if str(target).endswith(ending):
            seen.append(1)
            if len(seen) > after:
                failing(number, str(source))
        return replace(source, target)

    monkeypatch.setattr(atomic.os, "replace", partly)


def test_a_model_that_cannot_be_saved_leaves_the_one_before(command, monkeypatch, tmp_path):
    replace_fails(monkeypatch, "m.keras", after=1)
    status, _, err = command("train", *SMALL, "--save", "m.keras")
    assert status == cli.FAILED
    one_line(err, "m.keras: no space left on device")
    assert load_model(tmp_path / "m.keras").progress.epoch == 1
    assert not [path.name for path in tmp_path.iterdir() if path.name.endswith(atomic.PARTIAL)]
    assert series(tmp_path / "logs/r/handnn/train")["batch_loss"]


def test_run_json_that_cannot_be_written_takes_no_result_away(command, monkeypatch):
    replace_fails(monkeypatch, "run.json", READ_ONLY)
    status, out, err = command("train", *SMALL)
    assert status == cli.FAILED and "validation loss" in out and "tensorboard --logdir" in out
    one_line(err, "logs/r/run.json: read-only file system")


def test_a_log_folder_that_is_deleted_in_mid_run(command, monkeypatch, tmp_path):
    import shutil

    close = writer.EventWriter.close
    monkeypatch.setattr(
        writer.EventWriter, "close", lambda self: (close(self), shutil.rmtree(tmp_path / "logs", ignore_errors=True))
    )
    status, out, err = command("train", *SMALL)
    assert status == cli.FAILED and "validation loss" in out
    one_line(err, "run.json: no such file or directory")


@pytest.mark.slow
def test_tensorflows_writers_on_a_disk_that_fails(command, monkeypatch, keras):
    import tensorflow as tf

    def scalar(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "No space\nleft on device")

    monkeypatch.setattr(tf.summary, "scalar", scalar)
    status, _, err = command("train", *[part for part in SMALL if part != "--no-keras"])
    assert status == cli.FAILED
    one_line(err, "logs/r/keras: no space left on device")


@pytest.mark.parametrize("callback", [callbacks.ModelCheckpoint, callbacks.BackupAndRestore])
def test_checkpoints_say_which_file_failed(callback, monkeypatch, tmp_path, rng):
    import handnn

    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2)])
    model.compile("sgd", "mse")
    target = tmp_path / ("c.keras" if callback is callbacks.ModelCheckpoint else "backup")
    replace_fails(monkeypatch, "")
    with pytest.raises(OSError, match=str(target)):
        model.fit(rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), verbose=0, callbacks=[callback(str(target))])
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(atomic.PARTIAL)]


# ---- pipes ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("train", *SMALL), pytest.param(("train", *SMALL, "--json"), marks=pytest.mark.slow)]
)
def test_a_reader_that_goes_away(arguments, tmp_path):
    command = [sys.executable, "-m", "handnn", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    with process.stderr:
        err = process.stderr.read()
    assert process.wait() == cli.FAILED
    one_line(err, "standard output was closed")
    for log in (tmp_path / "logs/r").rglob("events*"):
        assert read_events(log.parent).trailing_bytes == 0


def test_a_new_file_is_written_once_and_whole(tmp_path):
    assert atomic.write_new(tmp_path / "a", b"one")
    assert not atomic.write_new(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one" and [p.name for p in tmp_path.iterdir()] == ["a"]

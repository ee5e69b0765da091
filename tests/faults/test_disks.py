"""A disk that is full or read-only, a folder that is gone: one line, exit status 2, and nothing is lost."""

import os
import subprocess

import pytest

import handnn

from handnn import callbacks, cli, load_model
from handnn.core import atomic
from handnn.core.claim import LOCK
from handnn.tensorboard import writer
from handnn.tensorboard.read import read_events, series
from tests.faults.disk import FULL, READ_ONLY, WORDS, Disk, small_tmpfs

SMALL = ("--no-keras", "--data", "moons", "--layers", "5", "--epochs", "3", "--run", "r")


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


@pytest.mark.slow
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
    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2)])
    model.compile("sgd", "mse")
    target = tmp_path / ("c.keras" if callback is callbacks.ModelCheckpoint else "backup")
    replace_fails(monkeypatch, "")
    with pytest.raises(OSError, match=str(target)):
        model.fit(rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), verbose=0, callbacks=[callback(str(target))])
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(atomic.PARTIAL)]


def test_a_new_file_is_written_once_and_whole(tmp_path):
    assert atomic.write_new(tmp_path / "a", b"one")
    assert not atomic.write_new(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one" and [p.name for p in tmp_path.iterdir()] == ["a"]


# ---- every write of every command, one after the other ------------------------------------------------------------

DERIVATION = '''import numpy as np


def my_tanh(z):
    """handnn: activation tanh"""
    return np.tanh(z)


def my_tanh_derivative(z):
    return 1 - np.tanh(z) ** 2
'''
COMMANDS = {
    "train": ("train", *SMALL, "--batch-size", 400, "--save", "m.keras"),
    "check": ("check", "d.py", "--csv", "o.csv", "--html", "o.html", "--sarif", "o.sarif"),
    "check --new": ("check", "--new", "fresh"),
    "compare": ("compare", "--data", "moons", "--layers", 3, "--optimizers", "sgd,adam", "--rates", 1, "--seeds", 1,
                "--epochs", 1, "--batch-size", 500, "--run", "r", "--jobs", 1),
    "surfaces": ("compare", "--surfaces", "--optimizers", "sgd", "--run", "r"),
}  # fmt: skip
SLOW = pytest.mark.slow
MOMENTS = [
    *[("train", moment) for moment in (0, 7, 35)],
    *[pytest.param("train", moment, marks=SLOW) for moment in range(60)],
    ("check", 4),
    *[pytest.param("check", moment, marks=SLOW) for moment in range(9)],
    *[("check --new", moment) for moment in range(2)],
    *[pytest.param("compare", moment, marks=SLOW) for moment in range(0, 125, 5)],
    *[pytest.param("surfaces", moment, marks=SLOW) for moment in (0, 1, 3, 5, 8, 400)],
]
"""Commands, and how many of their writes succeed. Where a command writes less, nothing fails."""


@pytest.mark.quick(1)
@pytest.mark.parametrize("number", [FULL, READ_ONLY])
@pytest.mark.parametrize(("name", "moment"), MOMENTS)
def test_a_disk_that_fails_from_one_write_on(name, moment, number, command, monkeypatch, tmp_path, request):
    """One line names the file; what was found is printed; what there was before is whole; nothing half is left."""
    if name in ("compare", "surfaces"):
        request.getfixturevalue("keras")
    if name == "train":
        from handnn.verify import lockstep

        monkeypatch.setattr(lockstep, "pictures", lambda *given: {})  # most of the time, and written like the others
    before = {name: f"before {name}" for name in ("o.csv", "o.html", "o.sarif")}
    for file, text in (before | {"d.py": DERIVATION}).items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(tmp_path, moment, number, patch)
        status, out, err = command(*COMMANDS[name])
    disk.close()
    assert [path for path in tmp_path.rglob("*") if path.name.endswith(atomic.PARTIAL) or path.name == LOCK] == []
    if not disk.failed:
        assert (status, err) == (0, ""), err
        return
    assert status == cli.FAILED
    one_line(err, WORDS[number])
    assert atomic.PARTIAL not in err
    if name == "train" and (tmp_path / "m.keras").exists():
        assert load_model(tmp_path / "m.keras").progress.epoch >= 1
    if name == "check":
        assert "match" in out  # the verdict is not lost
        assert all((tmp_path / file).read_text() == text or file[2:] not in err for file, text in before.items())
    if name == "check --new":
        assert not (tmp_path / "fresh.py").exists()


@pytest.mark.slow
@pytest.mark.parametrize("size", ["4k", "16k", "64k", "256k"])
def test_a_real_disk_that_fills_up(size, command, keras, monkeypatch, tmp_path):
    """Both sides write their logs until nothing fits any more; TensorFlow's writers are tried here only."""
    with small_tmpfs(tmp_path / "small", size) as disk:
        monkeypatch.chdir(disk)
        status, _, err = command("train", *[part for part in SMALL if part != "--no-keras"], "--save", "m.keras")
        monkeypatch.chdir(tmp_path)
        assert status == cli.FAILED
        one_line(err, "no space left on device")
        assert not [path for path in disk.rglob("*") if path.name.endswith(atomic.PARTIAL)]


@pytest.mark.slow
def test_a_real_disk_that_becomes_read_only(command, tmp_path):
    with small_tmpfs(tmp_path / "small", "4m") as disk:
        assert command("train", *SMALL, "--save", disk / "m.keras")[0] == 0
        before = (disk / "m.keras").read_bytes()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        saved = ("--resume", disk / "m.keras", "--save", disk / "m.keras")
        status, _, err = command("train", "--no-keras", "--data", "moons", "--epochs", 5, "--run", "s", *saved)
        assert status == cli.FAILED
        one_line(err, "m.keras: read-only file system")
        assert (disk / "m.keras").read_bytes() == before
        status, _, err = command("train", *SMALL, "--logdir", disk / "logs")
        assert status == cli.FAILED
        one_line(err, "logs: read-only file system")


@pytest.mark.parametrize("number", [FULL, READ_ONLY])
def test_callbacks_on_a_disk_that_fails_from_one_write_on(number, tmp_path, rng, quick, record_property):
    """`fit` raises the system's error with the file's name, and leaves whole files."""
    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2)], name="net")
    x, y, names = rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), set()
    moments = (3, 16, 34) if quick else range(44)
    record_property("faults", len(moments))
    for moment in moments:
        model.compile("sgd", "mse")
        folder = tmp_path / str(moment)
        folder.mkdir()
        every = [
            callbacks.ModelCheckpoint(folder / "c.keras"),
            callbacks.BackupAndRestore(folder / "backup", double_checkpoint=True, delete_checkpoint=False),
            callbacks.TensorBoard(folder / "logs"),
        ]
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(folder, moment, number, patch)
            error = None
            try:
                model.fit(x, y, epochs=2, verbose=0, callbacks=every)
            except OSError as raised:
                error = raised
        assert (error is not None) == disk.failed
        if error is not None:
            assert error.errno == number and str(error.filename).startswith(str(folder))
            names.add(os.path.basename(error.filename).split(".")[0])
        disk.close()
        for file in folder.rglob("*.keras"):
            load_model(file)
        assert not [path for path in folder.rglob("*") if path.name.endswith(atomic.PARTIAL)]
    assert {"c", "latest", "events"} == names - {"backup", "logs", "train", "health"}

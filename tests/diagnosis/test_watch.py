"""`handnn check --watch`: a file that is saved again is checked again, by a process that waited for it."""

import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from handnn import cli
from handnn.cli import check
from handnn.diagnosis import files
from handnn.diagnosis.user.process import isolation

EXAMPLE = Path(__file__).parents[2] / "examples" / "wrong" / "two_at_once.py"

DERIVATION = """
def {name}(parameters, x, y):
    "handnn: network 4-3 softmax mse"
    {body}
"""
BODIES = {"endless": "while True: __import__('time').sleep(1)", "silent": "return None"}


@pytest.mark.slow
def test_every_save_is_checked(tmp_path, monkeypatch, capsys):
    """Two mistakes, a file that cannot be read, and one mistake; each only when the file has changed."""
    path, text = tmp_path / "mine.py", EXAMPLE.read_text()
    path.write_text(text)
    versions = [text, "def f(:", text.replace("@ W2)", "@ W2.T)")]
    waited, started = [], []

    def sleep(seconds):
        waited.append(seconds)
        if len(waited) > len(versions):
            raise KeyboardInterrupt
        if len(waited) > 1:
            path.write_text(versions[len(waited) - 1])

    class Ready(isolation.Ready):
        def prepare(self):
            super().prepare()
            started.append(self._waiting.process.pid)

        def take(self):
            used = super().take()
            assert used.process.pid == started[-1]
            return used

    monkeypatch.setattr(check, "time", SimpleNamespace(sleep=sleep, strftime=time.strftime))  # not of other threads
    monkeypatch.setattr(files, "Ready", Ready)
    monkeypatch.setattr(sys, "argv", ["handnn", "check", str(path), "--watch"])
    with pytest.raises(SystemExit):
        cli.main()
    first, second, third, rest = capsys.readouterr().out.split("to be saved)")
    assert "db is its sum over the samples" in first and "W transposed" in first
    assert "line 1)" in second and "0 of 1" not in second
    assert "db is its sum over the samples" in third and "W transposed" not in third
    assert not rest.strip() and max(waited) <= 0.1
    assert len(set(started)) == 4  # the last one waits in vain


def test_a_file_that_is_not_there(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["handnn", "check", str(tmp_path / "none.py"), "--watch"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2 and "no such file" in capsys.readouterr().err


@pytest.mark.slow
def test_one_process_after_another(tmp_path):
    """A derivation that never returns is skipped by the next process."""
    path = tmp_path / "mine.py"
    path.write_text("".join(DERIVATION.format(name=name, body=body) for name, body in BODIES.items()))
    ready = files.ready()
    try:
        found = files.check_file(str(path), 4.0, ready)
    finally:
        ready.close()
    assert [verdict.verdict for verdict in found] == ["broken", "incomplete"]
    assert "had not returned" in found[0].summary and found[1].unchecked[0]["why"]

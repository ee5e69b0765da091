"""`handnn check` at the command line: reports, a class of submissions, and what a newcomer types first."""

import csv
import json

import pytest

from handnn.cli import check as command_of_check

RIGHT = """import numpy as np

def f(z):
    return np.tanh(z)

def f_prime(z):
    return 1 - np.tanh(z)**2
"""
WRONG = RIGHT.replace("1 - np", "1 + np")


@pytest.fixture
def check(command):
    return lambda *arguments: command("check", *arguments)


@pytest.fixture
def one(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(WRONG)
    return path


def one_line(err, *words):
    assert len(err.strip().splitlines()) == 1 and err.startswith("handnn: ") and "Traceback" not in err, err
    assert all(word in err for word in words), err


MISTAKES = {
    "nothing": ([], ["PATH must be given", "--new"]),
    "no file": (["nosuch.py"], ["nosuch.py", "no such file", "Python file or notebook"]),
    "no code": (["README.md"], ["README.md", "Python file, a notebook or a folder"]),
    "empty folder": (["empty"], ["empty", "no Python file or notebook"]),
    "nonsense": (["mine.py", "--as", "nonsense"], ["--as", "nonsense", "4-5-3 tanh softmax mse"]),
    "near": (["mine.py", "--as", "activation tahn"], ["--as", "tahn", "did you mean 'tanh'"]),
    "network": (["mine.py", "--as", "4-5-3 tahn softmax mse"], ["--as", "tahn", "did you mean 'tanh'"]),
    "bracket": (["mine.py", "--as", "Dense("], ["--as", "not closed"]),
    "capital": (["mine.py", "--as", "optimizer Adma"], ["--as", "did you mean", "'adam'"]),
    "argument": (["mine.py", "--as", "SGD(0.1)"], ["--as", "name=value", "'0.1'"]),
    "folder": (["mine.py", "--html", "none/out.html"], ["--html", "none", "exists"]),
    "csv": (["mine.py", "--csv", "none/out.csv"], ["--csv", "none", "exists"]),
    "option": (["mine.py", "--hnt", "1"], ["--hnt", "--hint"]),
    "hint": (["mine.py", "--hint", "4"], ["--hint", "1<=x<=3"]),
    "exists": (["--new", "mine.py"], ["--new", "already exists"]),
    "new": (["--new", "none/mine.py"], ["--new", "none"]),
    "watch": (["README.md", "--watch"], ["README.md", "Python file"]),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_what_a_newcomer_may_type(case, check, one, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    (tmp_path / "README.md").write_text("# hello\n")
    arguments, words = MISTAKES[case]
    if case == "watch":
        monkeypatch.setattr(
            command_of_check.time, "sleep", lambda seconds: pytest.fail("it waits for a file that is no code")
        )
    status, out, err = check(*arguments)
    assert status == 2 and not out
    one_line(err, *words)
    assert {path.name for path in tmp_path.iterdir()} == {"mine.py", "README.md", "empty"}


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["trian"], "'train'"),
        (["train", "--data", "moon"], "'moons'"),
        (["train", "--layers", "16,16"], "16-16"),
        (["train", "--activation", "tahn"], "'tanh'"),
        (["train", "--optimizer", "adm"], "'adam'"),
    ],
)
def test_near_names_of_other_commands(arguments, near, command):
    status, _, err = command(*arguments)
    assert status == 2
    one_line(err, near)


KNOWN = (
    "4-5-3 tanh softmax categorical_crossentropy", "Dense(5, activation='tanh')", "tanh", "loss mse", "adam", "network",
    "layer BatchNormalization", "momentum", "optimizer sgd, learning_rate=0.1",
)  # fmt: skip


def test_known_names_are_taken():
    for said in (*KNOWN, "activation LeakyReLU(negative_slope=0.3)", "loss MeanSquaredError", "SGD(momentum=0.9)"):
        command_of_check._known(said)


@pytest.mark.slow
def test_reports_go_into_a_folder(check, one, tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    status, out, _ = check(one, "--html", folder, "--csv", folder, "--sarif", tmp_path / "out.sarif")
    assert status == 1 and "breaks here" in out and "\033" not in out
    assert "breaks here" in (folder / "check.html").read_text()
    assert len(list(csv.DictReader((folder / "check.csv").read_text().splitlines()))) == 1
    (result,) = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 7


SUBMISSIONS = {
    "right.py": (RIGHT, "match"),
    "wrong.py": (WRONG, "wrong"),
    "syntax.py": ("def f(:\n", "broken"),
    "empty.py": ("", "broken"),
    "endless.py": (RIGHT.replace("    return np.tanh(z)\n", "    while True: pass\n", 1), "broken"),
    "prints.py": (RIGHT.replace("    return np", "    print('x' * 10**5)\n    return np", 1), "match"),
    "exits.py": ("import os\nx = os._exit(0)\n" + RIGHT, "broken"),
    "deep/right.py": (RIGHT, "match"),
}


@pytest.mark.slow
def test_a_class_of_submissions(check, tmp_path):
    folder = tmp_path / "submissions"
    (folder / "deep").mkdir(parents=True)
    for name, (text, _) in SUBMISSIONS.items():
        (folder / name).write_text(text)
    status, out, _ = check(
        folder, "--as", "tanh", "--jobs", 2, "--seconds", 3, "--csv", "out.csv", "--html", "out.html"
    )
    assert status == 1 and "3 of 8 files are right" in out and all(len(line) <= 80 for line in out.splitlines())
    rows = {row["file"]: row for row in csv.DictReader((tmp_path / "out.csv").read_text().splitlines())}
    for name, (_, verdict) in SUBMISSIONS.items():
        row = rows[str(folder / name)]
        assert row["verdict"] == verdict, row
        assert row["summary"] or verdict == "match"
    assert rows[str(folder / "wrong.py")]["lines"] == "7"
    page = (tmp_path / "out.html").read_text()
    assert all(f">{folder / name}</a>" in page for name in SUBMISSIONS)


def test_an_exercise_is_written_once(check, tmp_path):
    status, out, _ = check("--new", "my_lstm")
    assert status == 0 and "handnn check my_lstm.py" in out
    text = (tmp_path / "my_lstm.py").read_text()
    assert "class LSTM" in text and "handnn check my_lstm.py" in text


@pytest.mark.parametrize(
    ("tty", "no_color", "coloured"), [(True, None, True), (True, "1", False), (False, None, False)]
)
def test_colours(tty, no_color, coloured, monkeypatch):
    shown = []
    monkeypatch.setattr(command_of_check.sys, "stdout", type("Out", (), {"isatty": lambda self: tty})())
    monkeypatch.setattr(command_of_check.click, "echo", shown.append)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    command_of_check._print("f: WRONG")
    assert ("\033" in shown[0]) == coloured


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_the_watch_quietly(check, one, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(
        command_of_check, "time", type("Time", (), {"sleep": interrupt, "strftime": lambda form: "now"})
    )
    status, out, err = check(one, "--watch")
    assert status == 130 and "waiting for" in out and err.strip() == "handnn: interrupted"

"""The commands as people type them: what they print, write and return."""

import json
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from handnn import cli
from handnn.tensorboard.read import read_events, series

FEW = ["--epochs", "2", "--layers", "6-5"]
HALVES = ["--batch-size", "719"]
"""Of the digits' 1438 samples: TensorFlow compiles for each size of a batch anew, the last one's too."""
LARGE = ["--batch-size", "200"]
"""Few steps: for what is not compiled."""


@pytest.fixture
def run(command):
    return command


def test_train_proves_every_tensor_and_logs_both_sides(run, tmp_path):
    status, out, _ = run("train", *FEW, *HALVES, "--run", "both")
    assert status == 0
    assert "VERIFIED" in out and "tensorboard --logdir logs/both" in out
    lines = [line for line in out.splitlines() if not re.search("data |network |tensorboard --", line)]
    assert max(map(len, lines)) <= 100
    found = {part: set(series(tmp_path / "logs/both" / part)) for part in ("handnn/train", "keras/train")}
    assert found["handnn/train"] == found["keras/train"]
    assert {"epoch_loss", "epoch_accuracy", "epoch_learning_rate", "batch_loss", "digits/hidden_1/kernel/histogram",
            "digits/output/bias/histogram", "digits/hidden_2/delta/histogram", "digits/hidden_1/kernel/norm",
            "digits/hidden_1/kernel/gradient/histogram"} <= found["handnn/train"]  # fmt: skip
    ours, theirs = (series(tmp_path / f"logs/both/{side}/validation") for side in ("handnn", "keras"))
    assert set(ours) == set(theirs) == {"epoch_loss", "epoch_accuracy"}
    parity = series(tmp_path / "logs/both/parity")
    assert {"agreement/worst_error_over_allowance", "parity/hidden_1/dW", "agreement/drift"} <= set(parity)
    assert 0 < max(value for _, value in parity["agreement/worst_error_over_allowance"]) <= 1


@pytest.mark.slow
@pytest.mark.usefixtures("eagerly")
def test_what_keras_gets_wrong_is_said(run, tmp_path):
    given = (*FEW, "--data", "moons", "--activation", "sparsemax", "--check-every", "9", *LARGE, "--epochs", "1")
    status, out, _ = run("train", *given, "--run", "wrong")
    result = json.loads((tmp_path / "logs/wrong/run.json").read_text())
    assert status == 0
    assert [r.partition(":")[0] for r in result["remarks"]] == ["hidden_1", "hidden_2"]
    assert "but      hidden_1: Keras' sparsemax is wrong in" in out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--activation", "glu"), "--activation glu changes the width"),
        (("--output", "glu"), "--output glu changes the width"),
        (("--activation", "threshold"), "'threshold' needs its arguments"),
    ],
)
def test_activations_that_a_network_of_names_cannot_have(run, given, words):
    status, out, err = run("verify", "--data", "moons", *given)
    assert (status, out) == (2, "")
    assert words in err and len(err.splitlines()) == 1


def test_every_activation_is_offered(run):
    from handnn.activations import activations

    offered = re.sub(r"\s+", " ", run("train", "--help")[1])
    assert all(f" {name}," in offered or f" {name}." in offered for name in activations if name != "glu")


@pytest.mark.usefixtures("eagerly")
@pytest.mark.slow
def test_train_json_and_run_json_say_the_same(run, tmp_path):
    status, out, _ = run("train", *FEW, *LARGE, "--run", "a", "--json", "--data", "moons", "--check-every", "7")
    result = json.loads(out)
    assert status == 0 and result["ok"]
    assert result == json.loads((tmp_path / "logs/a/run.json").read_text())
    assert result["checked_steps"] == -(-result["steps"] // 7)
    assert result["tensors_checked"] % result["checked_steps"] == 0
    assert set(result["epochs"]["handnn"][0]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert result["epochs"]["handnn"][-1]["val_accuracy"] == pytest.approx(
        result["epochs"]["keras"][-1]["val_accuracy"]
    )


@pytest.mark.slow
def test_the_same_seed_gives_the_same_run(run):
    results = [json.loads(run("train", *FEW, "--no-keras", "--json", "--run", name)[1]) for name in "ab"]
    assert results[0]["epochs"] == results[1]["epochs"]


@pytest.mark.slow
def test_without_keras_tensorflow_is_not_imported(tmp_path):
    code = (
        "import sys; from handnn import cli; sys.argv = 'handnn train --no-keras --epochs 1 --data moons'.split()\n"
        "try: cli.main()\nexcept SystemExit as e: print(e.code, 'tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 False False"


@pytest.mark.usefixtures("eagerly")
@pytest.mark.slow
def test_a_wrong_gradient_is_found_and_named(run, monkeypatch, tmp_path):
    from handnn.layers import Dense

    right = Dense.backward

    def wrong(self, t):
        right(self, t)
        if self.name == "hidden_2":
            t.gradients["bias"] = t.gradients["bias"] / len(t.x)

    monkeypatch.setattr(Dense, "backward", wrong)
    status, out, _ = run("train", *FEW, *HALVES, "--run", "wrong")
    assert status == 1
    assert re.search(r"MISMATCH at step 1: hidden_2: db", out)
    text = series(tmp_path / "logs/wrong/parity")["parity/first_outside"]
    assert len(text) == 1 and "hidden_2: db" in str(text[0][1])
    status, out, _ = run("verify", "--layers", "6-5")
    assert status == 1 and "MISMATCH" in out and "hidden_2: db" in out


@pytest.mark.slow
def test_pictures_of_weights_and_of_the_decision_boundary(run, tmp_path):
    assert run("train", *FEW, "--no-keras", "--run", "digits")[0] == 0
    assert "digits/hidden_1/kernel/image" in series(tmp_path / "logs/digits/handnn/train")
    assert run("train", *FEW, "--no-keras", "--run", "moons", "--data", "moons")[0] == 0
    assert "moons/decision_boundary" in series(tmp_path / "logs/moons/handnn/train")


@pytest.mark.slow
@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    "options",
    [
        ["--data", "xor", "--layers", "2-4-1"],
        ["--data", "spiral", "--dtype", "float64", "--output", "linear"],
        ["--data", "circles", "--output", "sigmoid", "--loss", "mse", "--optimizer", "momentum"],
        [
            "--data",
            "moons",
            "--loss",
            "sparse_categorical_crossentropy",
            "--optimizer",
            "nesterov",
        ],
    ],
    ids=lambda o: o[1],
)
def test_every_kind_of_network(run, options):
    status, out, err = run("train", "--epochs", "1", "--check-every", "5", *LARGE, *options)
    assert status == 0, (out, err)
    assert "VERIFIED" in out


@pytest.mark.usefixtures("eagerly", "mnist_file")
@pytest.mark.slow
def test_the_articles_network(run):
    status, out, _ = run(
        "train", "--data", "mnist", "--layers", "784-16-16-10", "--activation", "sigmoid", "--output", "sigmoid",
        "--loss", "mse", "--batch-size", "30", "--epochs", "1", "--check-every", "2",
    )  # fmt: skip
    assert status == 0
    assert "13,002 parameters" in out and "VERIFIED" in out


def test_files_as_data(run, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    np.savez(tmp_path / "numbers.npz", x=x, y=x @ [[1.0], [2.0], [3.0]])
    status, out, _ = run("train", "--data", "numbers.npz", "--layers", "4", "--epochs", "1", "--no-keras")
    assert status == 0 and "mean_squared_error" in out and "linear" in out
    rows = [f"{a},{b},{'yes' if a > b else 'no'}" for a, b in rng.normal(size=(60, 2))]
    (tmp_path / "table.csv").write_text("a,b,answer\n" + "\n".join(rows))
    status, out, _ = run("train", "--data", "table.csv", "--layers", "4", "--epochs", "1", "--no-keras")
    assert status == 0 and "categorical_crossentropy" in out


BAD = [
    (["train", "--data", "dgits"], "digits"),
    (["train", "--data", "missing.npz"], "missing.npz"),
    (["train", "--layers", "784-16-16-10"], "64 inputs"),
    (["train", "--layers", "16-0-16"], "--layers"),
    (["train", "--layers", "wide"], "--layers"),
    (["train", "--activation", "sigmod"], "sigmoid"),
    (["train", "--output", "soft"], "softmax"),
    (["train", "--loss", "mean_square"], "mean_squared_error"),
    (["train", "--optimizer", "adm"], "adam"),
    (["train", "--learning-rate", "nan"], "learning_rate"),
    (["train", "--learning-rate", "fast"], "learning-rate"),
    (["train", "--dtype", "float16"], "dtype"),
    (["train", "--epochs", "0"], "epochs"),
    (["train", "--batch-size", "-3"], "batch-size"),
    (["train", "--seed", "-1"], "seed"),
    (["train", "--run", "../outside"], "--run"),
    (["train", "--speed", "fast"], "--speed"),
    (["tarin"], "train"),
    (["verify", "missing.keras"], "missing.keras"),
    (["verify", "missing.keras", "--layers", "3-4"], "--layers"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_bad_input_is_one_line_and_writes_nothing(run, tmp_path, arguments, named):
    status, out, err = run(*arguments)
    assert status == 2
    assert out == ""
    assert named in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.rglob("*"))


@pytest.mark.slow
def test_a_folder_with_a_run_is_refused_and_left_alone(run, tmp_path):
    run("train", *FEW, "--no-keras", "--run", "once")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    status, _, err = run("train", *FEW, "--no-keras", "--run", "once")
    assert status == 2 and "already holds a run" in err
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["verify", "-h"], []], ids=str)
def test_help_has_examples(run, arguments):
    status, out, _ = run(*arguments)
    assert status == 0
    assert "Examples:" in out and ("handnn train" in out or "handnn verify" in out)
    assert max(map(len, out.splitlines())) <= 100


def _start_training(tmp_path):
    command = [sys.executable, "-m", "handnn", "train", "--no-keras", "--epochs", "100000", "--run", "long"]
    command += ["--data", "moons", "--batch-size", "20"]  # read in no time, and many steps
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "logs/long/handnn/train"
    for _ in range(600):
        if log.is_dir() and any(path.stat().st_size > 60_000 for path in log.iterdir()):
            return process, log
        time.sleep(0.05)
    process.kill()
    pytest.fail(f"no log within 30 s: {process.communicate()}")


@pytest.mark.slow
def test_sigkill_in_mid_training_leaves_logs_that_read_to_the_last_whole_record(tmp_path):
    process, log = _start_training(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    found = read_events(log)
    assert found.records > 100
    steps = [step for step, _ in series(log)["batch_loss"]]
    assert steps == list(range(1, len(steps) + 1))


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.slow
def test_ctrl_c_ends_with_a_summary_and_keeps_the_logs(tmp_path):
    process, log = _start_training(tmp_path)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == cli.INTERRUPTED
    assert "interrupted after" in out and "tensorboard --logdir" in out
    assert "Traceback" not in err
    assert read_events(log).trailing_bytes == 0
    assert json.loads((tmp_path / "logs/long/run.json").read_text())["interrupted"] is True


def test_training_that_diverges_ends_with_a_word_on_it(run, csv_file):
    """Not with a traceback of what comes after it; the logs and run.json are there."""
    rng = np.random.default_rng(0)
    rows = "\n".join(",".join(f"{v:.3f}" for v in rng.normal(size=4)) + f",{i % 2}" for i in range(40))
    path = csv_file(rows + "\n", "blobs.csv")
    options = ("--no-keras", "--learning-rate", "1e30", "--epochs", "1", "--run", "wild")
    with np.errstate(all="ignore"):
        status, out, err = run("train", "--data", path, *options)
    assert status == 3 and "DIVERGED" in out and "Traceback" not in err
    assert json.loads((path.parent / "logs/wild/run.json").read_text())["steps"] == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--optimizer", "sgd", "--learning-rate", "1e6", "--data", "moons"),
        pytest.param(("--optimizer", "sgd", "--learning-rate", "1e8"), marks=pytest.mark.slow),
        pytest.param(("--optimizer", "lamb", "--learning-rate", "10"), marks=pytest.mark.slow),
        pytest.param(
            ("--output", "linear", "--optimizer", "sgd", "--learning-rate", "100", "--loss", "mse"),
            marks=pytest.mark.slow,
        ),
    ],
)
@pytest.mark.slow
def test_training_that_diverges_on_both_sides_has_a_status_of_its_own(run, tmp_path, options):
    """The splice needs finite weights: it stopped with a traceback at the first step without them."""
    with np.errstate(all="ignore"):
        status, out, err = run("train", "--epochs", "1", "--run", "wild", *options)
    assert status == 3 and "DIVERGED after" in out and "Traceback" not in err and "MISMATCH" not in out
    found = json.loads((tmp_path / "logs/wild/run.json").read_text())
    assert found["diverged"]
    for side in ("handnn", "keras"):
        assert len(series(tmp_path / f"logs/wild/{side}/train")["batch_loss"]) == found["steps"] > 0


def test_memory_that_is_not_there_is_bad_input(run, csv_file):
    path = csv_file("0,1,0\n1,0,1\n0,0,0\n1,1,1\n" * 10, "small.csv")
    status, out, err = run("train", "--no-keras", "--data", path, "--layers", "9-99999999999999")
    assert (status, out) == (2, "") and "allocate" in err and len(err.strip().splitlines()) == 1

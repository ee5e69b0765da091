"""`handnn compare` as people type it."""

import functools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from types import ModuleType

import numpy as np
import pytest

from handnn import cli
from handnn.compare import parity, results
from handnn.compare.context import heading
from handnn.compare.sentences import tell
from handnn.compare import plan as planning

SMALL = ["--data", "moons", "--layers", "4", "--epochs", "2", "--batch-size", "100", "--rates", "2", "--seeds", "2",
         "--jobs", "1", "--extend", "0"]  # fmt: skip
check = parity.check
PAIR = [*SMALL, "--optimizers", "sgd,adam"]


@pytest.fixture
def run(monkeypatch, command):
    """Run `handnn compare` in this process; return exit status, standard output and standard error.

    TensorFlow is left out (tests of parity are elsewhere), and so is the report.
    """
    monkeypatch.setattr(parity, "check", lambda label, dtype: {"ok": True, "worst": 0.5, "sentence": "fine"})
    report = ModuleType("handnn.compare.report")
    report.write = lambda comparison, directory: [directory / "report.md"]
    monkeypatch.setitem(sys.modules, "handnn.compare.report", report)

    return functools.partial(command, "compare")


def contents(path):
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def only_folder(tmp_path):
    (folder,) = (tmp_path / "logs").iterdir()
    return folder


def test_a_comparison_ends_with_a_table_conclusions_and_where_to_look(run, tmp_path):
    status, out, err = run(*SMALL, "--optimizers", "sgd,adam,adam(beta_1=0.8, beta_2=0.99, epsilon=1e-05)")
    assert (status, err) == (0, "")
    assert "3 optimizers x 2 learning rates x 2 seeds + 6 at defaults = 18 runs of 2 epochs" in " ".join(out.split())
    assert "Lowest validation loss:" in " ".join(out.split()) and "report.html" in out and "tensorboard" in out
    assert max(len(line) for line in out.splitlines() if not line.startswith(("report", "look"))) <= 80
    comparison = results.read(only_folder(tmp_path))
    assert len(comparison.runs) == 18 and not comparison.missing


def test_json_is_the_summary(run, tmp_path):
    status, out, err = run(*PAIR, "--run", "a", "--json")
    found = json.loads(out)
    assert (status, err) == (0, "") and found["ok"] and found["runs"] == 12
    comparison = results.read(tmp_path / "logs/a")
    assert found["plan"] == comparison.plan.to_dict()
    assert found["conclusions"] == tell(comparison).conclusions
    assert [entry["optimizer"] for entry in found["entries"]] == [e.optimizer for e in comparison.summary().entries]
    assert found["written"] == ["logs/a/report.md"]


@pytest.mark.slow
def test_the_same_command_goes_on_and_trains_nothing_twice(run, tmp_path):
    one = json.loads(run(*PAIR, "--json")[1])
    folder = only_folder(tmp_path)
    before = contents(folder)
    lost = sorted((folder / "cells").iterdir())[3]
    lost.unlink()
    status, out, _ = run(*PAIR)
    assert status == 0 and "11 are finished already" in " ".join(out.split())
    after = contents(folder)
    assert {path: data for path, data in after.items() if path != lost} == {
        path: data for path, data in before.items() if path != lost
    }
    other = json.loads(run(*PAIR, "--json")[1])
    for a, b in zip(one["entries"], other["entries"], strict=True):
        assert a["best"] == b["best"]
    resumed = json.loads(run("--resume", folder, "--json")[1])
    assert resumed["entries"] == other["entries"]
    status, out, err = run("--resume", folder, "--epochs", "3")
    assert (status, out) == (2, "") and "--epochs is determined by the comparison in" in err
    assert contents(folder) == after


@pytest.mark.slow
def test_another_seed_or_rate_is_another_folder(run, tmp_path):
    for changed in ([], ["--seeds", "2,3"], ["--rate-step", "1"], ["--learning-rates", "1e-2,1e-1"]):
        assert run(*PAIR, *changed)[0] == 0
    folders = list((tmp_path / "logs").iterdir())
    assert len(folders) == 4 and all(re.fullmatch(r"compare-moons-[0-9a-f]{8}", folder.name) for folder in folders)


def test_a_folder_with_another_plan_is_refused_and_left_alone(run, tmp_path):
    assert run(*PAIR, "--run", "a")[0] == 0
    before = contents(tmp_path)
    status, out, err = run(*PAIR, "--run", "a", "--epochs", "3")
    assert (status, out) == (2, "") and "logs/a holds another comparison: epochs 2, not 3" in err
    assert len(err.splitlines()) == 1 and contents(tmp_path) == before


def test_an_optimizer_that_is_not_keras_is_left_out_by_name(run, tmp_path, monkeypatch):
    verdicts = {"sgd": {"ok": True, "sentence": "fine"}, "adam": {"ok": False, "sentence": "w2 stepped is off"}}
    monkeypatch.setattr(parity, "check", lambda label, dtype: verdicts[label])
    status, out, _ = run(*PAIR)
    assert status == 1
    assert "adam is left out: its steps are not Keras'. w2 stepped is off" in " ".join(out.split())
    comparison = results.read(only_folder(tmp_path))
    assert {cell.optimizer for cell in comparison.runs} == {"sgd"} and not comparison.missing
    status, out, _ = run(*PAIR, "--json")
    assert status == 1 and json.loads(out)["excluded"] == ["adam"] and not json.loads(out)["ok"]
    monkeypatch.setitem(verdicts, "sgd", verdicts["adam"])
    status, out, _ = run(*PAIR, "--run", "none")
    assert status == 1 and "nothing can be concluded" in out


@pytest.mark.slow
def test_a_failed_run_is_said_and_tried_again(run, tmp_path, monkeypatch):
    from handnn.optimizers import Adam

    right = Adam.update_step

    def fails(*arguments, **options):
        raise FloatingPointError("made up")

    monkeypatch.setattr(Adam, "update_step", fails)
    status, out, _ = run(*PAIR)
    assert status == 1 and "FloatingPointError: made up" in " ".join(out.split())
    monkeypatch.setattr(Adam, "update_step", right)
    assert run(*PAIR)[0] == 0
    assert not results.read(only_folder(tmp_path)).failed


def test_parity_comes_before_the_first_run(run, tmp_path, monkeypatch):
    def first(label, dtype):
        assert not list(tmp_path.rglob("*.npz"))
        return {"ok": True, "sentence": "fine"}

    monkeypatch.setattr(parity, "check", first)
    assert run(*PAIR)[0] == 0


def test_a_comparison_of_another_version_is_looked_at_but_not_mixed(run, tmp_path, monkeypatch):
    assert run(*PAIR, "--run", "a")[0] == 0
    monkeypatch.setattr("handnn.cli.compare.__version__", "9.9")
    status, out, _ = run("--resume", "logs/a")
    assert status == 0 and "all are finished already" in " ".join(out.split())
    next((tmp_path / "logs/a/cells").iterdir()).unlink()
    before = contents(tmp_path)
    status, _, err = run("--resume", "logs/a")
    assert status == 2 and "handnn 9.9 does not mix versions" in err and len(err.splitlines()) == 1
    assert contents(tmp_path) == before


@pytest.mark.slow
def test_with_keras_and_processes(run, tmp_path, monkeypatch, keras):
    monkeypatch.setattr(parity, "check", check)
    status, out, _ = run(*PAIR, "--jobs", "2")
    assert status == 0 and "the steps of 2 optimizers agree with Keras'" in " ".join(out.split())
    found = results.read(only_folder(tmp_path)).parity
    assert all(f"agree with Keras {keras.__version__}" in verdict["sentence"] for verdict in found.values())
    assert len(found) == 2


def test_numbers_can_be_compared_too(run, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    np.savez(tmp_path / "numbers.npz", x=x, y=x @ rng.normal(size=(3, 2)))
    status, out, _ = run(*PAIR, "--data", "numbers.npz", "--dtype", "float64")
    assert status == 0 and "accuracy" not in out and "mean_squared_error" in " ".join(out.split())
    np.savez(tmp_path / "numbers.npz", x=x, y=x @ rng.normal(size=(3, 2)))
    planning.dataset.cache_clear()
    planning._kept.clear()
    status, _, err = run("--resume", only_folder(tmp_path))
    assert status == 2 and "have changed since the comparison was planned" in err


BAD = [
    (["--optimizers", "adm"], "did you mean 'adam'"),
    (["--optimizers", "sgd,sgd()"], "received sgd 2 times"),
    (["--optimizers", "adam(beta=1)"], "'beta'"),
    (["--optimizers", ""], "must read like"),
    (["--learning-rates", "fast"], "--learning-rates"),
    (["--learning-rates", "0.1,0.1"], "--learning-rates"),
    (["--learning-rates", "0"], "--learning-rates"),
    (["--rates", "0"], "--rates"),
    (["--rate-step", "0"], "--rate-step"),
    (["--seeds", "0"], "--seeds"),
    (["--seeds", "3,3"], "--seeds"),
    (["--seeds", "9-5"], "--seeds"),
    (["--seeds", "-1"], "--seeds"),
    (["--target", "nan"], "--target"),
    (["--epochs", "0"], "--epochs"),
    (["--jobs", "0"], "--jobs"),
    (["--data", "dgits"], "digits"),
    (["--layers", "wide"], "--layers"),
    (["--activation", "glu"], "--activation glu"),
    (["--loss", "cosine_similarity"], "--target must be given"),
    (["--run", "../outside"], "--run"),
    (["--resume", "nowhere"], "nowhere holds no comparison"),
    (["--resume", "nowhere", "--epochs", "3"], "nowhere holds no comparison"),
    (["--rate-step", "nan"], "--rate-step"),
    (["--search", "random"], "--search"),
    (["--search", "sobol"], "--rates is for a grid"),
    (["--trials", "3"], "--trials of a grid is --rates"),
    (["--extend", "-1"], "--extend"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_bad_input_is_one_line_and_writes_nothing(run, tmp_path, arguments, named):
    status, out, err = run(*([] if "--resume" in arguments else PAIR), *arguments)
    assert (status, out) == (2, "")
    assert named in err and len(err.strip().splitlines()) == 1
    assert not list(tmp_path.rglob("*"))


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_bad_input(run, monkeypatch):
    distributed = pytest.importorskip("distributed")

    def client(address, **options):
        raise OSError(f"Timed out trying to connect to {address}")

    monkeypatch.setattr(distributed, "Client", client)
    status, _, err = run(*PAIR, "--dask", "tcp://127.0.0.1:1")
    assert status == 2 and "no scheduler answers there" in err and len(err.splitlines()) == 1


def test_help_has_examples(run):
    status, out, _ = run("--help")
    assert status == 0 and "Examples:" in out and "handnn compare --resume" in out
    assert max(map(len, out.splitlines())) <= 100


INTERRUPTED = """
import sys
from handnn import cli
from handnn.compare import parity, together
together.MOST_CELLS = 3  # a group that is cut is lost
parity.check = lambda label, dtype: {"ok": True, "sentence": "fine"}
cli.main()
"""


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_ctrl_c_keeps_finished_runs_and_says_how_to_go_on(tmp_path, jobs):
    """As a terminal does it: the signal goes to the workers as well."""
    given = ["compare", *PAIR, "--epochs", "40", "--batch-size", "20", "--seeds", "9", "--jobs", jobs, "--run", "long"]
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *given], cwd=tmp_path, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    cells = tmp_path / "logs/long/cells"
    deadline = time.monotonic() + 60
    while len(list(cells.glob("*.npz"))) < 2 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == cli.INTERRUPTED, err
    assert "Traceback" not in err and "handnn compare --resume logs/long" in err
    found = results.read(tmp_path / "logs/long")
    assert len(found.runs) >= 2 and found.missing and not found.failed
    assert f"{len(found.runs)} of 54 runs are finished and kept" in err


def test_a_quasi_random_search_is_resumed_and_read_back(run, tmp_path):
    options = ["--optimizers", "adam", "--search", "sobol", "--trials", "4", "--run", "a", "--json"]
    small = SMALL[: SMALL.index("--rates")] + SMALL[SMALL.index("--seeds") : SMALL.index("--extend")]
    found = json.loads(run(*small, *options)[1])
    assert found["plan"]["search"] == "sobol" and len(found["plan"]["options"]["adam"]) == 4 and found["runs"] == 10
    assert found["entries"][0]["options"].keys() == {"beta_1", "beta_2", "epsilon"}
    next((tmp_path / "logs/a/cells").iterdir()).unlink()
    again = json.loads(run("--resume", "logs/a", "--json")[1])
    for one, other in zip(found["entries"], again["entries"], strict=True):
        assert {**one, "step_seconds": 0, "seconds": 0, "fastest_seconds": 0} == {
            **other, "step_seconds": 0, "seconds": 0, "fastest_seconds": 0,
        }  # fmt: skip


@pytest.mark.slow
def test_a_grid_grows_within_its_budget(run, tmp_path):
    status, out, _ = run(*PAIR, "--learning-rates", "1e-6,1e-5", "--extend", "2", "--run", "a")
    found = results.read(tmp_path / "logs/a")
    assert status == 0 and not found.missing
    assert {label: rates[-1] for label, rates in found.rates.items()} == {"sgd": 1e-3, "adam": 1e-3}
    assert "give --extend" in " ".join(out.split())
    assert "24 runs" not in out and len(found.runs) == 18  # 2 + 2 rates, of adam with 0.001 its default, of sgd 0.01


@pytest.mark.slow
def test_several_data_sets_have_a_folder_each_and_one_result(run, tmp_path, monkeypatch):
    said = {}
    monkeypatch.setattr("handnn.compare.suite.report.write", lambda comparisons, top: [
        said.update(heading.facts_of_all(comparisons)) or top / "report.html"])  # fmt: skip
    options = [*PAIR[2:], "--data", "moons,xor", "--run", "a"]
    status, out, _ = run(*options)
    told = " ".join(out.split())
    assert status == 0 and "To the target, fastest trial:" in told and "Among the best on both data sets" in told
    assert max(len(line) for line in out.splitlines() if not line.startswith(("report", "look"))) <= 80
    assert {p.name for p in (tmp_path / "logs/a").iterdir() if p.is_dir()} == {"moons", "xor"}
    lost = next((tmp_path / "logs/a/xor/cells").iterdir())
    lost.unlink()
    found = json.loads(run("--resume", "logs/a", "--json")[1])
    assert lost.exists() and found["ok"] and set(found["data"]) == {"moons", "xor"}
    assert {own["optimizer"] for own in found["profiles"]["fastest"]} == {"sgd", "adam"}
    assert found["data"]["xor"]["parity"] == found["data"]["moons"]["parity"]
    written = lost.stat().st_mtime_ns
    again = json.loads(
        run(*shlex.split(said["command"])[2:], "--run", "a", "--json")[1]
    )  # of the report: the very same
    assert again["profiles"] == found["profiles"] and lost.stat().st_mtime_ns == written
    status, _, err = run(*options, "--epochs", "3")
    assert status == 2 and "holds another comparison of data sets" in err

"""What TensorBoard shows of a comparison: asked of a server over HTTP, and read back from the files."""

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import numpy as np
import pytest

from handnn.compare import Run, tensorboard_logs
from handnn.compare.curves import band, chosen_runs
from handnn.compare.statistics import at_chosen_epoch
from handnn.tensorboard.read import series

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the server's own plugins

SMALL = {"optimizers": ("sgd", "adam(beta_1=0.8)"), "rates": 3, "seeds": 2}


@pytest.fixture(scope="module")
def served(made, tmp_path_factory):
    """Write a comparison, start TensorBoard on its folder; return it and a function that asks for JSON."""
    import tf_reference  # noqa: F401  (quiet)
    from tensorboard import default, program

    comparison, folder = made(**SMALL), tmp_path_factory.mktemp("compared")
    tensorboard_logs.write(comparison, folder)
    server = program.TensorBoard(default.get_plugins())
    server.configure(argv=[None, "--logdir", str(folder), "--port", "0", "--load_fast", "false"])
    url = server.launch()

    def ask(path, body=None, **query):
        address = f"{url}data/{path}?{urllib.parse.urlencode(query)}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    for _ in range(100):
        if len(ask("runs")) == len(comparison.runs) + 3 and ask("plugin/custom_scalars/layout"):
            return comparison, ask
        time.sleep(0.2)
    pytest.fail(f"the server shows only {ask('runs')}")


@pytest.mark.slow
def test_every_cell_is_a_run_with_every_step(served):
    comparison, ask = served
    tags = ask("plugin/scalars/tags")
    for cell, run in comparison.runs.items():
        name = f"runs/{cell.key}"
        assert {"batch_loss", "epoch_loss/validation", "epoch_accuracy/test", "best/test_loss"} <= set(tags[name])
        found = ask("plugin/scalars/scalars", run=name, tag="batch_loss")
        assert [step for _, step, _ in found] == list(range(1, len(run.loss) + 1))
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal([float(value) for _, _, value in found], run.loss.astype("float32"))


@pytest.mark.slow
def test_hparams_page_lists_sorts_and_filters(served):
    comparison, ask = served
    experiment = ask("plugin/hparams/experiment", {"experimentName": ""})
    assert [info["name"] for info in experiment["hparamInfos"]] == ["learning_rate", "optimizer", "seed"]
    assert {"best/test_loss", "best/test_accuracy", "best/validation_loss", "final/test_loss"} <= {
        info["name"]["tag"] for info in experiment["metricInfos"]
    }

    def groups(*wanted):
        columns = [
            {"hparam": "optimizer", "filterDiscrete": list(wanted)} if wanted else {"hparam": "optimizer"},
            {"metric": {"group": "", "tag": "best/test_loss"}, "order": "ORDER_ASC", "missingValuesFirst": False},
        ]
        asked = {"experimentName": "", "colParams": columns, "startIndex": 0, "sliceSize": 100,
                 "allowedStatuses": ["STATUS_SUCCESS"]}  # fmt: skip
        return ask("plugin/hparams/session_groups", asked)["sessionGroups"]

    def loss(group):
        (found,) = [m["value"] for m in group["metricValues"] if m["name"]["tag"] == "best/test_loss"]
        return found

    found = groups()
    assert {group["name"] for group in found} == {cell.key for cell in comparison.runs}
    assert [loss(group) for group in found] == sorted(loss(group) for group in found)
    for group in found:
        cell = next(cell for cell in comparison.runs if cell.key == group["name"])
        assert group["hparams"] == {
            "optimizer": cell.optimizer, "learning_rate": cell.learning_rate, "seed": float(cell.seed)
        }  # fmt: skip
        assert loss(group) == np.float32(at_chosen_epoch(comparison.runs[cell], "test_loss"))
        assert group["sessions"][0]["status"] == "STATUS_SUCCESS"
    only = groups("adam(beta_1=0.8)")
    assert {g["hparams"]["optimizer"] for g in only} == {"adam(beta_1=0.8)"} and len(only) == len(found) // 2


@pytest.mark.slow
def test_custom_scalars_page_shows_the_bands(served):
    comparison, ask = served
    layout = ask("plugin/custom_scalars/layout")
    charts = {chart["title"]: chart["margin"]["series"][0] for part in layout["category"] for chart in part["chart"]}
    assert {"validation loss", "test accuracy", "training loss of every step"} <= set(charts)
    for title, curve in (("validation loss", "val_loss"), ("training loss of every step", "loss")):
        for entry in comparison.summary().entries:
            runs = chosen_runs(comparison, entry)
            name = f"bands/{runs[0].cell.key.rpartition('_seed')[0]}"
            expected = band(runs, curve)
            for line, tag in charts[title].items():
                found = ask("plugin/scalars/scalars", run=name, tag=tag)
                wanted = {"value": expected.median, "lower": expected.lower, "upper": expected.upper}[line]
                assert [value for _, _, value in found] == [float(x) for x in wanted.astype("float32")]
                assert [step for _, step, _ in found] == [int(step) for step in expected.at]


# ---- the files -------------------------------------------------------------------------------------------------------


def test_a_diverged_run_is_written_and_leaves_the_bands_finite(made, tmp_path):
    comparison = made(**SMALL | {"rates": 5})
    gone = [run for run in comparison.runs.values() if run.diverged]
    assert gone
    runs, bands = tensorboard_logs.write(comparison, tmp_path)
    assert all((runs / run.cell.key).is_dir() for run in gone)
    for folder in bands.iterdir():
        drawn = [value for curve in series(folder).values() for _, value in curve]
        assert drawn and np.isfinite(drawn).all()


def test_written_again_only_what_is_new(made, tmp_path):
    whole = made(**SMALL)
    part = made(**SMALL)
    late = [cell for cell in whole.plan.cells() if cell.seed == 1]
    part.missing = late
    for cell in late:
        del part.runs[cell]
    runs, bands = tensorboard_logs.write(part, tmp_path)
    assert len(list(runs.iterdir())) == len(part.runs) + 1
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*tfevents*")}
    tensorboard_logs.write(whole, tmp_path)
    after = {path: path.stat().st_mtime_ns for path in runs.rglob("*tfevents*")}
    kept = [path for path in before if path.parent.name != tensorboard_logs.ABOUT]
    assert len(kept) == len(part.runs) and all(after[path] == before[path] for path in kept)
    assert len(list(runs.iterdir())) == len(whole.runs) + 1
    assert len(list(bands.iterdir())) == 2  # those of another chosen rate are gone
    assert not list(tmp_path.rglob(".*"))


def test_a_failed_cell_has_no_run(made, tmp_path):
    comparison = made(**SMALL)
    cell = comparison.plan.cells()[0]
    comparison.runs[cell] = Run.failure(cell, "MemoryError")
    runs, _ = tensorboard_logs.write(comparison, tmp_path)
    assert not (runs / cell.key).exists()


def test_a_failure_leaves_no_half_run(made, tmp_path, monkeypatch):
    comparison = made(**SMALL)
    monkeypatch.setattr(tensorboard_logs, "session_end", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tensorboard_logs.write(comparison, tmp_path)
    assert not list((tmp_path / tensorboard_logs.RUNS).iterdir())


@pytest.mark.slow
def test_no_tensorflow(tmp_path):
    code = "import sys; from handnn.compare import tensorboard_logs as logs; logs.session_end()"
    code += "; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)

"""The report's files: complete, escaped, self-contained, and equal to the runs to the last digit."""

import csv
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from handnn.compare import Run, plots, report, style, report_tables
from handnn.compare.context import heading
from handnn.compare.sentences import tell
from handnn.compare.html import plain

NASTY = "/data/<script>alert('1')</script> & | `x` *y* _z_ [a](b).csv"


@pytest.fixture(scope="module")
def no_boards():
    """TensorBoard has tests of its own; small pictures are drawn sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report.tensorboard_logs, "write", lambda comparison, directory: [])
        patch.setattr(style, "DPI", 50)
        yield


@pytest.fixture(scope="module")
def written(made, no_boards, tmp_path_factory):
    comparison = made(("sgd", "adam(beta_1=0.8, amsgrad=True)", "lion"), data=NASTY, target=0.3)
    folder = tmp_path_factory.mktemp("report")
    return comparison, folder, report.write(comparison, folder)


@pytest.fixture
def one_picture(no_boards, monkeypatch):
    monkeypatch.setattr(plots, "FIGURES", {"target": plots.target})


class Page(HTMLParser):
    """Tags that fit together, what is fetched from elsewhere, and the text."""

    VOID = {"meta", "img", "link", "br", "hr", "input"}  # noqa: RUF012

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.sources, self.texts = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.sources += [value for name, value in attributes if name == "src" or (tag == "link" and name == "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_files(written):
    _, folder, paths = written
    names = {str(path.relative_to(folder)) for path in paths}
    assert {"report.html", "report.md", "steps.csv", "summary.csv", "summary.json"} <= names
    assert {f"plots/{name}.png" for name in ("validation", "training", "sensitivity", "differences", "target")} <= names
    assert {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} == names  # no temporary file is left


def test_page_is_whole_self_contained_and_escaped(written):
    comparison, folder, _ = written
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    assert "script" not in page.seen
    assert len(page.sources) == 5 and all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert not re.search(r"https?://|url\(|@import", text)
    seen = "".join(page.texts)
    assert (
        NASTY.rpartition("/")[2] in seen
        and "/data/" not in text
        and 'name="viewport"' in text
        and "@media print" in text
    )
    told = tell(comparison)
    for line in (*told.conclusions, *told.warnings, *told.method):
        assert line in seen


def test_tables_are_in_both_and_sorted(written):
    comparison, folder, _ = written
    page = Page((folder / "report.html").read_text(encoding="utf-8"))
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    order = [entry.optimizer for entry in comparison.summary().entries]
    for table in report_tables.tables(comparison)[:4]:
        assert [row[0] for row in table.rows] == order
        assert all(len(row) == len(table.headings) for row in table.rows)
        for row in table.rows:
            assert f"| {' | '.join(map(plain, row))} |" in markdown
            assert set(row) - {""} <= set(page.texts)


def test_markdown_shows_pictures_beside_it_and_is_escaped(written):
    comparison, folder, _ = written
    text = (folder / "report.md").read_text(encoding="utf-8")
    links = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert len(links) == 5 and all((folder / link).is_file() for link in links)
    assert "<script>" not in text and "/data/" not in text
    (code,) = re.findall(r"^- command: (`{2,})(.+)\1$", text, re.M)  # more backticks than stand in it
    assert code[0] not in code[1] and heading.command(comparison.plan) == code[1].strip()
    assert not re.search(r"(?<!\\)[<`]", text.replace(code[1], "").replace(code[0], ""))


def test_every_step_is_in_steps_csv(written):
    comparison, folder, _ = written
    found = {}
    with open(folder / "steps.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = (row["optimizer"], float(row["learning_rate"]), int(row["seed"]))
            found.setdefault(key, []).append((int(row["step"]), float(row["loss"])))
    assert len(found) == len(comparison.runs)
    for cell, run in comparison.runs.items():
        steps, losses = zip(*found[cell.optimizer, cell.learning_rate, cell.seed], strict=True)
        assert list(steps) == list(range(1, len(run.loss) + 1))
        np.testing.assert_array_equal(losses, run.loss)  # bit for bit, infinities too


def test_summary_csv(written):
    comparison, folder, _ = written
    with open(folder / "summary.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row, entry in zip(rows, comparison.summary().entries, strict=True):
        assert row["optimizer"] == entry.optimizer
        assert float(row["learning_rate"]) == entry.rate
        assert float(row["best_test_loss_median"]) == entry.best["test_loss"].median
        assert float(row["steps_to_target_upper"]) == entry.steps.upper
        assert int(row["slot_bytes"]) == entry.slot_bytes
        if entry.to_leader:
            assert float(row["loss_minus_best_low"]) == entry.to_leader["loss"].low


def test_summary_json(written):
    comparison, folder, _ = written
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    summary, told = comparison.summary(), tell(comparison)
    assert found["plan"] == comparison.plan.to_dict()
    assert found["conclusions"] == told.conclusions
    assert [entry["optimizer"] for entry in found["entries"]] == [entry.optimizer for entry in summary.entries]
    assert found["entries"][0]["best"]["test_loss"]["median"] == summary.entries[0].best["test_loss"].median


def test_never_reached_is_null_never_and_inf(one_picture, made, tmp_path):
    comparison = made(target=1e-9)
    report.write(comparison, tmp_path)
    found = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert all(entry["steps"]["median"] is None and entry["reached"] == 0 for entry in found["entries"])
    assert "| never |" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert ",inf," in (tmp_path / "summary.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", ["nothing finished", "a seed missing", "failed", "excluded", "one seed, a regression"])
@pytest.mark.slow
def test_every_state_has_a_report(case, one_picture, made, tmp_path):
    comparison = made(seeds=1, accuracy=False) if case.startswith("one") else made()
    cells = comparison.plan.cells()
    if case == "nothing finished":
        comparison.runs, comparison.missing = {}, cells
    elif case == "a seed missing":
        comparison.missing = [cells[-1]]
        del comparison.runs[cells[-1]]
    elif case == "failed":
        comparison.runs[cells[0]] = Run.failure(cells[0], "ValueError: <b>|")
    elif case == "excluded":
        comparison.parity["lion"] = {"ok": False, "worst": None, "sentence": "momentum is off by <1>"}
        comparison.runs = {cell: run for cell, run in comparison.runs.items() if cell.optimizer != "lion"}
    paths = report.write(comparison, tmp_path)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    seen = "".join(page.texts)
    assert not page.open and all(path.is_file() for path in paths)
    assert all(line in seen for line in tell(comparison).warnings)
    assert bool(page.sources) == (case != "nothing finished")


@pytest.mark.slow
def test_a_failure_leaves_the_old_report(one_picture, made, tmp_path, monkeypatch):
    comparison = made()
    report.write(comparison, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def broken(comparison):
        yield "optimizer\n"
        raise OSError("no space left")

    monkeypatch.setattr(report, "steps_csv", broken)
    with pytest.raises(OSError, match="no space"):
        report.write(comparison, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_written_twice_it_is_the_same(one_picture, made, tmp_path):
    report.write(made(), tmp_path)
    before = (tmp_path / "report.html").read_bytes()
    report.write(made(), tmp_path)
    assert (tmp_path / "report.html").read_bytes() == before


@pytest.mark.parametrize(("value", "text"), [(math.inf, "never"), (0.0123, "12.3 ms"), (2.0, "2 s"), (0.0, "0 us")])
def test_duration(value, text):
    assert report_tables.duration(value) == text


def test_the_command_at_the_top_makes_the_same_plan(made):
    """What is printed is typed again, and gives the comparison's own plan."""
    import shlex
    from dataclasses import replace

    from handnn.cli.compare import command
    from handnn.cli.compare_plan import plan_of
    from handnn.compare import plan as planning

    base = [
        "--data",
        "moons",
        "--layers",
        "4",
        "--epochs",
        "2",
        "--optimizers",
        "sgd,adam(beta_1=0.8)",
        "--target",
        "0.5",
    ]
    for options in (
        "",
        "--rates 3 --rate-step 1",
        "--learning-rates 0.1,0.01 --seeds 3-4",
        "--search sobol --trials 4 --dtype float64",
        "--extend 0 --seeds 7-7",
    ):
        given = [*base, *options.split()]
        plans = []
        for words in (given, None):
            typed = shlex.split(heading.command(plans[0]))[2:] if words is None else words
            found = command.make_context("compare", typed).params
            plans.append(plan_of(**{name: found[name] for name in found if name not in (
                "jobs", "dask", "logdir", "run_name", "resume", "surfaces", "as_json")}))  # fmt: skip
        assert replace(plans[1], activation=plans[0].activation) == plans[0]
    assert planning.dataset("moons", 0, "float32").describe() == heading.data_line(plans[0])


def test_r2_and_baselines_of_a_regression_are_those_of_the_data(made, tmp_path):
    from dataclasses import replace

    from handnn.compare.context import baseline

    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    np.savez(tmp_path / "n.npz", x=x, y=x @ [[1.0], [2.0], [3.0]] + 0.1 * rng.normal(size=(60, 1)))
    comparison = made(accuracy=False, data="digits")
    plan = replace(comparison.plan, data=str(tmp_path / "n.npz"), layers=(3, 4, 1), output="linear",
                   loss="mean_squared_error", digest="", dtype="float64")  # fmt: skip
    y = baseline.planning.samples(plan).test.y
    scale = baseline.r2_scale(plan)
    found = baseline.r2(comparison.summary().entries[0].best["test_loss"], scale)
    for loss, value in zip(comparison.summary().entries[0].best["test_loss"].values, found.values, strict=True):
        assert value == 1 - loss / np.var(y)
    assert found.lower <= found.median <= found.upper
    line = baseline.baseline_line(plan)
    assert line.startswith("mean R2 ") and "linear regression R2 0.99" in line and "MAE" in line
    assert baseline.r2_scale(replace(plan, loss="huber")) is None
    headings = report_tables.results(comparison.summary(), scale).headings
    assert "test R2" in headings and "test accuracy" not in headings
    assert baseline.baseline_line(replace(plan, data="/no/such.csv")) == ""

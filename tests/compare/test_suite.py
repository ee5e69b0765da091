"""Several data sets: profiles beside a brute-force count, folders that are continued, the report over all."""

import html
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from handnn.cli.compare_plan import data_names
from handnn.compare import Comparison, style
from handnn.compare.context import heading
from handnn.compare.suite import profiles, report
from handnn.compare.suite.folder import Suite, names_of


@pytest.fixture
def several(plan, made_run):
    """`several({"moons": {"sgd": [steps of each seed]}})`: comparisons whose target is reached after so many steps."""

    def make(times):
        found = {}
        for name, own in times.items():
            p = replace(plan(*own, data=name, target=0.5), rates=dict.fromkeys(own, (0.1,)))
            p = replace(p, seeds=tuple(range(len(next(iter(own.values()))))), defaults=dict.fromkeys(own, 0.5))
            runs = {}
            for cell in p.cells():
                steps = own[cell.optimizer][cell.seed] * (3 if cell.learning_rate == 0.5 else 1)
                loss = 0.1 if math.isfinite(steps) else 0.9
                runs[cell] = replace(made_run(cell, loss, loss), evaluated_at=np.array([0, steps]))
            found[name] = Comparison(p, runs)
        return found

    return make


def height(ratios, tau_max=profiles.TAU_MAX, points=100_000):
    """Return the mean height of a profile by summing it over many taus."""
    taus = 1 + (tau_max - 1) * (np.arange(points) + 0.5) / points
    return np.mean([np.mean(np.array(ratios) <= tau) for tau in taus[::100]])


TIMES = {
    "moons": {"sgd": [40, 44, 42], "adam": [20, 20, 26], "lion": [math.inf] * 3},
    "xor": {"sgd": [10, 12, 14], "adam": [30, 31, 40], "lion": [18, 18, math.inf]},
    "circles": {"sgd": [math.inf] * 3, "adam": [math.inf] * 3, "lion": [math.inf] * 3},
}


def test_ratios_and_scores_are_what_counting_gives(several):
    found = {own.optimizer: own for own in profiles.profiles(several(TIMES), "chosen")}
    assert found["sgd"].ratios == {"moons": 2.1, "xor": 1.0, "circles": math.inf}
    assert found["adam"].ratios == {"moons": 1.0, "xor": 31 / 12, "circles": math.inf}
    assert found["lion"].ratios == {"moons": math.inf, "xor": 1.5, "circles": math.inf}
    assert [found["sgd"].at(tau) for tau in (1, 2.09, 2.1, 4)] == [1 / 3, 1 / 3, 2 / 3, 2 / 3]
    for own in found.values():
        ratios = list(own.ratios.values())
        assert abs(own.score - height(ratios)) < 3 / 1000  # a step of the sum for each data set
        assert own.low <= own.score <= own.high
    assert list(found) == sorted(found, key=lambda name: -found[name].score)


def test_a_target_reached_before_the_first_step_is_the_fastest():
    assert profiles.ratios_of(np.array([[0.0, 4.0, 0.0, np.inf]])).tolist() == [[1.0, math.inf, 1.0, math.inf]]


def test_the_interval_knows_which_seeds_are_paired(several):
    """Seeds that are hard for all change no ratio."""
    hard = [10, 100, 1000]
    (one, other) = profiles.profiles(several({"moons": {"sgd": hard, "adam": [2 * t for t in hard]}}), "chosen")
    assert (one.score, one.low, one.high) == (1.0, 1.0, 1.0)
    assert (other.low, other.high) == (other.score, other.score) == (2 / 3, 2 / 3)


def test_who_did_not_take_part_everywhere_has_no_profile(several):
    comparisons = several(TIMES)
    comparisons["xor"].parity = {"sgd": {"ok": False, "sentence": "off"}}
    assert [own.optimizer for own in profiles.profiles(comparisons)] == ["adam", "lion"]
    assert any("sgd did not take part on xor" in line for line in report.warnings(comparisons))


def test_equal_scores_share_the_first_place(several):
    comparisons = several({"moons": {"sgd": [10] * 3, "adam": [10] * 3, "lion": [70] * 3}})
    lines = report.conclusions(comparisons, report.all_profiles(comparisons))
    assert "To the target, fastest trial: sgd and adam share the highest profile score, 1.00." in lines


def test_the_report_over_all_data_sets_is_whole(several, tmp_path, monkeypatch):
    monkeypatch.setattr(style, "DPI", 40)
    comparisons = several(TIMES)
    paths = report.write(comparisons, tmp_path)
    assert {path.name for path in paths} == {"report.html", "report.md", "summary.json", "profiles.png"}
    page, found = (tmp_path / "report.html").read_text(), json.loads((tmp_path / "summary.json").read_text())
    for line in (*found["conclusions"], *found["warnings"]):
        assert line in page.replace("&#x27;", "'")
    assert 'href="moons/report.html"' in page and "3 optimizers on moons, xor and circles" in page
    command = heading.command(*[own.plan for own in comparisons.values()])
    assert "--data moons,xor,circles" in command and "--target 0.5" in command
    assert f"- command: `{command}`" in (tmp_path / "report.md").read_text() and html.escape(command) in page
    assert set(found["profiles"]) == set(profiles.WAYS)
    assert any("fastest trial: sgd has the highest" in line for line in found["conclusions"])
    rows = report.tables(comparisons, report.all_profiles(comparisons))[1].rows
    assert ["adam", "20 (1.00)", "31 (2.58)", "never"] in rows


def test_folders_are_continued_and_others_refused(plan, tmp_path):
    plans = [plan("sgd", data=name) for name in ("moons", "/a/my table.csv", "/b/my table.csv")]
    assert names_of(plans) == ["moons", "my-table", f"my-table-{plans[2].fingerprint[:8]}"]
    suite = Suite(tmp_path / "s")
    folders = suite.open(plans)
    assert [folder.plan() for folder in folders] == plans == [folder.plan() for folder in suite.open(plans)]
    with pytest.raises(ValueError, match="another comparison of data sets"):
        suite.open(plans[:2])
    with pytest.raises(ValueError, match="holds other files"):
        Suite(tmp_path / "s/moons").open(plans)
    (tmp_path / "s/suite.json").write_text('{"comparisons": ["../moons"]}')
    with pytest.raises(ValueError, match="does not name comparisons"):
        suite.read()


def test_names_of_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a,b.csv").touch()
    assert data_names("a,b.csv") == ["a,b.csv"] and data_names("digits, moons") == ["digits", "moons"]
    for wrong in ("digits,", "moons,moons"):
        with pytest.raises(ValueError, match="--data must name different data sets"):
            data_names(wrong)

"""What is tried: grids that grow, points of Sobol's sequence, the defaults; each resumed and read back."""

import json
from dataclasses import replace

import numpy as np
import pytest

from handnn.compare import Cell, Comparison, Plan, results
from handnn.compare.search import extension, space, trials
from handnn.compare.sentences import tell
from handnn.specs import optimizer as optimizer_spec


@pytest.mark.parametrize("label", [*optimizer_spec.NAMES, "adam(beta_1=0.8)", "adamw(weight_decay=0.1)"])
def test_every_trial_is_within_its_ranges_and_makes_an_optimizer(label):
    found, searched = trials.sobol(label, 8), space.ranges(label)
    rates = [rate for rate, _ in found]
    assert rates == sorted(set(rates)) and len(rates) == 8
    low, high, _ = space.rate_range(label)
    assert low <= rates[0] and rates[-1] <= high * 1.1
    fixed = optimizer_spec.parse(label)[1]
    assert not set(searched) & set(fixed)
    for rate, options in found:
        made = optimizer_spec.make(label, rate, None, options)
        assert set(options) == set(searched)
        for name, value in {**options, **fixed}.items():
            assert getattr(made, name) == value
        for name, own in searched.items():
            seen = 1 - options[name] if own.memory else options[name]
            assert own.low * 0.995 <= seen <= own.high * 1.005  # three digits


@pytest.mark.parametrize("name", ["learning_rate", "beta_1", "epsilon"])
def test_points_fill_every_scale_evenly(name):
    """Of 16 points of a balanced sequence, each sixteenth of every logarithmic range has one."""
    found = trials.sobol("adam", 16)
    own = {"learning_rate": space.rate_range("adam"), **space.ranges("adam")}[name]
    values = [rate if name == "learning_rate" else options[name] for rate, options in found]
    shares = [np.log((1 - v if own.memory else v) / own.low) / np.log(own.high / own.low) for v in values]
    cells = np.clip(np.floor(16 * np.array(shares) + 1e-9), 0, 15)
    assert len(set(cells)) >= 15  # rounding to three digits may move one over a border


def test_no_trial_has_the_default_rate_or_that_of_another():
    rates = [rate for rate, _ in trials.sobol("sgd", 64, (0.1, 0.101), taken=0.1)]
    assert len(set(rates)) == 64 and 0.1 not in rates


def test_an_optimizer_of_ones_own_is_searched_by_its_arguments(monkeypatch):
    class Rule:
        def __init__(self, lr=0.02, decay=0.9, steps=3, eps=0.5e-3):
            pass

        def step(self, weights, gradients):
            pass

    monkeypatch.setitem(optimizer_spec.OWN, "mine", Rule)
    assert set(space.ranges("mine")) == {"decay", "eps"}
    assert optimizer_spec.default_rate("mine") == 0.02
    assert optimizer_spec.make("mine", 0.1, None, {"decay": 0.5}).make() is not None


def planned(plan, *labels, **options):
    return replace(plan(*labels), **trials.chosen([optimizer_spec.canonical(label) for label in labels], **options))


def test_all_optimizers_have_the_same_budget(plan):
    for p, count in ((planned(plan, "sgd", "adam", count=3), 3), (planned(plan, "sgd", "adam", search="sobol"), 16)):
        assert {len(p.rates[label]) for label in p.optimizers} == {count}
        assert Plan.from_dict(json.loads(json.dumps(p.to_dict()))) == p
    assert trials.chosen(["adam"], given=[0.1, 0.01])["extend"] == 0
    for wrong in ({"search": "random"}, {"search": "sobol", "given": [0.1]}, {"search": "sobol", "extend": 2}):
        with pytest.raises(ValueError, match=r"must be|is for a grid"):
            trials.chosen(["adam"], **wrong)


def test_a_cell_trains_with_the_options_of_its_trial_and_none_at_the_defaults(plan):
    p = planned(plan, "adam", search="sobol", count=4)
    cells = [cell for cell in p.cells() if cell.seed == 0]
    assert len(cells) == 5 and cells[-1].learning_rate == p.defaults["adam"] == 0.001
    for cell in cells[:-1]:
        options = p.trial("adam", cell.learning_rate)
        assert {name: getattr(p.model(cell).optimizer, name) for name in options} == options
        assert options["beta_1"] != 0.9
    assert p.trial("adam", 0.001) == {} and p.model(cells[-1]).optimizer.beta_1 == 0.9


def test_the_default_rate_on_the_grid_runs_once(plan):
    p = planned(plan, "adam", "sgd", count=5)
    counts = {label: sum(cell.optimizer == label and cell.seed == 0 for cell in p.cells()) for label in p.optimizers}
    assert counts == {"adam": 5, "sgd": 6}


# ---- beyond the edge ------------------------------------------------------------------------------------------------


def valley(plan, made_up_run, best, done=lambda cell: True):
    """Return the runs of a plan whose loss is lowest at one rate, with all that the extension asks for."""
    runs = {}
    while True:
        rates = extension.extended(plan, runs)
        left = [Cell(label, rate, seed) for label in plan.optimizers for rate in rates[label] for seed in plan.seeds]
        left = [cell for cell in left if cell not in runs and done(cell)]
        if not left:
            return runs, rates
        for cell in left:
            loss = 0.1 + abs(np.log10(cell.learning_rate / best))
            runs[cell] = made_up_run(cell, loss, loss)


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        (0.01, (0.00316, 0.01, 0.0316)),
        (0.1, (0.00316, 0.01, 0.0316, 0.1, 0.316)),
        (1e-9, (0.0001, 0.000316, 0.001, 0.00316, 0.01, 0.0316)),
        (1e3, (0.00316, 0.01, 0.0316, 0.1, 0.316, 1.0)),
    ],
)
def test_a_grid_grows_while_the_best_rate_is_at_its_edge(plan, made_run, best, expected):
    p = replace(planned(plan, "adam", count=3, extend=3), defaults={})
    runs, rates = valley(p, made_run, best)
    assert rates == {"adam": expected}
    comparison = Comparison(p, runs)
    entry, told = comparison.summary()["adam"], tell(comparison)
    assert entry.added == len(expected) - 3
    assert (entry.edge != "") == (best in (1e-9, 1e3))
    assert any(
        "at most 3 rates" in line and (f"adam {entry.added}" in line) == (entry.added > 0) for line in told.method
    )


def test_a_grid_does_not_grow_before_all_seeds_are_there(plan, made_run):
    p = planned(plan, "adam", count=3, extend=3)
    _, rates = valley(p, made_run, 1.0, done=lambda cell: cell.seed == 0 or cell.learning_rate < 0.02)
    assert rates == {"adam": p.rates["adam"]}


def test_what_was_added_is_read_back_and_asked_for(plan, made_run, tmp_path):
    """A folder says itself what is missing, wherever a comparison stopped."""
    p = planned(plan, "adam", "sgd", count=3, extend=2)
    folder = results.Folder(tmp_path / "c")
    folder.open(p)
    rounds = 0
    while missing := folder.read().missing:
        rounds += 1
        for cell in missing:
            loss = 0.1 + abs(np.log10(cell.learning_rate / (10 if cell.optimizer == "adam" else 0.3)))
            folder.write(p, made_run(cell, loss, loss))
    found = folder.read()
    assert rounds == 3 and len(found.rates["adam"]) == 5 and found.rates["sgd"] == p.rates["sgd"]
    assert found.summary()["adam"].rate == max(found.rates["adam"])
    (tmp_path / "c/cells" / f"{Cell('adam', max(found.rates['adam']), 1).key}.npz").unlink()
    again = folder.read()
    assert again.missing == [Cell("adam", max(found.rates["adam"]), 1)] and again.summary()["adam"].added == 1


def test_at_the_defaults_and_the_fastest_trial(plan, made_run):
    p = planned(plan, "adam", "sgd", count=3, extend=0)
    runs = {cell: made_run(cell, cell.learning_rate, cell.learning_rate) for cell in p.cells()}
    summary = Comparison(p, runs).summary()
    sgd = summary["sgd"]
    assert (sgd.untuned.rate, sgd.untuned.best["test_loss"].median) == (0.01, 0.01)
    assert sgd.untuned.increase == 0.01 - sgd.best["test_loss"].median
    assert 0.01 not in sgd.by_rate and summary["adam"].untuned.rate == 0.001
    assert sgd.fastest_steps.values == (4.0, 4.0)
    slow = Comparison(replace(p, target=0.0), runs).summary()["sgd"]
    assert slow.fastest_steps.median == np.inf and slow.untuned.reached == 0

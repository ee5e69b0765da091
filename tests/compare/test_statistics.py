"""What is chosen on which data, paired intervals, infinities, and what is said."""

import math

import importlib

import numpy as np
import pytest

from handnn.compare import Run

from handnn.compare import Cell, Comparison
from handnn.compare import curves, statistics
from handnn.compare.sentences import tell
from handnn.compare.statistics import difference, quantile, spread

SEEDS = (0, 1, 2, 3)
NEAR, FAR = [0.10, 0.13, 0.09, 0.12], [0.31, 0.32, 0.30, 0.33]


def one_rate(plan, *names, **changes):
    rates = changes.pop("rates", dict.fromkeys(names, (0.1,)))
    return plan(*names, **{"seeds": SEEDS, "epochs": 1, "batch_size": 150, "target": 0.2, "rates": rates} | changes)


# ---- numbers over seeds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 9))
def test_quantiles_are_numpys(n, rng):
    values = list(rng.normal(size=n))
    roundings = 8 * 2**-53 * np.abs(values).max()  # four on either side, of numbers between two values
    for q in (0.0, 0.25, 0.5, 0.75, 1.0):
        assert abs(quantile(values, q) - np.quantile(values, q)) <= roundings


def test_infinities_keep_their_place_in_the_order():
    found = spread([1.0, math.inf, 3.0, math.nan, 2.0])
    assert found.values == (1.0, math.inf, 3.0, math.inf, 2.0)
    assert (found.lower, found.median, found.upper) == (2.0, 3.0, math.inf)
    assert spread([1.0, math.inf]).median == math.inf
    assert spread([math.inf] * 3).lower == math.inf


# ---- paired differences -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("comparisons", [1, 7])
def test_intervals_are_those_of_scipys_paired_t_test(rng, comparisons):
    one, other = rng.normal(size=(2, 6))
    found = difference("loss", one, other, 0.95, comparisons)
    from scipy import stats  # takes a second: not where it is only collected

    expected = stats.ttest_rel(one, other).confidence_interval(1 - 0.05 / comparisons)
    size = max(map(abs, (found.low, found.high)))  # each side rounds n + 4 times for the mean, and for the half width
    assert np.abs(np.subtract((found.low, found.high), expected)).max() <= 4 * (len(one) + 4) * 2**-53 * size
    assert found.mean == np.mean(one - other)


def test_pairing_takes_out_what_the_seeds_have_in_common(rng):
    hard = rng.normal(size=5) * 10
    one, other = hard + 0.1 + rng.normal(size=5) * 0.01, hard
    assert difference("loss", one, other, 0.95).verdict == "worse"
    assert difference("loss", one, other[::-1], 0.95).verdict == "undecided"


@pytest.mark.parametrize(("measure", "up", "down"), [("loss", "worse", "better"), ("accuracy", "better", "worse")])
def test_verdicts_know_which_way_is_better(measure, up, down):
    assert difference(measure, FAR, NEAR, 0.95).verdict == up
    assert difference(measure, NEAR, FAR, 0.95).verdict == down
    assert difference(measure, NEAR, NEAR[::-1], 0.95).verdict == "undecided"
    assert difference(measure, NEAR, NEAR, 0.95).verdict == "undecided"


@pytest.mark.slow
def test_the_level_holds_for_all_comparisons_together():
    """Of many families of seven equal optimizers and a leader, at most 5 % may show any difference."""
    rng, families, wrong = np.random.default_rng(1), 2000, 0
    for _ in range(families):
        leader, *others = rng.normal(size=(8, 5))
        wrong += any(difference("loss", other, leader, 0.95, 7).verdict != "undecided" for other in others)
    assert importlib.import_module("scipy.stats").binomtest(wrong, families, 0.05, alternative="greater").pvalue > 0.01
    assert wrong > families * 0.01


def test_without_the_correction_the_level_would_not_hold():
    rng, families, wrong = np.random.default_rng(1), 500, 0
    for _ in range(families):
        leader, *others = rng.normal(size=(8, 5))
        wrong += any(difference("loss", other, leader, 0.95, 1).verdict != "undecided" for other in others)
    assert importlib.import_module("scipy.stats").binomtest(wrong, families, 0.05, alternative="greater").pvalue < 0.01


def test_no_interval_without_two_finite_pairs():
    assert difference("loss", [1.0], [2.0], 0.95).reason == "one seed"
    found = difference("loss", [1.0, math.inf], [2.0, 2.0], 0.95)
    assert (found.low, found.high, found.verdict, found.mean) == (None, None, "", math.inf)
    assert difference("loss", [math.inf] * 2, [math.inf] * 2, 0.95).verdict == "undecided"


# ---- choices ----------------------------------------------------------------------------------------------------


def test_choices_are_made_on_validation_data_and_reported_on_test_data(plan, made_up):
    """The one that is best on test data alone is not chosen."""
    p = one_rate(plan, "sgd", "adam")
    comparison = made_up(p, {"sgd": NEAR, "adam": FAR}, {"sgd": FAR, "adam": NEAR})
    summary, told = comparison.summary(), tell(comparison)
    assert [entry.optimizer for entry in summary.entries] == ["adam", "sgd"]
    assert summary.leader.best["test_loss"].values == tuple(FAR)
    assert summary["sgd"].to_leader["loss"].verdict == "better"
    assert any("sgd is better than adam" in line and "not on validation data" in line for line in told.conclusions)


def test_the_rate_is_the_one_with_the_best_median_on_validation_data(plan, compared):
    p = plan("adam", rates={"adam": (1e-6, 0.03, 30.0)}, seeds=(0, 1, 2), epochs=3)
    comparison = compared(p)
    entry = comparison.summary()["adam"]
    assert entry.rate == 0.03 and entry.edge == ""
    runs = [comparison.runs[Cell("adam", 0.03, seed)] for seed in p.seeds]
    assert entry.selection.values == tuple(run.val_loss.min() for run in runs)
    assert entry.best["test_loss"].values == tuple(run.test_loss[run.val_loss.argmin()] for run in runs)
    assert entry.final["test_accuracy"].values == tuple(run.test_accuracy[-1] for run in runs)
    assert entry.by_rate[1e-6].median > entry.selection.median < entry.by_rate[30.0].median
    assert entry.off_by_one == max(entry.by_rate[r].median for r in (1e-6, 30.0)) - entry.selection.median


@pytest.mark.parametrize(("rates", "edge"), [((0.03, 30.0), "lowest"), ((1e-6, 0.03), "highest"), ((0.03,), "")])
def test_a_best_rate_on_the_edge_is_warned_of(plan, compared, rates, edge):
    comparison = compared(plan("adam", rates={"adam": rates}, epochs=3))
    summary, told = comparison.summary(), tell(comparison)
    assert summary["adam"].edge == edge
    assert any(f"adam (0.03) is the {edge} of those tried" in line for line in told.warnings) == bool(edge)
    assert any("had one learning rate" in line for line in told.warnings) == (len(rates) == 1)


def test_a_search_without_a_grid_has_no_edge(plan, made_up):
    p = plan("sgd", rates={"sgd": (0.1, 0.2)}, search="sobol", options={"sgd": ({}, {})})
    assert made_up(p, {"sgd": [0.1, 0.1]}).summary()["sgd"].edge == ""


def test_steps_and_seconds_to_the_target(plan, made_up):
    p = one_rate(plan, "sgd", "adam", "lion", seeds=(0, 1, 2))
    summary = made_up(p, {"sgd": [0.1] * 3, "adam": [0.1, 0.3, 0.1], "lion": [0.3, 0.3, 0.1]}).summary()
    assert [summary[name].reached for name in p.optimizers] == [3, 2, 1]
    assert [summary[name].steps.median for name in p.optimizers] == [4.0, 4.0, math.inf]
    assert summary["adam"].seconds.values == (1.0, math.inf, 1.0)


def test_a_failed_cell_counts_as_infinitely_bad_and_is_named(plan, made_up):
    p = one_rate(plan, "sgd", "adam")
    comparison = made_up(p, {"sgd": NEAR, "adam": [0.2, None, 0.2, 0.2]})
    summary, told = comparison.summary(), tell(comparison)
    assert summary["adam"].selection.values[1] == math.inf
    assert summary["adam"].best["test_accuracy"].values[1] == -math.inf
    assert summary["adam"].final["test_accuracy"].values[1] == -math.inf
    assert summary["adam"].final["test_loss"].values[1] == math.inf
    assert summary["adam"].slot_bytes == 8  # of a run that did not fail
    assert summary["adam"].to_leader["loss"].verdict == ""
    text = " ".join([*told.warnings, *told.conclusions])
    assert "adam_lr1e-01_seed1 failed" in text and "adam: no interval" in text
    every = tell(made_up(p, {"sgd": NEAR, "adam": [None] * 4})).warnings
    assert "4 runs of adam failed, and count as infinitely bad: ValueError: made up" in every


def test_a_seed_in_which_a_rule_diverges_at_every_rate_is_told(plan, made_up):
    p = plan("sgd", rates={"sgd": (0.1, 0.2)}, seeds=(0, 1, 2, 3))
    comparison = made_up(p, {"sgd": [0.2, math.nan, 0.2, 0.2]})
    for cell, run in comparison.runs.items():
        run.loss = np.array([1.0, 1.0, math.nan, math.nan]) if cell.seed == 1 else run.loss
    told = "sgd diverged in 1 of 4 seeds at its best learning rate, 0.1."
    assert f"{told} In seed 1 it did so within 2 steps at every rate tried." in tell(comparison).warnings
    run = comparison.runs[Cell("sgd", 0.2, 1)]
    run.val_loss = run.test_loss = np.array([9.0, 0.3])
    comparison = Comparison(p, comparison.runs)
    assert told in tell(comparison).warnings


@pytest.mark.parametrize(("slow", "many"), [(0.1, 2), (0.3, 0)])
def test_times_to_the_target_of_a_few_epochs_are_told_to_be_coarse(plan, made_up, slow, many):
    """The target is 0.2; the time of what never reaches it is not coarse."""
    p = one_rate(plan, "sgd", "adam", target=0.2)
    lines = [
        line for line in tell(made_up(p, {"sgd": [0.1] * 4, "adam": [slow] * 4})).warnings if "whole epochs" in line
    ]
    assert [line.partition(" reach")[0] for line in lines] == [f"{many} of 2 optimizers"] * bool(many)


def test_optimizers_that_always_fail_or_diverge_come_last(plan, made_up):
    p = one_rate(plan, "sgd", "adam", "lion")
    comparison = made_up(p, {"sgd": [math.nan] * 4, "adam": [None] * 4, "lion": FAR})
    summary, told = comparison.summary(), tell(comparison)
    assert summary.leader.optimizer == "lion"
    assert any("sgd diverged in 4 of 4 seeds" in line for line in told.warnings)
    for name, mostly in (("sgd", True), ("adam", True), ("lion", False)):
        assert curves.diverged(comparison, name, summary[name].rate) == mostly


def test_half_of_the_runs_are_not_most(plan, made_up):
    comparison = made_up(
        one_rate(plan, "sgd", "adam"), {"sgd": [0.1, 0.1, None, None], "adam": [0.1, None, None, None]}
    )
    assert [curves.diverged(comparison, name, 0.1) for name in ("sgd", "adam")] == [False, True]


def test_bands_are_over_evaluations_and_losses_over_steps(plan, made_up):
    comparison = made_up(one_rate(plan, "sgd"), {"sgd": [0.1, 0.4, math.nan, 0.2]})
    runs = list(comparison.runs.values())
    found = curves.band(runs, "val_loss")
    assert found.at.tolist() == [0, 4] and curves.band(runs, "loss").at.tolist() == [1, 2, 3, 4]
    whole = spread([run.val_loss[-1] for run in runs])
    assert (found.lower[1], found.median[1], found.upper[1]) == (whole.lower, whole.median, whole.upper)
    assert found.upper[1] == math.inf and curves.band([], "val_loss") is None


def test_what_diverges_late_counts_with_its_best_epoch_and_is_warned_of(plan, compared):
    p = plan("sgd", rates={"sgd": (1e30,)}, activation="relu")
    entry = compared(p).summary()["sgd"]
    assert math.isfinite(entry.selection.median) and entry.final["val_loss"].median == math.inf
    assert entry.diverged == 2


def test_only_seeds_whose_cells_are_all_finished_count(plan, made_up):
    p = one_rate(plan, "sgd", "adam")
    whole = made_up(p, {"sgd": NEAR, "adam": FAR})
    lost = next(cell for cell in whole.runs if cell.seed == 2)
    part = Comparison(p, {c: run for c, run in whole.runs.items() if c != lost}, missing=[lost])
    comparison = part
    summary, told = comparison.summary(), tell(comparison)
    assert summary.seeds == (0, 1, 3)
    assert summary["sgd"].selection.values == tuple(NEAR[i] for i in (0, 1, 3))
    assert any("1 cell is not finished; 1 seed left out" in line for line in told.warnings)
    comparison = Comparison(p, {}, missing=p.cells())
    nothing, told = comparison.summary(), tell(comparison)
    assert nothing.entries == [] and nothing.leader is None
    assert told.conclusions == ["No seed is finished: nothing can be concluded yet."]


def test_an_optimizer_that_keras_contradicts_does_not_enter(plan, made_up):
    p = one_rate(plan, "sgd", "adam")
    comparison = made_up(p, {"sgd": NEAR, "adam": NEAR})
    comparison.parity = {"adam": {"ok": False, "sentence": "w0 stepped is off"}}
    summary, told = comparison.summary(), tell(comparison)
    assert [entry.optimizer for entry in summary.entries] == ["sgd"]
    assert any("adam is left out" in line and "w0 stepped is off" in line for line in told.warnings)


# ---- sentences --------------------------------------------------------------------------------------------------


def test_conclusions_say_what_is_known_and_what_is_not(plan, made_up):
    p = one_rate(plan, "sgd", "adam", "nadam")
    nadam = [0.11, 0.12, 0.10, 0.12]
    comparison = made_up(p, {"sgd": FAR, "adam": NEAR, "nadam": nadam})
    summary, told = comparison.summary(), tell(comparison)
    found = summary["sgd"].to_leader["loss"]
    assert found.verdict == "worse" and 0 < found.low < found.high
    first, equal, more, worse = told.conclusions
    assert first.startswith("Lowest validation loss: adam at a learning rate of 0.1 (test loss 0.11, accuracy 98.9%)")
    assert equal == "With 4 seeds, adam and nadam cannot be told apart by their test loss."
    needed = summary["nadam"].to_leader["loss"].seeds_needed
    assert more.endswith(f"further ones are like these: nadam about {needed - 4:,.0f}.")
    assert worse == f"sgd is worse than adam by {found.low:.3g} to {found.high:.3g} in test loss."
    assert any("95% for all 2 together (Bonferroni: 97.50% each)" in line for line in told.method)
    assert any("split of the data is the same" in line for line in told.method)


def test_with_one_seed_there_are_no_intervals_and_it_says_so(plan, made_up):
    p = one_rate(plan, "sgd", "adam", seeds=(0,))
    comparison = made_up(p, {"sgd": [0.3], "adam": [0.1]})
    summary, told = comparison.summary(), tell(comparison)
    assert summary["sgd"].to_leader["loss"].low is None
    assert any("With 1 seed" in line and "no ranking" in line for line in told.conclusions)
    assert not any(word in " ".join(told.conclusions) for word in ("worse than", "better than", "told apart by"))
    assert not any("Bonferroni" in line for line in told.method)


def test_one_optimizer_is_compared_with_nothing(plan, made_up):
    comparison = made_up(one_rate(plan, "sgd"), {"sgd": NEAR})
    told = tell(comparison)
    assert "alone" in told.conclusions[0]


def test_the_summary_is_ready_for_json(plan, made_up):
    import json

    p = one_rate(plan, "sgd", "adam")
    found = json.loads(json.dumps(made_up(p, {"sgd": FAR, "adam": NEAR}).summary().to_dict()))
    assert found["entries"][1]["to_leader"]["loss"]["verdict"] == "worse"


# ---- other seeds ------------------------------------------------------------------------------------------------


def definite(summary):
    """Pairs (worse, better)."""
    leader = summary.leader.optimizer
    found = {(entry.optimizer, leader): entry.to_leader["loss"].verdict for entry in summary.entries[1:]}
    worse = {pair for pair, verdict in found.items() if verdict == "worse"}
    return worse | {pair[::-1] for pair, verdict in found.items() if verdict == "better"}


@pytest.mark.slow
def test_other_seeds_do_not_contradict_what_was_definite(plan, compared):
    names = ("sgd", "adam", "ftrl", "lion", "momentum")
    found = [definite(compared(plan(*names, seeds=seeds, epochs=6, batch_size=64)).summary())
             for seeds in ((0, 1, 2, 3, 4), (5, 6, 7, 8, 9))]  # fmt: skip
    assert found[0] and found[1]
    assert not found[0] & {pair[::-1] for pair in found[1]}


def test_a_mistake_in_the_pairing_would_be_seen(plan, made_up, monkeypatch):
    """The planted mistake: seeds in another order on one side."""
    one, other = [0.10, 0.50, 0.90, 1.30], [0.11, 0.515, 0.91, 1.312]
    p = one_rate(plan, "sgd", "adam")
    assert made_up(p, {"sgd": other, "adam": one}).summary()["sgd"].to_leader["loss"].verdict == "worse"
    right = statistics.difference
    monkeypatch.setattr(statistics, "difference", lambda m, a, b, *rest: right(m, a[::-1], b, *rest))
    assert made_up(p, {"sgd": other, "adam": one}).summary()["sgd"].to_leader["loss"].verdict == "undecided"


def test_the_epoch_is_chosen_by_validation_and_the_target_is_its_first_crossing(plan):
    """The test loss has its minimum elsewhere; the validation loss leaves the target and comes back."""
    from handnn.compare import statistics

    given = plan("sgd")
    validation = np.array([9.0, 0.4, 0.9, 0.3, 0.45, 0.8])
    test = np.array([8.0, 0.7, 0.1, 0.6, 0.2, 0.5])
    losses = {f"{part}_loss": curve for part, curve in (("train", test), ("val", validation), ("test", test))}
    accuracies = {f"{part}_accuracy": 1 - test / 10 for part in ("train", "val", "test")}
    run = Run(next(iter(given.cells())), np.zeros(20), np.arange(6) * 4, **losses, **accuracies,
              seconds=np.arange(6.0), step_seconds=0.25, slot_bytes=8)  # fmt: skip
    assert statistics.chosen_epoch(run) == 3
    assert statistics.at_chosen_epoch(run, "test_loss") == 0.6
    assert statistics.to_target(run, 0.5, "evaluated_at") == 4
    assert statistics.to_target(run, 0.5, "seconds") == 1

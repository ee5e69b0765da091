"""The pictures of a comparison: that they show what was found, whatever it is, and that nothing overlaps."""

import io
import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text
from PIL import Image

from handnn.compare import Comparison, Run, plots, statistics, style
from handnn.compare.curves import band, chosen_runs, diverged, quartiles

MANY = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "nadam", "adagrad", "adadelta", "adamax", "ftrl",
        "lion", "lamb", "adam(beta_1=0.8, amsgrad=True, epsilon=1e-5)")  # fmt: skip


def failing(comparison, label):
    """Let every run of an optimizer fail."""
    for cell in comparison.runs:
        if cell.optimizer == label:
            comparison.runs[cell] = Run.failure(cell, "MemoryError: no more")
    return comparison


CASES = {
    "ordinary": lambda made: made(),
    "many": lambda made: made(MANY),
    "one seed, one rate, a regression": lambda made: made(seeds=1, rates=1, accuracy=False),
    "alone": lambda made: made(("adam",)),
    "never reached": lambda made: made(target=1e-9),
    "reached before the first step": lambda made: made(target=10.0),
    "one failed": lambda made: failing(made(), "lion"),
    "all failed": lambda made: failing(made(("adam",)), "adam"),
}


QUICK = ("one seed, one rate, a regression", "reached before the first step", "one failed", "all failed")
EACH = [case if case in QUICK else pytest.param(case, marks=pytest.mark.slow) for case in CASES]


@pytest.mark.quick(1)
@pytest.mark.parametrize("case", EACH)
def test_every_picture_of_every_case(case, made):
    """No warning either, such as that of a layout without room."""
    found = plots.pictures(CASES[case](made))
    assert {"validation", "training", "target"} <= set(found) <= set(plots.FIGURES)
    for figure, caption in found.values():
        content = style.png(figure)
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.width == int(figure.get_figwidth() * style.DPI)
        assert caption.endswith(".")


def test_no_picture_without_a_finished_seed(made):
    comparison = made()
    comparison.missing = [cell for cell in comparison.plan.cells() if cell.optimizer == "sgd"]
    assert plots.pictures(comparison) == {}


@pytest.mark.slow
def test_no_differences_of_one_and_no_sensitivity_to_one_rate(made):
    assert "differences" not in plots.pictures(made(("adam",)))
    assert "sensitivity" not in plots.pictures(made(rates=1))


# ---- the numbers -----------------------------------------------------------------------------------------------------

numbers = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(st.integers(1, 7).flatmap(lambda n: st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=1, max_size=4)))
@pytest.mark.slow
def test_quartiles_are_those_of_the_statistics(columns):
    found = np.array(quartiles(np.array(columns).T))
    for column, triple in zip(columns, found.T, strict=True):
        spread = statistics.spread(column)
        np.testing.assert_array_equal(triple, [spread.median, spread.lower, spread.upper])


def test_bands_are_of_the_chosen_runs(made):
    comparison = made()
    for entry in comparison.summary().entries:
        runs = chosen_runs(comparison, entry)
        assert [run.cell.seed for run in runs] == list(comparison.summary().seeds)
        last = [band(runs, "val_loss").median[-1], band(runs, "test_accuracy").upper[-1]]
        assert last == [entry.final["val_loss"].median, entry.final["test_accuracy"].upper]
        steps = band(runs, "loss")
        assert len(steps.at) == len(runs[0].loss) and steps.at[0] == 1


def lines(figure, label):
    return [line for line in figure.axes[0].lines if line.get_label() == label]


def test_validation_curve(made):
    comparison = made()
    figure = plots.validation(comparison)
    drawn = {line.get_color(): line for line in figure.axes[0].lines}
    looks = style.look(comparison.plan.optimizers)
    for entry in comparison.summary().entries:
        line = drawn[looks[entry.optimizer]["color"]]
        np.testing.assert_array_equal(line.get_ydata(), band(chosen_runs(comparison, entry), "val_loss").median)
    assert {text.get_text() for text in figure.axes[0].texts} >= set(comparison.plan.optimizers)


def test_sensitivity_curve_ends_at_the_top_edge_where_it_diverged(made):
    comparison = made()
    figure = plots.sensitivity(comparison)
    ax, seen = figure.axes[0], 0
    for entry in comparison.summary().entries:
        (line,) = lines(figure, entry.optimizer)
        for rate, y in zip(*line.get_data(), strict=True):
            gone = diverged(comparison, entry.optimizer, rate)
            seen += gone
            assert y == (ax.get_ylim()[1] if gone else entry.by_rate[rate].median)
        chosen = [mark for mark in ax.lines if mark.get_markersize() == 9 and mark.get_color() == line.get_color()]
        assert [mark.get_xdata()[0] for mark in chosen] == [entry.rate]
    assert seen
    crosses = sum(len(mark.get_xdata()) for mark in ax.lines if mark.get_marker() == "X")
    assert crosses == seen
    assert any("diverged" in text.get_text() for text in ax.texts)


@pytest.mark.slow
def test_many_optimizers_have_a_panel_of_trials_each(made):
    """Colours are eight: of more optimizers no picture shows all trials in one panel."""
    comparison = made(("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "nadam", "adamax", "lion"), seeds=2)
    figure = plots.sensitivity(comparison)
    panels = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title("left") for ax in panels] == [entry.optimizer for entry in comparison.summary().entries]
    for ax, entry in zip(panels, comparison.summary().entries, strict=True):
        (line,) = [line for line in ax.lines if line.get_label() == entry.optimizer]
        assert line.get_xdata().tolist() == sorted(entry.by_rate)


def test_differences_so_large_that_they_hide_the_others_leave_the_axis(made):
    comparison = made(("sgd", "adam", "lion", "nadam"))
    last = comparison.summary().entries[-1].optimizer
    for cell, run in comparison.runs.items():
        if cell.optimizer == last:
            run.test_loss = run.test_loss + 1000.0
    comparison = Comparison(comparison.plan, comparison.runs, comparison.parity)
    (ax,) = plots.differences(comparison).axes
    *others, far = comparison.summary().entries[1:]
    assert far.optimizer == last and far.to_leader["loss"].mean > ax.get_xlim()[1]
    assert all(entry.to_leader["loss"].high < ax.get_xlim()[1] for entry in others)
    assert [text.get_text() for text in ax.texts if "worse: " in text.get_text()]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == ">"] == [ax.get_xlim()[1]]


def test_a_target_never_reached_is_hatched_to_the_edge(made):
    comparison = failing(made(target=0.5), "lion")
    for ax in plots.target(comparison).axes:
        hatched = [bar for bar in ax.patches if bar.get_hatch()]
        assert [bar.get_width() for bar in hatched] == [ax.get_xlim()[1]]
        assert [text.get_text() for text in ax.texts if text.get_ha() == "right"] == ["never"]


def test_differences(made):
    comparison = made()
    figure = plots.differences(comparison)
    others = comparison.summary().entries[1:]
    bars = [line.get_xdata() for line in figure.axes[0].lines if line.get_linewidth() == 2.4]
    assert [tuple(bar) for bar in bars] == [(e.to_leader["loss"].low, e.to_leader["loss"].high) for e in others]


# ---- the looks -------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-0.5, 1.5), max_size=20), st.floats(0.001, 0.2))
def test_labels_stand_apart_in_order_and_inside(places, gap):
    found = style.apart(places, gap, 1.0)
    order = np.argsort(places, kind="stable")
    least = min(gap, 1 / max(len(places) - 1, 1))
    assert np.all(np.diff(found[order]) >= least - 1e-9)
    assert np.all((found >= -1e-9) & (found <= 1 + 1e-9))


def test_labels_with_room_stay_where_they_are():
    np.testing.assert_allclose(style.apart([0.9, 0.1, 0.5], 0.1, 1.0), [0.9, 0.1, 0.5])


@pytest.mark.slow
def test_end_labels_do_not_overlap(made):
    comparison = made(MANY)
    figure = plots.validation(comparison)
    figure.draw_without_rendering()
    names = [text for text in figure.axes[0].texts if text.get_text() in comparison.plan.optimizers]
    boxes = sorted((Text.get_window_extent(text) for text in names), key=lambda box: box.y0)  # without their lines
    assert len(boxes) == len(MANY)
    assert all(low.y1 <= high.y0 for low, high in itertools.pairwise(boxes))
    assert boxes[0].y0 >= 0 and max(box.x1 for box in boxes) <= figure.bbox.x1


def test_every_look_is_another():
    looks = style.look([str(i) for i in range(32)]).values()
    assert len({(look["color"], str(look["linestyle"])) for look in looks}) == 32


@pytest.mark.slow
def test_no_pyplot_and_no_tensorflow():
    code = (
        "import sys; from handnn.compare import plots, report, style;"
        "assert 'matplotlib' not in sys.modules; style.png(style.figure(2, 2)[0]);"
        "assert not {'matplotlib.pyplot', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

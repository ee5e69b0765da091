"""The bar within an epoch: drawn where somebody watches, never into a file."""

import io
import sys

import numpy as np
import pytest

import handnn
from handnn.callbacks import base


class Screen(io.StringIO):
    """A terminal: what stands on it after all that was printed."""

    def isatty(self):
        return True

    def shown(self):
        return [line.rpartition("\r")[2].rstrip() for line in self.getvalue().split("\n")[:-1]]


def fit(verbose, screen, monkeypatch, x=None, **options):
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(base, "REDRAWN", 0.0)
    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2, name="out")], name="net")
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.ones((10, 3)) if x is None else x
    y = None if not isinstance(x, np.ndarray) else np.zeros((10, 2))
    return model.fit(x, y, batch_size=None if y is None else 2, epochs=2, verbose=verbose, **options).history


@pytest.mark.parametrize("verbose", [1, "auto"])
def test_a_bar_moves_and_the_line_of_the_epoch_replaces_it(verbose, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    screen = Screen()
    history = fit(verbose, screen, monkeypatch)
    drawn = screen.getvalue().split("\r")
    bars = [part for part in drawn if "━" in part]
    assert len(bars) == 10 and "━" * base.BAR in bars[4] and "━" * base.BAR not in bars[3]
    assert bars[1].startswith("Epoch 1/2 " + "━" * 8 + "─" * 12 + " 2/5 ") and "ms/step - loss: " in bars[1]
    assert screen.shown() == [
        f"Epoch {i + 1}/2 - loss: {history['loss'][i]:.4f} - mae: {history['mae'][i]:.4f}" for i in (0, 1)
    ]


def test_a_bar_is_no_wider_than_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    screen = Screen()
    fit(1, screen, monkeypatch)
    assert max(len(part.rstrip()) for part in screen.getvalue().split("\r") if "━" in part) == 39


def test_without_a_known_end_steps_are_counted(monkeypatch):
    screen = Screen()
    monkeypatch.setenv("COLUMNS", "200")

    def batches():
        while True:
            yield np.ones((2, 3)), np.zeros((2, 2))

    fit(1, screen, monkeypatch, batches(), steps_per_epoch=3)
    assert " 2/3 " in screen.getvalue()
    logger = base.ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 1, "steps": None})
    logger.on_epoch_begin(0)
    logger.on_train_batch_end(6, {"loss": 1.0})
    assert "Epoch 1/1 7 steps " in screen.getvalue()


@pytest.mark.parametrize(("verbose", "screen", "lines"), [(1, io.StringIO(), 2), (2, Screen(), 2), (0, Screen(), 0)])
def test_a_file_and_verbose_2_get_a_line_for_each_epoch(verbose, screen, lines, monkeypatch):
    fit(verbose, screen, monkeypatch)
    assert "\r" not in screen.getvalue() and len(screen.getvalue().splitlines()) == lines


def test_the_time_that_is_left_is_that_of_the_steps_so_far(monkeypatch):
    """Three of ten steps took 6 seconds: 2 each, 14 left."""
    clock, screen = iter([100.0, 100.0625, 106.0]), Screen()
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(base.time, "perf_counter", lambda: next(clock))
    logger = base.ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 1, "steps": 10})
    logger.on_epoch_begin(0)
    logger.on_train_batch_end(0, {"loss": 1.0})
    assert not screen.getvalue()  # it is drawn ten times a second at most
    logger.on_train_batch_end(2, {"loss": 1.0})
    assert " 3/10 14s left 2e+03 ms/step - loss: 1.0000" in screen.getvalue()


WATCHERS = [(True, None, True), (False, Screen(), True), (False, io.StringIO(), False), (False, object(), False)]


@pytest.mark.parametrize(("notebook", "screen", "watched"), WATCHERS, ids=["notebook", "terminal", "file", "no file"])
def test_who_watches(notebook, screen, watched, monkeypatch):
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", base)
    assert base._is_watched() == watched


def test_older_names_of_a_list_pass_batch_and_logs():
    class Own(base.Callback):
        def __init__(self):
            self.seen = []

        def on_train_batch_begin(self, batch, logs=None):
            self.seen.append(("begin", batch, logs))

        def on_train_batch_end(self, batch, logs=None):
            self.seen.append(("end", batch, logs))

    own = Own()
    callbacks = base.CallbackList([own])
    callbacks.on_batch_begin(3, {"a": 1})
    callbacks.on_batch_end(4)
    callbacks.on_train_batch_end(5, None)
    assert own.seen == [("begin", 3, {"a": 1}), ("end", 4, {}), ("end", 5, {})]


def test_a_notebook_shows_a_panel_for_each_value(monkeypatch):
    """Three in a row; training and validation in one panel, from epoch 1; a dot where there is one epoch alone."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figures = []
    monkeypatch.setattr(
        FigureCanvasAgg, "print_png", lambda self, target: (figures.append(self.figure), target.write(b"picture"))
    )
    history = base.History()
    history.on_epoch_end(0)
    for epoch in range(2):
        history.on_epoch_end(epoch, dict.fromkeys(("loss", "val_loss", "a", "b", "c"), epoch + 0.5))
    shown = history._repr_html_()
    assert "cGljdHVyZQ==" in shown and "after 3 epochs: loss 1.5000, val_loss 1.5000, a 1.5000" in shown
    (figure,) = figures
    assert figure.get_size_inches().tolist() == pytest.approx([3 * 4.2, 2 * 2.8], abs=0)
    assert [ax.get_title() for ax in figure.axes] == ["loss", "a", "b", "c"]
    assert [ax.get_subplotspec().get_geometry() for ax in figure.axes] == [(2, 3, i, i) for i in range(4)]
    loss, other = ([(line.get_label(), line.get_xdata().tolist(), line.get_ydata().tolist(), line.get_marker())
                    for line in ax.lines] for ax in figure.axes[:2])  # fmt: skip
    assert loss == [("training", [1, 2], [0.5, 1.5], "None"), ("validation", [1, 2], [0.5, 1.5], "None")]
    assert [label for label, *_ in other] == ["training"] and figure.axes[0].get_xlabel() == "epoch"
    assert not any(ax.get_legend().get_frame_on() for ax in figure.axes)
    history.history = {"loss": [1.0]}
    history._repr_html_()
    assert figures[1].axes[0].lines[0].get_marker() == "o"
    assert figures[1].get_size_inches().tolist() == pytest.approx([4.2, 2.8], abs=0)

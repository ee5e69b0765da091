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

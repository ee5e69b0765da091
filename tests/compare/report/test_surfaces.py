"""The test surfaces' gradients, and the optimizers' paths on them beside Keras'."""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from handnn import cli
from handnn.optimizers import recent
from handnn.specs import optimizer as optimizer_spec
from handnn.compare.surfaces import trajectories, report as surface_report
from handnn.compare.surfaces.functions import Surface, surfaces
from handnn.optimizers import SGD, Adam
from handnn.verify import numeric_gradients
from handnn.rounding.bounded import Bounded

QUICK = ("sgd", "nesterov", "adam", "adagrad")
each_surface = pytest.mark.parametrize("name", list(surfaces))


def points(surface: Surface, rng, count=40):
    """Points all over the window, the start, the minima, and points close to them."""
    (left, right), (low, high) = surface.window
    drawn = np.stack([rng.uniform(left, right, count), rng.uniform(low, high, count)], axis=1)
    near = np.array(surface.minima) * (1 + 1e-6 * rng.normal(size=np.shape(surface.minima)))
    return [*drawn, *near, *map(np.array, surface.minima), np.array(surface.start)]


def complex_step(surface, p, rng):
    return numeric_gradients.check(
        surface.value, lambda q: surface.gradient(q) * cotangent, p, cotangent := rng.normal(size=())
    )


@each_surface
def test_gradient_is_the_complex_step(name, rng):
    for p in points(surfaces[name], rng):
        assert complex_step(surfaces[name], p, rng).ratio <= 1, p


@pytest.mark.parametrize(("name", "by"), list(itertools.product(surfaces, (0, 1))))
def test_a_wrong_slope_is_seen(name, by, rng, monkeypatch):
    surface = surfaces[name]
    right = type(surface).slopes

    def wrong(self, x, y):
        found = list(right(self, x, y))
        found[by] = found[by] * (1 + 1e-9)
        return found

    monkeypatch.setattr(type(surface), "slopes", wrong)
    assert any(complex_step(surface, p, rng).ratio > 1 for p in points(surface, rng))


@each_surface
def test_gradient_is_tensorflows(name, tf, assert_within_allowance, rng, dtype):
    surface = surfaces[name]
    p = np.stack(points(surface, rng, 2000), axis=1).astype(dtype)
    at = tf.constant(p)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = surface.value(at, tf)
    assert_within_allowance(trajectories.gradient_there(surface, p, tape.gradient(value, at).numpy()))


@each_surface
def test_minima(name, assert_agrees):
    surface = surfaces[name]
    (left, right), (low, high) = surface.window
    x, y = np.meshgrid(np.linspace(left, right, 301), np.linspace(low, high, 301))
    for minimum in surface.minima:
        p = np.array(minimum)
        assert_agrees("value", np.array(surface.value(p)), surface.least, surface.value(Bounded(p)))
        assert_agrees("gradient", surface.gradient(p), np.zeros(2), surface.gradient(Bounded(p, np.spacing(p))))
        assert left <= minimum[0] <= right and low <= minimum[1] <= high
    assert np.min(surface.value(np.stack([x, y]))) >= surface.least - np.spacing(1.0)
    assert left <= surface.start[0] <= right and low <= surface.start[1] <= high


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("name", "label"),
    [
        pytest.param(name, label, marks=() if label in QUICK else pytest.mark.slow)
        for name, label in itertools.product(surfaces, optimizer_spec.NAMES)
        if label not in recent
    ],
)
def test_paths_lie_over_each_other_step_by_step(name, label, keras):
    found = trajectories.both_paths(name, label, trajectories.chosen(surfaces[name], label, 30), 30)
    assert found.ok, found.worst.sentence()
    assert found.hand.shape == found.keras.shape == (31, 2)
    assert np.array_equal(found.hand[0], found.keras[0]) and np.array_equal(found.hand[0], surfaces[name].start)
    assert not np.array_equal(found.hand[-1], found.hand[0])


def test_float32(keras):
    found = trajectories.both_paths("beale", "adam", optimizer_spec.make("adam", 0.1), 20, "float32")
    assert found.hand.dtype == found.keras.dtype == np.float32
    assert found.ok, found.worst.sentence()


def test_a_wrong_rule_is_seen(keras, monkeypatch):
    right = SGD.update_step
    longer = 1 + 1e-9  # every step, by a billionth
    monkeypatch.setattr(SGD, "update_step", lambda self, g, x, *m, work: right(self, longer * g, x, *m, work=work))
    found = trajectories.both_paths("beale", "sgd", optimizer_spec.make("sgd", 0.01), 10)
    assert not found.ok
    assert "stepped" in found.worst.where


def test_a_wrong_gradient_is_seen(keras, monkeypatch):
    right = type(surfaces["saddle"]).slopes
    longer = 1 + 1e-9
    monkeypatch.setattr(type(surfaces["saddle"]), "slopes", lambda self, x, y: [longer * s for s in right(self, x, y)])
    found = trajectories.both_paths("saddle", "sgd", optimizer_spec.make("sgd", 0.1), 5)
    assert not found.ok
    assert "gradient" in found.worst.where


def test_the_rate_is_the_best_that_stays_in_the_picture():
    surface = surfaces["quadratic"]  # gradient descent on it diverges above 2 / 100
    assert trajectories.chosen(surface, "sgd").learning_rate == np.float32(0.01)
    assert trajectories.chosen(surface, "sgd(learning_rate=0.003)").learning_rate == np.float32(0.003)


def test_apart():
    at, far = np.zeros((3, 2)), np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    nan = np.full((3, 2), np.nan)

    def apart(one, other):
        return trajectories.Paths("saddle", "sgd", 1.0, one, other, None).apart

    assert apart(at, at) == 0 and apart(at, far) == 5 and apart(nan, nan) == 0 and apart(at, nan) == np.inf


# ---- the command -----------------------------------------------------------------------------------------------------


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["handnn", "compare", "--surfaces", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code, *capsys.readouterr()


@pytest.mark.slow
@pytest.mark.usefixtures("eagerly")
def test_command(keras, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(trajectories.walk, "__defaults__", (3, *trajectories.walk.__defaults__[1:]))
    options = ("--optimizers", "sgd,adam(beta_1=0.8)", "--logdir", tmp_path, "--run", "s")
    code, out, _ = run(monkeypatch, capsys, *options)
    assert code == 0 and "VERIFIED every step of 10 paths is Keras'" in out
    folder = tmp_path / "s"
    assert {p.name for p in (folder / "plots").iterdir()} == {f"{name}.png" for name in surfaces}
    lines = (folder / "paths.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * len(list(surfaces)) * 4
    result = json.loads((folder / surface_report.NUMBERS).read_text())
    assert result["ok"] is True
    assert [(p["surface"], p["optimizer"]) for p in result["paths"]] == [
        (s, o) for s in surfaces for o in ("sgd", "adam(beta_1=0.8)")
    ]
    code, _, err = run(monkeypatch, capsys, "--optimizers", "sgd", *options[2:])
    assert code == 2 and "holds other files than these paths" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "told"),
    [(("--epochs", 3), "--epochs has no effect on surfaces"), (("--optimizers", "adm"), "did you mean 'adam'"),
     (("--run", "../x"), "--run must be a folder's name")],
)  # fmt: skip
def test_bad_options(option, told, monkeypatch, capsys, tmp_path):
    code, _, err = run(monkeypatch, capsys, "--logdir", tmp_path, *option)
    assert code == 2 and told in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.usefixtures("eagerly")
def test_a_step_that_is_not_keras_ends_with_1(keras, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(trajectories.walk, "__defaults__", (3, *trajectories.walk.__defaults__[1:]))
    monkeypatch.setattr(surface_report.style, "png", lambda figure: b"the pictures are looked at elsewhere")
    right = Adam.update_step
    monkeypatch.setattr(Adam, "update_step", lambda self, g, x, *slots, work: right(self, 2 * g, x, *slots, work=work))
    code, out, _ = run(monkeypatch, capsys, "--optimizers", "adam", "--logdir", tmp_path, "--json")
    result = json.loads(out)
    assert code == 1 and result["ok"] is False
    assert not any(p["ok"] for p in result["paths"] if p["surface"] == "rosenbrock")
    assert all(Path(path).is_file() for path in result["written"])

"""Optimizers of one's own in a comparison: from a file or from memory, of handnn, Keras or NumPy."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import handnn
from handnn.specs import optimizer as optimizer_spec

RULES = '''
from handnn.optimizers import Adam


class MySGD:
    reference = "sgd"

    def __init__(self, learning_rate=0.1):
        self.learning_rate = learning_rate

    def step(self, params, grads):
        for p, g in zip(params, grads):
            p -= self.learning_rate * g


class Returning:
    def __init__(self, lr=0.1, factor=1.0):
        self.lr, self.factor = lr, factor

    def update(self, gradients, weights):
        return [w - self.factor * self.lr * g for w, g in zip(weights, gradients)]


class Doubled(MySGD):
    def step(self, params, grads):
        super().step(params, [2 * g for g in grads])


class Slow(Adam):
    pass


class Shapeless(MySGD):
    def step(self, params, grads):
        return params[:1]


class Rateless:
    def __init__(self, speed=1):
        pass

    def step(self, params, grads):
        pass


class Odd:
    def __init__(self, lr=1):
        pass

    def step(self, one, two):
        pass


class Momentum:
    """State of its own."""

    def __init__(self, learning_rate=0.1, momentum=0.9):
        self.lr, self.mu, self.m = learning_rate, momentum, None

    def step(self, params, grads):
        self.m = self.m or [0 * p for p in params]
        for m, p, g in zip(self.m, params, grads):
            m *= self.mu
            m -= self.lr * g
            p += m
'''


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_rules.py").write_text(RULES)
    return tmp_path / "my_rules.py"


def compared(folder: Path, *optimizers: Any, **options: Any) -> Any:
    given = {"epochs": 1, "rates": [0.1], "seeds": 1, "folder": folder, "batch_size": 100}
    return handnn.compare.run(list(optimizers), "xor", (3,), **(given | options))


def losses(comparison: Any) -> dict[str, np.ndarray]:
    return {cell.optimizer: run.loss for cell, run in comparison.runs.items() if cell.learning_rate == 0.1}


def test_a_numpy_class_trains_as_the_rule_that_it_is(rules: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("handnn.core.reference.is_installed", lambda: False)
    labels = "my_rules.py:MySGD", "my_rules.py:Returning( factor = 1.0 )", "my_rules.py:Momentum", "my_rules.py:Slow"
    found = losses(compared(tmp_path / "run", "sgd", "momentum", "adam", *labels, epochs=3))
    assert not any(np.isnan(curve).any() for curve in found.values())
    np.testing.assert_array_equal(found["my_rules.py:MySGD"], found["sgd"])
    np.testing.assert_array_equal(found["my_rules.py:Returning(factor=1.0)"], found["sgd"])
    np.testing.assert_array_equal(found["my_rules.py:Momentum"], found["momentum"])
    np.testing.assert_array_equal(found["my_rules.py:Slow"], found["adam"])
    assert not np.array_equal(found["sgd"], found["momentum"])


def test_classes_objects_and_functions_of_memory_are_compared_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handnn.core.reference.is_installed", lambda: False)

    def my_sgd(learning_rate: float) -> Any:
        return handnn.optimizers.SGD(learning_rate)

    given = {"mine": my_sgd, "object": handnn.optimizers.Adam(beta_1=0.5), "label": "label"}
    with pytest.raises(ValueError, match="unknown optimizer"):
        handnn.compare.run(given, "xor", folder=tmp_path / "never")
    given["adam(beta_1=0.5)"] = given.pop("label") and "adam(beta_1=0.5)"
    options: dict[str, Any] = {"epochs": 1, "rates": [0.1], "seeds": [3], "folder": tmp_path / "run"}
    comparison = handnn.compare.run(given, "xor", (3,), **options)
    found = losses(comparison)
    np.testing.assert_array_equal(found["object"], found["adam(beta_1=0.5)"])
    assert "of one's own" in comparison.parity["mine"]["sentence"]
    monkeypatch.setattr("handnn.compare.runner.run_cell", None)
    again = handnn.compare.run(given, "xor", (3,), **options)
    np.testing.assert_array_equal(losses(again)["mine"], found["mine"])


def test_a_keras_optimizer_takes_its_own_steps(keras: Any, rng: np.random.Generator) -> None:
    class Own(keras.optimizers.Adam):
        pass

    optimizer_spec.OWN["keras_own"] = Own
    own, direct = optimizer_spec.make("keras_own(beta_1=0.5)", 0.1), Own(0.1, beta_1=0.5)
    x = rng.normal(size=(3, 2)).astype("float32")
    variable, weight = keras.Variable(x), x.copy()
    for _ in range(2):
        gradient = rng.normal(size=x.shape).astype("float32")
        own.apply([gradient], [weight])
        direct.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    np.testing.assert_array_equal(weight, np.array(variable))
    assert not np.array_equal(weight, x)


def test_the_command_leaves_out_what_is_not_the_rule_it_names(
    rules: Path, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handnn.compare.report.write", lambda *given: [])
    names = ",".join(f"my_rules.py:{name}" for name in ("MySGD", "Doubled", "Returning"))
    options = ("--data", "xor", "--layers", "3", "--epochs", 1, "--rates", 1, "--seeds", 1, "--jobs", 1)
    Path("my_rules.py").write_text(RULES)
    status, out, _ = command("compare", "--optimizers", names, *options)
    told = " ".join(out.split())
    assert status == 1, out
    assert "my_rules.py:Doubled is left out: its steps are not those it names. beside sgd, wrong" in told
    assert "The steps of my_rules.py:Returning were not compared: an optimizer of one's own" in told
    assert "my_rules.py:MySGD" in told


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("my_rules.py:Missing", "has no class Missing; it has .*MySGD"),
        ("gone.py:MySGD", "gone.py cannot be read: No such file"),
        ("broken.py:MySGD", "broken.py cannot be run: SyntaxError"),
        ("my_rules.py:Rateless", "must take its learning rate as one of learning_rate, lr"),
        ("my_rules.py:Odd", "must be an optimizer of handnn or Keras, or have a method step"),
        ("my_rules.py:MySGD(beta=1)", "unexpected keyword argument 'beta'"),
        ("my_rules.py:MySGD(", "must read like adam"),
    ],
)
def test_a_label_that_does_not_fit_says_why(label: str, told: str, rules: Path) -> None:
    Path("broken.py").write_text("def (")
    with pytest.raises(ValueError, match=told):
        optimizer_spec.make(label, 0.1) if "(" in label else optimizer_spec.split(label)


def test_a_result_of_another_shape_fails_the_run(rules: Path, tmp_path: Path) -> None:
    (run,) = compared(tmp_path / "run", "my_rules.py:Shapeless").runs.values()
    assert re.search("Shapeless.step must return arrays of shapes", run.failed)


def test_a_changed_file_is_another_comparison(rules: Path, tmp_path: Path) -> None:
    compared(tmp_path / "run", "my_rules.py:MySGD")
    rules.write_text(RULES + "\n")
    with pytest.raises(ValueError, match="holds another comparison: rules"):
        compared(tmp_path / "run", "my_rules.py:MySGD")

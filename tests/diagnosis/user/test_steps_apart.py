"""Steps that take every array by itself, or by key, with a state of their own keys; and updates that name no rule."""

from pathlib import Path
from typing import Any

import pytest

from handnn.diagnosis.check import verdicts

PLAIN = """
def update_params(w1, b1, w2, b2, dw1, db1, dw2, db2, alpha):
    return w1 - alpha * dw1, b1 - alpha * db1, w2 - alpha * dw2, b2 - alpha * db2
"""
BY_KEY = """
def update_parameters(params, gradients, eta=0.5):
    return {"w": params["w"] - eta * gradients["dw"], "b": params["b"] - eta * gradients["db"]}
"""
ADAM = """
import numpy as np
def adam(b, w, db, dw, config):
    b1, b2, eps = config["beta1"], config["beta2"], config.get("eps", 1e-3)
    config["t"] += 1
    config["m_w"] = b1 * config["m_w"] + (1 - b1) * dw
    config["m_b"] = b1 * config["m_b"] + (1 - b1) * db
    config["v_w"] = b2 * config["v_w"] + (1 - b2) * dw ** 2
    config["v_b"] = b2 * config["v_b"] + (1 - b2) * db ** 2
    rate = config["lr"] * np.sqrt(1 - b2 ** config["t"]) / (1 - b1 ** config["t"])
    w = w - rate * config["m_w"] / (np.sqrt(config["v_w"]) + eps)
    b = b - rate * config["m_b"] / (np.sqrt(config["v_b"]) + eps)
    return b, w, config
"""
AVERAGE = """
import numpy as np
def momentum(w, b, dw, db, cache=None, lr=0.01, beta=0.9):
    if cache is None:
        cache = {"w": np.zeros_like(w), "b": np.zeros_like(b)}
    cache["w"] = beta * cache["w"] + (1 - beta) * dw
    cache["b"] = beta * cache["b"] + (1 - beta) * db
    return w - lr * cache["w"], b - lr * cache["b"], cache
"""
CASES = {
    "plain": (PLAIN, "match"),
    "plain, one goes up": (PLAIN.replace("w2 - alpha", "w2 + alpha"), "incomplete"),
    "by key": (BY_KEY, "match"),
    "adam with a config": (ADAM, "match"),
    "adam whose bias has the other's square": (ADAM.replace("(1 - b2) * db", "(1 - b1) * db"), "wrong"),
    "adam whose step is not counted": (ADAM.replace('config["t"] += 1', 'config["t"] = 1'), "wrong"),
    "momentum of an average": (AVERAGE, "other convention"),
    "momentum of an average that is forgotten": (AVERAGE.replace('beta * cache["b"]', "0"), "wrong"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_step_is_read_and_held_against_its_rule(case: str, tmp_path: Path) -> None:
    source, expected = CASES[case]
    path = tmp_path / "mine.py"
    path.write_text(source)
    found: Any = next(one["verdict"] for one in verdicts(str(path)))
    assert found["verdict"] == expected, found

"""Optimizers and forward parts held against a reference's own intermediates."""

import numpy as np
import pytest
from handnn.diagnosis.lines import Reference, against, load

ADAM = """import numpy as np


class Adam:
    def __init__(self):
        self.m = self.v = 0.0
        self.t = 0

    def step(self, w, g):
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * g * g
        m_hat = self.m / (1 - 0.9**self.t)
        v_hat = self.v / (1 - 0.999**self.t)
        w -= 0.01 * m_hat / (np.sqrt(v_hat) + 1e-7)


def forward(x, w, b):
    z = x @ w + b
    a = np.tanh(z)
    return (a**2).mean()
"""


class Steps:
    name, kind, sources, claimed = "Adam", "optimizer", (), ()

    def __init__(self, module, seed=1):
        random = np.random.default_rng(seed)
        self.module, self.seed = module, seed
        self.leaves = {"w": random.normal(size=(2, 3))}
        self.gradients = [random.normal(size=(2, 3)) for _ in range(4)]

    def run(self, probe, backward=True):
        w, rule, found = probe.leaf("w", self.leaves["w"].copy()), self.module.Adam(), {}
        for i, g in enumerate(self.gradients, 1):
            rule.step(w, g.copy())
            found[f"w after step {i}"] = w.copy()
        return None, found

    def draws(self):
        yield Steps(self.module, self.seed + 1)


def truth(subject):
    w, m, v = subject.leaves["w"].copy(), 0.0, 0.0
    series = {"m": [], "v": [], "m hat": [], "v hat": []}
    results = {}
    for t, g in enumerate(subject.gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        hats = m / (1 - 0.9**t), v / (1 - 0.999**t)
        w = w - 0.01 * hats[0] / (np.sqrt(hats[1]) + 1e-7)
        for name, value in zip(series, (m, v, *hats), strict=True):
            series[name].append(value)
        results[f"w after step {t}"] = w
    return Reference(results, series)


SLIPS = [
    ("0.001 * g * g", "0.001 * w * w", 12, "v"),
    ("0.9 * self.m + 0.1 * g", "0.9 * self.m + 0.9 * g", 11, "m"),
    ("1 - 0.9**self.t)", "1 - 0.9)", 13, "m hat"),
    ("1 - 0.999**self.t)", "1 - 0.999 ** (self.t + 1))", 14, "v hat"),
]


def test_a_right_rule_is_right(tmp_path):
    (tmp_path / "rule.py").write_text(ADAM)
    said = against(Steps(load(tmp_path / "rule.py")), truth)
    assert said.ok and len(said.checked) == 4
    assert {n.what for n in said.lines} >= set()


@pytest.mark.parametrize(("old", "new", "line", "what"), SLIPS, ids=[s[3] for s in SLIPS])
@pytest.mark.quick(1)
def test_the_line_of_the_rule_is_blamed(old, new, line, what, tmp_path):
    (tmp_path / "rule.py").write_text(ADAM.replace(old, new))
    (blame,) = against(Steps(load(tmp_path / "rule.py")), truth).blamed
    assert (blame.line, blame.must_be) == (line, what)


class Forward:
    name, kind, sources, claimed = "forward", "network", (), ()

    def __init__(self, module, seed=1):
        random = np.random.default_rng(seed)
        self.module, self.seed = module, seed
        self.leaves = {n: random.normal(size=s) for n, s in (("x", (4, 3)), ("w", (3, 2)), ("b", (2,)))}

    def run(self, probe, backward=True):
        return self.module.forward(*(probe.leaf(n, a.copy()) for n, a in self.leaves.items())), {}

    def draws(self):
        yield Forward(self.module, self.seed + 1)


def true_forward(subject):
    z = subject.leaves["x"] @ subject.leaves["w"] + subject.leaves["b"]
    a = np.tanh(z)
    return Reference({"loss": np.mean(a**2)}, {"z": [z], "a": [a]})


@pytest.mark.parametrize(
    ("old", "new", "line"), [("w + b", "w - b", 19), ("np.tanh(z)", "np.sin(z)", 20), (".mean()", ".sum()", 21)]
)
def test_the_first_forward_line_that_differs_is_blamed(old, new, line, tmp_path):
    (tmp_path / "rule.py").write_text(ADAM.replace(old, new))
    (blame,) = against(Forward(load(tmp_path / "rule.py")), true_forward, backward=False).blamed
    assert blame.line == line and blame.fix is not None

"""Optimizers as other people would write them, and every entry of their bank found by its own name."""

import numpy as np
import pytest

from handnn import optimizers
from handnn.diagnosis import check_optimizer
from handnn.diagnosis.bank import optimizer_mistakes, optimizer_variants
from handnn.diagnosis.bank.rules import StepContext as At, rules
from handnn.diagnosis.optimizer.trajectories import SHAPES, Taken, bounded_path, course, fits, replay
from handnn.diagnosis.optimizer.check import _Checker, _reference

TOGETHER = {
    "sgd": {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
    "rmsprop": {"momentum": 0.7, "centered": True, "epsilon": 1e-5},
    "adam": {"amsgrad": True, "weight_decay": 0.01, "beta_2": 0.95},
}
"""Hyperparameters under which most lines of a rule matter at once."""


def numbers(path):
    return [[x.value.astype("float64") for x in xs] for xs in path]


def reference(rule, **h):
    return _reference(rule, rule, lambda: None, h)


@pytest.mark.quick(5)
@pytest.mark.parametrize("rule", list(rules))
def test_the_rules_written_out_are_those_of_handnn(rule, dtype):
    for h in ({}, *optimizers.optimizers[rule].examples, {"weight_decay": 0.1}):
        own, steps = reference(rule, **h), course(SHAPES[0], dtype)
        assert fits(numbers(replay(rule, own.exact, steps, ())), bounded_path(own, steps, False)), h


def entries(rule, h):
    at = At(rule, h, ())
    for name, entry in (*optimizer_mistakes.items(), *optimizer_variants.items()):
        if entry.applies(at) and (entry.step != "decay" or h.get("weight_decay")):
            yield name, entry


SEARCHED = [rule for rule in rules if rule != "adamw"]


def entries_once(rule):
    """Its entries that no rule before it has; the first one if there are none."""
    earlier = SEARCHED[: SEARCHED.index(rule)]
    before = {name for r in earlier for name, _ in entries(r, reference(r, **TOGETHER.get(r, {})).exact)}
    own = list(entries(rule, reference(rule, **TOGETHER.get(rule, {})).exact))
    return [(name, entry) for name, entry in own if name not in before] or own[:1]


@pytest.mark.quick(2)
@pytest.mark.parametrize("rule", SEARCHED)
def test_every_entry_is_found_by_its_name(rule, quick):
    """Every day every third entry in the first rule that it applies to."""
    own = reference(rule, **TOGETHER.get(rule, {}))
    checker = _Checker(lambda x, g: x, own, "float64")
    for name, entry in entries_once(rule)[::3] if quick else entries(rule, own.exact):
        steps = course(SHAPES[1 if "shared" in name else 0], "float64")
        path = numbers(replay(rule, own.exact, steps, (entry,)))
        assert not fits(path, bounded_path(own, steps, False)), name
        found = checker.explained(Taken(None, steps, path))
        assert [name] in [e.names(own.exact) for e in found], f"{name}: {found}"
        assert len(found) == 1, f"{name} cannot be told from {found}"


def test_every_entry_is_planted_somewhere():
    planted = {name for rule in rules for name, _ in entries(rule, reference(rule, **TOGETHER.get(rule, {})).exact)}
    planted |= {name for name, _ in entries("sgd", reference("sgd", momentum=0.9).exact)}
    assert planted == {*optimizer_mistakes, *optimizer_variants}


# ---- the usual forms -----------------------------------------------------------------------------------------------


def plain(x, g, lr=0.1):
    return x - lr * g


def with_state(x, gradient, state):
    m = state["m"] = 0.9 * state.get("m", 0) - 0.01 * gradient
    return x + m


def handed_back(x, gradient, state):
    state = {"m": 0} if state is None else state
    m = 0.9 * state["m"] - 0.01 * gradient
    return x + m, {"m": m}


def slots_as_arguments(x, g, m, v, t, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    return x - lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + eps), m, v


def lists(params, grads, state):
    velocities = state.setdefault("m", [np.zeros_like(p) for p in params])
    for p, g, m in zip(params, grads, velocities, strict=True):
        m *= 0.9
        m -= 0.01 * g
        p += m


class Dicts:
    def __init__(self, lr=0.01, mu=0.9):
        self.lr, self.mu, self.m = lr, mu, None

    def update(self, params, grads):
        self.m = self.m or {name: np.zeros_like(p) for name, p in params.items()}
        for name in params:
            self.m[name] = self.mu * self.m[name] - self.lr * grads[name]
            params[name] += self.m[name]


class Holding:
    def __init__(self, params, lr):
        self.params, self.lr = params, lr

    def step(self, grads):
        for p, g in zip(self.params, grads, strict=True):
            p -= self.lr * g


class Pairs:
    def __init__(self, lr):
        self.lr = lr

    def apply_gradients(self, grads_and_vars):
        for g, x in grads_and_vars:
            x -= self.lr * g


@pytest.mark.parametrize(
    ("step", "name", "h"),
    [
        (plain, "sgd", {"learning_rate": 0.03}),
        (with_state, "sgd", {"momentum": 0.9}),
        (handed_back, "sgd", {"momentum": 0.9}),
        (slots_as_arguments, "adam", {"lr": 0.02, "beta_2": 0.95}),
        (lists, "sgd", {"momentum": 0.9}),
        (Dicts, "sgd", {"momentum": 0.7}),
        (Dicts(0.3, 0.6), "sgd", {}),
        (Holding, "sgd", {}),
        (Pairs, optimizers.SGD(0.2), {}),
    ],
)
def test_each_form_is_stepped(step, name, h, dtype):
    assert check_optimizer(step, name, dtype=dtype, **h).verdict == "match"


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", ["ftrl", "lamb", "muon", "adafactor"])
def test_handnn_itself_is_right(name):
    verdict = check_optimizer(optimizers.optimizers[name], name)
    assert verdict.verdict == "other convention" and "float32" in verdict.convention[0], verdict


@pytest.mark.slow
def test_a_keras_optimizer_is_a_reference(keras):
    verdict = check_optimizer(slots_as_arguments, keras.optimizers.Adam(0.02, epsilon=1e-4))
    assert verdict.verdict == "match", verdict


# ---- conventions, mistakes, and what is broken ---------------------------------------------------------------------


def paper(x, g, m, v, t):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return x - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


@pytest.mark.slow
def test_another_epsilon_in_another_place_is_another_convention():
    verdict = check_optimizer(paper, "adam")
    assert verdict.verdict == "other convention", verdict
    assert "Algorithm 1" in verdict.convention[0] and "epsilon is 1e-08" in verdict.convention[1]
    assert check_optimizer(paper, "adam", epsilon=1e-8).convention == verdict.convention[:1]


def from_zero(x, g, state):
    t = state["t"] = state.get("t", -1) + 1
    m = state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    v = state["v"] = 0.999 * state.get("v", 0) + 0.001 * g * g
    return x - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)


class Sharing:
    def __init__(self, lr):
        self.lr, self.v = lr, 0

    def step(self, params, grads):
        for p, g in zip(params, grads, strict=True):
            self.v = 0.9 * self.v + 0.1 * g * g
            p -= self.lr * g / np.sqrt(self.v + 1e-7)


def two_at_once(x, g, m, v, t):
    m, v = 0.1 * m + 0.9 * g, 0.999 * v + 0.001 * g * g
    return x + 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7), m, v


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    ("step", "name", "mistakes"),
    [
        (from_zero, "adam", ["t counted from 0"]),
        (Sharing, "rmsprop", ["one slot shared between parameters"]),
        (lambda x, g: x + 0.01 * g, "sgd", ["sign of the step"]),
        (two_at_once, "adam", ["sign of the step", "beta_1 and 1 - beta_1 swapped"]),
    ],
)
def test_a_mistake_is_named(step, name, mistakes):
    verdict = check_optimizer(step, name, name="step")
    assert verdict.verdict == "wrong" and verdict.mistakes == mistakes, verdict
    assert verdict.wrong_line and verdict.right_line and verdict.example
    assert max(map(len, str(verdict).split("\n"))) <= 80, verdict


class OfOneArray:
    """RMSprop of one array: whoever shares an object among several makes the mistake."""

    def __init__(self, learning_rate=0.01, rho=0.9):
        self.lr, self.rho, self.average, self.eps = learning_rate, rho, None, 1e-8

    def update(self, w, grad):
        self.average = self.rho * (0 if self.average is None else self.average) + (1 - self.rho) * np.power(grad, 2)
        return w - self.lr * grad / np.sqrt(self.average + self.eps)


def test_an_object_for_each_array_shares_nothing():
    """Its epsilon is another: the search for what explains that began with one object for all arrays."""
    verdict = check_optimizer(OfOneArray, "rmsprop")
    assert verdict.verdict == "other convention" and verdict.convention == ["epsilon is 1e-08, not 1e-07"], verdict


def test_the_weight_decay_of_adamw_through_adam():
    def with_l2(x, g, m, v, t, lr=0.01, weight_decay=0.1):
        return slots_as_arguments(x, g + weight_decay * x, m, v, t, lr)

    options = {"learning_rate": 0.01, "weight_decay": 0.1, "beta_2": 0.99, "epsilon": 1e-8}
    assert check_optimizer(with_l2, "adamw", **options).mistakes == ["weight decay coupled"]
    assert check_optimizer(with_l2, "adam", **options).verdict == "other convention"


def test_what_nobody_knows_is_unknown():
    verdict = check_optimizer(lambda x, g: x - 0.017 * g, "sgd", name="step")
    assert verdict.unknown and "1.7 times" in verdict.pattern, verdict
    assert check_optimizer(lambda x, g: x - 0.01 * np.clip(g, -1, 1), "sgd", name="step").unknown


counter = []


def stateful(x, g):
    counter.append(1)
    return x - 0.01 * g * len(counter)


def doubling(x, g):
    g *= 2
    return x - 0.005 * g


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (lambda x, g: None, "neither returns"),
        (lambda x, g: x @ g @ nothing, "Error"),  # noqa: F821
        (lambda x, g: x - 0.01 * g / 0, "NaN or infinity"),
        (lambda x, g: "x", "not real numbers"),
        (lambda x, g: np.sum(x), "shape ()"),
        (doubling, "changes its gradients"),
        (stateful, "keeps state"),
    ],
)
def test_what_cannot_be_stepped_is_broken(step, said):
    verdict = check_optimizer(step, "sgd", name="step")
    assert verdict.verdict == "broken" and said in verdict.summary, verdict


def test_bad_input_is_told():
    with pytest.raises(ValueError, match="reference must say"):
        check_optimizer(plain)
    with pytest.raises(TypeError, match="no hyperparameter 'momentun'"):
        check_optimizer(plain, "sgd", momentun=1)
    with pytest.raises(TypeError, match="needs a method"):
        check_optimizer(3, "sgd")


# ---- published defaults --------------------------------------------------------------------------------------------


def rmsprop_torch(x, g, v):
    v = 0.99 * v + 0.01 * g * g
    return x - 0.01 * g / (np.sqrt(v) + 1e-8), v


def rmsprop_inside(x, g, v, lr=0.001):
    v = 0.99 * v + 0.01 * g * g
    return x - lr * g / np.sqrt(v + 1e-8), v


def adagrad_torch(x, g, total, lr=0.01):
    total = total + g * g
    return x - lr * g / (np.sqrt(total) + 1e-10), total


def adagrad_paper(x, g, total, lr=0.01):
    total = total + g * g
    return x - lr * g / np.sqrt(total + 1e-8), total


def adadelta(rho):
    def step(x, g, squares, moves):
        squares = rho * squares + (1 - rho) * g * g
        s = np.sqrt(moves + 1e-6) / np.sqrt(squares + 1e-6) * g
        return x - s, squares, rho * moves + (1 - rho) * s * s

    return step


def adamax_torch(x, g, m, u, t, lr=0.002):
    m, u = 0.9 * m + 0.1 * g, np.maximum(0.999 * u, np.abs(g) + 1e-8)
    return x - lr / (1 - 0.9**t) * m / u, m, u


def adamax_paper(x, g, m, u, t, lr=0.002):
    m, u = 0.9 * m + 0.1 * g, np.maximum(0.999 * u, np.abs(g))
    return x - lr / (1 - 0.9**t) * m / (u + 1e-8), m, u


class NadamTorch:
    def __init__(self):
        self.t, self.product, self.m, self.v = 0, 1.0, {}, {}

    def update(self, params, grads):
        self.t += 1
        mu, ahead = (0.9 * (1 - 0.5 * 0.96 ** (0.004 * t)) for t in (self.t, self.t + 1))
        self.product *= mu
        for key, g in grads.items():
            m = self.m[key] = 0.9 * self.m.get(key, 0) + 0.1 * g
            v = self.v[key] = 0.999 * self.v.get(key, 0) + 0.001 * g * g
            hat = (1 - mu) * g / (1 - self.product) + ahead * m / (1 - self.product * ahead)
            params[key] -= 0.002 * hat / (np.sqrt(v / (1 - 0.999**self.t)) + 1e-8)


def adamw_torch(x, g, m, v, t):
    x, m, v = x - 0.001 * 0.01 * x, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return x - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


def momentum_torch(x, g, buffer, lr=0.01, mu=0.9):
    buffer = mu * buffer + g
    return x - lr * buffer, buffer


def nesterov_torch(x, g, buffer, lr=0.01, mu=0.9):
    buffer = mu * buffer + g
    return x - lr * (g + mu * buffer), buffer


PUBLISHED = [
    (rmsprop_torch, "rmsprop", {}), (rmsprop_torch, "rmsprop", {"learning_rate": 0.01}),
    (rmsprop_inside, "rmsprop", {}), (adagrad_torch, "adagrad", {}), (adagrad_paper, "adagrad", {}),
    (adadelta(0.9), "adadelta", {}), (adadelta(0.95), "adadelta", {}), (paper, "adam", {}),
    (adamax_torch, "adamax", {}), (adamax_paper, "adamax", {}), (NadamTorch, "nadam", {}),
    (adamw_torch, "adamw", {"weight_decay": 0.01}), (momentum_torch, "sgd", {"momentum": 0.9}),
    (nesterov_torch, "sgd", {"momentum": 0.9, "nesterov": True}), (momentum_torch, "sgd", {"mu": 0.8}),
]  # fmt: skip


@pytest.mark.quick(1)
@pytest.mark.parametrize(("step", "name", "h"), PUBLISHED)
def test_published_defaults_are_right_whatever_they_change_together(step, name, h):
    verdict = check_optimizer(step, name, name="step", **h)
    assert verdict.ok, verdict


@pytest.mark.slow
def test_a_mistake_on_top_of_published_defaults_is_named():
    def uphill(x, g, v):
        v = 0.99 * v + 0.01 * g * g
        return x + 0.01 * g / (np.sqrt(v) + 1e-8), v

    verdict = check_optimizer(uphill, "rmsprop", learning_rate=0.01)
    assert verdict.mistakes == ["sign of the step"] and "rho is 0.99, not 0.9" in verdict.convention, verdict


@pytest.mark.slow
def test_epsilon_off_by_much_is_not_published():
    def large(x, g, v):
        v = 0.9 * v + 0.1 * g * g
        return x - 0.001 * g / np.sqrt(v + 0.05), v

    assert not check_optimizer(large, "rmsprop").ok

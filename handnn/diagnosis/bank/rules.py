"""Optimizers written out line by line, and what people do otherwise in one line: mistakes and published variants.

A rule reads `at.g`, `at.x` and the slots, and hands every line through `at.line(name, right)`, where a mistake may put
another value in its place. The formulas are those of `handnn.optimizers` (a test holds them against each other); unlike
Keras' they do not round hyperparameters to float32.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core.registry import Registry
from .base import Mistake

rules: Registry[Callable[["StepContext"], Any]] = Registry("rule")

STRUCTURAL = ("slots", "t")
"""Lines that concern the parameters as a whole, and so cannot be replayed on one vector of all of them."""


class StepContext:
    """One parameter's step: what a line may read.

    Attributes:
        rule: its name. h: hyperparameters by Keras' name. t: 1, 2, ... x, g: parameter and gradient.
        slots: the arrays kept for it. lr: the learning rate. moved: what is taken off x. root: the divisor.
        m, v, old_m, old_v, c1, c2: averages, their values before this step, and bias corrections, where there are any.
    """

    m: Any
    v: Any
    old_m: Any
    old_v: Any
    c1: Any
    c2: Any
    root: Any
    moved: Any

    def __init__(self, rule: str, h: dict[str, Any], plants: Sequence[Mistake]) -> None:
        self.rule, self.h = rule, h
        self.plants: dict[str, list[Mistake]] = {}
        for plant in plants:
            self.plants.setdefault(plant.step, []).append(plant)
        self.t = 0
        self.x: Any = None
        self.g: Any = None
        self.zeros: Any = None
        self.lr: Any = None
        self.slots: dict[str, Any] = {}

    def line(self, step: str, right: Any) -> Any:
        """Return what the line gives: the right value, unless a mistake is planted in it."""
        at: Any = self  # the entries' record here, in the place of the network's
        for plant in self.plants.get(step, ()):
            if plant.applies(at):
                right = plant.wrong(at, right)
        return right

    def slot(self, name: str, start: float = 0.0) -> Any:
        return self.slots[name] if name in self.slots else self.zeros + start

    def step(self) -> Any:
        """Return x after this step: the decay comes first, then the rule."""
        self.lr = self.line("lr", self.h["learning_rate"])
        self.g = self.line("g", self.g)
        decay = self.h.get("weight_decay")
        if decay:
            self.x = self.line("decay", self.x - self.lr * decay * self.x)
        self.moved = self.line("step", rules[self.rule](self))
        return self.line("x", self.x - self.moved)


class Written:
    """A rule written out for several parameters: `step(parameters, gradients)` returns new parameters."""

    def __init__(self, rule: str, h: dict[str, Any], plants: Sequence[Mistake] = ()) -> None:
        self.rule, self.h, self.plants = rule, h, plants
        self.contexts: list[StepContext] = []
        self.slots: list[dict[str, Any]] = []
        self.shared: dict[str, Any] = {}
        self.t = self.count = 0

    def step(self, xs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        self.t += 1
        if not self.contexts:
            self.contexts = [StepContext(self.rule, self.h, self.plants) for _ in xs]
            self.slots = [{} for _ in xs]
        with np.errstate(all="ignore"):
            return [self._one(i, x, g) for i, (x, g) in enumerate(zip(xs, gs, strict=True))]

    def _one(self, i: int, x: Any, g: Any) -> Any:
        at, self.count = self.contexts[i], self.count + 1
        at.h, at.x, at.g, at.zeros = self.h, x, g, 0 * g
        at.t = at.line("t", self.t)
        if at.t < 0:
            at.t = self.count
        at.slots = at.line("slots", self.slots[i] | {"shared": self.shared})
        found = at.step()
        self.slots[i] = {key: slot for key, slot in at.slots.items() if key != "shared"}
        return found


def rule(name: str) -> Callable[[Callable[[StepContext], Any]], Callable[[StepContext], Any]]:
    return lambda function: rules.add(function, name)


# ---- the rules: each returns what is taken off x -------------------------------------------------------------------


@rule("sgd")
def sgd(at: StepContext) -> Any:
    """Return - m (Nesterov: lr g - mu m), with m = mu m - lr g."""
    mu = at.line("momentum", at.h["momentum"])
    if not mu:
        return at.lr * at.g
    at.old_m = at.slot("m")
    at.m = at.slots["m"] = at.line("m", mu * at.old_m - at.lr * at.g)
    used = at.line("m used", at.m)
    return at.lr * at.g - mu * used if at.line("nesterov", at.h["nesterov"]) else -used


@rule("adagrad")
def adagrad(at: StepContext) -> Any:
    """Return lr g / sqrt(a + epsilon), with a = a + g^2."""
    at.old_v = at.slot("v", at.line("start", at.h["initial_accumulator_value"]))
    at.v = at.slots["v"] = at.line("v", at.old_v + at.line("square", at.g * at.g))
    at.root = at.line("root", np.sqrt(at.line("v used", at.v) + at.h["epsilon"]))
    return at.lr * at.g / at.root


@rule("rmsprop")
def rmsprop(at: StepContext) -> Any:
    """Return s = lr g / sqrt(v + epsilon), or with momentum m = mu m + s; centred: v - a^2 for v."""
    rho = at.line("beta_2", at.h["rho"])
    at.old_v = at.slot("v", at.line("start", 0.0))
    at.v = at.slots["v"] = at.line("v", rho * at.old_v + (1 - rho) * at.line("square", at.g * at.g))
    used = at.line("v used", at.v)
    if at.line("centered", at.h["centered"]):
        a = at.slots["a"] = rho * at.slot("a") + (1 - rho) * at.g
        used = used - at.line("average squared", a * a)
    at.v = used
    at.root = at.line("root", np.sqrt(used + at.h["epsilon"]))
    step = at.lr * at.g / at.root
    mu = at.line("momentum", at.h["momentum"])
    if mu:
        at.old_m = at.slot("m")
        step = at.slots["m"] = at.line("m", mu * at.old_m + step)
    return step


@rule("adadelta")
def adadelta(at: StepContext) -> Any:
    """Return lr s, with s = sqrt(d + epsilon) g / sqrt(a + epsilon)."""
    rho, epsilon = at.line("beta_2", at.h["rho"]), at.h["epsilon"]
    at.old_v = at.slot("v")
    at.v = at.slots["v"] = at.line("v", rho * at.old_v + (1 - rho) * at.line("square", at.g * at.g))
    at.root = at.line("root", np.sqrt(at.line("v used", at.v) + epsilon))
    step = np.sqrt(at.slot("d") + epsilon) * at.g / at.root
    at.slots["d"] = rho * at.slot("d") + (1 - rho) * at.line("delta squared", step * step)
    return at.lr * step


def averages(at: StepContext) -> None:
    """Update m, the running average of g, and v, that of g^2; c1 and c2 are their bias corrections."""
    beta_1, beta_2 = at.line("beta_1", at.h["beta_1"]), at.line("beta_2", at.h["beta_2"])
    at.old_m, at.old_v = at.slot("m"), at.slot("v")
    at.m = at.slots["m"] = at.line("m", beta_1 * at.old_m + (1 - beta_1) * at.g)
    at.v = at.slots["v"] = at.line("v", beta_2 * at.old_v + (1 - beta_2) * at.line("square", at.g * at.g))
    at.c1 = at.line("c1", at.line("c", (1 - at.h["beta_1"] ** at.t, 1))[0])
    at.c2 = at.line("c2", at.line("c", (1, 1 - at.h["beta_2"] ** at.t))[1])


@rule("adam")
def adam(at: StepContext) -> Any:
    """Return lr sqrt(c2) / c1 m / (sqrt(v) + epsilon), c1 = 1 - beta_1^t, c2 = 1 - beta_2^t."""
    averages(at)
    at.m, at.v = at.line("m used", at.m), at.line("v used", at.v)
    if at.line("amsgrad", at.h["amsgrad"]):
        at.v = at.slots["largest"] = np.maximum(at.slot("largest"), at.line("compared", at.v))
    at.root = at.line("root", np.sqrt(at.line("largest", at.v)) + at.h["epsilon"])
    correction = at.line("correction", root_of(at.c2) / at.c1 if at.c1 else np.nan)
    step = at.lr * correction * at.m / at.root
    at.line("kept", None)
    return step


def root_of(c: Any) -> Any:
    return float(c) ** 0.5 if c >= 0 else np.nan


rules.add(adam, "adamw")


@rule("adamax")
def adamax(at: StepContext) -> Any:
    """Return lr m / (c1 (u + epsilon)), with u = max(beta_2 u, |g|)."""
    beta_1, beta_2 = at.line("beta_1", at.h["beta_1"]), at.line("beta_2", at.h["beta_2"])
    at.old_m, at.old_v = at.slot("m"), at.slot("v")
    at.m = at.slots["m"] = at.line("m", beta_1 * at.old_m + (1 - beta_1) * at.g)
    at.v = at.slots["v"] = at.line("v", np.maximum(beta_2 * at.old_v, at.line("size", np.abs(at.g))))
    at.m, at.v = at.line("m used", at.m), at.line("v used", at.v)
    at.c1 = at.line("c1", at.line("c", (1 - at.h["beta_1"] ** at.t, 1))[0])
    at.root = at.line("root", at.v + at.h["epsilon"])
    return at.lr * at.m / (at.root * at.c1)


@rule("nadam")
def nadam(at: StepContext) -> Any:
    """Return lr (mu_(t+1) m / (1 - U mu_(t+1)) + (1 - mu_t) g / (1 - U)) / (sqrt(v / c2) + epsilon)."""
    averages(at)
    beta, speed = at.h["beta_1"], at.line("speed", 1.0)
    mu, ahead = (beta * (1 - 0.5 * 0.96 ** (speed * t)) for t in (at.t, at.t + 1))
    product = at.slots["U"] = at.slots.get("U", 1.0) * mu
    m_hat = ahead * at.line("m used", at.m) / (1 - product * ahead)
    m_hat = at.line("look ahead", m_hat + (1 - mu) * at.g / (1 - product))
    at.root = at.line("root", np.sqrt(at.line("v used", at.v) / at.c2) + at.h["epsilon"])
    return at.lr * m_hat / at.root


@rule("lion")
def lion(at: StepContext) -> Any:
    """Return lr sign(beta_1 m + (1 - beta_1) g); then m = beta_2 m + (1 - beta_2) g."""
    beta_1, beta_2 = at.line("beta_1", at.h["beta_1"]), at.line("beta_2", at.h["beta_2"])
    at.old_m = at.slot("m")
    at.m = at.slots["m"] = beta_2 * at.old_m + (1 - beta_2) * at.g
    used = at.line("m used", at.old_m)
    return at.lr * at.line("sign", np.sign(beta_1 * used + (1 - beta_1) * at.g))

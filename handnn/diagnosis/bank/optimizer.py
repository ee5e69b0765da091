"""Optimizers written out line by line, and what people do otherwise in one line: mistakes and published variants.

A rule reads `at.g`, `at.x` and the slots, and hands every line through `at.line(name, right)`, where a mistake may put
another value in its place. The formulas are those of `handnn.optimizers` (a test holds them against each other); unlike
Keras' they do not round hyperparameters to float32.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...registry import Registry
from .base import Mistake, optimizer_mistakes, optimizer_variants

rules: Registry[Callable[["At"], Any]] = Registry("rule")

STRUCTURAL = ("slots", "t")
"""Lines that concern the parameters as a whole, and so cannot be replayed on one vector of all of them."""


class At:
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


def taken_by(*names: str) -> Callable[[At], bool]:
    """Return a condition: the rule is one of these."""
    return lambda at: at.rule in names


def having(name: str) -> Callable[[At], bool]:
    """Return a condition: this hyperparameter is not 0, None or False."""
    return lambda at: bool(at.h.get(name))


def rule(name: str) -> Callable[[Callable[[At], Any]], Callable[[At], Any]]:
    return lambda function: rules.add(function, name)


# ---- the rules: each returns what is taken off x -------------------------------------------------------------------


@rule("sgd")
def sgd(at: At) -> Any:
    """Return - m (Nesterov: lr g - mu m), with m = mu m - lr g."""
    mu = at.line("momentum", at.h["momentum"])
    if not mu:
        return at.lr * at.g
    at.old_m = at.slot("m")
    at.m = at.slots["m"] = at.line("m", mu * at.old_m - at.lr * at.g)
    used = at.line("m used", at.m)
    return at.lr * at.g - mu * used if at.line("nesterov", at.h["nesterov"]) else -used


@rule("adagrad")
def adagrad(at: At) -> Any:
    """Return lr g / sqrt(a + epsilon), with a = a + g^2."""
    at.old_v = at.slot("v", at.line("start", at.h["initial_accumulator_value"]))
    at.v = at.slots["v"] = at.line("v", at.old_v + at.line("square", at.g * at.g))
    at.root = at.line("root", np.sqrt(at.line("v used", at.v) + at.h["epsilon"]))
    return at.lr * at.g / at.root


@rule("rmsprop")
def rmsprop(at: At) -> Any:
    """Return s = lr g / sqrt(v + epsilon), or with momentum m = mu m + s; centred: v - a^2 for v."""
    rho = at.line("beta_2", at.h["rho"])
    at.old_v = at.slot("v")
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
def adadelta(at: At) -> Any:
    """Return lr s, with s = sqrt(d + epsilon) g / sqrt(a + epsilon)."""
    rho, epsilon = at.line("beta_2", at.h["rho"]), at.h["epsilon"]
    at.old_v = at.slot("v")
    at.v = at.slots["v"] = at.line("v", rho * at.old_v + (1 - rho) * at.line("square", at.g * at.g))
    at.root = at.line("root", np.sqrt(at.line("v used", at.v) + epsilon))
    step = np.sqrt(at.slot("d") + epsilon) * at.g / at.root
    at.slots["d"] = rho * at.slot("d") + (1 - rho) * at.line("delta squared", step * step)
    return at.lr * step


def averages(at: At) -> None:
    """Update m, the running average of g, and v, that of g^2; c1 and c2 are their bias corrections."""
    beta_1, beta_2 = at.line("beta_1", at.h["beta_1"]), at.line("beta_2", at.h["beta_2"])
    at.old_m, at.old_v = at.slot("m"), at.slot("v")
    at.m = at.slots["m"] = at.line("m", beta_1 * at.old_m + (1 - beta_1) * at.g)
    at.v = at.slots["v"] = at.line("v", beta_2 * at.old_v + (1 - beta_2) * at.line("square", at.g * at.g))
    at.c1 = at.line("c1", at.line("c", (1 - at.h["beta_1"] ** at.t, 1))[0])
    at.c2 = at.line("c2", at.line("c", (1, 1 - at.h["beta_2"] ** at.t))[1])


@rule("adam")
def adam(at: At) -> Any:
    """Return lr sqrt(c2) / c1 m / (sqrt(v) + epsilon), c1 = 1 - beta_1^t, c2 = 1 - beta_2^t."""
    averages(at)
    at.m, at.v = at.line("m used", at.m), at.line("v used", at.v)
    if at.line("amsgrad", at.h["amsgrad"]):
        at.v = at.slots["largest"] = np.maximum(at.slot("largest"), at.line("compared", at.v))
    at.root = at.line("root", np.sqrt(at.v) + at.h["epsilon"])
    correction = at.line("correction", _root(at.c2) / at.c1 if at.c1 else np.nan)
    step = at.lr * correction * at.m / at.root
    at.line("kept", None)
    return step


def _root(c: Any) -> Any:
    return float(c) ** 0.5 if c >= 0 else np.nan


rules.add(adam, "adamw")


@rule("adamax")
def adamax(at: At) -> Any:
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
def nadam(at: At) -> Any:
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
def lion(at: At) -> Any:
    """Return lr sign(beta_1 m + (1 - beta_1) g); then m = beta_2 m + (1 - beta_2) g."""
    beta_1, beta_2 = at.line("beta_1", at.h["beta_1"]), at.line("beta_2", at.h["beta_2"])
    at.old_m = at.slot("m")
    at.m = at.slots["m"] = beta_2 * at.old_m + (1 - beta_2) * at.g
    used = at.line("m used", at.old_m)
    return at.lr * at.line("sign", np.sign(beta_1 * used + (1 - beta_1) * at.g))


# ---- mistakes ------------------------------------------------------------------------------------------------------


def _in(registry: Registry[Mistake]) -> Any:
    def entry(name: str, step: str, wrong_line: str, right_line: str, because: str, **options: Any) -> Any:
        def add(wrong: Any) -> Mistake:
            return registry.add(Mistake(name, step, wrong, wrong_line, right_line, because, **options), name)

        return add

    return entry


mistake, variant = _in(optimizer_mistakes), _in(optimizer_variants)

CORRECTED, SQUARED = taken_by("adam", "adamw", "nadam"), taken_by("adam", "adamw", "nadam", "rmsprop", "adadelta")
ADAM = taken_by("adam", "adamw")
FIRST = taken_by("adam", "adamw", "nadam", "adamax")
ROOTED = taken_by("adagrad", "rmsprop", "adadelta", "adam", "adamw", "nadam")
WITH_SQUARE = ROOTED


@mistake("sign of the step", "x", "x = x + step", "x = x - step", "the step goes uphill: it is added to the weight")
def uphill(at: At, x: Any) -> Any:
    return at.x + at.moved


@mistake(
    "learning rate left out",
    "lr",
    "x - s",
    "x - lr s",
    "the step is not multiplied by the learning rate",
    applies=lambda at: at.rule != "adadelta",
)
def rate_left_out(at: At, lr: Any) -> Any:
    return 1.0


@mistake("learning rate squared", "lr", "x - lr^2 s", "x - lr s", "the learning rate is multiplied in twice")
def rate_squared(at: At, lr: Any) -> Any:
    return lr * lr


@mistake(
    "slots reset every step",
    "slots",
    "m = v = 0 in every step",
    "m, v are kept from step to step",
    "the running averages start anew in every step: what is kept is not handed on",
    applies=lambda at: at.rule != "sgd" or bool(at.h["momentum"]),
)
def slots_reset(at: At, slots: Any) -> Any:
    return {}


@mistake(
    "one slot shared between parameters",
    "slots",
    "one m, v for all parameters",
    "m, v of each parameter",
    "all parameters share one running average, which mixes their gradients",
    applies=lambda at: at.rule != "sgd" or bool(at.h["momentum"]),
)
def slot_shared(at: At, slots: Any) -> Any:
    return slots["shared"]


@mistake("t counted from 0", "t", "t = 0, 1, 2, ...", "t = 1, 2, 3, ...", "the step count starts at 0", applies=FIRST)
def from_zero(at: At, t: int) -> int:
    return t - 1


@mistake("t counted from 2", "t", "t = 2, 3, 4, ...", "t = 1, 2, 3, ...", "the step count is one ahead", applies=FIRST)
def from_two(at: At, t: int) -> int:
    return t + 1


@mistake(
    "t counted once for each parameter",
    "t",
    "t = t + 1 for each parameter",
    "t = t + 1 for each step",
    "the step count grows with every parameter, not with every step",
    applies=FIRST,
)
def counted_each(at: At, t: Any) -> Any:
    return -1


@mistake(
    "no bias correction",
    "c",
    "m / (sqrt(v) + eps)",
    "m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + eps)",
    "the running averages are not corrected for starting at 0",
    applies=taken_by("adam", "adamw", "adamax"),
)
def uncorrected(at: At, c: Any) -> Any:
    return 1, 1


@mistake(
    "first moment not corrected",
    "c1",
    "m_hat = m",
    "m_hat = m / (1 - beta_1^t)",
    "the average of the gradients is not corrected for starting at 0",
    applies=ADAM,
)
def first_uncorrected(at: At, c: Any) -> Any:
    return 1


@mistake(
    "second moment not corrected",
    "c2",
    "v_hat = v",
    "v_hat = v / (1 - beta_2^t)",
    "the average of the squares is not corrected for starting at 0",
    applies=CORRECTED,
)
def second_uncorrected(at: At, c: Any) -> Any:
    return 1


@mistake(
    "beta for beta^t",
    "c",
    "m_hat = m / (1 - beta_1)",
    "m_hat = m / (1 - beta_1^t)",
    "the bias correction does not depend on the step: beta stands for beta^t",
    applies=taken_by("adam", "adamw", "adamax"),
)
def no_power(at: At, c: Any) -> Any:
    return 1 - at.h["beta_1"], 1 - at.h["beta_2"]


@mistake(
    "beta_1 for beta_1^t",
    "c1",
    "m_hat = m / (1 - beta_1)",
    "m_hat = m / (1 - beta_1^t)",
    "the correction of m does not depend on the step",
    applies=ADAM,
)
def no_power_1(at: At, c: Any) -> Any:
    return 1 - at.h["beta_1"]


@mistake(
    "beta_2 for beta_2^t",
    "c2",
    "v_hat = v / (1 - beta_2)",
    "v_hat = v / (1 - beta_2^t)",
    "the correction of v does not depend on the step",
    applies=CORRECTED,
)
def no_power_2(at: At, c: Any) -> Any:
    return 1 - at.h["beta_2"]


@mistake(
    "bias corrections swapped",
    "correction",
    "m / (1 - beta_2^t), v / (1 - beta_1^t)",
    "m / (1 - beta_1^t), v / (1 - beta_2^t)",
    "m is corrected with beta_2 and v with beta_1",
    applies=ADAM,
)
def corrections_swapped(at: At, correction: Any) -> Any:
    return _root(at.c1) / at.c2


@mistake(
    "root of the second correction forgotten",
    "correction",
    "lr (1 - beta_2^t) / (1 - beta_1^t)",
    "lr sqrt(1 - beta_2^t) / (1 - beta_1^t)",
    "the correction of v is not under the root",
    applies=ADAM,
)
def correction_without_root(at: At, correction: Any) -> Any:
    return at.c2 / at.c1


@mistake(
    "bias correction multiplied",
    "correction",
    "m_hat = m (1 - beta_1^t), v_hat = v (1 - beta_2^t)",
    "m_hat = m / (1 - beta_1^t), v_hat = v / (1 - beta_2^t)",
    "the averages are multiplied by the corrections instead of divided: they start even smaller",
    applies=ADAM,
)
def correction_multiplied(at: At, correction: Any) -> Any:
    return at.c1 / _root(at.c2)


@mistake(
    "beta_1^t in the average",
    "beta_1",
    "m = beta_1^t m + (1 - beta_1^t) g",
    "m = beta_1 m + (1 - beta_1) g",
    "the power belongs to the bias correction, not to the average",
    applies=ADAM,
)
def power_in_average(at: At, beta: Any) -> Any:
    return at.h["beta_1"] ** at.t


@mistake(
    "corrected averages are kept",
    "kept",
    "m = m / (1 - beta_1^t), and so on",
    "m_hat = m / (1 - beta_1^t)",
    "the corrected averages overwrite the running ones, and are corrected again next time",
    applies=ADAM,
)
def corrected_kept(at: At, nothing: Any) -> None:
    at.slots["m"], at.slots["v"] = at.slots["m"] / at.c1, at.slots["v"] / at.c2


@mistake(
    "epsilon forgotten",
    "root",
    "g / sqrt(v)",
    "g / (sqrt(v) + epsilon)",
    "nothing keeps the divisor from 0",
    applies=ROOTED,
)
def no_epsilon(at: At, root: Any) -> Any:
    return np.sqrt(at.v / at.c2) if at.rule == "nadam" else np.sqrt(at.v)


@mistake(
    "root forgotten",
    "root",
    "g / (v + epsilon)",
    "g / (sqrt(v) + epsilon)",
    "the step is divided by the average square, not by its root",
    applies=ROOTED,
)
def no_root(at: At, root: Any) -> Any:
    return (at.v / at.c2 if at.rule == "nadam" else at.v) + at.h["epsilon"]


@mistake(
    "root of the corrected square forgotten",
    "step",
    "m_hat / (v_hat + epsilon)",
    "m_hat / (sqrt(v_hat) + epsilon)",
    "the step is divided by the corrected average square, not by its root",
    applies=ADAM,
)
def no_root_of_corrected(at: At, step: Any) -> Any:
    return at.lr * at.m / at.c1 / (at.v / at.c2 + at.h["epsilon"])


@mistake(
    "gradient not squared",
    "square",
    "v = beta_2 v + (1 - beta_2) g",
    "v = beta_2 v + (1 - beta_2) g^2",
    "v averages the gradients instead of their squares",
    applies=WITH_SQUARE,
)
def not_squared(at: At, square: Any) -> Any:
    return at.g


@mistake(
    "size of the gradient for its square",
    "square",
    "v = beta_2 v + (1 - beta_2) |g|",
    "v = beta_2 v + (1 - beta_2) g^2",
    "v averages |g| instead of g^2",
    applies=WITH_SQUARE,
)
def size_for_square(at: At, square: Any) -> Any:
    return np.abs(at.g)


@mistake(
    "momentum squared for the gradient's square",
    "square",
    "v = beta_2 v + (1 - beta_2) m^2",
    "v = beta_2 v + (1 - beta_2) g^2",
    "v averages m^2 instead of g^2",
    applies=CORRECTED,
)
def square_of_m(at: At, square: Any) -> Any:
    return at.m * at.m


@mistake(
    "beta_1 and 1 - beta_1 swapped",
    "beta_1",
    "m = (1 - beta_1) m + beta_1 g",
    "m = beta_1 m + (1 - beta_1) g",
    "the old average gets the small share and the new gradient the large one",
    applies=taken_by("adam", "adamw", "nadam", "adamax", "lion"),
)
def swapped_1(at: At, beta: Any) -> Any:
    return 1 - beta


@mistake(
    "beta_2 and 1 - beta_2 swapped",
    "beta_2",
    "v = (1 - beta_2) v + beta_2 g^2",
    "v = beta_2 v + (1 - beta_2) g^2",
    "the old average gets the small share and the new square the large one",
    applies=taken_by("adam", "adamw", "nadam", "rmsprop", "adadelta", "lion"),
)
def swapped_2(at: At, beta: Any) -> Any:
    return 1 - beta


@mistake(
    "beta_2 for beta_1",
    "beta_1",
    "m = beta_2 m + (1 - beta_2) g",
    "m = beta_1 m + (1 - beta_1) g",
    "the average of the gradients runs with beta_2",
    applies=FIRST,
)
def second_for_first(at: At, beta: Any) -> Any:
    return at.h["beta_2"]


@mistake(
    "beta_1 for beta_2",
    "beta_2",
    "v = beta_1 v + (1 - beta_1) g^2",
    "v = beta_2 v + (1 - beta_2) g^2",
    "the second average runs with beta_1",
    applies=lambda at: "beta_1" in at.h,
)
def first_for_second(at: At, beta: Any) -> Any:
    return at.h["beta_1"]


@mistake(
    "1 - beta_1 forgotten",
    "m",
    "m = beta_1 m + g",
    "m = beta_1 m + (1 - beta_1) g",
    "the new gradient enters the average with its full size",
    applies=FIRST,
)
def full_gradient(at: At, m: Any) -> Any:
    return at.h["beta_1"] * at.old_m + at.g


@mistake(
    "1 - beta_2 forgotten",
    "v",
    "v = beta_2 v + g^2",
    "v = beta_2 v + (1 - beta_2) g^2",
    "the new square enters the average with its full size",
    applies=SQUARED,
)
def full_square(at: At, v: Any) -> Any:
    return at.h.get("beta_2", at.h.get("rho")) * at.old_v + at.g * at.g


@mistake(
    "sum of squares starts at 1",
    "start",
    "a = 1",
    "a = initial_accumulator_value",
    "the sum starts at 1, far above the squares of small gradients",
    applies=taken_by("adagrad"),
)
def starts_at_one(at: At, start: Any) -> Any:
    return 1.0


@mistake("squares not added up", "v", "a = g^2", "a = a + g^2", "only the last square is kept", applies=WITH_SQUARE)
def last_square(at: At, v: Any) -> Any:
    return at.g * at.g


@mistake(
    "step before m is updated",
    "m used",
    "x = x - lr m; then m = ...",
    "m = ...; then x = x - lr m",
    "the step uses the m of the step before",
    applies=lambda at: FIRST(at) or (at.rule == "sgd" and bool(at.h["momentum"]) and not at.h["nesterov"]),
)
def old_m_used(at: At, m: Any) -> Any:
    return at.old_m


@mistake(
    "step before v is updated",
    "v used",
    "x = x - lr g / sqrt(v); then v = ...",
    "v = ...; then x = x - lr g / sqrt(v)",
    "the step uses the v of the step before",
    applies=lambda at: ROOTED(at) or at.rule == "adamax",
)
def old_v_used(at: At, v: Any) -> Any:
    return at.old_v


@mistake(
    "step before m and v are updated",
    "step",
    "x = x - step; then m, v = ...",
    "m, v = ...; then x = x - step",
    "the step uses the m and v of the step before",
    applies=ADAM,
)
def both_old_used(at: At, step: Any) -> Any:
    return at.lr * _root(at.c2) / at.c1 * at.old_m / (np.sqrt(at.old_v) + at.h["epsilon"])


@mistake(
    "gradient for its average",
    "m used",
    "g / (sqrt(v_hat) + eps)",
    "m_hat / (sqrt(v_hat) + eps)",
    "the step takes the gradient instead of its running average",
    applies=FIRST,
)
def gradient_for_m(at: At, m: Any) -> Any:
    return at.g


@mistake(
    "momentum ignored",
    "momentum",
    "x = x - lr g",
    "m = mu m - lr g; x = x + m",
    "the momentum is not used",
    applies=having("momentum"),
)
def no_momentum(at: At, mu: Any) -> Any:
    return 0


@mistake(
    "sign of the kept momentum",
    "m",
    "m = mu m + lr g; x = x - mu m",
    "m = mu m - lr g; x = x + m",
    "what is kept of the momentum enters with the wrong sign: it brakes",
    applies=taken_by("sgd"),
)
def momentum_brakes(at: At, m: Any) -> Any:
    return m - 2 * at.h["momentum"] * at.old_m


@mistake(
    "momentum before the wrong term",
    "m",
    "m = m - mu lr g",
    "m = mu m - lr g",
    "the momentum stands before the gradient: what is kept never decays",
    applies=taken_by("sgd"),
)
def never_decays(at: At, m: Any) -> Any:
    return at.old_m - at.h["momentum"] * at.lr * at.g


@mistake(
    "momentum times learning rate",
    "m",
    "m = lr mu m - lr g",
    "m = mu m - lr g",
    "what is kept is multiplied by the learning rate again: hardly anything is left of it",
    applies=taken_by("sgd"),
)
def momentum_times_rate(at: At, m: Any) -> Any:
    return m - (1 - at.lr) * at.h["momentum"] * at.old_m


@mistake(
    "first momentum without the learning rate",
    "m",
    "m = -g in the first step",
    "m = -lr g in the first step",
    "the momentum starts as the gradient itself: the first step is 1/lr times as large",
    applies=taken_by("sgd"),
)
def first_without_rate(at: At, m: Any) -> Any:
    return -1.0 * at.g if at.t == 1 else m


@mistake(
    "sign of the look-ahead",
    "step",
    "x = x - mu m - lr g",
    "x = x + mu m - lr g",
    "it looks back: the momentum is subtracted where m has the sign of the step already",
    applies=having("nesterov"),
)
def looks_back(at: At, step: Any) -> Any:
    return at.lr * at.g + at.h["momentum"] * at.m


@mistake(
    "Nesterov ignored",
    "nesterov",
    "x = x + m",
    "x = x + mu m - lr g",
    "it is momentum without the look-ahead",
    applies=having("nesterov"),
)
def no_nesterov(at: At, nesterov: Any) -> Any:
    return False


@mistake(
    "Nesterov where it is not wanted",
    "nesterov",
    "x = x + mu m - lr g",
    "x = x + m",
    "it looks ahead",
    applies=lambda at: at.rule == "sgd" and bool(at.h["momentum"]) and not at.h["nesterov"],
)
def unwanted_nesterov(at: At, nesterov: Any) -> Any:
    return True


@mistake(
    "centred ignored",
    "centered",
    "sqrt(v + eps)",
    "sqrt(v - a^2 + eps)",
    "the squared average gradient is not subtracted",
    applies=having("centered"),
)
def not_centred(at: At, centered: Any) -> Any:
    return False


@mistake(
    "average gradient not squared",
    "average squared",
    "v - a",
    "v - a^2",
    "the average gradient itself is subtracted",
    applies=having("centered"),
)
def centre_not_squared(at: At, square: Any) -> Any:
    return at.slots["a"]


@mistake(
    "AMSGrad ignored",
    "amsgrad",
    "sqrt(v)",
    "sqrt(max of all v so far)",
    "the largest v is not kept",
    applies=having("amsgrad"),
)
def no_amsgrad(at: At, amsgrad: Any) -> Any:
    return False


@mistake("weight decay ignored", "decay", "x = x - step", "x = x - lr wd x - step", "the weights do not decay")
def no_decay(at: At, x: Any) -> Any:
    return at.x


@mistake(
    "weight decay with the wrong sign", "decay", "x = x + lr wd x", "x = x - lr wd x", "the decay makes weights grow"
)
def decay_grows(at: At, x: Any) -> Any:
    return at.x + at.lr * at.h["weight_decay"] * at.x


@mistake(
    "weight decay coupled",
    "g",
    "g = g + wd x; then Adam",
    "x = x - lr wd x; then Adam",
    "the decay goes through the averages as L2 would: that is Adam with L2, not AdamW",
    applies=lambda at: at.rule == "adamw" and bool(at.h.get("weight_decay")),
)
def coupled(at: At, g: Any) -> Any:
    return _coupled(at, g)


def _coupled(at: At, g: Any, factor: float = 1.0) -> Any:
    coupling = g + factor * at.h["weight_decay"] * at.x
    at.h = at.h | {"weight_decay": None}
    return coupling


@mistake(
    "bias correction of u",
    "root",
    "m_hat / u_hat",
    "m_hat / u",
    "the largest gradient needs no correction",
    applies=taken_by("adamax"),
)
def corrected_u(at: At, root: Any) -> Any:
    return at.v / (1 - at.h["beta_2"] ** at.t) + at.h["epsilon"]


@mistake(
    "|g| forgotten",
    "size",
    "u = max(beta_2 u, g)",
    "u = max(beta_2 u, |g|)",
    "negative gradients do not count",
    applies=taken_by("adamax"),
)
def signed_u(at: At, size: Any) -> Any:
    return at.g


@mistake(
    "look-ahead forgotten",
    "look ahead",
    "m_hat = mu m / (1 - U)",
    "m_hat = mu m / (1 - U) + (1 - mu) g / (1 - U)",
    "the gradient's own part of the look-ahead is missing",
    applies=taken_by("nadam"),
)
def no_look_ahead(at: At, m_hat: Any) -> Any:
    mu, product = at.h["beta_1"] * (1 - 0.5 * 0.96 ** (at.t)), at.slots["U"]
    return m_hat - (1 - mu) * at.g / (1 - product)


@mistake(
    "gradient squared for the step squared",
    "delta squared",
    "d = rho d + (1 - rho) g^2",
    "d = rho d + (1 - rho) s^2",
    "the second average is of the gradients, not of the steps",
    applies=taken_by("adadelta"),
)
def gradient_for_delta(at: At, square: Any) -> Any:
    return at.g * at.g


@mistake(
    "sign forgotten",
    "sign",
    "x = x - lr c",
    "x = x - lr sign(c)",
    "the step is not reduced to its sign",
    applies=taken_by("lion"),
)
def sign_forgotten(at: At, sign: Any) -> Any:
    return at.h["beta_1"] * at.old_m + (1 - at.h["beta_1"]) * at.g


@mistake(
    "sign of the momentum alone",
    "sign",
    "x = x - lr sign(m)",
    "x = x - lr sign(beta_1 m + (1 - beta_1) g)",
    "the step takes the new m instead of the interpolation with beta_1",
    applies=taken_by("lion"),
)
def sign_of_m(at: At, sign: Any) -> Any:
    return np.sign(at.m)


# ---- published variants: another convention ------------------------------------------------------------------------


@variant(
    "epsilon as in the paper",
    "root",
    "sqrt(v_hat) + epsilon",
    "sqrt(v) + epsilon ('epsilon hat')",
    "epsilon is added to the corrected root, as in the paper's Algorithm 1 and PyTorch; Keras adds it before the "
    "correction ('epsilon hat')",
    applies=ADAM,
)
def algorithm_1(at: At, root: Any) -> Any:
    return np.sqrt(at.v) + at.h["epsilon"] * _root(at.c2)


@variant(
    "epsilon inside the root",
    "root",
    "sqrt(v + epsilon)",
    "sqrt(v) + epsilon",
    "epsilon stands inside the root; Keras adds it outside",
    applies=taken_by("adam", "adamw", "nadam"),
)
def inside(at: At, root: Any) -> Any:
    return np.sqrt((at.v / at.c2 if at.rule == "nadam" else at.v) + at.h["epsilon"])


@variant(
    "epsilon inside the corrected root",
    "root",
    "sqrt(v_hat + epsilon)",
    "sqrt(v) + epsilon",
    "epsilon stands inside the root, with the corrected v; Keras adds it outside",
    applies=ADAM,
)
def inside_corrected(at: At, root: Any) -> Any:
    return np.sqrt(at.v + at.h["epsilon"] * at.c2)


@variant(
    "epsilon outside the root",
    "root",
    "sqrt(v) + epsilon",
    "sqrt(v + epsilon)",
    "epsilon stands outside the root, as in PyTorch; Keras adds it inside",
    applies=taken_by("rmsprop", "adagrad"),
)
def outside(at: At, root: Any) -> Any:
    return np.sqrt(at.v) + at.h["epsilon"]


@variant(
    "no epsilon in Adamax",
    "root",
    "m / (c u)",
    "m / (c (u + epsilon))",
    "the divisor has no epsilon, as in the paper",
    applies=taken_by("adamax"),
)
def adamax_without(at: At, root: Any) -> Any:
    return at.v


@variant(
    "epsilon inside the maximum",
    "root",
    "u = max(beta_2 u, |g| + epsilon)",
    "u + epsilon",
    "epsilon stands inside the maximum, as in PyTorch",
    applies=taken_by("adamax"),
)
def epsilon_in_maximum(at: At, root: Any) -> Any:
    own = at.slots["v"] = np.maximum(at.h["beta_2"] * at.old_v, np.abs(at.g) + at.h["epsilon"])
    return own


@variant(
    "sum starts at 0",
    "start",
    "a = 0",
    "a = initial_accumulator_value",
    "the sum of squares starts at 0, as in the paper and PyTorch; Keras starts it at 0.1",
    applies=taken_by("adagrad"),
)
def starts_at_zero(at: At, start: Any) -> Any:
    return 0.0


@variant(
    "momentum as a running average",
    "m",
    "m = mu m - (1 - mu) lr g",
    "m = mu m - lr g",
    "the momentum is a running average of the gradients, with 1 - mu before the new one",
    applies=taken_by("sgd"),
)
def averaged_momentum(at: At, m: Any) -> Any:
    return at.h["momentum"] * at.old_m - (1 - at.h["momentum"]) * at.lr * at.g


@variant(
    "weight decay as L2",
    "g",
    "g = g + wd x",
    "x = x - lr wd x",
    "the decay is added to the gradient (L2), as in PyTorch; Keras takes it off the weight",
    applies=lambda at: at.rule != "adamw" and bool(at.h.get("weight_decay")),
)
def as_l2(at: At, g: Any) -> Any:
    return _coupled(at, g)


@variant(
    "weight decay not scaled",
    "decay",
    "x = x - wd x",
    "x = x - lr wd x",
    "the decay is not multiplied by the learning rate, as in the paper's Algorithm 2",
)
def unscaled(at: At, x: Any) -> Any:
    return at.x - at.h["weight_decay"] * at.x


@variant(
    "weight decay after the step",
    "x",
    "x = (1 - lr wd) (x - step)",
    "x = (1 - lr wd) x - step",
    "the weight decays after its step, not before",
    applies=having("weight_decay"),
)
def decay_after(at: At, x: Any) -> Any:
    return at.x - (1 - at.lr * at.h["weight_decay"]) * at.moved


@variant(
    "AMSGrad on the corrected v",
    "compared",
    "max(v_hat)",
    "max(v)",
    "the largest of the corrected v is kept; Keras keeps the largest v itself",
    applies=having("amsgrad"),
)
def amsgrad_corrected(at: At, v: Any) -> Any:
    at.plants = at.plants | {"correction": [_PLAIN]}
    return v / at.c2


def _undone(at: Any, right: Any) -> Any:
    return 1 / at.c1


_PLAIN = Mistake("", "correction", _undone, "", "", "")


@variant(
    "slower momentum schedule",
    "speed",
    "mu = beta_1 (1 - 0.96^(0.004 t) / 2)",
    "mu = beta_1 (1 - 0.96^t / 2)",
    "the momentum schedule is the paper's and PyTorch's, 0.96^(0.004 t); Keras has 0.96^t",
    applies=taken_by("nadam"),
)
def paper_schedule(at: At, speed: Any) -> Any:
    return 0.004


@variant(
    "no learning rate",
    "lr",
    "x = x - s",
    "x = x - lr s",
    "it has no learning rate, as in the paper",
    applies=taken_by("adadelta"),
)
def rate_of_one(at: At, lr: Any) -> Any:
    return 1.0

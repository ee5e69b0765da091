"""Every known mistake of an optimizer is found by `verify_model`, at the slot or weight where it is.

A mistake is planted in the source of a method: one piece of text is replaced by another.
"""

import copy
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import handnn
from handnn import optimizers as of
from handnn.layers import Dense, Input
from handnn.optimizers import clipping, schedules
from handnn.optimizers.base import Optimizer
from handnn.optimizers.options import Options
from handnn.verify import verify_model
from handnn.verify.optimizer_steps import optimizer_state

SETTINGS = {
    "sgd": lambda: of.SGD(0.1),
    "momentum": lambda: of.SGD(0.1, momentum=0.9),
    "nesterov": lambda: of.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: of.Adam(0.01),
    "amsgrad": lambda: of.Adam(0.01, amsgrad=True),
    "adamax": lambda: of.Adamax(0.01),
    "nadam": lambda: of.Nadam(0.01, beta_2=0.99),
    "adagrad": lambda: of.Adagrad(0.1, initial_accumulator_value=1e-6, epsilon=1e-5),
    "rmsprop": lambda: of.RMSprop(0.01, momentum=0.6),
    "centered": lambda: of.RMSprop(0.01, centered=True),
    "adadelta": lambda: of.Adadelta(0.5),
    "lion": lambda: of.Lion(0.01, beta_1=0.6),
    "lamb": lambda: of.Lamb(0.01),
    "ftrl": lambda: of.Ftrl(0.1, -0.6, 1e-4, 1e-2, 0.2, 0.3, 0.1),
    "adafactor": lambda: of.Adafactor(0.8, epsilon_1=1e-9, epsilon_2=0.1, clip_threshold=0.7),
    "muon": lambda: of.Muon(0.1),
    "schedule free": lambda: of.ScheduleFreeAdamW(0.1, warmup_steps=3),
    "decay": lambda: of.AdamW(0.1, weight_decay=0.3),
    "clipnorm": lambda: of.SGD(0.1, clipnorm=0.5),
    "clipvalue": lambda: of.SGD(0.1, clipvalue=0.5),
    "global clipnorm": lambda: of.SGD(0.1, global_clipnorm=0.5),
    "averages": lambda: of.SGD(0.1, use_ema=True, ema_momentum=0.7),
    "overwritten": lambda: of.SGD(0.1, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=2),
    "accumulated": lambda: of.Adam(0.1, gradient_accumulation_steps=3),
    "scaled": lambda: of.SGD(0.1, loss_scale_factor=8.0),
    "schedule": lambda: of.SGD(schedules.ExponentialDecay(0.1, 3, 0.5)),
    "dynamic scale": lambda: of.LossScaleOptimizer(of.SGD(0.1), 8.0, 2),
    "two": lambda: of.MultiOptimizer(of.OptimizerMap(of.SGD(0.1), {".*/bias": of.Adam(0.01)})),
}


def make(setting: str, dtype: str) -> tuple[Any, ...]:
    rng = np.random.default_rng(3)
    model = handnn.Sequential([Input((3,), dtype=dtype, name="input"), Dense(4, dtype=dtype, name="dense")], name="net")
    model.compile(SETTINGS[setting](), "mse")
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model, rng.normal(size=(5, 3)), rng.normal(size=(5, 4))


class Kept(NamedTuple):
    """A variable of the twin as it was."""

    value: np.ndarray

    def numpy(self) -> np.ndarray:
        return self.value.copy()


class Replayed:
    """Stands in for `KerasTwin`: what the real one traced, and its steps, are computed once and handed out again.

    No mistake in handnn changes them: the gradients of every step are the twin's own.
    """

    def __init__(self, twin: Any) -> None:
        self.twin, self.traced, self.model = twin, None, self
        self.steps: list[tuple[Any, Any]] = [([], optimizer_state(twin))]
        self.step = 0

    def trace(self, *batch: Any, training: bool) -> Any:
        self.traced = self.traced or self.twin.trace(*batch, training=training)
        return copy.deepcopy(self.traced)

    def apply(self, gradients: list) -> None:
        self.step += 1
        if self.step == len(self.steps):
            self.twin.apply(gradients)
            self.steps.append((gradients, optimizer_state(self.twin)))
        assert all(map(np.array_equal, gradients, self.steps[self.step][0]))

    @property
    def trainable_variables(self) -> list[Kept]:
        return [Kept(weight) for weight in self.steps[self.step][1].weights]

    def optimizer_state(self) -> list[np.ndarray]:
        return [value.copy() for value in self.steps[self.step][1].variables]


@pytest.fixture(scope="module")
def twins(keras: Any) -> Callable[..., Replayed]:
    """`twins(setting, dtype)`: what stands in for the Keras twin, at the start."""
    from tf_reference import KerasTwin

    made: dict[Any, Replayed] = {}

    def get(setting: str, dtype: str) -> Replayed:
        if (setting, dtype) not in made:
            model, *_ = make(setting, dtype)
            made[setting, dtype] = Replayed(
                KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer)
            )
        made[setting, dtype].step = 0
        return made[setting, dtype]

    return get


@pytest.fixture
def verify(twins: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def run(setting: str, dtype: str, plant: Any = lambda patch: None) -> Any:
        twin, (model, x, y) = twins(setting, dtype), make(setting, dtype)
        with monkeypatch.context() as patch, np.errstate(all="ignore"):
            patch.setattr("tf_reference.KerasTwin", lambda *arguments: twin)
            plant(patch)
            return verify_model(model, x, y, whole=False)

    return run


def replaced(patch: Any, owner: Any, name: str, old: str, new: str) -> None:
    """Put another function in the owner's place of this one: its own source with `new` for `old`."""
    function = getattr(owner, name)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{name} must contain {old!r} once"
    made = dict(function.__globals__)
    exec(source.replace(old, new), made)
    patch.setattr(owner, name, made[name])


STEPPED = "kernel stepped"
M, V, HAT, A = "kernel momentum", "kernel velocity", "kernel velocity_hat", "kernel accumulator"
RULES: dict[str, tuple[type, list[tuple[str, str, str, str]]]] = {
    "sgd": (
        of.SGD,
        [
            ("sign", "x -= step", "x += step", STEPPED),
            ("learning rate twice", "gradient, self.rate", "gradient, self.rate**2", STEPPED),
        ],
    ),
    "momentum": (
        of.SGD,
        [
            ("sign of the gradient", "m -= step", "m += step", M),
            ("sign of the momentum", "m *= mu\n", "m *= -mu\n", M),
            ("damped", "m -= step", "m -= step * (1 - mu)", M),
            ("ignored", "m *= mu\n", "m *= 0 * mu\n", M),
            ("kept, not used", "x += m", "x -= step", STEPPED),
            ("nesterov without being asked", "if self.nesterov", "if True", STEPPED),
        ],
    ),
    "nesterov": (
        of.SGD,
        [
            ("ignored", "if self.nesterov", "if False", STEPPED),
            ("without the gradient", "np.subtract(m * mu, step, out=work[0])", "m * mu", STEPPED),
            ("sign", "np.subtract(m * mu, step", "np.add(m * mu, step", STEPPED),
        ],
    ),
    "adam": (
        of.Adam,
        [
            ("sign", "x -= step", "x += step", STEPPED),
            ("no bias correction", "self.once_a_step(self.step_size, x.dtype)", "self.rate", STEPPED),
            ("epsilon in the root", "np.sqrt(v, out=work[0])\n", "np.sqrt(v + self.epsilon) - self.epsilon\n", STEPPED),
            (
                "epsilon squared in the root",
                "np.sqrt(v, out=work[0])\n",
                "np.sqrt(v + self.epsilon**2) - self.epsilon\n",
                STEPPED,
            ),
            ("epsilon forgotten", "root += self.epsilon", "", STEPPED),
            ("root forgotten", "np.sqrt(v, out=work[0])", "v * 1", STEPPED),
            ("betas exchanged", "gradient, 1 - self.beta_1", "gradient, 1 - self.beta_2", M),
            ("beta for 1 - beta", "gradient, 1 - self.beta_1", "gradient, self.beta_1", M),
            ("gradient not squared", "np.multiply(gradient, gradient, out=work[0])", "gradient", V),
            ("absolute value for square", "np.multiply(gradient, gradient, out=work[0])", "np.abs(gradient)", V),
            ("slots reset", "m, v, *largest = slots", "m, v, *largest = slots; m *= 0", M),
        ],
    ),
    "amsgrad": (
        of.Adam,
        [
            ("largest v kept, not used", "v = np.maximum(", "np.maximum(", STEPPED),
            ("largest v not kept", "largest[0], v, out=largest[0]", "largest[0], v", HAT),
        ],
    ),
    "adamax": (
        of.Adamax,
        [
            ("no bias correction", "scale *= self.once_a_step(self.correction, x.dtype)", "", STEPPED),
            ("epsilon forgotten", "np.add(u, self.epsilon, out=work[0])", "u * 1", STEPPED),
            ("norm not discounted", "u *= self.beta_2", "", "kernel norm"),
            ("sum for maximum", "np.maximum(u", "np.add(u", "kernel norm"),
            ("sign lost", "np.abs(gradient, out=work[0])", "gradient", "kernel norm"),
        ],
    ),
    "nadam": (
        of.Nadam,
        [
            ("look-ahead ignored", "m_hat += ahead", "", STEPPED),
            ("coefficients not shifted", "np.multiply(m, mu_next", "np.multiply(m, mu", STEPPED),
            (
                "epsilon in the root",
                "np.sqrt(np.divide(v, rest_2, out=work[1]), out=work[1])",
                "np.sqrt(v / rest_2 + self.epsilon)",
                STEPPED,
            ),
            ("no correction of v", "np.divide(v, rest_2, out=work[1])", "v", STEPPED),
            ("betas whole", "1 - self.rounded(self.beta_2, x.dtype)", "1 - self.beta_2 * (1 + 1e-6)", V),
        ],
    ),
    "adagrad": (
        of.Adagrad,
        [
            ("epsilon outside the root", "np.add(a, self.epsilon, out=work[0])\n", "a * 1\n", STEPPED),
            ("running average for sum", "a += np", "a *= 0.9; a += np", A),
            ("root forgotten", "root = np.sqrt(root, out=work[0])", "", STEPPED),
        ],
    ),
    "rmsprop": (
        of.RMSprop,
        [
            (
                "epsilon outside the root",
                "np.sqrt(root, out=work[0])",
                "np.sqrt(root - self.epsilon) + self.epsilon",
                M,
            ),
            ("momentum ignored", "m *= self.momentum", "m *= 0", M),
            ("momentum without the learning rate", "np.multiply(gradient, self.rate, out=work[1])", "gradient * 1", M),
            ("rho exchanged", "square *= 1 - self.rho", "square *= self.rho", V),
        ],
    ),
    "centered": (
        of.RMSprop,
        [
            ("ignored", "np.add(variance, self", "np.add(v, self", STEPPED),
            ("average not squared", "np.multiply(average, average, out=work[0])", "average", STEPPED),
            (
                "average of squares",
                "np.multiply(gradient, 1 - self.rho, out=work[0])",
                "square",
                "kernel average_gradient",
            ),
        ],
    ),
    "adadelta": (
        of.Adadelta,
        [
            ("epsilon forgotten above", "np.add(d, self.epsilon, out=work[0])", "d", "kernel accumulated_delta_var"),
            (
                "epsilon outside the root",
                "np.sqrt(np.add(a, self.epsilon, out=work[1]), out=work[1])",
                "(np.sqrt(a) + self.epsilon)",
                "kernel accumulated_delta_var",
            ),
            (
                "learning rate inside",
                "square = np.multiply(step, step, out=work[1])",
                "step *= self.rate; square = np.multiply(step, step, out=work[1])",
                "kernel accumulated_delta_var",
            ),
            ("learning rate ignored", "    step *= self.rate", "    pass", STEPPED),
        ],
    ),
    "lion": (
        of.Lion,
        [
            ("momentum first", "(m,) = slots", "(m,) = slots; m *= 0.99; m += gradient * 0.01", M),
            ("sign forgotten", "step = np.sign(step, out=work[0])", "", STEPPED),
            ("betas exchanged", "gradient, 1 - beta_2", "gradient, 1 - beta_1", M),
            ("gradient alone", "step += np.multiply(m, beta_1, out=work[1])", "", STEPPED),
        ],
    ),
    "lamb": (
        of.Lamb,
        [
            ("no trust", "self.trust(norm(x, work[0]), norm(step, work[0])) *", "", STEPPED),
            (
                "trust upside down",
                "self.trust(norm(x, work[0]), norm(step, work[0]))",
                "self.trust(norm(step, work[0]), norm(x, work[0]))",
                STEPPED,
            ),
            ("no correction of v", "np.divide(v, rest_2, out=work[0])", "v", STEPPED),
            ("norm of the gradient", "norm(step, work[0])", "norm(gradient, work[0])", STEPPED),
        ],
    ),
    "ftrl": (
        of.Ftrl,
        [
            ("no sigma", "pull -= sigma", "", "kernel linear"),
            ("shrinkage once", "2 * self.l2_shrinkage", "self.l2_shrinkage", "kernel linear"),
            ("l1 ignored", "clipped -= z", "clipped *= 0; clipped -= z", STEPPED),
            ("l2 once", "quadratic += 2 *", "quadratic +=", STEPPED),
            ("beta ignored", "+ self.beta / (2 * lr)", "", STEPPED),
            ("square root for the power", "after = np.power(n, p", "after = np.power(n, 0.5", "kernel linear"),
        ],
    ),
    "adafactor": (
        of.Adafactor,
        [
            ("rows for columns", "((r, -1), (c, -2))", "((r, -1), (c, 0))[:1]", "kernel c"),
            ("not normalised", "r / mean(r, -1, keepdims=True)", "r * 1", V),
            ("not clipped", "np.maximum(1.0, rms(u, work[1]) / self.clip_threshold)", "1", STEPPED),
            ("not relative", "np.maximum(self.rounded(self.epsilon_2, x.dtype), rms(x, work[0]))", "1", STEPPED),
            ("epsilon forgotten", "square += self.epsilon_1", "", "kernel r"),
        ],
    ),
    "muon": (
        of.Muon,
        [
            ("nesterov ignored", "if self.nesterov", "if False", STEPPED),
            ("damped", "term += gradient", "term += gradient * (1 - self.momentum)", M),
            ("scale ignored", "step *= self.rms_rate", "", STEPPED),
            ("smaller side", "max(x.shape)", "min(x.shape)", STEPPED),
        ],
    ),
    "schedule free": (
        of.ScheduleFreeAdamW,
        [
            (
                "no averaging",
                "average += np.multiply(z, share, out=x)",
                "average += np.multiply(z, 1.0, out=x)",
                STEPPED,
            ),
            ("no correction of v", "np.divide(v, rest_2, out=work[0])", "v", M),
            (
                "epsilon in the root",
                "root += self.rounded(self.epsilon, x.dtype)",
                "root = np.sqrt(root * root + self.epsilon)",
                M,
            ),
            ("old z", "z -= step\n", "z -= step; x += step * (1 - beta_1)\n", STEPPED),
        ],
    ),
}


def planted_rules() -> Any:
    for setting, (cls, mistakes) in RULES.items():
        for name, old, new, tensor in mistakes:
            yield pytest.param(setting, (cls, "update_step", old, new), tensor, id=f"{setting}, {name}")
    for setting, name, place, tensor in AROUND:
        yield pytest.param(setting, place, tensor, id=f"{setting}, {name}")


AROUND: list[tuple[str, str, tuple[Any, ...], str]] = [
    ("adam", "only m corrected", (of.Adam, "step_size", "lr * np.sqrt(1 - power_2) /", "lr /"), STEPPED),
    ("adam", "only v corrected", (of.Adam, "step_size", " / (1 - power_1)", ""), STEPPED),
    ("adam", "beta for beta^t", (of.Adam, "step_size", "self.iterations + 1", "1"), STEPPED),
    ("adam", "counted from 0", (of.Adam, "step_size", "self.iterations + 1", "self.iterations"), STEPPED),
    ("adam", "counted from 2", (of.Adam, "step_size", "self.iterations + 1", "self.iterations + 2"), STEPPED),
    ("adamax", "counted from 0", (of.Adamax, "correction", "self.iterations + 1", "self.iterations"), STEPPED),
    ("nadam", "product not kept", (of.Nadam, "begin_step", "product * self.beta_1", "self.beta_1"), "u_product"),
    ("nadam", "decay of the paper", (of.Nadam, "begin_step", "** t", "** (0.004 * t)"), "u_product"),
    ("nadam", "next step forgotten", (of.Nadam, "coefficients", "(t, t + 1)", "(t, t)"), STEPPED),
    ("nadam", "product forgotten", (of.Nadam, "coefficients", "1 - product,", "1 - mu,"), STEPPED),
    ("adagrad", "starts at 0", (of.Adagrad, "new_slots", "self.initial_accumulator_value", "0"), A),
    ("ftrl", "starts at 0", (of.Ftrl, "new_slots", "self.initial_accumulator_value", "0"), A),
    ("schedule free", "starts at 0", (of.ScheduleFreeAdamW, "new_slots", "x.copy()", "x * 0"), M),
    ("schedule free", "no warm-up", (of.ScheduleFreeAdamW, "coefficients", "self.warmup_steps > 0", "False"), M),
    (
        "schedule free",
        "share one step off",
        (of.ScheduleFreeAdamW, "coefficients", "** t, 1 / t", "** t, 1 / (t + 1)"),
        STEPPED,
    ),
    ("adafactor", "beta constant", (of.Adafactor, "coefficients", "np.power(t, self.beta_2_decay)", "0.5"), "kernel r"),
    ("adafactor", "rate not capped", (of.Adafactor, "coefficients", "np.minimum(lr, 1 / np.sqrt(t))", "lr"), STEPPED),
    ("muon", "one iteration fewer", (of.Muon, "orthogonalized", "range(self.ns_steps)", "range(4)"), STEPPED),
    ("muon", "coefficients exchanged", (of.Muon, "orthogonalized", "c * np.dot(A, A)", "b * np.dot(A, A)"), STEPPED),
    ("muon", "not normalised", (of.Muon, "orthogonalized", "X = X / (", "X = X / (1 + 0 * "), STEPPED),
    (
        "muon",
        "Adam's rate",
        (of.Muon, "adam_step_size", "np.float32(self.adam_lr_ratio)", "np.float32(0.1)"),
        "bias stepped",
    ),
    ("decay", "ignored", (Optimizer, "_decay", "x -= term", ""), STEPPED),
    ("decay", "not scaled by the rate", (Optimizer, "_decay", "term *= self.rate", ""), STEPPED),
    ("decay", "sign", (Optimizer, "_decay", "x -= term", "x += term"), STEPPED),
    (
        "decay",
        "coupled",
        (Optimizer, "take_step", "self._decay(x, decay, work[0])", "g = g + x * self.rounded(decay, x.dtype)"),
        M,
    ),
    (
        "decay",
        "after the step",
        (
            Optimizer,
            "take_step",
            "    self._decay(x, decay, work[0])\n            self.update_step(g, x, *slots, work=work)",
            "    pass\n            self.update_step(g, x, *slots, work=work); self._decay(x, decay, work[0])",
        ),
        STEPPED,
    ),
    ("clipnorm", "ignored", (clipping, "by_norm", "scaled /= np.maximum(norm, limit)", "scaled /= limit"), STEPPED),
    ("clipnorm", "always scaled", (clipping, "by_norm", "np.maximum(norm, limit)", "norm"), STEPPED),
    (
        "clipnorm",
        "largest element for norm",
        (clipping, "by_norm", "np.sqrt(np.sum(np.square(gradient)))", "np.max(np.abs(gradient))"),
        STEPPED,
    ),
    (
        "clipvalue",
        "one side",
        (
            clipping,
            "by_value",
            "np.maximum(np.minimum(gradient, limit, out=out), -limit, out=out)",
            "np.minimum(gradient, limit)",
        ),
        STEPPED,
    ),
    (
        "global clipnorm",
        "norm of each array",
        (
            clipping,
            "clip",
            "return by_global_norm(gradients, global_norm, outs)",
            "return each(gradients, outs, lambda g, out: by_norm(g, global_norm, out))",
        ),
        STEPPED,
    ),
    (
        "averages",
        "late",
        (
            Optimizer,
            "take_step",
            "if self.use_ema:\n",
            "if self.use_ema and self._iterations % 2:\n",
        ),
        "kernel average",
    ),
    (
        "averages",
        "of the weight before",
        (
            Optimizer,
            "take_step",
            "ready = self",
            "self._average(xs) if self.use_ema else 0; ready = self",
        ),
        "kernel average",
    ),
    (
        "averages",
        "starts at 0",
        (Options, "_average", "self.ema_momentum if self.iterations else 0.0", "self.ema_momentum"),
        "kernel average",
    ),
    (
        "averages",
        "shares exchanged",
        (Options, "_average", "self.ema_momentum if", "1 - self.ema_momentum if"),
        "kernel average",
    ),
    ("overwritten", "never", (Options, "_average", "if overwrite", "if False"), STEPPED),
    ("overwritten", "one step late", (Options, "_average", "(self.iterations + 1) %", "self.iterations %"), STEPPED),
    ("accumulated", "sum for mean", (Options, "_prepare", "np.divide(g, steps, out=out)", "g"), M),
    (
        "accumulated",
        "one call late",
        (Options, "_prepare", "(self._iterations + 1) % steps", "self._iterations % steps"),
        "kernel gradient_accumulator",
    ),
    ("accumulated", "not emptied", (Options, "_prepare", "np.copyto(total, 0)", "pass"), "kernel gradient_accumulator"),
    ("accumulated", "last gradient lost", (Options, "_prepare", "g + total", "total"), M),
    ("accumulated", "calls counted", (of.Adam, "step_size", "self.iterations + 1", "self._iterations + 1"), STEPPED),
    ("scaled", "not unscaled", (Options, "_prepare", "np.divide(g, scale, out=out)", "g"), STEPPED),
    ("scaled", "scaled twice", (Options, "_prepare", "np.divide(g, scale", "np.multiply(g, scale"), STEPPED),
    ("schedule", "one step off", (Options, "_rate_now", "(self._iterations)", "(self._iterations + 1)"), STEPPED),
    (
        "schedule",
        "wrong base",
        (schedules.ExponentialDecay, "__call__", "f32(self.decay_rate), p", "f32(0.6), p"),
        STEPPED,
    ),
    ("dynamic scale", "not unscaled", (of.LossScaleOptimizer, "take_step", "g / scale", "g"), STEPPED),
    (
        "dynamic scale",
        "grows late",
        (of.LossScaleOptimizer, "take_step", "self.dynamic_growth_steps - 1", "self.dynamic_growth_steps"),
        "step_counter",
    ),
    (
        "dynamic scale",
        "grows too much",
        (of.LossScaleOptimizer, "take_step", "scale * 2.0", "scale * 4.0"),
        "dynamic_scale",
    ),
]


def of_the_day(setting: str, dtype: str) -> Any:
    """Return the mark of a case that waits for `--everything`: each setting's twin is made in one dtype a day."""
    return () if list(SETTINGS).index(setting) % 2 == (dtype == "float64") else pytest.mark.everything


RIGHT = [pytest.param(s, dtype, marks=of_the_day(s, dtype)) for s in SETTINGS for dtype in ("float32", "float64")]
WRONG = [
    pytest.param(*case.values, dtype, marks=of_the_day(case.values[0], dtype), id=f"{case.id}-{dtype}")
    for case in planted_rules()
    for dtype in ("float32", "float64")
]


@pytest.mark.parametrize(("setting", "dtype"), RIGHT)
def test_the_right_rule_is_right(setting, dtype, verify):
    report = verify(setting, dtype)
    assert report.ok, report.verdict()


@pytest.mark.covers("setting", "tensor", "dtype")
@pytest.mark.parametrize(("setting", "place", "tensor", "dtype"), WRONG)
def test_mistake_is_found_where_it_is(setting, place, tensor, dtype, verify):
    report = verify(setting, dtype, lambda patch: replaced(patch, *place))
    assert not report.ok
    first = report.first_failure
    assert first.check == "optimizer", first.sentence()
    assert first.tensor.startswith(tensor), first.sentence()


# ---- the loop around the rule -------------------------------------------------------------------------------------


def around(before: Any = lambda o: None, after: Any = lambda o, pairs: None) -> Any:
    right = Optimizer.apply_gradients

    def apply_gradients(self: Any, pairs: Any) -> Any:
        pairs = list(pairs)
        before(self)
        arrays = right(self, pairs)
        after(self, pairs)
        return arrays

    return apply_gradients


LOOP = {
    "taken twice": around(after=lambda o, pairs: [o.update_step(g, x.value, work=o._work[0]) for g, x in pairs[:1]]),
    "steps not counted": around(after=lambda o, pairs: setattr(o, "_iterations", 0)),
    "slots reset": around(before=lambda o: [np.copyto(s.variable.value, 0) for s in o.all_slots()]),
    "last weight forgotten": lambda self, pairs, right=Optimizer.apply_gradients: right(self, list(pairs)[:-1]),
}


@pytest.mark.parametrize("mistake", LOOP)
def test_mistake_of_the_loop(mistake, dtype, verify, monkeypatch):
    monkeypatch.setattr(Optimizer, "apply_gradients", LOOP[mistake])
    setting = "adam" if mistake in ("steps not counted", "slots reset") else "sgd"
    report = verify(setting, dtype)
    assert {row.check for row in report.failures} == {"wiring"}
    weight = "bias" if mistake == "last weight forgotten" else "kernel"
    assert f"dense {weight} stepped chained" in [row.where for row in report.failures]

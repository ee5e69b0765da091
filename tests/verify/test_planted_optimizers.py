"""Every known mistake of an optimizer's rule is found by `verify_model`, at the slot or weight where it is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import handnn
from handnn.layers import Dense, Input
from handnn.optimizers import SGD, Adam, Optimizer
from handnn.verify import verify_model

SETTINGS = {
    "sgd": lambda: SGD(0.1),
    "momentum": lambda: SGD(0.1, momentum=0.9),
    "nesterov": lambda: SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: Adam(0.01),
    "amsgrad": lambda: Adam(0.01, amsgrad=True),
}


def make(setting: str, dtype: str) -> tuple[Any, ...]:
    rng = np.random.default_rng(3)
    model = handnn.Sequential([Input((3,), dtype=dtype, name="input"), Dense(4, dtype=dtype, name="dense")], name="net")
    model.compile(SETTINGS[setting](), "mse")
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model, rng.normal(size=(5, 3)), rng.normal(size=(5, 4))


@pytest.fixture(scope="session")
def twins(keras: Any) -> Callable[..., Any]:
    """`twins(setting, dtype)`: a Keras twin whose weights, slots and step count are those of the start."""
    from tf_reference import KerasTwin

    made: dict[Any, Any] = {}

    def get(setting: str, dtype: str) -> Any:
        model, *_ = make(setting, dtype)
        if (setting, dtype) not in made:
            made[setting, dtype] = KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer)
        twin = made[setting, dtype]
        twin.set_weights(model.get_weights())
        twin.set_slots([{n: np.zeros_like(v) for n, v in slots.items()} for slots in twin.slots()], iterations=0)
        return twin

    return get


@pytest.fixture
def verify(twins: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def run(setting: str, dtype: str, rule: Any = None) -> Any:
        twin, (model, x, y) = twins(setting, dtype), make(setting, dtype)
        with monkeypatch.context() as patch, np.errstate(all="ignore"):
            patch.setattr("tf_reference.KerasTwin", lambda *arguments: twin)
            if rule is not None:
                patch.setattr(type(model.optimizer), "update_step", rule)
            return verify_model(model, x, y, whole=False)

    return run


# ---- Adam and SGD written once more, in parts that can be wrong ---------------------------------------------------


def powers(o: Any, t: Any, dtype: Any) -> tuple[Any, Any]:
    return o.rounded(o.beta_1, dtype) ** t, o.rounded(o.beta_2, dtype) ** t


def alpha(o: Any, dtype: Any, shift: int = 1, first: bool = True, second: bool = True) -> Any:
    power_1, power_2 = powers(o, o.number(o.iterations + shift, dtype), dtype)
    root = np.sqrt(1 - power_2) if second else 1
    return o.number(o.learning_rate, dtype) * root / ((1 - power_1) if first else 1)


def beta_alone(o: Any, dtype: Any) -> Any:
    power_1, power_2 = powers(o, 1, dtype)
    return o.number(o.learning_rate, dtype) * np.sqrt(1 - power_2) / (1 - power_1)


def usual(o: Any, m: Any, v: Any) -> Any:
    return alpha(o, m.dtype) * m / (np.sqrt(v) + o.epsilon)


def papers(o: Any, m: Any, v: Any) -> Any:
    """Algorithm 1 of the paper: epsilon beside the corrected root."""
    power_1, power_2 = powers(o, o.number(o.iterations + 1, m.dtype), m.dtype)
    return o.learning_rate * (m / (1 - power_1)) / (np.sqrt(v / (1 - power_2)) + o.epsilon)


def adam(
    first: Any = lambda o, g, m: (g - m) * (1 - o.beta_1),
    second: Any = lambda o, g, v: (g * g - v) * (1 - o.beta_2),
    step: Any = usual,
    largest: bool = True,
    sign: int = 1,
) -> Any:
    def update_step(self: Any, g: Any, x: Any, m: Any, v: Any, *hat: Any, work: Any) -> None:
        m += first(self, g, m)
        v += second(self, g, v)
        if hat:
            v_hat = np.maximum(hat[0], v, out=hat[0])
            v = v_hat if largest else v
        x -= sign * step(self, m, v)

    return update_step


def sgd(
    momentum: Any = lambda o, m, mu, step: m * mu - step,
    move: Any = lambda o, m, mu, step: m * mu - step if o.nesterov else m,
    plain: Any = lambda step: -step,
) -> Any:
    def update_step(self: Any, g: Any, x: Any, *slots: Any, work: Any) -> None:
        step = g * self.learning_rate
        if not slots:
            x += plain(step)
            return
        (m,), mu = slots, self.rounded(self.momentum, x.dtype)
        before = m * 1
        m += momentum(self, m, mu, step) - before
        x += move(self, m, mu, step)

    return update_step


def reset(right: Any) -> Any:
    def update_step(self: Any, g: Any, x: Any, *slots: Any, work: Any) -> None:
        for slot in slots:
            np.subtract(slot, slot * 1, out=slot)
        right(self, g, x, *slots, work=work)

    return update_step


def step(formula: Any) -> Any:
    """Return Adam with another last line."""
    return adam(step=formula)


STEPPED, MOMENTUM, VELOCITY, HAT = "kernel stepped", "kernel momentum", "kernel velocity", "kernel velocity_hat"

MISTAKES = {
    ("sgd", "sign"): (sgd(plain=lambda step: step), STEPPED),
    ("sgd", "learning rate twice"): (sgd(plain=lambda step: -step * 0.1), STEPPED),
    ("momentum", "sign of the gradient"): (sgd(lambda o, m, mu, step: m * mu + step), MOMENTUM),
    ("momentum", "sign of the momentum"): (sgd(lambda o, m, mu, step: -m * mu - step), MOMENTUM),
    ("momentum", "damped"): (sgd(lambda o, m, mu, step: m * mu - step * (1 - mu)), MOMENTUM),
    ("momentum", "ignored"): (sgd(lambda o, m, mu, step: -step), MOMENTUM),
    ("momentum", "kept, not used"): (sgd(move=lambda o, m, mu, step: -step), STEPPED),
    ("momentum", "nesterov without being asked"): (sgd(move=lambda o, m, mu, step: m * mu - step), STEPPED),
    ("momentum", "slots reset"): (reset(SGD.update_step), MOMENTUM),
    ("nesterov", "ignored"): (sgd(move=lambda o, m, mu, step: m), STEPPED),
    ("nesterov", "without the gradient"): (sgd(move=lambda o, m, mu, step: m * mu), STEPPED),
    ("nesterov", "sign"): (sgd(move=lambda o, m, mu, step: m * mu + step), STEPPED),
    ("adam", "sign"): (adam(sign=-1), STEPPED),
    ("adam", "no bias correction"): (step(lambda o, m, v: o.learning_rate * m / (np.sqrt(v) + o.epsilon)), STEPPED),
    ("adam", "only m corrected"): (
        step(lambda o, m, v: alpha(o, m.dtype, second=False) * m / (np.sqrt(v) + o.epsilon)),
        STEPPED,
    ),
    ("adam", "only v corrected"): (
        step(lambda o, m, v: alpha(o, m.dtype, first=False) * m / (np.sqrt(v) + o.epsilon)),
        STEPPED,
    ),
    ("adam", "beta for beta^t"): (step(lambda o, m, v: beta_alone(o, m.dtype) * m / (np.sqrt(v) + o.epsilon)), STEPPED),
    ("adam", "counted from 0"): (step(lambda o, m, v: alpha(o, m.dtype, 0) * m / (np.sqrt(v) + o.epsilon)), STEPPED),
    ("adam", "counted from 2"): (step(lambda o, m, v: alpha(o, m.dtype, 2) * m / (np.sqrt(v) + o.epsilon)), STEPPED),
    ("adam", "epsilon in the root"): (step(lambda o, m, v: alpha(o, m.dtype) * m / np.sqrt(v + o.epsilon)), STEPPED),
    ("adam", "epsilon squared in the root"): (
        step(lambda o, m, v: alpha(o, m.dtype) * m / np.sqrt(v + o.epsilon**2)),
        STEPPED,
    ),
    ("adam", "epsilon in the correction"): (step(papers), STEPPED),
    ("adam", "epsilon forgotten"): (step(lambda o, m, v: alpha(o, m.dtype) * m / np.sqrt(v)), STEPPED),
    ("adam", "root forgotten"): (step(lambda o, m, v: alpha(o, m.dtype) * m / (v + o.epsilon)), STEPPED),
    ("adam", "betas exchanged"): (adam(first=lambda o, g, m: (g - m) * (1 - o.beta_2)), MOMENTUM),
    ("adam", "beta for 1 - beta"): (adam(first=lambda o, g, m: (g - m) * o.beta_1), MOMENTUM),
    ("adam", "gradient not squared"): (adam(second=lambda o, g, v: (g - v) * (1 - o.beta_2)), VELOCITY),
    ("adam", "absolute value for square"): (adam(second=lambda o, g, v: (abs(g) - v) * (1 - o.beta_2)), VELOCITY),
    ("adam", "average without its start"): (adam(second=lambda o, g, v: g * g * (1 - o.beta_2)), VELOCITY),
    ("adam", "slots reset"): (reset(Adam.update_step), MOMENTUM),
    ("amsgrad", "largest v kept, not used"): (adam(largest=False), STEPPED),
    ("amsgrad", "largest v not kept"): (
        lambda self, g, x, m, v, hat, work: adam()(self, g, x, m, v, work=work),
        HAT,
    ),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_right_rule_in_parts_is_right(setting, dtype, verify):
    assert verify(setting, dtype).ok
    report = verify(setting, dtype, adam() if setting in ("adam", "amsgrad") else sgd())
    assert report.ok, report.verdict()


@pytest.mark.parametrize(("setting", "name"), MISTAKES, ids=[", ".join(key) for key in MISTAKES])
def test_mistake_is_found_where_it_is(setting, name, dtype, verify):
    rule, tensor = MISTAKES[setting, name]
    report = verify(setting, dtype, rule)
    assert not report.ok
    first = report.first_failure
    assert (first.check, first.layer, first.tensor) == ("optimizer", "dense", tensor), first.sentence()


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
    "steps not counted": around(after=lambda o, pairs: setattr(o, "iterations", 0)),
    "slots reset": around(before=lambda o: setattr(o, "slot_arrays", [])),
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

"""Every known mistake of an optimizer's own rule is found by `verify_model`, at the slot or weight where it is."""

from typing import Any

import pytest

from handnn import optimizers as of
from handnn.optimizers import adam

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
}
QUICK = ("nesterov", "amsgrad", "centered", "ftrl", "muon")
"""Every kind of slot. The other rules' mistakes are found every day by the bank of `handnn check`
(diagnosis/test_optimizer.py), and the rules themselves held against Keras in optimizers/test_steps.py."""

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
        adam.adam_rule,
        [
            ("sign", "x -= step", "x += step", STEPPED),
            ("epsilon in the root", "np.sqrt(v, out=work[0])\n", "np.sqrt(v + epsilon) - epsilon\n", STEPPED),
            (
                "epsilon squared in the root",
                "np.sqrt(v, out=work[0])\n",
                "np.sqrt(v + epsilon**2) - epsilon\n",
                STEPPED,
            ),
            ("epsilon forgotten", "root += epsilon", "", STEPPED),
            ("root forgotten", "np.sqrt(v, out=work[0])", "v * 1", STEPPED),
            ("betas exchanged", "gradient, 1 - betas[0]", "gradient, 1 - betas[1]", M),
            ("beta for 1 - beta", "gradient, 1 - betas[0]", "gradient, betas[0]", M),
            ("gradient not squared", "np.multiply(gradient, gradient, out=work[0])", "gradient", V),
            ("absolute value for square", "np.multiply(gradient, gradient, out=work[0])", "np.abs(gradient)", V),
            ("slots reset", "ema(m, gradient", "m *= 0; ema(m, gradient", M),
        ],
    ),
    "amsgrad": (
        adam.adam_rule,
        [
            ("largest v kept, not used", "v = np.maximum(", "np.maximum(", STEPPED),
            ("largest v not kept", "largest, v, out=largest", "largest, v", HAT),
        ],
    ),
    "adamax": (
        of.Adamax,
        [
            ("no bias correction", "scale *= self.per_step(self.correction, x.dtype)", "", STEPPED),
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

AROUND: list[tuple[str, str, tuple[Any, ...], str]] = [
    (
        "adam",
        "no bias correction",
        (of.Adam, "update_step", "self.per_step(self.step_size, x.dtype)", "self.rate"),
        STEPPED,
    ),
    ("adam", "only m corrected", (adam, "corrected_rate", "rate * np.sqrt(1 - power_2) /", "rate /"), STEPPED),
    ("adam", "only v corrected", (adam, "corrected_rate", " / (1 - power_1)", ""), STEPPED),
    ("adam", "beta for beta^t", (adam, "corrected_rate", "optimizer.iterations + 1", "1"), STEPPED),
    ("adam", "counted from 0", (adam, "corrected_rate", "optimizer.iterations + 1", "optimizer.iterations"), STEPPED),
    (
        "adam",
        "counted from 2",
        (adam, "corrected_rate", "optimizer.iterations + 1", "optimizer.iterations + 2"),
        STEPPED,
    ),
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
]
PLANTED = [
    (
        setting,
        name,
        (adam, "adam_rule", old, new) if rule is adam.adam_rule else (rule, "update_step", old, new),
        tensor,
    )
    for setting, (rule, mistakes) in RULES.items()
    for name, old, new, tensor in mistakes
] + AROUND


@pytest.mark.quick(2)
def test_the_right_rule_is_right(setting, dtype, verify):
    report = verify(SETTINGS[setting], dtype)
    assert report.ok, report.verdict()


@pytest.mark.quick(3, cover=("setting", "tensor", "dtype"))
def test_mistake_is_found_where_it_is(setting, place, tensor, dtype, verify, assert_found_at):
    assert_found_at(verify(SETTINGS[setting], dtype, place), tensor)

"""Every known mistake of what all optimizers share is found by `verify_model`: decay, clipping, averages, the loop."""

from typing import Any

import numpy as np
import pytest

from handnn import optimizers as of
from handnn.optimizers import clipping, schedules
from handnn.optimizers.base import Optimizer
from handnn.optimizers import adam
from handnn.optimizers.options import Options

SETTINGS = {
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
QUICK = ("decay", "averages", "accumulated", "schedule", "dynamic scale")
"""The other options are held against Keras every day in optimizers/test_options.py."""

STEPPED, M = "kernel stepped", "kernel momentum"
PLANTED: list[tuple[str, str, tuple[Any, ...], str]] = [
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
    ("clipnorm", "ignored", (clipping, "by_norm", "spread(np.maximum(norm, limit), gradient.ndim)", "limit"), STEPPED),
    ("clipnorm", "always scaled", (clipping, "by_norm", "np.maximum(norm, limit)", "norm"), STEPPED),
    (
        "clipnorm",
        "largest element for norm",
        (clipping, "by_norm", "np.sqrt(total(np.square(gradient), runs))", "np.max(np.abs(gradient))"),
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
            "return by_global_norm(gradients, global_norm, outs, runs)",
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
    (
        "accumulated",
        "calls counted",
        (adam, "corrected_rate", "optimizer.iterations", "optimizer._iterations"),
        STEPPED,
    ),
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


@pytest.mark.quick(2)
def test_the_right_rule_is_right(setting, dtype, verify):
    report = verify(SETTINGS[setting], dtype)
    assert report.ok, report.verdict()


@pytest.mark.quick(3, cover=("setting", "tensor", "dtype"))
def test_mistake_is_found_where_it_is(setting, place, tensor, dtype, verify, assert_found_at):
    assert_found_at(verify(SETTINGS[setting], dtype, place), tensor)


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


def sgd() -> Any:
    return of.SGD(0.1)


def adam() -> Any:
    return of.Adam(0.01)


LOOP = {
    "taken twice": around(after=lambda o, pairs: [o.update_step(g, x.value, work=o._work[0]) for g, x in pairs[:1]]),
    "steps not counted": around(after=lambda o, pairs: setattr(o, "_iterations", 0)),
    "slots reset": around(before=lambda o: [np.copyto(s.variable.value, 0) for s in o.all_slots()]),
    "last weight forgotten": lambda self, pairs, right=Optimizer.apply_gradients: right(self, list(pairs)[:-1]),
}


@pytest.mark.parametrize("mistake", LOOP)
def test_mistake_of_the_loop(mistake, dtype, verify, monkeypatch):
    monkeypatch.setattr(Optimizer, "apply_gradients", LOOP[mistake])
    report = verify(adam if mistake in ("steps not counted", "slots reset") else sgd, dtype)
    assert {row.check for row in report.failures} == {"wiring"}
    weight = "bias" if mistake == "last weight forgotten" else "kernel"
    assert f"dense {weight} stepped chained" in [row.where for row in report.failures]

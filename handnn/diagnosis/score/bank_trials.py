"""The banks of activations, losses and optimizers tried from end to end: each entry in every reference it applies to.

A case is planted in functions that are right otherwise. Those in which it makes no difference, or gives no numbers,
are left out. A mistake whose numbers another one gives too is named if either is; taken out of the bank it tells
nothing, because the other one is rightly named in its place.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ... import activations, losses, optimizers
from ...rounding import allowance
from ..activation import points
from ..activation.check import check_activation
from ..bank import Mistake, activation_mistakes, loss_mistakes, mistakes, optimizer_mistakes, optimizer_variants
from ..bank.contexts import ActivationContext, LossContext
from ..bank.rules import StepContext, rules
from ..loss import data as loss_data
from ..loss.check import check_loss
from ..optimizer.check import check_optimizer
from ..optimizer.trajectories import SHAPES, course
from ..verdict import Verdict
from .network_trials import Seen
from .synthetic_code import stepping

DTYPES = ("float32", "float64")
OPTIONS = {
    "sgd": ({"momentum": 0.8}, {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    "rmsprop": ({"momentum": 0.7, "centered": True, "epsilon": 1e-5},),
    "adam": ({"amsgrad": True, "weight_decay": 0.01, "beta_2": 0.95},),
}
"""Hyperparameters under which most lines of a rule matter at once."""

PARTS = {
    "no bias correction": ("first moment not corrected", "second moment not corrected"),
    "beta for beta^t": ("beta_1 for beta_1^t", "beta_2 for beta_2^t", "1 - beta_1 forgotten", "1 - beta_2 forgotten"),
    "beta_1 for beta_1^t": ("1 - beta_1 forgotten",),
    "beta_2 for beta_2^t": ("1 - beta_2 forgotten",),
    "learning rate left out": ("1 - beta_1 forgotten",),
}
"""Mistakes that are two others of the bank together, and would rightly be called these.

m / (1 - beta_1) is the average that the gradients enter with their full size, uncorrected; and that average is
1 / (1 - beta_1) times as large, a power of ten that a learning rate may make up for.
"""

Check = Callable[[tuple[str, ...]], Verdict]
"""The verdict on somebody who makes the mistake, with these names left out of the bank."""


def judged(made_in: str, mistake: Mistake, where: str, check: Check) -> list[Seen]:
    """Return what is seen of a mistake: whether it is detected and named, and unknown without its entry."""
    verdict = check(())
    said = [*verdict.mistakes, *(name for group in verdict.alternatives for name in group)]
    named = any(name == mistake.name or name.startswith(f"{mistake.name} (") for name in said)
    true = {"detected": not verdict.ok, "named": named}
    failure = "" if all(true.values()) else f"{mistake.name} in {where}: {verdict}"
    found = [Seen(f"{made_in} single", mistake.name, true, failure)]
    if verdict.alternatives or not named:
        return found
    without = check((mistake.name, *PARTS.get(mistake.name, ())))
    unknown = without.unknown or without.verdict == "broken"
    failure = "" if unknown else f"without {mistake.name} in {where}: {without}"
    return [*found, Seen(f"{made_in} unknown", mistake.name, {"unknown": unknown}, failure)]


def right(made_in: str, where: str, verdict: Verdict) -> list[Seen]:
    return [Seen(f"{made_in} correct", where, {"right": verdict.ok}, "" if verdict.ok else f"{where}: {verdict}")]


def differs(wrong: Any, expected: Any, dtype: str) -> bool:
    """Return whether a mistake gives other numbers, of the same shape, that rounding does not hide."""
    wrong, expected = np.asarray(wrong, "float64"), np.asarray(expected)
    if wrong.shape != expected.shape or not np.isfinite(wrong).all():
        return False
    size = float(np.abs(expected).max(initial=0.0))
    return float(np.abs(wrong - expected).max(initial=0.0)) > allowance.unit_roundoff(dtype) ** 0.5 * size


# ---- activations -----------------------------------------------------------------------------------------------------


def activation_case(name: str, dtype: str, entry: str) -> list[Seen]:
    """Try one mistake, or with no entry none, in one activation."""
    f = activations.activations[name]
    if not entry:
        return right(
            "activation", f"{name} {dtype}", check_activation(lambda z: f.forward(z), f.backward, f, dtype=dtype)
        )
    mistake = (mistakes if entry in mistakes else activation_mistakes)[entry]
    at = points.elementwise(tuple(f.kinks), dtype) if f.elementwise else points.rows(dtype)
    z = at.z[at.ordinary].astype(dtype)
    a = f.forward(z)
    upstream = points.cotangents(a.shape, dtype)

    first = mistake.step == "a"

    def wrong(upstream: Any, z: Any, a: Any) -> Any:
        own = f.forward(z)
        return mistake.made(ActivationContext(f, z, upstream), own if first else f.backward(upstream, z, own))

    if not differs(wrong(upstream, z, a), a if first else f.backward(upstream, z, a), dtype):
        return []
    forward: Any = (lambda z: wrong(np.ones_like(f.forward(z)), z, None)) if first else None

    def check(without: tuple[str, ...]) -> Verdict:
        return check_activation(forward, None if first else wrong, f, dtype=dtype, without=without)

    if first and check(()).verdict == "other convention":  # such as softmax over columns, or another alpha
        return []
    return judged("activation", mistake, f"{name} {dtype}", check)


def _activation_cases() -> Iterator[tuple[Any, ...]]:
    names = [n for registry in (mistakes, activation_mistakes) for n, m in registry.items() if m.step in ("a", "delta")]
    for f in activations.activations:
        for dtype in DTYPES:
            yield from ((f, dtype, name) for name in ("", *names))


# ---- losses ----------------------------------------------------------------------------------------------------------


def loss_case(name: str, options: dict[str, Any], dtype: str, entry: str) -> list[Seen]:
    """Try one mistake, or with no entry none, in one loss."""
    loss = losses.losses[name](dtype=dtype, **options)
    where = f"{name} {options or ''} {dtype}"
    if not entry:
        value, gradient = (lambda y_true, y_pred: loss(y_true, y_pred)), loss.gradient
        return right("loss", where, check_loss(value, gradient, loss, dtype=dtype))
    mistake = (mistakes if entry in mistakes else loss_mistakes)[entry]
    at = loss_data.draw(next(loss_data.readings(loss)), dtype, loss_data.SIZES[0])
    by_gradient = mistake.step == "slopes"

    def wrong(y_true: Any, y_pred: Any) -> Any:
        y, p = loss_data.wide(y_true), y_pred.astype("float64")
        values = loss.values(y, p)
        n = int(np.size(values))
        right = {"slopes": loss.derivatives(y, p) / n, "loss": np.mean(values)}.get(mistake.step, values)
        found = mistake.made(LossContext(loss, y, p, n), right)
        return found if found is None or by_gradient else np.mean(found)

    with np.errstate(all="ignore"):
        if not differs(wrong(at.y, at.p), (loss.gradient if by_gradient else loss)(at.y, at.p), dtype):
            return []

    def check(without: tuple[str, ...]) -> Verdict:
        if by_gradient:
            return check_loss(lambda y, p: loss(y, p), wrong, loss, dtype=dtype, without=without)
        return check_loss(wrong, None, loss, dtype=dtype, without=without)

    if not by_gradient and check(()).verdict == "other convention":  # 1 - cosine
        return []
    return judged("loss", mistake, where, check)


def _loss_cases() -> Iterator[tuple[Any, ...]]:
    steps = ("values", "loss", "slopes")
    names = [n for registry in (mistakes, loss_mistakes) for n, m in registry.items() if m.step in steps]
    names = [
        n for n in names if not n.startswith(("l2", "loss of the last"))
    ]  # of a network: what the loss is added to
    for name, cls in losses.losses.items():
        own: list[dict[str, Any]] = [{"delta": 0.6} if name == "huber" else {}]
        if "from_logits" in cls().get_config():
            own.append({"from_logits": True})
        for options in own:
            for dtype in DTYPES:
                yield from ((name, options, dtype, entry) for entry in ("", *names))


# ---- optimizers ------------------------------------------------------------------------------------------------------


def optimizer_case(rule: str, options: dict[str, Any], dtype: str, entry: str) -> list[Seen]:
    """Try one mistake, one published variant, or with no entry none, in one optimizer."""
    own: Any = optimizers.optimizers[rule]
    h = own().get_config() | {"learning_rate": 0.02} | options
    where = f"{rule} {options or ''} {dtype}"
    given = {"learning_rate": 0.02, **options}
    if not entry or entry in optimizer_variants:
        plants = [optimizer_variants[entry]] if entry else []
        if not all(_applies(plant, rule, h) for plant in plants):
            return []
        verdict = check_optimizer(stepping(rule, h, plants), rule, dtype=dtype, **given)
        return right("optimizer", f"{entry} in {where}".removeprefix(" in "), verdict)
    mistake = optimizer_mistakes[entry]
    author = stepping(rule, h, (mistake,))
    if not _applies(mistake, rule, h) or not _matters(author, stepping(rule, h), dtype):
        return []

    def check(without: tuple[str, ...]) -> Verdict:
        return check_optimizer(author, rule, dtype=dtype, without=without, **given)

    return judged("optimizer", mistake, where, check)


def _applies(mistake: Mistake, rule: str, h: dict[str, Any]) -> bool:
    at: Any = StepContext(rule, h, ())
    return mistake.applies(at) and (mistake.step != "decay" or bool(h.get("weight_decay")))


def _optimizer_cases() -> Iterator[tuple[Any, ...]]:
    names = ("", "", *optimizer_variants, *optimizer_mistakes)
    for k, rule in enumerate(rules):
        for options in ({}, *OPTIONS.get(rule, ())):
            yield from ((rule, options, DTYPES[(i + k) % 2], name) for i, name in enumerate(names))


def _matters(author: Any, right: Any, dtype: str) -> bool:
    """Return whether an author's parameters are ever others than they should be."""
    steps, mine, other = course(SHAPES[1], dtype), author(), right()
    xs = ys = steps.start
    for gradients in steps.gradients:
        xs, ys = mine.step(xs, gradients), other.step(ys, gradients)
        if not all(np.array_equal(x, y) for x, y in zip(xs, ys, strict=True)):
            return True
    return False


TRY: dict[str, Callable[..., list[Seen]]] = {
    "activation": activation_case,
    "loss": loss_case,
    "optimizer": optimizer_case,
}
CASES: dict[str, Callable[[], Iterator[tuple[Any, ...]]]] = {
    "activation": _activation_cases,
    "loss": _loss_cases,
    "optimizer": _optimizer_cases,
}


def one_case(made_in: str, *case: Any) -> list[Seen]:
    """Return what is seen in one case of a bank."""
    return TRY[made_in](*case)

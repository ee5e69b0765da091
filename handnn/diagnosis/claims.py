"""Is it what it is said to be? A derivation held against the activation, loss, layer, network or rule that it names."""

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import activations, losses
from ..core.naming import spelt_alike
from ..specs import optimizer as optimizer_spec
from . import forward, rule
from .activation import check as activation
from .activation.passes import Passes
from .loss.check import check_loss
from .network.check import check_network
from .optimizer.check import check_optimizer
from .reference import resolve
from .user.readings import Parts
from .user.readings.roles import parameters
from .verdict import Verdict

FARTHEST, SMALL = 40.0, 1e-8
CHECKS: dict[str, Callable[..., Verdict]] = {
    "network": check_network,
    "activation": activation.check_activation,
    "loss": check_loss,
    "optimizer": check_optimizer,
}
"""The functions that hold a derivation of a kind against its reference; of a layer its output is compared."""
FORWARD = ("forward", "value", "loss", "output", " z", " a")
"""Where a verdict places a mistake of the forward part."""


def reference_of(found: Any) -> str:
    """Return the reference of a derivation: what it says, or the name that it bears; '' if there is none.

    It may be said as the class is called: LeakyReLU is leaky_relu.
    """
    known: dict[str, Iterable[str]] = {
        "activation": activations.activations,
        "loss": losses.losses,
        "optimizer": optimizer_spec.NAMES,
    }
    if found.reference:
        return spelt_alike(str(found.reference), known.get(found.kind, ())) or str(found.reference)
    plain = re.sub(r"(_step|_update|_optimizer)$", "", found.name.split(".")[-1]).lower()
    if found.kind == "optimizer":
        plain = rule.plain_name(found.name)
        plain = rule.VARIANTS.get(plain, (plain, {}))[0]
    return plain if plain in known.get(found.kind, ()) else ""


def options_of(found: Any, reference: str) -> dict[str, Any]:
    """Return the options of a loss: those it says, else its own numbers by the names that the reference has.

    They are defaults of its arguments, or what its object has.
    """
    if found.options or found.kind != "loss" or reference not in losses.losses:
        return dict(found.options)
    known = losses.losses[reference](dtype="float64").get_config()
    given = {p.name: p.default for part in _functions(found.target)[:1] for p in parameters(part)}
    program = getattr(found, "program", None)
    given |= vars(program.make()) if program is not None and program.make is not None else {}
    return {n: v for n, v in given.items() if type(v) in (int, float) and type(known.get(n)) in (int, float)}


def claimed(found: Any, reference: str) -> Verdict | None:
    """Return the verdict of the check against the reference; None where it cannot be asked."""
    if found.kind == "activation":
        said = _activation(found, reference)
        return _forward_claimed(found, reference) if said is None else said
    functions = _functions(found.target) if not inspect.isclass(found.target) else ()
    functions = functions or (_called(found) if found.kind == "loss" else _functions(found.target))
    if found.kind not in CHECKS or not functions:
        return _forward_claimed(found, reference)
    try:
        said = CHECKS[found.kind](*functions, reference or None, name=found.name, **found.options)
        return _forward_claimed(found, reference) if said.verdict == "broken" else said
    except Exception:  # the check cannot call it, or has no such reference: the lines are judged all the same
        return _forward_claimed(found, reference)


def _activation(found: Any, reference: str) -> Verdict | None:
    """Return how an activation that was read compares with the reference."""
    try:
        options = dict(found.options)
        dtype, entry = options.pop("dtype", "float64"), resolve(reference, options)
        subject, itself = f"{found.name} ({entry.name})", set(found.right) == set(found.claimed)
        said = activation.judged(found.program, entry, subject, itself, dtype=dtype)
        if said.verdict == "wrong" and about_forward(said) and _nearly(found, entry):
            return Verdict(subject, "other convention", "right, but for a constant too small to matter")
    except Exception:  # it was not read, or there is no such reference: the lines are judged all the same
        return None
    return None if said.verdict == "broken" else said


def _nearly(found: Any, entry: Any) -> bool:
    """Return whether an activation is its reference but for a tiny constant, such as 1e-12 that is added to z."""
    z = np.linspace(-FARTHEST, FARTHEST, 321).reshape(3, 107)
    own = np.asarray(Passes(found.program).forward(z), "float64")
    return own.shape == z.shape and np.allclose(own, entry.forward(z), rtol=SMALL, atol=SMALL)


def _forward_claimed(found: Any, reference: str) -> Verdict | None:
    """Return whether the output is that of the layer that it names, be it Keras'; None where that is unknown.

    Of an activation only that it is: another alpha is no mistake.
    """
    judgement = forward.judged(found, reference) if found.kind in ("layer", "activation") else None
    if judgement is None or judgement.unchecked:
        return None
    subject = f"{found.name} ({reference})"
    if judgement.ok:
        return Verdict(subject, "match", f"the output is that of the {found.kind} that it names")
    if found.kind == "activation":
        return None
    return Verdict(subject, "wrong", "the output is not that of the layer that it names", where="forward output")


def _called(found: Any) -> tuple[Any, ...]:
    """Return a loss and its derivative that call what was read: methods of an object."""
    program = getattr(found, "program", None)
    if program is None or not program.backward:
        return ()

    def value(y_true: Any, y_pred: Any) -> Any:
        world = program.ran({"y_true": y_true, "y_pred": y_pred})
        return program.loss(world) if program.loss is not None else world["output"]

    def gradient(y_true: Any, y_pred: Any) -> Any:
        return program.ran({"y_true": y_true, "y_pred": y_pred}, np.ones_like(y_pred))["backward"]

    return value, gradient


def _functions(target: Any) -> tuple[Any, ...]:
    """Return the functions or the class of a candidate."""
    if isinstance(target, Parts):
        return (target.main,) if target.backward is None and target.value is None else ()
    if isinstance(target, tuple):
        return tuple(part for part in target if part is not None)
    if inspect.isfunction(target) or inspect.isclass(target):
        return (target,)
    return ()


def forward_is_right(verdict: Verdict) -> bool:
    """Return whether the forward part is the reference's, where the derivatives are known to be its own.

    A complaint about derivatives alone falls: they are those of a forward part that nothing is said against.
    """
    return verdict.ok or verdict.verdict == "unstable" or not about_forward(verdict)


def about_forward(verdict: Verdict) -> bool:
    words = f"{verdict.where} {verdict.summary}".lower()
    where = verdict.where.lower()
    if where:
        return "gradient" not in where and any(word in where for word in FORWARD)
    return "loss" in words or "output" in words or "value" in words

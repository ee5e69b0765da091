"""An optimizer's step, line by line: its recorded values held against the rule's own slots and steps."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..core.variable import Variable
from ..optimizers import Adadelta, AdamW, Optimizer
from ..specs import optimizer as optimizer_spec
from . import lines
from .bank import Mistake, optimizer_mistakes, optimizer_variants
from .bank.rules import Written, rules
from .user.optimizers.hyper import own_defaults, takes_a_rate
from .user.optimizers.steps import OF_STEP, Course
from .user.readings.roles import parameters
from .verdict import Verdict

NEUTRAL = re.compile("gradient_?descent|optimi[sz]er?|^my|^update|update$|step$|numpy|^np|custom|scratch|_")
"""Words beside the name of a rule that say nothing of it."""
OF_WEIGHTS = re.compile("^(all|the)?(parameters?|params?|weights?(and|biases)*)(using|with|by)?")
"""What it steps, behind `update`."""
WITH_MOMENTUM = re.compile(r"^(?:sgd|gd)?(?:with)?(nesterov|momentum)(?:sgd|gd|momentum)?$")
CORRECTED = {"momentum": "beta_1", "velocity": "beta_2"}
"""Slots that Adam's kin divide by 1 - beta^t, and the name of beta."""
UNKNOWN = ("input_shape", "samples")
TRACED = {
    "g": "the gradient",
    "square": "the square of the gradient",
    "m": "the average of the gradients",
    "v": "the average of the squares",
    "c1": "the corrected average of the gradients",
    "c2": "the corrected average of the squares",
    "look ahead": "the average that looks ahead",
    "delta squared": "the square of the step",
    "v used": "the average of the squares that is used",
    "largest": "what is under the root",
    "root": "the divisor",
    "step": "the step",
    "x": "the parameter after the step",
}
"""Lines of the written rules that are traced, in the order of computing, and what they compute."""
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "amsgrad": ("adam", {"amsgrad": True}),
    "centeredrmsprop": ("rmsprop", {"centered": True}),
    "rmspropcentered": ("rmsprop", {"centered": True}),
    "heavyball": ("momentum", {}),
    "nag": ("nesterov", {}),
    "stochastic": ("sgd", {}),
}
"""Rules under the name of an option: the rule and the option."""
OUTSIDE = Mistake("root", "", "", "", "", lambda at, value: np.sqrt(np.abs(at.v)) + at.h["epsilon"])
"""No mistake, but how many write a rule: epsilon is added to the root."""


def reference_for(name: str, options: dict[str, Any]) -> Optimizer | None:
    """Return handnn's optimizer of this name and these options; None if there is none or it does not take them."""
    given = {key: value for key, value in options.items() if key not in UNKNOWN}
    try:
        cls = optimizer_spec.NAMES[name.replace("_", "").lower()]
        return cls(**given)
    except (KeyError, TypeError, ValueError):
        return None


def judged(found: Any, name: str, options: dict[str, Any], seconds: float) -> lines.Judgement | None:
    """Return which lines of a step differ from the rule; None if it cannot be held against one.

    It is held against the rule as Keras has it, or as the papers do: with epsilon beside the corrected root, or with
    sums that start at 0.
    """
    own = reference_for(name, options)
    if own is None:
        return None

    def truth(subject: Any, form: int = 0) -> lines.Reference:
        start = {"initial_accumulator_value": 0.0} if form and "initial_accumulator_value" in own.get_config() else {}
        optimizer = reference_for(name, start | options)
        assert optimizer is not None
        return _reference(optimizer, subject, form > 0 and not start)

    try:
        takes = set(own.get_config())
        forms = (0, 1) if {"beta_2", "epsilon"} <= takes or "initial_accumulator_value" in takes else (0,)
        studies = {form: lines.ReferenceStudy(found, truth(found, form), True) for form in forms}
        right = {form: len(study.right(study.run)) for form, study in studies.items()}
        held: list[lines.Judgement] = []
        for form in (form for form in forms if right[form] == max(right.values())):
            held.append(lines.against(found, partial(truth, form=form), seconds))
            if not at_the_end(held[-1]):
                break
        return min(held, key=_left_open)
    except lines.SubjectError:
        return None


def _left_open(held: lines.Judgement) -> tuple[bool, int, int]:
    """Return how little a judgement explains: whether only the end of a step mends it, lines without a fix, lines."""
    return at_the_end(held), sum(not blame.fix for blame in held.blamed), len(held.blamed)


def at_the_end(held: lines.Judgement) -> bool:
    """Return whether a step that is wrong is mended at its end only, where any mistake is."""
    return not held.ok and all(re.match("the (step|parameter)", blame.must_be or "") for blame in held.blamed)


def is_plain(found: Any, seconds: float) -> bool:
    """Return whether a step, whose name says no rule, is the learning rate times the gradient."""
    held = judged(found, "sgd", {"learning_rate": found.learning_rate}, seconds)
    return held is not None and held.ok


def is_average(found: Any, name: str, options: dict[str, Any], seconds: float) -> bool:
    """Return whether a step by momentum keeps an average, v = beta v + (1 - beta) g: it is the rule's, but shorter."""
    momentum = getattr(reference_for(name, options), "momentum", 0.0)
    if not momentum:
        return False
    rate = options.get("learning_rate", found.learning_rate) * (1 - momentum)
    held = judged(found, name, options | {"learning_rate": rate}, seconds)
    return held is not None and held.ok


def plain_name(name: str) -> str:
    """Return the name of a rule without the words beside it: my_adam_optimizer -> adam."""
    plain = re.sub(r"(_step|_update|_optimizer)$", "", name.rsplit(".", maxsplit=1)[-1]).lower()
    plain = OF_WEIGHTS.sub("", NEUTRAL.sub("", plain)) or plain
    return WITH_MOMENTUM.sub(r"\1", plain)


def with_defaults(found: Any, name: str) -> dict[str, Any]:
    """Return the options of a step that says none: the defaults of its own arguments, as far as the rule has them."""
    plain = reference_for(name, {})
    if found.options or plain is None:
        return dict(found.options)
    rate = found.learning_rate if takes_a_rate(found.target) or type(plain) is not Adadelta else 1.0  # as published
    own = own_defaults(found.target, plain.get_config().__contains__) | {"learning_rate": rate}
    decays = [p.default for p in parameters(found.target) if p.name == "decay" and p.default is not p.empty]
    own |= {"weight_decay": decays[0]} if decays and isinstance(plain, AdamW) else {}  # not the rate's
    own = {key: value for key, value in own.items() if reference_for(name, {key: value}) is not None}
    return own | next((options for word, (_, options) in VARIANTS.items() if word == plain_name(found.name)), {})


def places_of(
    found: Any, name: str, options: dict[str, Any], said: Verdict, names: Sequence[str] = ()
) -> list[lines.Blame]:
    """Return the lines that compute what the known mistakes of a verdict compute, each by itself.

    Args:
        names: of the parameters that the mistakes are in, all if there are none: in one line, or each in its own.
    """
    own, found = reference_for(name, options), next(found.draws())  # of more steps
    plants = [part for m in said.mistakes if m in optimizer_mistakes for part in _parts(optimizer_mistakes[m])]
    published = [m for _, m in optimizer_variants.items() if m.because in said.convention]
    rule = type(own).__name__.lower()
    if own is None or rule not in rules or len({plant.name for plant in plants}) < max(len(said.mistakes), 1):
        return []
    given = {key: value for key, value in options.items() if key not in UNKNOWN}
    h = {**own.get_config(), "learning_rate": float(own.learning_rate), **given}
    reference = _reference(own, found)
    together = [found.leaves] if not names else [_leaves_of(found, some) for some in (names, *([n] for n in names))]
    places: dict[int, lines.Blame] = {}
    for form, leaves in itertools.product((published, [*published, OUTSIDE]), together):
        mistaken = _traced(rule, h, [*plants, *form], leaves)
        for plant in plants:
            right = _traced(rule, h, [*(p for p in plants if p is not plant), *form], leaves)
            shared = {name: values for name, values in mistaken.items() if name in right}
            place = lines.planted(found, reference, shared, right)
            if place is not None:
                places.setdefault(place.line, replace(place, did=plant.name))
        if places and (leaves is together[0] or leaves is together[-1]):
            break
    return list(places.values())


def _leaves_of(found: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of these names and their gradients."""
    return {n: v for n, v in found.leaves.items() if n in names or n.partition(OF_STEP)[0][1:] in names}


def name_lines(blamed: list[dict[str, Any]], names: list[str]) -> None:
    """Give the bank's names to the lines that they belong to: a single line, or those that nothing else explains."""
    open_ = [blame for blame in blamed if not (blame["fix"] or blame["mistake"])]
    if len(blamed) == 1 and names:
        said = ", ".join(names)
        more = f": {blamed[0]['mistake']}" if blamed[0]["mistake"] not in (None, said) else ""
        blamed[0]["mistake"] = said + more
    elif len(names) in (1, len(open_)):  # one that is made in several lines
        for blame, name in zip(open_, names * len(open_), strict=False):
            blame["mistake"] = name


def _parts(mistake: Mistake) -> list[Mistake]:
    """Return a mistake as one for each line that it is in: that of both corrections is in two."""
    if mistake.step != "c":
        return [mistake]
    return [
        replace(mistake, step="c1", wrong=lambda at, c: mistake.wrong(at, (c, 1))[0]),
        replace(mistake, step="c2", wrong=lambda at, c: mistake.wrong(at, (1, c))[1]),
    ]


def _traced(rule: str, h: dict[str, Any], plants: Sequence[Mistake], leaves: Any) -> dict[str, list[Any]]:
    """Return what a written rule with mistakes in it computes over all steps, by name."""
    found: dict[str, list[Any]] = {}

    def keep(step: str) -> Mistake:
        def wrong(at: Any, value: Any) -> Any:
            kept = at.m / value if step == "c1" else at.v / value if step == "c2" else value
            found.setdefault(TRACED[step], []).append(np.array(kept))
            return value

        return Mistake(step, "", "", "", "", wrong)

    written = Written(rule, h, [*plants, *(keep(step) for step in TRACED)])
    course = Course.of(leaves)
    xs = course.start
    for gradients in course.gradients:
        xs = written.step(xs, gradients)
    return {name: found[name] for name in TRACED.values() if name in found}


def _reference(optimizer: Optimizer, subject: Any, as_published: bool = False) -> lines.Reference:
    """Return the parameters after all steps, and every slot, square and step on the way, by parameter.

    Keras adds epsilon to the root before it is corrected; the papers, `as_published`, after.
    """
    epsilon: Any = getattr(optimizer, "epsilon", 0.0)
    course = Course.of(subject.leaves)
    own = [f"x{place}" for place in range(len(course.names))]
    variables = [Variable(np.array(x, "float64"), name=n, path=n) for n, x in zip(own, course.start, strict=True)]
    values: dict[str, list[np.ndarray]] = {}
    last: dict[str, list[np.ndarray]] = {}
    for t, given in enumerate(course.gradients, 1):
        gradients = [np.array(g, "float64") for g in given]
        before = [variable.numpy() for variable in variables]
        if as_published:
            optimizer.epsilon = epsilon * np.sqrt(1 - optimizer.beta_2**t)  # type: ignore[attr-defined]
        for key, number in corrections(optimizer, t).items():
            values.setdefault(key, []).append(number)
        optimizer.apply_gradients(list(zip(gradients, variables, strict=True)))
        for name, gradient, old, variable in zip(course.names, gradients, before, variables, strict=True):
            for slot, value in optimizer_slots(optimizer, variable).items():
                values.setdefault(f"{slot} of {name}", []).append(np.array(value))
                values.setdefault(slot, []).append(np.array(value))
                beta = getattr(optimizer, CORRECTED.get(slot, ""), None)
                if beta is not None:
                    for of in (f" of {name}", ""):
                        values.setdefault(f"{slot}{of}, corrected", []).append(np.array(value) / (1 - beta**t))
            values.setdefault(f"the gradient d{name}", []).append(gradient)
            values.setdefault("the gradient", []).append(gradient)
            for key, number in corrections(optimizer, t).items():
                values.setdefault(f"{key} for each parameter", []).append(number)
                values.setdefault(f"{key} as an array", []).append(np.full_like(gradient, number))
            values.setdefault(f"the square of d{name}", []).append(gradient**2)
            values.setdefault("the square of the gradient", []).append(gradient**2)
            for of in (f" of {name}", ""):
                last.setdefault(f"the step{of}", []).append(old - variable.numpy())
                last.setdefault(f"the parameter{of} after the step", []).append(variable.numpy())
    for key in [key for key, series in values.items() if len(series) == len(own) * t]:  # in loops over elements
        values[f"{key}, element by element"] = [np.asarray(v) for array in values[key] for v in np.ravel(array)]
    results = {n: v.numpy() for n, v in zip(course.names, variables, strict=True) if n in subject.claimed}
    # 1 - beta^t moves by 1e-5 of itself where beta is kept in float32, as in Keras
    slack = {name: 3e-5 * float(sum(np.max(np.abs(s)) for s in last[f"the step of {name}"])) for name in results}
    return lines.Reference(results, values, last, slack)


def corrections(optimizer: Optimizer, t: int) -> dict[str, np.ndarray]:
    """Return the bias corrections of a step, and the rate with both of them in it."""
    b1, b2 = (getattr(optimizer, name, None) for name in ("beta_1", "beta_2"))
    found = {f"1 - {name}^t": np.array(1 - b**t) for name, b in (("beta_1", b1), ("beta_2", b2)) if b is not None}
    if len(found) == 2:
        c1, c2 = found.values()
        found["the corrected rate"] = np.array(float(optimizer.learning_rate) * np.sqrt(c2) / c1)
    return found


def optimizer_slots(optimizer: Optimizer, variable: Variable) -> dict[str, Any]:
    """Return the slots of one weight by name."""
    found = {}
    for slot in optimizer.variables:
        head, _, tail = slot.path.rpartition("/")
        if tail.startswith(f"{variable.name}_") or tail == variable.name or variable.name in head.split("/"):
            found[tail.removeprefix(f"{variable.name}_")] = slot.numpy()
    return found

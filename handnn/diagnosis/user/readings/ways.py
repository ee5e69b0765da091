"""Ways to call a user's functions or the methods of an object: forward, the loss, backward, and an update."""

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..call.program import Ref, constant, method_of
from ..source.arguments import goes_on, is_handed_on, is_loss, numbers_read
from ..source.starts import factor_of_steps
from ..source.syntax import (
    is_stub,
    mentioned,
    moved,
    moves_own,
    nodes_of,
    places,
    returned_names,
    source_of,
)
from ..source.words import (
    BACKWARD,
    FORWARD,
    NO_PROMISE,
    RATES,
    STEPS,
    TRAIN,
    VALUE,
    bare,
    gradient_names,
    is_gradient,
)
from .roles import RATE, needed, parameters, roles_among, roles_of

SUMMARY = re.compile("predict|accuracy|score|numer|check|save|load|plot|evaluate", re.IGNORECASE)
GRADIENT = re.compile("backprop|bptt|gradients?$|backward|(cost|loss).*(prime|deriv|grad)|grads?$")
TRAINING = re.compile("train|fit|learn|update|sgdstep|step")
UPDATES = re.compile("(apply|update|step|optimize|gradientdescent)(weights?|params|parameters|gradients?|grads)?")
COMPUTES = re.compile(
    "^(compute|calculate|calc|get|eval|evaluate)(?=(score|objective|loss|cost|gradients?|grads?|derivative|derivativeloss|lossderivative)$)"
)
OF_ONE = re.compile(r"(loss|cost|objective)_(?!grad|prime|deriv|back)[a-z]+|(\w+_)?error_(of|for|on|given)_\w+")
MOST_PAIRS = 3
PURE = re.compile("predict|forward|feed|fprop|query|run|call|think|output")
JOINED = re.compile(r"(concatenate|stack|split|append|expand_dims)\((?:[^()]|\([^()]*\))*\)")
"""What puts arrays together, or takes them apart, along an axis: no sum over samples."""
OF_STEPS = re.compile("decay|momentum|reg|lambda|penalty|clip")


class Parts(NamedTuple):
    """The functions of a network, in the order in which they are called; only `main` if it does everything."""

    main: Any
    value: Any = None
    backward: Any = None
    update: Any = None


class Step(NamedTuple):
    """A function that is called: how it is found in the world, itself (for its parameters), where its result goes."""

    ref: Ref
    function: Any
    into: str


class Way(NamedTuple):
    """The steps of a program.

    Attributes:
        forward, backward: one after the other; without backward steps the forward steps do everything.
        value: the qualified name of the function that computes the loss on the way, if there is one.
        output: the same of the one that computes the output.
        probe: a step that takes the data only, by which the output is known before labels are made.
    """

    forward: list[Step]
    backward: list[Step]
    value: str = ""
    output: str = ""
    probe: Step | None = None

    @property
    def steps(self) -> list[Step]:
        return [*self.forward, *self.backward]

    @property
    def roles(self) -> dict[str, str]:
        """Return the role of each argument by name; what a step says first holds."""
        found: dict[str, str] = {}
        for step in self.steps:
            for name, role in roles_of(step.function).items():
                known = found.get(name)
                if known is None or (known == "" and role in ("x", "y")):
                    found[name] = role
        last = self.backward[-1].function if self.backward else None
        if last is not None and is_step(last) and moved(last) & set(found):  # it changes its arguments in place
            rows = places(self.forward[0].function)
            found |= {n: "weight" if n in moved(last) else "" for n in found if n in moved(last) | rows}
        return found


def method(target: Any, words: list[str] | tuple[str, ...]) -> str | None:
    """Return the first of a class' or object's methods whose normalised name is one of these words.

    It may begin with what says that it computes: compute_score, calc_grad.
    """
    cls = target if isinstance(target, type) else type(target)
    own = {bare(name).strip("_"): name for name in dir(cls) if not name.startswith("__")}
    own = {COMPUTES.sub("", short): name for short, name in own.items()} | own
    if "__call__" in dir(cls) and cls.__call__ is not type.__call__:
        own["__call__"] = "__call__"
    found = [own[word] for word in words if word in own and callable(getattr(cls, own[word], None))]
    return next((name for name in found if not is_stub(cls, name)), next(iter(found), None))


def steps_of(cls: Any) -> list[str]:
    """Return the methods of an optimizer that may take its step: of a usual name, or those that take a gradient.

    If there are none, those that change what they are given.
    """
    own = {n: getattr(cls, n) for n in dir(cls) if n in vars(cls) or not n.startswith("_")}
    own = {n: method for n, method in own.items() if inspect.isroutine(method)}
    named = [n for word in (*STEPS, "train", "run") for n in sorted(own, key=lambda n: n[0] == "_") if bare(n) == word]
    others = {n: method for n, method in own.items() if n != "__init__"}
    taking = [n for n, method in others.items() if any(is_gradient(p.name) for p in parameters(method)[1:])]
    changing = [n for n, method in others.items() if any(map(_changes, nodes_of(method)))]
    return named or sorted(taking, key=lambda n: -len(parameters(own[n]))) or changing


def _changes(node: ast.AST) -> bool:
    """Return whether a statement changes an item of what it has."""
    return isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    )


def pair_of_methods(target: Any) -> tuple[str | None, str | None]:
    """Return the names of the forward and of the backward method; None for one that is not there."""
    cls, forward = target if isinstance(target, type) else type(target), method(target, FORWARD)
    if forward is not None and set(_method_roles(cls, forward).values()) == {"y"}:  # a cost of what was kept
        forward = None
    back = way_back(target, forward)
    others = (n for n in dir(cls) if GRADIENT.search(bare(n)) and not NO_PROMISE.search(n) and n != forward)
    if forward is None and back is not None and isinstance(target, type):
        return next((n for n in dir(cls) if PURE.match(bare(n)) and _takes_data(cls, n)), None), back
    if forward is None and back is not None:
        return pair_of_methods(cls)[0], back
    return forward, back or next((n for n in others if callable(getattr(cls, n, None))), None)


def way_back(target: Any, forward: str | None) -> str | None:
    """Return the name of the method that goes back; not one that takes the step for which another made gradients."""
    cls = target if isinstance(target, type) else type(target)
    back = method(target, [w for w in BACKWARD if w != bare(forward or "")])
    if back is None or not _only_steps(cls, back):
        return back
    return method(target, [w for w in BACKWARD if w not in (bare(back), bare(forward or ""))]) or back


def _only_steps(cls: Any, name: str) -> bool:
    """Return whether a method takes a rate and nothing but what goes with it."""
    taken = [bare(p.name) for p in parameters(getattr(cls, name)) if p.name != "self"]
    return bool(set(taken) & set(RATES)) and all(n in RATES or OF_STEPS.search(n) for n in taken)


def _takes_data(cls: Any, name: str) -> bool:
    return callable(getattr(cls, name)) and list(_method_roles(cls, name).values()) in (["x"], [""])


def _step(name: str, built: Any, into: str) -> Step:
    return Step(method_of(name), getattr(built, name), into)


def _qualified(target: Any, name: str | None) -> str:
    return str(getattr(getattr(target, name), "__qualname__", name)) if name else ""


def methods_with_labels(target: Any) -> list[str]:
    """Return the methods that take data and labels and that may compute gradients, the most likely first."""
    cls = target if isinstance(target, type) else type(target)
    found: list[str] = []
    values = [n for n in dir(cls) if bare(n) in VALUE and callable(getattr(cls, n, None))]
    own_loss = any(list(_method_roles(cls, n).values()) == ["x"] for n in values)  # an autoencoder's, of its data alone
    held_roles = set(_method_roles(cls, "__init__").values())  # a network may keep its data and labels
    kinds: dict[str, Any] = {
        "value": (VALUE, None), "gradient": (BACKWARD, GRADIENT.search), "train": (TRAIN, TRAINING.match),
    }  # fmt: skip
    for what, (words, pattern) in kinds.items():
        for name in dir(cls):
            if name.startswith("__") or SUMMARY.search(name) or not callable(getattr(cls, name, None)):
                continue
            known = bare(name).strip("_")
            fits = known in words or (pattern is not None and pattern(known) is not None)
            roles = set(_method_roles(cls, name).values())
            alone = what != "train" and roles == {"x"} and (own_loss or _returns_loss(getattr(cls, name)))
            alone = alone or (what == "gradient" and roles == {""} and _returns_loss(getattr(cls, name)))
            steps = what == "train" and _trains_alone(getattr(cls, name))
            alone = alone or (steps and (roles == {"x"} or is_loss(returned_names(getattr(cls, name)))))
            if fits and ({"x", "y"} <= (roles or held_roles) or alone) and name not in found:
                found.append(name)
    return found


def training_methods(target: Any) -> list[str]:
    """Return the methods that take data and labels and are called as training is."""
    return [n for n in methods_with_labels(target) if bare(n) in TRAIN or TRAINING.match(bare(n).strip("_"))]


def is_step(function: Any) -> bool:
    """Return whether a function's name says that it takes a step, not that it goes back."""
    return re.search("back|for", name := bare(function.__name__)) is None and UPDATES.search(name) is not None


def is_value(function: Any) -> bool:
    """Return whether a function's name says that it returns a loss."""
    own = bare(getattr(function, "__name__", "")).strip("_")
    of_one = OF_ONE.fullmatch(getattr(function, "__name__", ""))
    return own in VALUE or own.endswith(("loss", "cost", "objective")) or of_one is not None


def losses_with(target: Any, what: str) -> list[tuple[str, str]]:
    """Return pairs of methods, a loss and what is beside it: a "step" that goes down it, or its "gradient".

    They take the same arguments; a gradient may also be of what the loss has kept.
    """
    cls = target if isinstance(target, type) else type(target)
    own = {n: v for n, v in vars(cls).items() if inspect.isfunction(v) and not n.startswith("__")}
    taken = {n: [p.name for p in parameters(v)[1:]] for n, v in own.items()}
    losses = [n for n in own if is_value(own[n]) and not SUMMARY.search(n) and taken[n]]
    if what == "step":
        others = [n for n in own if n not in losses and taken[n] and moves_own(own[n]) - _gathered(cls)]
    else:
        others = [n for n in own if n not in losses and (GRADIENT.search(bare(n)) or bare(n) in BACKWARD)]
    ahead = [loss for loss in losses if re.search(rf"self\.({PURE.pattern})\w*\(", source_of(own[loss]), re.IGNORECASE)]
    kept = [(loss, n) for n in others for loss in ahead if taken[loss][1:] == taken[n] != []]  # of the data it has kept
    return [*kept, *((loss, n) for n in others for loss in losses if taken[n] in (taken[loss], []))][:MOST_PAIRS]


def _gathered(cls: Any) -> set[str]:
    """Return the attributes of a class that are named as the gradients of others: self.dW += is no step."""
    held = set(re.findall(r"\bself\.(\w+)", source_of(cls)))
    slopes = set().union(*map(gradient_names, held))
    return {n for n in held if bare(n) in slopes}


def callers_of(cls: Any, step: str) -> list[str]:
    """Return the methods that call a method and need nothing: they may make what it wants."""
    own = {n: v for n, v in vars(cls).items() if inspect.isfunction(v) and not needed(v)[1:]}
    return [n for n, v in own.items() if f"self.{step}(" in source_of(v)]


def moved_elsewhere(cls: Any, step: str) -> set[str]:
    """Return the attributes that other methods of a class change in place and one does not."""
    own = {n: moves_own(getattr(cls, n)) for n in dir(cls) if inspect.isfunction(getattr(cls, n, None))}
    return set().union(*own.values()) - own[step]


def _returns_loss(function: Any) -> bool:
    """Return whether a function returns a loss and more: what needs no labels, such as an autoencoder."""
    returned = returned_names(function)
    named = re.match("loss|cost", bare(function.__name__)) is not None or is_loss(returned)
    return len(returned) > 1 and named


def _trains_alone(function: Any) -> bool:
    """Return whether a method computes a loss and moves weights itself: what it trains needs no labels."""
    return bool(moves_own(function)) and re.search(r"\b\w*(loss|cost) [-+]?= ", source_of(function)) is not None


def _method_roles(cls: Any, name: str) -> dict[str, str]:
    found = needed(getattr(cls, name))
    bound = not isinstance(vars(cls).get(name), staticmethod | classmethod)
    return roles_among([p.name for p in (found[1:] if bound and isinstance(cls, type) else found)])


def is_network(cls: Any) -> bool:
    """Return whether a class is a network: a loss has a gradient, or a method or the constructor takes labels."""
    if methods_with_labels(cls) or any(roles_of(getattr(cls, loss)) for loss, _ in losses_with(cls, "gradient")):
        return True
    forward, back = pair_of_methods(cls)
    if forward is None or back is None or forward == back:
        return False
    roles = _method_roles(cls, back)
    if not roles:
        value = method(cls, VALUE)  # of data that a method gave it
        alone = value is not None and not _method_roles(cls, value)
        return alone or bool({"x", "y"} <= set(_method_roles(cls, "__init__").values()))
    first = next(iter(roles))
    alone = len(roles) == 1 and (first == "d" or roles[first] == "upstream" or is_handed_on(getattr(cls, back), first))
    known = next(iter(_method_roles(cls, forward).values()), "x") in ("x", "container", "", "y", "state")
    return "y" in roles.values() and not alone and known


def of_object(built: Any, kind: str, pair: tuple[str, str] | None = None) -> Iterator[Way]:
    """Yield the ways to call an object, the most likely first; that of a loss and a step if a pair is given."""
    if pair is not None:
        steps = [_step(name, built, into) for name, into in zip(pair, ("forward", "backward"), strict=True) if name]
        yield Way(steps[:1], steps[1:])
        return
    forward, back = pair_of_methods(built)
    value = next((n for n in dir(type(built)) if bare(n).strip("_") in VALUE and callable(getattr(built, n))), None)
    value = value if value not in (forward, back) else None
    pure = next((n for n in dir(type(built)) if PURE.match(bare(n).strip("_")) and callable(getattr(built, n))
                 and list(_method_roles(type(built), n).values()) in (["x"], [""])
                 and not any(bare(p.name) in RATES for p in parameters(getattr(built, n)))), None)  # fmt: skip
    probe = _step(pure, built, "forward") if pure else None
    if kind == "network":
        pairs = methods_with_labels(built)
        both = [both for both in losses_with(built, "gradient") if forward is None or roles_of(getattr(built, both[1]))]
        if value in pairs:
            gradients = [n for n in pairs if bare(n).strip("_") not in VALUE and not TRAINING.match(bare(n).strip("_"))]
            both += [(str(value), n) for n in gradients if (value, n) not in both]
        for loss, slope in both:
            steps = [_step(loss, built, "forward")]
            yield Way(steps, [_step(slope, built, "backward")], "", _qualified(built, forward), probe)
        kept = goes_on(built, forward, back)
        for name in pairs:
            if name == value and back and forward != back and len(returned_names(getattr(built, name))) < 2:
                continue  # it returns the loss alone: the derivatives are another method's
            if name in dict(both).values() and "loss" not in source_of(getattr(built, name)):
                continue  # its loss is another method's
            wanted = set(_method_roles(type(built), name).values())
            if forward not in (None, name) and ("cache" in wanted or (name == back and ("output" in wanted or kept))):
                continue  # it wants what the forward method returns
            own = _qualified(built, value if value != name else None)
            yield Way([_step(name, built, "forward")], [], own, _qualified(built, forward), probe)
    if forward is None or back is None or forward == back:
        return
    first, last = [_step(forward, built, "forward")], [_step(back, built, "backward")]
    labelled = kind == "network"
    if labelled and value:
        yield Way([*first, _step(value, built, "value")], last, "", _qualified(built, forward))
    yield Way(first, last, "", _qualified(built, forward))
    update = update_of(built)
    if update and update not in (forward, back):
        yield Way(first, [*last, _step(update, built, "updated")], "", _qualified(built, forward))


def update_of(built: Any) -> str | None:
    """Return the method of an object that moves its weights, and needs nothing but a rate."""
    own = [n for n in dir(type(built)) if UPDATES.fullmatch(bare(n).strip("_")) and callable(getattr(built, n))]
    return next((n for n in own if all(bare(p.name) in RATES for p in needed(getattr(built, n)))), None)


def of_functions(parts: Parts) -> Way:
    """Return the way to call functions that go together."""

    def step(function: Any, into: str) -> list[Step]:
        return [] if function is None else [Step(constant(function), function, into)]

    last = [*step(parts.backward, "backward"), *step(parts.update, "updated")]
    return Way([*step(parts.main, "forward"), *step(parts.value, "value")], last)


def takes_samples(way: Way) -> bool:
    """Return whether the source has a number of samples in mind: it counts, averages or sums over an axis."""
    batch = r"\.shape\[|len\((x|X|y|Y|t|d\w*|a\w*|inputs?|targets?|self\.x)\)|axis=|keepdims|mean\(|\.sum\([01]"
    functions = [step.function for step in way.steps]
    for function in tuple(functions):  # and what they call
        known = getattr(function, "__globals__", {})
        functions += [known[n] for n in mentioned(function) if inspect.isfunction(known.get(n))]
    data = "|".join(re.escape(name) for name, role in way.roles.items() if role == "x")
    batch += rf"|\w+, \w+ = ({data})\.shape" if data else ""
    return any(re.search(batch, JOINED.sub("", source_of(function))) for function in functions)


def rate_of(way: Way, built: Any, kept: dict[str, Any]) -> float | None:
    """Return the rate of a program's steps: given, kept by the object or the module if it is read there, or made."""
    if any(bare(p.name) in RATES for step in way.steps for p in parameters(step.function)):
        return RATE
    of_class = {n: getattr(type(built), n) for n in dir(type(built)) if bare(n) in RATES}
    own = of_class | getattr(built, "__dict__", {})
    parts = (vars(part) for name, part in own.items() if "opt" in name.lower() and hasattr(part, "__dict__"))
    layers = (vars(part) for part in _listed(own) if hasattr(part, "__dict__"))
    held = {bare(k): v for each in (*layers, *parts, own) for k, v in each.items()}
    written = factor_of_steps((n for step in way.steps for n in nodes_of(step.function)), built)
    if built is None or not (written or held.keys() & set(RATES)):
        used = {k: kept[k] for step in way.steps for k in mentioned(step.function) if k in kept}
        layers = (vars(v) for v in used.values() if hasattr(v, "__dict__"))
        numbers = (numbers_read(step.function) for step in way.steps)
        held = {bare(k): v for each in (*layers, used, *numbers) for k, v in each.items()} | held
    held = {bare(k): v for each in held.values() if isinstance(each, dict) for k, v in each.items()
            if isinstance(k, str)} | held  # fmt: skip
    named = (float(held[r]) for r in RATES if isinstance(held.get(r), int | float) and held[r])
    return next(named, None) or written


def _listed(own: dict[str, Any]) -> list[Any]:
    """Return what is in the lists of an object: its layers, if it is a network."""
    return [part for held in own.values() if isinstance(held, list | tuple) for part in held]


def constants_of(way: Way, held: dict[str, Any]) -> tuple[float, ...]:
    """Return the small numbers in a program's source and among the module's data: one may be its rate."""
    nodes = (node for step in way.steps for node in nodes_of(step.function))
    found = [node.value for node in nodes if isinstance(node, ast.Constant)]
    found += [value for value in held.values() if isinstance(value, float)]
    return tuple(dict.fromkeys(float(v) for v in found if isinstance(v, float) and 0 < v < 1))[:4]

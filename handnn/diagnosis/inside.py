"""Which rule the steps inside of a training loop are, and where they leave the one that is meant.

The loop is run on gradients put in place of its own, and its weights are held against every rule of `bank.rules`, in
every published form, with the constants that it has. Where some weights follow a rule and others do not, or the source
names a rule, mistakes in one line of that rule are tried, and the lines held against it.
"""

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import lines, rule
from .bank import Mistake, optimizer_mistakes, optimizer_variants
from .bank.rules import STRUCTURAL, StepContext, Written
from .user.call.subject import ProgramSubject
from .user.call.visits import moved_as
from .user.call.world import last_name
from .user.optimizers.inside import GIVEN_RATE, Inside, inside
from .user.optimizers.steps import Course, OptimizerSubject
from .user.protocols import Array
from .user.source.words import RATES, bare
from .verdict import Verdict

SIZES = (1e-7, 1e-4, 1e-2, 0.5, 1e-6, 0.3, 1e-3, 1.0)
"""Sizes of successive gradients; every other weight gets them the other way round."""
CLOSE, LEAST, SMALL = 1e-10, 0.3, 1e-3
"""How close weights are; the least share of a running average, and the largest epsilon."""
ROUGH, TINY, CHANGING, FEW = 1e-5, 1e-13, -1.0, 4
SECONDS_AT_A_KNOWN_PLACE = 3.0
UPHILL = "sign of the step"
AVERAGE = "momentum as a running average"
RULES: tuple[tuple[str, str, dict[str, Any], tuple[str, ...]], ...] = (
    ("gradient descent", "sgd", {}, ()),
    ("momentum", "sgd", {}, ("momentum",)),
    ("Nesterov's momentum", "sgd", {"nesterov": True}, ("momentum",)),
    ("Adagrad", "adagrad", {}, ("epsilon",)),
    ("RMSprop", "rmsprop", {}, ("rho", "epsilon")),
    ("centred RMSprop", "rmsprop", {"centered": True}, ("rho", "epsilon")),
    ("RMSprop with momentum", "rmsprop", {}, ("rho", "momentum", "epsilon")),
    ("Adadelta", "adadelta", {}, ("rho", "epsilon")),
    ("Adam", "adam", {}, ("beta_1", "beta_2", "epsilon")),
    ("AMSGrad", "adam", {"amsgrad": True}, ("beta_1", "beta_2", "epsilon")),
    ("Adamax", "adamax", {}, ("beta_1", "beta_2", "epsilon")),
    ("Nadam", "nadam", {}, ("beta_1", "beta_2", "epsilon")),
    ("Lion", "lion", {}, ("beta_1", "beta_2")),
)
"""Name, rule, options, and the hyperparameters beside the rate; a weight decay may go with each."""
NAMED = {
    "adam": "Adam", "adamw": "Adam", "rmsprop": "RMSprop", "adagrad": "Adagrad", "adadelta": "Adadelta",
    "nesterov": "Nesterov's momentum", "nag": "Nesterov's momentum", "momentum": "momentum", "velocity": "momentum",
    "adamax": "Adamax", "nadam": "Nadam", "amsgrad": "AMSGrad", "lion": "Lion",
}  # fmt: skip
USUAL = {"sqrt", "square", "power", "multiply", "divide", "add", "subtract", "dot", "str", "float", "int", "len", "get"}
"""Functions that a rule calls."""
SLOT = re.compile("momentum|velocity|accumulator|1 - |the (gradient|square|corrected)")
WORD = re.compile("|".join(rf"(?<![a-z]){word}(?![a-z])" for word in NAMED), re.IGNORECASE)
WITHOUT = re.compile(r"(no|without|skip\w*|omit\w*)\b.{0,20}(bias|correct)", re.IGNORECASE)
"""Words by which a source says that it leaves the corrections out."""


class Known(NamedTuple):
    """A rule with its hyperparameters, in a published form."""

    name: str
    rule: str
    h: dict[str, Any]
    form: tuple[Mistake, ...]
    keys: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say which it is: Adam's: learning rate 0.01, beta_1 0.9, ..."""
        keys = ("learning_rate", *self.keys, *(("weight_decay",) if self.h.get("weight_decay") else ()))
        words = {GIVEN_RATE: "as given", CHANGING: "that changes"}
        said = (f"{key} {words.get(self.h[key]) or format(self.h[key], 'g')}" for key in keys)
        return f"{self.name}: {', '.join(said)}"

    def path(self, course: Course, plants: Sequence[Mistake] = ()) -> Iterator[list[Array]]:
        """Yield the weights after each step."""
        written, xs = Written(self.rule, self.h, [*self.form, *plants]), list(course.start)
        for gradients in course.gradients:
            xs = written.step(xs, gradients)
            yield xs


class Told(NamedTuple):
    """What is known of the steps of a loop.

    Attributes:
        known: the rule by weight. unknown: weights whose steps are no rule's that is known.
        wrong: weights whose steps are nearly a rule's. meant: that rule. mistakes: of the bank. blamed: the lines.
    """

    known: dict[str, Known]
    unknown: list[str]
    wrong: list[str]
    meant: Known | None = None
    mistakes: tuple[str, ...] = ()
    blamed: tuple[lines.Blame, ...] = ()


def tell(found: ProgramSubject, verdict: Verdict, seconds: float) -> None:
    """Say in the verdict on a network what its steps are; what is not known of them is left as it is."""
    said = told(found, seconds)
    if said is None:
        rules = found.program.moved_by
        unseen = [leaf.name for leaf in found.parts if leaf.name in found.origins and moved_as(leaf, rules)]
        kept = found.program.slots - {last_name(leaf.places[0]) for leaf in found.parts if leaf.name in found.origins}
        said = Told({}, unseen, []) if unseen and kept and verdict.ok else None
    if said is None:
        return
    steps = {f"the step of {name}": one for name, one in said.known.items()}
    verdict.unchecked = [item for item in verdict.unchecked if item["what"] not in steps]
    verdict.checked = [*verdict.checked, *steps]
    for words, group in itertools.groupby(said.known, key=lambda name: said.known[name].words):
        verdict.notes.append(f"moved by a rule that is known, {', '.join(group)}: {words}")
    listed = {item["what"] for item in verdict.unchecked}
    why = "the rule that it takes is none that is known, only the gradient in it was compared"
    new = [f"the step of {name}" for name in said.unknown]
    verdict.unchecked += [{"what": what, "why": why} for what in new if what not in listed]
    if said.wrong and said.meant is not None:
        left = {f"the step of {name}" for name in said.wrong}
        verdict.unchecked = [item for item in verdict.unchecked if item["what"] not in left]
        blamed = [blame.to_dict() for blame in said.blamed]
        rule.name_lines(blamed, list(said.mistakes) * max(1, sum(not (b.fix or b.did) for b in said.blamed)))
        verdict.blamed, verdict.mistakes = [*verdict.blamed, *blamed], [*verdict.mistakes, *said.mistakes]
        summary = f"the steps of {', '.join(said.wrong)} are not those of {said.meant.words}"
        verdict.summary = f"{verdict.summary}; {summary}" if verdict.verdict == "wrong" else summary
        verdict.verdict, verdict.checked = "wrong", [*verdict.checked, *sorted(left)]
    elif verdict.unchecked and verdict.verdict == "match":
        verdict.verdict, verdict.summary = "incomplete", "the gradients are right, but not every step could be compared"
    elif verdict.verdict == "incomplete" and not verdict.unchecked:
        verdict.verdict, verdict.summary = "match", "the gradients are the derivatives, and every step is a rule's"


def told(found: ProgramSubject, seconds: float) -> Told | None:
    """Return what is known of the steps that a network takes by rules; None if they cannot be looked at."""
    try:
        loop = inside(found) if found.program.moved_by else None
        if loop is None:
            return None
        course = _course(loop)
        paths = list(OptimizerSubject("", loop.form(()), (), course=course).path(course))
    except Exception:  # a user's code may raise anything
        return None
    known: dict[str, Known] = {}
    for candidate in _candidates(loop.numbers):
        left = [name for name in loop.names if name not in known]
        if not candidate.keys and any(LEAST <= n < 1 and n != candidate.h["learning_rate"] for n in loop.numbers):
            continue  # what it has more than a rate is without effect
        known |= dict.fromkeys(_fitting(candidate, course, paths, left), candidate) if left else {}
    rest = [name for name in loop.names if name not in known]
    meant = list(_meant(found, loop, course, paths, known)) if rest else []
    planted = (
        (one, (plant.name,)) for one in meant for plant in _applying(optimizer_mistakes, one.rule, one.h)
        if len(_fitting(one, course, paths, rest, [plant])) == len(rest)
    )  # fmt: skip
    rule_, mistakes = next(planted, (meant[0] if meant else None, ()))
    other = _with_other_rates(loop, course, paths) if not (known or mistakes) else None
    if other is not None:
        return Told(dict.fromkeys(rest, other), [], [])
    if rule_ is not None:
        right = [name for name, one in known.items() if one.words == rule_.words]
        blamed, placed = _blamed(loop, right, rest, rule_, mistakes, seconds)
        if blamed and (mistakes or all(_sure(blame, bool(right)) for blame in blamed)):
            return Told(known, [], rest, rule_, mistakes if placed else (), tuple(blamed))
    return Told(known, rest, [])


def _course(loop: Inside) -> Course:
    """Return gradients of very different sizes, beginning where the weights are."""
    rng = np.random.default_rng(5)
    sizes = zip(SIZES, reversed(SIZES), strict=True)
    shapes = [np.shape(x) for x in loop.start]
    gradients = [[np.asarray(rng.normal(size=s) * both[i % 2]) for i, s in enumerate(shapes)] for both in sizes]
    return Course(loop.start, gradients, loop.names)


# ---- which rule ------------------------------------------------------------------------------------------------------


def _candidates(numbers: frozenset[float], plain: bool = False) -> Iterator[Known]:
    """Yield the rules with these numbers for their hyperparameters, in each published form.

    Args:
        plain: with the smallest of the shares first, and the largest second.
    """
    shares = sorted(n for n in numbers if LEAST <= n < 1)
    small = [*sorted(n for n in numbers if 0 < n <= SMALL), 0.0]
    rest = {n for n in numbers if any(abs(1 - n - share) < CLOSE for share in shares)}  # 0.9 m + 0.1 g
    rates = sorted((n for n in numbers if 0 < n <= 1), key=lambda n: (n in shares, n == small[0], n in rest, -n))
    if plain:
        sure = [n for n in rates if n not in shares and n != small[0]]
        rates = [n for n in sure if n not in rest] or sure or rates
    choices: dict[str, Sequence[float]] = dict.fromkeys(("beta_1", "beta_2", "rho", "momentum"), shares)
    choices |= {"epsilon": small}
    if plain and shares:
        choices |= dict.fromkeys(("beta_1", "momentum"), shares[:1]) | dict.fromkeys(("beta_2", "rho"), shares[-1:])
    configs: dict[str, Any] = {of: getattr(rule.reference_for(of, {}), "get_config", dict)() for _, of, _, _ in RULES}
    for decay in (None, *(rate for rate in rates if rate not in shares and rate != GIVEN_RATE)):
        for name, of, options, keys in RULES:
            for rate, *values in itertools.product(rates, *(choices[key] for key in keys)):
                if plain and rate == decay:
                    continue
                config = configs[of] | {"weight_decay": decay, "initial_accumulator_value": 0.1}
                h = config | options | {"learning_rate": rate} | dict(zip(keys, values, strict=True))
                variants = _applying(optimizer_variants, of, h)
                pairs = (p for p in itertools.combinations(variants, 2) if p[0].step != p[1].step)
                for form in ((), *((variant,) for variant in variants), *pairs):
                    yield Known(name, of, h, form, keys)


def _applying(bank: Any, of: str, h: dict[str, Any]) -> list[Mistake]:
    at: Any = StepContext(of, h, ())
    return [m for _, m in bank.items() if m.applies(at) and (m.step != "decay" or h.get("weight_decay"))]


def _fitting(
    known: Known, course: Course, paths: list[list[Array]], names: Sequence[str], plants: Sequence[Mistake] = ()
) -> list[str]:
    """Return the weights of some names that are where a rule, with mistakes in it, has them after each step."""
    whole = any(plant.step in STRUCTURAL for plant in plants)
    chosen = [i for i, name in enumerate(course.names) if whole or name in names]
    own = Course([course.start[i] for i in chosen], [[given[i] for i in chosen] for given in course.gradients])
    fitting = set(chosen)
    try:
        for after, right in zip(paths, known.path(own, plants), strict=True):
            fitting &= {i for i, x in zip(chosen, right, strict=True) if np.allclose(after[i], x, CLOSE, CLOSE, True)}
            if not fitting:
                return []
    except (ValueError, ZeroDivisionError, OverflowError):  # shapes that do not fit each other, t = 0
        return []
    return [course.names[i] for i in sorted(fitting) if course.names[i] in names]


# ---- what is wrong with it -------------------------------------------------------------------------------------------


def _with_other_rates(loop: Inside, course: Course, paths: list[list[Array]]) -> Known | None:
    """Return the rule of which all steps are a multiple, each of its own: the rate changes.

    None if there is none, or if a mistake in the rule makes these multiples, such as a correction that is missing.
    """
    steps = _steps(course.start, paths)
    candidates = [one for one in _candidates(loop.numbers, plain=True) if one.keys and not one.h["weight_decay"]]
    for known in candidates if steps[0].size >= FEW else ():
        pairs = list(zip(steps, _steps(course.start, list(known.path(course))), strict=True))
        rates = [float(one @ other) / max(float(other @ other), TINY) for one, other in pairs]
        both = zip(rates, pairs, strict=True)
        if all(rate > 0 and np.allclose(one, rate * other, ROUGH, TINY) for rate, (one, other) in both):
            alike = (one for one in candidates if one.name == known.name)
            mistaken = any(
                len(_fitting(one, course, paths, loop.names, [plant])) == len(loop.names)
                for one in alike for plant in _applying(optimizer_mistakes, one.rule, one.h)
            )  # fmt: skip
            return None if mistaken else known._replace(h=known.h | {"learning_rate": CHANGING})
    return None


def _steps(start: list[Array], path: list[list[Array]]) -> list[Array]:
    """Return each step, of all weights together."""
    whole = [np.concatenate([np.ravel(x) for x in xs]) for xs in (start, *path)]
    return [after - before for before, after in itertools.pairwise(whole)]


def _meant(
    found: ProgramSubject, loop: Inside, course: Course, paths: list[list[Array]], known: dict[str, Known]
) -> Iterator[Known]:
    """Yield the rules that may be meant: that of the other weights, or else the one that the source names.

    With the constants and in the form that come nearest to the steps first.
    """
    others = list({one.words: one for one in known.values() if one.keys}.values())
    if others or known:
        yield from others[:1] if len(others) == 1 else ()
        return
    text = "\n".join(path.read_text("utf-8", "replace") for path in found.sources)
    names = {NAMED[word.lower()] for word in WORD.findall(text)}
    names |= {"Adam"} if not names and all(re.search(f"beta_?{n}", text) for n in "12") else set()
    names -= {"momentum"} if len(names) > 1 else set()
    if len(names) == 1 and not WITHOUT.search(text):
        decays = re.search("adamw|decay", text, re.IGNORECASE) is not None
        named = [one for one in _candidates(loop.numbers, plain=True) if {one.name} == names]
        named = [one for one in named if decays or not one.h["weight_decay"]]
        yield from sorted(named, key=lambda one: _distance(one, course, paths))


def _distance(known: Known, course: Course, paths: list[list[Array]]) -> float:
    """Return how far steps are from those of a rule: 0 if they are these, 1 if they have nothing of them."""
    before, there, apart = course.start, course.start, list[float]()
    for after, right in zip(paths, known.path(course), strict=True):
        for x, old, y, was in zip(after, before, right, there, strict=True):
            own, other = np.ravel(x - old), np.ravel(y - was)
            size = np.linalg.norm(own) + np.linalg.norm(other)
            apart.append(float(np.linalg.norm(own - other) / size) if 0 < size < np.inf else 1.0)
        before, there = after, right
    return float(np.mean(apart))


def _blamed(
    loop: Inside, right: Sequence[str], rest: Sequence[str], meant: Known, mistakes: tuple[str, ...], seconds: float
) -> tuple[list[lines.Blame], bool]:
    """Return the lines by which the steps of some weights are not the rule's, and whether known mistakes are there."""
    options = {key: meant.h[key] for key in ("learning_rate", *meant.keys)}
    options |= {key: True for key in ("nesterov", "centered", "amsgrad") if meant.h.get(key)}
    options |= {"weight_decay": meant.h["weight_decay"]} if meant.h["weight_decay"] else {}
    shapes = tuple(np.shape(x) for x in loop.start)
    subject = loop.subject
    own = OptimizerSubject(
        subject.name, loop.form([*right, *rest]), subject.sources, subject.program.module, meant.rule, options,
        options["learning_rate"], shapes=shapes,
    )  # fmt: skip
    said = Verdict(subject.name, "wrong", mistakes=list(mistakes), convention=[m.because for m in meant.form])
    places = rule.places_of(own, meant.rule, options, said, rest)
    if any(variant.name == AVERAGE for variant in meant.form):
        options = options | {"learning_rate": options["learning_rate"] * (1 - options["momentum"])}
    held = rule.judged(own, meant.rule, options, min(seconds, SECONDS_AT_A_KNOWN_PLACE) if places else seconds)
    blamed = held.blamed if held is not None else []
    uphill = [place for place in places if place.did == UPHILL and _adds_rated(place.code, options["learning_rate"])]
    if places and (uphill or not any(blame.fix or blame.did for blame in blamed)):
        return places, True
    return blamed, not any(b.fix for b in blamed) or bool({b.line for b in blamed} & {p.line for p in places})


def _sure(blame: lines.Blame, others: bool) -> bool:
    """Return whether a line is surely to blame: a slot, or what is made of it, belongs there; or an edit mends it.

    Args:
        others: whether other weights follow the rule: it is meant then.
    """
    called = {called.rpartition(".")[2] for called in re.findall(r"([\w.]+)\(", blame.code)}
    if called - USUAL:
        return False  # it clips, or chooses
    inner = SLOT.match(blame.must_be or "") is not None
    return (inner and others) or (blame.fix is not None and (inner or others)) or (not blame.fix and bool(blame.did))


def _adds_rated(code: str, rate: float) -> bool:
    """Return whether a statement or an expression adds something with the rate in it."""
    node: Any = ast.parse(code).body[0]
    node = node if isinstance(node, ast.AugAssign) else node.value
    added = node.value if isinstance(node, ast.AugAssign) else getattr(node, "right", node)
    texts = {part.value if isinstance(part, ast.Constant) else bare(ast.unparse(part).rpartition(".")[2])
             for part in ast.walk(added)}  # fmt: skip
    return isinstance(getattr(node, "op", None), ast.Add) and bool(texts & {rate, *RATES})

"""A file judged: every derivation in it, by two questions that are kept apart.

1. Is the backward pass the derivative of the forward pass? The user's own forward pass is the judge (`lines`).
2. Is the forward pass what it is said to be? Held against handnn's own (`claims`, `rule`).

What was not compared is never called right.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import claims, conventions, forward, inside, lines, rule, user
from .beside import Beside, is_explained
from .user.call.noticed import moving, of_moved_weights
from .user.call.settings import at_one, elsewhere
from .user.call.subject import ProgramSubject, agreement
from .user.call.targets import of_one_output, with_numbers, with_other_labels
from .user.parts import Unread
from .user.protocols import Plain
from .verdict import Verdict, joined

SECONDS_AT_A_KNOWN_PLACE = 3.0
NOT_ADDED = "the sum, or mean, over the samples: what is given for each is right"
MOVED = "it is computed from weights that have moved already: keep the old ones, or compute every step before the first"
STEPS, PLAIN_STEPS = "every step is the rule's", "every step is the learning rate times the gradient"
AVERAGED = f"{STEPS} at the rate (1 - beta) lr: the velocity is an average, beta v + (1 - beta) g"
FACTOR_ONLY = "every gradient is the same multiple of the cost's"


def verdicts(
    path: str,
    seconds: float = 20.0,
    skip: Sequence[str] = (),
    begin: Callable[[str], None] | None = None,
    **options: Any,
) -> Iterator[dict[str, Any]]:
    """Yield {"name": name, "verdict": fields} for each derivation of a file, in this process.

    Args:
        path: a Python file or notebook, also `package/module.py:Class`.
        seconds: for the lines of each derivation. skip: names that are left out. begin: is called with each name before
            it is read.
        options: as_, make, loss, only: see `user.subjects`.
    """
    begin = begin or (lambda name: None)
    helpers: list[Any] = []
    last: Verdict | None = None
    beside = Beside()
    for found in user.subjects(path, load=lines.load, skip=skip, begin=begin, **options):
        if last is not None and last.name != found.name:
            yield {"name": last.name, "verdict": last.to_dict()}
            last = None
        if found.kind == "helper":
            begin("")  # it is done, without a verdict
            helpers.append(found)
            continue
        began = time.perf_counter()
        verdict = beside.told(found, judged(found, seconds), lambda other: judged(other, seconds))
        if getattr(found, "tentative", False) and not (verdict.ok or is_explained(verdict) or _of_a_step(verdict)):
            continue
        verdict.name, verdict.kind = found.name, found.kind
        beside.add(found, verdict)
        verdict.seconds = time.perf_counter() - began
        helpers, skip = [], [*skip, found.name]
        last = verdict if last is None else joined(last, verdict)
    if last is not None:
        yield {"name": last.name, "verdict": last.to_dict()}
    for found in helpers if not skip else ():  # nothing else is in the file
        verdict = _unread(found, "", found.name)
        verdict.name, verdict.kind = found.name, found.kind
        yield {"name": found.name, "verdict": verdict.to_dict()}


def _of_a_step(verdict: Verdict) -> bool:
    """Return whether all that was compared is right, but for steps that do not go with their gradients."""
    steps = [item["what"].startswith("the step of") for item in verdict.unchecked]
    return verdict.verdict == "incomplete" and any(steps) and all(steps)


def worker(path: str, options: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> Iterator[dict[str, Any]]:
    """Yield the same, and say {"begins": name} before each: what `user.isolated` runs in a process of its own."""
    yield from verdicts(path, begin=lambda name: say({"begins": name}), **options)


def judged(found: Any, seconds: float) -> Verdict:
    """Return the verdict on one derivation."""
    reference = claims.reference_of(found)
    subject = f"{found.name} ({reference})" if reference else found.name
    if isinstance(found, Unread):
        return _unread(found, reference, subject)
    if found.kind == "optimizer":
        return _optimizer(found, reference, subject, seconds)
    found.options = claims.options_of(found, reference)
    found = with_numbers(found)
    try:
        judgement = lines.judge(found, seconds)
    except lines.SubjectError as error:
        return _unread(found, reference, subject, f"{error}: {error.__cause__}" if error.__cause__ else str(error))
    except MemoryError:
        raise
    except Exception as error:  # something in it cannot be recorded: its results are judged all the same
        found.notes.append(f"its lines could not be followed ({type(error).__name__}: {error}): results only")
        judgement = by_differences(found)
    judgement.blamed = _where_used(found, judgement.blamed)
    words: list[str] = []
    if hasattr(found, "program"):
        if not judgement.wrong:
            here, (found, judgement) = found, _elsewhere(found, judgement, seconds)
            reference = reference if found is here or found.kind in ("layer", "network") else ""  # with other settings
            words = [conventions.ONE_OUTPUT] if not judgement.wrong and of_one_output(found) else []
        elif found.kind == "layer":
            found, judgement, words = _as_meant(found, judgement, seconds)
            judgement, words = conventions.left_out(found, judgement) or (judgement, words)
    if found.kind in ("layer", "activation") and hasattr(found, "program"):
        conventions.put_through(found, judgement)
    if found.kind == "activation" and (words := _wider(found, reference)):
        reference = ""
    verdict = _compared(found, reference, subject, judgement)
    if words and verdict.ok:
        verdict.verdict, verdict.convention = "other convention", words
        verdict.summary = "the gradients are the derivatives, in another convention"
    _tell_moved(found, judgement.wrong, verdict)
    if found.kind == "network" and hasattr(found, "program"):
        inside.tell(found, verdict, seconds)
    verdict.lines = verdict.lines or [note.to_dict() for note in judgement.lines]
    verdict.found = found.found
    verdict.notes += [note for note in found.notes if note not in verdict.notes]
    verdict.notes += _in_cells(getattr(found, "cells", ()), verdict)
    return next(_in_other_scales(found, verdict, seconds), verdict)


def _in_other_scales(found: Any, verdict: Verdict, seconds: float) -> Iterator[Verdict]:
    """Yield verdicts that explain what is wrong where no loss is returned: of half the one that was taken, or all."""
    if found.kind != "network" or found.right or verdict.verdict != "wrong" or any(b["fix"] for b in verdict.blamed):
        return
    program = found.program
    for words, loss in program.variants[0][1:] if program.variants else ():
        changed = replace(program, loss=loss, words=(*program.words[:-1], words), variants=())
        other = judged(replace(found, program=changed), seconds / 2)
        if is_explained(other) and not any(blame["must_be"] == lines.OF_FORWARD for blame in other.blamed):
            yield other


def _in_cells(cells: Sequence[int], verdict: Verdict) -> list[str]:
    """Say where the lines that are blamed stand in a notebook; `cells` has the cell of each line."""
    lines_ = sorted({int(blame["line"]) for blame in verdict.blamed if 0 < int(blame["line"]) <= len(cells)})
    return [f"line {n} is line {n - cells.index(cells[n - 1])} of cell {cells[n - 1]}" for n in lines_]


def _compared(found: Any, reference: str, subject: str, judgement: lines.Judgement) -> Verdict:
    """Return the verdict of both questions; of the first alone where the second cannot be asked."""
    try:
        return of_judgement(found, reference, subject, judgement)
    except MemoryError:
        raise
    except Exception as error:  # what it is said to be could not be compared: its derivatives are judged all the same
        verdict = of_judgement(found, "", subject, judgement)
        if verdict.ok and reference:
            verdict.verdict, verdict.summary = "incomplete", "its derivatives are right, the rest could not be compared"
        verdict.unchecked += [{"what": reference, "why": f"{type(error).__name__}: {error}"}] if reference else []
        return verdict


def _as_meant(found: Any, judgement: lines.Judgement, seconds: float) -> tuple[Any, lines.Judgement, list[str]]:
    """Return a wrong layer as right in another convention, in words, or with settings at which it is in none."""
    one = conventions.of_one_sample(found, judgement.wrong)
    if one is not None:
        summed, found, judgement = judgement.wrong, one, lines.judge(one, seconds)
        if not judgement.wrong:
            return found, judgement, [conventions.ONE_SAMPLE.format(", ".join(summed))]
    words = conventions.of_layer(found, judgement)
    apart: Any = elsewhere(found, lambda other: _in_convention(other, words)) if words else None
    if apart is not None:
        return apart, lines.judge(apart, seconds), []
    if words:
        judgement = lines.Judgement(not judgement.unchecked, judgement.checked, judgement.unchecked, [])
    return found, judgement, words


def _wider(found: Any, reference: str) -> list[str]:
    """Return in words with which number an activation is wider than what it is said to be: it is that at 1."""
    if found.kind != "activation" or not hasattr(found, "program"):
        return []
    held = forward.judged(found, reference) if reference else None
    for words, other in at_one(found) if held is not None and held.wrong else ():
        at = forward.judged(other, reference)
        if at is not None and not at.wrong:
            return [f"{words}: it is {reference} where that is 1"]
    return []


def _tell_moved(found: Any, wrong: Sequence[str], verdict: Verdict) -> None:
    """Say of lines that nothing else explains that they compute a step from weights that have moved, if they do."""
    unknown = [blame for blame in verdict.blamed if not (blame["mistake"] or blame["fix"])]
    if not isinstance(found, ProgramSubject) or not (unknown or not verdict.blamed):
        return
    if of_moved_weights(found, wrong):
        verdict.blamed += [] if verdict.blamed else [lines.Blame(*place).to_dict() for place in moving(found, wrong)]
        for blame in unknown or verdict.blamed:
            blame["mistake"] = MOVED


def _where_used(found: Any, blamed: list[lines.Blame]) -> list[lines.Blame]:
    """Return blames outside of the lines that are right by themselves: where that is used which they give."""
    if not (isinstance(found, ProgramSubject) and found.used):
        return blamed
    moved: dict[int, lines.Blame] = {}
    for blame in blamed:
        inside = blame.line in found.proved
        for line in {found.used[n] for n in blame.results if n in found.used} if inside else ():
            code = blame.file.read_text("utf-8", "replace").splitlines()[line - 1].strip()
            moved[line] = lines.Blame(blame.file, line, line, code, NOT_ADDED)
        if not inside:
            moved.setdefault(blame.line, blame)
    return list(moved.values())


def _in_convention(found: Any, words: list[str]) -> bool:
    """Return whether a layer is right, or in the convention in which it is right elsewhere."""
    wrong = sorted(lines.Study(found).wrong)
    return not wrong or conventions.of_layer(found, lines.Judgement(False, [], [], wrong)) == words


def _elsewhere(found: Any, judgement: lines.Judgement, seconds: float) -> tuple[Any, lines.Judgement]:
    """Return what is right with the settings, size or form of labels, if there are any, at which it is wrong."""
    other: Any = (with_other_labels(found) if found.kind == "loss" else None) or elsewhere(found)
    try:
        held = lines.judge(other, seconds) if other is not None else judgement
    except MemoryError:
        raise
    except Exception:  # it cannot be recorded there
        held = judgement
    return (other, held) if held.wrong else (found, judgement)


def by_differences(found: Any) -> lines.Judgement:
    """Return which results agree with central differences on two draws: where lines cannot be recorded."""
    draws = [found, *itertools.islice(found.draws(), 1)]
    right = frozenset.intersection(*(agreement(draw)[0] for draw in draws))
    told = {name for draw in draws for name, result in draw.run(Plain())[1].items() if np.any(result)}
    wrong = sorted(set(found.claimed) - right)
    unchecked = [(n, "the loss does not depend on it on any draw") for n in found.claimed if n not in {*told, *wrong}]
    checked = [n for n in found.claimed if n in {*told, *wrong}]
    return lines.Judgement(not wrong and not unchecked, checked, unchecked, wrong)


def of_judgement(found: Any, reference: str, subject: str, judgement: lines.Judgement) -> Verdict:
    """Return the verdict from what the lines say and, if there is a reference, what it says."""
    said = claims.claimed(found, reference) if reference else None
    unchecked = [{"what": what, "why": why} for what, why in (*judgement.unchecked, *judgement.unmet)]
    unchecked += [{"what": item.what, "why": item.why} for item in found.unchecked]
    if judgement.wrong:
        if said is not None and said.verdict == "wrong" and claims.about_forward(said):
            judgement.blamed = forward.blamed(found, reference, judgement.blamed)
        if said is not None and said.ok and found.kind == "network":
            return _agreeing(said, judgement)  # a cost without the mean beside gradients with it
        verdict = _wrong(subject, judgement, said, unchecked)
        of_loss = found.kind == "loss" and "y_pred" in judgement.wrong
        if of_loss and conventions.is_of_the_mean(found):
            words, text = [conventions.MEAN_OF_LOSSES], "right, in another convention"
            return Verdict(
                subject, "other convention", text, convention=words, checked=judgement.checked, unchecked=unchecked
            )
        besides = conventions.of_loss(found) if of_loss else ""
        verdict.summary += f"; {besides}" if besides else ""
        return verdict
    if said is None:
        kind = "incomplete" if unchecked or not judgement.checked else "match"
        if reference and kind == "match":
            known = hasattr(found, "program") and found.kind == "network"
            why = forward.unlike(found, reference) if known else "there is no reference to hold it against"
            unchecked += [{"what": reference, "why": why}] if why else []
            kind = "incomplete" if why else kind
        summary = "the backward pass is the derivative of the forward pass"
        if kind == "incomplete":
            summary = "nothing wrong was found, but not everything could be compared"
        checked = ["forward", *judgement.checked] if reference and kind == "match" else judgement.checked
        return Verdict(subject, kind, summary, checked=checked, unchecked=unchecked)
    if not claims.forward_is_right(said):
        said.checked, said.unchecked = judgement.checked, unchecked
        said.blamed = said.blamed or [blame.to_dict() for blame in forward.blamed(found, reference, [])]
        said.notes.append(
            "its derivatives are those of its own forward pass: the forward pass is not what it is said to be"
        )
        return said
    if not said.ok and said.verdict != "unstable":
        said = Verdict(subject, "match", "the derivatives are those of the forward pass, and that is the reference's")
    partly = judgement.unmet or (unchecked and found.kind == "layer")  # of others its check compares all
    if partly and said.ok:
        said.verdict, said.summary = "incomplete", "nothing wrong was found, but not everything could be compared"
    said.checked, said.unchecked = ["forward", *judgement.checked], unchecked
    return said


def _wrong(subject: str, judgement: lines.Judgement, said: Verdict | None, unchecked: list[dict[str, str]]) -> Verdict:
    names = list(said.mistakes) if said is not None and said.verdict == "wrong" else []
    blamed = [blame.to_dict() for blame in judgement.blamed]
    rule.name_lines(blamed, names)
    which = ", ".join(judgement.wrong)
    verdict = Verdict(
        subject, "wrong", f"not the derivative of the forward pass: d/d{which}" if which else "", mistakes=names
    )
    if judgement.zero and set(judgement.zero) == set(judgement.wrong):
        verb = "are" if judgement.zero[1:] else "is"
        verdict.summary = f"d/d{', d/d'.join(judgement.zero)} {verb} zero everywhere: not derived yet?"
    elif judgement.zero:
        verdict.notes.append(f"d/d{', d/d'.join(judgement.zero)}: zero everywhere: not derived yet?")
    if said is not None and names:
        verdict.summary = said.summary
        verdict.wrong_line, verdict.right_line, verdict.where = said.wrong_line, said.right_line, said.where
        verdict.alternatives, verdict.example, verdict.convention = said.alternatives, said.example, said.convention
    verdict.checked, verdict.unchecked, verdict.blamed = judgement.checked, unchecked, blamed
    verdict.lines = [note.to_dict() for note in judgement.lines]
    if not judgement.complete:
        verdict.notes.append("the search for the lines ended with its time: --seconds gives it more")
    return verdict


def _agreeing(said: Verdict, judgement: lines.Judgement) -> Verdict:
    """Return the reference's verdict: the gradients are its own, beside a cost in another scale."""
    said.checked = judgement.checked
    said.notes.append(FACTOR_ONLY)
    return said


def _optimizer(found: Any, reference: str, subject: str, seconds: float) -> Verdict:
    """Return the verdict on a step: the rule's check, and the lines that differ from the rule."""
    found.options = rule.with_defaults(found, reference)
    said = claims.claimed(found, reference) if reference else None
    if said is not None and (said.ok or said.verdict == "unstable"):
        said.checked, said.found = ["parameters after every step"], found.found
        return said
    places = rule.places_of(found, reference, found.options, said) if said is not None else []
    seconds = min(seconds, SECONDS_AT_A_KNOWN_PLACE) if places else seconds
    held = rule.judged(found, reference, found.options, seconds) if reference else None
    words = _as_rule(found, reference, said, held, seconds)
    if words:
        kind = "match" if words in (STEPS, PLAIN_STEPS) else "other convention"
        subject += " (sgd)" if words == PLAIN_STEPS else ""
        return Verdict(subject, kind, words, checked=["parameters after every step"], found=found.found)
    if said is None and held is None:
        why = f"there is no rule {reference!r} to hold it against" if reference else "it does not say which rule it is"
        missing = [{"what": "the rule", "why": why}]
        text = "it takes steps, but nothing says which"
        return Verdict(subject, "incomplete", text, unchecked=missing, found=found.found)
    if held is None:
        assert said is not None
        return said
    known = rule.at_the_end(held) or {blame.line for blame in held.blamed} & {place.line for place in places}
    if places and known and not any(blame.fix for blame in held.blamed):
        held.blamed = places
    verdict = _wrong(subject, held, said, [])
    if not (said is not None and said.mistakes):
        verdict.summary = f"its steps are not those of {reference}"
    verdict.found = found.found
    return verdict


def _as_rule(found: Any, reference: str, said: Verdict | None, held: lines.Judgement | None, seconds: float) -> str:
    """Return in words how every step is that of a rule; "" if it is not."""
    if held is not None and (held.ok or (said is None and held.slight)):
        return STEPS if held.ok else f"{STEPS} up to a small constant: epsilon's place"
    if not reference:
        return PLAIN_STEPS if rule.is_plain(found, seconds) else ""
    return AVERAGED if rule.is_average(found, reference, found.options, seconds) else ""


def _unread(found: Any, reference: str, subject: str, why: str = "") -> Verdict:
    """Return the verdict on what could not be read: the reference's, if its check can call it."""
    why = why or getattr(found, "why", "")
    said = claims.claimed(found, reference) if reference else None
    if said is not None and not (said.ok and found.kind == "layer"):
        return said
    missing = [{"what": found.name, "why": why}]
    return Verdict(subject, "incomplete", "it could not be read, so nothing was compared", unchecked=missing)

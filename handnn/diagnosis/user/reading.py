"""Read a file: every derivation in it as a Subject, or why it cannot be read."""

import contextlib
import copy
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..lines.record.instrument import load
from .call import making, search
from .call.calling import described, in_order
from .call.noticed import noticed
from .call.program import Program
from .call.script import Script, on_several
from .call.subject import ProgramSubject
from .copied import copy_of, prepared
from .finding import Candidate, find
from .finding.by_use import uses_of
from .optimizers import steps as optimizers
from .optimizers.steps import OptimizerSubject
from .parts import NOTHING, RUNS_LAYERS, Unread, as_helper, callers_of, parts_of_others
from .protocols import Load
from .readings import Parts, elementwise, of_script, readers
from .readings.batches import over_samples, uses, with_update
from .readings.context import Context
from .readings.roles import roles_of
from .readings.ways import moved_elsewhere, pair_of_methods, training_methods
from .source.directive import Directive, parse
from .source.engines import operator_of
from .source.importing import forgiving
from .source.syntax import has_operators, parsed, source_of
from .source.words import LOOP, is_pass, is_weight
from .source.written import with_written_losses

SECONDS_OF_A_SCRIPT = 2.0
SEVERAL = "its script gives the way back several samples, stacked, and the way forward one at a time"
Found = ProgramSubject | OptimizerSubject | Unread


def subjects(
    path: str | Path,
    as_: str | None = None,
    make: str | None = None,
    loss: str | None = None,
    only: str | None = None,
    load: Load = load,
    skip: Sequence[str] = (),
    begin: Callable[[str], None] = lambda name: None,
) -> Iterator[Found]:
    """Yield every derivation of a file.

    Args:
        path: a Python file or notebook, also as `package/module.py:Class`. A notebook is turned into a file of its
            functions first; `cells` of what is found has the cell of each line.
        as_: what it is said to be, in place of `handnn:` lines, such as "LSTM(4)".
        make: an expression that builds the object, such as "Affine(W, b)". loss: the loss of networks that return none.
        only: the name of one class or function. load: imports the file.
        skip: names that are left out. begin: is called with the name of each before it is read.

    Raises:
        ValueError: `as_` cannot be read. Whatever importing the file raises.
    """
    given = parse(as_, kind_needed=False) if as_ is not None else None
    path, named = split_path(path)
    only = only or named
    file, lines, remarks, module = _opened(path, load)
    sources, script = (Path(module.__file__ or file),), Script(path, module)
    candidates = [
        c
        for c in find(module, given, uses_of(parsed(file if lines else path)))
        if only is None or only == c.name or c.name.startswith(f"{only}.")
    ]
    candidates.sort(key=_is_whole)  # what is right in the others is not to blame later
    callers = callers_of(candidates)
    doubtful: list[ProgramSubject] = []
    called: list[Unread] = []
    open_: set[str] = set()
    judged: dict[str, Found] = {}
    written = with_written_losses(Path(sources[0]).read_text("utf-8", "replace")) if not lines else None
    unread: dict[str, Unread] = {}
    for candidate in candidates:
        if candidate.name in skip:
            continue
        begin(candidate.name)
        found = read(candidate, module, sources, make, loss, script)
        found.target, said = candidate.target, candidate.directive
        if isinstance(found, Unread):
            found.reference, found.options = (said.reference, said.options) if said is not None else ("", {})
            unread[candidate.name] = found
            if only is None and said is None and candidate.name in callers:
                called.append(found)
                continue
            found = as_helper(found, candidate) if only is None and said is None else found
            open_ |= {candidate.name} if found.kind != "helper" else set()
            if written is None or candidate.name not in written[1]:
                yield found
            continue
        if isinstance(found, ProgramSubject):
            found.cells = lines
            found.notes += noticed(found)
        found.notes += remarks
        part = isinstance(found, ProgramSubject) and found.kind == "layer" and set(found.right) < set(found.claimed)
        if part and said is None and candidate.name in callers:
            assert isinstance(found, ProgramSubject)
            doubtful.append(found)
            continue
        judged[candidate.name] = found
        yield found
        yield from _over_samples(found, candidate.target)
        yield from _trained(found, candidate, (module, sources, make, loss, script))
    left_out = {*judged, *skip}
    yield from _by_written_losses(written, left_out, only, unread, (path, file, load), (make, loss), begin)
    yield from parts_of_others([*doubtful, *called], callers, judged, {*judged, *skip, *open_}, begin)


def _is_whole(candidate: Candidate) -> bool:
    """Return whether a candidate may be made of others: it is no activation, loss or operator of an engine."""
    target = candidate.target.main if isinstance(candidate.target, Parts) else candidate.target
    return candidate.kind not in ("activation", "loss") and not operator_of(target)


def _opened(path: Path, load: Load) -> tuple[Path, list[int], list[str], ModuleType]:
    """Return the file that is read for one, the cell of each of its lines, remarks, and what was imported."""
    file, lines, remarks = prepared(path)
    try:
        module, missing = forgiving(load, file, path.parent)
    except Exception:
        if file == path or lines:
            raise
        file, remarks = path, []  # what was left out was needed
        module, missing = forgiving(load, file, path.parent)
    remarks += [f"{', '.join(missing)} is not installed: replaced by an empty module, or by NumPy"] if missing else []
    in_order([value for value in vars(module).values() if has_operators(value)])
    return file, lines, remarks, module


def _over_samples(found: Found, target: Any) -> Iterator[Found]:
    """Yield the method that moves a network by its gradients of several samples, where these are right."""
    if not isinstance(found, ProgramSubject) or found.kind != "network" or not inspect.isclass(target):
        return
    program = over_samples(found.program, target) if set(found.right) == set(found.claimed) else None
    if program is not None:
        try:
            whole = search.best([program])
        except search.NotRunningError:
            return
        whole.proved, whole.used = uses(found, target)
        yield whole


def _trained(found: Found, candidate: Candidate, given: tuple[Any, ...]) -> Iterator[Found]:
    """Yield the training method of an object of which the passes forward and back are right, or its own step."""
    if not isinstance(found, ProgramSubject) or not inspect.isclass(candidate.target) or candidate.pair is not None:
        return
    if not found.program.backward or set(found.right) < set(found.claimed):
        return
    other: Found | None = None
    for name in training_methods(candidate.target) if candidate.kind == "network" else ():
        other = other or read(candidate._replace(pair=(name, "")), *given)
        other = other if isinstance(other, ProgramSubject) and other.has_loss else None
    stepping = with_update(found.program) if other is None else None
    if stepping is not None:
        with contextlib.suppress(Exception):  # a user's code may raise anything
            other = search.best([stepping])
    if isinstance(other, ProgramSubject):
        other.target, other.tentative, other.cells = candidate.target, True, found.cells
        yield other


def _by_written_losses(
    written: tuple[str, dict[str, str]] | None, left_out: set[str], only: str | None, unread: dict[str, Unread],
    of: tuple[Path, Path, Load], given: Any, begin: Callable[[str], None],
) -> Iterator[Found]:  # fmt: skip
    """Yield the classes and functions whose steps are read with a loss written down, else why they were not read."""
    (path, file, load), module = of, None
    text, steps = written or ("", {})
    for name in steps:
        if name in left_out or only not in (None, name):
            continue
        begin(name)
        if module is None:
            target = copy_of(file)
            target.write_text(text, encoding="utf-8")
            module, _ = forgiving(load, target, path.parent)
        pair = (steps[name], "") if steps[name] else None
        candidate = Candidate(name, "network", vars(module)[name], pair=pair)
        found = read(candidate, module, (target,), *given, *([] if pair else [Script(path, module)]))
        if isinstance(found, Unread):
            yield unread.get(name, found)
        else:
            found.target = candidate.target
            found.notes.append("its loss is assumed; a method loss of the same arguments would say it")
            yield found


def split_path(path: str | Path) -> tuple[Path, str | None]:
    """Split `package/module.py:Class` into the file and the name; the name is None if there is none."""
    text = str(path)
    file, colon, name = text.rpartition(":")
    if colon and re.fullmatch(r"\w+(\.\w+)*", name) and file.endswith((".py", ".ipynb")):
        return Path(file), name
    return Path(text), None


def read(
    candidate: Candidate,
    module: ModuleType | None,
    sources: tuple[Path, ...],
    make: str | None = None,
    loss: str | None = None,
    script: Script | None = None,
) -> Found:
    """Return a candidate as a Subject, or why it is none.

    Args:
        script: of its file; where nothing that is guessed fits, it is read on what that gives it.
    """
    said = candidate.directive or Directive(candidate.kind, "", {})
    if candidate.why:
        return Unread(candidate.name, candidate.kind, candidate.why)
    given = module, sources, make, loss
    try:
        if candidate.kind == "optimizer":
            return optimizers.subject(candidate.target, candidate.name, module, sources, said.reference, said.options)
        if candidate.kind == "activation":
            subject = _activation_or_layer(candidate, *given)
        else:
            subject = _with_or_without_loss(candidate, script, given)
            if script is not None and set(subject.right) < set(subject.claimed) and on_several(subject.program, script):
                raise search.NotRunningError(SEVERAL)
    except search.FATAL:
        raise
    except BaseException as error:  # a user's code may raise anything
        known = isinstance(error, search.NotRunningError)
        why = str(error) if known else described(error, {str(path) for path in sources})
        return Unread(candidate.name, candidate.kind, why)
    subject.reference, subject.options = said.reference, said.options
    if candidate.pair is not None:
        others = moved_elsewhere(candidate.target, candidate.pair[1] or candidate.pair[0])
        held = {leaf.name for leaf in subject.parts if not (candidate.pair[1] or is_weight(leaf.name))}
        held |= set(subject.program.arguments)  # data: it moves what its object has
        subject.unchecked = [item for item in subject.unchecked if item.what not in others | held]
    if not subject.claimed or _runs_nothing(subject, candidate.target):
        return Unread(candidate.name, candidate.kind, NOTHING)
    return subject


def _runs_nothing(subject: ProgramSubject, target: Any) -> bool:
    """Return whether a class that runs layers was made without any: it hands on what it is given."""
    if subject.kind != "layer" or not (inspect.isclass(target) and RUNS_LAYERS.search(source_of(target))):  # type: ignore[arg-type]
        return False
    world = subject.world()[0]
    return any(world["output"] is given for given in world["arguments"].values())


def _best(candidate: Candidate, script: Script | None, given: tuple[Any, ...]) -> ProgramSubject:
    """Return the best reading: on what the file's own script gives it if that shows a mistake, else on guessed data.

    Where no guessed data fits, that of the script has to do.
    """
    own = subject = problem = None
    as_layer = candidate._replace(kind="layer") if inspect.isclass(candidate.target) else candidate
    as_run = as_layer if candidate.kind == "loss" else candidate  # of its own arguments, whatever their shapes
    if script is not None and as_run.kind in ("network", "layer"):
        with contextlib.suppress(Exception):
            own = search.best(readings(as_run, *given, script=script), SECONDS_OF_A_SCRIPT)  # type: ignore[misc]
    mistaken = own is not None and set(own.right) < set(own.claimed) and not own.unchecked
    whole = own is not None and own.claimed and not own.unchecked
    shown = mistaken and own is not None and (own.right or own.kind == "layer") and not search.misfit(own)
    if own is not None and (shown or (whole and candidate.name == LOOP)):
        return own  # of a loop the statements around it made data and objects
    try:
        subject = search.best(readings(candidate, *given), SECONDS_OF_A_SCRIPT if whole else search.SECONDS)
    except Exception as error:  # a user's code may raise anything
        problem = error
    if own is None and subject is None:
        if candidate.kind == "loss" and inspect.isclass(candidate.target):  # of data, with its weights
            with contextlib.suppress(search.NotRunningError):
                return search.best(readings(candidate._replace(kind="network"), *given))
        raise problem or search.NotRunningError
    if own is None or subject is None:
        return own or subject  # type: ignore[return-value]
    found_more = (own.claimed and not subject.claimed) or (whole and set(own.claimed) > set(subject.claimed))
    open_there = whole and subject.unchecked and set(own.claimed) >= set(subject.claimed)
    misread = whole and not mistaken and (search.misfit(subject) or _of_other_axes(subject, own))
    return own if found_more or open_there or misread else subject


def _of_other_axes(subject: ProgramSubject, own: ProgramSubject) -> bool:
    """Return whether a wrong reading was given arrays of more or fewer axes than the file's own script gives."""
    given = own.program.arguments
    return set(subject.right) < set(subject.claimed) and any(
        isinstance(value, np.ndarray) and isinstance(given.get(name), np.ndarray) and value.ndim != given[name].ndim
        for name, value in subject.program.arguments.items()
    )


def _with_or_without_loss(candidate: Candidate, script: Script | None, given: tuple[Any, ...]) -> ProgramSubject:
    """Return the best reading; a forward and a backward function as a layer if they are right only without their cost.

    A backward function without labels is given a gradient from above: of which output, its callers know.
    """
    subject = problem = None
    try:
        subject = _best(candidate, script, given)
    except search.NotRunningError as error:
        problem = error
    target = candidate.target
    open_ = isinstance(target, Parts) and None not in (target.value, target.backward) and not candidate.directive
    roles = set(roles_of(target.backward).values()) if open_ else set()
    if (subject is None or set(subject.right) < set(subject.claimed)) and "upstream" in roles and "y" not in roles:
        pair = candidate._replace(kind="layer", target=(target.main, target.backward), roles={}, links={})
        with contextlib.suppress(search.NotRunningError):
            other = search.best(readings(pair, *given), SECONDS_OF_A_SCRIPT)
            known = (len(subject.claimed), {u.what for u in subject.unchecked}) if subject is not None else (1, set())
            whole = set(other.right) == set(other.claimed) and len(other.claimed) >= known[0]
            subject = other if whole and {u.what for u in other.unchecked} <= known[1] else subject
    if subject is None:
        raise problem or search.NotRunningError
    return subject


def _activation_or_layer(candidate: Candidate, *given: Any) -> ProgramSubject:
    """Return an activation as a Subject: its derivative takes what it takes, or a gradient and gives another.

    Where the names leave that open, as in `forward(x)` and `backward(x)`, what makes it right was meant.
    """
    subject, problem, target = None, None, candidate.target
    try:
        subject = search.best(readings(candidate, *given))
    except search.NotRunningError as error:
        problem = error
    passes = inspect.isclass(target) and is_pass(pair_of_methods(target)[1] or "")
    passes = passes or (subject is not None and len(subject.parts) > 1)  # an activation has no weights
    if subject is not None and subject.claimed and (not passes or set(subject.right) == set(subject.claimed)):
        return subject
    try:
        other = search.best(readings(candidate._replace(kind="layer"), *given))
    except search.NotRunningError:
        other = None
    if other is not None and (subject is None or (other.claimed and set(other.right) == set(other.claimed))):
        return other
    if subject is None:
        raise problem or search.NotRunningError
    return subject


def readings(
    candidate: Candidate,
    module: ModuleType | None,
    sources: tuple[Path, ...],
    make: str | None,
    loss: str | None,
    script: Script | None = None,
) -> Iterator[Program]:
    """Yield the readings of a candidate; with a script those on what it gives."""
    target, name, kind = candidate.target, candidate.name, candidate.kind
    context = Context(module, sources, None, candidate.roles, candidate.links)
    if inspect.isfunction(target):
        target = Parts(target)
    if isinstance(target, tuple) and kind in ("activation", "loss"):
        read = elementwise.activation if kind == "activation" else elementwise.loss
        yield from read(name, target[0], target[1], context)
        return
    if type(target) is tuple:
        target = Parts(target[0], None, target[1])
    if script is not None:
        yield from of_script.as_run(name, kind, target, context, script, candidate.directive, loss, candidate.pair)
        return
    if isinstance(target, Parts):
        yield from readers.functions(name, kind, target, context, candidate.directive, loss)
        return
    makers = making.makers(target, module, make) if inspect.isclass(target) else iter([lambda: copy.deepcopy(target)])
    if kind == "loss" or (kind == "activation" and None not in pair_of_methods(target)):
        yield from _methods(candidate, makers, context)
    else:
        yield from readers.objects(name, kind, makers, context, candidate.directive, loss, candidate.pair)


def _methods(candidate: Candidate, makers: Any, context: Context) -> Any:
    """Yield readings of an activation or loss whose function and derivative are methods of an object."""
    forward, back = pair_of_methods(candidate.target)
    if forward is None or back is None:
        raise TypeError(f"{candidate.name} needs a method for its value and one for its derivative")
    for make in makers:
        try:
            built = make()
        except Exception:
            continue
        held = Context(context.module, context.sources, make)
        signatures = getattr(built, forward), getattr(built, back)
        if candidate.kind == "loss":
            yield from elementwise.loss(candidate.name, forward, back, held, signatures)
        else:
            yield from elementwise.activation(candidate.name, forward, back, held, signatures[1])

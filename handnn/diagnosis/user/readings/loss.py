"""Where the loss and the output of a network are: returned, kept by an inner function, a local variable, or nowhere."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..call.calling import frozen
from ..call.program import Program, Ref, is_array, samples_of, scalar
from ..call.world import World, plain
from ..source.arguments import compared_with
from ..source.syntax import nodes_of
from ..source.words import bare, is_gradient, is_weight
from ..source.written import WRITTEN
from . import losses
from .results import Output
from .roles import roles_of
from .ways import Way, is_value

WEIGHT = "W"
LOSS_KEYS = ("loss", "cost", "l", "j", "error", "totalloss", "loss_value", "err", "mse", "e", "totalcost", "c")
DIFFERENCES = ("error", "errors", "err", "e", "diff", "difference", "residual", "residuals")
OUTPUTS = (
    "output", "out", "ypred", "yhat", "al", "a3", "a2", "o", "probs", "p", "a", "pred", "prediction", "outputs", "y",
    "ao", "finaloutputs", "predictedoutput", "layer2", "l2", "scores", "h", "hypothesis", "a1", "activation",
)  # fmt: skip


NO_OUTPUT = re.compile("d|grad|err|loss|cost|res|y$|target|label|mask|index|self|x|input|diff|n[a-z]*$")
"""Local variables that are no output."""


def with_loss(
    program: Program, target: Ref | None, reference: str | None, way: Way, output_of: Output
) -> Program | None:
    """Return the program with the loss that it returns or computes; else with those that it may mean.

    Args:
        target: finds the labels. reference: the name of a loss. way: with the names of functions to be watched.
        output_of: finds the output in what forward returned.

    Raises:
        Whatever the user's code raises: the reading does not fit.
    """
    if WRITTEN in program.data.kept:
        return _with_written(program)
    forward, value = way.output, way.value
    watching = replace(program, watch=frozenset({"", forward, value}))
    said: tuple[str, ...]
    with frozen(program.module):
        world = watching.build()
        watching.go_forward(world)
        before = dict(world)
        world |= {"output": _or_none(output_of, world), "upstream": [1.0]}
        if watching.backward:
            watching.go_backward(world)
    safe = (lambda world: _or_none(output_of, world)) if program.backward else (lambda world: 0.0)
    output_only = not value and not is_value(way.forward[0].function)
    given = {*program.arguments, *_differences(way)}
    for ref, watched, words in _losses(value, program.returned, given, bool(way.backward)):
        if _is_number(ref, world) and not (output_only and _alike(ref(world), target(world) if target else 0.0)):
            watch = watching.watch if watched else program.watch
            found = replace(program, watch=watch, loss=ref, output=safe, words=(*program.words, words))
            return found if _is_number(ref, before) or watched else _in_one(found)
    if target is None:
        return None
    if way.backward and is_value(way.forward[0].function):
        raise ValueError("the loss is no number")
    shape = np.shape(target(world))
    held = [n for step in way.steps for n, r in roles_of(step.function).items() if r == "y"
            for n in compared_with(step.function, n)]  # fmt: skip
    places = _outputs(forward, shape, not program.backward, output_of, held)
    output = next((ref for ref in places if _fits(ref, world, shape, target(world))), None)
    if output is None:  # a difference from the labels, whose square is the loss
        names = (name for name in DIFFERENCES if _fits(_local(name), world, shape, 0.0))
        output = next(map(_local, names), None)
        target, reference = (lambda world: np.zeros(shape)), "mse"
    if output is None:
        said = (*program.words, "it returns no loss and no output")
        return replace(program, loss=lambda world: None, output=safe, words=said)

    def applied(words: str, loss: Any, slope: Any) -> tuple[str, Applied]:
        return f"no loss is returned: {words}", Applied(loss, slope, output, target, program)

    variants = tuple(tuple(applied(*one) for one in group) for group in losses.candidates(reference))
    words, loss = variants[0][0]
    said = (*program.words, words)
    return replace(program, watch=watching.watch, output=output, words=said, loss=loss, variants=variants)


def _with_written(program: Program) -> Program:
    """Return the program with the losses that were written into its source; 0 on data of which it takes no step."""
    with frozen(program.module):
        world = program.build()
        program.go_forward(world)
        written = world["module"][WRITTEN]

    def ref(place: int) -> Ref:
        return lambda world: (world["module"][WRITTEN] or [(0.0, 0.0)])[-1][place]

    squares, hinge = ["half the square of the error", "the square of the error"], ["the hinge loss"]
    named = squares + hinge if not written else squares if written[-1][1:] else hinge
    said = [
        f"no loss is returned: {words}, with a penalty where it is in the step, of the first sample" for words in named
    ]
    data = [n for n, v in program.arguments.items() if np.array_equal(v, world["arguments"][n])]  # it moves them not
    variants = tuple(((words, ref(place % 2)),) for place, words in enumerate(said))
    return replace(
        program,
        passive=program.passive | frozenset(data if program.make is None else ()),
        loss=ref(0),
        variants=variants,
        output=lambda world: 0.0,
        words=(*program.words, said[0]),
        by_steps=True,
        wide=True,
    )


def _alike(found: Any, target: Any) -> bool:
    """Return whether a number is in an array of the shape of the labels: it is the output then."""
    return np.ndim(found) > 0 and np.squeeze(found).shape == np.squeeze(target).shape


def _in_one(program: Program) -> Program:
    """Return a program whose backward calls compute the loss: what it was computed from is the forward part."""
    if not program.backward:
        return program
    calls = [*program.forward, *(replace(call, into="forward") for call in program.backward)]
    return replace(program, forward=calls, backward=[])


@dataclass(frozen=True)
class Applied:
    """A loss that is applied to the output, with its derivative by it."""

    loss: losses.Scaled
    derivative: losses.Scaled
    output: Ref
    target: Ref
    program: Program

    def __call__(self, world: World) -> Any:
        return self.loss(self.output(world), self.target(world), samples_of(self.program))

    def slope(self, world: World) -> Any:
        """Return the derivative of the loss by the output."""
        output = plain(self.output(world))
        slope = self.derivative(output, self.target(world), samples_of(self.program))
        return np.broadcast_to(slope, np.shape(output))


def _differences(way: Way) -> set[str]:
    """Return the variables that are differences in the functions of a way, though numbers: `for n, e in zip(...)`."""
    nodes = [node for step in way.steps for node in nodes_of(step.function)]
    loops = [node.target for node in nodes if isinstance(node, ast.For)]
    made = [n for n in nodes if isinstance(n, ast.Assign) and isinstance(n.value, ast.BinOp)]
    plain = [n.targets[0] for n in made if isinstance(n.value.op, ast.Sub) and "(" not in ast.unparse(n.value)]  # type: ignore[attr-defined]
    names = {part.id for target in (*loops, *plain) for part in ast.walk(target) if isinstance(part, ast.Name)}
    return {name for name in names if bare(name) in DIFFERENCES}


def _losses(value: str, names: tuple[str, ...], given: set[str], apart: bool) -> Iterator[tuple[Ref, bool, str]]:
    """Yield where a loss may be; what is returned, or a local variable, of the name of an argument is none."""
    names = tuple(WEIGHT if name in given else name for name in names)
    keys = tuple(key for key in LOSS_KEYS if key not in given)
    last = "backward" if apart else "forward"
    yield (lambda world: _returned_loss(world, names, last)), False, "the loss is returned"
    yield (lambda world: world["watched"][value]), True, f"the loss is what {value} returns"
    yield (lambda world: _by_key(world.get("locals", {}), keys)), True, "the loss is a local variable"


def _returned_loss(world: World, names: tuple[str, ...] = (), last: str = "forward") -> Any:
    """Return the first number that is returned; what came last returns parts of these names."""
    for key in ("value", "forward", "backward"):
        returned = plain(world.get(key))
        if isinstance(returned, dict):
            found = _by_key(returned, LOSS_KEYS)
            if found is not None:
                return found
        parts = returned if isinstance(returned, tuple | list) else [returned]
        if isinstance(returned, list) and parts[1:] and all(isinstance(part, float) for part in parts):
            continue  # the outputs of neurons
        named = names if key == last and len(names) == len(parts) > 1 else ()
        weights = [is_weight(name) or is_gradient(bare(name)) for name in named]
        for place, part in enumerate(parts if len(parts) < 12 else ()):
            number = plain(part)
            if any(weights[place : place + 1]):
                continue
            if isinstance(number, float | np.floating) or (
                is_array(number) and np.size(number) == 1 and key != "backward" and np.ndim(number) < 3
            ):
                return number
        if key == "value" and is_array(returned):
            return returned
    return None


def _by_key(found: dict[Any, Any], names: tuple[str, ...]) -> Any:
    """Return the first number that has one of these names; an array called error is a difference."""
    plain_number = {bare(k): v for k, v in found.items() if isinstance(k, str)}
    known = {k: v for k, v in plain_number.items() if not (k in DIFFERENCES and np.ndim(v))}
    numbers = (known[bare(n)] for n in names if bare(n) in known)
    return next((v for v in numbers if isinstance(v, float | np.floating) or (is_array(v) and v.size == 1)), None)


def _is_number(ref: Ref, world: World) -> bool:
    """Return whether it is a number, or one for each sample: not one for each pair of outputs."""
    try:
        value = ref(world)
        lengths = [n for n in np.shape(value) if n > 1]
        return value is not None and np.ndim(scalar(value)) == 0 and len(set(lengths)) == len(lengths)
    except Exception:
        return False


def _or_none(ref: Ref, world: World) -> Any:
    try:
        found = ref(world)
    except ValueError:  # nothing is returned or kept
        return 0.0
    return found if is_array(found) else 0.0


def _outputs(forward: str, shape: tuple[int, ...], alone: bool, output_of: Output, held: list[str]) -> Iterator[Ref]:
    """Yield where the output may be. A function that does everything may return its error: its variables come first.

    Args:
        held: variables that are held against the labels.
    """

    def watched(world: World, place: int) -> Any:
        found = world["watched"][forward]
        return found[place] if isinstance(found, tuple | list) else found

    yield lambda world: watched(world, 0)
    yield lambda world: watched(world, -1)
    named: list[Ref] = [lambda world, name=name: world["locals"][name] for name in held]  # type: ignore[misc]
    named += [_local(name) for name in OUTPUTS]
    own: list[Ref] = [output_of] if alone else [output_of, replace(output_of, last=True)]
    yield from [*named, *own] if alone else [*own, *named]
    yield lambda world: [
        v for k, v in world["locals"].items() if np.shape(v) == shape and not NO_OUTPUT.match(bare(k)) and is_array(v)
    ][-1]
    yield lambda world: next(
        v for k, v in world["locals"].items()
        if re.fullmatch(r"(a|o|out|output|layer_?)\w?", k) and np.shape(v) == shape
    )  # fmt: skip
    yield lambda world: next(
        v[-1] for k, v in world["locals"].items()
        if isinstance(v, list) and v and is_array(v[-1]) and v[-1].size == np.prod(shape)
        and not NO_OUTPUT.match(bare(k)) and not is_gradient(bare(k))
    )  # fmt: skip


def _local(name: str) -> Ref:
    return lambda world: next(v for k, v in world["locals"].items() if bare(k) == name)


def _fits(ref: Ref, world: World, shape: tuple[int, ...], target: Any) -> bool:
    try:
        found = np.asarray(plain(ref(world)))
    except Exception:
        return False
    if found is target or found.dtype.kind != "f" or np.array_equal(np.squeeze(found), np.squeeze(target)):
        return False
    labels = np.asarray(target).dtype.kind in "iu" and found.ndim == len(shape) + 1
    return found.shape == shape or labels or (found.size == int(np.prod(shape)) and found.size > 1)

"""The arguments that a program begins with, and labels that fit an output."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..call.world import Path as Place
from ..protocols import Array


@dataclass
class Data:
    """Arguments by name.

    Attributes:
        draw: makes them from a seed and a number of samples (0 for the usual one).
        words: what was assumed. single: one sample only.
        axis: of an output's classes. names: of places, such as those that a function unpacks its parameters into.
        guessed: whether the shapes are those of the first that ran.
        deeper: the same for a network of one layer more, where the number of layers is open, in several widths.
    """

    draw: Callable[[int, int], dict[str, Any]]
    words: str
    single: bool = False
    axis: int = -1
    names: dict[Place, str] = field(default_factory=dict)
    guessed: bool = False
    deeper: Sequence["Data"] = ()


FORMS = ("one hot", "integers", "soft", "flat", "signs")
Labels = Callable[[Any, int], Any]


def labels_for(output: Any, axis: int) -> Iterator[tuple[str, Labels]]:
    """Yield (words, how labels are made from an output and a seed) for labels that may belong to it.

    Args:
        output: an array, or a list or dict of arrays, one each time step. axis: of the classes.
    """
    steps = _steps(output)
    if steps is not None:
        inner = 0 if np.ndim(steps[0]) == 1 or (np.ndim(steps[0]) == 2 and np.shape(steps[0])[1] == 1) else -1
        yield "a class each step", lambda o, seed: [int(np.ravel(y)[0]) for y in _each(o, "integers", inner, seed)]
        yield "one hot each step", lambda o, seed: _each(o, "one hot", inner, seed)
        if np.ndim(steps[0]) == 1:
            yield "one hot, time last", lambda o, seed: np.stack(_each(o, "one hot", inner, seed), axis=1)
        yield "soft each step", lambda o, seed: _each(o, "soft", inner, seed)
        yield "one class", lambda o, seed: int(np.ravel(_made(_steps(o)[-1], "integers", inner, seed))[0])  # type: ignore[index]
        output, axis = steps[-1], inner
    shape = np.shape(output)
    if not shape:
        yield "a number", lambda o, seed: float(np.random.default_rng(seed + 20).random())
        return
    for form in FORMS:
        if form == "flat" and not (len(shape) == 2 and 1 in shape):
            continue
        if form == "integers" and len(shape) == 1 and axis == -1:
            continue
        yield f"labels {form}", lambda o, seed, form=form: _made((_steps(o) or [o])[-1], form, axis, seed)  # type: ignore[misc]
    if len(shape) == 2 and steps is None and 1 not in shape:
        yield "labels one hot, turned", lambda o, seed: _made(o, "one hot", axis, seed).T


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of a value; () if its parts have several."""
    try:
        return np.shape(value)
    except ValueError:
        return ()


def _steps(output: Any) -> list[Any] | None:
    """Return the arrays of the time steps, if an output is a list or dict of arrays."""
    if isinstance(output, dict):
        output = [output[key] for key in sorted(k for k in output if isinstance(k, int) and k >= 0)]
    same = isinstance(output, list) and len(output) > 0 and len({shape_of(step) for step in output}) == 1
    return output if same and np.ndim(output[0]) > 0 else None


def _each(output: Any, form: str, axis: int, seed: int) -> list[Any]:
    return [_made(step, form, axis, seed + 31 * place) for place, step in enumerate(_steps(output) or [])]


def _made(output: Any, form: str, axis: int, seed: int) -> Any:
    """Return labels in the shape of an output: classes along an axis."""
    shape, rng = np.shape(output), np.random.default_rng(seed + 20)
    axis = axis if -len(shape) <= axis < len(shape) else -1
    outputs = shape[axis]
    others = tuple(n for place, n in enumerate(shape) if place != axis % len(shape))
    count = int(np.prod(others))
    one = [(1 + seed) % max(outputs, 2)]  # of another class on each draw: a label of 0 hides what it is multiplied by
    classes = rng.permutation(np.arange(count) % max(outputs, 2)) if count > 1 else np.array(one)
    classes = np.minimum(classes, max(outputs, 2) - 1).reshape(others)
    if form == "integers":
        return classes if others else int(classes)
    if form == "soft":
        return rng.uniform(0.1, 0.9, shape)
    if form == "signs":
        return rng.choice((-1.0, 1.0), shape)
    if outputs == 1:
        y = np.expand_dims(classes.astype("float64"), axis)
    else:
        y = np.moveaxis(np.eye(outputs)[classes], -1, axis)
    return y.reshape(-1) if form == "flat" else y


def guessed(sizes: list[int], x: Any, axis: int) -> Iterator[tuple[str, Labels]]:
    """Yield labels for outputs of these sizes, as many samples as x has, where no output is known before."""
    samples = list(np.shape(x))
    for size in sizes:
        if not samples:
            continue
        shape = list(samples)
        shape[axis if -len(shape) <= axis < len(shape) else -1] = size
        for words, made in labels_for(np.zeros(shape), axis):
            yield words, lambda o, seed, made=made, shape=shape: made(np.zeros(_resized(shape, o, axis)), seed)  # type: ignore[misc]


def _resized(shape: list[int], x: Any, axis: int) -> list[int]:
    found = list(np.shape(x)) if np.ndim(x) == len(shape) else list(shape)
    if found:
        place = axis if -len(found) <= axis < len(found) else -1
        found[place] = shape[place]
    return found


def numbers(names: list[str], shape: tuple[int, ...] = ()) -> Data:
    """Return data for a function of an engine: for each argument a number, or an array of a shape."""

    def draw(seed: int, samples: int) -> dict[str, Any]:
        drawn = np.random.default_rng(seed + 60).uniform(0.2, 1.2, (len(names), *shape))
        return dict(zip(names, drawn if shape else drawn.tolist(), strict=True))

    return Data(draw, f"every argument {f'of shape {shape}' if shape else 'a number'}", single=True)


def is_sequence(value: Any) -> bool:
    """Return whether a value is a list or dict of arrays."""
    return _steps(value) is not None


def distinct(shape: tuple[int, ...], seed: int) -> Array:
    """Return random numbers away from the kinks at 0."""
    x = np.random.default_rng(seed).normal(size=shape)
    return x + 0.02 * np.sign(x)


def described(values: Iterable[Any]) -> Iterator[list[int]]:
    """Yield the widths that a description of layers gives: a list of numbers, or of dicts with sizes in them."""
    for value in values:
        if isinstance(value, list | tuple) and value and all(isinstance(n, int) for n in value):
            yield list(value)
        elif isinstance(value, list) and value and all(isinstance(layer, dict) for layer in value):
            sizes = [[n for n in layer.values() if isinstance(n, int)] for layer in value]
            if all(len(pair) > 1 for pair in sizes):
                yield [sizes[0][0], *(pair[1] for pair in sizes)]


def listed(value: Any) -> Any:
    """Return arrays as lists of numbers, in containers too."""
    if isinstance(value, list | tuple):
        return type(value)(map(listed, value))
    if isinstance(value, dict):
        return {key: listed(each) for key, each in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value

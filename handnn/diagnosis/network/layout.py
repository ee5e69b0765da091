"""Where the weights of a network of dense layers are among the leaves of a program, and how its data is laid out.

A layout is found by numbering all elements of the leaves: where the numbers go, the elements of W and b of every layer
are. Values are read from there and put there, gradients are read from there.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.variable import Array
from ..user.call.subject import ProgramSubject
from ..user.call.world import walk
from ..user.protocols import Plain
from ..user.source.words import is_bias
from .problem import Network, Problem
from .replay import Result

MOST, MOST_TRIED, MOST_TURNED = 64, 4096, 8
Place = tuple[Any, ...]

WORDS: dict[str, dict[str, str]] = {
    "samples": {"rows": "samples in rows", "columns": "samples in columns"},
    "kernel": {"inputs_units": "W as (inputs, units)", "units_inputs": "W as (units, inputs), z = W x"},
    "bias": {"flat": "b as (units,)", "row": "b as a row (1, units)", "column": "b as a column (units, 1)"},
    "bias_sign": {"added": "b added", "subtracted": "b subtracted (a threshold): z = x W - b, db = -sum of delta"},
    "folded": {
        "no": "b apart from W",
        "first": "b folded into W as the first weight of each unit",
        "last": "b folded into W as the last weight of each unit",
    },
    "labels": {
        "as drawn": "labels as the loss takes them",
        "one_hot": "labels of 0 and 1 only",
        "integers": "integer labels",
    },
    "parameters": {
        "list": "parameters in a list",
        "pairs": "parameters in pairs (W, b)",
        "flat": "parameters in one vector",
    },
}
"""Choices that do not change what is computed, the first of each as in handnn; a derivation may be in any."""

CHOICES = {name: tuple(words) for name, words in WORDS.items()}


class UnreadableError(ValueError):
    """What a function returned cannot be its gradients; the message says why."""


@dataclass(frozen=True)
class Layout:
    """Where W (inputs, units) and b (units,) of each layer are: numbers of elements, all leaves laid end to end.

    Attributes:
        leaves: the numbers of each leaf's elements, in its shape. biases: None of a layer that has none.
        x, y: the names of the data. columns: whether samples are columns.
        folded, labels: as in `CHOICES`. subtracted: whether biases are.
    """

    leaves: dict[str, Array]
    kernels: tuple[Array, ...]
    biases: tuple[Array | None, ...]
    x: str
    y: str | None
    columns: bool
    folded: str = "no"
    labels: str = "as drawn"
    subtracted: bool = False

    @property
    def usual(self) -> bool:
        """Whether no bias is missing, all come in the order of the layers, and all kernels are held in one way."""
        kernels, biases = list(self.kernels), [b for b in self.biases if b is not None]
        pairs = [*itertools.pairwise(kernels), *itertools.pairwise(biases)]
        ways = {self._is_turned(W) for W in kernels if min(W.shape) > 1 or self.leaves[self._leaf_of(W)].ndim > 1}
        return len(biases) == len(kernels) and len(ways) < 2 and all(one.min() < other.min() for one, other in pairs)

    @property
    def hard(self) -> bool:
        """Whether labels are 0 and 1."""
        return self.labels != "as drawn"

    def forms(self, subject: ProgramSubject, network: Network) -> Iterator["Layout"]:
        """Yield it with labels of every form that may be meant, also with biases that are subtracted."""
        given = np.asarray(subject.program.arguments.get(str(self.y), 0.0))
        forms = ["as drawn", "one_hot"] if network.loss.targets in ("one_hot", "binary") else ["as drawn"]
        forms = ["one_hot"] if network.loss.targets == "labels" else forms
        for subtracted in (False, True):
            for form in ["integers"] if given.dtype.kind in "iu" else forms:
                yield replace(self, labels=form, subtracted=subtracted)

    # ---- values -------------------------------------------------------------------------------------------

    def problem(self, subject: ProgramSubject, network: Network) -> Problem:
        """Return the weights and samples of a subject in handnn's notation; labels that cannot be read are 0."""
        known = {**subject.program.arguments, **subject.values}
        x = np.atleast_2d(np.transpose(known[self.x]) if self.columns else known[self.x])
        y = labels(subject, network, len(x))
        y = np.zeros((len(x), network.widths[-1])) if y is None else y
        y = np.argmax(y, axis=1) if network.loss.targets == "labels" else y
        flat = np.concatenate([np.ravel(subject.values[name]) for name in self.leaves])
        sign = -1 if self.subtracted else 1
        biases = (
            np.zeros(W.shape[1]) if b is None else sign * flat[b]
            for W, b in zip(self.kernels, self.biases, strict=True)
        )
        return Problem(network, tuple(flat[W] for W in self.kernels), tuple(biases), x, y)

    def put(self, subject: ProgramSubject, problem: Problem) -> ProgramSubject:
        """Return the subject with the weights and samples of a problem in its places, in the problem's dtype."""
        program, values = subject.program, {name: subject.values[name] for name in self.leaves}
        flat = np.concatenate([np.ravel(value) for value in values.values()]).astype(problem.dtype)
        for W, b, kernel, bias in zip(self.kernels, self.biases, problem.kernels, problem.biases, strict=True):
            flat[W] = kernel
            if b is not None:
                flat[b] = -bias if self.subtracted else bias
        values = {n: flat[own] if own.ndim else float(flat[own]) for n, own in self.leaves.items()}  # type: ignore[misc]
        given = dict(program.arguments)
        given[self.x] = self._laid(problem.x.astype(problem.dtype), given.get(self.x))
        if self.y is not None:
            given[self.y] = self._laid(self._labels(problem), given[self.y])
        kept = {n: given[self.x] if n == self.x else v for n, v in subject.values.items()}
        return replace(subject, program=replace(program, arguments=given), values=kept | values)

    def _laid(self, rows: Array, like: Any) -> Any:
        rows = np.ascontiguousarray(rows.T) if self.columns else rows
        if rows.ndim > 1 and np.ndim(like) == 1:
            rows = rows.reshape(-1)
        return rows.tolist() if isinstance(like, list) else rows

    def _labels(self, problem: Problem) -> Array:
        y = problem.y
        if self.labels == "integers":
            return y.argmax(axis=-1) if y.ndim > 1 else y
        return np.eye(problem.outputs, dtype=problem.dtype)[y] if y.ndim == 1 else y.astype(problem.dtype)

    # ---- gradients ----------------------------------------------------------------------------------------

    def result(self, subject: ProgramSubject) -> Result:
        """Run a subject, and return its loss and gradients in handnn's notation.

        A db that was not summed and a transposed dW come through as they are: they are mistakes with a name.

        Raises:
            UnreadableError: a gradient is missing, or has a shape that fits nothing. Whatever the user's code raises.
        """
        loss, given = subject.run(Plain())
        returned = subject.world()[0].get("forward")
        found = self._in_order(returned, loss, {n: np.asarray(d, "float64") for n, d in given.items()})
        missing = [n for n in self.leaves if n not in found]
        if missing:
            nothing = returned is None
            why = "it returns None: is a `return` missing?" if nothing else ""
            raise UnreadableError(why or f"no gradient was found for {', '.join(missing)}")
        kernels = [self._read(found, W, self._is_turned(W)) for W in self.kernels]
        biases = [self._read(found, b, self.columns) for b in self.biases if b is not None]
        return Result(
            loss if self.has_loss(subject) else None, kernels, [-b for b in biases] if self.subtracted else biases
        )

    def has_loss(self, subject: ProgramSubject) -> bool:
        """Return whether it computes its loss itself."""
        return subject.has_loss and not subject.program.variants

    def _in_order(self, returned: Any, loss: Any, found: dict[str, Array]) -> dict[str, Array]:
        """Return the gradients that were found by places and names, or as many that are returned in the same order.

        Of one vector that holds all weights the gradient may be returned in pieces.
        """
        pieces = [np.asarray(value, "float64") for _, value in walk(returned) if value.size > 1 or value != loss]
        if [leaf.ndim for leaf in self.leaves.values()] == [1]:
            pieces = [np.concatenate([np.ravel(piece) for piece in pieces] or [np.zeros(0)])]
        ordered = dict(zip(self.leaves, pieces, strict=False)) if len(pieces) == len(self.leaves) else {}
        parts = returned if isinstance(returned, tuple | list) else [returned]
        named = any(isinstance(part, Mapping) for part in parts)
        if named and set(found) == set(self.leaves):
            return found
        return ordered if ordered and self._fitting(ordered) >= self._fitting(found) else found

    def _fitting(self, found: Mapping[str, Array]) -> int:
        return sum(found[n].size == leaf.size for n, leaf in self.leaves.items() if n in found)

    def _read(self, found: Mapping[str, Array], own: Array, turn: bool) -> Array:
        fits = {n: found[n].shape == leaf.shape for n, leaf in self.leaves.items()}
        flat = np.concatenate([np.ravel(found[n] if fits[n] else leaf) for n, leaf in self.leaves.items()])
        name = self._leaf_of(own)
        if fits[name]:
            return np.asarray(flat[own], "float64")
        given = found[name]
        if self.leaves[name].size != own.size:
            shape = self.leaves[name].shape
            raise UnreadableError(f"a gradient of shape {given.shape} came for {name} of shape {shape}")
        if own.ndim == 1 and given.size == own.size:
            return given.reshape(-1)
        return given.T if turn else given

    def _leaf_of(self, own: Array) -> str:
        return next(name for name, leaf in self.leaves.items() if leaf.min() <= own.min() <= leaf.max())

    def _is_turned(self, W: Array) -> bool:
        """Return whether a kernel is held as (units, inputs): what comes next in memory is the next input's."""
        if W.shape[1] > 1:
            return bool(W[0, 1] - W[0, 0] != 1)
        leaf = self.leaves[self._leaf_of(W)]
        return leaf.ndim == 2 and leaf.shape[0] == 1 < W.size

    # ---- words --------------------------------------------------------------------------------------------

    @property
    def choices(self) -> dict[str, str]:
        """Return what it is of each of `CHOICES`."""
        shapes = [leaf.shape for leaf in self.leaves.values() for b in self.biases if b is not None and b.size > 1
                  and leaf.size == b.size and leaf.min() == b.min()]  # fmt: skip
        row, column = (any(len(shape) == 2 and shape[axis] == 1 for shape in shapes) for axis in (0, 1))
        return {
            "samples": "columns" if self.columns else "rows",
            "kernel": "units_inputs" if any(map(self._is_turned, self.kernels)) else "inputs_units",
            "bias": "row" if row else "column" if column else "flat",
            "bias_sign": "subtracted" if self.subtracted else "added",
            "folded": self.folded,
            "labels": self.labels,
            "parameters": "flat" if len(self.leaves) < len(self.kernels) + (self.folded == "no") else "list",
        }

    @property
    def differences(self) -> list[str]:
        """Say in words where it differs from handnn's notation; the form of labels is no difference."""
        return [WORDS[n][own] for n, own in self.choices.items() if own != CHOICES[n][0] and n != "labels"]


# ---- layouts of a subject --------------------------------------------------------------------------------------------


def problems(network: Network, subject: ProgramSubject) -> Iterator[Problem]:
    """Yield the problems that a subject may be: its weights in every order that the shapes of the layers allow."""
    return (layout.problem(subject, network) for layout in layouts(subject, network))


def layouts(subject: ProgramSubject, network: Network) -> Iterator[Layout]:
    """Yield the layouts in which the leaves of a subject may be the weights of a network."""
    x, ways = _data(subject, network)
    y = next((n for n in subject.program.passive if np.size(subject.program.arguments.get(n, ()))), None)
    used = [leaf for leaf in subject.parts if leaf.name not in subject.program.inputs]
    ends = np.cumsum([0, *(np.size(subject.values[leaf.name]) for leaf in used)])
    leaves = {leaf.name: np.arange(start, end).reshape(np.shape(subject.values[leaf.name]))
              for leaf, start, end in zip(used, ends, ends[1:], strict=False)}  # fmt: skip
    placed = together({leaf.places[0]: leaves[leaf.name] for leaf in used})
    for folded, weights in _arranged(placed, network.widths) if ways and leaves else ():
        for kernels, biases in _chosen(weights, network.widths):
            for turned in itertools.islice(itertools.product(*map(_both_ways, kernels)), MOST_TURNED):
                for columns in ways:
                    yield Layout(leaves, turned, biases, x, y, columns, folded)


def together(found: dict[Place, Array]) -> dict[Place, Array]:
    """Return arrays by place; numbers in lists, and the neurons of a layer, put together."""
    numbers = {place for place, value in found.items() if not value.ndim}
    for ndim in (0, 1):
        groups: dict[Place, list[Place]] = {}
        for place, value in found.items():
            indices = [i for i, (_, key) in enumerate(place) if isinstance(key, int)]
            if indices and value.ndim == ndim and (place in numbers or len(indices) > 1):
                groups.setdefault(place[: indices[-1]], []).append(place)
        for head, places in groups.items():
            if len({found[place].shape for place in places}) == 1:
                found[head] = np.stack([found.pop(place) for place in places])
                numbers |= {head} if set(places) <= numbers else set()
    return found


def _arranged(found: dict[Place, Array], widths: tuple[int, ...]) -> Iterator[tuple[str, list[Array]]]:
    """Yield the weights as arrays of layers, and whether biases are 'first' or 'last' in kernels ('no' otherwise)."""
    weights, layers = list(found.values()), list(itertools.pairwise(widths))
    if sum(w.size for w in weights) == sum((n + 1) * k for n, k in layers):
        if not any(w.ndim for w in weights):  # numbers with names of their own
            named = {str(place[-1][1]): int(value) for place, value in found.items()}
            ordered = sorted(named, key=lambda n: (is_bias(n), len(n), n))
            vector = np.array([named[n] for n in ordered])
            yield "no", _cut(vector, [*((k, n) for n, k in layers), *((k,) for _, k in layers)])
            return
        if len(weights) == 1 and weights[0].ndim == 1:
            for turn in (1, -1):
                yield "no", _cut(weights[0], [shape for n, k in layers for shape in ((n, k)[::turn], (k,))])
            for turn in (1, -1):
                yield from _unfolded(_cut(weights[0], [(n + 1, k)[::turn] for n, k in layers]), layers)
            return
    yield from _unfolded(weights, layers)
    yield "no", weights


def _cut(vector: Array, shapes: list[tuple[int, ...]]) -> list[Array]:
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    return [vector[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes, strict=False)]


def _unfolded(weights: list[Array], layers: list[tuple[int, int]]) -> Iterator[tuple[str, list[Array]]]:
    """Yield kernels and biases of kernels with one more weight for each unit."""
    for turn in (False, True) if len(weights) == len(layers) else ():
        rows = [w.T if turn else w for w in weights]
        if all(w.shape == (n + 1, k) for w, (n, k) in zip(rows, layers, strict=True)):
            yield "last", [*(w[:-1] for w in rows), *(w[-1] for w in rows)]
            yield "first", [*(w[1:] for w in rows), *(w[0] for w in rows)]


def _chosen(weights: list[Array], widths: tuple[int, ...]) -> Iterator[tuple[list[Array], tuple[Array | None, ...]]]:
    """Yield kernels and biases of the layers in every order that the shapes allow; a layer may have no bias."""
    kernels, biases = [], []
    for inputs, units in itertools.pairwise(widths):
        kernels.append([i for i, w in enumerate(weights) if (w.ndim == 2 and set(w.shape) == {inputs, units})
                        or (w.ndim == 1 and units == 1 and w.size == inputs)])  # fmt: skip
        long = (i for i, w in enumerate(weights) if w.size == units == max(w.shape, default=1))
        biases.append([*long, None])
    valid = (
        chosen
        for chosen in itertools.islice(itertools.product(*kernels, *biases), MOST_TRIED)
        if sorted(i for i in chosen if i is not None) == list(range(len(weights)))
    )
    for chosen in itertools.islice(valid, MOST):
        own, added = [weights[i] for i in chosen[: len(kernels)] if i is not None], chosen[len(kernels) :]
        shaped = [w.reshape(-1, 1) if w.ndim == 1 else w for w in own]
        yield _oriented(shaped, widths), tuple(None if i is None else weights[i].ravel() for i in added)


def _oriented(kernels: list[Array], widths: tuple[int, ...]) -> list[Array]:
    """Return kernels as (inputs, units); square ones as they are."""
    return [w if w.shape == shape else w.T for w, shape in zip(kernels, itertools.pairwise(widths), strict=True)]


def _both_ways(W: Array) -> list[Array]:
    return [W, W.T] if W.shape[0] == W.shape[1] else [W]


def _data(subject: ProgramSubject, network: Network) -> tuple[str, tuple[bool, ...]]:
    """Return the name of the samples, and whether they may be columns; () if they are not found."""
    known = {**subject.program.arguments, **subject.values}
    given = [n for n in (*subject.values, *known) if n in subject.program.inputs and np.ndim(known[n]) in (1, 2)]
    shape = np.shape(known[given[0]]) if given else ()
    rows, columns = (bool(shape) and network.widths[0] == shape[axis] for axis in (-1, 0))
    return given[0] if given else "", (*((False,) if rows else ()), *((True,) if columns and len(shape) > 1 else ()))


def labels(subject: ProgramSubject, network: Network, samples: int) -> Array | None:
    """Return the labels in rows, one column for each output; None if they cannot be read."""
    shape = samples, network.widths[-1]
    given = (subject.program.arguments.get(n, ()) for n in subject.program.passive)
    y = np.asarray(next((v for v in given if np.size(v) >= samples), ()))
    if y.dtype.kind in "iuf" and y.size == samples * shape[1]:
        columns = y.ndim == 2 and y.shape != shape and y.T.shape == shape
        return (y.T if columns else y.reshape(shape)).astype("float64")
    return np.eye(shape[1])[y.ravel()] if y.dtype.kind in "iu" and y.size == samples else None

"""A program with its weights and gradients found: what the judge runs."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..protocols import Array, Plain, Probe
from .calling import frozen
from .program import Program, Several, scalar
from .world import Path as Place
from .world import World, get, plain, put, text, walk


class Unchecked(NamedTuple):
    """Something that was claimed but cannot be compared, and why."""

    what: str
    why: str


class Leaf(NamedTuple):
    """A value that derivatives are taken by: the places that hold it; `shared` if it is written into their memory."""

    name: str
    places: tuple[Place, ...]
    value: Any
    shared: bool = False


class Source(NamedTuple):
    """Where a derivative is after the run: a place (times the rate), or the program's own step, divided by its rate."""

    place: Place | None
    rate: float = 1.0
    grown: bool = False  # it accumulates: subtract what was there before
    updated: bool = False  # the place has the weight after the step
    each: bool = False  # it has one of each sample: they are summed
    penalty: float = 0.0  # so many times the weight are in it besides

    @property
    def words(self) -> str:
        """Say where the derivative is."""
        if self.place is None:
            return "the step that it takes"
        return f"the new value in {text(self.place)}" if self.updated else text(self.place)


@dataclass
class ProgramSubject:
    """A Subject made of a program: its leaves put in, its calls made, its derivatives read."""

    program: Program
    parts: tuple[Leaf, ...]
    origins: dict[str, Source]
    unchecked: list[Unchecked] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reference: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Array] = field(default_factory=dict)
    seed: int = 0
    right: frozenset[str] = frozenset()
    opposite: frozenset[str] = frozenset()  # wrong by their sign alone
    stepped: frozenset[str] = frozenset()
    has_loss: bool = True
    cells: list[int] = field(default_factory=list)
    target: Any = None
    dtype: str = "float64"
    proved: range = range(0)  # lines that were found right by themselves
    used: dict[str, int] = field(default_factory=dict)  # by leaf, the line that uses what they give
    tentative: bool = False  # a further reading of what is right: it counts if it explains what is wrong
    cleared: frozenset[tuple[Path, int]] = frozenset()  # lines of derivations that are right: none is to blame
    adapt: Callable[["ProgramSubject"], "ProgramSubject"] | None = None  # makes what depends on the data anew

    def __post_init__(self) -> None:
        self._cotangents: list[Array] | None = None
        self._given: dict[str, Any] = {}
        self.single_precision = False
        wide = 1 + 2 * (self.seed // 2) if self.program.wide else 1  # two draws of a size: one for each label
        self.values = self.leaves = self.values or {n: wide * v for n, v in drawn(self.parts, self.seed).items()}
        self.name, self.kind, self.sources = self.program.name, self.program.kind, self.program.sources

    @property
    def claimed(self) -> Sequence[str]:
        return list(self.origins)

    @property
    def found(self) -> str:
        """Say what was found: weights, where their gradients are, and what was assumed."""
        names = [leaf.name for leaf in self.parts]
        where: dict[str, list[str]] = {}
        for name, source in self.origins.items():
            where.setdefault(_holder(source), []).append(name)
        gradients = "; ".join(f"of {', '.join(names)} in {place}" for place, names in where.items())
        said = [f"values {', '.join(names)}", f"derivatives {gradients or 'none'}", *self.program.words]
        rates = {f"{source.penalty:.4g} {n}" for n, source in self.origins.items() if source.penalty}
        said += [f"without the penalties {', '.join(sorted(rates))}, of which no loss tells"] if rates else []
        return "; ".join(said)

    @property
    def cotangents(self) -> list[Array]:
        """Return the gradients from above that backward is given."""
        return self._cotangents or []

    def run(self, probe: Probe, backward: bool = True) -> tuple[Any, dict[str, Array]]:
        """Run the program once on these leaves.

        Returns:
            The loss, and the derivative that the user computed by each claimed leaf ({} without `backward`).
        """
        with frozen(self.program.module, self.seed):
            world = self.program.build()
            world["compute"] = probe.compute
            self.place(world, probe)
            before = {name: _copied(world, source.place) for name, source in self.origins.items() if source.grown}
            self.program.go_forward(world)
            loss = self._loss(world, probe)
            if not backward:
                return loss, {}
            if self.program.backward:
                probe.split()
                self.program.go_backward(world)
            return loss, {name: self._derivative(world, name, before.get(name), probe) for name in self.origins}

    def output_shapes(self) -> list[tuple[int, ...]]:
        """Run the forward part and return the shapes of its outputs."""
        subject = self.on(self.program, self.seed)
        subject.run(Plain(), backward=False)
        return [np.shape(part) for part in subject.cotangents]

    def world(self, shift: float = 1.0) -> tuple[World, dict[Place, Any]]:
        """Run and return the world after it and copies of what could be reached before; the cotangent times `shift`."""
        with frozen(self.program.module):
            world = self.program.build()
            self.place(world, Plain())
            before = {place: np.copy(v) if isinstance(v, np.ndarray) else v for place, v in reachable(world)}
            self.program.go_forward(world)
            self._loss(world, Plain())
            world["upstream"] = [shift * cotangent for cotangent in world["upstream"]]
            if self.program.backward:
                self.program.go_backward(world)
            objects = self.program.data.objects
            named = {name: world["module"][name] for name in world["data"]}  # later runs put other values there
            world["module"] = {name: copy.copy(v) if name in objects else v for name, v in named.items()}
            return world, before

    def place(self, world: World, probe: Probe) -> None:
        """Put the leaves where a world has them."""
        for leaf in self.parts:
            value = self.values[leaf.name]
            if leaf.shared and isinstance(get(world, leaf.places[0]), np.ndarray):
                put(world, leaf.places[0], value, True)
                given = probe.leaf(leaf.name, get(world, leaf.places[0]))
            else:
                given = probe.leaf(leaf.name, value.copy() if isinstance(value, np.ndarray) else value)
            self._given[leaf.name] = given.copy() if isinstance(given, np.ndarray) else given
            for place in leaf.places:
                if get(world, place) is not given:
                    put(world, place, given, leaf.shared)

    def _loss(self, world: World, probe: Probe) -> Any:
        output = self.program.output(world)
        if isinstance(output, list) and output and all(isinstance(part, float) for part in output):
            output = probe.compute(np.array, output)
        elif isinstance(output, Several):
            output = probe.compute(np.stack, list(output))
        outputs = list(output) if isinstance(output, tuple) else [output]
        world["output"] = output
        lost = getattr(self.program.loss, "slope", None)
        probe.output(outputs[0], lost(world) if lost is not None else None)
        self.single_precision = getattr(outputs[0], "dtype", None) == np.float32
        if self._cotangents is None:
            rng = np.random.default_rng(self.seed + 7)
            self._cotangents = [rng.normal(size=np.shape(part)) for part in outputs]
        world["upstream"] = [cotangent.copy() for cotangent in self._cotangents]
        if self.program.loss is not None:
            value = plain(self.program.loss(world))
            if value is None:
                return None
            if isinstance(value, np.ndarray) and value.size > 1:
                value = probe.compute(np.sum, value)
            return scalar(value)
        parts = [
            probe.compute(np.sum, probe.compute(np.multiply, plain(part), cotangent))
            for part, cotangent in zip(outputs, world["upstream"], strict=False)
        ]
        total = parts[0]
        for part in parts[1:]:
            total = probe.compute(np.add, total, part)
        return scalar(total)

    def _derivative(self, world: World, name: str, before: Any, probe: Probe) -> Any:
        """Return the derivative that the user computed: the very object, or what is made of it on the record."""
        found, rate = self._computed(world, name, before, probe), self.origins[name].penalty
        own = probe.compute(np.multiply, self._given[name], rate) if rate else None
        return found if own is None else probe.compute(np.subtract, found, own)

    def _computed(self, world: World, name: str, before: Any, probe: Probe) -> Any:
        source = self.origins[name]
        value = self.values[name]
        if source.place is None:
            leaf = next(part for part in self.parts if part.name == name)
            step = probe.compute(np.subtract, self._given[name], plain(get(world, leaf.places[0])))
            return np.asarray(step) if source.rate == 1 else probe.compute(np.divide, step, source.rate)
        found = plain(get(world, source.place))
        if not isinstance(found, np.ndarray | float) or (isinstance(found, np.ndarray) and found.dtype.kind != "f"):
            found = np.array(found, "float64")
        found = probe.compute(np.subtract, found, before) if before is not None else found
        found = probe.compute(np.sum, found, 0) if source.each else found
        if source.updated:
            step = probe.compute(np.subtract, self._given[name], found)
            return np.asarray(step) if source.rate == 1 else probe.compute(np.divide, step, source.rate)
        found = probe.compute(np.multiply, found, source.rate) if source.rate != 1 else found
        same_size = np.size(found) == np.size(value) and np.shape(found) != np.shape(value)
        if same_size and [n for n in np.shape(found) if n > 1] == [n for n in np.shape(value) if n > 1]:
            return probe.compute(np.reshape, found, np.shape(value))
        return found

    def on(self, program: Program, seed: int) -> "ProgramSubject":
        """Return the same subject of a program that was made anew."""
        program.caught = self.program.caught
        parts = tuple(_redrawn(leaf, program) for leaf in self.parts)
        other = replace(self, program=program, parts=parts, values={}, seed=seed)
        return self.adapt(other) if self.adapt is not None else other

    def draws(self) -> Iterator["ProgramSubject"]:
        """Yield the same program on other data, and with other numbers of samples where it runs on them."""
        for seed, samples in enumerate((0, 3, 1, 0, 8, 0), 1):
            try:
                program = self.program.redraw(self.seed + seed, samples) if self.program.redraw else self.program
                program.loss, program.words = _same_loss(program, self.program)
                other = self.on(program, self.seed + seed)
                other.run(Plain())
            except Exception:
                continue
            yield other


def _same_loss(program: Program, like: Program) -> tuple[Any, tuple[str, ...]]:
    """Return the loss of a redrawn program, and its words: of its variants the one that was chosen."""
    chosen = next((loss for group in program.variants for words, loss in group if words in like.words), program.loss)
    return chosen, like.words


def drawn(parts: Sequence[Leaf], seed: int) -> dict[str, Array]:
    """Return a value for each leaf: arguments as drawn, weights moved off the zeros and ones that they start as."""
    found: dict[str, Any] = {}
    for number, leaf in enumerate(parts):
        rng = np.random.default_rng([seed + 11, number])
        value = np.array(leaf.value, "float64")
        if leaf.places[0][0][1] != "arguments":
            fan = value.size / value.shape[-1] if value.ndim > 1 else 1
            value = value + min(0.4, 1.5 / np.sqrt(fan)) * rng.normal(size=value.shape)
            if np.min(leaf.value) > 0 and np.min(value) <= 0:  # a variance or scale
                value = np.abs(value) + 0.1
        found[leaf.name] = value if np.ndim(leaf.value) or isinstance(leaf.value, np.ndarray) else float(value)
    return found


def reachable(world: World) -> Iterator[tuple[Place, Any]]:
    """Yield every array and number in the object, the arguments and the module's data."""
    for root in ("self", "arguments"):
        yield from walk(world.get(root), (("[", root),), scalars=True)
    for name in world.get("data", ()):
        yield from walk(world["module"].get(name), (("[", "module"), ("[", name)), scalars=True)


def agreement(subject: ProgramSubject, step: float = 1e-6) -> tuple[frozenset[str], frozenset[str]]:
    """Return the claimed leaves whose derivative agrees with a central difference in a random direction.

    Returns:
        Those that agree, and those that agree up to a factor such as the number of samples.
    """
    loss, derivatives = subject.run(Plain())
    if loss is None or not np.isfinite(loss):
        return frozenset(), frozenset()
    right, near, opposite = set(), set(), set()
    step, tolerance = (1e-2, 2e-2) if subject.single_precision else (step, 1e-4)
    arrays = [v for v in subject.program.arguments.values() if isinstance(v, np.ndarray)]
    sizes = {n for array in arrays for n in array.shape} if subject.kind != "activation" else set()
    factors = {f for n in {1, *sizes} for f in (n, 1 / n, 2 * n, n / 2, 2 / n, 1 / (2 * n))}
    rng = np.random.default_rng(3)
    for name, derivative in derivatives.items():
        value = subject.values[name]
        if np.shape(derivative) != np.shape(value):
            continue
        direction = rng.normal(size=np.shape(value))
        try:
            up = subject.run(Plain(name, step * direction), backward=False)[0]
            down = subject.run(Plain(name, -step * direction), backward=False)[0]
        except Exception:
            continue
        expected, given = (up - down) / (2 * step), float(np.sum(np.asarray(derivative, "float64") * direction))
        noise = 1e-9 * max(1.0, abs(loss)) + 1e-7
        if abs(expected - given) <= tolerance * max(abs(expected), abs(given)) + noise:
            right.add(name)
        if any(abs(expected - f * given) <= tolerance * abs(expected) + noise for f in factors):
            near.add(name)
        if abs(expected + given) <= tolerance * abs(expected) + noise:
            opposite.add(name)
    subject.opposite = frozenset(opposite)
    return frozenset(right), frozenset(near)


def _redrawn(leaf: Leaf, program: Program) -> Leaf:
    if leaf.places[0][0][1] != "arguments":
        return leaf
    value = get({"arguments": program.arguments}, leaf.places[0])
    return leaf._replace(value=value)


def _copied(world: World, place: Place | None) -> Any:
    try:
        return np.array(get(world, place or ()), "float64")
    except (KeyError, AttributeError, IndexError, TypeError, ValueError):
        return None


def _holder(source: Source) -> str:
    """Return the container that derivatives are in, or their own names: self.grads, what is returned, self.dW."""
    if source.place is None:
        return source.words
    if source.place[0][1] in ("backward", "forward"):
        return "what is returned"
    return text(source.place[:-1]) if len(source.place) > 2 else text(source.place)

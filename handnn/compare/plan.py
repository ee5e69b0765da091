"""`Plan`: everything that determines the numbers of a comparison. `Cell`: one training run of it."""

import functools
import hashlib
import inspect
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import __version__, data, initializers, layers, losses, metrics, utils
from ..core.variable import Array
from ..models import named
from ..models.curvature import BatchCurvature
from ..models.network import Network
from ..models.sequential import Sequential
from ..specs import optimizer as optimizer_spec
from ..specs import own_optimizer
from ..specs.network import loss_behind

VALIDATION, TEST = 0.2, 0.2
"""Shares of the samples for choosing and for reporting, unless the data have a test part."""

TARGET_SHARE = 0.25
"""The target loss, as a share of the loss before training."""

OPTIONAL: dict[str, Any] = {"rules": {}, "search": "grid", "options": {}, "defaults": {}, "extend": 0}
"""Fields that plan.json leaves out where they have these values."""


@dataclass(frozen=True)
class Cell:
    """One training run: an optimizer's label, a learning rate, a seed."""

    optimizer: str
    learning_rate: float
    seed: int

    @property
    def key(self) -> str:
        """A unique name that is safe in file names: 'adam_lr1e-03_seed0'."""
        plain = re.sub(r"[^A-Za-z0-9.=-]+", "_", self.optimizer).strip("_")
        if plain != self.optimizer:  # without brackets, two labels may be equal
            plain += f"_{hashlib.sha256(self.optimizer.encode()).hexdigest()[:6]}"
        return f"{plain}_lr{shortest(self.learning_rate)}_seed{self.seed}"


def shortest(rate: float) -> str:
    """Return the shortest text that gives this number: 0.001 -> '1e-03', 0.0316 -> '3.16e-02'."""
    return next(text for digits in range(18) if float(text := f"{rate:.{digits}e}") == rate)


class Part(NamedTuple):
    """Samples of one part of the data, in the form that the network's loss takes."""

    x: Array
    y: Array


class Samples(NamedTuple):
    """The three parts, and the class name of the accuracy (None for a regression)."""

    train: Part
    validation: Part
    test: Part
    accuracy: str | None


@dataclass(frozen=True)
class Plan:
    """Everything that determines the numbers of a comparison; equal plans give equal numbers.

    Attributes:
        data: name or path of the data set. digest: of its arrays.
        layers: all widths from input to output. activation, output: of hidden layers and output layer.
        optimizers: labels. rates: the learning rates of each, one for each trial, the same number for all.
        search: "grid", or "sobol" with `options`, those of each trial in the order of its rates.
        defaults: learning rates at which each also runs, outside its trials, as nobody tuned it; {} for none.
        extend: how many rates a grid may get beyond its edge, while the best one is there.
        seeds: each decides initial weights and batch orders, the same for every optimizer and rate.
        target: the target of the validation loss.
        split_seed: decides which samples are for training, validation and test, the same in all cells.
        rules: for each optimizer of one's own its file, and the digest of the file (of an object its source).
        model_name: name of a network or path of the Python file that builds it, in place of `layers` and `activation`;
            empty for a stack of Dense layers. model_digest: of the file.
    """

    data: str
    layers: tuple[int, ...]
    activation: str
    output: str
    loss: str
    dtype: str
    optimizers: tuple[str, ...]
    rates: dict[str, tuple[float, ...]]
    seeds: tuple[int, ...]
    epochs: int
    batch_size: int
    target: float
    split_seed: int = 0
    digest: str = ""
    model_name: str = ""
    model_digest: str = ""
    version: str = field(default=__version__)
    rules: dict[str, tuple[str, str]] = field(default_factory=dict)
    search: str = "grid"
    options: dict[str, tuple[dict[str, float], ...]] = field(default_factory=dict)
    defaults: dict[str, float] = field(default_factory=dict)
    extend: int = 0

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def cells(self) -> list[Cell]:
        """Return all planned cells, seed by seed, so that an unfinished comparison has complete seeds."""
        return [
            Cell(optimizer, rate, seed)
            for seed in self.seeds
            for optimizer in self.optimizers
            for rate in self.rates[optimizer] + self._untuned(optimizer)
        ]

    def _untuned(self, label: str) -> tuple[float, ...]:
        """Return the default rate, unless it is among the trials."""
        rate = self.defaults.get(label)
        return () if rate is None or rate in self.rates[label] else (rate,)

    def trial(self, label: str, rate: float) -> dict[str, float]:
        """Return the options of the trial with this rate: {} of a grid, and at the defaults."""
        rates = self.rates[label]
        return self.options[label][rates.index(rate)] if label in self.options and rate in rates else {}

    # ---- what a cell trains ---------------------------------------------------------------------------------------

    def model(self, cell: Cell) -> Network:
        """Return the compiled network of a cell; its initial weights depend only on the cell's seed."""
        model = network(self, cell.seed)
        accuracy = samples(self).accuracy
        label, rate = cell.optimizer, cell.learning_rate
        optimizer = optimizer_spec.make(label, rate, self.rule_file(label), self.trial(label, rate))
        model.compile(optimizer, model.loss, metrics=None if accuracy is None else [metrics.get(accuracy)])
        return model

    def rule_file(self, label: str) -> str | None:
        """Return the file of an optimizer of one's own, None for others.

        Raises:
            ValueError: the file has changed since the comparison was planned.
        """
        file, known = self.rules.get(label, ("", ""))
        if file and own_optimizer.digest(file) != known:
            raise ValueError(f"{file} has changed since the comparison was planned; start another --run")
        return file or None

    def orders(self, cell: Cell) -> Iterator[Array]:
        """Yield the order of the training samples in each epoch; it depends only on the cell's seed."""
        rng = np.random.default_rng([cell.seed, 1])
        count = len(samples(self).train.x)
        return (rng.permutation(count) for _ in range(self.epochs))

    # ---- as JSON --------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the content of plan.json."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))  # tuples become lists, as in JSON
        return {name: value for name, value in found.items() if name not in OPTIONAL or value != OPTIONAL[name]}

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> "Plan":
        """Return the plan of a plan.json."""
        known = {f.name for f in fields(cls)}
        if not isinstance(given, dict) or set(given) | set(OPTIONAL) != known:
            found = ", ".join(sorted(given)) if isinstance(given, dict) else repr(given)
            raise ValueError(f"a plan must have {', '.join(sorted(known))}; received {found}")
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
        values["rules"] = {label: tuple(rule) for label, rule in given.get("rules", {}).items()}
        for name in ("rates", "options"):
            values[name] = {label: tuple(own) for label, own in given.get(name, {}).items()}
        return cls(**values)

    @functools.cached_property
    def fingerprint(self) -> str:
        """A digest of the plan, stored in every file of a cell."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:16]


# ---- data and network, the same in every cell ----------------------------------------------------------------------


@functools.lru_cache(maxsize=2)
def dataset(name: str, split_seed: int, dtype: str) -> data.Dataset:
    """Load the data in three parts; an existing test part is kept."""
    found = data.load(name, seed=split_seed, validation=VALIDATION, dtype=dtype)
    if len(found.x_test):
        return found
    return data.load(name, seed=split_seed, validation=VALIDATION, test=TEST, dtype=dtype)


def digest(found: data.Dataset) -> str:
    """Return a digest of all samples, so that changed data under the same name are a different data set."""
    total = hashlib.sha256()
    for array in (found.x_train, found.y_train, found.x_validation, found.y_validation, found.x_test, found.y_test):
        total.update(f"{array.shape}{array.dtype}".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()[:16]


def file_digest(name: str) -> str:
    """Return a digest of the file that builds a network; empty for a network that has a name."""
    return hashlib.sha256(Path(name).read_bytes()).hexdigest()[:16] if name.endswith(".py") else ""


def network(plan: Plan, seed: int) -> Network:
    """Return the network with its loss, without an optimizer; the seed decides the weights of all layers."""
    if plan.model_name:
        if plan.model_digest != file_digest(plan.model_name):
            raise ValueError(f"{plan.model_name} has changed since the comparison was planned; start another --run")
        found, inputs = dataset(plan.data, plan.split_seed, plan.dtype), plan.layers[0]
        last = plan.layers[-1], plan.output, plan.dtype
        with utils.seeded(int(np.random.default_rng([seed, 0]).integers(1, 2**31))):
            own = named.build(plan.model_name, inputs, found.image_shape, *last, plan.data)
        own.compile("sgd", loss_behind(plan.output, plan.loss, plan.dtype))
        return own
    inputs, *hidden, outputs = plan.layers
    seeds = [int(s) for s in np.random.default_rng([seed, 0]).integers(1, 2**31, len(plan.layers) - 1)]
    kinds = [*[plan.activation] * len(hidden), plan.output]
    names = [*[f"hidden_{i + 1}" for i in range(len(hidden))], "output"]
    stack: list[Any] = [layers.Input((inputs,), dtype=plan.dtype, name="input")]
    for width, kind, name, number in zip((*hidden, outputs), kinds, names, seeds, strict=True):
        start = initializers.GlorotUniform(seed=number)
        stack.append(layers.Dense(width, kind, kernel_initializer=start, name=name, dtype=plan.dtype))
    model = Sequential(stack, name="compared")
    model.compile("sgd", loss_behind(plan.output, plan.loss, plan.dtype))
    return model


def check_second_order(plan: Plan) -> None:
    """Raise ValueError if an optimizer needs Hessian products that the network does not have."""
    for label in plan.optimizers:
        model = plan.model(Cell(label, plan.rates[label][0], plan.seeds[0]))
        if model.optimizer is not None and model.optimizer.second_order:
            BatchCurvature(model, None, None)


_kept: dict[str, Samples] = {}


def samples(plan: Plan) -> Samples:
    """Return the samples of all parts, loaded once per process.

    Raises:
        ValueError: the data differ from the plan's.
    """
    if plan.fingerprint not in _kept:
        keep(plan, _samples(plan))
    return _kept[plan.fingerprint]


def keep(plan: Plan, found: Samples) -> None:
    """Cache the samples of a plan, in place of any others."""
    _kept.clear()
    _kept[plan.fingerprint] = found


def _samples(plan: Plan) -> Samples:
    found = dataset(plan.data, plan.split_seed, plan.dtype)
    if plan.digest not in ("", digest(found)):
        raise ValueError(f"data {plan.data} have changed since the comparison was planned; start another --run")
    judged, outputs = loss_behind(plan.output, plan.loss, plan.dtype), plan.layers[-1]

    shape = network(plan, plan.seeds[0]).input_shape[1:] if plan.model_name else ()

    def part(x: Array, y: Array) -> Part:
        return Part(x.reshape(len(x), *shape) if shape else x, targets(y, found, judged, outputs))

    train = part(found.x_train, found.y_train)
    accuracy = None
    if found.task != "regression":
        accuracy = type(metrics.get("accuracy", train.y[:1], np.empty((1, outputs)))).__name__
    validation, test = part(found.x_validation, found.y_validation), part(found.x_test, found.y_test)
    return Samples(train, validation, test, accuracy)


def targets(y: Array, found: data.Dataset, loss: losses.Loss, outputs: int) -> Array:
    """Return y in the form that the loss takes: one-hot rows, or unchanged for labels, numbers and one output."""
    return y if found.task == "regression" else label_targets(y, int(found.classes or 1), loss, outputs)


def label_targets(y: Array, classes: int, loss: losses.Loss, outputs: int) -> Array:
    """Return labels in the form that the loss takes: one-hot rows, or unchanged for labels and one output."""
    return y if loss.targets == "labels" or outputs == 1 else data.one_hot(y, classes, loss.dtype)


def rules_of(labels: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return `Plan.rules` of these labels."""
    found = {}
    for label in labels:
        place = own_optimizer.place(optimizer_spec.parse(label)[0])
        if place is not None:
            found[label] = (str(Path(place.file).resolve()), own_optimizer.digest(place.file))
        elif optimizer_spec.is_own(label):
            found[label] = ("", source_digest(optimizer_spec.own(label)))
    return found


def source_digest(given: Any) -> str:
    """Return a digest of an object's source; of one that has none, a number that never comes again."""
    try:
        text = inspect.getsource(given)
    except (OSError, TypeError):
        text = uuid.uuid4().hex
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def with_target(plan: Plan, target: float | None = None) -> Plan:
    """Return the plan with its target: the given one, or `TARGET_SHARE` of the loss before training.

    The loss before training is the median over the seeds of the validation loss of the initial weights, so it does not
    depend on an optimizer.

    Raises:
        ValueError: the loss before training is not above 0, the given target is not finite, or an optimizer needs
            Hessian products that the network does not have.
    """
    check_second_order(plan)
    if target is None:
        x, y = samples(plan).validation
        start = float(np.median([network(plan, seed).evaluate(x, y, batch_size=len(x)) for seed in plan.seeds]))
        if not 0 < start < np.inf:
            raise ValueError(f"--target must be given, because the loss before training is not above 0: {start:g}")
        target = optimizer_spec.rounded(TARGET_SHARE * start)
    if not np.isfinite(target):
        raise ValueError(f"--target must be a finite number; received {target}")
    return replace(plan, target=float(target))

"""The metrics of a compiled model: their choice, their names in logs, and which use the sample weights."""

import functools
from typing import Any, TypeGuard

from ..core.variable import Array, Variable
from .accuracy import BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from .base import MeanMetricWrapper, Metric
from .from_losses import LossMetric
from .lookup import lookup


class MetricGroup:
    """Base class: the metrics of `compile` as one object, as in `model.metrics` of Keras."""

    name = "compile_metrics"
    metrics: property

    @property
    def variables(self) -> list[Variable]:
        """The states of all metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]


class CompiledMetrics(MetricGroup):
    """The metrics of `compile(metrics=..., weighted_metrics=...)`, built when the first batch shows its shapes.

    Names in logs are Keras': a metric given by name has that name; a second with the same name is name_1, a third
    name_2. A weighted one whose name is taken is weighted_name, the next weighted_name_1.
    """

    def __init__(self, metrics: Any = None, weighted_metrics: Any = None) -> None:
        self.given = metrics is not None or weighted_metrics is not None
        self.wanted, self.wanted_weighted = flatten(metrics), flatten(weighted_metrics)
        for identifier in (*self.wanted, *self.wanted_weighted):
            if identifier is None:
                raise ValueError("metrics must hold names, configs or metrics; received None")
            if not (isinstance(identifier, str) and identifier.lower() in ACCURACY):
                lookup(identifier)
        self.entries: list[tuple[str, Metric, bool]] = []
        self.any = bool(self.wanted or self.wanted_weighted)
        self.waiting = self.takes_logits = self.any

    @property
    def metrics(self) -> list[Metric]:
        return [metric for _, metric, _ in self.entries]

    def build(self, y_true: Array, y_pred: Array) -> None:
        """Choose the metrics and their names by the shapes of a batch."""
        self.waiting = False
        taken: dict[str, int] = {}
        for identifier, weighted in ((i, w) for w in (False, True) for i in (self.wanted, self.wanted_weighted)[w]):
            metric = chosen(identifier, y_true, y_pred)
            name = metric.name
            if weighted and name in taken:
                name = f"weighted_{name}"
            used = taken.get(name, 0)
            taken[name] = used + 1
            self.entries.append((f"{name}_{used}" if used else name, metric, weighted))
        self.takes_logits = any(_takes_logits(metric) for metric in self.metrics)

    def update_state(self, y_true: Array, y_pred: Array, weight: Array | None, logits: Array | None = None) -> None:
        """Add a batch; `logits` are the z of a softmax or sigmoid output, which cross-entropies use."""
        if self.waiting:
            self.build(y_true, y_pred)
        for _, metric, weighted in self.entries:
            if logits is not None and _takes_logits(metric):
                metric.update_on_logits(y_true, logits, weight if weighted else None)
            else:
                metric.update_state(y_true, y_pred, weight if weighted else None)

    def reset_state(self) -> None:
        """Reset every metric."""
        for _, metric, _ in self.entries:
            metric.reset_state()

    def result(self) -> dict[str, Any]:
        """Return the results, by name in logs."""
        return {name: metric.result() for name, metric, _ in self.entries}


class MetricsByOutput(MetricGroup):
    """The metrics of several outputs: those of each are named after it, `<output>_<metric>`.

    Args:
        names: of the outputs.
        metrics, weighted_metrics: a list in the order of the outputs, or a dict by their names; an entry is a metric, a
            list of them, or None.

    Raises:
        ValueError: a name of a metric is unknown; when the parts are first used, the entries do not fit the outputs.
    """

    def __init__(self, names: list[str], metrics: Any = None, weighted_metrics: Any = None) -> None:
        self.names, self.wanted, self.wanted_weighted = names, metrics, weighted_metrics
        self.given = metrics is not None or weighted_metrics is not None
        both = (own for own in (*flatten(metrics), *flatten(weighted_metrics)) if own is not None)
        self.any = CompiledMetrics(list(both)).any

    @functools.cached_property
    def parts(self) -> list[tuple[str, CompiledMetrics]]:
        """The name of each output and its metrics."""
        metrics = _per_output(self.wanted, self.names, "metrics")
        weighted = _per_output(self.wanted_weighted, self.names, "weighted_metrics")
        return [(name, CompiledMetrics(*pair)) for name, *pair in zip(self.names, metrics, weighted, strict=True)]

    @property
    def waiting(self) -> bool:
        return any(part.waiting for _, part in self.parts)

    @property
    def takes_logits(self) -> bool:
        return any(part.takes_logits for _, part in self.parts)

    @property
    def entries(self) -> list[tuple[str, Metric, bool]]:
        return [(f"{name}_{own}", metric, w) for name, part in self.parts for own, metric, w in part.entries]

    @property
    def metrics(self) -> list[Metric]:
        return [metric for _, part in self.parts for metric in part.metrics]

    def build(self, y_true: Any, y_pred: Any) -> None:
        for (_, part), y, y_hat in zip(self.parts, y_true, y_pred, strict=True):
            if part.waiting and y is not None:
                part.build(y, y_hat)

    def update_state(self, y_true: Any, y_pred: Any, weight: Any, logits: Any = None) -> None:
        """Add a batch; every argument is a tuple, one entry per output."""
        weights, many = weight or (None,) * len(y_pred), logits or (None,) * len(y_pred)
        for (_, part), *given in zip(self.parts, y_true, y_pred, weights, many, strict=True):
            if part.any and given[0] is not None:
                part.update_state(*given)

    def reset_state(self) -> None:
        for _, part in self.parts:
            part.reset_state()

    def result(self) -> dict[str, Any]:
        """Return the results, by name in logs."""
        return {f"{name}_{own}": value for name, part in self.parts for own, value in part.result().items()}


def _per_output(given: Any, names: list[str], argument: str) -> list[Any]:
    if given is None:
        return [None] * len(names)
    if isinstance(given, dict) and set(given) <= set(names):
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple) and len(given) == len(names):
        return list(given)
    raise ValueError(
        f"{argument} must be a list with one entry for each output, or a dict by their names, {', '.join(names)}; "
        f"received {given!r}"
    )


ACCURACY = ("accuracy", "acc")


def _takes_logits(metric: Metric) -> TypeGuard[LossMetric]:
    return isinstance(metric, LossMetric) and metric.takes_logits


def chosen(identifier: Any, y_true: Array, y_pred: Array) -> Metric:
    """Return the metric that `compile` chooses for an identifier, named after it.

    'accuracy' and 'acc' depend on the shapes, as in Keras: binary for one output, sparse if y_true has one label per
    row, otherwise categorical.
    """
    if isinstance(identifier, str) and identifier.lower() in ACCURACY:
        if y_pred.shape[-1] == 1:
            return BinaryAccuracy(name=identifier)
        sparse = y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1
        return SparseCategoricalAccuracy(name=identifier) if sparse else CategoricalAccuracy(name=identifier)
    found = lookup(identifier)
    if not isinstance(found, Metric):
        name = getattr(found, "name", None) or getattr(found, "__name__", None)
        found = MeanMetricWrapper(found, name=name)
    if isinstance(identifier, str):
        found.name = identifier
    return found


def flatten(given: Any) -> list[Any]:
    """Return the leaves of nested lists and dicts (dicts in the order of their keys); a single object as a list."""
    if given is None:
        return []
    if isinstance(given, dict) and "class_name" not in given:
        given = [given[key] for key in sorted(given)]
    if isinstance(given, list | tuple):
        return [leaf for entry in given for leaf in (flatten(entry) if entry is not None else [None])]
    return [given]

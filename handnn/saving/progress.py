"""The progress of a `fit`: the state, besides weights and slots, that a bit-identical resumption needs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.variable import Array, Variable
from ..metrics import Metric

Run = Mapping[str, int]
"""The batching for which a mid-epoch position is valid: samples, batch_size and steps."""


class Progress:
    """The position of a `fit`.

    Attributes:
        epoch, batch: whole epochs, and batches of the next one, that are done.
        generator: shuffles the samples, once an epoch.
        history: logs of the epochs, {name: [value, ...]}, and `epochs`, their numbers.
        trained: the weights as training left them where the end of `fit` put averages in their place, else None.
    """

    def __init__(self, generator: np.random.Generator, epoch: int = 0) -> None:
        self.generator, self.epoch, self.batch = generator, epoch, 0
        self.history: dict[str, list[float]] = {}
        self.epochs: list[int] = []
        self.run: Run = {}
        self.trained: list[Array] | None = None
        self._epoch_began: Any = None
        self._metrics: list[Any] | None = None

    def stands_in(self, epoch: int) -> bool:
        """Return whether `fit(initial_epoch=epoch)` can continue from this state.

        False if an exception interrupted the epoch.
        """
        return 0 < epoch == self.epoch and (not self.batch or self._metrics is not None)

    @property
    def has_metrics(self) -> bool:
        """Whether the state of metrics waits to be restored by `put_back`."""
        return self._metrics is not None

    def start(self, samples: int, batch_size: int, steps: int | None = None) -> None:
        """Record the batching of this `fit`. A mid-epoch position is only valid for the same batches.

        `steps` is the number of batches in an epoch, by default those of all samples.

        Raises:
            ValueError: training stopped mid-epoch with other batches.
        """
        steps = -(-samples // batch_size) if steps is None else steps
        run = {"samples": samples, "batch_size": batch_size, "steps": steps}
        if self.batch and self.run != run:
            known = f"samples={self.run['samples']}, batch_size={self.run['batch_size']}"
            given = f"samples={samples}, batch_size={batch_size}"
            raise ValueError(f"training stopped mid-epoch with {known}; resume with the same values, received {given}")
        self.run = run

    def put_averages(self, optimizer: Any, weights: list[Variable]) -> None:
        """Put the optimizer's averages in the weights' place, if it has any; keep what training goes on from."""
        before = [weight.numpy() for weight in weights]
        optimizer.finalize_variable_values(weights)
        pairs = zip(before, weights, strict=True)
        self.trained = None if all(np.array_equal(a, w.value) for a, w in pairs) else before

    def put_back_trained(self, optimizer: Any, weights: list[Variable]) -> None:
        """Put the weights back that averages took the place of, unless somebody changed them since."""
        if self.trained is not None and len(self.trained) == len(weights) and optimizer.built:
            averages = [weight.numpy() for weight in weights]
            optimizer.finalize_variable_values(averages)
            if all(np.array_equal(a, w.value) for a, w in zip(averages, weights, strict=True)):
                for weight, array in zip(weights, self.trained, strict=True):
                    weight.value[...] = array
        self.trained = None

    def order(self, shuffle: bool) -> Array:
        """Return the order of the samples in this epoch; mid-epoch, the order that the epoch began with."""
        if self.batch:
            self.generator.bit_generator.state = self._epoch_began
        self._epoch_began = self.generator.bit_generator.state
        samples = self.run["samples"]
        return self.generator.permutation(samples) if shuffle else np.arange(samples)

    def next_epoch(self) -> None:
        """Record the end of an epoch."""
        self.epoch, self.batch = self.epoch + 1, 0

    def put_back(self, metrics: list[Metric]) -> None:
        """Restore the metrics' state at the mid-epoch position; raise ValueError if their number differs."""
        if self._metrics is None:
            return
        if len(self._metrics) != len(metrics):
            raise ValueError(
                f"training stopped mid-epoch with {len(self._metrics)} metrics; resume with the same metrics, "
                f"received {len(metrics)}"
            )
        for metric, state in zip(metrics, self._metrics, strict=True):
            vars(metric).update({name: _decoded(value) for name, value in state.items()})
        self._metrics = None

    def state(self, metrics: list[Metric]) -> dict[str, Any]:
        """Return the position as JSON; `metrics` must be at the same position."""
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "run": self.run,
            "generator": self._epoch_began if self.batch else self.generator.bit_generator.state,
            "history": _encoded(self.history),
            "epochs": list(self.epochs),
            "metrics": [_state(metric) for metric in metrics] if self.batch else None,
            "trained": _encoded(self.trained),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Progress":
        progress = cls(generator_from(state["generator"]), int(state["epoch"]))
        progress.batch, progress.run, progress._metrics = int(state["batch"]), dict(state["run"]), state["metrics"]
        progress._epoch_began = progress.generator.bit_generator.state
        progress.history = {name: [_decoded(v) for v in values] for name, values in state["history"].items()}
        progress.epochs = [int(epoch) for epoch in state["epochs"]]
        if state.get("trained") is not None:
            progress.trained = [_decoded(array) for array in state["trained"]]
        return progress


def generator_from(state: Mapping[str, Any]) -> np.random.Generator:
    """Return a generator that continues from a state."""
    generator = np.random.default_rng(0)
    generator.bit_generator.state = state
    return generator


KINDS = (bool, int, float, np.ndarray, np.generic)
"""The types that make up the states of metrics."""


def _state(metric: Metric) -> dict[str, Any]:
    """Return a metric's numbers and arrays."""
    return {name: _encoded(value) for name, value in vars(metric).items() if isinstance(value, KINDS)}


def _encoded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _encoded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_encoded(part) for part in value]
    if isinstance(value, np.ndarray | np.generic):
        return {"dtype": value.dtype.name, "values": value.tolist()}
    return value


def _decoded(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return np.array(value["values"], value["dtype"])[()]

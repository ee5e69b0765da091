"""`handnn.compare.run`: a comparison from Python, with optimizers as names, classes and objects."""

import copy
import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import data as data_sets
from ..core.claim import claimed
from ..optimizers import Optimizer
from ..optimizers import optimizers as registry
from ..specs import optimizer as optimizer_spec
from . import parity, plan, runner
from .results import Comparison, Folder
from .search import trials as search_trials


def run(
    optimizers: Iterable[Any] | Mapping[str, Any],
    data: str = "digits",
    hidden: Sequence[int] = (16, 16),
    *,
    folder: str | Path,
    activation: str = "relu",
    dtype: str = "float32",
    rates: int | Sequence[float] = 5,
    rate_step: float = 0.5,
    search: str = "grid",
    trials: int | None = None,
    extend: int | None = None,
    seeds: int | Sequence[int] = 5,
    epochs: int = 20,
    batch_size: int = 32,
    target: float | None = None,
    jobs: int = 1,
) -> Comparison:
    """Compare optimizers as `handnn compare` does, and return the comparison.

    Args:
        optimizers: labels ('adam', 'adam(beta_1=0.8)', 'my_rules.py:MyAdam'); classes, functions of a learning rate and
            objects of handnn and Keras; NumPy classes with a method step(weights, gradients). A dict gives them names.
        data: name or file of a data set. hidden: widths of the hidden layers.
        folder: holds every run; a folder with the same comparison is continued.
        rates: their number, around each optimizer's usual one, or the rates for all.
        search: "grid" of learning rates, or "sobol": quasi-random `trials` of the rate and the rule's options (of
            `rates` the lowest and the highest are its range). trials: their number; of a grid the same as `rates`.
        extend: rates that a grid may get beyond its edge while the best one is there; 4, or 0 where rates are given.
        seeds: their number, or the seeds. target: of the validation loss, by default a quarter of that at the start.
        jobs: number of processes; what is in the memory of this one alone is trained here, one run after the other.

    Returns:
        a `Comparison`: `comparison.summary()` has the statistics; `handnn.compare.report.write(comparison, folder)`
        writes the report.

    Raises:
        ValueError: an argument does not fit, or the folder holds another comparison.
        TypeError: an optimizer is none of the above.
    """
    given = optimizers.items() if isinstance(optimizers, Mapping) else [(None, own) for own in optimizers]
    labels = [_label(name, own) for name, own in given]
    if len(set(labels)) < len(labels) or not labels:
        raise ValueError(f"optimizers must be at least one, with different names; received {labels}")
    name = str(Path(data).expanduser().resolve()) if Path(data).suffix else data
    found = plan.dataset(name, 0, dtype)
    outputs, output, loss = _output(found)
    count = rates if isinstance(rates, int) else None
    own_rates = None if isinstance(rates, int) else rates
    many = trials or (count if search == "grid" else None)
    tried = search_trials.chosen(labels, search, many, rate_step, own_rates, extend)
    planned = plan.Plan(
        data=name,
        layers=(found.inputs, *map(int, hidden), outputs),
        activation=activation,
        output=output,
        loss=loss,
        dtype=dtype,
        optimizers=tuple(labels),
        **tried,
        seeds=tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds),
        epochs=epochs,
        batch_size=batch_size,
        target=0.0,
        digest=plan.digest(found),
        rules=plan.rules_of(labels),
    )
    if not planned.seeds or not all(planned.rates.values()):
        raise ValueError("seeds and rates must be at least one")
    planned = plan.with_target(planned, target)
    place = Folder(folder)
    place.open(planned)
    with claimed(place.path):
        parity.ensure(place, planned)
        comparison = place.read()
        left = [*comparison.missing, *[failed.cell for failed in comparison.failed]]
        while left:  # a grid may be continued when its runs are finished
            here = [cell for cell in left if optimizer_spec.parse(cell.optimizer)[0] in optimizer_spec.OWN]
            runner.run(place, planned, [cell for cell in left if cell not in here], jobs)
            runner.run(place, planned, here)
            comparison = place.read()
            left = comparison.missing
    return comparison


def _label(name: str | None, given: Any) -> str:
    """Return the label of an optimizer, and let it stand for the object."""
    if isinstance(given, str):
        if name is not None and name != given:
            raise ValueError(f"a label has no other name; received {name!r} for {given!r}")
        return optimizer_spec.canonical(given)
    if name is None and inspect.isclass(given) and any(given is cls for _, cls in registry.items()):
        return str(given.__name__).lower()
    own = str(name or getattr(given, "__name__", type(given).__name__))
    if not own.isidentifier() or own.replace("_", "").lower() in optimizer_spec.NAMES:
        raise ValueError(f"an optimizer of one's own needs a name of its own, {{'my_adam': ...}}; received {own!r}")
    optimizer_spec.OWN[own] = given if callable(given) and not isinstance(given, Optimizer) else _maker(given)
    return own


def _maker(given: Any) -> Any:
    """Return a function that makes an optimizer like this object, with another learning rate."""
    if isinstance(given, Optimizer):

        def of_handnn(learning_rate: float = float(given.learning_rate)) -> Any:
            own = copy.copy(given).unbuilt()
            own.learning_rate = learning_rate
            return own

        return of_handnn
    if not hasattr(given, "get_config"):
        raise TypeError(f"optimizers must be labels, classes, or objects of handnn or Keras; received {given!r}")

    def of_keras(learning_rate: float = float(given.learning_rate)) -> Any:
        return type(given).from_config(given.get_config() | {"learning_rate": learning_rate})

    return of_keras


def _output(found: data_sets.Dataset) -> tuple[int, str, str]:
    """Return width and activation of the output layer, and the loss, for the task."""
    if found.task == "regression":
        return found.y_train.shape[1], "linear", "mean_squared_error"
    return int(found.classes or 1), "softmax", "categorical_crossentropy"

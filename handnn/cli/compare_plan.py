"""`handnn compare`: the options that determine the numbers, and the plan that follows from them."""

from pathlib import Path

import click

from ..compare import plan as planning
from ..compare.plan import Plan
from ..compare.search import trials
from ..specs.optimizer import NAMES, split
from . import console, network

OPTIMIZERS = "sgd,momentum,rmsprop,adam"

compared_options = network.adding(
    click.option("--optimizers", default=OPTIMIZERS, show_default=True, metavar="NAMES",
                 help=f"{', '.join(NAMES)}; separated by commas, with optional arguments, adam(beta_1=0.8); or all; "
                 "or a class of your own, my_rules.py:MyAdam, of handnn, Keras or NumPy (step(weights, gradients))."),
    click.option("--search", type=click.Choice(trials.SEARCHES), default="grid", show_default=True,
                 help="A grid of learning rates, or quasi-random trials of the rate and the rule's options (betas, "
                 "epsilon, ...) on logarithmic scales."),
    click.option("--trials", "trials_", type=click.IntRange(1),
                 help=f"Trials of each optimizer: by default {trials.SOBOL_TRIALS} of sobol, and --rates of a grid."),
    click.option("--rates", type=click.IntRange(1), default=5, show_default=True,
                 help="Number of learning rates for each, around its usual one, or around its own learning_rate=."),
    click.option("--rate-step", type=console.Number(0, min_open=True), default=0.5, show_default=True,
                 help="Distance of two rates in decades: 0.5 is a factor of 3.16."),
    click.option("--learning-rates", metavar="RATES",
                 help="Use these rates for all instead, separated by commas; of sobol, its lowest and highest."),
    click.option("--extend", type=click.IntRange(0), metavar="N",
                 help="Rates that a grid may get beyond its edge while the best one is there, for each optimizer; by "
                 f"default {trials.EXTENSION}, and 0 with --learning-rates."),
    click.option("--seeds", default="5", show_default=True, metavar="COUNT|LIST",
                 help="Their number, or a list: 7,8,9 or 5-14. Each decides initial weights and the order of batches."),
    click.option("--epochs", type=click.IntRange(1), default=20, show_default=True),
    click.option("--batch-size", type=click.IntRange(1), default=32, show_default=True),
    click.option("--target", type=float,
                 help="Target of the validation loss; by default a quarter of its value before training."),
    click.option("--split-seed", type=click.IntRange(0), default=0, show_default=True,
                 help="Decides the split into training, validation and test samples, the same in every run."),
)  # fmt: skip
"""The options, besides data and network, that determine the numbers."""


def data_names(text: str) -> list[str]:
    """Return the names and files of 'digits,moons,table.csv'; the name of a file may have commas.

    Raises:
        ValueError: a name is empty, or occurs twice.
    """
    found = (
        [text] if "," not in text or Path(text).expanduser().exists() else [part.strip() for part in text.split(",")]
    )
    if not all(found) or len(set(found)) < len(found):
        raise ValueError(f"--data must name different data sets, separated by commas; received {text!r}")
    return found


def plan_of(
    data_name: str,
    model_name: str | None,
    widths: str,
    activation: str,
    output: str,
    loss: str,
    dtype: str,
    optimizers: str,
    search: str,
    trials_: int | None,
    rates: int,
    rate_step: float,
    learning_rates: str | None,
    extend: int | None,
    seeds: str,
    epochs: int,
    batch_size: int,
    target: float | None,
    split_seed: int,
) -> Plan:
    """Return the plan of the options; everything is checked before the first run."""
    name = str(Path(data_name).expanduser().resolve()) if Path(data_name).suffix else data_name
    found = planning.dataset(name, split_seed, dtype)
    if model_name is not None and model_name.endswith(".py"):
        model_name = str(Path(model_name).resolve())
    model = network.build(found, model_name, widths, activation, output, loss, "sgd", None, dtype, 0)
    assert model.loss is not None
    names = split(optimizers)
    given = None if learning_rates is None else _learning_rates(learning_rates)
    if search == "sobol" and given is not None and len(given) != 2:
        raise ValueError(
            f"--learning-rates of --search sobol must be its lowest and highest; received {learning_rates!r}"
        )
    if search == "sobol" and extend:
        raise ValueError(f"--extend is for a grid, not for --search sobol; received {extend}")
    plan = Plan(
        data=name,
        layers=(found.inputs, *(int(shape[-1] or 1) for shape in model.output_shapes[-1 if model_name else 0 :])),
        activation=activation,
        output=model.nodes[-1].layer.activation.name,
        loss=model.loss.name,
        dtype=dtype,
        optimizers=tuple(names),
        **trials.chosen(names, search, trials_ or (rates if search == "grid" else None), rate_step, given, extend),
        seeds=_seeds(seeds),
        epochs=epochs,
        batch_size=batch_size,
        target=0.0,
        split_seed=split_seed,
        digest=planning.digest(found),
        model_name=model_name or "",
        model_digest=planning.file_digest(model_name or ""),
        rules=planning.rules_of(names),
    )
    return planning.with_target(plan, target)


def _learning_rates(given: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in given.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < rate < float("inf") for rate in found) or len(set(found)) < len(found):
        raise ValueError(f"--learning-rates must be different numbers > 0, separated by commas; received {given!r}")
    return tuple(sorted(found))


def _seeds(text: str) -> tuple[int, ...]:
    """Return the seeds of '5' (0 to 4), '7,8,9' or '5-14'."""
    try:
        first, dash, last = text.partition("-")
        if dash:
            found = tuple(range(int(first), int(last) + 1))
        else:
            found = tuple(map(int, text.split(","))) if "," in text else tuple(range(int(text)))
    except ValueError:
        found = ()
    if not found or len(set(found)) < len(found) or min(found) < 0:
        raise ValueError(
            f"--seeds must be a number of seeds, such as 5, or different seeds, 7,8,9 or 5-14; received {text!r}"
        )
    return found

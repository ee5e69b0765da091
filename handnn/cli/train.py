"""`handnn train`: trains both networks side by side."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from ..callbacks.health.record import Record
from ..core import reference
from ..core.claim import claimed
from ..data import Dataset
from ..models.inputs import sample_count
from ..models.network import Network
from ..saving import load_model
from ..tensorboard.writer import ensure_new_run
from ..verify.lockstep import Lockstep, Outcome, Samples
from . import INTERRUPTED, console, network, train_result
from .blas import one_thread_if_small

FRESH_ONLY = ("model_name", "widths", "activation", "output", "loss", "optimizer", "learning_rate", "dtype")

EPILOG = """
\b
Examples:
  handnn train
  handnn train --data moons --layers 16-16 --activation tanh --epochs 40
  handnn train --data houses.csv --target price --task regression --save houses.keras
  handnn predict houses.keras --data new.csv --out predictions.csv
  handnn train --data mnist5k --layers 784-16-16-10 --activation sigmoid \\
      --output sigmoid --loss mse --batch-size 100 --optimizer sgd --learning-rate 3
  handnn train --doctor --optimizer sgd --learning-rate 10
  handnn train --data mnist5k --model lenet        or lstm, transformer, FILE.py
  handnn train --no-keras --json
  handnn train --save mine.keras --epochs 5
  handnn train --resume mine.keras --save mine.keras --epochs 10

Exit status 0: every checked tensor agrees with TensorFlow's; 1: one does not; 2: bad input;
3: nothing is wrong, but training diverged, or a tensor is undecided.
"""


@click.command("train", epilog=EPILOG)
@network.network_options
@click.option("--batch-size", type=click.IntRange(1), default=32, show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=10, show_default=True)
@click.option(
    "--check-every",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Compare every tensor with TensorFlow's after this number of steps; 0 for never.",
)
@click.option("--logdir", type=click.Path(file_okay=False), default="logs", show_default=True)
@click.option("--run", "run_name", help="Folder of this run below --logdir; by default the data's name and the time.")
@click.option("--save", "save_as", metavar="FILE.keras", help="Save the hand-written network after every epoch.")
@click.option(
    "--resume",
    metavar="FILE.keras",
    help="Resume a network saved by --save or Keras, with the same --data, --seed and --batch-size, up to --epochs.",
)
@click.option("--no-keras", is_flag=True, help="Train the hand-written side alone, without TensorFlow.")
@click.option("--doctor", is_flag=True, help="Say at the end what ails the run, by published rules, and the cure.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def command(
    ctx: click.Context, /, batch_size: int, epochs: int, check_every: int, logdir: str, run_name: str | None,
    save_as: str | None, resume: str | None, no_keras: bool, doctor: bool, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Train the hand-written network and its Keras twin side by side.

    Both start from the same weights and see the same batches of real data. During training, every tensor of the
    hand-written network is compared with TensorFlow's. Both are logged to TensorBoard under the same tags.
    """
    with console.input_errors():
        if not no_keras:
            reference.require("handnn train", "or train the hand-written side alone with --no-keras")
        resumed = None if resume is None else _resumed(ctx, resume, epochs)
        dtype = options["dtype"] if resumed is None else resumed.nodes[-1].layer.dtype
        dataset = network.load(options, dtype, options["seed"])
        if resumed is not None:
            network.check_prepared(dataset, resumed, f"--resume {resume}")
        model = resumed or network.build(dataset, **options)
        network.check_known_to_keras(model, no_keras)
        samples = network.samples(dataset, model)
        _check_target(save_as, resume)
        directory = _run_directory(ctx, logdir, run_name, dataset.name)
    threads = one_thread_if_small(ctx, model, batch_size)
    if not as_json:
        _introduce(dataset, model, [(ctx.obj or {}).get("blas"), threads])
    begun, each = model.progress.epoch if model.progress else 0, -(-sample_count(samples.x) // batch_size)
    train_result.begin(directory, model, dataset, not no_keras, options["seed"], batch_size, epochs)
    health = Record(model, (epochs - begun) * each)
    checked = 0 if no_keras else check_every
    lockstep = _lockstep(model, samples, dataset, directory, checked, no_keras, as_json, health)
    with console.progress_bar(not as_json) as bar:
        progress = _progress(bar, lockstep.outcome, begun, epochs, each)
        outcome = lockstep.run(epochs, batch_size, options["seed"], progress, save_as)
    if not outcome.interrupted:
        lockstep.race(batch_size)
    result = train_result.of(lockstep, directory, model, doctor)
    failed = train_result.write(directory, result, health)
    if as_json:
        console.print_json(result)
    else:
        train_result.show(outcome, result, directory, no_keras)
    if failed is not None:
        raise failed
    if outcome.interrupted:
        ctx.exit(INTERRUPTED)
    ctx.exit(train_result.status(outcome))


def _progress(
    bar: Progress, outcome: Outcome, begun: int, epochs: int, each: int
) -> Callable[[dict[str, float]], None]:
    """Return what moves two bars after every step: of all epochs, and of this one with its numbers so far."""
    whole = bar.add_task("training", total=(epochs - begun) * each, numbers="")
    own = bar.add_task("", total=each, numbers="")

    def progress(results: dict[str, float]) -> None:
        if bar.disable:
            return
        epoch, step = divmod(outcome.steps - 1, each)
        told = "  ".join(f"{name} {value:.4f}" for name, value in results.items())
        bar.update(whole, completed=outcome.steps)
        bar.update(own, description=f"epoch {begun + epoch + 1}/{epochs}", completed=step + 1, numbers=told)

    return progress


def _introduce(dataset: Dataset, model: Network, blas: list[str | None]) -> None:
    console.field("data", dataset.describe())
    if unit := network.target_note(dataset, model):
        console.field("target", unit)
    console.field("network", network.describe(model))
    if notes := ", ".join(filter(None, blas)):
        console.field("BLAS", f"{notes}; set these yourself to choose others", style="dim")


def _resumed(ctx: click.Context, path: str, epochs: int) -> Network:
    """Return the network of a file, with its layers, loss and optimizer."""
    for parameter in ctx.command.params:
        given = parameter.name and ctx.get_parameter_source(parameter.name)
        if parameter.name in FRESH_ONLY and given is not click.core.ParameterSource.DEFAULT:
            raise ValueError(f"{parameter.opts[0]} describes a new network; --resume {path} has its own")
    model = load_model(path)
    if model.optimizer is None or model.loss is None:
        raise ValueError(f"--resume {path} holds a network without loss or optimizer; compile it before saving")
    if model.progress is not None:
        model.progress.put_back_trained(model.optimizer, model.trainable_weights)
    if model.progress is not None and model.progress.epoch >= epochs:
        raise ValueError(
            f"--epochs must be more than the {model.progress.epoch} that {path} has seen; received {epochs}"
        )
    return model


def _check_target(save_as: str | None, resume: str | None) -> None:
    """Raise ValueError for a file that cannot be written, or that another run has written."""
    if save_as is None:
        return
    folder = os.path.dirname(save_as) or "."
    if not save_as.endswith(".keras") or not os.path.isdir(folder):
        raise ValueError(f"--save must be FILE.keras in an existing folder; received {save_as}")
    if os.path.exists(save_as) and not (resume is not None and os.path.samefile(save_as, resume)):
        raise ValueError(f"--save {save_as} already exists and is not replaced; give another name, or --resume it")


def _run_directory(ctx: click.Context, logdir: str, run_name: str | None, data_name: str) -> str:
    """Return the folder of a new run, held until the command ends; raise ValueError if it already holds a run."""
    name = run_name or f"{re.sub(r'[^A-Za-z0-9]+', '-', data_name).strip('-')}-{time.strftime('%Y%m%d-%H%M%S')}"
    if os.path.isabs(name) or ".." in Path(name).parts:
        raise ValueError(f"--run must be a folder's name below --logdir; received {name!r}")
    directory = os.path.join(logdir, name)
    try:
        ensure_new_run(directory)
        os.makedirs(directory, exist_ok=True)
        ctx.with_resource(claimed(directory))
        ensure_new_run(directory)  # another process may have come and gone
    except ValueError:
        raise ValueError(
            f"--run {directory} already holds a run, which is never mixed or replaced; give another name"
        ) from None
    return directory


def _lockstep(
    model: Network,
    samples: Samples,
    dataset: Any,
    directory: str,
    check_every: int,
    no_keras: bool,
    quiet: bool,
    health: Record,
) -> Lockstep:
    """Return both sides, ready to train; importing TensorFlow takes some seconds."""
    metric = network.metric_for(dataset, samples, model)
    keras_run = None
    if not no_keras:
        with console.err.status("importing TensorFlow ...") if not quiet else console.err.capture():
            from tf_reference import KerasRun, KerasTwin
        twin = KerasTwin(model.description(), model.get_weights(), model.loss, model.optimizer, compiled=True)
        name = None if metric is None else type(metric).__name__
        if model.optimizer is not None and model.optimizer.built:
            twin.set_optimizer_state([variable.value for variable in model.optimizer.variables])
        keras_run = KerasRun(twin, name, os.path.join(directory, "keras"))
    return Lockstep(model, keras_run, samples, metric, directory, check_every, health)

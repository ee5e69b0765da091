"""`handnn train`: trains both networks side by side."""

import json
import math
import os
import re
import time
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from ..core import atomic, reference
from ..core.claim import claimed
from ..core.text import finite, seconds
from ..data.scores import baselines
from ..models.network import Network
from ..saving import load_model
from ..tensorboard.writer import ensure_new_run
from ..verify.lockstep import Lockstep, Outcome, Samples
from . import INTERRUPTED, console, network

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
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def command(
    ctx: click.Context, /, batch_size: int, epochs: int, check_every: int, logdir: str, run_name: str | None,
    save_as: str | None, resume: str | None, no_keras: bool, as_json: bool, **options: Any,
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
        samples = network.samples(dataset, model)
        _check_target(save_as, resume)
        directory = _run_directory(ctx, logdir, run_name, dataset.name)
    if not as_json:
        console.field("data", dataset.describe())
        if unit := network.target_note(dataset, model):
            console.field("target", unit)
        console.field("network", network.describe(model))
        if note := (ctx.obj or {}).get("blas"):
            console.field("BLAS", note, style="dim")
    lockstep = _lockstep(model, samples, dataset, directory, 0 if no_keras else check_every, no_keras, as_json)
    steps = (epochs - (model.progress.epoch if model.progress else 0)) * -(-len(samples.x) // batch_size)
    with console.progress_bar(not as_json) as bar:
        task = bar.add_task("training", total=steps, numbers="")

        def progress(results: dict[str, float]) -> None:
            bar.update(task, advance=1, numbers="  ".join(f"{name} {value:.4f}" for name, value in results.items()))

        outcome = lockstep.run(epochs, batch_size, options["seed"], progress, save_as)
    if not outcome.interrupted:
        lockstep.race(batch_size)
    result = _result(outcome, directory, network.describe(model), dataset.describe())
    if not outcome.interrupted and not outcome.diverged:
        twin = lockstep.keras_run.twin if lockstep.keras_run is not None else None
        predictors = {"handnn": model.predict} | ({} if twin is None else {"keras": twin.predict})
        result["scores"] = {side: network.scores(dataset, model, predict) for side, predict in predictors.items()}
        result["baselines"] = baselines(dataset)
    failed = None
    try:
        atomic.write(Path(directory, "run.json"), (json.dumps(finite(result), indent=2) + "\n").encode())
    except OSError as error:  # what was found is still printed
        failed = error
    if as_json:
        console.print_json(result)
    else:
        _show(outcome, result, directory, no_keras)
    if failed is not None:
        raise failed
    if outcome.interrupted:
        ctx.exit(INTERRUPTED)
    ctx.exit(_status(outcome))


def _status(outcome: Outcome) -> int:
    if outcome.first_outside is not None and not outcome.first_outside[1].undecided:
        return console.MISMATCH
    return 0 if outcome.ok and not outcome.diverged else console.UNJUDGED


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
    model: Network, samples: Samples, dataset: Any, directory: str, check_every: int, no_keras: bool, quiet: bool
) -> Lockstep:
    """Return both sides, ready to train; importing TensorFlow takes some seconds."""
    metric = network.metric_for(dataset, samples, model)
    keras_run = None
    if not no_keras:
        with console.err.status("importing TensorFlow ...") if not quiet else console.err.capture():
            from tf_reference import KerasRun, KerasTwin
        twin = KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer, compiled=True)
        name = None if metric is None else type(metric).__name__
        if model.optimizer is not None and model.optimizer.built:
            twin.set_optimizer_state([variable.value for variable in model.optimizer.variables])
        keras_run = KerasRun(twin, name, os.path.join(directory, "keras"))
    return Lockstep(model, keras_run, samples, metric, directory, check_every)


def _result(outcome: Outcome, directory: str, network_line: str, data_line: str) -> dict[str, Any]:
    worst, first = outcome.worst, outcome.first_outside
    return {
        "ok": outcome.ok,
        "interrupted": outcome.interrupted,
        "diverged": outcome.diverged,
        "network": network_line,
        "data": data_line,
        "remarks": outcome.remarks,
        "steps": outcome.steps,
        "checked_steps": outcome.checked_steps,
        "tensors_checked": outcome.tensors,
        "worst_error_over_allowance": None if worst is None else worst.ratio,
        "worst_at": None if worst is None else worst.where,
        "first_mismatch": None
        if first is None
        else {"step": first[0], "where": first[1].where, "what": first[1].sentence()},
        "drift": outcome.drift,
        "drift_at": outcome.drift_at,
        "seconds_per_step": {"handnn": outcome.hand_seconds, "keras": outcome.keras_seconds},
        "epochs": {"handnn": outcome.hand, "keras": outcome.keras},
        "directory": directory,
    }


def _show(outcome: Outcome, result: dict[str, Any], directory: str, no_keras: bool) -> None:
    """Print the closing table, the verdict and the line that opens TensorBoard."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("handnn", justify="right")
    if not no_keras:
        table.add_column("Keras", justify="right")
    hand, keras = (side[-1] if side else {} for side in (outcome.hand, outcome.keras))
    for name in hand:
        label = name.replace("val_", "validation ")
        table.add_row(label, f"{hand[name]:.4f}", *([] if no_keras else [f"{keras.get(name, float('nan')):.4f}"]))
    for name in result.get("scores", {}).get("handnn", {}):
        sides = [f"{scores.get(name, float('nan')):.4f}" for scores in result["scores"].values()]
        table.add_row(f"validation {name}", *sides)
    if outcome.hand_seconds is not None:
        times = [seconds(outcome.hand_seconds)]
        times += [] if no_keras else [seconds(outcome.keras_seconds)]
        table.add_row("time per step", *times)
    console.out.print()
    console.out.print(table)
    console.out.print()
    if simple := result.get("baselines"):
        told = [f"{name} {' '.join(f'{k} {v:.4f}' for k, v in found.items())}" for name, found in simple.items()]
        console.field("baseline", f"without a network: {'; '.join(told)} (validation)")
    if outcome.diverged or not all(map(math.isfinite, hand.values())):
        console.out.print(
            f"DIVERGED after {outcome.steps} steps: the loss or a weight is no number; a smaller --learning-rate may "
            "help. What was logged is kept",
            style="yellow",
        )
    if outcome.interrupted:
        console.out.print(f"interrupted after {outcome.steps} steps; the logs are kept", style="yellow")
    if outcome.checked_steps:
        _show_verdict(outcome)
    elif not no_keras:
        console.out.print("nothing was checked (--check-every 0)", style="yellow")
    if outcome.drift_step is not None:
        at = f" ({outcome.drift_at.partition('/')[2]})" if outcome.drift else ""
        console.field("drift", f"the freely trained weights are at most {outcome.drift:.1e} apart{at}")
    console.out.print(f"look     tensorboard --logdir {directory}", soft_wrap=True, markup=False)  # to be copied


def _show_verdict(outcome: Outcome) -> None:
    assert outcome.worst is not None
    if outcome.first_outside is not None:
        step, row = outcome.first_outside
        word = "UNDECIDED" if row.undecided else "MISMATCH"
        console.out.print(f"{word} at step {step}: {row.sentence()}", style="bold red", markup=False, soft_wrap=True)
        return
    console.field(
        "VERIFIED",
        f"{outcome.tensors:,} tensors of {outcome.checked_steps:,} steps agree with TensorFlow's",
        "bold green",
    )
    for remark in outcome.remarks:
        console.field("but", remark, "yellow")
    console.field("worst", f"error / allowance {outcome.worst.ratio:.3f} ({outcome.worst.where})")

"""`handnn compare`: optimizers on the same data, from the same starts, on the same batches."""

import re
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..compare import parity, runner, tensorboard_logs, terminal_table
from ..compare import plan as planning
from ..compare.plan import Plan
from ..compare.results import Comparison, Folder
from ..compare.run import Run
from ..compare.sentences import count, number, tell
from ..core.claim import claimed
from ..specs.optimizer import NAMES, grid, split, usual_rate
from . import INTERRUPTED, console, network
from .verify import was_given

EPILOG = """
\b
Examples:
  handnn compare
  handnn compare --optimizers sgd,adam,"adam(beta_1=0.8)" --seeds 10
  handnn compare --optimizers all --data mnist5k --layers 32 --epochs 6
  handnn compare --learning-rates 1e-3,1e-2 --jobs 2
  handnn compare --resume logs/compare-digits-0123abcd   continue, or show it again
  handnn compare --dask tcp://10.0.0.1:8786              on a Dask cluster
  handnn compare --surfaces --optimizers sgd,adam        their paths on surfaces, beside Keras'

All optimizers try the same number of learning rates. Rate, epoch and the best optimizer are chosen on validation data
and evaluated on test data. Only optimizers whose steps agree with Keras' take part.

Exit status 0: every run finished; 1: an optimizer's steps differ from Keras', or a run failed; 2: bad input;
3: every run finished, but Keras is not installed, so no steps were compared with its.
"""

OPTIMIZERS = "sgd,momentum,rmsprop,adam"
HIDDEN = "16-16"
DECIDING = (
    "data_name", "model_name", "widths", "activation", "output", "loss", "dtype", "optimizers", "rates", "rate_step",
    "learning_rates", "seeds", "epochs", "batch_size", "target", "split_seed", "logdir", "run_name",
)  # fmt: skip
"""Options that the folder of a resumed comparison determines."""


compared_options = network.adding(
    click.option("--optimizers", default=OPTIMIZERS, show_default=True, metavar="NAMES",
                 help=f"{', '.join(NAMES)}; separated by commas, with optional arguments, adam(beta_1=0.8); or all; "
                 "or a class of your own, my_rules.py:MyAdam, of handnn, Keras or NumPy (step(weights, gradients))."),
    click.option("--rates", type=click.IntRange(1), default=5, show_default=True,
                 help="Number of learning rates for each, around its usual one, or around its own learning_rate=."),
    click.option("--rate-step", type=console.Number(0, min_open=True), default=0.5, show_default=True,
                 help="Distance of two rates in decades: 0.5 is a factor of 3.16."),
    click.option("--learning-rates", metavar="RATES", help="Use these rates for all instead, separated by commas."),
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

running_options = network.adding(
    click.option("--jobs", type=click.IntRange(1), default=runner.available_jobs,
                 help="Number of parallel runs on this machine; by default one for each core."),
    click.option("--dask", metavar="ADDRESS", help="Use the workers of this Dask scheduler instead."),
    click.option("--logdir", type=click.Path(file_okay=False), default="logs", show_default=True),
    click.option("--run", "run_name", metavar="NAME",
                 help="Folder below --logdir; by default named after all options that determine the numbers. "
                 "Finished runs in it are not repeated."),
    click.option("--resume", metavar="FOLDER", help="Continue the comparison in this folder, with its options."),
    click.option("--surfaces", is_flag=True,
                 help="Instead, draw the optimizers' paths on five test functions of x and y, with Keras' paths."),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
)  # fmt: skip


@click.command("compare", epilog=EPILOG)
@network.description_options(HIDDEN)
@compared_options
@running_options
@click.pass_context
def command(
    ctx: click.Context, /, jobs: int, dask: str | None, logdir: str, run_name: str | None, resume: str | None,
    surfaces: bool, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Compare optimizers fairly: same data, same starts, same batches, same number of learning rates.

    Finished runs are kept: the same command continues an interrupted comparison. The folder holds every step of every
    run, tables, plots, a report, and logs for TensorBoard.
    """
    if surfaces:
        _on_surfaces(ctx, options["optimizers"], options["dtype"], logdir, run_name, as_json)
    with console.input_errors():
        if resume is not None:
            folder, plan = _resumed(ctx, resume)
        else:
            plan = plan_of(**options)
            folder = Folder(_directory(logdir, run_name, plan))
            folder.open(plan)
        ctx.with_resource(claimed(folder.path))
        before = folder.read()
        if before.missing and plan.version != __version__:
            raise ValueError(
                f"{folder.path} was started by handnn {plan.version}, and {len(before.missing)} of its runs are not "
                f"finished; handnn {__version__} does not mix versions: give another --run"
            )
        described = planning.dataset(plan.data, plan.split_seed, plan.dtype).describe()
    if not as_json:
        console.field("data", described)
        console.field("network", _network_line(plan))
        console.field("runs", _runs_line(plan, before))
    comparison = _trained(folder, plan, jobs, dask, as_json)
    if comparison is None:
        ctx.exit(INTERRUPTED)
    from ..compare.report import write

    failed, written = None, []
    try:
        with console.err.status("writing the report ..."):
            written = write(comparison, folder.path, jobs)
    except OSError as error:  # what was found is still printed
        failed = error
    if as_json:
        console.print_json(_result(comparison, folder.path, written))
    else:
        _show(comparison, folder.path, failed is None)
    if failed is not None:
        raise failed
    ctx.exit(_status(comparison))


def _status(comparison: Comparison) -> int:
    """Return the exit status: 3 where every run finished, but steps were not compared with Keras'."""
    if comparison.excluded or comparison.failed:
        return console.MISMATCH
    return console.UNJUDGED if any(found.get("keras", "") is None for found in comparison.parity.values()) else 0


def _on_surfaces(
    ctx: click.Context, optimizers: str, dtype: str, logdir: str, run_name: str | None, as_json: bool
) -> None:
    """Run the comparison on surfaces; options of data, network and runs are not allowed."""
    from .surfaces import run

    meant = ("optimizers", "dtype", "logdir", "run_name", "surfaces", "as_json")
    with console.input_errors():
        for parameter in ctx.command.params:
            if parameter.name not in meant and was_given(ctx, str(parameter.name)):
                raise ValueError(f"{parameter.opts[0]} has no effect on surfaces; omit it or --surfaces")
    run(ctx, optimizers, dtype if was_given(ctx, "dtype") else "float64", logdir, run_name, as_json)


# ---- from options to a plan -------------------------------------------------------------------------------------


def plan_of(
    data_name: str,
    model_name: str | None,
    widths: str,
    activation: str,
    output: str,
    loss: str,
    dtype: str,
    optimizers: str,
    rates: int,
    rate_step: float,
    learning_rates: str | None,
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
    plan = Plan(
        data=name,
        layers=(found.inputs, *(int(shape[-1] or 1) for shape in model.output_shapes[-1 if model_name else 0 :])),
        activation=activation,
        output=model.nodes[-1].layer.activation.name,
        loss=model.loss.name,
        dtype=dtype,
        optimizers=tuple(names),
        rates={label: _rates(label, rates, rate_step, learning_rates) for label in names},
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


def _rates(label: str, rates: int, step: float, given: str | None) -> tuple[float, ...]:
    if given is None:
        return grid(usual_rate(label), rates, step)
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


def _directory(logdir: str, run_name: str | None, plan: Plan) -> Path:
    """Return the folder: --run, or a name derived from the plan."""
    name = (
        run_name or f"compare-{re.sub(r'[^A-Za-z0-9]+', '-', Path(plan.data).stem).strip('-')}-{plan.fingerprint[:8]}"
    )
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"--run must be a folder's name below --logdir; received {name!r}")
    return Path(logdir, name)


def _resumed(ctx: click.Context, resume: str) -> tuple[Folder, Plan]:
    """Return the folder and its plan."""
    folder = Folder(resume)
    plan = folder.plan()
    for parameter in ctx.command.params:
        if parameter.name in DECIDING and was_given(ctx, parameter.name):
            raise ValueError(f"{parameter.opts[0]} is determined by the comparison in {resume}; omit it")
    planning.samples(plan)
    return folder, plan


# ---- the work ---------------------------------------------------------------------------------------------------


def _trained(folder: Folder, plan: Plan, jobs: int, dask: str | None, quiet: bool) -> Comparison | None:
    """Check parity and train the unfinished cells; return the comparison, or None if Ctrl-C ended it."""
    with console.err.status("") as status:
        parity.ensure(
            folder, plan, lambda label: status.update(f"comparing the steps of {label} with Keras' ..."), _judged
        )
    comparison = folder.read()
    left = [*comparison.missing, *[run.cell for run in comparison.failed]]
    if not left:
        return comparison
    with console.progress_bar(not quiet) as bar:
        task = bar.add_task("training", total=len(left), numbers="")

        def progress(run: Run) -> None:
            loss = "failed" if run.failed else f"{run.val_loss[-1]:.4f}"
            bar.update(task, advance=1, numbers=f"{run.cell.optimizer[:20]} {run.cell.learning_rate:g}: {loss}")

        try:
            with console.input_errors():
                runner.run(folder, plan, left, jobs, dask, progress)
        except KeyboardInterrupt:
            bar.stop()
            kept = len(plan.cells()) - len(folder.read().missing)
            console.err.print(
                f"interrupted; {kept} of {len(plan.cells())} runs are finished and kept. Continue with\n"
                f"  handnn compare --resume {folder.path}", soft_wrap=True, markup=False,
            )  # fmt: skip
            return None
    return folder.read()


def _judged(own: Any, reference: str, options: dict[str, Any], dtype: str) -> tuple[bool, str]:
    """Return whether an optimizer of one's own takes the steps of its `reference`, and the verdict in words."""
    from ..diagnosis.optimizer.check import check_optimizer

    said = check_optimizer(own, reference, dtype=dtype, **options)
    return said.verdict == "match", f"{said.verdict}: {said.summary}"


def _network_line(plan: Plan) -> str:
    widths = plan.model_name or "-".join(map(str, plan.layers))
    parameters = planning.network(plan, plan.seeds[0]).count_params()
    kinds = f"{plan.output}" if plan.model_name else f"{plan.activation} then {plan.output}"
    return f"{widths} ({parameters:,} parameters), {kinds}, {plan.loss}, {plan.dtype}"


def _runs_line(plan: Plan, before: Comparison) -> str:
    rates = len(next(iter(plan.rates.values())))
    finished = f"; {len(before.runs) if before.missing else 'all'} are finished already" if before.runs else ""
    return (
        f"{count(len(plan.optimizers), 'optimizer')} x {count(rates, 'learning rate')} x "
        f"{count(len(plan.seeds), 'seed')} = {len(plan.cells())} runs of {count(plan.epochs, 'epoch')} in batches of "
        f"{plan.batch_size}; target: validation loss {number(plan.target)}{finished}"
    )


# ---- the result -------------------------------------------------------------------------------------------------


def _result(comparison: Comparison, directory: Path, written: list[Path]) -> dict[str, Any]:
    return {
        "ok": not (comparison.excluded or comparison.failed),
        "plan": comparison.plan.to_dict(),
        "parity": comparison.parity,
        "excluded": comparison.excluded,
        "failed": {run.cell.key: run.failed for run in comparison.failed},
        "runs": len(comparison.runs),
        **comparison.summary().to_dict(),
        **tell(comparison)._asdict(),
        "directory": str(directory),
        "written": [str(path) for path in written],
    }


def _show(comparison: Comparison, directory: Path, written: bool) -> None:
    summary, told = comparison.summary(), tell(comparison)
    console.out.print()
    if summary.entries:
        console.out.print(terminal_table.table(summary))
        for line in terminal_table.legend(summary):
            console.out.print(line, style="dim", markup=False)
        console.out.print()
    for i, line in enumerate(told.conclusions):
        console.field("result" if i == 0 else "", line, "bold")
    for line in told.warnings:
        console.field("but", line, "yellow")
    checked = [
        label
        for label in comparison.optimizers
        if comparison.parity.get(label, {}).get("keras", "") is not None and label not in comparison.plan.rules
    ]
    if checked:
        console.field("parity", f"the steps of {count(len(checked), 'optimizer')} agree with Keras', within rounding")
    if not written:
        return
    console.out.print(f"report   {directory / 'report.html'}", soft_wrap=True, markup=False)
    folders = f"{directory / tensorboard_logs.BANDS}   (or {directory / tensorboard_logs.RUNS}: every run)"
    console.out.print(f"look     tensorboard --logdir {folders}", soft_wrap=True, markup=False)

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
from . import INTERRUPTED, console, network
from .compare_plan import compared_options, plan_of
from .verify import was_given

EPILOG = """
\b
Examples:
  handnn compare
  handnn compare --optimizers sgd,adam,"adam(beta_1=0.8)" --seeds 10
  handnn compare --optimizers all --data mnist5k --layers 32 --epochs 6
  handnn compare --search sobol --trials 16              rates, betas, epsilon, ...
  handnn compare --learning-rates 1e-3,1e-2 --jobs 2
  handnn compare --resume logs/compare-digits-0123abcd   continue, or show it again
  handnn compare --dask tcp://10.0.0.1:8786              on a Dask cluster
  handnn compare --surfaces --optimizers sgd,adam        their paths on surfaces, beside Keras'

All optimizers have the same budget of trials, and run once at their defaults. Rate, epoch and the best optimizer are
chosen on validation data and evaluated on test data. A grid is continued while the best rate is at its edge (--extend).
Only optimizers whose steps agree with Keras' take part.

Exit status 0: every run finished; 1: an optimizer's steps differ from Keras', or a run failed; 2: bad input;
3: every run finished, but Keras is not installed, so no steps were compared with its.
"""

HIDDEN = "16-16"
DECIDING = (
    "data_name", "model_name", "widths", "activation", "output", "loss", "dtype", "optimizers", "search", "trials_",
    "rates", "rate_step", "learning_rates", "extend", "seeds", "epochs", "batch_size", "target", "split_seed", "logdir",
    "run_name",
)  # fmt: skip
"""Options that the folder of a resumed comparison determines."""


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
            _checked_search(ctx, options["search"])
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


def _checked_search(ctx: click.Context, search: str) -> None:
    """Raise ValueError for options that the search does not use."""
    unused = ("rates", "rate_step", "extend") if search == "sobol" else ()
    for parameter in ctx.command.params:
        if parameter.name in unused and was_given(ctx, parameter.name):
            raise ValueError(f"{parameter.opts[0]} is for a grid, not for --search sobol; omit it or give --trials")
    if search == "grid" and was_given(ctx, "trials_") and was_given(ctx, "rates"):
        raise ValueError("--trials of a grid is --rates; omit one of them")


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


# ---- folders ----------------------------------------------------------------------------------------------------


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
            while left:  # a grid may be continued when its runs are finished
                with console.input_errors():
                    runner.run(folder, plan, left, jobs, dask, progress)
                comparison = folder.read()
                left = comparison.missing
                bar.update(task, total=(bar.tasks[task].total or 0) + len(left))
        except KeyboardInterrupt:
            bar.stop()
            found = folder.read()
            console.err.print(
                f"interrupted; {len(found.runs)} of {len(found.cells())} runs are finished and kept. Continue with\n"
                f"  handnn compare --resume {folder.path}", soft_wrap=True, markup=False,
            )  # fmt: skip
            return None
    return comparison


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
    trials = count(len(next(iter(plan.rates.values()))), "trial" if plan.search == "sobol" else "learning rate")
    finished = f"; {len(before.runs) if before.missing else 'all'} are finished already" if before.runs else ""
    untuned = len(plan.cells()) - len(plan.optimizers) * len(plan.seeds) * len(next(iter(plan.rates.values())))
    more = f" + {untuned} at defaults" if untuned else ""
    if plan.extend:
        finished += f"; a grid whose best rate is at its edge gets up to {plan.extend} more"
    return (
        f"{count(len(plan.optimizers), 'optimizer')} x {trials} x {count(len(plan.seeds), 'seed')}{more} = "
        f"{len(plan.cells())} runs of {count(plan.epochs, 'epoch')} in batches of {plan.batch_size}; target: "
        f"validation loss {number(plan.target)}{finished}"
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

"""`handnn compare`: optimizers on the same data, from the same starts, on the same batches."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..compare import parity, runner
from ..compare import plan as planning
from ..compare.plan import Plan
from ..compare.results import Comparison, Folder
from ..compare.run import Run
from ..compare.suite import report as over_data
from ..compare.suite.folder import Suite, fingerprint, short_name
from ..core.claim import claimed
from . import INTERRUPTED, console, network
from .compare_plan import compared_options, data_names, plan_of
from .compare_result import announce, result, results, show, show_all
from .verify import was_given

EPILOG = """
\b
Examples:
  handnn compare
  handnn compare --optimizers sgd,adam,"adam(beta_1=0.8)" --seeds 10
  handnn compare --optimizers all --data mnist5k --layers 32 --epochs 6
  handnn compare --data digits,moons,my_table.csv        several data sets
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
            top, folders = _resumed(ctx, resume)
        else:
            _checked_search(ctx, options["search"])
            top, folders = _opened(logdir, run_name, options)
        ctx.with_resource(claimed(top))
        before = [_readable(folder) for folder in folders]
    from ..compare.report import write

    comparisons: dict[str, Comparison] = {}
    each: dict[str, dict[str, Any]] = {}
    failed: OSError | None = None
    for folder, known in zip(folders, before, strict=True):
        if not as_json:
            announce(known.plan, known)
        comparison = _trained(folder, known.plan, jobs, dask, as_json, top)
        if comparison is None:
            ctx.exit(INTERRUPTED)
        written, error = _reported(lambda: write(comparison, folder.path))  # noqa: B023  # called at once
        failed = failed or error
        comparisons[folder.path.name], each[folder.path.name] = comparison, result(comparison, folder.path, written)
        if not as_json:
            show(comparison, folder.path, error is None)
        if folder is not folders[-1]:
            _share_parity(folder, folders)
    if len(folders) > 1:
        written, error = _reported(lambda: over_data.write(comparisons, top))
        failed = failed or error
        if not as_json:
            show_all(comparisons, top, error is None)
    if as_json:
        console.print_json(results(comparisons, each, top, written) if len(folders) > 1 else each[top.name])
    if failed is not None:
        raise failed
    ctx.exit(_status(comparisons.values()))


def _reported(work: Callable[[], list[Path]]) -> tuple[list[Path], OSError | None]:
    """Return the files that were written, or the error of the disk: what was found is printed all the same."""
    try:
        with console.err.status("writing the report ..."):
            return work(), None
    except OSError as error:
        return [], error


def _readable(folder: Folder) -> Comparison:
    """Return the comparison so far, with its data loaded; raise ValueError if it cannot be continued."""
    before = folder.read()
    if before.missing and before.plan.version != __version__:
        raise ValueError(
            f"{folder.path} was started by handnn {before.plan.version}, and {len(before.missing)} of its runs are not "
            f"finished; handnn {__version__} does not mix versions: give another --run"
        )
    planning.samples(before.plan)
    return before


def _share_parity(one: Folder, folders: list[Folder]) -> None:
    """Give the other folders what was found of the same optimizers' steps; they do not depend on the data."""
    for other in folders:
        if not other.parity():
            other.write_parity(one.parity())


def _checked_search(ctx: click.Context, search: str) -> None:
    """Raise ValueError for options that the search does not use."""
    unused = ("rates", "rate_step", "extend") if search == "sobol" else ()
    for parameter in ctx.command.params:
        if parameter.name in unused and was_given(ctx, parameter.name):
            raise ValueError(f"{parameter.opts[0]} is for a grid, not for --search sobol; omit it or give --trials")
    if search == "grid" and was_given(ctx, "trials_") and was_given(ctx, "rates"):
        raise ValueError("--trials of a grid is --rates; omit one of them")


def _status(comparisons: Iterable[Comparison]) -> int:
    """Return the exit status: 3 where every run finished, but steps were not compared with Keras'."""
    known = list(comparisons)
    if any(own.excluded or own.failed for own in known):
        return console.MISMATCH
    unjudged = any(found.get("keras", "") is None for own in known for found in own.parity.values())
    return console.UNJUDGED if unjudged else 0


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


def _opened(logdir: str, run_name: str | None, options: dict[str, Any]) -> tuple[Path, list[Folder]]:
    """Return the folder of the options, and the folders of its comparisons: one for each data set."""
    names = data_names(options["data_name"])
    plans = [plan_of(**options | {"data_name": name}) for name in names]
    top = Path(logdir, _directory(run_name, plans))
    if len(plans) > 1:
        return top, Suite(top).open(plans)
    folder = Folder(top)
    folder.open(plans[0])
    return top, [folder]


def _directory(run_name: str | None, plans: list[Plan]) -> str:
    """Return the folder's name: --run, or one that follows from the plans."""
    same = plans[0].fingerprint if len(plans) == 1 else fingerprint(plans)
    name = run_name or f"compare-{'-'.join(short_name(plan.data) for plan in plans)[:60]}-{same[:8]}"
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"--run must be a folder's name below --logdir; received {name!r}")
    return name


def _resumed(ctx: click.Context, resume: str) -> tuple[Path, list[Folder]]:
    """Return a folder and the folders of its comparisons."""
    folders = Suite(resume).folders() if Suite(resume).exists else [Folder(resume)]
    for folder in folders:
        folder.plan()
    for parameter in ctx.command.params:
        if parameter.name in DECIDING and was_given(ctx, parameter.name):
            raise ValueError(f"{parameter.opts[0]} is determined by the comparison in {resume}; omit it")
    return Path(resume), folders


# ---- the work ---------------------------------------------------------------------------------------------------


def _trained(folder: Folder, plan: Plan, jobs: int, dask: str | None, quiet: bool, top: Path) -> Comparison | None:
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
                f"  handnn compare --resume {top}", soft_wrap=True, markup=False,
            )  # fmt: skip
            return None
    return comparison


def _judged(own: Any, reference: str, options: dict[str, Any], dtype: str) -> tuple[bool, str]:
    """Return whether an optimizer of one's own takes the steps of its `reference`, and the verdict in words."""
    from ..diagnosis.optimizer.check import check_optimizer

    said = check_optimizer(own, reference, dtype=dtype, **options)
    return said.verdict == "match", f"{said.verdict}: {said.summary}"

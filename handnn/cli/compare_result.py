"""`handnn compare`: what it says before and after the runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..compare import plan as planning
from ..compare import tensorboard_logs, terminal_table
from ..compare.plan import Plan
from ..compare.results import Comparison
from ..compare.sentences import count, number, tell
from ..compare.suite import report as over_data
from . import console


def announce(plan: Plan, before: Comparison) -> None:
    """Print data, network and runs."""
    console.field("data", planning.dataset(plan.data, plan.split_seed, plan.dtype).describe())
    console.field("network", _network_line(plan))
    console.field("runs", _runs_line(plan, before))


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


def result(comparison: Comparison, directory: Path, written: list[Path]) -> dict[str, Any]:
    """Return what --json prints of one comparison."""
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


def show(comparison: Comparison, directory: Path, written: bool) -> None:
    """Print the table, the conclusions and where to look."""
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


def results(
    comparisons: Mapping[str, Comparison], each: Mapping[str, dict[str, Any]], directory: Path, written: list[Path]
) -> dict[str, Any]:
    """Return what --json prints of several data sets."""
    return {
        "ok": all(own["ok"] for own in each.values()),
        "data": dict(each),
        **over_data.as_dict(comparisons),
        "directory": str(directory),
        "written": [str(path) for path in written],
    }


def show_all(comparisons: Mapping[str, Comparison], directory: Path, written: bool) -> None:
    """Print what several data sets say together."""
    from rich.table import Table

    found = over_data.all_profiles(comparisons)
    console.out.print()
    for own in over_data.tables(comparisons, found)[:1]:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for heading in own.headings:
            table.add_column(heading if heading != "optimizer" else "", overflow="fold")
        for row in own.rows:
            table.add_row(*row)
        console.out.print(table)
        console.out.print(f"{own.note} 1 is the fastest everywhere.", style="dim", markup=False)
        console.out.print()
    for i, line in enumerate(over_data.conclusions(comparisons, found)):
        console.field("together" if i == 0 else "", line, "bold")
    for line in over_data.warnings(comparisons):
        console.field("but", line, "yellow")
    if written:
        console.out.print(f"report   {directory / 'report.html'}", soft_wrap=True, markup=False)

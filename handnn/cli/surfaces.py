"""`handnn compare --surfaces`: optimizers on two-dimensional test functions, compared with Keras'."""

from pathlib import Path

import click
from rich.table import Table

from ..compare.sentences import count, number
from ..compare.surfaces import report as surface_report
from ..compare.surfaces.functions import surfaces
from ..compare.surfaces.trajectories import STEPS, Paths, walk
from ..core.claim import claimed
from ..specs.optimizer import split
from . import console


def run(ctx: click.Context, optimizers: str, dtype: str, logdir: str, run_name: str | None, as_json: bool) -> None:
    """Compute the paths on every surface, write the folder, print the table, and exit with its status."""
    with console.input_errors():
        names = split(optimizers)
        name = run_name or f"surfaces-{surface_report.fingerprint(names, dtype)}"
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"--run must be a folder's name below --logdir; received {name!r}")
        directory = Path(logdir, name)
        surface_report.ensure_own(directory, names, dtype)
        directory.mkdir(parents=True, exist_ok=True)
        ctx.with_resource(claimed(directory))
        surface_report.ensure_own(directory, names, dtype)  # another process may have come and gone
    with console.progress_bar(not as_json) as bar:
        task = bar.add_task("walking beside Keras", total=len(names) * len(list(surfaces)), numbers="")
        found = walk(names, dtype=dtype, progress=lambda p: bar.update(task, advance=1, numbers=p.surface))
    failed, written = None, []
    try:
        written = surface_report.write(found, directory, dtype)
    except OSError as error:  # what was found is still printed
        failed = error
    if as_json:
        result = surface_report.as_dict(found)
        console.print_json(result | {"directory": str(directory), "written": [str(path) for path in written]})
    else:
        _show(found, directory)
    if failed is not None:
        raise failed
    ctx.exit(0 if all(paths.ok for paths in found) else console.MISMATCH)


def _show(found: list[Paths], directory: Path) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("surface", "optimizer"):
        table.add_column(heading, no_wrap=True)
    for heading in ("rate", "end", "apart", "error / allowed"):
        table.add_column(heading, justify="right", no_wrap=True)
    above = ""
    for paths in found:
        end = float(surfaces[paths.surface].value(paths.hand[-1]))
        style = None if paths.ok else "bold red"
        cells = [paths.surface if paths.surface != above else "", paths.optimizer, f"{paths.learning_rate:g}"]
        table.add_row(*cells, number(end), f"{paths.apart:.0e}", f"{paths.worst.ratio:.3f}", style=style)
        above = paths.surface
    console.out.print(table)
    note = f"end: the height after {STEPS} steps. apart: largest distance to Keras' free path at the same step."
    for line in (note, "error / allowed: of each step on its own, from Keras' point; up to 1 is rounding."):
        console.out.print(line, style="dim", markup=False)
    console.out.print()
    wrong = [paths for paths in found if not paths.ok]
    for paths in wrong:
        console.field("MISMATCH", f"{paths.optimizer} on {paths.surface}: {paths.worst.sentence()}", "bold red")
    if not wrong:
        console.field("VERIFIED", f"every step of {count(len(found), 'path')} is Keras', within rounding", "bold green")
    console.out.print(f"look     {directory / 'plots'}", soft_wrap=True, markup=False)

"""`handnn report`: both sides of a training run on one page."""

import os

import click

from ..compare import side_by_side
from . import console

EPILOG = """
\b
Examples:
  handnn train --run first
  handnn report logs/first                   writes logs/first/report.html
  handnn report logs/first --out page.html

Exit status 0: written; 2: bad input.
"""


@click.command("report", epilog=EPILOG)
@click.argument("run", metavar="RUN", type=click.Path())
@click.option("--out", metavar="FILE.html", help="By default RUN/report.html.")
def command(run: str, out: str | None) -> None:
    """Write one HTML page of a training run, for a browser without network.

    Losses of both sides, histograms of both sides over each other with a slider, error / allowance of every tensor and
    step, drift, the health of every layer, configuration and verdict.
    """
    target = out or os.path.join(run, "report.html")
    with console.input_errors():
        if not target.endswith(".html") or not os.path.isdir(os.path.dirname(target) or "."):
            given = f"--out must be FILE.html in an existing folder; received {out}"
            raise ValueError(given if out else f"RUN must be the folder of a run; received {run}")
        with console.progress_bar(True) as bar:
            task = bar.add_task("drawing", total=None, numbers="")
            size = side_by_side.write(run, target, lambda done, all: bar.update(task, completed=done, total=all))
    console.out.print(f"wrote    {target} ({size / 1e6:.1f} MB): open it in a browser", soft_wrap=True, markup=False)

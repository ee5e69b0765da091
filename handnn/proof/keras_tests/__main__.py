"""`python -m handnn.proof.keras_tests [FAMILY ...] [--jobs N] [--output docs/parity.md]`."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click

from . import page, rules
from .families import FAMILIES


def results(families: list[str], jobs: int, target: str, only: str) -> Iterator[Any]:
    """Yield the Result of each family, in order; with several jobs, from processes of their own."""
    if jobs == 1:
        yield from (_result(family, target, only) for family in families)
        return
    count = len(families)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_result, families, [target] * count, [only] * count)


def _result(family: str, target: str, only: str) -> Any:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tf_reference  # noqa: F401  # before Keras: it chooses the backend

    from .run import run_family

    return run_family(family, target, only)


@click.command()
@click.argument("families", nargs=-1, type=click.Choice(list(FAMILIES)), metavar="[FAMILY]...")
@click.option("--jobs", default=1, show_default=True, help="Number of processes, each with families of its own.")
@click.option("--output", type=click.Path(dir_okay=False), help="Write the section into this page, docs/parity.md.")
@click.option("--only", default="", help="Only tests whose name matches this regular expression.")
@click.option("--target", type=click.Choice(["handnn", "keras"]), default="handnn", help="keras: the baseline.")
@click.option("--need", default=0.0, help="The share of the counted tests that must pass, 0 to 1.")
@click.option("-v", "--verbose", count=True, help="-v lists what fails; -vv what is left out too; -vvv tracebacks.")
def main(
    families: tuple[str, ...], jobs: int, output: str | None, only: str, target: str, need: float, verbose: int
) -> None:
    """Run Keras' own unit tests with handnn in the place of Keras.

    Exit status 0: at least the share NEED of the counted tests passes; otherwise 1.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    found = []
    for result in results(list(families or FAMILIES), jobs, target, only):
        found.append(result)
        click.echo(page.line(result))
        for name, said in result.failed.items() if verbose else ():
            click.echo(f"    fails: {name}: {rules.why(name, said)}")
            if verbose > 2:
                click.echo(result.tracebacks.get(name, ""))
        for name, reason in result.left_out.items() if verbose > 1 else ():
            click.echo(f"    left out: {name}: {reason}")
    click.echo(page.total(found))
    for reason, count in page.reasons(found):
        click.echo(f"{count:5} left out: {reason}")
    if output:
        import keras

        page.write(Path(output), page.section(found, keras.__version__))
    counted = sum(result.counted for result in found)
    if sum(len(result.passed) for result in found) < need * counted or not counted:
        sys.exit(1)


if __name__ == "__main__":
    main()

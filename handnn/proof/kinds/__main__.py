"""`python -m handnn.proof.kinds [NAME ...] [--write]`."""

import os
import sys
from pathlib import Path

import click

from .base import Result, kinds, result
from .table import counted, page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "kinds-of-model.md"


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--write", is_flag=True, help="Write docs/kinds-of-model.md too.")
def main(names: tuple[str, ...], write: bool) -> None:
    """Build each kind of model, train it for two steps, verify each step, and print the count.

    Exit status 0: all that are supported are verified; 1: one is not.
    """
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    found = [_told(name) for name in names or kinds]
    click.echo(counted(found))
    if write:
        PAGE.write_text(page(found), encoding="utf-8")
    sys.exit(not all(own.ok or own.not_supported for own in found))


def _told(name: str) -> Result:
    """Try one kind and print what came of it."""
    found = result(name)
    end = f"{found.tensors:>5} tensors, {found.worst:.3f}" if found.ok else found.wrong
    click.echo(f"{name:<34} {end}")
    return found


if __name__ == "__main__":
    main()

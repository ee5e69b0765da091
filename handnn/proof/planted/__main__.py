"""`python -m handnn.proof.planted [--family NAME] [--only TEXT] [--write]`."""

import os
import sys
from pathlib import Path

import click

from .base import Found, Plant, verified
from .table import FAMILIES, PLANTS, page, totals

PAGE = Path(__file__).resolve().parents[3] / "docs" / "planted.md"


@click.command()
@click.option("--family", type=click.Choice(FAMILIES), multiple=True, help="Only these; all by default.")
@click.option("--only", default="", help="Only mistakes whose name has this in it.")
@click.option("--write", is_flag=True, help="Write docs/planted.md too.")
def main(family: tuple[str, ...], only: str, write: bool) -> None:
    """Plant mistakes in handnn's layers, one at a time, and print the tensor at which `verify` sees each.

    Exit status 0: each is located at the tensor in whose formula it is; 1: one is not.
    """
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    chosen = [plant for plant in PLANTS if plant.family in (family or FAMILIES) and only.lower() in plant.name.lower()]
    found = [_told(plant) for plant in chosen]
    click.echo(totals(found))
    if write:
        PAGE.write_text(page(found), encoding="utf-8")
    sys.exit(not all(own.located for own in found))


def _told(plant: Plant) -> Found:
    """Plant one and print where it is seen."""
    found = verified(plant)
    seen = found.first or "NOWHERE"
    if found.located:
        click.echo(f"{plant.name:<58} {seen}")
    else:
        click.echo(f"{plant.name:<58} {seen}, NOT {plant.at}; all: {', '.join(sorted(found.every))}")
    return found


if __name__ == "__main__":
    main()

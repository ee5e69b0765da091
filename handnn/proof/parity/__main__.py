"""`python -m handnn.proof.parity [--output FILE | --check FILE] [--family NAME]`."""

import difflib
import os
import sys
import time
from pathlib import Path

import click

from ..keras_tests import page as keras_tests
from .row import Line
from .symbols import FAMILIES, symbols


def run(families: tuple[str, ...], only: int | None = None) -> dict[str, list[Line]]:
    """Measure every symbol of these families, or the first few of each; progress goes to stderr."""
    import tf_reference  # noqa: F401, I001  # before Keras: it chooses the backend
    import keras
    import tensorflow as tf

    from .table import measured

    known = symbols()
    found: dict[str, list[Line]] = {}
    for family in families:
        start, found[family] = time.perf_counter(), []
        for symbol, entry in list(known[family].items())[:only]:
            click.echo(f"\r\033[K{family}: {symbol}", err=True, nl=False)
            found[family].append(measured(family, symbol, entry, tf, keras))
        click.echo(f"\r\033[K{family}: {len(found[family])} in {time.perf_counter() - start:.0f} s", err=True)
    return found


@click.command()
@click.option("--output", type=click.Path(dir_okay=False), help="Write the page to this file; else it is printed.")
@click.option("--check", type=click.Path(exists=True, dir_okay=False), help="Compare with this file, numbers aside.")
@click.option("--family", type=click.Choice(FAMILIES), multiple=True, help="Only these; all by default.")
def main(output: str | None, check: str | None, family: tuple[str, ...]) -> None:
    """Measure the agreement of handnn with TensorFlow, symbol by symbol, and write the table.

    Exit status 0: all agree; 1: one does not, or the file to check differs.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    lines = run(family or FAMILIES)
    from .table import page, without_numbers

    path = Path(check or output or os.devnull)
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    before, after = page(lines), keras_tests.split(old)[1]
    text = keras_tests.joined(before, after) if after else before
    wrong = [line.symbol for rows in lines.values() for line in rows if not line.ok]
    if check:
        known, new = without_numbers(old), without_numbers(text)
        differences = list(difflib.unified_diff(known, new, check, "this run", n=0, lineterm=""))
        click.echo("\n".join(differences or [f"{check} is what this run finds, numbers aside"]))
        wrong += [check] if differences else []
    elif output:
        path.write_text(text, encoding="utf-8")
    else:
        click.echo(text)
    if wrong:
        click.echo(f"not in agreement: {', '.join(wrong)}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

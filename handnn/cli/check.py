"""`handnn check`: checks the derivations in a file."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from ..core import atomic
from . import console

EXAMPLES = """
\b
Examples:
  handnn check --new my_network.py     a commented file to fill in
  handnn check my_network.py           a verdict for each derivation in it
  handnn check my_network.py --watch   again whenever it is saved
  handnn check layers/ lstm.py:LSTM    folders, files, one class of a file
  handnn check lab.ipynb --as "4-5-3 tanh softmax categorical_crossentropy"
  handnn check submissions/ --jobs 2 --csv out.csv --html out.html
\b
A function may say what it is in its docstring; without that line its own
forward pass is the judge of its backward pass:
  def loss_and_gradients(parameters, x, y):
      '''handnn: network 4-5-3 tanh softmax categorical_crossentropy'''
\b
Exit status 0: all right; 1: something is wrong or unstable; 2: bad input;
3: nothing is wrong, but something could not be compared.
"""

POLL_SECONDS = 0.05
INCOMPLETE = 3


@click.command("check", epilog=EXAMPLES)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--new", "new", metavar="NAME", help="write a commented starting file of this name")
@click.option("--as", "as_", metavar="WHAT", help="what it is, in place of a 'handnn:' line, such as \"LSTM(4)\"")
@click.option("--make", metavar="EXPRESSION", help='how an object is built, such as "Affine(W, b)"')
@click.option("--loss", metavar="NAME", help="the loss of networks that return none")
@click.option("--hint", type=click.IntRange(1, 3), help="tell only the place (1), the kind too (2), or the fix too (3)")
@click.option("--watch", is_flag=True, help="check again whenever the file is saved; Ctrl-C ends it")
@click.option("--seconds", type=console.Number(min=0.1), default=30.0, show_default=True, help="time limit for each")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="files at the same time")
@click.option("--csv", "csv_file", metavar="FILE", help="write a row for each derivation")
@click.option("--html", "html_file", metavar="FILE", help="write the source with the verdict beside every line")
@click.option("--sarif", "sarif_file", metavar="FILE", help="write what code hosts show beside the lines")
@click.option("--json", "as_json", is_flag=True, help="print the verdicts as JSON")
@click.pass_context
def command(
    ctx: click.Context, /, paths: tuple[str, ...], new: str | None, hint: int | None, watch: bool, seconds: float,
    jobs: int, csv_file: str | None, html_file: str | None, sarif_file: str | None, as_json: bool, **reading: Any,
) -> None:  # fmt: skip
    """Check derivations: right, other convention, unstable, incomplete, or wrong, with the place and the reason."""
    with console.input_errors():
        if new is not None:
            name = written(new, paths[0] if paths else None)
            click.echo(f"{name}: fill in what is marked TODO, then: handnn check {name}")
            return
        if not paths:
            raise ValueError("PATH must be given: a file with derivations, or --new NAME to start one")
    options = {name: value for name, value in reading.items() if value is not None}
    if watch:
        from ..diagnosis import files

        ready = files.ready()
        try:
            _watch(paths[0], seconds, ready, options)
        finally:
            ready.close()
        return
    found = _all(paths, seconds, jobs, options, as_json)
    if len(found) == 1 and found[0].error is not None and not as_json:
        raise console.BadInput(found[0].error)
    from ..diagnosis import pages

    if as_json:
        console.print_json(pages.as_dict(found))
    else:
        click.echo(pages.text(found, hint))
    for file, text in ((csv_file, pages.csv), (html_file, pages.html), (sarif_file, pages.sarif)):
        if file is not None:
            atomic.write(file, text(found).encode())
    ctx.exit(console.BAD_INPUT if len(found) == 1 and found[0].error is not None else _status(found))


def _all(paths: tuple[str, ...], seconds: float, jobs: int, options: dict[str, Any], quiet: bool) -> list[Any]:
    """Return the result of each file, in order; each file is checked in a separate process."""
    from concurrent.futures import ThreadPoolExecutor

    from ..diagnosis import files, pages

    with console.input_errors():
        every = list(files.expanded(list(paths)))

    def one(path: str) -> Any:
        try:
            return pages.Checked(path, files.check_file(path, seconds, **options), None)
        except (OSError, ValueError) as error:
            return pages.Checked(path, [], " ".join(str(error).split()))

    with ThreadPoolExecutor(jobs) as pool, console.progress_bar(len(every) > 1 and not quiet) as bar:
        task = bar.add_task("checking", total=len(every), numbers="")
        found = []
        for checked in pool.map(one, every):
            bar.update(task, advance=1, numbers=os.path.basename(checked.file))
            found.append(checked)
    return found


def _status(found: list[Any]) -> int:
    """Return the exit status: a wrong derivation counts more than one that was not compared."""
    verdicts = [verdict.verdict for checked in found for verdict in checked.verdicts]
    if any(verdict in ("wrong", "unstable") for verdict in verdicts):
        return console.MISMATCH
    if any(verdict in ("incomplete", "broken") for verdict in verdicts) or any(c.error for c in found):
        return INCOMPLETE
    return 0


def _watch(path: str, seconds: float, ready: Any, options: dict[str, Any]) -> None:
    """Check the file each time its content changes, until Ctrl-C."""
    from ..diagnosis import check_file, pages

    seen: tuple[int, int] | None = None
    while True:
        try:
            found = os.stat(path)
            now = (found.st_mtime_ns, found.st_size)
        except OSError:  # editors replace a file by a new one
            now = None
        if now is not None and now != seen:
            seen = now
            if sys.stdout.isatty():
                click.clear()
            try:
                verdicts = check_file(path, seconds, ready, **options)
                click.echo(pages.text([pages.Checked(path, verdicts, None)]))
            except ValueError as error:
                click.echo(f"handnn: {error}")
            click.echo(f"({time.strftime('%H:%M:%S')}; waiting for {path} to be saved)\n")
            ready.prepare()
        elif now is None and seen is None:
            with console.input_errors():
                raise FileNotFoundError(f"{path}: no such file; expected a Python file with derivations")
        time.sleep(POLL_SECONDS)


def written(name: str, also: str | None = None) -> str:
    """Write the starting file; raise ValueError if it exists."""
    path = Path(name if name.endswith(".py") else f"{name}.py")
    if also is not None:
        raise ValueError(f"--new writes a new file and takes no other; received {also!r}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"--new {name}: no folder {path.parent}")
    if path.exists() or not atomic.write_new(path, TEMPLATE.format(name=path.stem).encode()):
        raise ValueError(f"--new {name}: {path} already exists and is not overwritten")
    return str(path)


TEMPLATE = '''"""A derivation to check: handnn check {name}.py

Fill in the lines marked TODO. The line that begins with `handnn:` declares the network to check against: the widths
from input to output, the hidden activation, the output activation and the loss. Conventions are detected automatically:
samples in rows or columns, W or its transpose, sums or means. To declare one, add it after a comma:

    handnn: network 4-5-3 tanh softmax categorical_crossentropy, samples=columns
"""

import numpy as np


def loss_and_gradients(parameters, x, y):
    """Loss and gradients of a network with one hidden layer.

    handnn: network 4-5-3 tanh softmax categorical_crossentropy
    """
    W1, b1, W2, b2 = parameters

    # forward: x is (samples, 4), y one-hot (samples, 3)
    z1 = x @ W1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2 + b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -(y * np.log(p)).sum() / len(x)

    # backward: delta = dL/dz of each layer, then dW and db
    delta2 = (p - y) / len(x)
    dW2 = np.zeros_like(W2)  # TODO
    db2 = np.zeros_like(b2)  # TODO
    delta1 = np.zeros_like(z1)  # TODO: from delta2, through W2 and the derivative of tanh
    dW1 = x.T @ delta1
    db1 = delta1.sum(axis=0)
    return loss, [dW1, db1, dW2, db2]


def swish(z):
    """An activation and its derivative.

    handnn: activation swish
    """
    return z / (1 + np.exp(-z))


def swish_derivative(z):
    s = 1 / (1 + np.exp(-z))
    return s  # TODO: by the product rule, z * sigmoid(z) has two terms
'''

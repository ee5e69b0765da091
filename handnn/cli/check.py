"""`handnn check`: checks the derivations in a file."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from . import console

EXAMPLES = """
\b
Examples:
  handnn check --new my_network.py     a commented file to fill in
  handnn check my_network.py           a verdict for each derivation in it
  handnn check my_network.py --watch   again whenever it is saved
  handnn check my_network.py --json    machine-readable
\b
A function declares what it is in its docstring:
  def loss_and_gradients(parameters, x, y):
      '''handnn: network 4-5-3 tanh softmax categorical_crossentropy'''
"""

POLL_SECONDS = 0.05


@click.command("check", epilog=EXAMPLES)
@click.argument("path", required=False, metavar="FILE.py")
@click.option("--new", "new", metavar="NAME", help="write a commented starting file of this name")
@click.option("--watch", is_flag=True, help="check again whenever the file is saved; Ctrl-C ends it")
@click.option("--seconds", type=console.Number(min=0.1), default=30.0, show_default=True, help="time limit for each")
@click.option("--json", "as_json", is_flag=True, help="print the verdicts as JSON")
@click.pass_context
def command(ctx: click.Context, path: str | None, new: str | None, watch: bool, seconds: float, as_json: bool) -> None:
    """Check derivations: right, other convention, unstable, or wrong, with the place and the reason."""
    with console.input_errors():
        if new is not None:
            name = written(new, path)
            click.echo(f"{name}: fill in what is marked TODO, then: handnn check {name}")
            return
        if path is None:
            raise ValueError("FILE.py must be given: a file with derivations, or --new NAME to start one")
    if watch:
        from ..diagnosis.call.process import Ready

        ready = Ready()
        try:
            _watch(path, seconds, ready)
        finally:
            ready.close()
        return
    with console.input_errors():
        verdicts = _checked(path, seconds)
    if as_json:
        console.print_json(
            {"file": path, "ok": all(v.ok for v in verdicts), "verdicts": [v.to_dict() for v in verdicts]}
        )
    else:
        click.echo(_text(verdicts))
    ctx.exit(0 if all(verdict.ok for verdict in verdicts) else console.MISMATCH)


def _checked(path: str, seconds: float, ready: Any = None) -> list[Any]:
    from ..diagnosis import check_file

    return check_file(path, seconds, ready)


def _text(verdicts: list[Any]) -> str:
    right = sum(verdict.ok for verdict in verdicts)
    return "\n\n".join([*map(str, verdicts), f"{right} of {len(verdicts)} derivations are right"])


def _watch(path: str, seconds: float, ready: Any) -> None:
    """Check the file each time its content changes, until Ctrl-C."""
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
                click.echo(_text(_checked(path, seconds, ready)))
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
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(name=path.stem))
    except FileExistsError:
        raise ValueError(f"--new {name}: {path} already exists and is not overwritten") from None
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

"""`handnn check`: checks the derivations in a file."""

import os
import sys
import time
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from ..core import atomic
from . import console, exercises

EXAMPLES = """
\b
Examples:
  handnn check --new my_network.py     an exercise to fill in: also
      --new batch_normalization.py, convolution.py, lstm.py, attention.py
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
@click.option(
    "--new", "new", metavar="NAME", help=f"write an exercise to fill in; its name may contain {exercises.NAMES}"
)
@click.option("--as", "as_", metavar="WHAT", help="what it is, in place of a 'handnn:' line, such as \"LSTM(4)\"")
@click.option("--make", metavar="EXPRESSION", help='how an object is built, such as "Affine(W, b)"')
@click.option("--loss", metavar="NAME", help="the loss of networks that return none")
@click.option("--hint", type=click.IntRange(1, 3), help="tell only the place (1), the kind too (2), or the fix too (3)")
@click.option("--watch", is_flag=True, help="check again whenever the file is saved; Ctrl-C ends it")
@click.option("--seconds", type=console.Number(min=0.1), default=30.0, show_default=True, help="time limit for each")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="files at the same time")
@click.option("--csv", "csv_file", metavar="FILE", help="write a row for each file")
@click.option("--html", "html_file", metavar="FILE|FOLDER", help="write the source with the verdict beside every line")
@click.option("--sarif", "sarif_file", metavar="FILE", help="write what code hosts show beside the lines")
@click.option("--json", "as_json", is_flag=True, help="print the verdicts as JSON")
@click.pass_context
def command(
    ctx: click.Context, /, paths: tuple[str, ...], new: str | None, hint: int | None, watch: bool, seconds: float,
    jobs: int, csv_file: str | None, html_file: str | None, sarif_file: str | None, as_json: bool, **reading: Any,
) -> None:  # fmt: skip
    """Check derivations: right, other convention, unstable, incomplete, or wrong, with the place and the reason."""
    reports = {"--csv": csv_file, "--html": html_file, "--sarif": sarif_file}
    with console.input_errors():
        if new is not None:
            name = exercises.written(new, paths[0] if paths else None)
            click.echo(f"{name}: fill in what is marked TODO, then: handnn check {name}")
            return
        if not paths:
            raise ValueError("PATH must be given: a file with derivations, or --new NAME to start one")
        written = {option: _place(option, file) for option, file in reports.items() if file is not None}
        if reading["as_"] is not None:
            _known(reading["as_"])
        if watch:
            _python(paths[0])
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
    _report(found, hint, written, as_json)
    ctx.exit(console.BAD_INPUT if len(found) == 1 and found[0].error is not None else _status(found))


def _place(option: str, file: str) -> str:
    """Return the file to write; of a folder the page in it. Raise ValueError if its folder does not exist."""
    place = os.path.join(file, f"check.{option[2:]}") if os.path.isdir(file) or file.endswith(os.sep) else file
    folder = os.path.dirname(place) or "."
    if not os.path.isdir(folder):
        raise ValueError(f"{option} {file}: there is no folder {folder}; expected one that exists")
    return place


def _report(found: list[Any], hint: int | None, written: dict[str, str], as_json: bool) -> None:
    """Write the reports, and print JSON, the verdicts, or of many files a table."""
    from ..diagnosis import pages

    if as_json:
        console.print_json(pages.as_dict(found))
    elif len(found) == 1 or not written:
        _print(pages.text(found, hint))
    if len(found) > 1 and not as_json:
        _print(("" if written else "\n") + pages.terminal_table(found, hint))
    texts = {"--csv": pages.csv, "--html": pages.html, "--sarif": pages.sarif}
    for option, file in written.items():
        with console.input_errors():
            atomic.write(file, texts[option](found, hint).encode())


def _all(paths: tuple[str, ...], seconds: float, jobs: int, options: dict[str, Any], quiet: bool) -> list[Any]:
    """Return the result of each file, in order; each file is checked in a separate process."""
    from concurrent.futures import ThreadPoolExecutor

    from ..diagnosis import files, pages

    with console.input_errors():
        every = list(files.expanded(list(paths)))

    def one(path: str) -> Any:
        began, verdicts, failed = time.perf_counter(), [], None
        try:
            _python(path)
            verdicts = files.check_file(path, seconds, **options)
        except (OSError, ValueError) as error:
            failed = " ".join(str(error).split())
        return pages.Checked(path, verdicts, failed, time.perf_counter() - began)

    with ThreadPoolExecutor(jobs) as pool, console.progress_bar(len(every) > 1 and not quiet) as bar:
        task = bar.add_task("checking", total=len(every), numbers="")
        found = []
        for checked in pool.map(one, every):
            bar.update(task, advance=1, numbers=os.path.basename(checked.file))
            found.append(checked)
    return found


def _python(path: str) -> None:
    """Raise ValueError for a file that is no code."""
    suffix = Path(path).suffix
    if os.path.isfile(path) and suffix not in (".py", ".ipynb"):
        raise ValueError(f"{path}: not code; PATH must be a Python file, a notebook or a folder with such files")


def _known(as_: str) -> None:
    """Raise ValueError if what code is said to be is nothing that exists."""
    import re

    from .. import activations, layers, losses
    from ..core.naming import spelt_alike
    from ..core.registry import Registry
    from ..diagnosis.user.source import directive
    from ..specs import network, optimizer

    try:
        said = directive.parse(as_, kind_needed=False)
        if said.kind == "network":
            if said.reference:
                network.parse(said.reference)
            return
        name = (re.match(r"\w+", said.reference) or [""])[0]
        registries: dict[str, Registry[Any]] = {
            "activation": activations.activations, "loss": losses.losses, "layer": layers.layers,
        }  # fmt: skip
        asked = [registries[kind] for kind in registries if said.kind in ("", kind)]
        rule = said.kind in ("", "optimizer") and spelt_alike(name, optimizer.NAMES)
        if rule:
            said.of("optimizer")  # its options can be read
        if not name or rule or any(name in registry or spelt_alike(name, registry) for registry in asked):
            return
        if said.kind in ("", "layer") and name[0].isupper() and _keras_has(name):
            return
        known = [*(key for registry in asked for key in registry), *(optimizer.NAMES if said.kind != "layer" else ())]
        nearest = get_close_matches(name.lower(), known, n=3)
        hint = f"; did you mean {' or '.join(map(repr, nearest))}?" if nearest else ""
        raise ValueError(f"{name!r} is no {said.kind or 'layer, activation, loss or optimizer'} that is known{hint}")
    except ValueError as error:
        example = 'expected such as "4-5-3 tanh softmax mse", "LSTM(4)", "SGD(momentum=0.9)" or tanh'
        raise ValueError(f"--as: {error}; {example}") from None


def _keras_has(layer: str) -> bool:
    """Return whether Keras, if it is installed, has a layer of this name."""
    try:
        import_module("tf_reference")
    except ModuleNotFoundError:
        return False
    return hasattr(import_module("keras").layers, layer)


def _print(shown: str) -> None:
    """Print a text, in colours on a terminal that wants them."""
    from ..diagnosis import pages

    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    click.echo(pages.coloured(shown) if coloured else shown)


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
                _print(pages.text([pages.Checked(path, verdicts, None)]))
            except ValueError as error:
                click.echo(f"handnn: {error}")
            click.echo(f"({time.strftime('%H:%M:%S')}; waiting for {path} to be saved)\n")
            ready.prepare()
        elif now is None and seen is None:
            with console.input_errors():
                raise FileNotFoundError(f"{path}: no such file; expected a Python file with derivations")
        time.sleep(POLL_SECONDS)

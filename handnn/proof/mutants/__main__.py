"""`python -m handnn.proof.mutants [--family NAME] [--only NAME] [--jobs N] [--record FILE] [--output FILE]`."""

import os
import sys
import time

import click

from .judge import Result
from .plumbing.families import FAMILIES as PLUMBING
from .targets import FAMILIES, targets


@click.command()
@click.option("--family", type=click.Choice([*FAMILIES, *PLUMBING]), multiple=True, help="Only these; all by default.")
@click.option("--only", help="Only functions whose title has this in it, such as Softmax or softmax.backward.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes (for formulas).")
@click.option("--tests/--no-tests", default=True, help="Ask the tests where Keras sees no difference.")
@click.option("--sample", type=click.IntRange(1), default=300, show_default=True, help="Changes of a plumbing family.")
@click.option("--all", "every", is_flag=True, help="Every change of a plumbing family.")
@click.option("--recorded", is_flag=True, help="Try nothing: write what the record has.")
@click.option("--slips", is_flag=True, help="Only plant the mistakes that once no test noticed.")
@click.option("--record", type=click.Path(dir_okay=False), help="Append each result to this file and go on from it.")
@click.option("--output", type=click.Path(dir_okay=False), help="Write the page to this file; else it is printed.")
def main(
    family: tuple[str, ...],
    only: str | None,
    jobs: int,
    tests: bool,
    sample: int,
    every: bool,
    recorded: bool,
    slips: bool,
    record: str | None,
    output: str | None,
) -> None:
    """Change formulas and plumbing in every place, and check that Keras or a test detects each change.

    Formulas are compared with TensorFlow; what it does not notice, and plumbing (optimizers, the training loop, files,
    logs, comparisons), is judged by the everyday tests of the family that execute the statement. With --output, the
    families of the page that were not run stay.

    Exit status 0: each change is detected or is known to make no difference; 1: one is neither.
    """
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    chosen = family or (*FAMILIES, *PLUMBING)
    if slips:
        sys.exit(_slips())
    # Plumbing first: its processes are copies of this one, which must not have run TensorFlow yet.
    plumbing = _plumbing(
        [name for name in chosen if name in PLUMBING], only, None if every else sample, record, recorded
    )
    formulas = [
        result
        for name in chosen
        if name in FAMILIES
        for result in _formulas(name, only, jobs, tests and not recorded, record, recorded)
    ]
    _write(formulas, plumbing, output)
    sys.exit(any(not result.killed and not result.reason for result in (*formulas, *plumbing)))


def _formulas(
    family: str, only: str | None, jobs: int, tests: bool, record: str | None, recorded: bool
) -> list[Result]:
    """Let Keras judge the changes of a family, then the tests what Keras did not notice."""
    import joblib

    from .judge import run
    from .tests import noticed

    every = targets(family)
    work = [i for i, target in enumerate(every) if only is None or only.lower() in target.title.lower()]
    began = time.perf_counter()
    results: dict[tuple[int, int], Result] = {}
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1)
    done = parallel(joblib.delayed(run)(family, i, record, recorded) for i in work)
    for number, (i, found) in enumerate(zip(work, done, strict=True), start=1):
        results |= {(i, place): result for place, result in found}
        seconds = time.perf_counter() - began
        left = seconds / number * (len(work) - number)
        _show(f"{family}: {number} of {len(work)} functions, {left:.0f} s left")
    waiting = [where for where, result in results.items() if not result.killed and not result.reason]
    if tests and waiting:
        _show(f"{family}: the tests judge {len(waiting)} changes")
        so_far = {where: results[where].seconds for where in waiting}
        for where, (by, seconds) in noticed(family, so_far, record).items():
            results[where] = results[where]._replace(by=by, seconds=seconds)
    _show("")
    return list(results.values())


def _plumbing(
    families: list[str], only: str | None, sample: int | None, record: str | None, recorded: bool
) -> list[Result]:
    from .plumbing.run import load, run

    if families and not recorded:
        load()
    found = [result for name in families for result in run(name, only, sample, record, _show, recorded)]
    _show("")
    return found


def _slips() -> int:
    """Plant the slips; return 1 if no test notices one of them."""
    from .plumbing import slips
    from .plumbing.run import load

    load()
    found = slips.run(seen=click.echo)
    return int(not all(found.values()))


def _show(text: str) -> None:
    """Show one line on the terminal in the place of the last."""
    click.echo(f"\r\033[K{text[:110]}", err=True, nl=False)


def _write(formulas: list[Result], plumbing: list[Result], output: str | None) -> None:
    from .page import page

    before = ""
    if output and os.path.exists(output):
        with open(output, encoding="utf-8") as file:
            before = file.read()
    text = page(formulas, plumbing, before)
    if output:
        with open(output, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        click.echo(text)


if __name__ == "__main__":
    main()

"""What is imported in place of a user's file: a copy without its script, or of the functions of a notebook."""

import re
import tempfile
from pathlib import Path

from ..lines.record.instrument import package
from ..lines.record.older import modern
from .call.program import COUNTS
from .readings.scripts import as_function
from .source.aliases import with_kept_outputs
from .source.copies import counts, from_notebook, without_script
from .source.engines import with_operators
from .source.passes import with_one_pass, with_rows
from .source.starts import with_given_weights, with_kept_weights
from .source.told import with_told_losses

RELATIVE = re.compile(r"^\s*from \.", re.MULTILINE)
CHANGES = {
    with_kept_outputs: "arrays that are changed under another name are copied before",
    with_operators: "each operator of its engine is tried in a function written below it",
    with_given_weights: "weights that a function makes before it trains them are given to it",
    with_rows: "what goes along an axis is written as a loop",
    with_one_pass: "of the passes that are written into its training, one is made",
    with_told_losses: "a loss that is told after the step is taken before it: its gradients are of those weights",
    with_kept_weights: "weights that a method makes anew are made once: it trains those that it is given",
}
COPIES: list[tempfile.TemporaryDirectory[str]] = []


def prepared(file: Path) -> tuple[Path, list[int], list[str]]:
    """Return the file to import, the cell of each of its lines if it was a notebook, and remarks."""
    if not file.is_file():
        return file, [], []
    if file.suffix == ".ipynb":
        target = copy_of(file)
        return target, from_notebook(file, target), ["from a notebook: its imports, functions and classes"]
    alone = package(file.resolve())[1] == file.stem
    own, remarks = file.read_text(encoding="utf-8", errors="replace"), []
    newer = modern(own)
    if newer is not None:
        own, remarks = newer, ["written for Python 2: / of whole numbers is read as Python 3 does"]
    counted = counts(own) if alone else []
    text = without_script(own, as_function) if alone else None
    if text is not None:
        own, remarks = text, ["loops and calls at module level were left out", *remarks]
    for change, said in CHANGES.items() if alone or not RELATIVE.search(own) else ():
        changed = change(own)
        own, remarks = (own, remarks) if changed is None else (changed, [*remarks, said])
    if not (remarks or counted):
        return file, [], []
    made = [f"{name} = globals().get({name!r}, 1)" for name in counted]
    own = "\n".join([own, *made, f"{COUNTS} = {counted}", ""]) if counted else own
    remarks += [f"{', '.join(counted)}: the number of samples that it is given"] if counted else []
    target = copy_of(file)
    target.write_text(own, encoding="utf-8")
    return target, [], remarks


def copy_of(file: Path) -> Path:
    """Return where a copy of a file is written; it is removed when Python ends."""
    COPIES.append(tempfile.TemporaryDirectory(prefix="handnn-check-"))
    return Path(COPIES[-1].name) / f"{file.stem}.py"

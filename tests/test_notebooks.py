"""The notebooks of docs/notebooks: what is stored is a whole run without errors, and they still run."""

import re
import runpy
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))
MACHINE = re.compile(r"/(?:home|root|tmp|work|Users)/")


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def faults(notebook):
    """What is not as a run from top to bottom leaves it."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    found = []
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        found.append("cells were not run once, in order")
    if any(output.output_type == "error" for output in outputs(notebook)):
        found.append("a cell failed")
    texts = [output.get("text", "") + str(output.get("data", {}).get("text/plain", "")) for output in outputs(notebook)]
    if any(MACHINE.search(text) for text in texts):
        found.append("an output names a path of the machine")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stored(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not faults(notebook) and len(outputs(notebook)) > 2
    assert path.stat().st_size < 1e6


def test_each_subject_has_a_notebook():
    assert {p.stem for p in NOTEBOOKS} == {
        "derive_a_two_layer_network", "vanishing_gradients", "choose_an_optimizer",
    }  # fmt: skip


def test_faults_are_seen():
    def made(count, output):
        cell = nbformat.v4.new_code_cell("1", execution_count=count, outputs=[output])
        return nbformat.v4.new_notebook(cells=[cell])

    text = nbformat.v4.new_output("stream", text="done")
    assert faults(made(1, text)) == [] and faults(made(None, text)) == ["cells were not run once, in order"]
    assert faults(made(1, nbformat.v4.new_output("error", ename="E", evalue="", traceback=[]))) == ["a cell failed"]
    assert len(faults(made(1, nbformat.v4.new_output("stream", text="wrote /tmp/x")))) == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Jupyter and its event loop
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path):
    """With their own assertions; the same kinds of output in every cell as are stored."""
    run = runpy.run_path(str(ROOT / "docs/make_notebooks.py"))["run"]

    def kinds(notebook):
        shown = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
        return [sorted({o.output_type + "".join(sorted(o.get("data", {}))) for o in own}) for own in shown]

    assert kinds(run(path)) == kinds(nbformat.read(path, as_version=4))

"""Run the notebooks of docs/notebooks and store what they show: `python docs/make_notebooks.py [NAME ...]`.

Each is run from top to bottom in a new kernel. A notebook whose cell fails is left as it was, and the command ends with
status 1; the cells' own assertions say what has to be true.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = sorted((Path(__file__).parent / "notebooks").glob("*.ipynb"))
SECONDS = 900
"""The longest that a cell, or the start of a kernel, may take."""


def run(path: Path) -> nbformat.NotebookNode:
    """Return the notebook with the outputs of a new run.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook, timeout=SECONDS, startup_timeout=SECONDS, kernel_name="python3", record_timing=False
    )
    client.execute(cwd=str(path.parent))
    notebook.metadata.pop("language_info", None)  # the version of Python that happened to run it
    return notebook


def main() -> None:
    wanted = sys.argv[1:]
    chosen = [path for path in NOTEBOOKS if not wanted or path.stem in wanted]
    if len(chosen) < len(wanted):
        sys.exit(f"NAME must be of {', '.join(path.stem for path in NOTEBOOKS)}; received {' '.join(wanted)}")
    failed = False
    for path in chosen:
        try:
            nbformat.write(run(path), path)
            print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
        except CellExecutionError as error:
            failed = True
            print(f"{path.name}: {error}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

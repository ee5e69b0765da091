"""`Comparison`: all runs of a plan, and the folder that holds them.

    plan.json  parity.json  cells/<key>.npz

Files are written atomically: under another name, flushed to disk, then renamed.
"""

import functools
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..core import atomic
from ..core.claim import LOCK
from .plan import OPTIONAL, Cell, Plan
from .run import Run
from .search.extension import extended
from .statistics import Summary, summarize

PLAN, PARITY, CELLS = "plan.json", "parity.json", "cells"
CURVES = ("loss", "evaluated_at", "train_loss", "val_loss", "test_loss", "seconds")
ACCURACIES = ("train_accuracy", "val_accuracy", "test_accuracy")


@dataclass
class Comparison:
    """All finished runs of a plan.

    Attributes:
        parity: by optimizer {"ok": bool, "worst": error / allowance, "sentence": str}; an optimizer whose steps differ
            from Keras' is not ok, and is not trained.
        missing: unfinished cells of optimizers that take part.
    """

    plan: Plan
    runs: dict[Cell, Run]
    parity: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: list[Cell] = field(default_factory=list)

    @property
    def optimizers(self) -> list[str]:
        """The optimizers that take part: those whose steps agree with Keras'."""
        return [label for label in self.plan.optimizers if self.parity.get(label, {"ok": True})["ok"]]

    @property
    def excluded(self) -> list[str]:
        """The optimizers whose steps differ from Keras'."""
        return [label for label in self.plan.optimizers if label not in self.optimizers]

    @functools.cached_property
    def rates(self) -> dict[str, tuple[float, ...]]:
        """The learning rates of each optimizer: those of the plan, and those beyond the edge of its grid."""
        return extended(self.plan, self.runs)

    def cells(self) -> list[Cell]:
        """Return all cells known so far, of the optimizers that take part."""
        return [*self.runs, *self.missing]

    @property
    def failed(self) -> list[Run]:
        return [run for run in self.runs.values() if run.failed]

    def summary(self) -> Summary:
        """Return the statistics, computed once."""
        return self._summary

    @functools.cached_property
    def _summary(self) -> Summary:
        return summarize(self.plan, self.runs, self.optimizers, self.missing, self.rates)


class Folder:
    """The folder of a comparison."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.path = Path(directory)

    @property
    def plan_file(self) -> Path:
        return self.path / PLAN

    def open(self, plan: Plan) -> None:
        """Create the folder, or continue with one that has the same plan.

        Raises:
            ValueError: it holds something else, or another plan; the message says what differs. Nothing changes.
        """
        if not self.plan_file.is_file():
            if self._holds_something_else() and not self.plan_file.is_file():  # another one may have come first
                raise ValueError(f"{self.path} holds other files than a comparison's; give another --run")
            (self.path / CELLS).mkdir(parents=True, exist_ok=True)
            if atomic.write_new(self.plan_file, json.dumps(plan.to_dict(), indent=2).encode() + b"\n"):
                return
        differing = difference(self.plan(), plan)
        if differing:
            raise ValueError(f"{self.path} holds another comparison: {differing}; give another --run")

    def _holds_something_else(self) -> bool:
        """Return whether it is no folder that is empty, or in which another process is about to write its plan."""
        if not self.path.is_dir():
            return self.path.exists()
        cells = self.path / CELLS
        passing = (CELLS, LOCK)
        found = [p for p in self.path.iterdir() if p.name not in passing and not p.name.endswith(atomic.PARTIAL)]
        return bool(found) or (cells.is_dir() and any(cells.iterdir()))

    def plan(self) -> Plan:
        """Read plan.json.

        Raises:
            ValueError: it is not a plan.
            FileNotFoundError: it does not exist.
        """
        try:
            given = json.loads(self.plan_file.read_text(encoding="utf-8"))
            return Plan.from_dict(given)
        except FileNotFoundError:
            raise FileNotFoundError(f"{self.path} holds no comparison: there is no {PLAN}") from None
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise ValueError(f"{self.plan_file} is not the plan of a comparison: {error}") from None

    def parity(self) -> dict[str, dict[str, Any]]:
        """Read parity.json; {} if parity has not been checked yet."""
        path = self.path / PARITY
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def write_parity(self, found: dict[str, dict[str, Any]]) -> None:
        atomic.write(self.path / PARITY, json.dumps(found, indent=2).encode() + b"\n")

    def write(self, plan: Plan, run: Run) -> None:
        """Write a finished cell."""
        arrays = {name: getattr(run, name) for name in CURVES}
        arrays |= {name: getattr(run, name) for name in ACCURACIES if getattr(run, name) is not None}
        about = {
            "plan": plan.fingerprint,
            "key": run.cell.key,
            "step_seconds": run.step_seconds,
            "slot_bytes": run.slot_bytes,
            "failed": run.failed,
            "together": run.together,
            "why": run.why,
            "made": run.made,
        }
        content = io.BytesIO()
        with atomic.writing_zip():
            np.savez_compressed(content, about=np.array(json.dumps(about)), **arrays)
        atomic.write(self.file(run.cell), content.getvalue())

    def file(self, cell: Cell) -> Path:
        return self.path / CELLS / f"{cell.key}.npz"

    def run(self, plan: Plan, cell: Cell) -> Run | None:
        """Read a finished cell; None if it does not exist.

        Raises:
            ValueError: the file is damaged, or is a cell of another plan.
        """
        path = self.file(cell)
        if not path.exists():
            return None
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as found:
                about = json.loads(str(found["about"]))
                arrays = {name: found[name] for name in CURVES}
                arrays |= {name: found.get(name) for name in ACCURACIES}
        except Exception as error:  # NumPy's error for a damaged file depends on the kind of damage
            told = " ".join(str(error).split())
            raise ValueError(f"{path} is damaged ({told}); remove it to run that cell again") from None
        if (about.get("plan"), about.get("key")) != (plan.fingerprint, cell.key):
            raise ValueError(f"{path} is a cell of another comparison; remove it to run that cell again")
        kept = {name: about[name] for name in ("step_seconds", "slot_bytes", "failed")}
        kept |= {name: about.get(name, "") for name in ("why", "made")}
        return Run(cell, **arrays, **kept, together=about.get("together", 1))

    def read(self) -> Comparison:
        """Read the plan, its parity and all finished cells, those beyond the edge of a grid included."""
        plan = self.plan()
        comparison = Comparison(plan, {}, self.parity())
        entering, cells = set(comparison.optimizers), plan.cells()
        while cells:
            for cell in cells:
                if cell.optimizer not in entering:
                    continue
                run = self.run(plan, cell)
                if run is None:
                    comparison.missing.append(cell)
                else:
                    comparison.runs[cell] = run
            known = {*comparison.runs, *comparison.missing}
            rates = extended(plan, comparison.runs)
            cells = [cell for seed in plan.seeds for label in comparison.optimizers for rate in rates[label]
                     if (cell := Cell(label, rate, seed)) not in known]  # fmt: skip
        return comparison


def read(directory: str | os.PathLike[str]) -> Comparison:
    """Read the comparison of a folder.

    Raises:
        ValueError: a file is damaged or belongs to another comparison; the message names it.
        FileNotFoundError: the folder holds no comparison.
    """
    return Folder(directory).read()


def difference(one: Plan, other: Plan) -> str:
    """Return the differences between two plans as text; '' if they are equal."""
    there, here = one.to_dict(), other.to_dict()
    there, here = ({**OPTIONAL, **found} for found in (there, here))
    return ", ".join(f"{name} {_short(there[name])}, not {_short(here[name])}" for name in there
                     if there[name] != here[name])  # fmt: skip


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

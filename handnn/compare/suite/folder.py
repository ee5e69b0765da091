"""The folder of several comparisons: `suite.json` names them, each is a folder of its own inside it."""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from ...core import atomic
from ..plan import Plan
from ..results import PLAN, Comparison, Folder

SUITE = "suite.json"


def short_name(data: str) -> str:
    """Return a data set's name as part of a file name: 'digits', 'my-table' of '/data/my table.csv'."""
    return re.sub(r"[^A-Za-z0-9]+", "-", Path(data).stem).strip("-") or "data"


def names_of(plans: list[Plan]) -> list[str]:
    """Return a name for each plan's data, no two the same."""
    found: list[str] = []
    for plan in plans:
        name = short_name(plan.data)
        found.append(name if name not in found else f"{name}-{plan.fingerprint[:8]}")
    return found


def fingerprint(plans: list[Plan]) -> str:
    """Return a digest of all plans."""
    return hashlib.sha256(" ".join(plan.fingerprint for plan in plans).encode()).hexdigest()[:16]


class Suite:
    """Several comparisons of the same optimizers in one folder."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.path = Path(directory)

    @property
    def exists(self) -> bool:
        return (self.path / SUITE).is_file()

    def open(self, plans: list[Plan]) -> list[Folder]:
        """Create the folder with a comparison for each plan, or continue the one that is there.

        Raises:
            ValueError: it holds something else, or another comparison. Nothing changes.
        """
        about = {"comparisons": names_of(plans), "fingerprint": fingerprint(plans)}
        if not self.exists:
            if (self.path / PLAN).exists() or (self.path.exists() and any(self.path.iterdir())):
                raise ValueError(f"{self.path} holds other files than a comparison's; give another --run")
            self.path.mkdir(parents=True, exist_ok=True)
            atomic.write_new(self.path / SUITE, json.dumps(about, indent=2).encode() + b"\n")
        if self._about() != about:
            raise ValueError(f"{self.path} holds another comparison of data sets; give another --run")
        folders = self.folders()
        for folder, plan in zip(folders, plans, strict=True):
            folder.open(plan)
        return folders

    def _about(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.path / SUITE).read_text(encoding="utf-8"))
            if not all(re.fullmatch(r"[A-Za-z0-9-]+", name) for name in found["comparisons"]):
                raise ValueError("comparisons must be names of folders")
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{self.path / SUITE} does not name comparisons: {error}") from None
        return found

    def folders(self) -> list[Folder]:
        """Return the folder of each comparison.

        Raises:
            ValueError: suite.json is damaged.
        """
        return [Folder(self.path / name) for name in self._about()["comparisons"]]

    def read(self) -> dict[str, Comparison]:
        """Return every comparison under the name of its data."""
        return {folder.path.name: folder.read() for folder in self.folders()}

"""What was found so far, one line of JSON for each change: a run that is stopped goes on where it was."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from .targets import Target


class Noticed(NamedTuple):
    """Who noticed a change, '' for nobody, and after how many seconds."""

    by: str
    seconds: float


class Record:
    """File of the changes that were noticed or not; without a path it keeps nothing.

    A change is known by its function's source, so that a function that is no longer the same is tried anew. What was
    not noticed is not held against Keras again, but left to the tests: after a change of the checks, begin a new file.
    """

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.noticed: dict[str, Noticed] = {}
        if path and Path(path).exists():
            for line in Path(path).read_text(encoding="utf-8").splitlines():
                found = json.loads(line)
                self.noticed[found["key"]] = Noticed(found["by"], found["seconds"])

    def key(self, family: str, target: Target, number: int) -> str:
        """Return the name of the change with this number."""
        return f"{family} {target.title} {hashlib.sha256(target.source.encode()).hexdigest()[:16]} {number}"

    def get(self, key: str) -> Noticed | None:
        """Return who noticed a change; None if it was never tried."""
        return self.noticed.get(key)

    def add(self, key: str, change: str, noticed: Noticed) -> None:
        """Append what was found, at once: the next change may be the last."""
        if self.path:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "change": change, **noticed._asdict()}) + "\n")

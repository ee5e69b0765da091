"""The results so far, one line of JSON per change, so that an interrupted run can resume."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from .targets import Target


class Noticed(NamedTuple):
    """What detected a change ('' for nothing), and after how many seconds."""

    by: str
    seconds: float


class Record:
    """A file of detected and undetected changes; without a path nothing is stored.

    A change is identified by its function's source, so a modified function is tried again. An undetected change is not
    compared with Keras again, only with the tests: after a change of the checks, start a new file.
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
        """Return what detected a change; None if it was never tried."""
        return self.noticed.get(key)

    def add(self, key: str, change: str, noticed: Noticed) -> None:
        """Append a result immediately, because the next change may end the process."""
        if self.path:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "change": change, **noticed._asdict()}) + "\n")

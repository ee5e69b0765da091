"""The second check: runs the tests of a symbol, or of its family, in this process on the mutated library."""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core.naming import snake_case

PLACES = {
    "activations": ("activations",),
    "losses": ("losses",),
    "layers": ("layers",),
}
"""Where the tests of a family are, below tests/."""
TESTS = Path(__file__).parents[3] / "tests"


class FirstFailure:
    """A plugin that records the name of the first failing test."""

    def __init__(self) -> None:
        self.name = ""
        self.passed = 0

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Record the report of one test."""
        self.passed += report.passed and report.when == "call"
        if report.failed and not self.name:
            self.name = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        """Record a file that cannot be loaded."""
        if report.failed and not self.name:
            self.name = report.nodeid


def failing_test(family: str, symbol: str | None, first: Sequence[str] = (), without: Sequence[str] = ()) -> str:
    """Return the first failing test with the symbol's name in its own, or any of the family; '' if all pass.

    `first` are tests to begin with, `without` tests to leave out.
    """
    options = [] if symbol is None else ["--all", "-k", f"{symbol} or {snake_case(symbol)}"]
    options += [f"--deselect={test}" for test in without]
    found = fails(*first) if first else ""
    return found or _run([*options, *(str(TESTS / place) for place in PLACES[family])])


def fails(*tests: str) -> str:
    """Return the first of these tests that fails, '' if all pass."""
    return _run([str(TESTS.parent / test) for test in tests])


def _run(options: list[str]) -> str:
    import pytest

    seen = FirstFailure()
    options = ["-x", "-q", "--import-mode=importlib", *options]
    options += [f"--rootdir={TESTS.parent}", "-c", str(TESTS.parent / "pyproject.toml")]
    options += ["-p", "no:cacheprovider", "-p", "no:xdist"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main(options, plugins=[seen])
    return seen.name


def available() -> bool:
    """Return whether the tests exist; they are not installed with the package."""
    return (TESTS / "conftest.py").exists()

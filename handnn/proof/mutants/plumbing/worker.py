"""The judge of plumbing: a process that has loaded everything once, and a forked copy of it for each change.

TensorFlow starts its threads with the first operation, so a process that has only imported it can still be forked.
pytest collects the family's tests once; `coverage.py` tells which of them execute a statement. Each change gets a copy
that runs these, until one fails.
"""

import gc
import itertools
import resource
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .copies import Tell, allow, in_a_copy
from .coverage import Coverage, Line
from .install import Living, Patch

CPU_SECONDS, PER_SECOND = 20.0, 4.0
"""A copy may use these seconds, and this multiple of what its tests took when traced."""
OF_A_TEST = 10.0
"""A test in a copy may use these seconds, and the same multiple of its own: a loop without an end costs little."""
PATIENCE = 20.0
"""Of the tests that execute a statement, those are asked that together take this long, the fastest first."""


class Asked(NamedTuple):
    """A change to try: where it is, as title and lines of a file, and how it is put in."""

    title: str
    lines: set[Line]
    patch: Patch


class Judge:
    """A plugin of pytest that runs, in place of the tests, a copy of this process for each change.

    Args:
        changes: what to try. coverage: what the tests execute; it is recorded first.
        told: called with the number of each change, the test that noticed it ('' for none), and the CPU seconds.
        note: called with tests that fail on the right code; they are not asked.
    """

    def __init__(
        self,
        changes: list[Asked],
        coverage: Coverage,
        told: Callable[[int, str, float], None],
        note: Callable[[str], None],
    ) -> None:
        self.changes, self.coverage, self.told, self.note = changes, coverage, told, note
        self.failed = ""
        self.error: Exception | None = None
        self.killers: dict[str, list[str]] = {}
        self.sound: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Remember a failing test."""
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_runtestloop(self, session: Any) -> bool:
        """Run the copies in place of the tests."""
        try:
            self._judge(session)
        except Exception as error:  # pytest would only print it
            self.error = error
        return True

    def _judge(self, session: Any) -> None:
        gc.collect()
        self.living = Living()
        gc.freeze()
        self.items = {item.nodeid: item for item in session.items}
        self.coverage.measure(session.items, self.living, self._passes)
        for name in self.coverage.failed:
            self.note(f"fails on the right code, and is not asked: {name}")
        for number, change in enumerate(self.changes):
            began = _cpu()
            by = self._noticed(change)
            self.told(number, by, _cpu() - began)

    # ---- one change -------------------------------------------------------------------------------------------------

    def _noticed(self, change: Asked) -> str:
        """Return the test that notices the change, '' if none does; a test counts if it passes on the right code."""
        covering = {name for name, test in self.coverage.tests.items() if test.lines & change.lines}
        while covering:
            known = self.killers.setdefault(change.title, [])
            first = [name for name in known if name in covering]
            rest = sorted(covering - set(first), key=lambda name: (self.coverage.tests[name].seconds, name))
            order = self._within_patience(first + rest)
            name, end = self._ask(order, change)
            if not name:
                return ""
            if name not in self.sound:
                self.sound[name] = not self._ask(order[: order.index(name) + 1], None)[0]
            if self.sound[name]:
                known[:] = [name, *(other for other in known if other != name)]
                return f"{name} ({end})" if end else name
            covering.remove(name)
        return ""

    def _within_patience(self, names: list[str]) -> list[str]:
        """Return the first of these tests, as many as take `PATIENCE` seconds together, at least one."""
        ends = itertools.accumulate(self.coverage.tests[name].seconds for name in names)
        return [name for i, (name, end) in enumerate(zip(names, ends, strict=True)) if end <= PATIENCE or not i]

    def _ask(self, names: list[str], change: Asked | None) -> tuple[str, str]:
        """Return the first of these tests that fails in a copy with the change, and how the copy ended."""
        seconds = CPU_SECONDS + PER_SECOND * sum(self.coverage.tests[name].seconds for name in names)
        lines, end = in_a_copy(lambda tell: self._first_failing(names, change, tell), seconds)
        if end:
            return lines[-1].partition(" ")[2], end
        return (lines[-1].partition(" ")[2] if lines[-1].startswith("failed ") else ""), ""

    def _first_failing(self, names: list[str], change: Asked | None, tell: Tell) -> None:
        if change is not None and not self.living.install(change.patch):
            raise RuntimeError(f"{change.title} is not loaded")
        for item, following in _with_next([self.items[name] for name in names]):
            tell(f"running {item.nodeid}")
            allow(OF_A_TEST + PER_SECOND * self.coverage.tests[item.nodeid].seconds)
            if not self._passes(item, following):
                tell(f"failed {self.failed}")
                return

    def _passes(self, item: Any, following: Any) -> bool:
        self.failed = ""
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        return not self.failed


def _with_next(items: list[Any]) -> Iterable[tuple[Any, Any]]:
    return zip(items, [*items[1:], None], strict=True)


def _cpu() -> float:
    """Return the CPU seconds of this process and of the copies that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )

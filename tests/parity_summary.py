"""The table at the end of pytest: what was proved against TensorFlow, in how many cases, and how close to the edge.

`assert_within_allowance` and `assert_agrees` record each comparison that held, and each `Report` of `verify_model`
that is ok records its rows. The family is the test's file or folder (tests/test_losses.py, tests/losses/...). The name
is the entry of the family's registry among the test's parameters. Under pytest-xdist each worker sends its records to
the first process.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import pytest

FAMILIES = (
    "activations", "losses", "layers", "optimizers", "schedules", "regularizers", "constraints", "initializers",
    "metrics",
)  # fmt: skip
OTHERS = "networks"
"""What is compared in other tests: whole networks, training, the tools of verification."""


class Proved(NamedTuple):
    """Cases of one name in one family, and the worst error / allowance among them."""

    cases: int
    worst: float

    def with_case(self, cases: int, ratio: float) -> "Proved":
        return Proved(self.cases + cases, max(self.worst, ratio))


class ParitySummary:
    """The plugin: keeps the records and prints them."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], Proved] = {}
        self.item: Any = None

    def record(self, ratio: float, family: str | None = None, name: str | None = None) -> None:
        """Count one comparison that held; family and name are the running test's unless given."""
        own_family, own_name = whose(self.item) if self.item is not None else (OTHERS, "")
        self._add(family or own_family, own_name if name is None else name, 1, ratio)

    def _add(self, family: str, name: str, cases: int, ratio: float) -> None:
        self.records[family, name] = self.records.get((family, name), Proved(0, 0.0)).with_case(cases, ratio)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[Any]:
        self.item = item
        try:
            return (yield)
        finally:
            self.item = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[Any]:
        """Collect the reports that the test makes; those of planted mistakes are not ok and prove nothing."""
        from handnn.verify.report import Report

        reports: dict[int, Any] = {}
        add = Report.add

        def recording(report: Any, *arguments: Any, **options: Any) -> None:
            reports[id(report)] = report
            add(report, *arguments, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Report, "add", recording)
            result = yield
        for report in reports.values():
            if report.ok:
                for row in report.rows:
                    if row.check in ("splice", "optimizer"):
                        self.record(row.ratio)
        return result

    def pytest_sessionfinish(self, session: Any) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["proved"] = [[*key, *value] for key, value in self.records.items()]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        for family, name, cases, worst in getattr(node, "workeroutput", {}).get("proved", []):
            self._add(family, name, cases, worst)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.records:
            terminalreporter.section("proved against TensorFlow")
            for line in self.lines():
                terminalreporter.write_line(line)

    def lines(self) -> list[str]:
        """Return the table: family, how many of how many names, cases, worst error / allowance and whose."""
        found = [f"{'family':<14}{'proved':>10}{'cases':>10}   worst error / allowance"]
        for family in (*FAMILIES, *sorted({family for family, _ in self.records} - set(FAMILIES))):
            own = {name: proved for (of, name), proved in self.records.items() if of == family}
            if own:
                worst = max(own, key=lambda name: own[name].worst)
                named, known = sum(bool(name) for name in own), len(names_of(family))
                proved = f"{named} of {known}" if named and known else ""
                cases, whose_worst = sum(proved.cases for proved in own.values()), f"  ({worst})" if worst else ""
                found.append(f"{family:<14}{proved:>10}{cases:>10,}   {own[worst].worst:.3f}{whose_worst}")
        return found


def whose(item: Any) -> tuple[str, str]:
    """Return family and name of a test."""
    parts = [part.removesuffix(".py").removeprefix("test_") for part in item.path.parts]
    family = next((part for part in reversed(parts) if part in FAMILIES), OTHERS)
    names = names_of(family)
    for value in item.callspec.params.values() if hasattr(item, "callspec") else ():
        for key in (value, getattr(value, "name", None), getattr(value, "__name__", None)):
            if isinstance(key, str) and key in names:
                return family, names[key]
    return family, ""


def names_of(family: str) -> Any:
    """Return the family's registry as {any name: first name}; empty where there is none."""
    if family not in _names:
        _names[family] = {}
        try:
            registry = getattr(import_module(f"handnn.{family}"), family)
        except (ImportError, AttributeError):
            return _names[family]
        _names[family] = Names(registry)
    return _names[family]


class Names:
    """The names of a registry, aliases included; as many as there are entries."""

    def __init__(self, registry: Any) -> None:
        self.registry = registry
        self.first = {id(entry): name for name, entry in reversed(registry.items())}

    def __contains__(self, key: str) -> bool:
        return key in self.registry

    def __getitem__(self, key: str) -> str:
        return self.first.get(id(self.registry[key]), key)  # a test may have registered it since

    def __len__(self) -> int:
        return len(self.first)


_names: dict[str, Any] = {}

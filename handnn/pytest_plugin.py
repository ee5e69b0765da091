"""The pytest plugin of `handnn.testing`: the fixtures `derivation` and `explained_by_rounding`, and a final table.

Every pytest run loads it if handnn is installed, so it imports nothing before it is used.
"""

from collections.abc import Iterator
from typing import Any

import pytest

_KEY = "handnn_verdicts"


class Checks:
    """The functions of `handnn.testing` as methods: derivation.network(f, '4-5-3 ...'), derivation.activation(...).

    Their verdicts are recorded for the final table, even if the assertion fails.
    """

    def __init__(self, node: str, kept: list[tuple[str, str, str]]) -> None:
        self._node, self._kept = node, kept

    def _judge(self, kind: str, *given: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        from . import diagnosis
        from .testing import asserted

        verdict = getattr(diagnosis, f"check_{kind}")(*given, **options)
        self._kept.append((self._node, verdict.subject, verdict.verdict))
        return asserted(verdict)

    def network(self, function: Any, network: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        return self._judge("network", function, network, **options)

    def activation(self, forward: Any, backward: Any = None, reference: Any = None, **options: Any) -> Any:
        __tracebackhide__ = True
        return self._judge("activation", forward, backward, reference, **options)

    def loss(self, value: Any, gradient: Any = None, reference: Any = None, **options: Any) -> Any:
        __tracebackhide__ = True
        return self._judge("loss", value, gradient, reference, **options)

    def layer(self, layer: Any, reference: Any = None, **options: Any) -> Any:
        __tracebackhide__ = True
        return self._judge("layer", layer, reference, **options)

    def optimizer(self, step: Any, reference: Any = None, **options: Any) -> Any:
        __tracebackhide__ = True
        return self._judge("optimizer", step, reference, **options)


@pytest.fixture
def derivation(request: pytest.FixtureRequest) -> Checks:
    """Checks of `handnn.testing`: `derivation.network(f, '4-5-3 tanh softmax categorical_crossentropy')`."""
    kept: list[tuple[str, str, str]] = []
    request.node.user_properties.append((_KEY, kept))
    return Checks(request.node.name, kept)


@pytest.fixture
def explained_by_rounding() -> Any:
    """`explained_by_rounding(actual, f, *inputs, dtype="bfloat16")`: fail unless rounding explains `actual`."""
    from .rounding.explanation import assert_explained_by_rounding

    return assert_explained_by_rounding


def _rows(terminal: Any) -> Iterator[tuple[str, str, str]]:
    for reports in terminal.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "teardown":
                for key, kept in getattr(report, "user_properties", ()):
                    if key == _KEY:
                        yield from (tuple(row) for row in kept)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """End the run with one line for each checked derivation."""
    rows = list(dict.fromkeys(_rows(terminalreporter)))
    if not rows:
        return
    terminalreporter.section("derivations")
    for _, subject, verdict in rows:
        terminalreporter.write_line(f"{verdict:<17} {subject}"[:80])
    right = sum(verdict in ("match", "other convention") for _, _, verdict in rows)
    terminalreporter.write_line(f"{right} of {len(rows)} derivations are right")

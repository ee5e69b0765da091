"""Runs a family of Keras' tests and sorts the results: passed, failed, left out."""

import contextlib
import io
import os
import re
import signal
import tempfile
import unittest
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...core.variable import Variable
from . import rules
from .facade import kind_of_error
from .families import FAMILIES
from .load import HANDNN, load, tests_of
from .names import handnn, keras


@dataclass
class Result:
    """What a family gave.

    Attributes:
        failed: {test: the error's last line}, also a file that cannot be loaded.
        left_out: {test: reason}.
        tracebacks: {test: text} of what failed.
    """

    family: str
    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    tracebacks: dict[str, str] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        return len(self.passed) + len(self.failed)

    @property
    def reasons(self) -> Counter[str]:
        return Counter(self.left_out.values())


class _Outcome(unittest.TestResult):
    """Keeps each test's error."""

    def __init__(self) -> None:
        super().__init__()
        self.errors_by_test: dict[str, Any] = {}

    def _keep(self, test: Any, error: Any) -> None:
        self.errors_by_test[test.id()] = error

    def addError(self, test: Any, err: Any) -> None:
        self._keep(test, err)
        super().addError(test, err)

    addFailure = addError

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self.addError(test, err)


def run_family(name: str, target: str = HANDNN, only: str = "") -> Result:
    """Run the tests of a family, in an empty folder, with everything that they print caught."""
    result = Result(name)
    with _quietly(), _private_names() if target == HANDNN else contextlib.nullcontext():
        for file in FAMILIES[name].files:
            try:
                module = load(file, target)
            except Exception as error:
                result.failed[file] = f"cannot be loaded: {type(error).__name__}: {error}"
                continue
            for test_name, test, reason in tests_of(module, file, target, only):
                if reason:
                    result.left_out[test_name] = reason
                else:
                    _run(test_name, test, result)
    return result


SECONDS = 100
"""A test that takes longer fails, such as one that would read an endless source to its end."""


@contextlib.contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TimeoutError(f"the test takes more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _run(name: str, test: Any, result: Result) -> None:
    outcome, before = _Outcome(), (keras.config.image_data_format(), handnn.config.floatx())
    with _time_limit(SECONDS):
        test.run(outcome)
    for config in (handnn.config, keras.config):  # a test that fails may leave them changed
        config.set_image_data_format(before[0])
        config.set_floatx(before[1])
    if outcome.skipped:
        result.left_out[name] = outcome.skipped[0][1]
    elif outcome.wasSuccessful():
        result.passed.append(name)
    else:
        text = (outcome.errors + outcome.failures)[0][1]
        error = outcome.errors_by_test[test.id()][1]
        reason = _refusal(error)
        if reason:
            result.left_out[name] = reason
        else:
            result.failed[name] = _last_line(text)
            result.tracebacks[name] = text


def _refusal(error: BaseException) -> str | None:
    """Return why a test that failed does not count, or None."""
    kind, message = kind_of_error(error), str(error)
    if type(error).__name__ == "Skipped":  # pytest.skip, which unittest takes for a failure
        return message
    if kind == "absent":
        return f"{message.removeprefix('handnn has no ')}: listed as not supported"
    if kind == "private":
        return f"uses a name that Keras does not export: {message.splitlines()[0]}"
    return rules.reason(rules.REFUSED, message)


ERROR = re.compile(r"[\w.]+(Error|Exception|Warning)\b")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    start = next((i for i in reversed(range(len(lines))) if ERROR.match(lines[i])), len(lines) - 1)
    return " ".join(" ".join(lines[start : start + 3]).split())[:230]


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Catch what tests print and warn; work in an empty folder, since some write into the current one."""
    before = os.getcwd()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(np.errstate(all="ignore"))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


@contextlib.contextmanager
def _private_names() -> Iterator[None]:
    """Lend handnn's Optimizer and models the private names through which Keras' tests look at public behaviour."""

    def clip(self: Any, gradients: Any) -> Any:
        """Clip the public way: one step of plain SGD at a learning rate of 1, from weights of 0."""
        limits = {name: getattr(self, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
        variables = [Variable(np.zeros(np.shape(g)), name=f"w{i}") for i, g in enumerate(gradients)]
        handnn.optimizers.SGD(1.0, **limits).apply_gradients(
            [(np.asarray(g, "float64"), v) for g, v in zip(gradients, variables, strict=True)]
        )
        return [-variable.numpy() for variable in variables]

    def variables_named(ending: str) -> property:
        return property(lambda self: [v for v in self.variables if v.name.endswith(ending)])

    lent = {
        "_clip_gradients": clip,
        "_model_variables_moving_average": variables_named("_average"),
        "_accumulated_gradients": variables_named("_gradient_accumulator"),
    }

    def flattened_layers(self: Any) -> list[Any]:
        inner = [layer for own in self.layers for layer in (flattened_layers(own) if hasattr(own, "layers") else [own])]
        return [self, *inner]

    of_models = {
        "_loss_tracker": _attribute("loss_tracker"),
        "_compile_metrics": _attribute("compiled_metrics"),
        "_flatten_layers": flattened_layers,
    }
    owners: list[tuple[Any, dict[str, Any]]] = [(handnn.optimizers.Optimizer, lent)]
    owners += [(cls, of_models) for cls in (handnn.Model, handnn.Sequential)]
    lends = [(cls, name, value) for cls, lent in owners for name, value in lent.items() if not hasattr(cls, name)]
    for cls, name, value in lends:
        setattr(cls, name, value)
    try:
        yield
    finally:
        for cls, name, _ in lends:
            delattr(cls, name)


def _attribute(name: str) -> property:
    return property(lambda self: getattr(self, name))

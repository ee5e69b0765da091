"""`verify_model` of a network with an optimizer, TensorFlow's part computed once for each, and mistakes in its source.

A mistake is planted in the source of a method: one piece of text is replaced by another.
"""

import copy
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import handnn
from handnn.layers import Dense, Input
from handnn.verify import verify_model
from handnn.verify.optimizer_steps import optimizer_state


def make(optimizer: Callable[[], Any], dtype: str) -> tuple[Any, ...]:
    rng = np.random.default_rng(3)
    model = handnn.Sequential([Input((3,), dtype=dtype, name="input"), Dense(4, dtype=dtype, name="dense")], name="net")
    model.compile(optimizer(), "mse")
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model, rng.normal(size=(5, 3)), rng.normal(size=(5, 4))


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the cases of tests that ask for a `setting`: the SETTINGS of their file, or its PLANTED mistakes.

    Those of QUICK settings run every day, in one dtype each: a twin is made for every setting and dtype.
    """
    if "setting" not in metafunc.fixturenames:
        return
    file: Any = metafunc.module
    settings, planted = list(file.SETTINGS), "place" in metafunc.fixturenames
    cases = []
    for dtype in ("float32", "float64"):
        today = {s for i, s in enumerate(settings) if s in file.QUICK and i % 2 == (dtype == "float64")}
        later = {s: () if s in today else pytest.mark.slow for s in settings}
        if planted:
            for setting, name, place, tensor in file.PLANTED:
                own = f"{setting}, {name}-{dtype}"
                cases.append(pytest.param(setting, place, tensor, dtype, marks=later[setting], id=own))
        else:
            cases += [pytest.param(setting, dtype, marks=later[setting]) for setting in settings]
    names = ("setting", "place", "tensor", "dtype") if planted else ("setting", "dtype")
    metafunc.definition.add_marker(pytest.mark.parametrize(names, cases))  # a mark overrides the fixture `dtype`


class Replayed:
    """Stands in for `KerasTwin`: what the real one traced, and its steps, are computed once and handed out again.

    No mistake in handnn changes them: the gradients of every step are the twin's own.
    """

    def __init__(self, twin: Any) -> None:
        self.twin, self.traced = twin, None
        self.steps: list[tuple[Any, Any]] = [([], optimizer_state(twin))]
        self.step = 0

    def trace(self, *batch: Any, training: bool) -> Any:
        self.traced = self.traced or self.twin.trace(*batch, training=training)
        return copy.deepcopy(self.traced)

    def apply(self, gradients: list) -> None:
        self.step += 1
        if self.step == len(self.steps):
            self.twin.apply(gradients)
            self.steps.append((gradients, optimizer_state(self.twin)))
        assert all(map(np.array_equal, gradients, self.steps[self.step][0]))

    def trained_weights(self) -> list[np.ndarray]:
        return [value.copy() for value in self.steps[self.step][1].weights]

    def optimizer_state(self) -> list[np.ndarray]:
        return [value.copy() for value in self.steps[self.step][1].variables]


@pytest.fixture(scope="package")
def twins(keras: Any) -> Callable[..., Replayed]:
    """`twins(optimizer, dtype)`: what stands in for the Keras twin, at the start."""
    from tf_reference import KerasTwin

    made: dict[Any, Replayed] = {}

    def get(optimizer: Callable[[], Any], dtype: str) -> Replayed:
        if (optimizer, dtype) not in made:
            model, *_ = make(optimizer, dtype)
            twin = KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer)
            made[optimizer, dtype] = Replayed(twin)
        made[optimizer, dtype].step = 0
        return made[optimizer, dtype]

    return get


@pytest.fixture
def verify(twins: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`verify(optimizer, dtype, place)`: the report; with the mistake `place`, of `replaced`, planted."""

    def run(optimizer: Callable[[], Any], dtype: str, place: tuple[Any, ...] | None = None) -> Any:
        twin, (model, x, y) = twins(optimizer, dtype), make(optimizer, dtype)
        with monkeypatch.context() as patch, np.errstate(all="ignore"):
            patch.setattr("tf_reference.KerasTwin", lambda *arguments: twin)
            patch.setattr("handnn.verify.model.takes_one_vector", lambda *arguments: False)  # its steps are the twin's
            if place is not None:
                replaced(patch, *place)
            return verify_model(model, x, y, whole=False)

    return run


@pytest.fixture
def assert_found_at() -> Callable[..., None]:
    """`assert_found_at(report, tensor)`: its first failure is the optimizer's, at this tensor."""

    def check(report: Any, tensor: str) -> None:
        assert not report.ok
        first = report.first_failure
        assert first.check == "optimizer", first.sentence()
        assert first.tensor.startswith(tensor), first.sentence()

    return check


def replaced(patch: Any, owner: Any, name: str, old: str, new: str) -> None:
    """Put another function in the owner's place of this one: its own source with `new` for `old`."""
    function = getattr(owner, name)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{name} must contain {old!r} once"
    made = dict(function.__globals__)
    exec(source.replace(old, new), made)
    patch.setattr(owner, name, made[name])

"""Which cases of a parametrised test run every day, and which only with `--all`.

All fourteen thousand cases take a quarter of an hour on two cores. The everyday suite (`make test`) takes of each test
only few cases, in which every value of every parameter occurs. The cases are shuffled by the test's name first, so
that combinations, say of an entry and a dtype, differ from test to test, and are the same every day. Two markers
leave out more, for cases that are expensive and whose behaviour other tests check too:

    slow                  skip the test, or this case of it
    quick(n, cover=...)   take at most n cases, first those in which most of the values named by `cover` occur.
                          cover: a parameter, a tuple of parameters, or a dict from parameter to a function of its
                          value (None: the value itself). Default: every value of every parameter. Without n, as
                          many cases as it takes for all of these values to occur

tests/test_selection.py asserts that no marker leaves out a registry entry's comparison with TensorFlow.

    make test                the everyday suite            make test-all      every case (pytest --all)
    pytest FILE, pytest -k   every case that is named      pytest FILE --quick   only its everyday cases
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest

LONG = (
    "tests/layers/test_core.py",
    "tests/models/test_composed.py",
    "tests/losses/test_against_keras.py",
    "tests/cli/test_train.py",
    "tests/models/test_training.py",
    "tests/proof/test_parity.py",
    "tests/proof/test_random.py",
    "tests/optimizers/test_steps.py",
    "tests/diagnosis/user/test_programs.py",
    "tests/metrics/test_streams.py",
    "tests/models/test_stacked.py",
    "tests/models/test_curvature.py",
    "tests/verify/test_twin.py",
    "tests/activations/test_mpmath.py",
    "tests/models/test_functional.py",
    "tests/diagnosis/test_optimizer.py",
    "tests/tensorboard/test_server.py",
    "tests/layers/test_recurrent.py",
    "tests/layers/test_activation_layers.py",
    "tests/saving/test_keras_files.py",
    "tests/cli/test_compare.py",
    "tests/saving/test_legacy.py",
    "tests/optimizers/test_wrappers.py",
    "tests/callbacks/test_tensorboard.py",
    "tests/layers/test_attention.py",
    "tests/compare/report/test_plots.py",
    "tests/tensorboard/test_histogram.py",
    "tests/optimizers/test_api.py",
    "tests/diagnosis/test_loss.py",
    "tests/diagnosis/lines/test_lines_judge.py",
    "tests/layers/test_masks.py",
    "tests/diagnosis/test_network.py",
    "tests/verify/walkthrough/test_arithmetic.py",
    "tests/verify/test_lockstep.py",
    "tests/callbacks/test_against_keras.py",
    "tests/layers/test_operations.py",
)
"""The files that take longest come first, so that two workers, each taking file after file, end together."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run every case of every test")
    parser.addoption("--quick", action="store_true", help="run only the everyday cases, even of files that are named")


def is_quick(config: pytest.Config) -> bool:
    """Return whether only everyday cases run: not with `--all`, nor if files or tests are named."""
    suite = config.option.quick or config.args_source is not pytest.Config.ArgsSource.ARGS
    return suite and not (config.option.all or config.option.keyword or getattr(config.option, "lf", False))


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and let pytest-xdist keep the order of the files."""
    config.addinivalue_line("markers", "slow: runs with --all, or where its file is named")
    config.addinivalue_line("markers", "quick(n, cover): at most n everyday cases, in which these values occur")
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Iterator[None]:
    """Make only the everyday cases of a parametrised test: making an item of all fourteen thousand takes long.

    If all its cases are slow, they are left for `pytest_collection_modifyitems`.
    """
    yield
    if is_quick(metafunc.config):
        cases = [Case(metafunc.definition, call) for call in metafunc._calls]
        usual = [case for case in cases if case.get_closest_marker("slow") is None]
        if usual:
            kept = {id(case) for case in quick_cases(metafunc.definition.nodeid, usual)}
            metafunc._calls = [case.callspec for case in cases if id(case) in kept]


class Case:
    """A case of a test before pytest makes an item of it."""

    def __init__(self, definition: Any, callspec: Any) -> None:
        self.definition, self.callspec = definition, callspec

    def get_closest_marker(self, name: str) -> Any:
        own = [mark for mark in self.callspec.marks if mark.name == name]
        return own[0] if own else self.definition.get_closest_marker(name)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out slow tests, let two workers start with the longest files, and refuse ids that no two runs share."""
    if unstable := [item.nodeid for item in items if " at 0x" in item.nodeid]:
        raise pytest.UsageError(f"the id of a case holds an address, which two workers do not share: {unstable[0]}")
    if is_quick(config):
        slow = [item for item in items if item.get_closest_marker("slow") is not None]
        config.hook.pytest_deselected(items=slow)
        left = {id(item) for item in slow}
        items[:] = [item for item in items if id(item) not in left]
    if getattr(config.option, "dist", "no") != "no" or hasattr(config, "workerinput"):
        place = {name: i for i, name in enumerate(LONG)}
        items.sort(key=lambda item: place.get(item.nodeid.split("::")[0], len(LONG)))


def quick_cases(name: str, cases: list[Any]) -> list[Any]:
    """Return few cases in which every value to cover occurs, adding always the case that adds most values."""
    mark = cases[0].get_closest_marker("quick")
    limit, cover = quick(*mark.args, **mark.kwargs) if mark is not None else (None, None)
    rest = [(item, values_of(item, cover)) for item in cases]
    random.Random(name).shuffle(rest)
    missing: set[Any] = set().union(*(values for _, values in rest))
    found = [item for item, values in rest if not values]
    while missing and len(found) < (limit or len(cases)):
        item, values = max(rest, key=lambda case: len(case[1] & missing))
        missing -= values
        found.append(item)
    return found


def quick(n: int | None = None, cover: Any = None) -> tuple[int | None, dict[str, Any] | None]:
    """Return what the marker `quick` says: the limit, and {parameter: function of its value}."""
    names = (cover,) if isinstance(cover, str) else cover
    return n, names if names is None or isinstance(names, dict) else dict.fromkeys(names)


def values_of(item: Any, cover: dict[str, Any] | None) -> set[Any]:
    """Return the values that a case covers: of each parameter, or what `cover` says of the parameters it names."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    if cover is None:
        return {(name, cached_repr(value)) for name, value in params.items()}
    parts = {name: params[name] if part is None else part(params[name]) for name, part in cover.items()}
    return {(name, cached_repr(part)) for name, part in parts.items()}


def cached_repr(value: Any, known: dict[int, tuple[Any, str]] = {}) -> str:  # noqa: B006
    """Return repr(value), computed once: it dominates the time of the selection."""
    if id(value) not in known:
        known[id(value)] = value, repr(value)  # keeps the value alive, so that no other gets its id
    return known[id(value)][1]

"""Which cases of a parametrised test run every day, and which with `--everything`.

Thirteen thousand cases take a quarter of an hour on two cores. Of each test the everyday suite takes few cases in
which every value of every parameter occurs. The cases are shuffled by the test's name first, so that the combinations,
say of an entry and a dtype, differ from test to test, and are the same every day. Where a case is dear, and what it
tries is tried elsewhere too, three marks leave more out:

    covers(*names, name=part)   only the parameters named, or these parts of them, must occur
    few(count)                  so many cases are enough, those first in which most occurs
    everything                  none is run: it is left to `--everything`

What no mark may leave out, each registry entry held against TensorFlow, tests/test_selection.py asks for every day.
`pytest FILE` and `-k` run all that they name, or with `--daily` what of it runs every day.
"""

import random
from collections import defaultdict
from typing import Any

import pytest

LONG = (
    "tests/cli/test_train.py",
    "tests/diagnosis/test_network.py",
    "tests/diagnosis/test_optimizer.py",
    "tests/models/test_training.py",
    "tests/models/test_functional.py",
    "tests/cli/test_compare.py",
    "tests/compare/test_runner.py",
    "tests/compare/report/test_surfaces.py",
    "tests/saving/test_keras_files.py",
    "tests/verify/walkthrough/test_command.py",
    "tests/layers/test_core.py",
    "tests/proof/test_random.py",
    "tests/losses/test_against_keras.py",
    "tests/proof/test_parity.py",
    "tests/compare/report/test_plots.py",
    "tests/metrics/test_streams.py",
    "tests/optimizers/test_steps.py",
    "tests/optimizers/test_options.py",
    "tests/diagnosis/test_loss.py",
    "tests/verify/test_twin.py",
    "tests/test_closing_table.py",
    "tests/diagnosis/test_watch.py",
    "tests/layers/test_normalization.py",
    "tests/cli/test_save_and_resume.py",
    "tests/tensorboard/test_server.py",
)
"""The files that take longest come first, so that two workers, each taking file after file, end together."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--everything", action="store_true", help="run every case of every parametrised test")
    parser.addoption("--daily", action="store_true", help="run only the everyday cases, also of files that are named")


def wanted(config: pytest.Config) -> bool:
    """Return whether the whole suite runs, and not everything of it was asked for."""
    whole = config.option.daily or config.args_source is not pytest.Config.ArgsSource.ARGS
    return whole and not (config.option.everything or config.option.keyword or getattr(config.option, "lf", False))


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-xdist keep this order of the files."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if getattr(config.option, "dist", "no") != "no" or hasattr(config, "workerinput"):
        place = {name: i for i, name in enumerate(LONG)}
        items.sort(key=lambda item: place.get(item.nodeid.split("::")[0], len(LONG)))
    if not wanted(config):
        return
    by_test: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("everything") is None:
            by_test[item.nodeid.split("[")[0]].append(item)
    kept = {id(item) for name, cases in by_test.items() for item in covering(name, cases)}
    left = [item for item in items if id(item) not in kept]
    items[:] = [item for item in items if id(item) in kept]
    config.hook.pytest_deselected(items=left)


def covering(name: str, cases: list[Any]) -> list[Any]:
    """Return few cases in which everything occurs that occurs in all: always the one that adds most."""
    rest = [(item, occurring(item)) for item in cases]
    random.Random(name).shuffle(rest)
    missing: set[Any] = set().union(*(values for _, values in rest))
    found = [item for item, values in rest if not values]
    few = cases[0].get_closest_marker("few")
    enough = few.args[0] if few is not None else len(cases)
    while missing and len(found) < enough:
        item, values = max(rest, key=lambda case: len(case[1] & missing))
        missing -= values
        found.append(item)
    return found


def occurring(item: Any) -> set[Any]:
    """Return the value of each parameter, or what the mark `covers` says of them."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    mark = item.get_closest_marker("covers")
    if mark is None:
        return {(name, written(value)) for name, value in params.items()}
    parts = {name: params[name] for name in mark.args} | {k: part(params[k]) for k, part in mark.kwargs.items()}
    return {(name, written(value)) for name, value in parts.items()} or {"one"}


def written(value: Any, known: dict[int, tuple[Any, str]] = {}) -> str:  # noqa: B006
    """Return repr(value), asked for once: it is what takes time here."""
    if id(value) not in known:
        known[id(value)] = value, repr(value)  # with the value itself, so that no other gets its id
    return known[id(value)][1]

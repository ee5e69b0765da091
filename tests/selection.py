"""Which cases of a parametrised test run every day, and which with `--everything`.

Twelve thousand cases take some eight minutes on two cores. The everyday suite leaves no test, no registry entry, no
dtype and no other parameter out: of each test it takes the cases that are needed for every value of every parameter to
occur, and every value together with either dtype. The order in which cases are looked at is shuffled, by the
test's name, so that the combinations are not always the first ones. `pytest FILE` and `-k` run all that they name.
"""

import random
from collections import defaultdict
from itertools import product
from typing import Any

import pytest

DTYPE = "dtype"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--everything", action="store_true", help="run every case of every parametrised test")


def wanted(config: pytest.Config) -> bool:
    """Return whether the whole suite runs, and not everything of it was asked for."""
    whole = config.args_source is not pytest.Config.ArgsSource.ARGS
    return whole and not (config.option.everything or config.option.keyword or getattr(config.option, "lf", False))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not wanted(config):
        return
    by_test: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        by_test[item.nodeid.split("[")[0]].append(item)
    kept = {id(item) for name, cases in by_test.items() for item in covering(name, cases)}
    left = [item for item in items if id(item) not in kept]
    items[:] = [item for item in items if id(item) in kept]
    config.hook.pytest_deselected(items=left)


def covering(name: str, cases: list[Any]) -> list[Any]:
    """Return the cases in which something occurs that did not occur before."""
    order = list(cases)
    random.Random(name).shuffle(order)
    seen: set[Any] = set()
    found = []
    for item in order:
        new = occurring(item) - seen
        if new or not hasattr(item, "callspec"):
            seen |= new
            found.append(item)
    return found


def occurring(item: Any) -> set[Any]:
    """Return the values of a case, and where it has a dtype each value with it."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    values = {(name, repr(value)) for name, value in params.items() if name != DTYPE}
    dtypes = [(DTYPE, params[DTYPE])] if DTYPE in params else []
    return values | set(dtypes) | set(product(values, dtypes))

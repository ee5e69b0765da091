"""Fixtures of every test: TensorFlow and Keras, loaded once and only where used; assertions that two results agree."""

import gc
import importlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from tests import parity_summary, selection

settings.register_profile("suite", max_examples=5, deadline=None, derandomize=True)
settings.register_profile("all", max_examples=100, deadline=None, derandomize=True)

DTYPES = ("float32", "float64")


pytest_addoption, pytest_generate_tests = selection.pytest_addoption, selection.pytest_generate_tests
pytest_collection_modifyitems = selection.pytest_collection_modifyitems


def pytest_configure(config: pytest.Config) -> None:
    """Choose the everyday cases, and close the run with a summary of what was proved."""
    selection.pytest_configure(config)
    settings.load_profile("all" if config.option.all else "suite")
    config.pluginmanager.register(parity_summary.ParitySummary(), "parity_summary")


def only_what_is_new() -> None:
    """Let Python's garbage collector walk only what is made from here on.

    TensorFlow's modules are half a million objects: a full collection takes 0.2 s, so that Python puts it off, and
    Keras models, which refer to themselves, stay by the gigabyte. Between two files the small ones find little.
    """
    gc.set_threshold(10_000, 10, 10)
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    """Keras on TensorFlow; importing it takes some five seconds, once a session."""
    importlib.import_module("tf_reference")  # sets the backend before Keras is loaded
    loaded = importlib.import_module("keras")
    only_what_is_new()
    return loaded


@pytest.fixture(scope="module", autouse=True)
def tidy() -> Iterator[None]:
    """Free what a file's tests leave behind, and Keras' own state with it."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session(free_memory=False)
        only_what_is_new()


@pytest.fixture(scope="session")
def tf(keras: ModuleType) -> ModuleType:
    return importlib.import_module("tensorflow")


@pytest.fixture(scope="session", autouse=True)
def short_race() -> Iterator[None]:
    """Let `handnn train` take only few steps for its line about speed, which nobody reads here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("handnn.verify.lockstep.RACE_STEPS", 1)
        patch.setattr("handnn.verify.lockstep.RACE_WARM_UP", 0)
        yield


@pytest.fixture(scope="module")
def one_optimizer_step(quick: bool) -> Iterator[None]:
    """Let `verify_model` take one optimizer step of four every day, in files that are about something else.

    Each step is a run of Keras' optimizer. tests/optimizers and tests/verify take them all.
    """
    with pytest.MonkeyPatch.context() as patch:
        if quick:
            patch.setattr("handnn.verify.optimizer_steps.GRADIENT_SIZES", (1.0,))
        yield


@pytest.fixture
def eagerly(tf: ModuleType) -> Iterator[None]:
    """Let TensorFlow run its functions uncompiled: where few steps are taken, compiling is most of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def quick(request: pytest.FixtureRequest) -> bool:
    """Whether only everyday cases run: not with `--all`, nor if files or tests are named."""
    return selection.is_quick(request.config)


@pytest.fixture(scope="session")
def quick_cases() -> Callable[..., list[Any]]:
    """`quick_cases(name, cases)`: those of a test's cases that run every day."""
    return selection.quick_cases


@pytest.fixture(params=DTYPES)
def dtype(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2024)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Let processes that a test starts be interrupted: begun in the background of a shell, pytest ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """`command("train", ...)`: run `handnn train ...` in this process, in an empty folder.

    Returns exit status, standard output and standard error.
    """
    from handnn import cli

    monkeypatch.chdir(tmp_path)

    def run(*arguments: Any) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["handnn", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def npz_file(tmp_path: Path) -> Callable[..., Path]:
    """`npz_file(x=..., y=...)`: write an .npz file and return its path."""

    def save(**contents: Any) -> Path:
        np.savez(tmp_path / "a.npz", **contents)
        return tmp_path / "a.npz"

    return save


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """`csv_file(text, name)`: write a CSV file and return its path."""

    def write(text: str, name: str = "a.csv") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.fixture
def mnist_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of MNIST's format with 60 + 20 pictures, under HANDNN_MNIST."""
    rng, contents = np.random.default_rng(7), {}
    for part, samples in (("train", 60), ("test", 20)):
        contents[f"x_{part}"] = rng.integers(0, 256, (samples, 28, 28), dtype=np.uint8)
        contents[f"y_{part}"] = (np.arange(samples) % 10).astype(np.uint8)
    path = tmp_path / "mnist.npz"
    np.savez(path, **contents)
    monkeypatch.setenv("HANDNN_MNIST", str(path))
    return path


@pytest.fixture(scope="session")
def assert_within_allowance(request: pytest.FixtureRequest) -> Any:
    """`assert_within_allowance(comparison)`: fail unless the results of a `Comparison` of `verify` agree within it.

    An allowance must be finite wherever the reference is: an infinite one would let everything pass.
    """
    from handnn.verify.report import row

    summary: Any = request.config.pluginmanager.get_plugin("parity_summary")

    def within(comparison: Any) -> float:
        blind = ~np.isfinite(comparison.allowed) & np.isfinite(comparison.reference)
        where = np.argwhere(blind)[:5].tolist()
        assert not blind.any(), f"{comparison.layer} {comparison.tensor}: no finite allowance at {where}"
        result = row(comparison)
        assert result.ok, result.sentence()
        summary.record(result.ratio)
        return result.ratio

    return within


@pytest.fixture(scope="session")
def assert_agrees(assert_within_allowance: Any) -> Any:
    """`assert_agrees(what, found, reference, bounded)`: fail unless found is within the allowance of `bounded`.

    `bounded` is the hand-written formula run on `Bounded` arrays; a plain array there means that the formula does not
    round. Shape and dtype must be equal.
    """
    from handnn.verify.comparison import compare

    def agrees(what: str, found: Any, reference: Any, bounded: Any) -> float:
        return assert_within_allowance(compare(what, "", "", found, np.asarray(reference), bounded))

    return agrees

"""Kernels are chosen only where that is safe, one thread where products are small; never over the user's choice."""

import os
import subprocess
import sys

import click
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from handnn import Input, Sequential, layers
from handnn.cli import blas

FLAGS = "flags\t\t: fpu " + " ".join(sorted(blas.NEEDED))


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Pretend to be on Linux on x86-64 before NumPy is loaded, with the given /proc/cpuinfo."""

    def pretend(info, system="linux", kind="x86_64"):
        (tmp_path / "cpuinfo").write_text(info)
        monkeypatch.setattr(blas, "CPU_INFO", tmp_path / "cpuinfo")
        monkeypatch.setattr(blas.sys, "platform", system)
        monkeypatch.setattr(blas.platform, "machine", lambda: kind)
        monkeypatch.delitem(sys.modules, "numpy", raising=False)
        monkeypatch.setattr(os, "environ", {})

    return pretend


def test_avx512_kernels_are_chosen_and_said(machine):
    machine(f"processor\t: 0\n{FLAGS}\n")
    assert blas.VARIABLE in blas.choose_kernels()
    assert os.environ[blas.VARIABLE] == blas.CORE


@pytest.mark.parametrize("missing", sorted(blas.NEEDED))
def test_a_missing_instruction_set_changes_nothing(machine, missing):
    machine(FLAGS.replace(f" {missing}", ""))
    assert blas.choose_kernels() is None
    assert blas.VARIABLE not in os.environ


@pytest.mark.parametrize(("system", "kind"), [("darwin", "x86_64"), ("win32", "AMD64"), ("linux", "aarch64")])
def test_other_machines_are_left_alone(machine, system, kind):
    machine(FLAGS, system, kind)
    assert blas.choose_kernels() is None


def test_the_users_choice_stands(machine):
    machine(FLAGS)
    os.environ[blas.VARIABLE] = "Haswell"
    assert blas.choose_kernels() is None
    assert os.environ[blas.VARIABLE] == "Haswell"


def test_too_late_once_numpy_is_loaded(machine, monkeypatch):
    machine(FLAGS)
    monkeypatch.setitem(sys.modules, "numpy", object())
    assert blas.choose_kernels() is None


def test_the_command_line_decides_before_numpy_is_loaded():
    code = "import sys, handnn.cli, handnn.cli.blas; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def two_threads(monkeypatch):
    """NumPy's BLAS as on a machine with two cores, on which the user has chosen nothing."""
    for name in blas.THREADS:
        monkeypatch.delenv(name, raising=False)
    with threadpool_limits(2, user_api="blas"):
        yield


def test_small_products_take_one_thread_until_the_command_ends(two_threads):
    with click.Context(click.Command("train")) as ctx:
        assert "OPENBLAS_NUM_THREADS" in blas.one_thread_if_small(ctx, Sequential([Input((64,)), layers.Dense(10)]), 32)
        assert threads() == {1}
    assert threads() == {2}


@pytest.mark.parametrize("own", blas.THREADS)
def test_threads_that_the_user_chose_are_kept(two_threads, monkeypatch, own):
    monkeypatch.setenv(own, "2")
    with click.Context(click.Command("train")) as ctx:
        assert blas.one_thread_if_small(ctx, Sequential([Input((64,)), layers.Dense(10)]), 32) is None
        assert threads() == {2}


def test_large_products_keep_all_threads(two_threads):
    model = Sequential([Input((784,)), layers.Dense(512), layers.Dense(10)])
    with click.Context(click.Command("train")) as ctx:
        assert blas.one_thread_if_small(ctx, model, 128) is None
        assert threads() == {2}


def test_a_product_is_counted_at_each_of_its_places():
    dense = Sequential([Input((30, 20)), layers.Dense(10)])
    convolution = Sequential([Input((28, 28, 1)), layers.Conv2D(6, 5)])
    assert blas.largest_product(dense, 4) == 4 * 30 * 20 * 10
    assert blas.largest_product(convolution, 32) == 32 * 24 * 24 * 5 * 5 * 6
    assert blas.largest_product(Sequential([Input((3,)), layers.Activation("relu")]), 4) == 0

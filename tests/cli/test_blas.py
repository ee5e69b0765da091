"""OPENBLAS_CORETYPE is chosen only where that is safe, and never over the user's choice."""

import os
import subprocess
import sys

import pytest

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

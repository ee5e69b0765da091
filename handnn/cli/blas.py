"""Choice of NumPy's OpenBLAS kernels, before NumPy is loaded.

The OpenBLAS in NumPy's wheel recognizes processors by model. An unknown one gets AVX2 kernels even if it has AVX-512,
at half the speed. `OPENBLAS_CORETYPE` selects the kernels. It is set here only on Linux on x86-64, only if the
processor has every AVX-512 instruction that those kernels use, and never if the user has set it.
"""

import os
import platform
import sys
from pathlib import Path

VARIABLE = "OPENBLAS_CORETYPE"
CORE = "SkylakeX"
NEEDED = frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "fma", "avx2"})
CPU_INFO = Path("/proc/cpuinfo")


def choose_kernels() -> str | None:
    """Choose AVX-512 kernels if that is safe; return a message for the user, or None if nothing was changed."""
    if VARIABLE in os.environ or "numpy" in sys.modules or not cpu_flags() >= NEEDED:
        return None
    os.environ[VARIABLE] = CORE
    return f"AVX-512 kernels: {VARIABLE}={CORE}; set the variable yourself to choose others"


def cpu_flags() -> frozenset[str]:
    """Return the processor's instruction sets on Linux on x86-64, an empty set elsewhere."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return frozenset()
    try:
        lines = CPU_INFO.read_text().splitlines()
    except OSError:
        return frozenset()
    return next((frozenset(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), frozenset())

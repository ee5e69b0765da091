"""Choice of the kernels of NumPy's OpenBLAS, before NumPy is loaded, and of the number of its threads.

The OpenBLAS in NumPy's wheel recognizes processors by model. An unknown one gets AVX2 kernels even if it has AVX-512,
at half the speed. `OPENBLAS_CORETYPE` selects the kernels. It is set here only on Linux on x86-64, only if the
processor has every AVX-512 instruction that those kernels use, and never if the user has set it.

Threads of OpenBLAS wait for each other in a loop. Where products are small and another process wants a core, they wait
longer than they compute (docs/speed.md).
"""

import os
import platform
import sys
from math import prod
from pathlib import Path
from typing import Any

import click

VARIABLE = "OPENBLAS_CORETYPE"
CORE = "SkylakeX"
NEEDED = frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "fma", "avx2"})
CPU_INFO = Path("/proc/cpuinfo")
THREADS = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")
SMALL = 8_000_000
"""Multiplications in a product that one core ends in about 0.2 ms."""


def choose_kernels() -> str | None:
    """Choose AVX-512 kernels if that is safe; return a message for the user, or None if nothing was changed."""
    if VARIABLE in os.environ or "numpy" in sys.modules or not cpu_flags() >= NEEDED:
        return None
    os.environ[VARIABLE] = CORE
    return f"AVX-512 kernels ({VARIABLE}={CORE})"


def cpu_flags() -> frozenset[str]:
    """Return the processor's instruction sets on Linux on x86-64, an empty set elsewhere."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return frozenset()
    try:
        lines = CPU_INFO.read_text().splitlines()
    except OSError:
        return frozenset()
    return next((frozenset(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), frozenset())


def one_thread_if_small(ctx: click.Context, model: Any, batch_size: int) -> str | None:
    """Let BLAS use one thread until the command ends if no product of a training step is large.

    Args:
        ctx: of the command. model: a built network. batch_size: samples a step.

    Returns:
        A message for the user; None if products are large or the user has set the number of threads.
    """
    if any(name in os.environ for name in THREADS) or largest_product(model, batch_size) > SMALL:
        return None
    from threadpoolctl import threadpool_limits

    ctx.with_resource(threadpool_limits(1, user_api="blas"))
    return f"one thread, as the products are small ({THREADS[0]}=1)"


def largest_product(model: Any, batch_size: int) -> int:
    """Estimate the multiplications of the largest matrix product, each weight once at each place of its output."""
    shapes = zip(model.nodes, model.output_shapes, strict=True)
    places = [(node.layer, prod(size or 1 for size in shape[1:-1])) for node, shape in shapes]
    return max((batch_size * each * weight.size for layer, each in places for weight in layer.weights), default=0)

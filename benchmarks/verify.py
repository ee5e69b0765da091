"""Benchmark of `verify_model`: seconds, also of processor time, milliseconds a tensor, memory above what imports take.

Run: python -m benchmarks.verify [SIZE ...]; each size in a process of its own.
"""

import resource
import subprocess
import sys
import time

import numpy as np

SIZES = {
    "100k": (784, 100, 100, 10),
    "670k": (784, 512, 512, 10),
    "6m": (784, 2048, 2048, 10),
    "20m": (784, 4096, 4096, 10),
    "41 layers": (8, *(9,) * 40, 3),
}


def measure(widths: tuple[int, ...]) -> str:
    """Verify a network of these widths after a small one; return a line with the figures."""
    import tf_reference  # noqa: F401 - its import is not what is measured
    from handnn import Input, Sequential, layers
    from handnn.verify import verify_model

    def verified(*widths: int) -> tuple[float, float, int, int]:
        inner = [layers.Dense(units, activation="relu") for units in widths[1:-1]]
        model = Sequential([Input((widths[0],)), *inner, layers.Dense(widths[-1], activation="softmax")])
        model.compile("adam", "categorical_crossentropy")
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(16, widths[0])), np.eye(widths[-1])[rng.integers(0, widths[-1], 16)]
        began, busy = time.perf_counter(), time.process_time()
        report = verify_model(model, x, y)
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
        assert report.ok, report.verdict()
        return seconds, busy, len(report.rows), model.count_params()

    verified(5, 4, 3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, busy, tensors, weights = verified(*widths)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return (
        f"{weights:>10,} weights {seconds:7.2f} s ({busy:.2f} of processor time), "
        f"{1000 * seconds / tensors:.1f} ms a tensor ({tensors}), {memory / 2**20:,.0f} MB, "
        f"{memory / (4 * weights):.1f} times the weights"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(measure(SIZES[sys.argv[2]]))
    else:
        for size in sys.argv[1:] or SIZES:
            subprocess.run([sys.executable, "-m", "benchmarks.verify", "--here", size], check=True)

"""One training step of handnn beside others: `make bench`, or `python -m benchmarks.step`.

Every library runs in a process of its own, one after the other, in several rounds; a figure is the median of the
rounds' medians. Only ratios carry over to other machines. Libraries that are not installed are left out.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from handnn.cli.blas import SMALL, THREADS, choose_kernels

if TYPE_CHECKING:
    from .networks import Network

MODULES = {"numpy": "numpy", "keras": "keras", "sklearn": "sklearn", "torch": "torch", "jax": "jax"}

ASKED = (
    ("small", "Keras fit", "handnn fit", 10.0, "least"),
    ("small", "handnn, one step", "the step in bare NumPy", 1.3, "most"),
    ("large", "handnn, one step", "the step in bare NumPy", 1.15, "most"),
    ("large", "Keras in one tf.function", "handnn, one step", 1.0, "least"),
    ("large", "Keras in one tf.function, XLA", "handnn, one step", 1.0, "least"),
)
"""(network, slower, faster, ratio asked for, whether at least or at most)."""


def measure(library: str, network: str, clock: str) -> dict[str, Any]:
    """Time one library's contenders here; return seconds a step by name, and the process' peak memory."""
    from .networks import LIBRARIES, NETWORKS, median_seconds

    contenders = list(LIBRARIES[library](NETWORKS[network]))
    seconds = median_seconds(contenders, getattr(time, clock))
    found = {timed.name: own for timed, own in zip(contenders, seconds, strict=True)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if sys.platform == "linux" else 1)
    return {"seconds": found, "peak_bytes": peak}


def in_own_process(*arguments: str, threads: int | None = None) -> dict[str, Any]:
    """Measure in a process of its own, with so many threads of NumPy's BLAS."""
    command = [sys.executable, "-m", "benchmarks.step", "--measure", *arguments]
    environment = os.environ if threads is None else {**os.environ, THREADS[0]: str(threads)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def blas_threads(network: "Network") -> int | None:
    """Return 1 where `handnn train` lets NumPy's BLAS use one thread, for all who use that BLAS; None elsewhere."""
    chosen = any(name in os.environ for name in THREADS)
    return 1 if not chosen and network.largest_product <= SMALL else None


def histograms() -> dict[str, float]:
    """Return seconds for a histogram of 784 x 512 float32 values, ours and tf.summary's, and check the buckets."""
    import tempfile

    import numpy as np
    import tf_reference  # noqa: F401  (imports TensorFlow quietly)
    import tensorflow as tf

    from handnn.tensorboard.histogram import buckets
    from handnn.tensorboard.read import series

    from .networks import Timed, median_seconds

    values = np.random.default_rng(0).normal(size=(784, 512)).astype("float32")
    tensor = tf.constant(values)
    with tempfile.TemporaryDirectory() as folder:
        with tf.summary.create_file_writer(folder).as_default() as writer:
            both = [lambda: buckets(values), lambda: tf.summary.histogram("w", tensor, step=0)]
            ours, theirs = median_seconds([Timed("", call) for call in both], time.perf_counter)
            writer.flush()
        same = bool((series(folder)["w"][0][1] == buckets(values)).all())
    return {"handnn": ours, "tf.summary": theirs, "same": same}


def import_seconds(rounds: int) -> float:
    """Return what `import handnn` adds to the start of Python."""

    def start(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    return statistics.median(start("import handnn") - start("pass") for _ in range(max(5, rounds)))


def report(results: dict[str, Any]) -> str:
    lines = []
    for network, found in results["networks"].items():
        base = found["seconds"]["matrix products alone"]
        lines += [found["title"], f"  {'':<30} {'us a step':>10} {'products':>9} {'peak memory':>12}"]
        for name, seconds in found["seconds"].items():
            peak = f"{found['peak'][name] / 1e6:,.0f} MB" if name in found["peak"] else ""
            lines.append(f"  {name:<30} {seconds * 1e6:>10,.0f} {seconds / base:>8.2f}x {peak:>12}".rstrip())
        for where, slower, faster, asked, kind in ASKED:
            if where == network:
                ratio = found["seconds"][slower] / found["seconds"][faster]
                met = ratio >= asked if kind == "least" else ratio <= asked
                lines.append(f"  {slower} / {faster}: {ratio:.2f} (at {kind} {asked}: {'yes' if met else 'NO'})")
        lines.append("")
    h = results["histogram"]
    lines.append(
        f"histogram of 784 x 512: {h['handnn'] * 1e3:.2f} ms, tf.summary.histogram {h['tf.summary'] * 1e3:.1f} ms, "
        f"{h['tf.summary'] / h['handnn']:.1f} times; same buckets: {'yes' if h['same'] else 'NO'}"
    )
    lines.append(f"import handnn: {results['import'] * 1e3:.0f} ms")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all libraries (5)")
    parser.add_argument("--network", choices=["small", "large"], action="append", help="only this one")
    parser.add_argument(
        "--processor-time", action="store_true", help="time of all threads in place of wall time, on a busy machine"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(histograms() if given.measure[0] == "histogram" else measure(*given.measure)))
        return
    note = choose_kernels()  # children inherit it
    libraries = [name for name, module in MODULES.items() if find_spec(module)]
    results: dict[str, Any] = {"networks": {}, "cores": os.cpu_count()}
    from .networks import NETWORKS

    for network in given.network or NETWORKS:
        seconds: dict[str, list[float]] = {}
        peak: dict[str, int] = {}
        threads = blas_threads(NETWORKS[network])
        for round_ in range(given.rounds):
            for library in libraries:
                print(f"{network} {round_ + 1}/{given.rounds} {library} ...", file=sys.stderr, flush=True)
                clock = "process_time" if given.processor_time else "perf_counter"
                found = in_own_process(library, network, clock, threads=threads)
                for name, value in found["seconds"].items():
                    seconds.setdefault(name, []).append(value)
                peak[list(found["seconds"])[-1]] = found["peak_bytes"]
        medians = {name: statistics.median(values) for name, values in seconds.items()}
        title = NETWORKS[network].title + (", NumPy's BLAS with one thread" if threads else "")
        results["networks"][network] = {"title": title, "seconds": medians, "peak": peak}
    results["histogram"] = in_own_process("histogram")
    results["import"] = import_seconds(given.rounds)
    results["blas"] = note
    print(json.dumps(results, indent=2) if given.json else report(results))


if __name__ == "__main__":
    main()

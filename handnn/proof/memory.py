"""How much memory stays behind: `python -m handnn.proof.memory [--models 300] [--steps 2000] [--record FILE]`.

Different small random networks are verified, one after the other, and one network is trained in lockstep with its twin.
The first fifth warms up: modules are imported and caches filled. What the process grows after it would go on growing.
"""

import argparse
import gc
import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

MOST = {"models": 100.0, "steps": 50.0}
"""Largest growth that is allowed, in MB."""


def resident() -> float:
    """Return what the process holds now, in MB."""
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    import resource

    return pages * resource.getpagesize() / 2**20


def models(count: int) -> Iterator[float]:
    """Verify so many different networks; yield what the process holds after each."""
    from .. import layers
    from ..models.sequential import Sequential
    from ..verify import verify_model
    from .random import networks

    stack = [layers.Input((4, 4, 2)), layers.Conv2D(2, 2, groups=2), layers.Flatten(), layers.Dense(1)]
    model = Sequential(stack, name="net")
    model.compile("sgd", "mse")
    verify_model(model, np.ones((1, 4, 4, 2)), np.ones((1, 1)))  # loads XLA's compiler, 60 MB once
    for number in range(count):
        networks.verify(networks.network(21, number, max_width=20, max_batch=8))
        yield resident()


def steps(count: int) -> Iterator[float]:
    """Train in lockstep with Keras, every step checked; yield what the process holds after each step."""
    from tf_reference import KerasRun, KerasTwin

    from .. import layers
    from ..models.sequential import Sequential
    from ..verify.lockstep import Lockstep, Samples

    rng = np.random.default_rng(3)
    stack = [layers.Input((4,)), layers.Dense(6, "tanh"), layers.Dense(3, "softmax")]
    model = Sequential(stack, name="net")
    model.compile("adam", "categorical_crossentropy")
    x, y = rng.normal(size=(80, 4)).astype("float32"), np.eye(3, dtype="float32")[rng.integers(0, 3, 80)]
    twin = KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer, compiled=True)
    lockstep = Lockstep(model, KerasRun(twin, None, None), Samples(x, y, x, y, None), None, None)
    held: list[float] = []
    lockstep.run(-(-count // 20), 4, 0, lambda logs: held.append(resident()))
    assert lockstep.outcome.ok
    yield from held[:count]


def measured(kind: str, count: int) -> dict[str, Any]:
    """Return what the process holds in MB at a fifth of the way, at the end, and how much it grew between."""
    work = {"models": models, "steps": steps}[kind]
    held = list(work(count))
    gc.collect()
    first, last = held[count // 5], resident()
    return {"kind": kind, "count": count, "first": first, "last": last, "grown": last - first, "most": MOST[kind]}


def main(arguments: list[str] | None = None) -> int:
    """Print the growth; exit status 1 if it is more than allowed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=300, help="how many networks are verified (300)")
    parser.add_argument("--steps", type=int, default=2000, help="how many steps are trained (2000)")
    parser.add_argument("--record", metavar="FILE", help="append the numbers to this file")
    given = parser.parse_args(arguments)
    status = 0
    for kind, count in (("steps", given.steps), ("models", given.models)):
        if not count:
            continue
        found = measured(kind, count)
        print(f"{count} {kind}: {found['last']:.0f} MB at the end, {found['grown']:+.1f} MB since the first fifth")
        status |= found["grown"] > found["most"]
        if given.record:
            with open(given.record, "a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())

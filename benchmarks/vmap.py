"""The runs of `benchmarks.stacked` in JAX, the step of all runs compiled by `jit(vmap(step))`.

Started by `python -m benchmarks.stacked --jax PYTHON`, where PYTHON has JAX and NumPy; handnn is not imported. Prints
two numbers, milliseconds of processor time an epoch of a run, evaluation included, compilation not: one call a step,
and all steps of an epoch in one `lax.scan`. The least of several epochs counts.
"""

import json
import os
import sys
from itertools import pairwise
from time import process_time
from typing import Any

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import jax.numpy as jnp
import numpy as np

EPOCHS = 7


def outputs(weights: Any, x: Any) -> Any:
    """Return the logits: relu layers, then a linear one."""
    for w, b in weights[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = weights[-1]
    return x @ w + b


def loss(weights: Any, x: Any, y: Any) -> Any:
    return -(y * jax.nn.log_softmax(outputs(weights, x))).sum(axis=-1).mean()


def sgd(weights: Any, state: Any, gradients: Any, rate: Any) -> Any:
    return jax.tree.map(lambda w, g: w - rate * g, weights, gradients), state


def adam(weights: Any, state: Any, gradients: Any, rate: Any) -> Any:
    t, m, v = state
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)
    alpha = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return jax.tree.map(lambda w, m, v: w - alpha * m / (jnp.sqrt(v) + 1e-7), weights, m, v), (t, m, v)


def measure(data: Any, widths: list[int], optimizer: str, rates: list[float], seeds: int, batch: int) -> list[float]:
    """Return the milliseconds of an epoch of one run, one call a step and in one scan."""
    rule, runs = {"sgd": sgd, "adam": adam}[optimizer], seeds * len(rates)
    rng = np.random.default_rng(0)
    shapes = list(pairwise(widths))
    weights = [
        (jnp.asarray(rng.normal(0, a**-0.5, (runs, a, b)), "float32"), jnp.zeros((runs, b), "float32"))
        for a, b in shapes
    ]
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = (jnp.zeros(runs, "float32"), zeros, zeros) if optimizer == "adam" else ()
    rate = jnp.asarray(np.repeat(rates, seeds), "float32")

    def step(weights: Any, state: Any, x: Any, y: Any, rate: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(weights, x, y)
        return *rule(weights, state, gradients, rate), value

    stepped = jax.jit(jax.vmap(step))

    @jax.jit
    def scanned(weights: Any, state: Any, xs: Any, ys: Any, rate: Any) -> Any:
        def one(carry: Any, batch: Any) -> Any:
            *carry, value = jax.vmap(step)(*carry, *batch, rate)
            return tuple(carry), value

        return jax.lax.scan(one, (weights, state), (xs, ys))

    @jax.jit
    @jax.vmap
    def both(weights: Any) -> Any:
        found = [outputs(weights, x) for x, _ in data]
        values = [-(y * jax.nn.log_softmax(z)).sum(axis=-1).mean() for z, (_, y) in zip(found, data, strict=True)]
        right = [(z.argmax(-1) == y.argmax(-1)).mean() for z, (_, y) in zip(found, data, strict=True)]
        return values, right

    x, y = data[0]
    steps = len(x) // batch  # the last, smaller batch would be compiled once more: left out, in JAX' favour

    def batches() -> tuple[Any, Any]:
        order = np.stack([rng.permutation(len(x))[: steps * batch] for _ in range(runs)])
        rows = order.reshape(runs, steps, batch).swapaxes(0, 1)
        return x[rows], y[rows]

    def epoch(weights: Any, state: Any, in_one_scan: bool) -> Any:
        xs, ys = batches()
        if in_one_scan:
            (weights, state), values = scanned(weights, state, xs, ys, rate)
        else:
            for bx, by in zip(xs, ys, strict=True):
                weights, state, values = stepped(weights, state, bx, by, rate)
                np.asarray(values)
        np.asarray(both(weights)[0][0])
        return weights, state

    found = []
    for in_one_scan in (False, True):
        own = epoch(weights, state, in_one_scan)  # compiles
        times = []
        for _ in range(EPOCHS):
            began = process_time()
            own = jax.block_until_ready(epoch(*own, in_one_scan))
            times.append(process_time() - began)
        found.append(1000 * min(times) / runs)
    return found


def main() -> None:
    path, told = sys.argv[1:3]
    with np.load(path) as held:
        data = [(held[f"x_{part}"], held[f"y_{part}"]) for part in ("train", "validation", "test")]
    print(json.dumps(measure(data, **json.loads(told))))


if __name__ == "__main__":
    main()

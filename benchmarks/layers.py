"""A step of LeNet-5 and of an LSTM beside TensorFlow's: `python -m benchmarks.layers [--rounds N]`.

Four contenders take turns in one process: handnn's `fit`, Keras' `fit`, the identical step as one
`tf.function` (of forward pass, GradientTape, optimizer), and the matrix products of the step alone. A figure
is the median over the rounds of the processor time a step, of all threads, which other programs on the
machine disturb less than wall time. Only ratios carry over to other machines. `--profile` lists where
handnn's time goes.
"""

import argparse
import cProfile
import io
import pstats
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tf_reference  # noqa: F401  (imports TensorFlow quietly, before Keras)
import keras
import tensorflow as tf

import handnn

SAMPLES, BATCH = 512, 32


def lenet(module: Any) -> Any:
    """LeNet-5 on 28 x 28 pictures, with ReLU and max pooling."""
    of = module.layers
    return module.Sequential(
        [
            module.Input((28, 28, 1)),
            of.Conv2D(6, 5, padding="same", activation="relu"),
            of.MaxPooling2D(),
            of.Conv2D(16, 5, activation="relu"),
            of.MaxPooling2D(),
            of.Flatten(),
            of.Dense(120, "relu"),
            of.Dense(84, "relu"),
            of.Dense(10, "softmax"),
        ]
    )


def lstm(module: Any) -> Any:
    """64 units over 30 steps of 32 numbers."""
    return module.Sequential([module.Input((30, 32)), module.layers.LSTM(64), module.layers.Dense(10, "softmax")])


NETWORKS: dict[str, Callable[[Any], Any]] = {"LeNet-5": lenet, "LSTM": lstm}


GOALS = {"LeNet-5": ("tf.function", 1.3), "LSTM": ("Keras fit", 1.0)}
"""What handnn's step is compared with, and the largest ratio asked for."""
PRODUCTS = {
    "LeNet-5": [(784, 25, 6), (100, 150, 16), (1, 400, 120), (1, 120, 84), (1, 84, 10)],
    "LSTM": [(30, 32, 256), *[(1, 64, 256)] * 30, (1, 64, 10)],
}
"""Rows of a sample, inputs and outputs of each product forward; each has two more on the way back."""


def products(name: str) -> Callable[[], None]:
    """Return a function that computes the products of one step, in arrays allocated before."""
    rng = np.random.default_rng(0)
    made = []
    for rows, inputs, outputs in PRODUCTS[name]:
        shapes = (BATCH * rows, inputs), (inputs, outputs), (BATCH * rows, outputs)
        x, W, delta = (rng.normal(size=shape).astype("float32") for shape in shapes)
        made.append((x, W, delta, np.empty_like(delta), np.empty_like(W), np.empty_like(x)))

    def run() -> None:
        for x, W, delta, z, dW, dx in made:
            np.dot(x, W, out=z)
            np.dot(x.T, delta, out=dW)
            np.dot(delta, W.T, out=dx)

    return run


def compiled(model: Any) -> Callable[[Any, Any], Any]:
    """Return one training step of a compiled Keras model as a `tf.function`."""
    variables = model.trainable_variables
    model.optimizer.build(variables)
    loss_of = keras.losses.CategoricalCrossentropy()

    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        model.optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    return step


def contenders(name: str) -> dict[str, Callable[[], Any]]:
    """Return what takes turns, an epoch each."""
    rng = np.random.default_rng(0)
    y = np.eye(10, dtype="float32")[rng.integers(0, 10, SAMPLES)]
    ours, theirs, own = (NETWORKS[name](module) for module in (handnn, keras, keras))
    x = rng.normal(size=(SAMPLES, *ours.input_shape[1:])).astype("float32")
    for model in (ours, theirs, own):
        model.compile("adam", "categorical_crossentropy")
    step, alone = compiled(own), products(name)
    batches = [(tf.constant(x[k : k + BATCH]), tf.constant(y[k : k + BATCH])) for k in range(0, SAMPLES, BATCH)]

    def fit(model: Any) -> Callable[[], Any]:
        return lambda: model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)

    return {
        "handnn fit": fit(ours),
        "Keras fit": fit(theirs),
        "tf.function": lambda: [step(*batch) for batch in batches][-1].numpy(),
        "products alone": lambda: [alone() for _ in batches],
    }


def milliseconds(run: Callable[[], Any]) -> float:
    """Return the processor time of a step in an epoch."""
    began = time.process_time()
    run()
    return 1e3 * (time.process_time() - began) / (SAMPLES // BATCH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="epochs of each contender (7)")
    parser.add_argument("--profile", action="store_true", help="list where handnn's time goes")
    given = parser.parse_args()
    for name in NETWORKS:
        every = contenders(name)
        for run in every.values():
            run()  # builds, traces, warms up
        times = [{who: milliseconds(run) for who, run in every.items()} for _ in range(given.rounds)]
        found = {who: statistics.median(round_[who] for round_ in times) for who in every}
        print(f"{name}, batch {BATCH}: ms of processor time a step")
        for who, value in found.items():
            print(f"  {who:<16} {value:8.2f}   {value / found['products alone']:6.2f} times the products")
        other, limit = GOALS[name]
        ratio = found["handnn fit"] / found[other]
        print(f"  handnn fit / {other}: {ratio:.2f} (at most {limit}: {'yes' if ratio <= limit else 'NO'})")
        if given.profile:
            profile = cProfile.Profile()
            profile.runcall(every["handnn fit"])
            text = io.StringIO()
            pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(14)
            print(text.getvalue())


if __name__ == "__main__":
    main()

"""`fit` of LeNet-5 and of an LSTM beside Keras' `fit`: `python -m benchmarks.layers [--rounds N]`.

Both sides run the same script with the import changed, in turns, in one process; a figure is the median of the rounds.
Only ratios carry over to other machines.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tf_reference  # noqa: F401  (imports TensorFlow quietly, before Keras)
import keras

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


def seconds_a_step(model: Any, x: Any, y: Any) -> float:
    """Return the time of a step in an epoch of `fit`."""
    began = time.perf_counter()
    model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)
    return (time.perf_counter() - began) / (SAMPLES // BATCH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="epochs of each side (7)")
    rounds = parser.parse_args().rounds
    rng = np.random.default_rng(0)
    y = np.eye(10, dtype="float32")[rng.integers(0, 10, SAMPLES)]
    print(f"batch {BATCH}, ms a step      handnn fit   Keras fit   ratio")
    for name, make in NETWORKS.items():
        models = [make(handnn), make(keras)]
        x = rng.normal(size=(SAMPLES, *models[0].input_shape[1:])).astype("float32")
        for model in models:
            model.compile("adam", "categorical_crossentropy")
            seconds_a_step(model, x, y)  # builds, traces, warms up
        times = [[seconds_a_step(model, x, y) for model in models] for _ in range(rounds)]
        ours, theirs = (1e3 * statistics.median(side) for side in zip(*times, strict=True))
        print(f"{name:<24} {ours:10.2f}  {theirs:10.2f}   {ours / theirs:5.2f}")


if __name__ == "__main__":
    main()

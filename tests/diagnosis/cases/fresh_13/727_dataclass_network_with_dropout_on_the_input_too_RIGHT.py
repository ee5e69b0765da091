"""Truth: RIGHT. A dense network as a dataclass with inverted dropout on the input and after ReLU; the mask already has the factor 1 / keep,
and the mask of the ReLU comes from what is left after dropout, which is the same where dropout has let something through.
"""
from dataclasses import dataclass, field
from typing import Iterator, Optional

import numpy as np


def batches(x: np.ndarray, y: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    idx = rng.permutation(len(x))
    for lo in range(0, len(x), size):
        part = idx[lo:lo + size]
        yield x[part], y[part]


@dataclass
class DropoutNet:
    sizes: tuple[int, ...]
    keep: float = 0.8
    seed: int = 0
    weights: list[np.ndarray] = field(default_factory=list)
    biases: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        for fan_in, fan_out in zip(self.sizes, self.sizes[1:]):
            self.weights.append(self.rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)))
            self.biases.append(np.zeros(fan_out))

    def draw_masks(self, n: int) -> list[np.ndarray]:
        return [(self.rng.random((n, size)) < self.keep) / self.keep for size in self.sizes[:-1]]

    def forward(self, x: np.ndarray, masks: Optional[list[np.ndarray]] = None) -> np.ndarray:
        self.masks = masks
        self.inputs: list[np.ndarray] = []
        a = x
        for k, (w, b) in enumerate(zip(self.weights, self.biases)):
            if k > 0:
                a = np.maximum(a, 0)
            if masks is not None:
                a = a * masks[k]
            self.inputs.append(a)
            a = a @ w + b
        return a

    def loss(self, out: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean(np.sum((out - y) ** 2, axis=1)))

    def backward(self, out: np.ndarray, y: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        dws, dbs = [], []
        delta = 2 * (out - y) / len(y)
        for k in reversed(range(len(self.weights))):
            dws.append(self.inputs[k].T @ delta)
            dbs.append(delta.sum(axis=0))
            if k > 0:
                delta = delta @ self.weights[k].T
                if self.masks is not None:
                    delta = delta * self.masks[k]
                delta[self.inputs[k] <= 0] = 0
        return dws[::-1], dbs[::-1]

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int = 20, lr: float = 0.02) -> float:
        for _ in range(epochs):
            for xb, yb in batches(x, y, 16, self.rng):
                out = self.forward(xb, self.draw_masks(len(xb)))
                for param, grad in zip(self.weights + self.biases, sum(self.backward(out, yb), [])):
                    param -= lr * grad
        return self.loss(self.forward(x), y)


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    x = rng.normal(size=(160, 4))
    y = np.stack([np.abs(x[:, 0]), x[:, 1] * 0.5 - x[:, 2]], axis=1)
    print(DropoutNet((4, 24, 24, 2)).fit(x, y))

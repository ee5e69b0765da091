"""Truth: right. A deep autoencoder of noisy curves that is compared with the clean ones: dataclass layers, a context manager for the noise, functools."""
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, reduce

import numpy as np

RNG = np.random.default_rng(8)
WEIGHT_DECAY = 1e-3


def elu(z, a=1.0):
    return np.where(z > 0, z, a * (np.exp(np.minimum(z, 0)) - 1))


def elu_slope(z, a=1.0):
    return np.where(z > 0, 1.0, a * np.exp(np.minimum(z, 0)))


ACTIVATIONS = {
    'elu': (partial(elu, a=0.8), partial(elu_slope, a=0.8)),
    'linear': (lambda z: z, np.ones_like),
}


@dataclass
class DenseLayer:
    n_in: int
    n_out: int
    activation: str = 'elu'
    W: np.ndarray = field(init=False, repr=False)
    b: np.ndarray = field(init=False, repr=False)

    def __post_init__(self):
        self.W = RNG.normal(0, np.sqrt(1 / self.n_in), (self.n_in, self.n_out))
        self.b = np.zeros(self.n_out)

    def forward(self, x):
        act, _ = ACTIVATIONS[self.activation]
        self.x = x
        self.z = x @ self.W + self.b
        return act(self.z)

    def backward(self, grad):
        _, slope = ACTIVATIONS[self.activation]
        delta = grad * slope(self.z)
        self.dW = self.x.T @ delta + WEIGHT_DECAY * self.W
        self.db = delta.sum(axis=0)
        return delta @ self.W.T


class DenoisingAutoencoder:
    def __init__(self, sizes=(16, 8, 3, 8, 16), noise=0.2):
        kinds = ['elu'] * (len(sizes) - 2) + ['linear']
        self.layers = [DenseLayer(a, b, k) for a, b, k in zip(sizes, sizes[1:], kinds)]
        self._noise = noise
        self._training = False

    @property
    def noise(self):
        return self._noise if self._training else 0.0

    @contextmanager
    def train_mode(self):
        self._training = True
        try:
            yield self
        finally:
            self._training = False

    def corrupt(self, x):
        return x + self.noise * RNG.normal(size=x.shape)

    def forward(self, x):
        return reduce(lambda h, layer: layer.forward(h), self.layers, x)

    def loss(self, x_in, x_clean):
        out = self.forward(x_in)
        decay = 0.5 * WEIGHT_DECAY * sum(np.sum(layer.W ** 2) for layer in self.layers)
        return 0.5 * np.sum((out - x_clean) ** 2) / len(x_clean) + decay

    def backward(self, x_in, x_clean):
        grad = (self.forward(x_in) - x_clean) / len(x_clean)
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad


if __name__ == '__main__':
    phase = RNG.uniform(0, 2 * np.pi, (40, 1))
    curves = np.sin(np.linspace(0, 2 * np.pi, 16) + phase)
    net = DenoisingAutoencoder()
    with net.train_mode():
        for epoch in range(60):
            noisy = net.corrupt(curves)
            net.backward(noisy, curves)
            for layer in net.layers:
                layer.W -= 0.05 * layer.dW
                layer.b -= 0.05 * layer.db
    print(net.loss(curves, curves))

"""Truth: the biases' gradients are means over the samples, though the loss' 1/n is in the delta already (it should be a
sum), in both layers. The notes' gradient agrees with automatic differentiation for the weights only - is it a typo?
"""
import numpy as np


def init(key, sizes=(4, 6, 3)):
    rng = np.random.default_rng(key)
    n0, n1, n2 = sizes
    return [
        rng.normal(size=(n1, n0)) / np.sqrt(n0),
        np.zeros((n1, 1)),
        rng.normal(size=(n2, n1)) / np.sqrt(n1),
        np.zeros((n2, 1)),
    ]


def forward(params, x, y):
    """handnn: network 4-6-3 relu linear mse, samples=columns"""
    w1, b1, w2, b2 = params
    h1 = w1 @ x + b1
    a1 = np.maximum(h1, 0)
    h2 = w2 @ a1 + b2
    loss = np.mean((h2 - y) ** 2)
    return loss, (x, h1, a1, h2, y)


def backward(params, saved):
    w1, b1, w2, b2 = params
    x, h1, a1, h2, y = saved
    d_h2 = 2 * (h2 - y) / y.size
    d_w2 = d_h2 @ a1.T
    d_b2 = np.mean(d_h2, axis=1, keepdims=True)
    d_a1 = w2.T @ d_h2
    d_h1 = d_a1 * (h1 > 0)
    d_w1 = d_h1 @ x.T
    d_b1 = np.mean(d_h1, axis=1, keepdims=True)
    return [d_w1, d_b1, d_w2, d_b2]


if __name__ == "__main__":
    rng = np.random.default_rng(8)
    x = rng.normal(size=(4, 32))
    y = np.vstack([x[0] * x[1], np.abs(x[2]), x[3] + 0.7])
    params = init(1)
    for step in range(300):
        loss, saved = forward(params, x, y)
        params = [p - 0.1 * g for p, g in zip(params, backward(params, saved))]
    print(loss)

"""Truth: everything in it is right. A deep net where going forward and back is one recursive function over the layers."""
import numpy as np


def run(layers, h, y):
    """returns loss, gradient with respect to h, list of gradients of the layers"""
    if not layers:
        diff = h - y
        n = y.shape[0]
        return 0.5 * np.sum(diff ** 2) / n, diff / n, []
    (W, b, kind), rest = layers[0], layers[1:]
    z = h @ W + b
    if kind == "tanh":
        a = np.tanh(z)
        slope = 1 - a ** 2
    elif kind == "leaky":
        slope = np.where(z > 0, 1.0, 0.1)
        a = slope * z
    else:
        a, slope = z, 1.0
    loss, da, deeper = run(rest, a, y)
    dz = da * slope
    return loss, dz @ W.T, [(h.T @ dz, dz.sum(0))] + deeper


def descend(layers, grads, lr):
    return [(W - lr * dW, b - lr * db, kind) for (W, b, kind), (dW, db) in zip(layers, grads)]


if __name__ == "__main__":
    rng = np.random.default_rng(23)
    shape = [(3, 8, "tanh"), (8, 8, "leaky"), (8, 2, "linear")]
    net = [(rng.normal(0, i ** -0.5, (i, o)), np.zeros(o), kind) for i, o, kind in shape]
    X = rng.normal(size=(70, 3))
    Y = np.c_[np.sin(X[:, 0]), X[:, 1] * X[:, 2]]
    for it in range(200):
        loss, _, grads = run(net, X, Y)
        net = descend(net, grads, 0.1)
    print("loss", loss)
